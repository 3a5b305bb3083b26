// pmem plan: what create would do.
#include "pmem/plan.hpp"

#include <array>

#include "commands/known.hpp"
#include "commands/pmem/area.hpp"
#include "commands/pmem/session.hpp"
#include "commands/pmem/wish.hpp"

namespace nvmectl {
namespace {

struct CandidateRow {
  const PmemTopology& all;
  const pmem::Candidate& it;
};
constexpr std::array candidate_fields{
    field_of<CandidateRow, [](const CandidateRow& c) { return Value(c.all.regions[c.it.region].name); }>(
        {.key = "region", .title = "Region", .kind = Kind::string, .show = Show::table}),
    field_of<CandidateRow, [](const CandidateRow& c) { return Value(!c.it.refusal.has_value()); }>(
        {.key = "fits", .title = "Fits", .kind = Kind::boolean, .show = Show::table}),
    field_of<CandidateRow, [](const CandidateRow& c) { return c.it.refusal ? Value() : Value(c.it.reserved_bytes); }>(
        {.key = "reserved_bytes", .title = "Reserved", .unit = Unit::bytes, .show = Show::table}),
    field_of<CandidateRow, [](const CandidateRow& c) { return c.it.refusal ? Value() : Value(c.it.usable_bytes); }>(
        {.key = "usable_bytes", .title = "Usable", .unit = Unit::bytes, .show = Show::table}),
    field_of<CandidateRow,
             [](const CandidateRow& c) {
               if (!c.it.refusal) return Value();
               return Value(c.it.refusal->cause.empty() ? c.it.refusal->message : c.it.refusal->cause);
             }>({.key = "reason", .title = "Why not", .kind = Kind::string, .show = Show::table}),
};
constexpr Schema candidate_schema{"pmem-plan-region", "Regions", candidate_fields};

struct AlternativeRow {
  const PmemTopology& all;
  const pmem::Alternative& it;
};
constexpr std::array alternative_fields{
    field_of<AlternativeRow, [](const AlternativeRow& a) { return Value(a.all.regions[a.it.region].name); }>(
        {.key = "region", .title = "Region", .kind = Kind::string, .show = Show::table}),
    field_of<AlternativeRow, [](const AlternativeRow& a) { return Value(to_string(a.it.mode)); }>(
        {.key = "mode", .title = "Mode", .kind = Kind::string, .show = Show::table}),
    field_of<AlternativeRow, [](const AlternativeRow& a) { return Value(a.it.reserved_bytes); }>(
        {.key = "reserved_bytes", .title = "Reserved", .unit = Unit::bytes, .show = Show::table}),
    field_of<AlternativeRow, [](const AlternativeRow& a) { return Value(a.it.usable_bytes); }>(
        {.key = "usable_bytes", .title = "Usable", .unit = Unit::bytes, .show = Show::table}),
    field_of<AlternativeRow, [](const AlternativeRow& a) { return Value(a.it.why); }>(
        {.key = "why", .title = "What it is", .kind = Kind::string, .show = Show::table}),
};
constexpr Schema alternative_schema{"pmem-plan-alternative", "Alternatives", alternative_fields};

constexpr std::array fields{
    Field{.key = "feasible", .title = "Can be made", .kind = Kind::boolean},
    Field{.key = "mode", .title = "Mode", .kind = Kind::string},
    Field{.key = "region", .title = "Region", .kind = Kind::string, .doc = "The one that would be taken"},
    Field{.key = "requested_bytes", .title = "Asked for", .unit = Unit::bytes},
    Field{.key = "reserved_bytes", .title = "Reserved", .unit = Unit::bytes, .doc = "Taken from the region"},
    Field{.key = "usable_bytes", .title = "Usable", .unit = Unit::bytes, .doc = "What the device would offer"},
    Field{.key = "overhead_bytes",
          .title = "Overhead",
          .unit = Unit::bytes,
          .doc = "Page array, info blocks, map and log of the mode, and rounding to its alignment"},
    Field{.key = "regions", .title = "Regions", .kind = Kind::list, .element = &candidate_schema},
    Field{.key = "alternatives", .title = "Alternatives", .kind = Kind::list, .element = &alternative_schema},
};
constexpr Schema schema{"pmem-plan", "Plan", fields};

struct Options : PmemFilterOptions, PmemShapeOptions, PmemSizeOptions {};
constexpr auto arguments =
    joined(pmem_size_arguments<Options>(), pmem_shape_arguments<Options>(), pmem_where_arguments<Options>());
constexpr std::array examples{
    Example{"pmem plan --size 100M", "where it would go, how it is rounded, what it costs"},
    Example{"pmem plan --size 10G --usable-size -m sector -o json", "the same for a script"},
};

Record record_of(const PmemTopology& all, const pmem::Plan& plan, const pmem::CreateWish& wish) {
  List candidates, alternatives;
  for (const pmem::Candidate& candidate : plan.candidates) {
    const CandidateRow row{all, candidate};
    candidates.items.emplace_back(to_record(candidate_schema, &row));
  }
  for (const pmem::Alternative& alternative : plan.alternatives) {
    const AlternativeRow row{all, alternative};
    alternatives.items.emplace_back(to_record(alternative_schema, &row));
  }
  Record record{&schema,
                {plan.feasible(), to_string(wish.mode), Value(), value_or_null(wish.bytes), Value(), Value(), Value(),
                 std::move(candidates), std::move(alternatives)}};
  if (plan.feasible()) {
    const pmem::Candidate& best = plan.candidates.front();
    record.values[2] = all.regions[best.region].name;
    record.values[4] = best.reserved_bytes;
    record.values[5] = best.usable_bytes;
    record.values[6] = best.reserved_bytes - best.usable_bytes;
  }
  return record;
}

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(pmem::CreateWish wish, wish_of(options));
  NVMECTL_TRY(add_size(wish, options));
  wish.where = options.filter();
  NVMECTL_TRY(pmem::check_wish(wish));
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  PmemScan request;
  request.uses = request.bad_blocks = false;
  NVMECTL_ASSIGN(const PmemTopology all, pmem_scan(context, *manager, request));
  NVMECTL_ASSIGN(const pmem::Plan plan, pmem::plan_create(all, wish));
  NVMECTL_TRY(context.out.document(record_of(all, plan, wish), all.not_seen));
  if (plan.feasible()) return {};
  return fail(pmem::refusal_of(all, plan, wish));
}

}  // namespace

constinit const CommandSpec pmem_plan_command = command<Options, run>(
    {.area = "pmem",
     .name = "plan",
     .summary = "Show what create would do: region, rounding, overhead and alternatives",
     .description = "Changes nothing. When nothing can be made, the document says why and what would do instead, and "
                    "the exit code is the one that create would have.",
     .group = Group::pmem,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema}});

}  // namespace nvmectl
