#include "target/store.hpp"

#include <cstdlib>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.hpp"

using namespace nvmectl;
using namespace nvmectl::target;
using target::test::pattern;

namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = "/tmp/nvmectl-store-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() {
    for (const char* file : {"disk", "ro", "odd", "empty"}) ::unlink((path_ + "/" + file).c_str());
    ::rmdir(path_.c_str());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

Bytes read(BlockStore& store, std::uint64_t offset, std::size_t size) {
  Bytes bytes(size, std::byte{0xee});
  REQUIRE(store.read(offset, bytes) == StoreStatus::ok);
  return bytes;
}

// What every store does.
void check_contents(BlockStore& store) {
  CHECK(read(store, 4096, 100) == Bytes(100));
  const Bytes data = pattern(200'000);
  const std::uint64_t at = 65536 - 512;  // across three chunks, unaligned
  REQUIRE(store.write(at, data) == StoreStatus::ok);
  CHECK(read(store, at, data.size()) == data);
  CHECK(read(store, at - 512, 512) == Bytes(512));
  CHECK(read(store, at + data.size(), 512) == Bytes(512));
  for (const bool deallocate : {false, true}) {
    REQUIRE(store.write(at, data) == StoreStatus::ok);
    REQUIRE(store.zero(at + 1024, 100'000, deallocate) == StoreStatus::ok);
    CHECK(read(store, at, 1024) == Bytes(data.begin(), data.begin() + 1024));
    CHECK(read(store, at + 1024, 100'000) == Bytes(100'000));
    CHECK(read(store, at + 101'024, 512) == Bytes(data.begin() + 101'024, data.begin() + 101'536));
  }
  CHECK(store.flush() == StoreStatus::ok);
}

}  // namespace

TEST_CASE("a RAM store reads back what was written and zeroes elsewhere", "[target][store]") {
  const auto store = make_ram_store(1U << 20U);
  REQUIRE(store);
  CHECK((*store)->size() == 1U << 20U);
  CHECK_FALSE((*store)->read_only());
  check_contents(**store);
}

TEST_CASE("a RAM store takes memory only for what was written and gives it back", "[target][store]") {
  constexpr std::uint64_t tebibyte = std::uint64_t{1} << 40U;
  const auto store = make_ram_store(tebibyte);
  REQUIRE(store);
  CHECK((*store)->allocated() == 0);
  CHECK(read(**store, tebibyte - 512, 512) == Bytes(512));
  CHECK((*store)->allocated() == 0);
  REQUIRE((*store)->write(tebibyte / 2, pattern(512)) == StoreStatus::ok);
  CHECK((*store)->allocated() == 65536);
  REQUIRE((*store)->zero(tebibyte / 2, 512, true) == StoreStatus::ok);  // only a part of the chunk
  CHECK((*store)->allocated() == 65536);
  CHECK(read(**store, tebibyte / 2, 512) == Bytes(512));
  (*store)->deallocate(0, tebibyte);
  CHECK((*store)->allocated() == 0);
}

TEST_CASE("a RAM store that ends inside a chunk gives its last chunk back", "[target][store]") {
  const auto store = make_ram_store(65536 + 1024);
  REQUIRE(store);
  REQUIRE((*store)->write(65536, pattern(1024)) == StoreStatus::ok);
  CHECK((*store)->allocated() == 65536);
  REQUIRE((*store)->zero(65536, 1024, true) == StoreStatus::ok);
  CHECK((*store)->allocated() == 0);
}

TEST_CASE("RAM stores of impossible size are usage errors", "[target][store]") {
  CHECK(make_ram_store(0).error().kind == ErrorKind::usage);
  CHECK(make_ram_store(max_ram_store_bytes + 1).error().kind == ErrorKind::usage);
}

TEST_CASE("a file store keeps data in the file", "[target][store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("disk");
  {
    const auto store = open_file_store({.path = path, .create_bytes = 1U << 20U});
    REQUIRE(store);
    CHECK((*store)->size() == 1U << 20U);
    CHECK((*store)->has_volatile_cache());
    check_contents(**store);
    REQUIRE((*store)->write(0, pattern(4096, 9)) == StoreStatus::ok);
  }
  const auto again = open_file_store({.path = path, .create_bytes = 5});  // exists: its own size counts
  REQUIRE(again);
  CHECK((*again)->size() == 1U << 20U);
  CHECK(read(**again, 0, 4096) == pattern(4096, 9));
}

TEST_CASE("a file that was cut short behind the store's back is a read error", "[target][store]") {
  const TemporaryDirectory directory;
  const auto store = open_file_store({.path = directory.file("disk"), .create_bytes = 65536});
  REQUIRE(store);
  REQUIRE(::truncate(directory.file("disk").c_str(), 4096) == 0);
  Bytes bytes(4096);
  CHECK((*store)->read(0, bytes) == StoreStatus::ok);
  CHECK((*store)->read(8192, bytes) == StoreStatus::read_failed);
}

TEST_CASE("a file store can be read-only", "[target][store]") {
  const TemporaryDirectory directory;
  REQUIRE(open_file_store({.path = directory.file("ro"), .create_bytes = 65536}));
  const auto store = open_file_store({.path = directory.file("ro"), .create_bytes = {}, .read_only = true});
  REQUIRE(store);
  CHECK((*store)->read_only());
  CHECK((*store)->write(0, pattern(512)) == StoreStatus::write_protected);
  CHECK((*store)->zero(0, 512, true) == StoreStatus::write_protected);
  CHECK(read(**store, 0, 512) == Bytes(512));
}

TEST_CASE("files that cannot be a namespace are refused with a reason", "[target][store]") {
  const TemporaryDirectory directory;
  const auto kind_of = [](const FileStoreOptions& options) {
    const auto store = open_file_store(options);
    REQUIRE_FALSE(store);
    CHECK_FALSE(store.error().message.empty());
    return store.error().kind;
  };
  CHECK(kind_of({.path = directory.file("missing")}) == ErrorKind::not_found);
  CHECK(kind_of({.path = directory.file("")}) != ErrorKind::internal);  // a directory
  CHECK(kind_of({.path = ""}) == ErrorKind::usage);
  CHECK(kind_of({.path = "/dev/null"}) == ErrorKind::usage);
  CHECK(kind_of({.path = directory.file("x"), .create_bytes = 0}) == ErrorKind::usage);
  std::ofstream(directory.file("empty")).close();
  CHECK(kind_of({.path = directory.file("empty")}) == ErrorKind::usage);
}

TEST_CASE("two processes cannot have one file", "[target][store]") {
  const TemporaryDirectory directory;
  const auto store = open_file_store({.path = directory.file("disk"), .create_bytes = 65536});
  REQUIRE(store);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto second = open_file_store({.path = directory.file("disk")});
    ::_exit(!second && second.error().kind == ErrorKind::busy ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("PATH and PATH:SIZE", "[target][store]") {
  const auto plain = parse_file_store("/tmp/disk");
  REQUIRE(plain);
  CHECK(plain->path == "/tmp/disk");
  CHECK_FALSE(plain->create_bytes);
  const auto sized = parse_file_store("/tmp/no:such:64MiB");
  REQUIRE(sized);
  CHECK(sized->path == "/tmp/no:such");
  CHECK(sized->create_bytes == std::uint64_t{64} << 20U);
  CHECK(parse_file_store("/tmp/no-such:name")->path == "/tmp/no-such:name");
  CHECK_FALSE(parse_file_store("/tmp/no-such:12zz"));
}
