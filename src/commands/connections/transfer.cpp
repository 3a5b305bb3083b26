// connection import and export.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sys/stat.h>
#include <unordered_map>

#include "commands/connections/area.hpp"
#include "commands/connections/carry_out.hpp"
#include "connections/format.hpp"
#include "connections/index.hpp"
#include "core/host_identity.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using connections::Contents;
using connections::Document;
using connections::Format;
using connections::Store;
using connections::StoredConnection;
using Staged = std::vector<std::string>;

constexpr std::array<std::string_view, 5> import_formats{"auto", "nvmectl", "config.json", "discovery.conf",
                                                         "nvme-fabrics.conf"};

struct ImportOptions {
  std::string file, format = "auto";
  bool save = false, no_connect = false;
};
constexpr std::array import_arguments{
    positional<&ImportOptions::file>(
        {.name = "FILE", .doc = "The file; - is standard input", .complete = Complete::file, .required = true}),
    option<&ImportOptions::format>({.name = "format",
                                    .metavar = "FORMAT",
                                    .doc = "auto, nvmectl, config.json, discovery.conf or nvme-fabrics.conf",
                                    .default_text = "auto, by the content",
                                    .complete = Complete::choice,
                                    .choices = import_formats}),
    option<&ImportOptions::save>({.name = "save", .doc = "Save and connect at once"}),
    option<&ImportOptions::no_connect>({.name = "no-connect", .doc = "With --save: change the store alone"}),
};
constexpr std::array import_examples{
    Example{"connection import /etc/nvme/config.json", "stage what nvme-cli has"},
    Example{"connection import /etc/nvme/discovery.conf --save --no-connect", "its discovery controllers, saved"},
};

Result<Document> read_document(const ImportOptions& options) {
  const bool input = options.file == "-";
  NVMECTL_ASSIGN(const auto text,
                 connections::read_file(input ? "/dev/stdin" : options.file, connections::most_file_bytes, true));
  if (!text)
    return fail(ErrorKind::not_found, fmt::format("there is no file {}", printable(options.file)),
                "is the path right?");
  Format format = connections::guess_format(*text, options.file);
  if (options.format != "auto") {
    NVMECTL_ASSIGN(format, connections::format_of(options.format));
  }
  return connections::parse_file(format, {*text, input ? "standard input" : options.file, ErrorKind::usage,
                                          "correct the file; --format says what it is when that was guessed wrong"});
}

/// The rows of an import: what is there already in the same form is no error, so that a second time changes nothing.
class Import {
 public:
  explicit Import(const Document& document) : document_(document) {
    for (const StoredConnection& connection : document.connections) {
      rows_.push_back({"add", connection, "", "", {}});
      if (rows_.back().connection.uuid.empty()) rows_.back().connection.uuid = connections::new_uuid();
    }
  }

  Staged stage(Contents& contents) {
    std::vector<std::size_t> fresh;
    mark_known(contents, fresh);
    std::vector<StoredConnection> wanted;
    for (const std::size_t i : fresh) wanted.push_back(rows_[i].connection);
    const auto outcomes = stage_all(contents, std::move(wanted));
    Staged uuids;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      ChangeRow& row = rows_[fresh[i]];
      row.error = outcomes[i] ? std::nullopt : std::optional(outcomes[i].error());
      row.result = outcomes[i] ? "staged" : "failed";
      if (outcomes[i]) uuids.push_back(*outcomes[i]);
    }
    auto kept = contents.edits_kept.empty() ? contents.kept : contents.edits_kept;
    connections::merge_kept(kept, document_.kept);
    if (kept != contents.kept) contents.edits_kept = std::move(kept);
    return uuids;
  }
  /// What came of saving; rows by UUID.
  void take(const std::vector<ChangeRow>& saved) {
    std::unordered_map<std::string_view, const ChangeRow*> by_uuid;
    for (const ChangeRow& row : saved) by_uuid.emplace(row.connection.uuid, &row);
    for (ChangeRow& mine : rows_)
      if (const auto found = by_uuid.find(mine.connection.uuid); found != by_uuid.end() && mine.result == "staged")
        mine = *found->second;
  }
  [[nodiscard]] std::vector<ChangeRow>& rows() { return rows_; }

 private:
  void mark_known(const Contents& contents, std::vector<std::size_t>& fresh) {
    const auto there = rows_of(contents);
    connections::ControllerIndex index;
    for (std::size_t i = 0; i < there.size(); ++i)
      if (there[i].change != connections::Change::removed) index.add(there[i].current->parameters, i);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const auto same = index.find(rows_[i].connection.parameters);
      const auto known = std::find_if(same.begin(), same.end(), [&](std::size_t number) {
        return there[number].current->parameters == document_.connections[i].parameters;
      });
      if (known == same.end()) {
        fresh.push_back(i);
        continue;
      }
      rows_[i].action = "none";
      rows_[i].result = "unchanged";
      rows_[i].connection.uuid = there[*known].current->uuid;
      rows_[i].connection.name = there[*known].current->name;
    }
  }
  const Document& document_;
  std::vector<ChangeRow> rows_;
};

