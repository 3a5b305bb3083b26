// New firmware for DIMMs: sent in pieces, checked by the DIMM, activated with the next power cycle or while running.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "backends/pmem/changes.hpp"
#include "backends/pmem/operation.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

using namespace std::chrono_literals;

struct Limits {
  std::uint64_t storage, piece;
  std::chrono::microseconds interval, most;
};

std::string_view words(ND_FW_STATUS status) {
  switch (status) {
    case FW_EBADFW: return "the DIMM does not accept this image";
    case FW_ERETRY: return "the DIMM is busy, with a scrub perhaps";
    case FW_EBUSY: return "another update is under way";
    case FW_ENORES: return "the DIMM ran out of resources or time";
    case FW_ENOTREADY: return "the DIMM is not ready";
    case FW_ALREADY_DONE: return "an update was made already; restart the machine first";
    case FW_EINVAL:
    case FW_EINVAL_CTX:
    case FW_ESEQUENCE: return "the DIMM refused the sequence of commands";
    case FW_EHWERR: return "a hardware error";
    case FW_ENOTSUPP: return "the DIMM does not support it";
    default: return "the DIMM gave no known reason";
  }
}

class Update {
 public:
  Update(const Operation& operation, Dimm dimm) : o_(operation), nd_(operation.session.nd()), dimm_(dimm) {}
  [[nodiscard]] Result<> run(std::span<char> image);

 private:
  [[nodiscard]] Result<Limits> limits() const;
  [[nodiscard]] Result<Cmd> start() const;
  [[nodiscard]] Result<> send(const Cmd& start, std::span<char> image, std::uint64_t piece) const;
  [[nodiscard]] Result<> finish(const Cmd& start, const Limits& limits) const;
  [[nodiscard]] Result<ND_FW_STATUS> submit(const Cmd& command, std::string_view what) const;
  [[nodiscard]] Error refused(ND_FW_STATUS status, std::string_view what) const;

  const Operation& o_;
  const Ndctl& nd_;
  Dimm dimm_;
};

Error Update::refused(ND_FW_STATUS status, std::string_view what) const {
  return make_error(status == FW_EBUSY || status == FW_ERETRY ? ErrorKind::busy : ErrorKind::device,
                    fmt::format("{} of {} failed", what, o_.device))
      .with_cause(std::string(words(status)))
      .on(o_.device);
}

Result<ND_FW_STATUS> Update::submit(const Cmd& command, std::string_view what) const {
  if (!command) return fail(ErrorKind::unsupported, fmt::format("{} of {} is not supported", what, o_.device));
  if (const int code = nd_.cmd_submit(command.get()); code < 0)
    return fail(o_.session.error(code, fmt::format("{} of {} failed", what, o_.device)).on(o_.device));
  return nd_.cmd_fw_xlat_firmware_status(command.get());
}

Result<Limits> Update::limits() const {
  const Cmd info(nd_, nd_.dimm_cmd_new_fw_get_info(dimm_));
  NVMECTL_ASSIGN(const ND_FW_STATUS status, submit(info, "asking for the firmware"));
  if (status != FW_SUCCESS) return fail(refused(status, "asking for the firmware"));
  const unsigned int storage = nd_.cmd_fw_info_get_storage_size(info.get());
  const unsigned int piece = nd_.cmd_fw_info_get_max_send_len(info.get());
  const unsigned int interval = nd_.cmd_fw_info_get_query_interval(info.get());
  const unsigned int most = nd_.cmd_fw_info_get_max_query_time(info.get());
  if (storage == ~0U || piece == ~0U || piece == 0 || interval == ~0U || most == ~0U)
    return fail(ErrorKind::protocol, fmt::format("{} does not say how it takes firmware", o_.device));
  return Limits{storage, piece, std::chrono::microseconds(interval), std::chrono::microseconds(most)};
}

