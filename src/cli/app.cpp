#include "cli/app.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "cli/exit_code.hpp"
#include "cli/help.hpp"
#include "cli/parser.hpp"
#include "core/text.hpp"
#include "output/json.hpp"
#include "output/terminal.hpp"
#include "output/writer.hpp"

namespace nvmectl::cli {
namespace {

class StderrMessages : public Messages {
 public:
  StderrMessages(bool notes, bool json) : notes_(notes), json_(json) {}
  void note(std::string_view text) override {
    if (notes_) print("note", text);
  }
  void warning(std::string_view text) override {
    if (!json_) print("warning", text);
  }
  void progress(std::string_view text) override {
    if (!notes_ || (text.empty() && !shown_)) return;
    std::fputs(fmt::format("\r\x1b[K{}", printable(text)).c_str(), stderr);
    shown_ = !text.empty();
  }

 private:
  void print(const char* label, std::string_view text) {
    progress("");
    std::fputs(fmt::format("{}: {}\n", label, printable(text)).c_str(), stderr);
  }
  bool notes_, json_, shown_ = false;
};

class App {
 public:
  App(const Parts& parts, std::vector<std::string> line)
      : parts_(parts), line_(std::move(line)), scan_(scan(line_)), tree_(parts.areas, parts.plugins), writer_(stdout) {
    if (const auto v = parts_.environment.variable("NVMECTL_OUTPUT"); v && !has_option("output", 'o'))
      scan_.json_errors = scan_.json_errors || *v == "json" || *v == "ndjson";
  }

  int run() {
    auto result = dispatch();
    if (result) result = writer_.flush();
    if (result) return 0;
    Error error = std::move(result).error();
    if (*parts_.stop_signal != 0 && error.kind != ErrorKind::partial) {
      // What stopped for lack of time was not short of it.
      if (error.kind == ErrorKind::timeout) error.hint = "it was interrupted: run it again to complete it";
      error.kind = ErrorKind::cancelled;
    }
    if (error.hint.empty()) error.hint = default_hint(error);
    const auto terminal = output::detect_terminal(parts_.environment, scan_.color);
    std::fputs((scan_.json_errors ? output::json_error(error) : output::error_lines(error, terminal.color)).c_str(),
               stderr);
    return exit_code(error);
  }

 private:
  bool has_word(std::string_view a, std::string_view b) const {
    for (const std::string& word : line_)
      if (word == a || word == b) return true;
    return false;
  }

  Result<> dispatch() {
    if (scan_.words.empty()) return without_command();
    NVMECTL_ASSIGN(const Tree::Found found, tree_.find(scan_.words));
    if (found.command == nullptr) {
      if (has_word("--help", "-h") || line_.size() == found.words) return writer_.write(several_help(found));
      return fail(ErrorKind::usage, fmt::format("{}: its command is missing", found.name()),
                  fmt::format("nvmectl help {} lists them", found.name()));
    }
    // The words behind (and options before) the command's name.
    std::vector<std::string> rest;
    for (std::size_t i = 0; i < line_.size(); ++i) {
      bool names = false;
      for (std::size_t w = 0; w < found.words; ++w) names = names || scan_.positions[w] == i;
      if (!names) rest.push_back(line_[i]);
    }
    if (found.command->invoke == nullptr) return builtin(*found.command, rest);
    return execute(*found.command, std::move(rest));
  }

  Result<> without_command() {
    if (has_word("--version", "-V")) {
      line_ = {"version"};
      scan_ = scan(line_);
      return dispatch();
    }
    if (line_.empty() || has_word("--help", "-h")) return writer_.write(root_help(tree_.areas()));
    return fail(ErrorKind::usage, "a command is missing", "nvmectl help lists the commands");
  }

  Result<> builtin(const CommandSpec& spec, std::span<const std::string> words) {
    if (spec.name == "__complete") {
      if (!words.empty() && words.front() == "--") words = words.subspan(1);
      return writer_.write(complete(tree_, words));
    }
    if (spec.name == "__dump-commands") return writer_.write(dump_commands(tree_));
    const std::vector<std::string> names(scan_.words.begin() + 1, scan_.words.end());  // without options' values
    if (has_word("--help", "-h")) return writer_.write(command_help(spec));
    return spec.name == "help" ? help(names) : schema(names);
  }

  Result<> help(const std::vector<std::string>& names) {
    if (names.empty()) return writer_.write(root_help(tree_.areas()));
    for (const Topic& topic : topics())
      if (topic.name == names.front()) return writer_.write(topic_help(topic));
    NVMECTL_ASSIGN(const Tree::Found found, tree_.find(names));
    return writer_.write(found.command != nullptr ? command_help(*found.command) : several_help(found));
  }

  Result<> schema(const std::vector<std::string>& names) {
    if (names.empty()) return fail(ErrorKind::usage, "schema: COMMAND is missing", "nvmectl schema list, for example");
    NVMECTL_ASSIGN(const Tree::Found found, tree_.find(names));
    if (found.command == nullptr || found.command->output.schema == nullptr)
      return fail(ErrorKind::usage, fmt::format("{} has no JSON output", fmt::format("{}", names.front())),
                  "nvmectl help lists the commands");
    const Output& out = found.command->output;
    return writer_.write(output::json_schema(found.command->full_name(), *out.schema, out.list));
  }