Result<> import(const ImportOptions& options, Context& context) {
  if (options.no_connect && !options.save)
    return fail(ErrorKind::usage, "--no-connect goes with --save", "without --save nothing is connected");
  NVMECTL_ASSIGN(const Document document, read_document(options));
  for (const std::string& note : document.notes) context.messages.warning(note);
  const Store store = Store::of(context.environment);
  Import work(document);
  if (options.save) {
    NVMECTL_ASSIGN(
        const auto saved,
        save_in_one_step(context, store, [&](Contents& contents) -> Result<Staged> { return work.stage(contents); },
                         {.connect = !options.no_connect, .force = false}));
    work.take(saved);
  } else if (context.options.dry_run) {
    NVMECTL_ASSIGN(Contents contents, load_store(context, store));
    work.stage(contents);
    for (ChangeRow& row : work.rows())
      if (row.result == "staged") row.result = "planned";
  } else {
    NVMECTL_TRY(store.change(context.deadline(), [&](Contents& contents) -> Result<> {
      work.stage(contents);
      return {};
    }));
  }
  if (document.connections.empty()) context.messages.note("the file holds no connections");
  return show_changes(context, work.rows());
}

struct ExportOptions {
  std::string file = "-", format = "nvmectl";
  std::vector<std::string> connections;
  bool with_secrets = false;
};
constexpr std::array export_arguments{
    positional<&ExportOptions::file>(
        {.name = "FILE", .doc = "Where to; - is standard output", .default_text = "-", .complete = Complete::file}),
    option<&ExportOptions::format>({.name = "format",
                                    .metavar = "FORMAT",
                                    .doc = "nvmectl, config.json, discovery.conf or nvme-fabrics.conf",
                                    .default_text = "nvmectl",
                                    .complete = Complete::choice,
                                    .choices = connections::format_names}),
    option<&ExportOptions::connections>(
        {.name = "connection", .metavar = "NAME", .doc = "Only this one; may be given several times"}),
    option<&ExportOptions::with_secrets>(
        {.name = "with-secrets", .doc = "The secrets too, readable for all who read the file"}),
};
constexpr std::array export_examples{
    Example{"connection export --format config.json /etc/nvme/config.json", "for nvme-cli 2.x"},
    Example{"connection export --connection db", "one connection, as nvmectl writes it"},
    Example{"connection export --format nvme-fabrics.conf --with-secrets -", "for nvme-cli 3.0, secrets and all"},
};

Result<> write_out(Context& context, const std::string& file, const std::string& text) {
  if (file == "-") return context.out.raw(std::as_bytes(std::span(text)));
  struct stat about {};
  if (::stat(file.c_str(), &about) == 0 && !S_ISREG(about.st_mode))
    return fail(ErrorKind::usage, fmt::format("{} is not a file that can be replaced", printable(file)),
                "- is standard output");
  return connections::replace_file(file, text);
}

Result<> export_connections(const ExportOptions& options, Context& context) {
  NVMECTL_ASSIGN(const Format format, connections::format_of(options.format));
  NVMECTL_ASSIGN(const Contents contents, load_store(context, Store::of(context.environment)));
  std::vector<StoredConnection> chosen;
  for (const std::string& name : options.connections) {
    NVMECTL_ASSIGN(const StoredConnection* found, find_saved(contents.saved, name));
    chosen.push_back(*found);
  }
  const bool all = options.connections.empty();
  connections::PrintOptions how{.secrets = options.with_secrets, .host_nqn = ""};
  if (format == Format::config_json) {
    NVMECTL_ASSIGN(const HostIdentity host, host_identity("", ""));
    how.host_nqn = host.nqn;
  }
  const auto printed = connections::print_file(format, all ? contents.saved : chosen,
                                               all ? contents.kept : std::vector<connections::Kept>{}, how);
  NVMECTL_TRY(write_out(context, options.file, printed.text));
  for (const std::string& note : printed.notes) context.messages.warning(note);
  if (printed.secrets > 0)
    context.messages.warning(fmt::format("{} secret(s) were left out; --with-secrets writes them", printed.secrets));
  if (!contents.edits.empty())
    context.messages.warning(
        fmt::format("{} staged change(s) are not in it: only what is saved is", contents.edits.size()));
  return {};
}

}  // namespace

constinit const CommandSpec connection_import_command = command<ImportOptions, import>(
    {.area = "connection",
     .name = "import",
     .summary = "Stage the connections of a file, nvme-cli's among them",
     .description =
         "Reads nvmectl's own files, libnvme's config.json, discovery.conf and nvme-fabrics.conf. What is not "
         "understood is kept with the connection, and comes back when it is exported in the same format.\n"
         "What is stored already in the same form is left alone; a second import changes nothing.",
     .group = Group::connections,
     .effect = Effect::changes_state,
     .arguments = import_arguments,
     .examples = import_examples,
     .output = {.schema = &change_schema, .list = true}});

constinit const CommandSpec connection_export_command = command<ExportOptions, export_connections>(
    {.area = "connection",
     .name = "export",
     .summary = "Write the stored connections to a file, for nvme-cli as well",
     .description =
         "A file gets mode 0600 and is replaced as a whole. discovery.conf holds discovery controllers only; "
         "what a format cannot say is left out with a warning.",
     .group = Group::connections,
     .arguments = export_arguments,
     .examples = export_examples});

}  // namespace nvmectl
