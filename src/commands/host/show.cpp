#include <array>

#include "commands/host/area.hpp"
#include "commands/host/store.hpp"
#include "commands/known.hpp"

namespace nvmectl {
namespace {

struct Row {
  HostIdentity host;
  std::string nqn_source, id_source;
  bool coherent = false;
  std::string problem;
  std::string directory;
};
constexpr std::array fields{
    field_of<Row, [](const Row& r) { return Value(r.host.nqn); }>({.key = "host_nqn",
                                                                   .title = "Host NQN",
                                                                   .kind = Kind::string,
                                                                   .show = Show::table,
                                                                   .doc = "What connections are made with",
                                                                   .mnemonic = "hostnqn"}),
    field_of<Row, [](const Row& r) { return Value(r.host.id); }>({.key = "host_id",
                                                                  .title = "Host identifier",
                                                                  .kind = Kind::string,
                                                                  .show = Show::table,
                                                                  .doc = "A UUID",
                                                                  .mnemonic = "hostid"}),
    field<&Row::nqn_source>({.key = "host_nqn_source",
                             .title = "NQN from",
                             .kind = Kind::string,
                             .doc = "file, host_id (derived from it), machine-id (derived from that) or random"}),
    field<&Row::id_source>({.key = "host_id_source",
                            .title = "Identifier from",
                            .kind = Kind::string,
                            .doc = "file, host_nqn (derived from it), machine-id (derived from that) or random"}),
    field<&Row::coherent>({.key = "coherent",
                           .title = "Coherent",
                           .kind = Kind::boolean,
                           .show = Show::table,
                           .doc = "The two belong together: an NQN that is made of a UUID has the identifier's"}),
    field_of<Row, [](const Row& r) { return known(r.problem); }>(
        {.key = "problem", .title = "Problem", .kind = Kind::string, .doc = "Null when coherent"}),
    field<&Row::directory>({.key = "directory", .title = "Directory", .kind = Kind::string, .doc = "Of the two files"}),
};
constexpr Schema schema{"host", "This host", fields};

struct Options {};
constexpr std::array examples{Example{"host show", "who this machine is on the fabric, and where that is from"}};

Result<> run(const Options&, Context& context) {
  Row row;
  row.directory = host_directory(context.environment);
  const FileReader reader = host_reader(row.directory);
  NVMECTL_ASSIGN(row.host, host_identity("", "", reader));
  const StoredHost stored = stored_host(row.directory);
  const bool machine = reader("/etc/machine-id").has_value() || reader("/var/lib/dbus/machine-id").has_value();
  const char* const made = machine ? "machine-id" : "random";
  row.nqn_source = !stored.identity.nqn.empty() ? "file" : !stored.identity.id.empty() ? "host_id" : made;
  row.id_source = !stored.identity.id.empty() ? "file" : !stored.identity.nqn.empty() ? "host_nqn" : made;
  row.problem = stored.problem;
  row.coherent = row.problem.empty();
  if (!row.coherent) context.messages.warning(row.problem + " (nvmectl host set-nqn puts it right)");
  return context.out.document(to_record(schema, &row));
}

}  // namespace

constinit const CommandSpec host_show_command = command<Options, run>(
    {.area = "host",
     .name = "show",
     .summary = "Show this host's NQN and identifier, and where they are from",
     .description = "From hostnqn and hostid in /etc/nvme. What is missing is derived, so that it is the same on every "
                    "run: the one from the\n"
                    "other, or both from /etc/machine-id by a one-way hash.",
     .group = Group::host,
     .examples = examples,
     .output = {.schema = &schema}});

}  // namespace nvmectl
