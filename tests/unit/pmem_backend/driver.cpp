// A small program around the PMEM backend, for trying it on a real kernel and for counting its system calls. Not
// installed.
//
//   pmem_driver scan [health]
//   pmem_driver create REGION BYTES MODE ALIGN NAME [map=mem] [sector=N]     pmem_driver reconfigure NS (the same)
//   pmem_driver enable|disable|destroy|infoblock|check|repair NS             pmem_driver rename NS NAME
//   pmem_driver resize NS BYTES       pmem_driver erase NS head|full         pmem_driver region|dimm NAME on|off
//   pmem_driver labels-read|labels-zero|labels-check DIMM   labels-init DIMM VERSION   labels-write DIMM FILE
//   pmem_driver clear-errors|injected NS     scrub BUS     op VERB DEVICE [NAME=VALUE…]   listen SECONDS
//   pmem_driver dax DEV ram|devdax [offline] [unmovable]    dax-online DEV on|off    dax-create ID BYTES  dax-destroy
//   DEV
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "backends/pmem/backend.hpp"
#include "core/text.hpp"

using namespace nvmectl;
using namespace std::chrono_literals;

namespace {

volatile std::sig_atomic_t stop = 0;
extern "C" void on_signal(int number) {
  stop = number;
}

int say(const Error& error) {
  fmt::print(stderr, "{}: {}\n  cause: {}\n  hint: {}\n", to_string(error.kind), error.message, error.cause,
             error.hint);
  for (const std::string& line : error.context) fmt::print(stderr, "  {}\n", line);
  return 1;
}

template <class T>
int done(const Result<T>& result) {
  if (!result) return say(result.error());
  if constexpr (!std::is_void_v<T>) fmt::print("{}\n", *result);
  return 0;
}

template <class T>
std::string shown(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "-";
}

std::string uses_of(const PmemNamespace& n) {
  std::string text;
  for (const Use& use : n.uses) text += fmt::format(" [{} {}]", use.device, use.how);
  return text;
}

std::string bad(std::span<const BadBlocks> blocks) {
  std::string text;
  for (const BadBlocks& one : blocks) text += fmt::format("{}+{} ", one.offset, one.length);
  return text;
}

void show(const DimmHealth& h) {
  fmt::print("  health {} temp={} ctemp={} tthr={} cthr={} spares={} sthr={} used={} alarms={},{},{} shutdown={} {}\n",
             h.state, shown(h.temperature_celsius), shown(h.controller_temperature_celsius),
             shown(h.temperature_threshold_celsius), shown(h.controller_temperature_threshold_celsius),
             shown(h.spares_percent), shown(h.spares_threshold_percent), shown(h.life_used_percent),
             shown(h.alarm_temperature), shown(h.alarm_controller_temperature), shown(h.alarm_spares), h.shutdown_state,
             shown(h.shutdown_count));
}

void show_dimms(const PmemTopology& t) {
  for (const PmemBus& b : t.buses)
    fmt::print("{} {} scrub={} fw={}/{}\n", b.name, b.provider, b.scrub_state, b.firmware_activate_method,
               b.firmware_activate_state);
  for (const PmemDimm& d : t.dimms) {
    fmt::print("{} id={} handle={} phys={} bus={} enabled={} active={} flags={} security={}{} labels={} free={}\n",
               d.name, d.unique_id, shown(d.handle), shown(d.physical_id), t.buses[d.bus].name, d.enabled, d.active,
               fmt::join(d.flags, ","), d.security, d.security_frozen ? " frozen" : "", shown(d.label_area_bytes),
               shown(d.free_label_slots));
    if (d.health) show(*d.health);
    if (d.firmware)
      fmt::print("  firmware {} next={} can={} cycle={} state={}\n", d.firmware->current_version,
                 d.firmware->next_version, d.firmware->can_update, d.firmware->need_powercycle,
                 d.firmware->activate_state);
  }
}

int scan(PmemManager& pmem, bool health) {
  PmemScan request;
  request.deadline = Deadline::in(30s);
  request.health = request.firmware = health;
  const auto t = pmem.scan(request);
  if (!t) return say(t.error());
  show_dimms(*t);
  for (const PmemRegion& r : t->regions) {
    fmt::print(
        "{} bus={} {} size={} free={} hole={} align={} ways={} labelled={} enabled={} ro={} node={} target={} iset={} "
        "domain={} at={} fsdax={} devdax={} sector={} bad={} map=",
        r.name, t->buses[r.bus].name, r.type, r.size_bytes, r.available_bytes, r.max_extent_bytes, r.align_bytes,
        r.interleave_ways, r.labelled, r.enabled, r.read_only, shown(r.numa_node), shown(r.target_node),
        shown(r.interleave_set), r.persistence_domain, shown(r.resource), fmt::join(r.fsdax_alignments, ","),
        fmt::join(r.devdax_alignments, ","), fmt::join(r.sector_sizes, ","), bad(r.bad_blocks));
    for (const PmemMapping& m : r.mappings)
      fmt::print("{}:{}+{}@{} ", t->dimms[m.dimm].name, m.offset, m.length, m.position);
    fmt::print("\n");
  }
  for (const PmemNamespace& n : t->namespaces)
    fmt::print(
        "{} region={} name={} mode={} map={} reserved={} usable={} label={} uuid={} align={} sector={} enabled={} "
        "block={} char={} node={} target={} bad={}{}\n",
        n.device, t->regions[n.region].name, n.name, to_string(n.mode),
        n.map ? (*n.map == PmemMap::device ? "dev" : "mem") : "-", n.reserved_bytes, shown(n.usable_bytes),
        n.label_uuid, n.uuid, shown(n.align_bytes), shown(n.sector_bytes), n.enabled, n.block_device,
        n.character_device, shown(n.numa_node), shown(n.target_node), bad(n.bad_blocks), uses_of(n));
  for (const DaxDevice& d : t->dax_devices)
    fmt::print("{} region={} size={} align={} target={} enabled={} ram={} online={}/{} movable={} ns={}\n", d.name,
               shown(d.region_id), d.size_bytes, d.align_bytes, shown(d.target_node), d.enabled, d.system_ram,
               shown(d.online_blocks), shown(d.total_blocks), shown(d.movable),
               d.ns ? t->namespaces[*d.ns].device : "-");
  for (const DaxRegion& r : t->dax_regions)
    fmt::print("daxregion {} {} size={} align={} free={}\n", r.id, r.path, r.size_bytes, r.align_bytes,
               shown(r.available_bytes));
  for (const Error& error : t->not_seen) say(error);
  return 0;
}

using Words = std::span<const std::string>;

std::uint64_t number(const std::string& text) {
  return parse_size(text, "a size").value_or(0);
}

std::string random_uuid() {
  Bytes bytes(16);
  std::ifstream("/dev/urandom").read(reinterpret_cast<char*>(bytes.data()), 16);
  return format_uuid(bytes);
}

PmemNamespaceSpec spec_of(Words words) {  // BYTES MODE ALIGN NAME [map=mem] [sector=N]
  PmemNamespaceSpec spec;
  spec.reserved_bytes = number(words[0]);
  spec.mode = parse_pmem_mode(words[1]).value_or(PmemMode::raw);
  spec.align_bytes = number(words[2]);
  spec.name = words[3];
  spec.label_uuid = random_uuid();
  spec.uuid = random_uuid();
  if (spec.mode == PmemMode::sector) spec.sector_bytes = 4096;
  for (const std::string& word : words.subspan(4)) {
    if (word == "map=mem") spec.map = PmemMap::memory;
    if (word.starts_with("sector=")) spec.sector_bytes = number(word.substr(7));
  }
  return spec;
}

Bytes contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

int raw(const Result<Bytes>& bytes) {
  if (!bytes) return say(bytes.error());
  return std::fwrite(bytes->data(), 1, bytes->size(), stdout) == bytes->size() ? 0 : 1;
}

int on_namespace(PmemManager& pmem, Words w, const Deadline& d) {
  if (w[0] == "create" && w.size() >= 6) {
    PmemNamespaceSpec spec = spec_of(w.subspan(2));
    spec.region = w[1];
    return done(pmem.create(spec, d));
  }
  if (w[0] == "reconfigure" && w.size() >= 6) return done(pmem.reconfigure(w[1], spec_of(w.subspan(2)), d));
  if (w[0] == "enable") return done(pmem.enable_namespace(w[1], d));
  if (w[0] == "disable") return done(pmem.disable_namespace(w[1], d));
  if (w[0] == "destroy") return done(pmem.destroy(w[1], d));
  if (w[0] == "rename") return done(pmem.rename(w[1], w[2], d));
  if (w[0] == "resize") return done(pmem.resize(w[1], number(w[2]), d));
  if (w[0] == "erase")
    return done(pmem.erase(
        w[1], w[2] == "full" ? PmemErase::full : PmemErase::head,
        [](std::uint64_t at, std::uint64_t of) { fmt::print(stderr, "{}/{}\n", at, of); }, d));
  if (w[0] == "infoblock") return raw(pmem.read_infoblock(w[1], d));
  if (w[0] == "infoblock-write") return done(pmem.write_infoblock(w[1], contents(w[2]), d));
  if (w[0] == "clear-errors") return done(pmem.clear_errors(w[1], d));
  if (w[0] == "injected") {
    const auto found = pmem.injected_errors(w[1], d);
    if (!found) return say(found.error());
    fmt::print("{}\n", bad(*found));
    return 0;
  }
  if (w[0] != "check" && w[0] != "repair") return 2;
  const auto findings = pmem.check_namespace(w[1], w[0] == "repair", d);
  if (!findings) return say(findings.error());
  int status = 0;
  for (const PmemFinding& one : *findings) {
    fmt::print("{} {}\n", one.ok ? "ok " : "BAD", one.text);
    if (!one.ok) status = 1;
  }
  return status;
}

int on_hardware(PmemManager& pmem, Words w, const Deadline& d) {
  if (w[0] == "region") return done(pmem.set_region(w[1], w[2] == "on", d));
  if (w[0] == "dimm") return done(pmem.set_dimm(w[1], w[2] == "on", d));
  if (w[0] == "labels-read") return raw(pmem.read_labels(w[1], d));
  if (w[0] == "labels-write") return done(pmem.write_labels(w[1], contents(w[2]), d));
  if (w[0] == "labels-init") return done(pmem.init_labels(w[1], w[2], d));
  if (w[0] == "labels-zero") return done(pmem.zero_labels(w[1], d));
  if (w[0] == "labels-check") return done(pmem.check_labels(w[1], d));
  if (w[0] == "scrub") {
    if (const auto started = pmem.start_scrub(w[1], d); !started) return say(started.error());
    return done(pmem.wait_scrub(w[1], d));
  }
  if (w[0] == "op") {
    std::vector<std::pair<std::string, std::string>> arguments;
    for (const std::string& word : w.subspan(3))
      arguments.emplace_back(word.substr(0, word.find('=')),
                             word.substr(std::min(word.find('='), word.size() - 1) + 1));
    return done(pmem.operate(
        w[1], w[2], arguments, [](std::uint64_t, std::uint64_t) {}, d));
  }
  if (w[0] == "listen")
    return done(
        pmem.listen({}, Deadline::in(std::chrono::seconds(number(w[1]))), [](const PmemEvent& e) -> Result<bool> {
          fmt::print("event {} {} {}\n", e.dimm, e.unique_id, fmt::join(e.alarms, ","));
          std::fflush(stdout);
          if (e.health) show(*e.health);
          return true;
        }));
  if (w[0] == "dax") {
    const bool offline = std::find(w.begin(), w.end(), "offline") != w.end();
    const bool fixed = std::find(w.begin(), w.end(), "unmovable") != w.end();
    return done(pmem.reconfigure_dax(w[1], w[2] == "ram", !offline, !fixed, d));
  }
  if (w[0] == "dax-online") return done(pmem.set_dax_online(w[1], w[2] == "on", true, d));
  if (w[0] == "dax-create") return done(pmem.create_dax(static_cast<std::uint32_t>(number(w[1])), number(w[2]), 0, d));
  if (w[0] == "dax-destroy") return done(pmem.destroy_dax(w[1], d));
  return on_namespace(pmem, w, d);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, on_signal);
  const std::vector<std::string> words(argv + 1, argv + argc);
  PmemBackend backend;
  if (words.size() == 1 && words[0] == "probe") {
    const Probe probe = backend.probe();
    fmt::print("{} {} / {}\n", probe.usable, probe.reason, probe.remedy);
    return 0;
  }
  if (!words.empty() && words[0] == "scan") return scan(*backend.pmem(), words.size() > 1);
  if (words.size() < 2) return 2;
  return on_hardware(*backend.pmem(), words, Deadline::in(60s).or_when(&stop));
}
