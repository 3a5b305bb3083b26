// Every layout against an independent oracle: offsets and sizes of the structures in libnvme's headers.
#include "nvme/layouts/layouts.hpp"

#include <set>
#include <string>

#include "nvme/decode.hpp"
#include "nvme/encode.hpp"
#include "nvme/opcodes.hpp"
#include "support/catch.hpp"

#ifdef NVMECTL_LIBNVME
#include <libnvme.h>
#endif

using namespace nvmectl;
using namespace nvmectl::nvme;

#ifdef NVMECTL_LIBNVME
namespace {

void check_place(const Schema& schema, const char* name, std::size_t offset, std::size_t size) {
  INFO(schema.name << " " << name);
  const Field* field = schema.find(name);
  REQUIRE(field != nullptr);
  CHECK(field->offset == offset);
  CHECK(std::size_t{field->size} * field->count == size);
}

}  // namespace

#define PLACE(schema, name, type, member) \
  check_place(schema, name, offsetof(type, member), sizeof(static_cast<type*>(nullptr)->member))
#define SAME(schema, type, member) PLACE(schema, #member, type, member)

TEST_CASE("id-ctrl lies as in libnvme", "[nvme][layouts]") {
  CHECK(id_ctrl.wire_size == sizeof(nvme_id_ctrl));
#define F(member) SAME(id_ctrl, nvme_id_ctrl, member)
  F(vid), F(ssvid), F(sn), F(mn), F(fr), F(rab), F(ieee), F(cmic), F(mdts), F(cntlid), F(ver), F(rtd3r), F(rtd3e);
  F(oaes), F(ctratt), F(rrls), F(cntrltype), F(fguid), F(crdt1), F(crdt2), F(crdt3), F(nvmsr), F(vwci), F(mec);
  F(oacs), F(acl), F(aerl), F(frmw), F(lpa), F(elpe), F(npss), F(avscc), F(apsta), F(wctemp), F(cctemp), F(mtfa);
  F(hmpre), F(hmmin), F(tnvmcap), F(unvmcap), F(rpmbs), F(edstt), F(dsto), F(fwug), F(kas), F(hctma), F(mntmt);
  F(mxtmt), F(sanicap), F(hmminds), F(hmmaxd), F(nsetidmax), F(endgidmax), F(anatt), F(anacap), F(anagrpmax);
  F(nanagrpid), F(pels), F(domainid), F(megcap), F(sqes), F(cqes), F(maxcmd), F(nn), F(oncs), F(fuses), F(fna);
  F(vwc), F(awun), F(awupf), F(icsvscc), F(nwpc), F(acwu), F(ocfs), F(sgls), F(mnan), F(maxdna), F(maxcna);
  F(subnqn), F(ioccsz), F(iorcsz), F(icdoff), F(fcatt), F(msdbd), F(ofcs), F(dctype), F(vs);
#undef F
  PLACE(id_ctrl, "psds", nvme_id_ctrl, psd);
}

TEST_CASE("power state descriptors lie as in libnvme", "[nvme][layouts]") {
  CHECK(power_state.wire_size == sizeof(nvme_id_psd));
#define F(member) SAME(power_state, nvme_id_psd, member)
  F(mp), F(flags), F(enlat), F(exlat), F(rrt), F(rrl), F(rwt), F(rwl), F(idlp), F(ips), F(actp), F(apws);
#undef F
}

TEST_CASE("id-ns lies as in libnvme", "[nvme][layouts]") {
  CHECK(id_ns.wire_size == sizeof(nvme_id_ns));
#define F(member) SAME(id_ns, struct nvme_id_ns, member)
  F(nsze), F(ncap), F(nuse), F(nsfeat), F(nlbaf), F(flbas), F(mc), F(dpc), F(dps), F(nmic), F(rescap), F(fpi);
  F(dlfeat), F(nawun), F(nawupf), F(nacwu), F(nabsn), F(nabo), F(nabspf), F(noiob), F(nvmcap), F(npwg), F(npwa);
  F(npdg), F(npda), F(nows), F(mssrl), F(mcl), F(msrc), F(nulbaf), F(anagrpid), F(nsattr), F(nvmsetid), F(endgid);
  F(nguid), F(eui64);
#undef F
  PLACE(id_ns, "lba_formats", struct nvme_id_ns, lbaf);
  CHECK(lba_format.wire_size == sizeof(nvme_lbaf));
  SAME(lba_format, nvme_lbaf, ms), SAME(lba_format, nvme_lbaf, ds), SAME(lba_format, nvme_lbaf, rp);
}

