#include "nvme/auth/key_text.hpp"

#include <fmt/format.h>

#include <optional>

#include "core/endian.hpp"
#include "core/text.hpp"

namespace nvmectl::nvme {
namespace {

constexpr std::size_t crc_bytes = 4;
constexpr std::size_t max_base64 = (max_key_bytes + crc_bytes + 2) / 3 * 4;

std::optional<unsigned> digit64(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0') + 52;
  if (c == '+') return 62U;
  if (c == '/') return 63U;
  return std::nullopt;
}

// RFC 4648, section 4: whole groups, padding only at the end, unused bits zero; one text for each key.
std::optional<Bytes> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > max_base64) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  Bytes out;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pad = i >= text.size() - padding;
    const auto digit = pad ? 0U : digit64(text[i]);
    if (!digit) return std::nullopt;
    bits = bits << 6U | *digit;
    if (i % 4 != 3) continue;
    for (const unsigned shift : {16U, 8U, 0U}) out.push_back(static_cast<std::byte>(bits >> shift & 0xffU));
    bits = 0;
  }
  for (std::size_t i = 0; i < padding; ++i) {
    if (out.back() != std::byte{0}) return std::nullopt;
    out.pop_back();
  }
  return out;
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

}  // namespace

std::uint32_t crc32(std::span<const std::byte> data) {
  std::uint32_t crc = 0xffffffffU;
  for (const std::byte byte : data) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

Result<KeyText> parse_key_text(std::string_view text, std::string_view prefix, std::string_view what) {
  const auto bad = [&](std::string_view why) {
    return fail(make_error(ErrorKind::usage, fmt::format("this is no {}", what),
                           fmt::format("it looks like {}:01:BASE64:, whole, with the colon at its end", prefix))
                    .with_cause(std::string(why)));
  };
  if (!text.starts_with(prefix) || text.substr(prefix.size()).size() < 5 || text[prefix.size()] != ':')
    return bad(fmt::format("it does not begin with {}:", prefix));
  const std::string_view rest = text.substr(prefix.size() + 1);
  if (rest[0] != '0' || rest[1] < '0' || rest[1] > '3' || rest[2] != ':')
    return bad("the hash behind the first colon is none of 00, 01, 02 and 03");
  if (rest.back() != ':' || rest.size() < 5) return bad("it does not end with a colon");
  const auto bytes = from_base64(rest.substr(3, rest.size() - 4));
  if (!bytes) return bad("what stands between the colons is not base64 of a key's length");
  if (bytes->size() <= crc_bytes) return bad("it is too short");
  KeyText key{static_cast<KeyHash>(rest[1] - '0'), *bytes, 0};
  key.crc = load_le<std::uint32_t>(*bytes, bytes->size() - crc_bytes);
  key.key.resize(bytes->size() - crc_bytes);
  if (const std::uint32_t is = crc32(key.key); is != key.crc)
    return bad(
        fmt::format("its checksum does not fit (it says {:08x}, the key's is {:08x}): a character is wrong or missing",
                    key.crc, is));
  return key;
}

std::string format_key_text(std::string_view prefix, KeyHash hash, std::span<const std::byte> key) {
  Bytes bytes(key.begin(), key.end());
  bytes.resize(key.size() + crc_bytes);
  store_le<std::uint32_t>(bytes, key.size(), crc32(key));
  return fmt::format("{}:{:02}:{}:", prefix, static_cast<unsigned>(hash), to_base64(bytes));
}

Result<Bytes> parse_hex_key(std::string_view text, std::string_view what) {
  if (text.size() % 2 != 0 || text.empty() || text.size() > 2 * max_key_bytes)
    return fail(ErrorKind::usage, fmt::format("{}: this is not a key of 32, 48 or 64 bytes in hexadecimal", what),
                "two digits for each byte");
  Bytes bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (!high || !low)
      return fail(ErrorKind::usage, fmt::format("{}: character {} is no hexadecimal digit", what, high ? i + 2 : i + 1),
                  "give the key as digits 0 to 9 and a to f");
    bytes.push_back(static_cast<std::byte>(*high << 4U | *low));
  }
  return bytes;
}

}  // namespace nvmectl::nvme
