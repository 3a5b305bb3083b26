// Vectors: RFC 4231, RFC 5869, libnvme's test/psk.c (identities), and keys computed with Python's hmac module.
#include <string>
#include <vector>

#include "core/text.hpp"
#include "nvme/auth/dhchap_secret.hpp"
#include "nvme/auth/tls_psk.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::nvme;
using nvmectl_test::ContainsSubstring;

namespace {

Bytes counting(std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i);
  return bytes;
}
Bytes hex(std::string_view text) {
  Bytes all;
  for (std::size_t i = 0; i < text.size(); i += 64) {
    const auto part = parse_hex_key(text.substr(i, 64), "hex");
    REQUIRE(part);
    all.insert(all.end(), part->begin(), part->end());
  }
  return all;
}

constexpr std::string_view host = "nqn.psk-test-host", subsystem = "nqn.psk-test-subsys";
constexpr std::string_view psk32 = "5512dbb6737d0106f65975b773dfb011ffc344bcf442e2dd6d8bc4870b5d5b03";
constexpr std::string_view psk48 =
    "5512dbb6737d0106f65975b773dfb011ffc344bcf442e2dd6d8bc4870b5d5b03ffc344bcf442e2dd6d8bc4870b5d5b03";
constexpr std::string_view text01 = "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";
constexpr std::string_view text02 =
    "NVMeTLSkey-1:02:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwP/w0S89ELi3W2LxIcLXVsDn8kXZQ==:";
constexpr std::string_view plain = "DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";

}  // namespace

