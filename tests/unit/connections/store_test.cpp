#include "connections/store.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "connections/store_json.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::connections;
using nvmectl_test::ContainsSubstring;

namespace {

/// A directory of its own, gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = "/tmp/nvmectl-store-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    for (const char* end : {"", ".staged", ".lock", ".save.lock", ".new", ".staged.new"})
      ::unlink((store() + end).c_str());
    ::rmdir(path_.c_str());
  }
  [[nodiscard]] std::string store() const { return path_ + "/connections.json"; }
  [[nodiscard]] bool has(const std::string& end) const { return ::access((store() + end).c_str(), F_OK) == 0; }
  [[nodiscard]] std::string text(const std::string& end = "") const {
    std::ifstream file(store() + end, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(std::string_view text, const std::string& end = "") const {
    std::ofstream(store() + end, std::ios::binary) << text;
  }

 private:
  std::string path_;
};

StoredConnection made(std::string name, int last = 1) {
  StoredConnection connection;
  connection.name = std::move(name);
  connection.parameters.address = fmt::format("192.0.{}.{}", last / 250, last % 250 + 1);
  connection.parameters.nqn = "nqn.2014-08.org.example:a";
  return connection;
}

Deadline soon() {
  return Deadline::in(std::chrono::seconds(20));
}

Result<> add(const Store& store, const StoredConnection& connection) {
  return store.change(soon(), [&](Contents& contents) -> Result<> {
    NVMECTL_TRY(stage_add(contents, connection));
    return {};
  });
}

Result<> save(const Store& store) {
  return store.change(soon(), [](Contents& contents) -> Result<> {
    commit(contents, changes_of(contents));
    return {};
  });
}

constexpr std::array crash_steps{Step::create, Step::write, Step::sync_file, Step::rename, Step::sync_directory};

}  // namespace

TEST_CASE("a store is read back as it was written") {
  const Folder folder;
  const Store store(folder.store());
  REQUIRE(store.load()->saved.empty());
  StoredConnection full = made("db");
  full.parameters.service = "4421";
  full.parameters.dhchap_secret = "file:/etc/nvmectl/key";
  full.parameters.queue_size = 64;
  full.parameters.ctrl_loss_seconds = -1;
  full.parameters.data_digest = true;
  REQUIRE(add(store, full));
  REQUIRE(add(store, made("two", 2)));
  REQUIRE_FALSE(folder.has(""));
  REQUIRE(store.load()->edits.size() == 2);
  REQUIRE(save(store));
  const auto read = store.load();
  REQUIRE(read);
  REQUIRE(read->saved.size() == 2);
  REQUIRE(read->saved[0].parameters == full.parameters);
  REQUIRE(read->edits.empty());
  REQUIRE_FALSE(folder.has(".staged"));
  struct stat about {};
  REQUIRE(::stat(folder.store().c_str(), &about) == 0);
  REQUIRE((about.st_mode & 07777) == 0600);
}

TEST_CASE("what is not known is kept and told") {
  const Folder folder;
  folder.write(R"({"version": 1, "future": {"x": 1.10}, "connections": [
    {"uuid": "0d9bd2f1-7c5d-4f0e-9a53-2f4e6b8f1a11", "nqn": "nqn.2014-08.org.example:a", "address": "192.0.2.1",
     "colour": ["red", 123456789012345678901]}]})");
  const Store store(folder.store());
  const auto read = store.load();
  REQUIRE(read);
  REQUIRE(read->notes.size() == 1);
  REQUIRE_THAT(read->notes[0], ContainsSubstring("colour, future"));
  REQUIRE(add(store, made("two", 2)));
  REQUIRE(save(store));
  REQUIRE_THAT(folder.text(), ContainsSubstring("\"future\": {\"x\": 1.10}"));
  REQUIRE_THAT(folder.text(), ContainsSubstring("\"colour\": [\"red\", 123456789012345678901]"));
}

