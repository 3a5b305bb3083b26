"""The PMEM backend sees what ndctl and daxctl see, does what they do, and refuses with the reason."""

import os
import re
import unittest
from pathlib import Path

import vmtest

DRIVER = "tests/unit/pmem_backend/pmem_driver"
STATES = ("unlabelled", "created", "used", "refused", "disabled", "enabled", "restored", "ram", "noram", "empty",
          "signals", "rolledback", "parallel", "reconfigured")


def setUpModule():
    global seen
    driver = Path(os.environ["NVMECTL"]).parent / DRIVER
    seen = vmtest.boot("pmem", ["--pmem", "2", "--pmem-size", "1280", "--pmem-align", "128", "--e820", "128",
                                "--virtio-pmem", "128", "--memory", "1536"], needs_nvmectl=False, files=[driver])


def rows(text):
    """{device: {key: value}} of the driver's lines."""
    found = {}
    for line in text.splitlines():
        words = line.split(" ")
        found[words[0]] = dict(re.findall(r" ([a-z]+)=([^ ]*)", line))
        found[words[0]]["uses"] = re.findall(r"\[([^]]*)\]", line)
    return found


def ours(name):
    return rows(seen.out(f"{name}.scan"))


def shown(value):
    return "-" if value is None else str(value)


def regions(name):
    return [region for bus in seen.json(f"{name}.ndctl") for region in bus.get("regions", [])]


class SameAsNdctl(unittest.TestCase):
    def test_regions(self):
        for name in STATES:
            mine = ours(name)
            for region in regions(name):
                with self.subTest(state=name, region=region["dev"]):
                    row = mine[region["dev"]]
                    for key, their in (("size", "size"), ("free", "available_size"), ("hole", "max_available_extent"),
                                       ("align", "align"), ("node", "numa_node"), ("target", "target_node"),
                                       ("iset", "iset_id")):
                        if their == "max_available_extent" and their not in region:
                            continue
                        self.assertEqual(row[key], shown(region.get(their)), key)
                    self.assertEqual(row["domain"] or "unknown", region["persistence_domain"])
                    capabilities = {one["mode"]: one for one in region.get("capabilities", [])}
                    for mode, kind in (("sector", "sector_sizes"), ("fsdax", "alignments"), ("devdax", "alignments")):
                        self.assertEqual(row[mode], ",".join(str(n) for n in capabilities.get(mode, {}).get(kind, [])))

    def test_dimms_and_buses(self):
        for name in STATES:
            mine = ours(name)
            for bus in seen.json(f"{name}.ndctl"):
                self.assertIn(bus["dev"], mine)
                for dimm in bus.get("dimms", []):
                    row = mine[dimm["dev"]]
                    self.assertEqual((row["id"], row["handle"], row["phys"], row["bus"]),
                                     (dimm["id"], str(dimm["handle"]), str(dimm["phys_id"]), bus["dev"]))
                    self.assertEqual(row["enabled"], "true" if dimm.get("state") != "disabled" else "false")

    def test_namespaces(self):
        for name in STATES:
            mine = ours(name)
            theirs = {ns["dev"]: ns for region in regions(name) for ns in region.get("namespaces", []) if ns["size"]}
            self.assertEqual({dev for dev in mine if dev.startswith("namespace")}, set(theirs), name)
            for dev, ns in theirs.items():
                with self.subTest(state=name, namespace=dev):
                    self._same_namespace(mine[dev], ns)

    def _same_namespace(self, row, ns):
        self.assertEqual(row["name"], ns.get("name", ""))
        self.assertEqual(row["enabled"], "false" if ns.get("state") == "disabled" else "true")
        self.assertEqual((row["node"], row["target"]), (shown(ns.get("numa_node")), shown(ns.get("target_node"))))
        if ns.get("state") == "disabled":
            # ndctl calls it raw and shows the label's size and UUID
            self.assertEqual((row["reserved"], row["label"]), (str(ns["size"]), ns.get("uuid", "")))
            return
        self.assertEqual((row["mode"], row["usable"]), (ns["mode"], str(ns["size"])))
        self.assertEqual(row["map"], shown(ns.get("map")))
        self.assertEqual(row["align"], shown(ns.get("align")))
        self.assertEqual(row["sector"], shown(ns.get("sector_size")))
        self.assertEqual(row["block"], ns.get("blockdev", ""))
        self.assertEqual(row["label"], ns.get("raw_uuid", ns.get("uuid", "") if ns["mode"] == "raw" else ""))
        if ns["mode"] != "raw":
            self.assertEqual(row["uuid"], ns.get("uuid", ""))
        devices = ns.get("daxregion", {}).get("devices", [])
        self.assertEqual(row["char"], devices[0]["chardev"] if devices else "")

    def test_dax_devices(self):
        for name in STATES:
            text = seen.out(f"{name}.daxctl").strip()
            if not text:
                self.assertFalse([dev for dev in ours(name) if re.match(r"dax\d", dev)], name)
                continue
            for region in seen.json(f"{name}.daxctl"):
                for device in region["devices"]:
                    row = ours(name)[device["chardev"]]
                    self.assertEqual((row["size"], row["align"], row["target"]),
                                     (str(device["size"]), str(device["align"]), str(device["target_node"])))
                    self.assertEqual(row["ram"], "true" if device["mode"] == "system-ram" else "false")
                    if device["mode"] == "system-ram":
                        self.assertEqual(row["online"], f"{device['online_memblocks']}/{device['total_memblocks']}")


