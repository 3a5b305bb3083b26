// The label areas of DIMMs. Writing goes past the kernel, so no region may be using the DIMM, and afterwards the kernel
// is made to read it again.
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <linux/ndctl.h>

#include "backends/pmem/changes.hpp"
#include "backends/pmem/manager.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

constexpr std::size_t most_label_bytes = 16 << 20;

struct Area {
  Cmd command;
  Bytes bytes;
};

Error cannot_read(const Session& session, Dimm dimm, int code) {
  const std::string what = fmt::format("the labels of {} cannot be read", session.name(dimm));
  if (is_locked(session, dimm)) return locked_error(session, dimm, what);
  return session.error(code, what).on(session.name(dimm));
}

Result<> check_has_labels(const Session& session, Dimm dimm) {
  if (session.nd().dimm_is_cmd_supported(dimm, ND_CMD_GET_CONFIG_DATA) != 0) return {};
  return fail(make_error(ErrorKind::unsupported, fmt::format("{} has no label area", session.name(dimm)),
                         "its regions have one namespace each, which nvmectl pmem reconfigure gives another mode")
                  .on(session.name(dimm)));
}

Result<Area> read_area(const Session& session, Dimm dimm) {
  const Ndctl& nd = session.nd();
  session.forget_log();
  errno = 0;
  Cmd command(nd, nd.dimm_read_labels(dimm));
  if (!command) {
    const int code = errno;
    NVMECTL_TRY(check_has_labels(session, dimm));
    return fail(cannot_read(session, dimm, code != 0 ? code : EIO));
  }
  const ssize_t size = nd.cmd_cfg_read_get_size(command.get());
  if (size <= 0 || static_cast<std::size_t>(size) > most_label_bytes) return fail(cannot_read(session, dimm, EIO));
  Bytes bytes(static_cast<std::size_t>(size));
  const ssize_t got = nd.cmd_cfg_read_get_data(command.get(), bytes.data(), static_cast<unsigned int>(size), 0);
  if (got != size) return fail(cannot_read(session, dimm, got < 0 ? static_cast<int>(got) : EIO));
  return Area{std::move(command), std::move(bytes)};
}

// The kernel reads labels when it takes a DIMM.
Result<> read_again(const Session& session, Dimm dimm) {
  const Ndctl& nd = session.nd();
  if (nd.dimm_is_enabled(dimm) == 0) return {};
  int code = nd.dimm_disable(dimm);
  if (code >= 0) code = nd.dimm_enable(dimm);
  if (code >= 0) return {};
  return fail(session
                  .error(code,
                         fmt::format("{} has new labels, but the kernel did not take it again", session.name(dimm)),
                         "disable and enable it")
                  .on(session.name(dimm)));
}

// What was written before the failure stays, and the kernel is to see it.
Error cannot_write(const Session& session, Dimm dimm, int code, std::string_view what) {
  const std::string name = session.name(dimm);
  Error error = session.error(
      code, fmt::format("the labels of {} could not be {}", name, what),
      fmt::format("some may have been: nvmectl pmem labels check {}; labels restore brings back what was kept", name));
  static_cast<void>(read_again(session, dimm));
  return std::move(error).on(name);
}

}  // namespace

Result<Bytes> Manager::read_labels(const std::string& name, const Deadline& deadline) {
  NVMECTL_TRY(in_time(deadline, "reading the labels"));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Dimm const dimm, opened.dimm(name));
  NVMECTL_ASSIGN(Area area, read_area(opened, dimm));
  return std::move(area.bytes);
}

Result<> Manager::write_labels(const std::string& name, std::span<const std::byte> bytes, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Dimm const dimm, opened.dimm(name));
  NVMECTL_TRY(check_inactive(opened, dimm, "its labels cannot be written"));
  NVMECTL_ASSIGN(const Area area, read_area(opened, dimm));
  if (bytes.size() != area.bytes.size())
    return fail(ErrorKind::usage,
                fmt::format("the label area of {} has {} bytes, not {}", name, area.bytes.size(), bytes.size()),
                "write back what was read from a DIMM of the same kind");
  NVMECTL_TRY(in_time(deadline, "writing the labels"));
  const Ndctl& nd = opened.nd();
  const Cmd write(nd, nd.dimm_cmd_new_cfg_write(area.command.get()));
  if (!write) return fail(ErrorKind::unsupported, fmt::format("the labels of {} cannot be written", name));
  Bytes copy(bytes.begin(), bytes.end());
  const ssize_t set = nd.cmd_cfg_write_set_data(write.get(), copy.data(), static_cast<unsigned int>(copy.size()), 0);
  const int code = set < 0 ? static_cast<int>(set) : nd.cmd_submit_xlat(write.get());
  if (code < 0) return fail(cannot_write(opened, dimm, code, "written"));
  return read_again(opened, dimm);
}

Result<std::uint64_t> Manager::init_labels(const std::string& name, std::string_view version,
                                           const Deadline& deadline) {
  if (version != "1.1" && version != "1.2")
    return fail(ErrorKind::usage, fmt::format("'{}' is no version of labels", printable(version)),
                "there are 1.1 and 1.2");
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Dimm const dimm, opened.dimm(name));
  NVMECTL_TRY(check_inactive(opened, dimm, "its labels cannot be written"));
  const Ndctl& nd = opened.nd();
  opened.forget_log();
  errno = 0;
  const Cmd index(nd, nd.dimm_read_label_index(dimm));  // the library needs it to be there
  if (!index) {
    const int code = errno;
    NVMECTL_TRY(check_has_labels(opened, dimm));
    return fail(cannot_read(opened, dimm, code != 0 ? code : EIO));
  }
  NVMECTL_TRY(in_time(deadline, "writing the labels"));
  const int slots = nd.dimm_init_labels(dimm, version == "1.2" ? NDCTL_NS_VERSION_1_2 : NDCTL_NS_VERSION_1_1);
  if (slots < 0) return fail(cannot_write(opened, dimm, slots, "written"));
  NVMECTL_TRY(read_again(opened, dimm));
  return static_cast<std::uint64_t>(slots);
}

Result<> Manager::zero_labels(const std::string& name, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(Dimm const dimm, opened.dimm(name));
  NVMECTL_TRY(check_inactive(opened, dimm, "its labels cannot be written"));
  NVMECTL_TRY(in_time(deadline, "erasing the labels"));
  opened.forget_log();
  NVMECTL_TRY(check_has_labels(opened, dimm));
  if (const int code = opened.nd().dimm_zero_labels(dimm); code < 0)
    return fail(cannot_write(opened, dimm, code, "erased"));
  return read_again(opened, dimm);
}

}  // namespace nvmectl::pmem_backend
