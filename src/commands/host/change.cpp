#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/host/area.hpp"
#include "commands/host/store.hpp"
#include "commands/known.hpp"
#include "core/device_ref.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

struct Row {
  HostIdentity host, previous;
  std::string source;
  bool saved = false;
  std::string directory;
};
constexpr std::array fields{
    field_of<Row, [](const Row& r) { return Value(r.host.nqn); }>(
        {.key = "host_nqn", .title = "Host NQN", .kind = Kind::string, .show = Show::table, .mnemonic = "hostnqn"}),
    field_of<Row, [](const Row& r) { return Value(r.host.id); }>({.key = "host_id",
                                                                  .title = "Host identifier",
                                                                  .kind = Kind::string,
                                                                  .show = Show::table,
                                                                  .mnemonic = "hostid"}),
    field<&Row::source>({.key = "source",
                         .title = "From",
                         .kind = Kind::string,
                         .doc = "given, firmware, machine-id (derived from it) or random"}),
    field<&Row::saved>(
        {.key = "saved", .title = "Saved", .kind = Kind::boolean, .show = Show::table, .doc = "The files hold it now"}),
    field_of<Row, [](const Row& r) { return known(r.previous.nqn); }>(
        {.key = "previous_host_nqn", .title = "NQN before", .kind = Kind::string, .doc = "Null: there was no file"}),
    field_of<Row, [](const Row& r) { return known(r.previous.id); }>({.key = "previous_host_id",
                                                                      .title = "Identifier before",
                                                                      .kind = Kind::string,
                                                                      .doc = "Null: there was no file"}),
    field<&Row::directory>({.key = "directory", .title = "Directory", .kind = Kind::string, .doc = "Of the two files"}),
};
constexpr Schema schema{"host-change", "This host", fields};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

// Without the files of /etc/nvme: what is given, and what follows from it or from the machine.
Result<HostIdentity> derived(std::string_view nqn, std::string_view id) {
  return host_identity(nqn, id, [](const std::string& path) {
    return path.starts_with("/etc/nvme/") ? std::nullopt : read_small_file(path);
  });
}

// Connections keep the identity that they were made with.
void warn_of_connections(const HostIdentity& host, Context& context) {
  const auto initiator = context.capability(&Backend::fabrics, "connections of the kernel");
  if (!initiator) return;
  const auto controllers = (*initiator)->controllers();
  if (!controllers) return;
  std::string names;
  for (const FabricsController& c : *controllers) {
    if (c.parameters.host_nqn.empty()) continue;
    if (c.parameters.host_nqn == host.nqn && lower(c.parameters.host_id) == host.id) continue;
    names += (names.empty() ? "" : ", ") + c.name;
  }
  if (names.empty()) return;
  context.messages.warning(fmt::format(
      "connected under another identity: {}. The new one holds from the next connection on; the kernel refuses one "
      "identifier under two NQNs",
      names));
}

Result<> put(Row row, bool save, Context& context) {
  row.directory = host_directory(context.environment);
  row.previous = stored_host(row.directory).identity;
  if (save && !context.options.dry_run) {
    NVMECTL_TRY(save_host(row.directory, row.host, context.deadline()));
    row.saved = true;
  }
  if (save) warn_of_connections(row.host, context);
  return context.out.document(to_record(schema, &row));
}

struct NqnOptions {
  std::string nqn, id;
};
struct IdOptions {
  std::string id, nqn;
};
struct GenerateOptions {
  bool save = false, random = false;
};
constexpr std::array nqn_arguments{
    positional<&NqnOptions::nqn>({.name = "NQN", .doc = "NVMe Qualified Name of at most 223 bytes", .required = true}),
    option<&NqnOptions::id>(
        {.name = "id", .metavar = "UUID", .doc = "The identifier that goes with it; left out: derived from the NQN"}),
};
constexpr std::array id_arguments{
    positional<&IdOptions::id>({.name = "UUID", .doc = "Host identifier", .required = true}),
    option<&IdOptions::nqn>(
        {.name = "nqn", .metavar = "NQN", .doc = "The NQN that goes with it; left out: made of the UUID"}),
};
constexpr std::array generate_arguments{
    option<&GenerateOptions::save>({.name = "save", .doc = "Write it to the files instead of printing it only"}),
    option<&GenerateOptions::random>({.name = "random", .doc = "A new one every time, whatever the machine is"}),
};

