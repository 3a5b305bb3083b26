#include "core/uses.hpp"

#include "support/catch.hpp"

using namespace nvmectl;

TEST_CASE("Each kind of use has its way out") {
  const auto way = [](const char* how) { return ways_out(std::vector<Use>{{"pmem0", how}}); };
  CHECK(way("mounted at /srv") == "umount /srv");
  CHECK(way("mounted at /srv through dm-0") == "umount /srv");
  CHECK(way("mounted at /srv/a b") == "umount '/srv/a b'");
  CHECK(way("mounted at /it's through dm-3") == "umount '/it'\\''s'");
  CHECK(way("used as swap") == "swapoff /dev/pmem0");
  CHECK(way("held by md127") == "mdadm --stop /dev/md127");
  CHECK(way("held by dm-0 (vg-lv)") == "dmsetup remove vg-lv (of LVM: vgchange -an)");
  CHECK(way("held by dm-0") == "dmsetup remove dm-0 (of LVM: vgchange -an)");
  CHECK(way("open by process 12 (sleep)") == "end process 12 (sleep)");
  CHECK(way("system RAM, 1 of 1 blocks online") == "nvmectl pmem dax reconfigure pmem0 -m devdax");
  CHECK(way("something else") == "release pmem0");
}

TEST_CASE("Of many ways out three are told, each once") {
  std::vector<Use> uses;
  CHECK(ways_out(uses).empty());
  CHECK(ways_out(std::vector<Use>{{"pmem0", "held by dm-0 (lv)"}, {"pmem0", "mounted at /srv through dm-0"}}) ==
        "umount /srv; dmsetup remove lv (of LVM: vgchange -an)");
  for (const char* how : {"mounted at /a", "mounted at /a", "mounted at /b"}) uses.push_back({"pmem0", how});
  CHECK(ways_out(uses) == "umount /a; umount /b");
  for (const char* how : {"mounted at /c", "mounted at /d"}) uses.push_back({"pmem0", how});
  CHECK(ways_out(uses) == "umount /a; umount /b; umount /c; and others");
}

TEST_CASE("Where a device itself is mounted") {
  CHECK(mounted_at({"pmem0", "mounted at /srv"}) == "/srv");
  CHECK(mounted_at({"pmem0", "mounted at /went through it all"}) == "/went through it all");
  CHECK(mounted_at({"pmem0", "mounted at /srv through dm-0"}).empty());
  CHECK(mounted_at({"pmem0", "held by dm-0"}).empty());
}

TEST_CASE("The kernel's way to write paths is read") {
  CHECK(path_of_mount("/srv/a\\040b\\011c\\134d") == "/srv/a b\tc\\d");
  CHECK(path_of_mount("/srv/\\04") == "/srv/\\04");
  CHECK(path_of_mount("").empty());
}
