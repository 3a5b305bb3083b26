"""DAX devices that are cut from memory which may be divided: what nvmectl does is so, and daxctl sees the same."""

import json
import unittest

import pmemtest
import vmtest
from pmemtest import MIB, rows

STATES = ("boot", "split", "created", "resized", "disabled", "enabled", "kmem", "ram", "aliased", "again")


def setUpModule():
    global seen
    seen = vmtest.boot("pmemdax", ["--memory", "1024", "--hmem", "512", "--hmem", "256", "--pmem", "1", "--pmem-size",
                                   "512", "--pmem-align", "128"])


def data(state):
    return seen.json(f"{state}.list")["data"]


def sizes(state, region=None):
    return {row["device"]: row["size_bytes"] // MIB for row in data(state)["dax_devices"]
            if region in (None, row["dax_region"])}


def free(state):
    return {row["device"]: row["available_bytes"] // MIB for row in data(state)["dax_regions"]
            if row["available_bytes"] is not None}


class SameAsDaxctl(unittest.TestCase):
    maxDiff = None

    def test_regions(self):
        for state in STATES:
            theirs = {region["path"].rpartition("/")[2]: region for region in seen.json(f"{state}.daxctl")}
            ours = {row["device"]: row for row in data(state)["dax_regions"]}
            # without devices daxctl does not show a region
            self.assertLessEqual(set(theirs), set(ours), state)
            for name, region in theirs.items():
                row = ours[name]
                with self.subTest(state=state, region=name):
                    self.assertEqual((row["dax_region"], row["size_bytes"], row["align_bytes"]),
                                     (region["id"], region["size"], region["align"]))
                    self.assertEqual(row["available_bytes"] or None, region.get("available_size"))

    def test_devices(self):
        for state in STATES:
            theirs = {device["chardev"]: device for region in seen.json(f"{state}.daxctl")
                      for device in region.get("devices", [])}
            ours = {row["device"]: row for row in data(state)["dax_devices"]}
            self.assertEqual(set(ours), set(theirs), state)
            for name, device in theirs.items():
                row = ours[name]
                with self.subTest(state=state, device=name):
                    self.assertEqual(
                        [row[key] for key in ("size_bytes", "align_bytes", "target_node", "mode", "online_blocks",
                                              "total_blocks", "movable")],
                        [device.get(key) for key in ("size", "align", "target_node", "mode", "online_memblocks",
                                                     "total_memblocks", "movable")])
                    self.assertEqual(row["enabled"], device.get("state") != "disabled")
                    self.assertEqual([[one["offset_bytes"] // 4096, one["start"], one["size_bytes"]]
                                      for one in row["mappings"]],
                                     sorted([one["page_offset"], one["start"], one["size"]]
                                            for one in device["mappings"]))


class Cut(unittest.TestCase):
    def outcome(self, name, **expected):
        row, = rows(seen, name).values()
        self.assertEqual({key: row[key] for key in expected}, expected, name)

    def refused(self, name, code, *words):
        self.assertEqual(seen.rc(name), code, seen.err(name))
        for word in words:
            self.assertIn(word, seen.err(name))

    def test_boot(self):
        self.assertEqual(free("boot"), {"hmem.1": 0, "hmem.2": 0})
        self.assertEqual({row["device"]: row["namespace"] for row in data("boot")["dax_regions"]},
                         {"hmem.1": None, "hmem.2": None, "dax0.0": "namespace0.0"})
        self.assertRegex(seen.out("table"), r"(?m)^hmem.1 +region DAX region 1 +512 MiB +0 B free *$")
        self.assertRegex(seen.out("table"), r"(?m)^  dax1.0 +devdax +- +512 MiB +disabled *$")
        self.refused("full", 13, "hmem.1", "hmem.2", "0 B are free")
        self.refused("whole", 5, "namespace")

    def test_split(self):
        self.assertEqual([row["size_bytes"] for row in seen.json("split")["data"]], [128 * MIB] * 4)
        self.assertEqual(sizes("split", 1), {f"dax1.{i}": 128 for i in range(4)})
        # the first device stays for the kernel, with nothing in it
        self.outcome("emptied", result="done")
        self.assertEqual(sizes("split", 2), {})
        self.assertEqual(free("split"), {"hmem.1": 0, "hmem.2": 256})

    def test_create(self):
        self.outcome("best", device="dax2.1", size_bytes=100 * MIB)
        self.refused("named", 13, "0 B are free")
        self.outcome("page", device="dax2.2", size_bytes=6 * MIB)
        self.outcome("dry", result="planned", size_bytes=150 * MIB)
        self.refused("huge", 13, "in steps of 1 GiB")
        self.assertEqual(sizes("created", 2), {"dax2.1": 100, "dax2.2": 6})
        self.assertEqual({row["device"]: row["align_bytes"] for row in data("created")["dax_devices"]}["dax2.2"], 4096)

    def test_resize(self):
        self.outcome("shrunk", size_bytes=60 * MIB, detail="was 128 MiB")
        self.outcome("grown", size_bytes=130 * MIB)
        self.refused("beyond", 13, "194 MiB are free")
        for name in ("nsresize", "nssplit"):
            self.refused(name, 5, "one device")
        self.refused("nsdestroy", 5, "nvmectl pmem destroy")
        self.assertEqual(sizes("resized", 1), {"dax1.0": 130, "dax1.1": 60, "dax1.2": 128, "dax1.3": 128})
        first = next(row for row in data("resized")["dax_devices"] if row["device"] == "dax1.0")
        self.assertEqual([one["size_bytes"] // MIB for one in first["mappings"]], [128, 2], "it lies in two places")

    def test_open(self):
        for verb in ("destroy", "resize", "disable", "reconfigure"):
            self.refused(f"open.{verb}", 10, "open by process", "(sleep)")
        self.assertEqual(seen.rc("open.split"), 6)
        self.assertEqual([error["kind"] for error in json.loads(seen.out("open.split"))["errors"]], ["busy", "cancelled"])
        self.assertEqual(sizes("disabled"), sizes("resized"))

    def test_switch(self):
        self.outcome("disabled", result="done")
        self.outcome("disabled.again", result="unchanged")
        states = {state: {row["device"]: row["enabled"] for row in data(state)["dax_devices"] if row["dax_region"] == 1}
                  for state in ("disabled", "enabled")}
        self.assertEqual(states["disabled"], {"dax1.0": False, "dax1.1": True, "dax1.2": False, "dax1.3": True})
        self.assertEqual(set(states["enabled"].values()), {True})

    def test_ram(self):
        self.refused("small", 13, "60 MiB", "blocks of 128 MiB")
        self.refused("between", 13, "no whole one lies in its 128 MiB")
        self.outcome("ram", device="dax2.3", result="done", size_bytes=150 * MIB)
        listed = next(row for row in data("ram")["dax_devices"] if row["device"] == "dax2.3")
        self.assertEqual((listed["mode"], listed["online_blocks"], listed["movable"]), ("system-ram", 1, True))
        for verb in ("resize", "disable"):
            self.refused(f"ramdestroy.{verb}", 10, "system RAM", "-m devdax")
        self.outcome("ramdestroy", result="done")

    def test_daxctls_verbs(self):
        self.outcome("alias.create-device", device="dax2.3", size_bytes=10 * MIB)
        self.outcome("alias.reconfigure-device", action="resize", size_bytes=20 * MIB)
        for verb in ("disable-device", "enable-device"):
            self.outcome(f"alias.{verb}", result="done")
        self.assertEqual({row["result"] for row in seen.json("alias.destroy-device")["data"]}, {"done"})
        self.assertEqual(sizes("aliased", 2), {})
        self.assertEqual(free("aliased")["hmem.2"], 256)

    def test_all_of_it_again(self):
        self.assertEqual(seen.rc("all"), 0, seen.err("all"))
        self.outcome("again", size_bytes=512 * MIB)
        self.assertEqual(free("again"), {"hmem.1": 0, "hmem.2": 256})

    def test_without_root(self):
        self.assertEqual(seen.rc("nobody"), 0)
        listed = seen.json("nobody")["data"]["dax_devices"]
        self.assertEqual({row["device"]: row["size_bytes"] // MIB for row in listed}, sizes("again"))
        self.assertEqual({len(row["mappings"]) for row in listed}, {0}, "addresses are for root alone")


if __name__ == "__main__":
    unittest.main()