TEST_CASE("the other namespace structures lie as in libnvme", "[nvme][layouts]") {
  CHECK(nvm_id_ns.wire_size == sizeof(nvme_nvm_id_ns));
  SAME(nvm_id_ns, nvme_nvm_id_ns, lbstm), SAME(nvm_id_ns, nvme_nvm_id_ns, pic);
  PLACE(nvm_id_ns, "elbafs", nvme_nvm_id_ns, elbaf);
  CHECK(nvm_id_ctrl.wire_size == sizeof(nvme_id_ctrl_nvm));
#define F(member) SAME(nvm_id_ctrl, nvme_id_ctrl_nvm, member)
  F(vsl), F(wzsl), F(wusl), F(dmrl), F(dmrsl), F(dmsl);
#undef F
  CHECK(independent_id_ns.wire_size == sizeof(nvme_id_independent_id_ns));
#define F(member) SAME(independent_id_ns, nvme_id_independent_id_ns, member)
  F(nsfeat), F(nmic), F(rescap), F(fpi), F(anagrpid), F(nsattr), F(nvmsetid), F(endgid), F(nstat);
#undef F
  CHECK(zns_id_ns.wire_size == sizeof(nvme_zns_id_ns));
#define F(member) SAME(zns_id_ns, nvme_zns_id_ns, member)
  F(zoc), F(ozcs), F(mar), F(mor), F(rrl), F(frl), F(rrl1), F(rrl2), F(rrl3), F(frl1), F(frl2), F(frl3), F(numzrwa);
  F(zrwafg), F(zrwasz), F(zrwacap), F(lbafe), F(vs);
#undef F
  const Schema& extension = *zns_id_ns.find("lbafe")->element;
  CHECK(extension.wire_size == sizeof(nvme_zns_lbafe));
  SAME(extension, nvme_zns_lbafe, zsze), SAME(extension, nvme_zns_lbafe, zdes);
  CHECK(zns_id_ctrl.wire_size == sizeof(nvme_zns_id_ctrl));
  SAME(zns_id_ctrl, nvme_zns_id_ctrl, zasl);
  CHECK(ns_list.wire_size == sizeof(nvme_ns_list));
}

TEST_CASE("smart-log lies as in libnvme", "[nvme][layouts]") {
  CHECK(smart_log.wire_size == sizeof(nvme_smart_log));
#define F(member) SAME(smart_log, nvme_smart_log, member)
  F(critical_warning), F(temperature), F(avail_spare), F(spare_thresh), F(percent_used), F(data_units_read);
  F(data_units_written), F(power_cycles), F(power_on_hours), F(unsafe_shutdowns), F(media_errors);
  F(num_err_log_entries), F(warning_temp_time), F(critical_comp_time), F(temp_sensor), F(thm_temp1_trans_count);
  F(thm_temp2_trans_count), F(thm_temp1_total_time), F(thm_temp2_total_time);
#undef F
  PLACE(smart_log, "endurance_group_warning", nvme_smart_log, endu_grp_crit_warn_sumry);
  PLACE(smart_log, "host_read_commands", nvme_smart_log, host_reads);
  PLACE(smart_log, "host_write_commands", nvme_smart_log, host_writes);
  PLACE(smart_log, "controller_busy_time", nvme_smart_log, ctrl_busy_time);
}

TEST_CASE("the other logs lie as in libnvme", "[nvme][layouts]") {
  CHECK(error_entry.wire_size == sizeof(nvme_error_log_page));
#define F(member) SAME(error_entry, nvme_error_log_page, member)
  F(error_count), F(sqid), F(cmdid), F(status_field), F(parm_error_location), F(lba), F(nsid), F(vs), F(trtype);
  F(cs), F(trtype_spec_info);
#undef F
  CHECK(firmware_slot_log.wire_size == sizeof(nvme_firmware_slot));
  SAME(firmware_slot_log, nvme_firmware_slot, afi), SAME(firmware_slot_log, nvme_firmware_slot, frs);
  CHECK(command_effects_log.wire_size == sizeof(nvme_cmd_effects_log));
  SAME(command_effects_log, nvme_cmd_effects_log, acs), SAME(command_effects_log, nvme_cmd_effects_log, iocs);
  CHECK(supported_logs.wire_size == sizeof(nvme_supported_log_pages));
  PLACE(supported_logs, "log_pages", struct nvme_supported_log_pages, lid_support);
  CHECK(ana_header.wire_size == sizeof(nvme_ana_log));
  SAME(ana_header, nvme_ana_log, chgcnt), SAME(ana_header, nvme_ana_log, ngrps);
  CHECK(ana_group.wire_size == sizeof(nvme_ana_group_desc));
#define F(member) SAME(ana_group, nvme_ana_group_desc, member)
  F(grpid), F(nnsids), F(chgcnt), F(state);
#undef F
}

