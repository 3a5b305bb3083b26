// A kernel that connects in memory, and a context around it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/context.hpp"

namespace nvmectl_test {

using namespace nvmectl;

class FakeInitiator : public FabricsInitiator {
 public:
  std::vector<FabricsController> present;
  std::set<std::string> unreachable;               ///< addresses
  std::map<std::string, std::vector<Use>> in_use;  ///< by controller
  std::vector<std::string> log;                    ///< "connect ADDRESS", "disconnect NAME"
  std::vector<ConnectParameters> connected;        ///< as they were asked for

  Result<std::optional<std::vector<std::string>>> supported_options() override {
    return std::optional<std::vector<std::string>>();
  }
  Result<std::string> connect_string(const ConnectParameters& parameters) override { return parameters.shown(); }
  void connect(std::span<const ConnectParameters> targets, const BatchOptions&,
               const std::function<void(std::size_t, Result<Connection>)>& done) override {
    for (std::size_t i = targets.size(); i-- > 0;) done(i, connect_one(targets[i]));  // in any order
  }
  void disconnect(std::span<const std::string> controllers, const BatchOptions&,
                  const std::function<void(std::size_t, Result<>)>& done) override {
    for (std::size_t i = 0; i < controllers.size(); ++i) {
      log.push_back("disconnect " + controllers[i]);
      std::erase_if(present, [&](const FabricsController& c) { return c.name == controllers[i]; });
      done(i, {});
    }
  }
  Result<std::vector<FabricsController>> controllers() override { return present; }
  Result<std::vector<Use>> uses(std::span<const std::string> controllers) override {
    std::vector<Use> found;
    for (const std::string& name : controllers)
      if (const auto uses = in_use.find(name); uses != in_use.end())
        found.insert(found.end(), uses->second.begin(), uses->second.end());
    return found;
  }
  Result<std::vector<Namespace>> namespaces(const std::string& controller) override {
    Namespace ns;
    ns.name = controller + "n1";
    ns.device_path = "/dev/" + ns.name;
    return std::vector{ns};
  }
  Result<> wait_ready(const std::string&, const Deadline&) override { return {}; }
  Result<std::unique_ptr<Device>> open(const ConnectParameters&, const Deadline&) override {
    return fail(ErrorKind::unsupported, "no");
  }

 private:
  Result<Connection> connect_one(const ConnectParameters& target) {
    log.push_back("connect " + target.address);
    if (unreachable.contains(target.address)) return fail(ErrorKind::refused, "the target refused");
    for (const FabricsController& controller : present)
      if (same_controller(controller.parameters, target)) return Connection{controller.name, true, {}, {}, {}};
    connected.push_back(target);
    FabricsController made{fmt::format("nvme{}", next_++), "live", "io", target};
    made.parameters.service = target.effective_service();
    present.push_back(made);
    return Connection{made.name, false, {}, {}, {}};
  }
  int next_ = 0;
};

class FakeBackend : public Backend {
 public:
  explicit FakeBackend(FabricsInitiator& initiator) : initiator_(initiator) {}
  [[nodiscard]] std::string_view name() const override { return "fake"; }
  [[nodiscard]] std::string_view summary() const override { return "for tests"; }
  Probe probe() override { return {true, "", ""}; }
  [[nodiscard]] bool handles(const DeviceRef&) const override { return false; }
  FabricsInitiator* fabrics() override { return &initiator_; }

 private:
  FabricsInitiator& initiator_;
};

class FakeSink : public Sink {
 public:
  Value last;
  std::vector<Error> errors;
  Result<> document(Value data, std::vector<Error> failed) override {
    last = std::move(data);
    errors = std::move(failed);
    return {};
  }
  Result<> event(const Record&) override { return {}; }
  Result<> raw(std::span<const std::byte>) override { return {}; }
  [[nodiscard]] bool wants_raw() const override { return false; }
  [[nodiscard]] bool brief() const override { return false; }
};

class FakeMessages : public Messages {
 public:
  std::vector<std::string> warnings;
  void note(std::string_view) override {}
  void warning(std::string_view text) override { warnings.emplace_back(text); }
};

/// Everything that carry_out() needs; the store's file is `store`.
struct Scene {
  explicit Scene(std::string store)
      : environment{[store](std::string_view name) -> std::optional<std::string> {
          return name == "NVMECTL_CONNECTIONS" ? std::optional(store) : std::nullopt;
        }} {
    backends.push_back(std::make_unique<FakeBackend>(initiator));
    context.backends = backends;
    context.guard_with = [this](Effect, std::string_view, std::string_view details) -> Result<> {
      asked = details;
      if (consents) return {};
      return fail(ErrorKind::not_confirmed, "no");
    };
  }
  FakeInitiator initiator;
  FakeSink sink;
  FakeMessages messages;
  Environment environment;
  std::vector<std::unique_ptr<Backend>> backends;
  int stop = 0;
  bool consents = true;
  std::string asked;
  Context context{sink, messages, environment, backends, {}, &stop, {}, {}, {}};
};

}  // namespace nvmectl_test
