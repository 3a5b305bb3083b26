// DAX devices: enabled and disabled, made into system RAM and back, put online and offline.
#include "backends/pmem/dax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <unistd.h>

#include "backends/pmem/changes.hpp"
#include "backends/pmem/manager.hpp"
#include "backends/pmem/scanner.hpp"
#include "backends/pmem/uses.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

// What the kernel does with new memory by itself, as long as this lives: otherwise it is faster than we are, and memory
// that it put online for its own use too does not go offline again. What it was before is put back.
class NewMemory {
 public:
  explicit NewMemory(const std::string& policy) {
    std::ifstream(path) >> before_;
    if (!before_.empty() && before_ != policy) std::ofstream(path) << policy;
  }
  NewMemory(const NewMemory&) = delete;
  NewMemory& operator=(const NewMemory&) = delete;
  ~NewMemory() {
    if (!before_.empty()) std::ofstream(path) << before_;
  }

 private:
  static constexpr const char* path = "/sys/devices/system/memory/auto_online_blocks";
  std::string before_;
};

Result<> online(const Session& session, const DaxFound& dev, const std::string& name, bool movable) {
  const Daxctl& dax = session.dax();
  auto* const memory = dax.dev_get_memory(dev.device);
  if (memory == nullptr)
    return fail(ErrorKind::usage, fmt::format("{} is no system RAM", name),
                fmt::format("nvmectl pmem dax reconfigure {} -m system-ram makes it so", name));
  const int total = dax.memory_num_sections(memory);
  if (dax.memory_is_online(memory) == total) {
    // With auto_online_blocks the kernel was faster, and chose for itself.
    const int is_movable = dax.memory_is_movable(memory);
    if (is_movable < 0 || (is_movable == 1) == movable) return {};
    return fail(
        make_error(ErrorKind::busy,
                   fmt::format("{} is online already, but {}movable", name, is_movable == 1 ? "" : "not "),
                   "echo offline >/sys/devices/system/memory/auto_online_blocks, then take it offline and online again")
            .with_cause("the kernel puts new memory online by itself"));
  }
  session.forget_log();
  const int code = movable ? dax.memory_online(memory) : dax.memory_online_no_movable(memory);
  if (code >= 0 && dax.memory_is_online(memory) == total) return {};
  return fail(dax_error(session, code < 0 ? code : -EIO, name, "put online"));
}

// Memory is added in whole blocks (memory hotplug), 128 MiB on most machines: what lies between two does not become
// RAM.
Result<> check_block(const Session& session, const DaxFound& dev, const std::string& name) {
  std::uint64_t block = 0;
  std::ifstream("/sys/devices/system/memory/block_size_bytes") >> std::hex >> block;
  const auto mappings = dax_mappings(session.dax(), dev.device);
  const auto holds_one = [&](const DaxMapping& m) {
    const std::uint64_t first = (m.start + block - 1) / block * block;
    return first + block <= m.start + m.bytes;
  };
  if (block == 0 || mappings.empty() || std::any_of(mappings.begin(), mappings.end(), holds_one)) return {};
  return fail(make_error(ErrorKind::no_space, fmt::format("{} cannot be system RAM", name),
                         "make it larger, or give it memory that begins at such a block")
                  .with_cause(fmt::format("memory is added in blocks of {}, and no whole one lies in its {}",
                                          format_iec(block), format_iec(session.dax().dev_get_size(dev.device))))
                  .on(name));
}

// What the kernel loads for it: kmem, which a kernel may lack.
Result<> to_ram(const Session& session, const DaxFound& dev, const std::string& name, bool bring_online, bool movable) {
  const Daxctl& dax = session.dax();
  if (dax.dev_get_memory(dev.device) == nullptr) {
    NVMECTL_TRY(check_dax_unused(name, "cannot become system RAM"));
    NVMECTL_TRY(check_block(session, dev, name));
    session.forget_log();
    if (const int code = dax.dev_disable(dev.device); code < 0) return fail(dax_error(session, code, name, "disabled"));
    const NewMemory policy(!bring_online ? "offline" : movable ? "online_movable" : "online_kernel");
    if (const int code = dax.dev_enable_ram(dev.device); code < 0) {
      Error error = dax_error(session, code, name, "made system RAM", "is the driver kmem there?");
      dax.dev_enable_devdax(dev.device);
      return fail(std::move(error));
    }
  }
  return bring_online ? online(session, dev, name, movable) : Result<>{};
}