Result<Cmd> Update::start() const {
  for (int attempt = 0;; ++attempt) {
    Cmd command(nd_, nd_.dimm_cmd_new_fw_start_update(dimm_));
    NVMECTL_ASSIGN(const ND_FW_STATUS status, submit(command, "starting the update"));
    if (status == FW_SUCCESS) return command;
    if (status != FW_EBUSY || !o_.flag("force") || attempt == 2) {
      Error error = refused(status, "starting the update");
      if (status == FW_EBUSY && !o_.flag("force")) error.hint = "wait for it, or give it up with --force";
      if (status == FW_EBUSY && o_.flag("force")) {
        error.cause = "another update is under way and cannot be given up, or one was made already";
        error.hint = "restart the machine first: a DIMM takes one update for each power cycle";
      }
      return fail(std::move(error));
    }
    const Cmd abort(nd_, nd_.dimm_cmd_new_fw_abort(command.get()));
    NVMECTL_TRY(submit(abort, "giving up the other update"));
  }
}

Result<> Update::send(const Cmd& start, std::span<char> image, std::uint64_t piece) const {
  for (std::size_t at = 0; at < image.size(); at += piece) {
    NVMECTL_TRY(in_time(o_.deadline, "the update"));
    const auto part = image.subspan(at, std::min<std::size_t>(piece, image.size() - at));
    const Cmd command(nd_, nd_.dimm_cmd_new_fw_send(start.get(), static_cast<unsigned int>(at),
                                                    static_cast<unsigned int>(part.size()), part.data()));
    NVMECTL_ASSIGN(const ND_FW_STATUS status, submit(command, "sending the firmware"));
    if (status != FW_SUCCESS) return fail(refused(status, "sending the firmware"));
    if (o_.progress) o_.progress(at + part.size(), image.size());
  }
  return {};
}

Result<> Update::finish(const Cmd& start, const Limits& limits) const {
  const Cmd end(nd_, nd_.dimm_cmd_new_fw_finish(start.get()));
  NVMECTL_ASSIGN(const ND_FW_STATUS ended, submit(end, "ending the update"));
  if (ended != FW_SUCCESS) return fail(refused(ended, "ending the update"));
  const Deadline until = o_.deadline.at_most(std::chrono::ceil<std::chrono::milliseconds>(limits.most) + 1s);
  for (;;) {
    const Cmd query(nd_, nd_.dimm_cmd_new_fw_finish_query(start.get()));
    NVMECTL_ASSIGN(const ND_FW_STATUS status, submit(query, "the update"));
    if (status == FW_SUCCESS) return {};
    if (status != FW_EBUSY) return fail(refused(status, "the update"));
    if (until.passed())
      return fail(ErrorKind::timeout, fmt::format("{} does not end its update", o_.device),
                  "look at it again: nvmectl pmem list");
    std::this_thread::sleep_for(std::clamp<std::chrono::microseconds>(limits.interval, 1ms, 1s));
  }
}

Result<> Update::run(std::span<char> image) {
  NVMECTL_ASSIGN(const Limits limit, limits());
  if (image.empty() || image.size() > limit.storage)
    return fail(ErrorKind::usage,
                fmt::format("the image has {} bytes; {} takes up to {}", image.size(), o_.device, limit.storage),
                "is it one for this DIMM?");
  NVMECTL_ASSIGN(const Cmd begun, start());
  Undo undo;
  undo.add([&] {
    const Cmd abort(nd_, nd_.dimm_cmd_new_fw_abort(begun.get()));
    if (abort) nd_.cmd_submit(abort.get());
  });
  NVMECTL_TRY(send(begun, image, limit.piece));
  NVMECTL_TRY(finish(begun, limit));
  undo.keep();
  return {};
}

Result<> check_supported(const Operation& o, Dimm dimm) {
  switch (o.session.nd().dimm_fw_update_supported(dimm)) {
    case 0: return {};
    case -EOPNOTSUPP:
      return fail(ErrorKind::unsupported, fmt::format("the kernel cannot update the firmware of {}", o.device));
    default:
      return fail(ErrorKind::unsupported, fmt::format("the firmware of {} cannot be updated", o.device),
                  "the DIMM must take firmware; QEMU's does not");
  }
}

