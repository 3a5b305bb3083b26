"""Creating: what plan promises is what create makes; a name is made once; what fails leaves nothing behind."""

import unittest

import pmemtest
from pmemtest import MIB, Listed

MAPPED = [f"{mode}-{where}-{align}"
          for mode in ("fsdax", "devdax") for where in ("dev", "mem") for align in ("4K", "2M")]
SECTORS = [f"sector-{size}" for size in (512, 520, 528, 4096, 4104, 4160, 4224)]
MATRIX = [*MAPPED, *SECTORS, "fsdax-512", "fsdax-4096", "raw-512", "raw-4096"]
SIZES = ["up", "down", "exact", "fraction", "bytes", "usable", "usable-exact", "usable-sector"]
PLACES = ["region", "region-number", "bus", "node"]
BTT2_MORE = 4096  # plan promises what BTT 1.1 offers


def setUpModule():
    global seen
    seen = pmemtest.boot("pmemcreate")


def made(name):
    return seen.json(name)["data"]


class SameAsNdctl(pmemtest.SameAsNdctl, unittest.TestCase):
    STATES = ("matrix", "dressed", "parallel", "last")

    @staticmethod
    def seen():
        return seen


class Plans(unittest.TestCase):
    def test_create_keeps_what_plan_promises(self):
        for name in (*MATRIX, "memory", "dax", "safe", *SIZES, *PLACES):
            with self.subTest(name):
                plan, ns = made(f"plan.{name}"), made(f"made.{name}")
                self.assertTrue(plan["feasible"])
                for key in ("mode", "region", "reserved_bytes"):
                    self.assertEqual(ns[key], plan[key], key)
                more = ns["usable_bytes"] - plan["usable_bytes"]
                self.assertEqual(more, BTT2_MORE if ns["mode"] == "sector" else 0)
                self.assertEqual(plan["overhead_bytes"], plan["reserved_bytes"] - plan["usable_bytes"])

    def test_the_shape_is_the_one_asked_for(self):
        for name in MAPPED:
            mode, where, align = name.split("-")
            ns = made(f"made.{name}")
            self.assertEqual((ns["mode"], ns["map"], ns["align_bytes"]),
                             (mode, where, {"4K": 4096, "2M": 2 * MIB}[align]))
        for name in (*SECTORS, "fsdax-512", "fsdax-4096", "raw-512", "raw-4096"):
            mode, size = name.split("-")
            self.assertEqual((made(f"made.{name}")["mode"], made(f"made.{name}")["sector_bytes"]), (mode, int(size)))
        self.assertEqual([made(f"made.{name}")["mode"] for name in ("memory", "dax", "safe")],
                         ["fsdax", "devdax", "sector"])

    def test_all_are_there(self):
        self.assertEqual(len(Listed(seen, "matrix").namespaces), len(MATRIX) + 2)

    def test_sizes(self):
        reserved = {name: made(f"made.{name}")["reserved_bytes"] // MIB for name in SIZES}
        self.assertEqual(reserved, {"up": 112, "down": 96, "exact": 96, "fraction": 64, "bytes": 48, "usable": 80,
                                    "usable-exact": 64, "usable-sector": 64})
        self.assertEqual(made("made.usable-exact")["usable_bytes"], 62 * MIB)
        for name, sizes in (("inexact", ("96 MiB", "112 MiB")), ("inexact.usable", ("62 MiB", "78 MiB"))):
            error = pmemtest.errors(seen, name)
            self.assertEqual((seen.rc(name), error["kind"]), (2, "usage"))
            for size in sizes:
                self.assertIn(size, error["hint"])

    def test_places(self):
        self.assertEqual([made(f"made.{name}")["region"] for name in ("region", "region-number")], ["region1"] * 2)
        self.assertEqual(made("made.bus")["bus"], "ndbus0")
        self.assertEqual(seen.rc("nonode"), 3)
        self.assertIn("--numa-node", pmemtest.errors(seen, "nonode")["message"])
        self.assertEqual(seen.rc("wrong.region"), 3)

    def test_capacity(self):
        free, full = made("capacity.free"), made("capacity.full")
        rows = {row["region"]: row for row in free["regions"]}
        row = rows["region0"]
        self.assertEqual((row["available_bytes"], row["largest_extent_bytes"], row["hole_count"]),
                         (row["total_bytes"], row["total_bytes"], 1))
        largest = made("largest")
        self.assertEqual((largest["reserved_bytes"], largest["usable_bytes"]),
                         (row["max_reserved_bytes"], row["max_usable_bytes"]))
        self.assertEqual(free["max_reserved_bytes"], row["max_reserved_bytes"])
        rows = {row["region"]: row for row in full["regions"]}
        self.assertEqual((rows["region0"]["available_bytes"], rows["region0"]["max_reserved_bytes"]), (0, 0))
        self.assertIn("largest hole has 0 B", rows["region0"]["reason"])
        self.assertEqual(full["max_reserved_bytes"], rows["region1"]["max_reserved_bytes"])
        self.assertEqual(full["available_bytes"], free["available_bytes"] - largest["reserved_bytes"])
        self.assertIn("no labels", rows["region2"]["reason"])
        self.assertEqual([row["region"] for row in made("capacity.sector")["regions"]], ["region0"])


class Names(unittest.TestCase):
    def test_once(self):
        self.assertEqual((made("once")["result"], made("once")["file_system"], made("once")["mounted_at"]),
                         ("created", "ext4", "/mnt/once"))
        for name in ("once.again", "once.less", "once.mount"):
            self.assertEqual(made(name)["result"], "unchanged", name)
            self.assertEqual(made(name)["uuid"], made("once")["uuid"])
        self.assertEqual(seen.out("once.file"), "kept\n")
        self.assertRegex(seen.out("once.mounts"), "ext4 .*dax")

    def test_another_of_that_name(self):
        for name, cause in (("once.plain", "namespace"), ("once.mode", "its mode is fsdax, not sector"),
                            ("once.size", "67108864 bytes"), ("once.align", "its alignment is 2 MiB, not 4 KiB")):
            error = pmemtest.errors(seen, name)
            self.assertEqual((seen.rc(name), error["kind"]), (14, "exists"))
            self.assertIn(cause, error["cause"])
        self.assertEqual(seen.rc("once.xfs"), 14)
        self.assertIn("ext4", pmemtest.errors(seen, "once.xfs")["message"])
        self.assertEqual(made("once.more")["name"], "once")
        self.assertEqual(seen.rc("once.which"), 2)
        self.assertIn("names 2 namespaces", seen.err("once.which"))

    def test_label_uuids(self):
        self.assertEqual(made("label")["label_uuid"], "11111111-2222-3333-4444-555555555555")
        error = pmemtest.errors(seen, "label.twice")
        self.assertEqual((seen.rc("label.twice"), error["kind"]), (14, "exists"))
        self.assertIn("labelled", error["cause"])

    def test_from_a_file(self):
        self.assertEqual((made("from.file")["result"], made("from.file")["mode"]), ("created", "sector"))
        self.assertEqual(made("from.again")["result"], "unchanged")
        self.assertEqual((made("from.stdin")["name"], made("from.stdin")["reserved_bytes"]), ("piped", 32 * MIB))
        self.assertEqual(seen.rc("from.bad"), 2)
        self.assertIn("sizes", pmemtest.errors(seen, "from.bad")["message"])

    def test_filters(self):
        def found(name):
            return [ns["name"] for ns in made(f"filter.{name}")["namespaces"] if ns["name"]]
        for name in ("name", "label", "uuid", "node", "device"):
            self.assertEqual(found(name), ["one"], name)
        for name in ("comma", "repeated"):
            self.assertEqual(found(name), ["one", "two"], name)
        expected = {"pattern": ["piped"], "provider": [], "region": ["two"], "mode": ["two"], "dimm": ["two"],
                    "modes": ["filed", "two"], "both": ["filed"], "nothing": []}
        for name, names in expected.items():
            self.assertEqual(sorted(found(name)), names, name)
        for name in ("bus", "numa"):
            self.assertEqual(sorted(found(name)), ["filed", "one", "piped", "two"], name)
        self.assertEqual([bus["provider"] for bus in made("filter.provider")["buses"]], ["e820"])
        self.assertEqual(list(made("filter.nothing")), list(made("filter.name")), "one shape")
        self.assertEqual(seen.rc("filter.missing"), 3)


class FileSystems(unittest.TestCase):
    def test_made_and_mounted(self):
        self.assertEqual((made("big")["file_system"], made("big")["mounted_at"]), ("xfs", "/mnt/big"))
        self.assertRegex(seen.out("big.mounts"), "xfs .*dax")
        self.assertIn("ext4", seen.out("sector.mounts"))
        self.assertNotIn("dax", seen.out("sector.mounts"))

    def test_what_fails_is_taken_back(self):
        self.assertNotEqual(seen.rc("small.xfs"), 0)
        self.assertIn("larger than 300MB", pmemtest.errors(seen, "small.xfs")["cause"])
        names = [ns["name"] for ns in Listed(seen, "dressed").namespaces.values()]
        self.assertNotIn("small", names)
        self.assertEqual(made("dry")["result"], "planned")
        self.assertNotIn("dry", names)

    def test_remains_are_wiped_when_asked(self):
        self.assertIn("ext4", seen.out("remains.blkid"))
        self.assertEqual((seen.rc("wiped.blkid"), seen.out("wiped.blkid")), (2, ""))


class AllOrNothing(unittest.TestCase):
    def test_eight_at_once(self):
        for n in range(1, 9):
            self.assertEqual(seen.rc(f"parallel.{n}"), 0, seen.err(f"parallel.{n}"))
        there = {ns["name"]: ns for ns in Listed(seen, "parallel").namespaces.values() if ns["name"]}
        self.assertEqual(set(there), {f"p{n}" for n in range(1, 9)})
        self.assertEqual({(ns["usable_bytes"], ns["state"]) for ns in there.values()}, {(30 * MIB, "enabled")})

    def test_a_failed_create_leaves_clean_seeds(self):
        error = pmemtest.errors(seen, "poison")
        self.assertEqual((seen.rc("poison"), error["kind"]), (13, "no_space"))
        expected = {"alt_name": ("",), "uuid": ("",), "size": ("", "0"), "align": ("", "2097152")}
        lines = [line.rpartition("/")[2].split(":") for line in seen.out("seeds").split()]
        self.assertTrue(lines)
        for attribute, value in lines:
            self.assertIn(value, expected[attribute], seen.out("seeds"))

    def test_what_the_kernel_refuses_half_way_is_taken_back(self):
        for mode, align in (("fsdax", "2097152\n"), ("devdax", "2097152\n"), ("sector", "")):
            with self.subTest(mode):
                self.assertIn("the kernel refused the claim of namespace1.", pmemtest.errors(seen, f"refused.{mode}")["message"])
                self.assertEqual(seen.rc(f"refused.{mode}"), 10)
                self.assertEqual(seen.out(f"refused.{mode}.align"), align)
                self.assertEqual(seen.out(f"refused.{mode}.namespace").strip(), "")
                self.assertEqual(seen.out(f"refused.{mode}.label").split(), [])
        self.assertEqual((seen.rc("interrupted"), pmemtest.errors(seen, "interrupted")["kind"]), (130, "cancelled"))
        self.assertNotIn("region1", [ns["region"] for ns in Listed(seen, "refused").namespaces.values()])

    def test_what_a_killed_create_left_on_the_seed_does_no_harm(self):
        self.assertNotEqual(seen.rc("seed.killed"), 0)
        self.assertEqual((made("seed.again")["name"], made("seed.again")["state"]), ("seed", "enabled"))

    def test_what_cannot_be_reconfigured_is_raw_and_keeps_name_and_size(self):
        self.assertEqual(seen.rc("remade.refused"), 10, seen.err("remade.refused"))
        self.assertIn("are gone: it is raw now, and disabled",
                      " ".join(pmemtest.errors(seen, "remade.refused")["context"]))
        kept = Listed(seen, "remade").named("kept")
        self.assertEqual((kept["mode"], kept["reserved_bytes"], kept["label_uuid"]),
                         ("raw", 32 * MIB, made("kept")["label_uuid"]))
        self.assertEqual((made("remade")["mode"], made("remade")["name"]), ("devdax", "kept"))

    def test_seeds_that_ndctl_left_do_not_matter(self):
        for name in ("sticky.fsdax", "sticky.devdax"):
            self.assertEqual((made(name)["align_bytes"], made(name)["usable_bytes"]), (2 * MIB, 62 * MIB))
        self.assertEqual(len([ns for ns in Listed(seen, "last").namespaces.values() if ns["name"]]), 2)


class Others(unittest.TestCase):
    """Other processes, broken memory, and scripts whose variables are not set."""

    def test_one_makes_the_file_system_and_all_have_it(self):
        self.assertEqual(sorted(made(f"same.{n}")["result"] for n in (1, 2, 3, 4)), ["created"] + 3 * ["unchanged"])
        self.assertEqual(len(seen.out("same.mounts").splitlines()), 1)

    def test_a_killed_caller_leaves_no_older_file_system(self):
        self.assertIn(made("killed")["result"], ("unchanged", "completed"))
        self.assertEqual(len(seen.out("killed.uuid")), 37)
        self.assertNotEqual(seen.out("killed.uuid"), seen.out("stale.uuid"))

    def test_what_cannot_be_read_is_not_overwritten(self):
        self.assertEqual(seen.rc("unreadable"), 1)
        self.assertIn("it cannot be told whether a file system is on", pmemtest.errors(seen, "unreadable")["message"])
        self.assertIn("it cannot be told whether", seen.err("unreadable.snapshot"))

    def test_a_name_is_taken_also_where_it_is_not_seen(self):
        for name in ("hidden.again", "hidden.rename"):
            self.assertEqual(seen.rc(name), 14)
            self.assertEqual(pmemtest.errors(seen, name)["cause"], "it is in region1, which is disabled")
        self.assertEqual((made("hidden.on")["result"], made("hidden.on")["label_uuid"]),
                         ("unchanged", made("hidden")["label_uuid"]))

    def test_words_that_would_mean_something_else(self):
        for name in ("name.all", "name.*", "name.vol-?", "name.namespace0.0", "name.pmem0",
                     "empty.region", "empty.from", "empty.destroy"):
            with self.subTest(name):
                self.assertEqual(seen.rc(name), 2)
        names = [ns["name"] for ns in Listed(seen, "rest").namespaces.values() if ns["label_uuid"]]
        self.assertEqual(names, ["same", "hidden"])


if __name__ == "__main__":
    unittest.main()
