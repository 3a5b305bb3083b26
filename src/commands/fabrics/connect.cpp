#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/fabrics/area.hpp"
#include "commands/fabrics/outcome.hpp"
#include "commands/fabrics/parameters.hpp"

namespace nvmectl {
namespace {

struct Options {
  ConnectParameters target;
  OptionalTime wait;
};

constexpr std::array own{
    option<&Options::wait>({.name = "wait",
                            .doc = "Return when the controller is live and its namespaces have their block devices; "
                                   "--wait=30s gives it that long"}),
};
constexpr auto arguments = join(own, parameter_arguments<Options, &Options::target>());

constexpr std::array examples{
    Example{"connect -t tcp -a 192.0.2.7 -n nqn.2014-08.org.example:disk", "connect; a second time changes nothing"},
    Example{"connect -t tcp -a 192.0.2.7 -n nqn.2014-08.org.example:disk --wait -o json",
            "and return when its block devices can be used"},
    Example{"connect -a 192.0.2.7 -n nqn.2014-08.org.example:disk -S file:/etc/nvme/dhchap.key",
            "with authentication, the secret from a file"},
    Example{"connect -a 192.0.2.7 -n nqn.2014-08.org.example:disk --dry-run", "what the kernel would be told"},
};

// nvme-loop connects a second time without a word; every other transport refuses that by itself.
Result<bool> connected_before(FabricsInitiator& initiator, ConnectRow& row) {
  if (row.target.transport != "loop" || row.target.duplicate_connect) return false;
  NVMECTL_ASSIGN(const std::vector<FabricsController> present, initiator.controllers());
  const auto found = std::find_if(present.begin(), present.end(), [&](const FabricsController& c) {
    return c.parameters.transport == "loop" && c.parameters.nqn == row.target.nqn;
  });
  if (found == present.end()) return false;
  take_outcome(row, Connection{found->name, true, {}, {}, {}});
  return true;
}

Result<> wait_for(Context& context, FabricsInitiator& initiator, const Options& options, const ConnectRow& row) {
  const auto deadline =
      options.wait.time ? Deadline::in(*options.wait.time).or_when(context.stop_signal) : context.deadline();
  return initiator.wait_ready(row.controller, deadline);
}

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(FabricsInitiator * initiator, context.capability(&Backend::fabrics, "connections of the kernel"));
  NVMECTL_TRY(check_parameters(options.target));
  std::vector<ConnectRow> rows(1);
  ConnectRow& row = rows.front();
  row.target = options.target;
  if (context.options.dry_run) {
    row.result = "would_connect";
    NVMECTL_ASSIGN(row.connect_string, initiator->connect_string(row.target));
    return context.out.document(to_record(connect_schema, &row));
  }
  NVMECTL_TRY(resolve_secrets(context, row.target));
  NVMECTL_ASSIGN(const bool before, connected_before(*initiator, row));
  if (!before) connect_rows(context, *initiator, rows, context.deadline());
  if (row.error) return fail(std::move(*row.error));
  if (options.wait.given) NVMECTL_TRY(wait_for(context, *initiator, options, row));
  if (auto namespaces = initiator->namespaces(row.controller)) row.namespaces = std::move(*namespaces);
  if (row.authenticated && !*row.authenticated)
    context.messages.warning("the target did not ask for authentication: the secret was not used");
  return context.out.document(to_record(connect_schema, &row));
}

}  // namespace

constinit const CommandSpec connect_command = command<Options, run>(
    {.name = "connect",
     .summary = "Connect the kernel to an NVMe-oF subsystem",
     .description =
         "The kernel makes and keeps the connection. Where it exists already, nothing is changed and its device is "
         "told (exit 0).\n"
         "An option that the running kernel does not have is an error before anything is sent: nothing that was asked "
         "for is dropped, least of all what protects the connection. What came of authentication and TLS is read "
         "back and shown.\n"
         "Secrets come from a file (file:PATH, or file:PATH#NAME for a line NAME=SECRET), a variable (env:NAME), the "
         "kernel's keyring (keyring:DESCRIPTION) or standard input (-); on the command line itself every user sees "
         "them.",
     .group = Group::fabrics,
     .effect = Effect::changes_state,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &connect_schema, .text = connect_text}});

}  // namespace nvmectl
