"""Memory of CXL devices: persistent memory with labels, which outlives the machine, and volatile memory for DAX devices."""

import tempfile
import unittest

import pmemtest
import vmtest
from pmemtest import MIB, Listed, rows

MACHINE = ["--cxl", "512", "--cxl-ram", "256"]


def setUpModule():
    global seen, again
    with tempfile.TemporaryDirectory(prefix="nvmectl-vm-pmemcxl-disks-") as disks:
        seen = one_boot(disks, "first")
        again = one_boot(disks, "again")


def one_boot(disks, which):
    return vmtest.boot("pmemcxl", [*MACHINE, "--disks", disks, "--append", f"pmemcxl={which}"])


class SameAsNdctl(pmemtest.SameAsNdctl, unittest.TestCase):
    STATES = ("unlabelled", "created", "ram", "cut", "changed")

    @staticmethod
    def seen():
        return seen


class SameAsNdctlAfterBoot(pmemtest.SameAsNdctl, unittest.TestCase):
    STATES = ("again",)

    @staticmethod
    def seen():
        return again


class Cxl(unittest.TestCase):
    def test_before_there_is_a_region(self):
        data = seen.json("bare.list")["data"]
        self.assertEqual([(dimm["device"], dimm["bus"]) for dimm in data["dimms"]], [("nmem0", "ndbus0")])
        self.assertEqual([bus["provider"] for bus in data["buses"]], ["CXL"])
        self.assertRegex(seen.out("bare.table"), r"(?m)^  nmem0 +DIMM ")
        self.assertEqual(seen.rc("bare.create"), 3)
        self.assertIn("no region is made of what nmem0 has", seen.err("bare.create"))
        self.assertIn("cxl create-region", seen.err("bare.create"))
        self.assertEqual(seen.rc("bare.init"), 3)

    def test_create(self):
        self.assertEqual({row["result"] for row in rows(seen, "init").values()}, {"done"})
        listed = Listed(seen, "created")
        self.assertEqual({name: listed.named(name)["mode"] for name in ("fs", "devdax", "sector", "raw")},
                         {"fs": "fsdax", "devdax": "devdax", "sector": "sector", "raw": "raw"})
        for name in ("fs", "devdax", "sector", "raw"):
            self.assertEqual(seen.json(f"create.{name}")["data"]["result"], "created")
        self.assertEqual(seen.json("create.same")["data"]["result"], "unchanged")

    def test_labels(self):
        ours = {row["uuid"]: row["name"] for dimm in seen.json("labels")["data"] for row in dimm["labels"]}
        theirs = {label["uuid"]: label["name"] for dimm in seen.json("labels.ndctl") for label in dimm["label"]}
        self.assertEqual(ours, theirs)
        self.assertEqual(sorted(ours.values()), ["devdax", "fs", "raw", "sector"])

    def test_what_it_does_not_report(self):
        dimm, = seen.json("health")["data"]
        self.assertEqual(dimm["device"], "nmem0")

    def test_volatile_memory_is_cut(self):
        region = {row["device"]: row for row in Listed(seen, "ram").data["dax_regions"]}["dax_region1"]
        self.assertEqual((region["size_bytes"], region["available_bytes"], region["namespace"]), (256 * MIB, 0, None))
        self.assertEqual([row["size_bytes"] for row in seen.json("split")["data"]], [128 * MIB] * 2)
        self.assertEqual(seen.rc("cut"), 0)
        region = {row["device"]: row for row in Listed(seen, "cut").data["dax_regions"]}["dax_region1"]
        self.assertEqual(region["available_bytes"], 128 * MIB)

    def test_it_outlives_the_machine(self):
        self.assertEqual(seen.rc("rename"), 0)
        self.assertEqual(seen.rc("destroy"), 0)
        before, after = Listed(seen, "changed"), Listed(again, "again")
        keys = ("mode", "reserved_bytes", "usable_bytes", "state", "uuid", "label_uuid", "map", "align_bytes")
        for name in ("fs", "devdax", "renamed"):
            self.assertEqual({key: after.named(name)[key] for key in keys},
                             {key: before.named(name)[key] for key in keys}, name)
        self.assertEqual(len(after.namespaces), 3)
        self.assertEqual(again.out("again.data"), "still there\n")


if __name__ == "__main__":
    unittest.main()
