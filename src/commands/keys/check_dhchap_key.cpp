#include <fmt/format.h>

#include <array>

#include "commands/keys/area.hpp"
#include "commands/keys/key_fields.hpp"
#include "commands/secret.hpp"
#include "nvme/auth/dhchap_secret.hpp"

namespace nvmectl {
namespace {

constexpr std::array fields{
    field_of<nvme::KeyText, [](const nvme::KeyText&) { return Value(true); }>(
        {.key = "valid",
         .title = "Valid",
         .kind = Kind::boolean,
         .show = Show::table,
         .doc = "Always true: a key that is not valid is an error"}),
    field_of<nvme::KeyText, [](const nvme::KeyText& k) { return hash_value(k.hash); }>(
        {.key = "hash", .title = "Hash", .kind = Kind::symbol, .show = Show::table, .names = key_hash_names}),
    field_of<nvme::KeyText, [](const nvme::KeyText& k) { return Value(std::uint64_t{k.key.size()}); }>(
        {.key = "length_bytes", .title = "Length", .unit = Unit::bytes, .show = Show::table}),
    field<&nvme::KeyText::crc>({.key = "crc32", .title = "CRC-32", .show = Show::table, .hex = true}),
};
constexpr Schema schema{"check-dhchap-key", "DH-HMAC-CHAP secret", fields};

// nvme-cli's line.
std::string text(const Value& data, const TextOptions&) {
  const Record& r = *data.as<Record>();
  return fmt::format("Key is valid (HMAC {}, length {}, CRC {:08x})\n", r.at("hash").number(),
                     r.at("length_bytes").number(), r.at("crc32").number());
}

struct Options {
  std::string key;
};
constexpr std::array arguments{
    option<&Options::key>({.name = "key",
                           .letter = 'k',
                           .metavar = "KEY",
                           .doc = "The key, or where it is: file:PATH[#NAME], env:NAME, keyring:NAME or -",
                           .required = true}),
};
constexpr std::array examples{
    Example{"check-dhchap-key -k file:/etc/nvme/lab.key", "form, length and checksum of the key in a file"},
    Example{"check-dhchap-key -k - < lab.key", "from standard input"},
};

Result<> run(const Options& options, Context& context) {
  NVMECTL_ASSIGN(const std::string key, resolve_secret(options.key, "--key", secret_access(context)));
  NVMECTL_ASSIGN(const nvme::KeyText parts, nvme::parse_dhchap_secret(key));
  return context.out.document(to_record(schema, &parts));
}

}  // namespace

constinit const CommandSpec check_dhchap_key_command =
    command<Options, run>({.name = "check-dhchap-key",
                           .summary = "Check a DH-HMAC-CHAP secret",
                           .description = "Form, length and checksum; exit status 2 when it is no such secret.",
                           .group = Group::keys,
                           .arguments = arguments,
                           .examples = examples,
                           .output = {.schema = &schema, .text = text}});

}  // namespace nvmectl
