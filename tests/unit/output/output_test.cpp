#include <array>
#include <cstdio>

#include "output/cell.hpp"
#include "output/json.hpp"
#include "output/table.hpp"
#include "output/terminal.hpp"
#include "output/writer.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::output;

namespace {

struct Disk {
  std::string name;
  std::uint64_t size = 0;
  std::optional<std::uint32_t> used;
};
constexpr std::array fields{
    field<&Disk::name>({.key = "name", .title = "Name", .kind = Kind::string, .show = Show::table}),
    field<&Disk::size>({.key = "size_bytes", .title = "Size", .unit = Unit::bytes, .show = Show::table, .mnemonic = "nsze"}),
    field<&Disk::used>({.key = "used_bytes", .title = "Used", .unit = Unit::bytes, .show = Show::wide})};
constexpr Schema schema{"disks", "Disks", fields};

const std::array disks{Disk{"a,\"b\"", 1536, std::nullopt}, Disk{"c\x1b[2J", 4096, 7}};

Options options_for(Format format) {
  Options options;
  options.format = format;
  options.command = "disks list";
  options.schema = &schema;
  options.list = true;
  options.text_options.wide = format == Format::wide;
  return options;
}

}  // namespace

TEST_CASE("tables align, and never pass control bytes on") {
  const Value data = to_list(schema, disks);
  CHECK(table_document(options_for(Format::table), data) == "Name      Size\na,\"b\"     1.5 KiB\nc\\x1b[2J  4 KiB\n");
  CHECK(table_document(options_for(Format::wide), data) == "Name      Size     Used\na,\"b\"     1.5 KiB  -\nc\\x1b[2J  4 KiB    7 B\n");
  auto exact = options_for(Format::table);
  exact.text_options.exact_bytes = true;
  exact.text_options.headers = false;
  exact.fields = {"size_bytes", "name"};
  CHECK(table_document(exact, data) == "1536  a,\"b\"\n4096  c\\x1b[2J\n");
}

TEST_CASE("CSV quotes, value output does not") {
  const Value data = to_list(schema, disks);
  CHECK(csv_document(options_for(Format::csv), data) == "name,size_bytes,used_bytes\n\"a,\"\"b\"\"\",1536,\nc\\x1b[2J,4096,7\n");
  CHECK(value_document(options_for(Format::value), data) == "a,\"b\"\t1536\nc\\x1b[2J\t4096\n");
}

TEST_CASE("events come in every format, with the chosen fields") {
  const auto events = [](Options options) {
    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    Writer writer(file);
    DocumentSink sink(writer, std::move(options));
    for (const Disk& disk : disks) REQUIRE(sink.event(to_record(schema, &disk)));
    std::rewind(file);
    std::array<char, 512> text{};
    const std::size_t size = std::fread(text.data(), 1, text.size(), file);
    std::fclose(file);
    return std::string(text.data(), size);
  };
  const auto chosen = [](Format format) {
    Options options = options_for(format);
    options.fields = {"used_bytes", "size_bytes"};
    return options;
  };
  CHECK(events(options_for(Format::csv)) == csv_document(options_for(Format::csv), to_list(schema, disks)));
  CHECK(events(chosen(Format::csv)) == "used_bytes,size_bytes\n,1536\n7,4096\n");
  CHECK(events(options_for(Format::value)) == "a,\"b\"\t1536\nc\\x1b[2J\t4096\n");
  CHECK(events(chosen(Format::json)) ==
        "{\"size_bytes\":1536,\"used_bytes\":null}\n{\"size_bytes\":4096,\"used_bytes\":7}\n");
  CHECK(events(options_for(Format::table)) == "a,\"b\"  1.5 KiB\nc\\x1b[2J  4 KiB\n");
  CHECK(events(chosen(Format::table)) == "-  1.5 KiB\n7 B  4 KiB\n");
  Options bare = options_for(Format::csv);
  bare.schema = nullptr;  // an event that is no record of the document
  CHECK(events(bare) == "a,\"b\"  1.5 KiB\nc\\x1b[2J  4 KiB\n");
}

TEST_CASE("JSON is an envelope whose lists are lists") {
  const Value data = to_list(schema, disks);
  const std::string json = json_document(options_for(Format::json), data, {});
  CHECK(json.find("\"schema\": \"nvmectl/disks/list/1\"") != std::string::npos);
  CHECK(json.find("\"used_bytes\": null") != std::string::npos);
  CHECK(json.find("\"errors\": []") != std::string::npos);
  CHECK(json_document(options_for(Format::json), Value(List{}), {}).find("\"data\": []") != std::string::npos);
  auto some = options_for(Format::ndjson);
  some.fields = {"size_bytes"};
  CHECK(ndjson_lines(some, data) == "{\"size_bytes\":1536}\n{\"size_bytes\":4096}\n");
}

TEST_CASE("every kind of value has one JSON form") {
  CHECK(compact_json(Value(U128{1, 0})) == "\"18446744073709551616\"");
  CHECK(compact_json(Value(Symbol{3, "tcp"})) == "{\"code\":3,\"name\":\"tcp\"}");
  CHECK(compact_json(Value(Symbol{9, ""})) == "{\"code\":9,\"name\":null}");
  CHECK(compact_json(Value(~std::uint64_t{0})) == "18446744073709551615");
  CHECK(compact_json(Value(Bytes{std::byte{0xab}})) == "\"ab\"");
  CHECK(compact_json(Value(Flags{5, {{"low", Value(true)}}})) == "{\"raw\":5,\"low\":true}");
  CHECK(compact_json(Value(-3)) == "-3");
}

TEST_CASE("errors keep their parts") {
  Error error = make_error(ErrorKind::device, "Identify failed", "try again");
  error.cause = "Invalid Field";
  error.status = NvmeStatus::from_wire(0x4002);
  error.status_name = "Invalid Field in Command";
  error.device = "/dev/nvme0";
  CHECK(error_lines(error, false) == "error: /dev/nvme0: Identify failed\ncause: Invalid Field\nhint: try again\n");
  const std::string json = json_error(error);
  CHECK(json.find("\"nvme\":{\"sct\":0,\"sc\":2,\"name\":\"Invalid Field in Command\",\"dnr\":true}") != std::string::npos);
  CHECK(json.find("\"errno\":null") != std::string::npos);
}

TEST_CASE("--fields knows keys and mnemonics, and guesses") {
  const std::vector<std::string> good{"nsze", "name"};
  CHECK(resolve_fields(schema, good).value() == std::vector<std::string>{"size_bytes", "name"});
  const std::vector<std::string> bad{"size_byte"};
  const auto refused = resolve_fields(schema, bad);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().hint.find("did you mean size_bytes?") != std::string::npos);
}

TEST_CASE("formats have names") {
  CHECK(parse_format("json").value() == Format::json);
  CHECK(parse_format("normal").value() == Format::table);
  CHECK_FALSE(parse_format("yaml"));
}
