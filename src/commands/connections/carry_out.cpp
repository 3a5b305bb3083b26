#include "commands/connections/carry_out.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unistd.h>
#include <unordered_set>

#include "commands/fabrics/outcome.hpp"
#include "commands/secret.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using connections::Change;
using connections::StoredConnection;
using Controllers = std::vector<const FabricsController*>;

struct Job {
  const Task* task = nullptr;
  ChangeRow row;
  Controllers going;  // to be disconnected
  bool connecting = false;
  std::vector<Use> uses;
  [[nodiscard]] bool failed() const { return row.error.has_value(); }
};

// Discovery controllers are asked by connect-all; only persistent ones stay connected.
bool is_to_connect(const ConnectParameters& parameters) {
  return !parameters.is_discovery() || parameters.persistent;
}

class Work {
 public:
  Work(Context& context, const std::vector<Task>& tasks, const CarryOutOptions& options)
      : context_(context), options_(options), live_(context) {
    for (const Task& task : tasks) {
      Job& job = jobs_.emplace_back();
      job.task = &task;
      job.row.action = action_of(task.change);
      job.row.connection = *task.current;
      if (options.connect) plan(job);
    }
  }

  Result<std::vector<ChangeRow>> run() && {
    NVMECTL_TRY(find_uses());
    if (context_.options.dry_run) {
      for (Job& job : jobs_)
        if (!job.failed()) job.row.result = "planned";
      return rows();
    }
    NVMECTL_TRY(ask());
    for (const Change change : {Change::removed, Change::modified}) disconnect(change);
    connect({Change::modified});
    restore();
    connect({Change::added, Change::none});
    return rows();
  }

 private:
  void plan(Job& job) {
    const Task& task = *job.task;
    const bool same_place = task.saved != nullptr && task.saved->parameters == task.current->parameters;
    if (task.change == Change::removed || (task.change == Change::modified && !same_place)) {
      job.going = live_.of(task.saved->parameters);
      if (!job.going.empty()) job.row.device = job.going.front()->name;
      // Where the connections cannot be seen, one might stay behind unseen.
      if (live_.initiator() != nullptr && live_.error()) job.row.error = live_.error();
    }
    job.connecting = task.change != Change::removed && !(task.change == Change::modified && same_place) &&
                     is_to_connect(task.current->parameters);
    if (!job.connecting) return;
    if (live_.error()) {
      job.row.error = live_.error();
      if (job.row.error->kind == ErrorKind::unsupported) job.row.error->hint = "--no-connect changes the store alone";
      return;
    }
    const Controllers there = live_.exactly(task.current->parameters);
    // A connection that may stand beside others is there when it has been made once.
    if (task.change == Change::modified || there.empty() ||
        (task.change == Change::added && task.current->parameters.duplicate_connect))
      return;
    job.row.device = there.front()->name;
    job.connecting = false;
  }

  // A namespace counts when none of its paths would stay.
  Result<> find_uses() {
    std::vector<std::string> names;
    for (const Job& job : jobs_)
      for (const FabricsController* controller : job.going) names.push_back(controller->name);
    if (names.empty()) return {};
    NVMECTL_ASSIGN(const std::vector<Use> uses, live_.initiator()->uses(names));
    for (Job& job : jobs_) {
      if (job.going.empty()) continue;
      for (const Use& use : uses)
        if (use.nqn == job.going.front()->parameters.nqn) job.uses.push_back(use);
      if (job.uses.empty() || options_.force) continue;
      Error error = make_error(ErrorKind::busy, fmt::format("{} is in use and was not disconnected", job.row.device),
                               "unmount or release it first; --force disconnects all the same, and loses what is not "
                               "written yet");
      error.cause = fmt::format("{} is {}", job.uses.front().device, job.uses.front().how);
      job.row.error = std::move(error).on(job.row.device).during("disconnect");
    }
    return {};
  }

  Result<> ask() {
    std::string details;
    for (const Job& job : jobs_) {
      if (job.failed()) continue;
      for (const FabricsController* controller : job.going)
        details += fmt::format("  {}  {} {}\n", controller->name, job.row.action, job.row.connection.shown());
      for (const Use& use : job.uses) details += fmt::format("      {} is {}\n", use.device, use.how);
    }
    if (details.empty()) return {};
    return context_.guard_with(Effect::disrupts_io, "this machine", details);
  }

