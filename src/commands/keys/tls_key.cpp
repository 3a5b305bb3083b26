#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/columns.hpp"
#include "commands/keys/area.hpp"
#include "commands/keys/key_fields.hpp"
#include "commands/known.hpp"
#include "commands/secret.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

constexpr std::size_t max_import = 1024U * 1024;

struct Row {
  std::string_view action;
  StoredKey stored;
  std::optional<nvme::TlsIdentity> identity;
  std::string key;
};
Value part(const Row& row, std::string nvme::TlsIdentity::*member) {
  return row.identity ? Value(&row.identity.value()->*member) : Value();
}
constexpr std::array fields{
    field_of<Row, [](const Row& r) { return Value(r.action); }>(
        {.key = "action",
         .title = "Action",
         .kind = Kind::string,
         .show = Show::wide,
         .doc = "What was done with it: listed, inserted, exported, imported or revoked"}),
    field_of<Row, [](const Row& r) { return r.stored.serial != 0 ? Value(r.stored.serial) : Value(); }>(
        {.key = "serial",
         .title = "Serial",
         .kind = Kind::integer,
         .show = Show::table,
         .doc = "Its serial number in the kernel; null with --dry-run"}),
    field_of<Row, [](const Row& r) { return Value(r.stored.type); }>(
        {.key = "type", .title = "Type", .kind = Kind::string, .show = Show::wide}),
    field_of<Row, [](const Row& r) { return Value(r.stored.description); }>({.key = "description",
                                                                             .title = "Identity",
                                                                             .kind = Kind::string,
                                                                             .show = Show::table,
                                                                             .doc = "The key's description"}),
    field_of<Row, [](const Row& r) { return r.identity ? hash_value(r.identity->hash) : Value(); }>(
        {.key = "hash", .title = "Hash", .kind = Kind::symbol, .names = key_hash_names}),
    field_of<Row, [](const Row& r) { return r.identity ? Value(std::uint64_t{r.identity->version}) : Value(); }>(
        {.key = "identity_version", .title = "Identity version"}),
    field_of<Row, [](const Row& r) { return part(r, &nvme::TlsIdentity::host_nqn); }>(
        {.key = "host_nqn", .title = "Host NQN", .kind = Kind::string}),
    field_of<Row, [](const Row& r) { return part(r, &nvme::TlsIdentity::subsystem_nqn); }>(
        {.key = "subsystem_nqn", .title = "Subsystem NQN", .kind = Kind::string}),
    field_of<Row, [](const Row& r) { return known(r.key); }>(
        {.key = "key",
         .title = "Key",
         .kind = Kind::string,
         .doc = "The key itself, with --export to standard output only; else null"}),
};
constexpr Schema schema{"tls-key", "TLS keys in a kernel keyring", fields};

// Exported keys as nvme-cli's key file has them, a table of the rest.
std::string text(const Value& data, const TextOptions& options) {
  std::string out;
  std::vector<std::vector<std::string>> rows;
  for (const Value& item : data.as<List>()->items) {
    const Record& r = *item.as<Record>();
    const std::string description(r.at("description").text());
    if (!r.at("key").is_null()) {
      out += fmt::format("{} {}\n", description, r.at("key").text());
      continue;
    }
    const bool numbered = !r.at("serial").is_null();
    rows.push_back(
        {numbered ? fmt::format("{:08x}", r.at("serial").number()) : "-", cell(r.at("action")), description});
  }
  static constexpr std::array<Column, 3> columns{{{"Serial", 8}, {"Action", 8}, {"Identity", 8}}};
  if (!rows.empty() || out.empty()) out += fixed_columns(columns, rows, options);
  return out;
}

