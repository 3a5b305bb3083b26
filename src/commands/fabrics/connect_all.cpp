#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <poll.h>

#include "commands/fabrics/area.hpp"
#include "commands/fabrics/gather.hpp"
#include "commands/fabrics/outcome.hpp"
#include "commands/fabrics/parameters.hpp"
#include "commands/fabrics/present.hpp"
#include "commands/fabrics/select.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view default_conf = "/etc/nvme/discovery.conf";

struct Options {
  std::optional<DeviceRef> from;
  ConnectParameters target;
  std::string device, conf;
  bool stored = false, no_referrals = false;
  std::vector<std::string> filters;
  OptionalTime wait, retry;
};

constexpr std::array own{
    positional<&Options::from>({.name = "TARGET", .doc = "tcp://HOST[:PORT], in place of -t, -a and -s"}),
    option<&Options::stored>({.name = "stored", .doc = "The stored connections (nvmectl connection list)"}),
    option<&Options::conf>({.name = "conf",
                            .metavar = "FILE",
                            .doc = "The discovery controllers of a discovery.conf",
                            .complete = Complete::file}),
    option<&Options::device>({.name = "device",
                              .letter = 'd',
                              .metavar = "DEV",
                              .doc = "A discovery controller that is connected already: nvme3",
                              .complete = Complete::controller}),
    option<&Options::filters>({.name = "filter",
                               .metavar = "PATTERN",
                               .doc = "Only NQNs like it (* and ?), or key=PATTERN: transport, address, service, nqn"}),
    option<&Options::no_referrals>(
        {.name = "no-referrals", .doc = "Do not follow referrals to other discovery controllers"}),
    option<&Options::wait>({.name = "wait", .doc = "Return when the namespaces have their block devices; --wait=30s"}),
    option<&Options::retry>(
        {.name = "retry",
         .doc = "Try again what failed, more and more slowly, until it works; --retry=10m gives up then"}),
};
constexpr auto arguments = join(own, parameter_arguments<Options, &Options::target, true>());

constexpr std::array examples{
    Example{"connect-all -t tcp -a 192.0.2.7", "everything that a discovery controller offers"},
    Example{"connect-all -a 192.0.2.7 --filter 'nqn.*:db-*' --wait", "what is named so, ready to use"},
    Example{"connect-all --stored --retry", "what is stored, until it is there (at boot)"},
    Example{"connect-all", "the stored connections and /etc/nvme/discovery.conf"},
    Example{"connect-all -a 192.0.2.7 --dry-run", "what would be connected"},
};

Result<ConnectParameters> discovery_target(const Options& options) {
  ConnectParameters where = options.target;
  if (!options.from) return where;
  if (!where.address.empty() || !where.service.empty())
    return fail(ErrorKind::usage, "TARGET and --traddr/--trsvcid name the same thing twice", "leave out one of them");
  if (!options.from->is_fabrics())
    return fail(ErrorKind::usage, fmt::format("'{}' is not a target", options.from->text),
                "write it as tcp://HOST[:PORT]");
  where.transport = options.from->transport();
  where.address = options.from->host;
  if (options.from->port) where.service = fmt::format("{}", *options.from->port);
  if (!options.from->nqn.empty()) where.nqn = options.from->nqn;
  return where;
}

Result<> gather(const Options& options, Context& context, FabricsInitiator& initiator, Gatherer& gatherer) {
  const bool asked = options.from || !options.target.address.empty() || options.target.transport == "loop";
  bool any = asked || !options.device.empty();
  if (asked) {
    NVMECTL_ASSIGN(ConnectParameters where, discovery_target(options));
    NVMECTL_TRY(check_parameters(where, false));
    gatherer.add_discovery(std::move(where));
  }
  if (!options.device.empty()) NVMECTL_TRY(gatherer.add_device(initiator, options.device, options.target));
  const bool everything = !any && !options.stored && options.conf.empty();
  if (options.stored || everything) {
    NVMECTL_ASSIGN(const bool found, gatherer.add_stored());
    any = any || found;
  }
  if (!options.conf.empty() || everything) {
    const std::string path = options.conf.empty() ? std::string(default_conf) : options.conf;
    NVMECTL_ASSIGN(const bool found, gatherer.add_conf(path, !options.conf.empty()));
    any = any || found;
  }
  if (any) return {};
  if (options.stored) {
    context.messages.note("no connections are stored");
    return {};
  }
  return fail(ErrorKind::not_found, "connect-all: there is nothing to connect to",
              "name a discovery controller (-a HOST), or store connections with: nvmectl connection add");
}

