#include "commands/pmem/rows.hpp"

#include <array>

#include "commands/known.hpp"
#include "commands/pmem/dax_rows.hpp"
#include "commands/pmem/dimm_rows.hpp"
#include "core/text.hpp"
#include "pmem/capacity.hpp"
#include "pmem/create.hpp"

namespace nvmectl {
namespace {

// Rows keep both the object and the topology that its indices speak of.
struct RegionRow {
  const PmemTopology& all;
  const PmemRegion& it;
  std::size_t index;
};
struct NamespaceRow {
  const PmemTopology& all;
  const PmemNamespace& it;
};
struct MappingRow {
  const PmemTopology& all;
  const PmemMapping& it;
};

Value hexadecimal(const std::optional<std::uint64_t>& number) {
  return value_or_null(number);
}
List mappings_of(const PmemTopology& all, const PmemRegion& region);
List numbers(const std::vector<std::uint64_t>& values) {
  List list;
  for (const std::uint64_t value : values) list.items.emplace_back(value);
  return list;
}
std::uint64_t sum(const std::vector<BadBlocks>& bad) {
  std::uint64_t count = 0;
  for (const BadBlocks& b : bad) count += b.length;
  return count;
}

constexpr std::array bad_fields{
    field<&BadBlocks::offset>({.key = "offset", .title = "Offset", .show = Show::table, .doc = "In 512-byte sectors"}),
    field<&BadBlocks::length>({.key = "length", .title = "Length", .show = Show::table, .doc = "In 512-byte sectors"}),
    field_of<BadBlocks, [](const BadBlocks& b) { return Value(pmem_words(b.dimms)); }>(
        {.key = "dimms",
         .title = "DIMMs",
         .kind = Kind::list,
         .show = Show::table,
         .doc = "On which they lie; empty when the platform does not tell",
         .element_kind = Kind::string}),
};
constexpr std::array extent_fields{
    field<&pmem::Extent::offset>({.key = "offset_bytes",
                                  .title = "Offset",
                                  .unit = Unit::bytes,
                                  .show = Show::table,
                                  .doc = "From the region's start"}),
    field<&pmem::Extent::length>({.key = "length_bytes", .title = "Length", .unit = Unit::bytes, .show = Show::table}),
};

constexpr std::array mapping_fields{
    field_of<MappingRow, [](const MappingRow& m) { return Value(m.all.dimms[m.it.dimm].name); }>(
        {.key = "dimm", .title = "DIMM", .kind = Kind::string, .show = Show::table}),
    field_of<MappingRow, [](const MappingRow& m) { return Value(m.it.offset); }>(
        {.key = "offset_bytes", .title = "Offset", .unit = Unit::bytes, .show = Show::table}),
    field_of<MappingRow, [](const MappingRow& m) { return Value(m.it.length); }>(
        {.key = "length_bytes", .title = "Length", .unit = Unit::bytes, .show = Show::table}),
    field_of<MappingRow, [](const MappingRow& m) { return Value(m.it.position); }>(
        {.key = "position", .title = "Position", .kind = Kind::integer, .show = Show::table}),
};
constexpr Schema mapping_schema{"pmem-mapping", "Mappings", mapping_fields};

List mappings_of(const PmemTopology& all, const PmemRegion& region) {
  List list;
  for (const PmemMapping& mapping : region.mappings) {
    const MappingRow row{all, mapping};
    list.items.emplace_back(to_record(mapping_schema, &row));
  }
  return list;
}

}  // namespace

constinit const Schema pmem_bad_blocks_schema{"pmem-bad-blocks", "Bad blocks", bad_fields};
constinit const Schema pmem_extent_schema{"pmem-extent", "Free extents", extent_fields};

namespace {

constexpr std::array region_fields{
    field_of<RegionRow, [](const RegionRow& r) { return Value(r.it.name); }>(
        {.key = "device", .title = "Region", .kind = Kind::string, .show = Show::table}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(r.all.buses[r.it.bus].name); }>(
        {.key = "bus", .title = "Bus", .kind = Kind::string}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(r.it.type); }>(
        {.key = "type", .title = "Type", .kind = Kind::string, .show = Show::table, .doc = "pmem or volatile"}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(r.it.size_bytes); }>(
        {.key = "size_bytes", .title = "Size", .unit = Unit::bytes, .show = Show::table, .mnemonic = "size"}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(r.it.labelled ? r.it.available_bytes : 0); }>(
        {.key = "available_bytes",
         .title = "Free",
         .unit = Unit::bytes,
         .show = Show::table,
         .doc = "Not used by any namespace; 0 in a region without labels",
         .mnemonic = "available_size"}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(r.it.labelled ? r.it.max_extent_bytes : 0); }>(
        {.key = "largest_extent_bytes",
         .title = "Largest hole",
         .unit = Unit::bytes,
         .mnemonic = "max_available_extent"}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(r.it.align_bytes); }>(
        {.key = "align_bytes",
         .title = "Alignment",
         .unit = Unit::bytes,
         .doc = "Sizes and offsets of namespaces are multiples of it",
         .mnemonic = "align"}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(std::uint64_t{r.it.interleave_ways}); }>(
        {.key = "interleave_ways", .title = "Ways", .doc = "DIMMs over which it is interleaved"}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(r.it.labelled); }>(
        {.key = "labelled", .title = "Labels", .kind = Kind::boolean, .doc = "False: one namespace fills the region"}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(r.it.enabled); }>(
        {.key = "enabled", .title = "Enabled", .kind = Kind::boolean, .show = Show::table}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(r.it.read_only); }>(
        {.key = "read_only", .title = "Read-only", .kind = Kind::boolean}),
    field_of<RegionRow, [](const RegionRow& r) { return value_or_null(r.it.numa_node); }>(
        {.key = "numa_node", .title = "NUMA node", .kind = Kind::integer}),
    field_of<RegionRow, [](const RegionRow& r) { return value_or_null(r.it.target_node); }>(
        {.key = "target_node",
         .title = "Target node",
         .kind = Kind::integer,
         .doc = "The NUMA node that it becomes as system RAM"}),
    field_of<RegionRow, [](const RegionRow& r) { return value_or_null(r.it.interleave_set); }>(
        {.key = "interleave_set", .title = "Interleave set", .doc = "The set's cookie", .mnemonic = "iset_id"}),
    field_of<RegionRow, [](const RegionRow& r) { return known(r.it.persistence_domain); }>(
        {.key = "persistence_domain",
         .title = "Persistence domain",
         .kind = Kind::string,
         .doc = "cpu_cache or memory_controller: what power loss leaves intact"}),
    field_of<RegionRow, [](const RegionRow& r) { return hexadecimal(r.it.resource); }>(
        {.key = "resource", .title = "Address", .hex = true, .doc = "Physical address; null for others than root"}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(mappings_of(r.all, r.it)); }>(
        {.key = "mappings", .title = "Mappings", .kind = Kind::list, .element = &mapping_schema}),
    field_of<RegionRow,
             [](const RegionRow& r) {
               const auto holes = r.it.labelled ? pmem::free_extents(r.all, r.index) : std::nullopt;
               return holes ? Value(to_list(pmem_extent_schema, *holes)) : Value(List{});
             }>({.key = "free_extents",
                 .title = "Free extents",
                 .kind = Kind::list,
                 .doc = "Empty also for others than root, who are not told where things lie",
                 .element = &pmem_extent_schema}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(numbers(r.it.fsdax_alignments)); }>(
        {.key = "fsdax_alignments_bytes", .title = "Alignments of fsdax", .kind = Kind::list}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(numbers(r.it.devdax_alignments)); }>(
        {.key = "devdax_alignments_bytes", .title = "Alignments of devdax", .kind = Kind::list}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(numbers(r.it.sector_sizes)); }>(
        {.key = "sector_sizes_bytes", .title = "Sizes of sectors", .kind = Kind::list}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(sum(r.it.bad_blocks)); }>(
        {.key = "bad_block_count", .title = "Bad blocks", .mnemonic = "badblock_count"}),
    field_of<RegionRow, [](const RegionRow& r) { return Value(to_list(pmem_bad_blocks_schema, r.it.bad_blocks)); }>(
        {.key = "bad_blocks", .title = "Bad blocks", .kind = Kind::list, .element = &pmem_bad_blocks_schema}),
};
constexpr Schema region_schema{"pmem-region", "Regions", region_fields};

const PmemRegion& region_of(const NamespaceRow& n) {
  return n.all.regions[n.it.region];
}

constexpr std::array namespace_fields{
    field_of<NamespaceRow, [](const NamespaceRow& n) { return known(n.it.device); }>(
        {.key = "device",
         .title = "Device",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "The kernel's name, which a reboot may change",
         .mnemonic = "dev"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return known(printable(n.it.name)); }>(
        {.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table, .doc = "The label's name"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return Value(to_string(n.it.mode)); }>(
        {.key = "mode",
         .title = "Mode",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "fsdax, devdax, sector or raw; the true one also while it is disabled"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return Value(n.it.reserved_bytes); }>(
        {.key = "reserved_bytes",
         .title = "Reserved",
         .unit = Unit::bytes,
         .show = Show::table,
         .doc = "Taken from the region"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return value_or_null(n.it.usable_bytes); }>(
        {.key = "usable_bytes",
         .title = "Usable",
         .unit = Unit::bytes,
         .show = Show::table,
         .doc = "Of the block or character device; null while it is disabled",
         .mnemonic = "size"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return pmem_node(n.it.block_device); }>(
        {.key = "block_device", .title = "Block device", .kind = Kind::string, .show = Show::table}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return pmem_node(n.it.character_device); }>(
        {.key = "character_device", .title = "DAX device", .kind = Kind::string, .show = Show::table}),
    field_of<NamespaceRow,
             [](const NamespaceRow& n) {
               if (n.it.device.empty()) return Value();  // planned
               if (pmem::half_made(n.it)) return Value("incomplete");
               return Value(n.it.enabled ? "enabled" : "disabled");
             }>({.key = "state",
                 .title = "State",
                 .kind = Kind::string,
                 .show = Show::table,
                 .doc = "enabled, disabled, or incomplete: of the label's mode, but without an info block, as an "
                        "interrupted create leaves it"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return Value(region_of(n).name); }>(
        {.key = "region", .title = "Region", .kind = Kind::string, .show = Show::wide}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return Value(n.all.buses[region_of(n).bus].name); }>(
        {.key = "bus", .title = "Bus", .kind = Kind::string}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return known(n.it.uuid); }>(
        {.key = "uuid",
         .title = "UUID",
         .kind = Kind::string,
         .show = Show::wide,
         .doc = "The info block's; null for raw, and while it is disabled"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return known(n.it.label_uuid); }>(
        {.key = "label_uuid", .title = "Label UUID", .kind = Kind::string, .show = Show::wide, .mnemonic = "raw_uuid"}),
    field_of<NamespaceRow,
             [](const NamespaceRow& n) {
               return n.it.map ? Value(*n.it.map == PmemMap::device ? "dev" : "mem") : Value();
             }>({.key = "map",
                 .title = "Page array",
                 .kind = Kind::string,
                 .doc = "dev (on the device) or mem (in RAM); null where there is none"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return value_or_null(n.it.align_bytes); }>(
        {.key = "align_bytes", .title = "Alignment", .unit = Unit::bytes, .mnemonic = "align"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return value_or_null(n.it.sector_bytes); }>(
        {.key = "sector_bytes", .title = "Sector", .unit = Unit::bytes, .mnemonic = "sector_size"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return value_or_null(n.it.numa_node); }>(
        {.key = "numa_node", .title = "NUMA node", .kind = Kind::integer}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return value_or_null(n.it.target_node); }>(
        {.key = "target_node", .title = "Target node", .kind = Kind::integer}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return hexadecimal(n.it.resource); }>(
        {.key = "resource", .title = "Address", .hex = true, .doc = "Physical address; null for others than root"}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return Value(pmem_uses(n.it.uses)); }>(
        {.key = "uses",
         .title = "Used",
         .kind = Kind::list,
         .show = Show::wide,
         .doc = "Mounts, holders, open DAX devices",
         .element_kind = Kind::string}),
    field_of<NamespaceRow, [](const NamespaceRow& n) { return Value(sum(n.it.bad_blocks)); }>(
        {.key = "bad_block_count", .title = "Bad blocks", .mnemonic = "badblock_count"}),
    field_of<NamespaceRow,
             [](const NamespaceRow& n) { return Value(to_list(pmem_bad_blocks_schema, n.it.bad_blocks)); }>(
        {.key = "bad_blocks", .title = "Bad blocks", .kind = Kind::list, .element = &pmem_bad_blocks_schema}),
};

constexpr std::array created_own_fields{
    Field{.key = "result",
          .title = "Result",
          .kind = Kind::string,
          .show = Show::table,
          .doc = "created, completed (what an interrupted create left), reconfigured, unchanged or planned"},
    Field{.key = "file_system",
          .title = "File system",
          .kind = Kind::string,
          .doc = "What --mkfs made or found; null without --mkfs"},
    Field{.key = "mounted_at", .title = "Mounted at", .kind = Kind::string, .doc = "Null without --mount"},
    Field{.key = "passed_over",
          .title = "Passed over",
          .kind = Kind::list,
          .doc = "Regions that were tried before, each with its reason",
          .element_kind = Kind::string},
};
constexpr auto created_fields = [] {
  std::array<Field, created_own_fields.size() + namespace_fields.size()> all{};
  std::size_t at = 0;
  for (const Field& own : created_own_fields) all[at++] = own;
  for (const Field& of_namespace : namespace_fields) all[at++] = of_namespace;
  return all;
}();

constexpr std::array list_fields{
    Field{.key = "buses", .title = "Buses", .kind = Kind::list, .element = &pmem_bus_schema},
    Field{.key = "dimms", .title = "DIMMs", .kind = Kind::list, .element = &pmem_dimm_schema},
    Field{.key = "regions", .title = "Regions", .kind = Kind::list, .element = &region_schema},
    Field{.key = "dax_regions", .title = "DAX regions", .kind = Kind::list, .element = &pmem_dax_region_schema},
    Field{.key = "dax_devices", .title = "DAX devices", .kind = Kind::list, .element = &pmem_dax_schema},
    Field{.key = "namespaces", .title = "Namespaces", .kind = Kind::list, .element = &pmem_namespace_schema},
};

}  // namespace

constinit const Schema pmem_namespace_schema{"pmem-namespace", "Namespaces", namespace_fields};
constinit const Schema pmem_created_schema{"pmem-create", "The namespace", created_fields};
constinit const Schema pmem_list_schema{"pmem-list", "Persistent memory", list_fields};

Value pmem_node(const std::string& name) {
  return name.empty() ? Value() : Value("/dev/" + name);
}

List pmem_uses(const std::vector<Use>& uses) {
  List list;
  for (const Use& use : uses) list.items.emplace_back(printable(use.device + " is " + use.how));
  return list;
}

Record pmem_namespace_record(const PmemTopology& topology, std::size_t index) {
  const NamespaceRow row{topology, topology.namespaces[index]};
  return to_record(pmem_namespace_schema, &row);
}

Record pmem_created_record(const PmemTopology& topology, std::size_t index, const PmemCreatedRow& row) {
  List passed_over;
  for (const std::string& reason : row.passed_over) passed_over.items.emplace_back(reason);
  Record record{&pmem_created_schema,
                {row.result, known(row.file_system), known(printable(row.mounted_at)), std::move(passed_over)}};
  for (Value& value : pmem_namespace_record(topology, index).values) record.values.push_back(std::move(value));
  return record;
}

Record pmem_list_record(const PmemTopology& topology) {
  List regions, namespaces;
  for (std::size_t i = 0; i < topology.regions.size(); ++i) {
    const RegionRow row{topology, topology.regions[i], i};
    regions.items.emplace_back(to_record(region_schema, &row));
  }
  for (std::size_t i = 0; i < topology.namespaces.size(); ++i)
    namespaces.items.emplace_back(pmem_namespace_record(topology, i));
  return Record{&pmem_list_schema,
                {to_list(pmem_bus_schema, topology.buses), pmem_dimm_list(topology), std::move(regions),
                 pmem_dax_region_list(topology), pmem_dax_list(topology), std::move(namespaces)}};
}

}  // namespace nvmectl
