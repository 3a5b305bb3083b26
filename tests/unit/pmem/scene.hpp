// A context over the fake, and running commands in it by words, as the command line would.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "commands/areas.hpp"
#include "core/context.hpp"
#include "support/fake_pmem.hpp"

namespace nvmectl_test {

class PmemFakeBackend : public nvmectl::Backend {
 public:
  explicit PmemFakeBackend(FakePmem& fake) : fake_(fake) {}
  [[nodiscard]] std::string_view name() const override { return "fake"; }
  [[nodiscard]] std::string_view summary() const override { return "for tests"; }
  nvmectl::Probe probe() override { return {true, "", ""}; }
  [[nodiscard]] bool handles(const nvmectl::DeviceRef&) const override { return false; }
  nvmectl::PmemManager* pmem() override { return &fake_; }

 private:
  FakePmem& fake_;
};

class PmemSink : public nvmectl::Sink {
 public:
  nvmectl::Value last;
  std::vector<nvmectl::Error> errors;
  nvmectl::Bytes bytes;
  int documents = 0;
  bool raw_wanted = false;
  nvmectl::Result<> document(nvmectl::Value data, std::vector<nvmectl::Error> failed) override {
    last = std::move(data);
    errors = std::move(failed);
    ++documents;
    return {};
  }
  nvmectl::Result<> event(const nvmectl::Record&) override { return {}; }
  nvmectl::Result<> raw(std::span<const std::byte> given) override {
    bytes.assign(given.begin(), given.end());
    return {};
  }
  [[nodiscard]] bool wants_raw() const override { return raw_wanted; }
  [[nodiscard]] bool brief() const override { return false; }
};

class PmemMessages : public nvmectl::Messages {
 public:
  std::vector<std::string> notes, warnings;
  void note(std::string_view text) override { notes.emplace_back(text); }
  void warning(std::string_view text) override { warnings.emplace_back(text); }
};

struct PmemScene {
  PmemScene() {
    backends.push_back(std::make_unique<PmemFakeBackend>(fake));
    context.backends = backends;
    context.guard = [](nvmectl::Effect, const nvmectl::DeviceRef*) { return nvmectl::Result<>(); };
    context.guard_with = [this](nvmectl::Effect effect, std::string_view what,
                                std::string_view details) -> nvmectl::Result<> {
      const bool asks = effect == nvmectl::Effect::destroys_data || effect == nvmectl::Effect::disrupts_io;
      if (!asks || context.options.yes) return {};
      asked_for = what;
      asked = details;
      if (consents) return {};
      return nvmectl::fail(nvmectl::ErrorKind::not_confirmed, "no");
    };
  }

  /// {"destroy", "vol-a", "--erase=full"}: the longest command name that fits, then positionals and options.
  nvmectl::Result<> run(const std::vector<std::string>& words) {
    using namespace nvmectl;
    sink.last = Value();
    sink.errors.clear();
    asked.clear();
    const CommandSpec* spec = nullptr;
    std::size_t used = 0;
    for (const CommandSpec* candidate : pmem_commands()) {
      const std::string two = words.size() > 1 ? words[0] + " " + words[1] : "";
      if (candidate->name == two) spec = candidate, used = 2;
      if (candidate->name == words[0] && used < 2) spec = candidate, used = 1;
    }
    if (spec == nullptr) return fail(ErrorKind::internal, "no such command: " + words[0]);
    ParsedArguments values;
    std::size_t positional = 0;
    for (std::size_t i = used; i < words.size(); ++i) {
      const bool option = words[i].starts_with("--");
      const std::size_t equals = words[i].find('=');
      const std::string name = option ? words[i].substr(2, equals - 2) : "";
      bool found = false;
      std::size_t seen = 0;
      for (std::size_t a = 0; a < spec->arguments.size() && !found; ++a) {
        const Argument& argument = spec->arguments[a];
        if (option != !argument.positional) continue;
        if (option ? argument.name != name : seen++ != positional) continue;
        values.emplace_back(a,
                            option ? (equals == std::string::npos ? "true" : words[i].substr(equals + 1)) : words[i]);
        if (!option && !argument.repeatable) ++positional;
        found = true;
      }
      if (!found) return fail(ErrorKind::internal, "no such argument: " + words[i]);
    }
    return spec->invoke(*spec, values, context);
  }
  /// The kind of error that it gave; internal when there was none.
  nvmectl::ErrorKind kind(const std::vector<std::string>& words) {
    const auto result = run(words);
    error = result ? nvmectl::Error() : result.error();
    return result ? nvmectl::ErrorKind::internal : result.error().kind;
  }
  [[nodiscard]] const nvmectl::Value& row(std::size_t index, std::string_view key) const {
    return sink.last.as<nvmectl::List>()->items.at(index).as<nvmectl::Record>()->at(key);
  }
  [[nodiscard]] const nvmectl::Value& field(std::string_view key) const {
    return sink.last.as<nvmectl::Record>()->at(key);
  }
  [[nodiscard]] std::size_t row_count() const { return sink.last.as<nvmectl::List>()->items.size(); }

  FakePmem fake;
  PmemSink sink;
  PmemMessages messages;
  std::string state_directory;
  nvmectl::Environment environment{[this](std::string_view name) -> std::optional<std::string> {
    if (name == "NVMECTL_STATE_DIR" && !state_directory.empty()) return state_directory;
    if (name == "PATH") return "/nonexistent";
    return std::nullopt;
  }};
  std::vector<std::unique_ptr<nvmectl::Backend>> backends;
  int stop = 0;
  bool consents = true;
  std::string asked, asked_for;
  nvmectl::Error error;
  nvmectl::Context context{sink, messages, environment, backends, {}, &stop, {}, {}, {}};
};

}  // namespace nvmectl_test
