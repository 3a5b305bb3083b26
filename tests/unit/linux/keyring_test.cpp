#include "backends/linux/keyring.hpp"

#include <cerrno>
#include <cstring>
#include <linux/keyctl.h>
#include <map>
#include <memory>
#include <vector>

#include "support/catch.hpp"
#include "unit/linux/tree.hpp"

using namespace nvmectl;
using namespace nvmectl::linux_backend;
using nvmectl::test::Tree;
using nvmectl_test::ContainsSubstring;

namespace {

constexpr std::int32_t ring = 0x1234abcd;

// What the kernel does with keys, as far as it is asked.
struct FakeKernel {
  struct Key {
    std::string type, description;
    Bytes payload;
    bool revoked = false;
  };
  std::map<std::int32_t, Key> keys;
  std::vector<std::int32_t> in_ring;
  bool possessed = false, psk_known = true;
  int list_error = 0;

  long add(const char* type, const char* description, std::span<const std::byte> payload, long keyring) {
    if (keyring != ring) return -ENOKEY;
    if (!psk_known && std::string_view(type) == "psk") return -ENODEV;
    std::erase_if(in_ring, [&](std::int32_t serial) {
      return keys[serial].type == type && keys[serial].description == description;
    });
    const auto serial = static_cast<std::int32_t>(100 + keys.size());
    keys[serial] = {type, description, Bytes(payload.begin(), payload.end()), false};
    in_ring.push_back(serial);
    return serial;
  }
  static long give(const void* from, std::size_t size, unsigned long to, unsigned long room) {
    if (to != 0 && room >= size && size > 0) std::memcpy(reinterpret_cast<void*>(to), from, size);
    return static_cast<long>(size);
  }
  long control(int operation, const std::array<unsigned long, 4>& a) {
    const auto serial = static_cast<std::int32_t>(a[0]);
    switch (operation) {
      case KEYCTL_LINK: possessed = serial == ring; return 0;
      case KEYCTL_SEARCH:
        for (const std::int32_t s : in_ring)
          if (keys[s].type == reinterpret_cast<const char*>(a[1]) &&
              keys[s].description == reinterpret_cast<const char*>(a[2]))
            return keys[s].revoked ? -EKEYREVOKED : s;
        return -ENOKEY;
      case KEYCTL_READ:
        if (serial == ring && list_error != 0) return -list_error;
        if (serial == ring) return give(in_ring.data(), in_ring.size() * 4, a[1], a[2]);
        if (!keys.contains(serial)) return -ENOKEY;
        if (!possessed) return -EACCES;
        return give(keys[serial].payload.data(), keys[serial].payload.size(), a[1], a[2]);
      case KEYCTL_DESCRIBE: {
        if (!keys.contains(serial) || keys[serial].revoked) return -EKEYREVOKED;
        const std::string text = keys[serial].type + ";0;0;3f010000;" + keys[serial].description;
        return give(text.c_str(), text.size() + 1, a[1], a[2]);
      }
      case KEYCTL_REVOKE:
        if (!keys.contains(serial)) return -ENOKEY;
        keys[serial].revoked = true;
        return 0;
      case KEYCTL_UNLINK: std::erase(in_ring, serial); return 0;
      default: return -EINVAL;
    }
  }
};

struct Bed {
  Tree tree;
  std::shared_ptr<FakeKernel> kernel = std::make_shared<FakeKernel>();
  bool root = true;

  void file(std::string_view path, std::string_view content) const { tree.file("../" + std::string(path), content); }
  void proc_keys() const {
    file("proc/keys",
         "02f1a8bf I--Q---     4 perm 1f3f0000     0 65534 keyring   _uid.0: empty\n"
         "0abcdef0 I-R----     1 perm 1f030000     0     0 keyring   .nvme: empty\n"
         "1234abcd I------     1 perm 1f030000     0     0 keyring   .nvme: 1\n"
         "2234abcd I------     1 perm 1f030000     0     0 user      .other: 1\n"
         "garbage\n");
  }
  [[nodiscard]] KeyringCalls calls() {
    KeyringCalls calls;
    calls.root = tree.root();
    calls.privileged = [this] { return root; };
    calls.add_key = [k = kernel](const char* type, const char* description, std::span<const std::byte> payload,
                                 long keyring) { return k->add(type, description, payload, keyring); };
    calls.keyctl = [k = kernel](int operation, const std::array<unsigned long, 4>& a) {
      return k->control(operation, a);
    };
    return calls;
  }
};

const Bytes payload{std::byte{1}, std::byte{2}, std::byte{3}};

}  // namespace

