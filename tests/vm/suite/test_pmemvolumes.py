"""Volumes are what LVM says they are; a file is made so, once; a snapshot is such a file."""

import json
import unittest

import pmemtest
from pmemtest import MIB, Listed


def setUpModule():
    global seen
    seen = pmemtest.boot("pmemvolumes")


def row(name):
    rows = seen.json(name)["data"]
    assert len(rows) == 1, rows
    return rows[0]


def results(name):
    """{what: result} of apply; what has no name goes by its device."""
    return {each["name"] or each["device"]: each["result"] for each in json.loads(seen.out(name))["data"]}


class Volumes(unittest.TestCase):
    def test_create(self):
        self.assertEqual(seen.json("none")["data"], {"groups": [], "volumes": []})
        self.assertEqual(seen.rc("early"), 5)
        self.assertEqual(row("dry")["result"], "planned")
        sizes = {name: (row(name)["result"], row(name)["size_bytes"] // MIB) for name in ("create", "second", "third")}
        self.assertEqual(sizes, {"create": ("done", 100), "second": ("done", 52), "third": ("done", 12)})
        self.assertRegex(seen.out("mounts"), r"/mnt/vol-a ext4 .*dax")

    def test_again_changes_nothing(self):
        self.assertEqual(row("again")["result"], "unchanged")
        self.assertEqual(row("again")["device"], row("create")["device"])
        self.assertEqual(seen.out("file"), "kept\n")

    def test_one_group_is_filled_first(self):
        devices = {row(name)["device"].rpartition("/")[0] for name in ("create", "second", "third")}
        self.assertEqual(len(devices), 1)
        self.assertNotEqual(row("newpool")["device"].rpartition("/")[0], devices.pop())

    def test_a_group_without_active_volumes_is_not_destroyed(self):
        self.assertNotEqual(seen.rc("pool.group"), 0, seen.out("pool.group"))
        self.assertIn("is a physical volume of the LVM volume group", seen.out("pool.group") + seen.err("pool.group"))
        self.assertEqual(seen.rc("pools.destroy"), 0, seen.err("pools.destroy"))

    def test_list_tells_what_lvm_tells(self):
        data = seen.json("listed")["data"]
        lvm = dict(line.split() for line in seen.out("lvs").splitlines())
        volumes = {volume["name"]: volume for volume in data["volumes"]}
        self.assertEqual({name: str(volume["size_bytes"]) for name, volume in volumes.items()}, lvm)
        self.assertEqual((volumes["vol-a"]["mounted_at"], volumes["vol-a"]["in_use"]), ("/mnt/vol-a", True))
        self.assertEqual((volumes["vol-b"]["mounted_at"], volumes["vol-b"]["in_use"]), (None, False))
        pool = [ns for ns in Listed(seen, "namespaces").namespaces.values() if ns["name"]]
        self.assertEqual([ns["device"] for ns in pool], [volumes["vol-a"]["namespace"]])
        self.assertEqual(volumes["vol-a"]["region"], "region0")

    def test_resize(self):
        self.assertEqual(row("resize")["size_bytes"], 80 * MIB)
        self.assertEqual(row("resize.again")["result"], "unchanged")
        self.assertEqual(row("grow")["size_bytes"], 152 * MIB)
        self.assertGreater(int(seen.out("grow.df").split()[-1]), 120 * 1024, "the file system has grown too")
        self.assertEqual(row("shrink")["size_bytes"], 8 * MIB)

    def test_refusals(self):
        for name, code, *words in (("xfs", 14, "ext4", "wipefs"), ("larger", 14, "209715200", "volume resize"),
                                   ("busy", 10, "/mnt/vol-a", "unmount"), ("toolarge", 13, "2 GiB", "336 MiB free"),
                                   ("shrink.mounted", 10, "/mnt/vol-a", "unmount it first"),
                                   ("elsewhere", 14, "it is in region0"), ("dry.large", 13, "2 GiB"),
                                   ("dry.xfs", 14, "ext4"), ("nobody", 4, "root"),
                                   ("resize.large", 13, "4 GiB", "are free", "volume list"), ("gone", 3, "vol-z"),
                                   ("shrink.unasked", 8, "--yes"),
                                   ("pool.busy", 10, "/mnt/vol-a", "umount /mnt/vol-a")):
            with self.subTest(name):
                error = pmemtest.errors(seen, name)
                text = " ".join([error["message"], error["cause"] or "", error["hint"] or "", *error["context"]])
                self.assertEqual(seen.rc(name), code, text)
                for word in words:
                    self.assertIn(word, text)
        names = [ns["name"] for ns in Listed(seen, "pools").namespaces.values() if ns["name"]]
        self.assertEqual(len(names), 2, "a group that is too small is taken back")

    def test_any_size_is_rounded(self):
        self.assertEqual(row("tiny")["size_bytes"], 4 * MIB)
        self.assertEqual(row("delete.tiny")["result"], "done")

    def test_several_that_want_the_same(self):
        self.assertEqual(sorted(row(f"same.{n}")["result"] for n in (1, 2, 3)), ["done", "unchanged", "unchanged"])

    def test_delete(self):
        self.assertEqual(row("ifexists")["result"], "unchanged")
        self.assertEqual({each["result"] for each in seen.json("delete")["data"]}, {"done"})
        self.assertEqual(seen.json("deleted")["data"]["volumes"], [])
        self.assertEqual(seen.rc("pools.destroy"), 0, seen.err("pools.destroy"))


class Apply(unittest.TestCase):
    NAMES = ("data", "big", "blocks", "bytes")

    def test_made_as_the_file_says(self):
        self.assertEqual(set(results("apply.dry").values()), {"planned", "unchanged"})
        self.assertEqual([ns["name"] for ns in Listed(seen, "apply.dry").namespaces.values() if ns["name"]], [])
        self.assertEqual(seen.rc("apply.unasked"), 8)
        self.assertEqual(results("apply"), {"region0": "unchanged", "region1": "done",
                                            **{name: "done" for name in self.NAMES}})
        there = {ns["name"]: ns for ns in Listed(seen, "apply").namespaces.values()}
        self.assertEqual((there["data"]["reserved_bytes"], there["data"]["uses"][0].partition(" is ")[2]),
                         (112 * MIB, "mounted at /mnt/data"))
        self.assertEqual((there["big"]["region"], there["big"]["uses"][0].partition(" is ")[2]),
                         ("region1", "mounted at /mnt/big"))
        self.assertEqual((there["blocks"]["mode"], there["blocks"]["sector_bytes"]), ("sector", 512))
        self.assertEqual((there["bytes"]["mode"], there["bytes"]["map"], there["bytes"]["align_bytes"]),
                         ("devdax", "mem", 4096))

    def test_again_changes_nothing(self):
        for name in ("apply.again", "apply.again.prune", "apply.keep", "stdin", "snapshot.same", "snapshot.again"):
            with self.subTest(name):
                self.assertEqual(set(results(name).values()), {"unchanged"}, seen.err(name))
        self.assertEqual(seen.json("apply.list"), seen.json("apply.again.list"))

    def test_what_is_missing_is_mended(self):
        changed = {name for name, result in results("apply.mend").items() if result == "done"}
        self.assertEqual(changed, {"data", "blocks"})
        self.assertEqual(seen.out("apply.file"), "kept\n")

    def test_prune(self):
        expected = {name: "planned" for name in ("stray", "namespace1.4")}
        self.assertEqual({name: result for name, result in results("prune.dry").items() if result != "unchanged"},
                         expected)
        self.assertEqual({name: result for name, result in results("prune").items() if result != "unchanged"},
                         {name: "done" for name in expected})
        names = [ns["name"] for ns in Listed(seen, "prune").namespaces.values() if ns["label_uuid"]]
        self.assertEqual(set(names), set(self.NAMES))

    def test_what_differs_is_told_and_left(self):
        self.assertEqual(seen.rc("differs"), 6)
        self.assertEqual(results("differs")["blocks"], "failed")
        causes = [error["cause"] for error in json.loads(seen.out("differs"))["errors"]]
        self.assertEqual(len(causes), 1)
        self.assertIn("its sectors have 512 bytes, not 4096", causes[0])
        self.assertEqual(seen.json("differs.list"), seen.json("prune.list"))

    def test_wrong_files(self):
        self.assertEqual(seen.rc("wrong"), 2)
        self.assertIn("needs a name", pmemtest.errors(seen, "wrong")["message"])
        self.assertEqual(seen.rc("missing"), 3)

    def test_a_snapshot_is_such_a_file(self):
        snapshot = json.loads(seen.out("snapshot"))
        data = seen.json("snapshot.json")["data"]
        self.assertEqual(snapshot["namespaces"], [{key: value for key, value in each.items() if value is not None}
                                                  for each in data["namespaces"]])
        self.assertEqual({each["name"]: each.get("mkfs") for each in snapshot["namespaces"]},
                         {"data": "ext4", "big": "xfs", "blocks": None, "bytes": None})
        self.assertEqual({results("snapshot.apply")[name] for name in self.NAMES}, {"done"})
        keys = ("name", "mode", "map", "reserved_bytes", "usable_bytes", "label_uuid", "align_bytes", "sector_bytes")
        before, after = ({ns["name"]: [ns[key] for key in keys] for ns in Listed(seen, name).namespaces.values()}
                         for name in ("prune", "snapshot"))
        self.assertEqual(before, after)


class Snapshots(unittest.TestCase):
    def test_a_mount_is_the_namespaces_own_and_written_as_it_is(self):
        namespaces = {each["name"]: each for each in json.loads(seen.out("blank"))["namespaces"]}
        self.assertEqual(namespaces.pop("blank")["mount"], "/mnt/a blank")
        (pool,) = namespaces.values()
        self.assertNotIn("mount", pool)
        self.assertIn("such as volumes, is not told", seen.err("blank"))
        uses = [use for ns in Listed(seen, "blank").namespaces.values() for use in ns["uses"]]
        self.assertIn("pmem0 is mounted at /mnt/a blank", uses)

    def test_it_is_applied_as_it_is(self):
        self.assertEqual(set(results("blank.again").values()), {"unchanged"})
        self.assertEqual({name for name, result in results("blank.mounted").items() if result != "unchanged"},
                         {"blank"})
        self.assertEqual(seen.out("blank.mounts").strip(), "1")

    def test_a_dry_run_says_what_will_not_fit(self):
        for name, result in (("fat.dry", "planned"), ("fat", "done")):
            self.assertEqual(seen.rc(name), 6)
            self.assertEqual(sorted(results(name).values()), sorted([result, result, "failed"]))

    def test_pruning_needs_a_list(self):
        self.assertEqual(seen.rc("silent"), 2)
        self.assertIn("namespaces", pmemtest.errors(seen, "silent")["hint"])


class SystemRam(unittest.TestCase):
    def test_a_file_makes_it_and_daxctl_agrees(self):
        self.assertEqual((row("ram")["result"], row("ram")["detail"]), ("done", "system RAM"))
        device = seen.json("ram.daxctl")[0]
        self.assertEqual((device["mode"], device["online_memblocks"]), ("system-ram", device["total_memblocks"]))
        self.assertEqual(row("ram.again")["result"], "unchanged")
        self.assertTrue(seen.json("ram.snapshot")["data"]["namespaces"][0]["system_ram"])

    def test_it_is_not_pruned_while_in_use(self):
        self.assertEqual(results("ram.busy")["ram"], "failed")
        self.assertIn("system RAM", seen.out("ram.busy"))

    def test_and_back(self):
        self.assertEqual((row("ram.back")["result"], row("ram.back")["detail"]), ("done", "DAX device"))
        self.assertEqual(seen.json("ram.back.daxctl")[0]["mode"], "devdax")


if __name__ == "__main__":
    unittest.main()
