#include "commands/host/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connections/files.hpp"
#include "core/device_ref.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

constexpr std::string_view uuid_prefix = "nqn.2014-08.org.nvmexpress:uuid:";

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::string first_line(const std::string& path) {
  const auto content = read_small_file(path).value_or("");
  return std::string(trim(std::string_view(content).substr(0, content.find_first_of(std::string_view("\n\0", 2)))));
}

tl::unexpected<Error> failed(int number, std::string_view doing, const std::string& path) {
  std::string hint;
  if (number == EACCES || number == EPERM) hint = "run it as root (sudo)";
  else if (number == EROFS) hint = "the file system is read-only: nothing can be stored on it";
  else if (number == ENOSPC || number == EDQUOT) hint = "free some space; the identity is as it was before";
  else if (number == ENOENT || number == ENOTDIR) hint = "make its directory first";
  return fail(
      os_error(number, fmt::format("cannot {} {}", doing, printable(path)), std::move(hint)).on(printable(path)));
}

int write_synced(int fd, std::string_view text) {
  if (::fchmod(fd, 0644) != 0) return errno;  // whatever the umask is: nothing here is secret
  while (!text.empty()) {
    const ssize_t size = ::write(fd, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

// A file beside its place, until it takes that. Gone again when it does not.
class Replacement {
 public:
  explicit Replacement(std::string path) : path_(std::move(path)), temporary_(path_ + ".new") {}
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement() {
    if (written_) ::unlink(temporary_.c_str());
  }
  Result<> write(const std::string& line) {
    ::unlink(temporary_.c_str());  // what a crash left: the lock is ours
    const int fd = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) return failed(errno, "write", path_);
    written_ = true;
    int why = write_synced(fd, line + "\n");
    if (::close(fd) != 0 && why == 0) why = errno;
    return why == 0 ? Result<>() : failed(why, "write", path_);
  }
  Result<> take_place() {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return failed(errno, "replace", path_);
    written_ = false;
    return {};
  }

 private:
  std::string path_, temporary_;
  bool written_ = false;
};

Result<> sync_directory(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed(errno, "open", directory);
  const int why = ::fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
  ::close(fd);
  return why == 0 ? Result<>() : failed(why, "sync", directory);
}

Result<> make_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST) return {};
  const int why = errno;
  return ::access(directory.c_str(), F_OK) == 0 ? Result<>() : failed(why, "make", directory);
}

Result<> replace(const std::string& directory, const HostIdentity& host, bool nqn, bool id,
                 const BeforeHostStep& before) {
  const auto step = [&](std::string_view name) { return before ? before(name) : Result<>(); };
  const std::string id_path = directory + "/hostid";
  Replacement new_nqn(directory + "/hostnqn"), new_id(id_path);
  // A full disk shows itself here, before anything has changed.
  NVMECTL_TRY(step("write"));
  if (nqn) NVMECTL_TRY(new_nqn.write(host.nqn));
  if (id) NVMECTL_TRY(new_id.write(host.id));
  if (nqn && id) {
    // Never an NQN beside the identifier of another one: without a file the identifier follows from the NQN.
    NVMECTL_TRY(step("remove"));
    if (::unlink(id_path.c_str()) != 0 && errno != ENOENT) return failed(errno, "replace", id_path);
    NVMECTL_TRY(sync_directory(directory));
  }
  NVMECTL_TRY(step("rename hostnqn"));
  if (nqn) NVMECTL_TRY(new_nqn.take_place());
  if (nqn && id) NVMECTL_TRY(sync_directory(directory));
  NVMECTL_TRY(step("rename hostid"));
  if (id) NVMECTL_TRY(new_id.take_place());
  return sync_directory(directory);
}

}  // namespace

std::string host_directory(const Environment& environment) {
  std::string directory = environment.variable("NVMECTL_HOST_DIR").value_or("");
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  return directory.empty() ? "/etc/nvme" : directory;
}

FileReader host_reader(const std::string& directory) {
  return [directory](const std::string& path) {
    constexpr std::string_view usual = "/etc/nvme/";
    return read_small_file(path.starts_with(usual) ? directory + "/" + path.substr(usual.size()) : path);
  };
}

bool coherent(const HostIdentity& host) {
  if (!host.nqn.starts_with(uuid_prefix) || host.id.empty()) return true;
  const std::string_view uuid = std::string_view(host.nqn).substr(uuid_prefix.size());
  return !parse_uuid(uuid) || lower(uuid) == lower(host.id);
}

StoredHost stored_host(const std::string& directory) {
  const std::string nqn = first_line(directory + "/hostnqn"), id = first_line(directory + "/hostid");
  StoredHost stored;
  if (check_nqn(nqn)) stored.identity.nqn = nqn;
  else if (!nqn.empty()) stored.problem = "the file hostnqn holds no NQN";
  if (parse_uuid(id)) stored.identity.id = lower(id);
  else if (!id.empty()) stored.problem = "the file hostid holds no UUID";
  if (stored.problem.empty() && !coherent(stored.identity))
    stored.problem = "hostnqn is made of another UUID than hostid: targets and kernels refuse such a pair";
  return stored;
}

Result<> save_host(const std::string& directory, const HostIdentity& host, const Deadline& deadline,
                   const BeforeHostStep& before) {
  NVMECTL_TRY(make_directory(directory));
  const std::string path = directory + "/.host.lock";
  auto lock = connections::FileLock::take(path, deadline, "the host's identity");
  if (!lock && lock.error().os_errno != 0) return failed(lock.error().os_errno, "write in", directory);
  if (!lock) return fail(std::move(lock).error());
  const HostIdentity old = stored_host(directory).identity;
  const bool nqn = old.nqn != host.nqn, id = old.id != host.id;
  return nqn || id ? replace(directory, host, nqn, id, before) : Result<>();
}

}  // namespace nvmectl
