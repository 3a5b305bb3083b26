#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "commands/known.hpp"
#include "commands/state/area.hpp"
#include "commands/state/time.hpp"
#include "commands/state/watching.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

struct Row {
  std::string time;
  Change change;
  bool initial = false;
};
constexpr std::array fields{
    field<&Row::time>(
        {.key = "time", .title = "Time", .kind = Kind::string, .show = Show::table, .doc = "ISO 8601, UTC"}),
    field_of<Row, [](const Row& r) { return Value(r.change.kind); }>(
        {.key = "kind",
         .title = "Kind",
         .kind = Kind::string,
         .show = Show::wide,
         .doc = "controller_added, controller_removed, controller_state, namespace_added, namespace_removed, "
                "namespace_resized, path_added, path_removed, ana_state, discovery_log_changed, rediscover, lost …"}),
    field_of<Row, [](const Row& r) { return known(r.change.device); }>(
        {.key = "device", .title = "Device", .kind = Kind::string, .show = Show::wide}),
    field_of<Row, [](const Row& r) { return known(r.change.nqn); }>(
        {.key = "nqn", .title = "Subsystem NQN", .kind = Kind::string, .mnemonic = "subnqn"}),
    field_of<Row, [](const Row& r) { return known(r.change.from); }>(
        {.key = "from", .title = "From", .kind = Kind::string, .doc = "State, ANA state or size in bytes before"}),
    field_of<Row, [](const Row& r) { return known(r.change.to); }>(
        {.key = "to", .title = "To", .kind = Kind::string, .doc = "State, ANA state or size in bytes now"}),
    field<&Row::initial>({.key = "initial",
                          .title = "Initial",
                          .kind = Kind::boolean,
                          .doc = "It was so when the watch began (--initial)"}),
    field_of<Row, [](const Row& r) { return Value(sentence(r.change)); }>(
        {.key = "text", .title = "What", .kind = Kind::string, .show = Show::table, .doc = "For people"}),
};
constexpr Schema schema{"watch", "Changes", fields};

struct Options {
  bool initial = false;
  std::optional<std::uint64_t> count;
  std::string look = "5s";
};
constexpr std::array arguments{
    option<&Options::initial>({.name = "initial", .doc = "Show first what there is"}),
    option<&Options::count>({.name = "count", .letter = 'c', .metavar = "N", .doc = "End after so many changes"}),
    option<&Options::look>({.name = "look",
                            .metavar = "SECONDS",
                            .doc = "Look also when the kernel has said nothing for so long, 0: never",
                            .default_text = "5s"}),
};
constexpr std::array examples{
    Example{"watch", "connections and namespaces as they come and go, until interrupted"},
    Example{"watch --initial -o ndjson", "for a program: what there is, then every change"},
    Example{"watch --count 1 --timeout 60s", "wait for the next change"},
};

class Watch {
 public:
  Watch(TopologySource& source, EventSource& events, const Options& options, Context& context)
      : source_(source), events_(events), options_(options), context_(context) {}

  Result<> run(const Deadline& end, std::chrono::milliseconds look) {
    // Listening begins before the first look, so that nothing falls between the two.
    NVMECTL_TRY(collect(Deadline::in(std::chrono::milliseconds(0))));
    pending_.clear();
    NVMECTL_ASSIGN(seen_, scan());
    if (options_.initial) NVMECTL_TRY(show_all(changes_between({}, seen_), true));
    while (!done() && !end.passed()) {
      NVMECTL_TRY(wait(look.count() > 0 ? end.at_most(look) : end));
      NVMECTL_TRY(show_pending());
      NVMECTL_ASSIGN(Topology now, scan());
      keep_known(now, seen_);
      const auto changes = changes_between(seen_, now);
      seen_ = std::move(now);
      NVMECTL_TRY(show_all(changes, false));
    }
    return {};
  }

 private:
  // The first event, and those that come together with it.
  Result<> wait(const Deadline& until) {
    NVMECTL_TRY(events_.listen(until, [&](const Event& event) -> Result<bool> {
      pending_.push_back(event);
      return false;
    }));
    constexpr std::chrono::milliseconds together{30};
    return pending_.empty() ? Result<>() : collect(until.at_most(together));
  }
  Result<> collect(const Deadline& until) {
    return events_.listen(until, [&](const Event& event) -> Result<bool> {
      constexpr std::size_t most = 1024;  // then it is time to look
      pending_.push_back(event);
      return pending_.size() < most;
    });
  }
  Result<> show_pending() {
    for (const Event& event : pending_) {
      auto change = change_of(event);
      if (!change) continue;
      for (const Controller& c : seen_.controllers)
        if (c.name == change->device) change->nqn = seen_.subsystems[c.subsystem].nqn;
      NVMECTL_TRY(show({iso_time(event.time_ms), std::move(*change), false}));
    }
    pending_.clear();
    return {};
  }
  Result<> show_all(const std::vector<Change>& changes, bool initial) {
    const std::string time = iso_time(wall_clock_ms());
    for (const Change& change : changes) NVMECTL_TRY(show({time, change, initial}));
    return {};
  }
  Result<> show(const Row& row) {
    if (done()) return {};
    if (!row.initial) ++shown_;
    return context_.out.event(to_record(schema, &row));
  }
  [[nodiscard]] bool done() const { return options_.count && shown_ >= *options_.count; }
  Result<Topology> scan() {
    ScanRequest request;
    request.deadline = context_.deadline();
    request.identifiers = false;
    return source_.scan(request);
  }

  TopologySource& source_;
  EventSource& events_;
  const Options& options_;
  Context& context_;
  Topology seen_;
  std::vector<Event> pending_;
  std::uint64_t shown_ = 0;
};

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(const std::uint64_t look, parse_duration(options.look, "--look"));
  constexpr std::uint64_t least = 100;
  if (look != 0 && look < least)
    return fail(ErrorKind::usage, "--look: it must be 100ms or more, or 0 for never", "write it as 5s");
  NVMECTL_ASSIGN(EventSource * events, context.capability(&Backend::events, "the kernel's events"));
  NVMECTL_ASSIGN(TopologySource * source, context.capability(&Backend::topology, "local devices"));
  const Deadline end = context.options.timeout_given ? context.deadline() : Deadline().or_when(context.stop_signal);
  return Watch(*source, *events, options, context).run(end, std::chrono::milliseconds(look));
}

}  // namespace

constinit const CommandSpec watch_command = command<Options, run>(
    {.name = "watch",
     .summary = "Show controllers, namespaces and paths as they change",
     .description = "Driven by the kernel's events, without root. The kernel says nothing when a connection is lost or "
                    "an ANA state\n"
                    "changes, so watch looks by itself as well, seldom (--look). Ends when interrupted, after --count "
                    "changes, or at\n"
                    "--timeout, each with exit status 0. JSON is a line for each change.",
     .group = Group::state,
     .long_running = true,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema, .list = true}});

}  // namespace nvmectl
