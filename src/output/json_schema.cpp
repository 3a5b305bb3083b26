#include <nlohmann/json.hpp>

#include "output/json.hpp"

namespace nvmectl::output {
namespace {

using Json = nlohmann::ordered_json;

Json record_schema(const Schema& schema);

Json plain_kind(Kind kind) {
  switch (kind) {
    case Kind::boolean: return {{"type", "boolean"}};
    case Kind::integer: return {{"type", "integer"}};
    case Kind::unsigned_integer: return {{"type", "integer"}, {"minimum", 0}};
    case Kind::u128: return {{"type", "string"}, {"pattern", "^[0-9]+$"}};
    case Kind::number: return {{"type", "number"}};
    case Kind::string: return {{"type", "string"}};
    case Kind::bytes: return {{"type", "string"}, {"pattern", "^([0-9a-f]{2})*$"}};
    case Kind::symbol:
      return {
          {"type", "object"},
          {"properties", {{"code", {{"type", "integer"}, {"minimum", 0}}}, {"name", {{"type", {"string", "null"}}}}}},
          {"required", {"code", "name"}},
          {"additionalProperties", false}};
    case Kind::flags:
    case Kind::list:
    case Kind::record: break;
  }
  return Json::object();
}

Json flags_schema(const Field& field) {
  Json properties = {{"raw", {{"type", "integer"}, {"minimum", 0}}}};
  Json required = Json::array({"raw"});
  for (const BitField& bit : field.bits) {
    const Kind kind = !bit.names.empty() ? Kind::symbol : bit.width == 1 ? Kind::boolean : Kind::unsigned_integer;
    properties[std::string(bit.key)] = plain_kind(kind);
    required.push_back(bit.key);
  }
  return {{"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", false}};
}

Json kind_schema(const Field& field, Kind kind) {
  if (kind == Kind::flags) return flags_schema(field);
  if (kind == Kind::record) return field.element != nullptr ? record_schema(*field.element) : Json{{"type", "object"}};
  if (kind == Kind::list) {
    return {{"type", "array"},
            {"items", kind_schema(field, field.element != nullptr ? Kind::record : field.element_kind)}};
  }
  return plain_kind(kind);
}

Json field_schema(const Field& field) {
  Json json = kind_schema(field, field.kind);
  // Anything may be null where a device, kernel or target does not report it; lists never are.
  if (field.kind != Kind::list && json.contains("type")) json["type"] = {json["type"], "null"};
  if (!field.title.empty()) json["title"] = field.title;
  if (!field.doc.empty()) json["description"] = field.doc;
  return json;
}

Json record_schema(const Schema& schema) {
  Json properties = Json::object(), required = Json::array();
  for (const Field& field : schema.fields) {
    if (!field.in_data()) continue;
    properties[std::string(field.key)] = field_schema(field);
    required.push_back(field.key);
  }
  // additionalProperties stays open: fields are added within a major version.
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

Json error_schema() {
  const Json text = {{"type", {"string", "null"}}};
  return {{"type", "object"},
          {"properties",
           {{"kind", {{"type", "string"}}},
            {"message", {{"type", "string"}}},
            {"cause", text},
            {"hint", text},
            {"device", text},
            {"operation", text},
            {"context", {{"type", "array"}, {"items", {{"type", "string"}}}}},
            {"errno", {{"type", {"integer", "null"}}}},
            {"nvme", {{"type", {"object", "null"}}}}}},
          {"required", {"kind", "message", "cause", "hint", "device", "operation", "context", "errno", "nvme"}}};
}

}  // namespace

std::string json_schema(std::string_view command, const Schema& schema, bool list) {
  Json data = record_schema(schema);
  if (list) data = {{"type", "array"}, {"items", std::move(data)}};
  if (!schema.title.empty()) data["title"] = schema.title;
  if (!schema.reference.empty()) data["$comment"] = schema.reference;
  const Json json = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                     {"title", "nvmectl " + std::string(command)},
                     {"type", "object"},
                     {"properties",
                      {{"schema", {{"const", schema_id(command)}}},
                       {"data", data},
                       {"errors", {{"type", "array"}, {"items", error_schema()}}}}},
                     {"required", {"schema", "data", "errors"}}};
  return json.dump(2) + "\n";
}

}  // namespace nvmectl::output
