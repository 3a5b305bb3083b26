// pmem capacity: how much room there is.
#include "pmem/capacity.hpp"

#include <array>

#include "commands/known.hpp"
#include "commands/pmem/area.hpp"
#include "commands/pmem/rows.hpp"
#include "commands/pmem/session.hpp"
#include "commands/pmem/wish.hpp"

namespace nvmectl {
namespace {

struct Row {
  const PmemTopology& all;
  const pmem::RegionCapacity& it;
};
const PmemRegion& region_of(const Row& row) {
  return row.all.regions[row.it.region];
}

constexpr std::array region_fields{
    field_of<Row, [](const Row& r) { return Value(region_of(r).name); }>(
        {.key = "region", .title = "Region", .kind = Kind::string, .show = Show::table}),
    field_of<Row, [](const Row& r) { return Value(r.all.buses[region_of(r).bus].name); }>(
        {.key = "bus", .title = "Bus", .kind = Kind::string, .show = Show::wide}),
    field_of<Row, [](const Row& r) { return value_or_null(region_of(r).numa_node); }>(
        {.key = "numa_node", .title = "NUMA node", .kind = Kind::integer, .show = Show::wide}),
    field_of<Row, [](const Row& r) { return Value(r.it.total_bytes); }>(
        {.key = "total_bytes", .title = "Total", .unit = Unit::bytes, .show = Show::table}),
    field_of<Row, [](const Row& r) { return Value(r.it.used_bytes); }>(
        {.key = "used_bytes", .title = "Used", .unit = Unit::bytes, .show = Show::table}),
    field_of<Row, [](const Row& r) { return Value(r.it.available_bytes); }>(
        {.key = "available_bytes", .title = "Free", .unit = Unit::bytes, .show = Show::table}),
    field_of<Row, [](const Row& r) { return Value(r.it.largest_extent_bytes); }>(
        {.key = "largest_extent_bytes", .title = "Largest hole", .unit = Unit::bytes, .show = Show::table}),
    field_of<Row, [](const Row& r) { return Value(r.it.largest_reserved_bytes); }>(
        {.key = "max_reserved_bytes",
         .title = "Largest namespace",
         .unit = Unit::bytes,
         .show = Show::table,
         .doc = "The largest namespace that can be made, after alignment"}),
    field_of<Row, [](const Row& r) { return Value(r.it.largest_usable_bytes); }>(
        {.key = "max_usable_bytes",
         .title = "Usable",
         .unit = Unit::bytes,
         .show = Show::table,
         .doc = "What that one's device would offer"}),
    field_of<Row, [](const Row& r) { return r.it.holes ? Value(r.it.holes->size()) : Value(); }>(
        {.key = "hole_count", .title = "Holes", .show = Show::wide, .doc = "Null for others than root"}),
    field_of<Row,
             [](const Row& r) { return r.it.holes ? Value(to_list(pmem_extent_schema, *r.it.holes)) : Value(List{}); }>(
        {.key = "free_extents",
         .title = "Free extents",
         .kind = Kind::list,
         .doc = "Empty also where hole_count is null",
         .element = &pmem_extent_schema}),
    field_of<Row, [](const Row& r) { return r.it.refusal ? known(r.it.refusal->cause) : Value(); }>(
        {.key = "reason",
         .title = "Why none",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "Why no namespace can be made; null when one can"}),
};
constexpr Schema region_schema{"pmem-region-capacity", "Regions", region_fields};

constexpr std::array fields{
    Field{.key = "total_bytes", .title = "Total", .unit = Unit::bytes, .doc = "Sum over all regions"},
    Field{.key = "used_bytes", .title = "Used", .unit = Unit::bytes, .doc = "Taken by namespaces"},
    Field{.key = "available_bytes", .title = "Free", .unit = Unit::bytes, .doc = "Not used by any namespace"},
    Field{.key = "max_reserved_bytes",
          .title = "Largest namespace",
          .unit = Unit::bytes,
          .doc = "The largest namespace that can be made in any region"},
    Field{.key = "max_usable_bytes",
          .title = "Largest usable",
          .unit = Unit::bytes,
          .doc = "What that one's device would offer"},
    Field{.key = "regions", .title = "Regions", .kind = Kind::list, .element = &region_schema},
};
constexpr Schema schema{"pmem-capacity", "Capacity", fields};

struct Options : PmemFilterOptions, PmemShapeOptions {};
constexpr auto arguments = joined(pmem_shape_arguments<Options>(), pmem_where_arguments<Options>());
constexpr std::array examples{
    Example{"pmem capacity", "per region and over all"},
    Example{"pmem capacity -m sector -r region0 -o json", "for namespaces of that mode, for a script"},
};

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(const pmem::CreateWish wish, wish_of(options));
  NVMECTL_TRY(pmem::check_wish(wish));
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  PmemScan request;
  request.uses = request.bad_blocks = false;
  NVMECTL_ASSIGN(const PmemTopology all, pmem_scan(context, *manager, request));
  NVMECTL_ASSIGN(const pmem::Selection chosen, pmem::select(all, options.filter()));
  const PmemTopology part = pmem::part_of(all, chosen);
  const pmem::Capacity capacity = pmem::capacity(part, wish.shape());
  List regions;
  for (const pmem::RegionCapacity& one : capacity.regions) {
    const Row row{part, one};
    regions.items.emplace_back(to_record(region_schema, &row));
  }
  return context.out.document(
      Record{&schema,
             {capacity.total_bytes, capacity.used_bytes, capacity.available_bytes, capacity.largest_reserved_bytes,
              capacity.largest_usable_bytes, std::move(regions)}},
      all.not_seen);
}

}  // namespace

constinit const CommandSpec pmem_capacity_command = command<Options, run>(
    {.area = "pmem",
     .name = "capacity",
     .summary = "Show how much persistent memory is free, and the largest namespace that can be made",
     .description = "The largest namespace depends on the mode and its alignment: both are taken into account, as are "
                    "interleaving and what the mode's own structures cost.",
     .group = Group::pmem,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema}});

}  // namespace nvmectl