Result<> to_devdax(const Session& session, const DaxFound& dev, const std::string& name) {
  const Daxctl& dax = session.dax();
  if (dax.dev_get_memory(dev.device) != nullptr) {
    NVMECTL_TRY(take_offline(session, dev, name));
    session.forget_log();
    if (const int code = dax.dev_disable(dev.device); code < 0)
      return fail(dax_error(session, code, name, "taken from the system's RAM"));
  } else if (dax.dev_is_enabled(dev.device) != 0) {
    return {};
  }
  session.forget_log();
  if (const int code = dax.dev_enable_devdax(dev.device); code < 0)
    return fail(dax_error(session, code, name, "made a DAX device", "is the driver device_dax there?"));
  return {};
}

}  // namespace

Result<DaxFound> find_dax_device(const Session& session, std::string_view name) {
  const Daxctl& dax = session.dax();
  std::vector<std::string> names;
  for (auto* region = dax.region_get_first(session.daxctl()); region != nullptr; region = dax.region_get_next(region))
    for (auto* device = dax.dev_get_first(region); device != nullptr; device = dax.dev_get_next(device)) {
      if (name == dax.dev_get_devname(device)) return DaxFound{region, device};
      names.emplace_back(dax.dev_get_devname(device));
    }
  return fail(make_error(ErrorKind::not_found, fmt::format("there is no DAX device {}", printable(name)),
                         names.empty() ? "this machine has none: namespaces of mode devdax have them"
                                       : fmt::format("there are: {}", fmt::join(names, ", ")))
                  .on(printable(name)));
}

Error dax_error(const Session& session, int code, const std::string& name, std::string_view what, std::string hint) {
  return session.error(code, fmt::format("{} could not be {}", name, what), std::move(hint)).on(name);
}

Result<> take_offline(const Session& session, const DaxFound& dev, const std::string& name) {
  const Daxctl& dax = session.dax();
  auto* const memory = dax.dev_get_memory(dev.device);
  if (memory == nullptr || dax.memory_is_online(memory) <= 0) return {};
  session.forget_log();
  const int code = dax.memory_offline(memory);
  if (code >= 0 && dax.memory_is_online(memory) == 0) return {};
  const bool movable = dax.memory_is_movable(memory) == 1;
  Error error =
      dax_error(session, code < 0 ? code : -EBUSY, name, "taken offline",
                movable ? "stop what uses that much memory and try again" : "restart the machine to get it back");
  error.kind = ErrorKind::busy;
  error.cause = movable ? "programs' pages in it could not be moved elsewhere"
                        : "the kernel may keep its own data in it, since it was not put online as movable";
  return fail(std::move(error));
}

Result<> check_dax_unused(const std::string& name, std::string_view what) {
  Uses users;
  if (const auto uses = users.of_dax(name); !uses.empty()) return fail(busy_error(name, what, uses));
  return {};
}

Result<> Manager::reconfigure_dax(const std::string& name, bool system_ram, bool bring_online, bool movable,
                                  const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(const DaxFound device, find_dax_device(opened, name));
  NVMECTL_TRY(in_time(deadline, "reconfiguring the device"));
  return system_ram ? to_ram(opened, device, name, bring_online, movable) : to_devdax(opened, device, name);
}

Result<> Manager::set_dax_online(const std::string& name, bool bring_online, bool movable, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(const DaxFound device, find_dax_device(opened, name));
  if (opened.dax().dev_get_memory(device.device) == nullptr)
    return fail(ErrorKind::usage, fmt::format("{} is no system RAM", name), "only memory goes online and offline");
  return bring_online ? online(opened, device, name, movable) : take_offline(opened, device, name);
}

Result<> Manager::set_dax_enabled(const std::string& name, bool enabled, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(const DaxFound found, find_dax_device(opened, name));
  const Daxctl& dax = opened.dax();
  if (dax.dev_get_memory(found.device) != nullptr)
    return fail(make_error(ErrorKind::busy, fmt::format("{} cannot be {}", name, enabled ? "enabled" : "disabled"),
                           fmt::format("nvmectl pmem dax reconfigure {} -m devdax takes it back", name))
                    .with_cause("it is system RAM")
                    .on(name));
  opened.forget_log();
  if (enabled) {
    if (const int code = dax.dev_enable_devdax(found.device); code < 0)
      return fail(dax_error(opened, code, name, "enabled", "is the driver device_dax there?"));
    return {};
  }
  NVMECTL_TRY(check_dax_unused(name, "cannot be disabled"));
  if (const int code = dax.dev_disable(found.device); code < 0) return fail(dax_error(opened, code, name, "disabled"));
  return {};
}

}  // namespace nvmectl::pmem_backend
