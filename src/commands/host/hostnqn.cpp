#include <array>

#include "commands/host/area.hpp"
#include "commands/host/store.hpp"
#include "core/host_identity.hpp"

namespace nvmectl {
namespace {

struct Row {
  std::string host_nqn;
};
constexpr std::array fields{field<&Row::host_nqn>({.key = "host_nqn",
                                                   .title = "Host NQN",
                                                   .kind = Kind::string,
                                                   .show = Show::table,
                                                   .doc = "NVMe Qualified Name of this host",
                                                   .mnemonic = "hostnqn"})};
constexpr Schema schema{"hostnqn", "Host NQN", fields};

// The bare NQN on a line, as scripts expect of nvme-cli.
std::string text(const Value& data, const TextOptions&) {
  return std::string(data.as<Record>()->at("host_nqn").text()) + "\n";
}

struct Options {};

Result<> show(const Options&, Context& context) {
  NVMECTL_ASSIGN(const Row row,
                 configured_host_nqn(host_reader(host_directory(context.environment))).map([](std::string nqn) {
                   return Row{std::move(nqn)};
                 }));
  return context.out.document(to_record(schema, &row));
}

Result<> generate(const Options&, Context& context) {
  const Row row{generate_host_nqn()};
  return context.out.document(to_record(schema, &row));
}

constexpr std::array show_examples{Example{"show-hostnqn", "the NQN in /etc/nvme/hostnqn"}};
constexpr std::array generate_examples{
    Example{"gen-hostnqn", "an NQN for /etc/nvme/hostnqn, from the machine's UUID where firmware has one"}};

}  // namespace

constinit const CommandSpec show_hostnqn_command =
    command<Options, show>({.name = "show-hostnqn",
                            .summary = "Print this host's NQN",
                            .group = Group::host,
                            .examples = show_examples,
                            .output = {.schema = &schema, .text = text}});

constinit const CommandSpec gen_hostnqn_command =
    command<Options, generate>({.name = "gen-hostnqn",
                                .summary = "Make an NQN for this host and print it",
                                .description = "Nothing is written. The NQN is built from the machine's DMI product "
                                               "UUID or the device tree, and is random where there is none.",
                                .group = Group::host,
                                .examples = generate_examples,
                                .output = {.schema = &schema, .text = text}});

}  // namespace nvmectl
