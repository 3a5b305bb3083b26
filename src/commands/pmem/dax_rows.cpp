#include "commands/pmem/dax_rows.hpp"

#include <array>

#include "commands/known.hpp"
#include "core/text.hpp"
#include "pmem/dax.hpp"

namespace nvmectl {
namespace {

struct DaxRow {
  const PmemTopology& all;
  const DaxDevice& it;
};
struct DaxRegionRow {
  const PmemTopology& all;
  const DaxRegion& it;
};

Value owner(const PmemTopology& topology, std::optional<std::size_t> ns) {
  return ns ? Value(topology.namespaces[*ns].device) : Value();
}

constexpr std::array mapping_fields{
    field<&DaxMapping::offset>({.key = "offset_bytes", .title = "Offset", .unit = Unit::bytes, .show = Show::table}),
    field<&DaxMapping::start>({.key = "start", .title = "Start", .show = Show::table, .doc = "The physical address"}),
    field<&DaxMapping::bytes>(
        {.key = "size_bytes", .title = "Size", .unit = Unit::bytes, .show = Show::table, .mnemonic = "size"}),
};
constexpr Schema mapping_schema{"pmem-dax-mapping", "Mappings", mapping_fields};

constexpr std::array dax_fields{
    field_of<DaxRow, [](const DaxRow& d) { return Value(d.it.name); }>(
        {.key = "device", .title = "DAX device", .kind = Kind::string, .show = Show::table, .mnemonic = "chardev"}),
    field_of<DaxRow, [](const DaxRow& d) { return owner(d.all, d.it.ns); }>(
        {.key = "namespace",
         .title = "Namespace",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "Null for what is no persistent memory"}),
    field_of<DaxRow,
             [](const DaxRow& d) { return d.it.ns ? known(printable(d.all.namespaces[*d.it.ns].name)) : Value(); }>(
        {.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table}),
    field_of<DaxRow, [](const DaxRow& d) { return Value(d.it.system_ram ? "system-ram" : "devdax"); }>(
        {.key = "mode", .title = "Mode", .kind = Kind::string, .show = Show::table, .doc = "devdax or system-ram"}),
    field_of<DaxRow, [](const DaxRow& d) { return Value(d.it.size_bytes); }>(
        {.key = "size_bytes", .title = "Size", .unit = Unit::bytes, .show = Show::table, .mnemonic = "size"}),
    field_of<DaxRow, [](const DaxRow& d) { return Value(d.it.align_bytes); }>(
        {.key = "align_bytes", .title = "Alignment", .unit = Unit::bytes, .mnemonic = "align"}),
    field_of<DaxRow, [](const DaxRow& d) { return Value(d.it.enabled); }>(
        {.key = "enabled", .title = "Enabled", .kind = Kind::boolean, .show = Show::table}),
    field_of<DaxRow, [](const DaxRow& d) { return value_or_null(d.it.online_blocks); }>(
        {.key = "online_blocks",
         .title = "Online blocks",
         .show = Show::table,
         .doc = "Of system RAM; null for devdax",
         .mnemonic = "online_memblocks"}),
    field_of<DaxRow, [](const DaxRow& d) { return value_or_null(d.it.total_blocks); }>(
        {.key = "total_blocks", .title = "Blocks", .show = Show::table, .mnemonic = "total_memblocks"}),
    field_of<DaxRow, [](const DaxRow& d) { return value_or_null(d.it.movable); }>(
        {.key = "movable", .title = "Movable", .kind = Kind::boolean}),
    field_of<DaxRow, [](const DaxRow& d) { return value_or_null(d.it.target_node); }>(
        {.key = "target_node", .title = "Target node", .kind = Kind::integer}),
    field_of<DaxRow, [](const DaxRow& d) { return value_or_null(d.it.region_id); }>(
        {.key = "dax_region", .title = "DAX region"}),
    field_of<DaxRow, [](const DaxRow& d) { return Value(to_list(mapping_schema, d.it.mappings)); }>(
        {.key = "mappings",
         .title = "Mappings",
         .kind = Kind::list,
         .doc = "Where its memory lies; empty without root",
         .element = &mapping_schema}),
};

constexpr std::array region_fields{
    field_of<DaxRegionRow, [](const DaxRegionRow& r) { return Value(printable(pmem::dax_region_name(r.it))); }>(
        {.key = "device", .title = "Region", .kind = Kind::string, .show = Show::table}),
    field_of<DaxRegionRow, [](const DaxRegionRow& r) { return Value(std::uint64_t{r.it.id}); }>(
        {.key = "dax_region",
         .title = "DAX region",
         .show = Show::table,
         .doc = "Its number, which the names of its devices begin with",
         .mnemonic = "id"}),
    field_of<DaxRegionRow, [](const DaxRegionRow& r) { return owner(r.all, r.it.ns); }>(
        {.key = "namespace",
         .title = "Namespace",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "Null for what is no persistent memory"}),
    field_of<DaxRegionRow, [](const DaxRegionRow& r) { return Value(r.it.size_bytes); }>(
        {.key = "size_bytes", .title = "Size", .unit = Unit::bytes, .show = Show::table, .mnemonic = "size"}),
    field_of<DaxRegionRow, [](const DaxRegionRow& r) { return value_or_null(r.it.available_bytes); }>(
        {.key = "available_bytes",
         .title = "Free",
         .unit = Unit::bytes,
         .show = Show::table,
         .doc = "Null where it cannot be divided: a namespace is one device",
         .mnemonic = "available_size"}),
    field_of<DaxRegionRow, [](const DaxRegionRow& r) { return Value(r.it.align_bytes); }>(
        {.key = "align_bytes", .title = "Alignment", .unit = Unit::bytes, .mnemonic = "align"}),
    field_of<DaxRegionRow, [](const DaxRegionRow& r) { return known(r.it.path); }>(
        {.key = "path", .title = "Path", .kind = Kind::string}),
};

}  // namespace

constinit const Schema pmem_dax_schema{"pmem-dax", "DAX devices", dax_fields};
constinit const Schema pmem_dax_region_schema{"pmem-dax-region", "DAX regions", region_fields};

List pmem_dax_list(const PmemTopology& topology) {
  List list;
  for (const DaxDevice& dax : topology.dax_devices) {
    const DaxRow row{topology, dax};
    list.items.emplace_back(to_record(pmem_dax_schema, &row));
  }
  return list;
}

List pmem_dax_region_list(const PmemTopology& topology) {
  List list;
  for (const DaxRegion& region : topology.dax_regions) {
    const DaxRegionRow row{topology, region};
    list.items.emplace_back(to_record(pmem_dax_region_schema, &row));
  }
  return list;
}

}  // namespace nvmectl
