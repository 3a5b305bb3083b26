"""The life of namespaces by nvmectl's commands: what they do is so, what they show is what ndctl and daxctl show."""

import unittest

import pmemtest
from pmemtest import MIB, Listed, rows

STATES = ("unlabelled", "labelled", "created", "used", "disabled", "enabled", "again", "broken", "off", "dimmoff",
          "restored", "ram", "offline", "noram", "noonline", "reconfigured", "empty")


def setUpModule():
    global seen, ours
    seen = pmemtest.boot("pmem")
    ours = {name: Listed(seen, name) for name in STATES}


class SameAsNdctl(pmemtest.SameAsNdctl, unittest.TestCase):
    STATES = STATES
    INCOMPLETE = (("broken", "v-sector"),)

    @staticmethod
    def seen():
        return seen


class Changes(unittest.TestCase):
    def done(self, name, *devices, result="done"):
        self.assertEqual({device: row["result"] for device, row in rows(seen, name).items()},
                         {device: result for device in devices}, name)

    def test_init(self):
        planned = rows(seen, "init.dry")
        self.assertEqual({row["result"] for row in planned.values()}, {"planned"})
        self.assertEqual(set(planned), {"region0", "region1"}, "regions without DIMMs are no part of all")
        self.assertFalse(any(region["labelled"] for region in ours["unlabelled"].regions.values()))
        self.done("init", "region0", "region1")
        self.done("init.again", "region0")
        for device in ("region0", "region1"):
            row = ours["labelled"].regions[device]
            self.assertTrue(row["labelled"])
            self.assertEqual(row["available_bytes"], row["size_bytes"])
        self.assertEqual(seen.rc("init.full"), 10)
        self.assertIn("--force", seen.err("init.full"))

    def test_create_shows_what_list_shows(self):
        for name in ("fsdax", "devdax", "sector", "sector512", "raw", "small", "ram"):
            made = seen.json(f"create.{name}")["data"]
            self.assertEqual(made["result"], "created")
            listed = ours["created"].named(f"v-{name}")
            self.assertEqual({key: made[key] for key in listed}, listed)

    def test_used(self):
        uses = {ns["name"]: ns["uses"] for ns in ours["used"].namespaces.values()}
        self.assertEqual(uses["v-fsdax"], ["pmem0 is mounted at /mnt/fs"])
        self.assertRegex(uses["v-devdax"][0], r"^dax0.1 is open by process \d+ \(sleep\)$")
        self.assertEqual(uses["v-sector"], ["pmem0.2s is used as swap"])
        self.assertRegex(uses["v-raw"][0], r"is held by dm-\d+ \(vg--pmem-lv\)")
        self.assertIn("system RAM", ours["ram"].named("v-ram")["uses"][0])
        for words in ("mounted at /mnt/fs", "(sleep)", "swap", "vg--pmem-lv"):
            self.assertIn(words, seen.out("used.tree"))

    def test_rename_keeps_data(self):
        self.done("rename", "namespace0.0")
        self.done("rename.again", "namespace0.0", result="unchanged")
        self.assertEqual(seen.out("renamed.file"), "kept\n", seen.err("renamed.file"))

    def test_resize(self):
        raw = ours["created"].named("v-raw")["device"]
        self.done("resize", raw)
        self.done("resize.again", raw, result="unchanged")
        self.assertEqual(ours["disabled"].named("v-raw")["reserved_bytes"], 48 * MIB)
        self.assertEqual(seen.rc("resize.blocked"), 13)
        self.assertIn("are free in region0", seen.err("resize.blocked"))

    def test_disable_and_enable(self):
        inside = [f"namespace0.{n}" for n in range(6)]
        self.done("disable", *inside)
        self.done("enable", *inside)
        self.assertEqual({row["result"] for row in rows(seen, "disable.again").values()}, {"unchanged"})
        modes = {ns["name"]: ns["mode"] for ns in ours["disabled"].namespaces.values()}
        for name, mode in (("renamed", "fsdax"), ("v-devdax", "devdax"), ("v-sector", "sector"), ("v-raw", "raw")):
            self.assertEqual(modes[name], mode)

    def test_a_disabled_one_is_not_made_again(self):
        """--if-not-exists enables it; its info block, file system and files stay."""
        self.assertEqual(ours["again"].named("renamed")["state"], "disabled")
        made = seen.json("again")["data"]
        self.assertEqual((made["result"], made["file_system"]), ("completed", "ext4"))
        self.assertEqual(made["uuid"], ours["created"].named("v-fsdax")["uuid"])
        self.assertEqual(seen.out("again.file"), "kept\n", seen.err("again.file"))

    def test_half_a_namespace_is_completed(self):
        half = seen.json("half.list")["data"]["namespaces"][0]
        self.assertEqual((half["mode"], half["uuid"]), ("fsdax", None))
        made = seen.json("half")["data"]
        self.assertEqual((made["result"], made["name"], made["mode"], made["usable_bytes"]),
                         ("completed", "half", "fsdax", 62 * MIB))
        self.assertIsNotNone(made["uuid"])
        self.assertEqual(seen.rc("half.gone"), 0)

    def test_broken_table_is_repaired(self):
        self.assertTrue(all(row["ok"] for row in seen.json("check.good")["data"]))
        self.assertEqual(seen.out("check.state"), "enabled\n", "it is disabled only while it is checked")
        self.assertEqual(seen.rc("info.bad"), 2)
        self.assertIn("no valid info block", seen.err("info.bad"))
        self.assertNotEqual(seen.rc("check.broken"), 0)
        self.assertIn('"ok": false', seen.out("check.broken"))
        self.assertEqual(seen.rc("broken.create"), 14, "a damaged one is somebody's data")
        self.assertIn("damaged", seen.err("broken.create"))
        self.assertIn("--repair", seen.err("broken.create"))
        self.assertIn("restored", seen.out("check.repair"))
        self.assertTrue(all(row["ok"] for row in seen.json("check.repaired")["data"]))
        self.done("info.write", "namespace0.2")
        info = seen.json("info.decoded")["data"]
        self.assertEqual((info["mode"], info["checksum_ok"], info["external_sector_bytes"]), ("sector", True, 4096))
        self.assertEqual(info["uuid"], ours["enabled"].named("v-sector")["uuid"])

    def test_labels(self):
        for name in ("labels.backup", "labels.zero", "labels.restore", "labels.check", "dimm.off", "dimm.on"):
            self.done(name, "nmem0")
        for name in ("labels.off", "labels.on"):
            self.done(name, "region0")
        self.assertNotEqual(seen.rc("labels.none"), 0)
        self.assertIn("not valid", seen.err("labels.none"))
        self.assertEqual(len(seen.out("kept.copies").split()), 1, "the copy before labels zero is what backup wrote")
        self.assertFalse(ours["off"].regions["region0"]["enabled"])
        self.assertFalse(ours["dimmoff"].dimms["nmem0"]["enabled"])
        self.assertEqual(seen.out("restored.file"), "kept\n", seen.err("restored.file"))

    def test_labels_as_ndctl_decodes_them(self):
        mine = seen.json("labels.read")["data"][0]
        their = seen.json("labels.ndctl")[0]
        self.assertEqual([(one["version"], one["sequence"], one["slot_count"], one["label_bytes"])
                          for one in mine["indexes"]],
                         [(f"{one['major']}.{one['minor']}", one["seq"], one["nslot"], one["labelsize"])
                          for one in their["index"]])
        told = {one["slot"]: one for one in their["label"]}
        self.assertEqual(len(mine["labels"]), 6)
        for label in mine["labels"]:  # ndctl also shows slots that are not in use
            other = told[label["slot"]]
            self.assertEqual([label[key] for key in ("name", "uuid", "dpa", "size_bytes", "interleave_set", "flags")],
                             [other[key] for key in ("name", "uuid", "dpa", "rawsize", "isetcookie", "flags")])

    def test_system_ram(self):
        for name in ("ram.on", "ram.offline", "ram.online", "ram.off"):
            self.done(name, "dax1.0")
        self.done("ram.again", "dax1.0", result="unchanged")
        self.assertEqual(seen.rc("ram.offline2"), 0, seen.err("ram.offline2"))
        self.assertEqual(ours["ram"].dax["dax1.0"]["mode"], "system-ram")
        self.assertEqual(ours["offline"].dax["dax1.0"]["online_blocks"], 0)
        self.assertEqual(ours["noonline"].dax["dax1.0"]["online_blocks"], 0)
        self.assertTrue(ours["ram"].dax["dax1.0"]["movable"])
        self.assertEqual(seen.out("ram.policy"), "online\n", "the kernel's own choice is put back")
        for name in ("ram.noonline", "ram.off2"):
            self.assertEqual(seen.rc(name), 0, seen.err(name))
        self.assertEqual(seen.json("ram.dax")["data"], [ours["noram"].dax["dax1.0"]])
        self.assertEqual(ours["noram"].dax["dax1.0"]["mode"], "devdax")

    def test_reconfigure(self):
        small = seen.json("reconfigure")["data"]
        self.assertEqual((small["name"], small["mode"], small["uuid"]), ("v-small", "raw", None))
        self.assertEqual(small["label_uuid"], ours["created"].named("v-small")["label_uuid"])
        modes = {ns["bus"]: (ns["mode"], ns["map"], ns["align_bytes"])
                 for ns in ours["reconfigured"].namespaces.values() if ns["bus"] != "ndbus0"}
        providers = {bus["provider"]: device for device, bus in ours["reconfigured"].buses.items()}
        self.assertEqual(modes[providers["e820"]], ("devdax", "dev", 2 * MIB))
        self.assertEqual(modes[providers["virtio-pmem"]], ("fsdax", "dev", 4096))

    def test_destroy(self):
        for name in ("destroy", "destroy.all"):
            self.assertEqual({row["result"] for row in rows(seen, name).values()}, {"done"})
        self.assertEqual({row["detail"] for row in rows(seen, "destroy").values()}, {"erased: head"})
        for words in ("50 %", "100 %", "erased: full"):
            self.assertIn(words, seen.out("destroy.full"))
        self.assertEqual(seen.json("blank")["data"]["resource"], ours["noram"].named("v-raw")["resource"])
        self.assertEqual(seen.rc("blank.bytes"), 0, seen.out("blank.bytes") + seen.err("blank.bytes"))
        self.assertEqual({row["result"] for row in rows(seen, "destroy.missing").values()}, {"unchanged"})
        self.assertEqual({device[:10] for device in rows(seen, "destroy.all")}, {"namespace0", "namespace1"})
        for region in ("region0", "region1"):
            row = ours["empty"].regions[region]
            self.assertEqual((row["available_bytes"], len(row["free_extents"])), (row["size_bytes"], 1))


if __name__ == "__main__":
    unittest.main()
