"""Each refusal says what, why, who and what next, has its exit code, and has changed nothing."""

import unittest

import pmemtest
from pmemtest import Listed

CODES = {"usage": 2, "not_found": 3, "permission": 4, "unsupported": 5, "not_confirmed": 8, "busy": 10,
         "not_running": 12, "no_space": 13, "exists": 14, "io": 1}

HOLDERS = {  # by name: who, and what ends it
    "mounted": ("pmem0 is mounted at /mnt/fs", "umount /mnt/fs"),
    "opened": ("dax0.1 is open by process ", "end process "),
    "swapped": ("pmem0.2s is used as swap", "swapoff /dev/pmem0.2s"),
    "lvm": ("pmem0.3 is held by dm-0 (vg--pmem-lv)", "vgchange -an"),
    "dm": ("pmem0.5 is held by dm-1 (linear)", "dmsetup remove linear"),
    "ram": ("dax1.0 is system RAM", "nvmectl pmem dax reconfigure dax1.0 -m devdax"),
}

TABLE = {  # kind, then words that stand in message, cause or hint
    "labelless.create": ("unsupported", "no labels", "pmem init region0"),
    "labelless.region": ("unsupported", "no labels", "pmem reconfigure"),
    "labelless.destroy": ("unsupported", "namespace0.0", "no labels", "pmem init region0"),
    "labelless.rename": ("unsupported", "cannot be renamed", "no labels"),
    "labelless.init": ("unsupported", "region3 has no DIMMs", "pmem reconfigure"),
    "erase.mounted": ("busy", "mounted at /mnt/fs", "umount /mnt/fs"),
    "resize.lvm": ("busy", "vg--pmem-lv", "vgchange"),
    "resize.mounted": ("unsupported", "its mode is fsdax", "pmem volume"),
    "check.swapped": ("busy", "used as swap", "swapoff"),
    "region.used": ("busy", "mounted (namespace0.0)", "mounted at /mnt/fs", "umount"),
    "dimm.used": ("busy", "nmem0", "region0 is enabled", "pmem region disable region0"),
    "labels.zero": ("busy", "labels of nmem0", "region0 is enabled", "pmem region disable region0"),
    "labels.init": ("busy", "labels of nmem0", "pmem init"),
    "labels.restore": ("usage", "no valid labels", "labels backup"),
    "infoblock.mounted": ("usage", "no valid info block", "infoblock read"),
    "init.used": ("busy", "mounted at /mnt/fs", "umount"),
    "init.forced": ("busy", "mounted at /mnt/fs", "umount"),
    "daxmode.opened": ("busy", "dax0.1 is open by process", "(sleep)", "end process"),
    "mapped.destroy": ("busy", "dax0.1 is mapped by process", "(python3)", "end process"),
    "noyes": ("not_confirmed", "idle", "--yes"),
    "alias.mounted": ("busy", "mounted at /mnt/fs", "umount"),
    "size.misaligned": ("usage", "multiples of 16 MiB", "96 MiB", "112 MiB", "--size-policy"),
    "size.large": ("no_space", "10 GiB", "would fit"),
    "size.large.region": ("no_space", "2 GiB", "region1", "1 GiB are free", "would fit"),
    "size.zero": ("usage", "no bytes", "--size"),
    "size.negative": ("usage", "'-5'", "1.5G"),
    "size.text": ("usage", "'many'", "1.5G"),
    "size.tiny": ("usage", "smallest", "16 MiB"),
    "align.8M": ("usage", "8 MiB", "4 KiB, 2 MiB, 1 GiB"),
    "align.raw": ("usage", "raw has no alignment", "--align"),
    "align.1G": ("no_space", "would fit", "the usual alignment"),
    "sector.777": ("usage", "777", "512, 520, 528, 4096"),
    "sector.fsdax": ("usage", "520", "512 and 4096"),
    "mode": ("usage", "'fast'", "fsdax, devdax, sector and raw"),
    "missing.region": ("not_found", "region9", "region0"),
    "missing.bus": ("not_found", "ndbus9", "ndbus0"),
    "missing.namespace": ("not_found", "namespace9.9", "namespace0.0"),
    "missing.near": ("not_found", "idle2", "did you mean idle"),
    "missing.list": ("not_found", "nothing", "pmem list"),
    "missing.regions": ("not_found", "region9"),
    "missing.dimm": ("not_found", "nmem9", "nmem0"),
    "missing.dax": ("not_found", "dax9.9", "dax0.1"),
    "cannot.check-labels": ("not_found", "nmem9"),
    "mode.resize": ("unsupported", "its mode is fsdax"),
    "mode.check": ("unsupported", "its mode is fsdax", "sector"),
    "nothing.fits": ("not_found", "x*"),
    "nothing.region": ("not_found", "nothing was enabled"),
    "daxcreate": ("unsupported", "cannot be divided", "pmem create -m devdax"),
    "daxdestroy": ("unsupported", "dax0.1", "namespace"),
    "cannot.scrub": ("unsupported", "cannot scrub", "QEMU"),
    "cannot.inject-smart": ("unsupported", "SMART", "QEMU"),
    "cannot.inject-error": ("unsupported", "inject errors", "QEMU"),
    "cannot.security": ("unsupported", "no security", "QEMU"),
    "cannot.firmware": ("unsupported", "firmware"),
    "cannot.monitor": ("unsupported", "events"),
    "nobody.create": ("permission", "root"),
    "nobody.destroy": ("permission", "root"),
    "nobody.disable": ("permission", "root"),
    "nobody.rename": ("permission", "root"),
    "nobody.reconfigure": ("permission", "root"),
    "full.create": ("no_space", "64 MiB", "0 B are free", "pmem destroy"),
    "full.largest": ("no_space", "no region has room", "pmem destroy"),
    "full.sector": ("no_space", "64 MiB", "0 B are free"),
    "full.plan": ("no_space", "64 MiB"),
    "full.resize": ("no_space", "64 MiB", "0 B are free in region0"),
    "off.init": ("busy", "nmem1 has ", "in use", "pmem region enable region1 shows them", "--force"),
    "off.create": ("not_running", "region1", "disabled", "pmem region enable region1"),
}


