#include <fmt/format.h>

#include <array>

#include "commands/keys/area.hpp"
#include "commands/keys/key_fields.hpp"
#include "commands/known.hpp"
#include "commands/secret.hpp"

namespace nvmectl {
namespace {

struct Row {
  std::string key;
  nvme::KeyText parts;
  std::string identity;
  std::optional<std::int32_t> serial;
};
constexpr std::array fields{
    field<&Row::key>({.key = "key",
                      .title = "Key",
                      .kind = Kind::string,
                      .show = Show::table,
                      .doc = "The configured key in PSK interchange format"}),
    field_of<Row, [](const Row& r) { return hash_value(r.parts.hash); }>(
        {.key = "hash", .title = "Hash", .kind = Kind::symbol, .show = Show::table, .names = key_hash_names}),
    field_of<Row, [](const Row& r) { return Value(std::uint64_t{r.parts.key.size()}); }>(
        {.key = "length_bytes", .title = "Length", .unit = Unit::bytes, .show = Show::table}),
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
constexpr Schema schema{"gen-tls-key", "TLS key", fields};

std::string text(const Value& data, const TextOptions&) {
  const Record& r = *data.as<Record>();
  std::string out = std::string(r.at("key").text()) + "\n";
  if (!r.at("serial").is_null()) out += fmt::format("Inserted TLS key {:08x}\n", r.at("serial").number());
  return out;
}

constexpr std::array arguments{
    tls_arguments::keyring,
    tls_arguments::keytype,
    tls_arguments::host_nqn,
    tls_arguments::subsystem_nqn,
    option<&TlsOptions::secret>({.name = "secret",
                                 .letter = 's',
                                 .metavar = "HEX",
                                 .doc = "Make it of this and not of random bytes: hexadecimal digits, or where they "
                                        "are (file:PATH, env:NAME, keyring:NAME or -)"}),
    option<&TlsOptions::hmac>({.name = "hmac",
                               .letter = 'm',
                               .metavar = "1|2",
                               .doc = "Hash of the key: 1 SHA-256 (32 bytes), 2 SHA-384 (48 bytes)",
                               .default_text = "1"}),
    tls_arguments::version,
    tls_arguments::insert,
    tls_arguments::keyfile,
    tls_arguments::compat,
};
constexpr std::array examples{
    Example{"gen-tls-key", "a new random key for both ends"},
    Example{"gen-tls-key -c nqn.2014-08.org.example:a -I 1 --insert", "and into this machine's keyring"},
    Example{"gen-tls-key -m 2 -s file:/run/psk.hex", "of 48 bytes that a file holds in hexadecimal"},
};

Result<> run(const TlsOptions& options, Context& context) {
  NVMECTL_TRY(check_tls_options(options));
  NVMECTL_ASSIGN(const nvme::KeyHash hash, hash_from(options.hmac, 1, 2, "--hmac"));
  Row row;
  if (options.secret.empty()) {
    NVMECTL_ASSIGN(row.parts, nvme::make_tls_psk(hash));
  } else {
    NVMECTL_ASSIGN(const std::string hex, resolve_secret(options.secret, "--secret", secret_access(context)));
    NVMECTL_ASSIGN(const Bytes bytes, nvme::parse_hex_key(hex, "--secret"));
    NVMECTL_ASSIGN(row.parts, nvme::make_tls_psk(hash, bytes));
  }
  row.key = nvme::format_tls_psk(row.parts);
  if (!options.subsystem_nqn.empty()) {
    NVMECTL_ASSIGN(const nvme::TlsKey key, tls_key_for(row.parts, options));
    row.identity = key.identity;
    if (options.insert) {
      NVMECTL_ASSIGN(row.serial, keep_tls_key(key, options, context));
    }
  }
  return context.out.document(to_record(schema, &row));
}

}  // namespace

constinit const CommandSpec gen_tls_key_command = command<TlsOptions, run>(
    {.name = "gen-tls-key",
     .summary = "Make a TLS key for NVMe/TCP",
     .description =
         "Prints a pre-shared key in NVMe's interchange format, NVMeTLSkey-1:HH:BASE64:, to be given to both "
         "ends.\nWith --insert the key that TLS uses, derived for a host and a subsystem, goes into the "
         "kernel's keyring.",
     .group = Group::keys,
     .effect = Effect::changes_state,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema, .text = text}});

}  // namespace nvmectl