  void disconnect(Change change) {
    std::vector<Job*> jobs;
    std::vector<std::string> names;
    for (Job& job : jobs_) {
      if (job.failed() || job.task->change != change) continue;
      for (const FabricsController* controller : job.going) {
        jobs.push_back(&job);
        names.push_back(controller->name);
      }
    }
    if (names.empty()) return;
    const BatchOptions options{batch_deadline(context_, names.size()), 64};
    live_.initiator()->disconnect(names, options, [&](std::size_t index, Result<> outcome) {
      // Gone by itself is gone.
      if (!outcome && outcome.error().kind != ErrorKind::not_found) jobs[index]->row.error = std::move(outcome).error();
    });
  }

  void connect(std::initializer_list<Change> changes) {
    std::vector<Job*> jobs;
    std::vector<ConnectRow> rows;
    for (Job& job : jobs_) {
      const bool now = std::find(changes.begin(), changes.end(), job.task->change) != changes.end();
      if (!now || job.failed() || !job.connecting) continue;
      ConnectRow row;
      row.target = job.task->current->parameters;
      auto ready = ready_to_connect(row.target);
      if (!ready) {
        job.row.error = std::move(ready).error();
        continue;
      }
      jobs.push_back(&job);
      rows.push_back(std::move(row));
    }
    if (rows.empty()) return;
    connect_rows(context_, *live_.initiator(), rows, batch_deadline(context_, rows.size()));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      jobs[i]->row.device = rows[i].controller;
      jobs[i]->row.error = std::move(rows[i].error);
      if (rows[i].result == "already_connected") jobs[i]->connecting = false;
    }
  }

  // Rows may have been written by hand.
  Result<> ready_to_connect(ConnectParameters& parameters) {
    NVMECTL_TRY(check_parameters(parameters));
    if (is_secret_source(parameters.dhchap_secret) || is_secret_source(parameters.dhchap_ctrl_secret))
      return resolve_stored(parameters);
    return {};
  }

  Result<> resolve_stored(ConnectParameters& parameters) {
    ConnectParameters sources;
    if (is_secret_source(parameters.dhchap_secret)) sources.dhchap_secret = parameters.dhchap_secret;
    if (is_secret_source(parameters.dhchap_ctrl_secret)) sources.dhchap_ctrl_secret = parameters.dhchap_ctrl_secret;
    NVMECTL_TRY(resolve_secrets(context_, sources));
    if (!sources.dhchap_secret.empty()) parameters.dhchap_secret = sources.dhchap_secret;
    if (!sources.dhchap_ctrl_secret.empty()) parameters.dhchap_ctrl_secret = sources.dhchap_ctrl_secret;
    return {};
  }

  // A change that cannot be made leaves the connection as it was.
  void restore() {
    std::vector<Job*> jobs;
    std::vector<ConnectRow> rows;
    for (Job& job : jobs_) {
      if (job.task->change != Change::modified || !job.failed() || job.going.empty() || !job.connecting) continue;
      if (job.row.error->kind == ErrorKind::busy && !job.uses.empty() && !options_.force) continue;
      ConnectRow row;
      row.target = job.task->saved->parameters;
      if (!ready_to_connect(row.target)) continue;
      jobs.push_back(&job);
      rows.push_back(std::move(row));
    }
    if (rows.empty()) return;
    connect_rows(context_, *live_.initiator(), rows, batch_deadline(context_, rows.size()));
    for (std::size_t i = 0; i < rows.size(); ++i)
      jobs[i]->row.error->context.push_back(
          rows[i].error ? "the connection as it was could not be made again: " + rows[i].error->message
                        : fmt::format("the connection is as it was before ({})", rows[i].controller));
  }

  Result<std::vector<ChangeRow>> rows() {
    std::vector<ChangeRow> result;
    for (Job& job : jobs_) {
      if (job.failed()) job.row.result = "failed";
      else if (job.task->change == Change::none && !job.connecting) job.row.action = "none";
      if (job.row.action == "none") job.row.result = "unchanged";
      result.push_back(std::move(job.row));
    }
    return result;
  }

  Context& context_;
  CarryOutOptions options_;
  Live live_;
  std::vector<Job> jobs_;
};

