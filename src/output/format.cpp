#include "output/format.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace nvmectl::output {
namespace {

constexpr std::array<std::string_view, 7> names{"table", "wide", "json", "ndjson", "csv", "value", "raw"};

}  // namespace

std::span<const std::string_view> format_names() {
  return names;
}

Result<Format> parse_format(std::string_view name) {
  if (name == "normal" || name == "tabular") return Format::table;  // nvme-cli's words
  if (name == "binary") return Format::raw;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    return fail(ErrorKind::usage, fmt::format("--output: there is no format '{}'", printable(name)),
                fmt::format("the formats are {}", fmt::join(names, ", ")));
  return static_cast<Format>(found - names.begin());
}

std::string schema_id(std::string_view command) {
  std::string id = "nvmectl/";
  for (const char c : command) id.push_back(c == ' ' ? '/' : c);
  return id + "/1";
}

Primary primary_of(const Schema& root) {
  const bool lists_only = std::all_of(root.fields.begin(), root.fields.end(),
                                      [](const Field& f) { return f.kind == Kind::list && f.element != nullptr; });
  if (!lists_only || root.fields.empty()) return {&root, ""};
  const Field& last = root.fields.back();
  return {last.element, last.key};
}

std::vector<const Record*> primary_records(const Value& data, const Primary& primary) {
  std::vector<const Record*> records;
  const auto take = [&](const Value& value) {
    if (const auto* record = value.as<Record>()) records.push_back(record);
    if (const auto* list = value.as<List>()) {
      for (const Value& item : list->items)
        if (const auto* r = item.as<Record>()) records.push_back(r);
    }
  };
  const auto* root = data.as<Record>();
  if (!primary.key.empty() && root != nullptr) take(root->at(primary.key));
  else take(data);
  return records;
}

Result<std::vector<std::string>> resolve_fields(const Schema& schema, std::span<const std::string> wanted) {
  std::vector<std::string> keys, known;
  for (const Field& field : schema.fields)
    if (field.in_data()) known.emplace_back(field.key);
  for (const std::string& name : wanted) {
    const Field* field = schema.find(name);
    if (field == nullptr) {
      const auto near = similar(name, known);
      const std::string guess = near.empty() ? "" : fmt::format("did you mean {}? ", fmt::join(near, " or "));
      return fail(ErrorKind::usage, fmt::format("--fields: there is no field '{}'", printable(name)),
                  fmt::format("{}the fields are {}", guess, fmt::join(known, ", ")));
    }
    keys.emplace_back(field->key);
  }
  return keys;
}

}  // namespace nvmectl::output