constexpr std::array arguments{
    tls_arguments::keyring,
    tls_arguments::keytype,
    option<&TlsOptions::list>(
        {.name = "list", .letter = 'l', .doc = "List the keys; done when nothing else is asked for"}),
    option<&TlsOptions::insert_key>({.name = "insert",
                                     .metavar = "KEY",
                                     .doc = "Derive a key from this one in interchange format (or file:PATH, env:NAME, "
                                            "keyring:NAME, -) for --hostnqn and --subsysnqn, and put it in"}),
    tls_arguments::host_nqn,
    tls_arguments::subsystem_nqn,
    tls_arguments::version,
    tls_arguments::compat,
    option<&TlsOptions::import_keys>({.name = "import", .letter = 'i', .doc = "Put the keys of --keyfile in"}),
    option<&TlsOptions::export_keys>({.name = "export", .letter = 'e', .doc = "Write the keys to --keyfile"}),
    option<&TlsOptions::revoke>({.name = "revoke",
                                 .letter = 'r',
                                 .metavar = "IDENTITY",
                                 .doc = "Revoke the key of this description or serial number"}),
    option<&TlsOptions::keyfile>({.name = "keyfile",
                                  .letter = 'f',
                                  .metavar = "FILE",
                                  .doc = "File of keys, one in a line; standard input or output when not given",
                                  .complete = Complete::file}),
};
constexpr std::array examples{
    Example{"tls-key", "the TLS keys of this machine"},
    Example{"tls-key --insert file:/etc/nvme/lab.psk -c nqn.2014-08.org.example:a -I 1", "put one in"},
    Example{"tls-key --export --keyfile /etc/nvme/tls-keys", "write them to a file that nvme-cli reads as well"},
    Example{"tls-key --import --keyfile /etc/nvme/tls-keys", "and put them in again after a boot"},
    Example{"tls-key --revoke 'NVMe0R01 nqn.2014-08.org.example:h nqn.2014-08.org.example:a'", "withdraw one"},
};

Row row_of(std::string_view action, StoredKey key) {
  auto identity = nvme::parse_tls_identity(key.description);
  return {action, std::move(key), identity ? std::optional(std::move(*identity)) : std::nullopt, {}};
}

Result<> show(Context& context, const std::vector<Row>& rows, std::vector<Error> errors = {}) {
  const std::size_t failed = errors.size();
  NVMECTL_TRY(context.out.document(to_list(schema, rows), std::move(errors)));
  if (failed == 0) return {};
  return fail(ErrorKind::partial, fmt::format("{} of {} keys failed", failed, failed + rows.size()));
}

Result<> list(const TlsOptions& options, KeyStore& keys, Context& context) {
  NVMECTL_ASSIGN(std::vector<StoredKey> stored, keys.list(options.keyring, options.keytype));
  std::vector<Row> rows;
  for (StoredKey& key : stored) rows.push_back(row_of("listed", std::move(key)));
  return show(context, rows);
}

Result<> insert(const TlsOptions& options, KeyStore& keys, Context& context) {
  if (options.subsystem_nqn.empty())
    return fail(ErrorKind::usage, "--insert: a key in the keyring is for one subsystem", "add --subsysnqn NQN");
  NVMECTL_ASSIGN(const std::string text_form, resolve_secret(options.insert_key, "--insert", secret_access(context)));
  NVMECTL_ASSIGN(const nvme::KeyText psk, nvme::parse_tls_psk(text_form));
  NVMECTL_ASSIGN(nvme::TlsKey key, tls_key_for(psk, options));
  StoredKey stored{0, options.keytype, std::move(key.identity)};
  if (!context.options.dry_run) {
    NVMECTL_ASSIGN(stored.serial, keys.insert(options.keyring, stored, key.key));
  }
  return show(context, {row_of("inserted", std::move(stored))});
}

Result<> export_keys(const TlsOptions& options, KeyStore& keys, Context& context) {
  NVMECTL_ASSIGN(std::vector<StoredKey> stored, keys.list(options.keyring, options.keytype));
  std::vector<Row> rows;
  std::vector<Error> errors;
  std::string content;
  for (StoredKey& key : stored) {
    const auto line =
        keys.read(key.serial).and_then([&](const Bytes& bytes) { return key_file_line(key.description, bytes); });
    if (!line) {
      errors.push_back(line.error());
      errors.back().device = key.description;
      continue;
    }
    content += *line;
    rows.push_back(row_of("exported", std::move(key)));
    if (options.keyfile.empty()) rows.back().key = trim(std::string_view(*line).substr(line->rfind(' ')));
  }
  if (!options.keyfile.empty() && !context.options.dry_run)
    NVMECTL_TRY(write_key_file(options.keyfile, content, false));
  return show(context, rows, std::move(errors));
}