TEST_CASE("keyrings are found by name and number", "[keyring]") {
  Bed bed;
  bed.proc_keys();
  CHECK(*find_keyring(".nvme", bed.calls()) == ring);
  CHECK(*find_keyring("@u", bed.calls()) == KEY_SPEC_USER_KEYRING);
  CHECK(*find_keyring("@s", bed.calls()) == KEY_SPEC_SESSION_KEYRING);
  CHECK(*find_keyring("305441741", bed.calls()) == ring);
  CHECK(*find_keyring("0x1234abcd", bed.calls()) == ring);
  CHECK(find_keyring("12x", bed.calls()).error().kind == ErrorKind::usage);
  CHECK(find_keyring("0xffffffff", bed.calls()).error().kind == ErrorKind::usage);
  CHECK(find_keyring("", bed.calls()).error().kind == ErrorKind::not_found);
  CHECK(find_keyring(".other", bed.calls()).error().kind == ErrorKind::not_found);
}

TEST_CASE("why there is no keyring .nvme", "[keyring]") {
  Bed bed;
  bed.file("proc/keys", "");
  bed.file("proc/sys/kernel/osrelease", "6.12.1\n");
  CHECK(find_keyring(".nvme", bed.calls()).error().kind == ErrorKind::unsupported);
  bed.file("lib/modules/6.12.1/modules.dep", "kernel/drivers/nvme/common/nvme-keyring.ko.xz:\n");
  const Error error = find_keyring(".nvme", bed.calls()).error();
  CHECK(error.kind == ErrorKind::not_running);
  CHECK_THAT(error.hint, ContainsSubstring("modprobe nvme-keyring"));
  bed.tree.directory("module/nvme_keyring");
  CHECK(find_keyring(".nvme", bed.calls()).error().kind == ErrorKind::not_found);
  bed.root = false;
  CHECK(find_keyring(".nvme", bed.calls()).error().kind == ErrorKind::permission);
}

TEST_CASE("keys go into a keyring, are listed, read and revoked", "[keyring]") {
  Bed bed;
  bed.proc_keys();
  LinuxKeyStore store(bed.calls());
  const auto b = store.insert(".nvme", {0, "psk", "NVMe1R01 b; with a semicolon"}, payload);
  const auto a = store.insert(".nvme", {0, "psk", "NVMe1R01 a"}, Bytes(48));
  REQUIRE((a && b));
  REQUIRE(store.insert(".nvme", {0, "user", "other"}, payload));
  const auto keys = store.list(".nvme", "psk");
  REQUIRE(keys);
  REQUIRE(keys->size() == 2);
  CHECK((*keys)[0].description == "NVMe1R01 a");
  CHECK((*keys)[0].serial == *a);
  CHECK((*keys)[1].description == "NVMe1R01 b; with a semicolon");
  CHECK(store.list(".nvme", "")->size() == 3);

  CHECK(*store.read(*b) == payload);
  CHECK(*find_key(ring, "psk", "NVMe1R01 a", bed.calls()) == *a);
  CHECK(find_key(ring, "psk", "NVMe1R01 c", bed.calls()).error().kind == ErrorKind::not_found);

  REQUIRE(store.revoke(".nvme", *a));
  CHECK(store.list(".nvme", "psk")->size() == 1);
  CHECK(store.revoke(".nvme", 4711).error().kind == ErrorKind::not_found);

  const auto again = store.insert(".nvme", {0, "psk", "NVMe1R01 b; with a semicolon"}, Bytes(32));
  REQUIRE(again);
  CHECK(store.list(".nvme", "psk")->size() == 1);
}

TEST_CASE("a key is possessed before it is read", "[keyring]") {
  Bed bed;
  bed.proc_keys();
  bed.kernel->keys[7] = {"psk", "x", payload, false};
  CHECK(*LinuxKeyStore(bed.calls()).read(7) == payload);
  CHECK(bed.kernel->possessed);
}

TEST_CASE("refusals of the keyring say what to do", "[keyring]") {
  Bed bed;
  bed.proc_keys();
  LinuxKeyStore store(bed.calls());
  bed.kernel->psk_known = false;
  const Error error = store.insert(".nvme", {0, "psk", "x"}, payload).error();
  CHECK(error.kind == ErrorKind::not_running);
  CHECK_THAT(error.hint, ContainsSubstring("modprobe"));
  bed.kernel->list_error = EACCES;
  CHECK(store.list(".nvme", "psk").error().kind == ErrorKind::permission);
  bed.kernel->list_error = ENOSYS;
  CHECK(store.list(".nvme", "psk").error().kind == ErrorKind::unsupported);
  CHECK(store.read(4711).error().kind == ErrorKind::not_found);
  bed.kernel->keys[8] = {"psk", "large", Bytes(100'000), false};
  bed.kernel->possessed = true;
  CHECK_FALSE(store.read(8));
}
