#include "commands/pmem/file_system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <limits>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "connections/files.hpp"
#include "core/text.hpp"
#include "core/uses.hpp"

namespace nvmectl {
namespace {

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real ? std::string(real.get()) : path;
}

std::string_view value_of(std::string_view lines, std::string_view key) {
  for (const std::string_view line : split(lines, '\n'))
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=')
      return trim(line.substr(key.size() + 1));
  return {};
}

// For blkid a device that cannot be read is like an empty one: what is there would be overwritten.
Result<> check_readable(const std::string& device) {
  constexpr off_t looked_at = off_t{256} << 10U;
  const auto refused = [&](int code) {
    return fail(
        os_error(code, fmt::format("it cannot be told whether a file system is on {}", device),
                 code == EIO ? "nvmectl pmem list shows its bad blocks, nvmectl pmem clear-errors clears them" : "")
            .on(device));
  };
  const int fd = ::open(device.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return refused(errno);
  const std::unique_ptr<const int, void (*)(const int*)> closed(&fd, [](const int* open) { ::close(*open); });
  const off_t size = ::lseek(fd, 0, SEEK_END);
  std::vector<char> bytes(static_cast<std::size_t>(looked_at));
  for (const off_t at : {off_t{0}, std::max<off_t>(size - looked_at, 0)})
    if (const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), at); got != std::min(looked_at, size))
      return refused(got < 0 ? errno : EIO);
  return {};
}

constexpr off_t least_xfs = 300'000'000;  // mkfs.xfs of xfsprogs 5.19 and newer refuses less

off_t device_bytes(const std::string& device) {
  const int fd = ::open(device.c_str(), O_RDONLY | O_CLOEXEC);
  const off_t size = fd >= 0 ? ::lseek(fd, 0, SEEK_END) : -1;
  if (fd >= 0) ::close(fd);
  return size > 0 ? size : std::numeric_limits<off_t>::max();  // not known: as large as any
}

// In stripes of 2 MiB. With these mkfs.xfs makes more allocation groups than without, and below 768 MiB each is too
// small for the 64 MiB of its log.
std::string xfs_layout(const std::string& device) {
  return device_bytes(device) < (off_t{1} << 30U) ? "su=2m,sw=1,agcount=4" : "su=2m,sw=1";
}

}  // namespace

Result<std::string> file_system_on(ProgramRunner& runner, const std::string& device, const Deadline& deadline) {
  // -p looks at the device itself and at no cache; 2 means that nothing is known of what is there.
  NVMECTL_ASSIGN(const ProgramResult found, runner.run({"blkid", "-p", "-o", "export", device}, deadline));
  if (found.code == 2) {
    NVMECTL_TRY(check_readable(device));
    return std::string();
  }
  if (found.code == 8) return std::string("several file systems");
  if (found.code != 0)
    return fail(make_error(ErrorKind::io, fmt::format("blkid could not look at {}", device))
                    .with_cause(printable(trim(found.errors)))
                    .on(device));
  if (const auto type = value_of(found.out, "TYPE"); !type.empty()) return printable(type);
  return value_of(found.out, "PTTYPE").empty() ? std::string() : std::string("partitions");
}

Result<bool> has_file_system(ProgramRunner& runner, const std::string& device, std::string_view type,
                             const Deadline& deadline) {
  NVMECTL_ASSIGN(const std::string there, file_system_on(runner, device, deadline));
  if (there == type || there.empty()) return !there.empty();
  return fail(make_error(ErrorKind::exists, fmt::format("{} has {} on it already", device, there),
                         fmt::format("wipefs -a {} takes it away, and its data", device))
                  .on(device));
}

Result<bool> make_file_system(ProgramRunner& runner, const std::string& device, std::string_view type, bool dax,
                              const Deadline& deadline) {
  NVMECTL_ASSIGN(const bool there, has_file_system(runner, device, type, deadline));
  if (there) return false;
  std::vector<std::string> words;
  if (type == "ext4" && dax)
    words = {"mkfs.ext4", "-q", "-b", "4096", "-E", "stride=512,stripe_width=512", "-F", device};
  else if (type == "ext4") words = {"mkfs.ext4", "-q", "-F", device};
  else if (type == "xfs" && dax)
    words = {"mkfs.xfs", "-q", "-b", "size=4096", "-m", "reflink=0", "-d", xfs_layout(device), "-f", device};
  else if (type == "xfs") words = {"mkfs.xfs", "-q", "-f", device};
  else
    return fail(ErrorKind::usage, fmt::format("'{}' is not a file system that is made here", printable(type)),
                "ext4 and xfs work with DAX");
  if (auto done = run_program(runner, words, deadline); !done) {
    Error error = std::move(done).error();
    if (type == "xfs" && device_bytes(device) < least_xfs) error.hint = "xfs needs 300 MB; ext4 does with less";
    return fail(std::move(error));
  }
  return true;
}

std::string read_mountinfo() {
  const auto text = connections::read_file("/proc/self/mountinfo", std::size_t{16} << 20U);
  return text && *text ? **text : std::string();
}

std::string mounted_device(std::string_view mountinfo, const std::string& directory) {
  std::string device;
  for (const std::string_view line : split(mountinfo, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() < 7 || path_of_mount(words[4]) != directory) continue;
    for (std::size_t i = 6; i + 2 < words.size(); ++i)
      if (words[i] == "-") device = path_of_mount(words[i + 2]);
  }
  return device;
}

Result<bool> is_mounted(const std::string& device, const std::string& directory) {
  const std::string present = mounted_device(read_mountinfo(), real_path(directory));
  if (present.empty()) return false;
  if (real_path(present) == real_path(device)) return true;
  return fail(make_error(ErrorKind::exists,
                         fmt::format("{} is mounted at {}", printable(present), printable(directory)),
                         "choose another directory, or unmount it")
                  .on(device));
}

Result<bool> mount_device(ProgramRunner& runner, const std::string& device, const std::string& directory,
                          std::string_view type, bool dax, const Deadline& deadline) {
  if (!directory.starts_with('/'))
    return fail(ErrorKind::usage, fmt::format("'{}' is not an absolute path", printable(directory)));
  NVMECTL_ASSIGN(const bool mounted, is_mounted(device, directory));
  if (mounted) return false;
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
    const bool no_parent = errno == ENOENT;
    Error error = os_error(errno, fmt::format("the directory {} could not be made", printable(directory)),
                           no_parent ? "make the directories above it first" : "");
    if (no_parent) error.kind = ErrorKind::io;
    return fail(std::move(error));
  }
  std::vector<std::string> words{"mount"};
  if (!type.empty()) words.insert(words.end(), {"-t", std::string(type)});
  if (dax) words.insert(words.end(), {"-o", "dax"});
  words.insert(words.end(), {device, directory});
  if (auto done = run_program(runner, words, deadline); !done) {
    Error error = std::move(done).error();
    const auto there = file_system_on(runner, device, deadline);
    if (there && there->empty()) {
      error.cause = fmt::format("there is no file system on {}", device);
      error.hint = "--mkfs ext4 or --mkfs xfs makes one";
    }
    return fail(std::move(error));
  }
  // Files of less than 2 MiB at a time would not be mapped by huge pages.
  if (type == "xfs" && dax) static_cast<void>(runner.run({"xfs_io", "-c", "extsize 2m", directory}, deadline));
  return true;
}

Result<> unmount(ProgramRunner& runner, const std::string& directory, const Deadline& deadline) {
  NVMECTL_TRY(run_program(runner, {"umount", directory}, deadline));
  return {};
}

}  // namespace nvmectl
