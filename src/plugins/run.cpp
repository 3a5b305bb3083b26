#include "plugins/run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "nvme/admin.hpp"
#include "nvme/decode.hpp"

namespace nvmectl::plugins {
namespace {

struct LogOptions {
  DeviceRef device;
};

constexpr std::array arguments{device_argument<&LogOptions::device>()};

// Identify: UUID List, and CTRATT's bit that announces it. NVM Express Base Specification 2.0d, section 5.17.
constexpr std::uint32_t ctratt_uuid_list = 1U << 9U;
constexpr std::size_t uuid_entry_bytes = 32;
constexpr std::size_t uuid_in_entry = 16;

std::string page_name(const LogCommand& command) {
  return fmt::format("log page {:02X}h", command.log_id);
}

Result<> check_match(const LogCommand& command, const nvme::ControllerFacts& facts) {
  const Match& match = command.plugin->match;
  const bool vid_ok =
      match.vids.empty() || std::find(match.vids.begin(), match.vids.end(), facts.vendor_id) != match.vids.end();
  if (vid_ok && facts.model.starts_with(match.model_prefix)) return {};
  return fail(ErrorKind::unsupported,
              fmt::format("the plugin {} is not for this drive (vendor {:04x}h, model {})", command.plugin->name,
                          facts.vendor_id, facts.model),
              fmt::format("nvmectl get-log --log-id={:#x} reads the page undecoded", command.log_id));
}

/// The index that selects the vendor's log pages; 0, which selects the drive's own default, when it has none.
Result<std::uint8_t> find_uuid_index(AdminTransport& admin, const Deadline& deadline, const Id128& uuid) {
  NVMECTL_ASSIGN(const Bytes list, nvme::identify(admin, deadline, {.cns = nvme::cns::uuid_list}));
  for (std::size_t index = 1; (index + 1) * uuid_entry_bytes <= list.size(); ++index) {
    const auto entry = std::span(list).subspan(index * uuid_entry_bytes + uuid_in_entry, uuid.size());
    if (std::equal(entry.begin(), entry.end(), uuid.begin())) return static_cast<std::uint8_t>(index);
    if (std::all_of(entry.begin(), entry.end(), [](std::byte b) { return b == std::byte{0}; })) break;
  }
  return std::uint8_t{0};
}

/// Drives say Invalid Log Page, or Invalid Field in Command, about a page that they do not have.
bool means_no_such_page(const Error& error) {
  if (!error.status) return false;
  const auto is = [&](NvmeStatus status) {
    return error.status->type == status.type && error.status->code == status.code;
  };
  return is(nvme::status::invalid_log_page) || is(nvme::status::invalid_field);
}

Error no_such_page(const LogCommand& command, Error error) {
  Error clear = make_error(ErrorKind::unsupported,
                           fmt::format("this drive has no {} ({})", page_name(command), command.schema.title),
                           "nvmectl get-log --log-id=0 --decode shows which log pages a drive has");
  clear.cause = std::move(error.cause);
  clear.status = error.status;
  clear.status_name = std::move(error.status_name);
  clear.operation = std::move(error.operation);
  return clear;
}

Result<> run(const LogOptions& options, const LogCommand& command, Context& context) {
  const Deadline deadline = context.deadline();
  NVMECTL_ASSIGN(const auto device, context.open(options.device, deadline));
  if (device->admin() == nullptr) {
    return fail(make_error(ErrorKind::unsupported, "this device takes no admin commands").on(options.device.text));
  }
  auto page = read_page(*device->admin(), command, deadline);
  if (!page) return fail(std::move(page).error().on(options.device.text));
  if (context.out.wants_raw()) return context.out.raw(*page);
  NVMECTL_ASSIGN(Record record, nvme::decode(command.schema, *page));
  return context.out.document(std::move(record));
}

}  // namespace

std::span<const Argument> log_arguments() {
  return arguments;
}

Result<> check_guid(const LogCommand& command, std::span<const std::byte> page) {
  if (!command.guid) return {};
  const Guid& guid = *command.guid;
  if (page.size() >= guid.offset + guid.wire.size() &&
      std::equal(guid.wire.begin(), guid.wire.end(), page.begin() + guid.offset))
    return {};
  return fail(make_error(ErrorKind::unsupported,
                         fmt::format("this drive's {} is not the one that {} describes", page_name(command),
                                     command.plugin->name),
                         fmt::format("nvmectl get-log --log-id={:#x} reads it undecoded; the drive's vendor may have "
                                     "another plugin for it",
                                     command.log_id))
                  .with_cause(fmt::format("it does not carry the GUID {} at byte {}", guid.text, guid.offset)));
}

Result<Bytes> read_page(AdminTransport& admin, const LogCommand& command, const Deadline& deadline) {
  nvme::LogArguments log{.log_id = command.log_id, .nsid = command.nsid};
  if (command.uuid || !command.plugin->match.any()) {
    NVMECTL_ASSIGN(const nvme::ControllerFacts facts, nvme::read_controller_facts(admin, deadline));
    NVMECTL_TRY(check_match(command, facts));
    if (command.uuid && (facts.ctratt & ctratt_uuid_list) != 0) {
      NVMECTL_ASSIGN(log.uuid_index, find_uuid_index(admin, deadline, *command.uuid));
    }
  }
  auto page = nvme::read_log(admin, deadline, log, command.schema.wire_size);
  if (!page) {
    Error error = std::move(page).error();
    return fail(means_no_such_page(error) ? no_such_page(command, std::move(error)) : std::move(error));
  }
  NVMECTL_TRY(check_guid(command, *page));
  return page;
}

Result<> invoke_log(const CommandSpec& spec, const ParsedArguments& values, Context& context) {
  LogOptions options;
  for (const auto& [index, text] : values)
    NVMECTL_TRY(spec.arguments[index].set(&options, text, spec.arguments[index].name));
  return run(options, *static_cast<const LogCommand*>(spec.payload), context);
}

}  // namespace nvmectl::plugins
