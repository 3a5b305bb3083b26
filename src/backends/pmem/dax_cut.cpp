// DAX devices that are cut from memory which may be divided (hmem, CXL). Linux drivers/dax/bus.c.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include "backends/pmem/changes.hpp"
#include "backends/pmem/dax.hpp"
#include "backends/pmem/manager.hpp"
#include "backends/pmem/scanner.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

bool divisible(const Daxctl& dax, daxctl_region* region) {
  const char* path = dax.region_get_path(region);
  return path != nullptr && ::access((std::string(path) + "/dax_region/available_size").c_str(), R_OK) == 0;
}

// Two regions bear one number where several namespaces of a PMEM region have DAX devices; those cannot be divided.
Result<daxctl_region*> find_region(const Daxctl& dax, daxctl_ctx* ctx, std::uint32_t id) {
  for (auto* one = dax.region_get_first(ctx); one != nullptr; one = dax.region_get_next(one))
    if (static_cast<std::uint32_t>(dax.region_get_id(one)) == id && divisible(dax, one)) return one;
  return fail(ErrorKind::not_found, fmt::format("there is no DAX region {} that could be divided", id),
              "nvmectl pmem list shows them");
}

// The kernel takes any free memory, whatever the alignment asked for; pages that large then cannot be mapped.
Result<> check_aligned(const Daxctl& dax, daxctl_dev* device, const std::string& name, std::uint64_t align) {
  for (const DaxMapping& mapping : dax_mappings(dax, device))
    if (mapping.start % align != 0 || mapping.bytes % align != 0)
      return fail(make_error(ErrorKind::busy, fmt::format("{} cannot have an alignment of {}", name, format_iec(align)),
                             "take a smaller alignment, or free what lies before it")
                      .with_cause(fmt::format("the free memory begins at {:#x}", mapping.start))
                      .on(name));
  return {};
}

struct Extent {
  std::uint64_t bytes, align;
};

// The kernel wants the size to fit the alignment at each step.
int set_extent(const Daxctl& dax, daxctl_dev* device, const Extent& from, const Extent& to) {
  const auto align = [&] { return to.align == from.align ? 0 : dax.dev_set_align(device, to.align); };
  const auto size = [&] { return to.bytes == from.bytes ? 0 : dax.dev_set_size(device, to.bytes); };
  const bool size_first = to.align > from.align;
  if (const int code = size_first ? size() : align(); code < 0) return code;
  return size_first ? align() : size();
}

}  // namespace

Result<std::string> Manager::create_dax(std::uint32_t id, std::uint64_t bytes, std::uint64_t align,
                                        const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  const Daxctl& dax = opened.dax();
  NVMECTL_ASSIGN(daxctl_region* const region, find_region(dax, opened.daxctl(), id));
  NVMECTL_TRY(in_time(deadline, "creating the device"));
  opened.forget_log();
  const auto what = fmt::format("a device in DAX region {} could not be made", id);
  if (const int code = dax.region_create_dev(region); code < 0) return fail(opened.error(code, what));
  auto* const device = dax.region_get_dev_seed(region);
  if (device == nullptr) return fail(ErrorKind::io, what, "the kernel made a device and does not say which: try again");
  const std::string name = printable(dax.dev_get_devname(device));
  Undo undo;
  undo.add([&] { dax.region_destroy_dev(region, device); });
  // The alignment first: there is nothing yet that it would have to fit.
  int code = dax.dev_get_align(device) == align ? 0 : dax.dev_set_align(device, align);
  if (code < 0) return fail(opened.error(code, what));
  code = dax.dev_set_size(device, bytes);
  if (code < 0) return fail(opened.error(code, what));
  undo.add([&] { dax.dev_set_size(device, 0); });
  NVMECTL_TRY(check_aligned(dax, device, "the new device", align));
  NVMECTL_TRY(in_time(deadline, "creating the device"));
  code = dax.dev_enable_devdax(device);
  if (code < 0) return fail(opened.error(code, what, "is the driver device_dax there?"));
  undo.keep();
  return name;
}

Result<> Manager::resize_dax(const std::string& name, std::uint64_t bytes, std::uint64_t align,
                             const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(const DaxFound found, find_dax_device(opened, name));
  const Daxctl& dax = opened.dax();
  auto* const device = found.device;
  NVMECTL_TRY(check_dax_unused(name, "cannot be resized"));
  NVMECTL_TRY(in_time(deadline, "resizing the device"));
  const bool enabled = dax.dev_is_enabled(device) != 0;
  const Extent before{dax.dev_get_size(device), dax.dev_get_align(device)};
  const Extent after{bytes, align == 0 ? before.align : align};
  opened.forget_log();
  if (const int code = dax.dev_disable(device); code < 0) return fail(dax_error(opened, code, name, "disabled"));
  Undo undo;
  if (enabled) undo.add([&] { dax.dev_enable_devdax(device); });
  undo.add([&] { set_extent(dax, device, {dax.dev_get_size(device), dax.dev_get_align(device)}, before); });
  if (const int code = set_extent(dax, device, before, after); code < 0)
    return fail(dax_error(opened, code, name, "resized"));
  NVMECTL_TRY(check_aligned(dax, device, name, after.align));
  if (enabled)
    if (const int code = dax.dev_enable_devdax(device); code < 0)
      return fail(dax_error(opened, code, name, "enabled again"));
  undo.keep();
  return {};
}

Result<> Manager::destroy_dax(const std::string& name, const Deadline& deadline) {
  NVMECTL_ASSIGN(const auto held, lock(deadline));
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(const DaxFound found, find_dax_device(opened, name));
  const Daxctl& dax = opened.dax();
  if (!divisible(dax, found.region))
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} cannot be destroyed by itself", name),
                           fmt::format("nvmectl pmem destroy {} destroys its namespace", name))
                    .with_cause("it is all of a namespace of mode devdax"));
  NVMECTL_TRY(check_dax_unused(name, "cannot be destroyed"));
  NVMECTL_TRY(in_time(deadline, "destroying the device"));
  NVMECTL_TRY(take_offline(opened, found, name));
  opened.forget_log();
  if (const int code = dax.dev_disable(found.device); code < 0) return fail(dax_error(opened, code, name, "disabled"));
  if (const int code = dax.dev_set_size(found.device, 0); code < 0)
    return fail(dax_error(opened, code, name, "emptied"));
  // The first device of a region never goes; its memory is free now all the same.
  if (const int code = dax.region_destroy_dev(found.region, found.device); code < 0 && code != -EBUSY)
    return fail(dax_error(opened, code, name, "destroyed"));
  return {};
}

}  // namespace nvmectl::pmem_backend