Result<std::string> read_image(const std::string& path) {
  constexpr std::streamsize most = 256 << 20;
  const auto no_image = [&] {
    return fail(ErrorKind::usage, fmt::format("{} is no firmware image", printable(path)),
                "an image is a regular file of up to 256 MiB, and is not empty");
  };
  // Opening a pipe would wait for whoever writes.
  std::error_code unknown;
  if (std::filesystem::exists(path, unknown) && !std::filesystem::is_regular_file(path, unknown)) return no_image();
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file)
    return fail(os_error(errno != 0 ? errno : ENOENT, fmt::format("{} cannot be read", printable(path)),
                         "name the file that the DIMM's vendor gives: --file"));
  const std::streamsize size = file.tellg();
  if (size <= 0 || size > most) return no_image();
  std::string image(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(image.data(), size)) return fail(ErrorKind::io, fmt::format("{} cannot be read", printable(path)));
  return image;
}

Result<> arm(const Operation& o, Dimm dimm, bool force) {
  const Ndctl& nd = o.session.nd();
  Bus const bus = nd.dimm_get_bus(dimm);
  const ndctl_fwa_state state = nd.bus_get_fw_activate_state(bus);
  if (state == NDCTL_FWA_INVALID)
    return fail(ErrorKind::unsupported, fmt::format("{} cannot activate firmware while running", o.device),
                "restart the machine");
  if (state == NDCTL_FWA_ARM_OVERFLOW && !force)
    return fail(ErrorKind::busy, "activating the firmware of all armed DIMMs would take too long",
                "disarm some (nvmectl pmem firmware disarm), or use --force");
  if (nd.dimm_fw_activate_arm(dimm) != NDCTL_FWA_ARMED)
    return fail(o.session.error(EIO, fmt::format("{} could not be armed", o.device)).on(o.device));
  if (force || nd.bus_get_fw_activate_state(bus) != NDCTL_FWA_ARM_OVERFLOW) return {};
  nd.dimm_fw_activate_disarm(dimm);
  return fail(ErrorKind::busy, fmt::format("with {}, activating would take too long", o.device),
              "activate the armed ones first (nvmectl pmem firmware activate), or arm it with --force");
}

}  // namespace

Result<> update_firmware(const Operation& o) {
  NVMECTL_ASSIGN(Dimm const dimm, o.session.dimm(o.device));
  NVMECTL_TRY(check_supported(o, dimm));
  const auto path = o.text("file");
  if (!path) return fail(ErrorKind::usage, "the file with the firmware is missing");
  NVMECTL_ASSIGN(std::string image, read_image(*path));
  const Ndctl& nd = o.session.nd();
  if (nd.bus_get_scrub_state(nd.dimm_get_bus(dimm)) > 0 && !o.flag("force"))
    return fail(ErrorKind::busy, fmt::format("the bus of {} is scrubbing", o.device),
                "wait for it (nvmectl pmem scrub wait), or use --force");
  o.session.forget_log();
  NVMECTL_TRY(Update(o, dimm).run(image));
  // Where activating while running is possible it is prepared; where not, the next power cycle does it.
  if (o.flag("disarm") || nd.bus_get_fw_activate_state(nd.dimm_get_bus(dimm)) == NDCTL_FWA_INVALID) return {};
  auto armed = arm(o, dimm, false);
  if (armed) return {};
  Error error = std::move(armed).error();
  error.cause = error.message;
  error.message = fmt::format("{} has its new firmware, but is not armed to activate it", o.device);
  error.hint += fmt::format("; then nvmectl pmem firmware arm {}", o.device);
  return fail(std::move(error));
}

Result<> arm_firmware(const Operation& o) {
  NVMECTL_ASSIGN(Dimm const dimm, o.session.dimm(o.device));
  o.session.forget_log();
  return arm(o, dimm, o.flag("force"));
}

Result<> disarm_firmware(const Operation& o) {
  NVMECTL_ASSIGN(Dimm const dimm, o.session.dimm(o.device));
  o.session.forget_log();
  if (o.session.nd().dimm_fw_activate_disarm(dimm) != NDCTL_FWA_INVALID) return {};
  return fail(ErrorKind::unsupported, fmt::format("{} cannot be disarmed", o.device));
}

