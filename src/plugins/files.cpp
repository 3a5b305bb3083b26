#include "plugins/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "core/text.hpp"
#include "plugins/plugin.hpp"

namespace nvmectl::plugins {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

std::string os_reason(int number) {
  return std::generic_category().message(number);
}

/// Why root must not believe it: a description file decides what an administrator is shown.
std::string mistrust(const struct stat& status, const Folder& folder) {
  if (status.st_uid != 0 && (folder.named || status.st_uid != folder.uid))
    return "not read as root: it does not belong to root";
  // A checkout's files are often writable by the builder's group, as is the program itself.
  const mode_t others = folder.named ? S_IWGRP | S_IWOTH : S_IWOTH;
  return (status.st_mode & others) != 0 ? "not read as root: others may write to it" : "";
}

std::string read_all(int fd, FoundFile& file) {
  char buffer[16384];
  while (file.text.size() <= max_file_bytes) {
    const std::size_t want = std::min(sizeof buffer, max_file_bytes + 1 - file.text.size());
    const ssize_t got = ::read(fd, buffer, want);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_reason(errno);
    if (got == 0) break;
    file.text.append(buffer, static_cast<std::size_t>(got));
  }
  return "";
}

/// Opens and reads below `folder_fd`; `trust` may be null. O_NONBLOCK: a FIFO must not hold us up.
void read_at(int folder_fd, const std::string& name, const Folder* trust, FoundFile& file) {
  const Descriptor fd(::openat(folder_fd, name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (fd.get() < 0 || ::fstat(fd.get(), &status) != 0) file.reason = os_reason(errno);
  else if (!S_ISREG(status.st_mode)) file.reason = "not a regular file";
  else if (trust != nullptr) file.reason = mistrust(status, *trust);
  if (!file.reason.empty()) return;
  file.reason = read_all(fd.get(), file);
  if (!file.reason.empty()) file.text.clear();
}

std::vector<std::string> json_names(DIR* folder) {
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name.size() > 5 && !name.starts_with('.') && name.ends_with(".json")) names.emplace_back(name);
    if (names.size() > 16 * max_files) break;
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string_view parent(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// X for X/build/PRESET/nvmectl, also one folder deeper.
std::optional<std::string> checkout_of(std::string_view program) {
  std::string_view folder = parent(parent(program));
  for (int level = 0; level < 2 && !folder.empty(); ++level, folder = parent(folder)) {
    if (folder.ends_with("/build")) return std::string(parent(folder));
  }
  return std::nullopt;
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

}  // namespace

std::string program_path(std::string_view argv0) {
  const auto resolve = [](const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    return real ? std::string(real.get()) : std::string();
  };
  std::string path = resolve("/proc/self/exe");
  if (path.empty() && argv0.find('/') != std::string_view::npos) path = resolve(std::string(argv0));
  return path;
}

std::vector<Folder> plugin_folders(const Environment& environment, const std::string& program) {
  std::vector<Folder> folders;
  const auto add = [&](Folder folder) {
    const auto same = [&](const Folder& other) { return other.path == folder.path; };
    if (std::none_of(folders.begin(), folders.end(), same)) folders.push_back(std::move(folder));
  };
  if (const auto named = environment.variable ? environment.variable("NVMECTL_PLUGIN_PATH") : std::nullopt) {
    for (const std::string_view part : split(*named, ':')) {
      if (!part.empty()) add({std::string(part), true, 0});
    }
  }
  if (program.empty()) return folders;
  struct stat status {};
  const std::uint32_t owner = ::stat(program.c_str(), &status) == 0 ? status.st_uid : 0;
  const std::string prefix(parent(parent(program)));
  add({prefix + "/share/nvmectl/plugins", false, owner});
  if (const auto checkout = checkout_of(program)) add({*checkout + "/plugins/vendors", false, owner});
  std::erase_if(folders, [](const Folder& folder) { return !folder.named && !exists(folder.path); });
  return folders;
}

std::vector<FoundFile> read_folder(const Folder& folder, std::uint32_t euid) {
  const auto unusable = [&](std::string reason) {
    return std::vector<FoundFile>{{folder.path, "", std::move(reason)}};
  };
  Descriptor fd(::open(folder.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return unusable(os_reason(errno));
  const Folder* trust = euid == 0 ? &folder : nullptr;
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return unusable(os_reason(errno));
  if (trust != nullptr) {
    if (std::string why = mistrust(status, *trust); !why.empty()) return unusable(std::move(why));
  }
  const std::unique_ptr<DIR, CloseFolder> listing(::fdopendir(fd.get()));
  if (!listing) return unusable(os_reason(errno));
  const int folder_fd = fd.release();  // closed with the listing

  std::vector<FoundFile> files;
  for (const std::string& name : json_names(listing.get())) {
    FoundFile& file = files.emplace_back();
    file.path = folder.path + "/" + name;
    if (files.size() > max_files) {
      file.path = folder.path;
      file.reason = fmt::format("has more than {} files; the rest is left out", max_files);
      break;
    }
    read_at(folder_fd, name, trust, file);
  }
  return files;
}

FoundFile read_plugin_file(const std::string& path) {
  FoundFile file{path, "", ""};
  read_at(AT_FDCWD, path, nullptr, file);
  return file;
}

}  // namespace nvmectl::plugins
