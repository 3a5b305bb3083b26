#include "backends/linux/libnvme_adapter.hpp"

#include <libnvme.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <memory>
#include <string_view>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

namespace nvmectl::linux_backend {
namespace {

// The functions that are needed, which libnvme 1.0 … 1.16 declare alike.
struct Library {
  decltype(&::nvme_create_root) create_root = nullptr;
  decltype(&::nvme_free_tree) free_tree = nullptr;
  decltype(&::nvme_lookup_host) lookup_host = nullptr;
  decltype(&::nvme_create_ctrl) create_ctrl = nullptr;
  decltype(&::nvme_free_ctrl) free_ctrl = nullptr;
  decltype(&::nvme_ctrl_get_name) ctrl_get_name = nullptr;
  decltype(&::nvmf_default_config) default_config = nullptr;
  decltype(&::nvmf_add_ctrl) add_ctrl = nullptr;

  /// "" or what is missing. Never unloaded: the process is about to end.
  std::string load();
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

std::string Library::load() {
  void* const library = ::dlopen("libnvme.so.1", RTLD_NOW | RTLD_LOCAL);
  const bool complete = library != nullptr && find(library, "nvme_create_root", create_root) &&
                        find(library, "nvme_free_tree", free_tree) && find(library, "nvme_lookup_host", lookup_host) &&
                        find(library, "nvme_create_ctrl", create_ctrl) && find(library, "nvme_free_ctrl", free_ctrl) &&
                        find(library, "nvme_ctrl_get_name", ctrl_get_name) &&
                        find(library, "nvmf_default_config", default_config) &&
                        find(library, "nvmf_add_ctrl", add_ctrl);
  if (complete) return {};
  const char* const why = ::dlerror();
  return why != nullptr ? why : "libnvme.so.1 lacks a function";
}

// The configuration grew fields in its middle after libnvme 1.3, without a new soname. So it lies in a buffer that any
// version's fits in, and the fields behind the first new one are used only when the loaded library's is as long as the
// one that this file was compiled with. nvmf_default_config() overwrites all of it, which shows how long it is.
class Config {
 public:
  explicit Config(const Library& nvme) {
    bytes_.fill(std::byte{0xa5});
    nvme.default_config(get());
    size_ = bytes_.size();
    while (size_ > 0 && bytes_[size_ - 1] == std::byte{0xa5}) --size_;
  }
  [[nodiscard]] nvme_fabrics_config* get() { return reinterpret_cast<nvme_fabrics_config*>(bytes_.data()); }
  [[nodiscard]] bool as_compiled() const { return size_ == sizeof(nvme_fabrics_config); }