def setUpModule():
    global seen
    seen = pmemtest.boot("pmemerrors")


def said(name):
    error = pmemtest.errors(seen, name)
    return error, " ".join([error["message"], error["cause"] or "", error["hint"] or "", *error["context"]])


class Refusals(unittest.TestCase):
    def test_who_holds_it_and_how_it_ends(self):
        for name, (who, end) in HOLDERS.items():
            rename = ["rename"] if name in ("mounted", "opened", "swapped") else []
            for verb in ("destroy", "disable", "reconfigure", *rename):
                with self.subTest(f"{verb} {name}"):
                    error, _ = said(f"{verb}.{name}")
                    self.assertEqual((seen.rc(f"{verb}.{name}"), error["kind"]), (10, "busy"))
                    self.assertIn(f"{name} (namespace", error["message"])
                    self.assertIn(who, error["cause"])
                    self.assertIn(end, error["hint"])

    def test_each_says_why_and_what_next(self):
        for name, (kind, *words) in TABLE.items():
            with self.subTest(name):
                error, text = said(name)
                self.assertEqual((error["kind"], seen.rc(name)), (kind, CODES[kind]), text)
                for word in words:
                    self.assertIn(word, text)

    def test_nothing_has_changed(self):
        self.assertEqual(seen.json("before.list"), seen.json("after.list"))
        self.assertEqual(seen.json("before.list"), seen.json("requests.list"))

    def test_others_than_root_see(self):
        data = seen.json("nobody.see")["data"]
        self.assertEqual([ns["name"] for ns in data["namespaces"]],
                         [ns["name"] for ns in seen.json("requests.list")["data"]["namespaces"]])
        self.assertEqual({ns["resource"] for ns in data["namespaces"]}, {None})


class Many(unittest.TestCase):
    def test_each_object_is_told(self):
        self.assertEqual(seen.rc("many.destroy"), 6)
        document = pmemtest.json.loads(seen.out("many.destroy"))
        rows = {row["name"]: row for row in document["data"]}
        self.assertEqual({name: row["result"] for name, row in rows.items()},
                         {**{name: "failed" for name in ("mounted", "opened", "swapped", "lvm", "dm")}, "idle": "done"})
        self.assertEqual({row["error"] for row in rows.values()}, {"busy", None})
        causes = {error["device"]: error["cause"] for error in document["errors"]}
        for name, row in rows.items():
            if name in HOLDERS:
                self.assertIn(HOLDERS[name][0], causes[row["device"]])
        names = {ns["name"] for ns in Listed(seen, "many").namespaces.values()}
        self.assertNotIn("idle", names)
        self.assertIn("mounted", names)

    def test_people_are_told_too(self):
        self.assertEqual(seen.rc("many.text"), 6)
        self.assertIn("mounted (namespace0.0) is in use: pmem0 is mounted at /mnt/fs", seen.err("many.text"))
        self.assertEqual(seen.out("many.text").count("failed"), 5)

    def test_regions(self):
        self.assertEqual(seen.rc("many.regions"), 6)
        document = pmemtest.json.loads(seen.out("many.regions"))
        self.assertEqual({row["device"]: row["result"] for row in document["data"]},
                         {"region0": "failed", "region1": "failed", "region2": "done", "region3": "done"})
        now = Listed(seen, "regions")
        self.assertEqual({name: region["enabled"] for name, region in now.regions.items()},
                         {"region0": True, "region1": True, "region2": False, "region3": False})
        self.assertTrue(all(ns["state"] == "enabled" for ns in now.namespaces.values()))

    def test_off_and_on(self):
        for name in ("off.region", "off.dimm", "off.dimm.on", "off.region.on", "clean", "off.again"):
            self.assertEqual(seen.rc(name), 0, seen.err(name))
        self.assertEqual(seen.json("off.again")["data"][0]["result"], "unchanged")
        self.assertEqual(seen.json("clean")["data"][0]["result"], "unchanged")
        self.assertNotEqual(seen.rc("off.dimm.region"), 0)
        self.assertIn("nmem1", said("off.dimm.region")[1])


if __name__ == "__main__":
    unittest.main()
