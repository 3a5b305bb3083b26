#include "commands/state/watching.hpp"

#include "support/catch.hpp"

using namespace nvmectl;

namespace {

Event event(std::string action, std::string subsystem, std::string device,
            std::vector<std::pair<std::string, std::string>> properties = {}) {
  Event e;
  e.action = std::move(action);
  e.subsystem = std::move(subsystem);
  e.device = std::move(device);
  e.properties = std::move(properties);
  return e;
}

Topology one(std::string state, std::optional<std::uint64_t> size, std::string ana) {
  Topology t;
  t.subsystems.resize(1);
  t.subsystems[0].nqn = "nqn.a";
  t.controllers.resize(1);
  t.controllers[0].name = "nvme0";
  t.controllers[0].state = std::move(state);
  t.namespaces.resize(1);
  t.namespaces[0].name = "nvme0n1";
  t.namespaces[0].size_bytes = size;
  t.paths.resize(1);
  t.paths[0].name = "nvme0c0n1";
  t.paths[0].ana_state = std::move(ana);
  return t;
}

}  // namespace

TEST_CASE("watching: what events mean") {
  CHECK(event_kind(event("change", "nvme", "nvme3", {{"NVME_AEN", "0x70f002"}})) == "discovery_log_changed");
  CHECK(event_kind(event("change", "nvme", "nvme3", {{"NVME_AEN", "0x0c0302"}})) == "ana_changed");
  CHECK(event_kind(event("change", "nvme", "nvme3", {{"NVME_AEN", "0x020101"}})) == "health_status");
  CHECK(event_kind(event("change", "nvme", "nvme3", {{"NVME_AEN", "0x00ee02"}})) == "notice");
  CHECK(event_kind(event("change", "nvme", "nvme3", {{"NVME_EVENT", "rediscover"}})) == "rediscover");
  CHECK(event_kind(event("add", "nvme", "nvme3")) == "controller_added");
  CHECK(event_kind(event("remove", "block", "nvme0n1")) == "namespace_removed");
  CHECK(event_kind(event("add", "block", "nvme0c1n1")) == "path_added");
  CHECK(event_kind(event("change", "block", "nvme0n1", {{"RESIZE", "1"}})) == "namespace_resized");
  CHECK(event_kind(event("add", "nvme-subsystem", "nvme-subsys0")) == "subsystem_added");
  CHECK(event_kind(event("add", "nvme-generic", "ng0n1")) == "generic_node_added");
  CHECK(event_kind(event("lost", "", "")) == "lost");
  CHECK(event_kind(event("bind", "nvme", "nvme0")) == "other");
}

TEST_CASE("watching: asynchronous events are numbers or nothing") {
  CHECK(asynchronous_event(event("change", "nvme", "nvme0", {{"NVME_AEN", "0x70f002"}})) == 0x70f002U);
  for (const char* const text : {"", "x", "0x1ffffffff", "-1"})
    CHECK_FALSE(asynchronous_event(event("change", "nvme", "nvme0", {{"NVME_AEN", text}})));
}

TEST_CASE("watching: states, sizes and ways that change") {
  const auto changes = changes_between(one("live", 1 << 30, "optimized"), one("connecting", 1U << 31U, "inaccessible"));
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].kind == "controller_state");
  CHECK(changes[0].nqn == "nqn.a");
  CHECK(sentence(changes[0]) == "nvme0: live -> connecting");
  CHECK(changes[1].kind == "namespace_resized");
  CHECK(sentence(changes[1]) == "nvme0n1: 1 GiB -> 2 GiB");
  CHECK(changes[2].kind == "ana_state");
  CHECK(sentence(changes[2]) == "nvme0c0n1: optimized -> inaccessible");
  CHECK(changes_between(one("live", 1, "a"), one("live", 1, "a")).empty());
}

TEST_CASE("watching: what cannot be read has not changed") {
  const Topology before = one("live", 1 << 30, "optimized");
  Topology after = one("", std::nullopt, "");
  keep_known(after, before);
  CHECK(changes_between(before, after).empty());
  Topology other = one("dead", 1 << 20, "inaccessible");
  keep_known(other, before);
  CHECK(changes_between(before, other).size() == 3);
  Topology fresh = one("", std::nullopt, "");
  keep_known(fresh, {});
  CHECK(fresh.controllers[0].state.empty());
}

TEST_CASE("watching: what comes and goes") {
  const auto came = changes_between({}, one("live", 1 << 30, ""));
  REQUIRE(came.size() == 3);
  CHECK(sentence(came[0]) == "nvme0: new, live");
  CHECK(sentence(came[1]) == "nvme0n1: new, 1 GiB");
  CHECK(sentence(came[2]) == "nvme0c0n1: new");
  const auto went = changes_between(one("live", {}, ""), {});
  REQUIRE(went.size() == 3);
  CHECK(went[0].kind == "controller_removed");
  CHECK(went[0].from == "live");
  CHECK(sentence(went[1]) == "nvme0n1: gone");
}

TEST_CASE("watching: events that no look shows") {
  const auto log = change_of(event("change", "nvme", "nvme3", {{"NVME_AEN", "0x70f002"}}));
  REQUIRE(log);
  CHECK(sentence(*log) == "nvme3: the discovery log has changed");
  const auto lost = change_of(event("lost", "", ""));
  REQUIRE(lost);
  CHECK(sentence(*lost).find("lost") != std::string::npos);
  CHECK(sentence(*change_of(event("change", "nvme", "nvme1", {{"NVME_AEN", "0x020101"}}))) == "nvme1: health status");
  CHECK_FALSE(change_of(event("add", "block", "nvme0n1")));
  CHECK_FALSE(change_of(event("change", "nvme", "nvme1", {{"NVME_EVENT", "connected"}})));
}
