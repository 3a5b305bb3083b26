#include "plugins/loader.hpp"

#include "support.hpp"

using namespace plugin_test;

namespace {

Environment with_path(std::string value) {
  return {[value](std::string_view name) {
    return name == "NVMECTL_PLUGIN_PATH" ? std::optional<std::string>(value) : std::nullopt;
  }};
}

}  // namespace

TEST_CASE("the registry makes an area of each usable plugin", "[plugins][loader]") {
  TemporaryFolder folder;
  (void)folder.file("a.json", plugin_text(good_fields));
  (void)folder.file("b.json", "{");
  (void)folder.file("c.json", plugin_text(good_fields));  // the name is taken
  (void)folder.file("d.json", plugin_text(good_fields, R"({"id": 1, "bytes": 16})", "zeta"));
  plugins::Registry registry(with_path(folder.path() + ":" + folder.path() + "/none"), "");
  const auto areas = registry.areas();
  REQUIRE(areas.size() == 2);
  CHECK(areas[0].name == "acme");
  CHECK(areas[0].summary == "Acme drives");
  REQUIRE(areas[0].commands.size() == 1);
  CHECK(areas[0].commands[0]->full_name() == "acme wear-log");
  CHECK(areas[1].name == "zeta");
  const auto& sources = registry.sources();
  REQUIRE(sources.size() == 5);
  CHECK(sources[0].plugin != nullptr);
  CHECK(sources[0].reason.empty());
  CHECK(sources[1].plugin == nullptr);
  CHECK_THAT(sources[1].reason, Catch::Matchers::StartsWith("1:"));
  CHECK(sources[2].reason == folder.path() + "/a.json has the plugin acme already");
  CHECK(sources[2].plugin == nullptr);
  CHECK(sources[4].path == folder.path() + "/none");
  CHECK(sources[4].reason == "No such file or directory");
}

TEST_CASE("a registry that nobody asks reads nothing", "[plugins][loader]") {
  int asked = 0;
  plugins::Registry registry({[&](std::string_view) {
                               ++asked;
                               return std::nullopt;
                             }},
                             "");
  CHECK(asked == 0);
  (void)registry.areas();
  (void)registry.sources();
  CHECK(asked == 1);
}
