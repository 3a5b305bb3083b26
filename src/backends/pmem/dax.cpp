// DAX devices: made into system RAM and back, put online and offline, cut from memory that may be divided.
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

struct Device {
  daxctl_region* region;
  daxctl_dev* device;
};

Result<Device> find_device(const Session& session, std::string_view name) {
  const Daxctl& dax = session.dax();
  std::vector<std::string> names;
  for (auto* region = dax.region_get_first(session.daxctl()); region != nullptr; region = dax.region_get_next(region))
    for (auto* device = dax.dev_get_first(region); device != nullptr; device = dax.dev_get_next(device)) {
      if (name == dax.dev_get_devname(device)) return Device{region, device};
      names.emplace_back(dax.dev_get_devname(device));
    }
  return fail(make_error(ErrorKind::not_found, fmt::format("there is no DAX device {}", printable(name)),
                         names.empty() ? "this machine has none: namespaces of mode devdax have them"
                                       : fmt::format("there are: {}", fmt::join(names, ", ")))
                  .on(printable(name)));
}

Error dax_error(const Session& session, int code, const std::string& name, std::string_view what,
                std::string hint = {}) {
  return session.error(code, fmt::format("{} could not be {}", name, what), std::move(hint)).on(name);
}

// Blocks that the kernel allocated for itself from cannot go offline again.
Result<> offline(const Session& session, const Device& dev, const std::string& name) {
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

Result<> online(const Session& session, const Device& dev, const std::string& name, bool movable) {
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

// What the kernel loads for it: kmem, which a kernel may lack.
Result<> to_ram(const Session& session, const Device& dev, const std::string& name, bool bring_online, bool movable) {
  const Daxctl& dax = session.dax();
  if (dax.dev_get_memory(dev.device) == nullptr) {
    Uses users;
    if (const auto uses = users.of_dax(name); !uses.empty())
      return fail(busy_error(name, "cannot become system RAM", uses));
    session.forget_log();
    if (const int code = dax.dev_disable(dev.device); code < 0) return fail(dax_error(session, code, name, "disabled"));
    const NewMemory policy(!bring_online ? "offline" : movable ? "online_movable" : "online_kernel");
    if (const int code = dax.dev_enable_ram(dev.device); code < 0) {
      Error error = dax_error(session, code, name, "made system RAM",
                              "the driver kmem must be there; memory is added in whole blocks, "
                              "so the device must hold at least one (see /sys/devices/system/memory/block_size_bytes)");
      dax.dev_enable_devdax(dev.device);
      return fail(std::move(error));
    }
  }
  return bring_online ? online(session, dev, name, movable) : Result<>{};
}

Result<> to_devdax(const Session& session, const Device& dev, const std::string& name) {
  const Daxctl& dax = session.dax();
  if (dax.dev_get_memory(dev.device) != nullptr) {
    NVMECTL_TRY(offline(session, dev, name));
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

bool divisible(const Daxctl& dax, daxctl_region* region) {
  const char* path = dax.region_get_path(region);
  return path != nullptr && ::access((std::string(path) + "/dax_region/available_size").c_str(), R_OK) == 0;
}

}  // namespace

Result<> Manager::reconfigure_dax(const std::string& name, bool system_ram, bool bring_online, bool movable,
                                  const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(const Device device, find_device(opened, name));
  NVMECTL_TRY(in_time(deadline, "reconfiguring the device"));
  return system_ram ? to_ram(opened, device, name, bring_online, movable) : to_devdax(opened, device, name);
}

Result<> Manager::set_dax_online(const std::string& name, bool bring_online, bool movable, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(const Device device, find_device(opened, name));
  if (opened.dax().dev_get_memory(device.device) == nullptr)
    return fail(ErrorKind::usage, fmt::format("{} is no system RAM", name), "only memory goes online and offline");
  return bring_online ? online(opened, device, name, movable) : offline(opened, device, name);
}

Result<std::string> Manager::create_dax(std::uint32_t id, std::uint64_t bytes, std::uint64_t align,
                                        const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  const Daxctl& dax = opened.dax();
  daxctl_region* region = nullptr;
  bool known_id = false;
  for (auto* one = dax.region_get_first(opened.daxctl()); one != nullptr; one = dax.region_get_next(one)) {
    if (static_cast<std::uint32_t>(dax.region_get_id(one)) != id) continue;
    known_id = true;
    if (divisible(dax, one)) region = one;
  }
  if (!known_id)
    return fail(ErrorKind::not_found, fmt::format("there is no DAX region {}", id), "nvmectl pmem list shows them");
  if (region == nullptr)
    return fail(
        make_error(ErrorKind::unsupported, fmt::format("DAX region {} cannot be divided", id),
                   "make namespaces of mode devdax instead")
            .with_cause("it belongs to a namespace and is one device; only soft-reserved memory and CXL can be cut"));
  const std::uint64_t free = dax.region_get_available_size(region);
  const std::uint64_t size = bytes == 0 ? free : bytes;
  if (size == 0 || size > free)
    return fail(ErrorKind::no_space, fmt::format("DAX region {} has no room for {}", id, format_iec(bytes)),
                fmt::format("{} are free", format_iec(free)));
  opened.forget_log();
  const auto what = fmt::format("a device in DAX region {} could not be made", id);
  if (const int code = dax.region_create_dev(region); code < 0) return fail(opened.error(code, what));
  auto* const device = dax.region_get_dev_seed(region);
  if (device == nullptr) return fail(ErrorKind::io, what);
  Undo undo;
  undo.add([&] { dax.region_destroy_dev(region, device); });
  if (align != 0)
    if (const int code = dax.dev_set_align(device, align); code < 0) return fail(opened.error(code, what));
  if (const int code = dax.dev_set_size(device, size); code < 0) return fail(opened.error(code, what));
  undo.add([&] { dax.dev_set_size(device, 0); });
  if (const int code = dax.dev_enable_devdax(device); code < 0) return fail(opened.error(code, what));
  undo.keep();
  return printable(dax.dev_get_devname(device));
}

Result<> Manager::destroy_dax(const std::string& name, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(const Device found, find_device(opened, name));
  const Daxctl& dax = opened.dax();
  if (!divisible(dax, found.region))
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} cannot be destroyed by itself", name),
                           fmt::format("nvmectl pmem destroy {} destroys its namespace", name))
                    .with_cause("it is all of a namespace of mode devdax"));
  Uses users;
  if (const auto uses = users.of_dax(name); !uses.empty()) return fail(busy_error(name, "cannot be destroyed", uses));
  if (dax.dev_get_memory(found.device) != nullptr) NVMECTL_TRY(offline(opened, found, name));
  opened.forget_log();
  if (const int code = dax.dev_disable(found.device); code < 0) return fail(dax_error(opened, code, name, "disabled"));
  if (const int code = dax.dev_set_size(found.device, 0); code < 0)
    return fail(dax_error(opened, code, name, "emptied"));
  if (const int code = dax.region_destroy_dev(found.region, found.device); code < 0)
    return fail(dax_error(opened, code, name, "destroyed"));
  return {};
}

}  // namespace nvmectl::pmem_backend
