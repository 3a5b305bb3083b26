#include "core/host_identity.hpp"

#include <map>

#include "core/sha256.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

namespace nvmectl {
namespace {

using Files = std::map<std::string, std::string>;

FileReader reader(Files files) {
  return [files = std::move(files)](const std::string& path) -> std::optional<std::string> {
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
}

const std::string uuid = "11111111-2222-4333-8444-555555555555";
const std::string named = "nqn.2014-08.org.nvmexpress:uuid:" + uuid;

}  // namespace

TEST_CASE("SHA-256 of the published vectors", "[core]") {
  const auto hash = [](std::string_view text) { return to_hex(sha256(std::as_bytes(std::span(text)))); };
  CHECK(hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("the identity comes from the files of the machine", "[core]") {
  const auto host = host_identity(
      "", "", reader({{"/etc/nvme/hostnqn", "nqn.2024-01.org.example:me\n"}, {"/etc/nvme/hostid", uuid + "\n"}}));
  REQUIRE(host);
  CHECK(*host == HostIdentity{"nqn.2024-01.org.example:me", uuid});
}

TEST_CASE("a missing half follows from the other one", "[core]") {
  CHECK(host_identity("", "", reader({{"/etc/nvme/hostnqn", named}}))->id == uuid);
  CHECK(host_identity("", "", reader({{"/etc/nvme/hostid", uuid}}))->nqn == named);
  const auto plain = host_identity("nqn.2024-01.org.example:me", "", reader({}));
  REQUIRE(plain);
  CHECK(plain->id == host_identity("nqn.2024-01.org.example:me", "", reader({}))->id);
  CHECK(parse_uuid(plain->id));
}

TEST_CASE("a given name is not paired with another host's identifier", "[core]") {
  const Files files{{"/etc/nvme/hostnqn", named}, {"/etc/nvme/hostid", "99999999-2222-4333-8444-555555555555"}};
  CHECK(host_identity(named, "", reader(files))->id == "99999999-2222-4333-8444-555555555555");
  CHECK(host_identity("nqn.2024-01.org.example:me", "", reader(files))->id != "99999999-2222-4333-8444-555555555555");
  CHECK(host_identity("", uuid, reader(files))->nqn == named);  // by its own UUID
}

TEST_CASE("without files the identity is stable and does not reveal the machine's id", "[core]") {
  const Files files{{"/etc/machine-id", "0123456789abcdef0123456789abcdef\n"}};
  const auto host = host_identity("", "", reader(files));
  REQUIRE(host);
  CHECK(*host == *host_identity("", "", reader(files)));
  CHECK(host->nqn == "nqn.2014-08.org.nvmexpress:uuid:" + host->id);
  CHECK(host->id.find("01234567") == std::string::npos);
  CHECK(host->id != host_identity("", "", reader({{"/etc/machine-id", "1"}}))->id);
  CHECK(host_identity("", "", reader({}))->id != host_identity("", "", reader({}))->id);  // random
}

TEST_CASE("malformed identities are refused when given, passed over in files", "[core]") {
  CHECK(host_identity("me", "", reader({})).error().kind == ErrorKind::usage);
  CHECK(host_identity("", "1234", reader({})).error().kind == ErrorKind::usage);
  CHECK(host_identity("", "", reader({{"/etc/nvme/hostnqn", "\x1b[31m"}, {"/etc/nvme/hostid", uuid}}))->nqn == named);
}

TEST_CASE("gen-hostnqn takes the machine's UUID when it has one", "[core]") {
  CHECK(generate_host_nqn(reader({{"/sys/class/dmi/id/product_uuid", "AAAAAAAA-2222-4333-8444-555555555555\n"}})) ==
        "nqn.2014-08.org.nvmexpress:uuid:aaaaaaaa-2222-4333-8444-555555555555");
  CHECK(generate_host_nqn(reader({{"/proc/device-tree/ibm,partition-uuid", uuid + std::string(1, '\0')}})) == named);
  const Files unset{{"/sys/class/dmi/id/product_uuid", "00000000-0000-0000-0000-000000000000\n"}};
  CHECK(generate_host_nqn(reader(unset)) != generate_host_nqn(reader(unset)));
  CHECK(configured_host_nqn(reader({})).error().kind == ErrorKind::not_found);
  CHECK(*configured_host_nqn(reader({{"/etc/nvme/hostnqn", named + "\n"}})) == named);
}

}  // namespace nvmectl
