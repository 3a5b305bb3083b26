#include "connections/contents.hpp"

#include "connections/index.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::connections;
using nvmectl_test::ContainsSubstring;

namespace {

StoredConnection made(std::string name, std::string address = "192.0.2.1",
                      std::string nqn = "nqn.2014-08.org.example:a") {
  StoredConnection connection;
  connection.name = std::move(name);
  connection.parameters.address = std::move(address);
  connection.parameters.nqn = std::move(nqn);
  return connection;
}

void save_all(Contents& contents) {
  const auto done = commit(contents, changes_of(contents));
  for (const bool one : done) REQUIRE(one);
}

}  // namespace

TEST_CASE("additions, changes and removals are staged, seen and saved in order") {
  Contents contents;
  const std::string a = stage_add(contents, made("a")).value();
  const std::string b = stage_add(contents, made("b", "192.0.2.2")).value();
  REQUIRE(contents.saved.empty());
  REQUIRE(changes_of(contents).size() == 2);
  save_all(contents);
  REQUIRE(contents.saved.size() == 2);
  REQUIRE(contents.edits.empty());

  REQUIRE(stage_remove(contents, a));
  StoredConnection changed = contents.saved[1];
  changed.parameters.service = "4421";
  REQUIRE(stage_edit(contents, changed));
  REQUIRE(stage_add(contents, made("c", "192.0.2.3")));
  const auto changes = changes_of(contents);
  REQUIRE(changes.size() == 3);
  REQUIRE(changes[0].change == Change::removed);
  REQUIRE(changes[0].current->name == "a");
  REQUIRE(changes[1].change == Change::modified);
  REQUIRE(changes[1].saved->parameters.service.empty());
  REQUIRE(changes[1].current->parameters.service == "4421");
  REQUIRE(changes[2].change == Change::added);
  save_all(contents);
  REQUIRE(contents.saved.size() == 2);
  REQUIRE(contents.saved[0].uuid == b);
  REQUIRE(contents.saved[0].parameters.service == "4421");
}

TEST_CASE("an edit that undoes itself is none") {
  Contents contents;
  const std::string uuid = stage_add(contents, made("a")).value();
  save_all(contents);
  StoredConnection changed = contents.saved[0];
  changed.parameters.queue_size = 64;
  REQUIRE(stage_edit(contents, changed));
  REQUIRE(contents.edits.size() == 1);
  REQUIRE(stage_edit(contents, contents.saved[0]));
  REQUIRE(contents.edits.empty());
  REQUIRE(stage_add(contents, made("b", "192.0.2.2")));
  REQUIRE(stage_remove(contents, contents.edits[0].connection.uuid));
  REQUIRE(contents.edits.empty());
  REQUIRE(stage_remove(contents, uuid));
  REQUIRE(discard(contents) == 1);
  REQUIRE(changes_of(contents).empty());
  REQUIRE(stage_remove(contents, "none").error().kind == ErrorKind::not_found);
}

TEST_CASE("the same name, controller or UUID twice is refused") {
  Contents contents;
  REQUIRE(stage_add(contents, made("a", "2001:db8::1")));
  REQUIRE_THAT(stage_add(contents, made("a", "192.0.2.9")).error().message, ContainsSubstring("the name a"));
  const auto same = stage_add(contents, made("b", "2001:db8:0:0::1"));
  REQUIRE(same.error().kind == ErrorKind::usage);
  REQUIRE_THAT(same.error().message, ContainsSubstring("a connection to the same controller"));
  StoredConnection twin = made("b", "2001:db8::1");
  twin.parameters.duplicate_connect = true;
  REQUIRE(stage_add(contents, twin));
  StoredConnection copy = made("c", "192.0.2.4");
  copy.uuid = contents.edits[0].connection.uuid;
  REQUIRE_THAT(stage_add(contents, copy).error().message, ContainsSubstring("the UUID"));
  // What is to be removed is in nobody's way.
  save_all(contents);
  REQUIRE(stage_remove(contents, contents.saved[0].uuid));
  REQUIRE(stage_add(contents, made("a", "192.0.2.5")));
}

TEST_CASE("what is wrong is refused before it is staged") {
  Contents contents;
  REQUIRE(stage_add(contents, made("-x")).error().kind == ErrorKind::usage);
  REQUIRE(stage_add(contents, made("a b")).error().kind == ErrorKind::usage);
  REQUIRE_FALSE(check_name("0d9bd2f1-7c5d-4f0e-9a53-2f4e6b8f1a11"));
  REQUIRE_FALSE(check_name(std::string(65, 'x')));
  REQUIRE(check_name("úložiště-1"));
  REQUIRE_FALSE(stage_add(contents, made("a", "192.0.2.1", "not an nqn")));
  StoredConnection key = made("a");
  key.parameters.tls_key = "NVMeTLSkey-1:01:secret:";
  const auto refused = stage_add(contents, key);
  REQUIRE_THAT(refused.error().message + refused.error().hint, !ContainsSubstring("secret:"));
  REQUIRE(contents.edits.empty());
}

TEST_CASE("connections are found by name, UUID and the beginning of one") {
  std::vector<StoredConnection> saved(3);
  saved[0].uuid = "aaaa1111-0000-4000-8000-000000000000";
  saved[1].uuid = "aaaa2222-0000-4000-8000-000000000000";
  saved[2].uuid = "bbbb0000-0000-4000-8000-000000000000";
  saved[2].name = "aaaa1";
  REQUIRE(find_saved(saved, "aaaa1").value() == &saved[2]);
  REQUIRE(find_saved(saved, "AAAA2").value() == &saved[1]);
  REQUIRE(find_saved(saved, saved[0].uuid).value() == &saved[0]);
  REQUIRE(find_saved(saved, "aaaa").error().kind == ErrorKind::usage);
  REQUIRE(find_saved(saved, "bbb").error().kind == ErrorKind::not_found);
  REQUIRE(find_saved(saved, "").error().kind == ErrorKind::not_found);
}

TEST_CASE("an edit that somebody changed meanwhile is not saved") {
  Contents contents;
  REQUIRE(stage_add(contents, made("a")));
  const Contents seen = contents;
  const auto rows = changes_of(seen);
  StoredConnection other = contents.edits[0].connection;
  other.parameters.service = "4421";
  REQUIRE(stage_edit(contents, other));
  REQUIRE(commit(contents, rows) == std::vector<bool>{false});
  REQUIRE(contents.saved.empty());
  REQUIRE(contents.edits.size() == 1);
}

TEST_CASE("controllers are found whatever host name led to them") {
  ConnectParameters live;
  live.address = "192.0.2.7";
  live.service = "4420";
  live.nqn = "nqn.2014-08.org.example:a";
  ControllerIndex index;
  index.add(live, 5);
  ConnectParameters stored = live;
  stored.service.clear();
  REQUIRE(index.find(stored) == std::vector<std::size_t>{5});
  stored.address = "storage.example";
  REQUIRE(index.find(stored).empty());
  REQUIRE(index.find_by_name(stored) == std::vector<std::size_t>{5});
  stored.address = "192.0.2.8";
  REQUIRE(index.find_by_name(stored).empty());
  stored.address = "storage.example";
  stored.nqn = "nqn.2014-08.org.example:b";
  REQUIRE(index.find_by_name(stored).empty());
}

TEST_CASE("new UUIDs differ and say their version") {
  const std::string a = new_uuid(), b = new_uuid();
  REQUIRE(a != b);
  REQUIRE(a.size() == 36);
  REQUIRE(a[14] == '4');
}
