#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/fabrics/area.hpp"
#include "commands/fabrics/gather.hpp"
#include "commands/fabrics/outcome.hpp"
#include "commands/fabrics/parameters.hpp"
#include "commands/fabrics/present.hpp"
#include "connections/store.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

struct Options {
  ConnectParameters target;  // its NQN is the one to choose
  bool all = false, no_store = false;
  std::string pick, name;
  OptionalTime wait;
};

constexpr std::array own{
    option<&Options::all>({.name = "all", .doc = "All that is offered and not connected yet"}),
    option<&Options::pick>({.name = "pick", .metavar = "N", .doc = "By number in the list: 2, or 1,3-5"}),
    option<&Options::name>(
        {.name = "name", .metavar = "NAME", .doc = "Name for the stored connection, where one is chosen"}),
    option<&Options::no_store>({.name = "no-store", .doc = "Connect only; do not store it"}),
    option<&Options::wait>({.name = "wait", .doc = "Return when the namespaces have their block devices; --wait=30s"}),
};
constexpr auto arguments = join(own, parameter_arguments<Options, &Options::target>());

constexpr std::array examples{
    Example{"quick -t tcp -a 192.0.2.7", "choose from a list"},
    Example{"quick -a 192.0.2.7 --nqn nqn.2014-08.org.example:disk", "that one, for a script"},
    Example{"quick -a 192.0.2.7 --all", "everything"},
};

Result<std::vector<ConnectRow>> offered(const Options& options, Context& context, FabricsInitiator& initiator) {
  ConnectParameters where = options.target;
  where.nqn.clear();
  NVMECTL_TRY(check_parameters(where, false));
  Gatherer gatherer(context, context.deadline(), true);
  gatherer.add_discovery(std::move(where));
  std::vector<ConnectRow> rows = std::move(gatherer.rows());
  const auto usable = [](const ConnectRow& row) { return !row.error.has_value(); };
  if (std::none_of(rows.begin(), rows.end(), usable)) {
    if (!rows.empty()) return fail(std::move(*rows.front().error));
    return fail(ErrorKind::not_found, "the target offers this host nothing",
                "it may admit other hosts only: 'nvmectl host show' prints this one's NQN");
  }
  for (const ConnectRow& row : rows)
    if (row.error) context.messages.warning(row.error->message);
  std::erase_if(rows, [](const ConnectRow& row) { return row.error.has_value(); });
  NVMECTL_TRY(mark_present(initiator, rows));
  return rows;
}

Result<std::vector<std::size_t>> chosen_of(const Options& options, Context& context,
                                           const std::vector<ConnectRow>& rows) {
  std::vector<std::size_t> chosen;
  if (!options.pick.empty()) return parse_picks(options.pick, rows.size());
  if (options.all || !options.target.nqn.empty()) {
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (options.target.nqn.empty() || rows[i].target.nqn == options.target.nqn) chosen.push_back(i);
    if (chosen.empty())
      return fail(ErrorKind::not_found, fmt::format("the target does not offer {}", printable(options.target.nqn)),
                  "nvmectl discover shows what it offers");
    return chosen;
  }
  std::vector<Choice> choices;
  for (const ConnectRow& row : rows)
    choices.push_back({row.target.shown(), row.controller.empty(),
                       row.controller.empty() ? std::string() : "already connected: " + row.controller});
  auto picked = context.choose("What shall be connected?", choices);
  if (!picked && picked.error().hint == "say what is meant on the command line")
    return fail(std::move(picked).error().with_hint("add --all, --nqn NQN or --pick N"));
  return picked;
}

void store(const Options& options, Context& context, std::vector<ConnectRow>& rows) {
  for (ConnectRow& row : rows) {
    if (row.error) continue;
    connections::StoredConnection connection;
    connection.parameters = row.target;
    // Where the secret is, not what it is.
    connection.parameters.dhchap_secret = options.target.dhchap_secret;
    connection.parameters.dhchap_ctrl_secret = options.target.dhchap_ctrl_secret;
    if (rows.size() == 1) connection.name = options.name;
    auto uuid = connections::add_saved(context.environment, std::move(connection), context.deadline());
    if (uuid) {
      row.stored = std::move(*uuid);
      continue;
    }
    row.error = std::move(uuid).error();
    row.error->message = fmt::format("{} is connected but was not stored: {}", row.controller, row.error->message);
  }
}

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(FabricsInitiator * initiator, context.capability(&Backend::fabrics, "connections of the kernel"));
  NVMECTL_ASSIGN(const std::vector<ConnectRow> all, offered(options, context, *initiator));
  NVMECTL_ASSIGN(const std::vector<std::size_t> chosen, chosen_of(options, context, all));
  std::vector<ConnectRow> rows;
  for (const std::size_t index : chosen) rows.push_back(all[index]);
  if (context.options.dry_run) {
    for (ConnectRow& row : rows)
      if (row.result.empty()) row.result = "would_connect";
    return show_outcomes(context, rows, "connected");
  }
  connect_rows(context, *initiator, rows, batch_deadline(context, rows.size()));
  if (options.wait.given) wait_for_rows(context, *initiator, options.wait, rows);
  if (!options.no_store) store(options, context, rows);
  return show_outcomes(context, rows, "connected");
}

}  // namespace

constinit const CommandSpec quick_command = command<Options, run>(
    {.name = "quick",
     .summary = "Discover, choose, connect and store in one step",
     .description = "Asks the target what it offers and lets you choose: at a terminal from a list (what is connected "
                    "already is marked), in a script by --all, --nqn or --pick. What is connected is stored as well, "
                    "so that it comes back at boot (nvmectl connection list).",
     .group = Group::fabrics,
     .effect = Effect::changes_state,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &connect_schema, .list = true}});

}  // namespace nvmectl
