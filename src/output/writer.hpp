// The one writer to stdout, and the sink made on it.
#pragma once

#include <cstdio>
#include <string_view>

#include "core/context.hpp"
#include "output/format.hpp"

namespace nvmectl::output {

/// Writes whole texts and tells failures (a full disk, a closed pipe) instead of losing them.
class Writer {
 public:
  explicit Writer(std::FILE* file) : file_(file) {}
  [[nodiscard]] Result<> write(std::string_view text);
  [[nodiscard]] Result<> flush();

 private:
  std::FILE* file_;
};

/// Renders documents and events in the format asked for.
class DocumentSink : public Sink {
 public:
  DocumentSink(Writer& writer, Options options) : writer_(writer), options_(std::move(options)) {}
  [[nodiscard]] Result<> document(Value data, std::vector<Error> errors) override;
  [[nodiscard]] Result<> event(const Record& record) override;
  [[nodiscard]] Result<> raw(std::span<const std::byte> bytes) override;
  [[nodiscard]] bool wants_raw() const override { return options_.format == Format::raw; }
  [[nodiscard]] bool brief() const override {
    return options_.format == Format::table && !options_.text_options.wide && options_.fields.empty();
  }

 private:
  [[nodiscard]] std::string event_line(const Record& record, bool chosen) const;
  Writer& writer_;
  Options options_;
};

}  // namespace nvmectl::output
