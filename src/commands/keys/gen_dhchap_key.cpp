#include <array>

#include "commands/keys/area.hpp"
#include "commands/keys/key_fields.hpp"
#include "commands/secret.hpp"
#include "core/host_identity.hpp"
#include "nvme/auth/dhchap_secret.hpp"

namespace nvmectl {
namespace {

struct Row {
  std::string key;
  nvme::KeyText parts;
};
constexpr std::array fields{
    field<&Row::key>({.key = "key",
                      .title = "Key",
                      .kind = Kind::string,
                      .show = Show::table,
                      .doc = "The secret, as connect and targets take it"}),
    field_of<Row, [](const Row& r) { return hash_value(r.parts.hash); }>({.key = "hash",
                                                                          .title = "Hash",
                                                                          .kind = Kind::symbol,
                                                                          .show = Show::table,
                                                                          .doc = "What transforms it",
                                                                          .names = key_hash_names}),
    field_of<Row, [](const Row& r) { return Value(std::uint64_t{r.parts.key.size()}); }>(
        {.key = "length_bytes", .title = "Length", .unit = Unit::bytes, .show = Show::table}),
};
constexpr Schema schema{"gen-dhchap-key", "DH-HMAC-CHAP secret", fields};

std::string text(const Value& data, const TextOptions&) {
  return std::string(data.as<Record>()->at("key").text()) + "\n";
}

struct Options {
  std::string secret, nqn;
  std::uint32_t length = 0;
  std::uint8_t hmac = 0;
};
constexpr std::array arguments{
    option<&Options::nqn>({.name = "nqn",
                           .letter = 'n',
                           .metavar = "NQN",
                           .doc = "Host NQN that the key is transformed for, with --hmac",
                           .default_text = "this host's"}),
    option<&Options::hmac>({.name = "hmac",
                            .letter = 'm',
                            .metavar = "0-3",
                            .doc = "Hash that transforms the key: 0 none, 1 SHA-256, 2 SHA-384, 3 SHA-512",
                            .default_text = "0"}),
    option<&Options::length>({.name = "key-length",
                              .letter = 'l',
                              .metavar = "BYTES",
                              .doc = "32, 48 or 64",
                              .default_text = "as the hash, else 32"}),
    option<&Options::secret>({.name = "secret",
                              .letter = 's',
                              .metavar = "HEX",
                              .doc = "Make it of this and not of random bytes: hexadecimal digits, or where they are "
                                     "(file:PATH, env:NAME, keyring:NAME or -)"}),
};
constexpr std::array examples{
    Example{"gen-dhchap-key", "a new random secret"},
    Example{"gen-dhchap-key -m 1 -n nqn.2014-08.org.example:host", "transformed for a host with SHA-256"},
    Example{"gen-dhchap-key -s file:/run/secret.hex -l 48", "of 48 bytes that a file holds in hexadecimal"},
};

Result<> run(const Options& options, Context& context) {
  nvme::DhchapRecipe recipe;
  NVMECTL_ASSIGN(recipe.hash, hash_from(options.hmac, 0, 3, "--hmac"));
  recipe.length = options.length;
  if (!options.secret.empty()) {
    NVMECTL_ASSIGN(const std::string hex, resolve_secret(options.secret, "--secret", secret_access(context)));
    NVMECTL_ASSIGN(recipe.secret, nvme::parse_hex_key(hex, "--secret"));
  }
  std::string host = options.nqn;
  if (!host.empty()) {
    NVMECTL_TRY(check_nqn(host));
  } else if (recipe.hash != nvme::KeyHash::none) {
    NVMECTL_ASSIGN(host, host_identity("", "").map([](HostIdentity identity) { return identity.nqn; }));
  }
  recipe.host_nqn = host;
  Row row;
  NVMECTL_ASSIGN(row.key, nvme::make_dhchap_secret(recipe));
  NVMECTL_ASSIGN(row.parts, nvme::parse_dhchap_secret(row.key));
  return context.out.document(to_record(schema, &row));
}

}  // namespace

constinit const CommandSpec gen_dhchap_key_command = command<Options, run>(
    {.name = "gen-dhchap-key",
     .summary = "Make a DH-HMAC-CHAP secret for in-band authentication",
     .description = "Prints DHHC-1:HH:BASE64:, which both connect --dhchap-secret and a target's host entry take.\n"
                    "With --hmac the key is bound to the host's NQN, as nvme-cli does it.",
     .group = Group::keys,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &schema, .text = text}});

}  // namespace nvmectl