TEST_CASE("a store that cannot be understood is an error, and stays as it is") {
  const std::string row = R"({"uuid": "0d9bd2f1-7c5d-4f0e-9a53-2f4e6b8f1a11", "nqn": "nqn.2014-08.org.example:a"})";
  const std::array<std::pair<std::string, std::string>, 14> cases{{
      {"", "line 1, column 1"},
      {"{\"version\": 1, \"connections\": [", "ends too early"},
      {"hello", "line 1, column 1"},
      {"[]", "an object is expected"},
      {"{\"connections\": []}", "'version' is missing"},
      {"{\"version\": \"1\", \"connections\": []}", "'version' is a string"},
      {"{\"version\": 1}", "'connections' is missing"},
      {"{\"version\": 1,\n \"connections\": {}}", "line 2, column 17: 'connections' is an object"},
      {"{\"version\": 1, \"connections\": [7]}", "'a connection' is a number"},
      {"{\"version\": 1, \"connections\": [{}]}", "has no 'uuid'"},
      {"{\"version\": 1, \"connections\": [{\"uuid\": \"x\"}]}", "column 41"},
      {"{\"version\": 1, \"connections\": [" + row + "," + row + "]}", "stands twice"},
      {"{\"version\": 1, \"connections\": [{\"queue_size\": \"many\"}]}", "'queue_size' is a string, but a number"},
      {"{\"version\": 1, \"connections\": [{\"tls\": 1}]}", "'tls' is a number, but true or false"},
  }};
  const Folder folder;
  const Store store(folder.store());
  for (const auto& [text, says] : cases) {
    folder.write(text);
    const auto read = store.load();
    INFO(text);
    REQUIRE_FALSE(read);
    REQUIRE(read.error().kind == ErrorKind::io);
    REQUIRE_THAT(read.error().message, ContainsSubstring(says));
    REQUIRE_THAT(read.error().message, ContainsSubstring(folder.store() + ": line "));
    REQUIRE_FALSE(add(store, made("a")));
    REQUIRE(folder.text() == text);
    REQUIRE_FALSE(folder.has(".staged"));
  }
}

TEST_CASE("a newer store is not touched") {
  const Folder folder;
  folder.write("{\"version\": 2, \"what\": \"ever\"}");
  const Store store(folder.store());
  REQUIRE(store.load().error().kind == ErrorKind::unsupported);
  REQUIRE(add(store, made("a")).error().kind == ErrorKind::unsupported);
  REQUIRE(folder.text() == "{\"version\": 2, \"what\": \"ever\"}");
}

TEST_CASE("a crash at any step leaves the old or the new store") {
  for (std::size_t stop = 0; stop < 2 * crash_steps.size() + 3; ++stop) {
    const Folder folder;
    const Store store(folder.store());
    REQUIRE(add(store, made("old")));
    REQUIRE(save(store));
    REQUIRE(add(store, made("new", 2)));
    // The child dies before step number `stop` of a save, which writes one file and removes the other.
    const pid_t child = ::fork();
    if (child == 0) {
      std::size_t steps = 0;
      const Store dying(folder.store(), [&](Step, const std::string&) -> Result<> {
        if (steps++ == stop) ::_exit(7);
        return {};
      });
      static_cast<void>(save(dying));
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    const auto read = store.load();
    INFO("stopped before step " << stop);
    REQUIRE(read);
    const auto rows = rows_of(*read);
    REQUIRE(rows.size() == 2);  // nothing is lost: the new one is staged or saved
    REQUIRE(rows[0].current->name == "old");
    REQUIRE(rows[1].current->name == "new");
    REQUIRE(rows[1].change == (read->saved.size() == 2 ? Change::none : Change::added));
    REQUIRE(save(store));  // and goes on
    REQUIRE(store.load()->saved.size() == 2);
    REQUIRE_FALSE(folder.has(".new"));
  }
}

TEST_CASE("a system that fails at any step leaves the old store and no temporary file") {
  for (const Step step : crash_steps) {
    const Folder folder;
    REQUIRE(add(Store(folder.store()), made("old")));
    REQUIRE(save(Store(folder.store())));
    const std::string before = folder.text();
    REQUIRE(add(Store(folder.store()), made("new", 2)));
    const Store failing(folder.store(), [&](Step which, const std::string&) -> Result<> {
      if (which == step) return fail(os_error(ENOSPC, "cannot write", "free some space"));
      return {};
    });
    const auto saved = save(failing);
    REQUIRE_FALSE(saved);
    REQUIRE(saved.error().os_errno == ENOSPC);
    if (step != Step::sync_directory) REQUIRE(folder.text() == before);
    REQUIRE_FALSE(folder.has(".new"));
    REQUIRE(rows_of(*Store(folder.store()).load()).size() == 2);
  }
}

TEST_CASE("writers at the same time lose nothing") {
  const Folder folder;
  constexpr int writers = 6, each = 15;
  for (int writer = 0; writer < writers; ++writer) {
    if (::fork() != 0) continue;
    const Store store(folder.store());
    int failed = 0;
    for (int i = 0; i < each; ++i) {
      const int number = writer * each + i;
      if (!add(store, made(fmt::format("c{}", number), number))) ++failed;
      if (number % 3 == 0 && !save(store)) ++failed;
    }
    ::_exit(failed);
  }
  const Store store(folder.store());
  int ended = 0;
  while (ended < writers) {
    int status = 0;
    if (::waitpid(-1, &status, WNOHANG) > 0) {
      ++ended;
      REQUIRE(WIFEXITED(status));
      REQUIRE(WEXITSTATUS(status) == 0);
    }
    REQUIRE(store.load());  // readers see whole files all the time
  }
  REQUIRE(save(store));
  REQUIRE(store.load()->saved.size() == std::size_t{writers * each});
}

TEST_CASE("readers never miss what is being saved") {
  const Folder folder;
  const Store store(folder.store());
  const pid_t child = ::fork();
  if (child == 0) {
    int failed = 0;
    for (int i = 0; i < 100; ++i) failed += add(store, made(fmt::format("c{}", i), i)) && save(store) ? 0 : 1;
    ::_exit(failed);
  }
  std::size_t most = 0;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    const auto read = store.load();
    REQUIRE(read);
    const std::size_t now = rows_of(*read).size();
    REQUIRE(now >= most);
    most = now;
  }
  REQUIRE(WEXITSTATUS(status) == 0);
}

