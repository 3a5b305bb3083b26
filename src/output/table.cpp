#include "output/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/text.hpp"
#include "output/cell.hpp"

namespace nvmectl::output {
namespace {

// The columns to show: --fields in that order, else what the field says of itself.
std::vector<const Field*> columns(const Schema& schema, const Options& options, bool everything) {
  std::vector<const Field*> chosen;
  if (&schema == primary_of(*options.schema).schema && !options.fields.empty()) {
    for (const std::string& key : options.fields) chosen.push_back(schema.find(key));
    return chosen;
  }
  for (const Field& field : schema.fields) {
    if (!field.in_data()) continue;
    const bool shown =
        everything || field.show == Show::table || (field.show == Show::wide && options.text_options.wide);
    if (shown) chosen.push_back(&field);
  }
  return chosen;
}

bool is_record_list(const Field& field) {
  return field.kind == Kind::list && field.element != nullptr;
}

std::string records_table(const Schema& schema, const Options& options, const std::vector<const Record*>& records) {
  auto shown = columns(schema, options, false);
  if (shown.empty()) shown = columns(schema, options, true);
  std::vector<std::string> header;
  for (const Field* field : shown) header.emplace_back(field->title);
  std::vector<std::vector<std::string>> rows;
  for (const Record* record : records) {
    auto& row = rows.emplace_back();
    for (const Field* field : shown) row.push_back(human(*field, record->at(field->key), options.text_options));
  }
  return draw_table(header, rows, options.text_options.headers);
}

std::vector<const Record*> records_of(const Value& value) {
  std::vector<const Record*> records;
  if (const auto* list = value.as<List>()) {
    for (const Value& item : list->items)
      if (const auto* record = item.as<Record>()) records.push_back(record);
  }
  return records;
}

std::string label(const Field& field) {
  return field.mnemonic.empty() ? std::string(field.title) : fmt::format("{} ({})", field.title, field.mnemonic);
}

// The defined parts of a word of bits, below it, when details are asked for.
void append_parts(std::vector<std::vector<std::string>>& rows, const Field& field, const Flags& flags) {
  for (std::size_t i = 0; i < flags.parts.size() && i < field.bits.size(); ++i) {
    Field part;
    part.key = field.bits[i].key;
    rows.push_back({fmt::format("  {}", field.bits[i].title), human(part, flags.parts[i].second, {})});
  }
}

std::string indented(const std::string& text) {
  std::string result;
  for (const std::string_view line : split(text, '\n'))
    if (!line.empty()) result += fmt::format("  {}\n", line);
  return result;
}

// Sixteen bytes a line: offset, hexadecimal, and what of them is printable ASCII.
std::string hexdump(const Bytes& bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    const auto row = std::span(bytes).subspan(at, std::min<std::size_t>(16, bytes.size() - at));
    std::string hex, ascii;
    for (const std::byte b : row) {
      const auto c = std::to_integer<unsigned char>(b);
      hex += fmt::format("{:02x} ", c);
      ascii += c >= 0x20 && c < 0x7f ? static_cast<char>(c) : '.';
    }
    text += fmt::format("{:04x}: {:<48} {}\n", at, hex, ascii);
  }
  return text;
}

std::string record_lines(const Schema& schema, const Options& options, const Record& record);

// Each record below the other; entries of one kind as a table.
std::string records_below(const std::vector<const Record*>& records, const Options& options) {
  std::string text;
  for (std::size_t i = 0; i < records.size();) {
    const Schema& schema = *records[i]->schema;
    std::vector<const Record*> alike;
    while (i < records.size() && records[i]->schema == &schema) alike.push_back(records[i++]);
    text += alike.size() == 1 ? record_lines(schema, options, *alike[0]) : records_table(schema, options, alike);
  }
  return text;
}

std::string record_lines(const Schema& schema, const Options& options, const Record& record) {
  std::vector<std::vector<std::string>> rows;
  std::string below;
  for (const Field* field : columns(schema, options, true)) {
    const Value& value = record.at(field->key);
    const auto records = records_of(value);
    const auto* bytes = value.as<Bytes>();
    if (is_record_list(*field)) {
      if (!records.empty())
        below += fmt::format("\n{}\n{}", label(*field), indented(records_table(*field->element, options, records)));
    } else if (!records.empty()) {  // of several structures, which the field does not name
      below += fmt::format("\n{}\n{}", label(*field), indented(records_below(records, options)));
    } else if (const auto* inner = value.as<Record>()) {
      below += fmt::format("\n{}\n{}", label(*field), indented(record_lines(*inner->schema, options, *inner)));
    } else if (bytes != nullptr && field->show == Show::table) {
      below += fmt::format("\n{}\n{}", label(*field), indented(hexdump(*bytes)));
    } else {
      rows.push_back({label(*field), human(*field, value, options.text_options)});
      const auto* flags = value.as<Flags>();
      if (flags != nullptr && options.text_options.wide) append_parts(rows, *field, *flags);
    }
  }
  return draw_table({}, rows, false) + below;
}

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string text = "\"";
  for (const char c : cell) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + "\"";
}

template <class Cell>
std::string joined(const std::vector<const Field*>& fields, std::string_view separator, Cell cell) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i)
    line += fmt::format("{}{}", i == 0 ? "" : separator, cell(*fields[i]));
  return line + "\n";
}

}  // namespace

std::string draw_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                       bool with_header) {
  std::vector<std::size_t> widths;
  const auto measure = [&](const std::vector<std::string>& row) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  };
  if (with_header) measure(header);
  for (const auto& row : rows) measure(row);
  std::string text;
  const auto draw = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) text += i + 1 == row.size() ? row[i] : pad(row[i], widths[i]) + "  ";
    text += '\n';
  };
  if (with_header) draw(header);
  for (const auto& row : rows) draw(row);
  return text;
}

std::string table_document(const Options& options, const Value& data) {
  const Primary primary = primary_of(*options.schema);
  const auto* record = data.as<Record>();
  if (record != nullptr && primary.key.empty()) return record_lines(*options.schema, options, *record);
  return records_table(*primary.schema, options, primary_records(data, primary));
}

std::string csv_document(const Options& options, const Value& data) {
  const Primary primary = primary_of(*options.schema);
  const auto fields = columns(*primary.schema, options, true);
  std::string text;
  if (options.text_options.headers)
    text = joined(fields, ",", [](const Field& f) { return quoted(std::string(f.key)); });
  for (const Record* record : primary_records(data, primary))
    text += joined(fields, ",", [&](const Field& f) { return quoted(bare(record->at(f.key))); });
  return text;
}

std::string value_document(const Options& options, const Value& data) {
  const Primary primary = primary_of(*options.schema);
  auto fields = columns(*primary.schema, options, false);
  if (fields.empty()) fields = columns(*primary.schema, options, true);
  std::string text;
  for (const Record* record : primary_records(data, primary))
    text += joined(fields, "\t", [&](const Field& f) { return bare(record->at(f.key)); });
  return text;
}

}  // namespace nvmectl::output
