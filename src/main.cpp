// The composition root: the only file that names concrete backends, areas of commands and the plugin loader.
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "backends/linux/backend.hpp"
#include "backends/pmem/backend.hpp"
#include "backends/tcp/backend.hpp"
#include "cli/app.hpp"
#include "commands/areas.hpp"
#include "plugins/area.hpp"
#include "plugins/loader.hpp"
#include "target/area.hpp"

namespace {

volatile std::sig_atomic_t stop_signal = 0;

extern "C" void on_signal(int number) {
  stop_signal = number;
}

// The first signal ends waits and lets destructors disconnect; the second has its default effect.
void handle(int number) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(number, &action, nullptr);
}

std::vector<nvmectl::Area> areas() {
  using namespace nvmectl;
  static const auto top = [] {
    std::vector<const CommandSpec*> commands;
    for (const auto part : {topology_commands(), fabrics_commands(), state_commands(), identify_commands(),
                            log_commands(), passthrough_commands(), control_commands(), host_commands(), key_commands(),
                            doctor_commands(), general_commands(), cli::builtin_commands()})
      commands.insert(commands.end(), part.begin(), part.end());
    return commands;
  }();
  return {{"", "", top},
          {"connection", "Stored connections: what this machine is to be connected to", connection_commands()},
          {"host", "This host's identity on the fabric", host_area_commands()},
          {"pmem", "Persistent memory: everything that ndctl and daxctl manage", pmem_commands()},
          {"target", "Serve namespaces from this process over NVMe/TCP", target_commands()},
          {"plugin", "Vendor layouts read at run time", plugins::plugin_commands()}};
}

}  // namespace

int main(int argc, char** argv) {
  using namespace nvmectl;
  handle(SIGINT);
  handle(SIGTERM);
  const Environment environment{[](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  }};
  const auto all = areas();
  plugins::Registry registry(environment, argc > 0 ? argv[0] : "");
  const cli::Parts parts{
      .areas = all,
      .plugins = [&] { return registry.areas(); },
      .backends =
          [](const std::string& sysroot) {
            std::vector<std::unique_ptr<Backend>> backends;
            backends.push_back(std::make_unique<tcp::TcpBackend>());
            backends.push_back(std::make_unique<LinuxBackend>(LinuxBackendOptions{.sysroot = sysroot}));
            backends.push_back(
                std::make_unique<PmemBackend>(PmemBackendOptions{.sysroot = sysroot, .run_directory = {}}));
            return backends;
          },
      .environment = environment,
      .stop_signal = &stop_signal,
  };
  return cli::run(parts, std::vector<std::string>(argv + 1, argv + argc));
}
