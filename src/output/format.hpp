// Output formats and what a rendering needs to know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/schema.hpp"
#include "core/text_form.hpp"

namespace nvmectl::output {

enum class Format : std::uint8_t { table, wide, json, ndjson, csv, value, raw };

/// "table", "wide", "json" …, and nvme-cli's "normal"; usage error listing the names for anything else.
[[nodiscard]] Result<Format> parse_format(std::string_view name);
[[nodiscard]] std::span<const std::string_view> format_names();

/// What is to be rendered and how; made once per run by the command line layer.
struct Options {
  Format format = Format::table;
  std::string_view command;        ///< "list", "ocp smart-add-log"; names the JSON schema
  const Schema* schema = nullptr;  ///< of the document's record(s)
  bool list = false;               ///< the document is a list of such records
  TextForm text = nullptr;
  std::vector<std::string> fields;  ///< --fields, in the order wanted; empty = all
  bool color = false;
  TextOptions text_options;
};

/// "nvmectl/list/1", "nvmectl/ocp/smart-add-log/1".
[[nodiscard]] std::string schema_id(std::string_view command);

/// The schema whose records --fields, CSV, NDJSON and value output speak of: the root's own, or, when the root record
/// consists of lists of records only, its last list's (the namespaces of `list`).
struct Primary {
  const Schema* schema = nullptr;
  std::string_view key;  ///< of the list within the root record; "" when the root itself is meant
};
[[nodiscard]] Primary primary_of(const Schema& root);

/// The primary records of a document.
[[nodiscard]] std::vector<const Record*> primary_records(const Value& data, const Primary& primary);

/// Checks --fields against the schema: unknown names give a usage error with near ones and the list. Mnemonics are
/// replaced by the keys.
[[nodiscard]] Result<std::vector<std::string>> resolve_fields(const Schema& schema,
                                                              std::span<const std::string> wanted);

}  // namespace nvmectl::output
