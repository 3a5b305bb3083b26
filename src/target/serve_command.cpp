// nvmectl target serve: the soft controller on the network until a signal comes.
#include <fmt/format.h>

#include <array>

#include "target/area.hpp"
#include "target/server.hpp"

namespace nvmectl {
namespace {

struct Ready {
  std::string event = "ready";
  List addresses, subsystems;
};
constexpr std::array fields{
    field<&Ready::event>({.key = "event", .title = "Event", .kind = Kind::string, .show = Show::table, .doc = "ready"}),
    field<&Ready::addresses>({.key = "addresses", .title = "Addresses", .kind = Kind::list, .show = Show::table,
                              .doc = "HOST:PORT as bound; the free port where 0 was asked", .element_kind = Kind::string}),
    field<&Ready::subsystems>({.key = "subsystems", .title = "Subsystems", .kind = Kind::list, .show = Show::table, .doc = "NQNs",
                               .element_kind = Kind::string}),
};
constexpr Schema schema{"target-serve", "Ready line", fields};

struct Options {
  std::vector<std::string> listen;
  std::string nqn, serial, model, config;
  std::vector<SizeArgument> ram;
  std::vector<std::string> files;
  std::vector<std::string> allow_hosts;
  std::uint32_t block_size = 512;
};
constexpr std::array arguments{
    option<&Options::listen>({.name = "listen", .metavar = "HOST:PORT", .doc = "Address to serve at; port 0 takes a free one", .default_text = "127.0.0.1:4420"}),
    option<&Options::nqn>({.name = "nqn", .letter = 'n', .metavar = "NQN", .doc = "NQN of the subsystem", .default_text = "nqn.2014-08.org.nvmexpress.nvmectl:target"}),
    option<&Options::ram>({.name = "ram", .metavar = "SIZE", .doc = "A namespace in memory, allocated as it is written"}),
    option<&Options::files>({.name = "file", .metavar = "PATH[:SIZE]", .doc = "A namespace on a file or block device; SIZE creates the file", .complete = Complete::file}),
    option<&Options::block_size>({.name = "block-size", .metavar = "BYTES", .doc = "Logical block size: 512 or 4096", .default_text = "512"}),
    option<&Options::serial>({.name = "serial", .metavar = "TEXT", .doc = "Serial number, at most 20 bytes"}),
    option<&Options::model>({.name = "model", .metavar = "TEXT", .doc = "Model number, at most 40 bytes"}),
    option<&Options::allow_hosts>({.name = "allow-host", .metavar = "NQN", .doc = "Only this host may connect"}),
    option<&Options::config>({.name = "config", .metavar = "FILE", .doc = "JSON file with subsystems, listeners and referrals", .complete = Complete::file}),
};
constexpr std::array examples{
    Example{"target serve --ram 64MiB", "one namespace in memory on 127.0.0.1:4420"},
    Example{"target serve --listen 127.0.0.1:0 --ram 1GiB -o json", "on a free port, told in the ready line, for a script"},
    Example{"target serve --file disk.img:10GiB --listen '[::]:4420'", "a new file, to everybody who can reach this machine"},
};
constexpr std::string_view default_nqn = "nqn.2014-08.org.nvmexpress.nvmectl:target";

Result<target::TargetConfig> config_of(const Options& options) {
  target::TargetConfig config;
  if (!options.config.empty()) { NVMECTL_ASSIGN(config, target::load_config(options.config)); }
  if (!options.listen.empty()) config.listen.clear();
  for (const std::string& text : options.listen) {
    NVMECTL_ASSIGN(const target::ListenAddress address, target::parse_listen_address(text));
    config.listen.push_back(address);
  }
  const bool own = !options.ram.empty() || !options.files.empty();
  if (!own && config.subsystems.empty())
    return fail(ErrorKind::usage, "target serve: there is nothing to serve", "add --ram 64MiB, --file PATH or --config FILE");
  if (!own) return config;
  target::SubsystemConfig subsystem;
  subsystem.spec = {options.nqn.empty() ? std::string(default_nqn) : options.nqn, options.serial, options.model, options.allow_hosts};
  for (const SizeArgument& size : options.ram) {
    target::NamespaceConfig ns;
    ns.ram_bytes = size.bytes;
    ns.block_bytes = options.block_size;
    subsystem.namespaces.push_back(std::move(ns));
  }
  for (const std::string& text : options.files) {
    target::NamespaceConfig ns;
    NVMECTL_ASSIGN(ns.file, target::parse_file_store(text));
    ns.block_bytes = options.block_size;
    subsystem.namespaces.push_back(std::move(ns));
  }
  config.subsystems.push_back(std::move(subsystem));
  return config;
}

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(const target::TargetConfig config, config_of(options));
  NVMECTL_ASSIGN(target::Server server, target::Server::start({}, config));
  Ready ready;
  for (const std::string& address : server.addresses()) ready.addresses.items.emplace_back(address);
  for (const auto& subsystem : server.target().subsystems()) ready.subsystems.items.emplace_back(subsystem->nqn());
  NVMECTL_TRY(context.out.event(to_record(schema, &ready)));
  // Ending by a signal is how this command ends: success.
  return server.run(context.stop_signal);
}

}  // namespace

constinit const CommandSpec target_serve_command = command<Options, run>(
    {.area = "target", .name = "serve", .summary = "Serve namespaces from memory or files over NVMe/TCP",
     .description = "An NVM subsystem and its discovery controller in this process, for tests and demonstrations: no root, hardware or kernel\n"
                    "module needed. Prints one line when it is ready and ends on SIGTERM or SIGINT.\n"
                    "There is no authentication and no encryption: whoever reaches the address reads and writes.",
     .group = Group::target, .long_running = true, .arguments = arguments, .examples = examples, .output = {.schema = &schema}});

std::span<const CommandSpec* const> target_commands() {
  static constexpr std::array commands{&target_serve_command};
  return commands;
}

}  // namespace nvmectl
