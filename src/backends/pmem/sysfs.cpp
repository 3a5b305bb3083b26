#include "backends/pmem/sysfs.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

std::string path_of(std::string_view device, std::string_view name) {
  return fmt::format("{}/{}/{}", nd_devices, device, name);
}

}  // namespace

std::string attribute(std::string_view device, std::string_view name) {
  const int fd = ::open(path_of(device, name).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  char text[256];
  const ssize_t size = ::read(fd, text, sizeof text);
  ::close(fd);
  return size > 0 ? std::string(trim({text, static_cast<std::size_t>(size)})) : std::string();
}

void try_attribute(std::string_view device, std::string_view name, std::string_view value) {
  const int fd = ::open(path_of(device, name).c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  [[maybe_unused]] const ssize_t written = ::write(fd, value.data(), value.size());
  ::close(fd);
}

bool has_driver(std::string_view device) {
  return ::access(path_of(device, "driver").c_str(), F_OK) == 0;
}

}  // namespace nvmectl::pmem_backend
