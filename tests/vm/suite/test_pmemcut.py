"""The machine loses its power in the middle of a create or a destroy: afterwards the listing is true, and the same create
succeeds."""

import tempfile
import unittest

import vmtest

DEVICES, NODE = "/sys/bus/nd/devices", "/dev/pmem0"
# (what, mode, behind the how manieth write to which file, what is left: None, or the mode in which it runs)
CUTS = [
    ("create", "fsdax", 1, f"{DEVICES}/namespace0.0/uuid", None),  # it has its name and mode, but no size
    ("create", "fsdax", 1, f"{DEVICES}/namespace0.0/size", "raw"),  # its label is written
    ("create", "fsdax", 1, f"{DEVICES}/pfn0.*/namespace", "raw"),  # a pfn device has claimed it
    ("create", "fsdax", 1, "/sys/bus/nd/drivers/nd_pmem/bind", "fsdax"),  # it is enabled, but nobody was told
    ("create", "devdax", 1, f"{DEVICES}/namespace0.0/size", "raw"),
    ("create", "sector", 1, f"{DEVICES}/namespace0.0/size", "raw"),
    ("create", "raw", 1, f"{DEVICES}/namespace0.0/size", "raw"),
    ("destroy", "fsdax", 1, f"{DEVICES}/namespace0.0/force_raw", "fsdax"),  # disabled
    ("destroy", "fsdax", 1, NODE, "raw"),  # its info block is gone
    ("destroy", "sector", 1, NODE, "sector"),  # the info block's copy is gone
    ("destroy", "sector", 2, NODE, "raw"),  # and itself
    ("destroy", "fsdax", 1, f"{DEVICES}/namespace0.0/size", None),  # its label is gone
]


def setUpModule():
    global boots
    boots = []
    with tempfile.TemporaryDirectory(prefix="nvmectl-vm-pmemcut-disks-") as disks:
        for number in range(len(CUTS) + 1):
            words = {"number": number}
            if number < len(CUTS):
                words.update(zip(("what", "mode", "count", "file"), CUTS[number]))
            if number:
                words["after"] = CUTS[number - 1][1]
            append = " ".join(f"cut.{key}={value}" for key, value in words.items())
            boots.append(vmtest.boot("pmemcut", ["--pmem", "2", "--disks", disks, "--append", append],
                                     power_cut=number < len(CUTS)))


class PowerCut(unittest.TestCase):
    def each(self, look):
        """Of each cut: the next boot, the mode asked for, and what should be left."""
        for (what, mode, count, file, left), seen in zip(CUTS, boots[1:], strict=True):
            with self.subTest(what=what, mode=mode, behind=f"{file} {count}"):
                look(seen, mode, left)

    def namespaces(self, seen, when):
        """Ours, after a look whether they are ndctl's and whether the sums are right."""
        mine = seen.json(f"{when}.list")["data"]
        theirs = {ns["dev"]: ns for ns in (seen.json(f"{when}.ndctl") if seen.out(f"{when}.ndctl") else [])}
        self.assertEqual({(ns["device"], ns["name"], ns["mode"], ns["usable_bytes"]) for ns in mine["namespaces"]},
                         {(dev, ns.get("name"), ns["mode"], ns["size"]) for dev, ns in theirs.items()})
        for region in mine["regions"]:
            reserved = sum(ns["reserved_bytes"] for ns in mine["namespaces"] if ns["region"] == region["device"])
            self.assertEqual(reserved + region["available_bytes"], region["size_bytes"])
        return mine["namespaces"]

    def test_the_listing_is_true(self):
        def look(seen, mode, left):
            found = self.namespaces(seen, "left")
            self.assertEqual([(ns["name"], ns["mode"], ns["state"]) for ns in found],
                             [("volume", left, "incomplete" if left != mode else "enabled")] if left else [])

        self.each(look)

    def test_the_same_create_completes(self):
        def look(seen, mode, left):
            result = seen.json("again")["data"]["result"]
            self.assertEqual(result, "created" if not left else "unchanged" if left == mode else "completed")
            found = self.namespaces(seen, "completed")
            self.assertEqual([(ns["name"], ns["mode"], ns["state"]) for ns in found], [("volume", mode, "enabled")])
            self.assertEqual(seen.json("same")["data"]["result"], "unchanged")

        self.each(look)

    def test_it_can_be_destroyed(self):
        def look(seen, *_):
            self.assertEqual(seen.rc("destroy"), 0, seen.err("destroy"))
            self.assertEqual(self.namespaces(seen, "destroyed"), [])

        self.each(look)


if __name__ == "__main__":
    unittest.main()