// What did not fail is saved, unless somebody changed it meanwhile.
void save_good(connections::Contents& contents, const std::vector<connections::Row>& changes,
               std::vector<ChangeRow>& rows) {
  std::vector<connections::Row> good;
  std::vector<ChangeRow*> good_rows;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].error) continue;
    good.push_back(changes[i]);
    good_rows.push_back(&rows[i]);
  }
  const std::vector<bool> saved = commit(contents, good);
  for (std::size_t i = 0; i < good.size(); ++i) {
    good_rows[i]->result = saved[i] ? "saved" : "failed";
    if (!saved[i])
      good_rows[i]->error = make_error(ErrorKind::busy, "somebody else changed the connection meanwhile",
                                       "nvmectl connection diff shows what is staged now; save again");
  }
}

}  // namespace

Result<std::vector<ChangeRow>> carry_out(Context& context, const std::vector<Task>& tasks,
                                         const CarryOutOptions& options) {
  return Work(context, tasks, options).run();
}

Result<std::vector<ChangeRow>> save_in_one_step(Context& context, const connections::Store& store, const Stage& stage,
                                                const CarryOutOptions& options) {
  // Another one that connects meanwhile could give a controller's name to another connection.
  std::optional<connections::FileLock> lock;
  if (!context.options.dry_run) {
    auto taken = store.lock_for_save(context.deadline());
    if (!taken) return fail(std::move(taken).error());
    lock.emplace(std::move(*taken));
  }
  NVMECTL_ASSIGN(connections::Contents seen, load_store(context, store));
  NVMECTL_ASSIGN(const std::vector<std::string> uuids, stage(seen));
  const std::unordered_set<std::string> wanted(uuids.begin(), uuids.end());
  std::vector<connections::Row> changes;
  std::vector<Task> tasks;
  for (const connections::Row& row : changes_of(seen)) {
    if (!wanted.contains(row.current->uuid)) continue;
    changes.push_back(row);
    tasks.push_back({row.change, row.saved, row.current});
  }
  NVMECTL_ASSIGN(std::vector<ChangeRow> rows, carry_out(context, tasks, options));
  if (context.options.dry_run) return rows;
  auto written = store.change(context.deadline(), [&](connections::Contents& contents) -> Result<> {
    NVMECTL_TRY(stage(contents));
    save_good(contents, changes, rows);
    return {};
  });
  if (!written) return fail(std::move(written).error());
  return rows;
}

Result<> settle_secrets(Context& context, ConnectParameters& parameters) {
  // The store is read elsewhere, at boot in the root directory.
  for (std::string* secret : {&parameters.dhchap_secret, &parameters.dhchap_ctrl_secret}) {
    if (!secret->starts_with("file:") || secret->size() < 6 || (*secret)[5] == '/') continue;
    std::array<char, 4096> here{};
    if (::getcwd(here.data(), here.size()) == nullptr)
      return fail(ErrorKind::io, "the current directory cannot be told", "give file: an absolute path");
    *secret = fmt::format("file:{}/{}", here.data(), secret->substr(5));
  }
  ConnectParameters given;
  const auto here_and_now = [](const std::string& text) {
    return text == "-" || (!text.empty() && !is_secret_source(text));
  };
  if (here_and_now(parameters.dhchap_secret)) given.dhchap_secret = parameters.dhchap_secret;
  if (here_and_now(parameters.dhchap_ctrl_secret)) given.dhchap_ctrl_secret = parameters.dhchap_ctrl_secret;
  NVMECTL_TRY(resolve_secrets(context, given));
  if (!given.dhchap_secret.empty()) parameters.dhchap_secret = given.dhchap_secret;
  if (!given.dhchap_ctrl_secret.empty()) parameters.dhchap_ctrl_secret = given.dhchap_ctrl_secret;
  return {};
}
}  // namespace nvmectl
