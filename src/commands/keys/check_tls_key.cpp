#include <fmt/format.h>

#include <array>

#include "commands/keys/area.hpp"
#include "commands/keys/key_fields.hpp"
#include "commands/known.hpp"
#include "commands/secret.hpp"

namespace nvmectl {
namespace {

struct Row {
  nvme::KeyText parts;
  std::string identity;
  std::optional<std::int32_t> serial;
};
constexpr std::array fields{
    field_of<Row, [](const Row&) { return Value(true); }>({.key = "valid",
                                                           .title = "Valid",
                                                           .kind = Kind::boolean,
                                                           .show = Show::table,
                                                           .doc = "Always true: a key that is not valid is an error"}),
    field_of<Row, [](const Row& r) { return hash_value(r.parts.hash); }>(
        {.key = "hash", .title = "Hash", .kind = Kind::symbol, .show = Show::table, .names = key_hash_names}),
    field_of<Row, [](const Row& r) { return Value(std::uint64_t{r.parts.key.size()}); }>(
        {.key = "length_bytes", .title = "Length", .unit = Unit::bytes, .show = Show::table}),
    field_of<Row, [](const Row& r) { return Value(r.parts.crc); }>(
        {.key = "crc32", .title = "CRC-32", .show = Show::table, .hex = true}),
    field_of<Row, [](const Row& r) { return known(r.identity); }>({.key = "identity",
                                                                   .title = "Identity",
                                                                   .kind = Kind::string,
                                                                   .show = Show::table,
                                                                   .doc = "TLS identity of the derived key"}),
    field_of<Row, [](const Row& r) { return value_or_null(r.serial); }>(
        {.key = "serial",
         .title = "Serial",
         .kind = Kind::integer,
         .show = Show::table,
         .doc = "Serial number of the derived key in the keyring; null when it was not inserted"}),
};
constexpr Schema schema{"check-tls-key", "TLS key", fields};

// nvme-cli's lines, and a line for what nvme-cli refuses: a key alone.
std::string text(const Value& data, const TextOptions&) {
  const Record& r = *data.as<Record>();
  if (!r.at("serial").is_null()) return fmt::format("Inserted TLS key {:08x}\n", r.at("serial").number());
  if (!r.at("identity").is_null()) return std::string(r.at("identity").text()) + "\n";
  return fmt::format("Key is valid (HMAC {}, length {}, CRC {:08x})\n", r.at("hash").number(),
                     r.at("length_bytes").number(), r.at("crc32").number());
}

constexpr std::array arguments{
    option<&TlsOptions::keydata>({.name = "keydata",
                                  .letter = 'd',
                                  .metavar = "KEY",
                                  .doc = "The key, or where it is: file:PATH[#NAME], env:NAME, keyring:NAME or -",
                                  .alias = "key",
                                  .required = true}),
    tls_arguments::keyring,
    tls_arguments::keytype,
    tls_arguments::host_nqn,
    tls_arguments::subsystem_nqn,
    tls_arguments::version,
    tls_arguments::insert,
    tls_arguments::keyfile,
    tls_arguments::compat,
};
constexpr std::array examples{
    Example{"check-tls-key -d file:/etc/nvme/lab.psk", "form, length and checksum of the key in a file"},
    Example{"check-tls-key -d file:/etc/nvme/lab.psk -c nqn.2014-08.org.example:a -I 1",
            "and the identity by which TLS finds it"},
    Example{"check-tls-key -d env:PSK -c nqn.2014-08.org.example:a -I 1 --insert", "and into this machine's keyring"},
};

Result<> run(const TlsOptions& options, Context& context) {
  NVMECTL_TRY(check_tls_options(options));
  Row row;
  NVMECTL_ASSIGN(const std::string key, resolve_secret(options.keydata, "--keydata", secret_access(context)));
  NVMECTL_ASSIGN(row.parts, nvme::parse_tls_psk(key));
  if (!options.subsystem_nqn.empty()) {
    NVMECTL_ASSIGN(const nvme::TlsKey derived, tls_key_for(row.parts, options));
    row.identity = derived.identity;
    if (options.insert) {
      NVMECTL_ASSIGN(row.serial, keep_tls_key(derived, options, context));
    }
  }
  return context.out.document(to_record(schema, &row));
}

}  // namespace

constinit const CommandSpec check_tls_key_command = command<TlsOptions, run>(
    {.name = "check-tls-key",
     .summary = "Check a TLS key and show its identity",
     .description = "Form, length and checksum; exit status 2 when it is no such key.\nWith --subsysnqn the TLS "
                    "identity for a host and a subsystem is shown, and --insert puts the derived key into the kernel's "
                    "keyring.",
     .group = Group::keys,
     .effect = Effect::changes_state,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema, .text = text}});

}  // namespace nvmectl
