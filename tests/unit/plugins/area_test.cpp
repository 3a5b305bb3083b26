#include "plugins/area.hpp"

#include "support.hpp"

using namespace plugin_test;

TEST_CASE("plugin list shows what is usable and why not", "[plugins][area]") {
  TemporaryFolder folder;
  (void)folder.file("a.json", plugin_text(good_fields));
  (void)folder.file("b.json", plugin_text(R"({"offset": 4, "type": "u32", "key": "A", "title": "A"})"));
  World world;
  world.environment.variable = [&](std::string_view) { return std::optional<std::string>(folder.path()); };
  REQUIRE(world.run(plugins::list_command, {}));
  const auto* list = world.out.data.as<List>();
  REQUIRE(list != nullptr);
  REQUIRE(list->items.size() >= 2);
  const Record& good = *list->items[0].as<Record>();
  CHECK(good.at("name").text() == "acme");
  CHECK(good.at("usable") == Value(true));
  CHECK(good.at("reason").is_null());
  CHECK(good.at("file").text() == folder.path() + "/a.json");
  REQUIRE(good.at("commands").as<List>() != nullptr);
  CHECK(good.at("commands").as<List>()->items[0].text() == "wear-log");
  const Record& bad = *list->items[1].as<Record>();
  CHECK(bad.at("usable") == Value(false));
  CHECK(bad.at("name").is_null());
  CHECK_THAT(std::string(bad.at("reason").text()), nvmectl_test::ContainsSubstring("commands[0].fields[0].offset") &&
                                                       nvmectl_test::ContainsSubstring("2 more"));
}

TEST_CASE("plugin check lists every file's problems and fails with usage", "[plugins][area]") {
  TemporaryFolder folder;
  const std::string good = folder.file("good.json", plugin_text(good_fields));
  const std::string gap = folder.file("gap.json", plugin_text(R"({"offset": 4, "type": "u32", "key": "A", "title": "A"},
      {"offset": 8, "type": "reserved", "size": 8})"));
  const std::string syntax = folder.file("syntax.json", "{\n]");
  World world;
  CHECK(world.run(plugins::check_command, {{0, good}}));
  CHECK(plugins::check_command.output.text(world.out.data, {}) == good + ": valid: acme: wear-log\n");

  const auto result = world.run(plugins::check_command, {{0, good}, {0, gap}, {0, syntax}, {0, "/nowhere.json"}});
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::usage);
  CHECK(result.error().message == "4 problems in 3 of 4 plugin files");
  const std::string text = plugins::check_command.output.text(world.out.data, {});
  CHECK_THAT(text, nvmectl_test::ContainsSubstring(gap + ": commands[0].fields[0].offset: leaves a gap") &&
                       nvmectl_test::ContainsSubstring(gap + ": commands[0].fields[0].key: 'A' is not snake_case") &&
                       nvmectl_test::ContainsSubstring(syntax + ":2:1: syntax error") &&
                       nvmectl_test::ContainsSubstring("/nowhere.json: cannot be read: No such file or directory"));
  const auto* list = world.out.data.as<List>();
  REQUIRE(list != nullptr);
  REQUIRE(list->items.size() == 4);
  const Record& third = *list->items[2].as<Record>();
  CHECK(third.at("valid") == Value(false));
  const Record& problem = *third.at("problems").as<List>()->items.at(0).as<Record>();
  CHECK(problem.at("line").number() == 2);
  CHECK(problem.at("column").number() == 1);
  CHECK(problem.at("path").is_null());
}

TEST_CASE("the area's commands are declared whole", "[plugins][area]") {
  for (const CommandSpec* spec : plugins::plugin_commands()) {
    CHECK(spec->area == "plugin");
    CHECK(spec->output.schema != nullptr);
    CHECK_FALSE(spec->examples.empty());
    CHECK(spec->effect == Effect::read_only);
  }
}