// A line of a key file. nvme-cli 2.14 to 2.16 writes the identity's version where the format's belongs: NVMeTLSkey-0.
Result<nvme::TlsKey> key_of_line(std::string_view line) {
  const std::size_t blank = line.rfind(' ');
  if (blank == std::string_view::npos)
    return fail(ErrorKind::usage, "the line has no identity and key",
                "it looks like: NVMe1R01 HOSTNQN SUBNQN DIGEST KEY");
  const std::string_view identity = trim(line.substr(0, blank));
  std::string key(line.substr(blank + 1));
  if (key.starts_with("NVMeTLSkey-0:")) key[11] = '1';
  NVMECTL_TRY(nvme::parse_tls_identity(identity));
  NVMECTL_ASSIGN(nvme::KeyText psk, nvme::parse_tls_psk(key));
  return nvme::TlsKey{std::string(identity), std::move(psk.key)};
}

Result<> import_keys(const TlsOptions& options, KeyStore& keys, Context& context) {
  const std::string path = options.keyfile.empty() ? "-" : options.keyfile;
  NVMECTL_ASSIGN(const std::string content, read_key_file(path, "--keyfile", secret_access(context), max_import));
  std::vector<Row> rows;
  std::vector<Error> errors;
  std::size_t number = 0;
  for (std::string_view line : split(content, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    auto key = key_of_line(line);
    StoredKey stored{0, options.keytype, key ? key->identity : ""};
    if (key && !context.options.dry_run) {
      const auto serial = keys.insert(options.keyring, stored, key->key);
      if (!serial && rows.empty() && errors.empty()) return fail(serial.error());  // no keyring: the same for all
      if (serial) stored.serial = *serial;
      else key = tl::unexpected(serial.error());
    }
    if (key) {
      rows.push_back(row_of("imported", std::move(stored)));
      continue;
    }
    errors.push_back(key.error());
    errors.back().device = fmt::format("{} line {}", path == "-" ? "standard input" : printable(path), number);
    context.messages.warning(errors.back().device + ": " + errors.back().message);
  }
  return show(context, rows, std::move(errors));
}

Result<> revoke(const TlsOptions& options, KeyStore& keys, Context& context) {
  NVMECTL_ASSIGN(std::vector<StoredKey> stored, keys.list(options.keyring, options.keytype));
  const auto number = parse_number(options.revoke, "--revoke", 0x7fffffff);
  const auto hexadecimal = parse_number("0x" + options.revoke, "--revoke", 0x7fffffff);
  const auto is = [&](const StoredKey& key) {
    const auto serial = static_cast<std::uint64_t>(key.serial);
    return key.description == options.revoke || (number && *number == serial) ||
           (options.revoke.size() == 8 && hexadecimal && *hexadecimal == serial);  // as the list shows it
  };
  const auto found = std::ranges::find_if(stored, is);
  if (found == stored.end())
    return fail(ErrorKind::not_found,
                fmt::format("the keyring {} has no key '{}'", printable(options.keyring), printable(options.revoke)),
                "nvmectl tls-key shows which it has");
  if (!context.options.dry_run) NVMECTL_TRY(keys.revoke(options.keyring, found->serial));
  return show(context, {row_of("revoked", std::move(*found))});
}

Result<> run(const TlsOptions& options, Context& context) {
  const int asked = int{options.list} + int{options.import_keys} + int{options.export_keys} +
                    int{!options.insert_key.empty()} + int{!options.revoke.empty()};
  if (asked > 1)
    return fail(ErrorKind::usage, "tls-key does one thing at a time",
                "choose one of --list, --insert, --import, --export and --revoke");
  NVMECTL_ASSIGN(KeyStore* const keys, context.capability(&Backend::keys, "a keyring"));
  if (options.import_keys) return import_keys(options, *keys, context);
  if (options.export_keys) return export_keys(options, *keys, context);
  if (!options.insert_key.empty()) return insert(options, *keys, context);
  if (!options.revoke.empty()) return revoke(options, *keys, context);
  return list(options, *keys, context);
}

}  // namespace

constinit const CommandSpec tls_key_command = command<TlsOptions, run>(
    {.name = "tls-key",
     .summary = "List, insert, import, export and revoke the TLS keys of the kernel's keyring",
     .description = "The keys that NVMe/TCP with TLS uses lie in the kernel's keyring .nvme, where root alone reads "
                    "them.\nThey are gone after a boot: export them to a file and import them again.\nKey files are "
                    "nvme-cli's: a line of identity and key for each.",
     .group = Group::keys,
     .effect = Effect::changes_state,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema, .list = true, .text = text}});

}  // namespace nvmectl
