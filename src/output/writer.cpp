#include "output/writer.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "output/cell.hpp"
#include "output/json.hpp"
#include "output/table.hpp"

namespace nvmectl::output {

Result<> Writer::write(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size())
    return fail(os_error(errno, "the output could not be written", "the result is incomplete: do not use it"));
  return {};
}

Result<> Writer::flush() {
  errno = 0;
  if (std::fflush(file_) != 0 || std::ferror(file_) != 0)
    return fail(os_error(errno, "the output could not be written", "the result is incomplete: do not use it"));
  return {};
}

Result<> DocumentSink::document(Value data, std::vector<Error> errors) {
  std::string text;
  if (options_.schema == nullptr && options_.format != Format::json)
    return fail(ErrorKind::internal, "this command has no table");
  switch (options_.format) {
    case Format::table:
    case Format::wide:
      text = options_.text != nullptr && options_.fields.empty() ? options_.text(data, options_.text_options)
                                                                 : table_document(options_, data);
      break;
    case Format::json: text = json_document(options_, data, errors); break;
    case Format::ndjson: text = ndjson_lines(options_, data); break;
    case Format::csv: text = csv_document(options_, data); break;
    case Format::value: text = value_document(options_, data); break;
    case Format::raw:
      return fail(ErrorKind::unsupported, fmt::format("{} has no raw output", options_.command),
                  "-o json keeps every value exact");
  }
  NVMECTL_TRY(writer_.write(text));
  return writer_.flush();
}

// An event for people: what the table would show, or --fields, in one line.
std::string DocumentSink::event_line(const Record& record, bool chosen) const {
  std::string line;
  const auto add = [&](const Field& field) {
    line += fmt::format("{}{}", line.empty() ? "" : "  ", human(field, record.at(field.key), options_.text_options));
  };
  if (chosen) {
    for (const std::string& key : options_.fields) add(*record.schema->find(key));
  } else {
    for (const Field& field : record.schema->fields)
      if (field.in_data() && (field.show == Show::table || options_.text_options.wide)) add(field);
  }
  return line + "\n";
}

Result<> DocumentSink::event(const Record& record) {
  // One that is no record of the command's document stands for itself: --fields do not speak of it.
  const bool known = options_.schema != nullptr && record.schema == primary_of(*options_.schema).schema;
  const Format format = options_.format;
  std::string line;
  if (known && (format == Format::json || format == Format::ndjson)) {
    line = ndjson_lines(options_, Value(record));
  } else if (format == Format::json || format == Format::ndjson) {
    line = compact_json(Value(record)) + "\n";
  } else if (known && format == Format::csv) {
    line = csv_document(options_, Value(record));
    options_.text_options.headers = false;  // above the first event only
  } else if (known && format == Format::value) {
    line = value_document(options_, Value(record));
  } else {
    line = event_line(record, known && !options_.fields.empty());
  }
  NVMECTL_TRY(writer_.write(line));
  return writer_.flush();
}

Result<> DocumentSink::raw(std::span<const std::byte> bytes) {
  NVMECTL_TRY(writer_.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  return writer_.flush();
}

}  // namespace nvmectl::output
