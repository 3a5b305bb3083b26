#include <fmt/format.h>

#include <string>

#include "nvme/layout.hpp"
#include "support.hpp"

using namespace plugin_test;
using Lines = std::vector<std::string>;

namespace {

std::string one_field(std::string_view first) {
  return plugin_text(std::string(first) + R"(, {"offset": 4, "type": "reserved", "size": 12})");
}

}  // namespace

TEST_CASE("a small plugin is read", "[plugins][parse]") {
  const auto parsed = plugins::parse_plugin(plugin_text(good_fields));
  REQUIRE(parsed.problems.empty());
  REQUIRE(parsed.plugin);
  CHECK(parsed.plugin->name == "acme");
  REQUIRE(parsed.plugin->specs.size() == 1);
  const CommandSpec& spec = *parsed.plugin->specs[0];
  CHECK(spec.full_name() == "acme wear-log");
  CHECK(spec.opens_device);
  CHECK(spec.group == Group::plugins);
  CHECK(spec.effect == Effect::read_only);
  REQUIRE(spec.output.schema != nullptr);
  CHECK(spec.output.schema->title == "Wear");
  CHECK(spec.output.schema->wire_size == 16);
  CHECK(spec.output.schema->reference == "Acme manual 3");
  REQUIRE(spec.output.schema->find("erases") != nullptr);
  CHECK(parsed.plugin->commands[0].log_id == 0xca);
  CHECK(parsed.plugin->commands[0].nsid == 0xffffffff);
}

TEST_CASE("every type of the vocabulary is read", "[plugins][parse]") {
  const auto parsed = plugins::parse_plugin(plugin_text(R"(
      {"offset": 0, "type": "u8", "key": "a", "title": "A", "unit": "percent", "show": "table", "hex": true},
      {"offset": 1, "type": "u16", "key": "b", "title": "B", "doc": "B's", "mnemonic": "bb", "since": "2.0"},
      {"offset": 3, "type": "u24", "key": "c", "title": "C"},
      {"offset": 6, "type": "u32", "key": "d", "title": "D"},
      {"offset": 10, "type": "u48", "key": "e", "title": "E"},
      {"offset": 16, "type": "u64", "key": "f", "title": "F"},
      {"offset": 24, "type": "u128", "key": "g", "title": "G", "unit": "bytes"},
      {"offset": 40, "type": "number", "size": 7, "key": "h", "title": "H"},
      {"offset": 47, "type": "ascii", "size": 5, "key": "i", "title": "I"},
      {"offset": 52, "type": "utf8", "size": 4, "key": "j", "title": "J"},
      {"offset": 56, "type": "uuid", "key": "k", "title": "K"},
      {"offset": 72, "type": "bytes", "size": 4, "key": "l", "title": "L"},
      {"offset": 76, "type": "symbol", "size": 1, "key": "m", "title": "M", "names": {"0": "off", "0x1": "on"}},
      {"offset": 77, "type": "flags", "size": 1, "key": "n", "title": "N", "bits": [
        {"key": "ready", "title": "Ready", "shift": 0},
        {"key": "level", "title": "Level", "shift": 1, "width": 2, "names": {"3": "high"}}]},
      {"offset": 78, "type": "numbers", "size": 2, "count": 3, "key": "o", "title": "O", "unit": "kelvin"},
      {"offset": 84, "type": "texts", "size": 4, "count": 2, "key": "p", "title": "P"},
      {"offset": 92, "type": "reserved", "size": 8})",
                                                        R"({"id": 202, "bytes": 100, "nsid": 0})"));
  for (const auto& problem : parsed.problems) UNSCOPED_INFO(to_string(problem));
  REQUIRE(parsed.plugin);
  const auto& command = parsed.plugin->commands[0];
  CHECK(nvme::covers(command.fields, 100));
  CHECK(command.nsid == 0);
  CHECK(command.fields.size() == 17);
  CHECK(command.fields[0].unit == Unit::percent);
  CHECK(command.fields[0].show == Show::table);
  CHECK(command.fields[0].hex);
  CHECK(command.fields[1].mnemonic == "bb");
  CHECK(command.fields[1].doc == "B's");
  CHECK(command.fields[1].since == "2.0");
  CHECK(command.fields[6].kind == Kind::u128);
  CHECK(command.fields[9].text == TextCoding::nul_padded);
  CHECK(command.fields[10].text == TextCoding::uuid);
  REQUIRE(command.fields[12].names.size() == 2);
  CHECK(name_of(command.fields[12].names, 1) == "on");
  REQUIRE(command.fields[13].bits.size() == 2);
  CHECK(command.fields[13].bits[1].width == 2);
  CHECK(name_of(command.fields[13].bits[1].names, 3) == "high");
  CHECK(command.fields[14].element_kind == Kind::unsigned_integer);
  CHECK(command.fields[14].unit == Unit::kelvin);
  CHECK(command.fields[15].element_kind == Kind::string);
  CHECK_FALSE(command.fields[16].in_data());
}

