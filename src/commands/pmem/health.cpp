// pmem health: what DIMMs report of themselves.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/known.hpp"
#include "commands/pmem/area.hpp"
#include "commands/pmem/dimm_rows.hpp"
#include "commands/pmem/targets.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using pmem::Object;
using pmem::Outcome;

struct HealthOptions {
  std::vector<std::string> targets, buses;
  bool check = false;
};
constexpr std::array health_arguments{
    positional<&HealthOptions::targets>({.name = "DIMM", .doc = "nmem0, 0, its identifier; left out: all"}),
    option<&HealthOptions::buses>({.name = "bus", .letter = 'b', .metavar = "BUS", .doc = "Only below these buses"}),
    option<&HealthOptions::check>(
        {.name = "check", .doc = "Exit 20 when one is not well, 21 when one is critical or worse"}),
};
constexpr std::array health_examples{
    Example{"pmem health", "state, temperatures, spares"},
    Example{"pmem health --check --quiet", "for a monitoring system"},
};

struct HealthRow {
  const PmemDimm& it;
};
constexpr std::array health_fields{
    field_of<HealthRow, [](const HealthRow& h) { return Value(h.it.name); }>(
        {.key = "device", .title = "DIMM", .kind = Kind::string, .show = Show::table}),
    field_of<HealthRow, [](const HealthRow& h) { return known(printable(h.it.unique_id)); }>(
        {.key = "id", .title = "Identifier", .kind = Kind::string, .show = Show::table}),
    field_of<HealthRow, [](const HealthRow& h) { return h.it.health ? known(h.it.health->state) : Value(); }>(
        {.key = "state",
         .title = "State",
         .kind = Kind::string,
         .show = Show::table,
         .doc = "ok, non-critical, critical or fatal; null when it does not report it"}),
    field_of<HealthRow, [](const HealthRow&
                               h) { return h.it.health ? value_or_null(h.it.health->temperature_celsius) : Value(); }>(
        {.key = "temperature_celsius",
         .title = "Temperature",
         .kind = Kind::number,
         .unit = Unit::celsius,
         .show = Show::table}),
    field_of<HealthRow,
             [](const HealthRow& h) { return h.it.health ? value_or_null(h.it.health->spares_percent) : Value(); }>(
        {.key = "spares_percent", .title = "Spares", .unit = Unit::percent, .show = Show::table}),
    field_of<HealthRow,
             [](const HealthRow& h) { return h.it.health ? value_or_null(h.it.health->life_used_percent) : Value(); }>(
        {.key = "life_used_percent", .title = "Life used", .unit = Unit::percent, .show = Show::table}),
    field_of<HealthRow, [](const HealthRow& h) { return h.it.health ? known(h.it.health->shutdown_state) : Value(); }>(
        {.key = "shutdown_state", .title = "Last shutdown", .kind = Kind::string, .show = Show::table}),
    field_of<HealthRow,
             [](const HealthRow& h) {
               return h.it.health ? Value(to_record(pmem_health_schema, &*h.it.health)) : Value();
             }>({.key = "health",
                 .title = "Health",
                 .kind = Kind::record,
                 .doc = "Everything that it reports",
                 .element = &pmem_health_schema}),
};
constexpr Schema health_schema{"pmem-dimm-health", "Health", health_fields};

Result<> judge(const std::vector<const PmemDimm*>& dimms) {
  std::string worst;
  bool critical = false;
  for (const PmemDimm* dimm : dimms) {
    const bool failed = std::any_of(dimm->flags.begin(), dimm->flags.end(),
                                    [](const std::string& flag) { return flag.starts_with("failed"); });
    if (!failed && (!dimm->health || dimm->health->state == "ok" || dimm->health->state.empty())) continue;
    worst += fmt::format("{}{} is {}", worst.empty() ? "" : ", ", dimm->name, failed ? "failed" : dimm->health->state);
    critical = critical || failed || dimm->health->state != "non-critical";
  }
  if (worst.empty()) return {};
  return fail(critical ? ErrorKind::health_critical : ErrorKind::health_warning, worst,
              "keep its data elsewhere and have it replaced");
}

Result<> run_health(const HealthOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  PmemScan request;
  request.health = true;
  request.uses = request.bad_blocks = false;
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager, request));
  const std::vector<std::string> words = options.targets.empty() ? std::vector<std::string>{"all"} : options.targets;
  NVMECTL_ASSIGN(const std::vector<Outcome> rows, object_rows(topology, Object::dimm, words, options.buses, "health"));
  List list;
  std::vector<const PmemDimm*> dimms;
  for (const Outcome& row : rows) {
    NVMECTL_ASSIGN(const std::size_t index, index_of(topology, Object::dimm, row.device));
    dimms.push_back(&topology.dimms[index]);
    const HealthRow health{topology.dimms[index]};
    list.items.emplace_back(to_record(health_schema, &health));
  }
  std::vector<Error> failures;
  for (const Error& error : topology.not_seen)
    if (std::any_of(dimms.begin(), dimms.end(), [&](const PmemDimm* d) { return d->name == error.device; }))
      failures.push_back(error);
  const bool some = std::any_of(dimms.begin(), dimms.end(), [](const PmemDimm* d) { return d->health.has_value(); });
  if (!some && !failures.empty()) return fail(failures.front());
  if (!some && (!options.targets.empty() || options.check))
    return fail(dimms.empty() ? ErrorKind::not_found : ErrorKind::unsupported,
                dimms.empty() ? "there are no DIMMs" : "none of these DIMMs reports its health",
                "virtual machines' DIMMs have no health");
  NVMECTL_TRY(context.out.document(std::move(list), topology.not_seen));
  if (options.check) NVMECTL_TRY(judge(dimms));
  if (failures.empty()) return {};
  return fail(ErrorKind::partial, fmt::format("{} of {} DIMMs did not tell everything", failures.size(), dimms.size()),
              "the warnings say what is missing");
}

}  // namespace

constinit const CommandSpec pmem_health_command =
    command<HealthOptions, run_health>({.area = "pmem",
                                        .name = "health",
                                        .summary = "Show what DIMMs report of their health",
                                        .group = Group::pmem,
                                        .arguments = health_arguments,
                                        .examples = health_examples,
                                        .output = {.schema = &health_schema, .list = true}});

}  // namespace nvmectl
