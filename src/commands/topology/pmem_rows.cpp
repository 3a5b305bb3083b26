#include "commands/topology/pmem_rows.hpp"

#include <array>

#include "commands/known.hpp"
#include "core/pmem.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

struct Row {
  const PmemTopology& all;
  const PmemNamespace& it;
};

constexpr std::array fields{
    field_of<Row, [](const Row& r) { return Value("/dev/" + r.it.block_device); }>(
        {.key = "device_path", .title = "Node", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return known(printable(r.it.name)); }>(
        {.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table, .doc = "The label's name"}),
    field_of<Row, [](const Row& r) { return Value(r.it.device); }>({.key = "namespace",
                                                                    .title = "Namespace",
                                                                    .kind = Kind::string,
                                                                    .show = Show::table,
                                                                    .doc = "What pmem list calls it"}),
    field_of<Row, [](const Row& r) { return Value(r.all.regions[r.it.region].name); }>(
        {.key = "region", .title = "Region", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return Value(to_string(r.it.mode)); }>(
        {.key = "mode", .title = "Mode", .kind = Kind::string, .show = Show::table, .doc = "fsdax, sector or raw"}),
    field_of<Row, [](const Row& r) { return value_or_null(r.it.usable_bytes); }>(
        {.key = "size_bytes", .title = "Size", .unit = Unit::bytes, .show = Show::table}),
    field_of<Row, [](const Row& r) { return value_or_null(r.it.sector_bytes); }>(
        {.key = "lba_bytes", .title = "LBA", .unit = Unit::bytes, .show = Show::table}),
    field_of<Row, [](const Row& r) { return known(r.it.uuid.empty() ? r.it.label_uuid : r.it.uuid); }>(
        {.key = "uuid", .title = "UUID", .kind = Kind::string}),
    field_of<Row, [](const Row&) { return Value("pmem"); }>(
        {.key = "source", .title = "Source", .kind = Kind::string, .doc = "pmem here, nvme for namespaces"}),
};

}  // namespace

constinit const Schema list_pmem_schema{"list-pmem", "Persistent memory", fields};

List list_pmem(const Context& context, const Deadline& deadline, std::vector<Error>& not_seen) {
  List list;
  for (const auto& backend : context.backends) {
    if (!context.options.backend.empty() && backend->name() != context.options.backend) continue;
    PmemManager* manager = backend->pmem();
    if (manager == nullptr || !backend->probe().usable) continue;
    PmemScan request;
    request.deadline = deadline;
    request.bad_blocks = request.uses = false;
    auto topology = manager->scan(request);
    if (!topology) {
      not_seen.push_back(std::move(topology).error().on("pmem"));
      continue;
    }
    for (const PmemNamespace& ns : topology->namespaces) {
      if (ns.block_device.empty() || !ns.enabled) continue;
      const Row row{*topology, ns};
      list.items.emplace_back(to_record(list_pmem_schema, &row));
    }
  }
  return list;
}

}  // namespace nvmectl