TEST_CASE("comments are allowed", "[plugins][parse]") {
  CHECK(problems_of("// why\n" + plugin_text(good_fields) + "/* the end */\n").empty());
}

TEST_CASE("text that is no JSON is placed by line and column", "[plugins][parse]") {
  const auto missing_colon = plugins::parse_plugin("{\n  \"name\" 3\n}");
  REQUIRE(missing_colon.problems.size() == 1);
  CHECK(missing_colon.problems[0].line == 2);
  CHECK(missing_colon.problems[0].column == 10);
  CHECK_THAT(missing_colon.problems[0].message, nvmectl_test::ContainsSubstring("syntax error"));

  const auto cut = plugins::parse_plugin("{\"a\": [1,\n");
  REQUIRE(cut.problems.size() == 1);
  CHECK(cut.problems[0].line >= 1);
  CHECK_FALSE(cut.plugin);

  const auto empty = plugins::parse_plugin("");
  REQUIRE(empty.problems.size() == 1);
  CHECK(empty.problems[0].line == 1);

  const auto control = plugins::parse_plugin("{\"a\x1b[31m\": 1}");
  REQUIRE(control.problems.size() == 1);
  CHECK(control.problems[0].message.find('\x1b') == std::string::npos);
}

TEST_CASE("a member that stands twice is placed, not silently dropped", "[plugins][parse]") {
  const auto twice = plugins::parse_plugin("{\n \"name\": 1,\n \"name\": 2}");
  REQUIRE(twice.problems.size() == 1);
  CHECK(twice.problems[0].line == 3);
  CHECK(twice.problems[0].column == 7);
  CHECK(twice.problems[0].message == "the member 'name' stands twice");
}

