#include "output/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "core/text.hpp"

namespace nvmectl::output {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Value& value);

Json record_json(const Record& record, std::span<const std::string> only = {}) {
  Json object = Json::object();
  std::size_t index = 0;
  for (const Field& field : record.schema->fields) {
    if (!field.in_data()) continue;
    const bool wanted = only.empty() || std::find(only.begin(), only.end(), field.key) != only.end();
    if (wanted) object[std::string(field.key)] = index < record.values.size() ? to_json(record.values[index]) : Json();
    ++index;
  }
  return object;
}

Json flags_json(const Flags& flags) {
  Json object = {{"raw", flags.raw}};
  for (const auto& [key, part] : flags.parts) object[std::string(key)] = to_json(part);
  return object;
}

Json list_json(const List& list) {
  Json array = Json::array();
  for (const Value& item : list.items) array.push_back(to_json(item));
  return array;
}

Json to_json(const Value& value) {
  if (const auto* b = value.as<bool>()) return *b;
  if (const auto* i = value.as<std::int64_t>()) return *i;
  if (const auto* u = value.as<std::uint64_t>()) return *u;
  if (const auto* n = value.as<U128>()) return to_string(*n);
  if (const auto* d = value.as<double>()) return *d;
  if (const auto* s = value.as<std::string>()) return printable(*s);
  if (const auto* b = value.as<Bytes>()) return to_hex(*b);
  if (const auto* s = value.as<Symbol>())
    return {{"code", s->code}, {"name", s->name.empty() ? Json() : Json(s->name)}};
  if (const auto* f = value.as<Flags>()) return flags_json(*f);
  if (const auto* l = value.as<List>()) return list_json(*l);
  if (const auto* r = value.as<Record>()) return record_json(*r);
  return nullptr;
}

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(printable(text));
}

Json error_json(const Error& error) {
  Json object = {{"kind", to_string(error.kind)},
                 {"message", printable(error.message)},
                 {"cause", or_null(error.cause)},
                 {"hint", or_null(error.hint)},
                 {"device", or_null(error.device)},
                 {"operation", or_null(error.operation)},
                 {"context", Json::array()},
                 {"errno", error.os_errno == 0 ? Json() : Json(error.os_errno)},
                 {"nvme", nullptr}};
  for (const std::string& line : error.context) object["context"].push_back(printable(line));
  if (error.status) {
    object["nvme"] = {{"sct", error.status->type},
                      {"sc", error.status->code},
                      {"name", or_null(error.status_name)},
                      {"dnr", error.status->do_not_retry}};
  }
  return object;
}

// The document's data with --fields applied to the primary records.
Json data_json(const Options& options, const Value& data) {
  if (options.fields.empty() || options.schema == nullptr) return to_json(data);
  const Primary primary = primary_of(*options.schema);
  Json array = Json::array();
  for (const Record* record : primary_records(data, primary)) array.push_back(record_json(*record, options.fields));
  if (!primary.key.empty()) {  // the other lists stay: the document keeps its shape
    Json root = to_json(data);
    root[std::string(primary.key)] = std::move(array);
    return root;
  }
  return options.list ? array : array.empty() ? Json() : array.front();
}

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string compact_json(const Value& value) {
  return dump(to_json(value), -1);
}

std::string json_document(const Options& options, const Value& data, std::span<const Error> errors) {
  Json document = {
      {"schema", schema_id(options.command)}, {"data", data_json(options, data)}, {"errors", Json::array()}};
  for (const Error& error : errors) document["errors"].push_back(error_json(error));
  return dump(document, 2) + "\n";
}

std::string ndjson_lines(const Options& options, const Value& data) {
  std::string lines;
  if (options.schema == nullptr) return lines;
  for (const Record* record : primary_records(data, primary_of(*options.schema)))
    lines += dump(record_json(*record, options.fields), -1) + "\n";
  return lines;
}

std::string json_error(const Error& error) {
  return dump({{"error", error_json(error)}}, -1) + "\n";
}

}  // namespace nvmectl::output
