// pmem dax create|resize|split|destroy: DAX devices cut from memory that may be divided.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "commands/pmem/area.hpp"
#include "commands/pmem/dax.hpp"
#include "core/text.hpp"
#include "pmem/dax.hpp"

namespace nvmectl {
namespace {

using pmem::Object;
using pmem::Outcome;

std::optional<std::uint64_t> bytes_of(const std::optional<SizeArgument>& size) {
  return size ? std::optional(size->bytes) : std::nullopt;
}

struct CreateOptions : DaxRamOptions {
  std::string region, mode = "devdax";
  std::optional<SizeArgument> size, align;
  [[nodiscard]] static Effect effect() { return Effect::changes_state; }
};
constexpr auto create_arguments = joined(
    std::array{
        option<&CreateOptions::region>({.name = "region",
                                        .letter = 'r',
                                        .metavar = "ID",
                                        .doc = "The DAX region, 1 or hmem.1, as pmem list shows it",
                                        .default_text = "the one that it fills best"}),
        option<&CreateOptions::size>({.name = "size",
                                      .letter = 's',
                                      .metavar = "SIZE",
                                      .doc = "Such as 1.5G; rounded up",
                                      .default_text = "all that is free"}),
        option<&CreateOptions::align>(
            {.name = "align", .letter = 'a', .metavar = "SIZE", .doc = "4K, 2M or 1G", .default_text = "the region's"}),
        option<&CreateOptions::mode>({.name = "mode",
                                      .letter = 'm',
                                      .metavar = "MODE",
                                      .doc = "devdax or system-ram",
                                      .default_text = "devdax",
                                      .complete = Complete::choice,
                                      .choices = dax_modes})},
    dax_ram_arguments<CreateOptions>);

Result<> create_one(PmemManager& manager, const CreateOptions& options, const pmem::DaxCut& cut, Outcome& row,
                    const Deadline& deadline) {
  NVMECTL_ASSIGN(row.device, manager.create_dax(cut.region, cut.bytes, cut.align, deadline));
  if (options.mode == "devdax") return {};
  auto ram = manager.reconfigure_dax(row.device, true, !options.no_online, !options.no_movable, deadline);
  if (!ram) (void)manager.destroy_dax(row.device, Deadline::in(std::chrono::seconds(10)));
  return ram;
}

Result<> run_create(const CreateOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  const Deadline deadline = pmem_deadline(context);
  std::unique_ptr<PmemManager::Lock> held;
  if (!context.options.dry_run) {
    NVMECTL_ASSIGN(held, manager->lock(deadline));
  }
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(const pmem::DaxCut cut,
                 pmem::plan_dax(topology, options.region, bytes_of(options.size), bytes_of(options.align)));
  std::vector<Outcome> rows{{.action = "create",
                             .kind = "DAX device",
                             .device = {},
                             .name = {},
                             .result = context.options.dry_run ? "planned" : "",
                             .bytes = cut.bytes,
                             .detail = fmt::format("{} in DAX region {}", options.mode, cut.region)}};
  pmem::carry_out(rows, deadline, [&](Outcome& row) { return create_one(*manager, options, cut, row, deadline); });
  return show_outcomes(context, rows);
}

struct ResizeOptions : DaxOptions {
  SizeArgument size;
  std::optional<SizeArgument> align;
};
constexpr auto resize_arguments = joined(
    dax_arguments<ResizeOptions>,
    std::array{
        option<&ResizeOptions::size>(
            {.name = "size", .letter = 's', .metavar = "SIZE", .doc = "Such as 1.5G; rounded up", .required = true}),
        option<&ResizeOptions::align>({.name = "align",
                                       .letter = 'a',
                                       .metavar = "SIZE",
                                       .doc = "4K, 2M or 1G",
                                       .default_text = "what it has"})});

Result<> run_resize(const ResizeOptions& options, Context& context) {
  return change_dax(
      options, context, "resize", Effect::destroys_data,
      [&](const DaxDevice& d) {
        return d.size_bytes == options.size.bytes && (!options.align || options.align->bytes == d.align_bytes);
      },
      [&](PmemManager& changing, Outcome& row, const Deadline& until) -> Result<> {
        // What is free has changed with the device before, and while the question was asked.
        NVMECTL_ASSIGN(const auto held, changing.lock(until));
        NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, changing));
        NVMECTL_ASSIGN(const std::size_t index, index_of(topology, Object::dax, row.device));
        const DaxDevice& device = topology.dax_devices[index];
        NVMECTL_ASSIGN(const pmem::DaxCut cut,
                       pmem::plan_dax_resize(topology, device, options.size.bytes, bytes_of(options.align)));
        NVMECTL_TRY(changing.resize_dax(row.device, cut.bytes, cut.align, until));
        row.detail = fmt::format("was {}", format_iec(device.size_bytes));
        row.bytes = cut.bytes;
        return {};
      });
}

struct SplitOptions {
  std::string device;
  std::uint64_t into = 2;
  [[nodiscard]] static Effect effect() { return Effect::destroys_data; }
};
constexpr std::array split_arguments{
    positional<&SplitOptions::device>({.name = "DEVICE", .doc = "dax1.0 or /dev/dax1.0", .required = true}),
    option<&SplitOptions::into>(
        {.name = "into", .letter = 'n', .metavar = "N", .doc = "How many devices", .default_text = "2"}),
};

// The device as it was, and nothing beside it.
void take_back(PmemManager& manager, const DaxDevice& device, std::vector<Outcome>& rows) {
  const Deadline deadline = Deadline::in(std::chrono::seconds(30));
  for (std::size_t i = rows.size(); i-- > 0;) {
    if (rows[i].failed()) continue;
    const auto undone = i == 0 ? manager.resize_dax(device.name, device.size_bytes, device.align_bytes, deadline)
                               : manager.destroy_dax(rows[i].device, deadline);
    if (undone) pmem::settle(rows[i], fail(ErrorKind::cancelled, "taken back, since not all of it could be done"));
  }
}

