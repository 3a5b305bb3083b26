#include "commands/secret.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "support/catch.hpp"

using namespace nvmectl;
using nvmectl_test::ContainsSubstring;

namespace {

constexpr const char* secret = "DHHC-1:00:c2VjcmV0:";

// A file that is removed at the end.
class TempFile {
 public:
  explicit TempFile(std::string_view content, mode_t mode = 0600) {
    char name[] = "/tmp/nvmectl-secret-XXXXXX";
    const int fd = ::mkstemp(name);
    REQUIRE(fd >= 0);
    path_ = name;
    REQUIRE(::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    ::close(fd);
    ::chmod(name, mode);
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() { ::unlink(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct FakeKeys final : KeyStore {
  std::map<std::string, std::vector<StoredKey>> rings;
  std::map<std::int32_t, std::string> payloads;
  Result<std::int32_t> insert(const std::string&, const StoredKey&, std::span<const std::byte>) override { return 1; }
  Result<std::vector<StoredKey>> list(const std::string& keyring, const std::string& type) override {
    const auto found = rings.find(keyring);
    if (found == rings.end()) return fail(ErrorKind::not_found, "no such keyring");
    std::vector<StoredKey> keys;
    for (const StoredKey& key : found->second)
      if (key.type == type) keys.push_back(key);
    return keys;
  }
  Result<Bytes> read(std::int32_t serial) override {
    Bytes bytes;
    for (const char c : payloads.at(serial)) bytes.push_back(static_cast<std::byte>(c));
    return bytes;
  }
  Result<> revoke(const std::string&, std::int32_t) override { return {}; }
};

struct Bed {
  std::map<std::string, std::string, std::less<>> variables;
  Environment environment{[this](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  }};
  std::vector<std::string> warnings;
  SecretAccess access{.environment = environment,
                      .warn = [this](std::string_view text) { warnings.emplace_back(text); }};

  Result<std::string> resolve(std::string_view text) { return resolve_secret(text, "--dhchap-secret", access); }
  std::string value(std::string_view text) {
    const auto result = resolve(text);
    INFO(text << ": " << (result ? "" : result.error().message));
    REQUIRE(result);
    return *result;
  }
  Error error(std::string_view text) {
    auto result = resolve(text);
    INFO(text);
    REQUIRE_FALSE(result);
    return result.error();
  }
};

}  // namespace

TEST_CASE("a secret on the command line is taken and warned of") {
  Bed bed;
  CHECK(bed.value(secret) == secret);
  REQUIRE(bed.warnings.size() == 1);
  CHECK_THAT(bed.warnings[0], ContainsSubstring("--dhchap-secret") && ContainsSubstring("file:PATH"));
  CHECK_THAT(bed.warnings[0], !ContainsSubstring("c2VjcmV0"));
  CHECK(bed.error("").kind == ErrorKind::usage);
  CHECK(bed.error("two words").kind == ErrorKind::usage);
  CHECK(bed.error(std::string(max_secret_length + 1, 'a')).kind == ErrorKind::usage);
}

TEST_CASE("a secret from a file is its first line of text") {
  Bed bed;
  const TempFile file("\n# the lab's\n  DHHC-1:00:c2VjcmV0:  \r\nsecond line\n");
  CHECK(bed.value("file:" + file.path()) == secret);
  CHECK(bed.warnings.empty());

  const TempFile open(std::string(secret) + "\n", 0644);
  CHECK(bed.value("file:" + open.path()) == secret);
  REQUIRE(bed.warnings.size() == 1);
  CHECK_THAT(bed.warnings[0], ContainsSubstring("chmod 600"));

  CHECK(bed.error("file:/nonexistent/secret").kind == ErrorKind::not_found);
  CHECK(bed.error("file:/").kind != ErrorKind::internal);
  const TempFile blank("# nothing\n\n");
  CHECK_THAT(bed.error("file:" + blank.path()).message, ContainsSubstring("no secret"));
  const TempFile binary(std::string_view("\x01\x02\x03", 3));
  CHECK_THAT(bed.error("file:" + binary.path()).message, ContainsSubstring("not a line of text"));
  const TempFile huge(std::string(70'000, 'x'));
  CHECK_THAT(bed.error("file:" + huge.path()).message, ContainsSubstring("64 KiB"));
}

TEST_CASE("a file that never ends and a pipe that nobody writes to do not hold us") {
  Bed bed;
  CHECK_THAT(bed.error("file:/dev/zero").message, ContainsSubstring("64 KiB"));
  const TempFile file("");
  const std::string fifo = file.path() + ".fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_FALSE(bed.resolve("file:" + fifo));
  const int both = ::open(fifo.c_str(), O_RDWR);  // a writer that stays silent
  bed.access.deadline = Deadline::in(std::chrono::milliseconds(50));
  CHECK(bed.error("file:" + fifo).kind == ErrorKind::timeout);
  ::close(both);
  ::unlink(fifo.c_str());
}

TEST_CASE("a secret from an environment file is the last value of its name") {
  Bed bed;
  const TempFile file(
      "# comment\nOTHER=DHHC-1:00:b3RoZXI=:\nKEY=old\nexport KEY=\"DHHC-1:00:c2VjcmV0:\"\n"
      "SINGLE='x y'\nEMPTY=\nKEYS=no\n");
  CHECK(bed.value("file:" + file.path() + "#KEY") == secret);
  CHECK(bed.value("file:" + file.path() + "#OTHER") == "DHHC-1:00:b3RoZXI=:");
  CHECK(bed.error("file:" + file.path() + "#MISSING").kind == ErrorKind::not_found);
  CHECK(bed.error("file:" + file.path() + "#EMPTY").kind == ErrorKind::usage);
  CHECK(bed.error("file:" + file.path() + "#SINGLE").kind == ErrorKind::usage);
  // What follows # is no name: the whole is a path.
  CHECK(bed.error("file:" + file.path() + "#no-name").kind == ErrorKind::not_found);
}

TEST_CASE("a secret from a variable") {
  Bed bed;
  bed.variables["NVME_KEY"] = std::string(secret) + "\n";
  CHECK(bed.value("env:NVME_KEY") == secret);
  CHECK(bed.warnings.empty());
  CHECK(bed.error("env:NO_SUCH").kind == ErrorKind::not_found);
}

TEST_CASE("a secret from the kernel's keyring") {
  Bed bed;
  CHECK(bed.error("keyring:lab").kind == ErrorKind::unsupported);
  FakeKeys keys;
  keys.rings["@u"] = {{7, "psk", "lab"}, {8, "user", "lab"}};
  keys.payloads = {{7, "wrong"}, {8, secret}};
  bed.access.keys = &keys;
  CHECK(bed.value("keyring:lab") == secret);
  CHECK(bed.warnings.empty());
  CHECK(bed.error("keyring:other").kind == ErrorKind::not_found);
}

TEST_CASE("secrets from standard input are its lines, one each") {
  Bed bed;
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);
  bed.access.input = ends[0];
  const std::string text = std::string(secret) + "\nsecond\r\nthird";
  REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  CHECK(bed.value("-") == secret);
  CHECK(bed.value("-") == "second");
  ::close(ends[1]);
  CHECK(bed.value("-") == "third");
  CHECK(bed.error("-").kind == ErrorKind::usage);
  ::close(ends[0]);
  CHECK(bed.warnings.empty());
}

TEST_CASE("silence on standard input ends with the deadline") {
  Bed bed;
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);
  bed.access.input = ends[0];
  bed.access.deadline = Deadline::in(std::chrono::milliseconds(30));
  CHECK(bed.error("-").kind == ErrorKind::timeout);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("what is a source of a secret and what is one") {
  for (const char* source : {"-", "file:/x", "env:X", "keyring:x"}) CHECK(is_secret_source(source));
  CHECK_FALSE(is_secret_source(secret));
}

TEST_CASE("key files are read whole, from files and from standard input") {
  Bed bed;
  const std::string lines(100'000, 'k');
  const TempFile file(lines);
  CHECK(*read_key_file(file.path(), "--keyfile", bed.access, 200'000) == lines);
  CHECK_THAT(read_key_file(file.path(), "--keyfile", bed.access, 50'000).error().message, ContainsSubstring("48 KiB"));
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);
  bed.access.input = ends[0];
  bed.access.deadline = Deadline::in(std::chrono::milliseconds(30));
  CHECK(read_key_file("-", "--keyfile", bed.access, 1000).error().kind == ErrorKind::timeout);
  REQUIRE(::write(ends[1], "a\nb\n", 4) == 4);
  ::close(ends[1]);
  bed.access.deadline = {};
  CHECK(*read_key_file("-", "--keyfile", bed.access, 1000) == "a\nb\n");
  ::close(ends[0]);
}