class Changes(unittest.TestCase):
    def test_what_should_work_works(self):
        good = [f"init.region{n}.{how}" for n in (0, 1) for how in ("off", "on")]
        good += ["create.fsdax", "create.devdax", "create.sector", "create.sector512", "create.raw", "create.small",
                 "create.ram", "rename", "check.good", "info.read", "info.break", "check.repair", "check.repaired",
                 "labels.backup", "labels.off", "labels.zero", "labels.write", "labels.check", "labels.on", "ram.on",
                 "ram.offline", "ram.off", "destroy.ram", "sticky", "reconfigure.e820", "reconfigure.virtio"]
        good += [f"{verb}.{n}" for verb in ("enable", "disable", "destroy") for n in range(6)]
        for name in good:
            with self.subTest(name):
                self.assertEqual(seen.rc(name), 0, seen.err(name) + seen.out(name)[:500])

    def test_data_stay(self):
        self.assertEqual(seen.out("renamed.file"), "kept\n", seen.err("renamed.file"))
        self.assertEqual(seen.out("restored.file"), "kept\n", seen.err("restored.file"))
        self.assertEqual(ours("enabled")["namespace0.0"]["name"], "renamed")

    def test_disabled_namespaces_keep_their_mode(self):
        mine = ours("disabled")
        modes = [mine[f"namespace0.{n}"]["mode"] for n in range(6)]
        self.assertEqual(modes, ["fsdax", "devdax", "sector", "sector", "raw", "fsdax"])

    def test_users_are_named(self):
        mine = ours("used")
        self.assertEqual(mine["namespace0.0"]["uses"], ["pmem0 mounted at /mnt/fs"])
        self.assertRegex(mine["namespace0.1"]["uses"][0], r"dax0.1 open by process \d+ \(sleep\)")
        self.assertRegex(mine["namespace0.4"]["uses"][0], r"held by dm-\d+ \(vg--pmem-lv\)")
        self.assertIn("system RAM", ours("ram")["namespace1.0"]["uses"][0])

    def test_broken_table_is_repaired(self):
        self.assertIn("BAD", seen.out("check.broken"))
        self.assertEqual(seen.rc("check.broken"), 1)
        self.assertIn("restored", seen.out("check.repair"))

    def test_eight_at_once(self):
        for n in range(1, 9):
            self.assertEqual(seen.rc(f"parallel.{n}"), 0, seen.err(f"parallel.{n}"))
        mine = ours("parallel")
        made = {row["name"]: row for dev, row in mine.items() if dev.startswith("namespace0.")}
        self.assertEqual(set(made), {f"p{n}" for n in range(1, 9)})
        self.assertEqual({row["usable"] for row in made.values()}, {str(30 << 20)})

    def test_a_stopped_create_leaves_all_or_nothing(self):
        numbers = [path.name.split(".")[1] for path in seen.directory.glob("signal.*.rc")]
        made = {f"s{n}" for n in numbers if seen.rc(f"signal.{n}") == 0}
        there = [row for dev, row in ours("signals").items() if dev.startswith("namespace1.")]
        self.assertEqual({row["name"] for row in there}, made)
        self.assertTrue(all(row["enabled"] == "true" and int(row["usable"]) > 0 for row in there), there)
        self.assertLess(len(made), len(numbers), "no signal came in time")

    def test_a_failed_create_leaves_nothing(self):
        region = ours("rolledback")["region1"]
        self.assertEqual(region["free"], region["size"])
        for line in seen.out("seeds").splitlines():
            what, value = line.split(": ", 1) if ": " in line else (line.rstrip(":"), "")
            if what.endswith("alt_name"):
                self.assertEqual(value, "", line)
            if what.endswith("size"):
                self.assertEqual(value or "0", "0", line)
            if what.startswith("pfn") and what.endswith("align"):
                self.assertEqual(value, "2097152", line)

    def test_label_less_regions_take_another_mode(self):
        mine = ours("reconfigured")
        self.assertEqual((mine["namespace3.0"]["mode"], mine["namespace2.0"]["mode"]), ("devdax", "fsdax"))
        self.assertEqual(mine["namespace2.0"]["map"], "dev")


