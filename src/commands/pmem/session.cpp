#include "commands/pmem/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/known.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using pmem::Outcome;

constexpr std::array outcome_fields{
    field<&Outcome::action>(
        {.key = "action", .title = "Action", .kind = Kind::string, .show = Show::table, .doc = "What was to be done"}),
    field<&Outcome::kind>({.key = "kind",
                           .title = "Kind",
                           .kind = Kind::string,
                           .show = Show::wide,
                           .doc = "namespace, region, DIMM, bus, DAX device, volume, file system or mount"}),
    field_of<Outcome, [](const Outcome& o) { return known(printable(o.device)); }>(
        {.key = "device", .title = "Device", .kind = Kind::string, .show = Show::table}),
    field_of<Outcome, [](const Outcome& o) { return known(printable(o.name)); }>(
        {.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table}),
    field<&Outcome::result>({.key = "result",
                             .title = "Result",
                             .kind = Kind::string,
                             .show = Show::table,
                             .doc = "done, unchanged, planned (--dry-run), skipped or failed"}),
    field<&Outcome::bytes>({.key = "size_bytes", .title = "Size", .unit = Unit::bytes, .show = Show::table}),
    field_of<Outcome, [](const Outcome& o) { return known(o.detail); }>(
        {.key = "detail", .title = "Detail", .kind = Kind::string, .show = Show::table}),
    field_of<Outcome, [](const Outcome& o) { return o.error ? Value(to_string(o.error->kind)) : Value(); }>(
        {.key = "error", .title = "Error", .kind = Kind::string, .show = Show::wide, .doc = "The kind of error"}),
    field_of<Outcome, [](const Outcome& o) { return o.error ? Value(o.error->message) : Value(); }>(
        {.key = "message", .title = "Message", .kind = Kind::string, .show = Show::wide, .doc = "What failed"}),
};

std::string pending_line(const PmemTopology& topology, const Outcome& row) {
  for (const PmemNamespace& ns : topology.namespaces)
    if (row.kind == "namespace" && ns.device == row.device) return describe_namespace(topology, ns);
  std::string line = fmt::format("  {} {}", row.kind, row.device);
  if (row.bytes) line += fmt::format(", {}", format_iec(*row.bytes));
  return line;
}

// The device, where the message does not name it.
std::string line_of(const Error& error) {
  const bool named = error.device.empty() || error.message.find(error.device) != std::string::npos;
  return fmt::format("{}{}{}{}", named ? "" : error.device + ": ", error.message, error.cause.empty() ? "" : ": ",
                     error.cause);
}

}  // namespace

constinit const Schema pmem_outcome_schema{"pmem-outcome", "What was done", outcome_fields};

Result<PmemManager*> pmem_manager(const Context& context) {
  return context.capability(&Backend::pmem, "persistent memory");
}

Result<PmemTopology> pmem_scan(Context& context, PmemManager& manager, PmemScan request) {
  if (request.deadline.never()) request.deadline = context.deadline();
  NVMECTL_ASSIGN(PmemTopology topology, manager.scan(request));
  for (const Error& error : topology.not_seen) {
    context.messages.warning(line_of(error));
  }
  return topology;
}

PmemScan pmem_afterwards() {
  PmemScan request;
  request.deadline = Deadline::in(std::chrono::seconds(10));
  return request;
}

Deadline pmem_deadline(const Context& context, std::chrono::milliseconds usual) {
  const auto span = context.options.timeout_given ? context.options.timeout : std::max(usual, context.options.timeout);
  return Deadline::in(span).or_when(context.stop_signal);
}

std::string describe_namespace(const PmemTopology& topology, const PmemNamespace& ns) {
  std::string line = fmt::format("  {}  {}, {} of {}", pmem::label_of(ns), to_string(ns.mode),
                                 format_iec(ns.reserved_bytes), topology.regions[ns.region].name);
  const std::string& node = ns.block_device.empty() ? ns.character_device : ns.block_device;
  if (!node.empty()) line += ", /dev/" + node;
  for (const Use& use : ns.uses) line += fmt::format("; {} is {}", printable(use.device), printable(use.how));
  return line;
}

Result<> show_outcomes(Context& context, const std::vector<Outcome>& rows, const std::string& nothing) {
  context.messages.progress("");
  if (rows.empty()) return fail(ErrorKind::not_found, nothing, "nvmectl pmem list shows what is there");
  std::vector<Error> errors;
  for (const Outcome& row : rows) {
    if (!row.error) continue;
    errors.push_back(*row.error);
  }
  if (rows.size() == 1 && !errors.empty()) return fail(errors.front());
  NVMECTL_TRY(context.out.document(to_list(pmem_outcome_schema, rows), errors));
  if (errors.empty()) return {};
  for (const Error& error : errors) context.messages.warning(line_of(error));
  return fail(ErrorKind::partial, fmt::format("{} of {} failed", errors.size(), rows.size()),
              "the rows marked 'failed' say which; -o json has each one's cause");
}

Result<> confirm_outcomes(Context& context, const PmemTopology& topology, Effect effect, std::vector<Outcome>& rows) {
  std::string details, what;
  std::size_t pending = 0;
  for (Outcome& row : rows) {
    if (row.failed() || !row.result.empty()) continue;
    if (context.options.dry_run) row.result = "planned";
    details += pending_line(topology, row) + "\n";
    what = row.name.empty() ? row.device : row.name;
    ++pending;
  }
  if (pending == 0 || context.options.dry_run) return {};
  return context.guard_with(effect, pending == 1 ? printable(what) : "this machine", details);
}

PmemProgress pmem_progress(Context& context, std::string what) {
  return [&context, what = std::move(what), last = std::uint64_t{101}](std::uint64_t done,
                                                                       std::uint64_t total) mutable {
    const std::uint64_t percent =
        total == 0 ? 100 : static_cast<std::uint64_t>(100.0 * static_cast<double>(done) / static_cast<double>(total));
    if (percent == last) return;
    last = percent;
    context.messages.progress(fmt::format("{}: {} %", what, percent));
  };
}

Result<> check_filled(std::string_view text, std::string_view what) {
  if (!trim(text).empty()) return {};
  return fail(ErrorKind::usage, fmt::format("{} is empty", what), "leave it out, or give it a value");
}

pmem::Filter PmemFilterOptions::filter() const {
  return {buses, dimms, regions, namespaces, modes, types, numa_nodes};
}

}  // namespace nvmectl