TEST_CASE("who holds the lock too long is named") {
  const Folder folder;
  const Store store(folder.store());
  REQUIRE(add(store, made("a")));
  const auto held = FileLock::take(folder.store() + ".lock", soon(), "it");
  REQUIRE(held);
  const auto began = std::chrono::steady_clock::now();
  const auto refused = store.change(Deadline::in(std::chrono::milliseconds(100)), [](Contents&) { return Result<>{}; });
  REQUIRE_FALSE(refused);
  REQUIRE(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
  REQUIRE(refused.error().kind == ErrorKind::busy);
  REQUIRE_THAT(refused.error().cause, ContainsSubstring(fmt::format("process {}", ::getpid())));
  REQUIRE(store.load()->edits.size() == 1);  // reading needs no lock
}

TEST_CASE("one step for quick connections, twice the same") {
  const Folder folder;
  const Environment environment{[&](std::string_view name) -> std::optional<std::string> {
    return name == store_variable ? std::optional(folder.store()) : std::nullopt;
  }};
  REQUIRE(add(Store(folder.store()), made("staged", 9)));
  const auto uuid = add_saved(environment, made("a"), soon());
  REQUIRE(uuid);
  REQUIRE(add_saved(environment, made("other-name"), soon()).value() == *uuid);
  REQUIRE(load_saved(environment)->size() == 1);
  REQUIRE(load_one(environment, "a")->uuid == *uuid);
  REQUIRE(Store(folder.store()).load()->edits.size() == 1);
  REQUIRE(add_saved(environment, made("", 9), soon()));  // what was staged is saved
  REQUIRE(load_saved(environment)->size() == 2);
  REQUIRE(load_one(environment, "none").error().kind == ErrorKind::not_found);
}

TEST_CASE("a link to the store stays a link") {
  const Folder folder;
  const std::string link = folder.store() + ".new.link";
  REQUIRE(add(Store(folder.store()), made("a")));
  REQUIRE(save(Store(folder.store())));
  REQUIRE(::symlink(folder.store().c_str(), link.c_str()) == 0);
  REQUIRE(add(Store(link), made("b", 2)));
  REQUIRE(save(Store(link)));
  struct stat about {};
  REQUIRE(::lstat(link.c_str(), &about) == 0);
  REQUIRE(S_ISLNK(about.st_mode));
  ::unlink(link.c_str());
  REQUIRE(Store(folder.store()).load()->saved.size() == 2);
}