TEST_CASE("the discovery log lies as in libnvme", "[nvme][layouts]") {
  CHECK(discovery_header.wire_size == sizeof(nvmf_discovery_log));
  SAME(discovery_header, nvmf_discovery_log, genctr), SAME(discovery_header, nvmf_discovery_log, numrec);
  SAME(discovery_header, nvmf_discovery_log, recfmt);
  CHECK(discovery_entry.wire_size == sizeof(nvmf_disc_log_entry));
#define F(member) SAME(discovery_entry, nvmf_disc_log_entry, member)
  F(trtype), F(adrfam), F(subtype), F(treq), F(portid), F(cntlid), F(asqsz), F(eflags), F(trsvcid), F(subnqn);
  F(traddr), F(tsas);
#undef F
}

TEST_CASE("discovery names are worded as libnvme words them", "[nvme][layouts]") {
  const auto same = [](std::span<const SymbolName> names, auto oracle) {
    for (const SymbolName& name : names) {
      const std::string theirs = oracle(name.code);
      INFO(name.code << " " << name.name);
      // libnvme does not know every code.
      if (theirs != "unrecognized") CHECK(theirs == name.name);
    }
    return names.size();
  };
  CHECK(same(trtype_names, [](auto code) { return nvmf_trtype_str(static_cast<__u8>(code)); }) == 4);
  CHECK(same(adrfam_names, [](auto code) { return nvmf_adrfam_str(static_cast<__u8>(code)); }) == 6);
  CHECK(same(subtype_names, [](auto code) { return nvmf_subtype_str(static_cast<__u8>(code)); }) == 3);
  CHECK(same(treq_names, [](auto code) { return nvmf_treq_str(static_cast<__u8>(code)); }) == 6);
  CHECK(same(eflags_names, [](auto code) { return nvmf_eflags_str(static_cast<__u16>(code)); }) == 8);
  CHECK(same(sectype_names, [](auto code) { return nvmf_sectype_str(static_cast<__u8>(code)); }) == 3);
}
#endif

TEST_CASE("every layout names itself and its source", "[nvme][layouts]") {
  std::set<std::string_view> names;
  for (const Schema* schema : all_layouts()) {
    CHECK(names.insert(schema->name).second);
    CHECK_FALSE(schema->title.empty());
    CHECK_FALSE(schema->reference.empty());
    for (const Field& field : schema->fields) {
      INFO(schema->name << " " << field.key);
      CHECK((!field.in_data() || !field.title.empty()));
    }
  }
}

TEST_CASE("known logs are sorted and found", "[nvme][layouts]") {
  int last = -1;
  for (const KnownLog& log : known_logs()) {
    CHECK(last < log.id);
    last = log.id;
    CHECK(find_log(log.id) == &log);
    CHECK((log.bytes == 0 || log.bytes == log.schema->wire_size));
  }
  CHECK(find_log(0xc0) == nullptr);
  CHECK(identify_schema(cns::controller, 0) == &id_ctrl);
  CHECK(identify_schema(cns::csi_ns, csi::zoned) == &zns_id_ns);
  CHECK(identify_schema(cns::csi_ns, csi::key_value) == nullptr);
  CHECK(identify_schema(0xff, 0) == nullptr);
}

TEST_CASE("id-ctrl and id-ns show as many list entries as they say", "[nvme][layouts]") {
  Bytes page(4096);
  WireWriter(id_ctrl, page).set("npss", 2);
  CHECK(decode(id_ctrl, page)->at("power_states").as<List>()->items.size() == 3);
  WireWriter(id_ctrl, page).set("npss", 255);
  CHECK(decode(id_ctrl, page)->at("power_states").as<List>()->items.size() == 32);

  Bytes ns(4096);
  WireWriter writer(id_ns, ns);
  writer.set("nlbaf", 1).set("nulbaf", 2);
  writer.element("lba_formats", 3).set("ds", 12).set("ms", 8);
  REQUIRE(writer.status());
  const auto record = decode(id_ns, ns);
  const auto* formats = record->at("lba_formats").as<List>();
  REQUIRE(formats->items.size() == 4);
  CHECK(formats->items[3].as<Record>()->at("data_size_log2").number() == 12);
}

TEST_CASE("strings of id-ctrl lose their padding", "[nvme][layouts]") {
  Bytes page(4096);
  WireWriter writer(id_ctrl, page);
  writer.set_text("sn", "S1").set_text("subnqn", "nqn.2024-01.org.example:x").set("ver", 0x20100);
  REQUIRE(writer.status());
  const auto record = decode(id_ctrl, page);
  CHECK(record->at("serial_number").text() == "S1");
  CHECK(record->at("subsystem_nqn").text() == "nqn.2024-01.org.example:x");
  const auto* version = record->at("version").as<Flags>();
  CHECK(version->parts[2].second.number() == 2);
  CHECK(version->parts[1].second.number() == 1);
}