Result<> set(const std::string& nqn, const std::string& id, Context& context) {
  if (!nqn.empty()) NVMECTL_TRY(check_nqn(nqn));
  if (!id.empty()) NVMECTL_TRY(parse_uuid(id));
  Row row;
  row.source = "given";
  const HostIdentity stored = stored_host(host_directory(context.environment)).identity;
  // The NQN that is there already keeps its identifier.
  const bool keeps = id.empty() && nqn == stored.nqn && !stored.id.empty() && coherent(stored);
  NVMECTL_ASSIGN(row.host, derived(nqn, keeps ? stored.id : id));
  row.host.id = lower(row.host.id);
  if (!coherent(row.host))
    return fail(ErrorKind::usage, "the NQN is made of another UUID than the identifier",
                "leave one of the two out: it follows from the other one");
  return put(std::move(row), true, context);
}

Result<> set_nqn(const NqnOptions& options, Context& context) {
  return set(options.nqn, options.id, context);
}
Result<> set_id(const IdOptions& options, Context& context) {
  return set(options.nqn, options.id, context);
}

// Firmware's UUID where it has one (root alone may read it), else what follows from /etc/machine-id.
Result<> generate(const GenerateOptions& options, Context& context) {
  Row row;
  std::string nqn;
  if (!options.random) {
    bool firmware = false;
    nqn = generate_host_nqn([&](const std::string& path) {
      auto content = read_small_file(path);
      firmware = firmware || content.has_value();
      return content;
    });
    if (!firmware) nqn.clear();
    row.source = firmware ? "firmware" : read_small_file("/etc/machine-id") ? "machine-id" : "random";
  } else {
    nqn = generate_host_nqn([](const std::string&) { return std::nullopt; });
    row.source = "random";
  }
  NVMECTL_ASSIGN(row.host, derived(nqn, ""));
  return put(std::move(row), options.save, context);
}

constexpr std::array nqn_examples{
    Example{"host set-nqn nqn.2014-08.org.example:host7", "the identifier follows from it"},
    Example{"host set-nqn nqn.2014-08.org.example:host7 --id 6e766d65-6374-4c00-8000-000000000001", "both"}};
constexpr std::array id_examples{Example{"host set-id 6e766d65-6374-4c00-8000-000000000001", "the NQN is made of it"}};
constexpr std::array generate_examples{Example{"host generate", "an identity for this machine, the same on every run"},
                                       Example{"host generate --save", "and writes it to /etc/nvme"}};

}  // namespace

constinit const CommandSpec host_set_nqn_command =
    command<NqnOptions, set_nqn>({.area = "host",
                                  .name = "set-nqn",
                                  .summary = "Set this host's NQN, and the identifier with it",
                                  .group = Group::host,
                                  .effect = Effect::changes_state,
                                  .arguments = nqn_arguments,
                                  .examples = nqn_examples,
                                  .output = {.schema = &schema}});

constinit const CommandSpec host_set_id_command =
    command<IdOptions, set_id>({.area = "host",
                                .name = "set-id",
                                .summary = "Set this host's identifier, and the NQN with it",
                                .group = Group::host,
                                .effect = Effect::changes_state,
                                .arguments = id_arguments,
                                .examples = id_examples,
                                .output = {.schema = &schema}});

constinit const CommandSpec host_generate_command = command<GenerateOptions, generate>(
    {.area = "host",
     .name = "generate",
     .summary = "Make an NQN and an identifier for this host",
     .description = "From firmware's UUID where root may read one, else from /etc/machine-id: the same on every run. "
                    "Nothing is written without --save.",
     .group = Group::host,
     .effect = Effect::changes_state,
     .arguments = generate_arguments,
     .examples = generate_examples,
     .output = {.schema = &schema}});

}  // namespace nvmectl