  // The environment's defaults below the line's options.
  Result<CommonOptions> common_options(CommonValues& values) {
    const auto variable = [&](const char* name) { return parts_.environment.variable(name).value_or(""); };
    if (values.json) values.output = "json";
    else if (values.raw_binary) values.output = "raw";
    else if (values.output == "table" && !has_option("output", 'o'))
      if (auto v = variable("NVMECTL_OUTPUT"); !v.empty()) values.output = v;
    if (values.timeout.empty()) values.timeout = variable("NVMECTL_TIMEOUT");
    if (values.backend.empty()) values.backend = variable("NVMECTL_BACKEND");
    CommonOptions options;
    if (!values.timeout.empty()) {
      NVMECTL_ASSIGN(const std::uint64_t ms, parse_duration(values.timeout, "--timeout"));
      if (ms == 0) return fail(ErrorKind::usage, "--timeout: it must be more than zero", "write it as 10s or 500ms");
      options.timeout = std::chrono::milliseconds(ms);
      options.timeout_given = true;
    }
    options.verbose = values.verbose || values.output == "wide";
    options.quiet = values.quiet;
    options.dry_run = values.dry_run;
    options.yes = values.yes;
    options.exact_bytes = values.bytes;
    options.header_digest = values.header_digest;
    options.data_digest = values.data_digest;
    options.backend = values.backend;
    options.host_nqn = values.host_nqn;
    options.host_id = values.host_id;
    return options;
  }

  bool has_option(std::string_view name, char letter) const {
    for (const std::string& word : line_) {
      const std::string_view spelled = std::string_view(word).substr(0, word.find('='));
      const bool is_long = spelled.starts_with("--") && (spelled.substr(2) == name || spelled == "--output-format");
      if (is_long || (word.size() >= 2 && word[0] == '-' && word[1] == letter)) return true;
    }
    return false;
  }

  Result<output::Options> output_options(const CommandSpec& spec, const CommonValues& values,
                                         const output::Terminal& terminal) {
    output::Options options;
    NVMECTL_ASSIGN(options.format, output::parse_format(values.output));
    options.schema = spec.output.schema;
    options.list = spec.output.list;
    options.text = spec.output.text;
    options.color = terminal.color;
    options.text_options = {.wide = values.verbose || options.format == output::Format::wide,
                            .exact_bytes = values.bytes,
                            .headers = !values.no_headers,
                            .width = terminal.width};
    if (!values.fields.empty() && spec.output.schema != nullptr) {
      std::vector<std::string> wanted;
      for (const std::string& list : values.fields)
        for (const auto name : split(list, ',')) wanted.emplace_back(trim(name));
      NVMECTL_ASSIGN(options.fields, output::resolve_fields(*output::primary_of(*spec.output.schema).schema, wanted));
    }
    return options;
  }

  Result<> execute(const CommandSpec& spec, std::vector<std::string> words) {
    NVMECTL_ASSIGN(Parsed parsed, parse(spec, std::move(words)));
    if (parsed.common.help) return writer_.write(command_help(spec));
    if (parsed.common.fields.size() == 1 && parsed.common.fields.front() == "help") {
      if (spec.output.schema == nullptr)
        return fail(ErrorKind::usage, fmt::format("{} has no fields", spec.full_name()));
      return writer_.write(fields_help(*output::primary_of(*spec.output.schema).schema));
    }
    NVMECTL_ASSIGN(CommonOptions common, common_options(parsed.common));
    const auto terminal = output::detect_terminal(parts_.environment, parsed.common.color);
    NVMECTL_ASSIGN(output::Options out, output_options(spec, parsed.common, terminal));
    const std::string name = spec.full_name();
    out.command = name;
    scan_.json_errors = out.format == output::Format::json || out.format == output::Format::ndjson;
    common.fields = out.fields;
    output::DocumentSink sink(writer_, std::move(out));
    StderrMessages messages(terminal.err_is_tty && !common.quiet && !scan_.json_errors, scan_.json_errors);
    const auto backends = parts_.backends(parsed.common.sysroot);
    Context context{sink, messages, parts_.environment, backends, std::move(common), parts_.stop_signal, {}, {}, {}};
    const auto interactive = [&] { return terminal.err_is_tty && output::input_is_terminal(); };
    context.guard = [&](Effect effect, const DeviceRef* device) {
      return confirm(effect, device, context, interactive());
    };
    context.guard_with = [&](Effect effect, std::string_view what, std::string_view details) {
      return confirm_text(effect, what, details, context, interactive());
    };
    context.choose = [&](std::string_view title, std::span<const Choice> choices) {
      return choose(title, choices, interactive(), parts_.environment);
    };
    return spec.invoke(spec, parsed.values, context);
  }

  const Parts& parts_;
  std::vector<std::string> line_;
  Scan scan_;
  Tree tree_;
  output::Writer writer_;
};

}  // namespace

int run(const Parts& parts, std::vector<std::string> line) {
  return App(parts, std::move(line)).run();
}

}  // namespace nvmectl::cli
