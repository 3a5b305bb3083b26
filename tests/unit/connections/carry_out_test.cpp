// What saving does to the kernel's connections.
#include "commands/connections/carry_out.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <unistd.h>

#include "core/device_ref.hpp"
#include "fake_initiator.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::connections;
using nvmectl_test::ContainsSubstring;
using nvmectl_test::Scene;

namespace {

/// A store in a directory of its own with a kernel around it.
class World {
 public:
  World() {
    std::string name = "/tmp/nvmectl-carry-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    scene.emplace(folder_ + "/c.json");
    store.emplace(folder_ + "/c.json");
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() {
    for (const char* end : {"", ".staged", ".lock", ".save.lock"}) ::unlink((folder_ + "/c.json" + end).c_str());
    ::rmdir(folder_.c_str());
  }

  std::string add(const std::string& name, const std::string& address) {
    StoredConnection made;
    made.name = name;
    made.parameters.address = address;
    made.parameters.nqn = "nqn.2014-08.org.example:" + name;
    return stage([&](Contents& contents) { return stage_add(contents, made); });
  }
  void edit(const std::string& name, const std::function<void(StoredConnection&)>& change) {
    stage([&](Contents& contents) -> Result<std::string> {
      const auto rows = rows_of(contents);
      StoredConnection changed = *find_row(rows, name).value()->current;
      change(changed);
      NVMECTL_TRY(stage_edit(contents, changed));
      return "";
    });
  }
  void remove(const std::string& name) {
    stage([&](Contents& contents) -> Result<std::string> {
      const std::string uuid = find_row(rows_of(contents), name).value()->current->uuid;
      NVMECTL_TRY(stage_remove(contents, uuid));
      return uuid;
    });
  }
  Result<std::vector<ChangeRow>> save(const CarryOutOptions& options = {}) {
    scene->initiator.log.clear();
    return save_in_one_step(
        scene->context, *store,
        [](Contents& contents) -> Result<std::vector<std::string>> {
          std::vector<std::string> uuids;
          for (const Row& row : changes_of(contents)) uuids.push_back(row.current->uuid);
          return uuids;
        },
        options);
  }
  [[nodiscard]] Contents contents() const { return store->load().value(); }

  std::optional<Scene> scene;
  std::optional<Store> store;

 private:
  std::string stage(const std::function<Result<std::string>(Contents&)>& change) {
    std::string uuid;
    REQUIRE(store->change({}, [&](Contents& contents) -> Result<> {
      NVMECTL_ASSIGN(uuid, change(contents));
      return {};
    }));
    return uuid;
  }
  std::string folder_;
};

using Log = std::vector<std::string>;

}  // namespace

TEST_CASE("saving removes, modifies and adds, in that order") {
  World world;
  world.add("a", "192.0.2.1");
  world.add("b", "192.0.2.2");
  auto rows = world.save();
  REQUIRE(rows->size() == 2);
  REQUIRE((*rows)[0].result == "saved");
  REQUIRE((*rows)[0].device.starts_with("nvme"));
  REQUIRE(world.contents().saved.size() == 2);
  REQUIRE(world.scene->asked.empty());  // nothing was disconnected

  world.add("c", "192.0.2.3");
  world.edit("b", [](StoredConnection& c) { c.parameters.queue_size = 32; });
  world.remove("a");
  rows = world.save();
  REQUIRE(rows->size() == 3);
  REQUIRE((*rows)[0].action == "remove");
  REQUIRE((*rows)[1].action == "modify");
  REQUIRE((*rows)[2].action == "add");
  REQUIRE(world.scene->initiator.log.size() == 4);
  REQUIRE(world.scene->initiator.log[2] == "connect 192.0.2.2");
  REQUIRE(world.scene->initiator.log[3] == "connect 192.0.2.3");
  REQUIRE(world.scene->initiator.connected.at(2).queue_size == 32U);
  REQUIRE_THAT(world.scene->asked,
               ContainsSubstring("192.0.2.1") && ContainsSubstring("(" + (*rows)[0].connection.uuid));
  REQUIRE(world.contents().saved.size() == 2);
  REQUIRE(world.contents().edits.empty());
}

TEST_CASE("what fails stays staged, and the rest is saved") {
  World world;
  world.scene->initiator.unreachable = {"192.0.2.2"};
  world.add("a", "192.0.2.1");
  world.add("b", "192.0.2.2");
  const auto rows = world.save();
  REQUIRE((*rows)[0].result == "saved");
  REQUIRE((*rows)[1].result == "failed");
  REQUIRE((*rows)[1].error->kind == ErrorKind::refused);
  REQUIRE(world.contents().saved.size() == 1);
  REQUIRE(world.contents().edits.size() == 1);
  const auto shown = show_changes(world.scene->context, *rows);
  REQUIRE(shown.error().kind == ErrorKind::partial);
  REQUIRE(world.scene->sink.errors.at(0).device == "b");
  // Without the kernel's part it is saved.
  REQUIRE((*world.save({.connect = false, .force = false}))[0].result == "saved");
  REQUIRE(world.scene->initiator.log.empty());
  REQUIRE(world.contents().saved.size() == 2);
}

TEST_CASE("a change that cannot be connected leaves the connection as it was") {
  World world;
  world.add("a", "192.0.2.1");
  REQUIRE(world.save());
  world.scene->initiator.unreachable = {"192.0.2.9"};
  world.edit("a", [](StoredConnection& c) { c.parameters.address = "192.0.2.9"; });
  const auto rows = world.save();
  REQUIRE((*rows)[0].result == "failed");
  REQUIRE_THAT((*rows)[0].error->context.at(0), ContainsSubstring("as it was before"));
  REQUIRE(world.scene->initiator.log == Log{"disconnect nvme0", "connect 192.0.2.9", "connect 192.0.2.1"});
  REQUIRE(world.scene->initiator.present.size() == 1);
  REQUIRE(world.contents().saved[0].parameters.address == "192.0.2.1");
  REQUIRE(world.contents().edits.size() == 1);
}

TEST_CASE("a new name alone disturbs no connection") {
  World world;
  world.add("a", "192.0.2.1");
  REQUIRE(world.save());
  world.edit("a", [](StoredConnection& c) { c.name = "z"; });
  REQUIRE((*world.save())[0].result == "saved");
  REQUIRE(world.scene->initiator.log.empty());
  REQUIRE(world.contents().saved[0].name == "z");
}

TEST_CASE("what is in use is not disconnected unless forced") {
  World world;
  world.add("a", "192.0.2.1");
  world.add("b", "192.0.2.2");
  REQUIRE(world.save());
  const auto& present = world.scene->initiator.present;
  for (const FabricsController& controller : present)
    if (controller.parameters.address == "192.0.2.1")
      world.scene->initiator.in_use[controller.name] = {{"nvme0n1", "mounted at /srv", controller.parameters.nqn}};
  world.remove("a");
  world.remove("b");
  auto rows = world.save();
  REQUIRE((*rows)[0].result == "failed");
  REQUIRE((*rows)[0].error->kind == ErrorKind::busy);
  REQUIRE_THAT((*rows)[0].error->cause, ContainsSubstring("mounted at /srv"));
  REQUIRE((*rows)[1].result == "saved");
  REQUIRE(world.contents().saved.size() == 1);
  REQUIRE(world.contents().edits.size() == 1);
  rows = world.save({.connect = true, .force = true});
  REQUIRE((*rows)[0].result == "saved");
  REQUIRE_THAT(world.scene->asked, ContainsSubstring("mounted at /srv"));
  REQUIRE(world.scene->initiator.present.empty());
}

TEST_CASE("who says no has changed nothing") {
  World world;
  world.add("a", "192.0.2.1");
  REQUIRE(world.save());
  world.scene->consents = false;
  const auto rows = save_in_one_step(world.scene->context, *world.store,
                                     [&](Contents& contents) -> Result<std::vector<std::string>> {
                                       const std::string uuid = contents.saved[0].uuid;
                                       NVMECTL_TRY(stage_remove(contents, uuid));
                                       return std::vector{uuid};
                                     },
                                     {});
  REQUIRE(rows.error().kind == ErrorKind::not_confirmed);
  REQUIRE(world.scene->initiator.present.size() == 1);
  REQUIRE(world.contents().edits.empty());
  // Only looking changes nothing either.
  world.remove("a");
  world.scene->context.options.dry_run = true;
  REQUIRE((*world.save())[0].result == "planned");
  REQUIRE((*world.save())[0].device == "nvme0");
  REQUIRE(world.scene->initiator.present.size() == 1);
  REQUIRE(world.contents().edits.size() == 1);
}

TEST_CASE("what is connected already is not connected again") {
  World world;
  world.add("a", "192.0.2.1");
  REQUIRE(world.save());
  Contents before = world.contents();
  world.remove("a");
  REQUIRE(world.save({.connect = false, .force = false}));
  world.add("a", "192.0.2.1");
  const auto rows = world.save();
  REQUIRE((*rows)[0].result == "saved");
  REQUIRE((*rows)[0].device == "nvme0");
  REQUIRE(world.scene->initiator.log.empty());
}

TEST_CASE("discovery controllers are stored and not connected unless they are to stay") {
  World world;
  world.add("a", "192.0.2.1");
  world.edit("a", [](StoredConnection& c) { c.parameters.nqn = discovery_nqn; });
  REQUIRE((*world.save())[0].result == "saved");
  REQUIRE(world.scene->initiator.log.empty());
  world.edit("a", [](StoredConnection& c) { c.parameters.persistent = true; });
  REQUIRE((*world.save())[0].result == "saved");
  REQUIRE(world.scene->initiator.log == Log{"connect 192.0.2.1"});
}

TEST_CASE("without a kernel that connects, removal and the store still work") {
  World world;
  world.add("a", "192.0.2.1");
  world.scene->backends.clear();
  world.scene->context.backends = {};
  const auto rows = world.save();
  REQUIRE((*rows)[0].error->kind == ErrorKind::unsupported);
  REQUIRE(world.contents().edits.size() == 1);
  REQUIRE((*world.save({.connect = false, .force = false}))[0].result == "saved");
  world.remove("a");
  REQUIRE((*world.save())[0].result == "saved");
  REQUIRE(world.contents().saved.empty());
}

TEST_CASE("controllers' states are a connection's status") {
  World world;
  FabricsController controller{"nvme7", "connecting", "io", {}};
  controller.parameters.address = "192.0.2.7";
  controller.parameters.nqn = "nqn.2014-08.org.example:a";
  world.scene->initiator.present = {controller};
  const Live live(world.scene->context);
  ConnectParameters wanted = controller.parameters;
  REQUIRE(Live::status(live.of(wanted)) == "connecting");
  REQUIRE(live.devices(live.of(wanted)) == std::vector<std::string>{"/dev/nvme7n1"});
  wanted.address = "storage.example";
  REQUIRE(live.of(wanted).size() == 1);
  REQUIRE(live.exactly(wanted).empty());
  REQUIRE(Live::status({}) == "disconnected");
  controller.state = "deleting";
  REQUIRE(Live::status({&controller}) == "disconnected");
  controller.state = "live";
  REQUIRE(Live::status({&controller}) == "connected");
}