 private:
  alignas(std::max_align_t) std::array<std::byte, 4096> bytes_;
  std::size_t size_ = 0;
};

// libnvme's log, kept in memory. It must be a real descriptor: libnvme 1.3 writes to the stream, 1.13 to what fileno()
// says of it.
class Log {
 public:
  Log() : fd_(::memfd_create("libnvme-log", MFD_CLOEXEC)), stream_(fd_ < 0 ? nullptr : ::fdopen(fd_, "w")) {}
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log() {
    if (stream_ != nullptr) ::fclose(stream_);
  }
  /// Null when there is no memory for it.
  [[nodiscard]] FILE* stream() const { return stream_; }
  /// Its first 16 KiB.
  [[nodiscard]] std::string text() const {
    std::string text(16384, '\0');
    if (stream_ != nullptr) ::fflush(stream_);
    const ssize_t size = ::pread(fd_, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

 private:
  int fd_;
  FILE* stream_;
};

std::string last_line(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return std::string(text.substr(text.rfind('\n') + 1));
}

// The errno behind libnvme's one code for all that the kernel said and libnvme has no code for: its log ends with the
// words. 0 when they are not known.
int errno_in(std::string_view line) {
  const std::size_t colon = line.rfind(": ");
  const std::string_view words = colon == std::string_view::npos ? line : line.substr(colon + 2);
  for (int code = 1; code < 134; ++code)
    if (words == ::strerror(code)) return code;
  return 0;
}

// "nvme3" from "nvme3: nqn.… connected", for when libnvme stumbled behind that.
std::string connected_in(std::string_view log) {
  const std::size_t end = log.find(" connected\n");
  if (end == std::string_view::npos) return {};
  const std::string_view line = log.substr(log.substr(0, end).rfind('\n') + 1);
  const std::string_view name = line.substr(0, line.find(':'));
  return name.starts_with("nvme") ? std::string(name) : std::string();
}

}  // namespace

ConnectOutcome connect_with_libnvme(const FabricsTarget& target) {
  ConnectOutcome outcome;
  Library nvme;
  if (outcome.log = nvme.load(); !outcome.log.empty()) return outcome;
  Config config(nvme);
  if (target.header_digest || target.data_digest) {
    if (!config.as_compiled()) {
      outcome.log = "the installed libnvme is not of the version that nvmectl was built with, which digests need";
      return outcome;
    }
    config.get()->hdr_digest = target.header_digest;
    config.get()->data_digest = target.data_digest;
  }
  config.get()->ctrl_loss_tmo = 0;  // a connection for one command: gone is gone

  const Log log;
  errno = 0;
  const std::unique_ptr<std::remove_pointer_t<nvme_root_t>, decltype(nvme.free_tree)> root(
      log.stream() != nullptr ? nvme.create_root(log.stream(), LOG_INFO) : nullptr, nvme.free_tree);
  nvme_host_t const as = root ? nvme.lookup_host(root.get(), target.host_nqn.c_str(), target.host_id.c_str()) : nullptr;
  nvme_ctrl_t const controller =
      as != nullptr ? nvme.create_ctrl(root.get(), target.nqn.c_str(), target.transport.c_str(), target.address.c_str(),
                                       nullptr, nullptr, target.service.c_str())
                    : nullptr;
  outcome.state = ConnectOutcome::State::refused;
  if (controller == nullptr) {
    outcome.code = errno != 0 ? errno : ENOMEM;
  } else if (errno = 0; nvme.add_ctrl(as, controller, config.get()) == 0) {
    outcome.state = ConnectOutcome::State::connected;
  } else {
    outcome.code = errno != 0 ? errno : EIO;
  }
  if (const char* name = controller != nullptr ? nvme.ctrl_get_name(controller) : nullptr) outcome.controller = name;
  const std::string text = log.text();
  if (outcome.controller.empty()) outcome.controller = connected_in(text);
  outcome.log = last_line(text);
  if (outcome.code == ENVME_CONNECT_WRITE)
    if (const int code = errno_in(outcome.log); code != 0) outcome.code = code;
  // A controller that was connected belongs to the tree, another one to us.
  if (controller != nullptr && outcome.controller.empty()) nvme.free_ctrl(controller);
  return outcome;
}

const char* libnvme_words(int code) {
  switch (code) {
    case EIO:
      return "the target refused: it has no subsystem of that NQN, does not admit this host, or wants authentication";
    case ETIMEDOUT: return "there was no answer from that address and port";
    case ECONNRESET: return "the peer closed the connection: no NVMe/TCP target is behind that port";
    case ENVME_CONNECT_RESOLVE:
    case ENVME_CONNECT_TRADDR: return "the host name could not be resolved to an address";
    case ENVME_CONNECT_ADDRFAM: return "the address is of a family that NVMe over Fabrics does not use here";
    case ENVME_CONNECT_TARG: return "the transport is missing";
    case ENVME_CONNECT_AARG: return "the address is missing";
    case ENVME_CONNECT_OPEN: return "/dev/nvme-fabrics could not be opened";
    case ENVME_CONNECT_WRITE: return "the kernel could not connect";
    case ENVME_CONNECT_READ:
    case ENVME_CONNECT_PARSE: return "the kernel connected, but did not say to which controller";
    case ENVME_CONNECT_INVAL_TR: return "the kernel has no such transport";
    case ENVME_CONNECT_LOOKUP_SUBSYS_NAME:
    case ENVME_CONNECT_LOOKUP_SUBSYS: return "the new controller vanished again at once";
    case ENVME_CONNECT_ALREADY: return "the kernel is already connected to it";
    case ENVME_CONNECT_INVAL:
      return "the kernel does not accept the connection's parameters (often: a host identifier that is in use with "
             "another host NQN, or an option that this kernel lacks)";
    case ENVME_CONNECT_ADDRINUSE: return "the host NQN is in use with another host identifier";
    case ENVME_CONNECT_NODEV: return "there is no such network interface";
    case ENVME_CONNECT_OPNOTSUPP: return "the kernel does not support this transport or one of the options";
    case ENVME_CONNECT_CONNREFUSED: return "nothing listens at that address and port";
    // Newer than libnvme 1.3, whose header does not know them.
    case ENVME_CONNECT_CONNREFUSED + 1: return "the local address cannot be used";
    case ENVME_CONNECT_CONNREFUSED + 2: return "libnvme's configuration file excludes this connection";
    case ENVME_CONNECT_CONNREFUSED + 3: return "the TLS key is not in the kernel's keyring";
    default: return code < 1000 ? ::strerror(code) : "";
  }
}

ConnectProblem problem_of(int code) {
  switch (code) {
    case EIO: return ConnectProblem::rejected;
    case ETIMEDOUT: return ConnectProblem::silent;
    case ENVME_CONNECT_ALREADY:
    case EALREADY: return ConnectProblem::already;
    case ENVME_CONNECT_CONNREFUSED:
    case ECONNREFUSED:
    case ECONNRESET: return ConnectProblem::refused;
    case ENVME_CONNECT_RESOLVE:
    case ENVME_CONNECT_ADDRFAM:
    case ENVME_CONNECT_TRADDR: return ConnectProblem::resolve;
    case ENVME_CONNECT_OPNOTSUPP:
    case ENVME_CONNECT_INVAL_TR: return ConnectProblem::unsupported;
    case ENVME_CONNECT_INVAL:
    case ENVME_CONNECT_ADDRINUSE: return ConnectProblem::invalid;
    case ENVME_CONNECT_OPEN: return ConnectProblem::open;
    case EACCES:
    case EPERM: return ConnectProblem::permission;
    default: return ConnectProblem::other;
  }
}

}  // namespace nvmectl::linux_backend