TEST_CASE("HMAC, HKDF and CRC-32 compute what their documents say", "[auth]") {
  const auto mac = hmac(KeyHash::sha256, bytes_of("Jefe"), bytes_of("what do ya want for nothing?"));
  REQUIRE(mac);
  CHECK(to_hex(*mac) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const auto key = hkdf_extract(KeyHash::sha256, Bytes(22, std::byte{0x0b}));
  REQUIRE(key);
  CHECK(to_hex(*key) == "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
  const auto okm = hkdf_expand(KeyHash::sha256, *key, {}, 42);
  REQUIRE(okm);
  CHECK(to_hex(*okm) == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
  CHECK_FALSE(hkdf_expand(KeyHash::sha256, *key, {}, 255 * 32 + 1));
  CHECK(hmac(KeyHash::sha512, {}, {})->size() == 64);
  CHECK(crc32(bytes_of("123456789")) == 0xcbf43926U);
}

TEST_CASE("random bytes differ", "[auth]") {
  const auto a = random_bytes(48), b = random_bytes(48);
  REQUIRE((a && b));
  CHECK(a->size() == 48);
  CHECK(*a != *b);
}

TEST_CASE("DH-HMAC-CHAP secrets are made as nvme-cli makes them", "[auth]") {
  constexpr std::string_view nqn = "nqn.2014-08.org.nvmexpress:uuid:6e766d65-0000-4000-8000-000000000001";
  const auto make = [&](KeyHash hash, std::size_t length) {
    const auto text = make_dhchap_secret({.hash = hash, .secret = counting(length), .host_nqn = nqn});
    REQUIRE(text);
    return *text;
  };
  CHECK(make(KeyHash::none, 32) == plain);
  CHECK(make(KeyHash::sha256, 32) == "DHHC-1:01:RPCuyEyHCNVB2V613IVrqHPJ24kvhfM+BBrOnEcw4aesg1Zr:");
  CHECK(make(KeyHash::sha384, 48) ==
        "DHHC-1:02:muPwsTBNoZKYB053Hn77cKjxWOcVtXOmNAJzRPa4QjM7s3p5IIJUnZ/YY8R/0OCuzJd7fg==:");
  CHECK(make(KeyHash::sha512, 64) ==
        "DHHC-1:03:Eo0+kDE2CpDAhgp20iL4pbXG9nHTAWu7Rx98xisCLa+rI3aUjUxAFO4pK8HFrjbUzXA0TkqWx/zwja6IRrpEvnyswgY=:");
}

TEST_CASE("random DH-HMAC-CHAP secrets have the length asked for", "[auth]") {
  for (const auto& [hash, length, is] : std::vector<std::tuple<KeyHash, std::size_t, std::size_t>>{
           {KeyHash::none, 0, 32}, {KeyHash::none, 48, 48}, {KeyHash::none, 64, 64}, {KeyHash::sha384, 0, 48}}) {
    const auto text = make_dhchap_secret({.hash = hash, .length = length, .host_nqn = host});
    REQUIRE(text);
    const auto key = parse_dhchap_secret(*text);
    REQUIRE(key);
    CHECK(key->hash == hash);
    CHECK(key->key.size() == is);
    CHECK(*text != *make_dhchap_secret({.hash = hash, .length = length, .host_nqn = host}));
  }
  CHECK(make_dhchap_secret({.length = 33}).error().kind == ErrorKind::usage);
  CHECK(make_dhchap_secret({.hash = KeyHash::sha256, .length = 48}).error().kind == ErrorKind::usage);
  CHECK(make_dhchap_secret({.length = 32, .secret = counting(31)}).error().kind == ErrorKind::usage);
}

TEST_CASE("DH-HMAC-CHAP secrets are checked strictly", "[auth]") {
  const auto key = parse_dhchap_secret(plain);
  REQUIRE(key);
  CHECK(key->key == counting(32));
  CHECK(key->crc == 0x91267e8aU);
  const std::string good(plain);
  const std::string body = good.substr(10, good.size() - 11);
  for (const std::string& bad :
       {std::string(), std::string("DHHC-1"), std::string("DHHC-1:"), std::string("DHHC-1:00:"),
        std::string("DHHC-1:00::"), "DHHC-2:00:" + body + ":", "DHHC-1:04:" + body + ":", "DHHC-1:0:" + body + ":",
        "DHHC-1:00:" + body, "DHHC-1:00:" + body.substr(1) + ":", "DHHC-1:00:" + body + "AAAA:",
        "DHHC-1:00:" + body + "=:", "DHHC-1:00: " + body + ":", "DHHC-1:00:B" + body.substr(1) + ":",
        "DHHC-1:02:" + body + ":", "DHHC-1:00:" + std::string(10'000, 'A') + ":", good + "\n", " " + good}) {
    const auto result = parse_dhchap_secret(bad);
    INFO(bad.substr(0, 100));
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::usage);
    CHECK_THAT(result.error().message + result.error().cause + result.error().hint, !ContainsSubstring("CAwQFBgcI"));
  }
  // A flipped character: the checksum tells.
  std::string flipped = good;
  flipped[20] = flipped[20] == 'A' ? 'B' : 'A';
  CHECK_THAT(parse_dhchap_secret(flipped).error().cause, ContainsSubstring("checksum"));
}

TEST_CASE("base64 with other unused bits than zero is another text for the same key and refused", "[auth]") {
  // 48 + 4 bytes: two '=' and four unused bits in the last digit.
  std::string text(text02);
  const std::size_t last = text.rfind("Q==");
  text[last] = 'R';
  CHECK_FALSE(parse_tls_psk(text));
}

TEST_CASE("TLS keys in PSK interchange format", "[auth]") {
  const auto psk = parse_tls_psk(text01);
  REQUIRE(psk);
  CHECK(psk->key == hex(psk32));
  CHECK(format_tls_psk(*psk) == text01);
  CHECK(format_tls_psk(*make_tls_psk(KeyHash::sha384, hex(psk48))) == text02);
  CHECK(make_tls_psk(KeyHash::sha384)->key.size() == 48);
  CHECK(make_tls_psk(KeyHash::sha256, hex(psk48)).error().kind == ErrorKind::usage);
  std::string text(text01);
  text[14] = '2';  // SHA-384 with 32 bytes
  CHECK_THAT(parse_tls_psk(text).error().message, ContainsSubstring("48"));
  text[14] = '3';
  CHECK_FALSE(parse_tls_psk(text));
  CHECK_FALSE(parse_tls_psk(plain));
}

TEST_CASE("TLS keys and identities are derived as libnvme does, before and after its fix", "[auth]") {
  struct Case {
    LabelForm labels;
    unsigned version;
    KeyHash hash;
    std::string identity, key;
  };
  const std::string nqns = " nqn.psk-test-host nqn.psk-test-subsys";
  const std::vector<Case> cases{
      {LabelForm::rfc8446, 0, KeyHash::none, "NVMe0R01" + nqns,
       "ec85300ba827726bd3bc4fc07f3a34aec5fe7c8ccac05fefc2f021c74e0df9ef"},
      {LabelForm::rfc8446, 0, KeyHash::sha256, "NVMe0R01" + nqns,
       "05c6503551ad136e6ee32e6eeb3f6d500b69701d84ec71e328f65c7f51566f68"},
      {LabelForm::rfc8446, 1, KeyHash::none, "NVMe1R01" + nqns + " quJVUJjp/BImWR0UQay/MjSfEgyAr6TyBOWybS/B404=",
       "a45d08ee4639c7570729bb3e57e905e466a49a15ece5401af906830c4d3bdb0b"},
      {LabelForm::rfc8446, 1, KeyHash::sha256, "NVMe1R01" + nqns + " iSbjiStwJ/1TrTvDlt2fjFmzvsytOJelidNnA+X5lEU=",
       "8fc3c0badfd4c0c66fa3ca33aadd0314f85536cc9bc47338b60f3e6e563786ca"},
      {LabelForm::rfc8446, 1, KeyHash::sha384,
       "NVMe1R02" + nqns + " QhW2+Rp6RzHlNtCslyRxMnwJ11tKKhz8JCAQpQ+XUD8f9td1VeH5h53yz2wKJG1a",
       "a2b2f943f479fc682555cec89857c80ed004ce92f32a973d5764155bb7e36b17a85368a0666d250afac9282dda2e62ca"},
      {LabelForm::unframed, 0, KeyHash::sha256, "NVMe0R01" + nqns,
       "09fb1983ac6d6d0353e7cae4f23daddd651c367fa347c59d9cf6936f5a83eafb"},
      {LabelForm::unframed, 1, KeyHash::sha256, "NVMe1R01" + nqns + " 66GuqV08TsAGII39teWUfwQwizjv06Jy8jOcX3NAAzM=",
       "b9f5ab2a41ba6e72a23a12066302a2f775fa6c0942c8e0b18ca8ac07edf305e2"},
      {LabelForm::unframed, 1, KeyHash::sha384,
       "NVMe1R02" + nqns + " RsKmYJ3nAn1ApjjMloJFbAkLPivONDAX/xW327YBUsn2eGShXSjCZvBaOxscLqmz",
       "fcefe2e2a2e682b1447dcabf1ec268f78f08c63cd075753abcc8bda2c5c34d48d3014aa8d76ad80107e4f5c9f27e2149"},
  };
  for (const Case& c : cases) {
    const KeyText psk{c.hash, hex(c.hash == KeyHash::sha384 ? psk48 : psk32), 0};
    const auto key = derive_tls_key(psk, {host, subsystem, c.version, c.labels});
    REQUIRE(key);
    CHECK(key->identity == c.identity);
    CHECK(to_hex(key->key) == c.key);
  }
}

TEST_CASE("a TLS key is not derived for what cannot be", "[auth]") {
  const KeyText psk{KeyHash::sha256, hex(psk32), 0};
  CHECK(derive_tls_key(psk, {host, subsystem, 2, {}}).error().kind == ErrorKind::usage);
  CHECK_FALSE(derive_tls_key(psk, {"host", subsystem, 1, {}}));
  CHECK_FALSE(derive_tls_key(psk, {host, "", 1, {}}));
  const std::string longest = "nqn.2014-08.org.example:" + std::string(199, 'x');
  CHECK(derive_tls_key(psk, {longest, longest, 1, {}}));
  CHECK_THAT(derive_tls_key(psk, {longest, longest, 0, {}}).error().hint, ContainsSubstring("version 1"));
  CHECK_FALSE(derive_tls_key({KeyHash::sha512, counting(64), 0}, {host, subsystem, 1, {}}));
}

TEST_CASE("TLS identities are taken apart", "[auth]") {
  const auto one = parse_tls_identity("NVMe1R02 nqn.psk-test-host nqn.psk-test-subsys abc=");
  REQUIRE(one);
  CHECK(one->version == 1);
  CHECK(one->hash == KeyHash::sha384);
  CHECK(one->host_nqn == host);
  CHECK(one->digest == "abc=");
  CHECK(parse_tls_identity("NVMe0G01 nqn.psk-test-host nqn.psk-test-subsys"));
  for (const char* bad :
       {"", "NVMe", "NVMe1R01", "NVMe1R01 nqn.psk-test-host nqn.psk-test-subsys",
        "NVMe0R01 nqn.psk-test-host nqn.psk-test-subsys digest", "NVMe2R01 nqn.psk-test-host nqn.psk-test-subsys d",
        "NVMe0R03 nqn.psk-test-host nqn.psk-test-subsys", "NVMe0R01 host nqn.psk-test-subsys"})
    CHECK_FALSE(parse_tls_identity(bad));
}

TEST_CASE("keys in hexadecimal", "[auth]") {
  CHECK(parse_hex_key("00fFa0", "--secret") == Bytes{std::byte{0}, std::byte{0xff}, std::byte{0xa0}});
  for (const std::string& bad : {std::string(), std::string("0"), std::string("0g"), std::string(130, '0')})
    CHECK(parse_hex_key(bad, "--secret").error().kind == ErrorKind::usage);
}
