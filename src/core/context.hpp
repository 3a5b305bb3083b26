// Context: everything a command's run() may use. There is no other way to reach the outside.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/capabilities.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"
#include "core/value.hpp"

namespace nvmectl {

/// Where results go: the one writer to stdout.
class Sink {
 public:
  virtual ~Sink() = default;
  /// The command's result: a Record or a List of Records of the command's output schema. `errors` are the parts that
  /// failed; they stand in the JSON envelope.
  [[nodiscard]] virtual Result<> document(Value data, std::vector<Error> errors = {}) = 0;
  /// One event of a long-running command: a record (NDJSON line with any JSON format), flushed at once.
  [[nodiscard]] virtual Result<> event(const Record& record) = 0;
  /// Bytes as they are (`-o raw`).
  [[nodiscard]] virtual Result<> raw(std::span<const std::byte> bytes) = 0;
  /// True when `-o raw` was asked for: the command gives raw() instead of document().
  [[nodiscard]] virtual bool wants_raw() const = 0;
  /// True when only the default table's columns are shown, so that a command need not read what is behind the others.
  [[nodiscard]] virtual bool brief() const = 0;
};

/// Words for the person at the terminal, on stderr.
class Messages {
 public:
  virtual ~Messages() = default;
  virtual void note(std::string_view text) = 0;  ///< silenced by --quiet; on a terminal only
  virtual void warning(std::string_view text) = 0;
  /// How far long work is: replaces the last such line; on a terminal only. "" takes it away.
  virtual void progress(std::string_view text) { static_cast<void>(text); }
};

/// One line of a list to choose from.
struct Choice {
  std::string text;
  bool enabled = true;  ///< false: shown, but not to be chosen
  std::string remark;   ///< "already connected"
};

/// The environment, injectable for tests.
struct Environment {
  std::function<std::optional<std::string>(std::string_view name)> variable;
};

/// What a command does to the world; decides which safety options it has.
enum class Effect : std::uint8_t { read_only, changes_state, disrupts_io, destroys_data };

/// Options that every command has.
struct CommonOptions {
  std::chrono::milliseconds timeout{10'000};
  bool timeout_given = false;
  bool verbose = false;  ///< also true for `-o wide`
  bool quiet = false;
  bool dry_run = false;
  bool yes = false;
  bool exact_bytes = false;  ///< --bytes
  bool header_digest = false, data_digest = false;
  std::string backend;  ///< --backend, "" = by the device's scheme
  std::string host_nqn, host_id;
  std::vector<std::string> fields;  ///< --fields, already checked
};

struct Context {
  Sink& out;
  Messages& messages;
  const Environment& environment;
  std::span<const std::unique_ptr<Backend>> backends;
  CommonOptions options;
  /// Becomes true on SIGINT and SIGTERM; long-running commands look at it. Never null.
  const volatile int* stop_signal;
  /// The one confirmation path: asks, or refuses, before something that changes or destroys. `device` may be null.
  std::function<Result<>(Effect effect, const DeviceRef* device)> guard;
  /// The same path for an effect that the command works out itself: `details` are indented lines of what goes.
  std::function<Result<>(Effect effect, std::string_view what, std::string_view details)> guard_with;
  /// Lets the person at the terminal choose any of `choices`; not_confirmed when nobody is there to ask, or when
  /// nothing was chosen.
  std::function<Result<std::vector<std::size_t>>(std::string_view title, std::span<const Choice> choices)> choose;

  [[nodiscard]] Deadline deadline() const { return Deadline::in(options.timeout).or_when(stop_signal); }
  /// The backend named by --backend, else the first that handles the device.
  [[nodiscard]] Result<Backend*> backend_for(const DeviceRef& device) const;
  [[nodiscard]] Result<Backend*> backend_named(std::string_view name) const;
  /// The capability of the backend named by --backend, else of the first that has it; unsupported when none has.
  /// `what` is for the sentence: "connections of the kernel".
  template <class Capability>
  [[nodiscard]] Result<Capability*> capability(Capability* (Backend::*accessor)(), std::string_view what) const {
    for (const auto& backend : backends) {
      if (!options.backend.empty() && backend->name() != options.backend) continue;
      if (Capability* found = (backend.get()->*accessor)()) return found;
    }
    return fail(ErrorKind::unsupported, no_backend_for(what), "nvmectl backends lists what this build has");
  }
  /// Opens with the common options and the deadline.
  [[nodiscard]] Result<std::unique_ptr<Device>> open(const DeviceRef& device, const Deadline& deadline,
                                                     bool io = false) const;

 private:
  [[nodiscard]] std::string no_backend_for(std::string_view what) const;
};

}  // namespace nvmectl
