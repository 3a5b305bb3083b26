#include "backends/linux/modules.hpp"

#include <algorithm>
#include <fstream>
#include <sys/utsname.h>
#include <unistd.h>

namespace nvmectl::linux_backend {
namespace {

std::string with_underscores(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

// A line "kernel/drivers/nvme/host/nvme-tcp.ko.xz: …" of modules.dep or modules.builtin that is about `name`.
bool listed(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::string_view whole = std::string_view(line).substr(0, line.find(':'));
    const std::string_view base = whole.substr(whole.rfind('/') + 1);
    if (with_underscores(base.substr(0, base.find('.'))) == name) return true;
  }
  return false;
}

std::string kernel_release(const std::string& root) {
  if (!root.empty()) {
    std::ifstream file(root + "/proc/sys/kernel/osrelease");
    std::string release;
    std::getline(file, release);
    return release;
  }
  utsname about{};
  return ::uname(&about) == 0 ? about.release : "";
}

}  // namespace

ModuleState module_state(std::string_view name, const std::string& root) {
  const std::string module = with_underscores(name);
  if (::access((root + "/sys/module/" + module).c_str(), F_OK) == 0) return ModuleState::active;
  const std::string directory = root + "/lib/modules/" + kernel_release(root);
  if (listed(directory + "/modules.builtin", module)) return ModuleState::active;
  return listed(directory + "/modules.dep", module) ? ModuleState::installed : ModuleState::missing;
}

}  // namespace nvmectl::linux_backend