TEST_CASE("what is too large or too deep is refused", "[plugins][parse]") {
  CHECK(problems_of(std::string((1U << 20U) + 1, ' ')) == Lines{"is larger than 1 MiB"});
  const auto deep = plugins::parse_plugin(std::string(5000, '['));
  REQUIRE(deep.problems.size() == 1);
  CHECK(deep.problems[0].message == "nested deeper than 12 levels");
  CHECK(deep.problems[0].column == 13);
  std::string many = "[";
  for (int i = 0; i < 100'001; ++i) many += "0,";
  const auto wide = plugins::parse_plugin(many + "0]");
  REQUIRE(wide.problems.size() == 1);
  CHECK(wide.problems[0].message == "more than 100000 values");
  CHECK(problems_of(plugin_text(good_fields, R"({"id": 1, "bytes": 1048580})")) ==
        Lines{"commands[0].log.bytes: 1048580 is not from 4 to 1048576"});
  std::string fields;
  for (int i = 0; i < 4097; ++i)
    fields += fmt::format(R"({}{{"offset": {}, "type": "u8", "key": "k{}", "title": "K"}})", i == 0 ? "" : ",", i, i);
  CHECK(problems_of(plugin_text(fields, R"({"id": 1, "bytes": 4100})")) ==
        Lines{"commands[0].fields: has more than 4096 items"});
}

TEST_CASE("gaps, overlaps and a wrong end are said with their bytes", "[plugins][parse]") {
  CHECK(problems_of(plugin_text(R"({"offset": 0, "type": "u32", "key": "a", "title": "A"},
                                   {"offset": 6, "type": "reserved", "size": 10})")) ==
        Lines{"commands[0].fields[1].offset: leaves a gap: no field covers the bytes from 4 to 5"});
  CHECK(problems_of(plugin_text(R"({"offset": 0, "type": "u32", "key": "a", "title": "A"},
                                   {"offset": 2, "type": "reserved", "size": 14})")) ==
        Lines{"commands[0].fields[1].offset: overlaps: the fields before cover the bytes up to 3"});
  CHECK(problems_of(plugin_text(R"({"offset": 0, "type": "u32", "key": "a", "title": "A"})")) ==
        Lines{"commands[0].fields: no field covers the bytes from 4 to 15"});
  CHECK(problems_of(
            plugin_text(R"({"offset": 0, "type": "numbers", "size": 8, "count": 3, "key": "a", "title": "A"})")) ==
        Lines{"commands[0].fields[0]: ends at byte 23, behind the page's 15"});
  CHECK(problems_of(plugin_text(R"({"offset": 0, "type": "reserved", "size": 16})")) ==
        Lines{"commands[0].fields: has nothing but reserved bytes"});
}

TEST_CASE("all problems are reported, not only the first", "[plugins][parse]") {
  const auto problems = problems_of(plugin_text(R"(
      {"offset": 0, "type": "u32", "key": "Bad Key", "title": "A"},
      {"offset": 4, "type": "u33", "key": "b", "title": "B"},
      {"offset": 8, "type": "u16", "key": "c", "titlee": "C"},
      {"offset": 12, "type": "reserved", "size": 4})"));
  CHECK(
      problems ==
      Lines{
          "commands[0].fields[1].type: 'u33' is none of u8, u16, u24, u32, u48, u64, u128, number, ascii, utf8, uuid, "
          "bytes, symbol, flags, numbers, texts, reserved",
          "commands[0].fields[2].title: is missing", "commands[0].fields[2].titlee: is not known here; is title meant?",
          "commands[0].fields[0].key: 'Bad Key' is not snake_case",
          "commands[0].fields[3].offset: leaves a gap: no field covers the bytes from 10 to 11"});
}

TEST_CASE("keys and mnemonics stand once", "[plugins][parse]") {
  CHECK(problems_of(plugin_text(R"({"offset": 0, "type": "u32", "key": "a", "title": "A", "mnemonic": "x"},
                                   {"offset": 4, "type": "u32", "key": "a", "title": "B"},
                                   {"offset": 8, "type": "u32", "key": "x", "title": "C"},
                                   {"offset": 12, "type": "u32", "key": "d", "title": "D", "mnemonic": "x"})")) ==
        Lines{"commands[0].fields[1].key: 'a' stands twice", "commands[0].fields[2].key: 'x' stands twice",
              "commands[0].fields[3].mnemonic: 'x' stands twice"});
}

TEST_CASE("members have the right types and ranges", "[plugins][parse]") {
  CHECK(problems_of(one_field(R"({"offset": "zero", "type": "u32", "key": "a", "title": "A"})")) ==
        Lines{"commands[0].fields[0].offset: is not a number (write 192 or \"0xc0\")"});
  CHECK(problems_of(one_field(R"({"offset": 0.5, "type": "u32", "key": "a", "title": "A"})")).size() == 1);
  CHECK(problems_of(one_field(R"({"offset": -1, "type": "u32", "key": "a", "title": "A"})")).size() == 1);
  CHECK(problems_of(one_field(R"({"offset": 0, "type": "number", "size": 9, "key": "a", "title": "A"})")) ==
        Lines{"commands[0].fields[0].size: 9 is not from 1 to 8"});
  CHECK(problems_of(one_field(R"({"offset": 0, "type": "u32", "size": 4, "key": "a", "title": "A"})")) ==
        Lines{"commands[0].fields[0].size: is not known here"});
  CHECK(
      problems_of(one_field(R"({"offset": 0, "type": "u32", "key": "a", "title": "A", "unit": "furlongs"})")).size() ==
      1);
  CHECK(problems_of(
            one_field(R"({"offset": 0, "type": "bytes", "size": 4, "key": "a", "title": "A", "unit": "bytes"})")) ==
        Lines{"commands[0].fields[0].unit: is not known here"});
  CHECK(problems_of(one_field(R"({"offset": 0, "type": "u32", "key": "a", "title": "A", "hex": 1})")) ==
        Lines{"commands[0].fields[0].hex: is not true or false"});
  CHECK(problems_of(one_field("7")) == Lines{"commands[0].fields[0]: is not an object"});
  CHECK(problems_of("[]") == Lines{"is not an object"});
  CHECK(problems_of(R"({"nvmectl_plugin": 2, "new": 1})") ==
        Lines{"nvmectl_plugin: this nvmectl reads format 1, not 2"});
  CHECK(problems_of("{}") == Lines{"nvmectl_plugin: is missing", "name: is missing", "summary: is missing",
                                   "reference: is missing", "commands: is missing"});
}

TEST_CASE("texts cannot carry escape sequences or be huge", "[plugins][parse]") {
  CHECK(problems_of(one_field("{\"offset\": 0, \"type\": \"u32\", \"key\": \"a\", \"title\": \"\\u001b[31m\"}")) ==
        Lines{"commands[0].fields[0].title: holds control characters"});
  CHECK(problems_of(one_field("{\"offset\": 0, \"type\": \"u32\", \"key\": \"a\", \"title\": \"a\\nb\"}")) ==
        Lines{"commands[0].fields[0].title: has more than one line"});
  CHECK(problems_of(one_field(R"({"offset": 0, "type": "u32", "key": "a", "title": " "})")) ==
        Lines{"commands[0].fields[0].title: is empty"});
  CHECK(problems_of(one_field(R"({"offset": 0, "type": "u32", "key": "a", "title": ")" + std::string(1025, 'x') +
                              "\"}")) == Lines{"commands[0].fields[0].title: is longer than 1024 bytes"});
}

TEST_CASE("names and bits are checked", "[plugins][parse]") {
  CHECK(problems_of(one_field(R"({"offset": 0, "type": "symbol", "size": 4, "key": "a", "title": "A"})")) ==
        Lines{"commands[0].fields[0].names: is missing"});
  CHECK(problems_of(plugin_text(R"({"offset": 0, "type": "symbol", "size": 1, "key": "a", "title": "A",
      "names": {"256": "x", "1": "y", "0x1": "z", "two": "w", "3": 3}}, {"offset": 1, "type": "reserved", "size": 15})")) ==
        Lines{"commands[0].fields[0].names.256: is no number of 8 bits",
              "commands[0].fields[0].names.0x1: names a code that has a name already",
              "commands[0].fields[0].names.two: is no number of 8 bits",
              "commands[0].fields[0].names.3: is not a text"});
  CHECK(problems_of(plugin_text(R"({"offset": 0, "type": "flags", "size": 1, "key": "a", "title": "A", "bits": [
      {"key": "low", "title": "L", "shift": 0, "width": 4}, {"key": "mid", "title": "M", "shift": 3},
      {"key": "low", "title": "T", "shift": 5}, {"key": "raw", "title": "R", "shift": 6},
      {"key": "far", "title": "F", "shift": 8}, {"key": "wide", "title": "W", "shift": 7, "width": 2}]},
      {"offset": 1, "type": "reserved", "size": 15})")) ==
        Lines{"commands[0].fields[0].bits[1].shift: overlaps bits described before",
              "commands[0].fields[0].bits[2].key: 'low' stands twice",
              "commands[0].fields[0].bits[3].key: 'raw' stands for the whole word",
              "commands[0].fields[0].bits[4].shift: 8 is not from 0 to 7",
              "commands[0].fields[0].bits[5].width: 2 is not from 1 to 1"});
}

TEST_CASE("the log, its GUID and its UUID are checked", "[plugins][parse]") {
  CHECK(problems_of(plugin_text(good_fields, R"({"id": 0, "bytes": 16})")) ==
        Lines{"commands[0].log.id: 0 is not from 1 to 255"});
  CHECK(problems_of(plugin_text(good_fields, R"({"id": 1, "bytes": 16, "guid": {"offset": 1, "value": "ab"}})")) ==
        Lines{"commands[0].log.guid.offset: 1 is not from 0 to 0",
              "commands[0].log.guid.value: is not 32 hexadecimal digits"});
  CHECK(problems_of(
            plugin_text(good_fields, R"({"id": 1, "bytes": 16, "uuid": "zz94d55b-e094-4794-a21d-29998f56be6f"})")) ==
        Lines{"commands[0].log.uuid: is not 32 hexadecimal digits"});
  const auto parsed = plugins::parse_plugin(plugin_text(
      good_fields, R"({"id": 1, "bytes": 16, "guid": {"offset": 0, "value": "AFD514C97C6F4F9CA4F2BFEA2810AFC5"},
                      "uuid": "c194d55b-e094-4794-a21d-29998f56be6f"})"));
  REQUIRE(parsed.plugin);
  const auto& command = parsed.plugin->commands[0];
  REQUIRE(command.guid);
  CHECK(command.guid->wire.front() == std::byte{0xc5});  // printed numbers begin with their last byte
  CHECK(command.guid->wire.back() == std::byte{0xaf});
  REQUIRE(command.uuid);
  CHECK(command.uuid->front() == std::byte{0xc1});
}

TEST_CASE("names of plugins and commands fit a command line", "[plugins][parse]") {
  CHECK(problems_of(plugin_text(good_fields, R"({"id": 1, "bytes": 16})", "Acme Inc")) ==
        Lines{"name: is not lower-case letters and digits with single dashes"});
  const std::string good = plugin_text(good_fields);
  const auto command = good.substr(good.find("{\"name\": \"wear-log\""));
  const auto twice = good.substr(0, good.size() - 2) + "," + command;
  CHECK(problems_of(twice) == Lines{"commands[1].name: stands twice"});
}

TEST_CASE("match and examples are checked", "[plugins][parse]") {
  std::string text = plugin_text(good_fields);
  text.insert(text.find("\"commands\""), R"("match": {"vids": ["0x1af4", 65536], "model": "x"}, )");
  text.insert(text.find("\"title\": \"Wear\""), R"("examples": [{"command": "acme other nvme0", "says": "x"}], )");
  CHECK(problems_of(text) == Lines{"match.vids[1]: is not a PCI vendor ID (write \"0x1af4\")",
                                   "match.model: is not known here; is model_prefix meant?",
                                   "commands[0].examples[0].command: does not start with 'acme wear-log '"});
}

TEST_CASE("a file full of problems gives a bounded list", "[plugins][parse]") {
  std::string fields = "0";
  for (int i = 0; i < 3000; ++i) fields += ",0";
  // The second command's problems are past the bound, and must still count.
  const std::string text = plugin_text(fields);
  const auto commands = text.find("{\"name\": \"wear-log\"");
  CHECK(problems_of(text).size() == plugins::max_problems);
  CHECK(problems_of(text.substr(0, text.size() - 2) + ", " + plugin_text("0").substr(commands)).size() ==
        plugins::max_problems);
}
