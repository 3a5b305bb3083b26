// soft_target [--listen HOST:PORT] [--ram SIZE[,4096]]… [--file PATH]… [--config FILE] [--nqn NQN]: the embedded target
// without the command line around it, for tests on a real kernel. Prints "ready ADDRESS…" and ends on SIGTERM.
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "core/text.hpp"
#include "target/server.hpp"

namespace {

volatile int stop_signal = 0;
void on_signal(int number) {
  stop_signal = number;
}

int complain(const nvmectl::Error& error) {
  std::fprintf(stderr, "error: %s\ncause: %s\nhint: %s\n", error.message.c_str(), error.cause.c_str(),
               error.hint.c_str());
  return 1;
}

nvmectl::Result<nvmectl::target::TargetConfig> parse(int count, char** words) {
  using namespace nvmectl::target;
  TargetConfig config;
  SubsystemConfig subsystem;
  subsystem.spec.nqn = "nqn.2014-08.org.example:soft";
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view option = words[i], value = words[i + 1];
    if (option == "--config") return load_config(std::string(value));
    if (option == "--nqn") subsystem.spec.nqn = value;
    if (option == "--listen") {
      NVMECTL_ASSIGN(ListenAddress address, parse_listen_address(value));
      config.listen.push_back(std::move(address));
    }
    if (option != "--ram" && option != "--file") continue;
    NamespaceConfig ns;
    const std::size_t comma = value.rfind(",4096");
    if (comma != std::string_view::npos) ns.block_bytes = 4096;
    if (option == "--ram") {
      NVMECTL_ASSIGN(ns.ram_bytes, nvmectl::parse_size(value.substr(0, comma), "the size"));
    } else {
      NVMECTL_ASSIGN(ns.file, parse_file_store(value.substr(0, comma)));
    }
    subsystem.namespaces.push_back(std::move(ns));
  }
  config.subsystems.push_back(std::move(subsystem));
  return config;
}

}  // namespace

int main(int count, char** words) {
  const auto config = parse(count, words);
  if (!config) return complain(config.error());
  auto server = nvmectl::target::Server::start({}, *config);
  if (!server) return complain(server.error());
  std::signal(SIGTERM, on_signal);
  std::signal(SIGINT, on_signal);
  std::string ready = "ready";
  for (const std::string& address : server->addresses()) ready += " " + address;
  std::puts(ready.c_str());
  std::fflush(stdout);
  if (const auto served = server->run(&stop_signal); !served) return complain(served.error());
  std::puts("stopped");
  return 0;
}
