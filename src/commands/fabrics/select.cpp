#include "commands/fabrics/select.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "connections/store.hpp"
#include "core/device_ref.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using Test = std::function<bool(const FabricsController&)>;

std::vector<std::string> words_of(const std::vector<std::string>& lists) {
  std::vector<std::string> words;
  for (const std::string& list : lists)
    for (const std::string_view word : split(list, ','))
      if (!trim(word).empty()) words.emplace_back(trim(word));
  return words;
}

std::string bare_device(std::string_view name) {
  if (name.starts_with("/dev/")) name.remove_prefix(5);
  return std::string(name);
}

// A stored connection by conn:NAME or its bare name. Several controllers may lead to it (duplicate_connect).
Result<Test> test_of_stored(const Context& context, const std::string& name) {
  NVMECTL_ASSIGN(const connections::StoredConnection stored, connections::load_one(context.environment, name));
  return Test(
      [wanted = stored.parameters](const FabricsController& c) { return same_controller(wanted, c.parameters); });
}

// "nvme3" of nvme3, and of none else: nvme3n1 is a namespace, through which nothing is disconnected.
Result<Test> test_of_target(const Context& context, const std::string& word) {
  if (word.starts_with("nqn.")) return Test([word](const FabricsController& c) { return c.parameters.nqn == word; });
  NVMECTL_ASSIGN(const DeviceRef ref, DeviceRef::parse(word));
  if (ref.is_fabrics()) {
    ConnectParameters wanted;
    wanted.transport = ref.transport();
    wanted.address = ref.host;
    wanted.nqn = ref.nqn;
    wanted.service = ref.port ? fmt::format("{}", *ref.port) : "";
    return Test([wanted, any_port = !ref.port](const FabricsController& c) {
      ConnectParameters there = wanted;
      if (there.nqn.empty()) there.nqn = c.parameters.nqn;
      if (any_port) there.service = c.parameters.service;
      return same_controller(there, c.parameters);
    });
  }
  if (ref.scheme == DeviceRef::Scheme::connection) return test_of_stored(context, ref.name);
  const std::string name = bare_device(word);
  if (!name.starts_with("nvme"))
    if (auto stored = test_of_stored(context, word)) return stored;
  return Test([name](const FabricsController& c) { return c.name == name; });
}

}  // namespace

bool Selection::empty() const {
  return targets.empty() && nqns.empty() && devices.empty() && transport.empty() && address.empty() && service.empty();
}

Result<std::vector<FabricsController>> select_controllers(const Context& context,
                                                          std::vector<FabricsController> present,
                                                          const Selection& selection) {
  std::vector<std::pair<std::string, Test>> wanted;  // any of these
  for (const std::string& word : selection.targets) {
    NVMECTL_ASSIGN(Test test, test_of_target(context, word));
    wanted.emplace_back(word, std::move(test));
  }
  for (const std::string& nqn : words_of(selection.nqns))
    wanted.emplace_back(nqn, [nqn](const FabricsController& c) { return c.parameters.nqn == nqn; });
  for (const std::string& device : words_of(selection.devices))
    wanted.emplace_back(device, [name = bare_device(device)](const FabricsController& c) { return c.name == name; });
  std::erase_if(present, [&](const FabricsController& c) {
    ConnectParameters at = c.parameters;
    at.address = selection.address;
    return (!selection.transport.empty() && c.parameters.transport != selection.transport) ||
           (!selection.service.empty() && c.parameters.service != selection.service) ||
           (!selection.address.empty() && !same_controller(at, c.parameters));
  });
  for (const auto& [word, test] : wanted)
    if (std::none_of(present.begin(), present.end(), test))
      return fail(make_error(ErrorKind::not_found, fmt::format("nothing is connected that is {}", printable(word)),
                             "nvmectl list-subsys shows what is connected")
                      .on(printable(word)));
  if (!wanted.empty())
    std::erase_if(present, [&](const FabricsController& c) {
      return std::none_of(wanted.begin(), wanted.end(), [&](const auto& w) { return w.second(c); });
    });
  if (present.empty())
    return fail(ErrorKind::not_found, "nothing is connected that fits", "nvmectl list-subsys shows what is connected");
  return present;
}

Result<FabricsController> controller_named(FabricsInitiator& initiator, std::string_view device) {
  const std::string name = bare_device(device);
  NVMECTL_ASSIGN(const std::vector<FabricsController> present, initiator.controllers());
  for (const FabricsController& controller : present)
    if (controller.name == name) return controller;
  return fail(make_error(ErrorKind::not_found, fmt::format("there is no fabrics controller {}", printable(name)),
                         "nvmectl list-subsys shows what is connected")
                  .on(printable(name)));
}

Result<bool> fits_filter(const ConnectParameters& target, const std::string& filter) {
  for (const std::string_view part : split(filter, ',')) {
    const std::size_t equals = part.find('=');
    const std::string_view key = equals == std::string_view::npos ? "nqn" : trim(part.substr(0, equals));
    const std::string_view pattern = trim(equals == std::string_view::npos ? part : part.substr(equals + 1));
    const Parameter* parameter = nullptr;
    for (const Parameter& p : connect_parameters())
      if (p.key == key || p.option == key) parameter = &p;
    if (parameter == nullptr || parameter->type != Parameter::Type::text)
      return fail(ErrorKind::usage, fmt::format("--filter: '{}' is nothing to filter by", printable(key)),
                  "write it as nqn=PATTERN, transport=tcp, address=192.0.2.*, or PATTERN for the NQN");
    const std::string value =
        key == "service" || key == "trsvcid" ? target.effective_service() : parameter->get(target).value_or("");
    if (!matches_glob(value, pattern)) return false;
  }
  return true;
}

}  // namespace nvmectl