Result<> filter_rows(const std::vector<std::string>& filters, std::vector<ConnectRow>& rows) {
  if (filters.empty()) return {};
  std::vector<ConnectRow> kept;
  for (ConnectRow& row : rows) {
    bool fits = false;
    for (const std::string& filter : filters) {
      NVMECTL_ASSIGN(const bool this_one, fits_filter(row.target, filter));
      fits = fits || this_one;
    }
    // A discovery controller that failed is told whatever the filter: what it would have named is not known.
    if (fits || row.target.is_discovery()) kept.push_back(std::move(row));
  }
  rows = std::move(kept);
  if (!rows.empty()) return {};
  return fail(ErrorKind::not_found, "nothing that is offered fits the filter",
              "connect-all --dry-run shows all there is");
}

Result<std::vector<ConnectRow>> attempt(const Options& options, Context& context, FabricsInitiator& initiator) {
  const Deadline deadline = context.deadline();
  Gatherer gatherer(context, deadline, !options.no_referrals);
  NVMECTL_TRY(gather(options, context, initiator, gatherer));
  std::vector<ConnectRow> rows = std::move(gatherer.rows());
  NVMECTL_TRY(filter_rows(options.filters, rows));
  NVMECTL_TRY(mark_present(initiator, rows));
  if (context.options.dry_run) {
    for (ConnectRow& row : rows) {
      if (!row.result.empty()) continue;
      row.result = "would_connect";
      if (auto text = initiator.connect_string(row.target)) row.connect_string = std::move(*text);
      else row.error = std::move(text).error();
    }
    return rows;
  }
  connect_rows(context, initiator, rows, batch_deadline(context, rows.size()));
  if (options.wait.given) wait_for_rows(context, initiator, options.wait, rows);
  return rows;
}

bool some_failed(const std::vector<ConnectRow>& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const ConnectRow& row) { return row.error.has_value(); });
}

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(FabricsInitiator * initiator, context.capability(&Backend::fabrics, "connections of the kernel"));
  NVMECTL_TRY(initiator->supported_options());
  const Deadline until =
      (options.retry.time ? Deadline::in(*options.retry.time) : Deadline()).or_when(context.stop_signal);
  auto pause = std::chrono::milliseconds(1s);
  for (;;) {
    NVMECTL_ASSIGN(const std::vector<ConnectRow> rows, attempt(options, context, *initiator));
    const bool again = options.retry.given && !context.options.dry_run && some_failed(rows) && until.left() > pause;
    if (!again) {
      const bool nothing_new = std::all_of(rows.begin(), rows.end(),
                                           [](const ConnectRow& row) { return row.result == "already_connected"; });
      if (nothing_new && !rows.empty()) context.messages.note("everything is connected already; nothing was done");
      return show_outcomes(context, rows, "connected");
    }
    const auto failed =
        std::count_if(rows.begin(), rows.end(), [](const ConnectRow& r) { return r.error.has_value(); });
    context.messages.progress(fmt::format("{} of {} not connected; trying again in {} s", failed, rows.size(),
                                          std::chrono::duration_cast<std::chrono::seconds>(pause).count()));
    for (Deadline nap = until.at_most(pause); !nap.passed();)
      ::poll(nullptr, 0, static_cast<int>(std::min(nap.left(), std::chrono::milliseconds(200)).count()));
    pause = std::min<std::chrono::milliseconds>(pause * 2, 60s);
  }
}

}  // namespace

constinit const CommandSpec connect_all_command = command<Options, run>(
    {.name = "connect-all",
     .summary = "Connect the kernel to everything that is offered or stored",
     .description =
         "Asks discovery controllers (following referrals, each once) and connects what they name, several at a time. "
         "Every target has its outcome; exit status 0 means that none failed, 6 that some did. What is connected "
         "already stays as it is, so that a second run does nothing.\n"
         "Without a source: the stored connections and /etc/nvme/discovery.conf.\n"
         "Where the target's record says that TLS is required, it is used; --nqn is the NQN of the discovery "
         "subsystem, --filter chooses among what it offers.",
     .group = Group::fabrics,
     .effect = Effect::changes_state,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &connect_schema, .list = true}});

}  // namespace nvmectl