// Somebody may have changed it while the question was asked.
Result<> check_same(Context& context, PmemManager& manager, const DaxDevice& seen) {
  NVMECTL_ASSIGN(const PmemTopology now, pmem_scan(context, manager));
  NVMECTL_ASSIGN(const std::size_t index, index_of(now, Object::dax, seen.name));
  const DaxDevice& device = now.dax_devices[index];
  if (device.size_bytes == seen.size_bytes && device.align_bytes == seen.align_bytes &&
      device.system_ram == seen.system_ram)
    return {};
  return fail(make_error(ErrorKind::busy, fmt::format("{} is not what it was", seen.name),
                         "nvmectl pmem list shows what it is now")
                  .with_cause("another process has changed it in the meantime")
                  .on(seen.name));
}

Result<> run_split(const SplitOptions& options, Context& context) {
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  NVMECTL_ASSIGN(const PmemTopology topology, pmem_scan(context, *manager));
  NVMECTL_ASSIGN(const std::size_t index, pmem::find_dax(topology, options.device));
  const DaxDevice& device = topology.dax_devices[index];
  NVMECTL_TRY(pmem::plan_dax_resize(topology, device, device.size_bytes, std::nullopt));
  NVMECTL_ASSIGN(const auto sizes, pmem::split_dax(device, options.into));
  std::vector<Outcome> rows{pmem::outcome_for(topology, Object::dax, index, "resize")};
  while (rows.size() < sizes.size()) rows.push_back({"create", "DAX device", "", "", ""});
  NVMECTL_TRY(confirm_outcomes(context, topology, Effect::destroys_data, rows));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].bytes = sizes[i];
  std::unique_ptr<PmemManager::Lock> held;
  const Deadline deadline = pmem_deadline(context);
  if (!context.options.dry_run) {
    NVMECTL_ASSIGN(held, manager->lock(deadline));
    NVMECTL_TRY(check_same(context, *manager, device));
  }
  pmem::carry_out(rows, deadline, [&](Outcome& row) -> Result<> {
    if (row.action == "resize") return manager->resize_dax(device.name, *row.bytes, device.align_bytes, deadline);
    if (std::any_of(rows.begin(), rows.end(), [](const Outcome& other) { return other.failed(); }))
      return fail(ErrorKind::cancelled, "not done, since what comes before it failed");
    NVMECTL_ASSIGN(row.device,
                   manager->create_dax(device.region_id.value_or(0), *row.bytes, device.align_bytes, deadline));
    return {};
  });
  if (std::any_of(rows.begin(), rows.end(), [](const Outcome& row) { return row.failed(); }))
    take_back(*manager, device, rows);
  return show_outcomes(context, rows);
}

Result<> run_destroy(const DaxOptions& options, Context& context) {
  return change_dax(
      options, context, "destroy", Effect::destroys_data, [](const DaxDevice&) { return false; },
      [](PmemManager& manager, Outcome& row, const Deadline& deadline) -> Result<> {
        return manager.destroy_dax(row.device, deadline);
      });
}

constexpr std::array create_examples{
    Example{"pmem dax create -s 1G", "from memory that may be divided (hmem, CXL)"},
    Example{"pmem dax create -r 1 -s 16G -m system-ram", "memory for everybody, of one region"}};
constexpr std::array resize_examples{Example{"pmem dax resize dax1.0 -s 4G", "the rest is free for others"}};
constexpr std::array split_examples{Example{"pmem dax split dax1.0 --into 4", "four of a quarter each"}};
constexpr std::array destroy_examples{Example{"pmem dax destroy dax1.1", "back to a region that may be divided"}};

}  // namespace

constinit const CommandSpec pmem_dax_create_command =
    command<CreateOptions, run_create>({.area = "pmem",
                                        .name = "dax create",
                                        .summary = "Cut a DAX device from memory that may be divided",
                                        .group = Group::pmem,
                                        .effect = Effect::changes_state,
                                        .arguments = create_arguments,
                                        .examples = create_examples,
                                        .output = pmem_outcome_output});
constinit const CommandSpec pmem_dax_resize_command =
    command<ResizeOptions, run_resize>({.area = "pmem",
                                        .name = "dax resize",
                                        .summary = "Make DAX devices larger or smaller",
                                        .description = "What lies beyond the new end is lost.",
                                        .group = Group::pmem,
                                        .effect = Effect::destroys_data,
                                        .arguments = resize_arguments,
                                        .examples = resize_examples,
                                        .output = pmem_outcome_output});
constinit const CommandSpec pmem_dax_split_command =
    command<SplitOptions, run_split>({.area = "pmem",
                                      .name = "dax split",
                                      .summary = "Make several DAX devices of one",
                                      .description = "All of them, or none when one cannot be made.",
                                      .group = Group::pmem,
                                      .effect = Effect::destroys_data,
                                      .arguments = split_arguments,
                                      .examples = split_examples,
                                      .output = pmem_outcome_output});
constinit const CommandSpec pmem_dax_destroy_command =
    command<DaxOptions, run_destroy>({.area = "pmem",
                                      .name = "dax destroy",
                                      .summary = "Give DAX devices back to their region",
                                      .group = Group::pmem,
                                      .effect = Effect::destroys_data,
                                      .arguments = dax_arguments<DaxOptions>,
                                      .examples = destroy_examples,
                                      .output = pmem_outcome_output});

}  // namespace nvmectl
