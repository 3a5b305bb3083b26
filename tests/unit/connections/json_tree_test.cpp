#include "connections/json_tree.hpp"

#include <string>

#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::connections;
using nvmectl_test::ContainsSubstring;

namespace {

Result<JsonNode> parse(std::string_view text) {
  return parse_json({text, "a.json", ErrorKind::io, "repair it"});
}

std::string error_of(std::string_view text) {
  const auto parsed = parse(text);
  return parsed ? "" : parsed.error().message;
}

}  // namespace

TEST_CASE("a tree gives back what was read, numbers as they were written") {
  const std::string text =
      R"({"a": [1, -2.50e+3, 123456789012345678901234567890, true, null], "b": {"c": "x\"\\\u0001é"}, "d": []})";
  const auto tree = parse(text);
  REQUIRE(tree);
  REQUIRE(dump_json(*tree) == text);
  REQUIRE(tree->find("a")->items[2].text == "123456789012345678901234567890");
  REQUIRE(same_json(*tree, *parse(dump_json_indented(*tree))));
}

TEST_CASE("numbers at every end are whole") {
  REQUIRE(parse("12")->text == "12");
  REQUIRE(parse(" [12 ,-3]")->items[1].text == "-3");
  REQUIRE(parse("{\"a\":7}")->find("a")->text == "7");
  REQUIRE(parse("[7\n\n]")->items[0].text == "7");
}

TEST_CASE("errors in JSON name line and column") {
  REQUIRE(error_of("{\"a\": 1,\n  \"b\": x}") ==
          "a.json: line 2, column 8: this is not JSON (while parsing value - invalid literal)");
  REQUIRE_THAT(error_of("{\"a\": 1,\n"),
               ContainsSubstring("line 2, column 1: this is not JSON (the file ends too early)"));
  REQUIRE_THAT(error_of(""), ContainsSubstring("line 1, column 1"));
  REQUIRE_THAT(error_of("{\"a\": 1, \"b\": 2, \"a\": 3}"), ContainsSubstring("'a' stands twice"));
  REQUIRE_THAT(error_of("[1] 2"), ContainsSubstring("line 1, column 5"));
  REQUIRE(parse("[").error().hint == "repair it");
  REQUIRE(parse("[").error().kind == ErrorKind::io);
}

TEST_CASE("values know where they begin") {
  const std::string_view text = R"([12 , -3.5e1, "a\"b", "\\", true,null,{"k" : "v"}, []])";
  const auto tree = parse(text);
  REQUIRE(tree);
  std::string firsts;
  for (const JsonNode& item : tree->items) firsts += text[item.offset];
  REQUIRE(firsts == "1-\"\"tn{[");
  REQUIRE(text.substr(tree->items[2].offset, 4) == "\"a\\\"");
  REQUIRE(text.substr(tree->items[6].items[0].offset) == "\"v\"}, []]");
}

TEST_CASE("an error in JSON shows nothing of a secret") {
  REQUIRE_THAT(error_of("{\"dhchap_secret\": \"DHHC-1:00:c2VjcmV0"), !ContainsSubstring("c2VjcmV0"));
  REQUIRE_THAT(error_of("{\"dhchap_secret\": \"DHHC-1:00:c2VjcmV0\n\"}"), !ContainsSubstring("c2VjcmV0"));
}

TEST_CASE("depth, size and number of values are bounded") {
  REQUIRE_THAT(error_of(std::string(40, '[')), ContainsSubstring("nested more than 32 deep"));
  REQUIRE(parse(std::string(30, '[') + std::string(30, ']')));
  REQUIRE_THAT(error_of(std::string((16U << 20U) + 1, ' ')), ContainsSubstring("larger than 16 MiB"));
  std::string many = "[0";
  for (int i = 0; i < 500'000; ++i) many += ",0";
  REQUIRE_THAT(error_of(many + "]"), ContainsSubstring("more than 500000 values"));
}