class Refusals(unittest.TestCase):
    """Each with its kind and the words that help."""

    TABLE = {
        "labelless.create": ("unsupported", "no labels", "pmem init"),
        "busy.mount.disable": ("busy", "mounted at /mnt/fs", "unmount"),
        "busy.mount.destroy": ("busy", "mounted at /mnt/fs", "unmount"),
        "busy.mount.rename": ("busy", "mounted at /mnt/fs", "unmount"),
        "busy.mount.infoblock": ("busy", "mounted at /mnt/fs", "unmount"),
        "busy.mount.erase": ("busy", "mounted at /mnt/fs", "unmount"),
        "busy.mount.resize": ("unsupported", "mode fsdax", "only raw"),
        "busy.lvm": ("busy", "held by dm-", "vgchange"),
        "busy.dax": ("busy", "dax0.1 is open by process", "(sleep)"),
        "busy.region": ("busy", "mounted at /mnt/fs", "held by dm-"),
        "busy.dimm": ("busy", "region0 uses it", "disable-region"),
        "busy.labels": ("busy", "region0 uses it", "disable-region"),
        "labels.none": ("io", "not valid", "pmem init"),
        "ram.destroy": ("busy", "system RAM", "DAX device"),
        "resize": ("usage", "8 MiB is no size", "16 MiB"),
        "size.100000000": ("usage", "multiples of 16 MiB", "80 MiB or 96 MiB"),
        "size.0": ("usage", "0 B is no size", "16 MiB"),
        "size.4K": ("usage", "4 KiB is no size", "16 MiB"),
        "size.large": ("no_space", "no room for 10 GiB", "at most 768 MiB fit"),
        "nothing.usable": ("no_space", "nothing of 1 GiB would be usable", "page array", "smaller alignment"),
        "align": ("usage", "alignment of 8 MiB", "4 KiB, 2 MiB, 1 GiB"),
        "sector.size": ("usage", "sectors of 777 bytes", "512"),
        "missing.region": ("not_found", "no region region9", "region0"),
        "missing.namespace": ("not_found", "no namespace namespace9.9", "namespace0.0"),
        "nobody.destroy": ("permission", "root", "lock"),
        "cannot.scrub ndbus0": ("unsupported", "cannot scrub", "QEMU"),
        "cannot.op inject-smart": ("unsupported", "SMART", "QEMU"),
        "cannot.op inject-error namespace0.0 block=1": ("unsupported", "inject errors", "QEMU"),
        "cannot.op setup-passphrase": ("unsupported", "no security", "QEMU"),
        "cannot.op activate-firmware ndbus0": ("unsupported", "firmware", "DIMM"),
        "cannot.listen 1": ("unsupported", "reports events", "SMART"),
    }

    def test_each_says_why(self):
        for name, (kind, *words) in self.TABLE.items():
            with self.subTest(name):
                self.assertEqual(seen.rc(name), 1, seen.out(name)[:300])
                text = seen.err(name)
                self.assertTrue(text.startswith(kind + ": "), text)
                for word in words:
                    self.assertIn(word, text)
                self.assertEqual(seen.out(name), "")

    def test_nothing_has_changed(self):
        self.assertEqual(seen.out("used.scan"), seen.out("refused.scan"))

    def test_without_root_the_list_is_there(self):
        self.assertEqual(seen.rc("nobody.scan"), 0, seen.err("nobody.scan"))
        self.assertIn("namespace0.0", rows(seen.out("nobody.scan")))


if __name__ == "__main__":
    unittest.main()