namespace {

std::vector<Dimm> armed_dimms(const Ndctl& nd, Bus bus) {
  std::vector<Dimm> armed;
  for (Dimm dimm = nd.dimm_get_first(bus); dimm != nullptr; dimm = nd.dimm_get_next(dimm))
    if (nd.dimm_get_fw_activate_state(dimm) == NDCTL_FWA_ARMED) armed.push_back(dimm);
  return armed;
}

Result<ndctl_fwa_method> method_of(const Operation& o, Bus bus) {
  const Ndctl& nd = o.session.nd();
  bool any = false;
  for (Dimm dimm = nd.dimm_get_first(bus); dimm != nullptr; dimm = nd.dimm_get_next(dimm))
    any = any || nd.dimm_fw_update_supported(dimm) == 0;
  if (!any)
    return fail(ErrorKind::unsupported, fmt::format("no DIMM of {} takes new firmware", o.device),
                "the DIMMs must be able to; QEMU's are not");
  const ndctl_fwa_method method = nd.bus_get_fw_activate_method(bus);
  if (method == NDCTL_FWA_METHOD_RESET)
    return fail(ErrorKind::unsupported, fmt::format("{} cannot activate firmware while running", o.device),
                "restart the machine");
  return method == NDCTL_FWA_METHOD_SUSPEND && o.flag("force") ? NDCTL_FWA_METHOD_LIVE : method;
}

// The write that starts it ends before the DIMMs are through; each then says what came of it.
Result<> await_result(const Operation& o, Bus bus, const std::vector<Dimm>& armed) {
  const Ndctl& nd = o.session.nd();
  while (nd.bus_get_fw_activate_state(bus) == NDCTL_FWA_BUSY) {
    if (o.deadline.passed())
      return fail(ErrorKind::timeout, fmt::format("the DIMMs of {} are still activating their firmware", o.device),
                  "it goes on: nvmectl pmem list --firmware shows what came of it");
    std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(100ms, o.deadline.left()));
  }
  std::string failed;
  for (Dimm dimm : armed) {
    const ndctl_fwa_result result = nd.dimm_get_fw_activate_result(dimm);
    if (result == NDCTL_FWA_RESULT_FAIL || result == NDCTL_FWA_RESULT_NEEDRESET)
      failed += (failed.empty() ? "" : ", ") + o.session.name(dimm);
  }
  if (failed.empty()) return {};
  return fail(make_error(ErrorKind::device, fmt::format("{} did not activate the new firmware", failed),
                         "it runs after a power cycle"));
}

}  // namespace

Result<> activate_firmware(const Operation& o) {
  NVMECTL_ASSIGN(Bus const bus, o.session.bus(o.device));
  const Ndctl& nd = o.session.nd();
  NVMECTL_ASSIGN(const ndctl_fwa_method method, method_of(o, bus));
  const ndctl_fwa_state state = nd.bus_get_fw_activate_state(bus);
  if (state == NDCTL_FWA_BUSY)
    return fail(ErrorKind::busy, fmt::format("{} is activating firmware already", o.device), "wait for it");
  if (state != NDCTL_FWA_ARMED && state != NDCTL_FWA_ARM_OVERFLOW)
    return fail(ErrorKind::not_found, fmt::format("no DIMM of {} is armed", o.device),
                "nvmectl pmem firmware update, or nvmectl pmem firmware arm, does it");
  NVMECTL_TRY(in_time(o.deadline, "activating the firmware"));
  const std::vector<Dimm> armed = armed_dimms(nd, bus);
  const bool running = !o.flag("idle");
  if (running) nd.bus_set_fw_activate_noidle(bus);  // the platform may refuse; it then idles all the same
  o.session.forget_log();
  KernelReason reason;
  const int code = nd.bus_activate_firmware(bus, method);  // by suspend everything is frozen in here, also this program
  if (running) nd.bus_clear_fw_activate_noidle(bus);
  if (code >= 0) return await_result(o, bus, armed);
  Error error =
      reason.in(o.session.error(code, fmt::format("the firmware of {} could not be activated", o.device))).on(o.device);
  if (method == NDCTL_FWA_METHOD_SUSPEND && error.hint.empty())
    error.hint = "something would not be suspended (see dmesg); --force activates without suspending";
  return fail(std::move(error));
}

}  // namespace nvmectl::pmem_backend
