"""The PMEM backend on the kernel's simulated NVDIMMs: health, errors, security and firmware, beside ndctl."""

import os
import unittest
from pathlib import Path

import vmtest
from test_pmem import DRIVER, rows


def setUpModule():
    global seen
    driver = Path(os.environ["NVMECTL"]).parent / DRIVER
    seen = vmtest.boot("pmem_nfit", ["--nfit-test"], needs_nvmectl=False, files=[driver])


def health(name):
    """{dimm: {key: value}}: the line behind a DIMM's own."""
    found, lines = {}, seen.out(f"{name}.scan").splitlines()
    for before, line in zip(lines, lines[1:]):
        if line.startswith("  health"):
            words = line.split()
            found[before.split()[0]] = {"state": words[1], **dict(word.split("=", 1) for word in words if "=" in word),
                                        "count": words[-1]}
    return found


def dimms(name):
    return {dimm["dev"]: dimm for bus in seen.json(f"{name}.ndctl") for dimm in bus.get("dimms", [])}


def number(value):
    return "-" if value is None else f"{value:g}"


class Simulated(unittest.TestCase):
    def test_health_is_what_ndctl_reads(self):
        for name in ("start", "injected", "uninjected", "frozen"):
            mine = health(name)
            for dev, dimm in dimms(name).items():
                their = dimm.get("health")
                if not their:
                    self.assertNotIn(dev, mine)
                    continue
                with self.subTest(state=name, dimm=dev):
                    row = mine[dev]
                    self.assertEqual(row["state"], their["health_state"])
                    for key, known_as in (("temp", "temperature_celsius"), ("ctemp", "controller_temperature_celsius"),
                                          ("spares", "spares_percentage"), ("used", "life_used_percentage"),
                                          ("tthr", "temperature_threshold"), ("sthr", "spares_threshold"),
                                          ("cthr", "controller_temperature_threshold")):
                        self.assertEqual(row[key], number(their.get(known_as)), key)
                    self.assertEqual((row["shutdown"], row["count"]), (their["shutdown_state"], str(their["shutdown_count"])))

    def test_dimms_are_what_ndctl_sees(self):
        flags = ("failed_map", "failed_save", "failed_arm", "failed_restore", "failed_flush", "smart_event")
        for name in ("start", "locked", "frozen"):
            for dev, dimm in dimms(name).items():
                row = rows(seen.out(f"{name}.scan"))[dev]
                self.assertEqual(row["security"], dimm.get("security", ""))
                self.assertEqual([flag for flag in flags if dimm.get("flag_" + flag)],
                                 [flag for flag in flags if flag in row["flags"].split(",")])
        self.assertIn("security=unlocked frozen", seen.out("frozen.scan"))

    def test_interleaved_regions(self):
        mine = rows(seen.out("start.scan"))
        self.assertEqual((mine["region0"]["ways"], mine["region1"]["ways"]), ("2", "4"))
        self.assertEqual(mine["region2"]["ro"], "true")

    def test_what_should_work_works(self):
        for name in ("smart.inject", "smart.fatal", "smart.threshold", "smart.undo0", "smart.undo1", "create",
                     "error.inject", "error.scrub", "error.clear", "error.readable", "key.off", "key.setup", "key.update",
                     "key.remove", "key.setup2", "key.sanitize", "key.overwrite", "key.wait", "key.setup3", "key.freeze", "fw.update",
                     "fw.disarm", "fw.arm", "fw.activate", *(f"init.{n}" for n in range(4))):
            with self.subTest(name):
                self.assertEqual(seen.rc(name), 0, seen.err(name))

    def test_pretended_health(self):
        mine = health("injected")
        self.assertEqual((mine["nmem0"]["temp"], mine["nmem0"]["spares"]), ("70", "3"))
        self.assertEqual((mine["nmem1"]["state"], mine["nmem1"]["shutdown"]), ("fatal", "dirty"))
        self.assertEqual((mine["nmem2"]["tthr"], mine["nmem2"]["sthr"], mine["nmem2"]["cthr"]), ("50", "-", "60"))
        self.assertEqual(health("uninjected")["nmem0"]["temp"], "23")
        events = seen.out("events")
        self.assertRegex(events, r"event nmem0 \S+ .*media-temperature")
        self.assertRegex(events, r"event nmem1 \S+ .*unclean-shutdown")

    def test_errors_come_and_go(self):
        self.assertEqual(seen.out("error.injected").split(), ["8+4"])
        self.assertIn("bad=8+4", seen.out("bad.scan"))
        self.assertNotEqual(seen.rc("error.read"), 0)
        self.assertEqual(seen.out("error.clear"), "4\n")
        self.assertNotIn("bad=8+4", seen.out("cleared.scan"))

    def test_keys_come_and_go(self):
        self.assertEqual(rows(seen.out("locked.scan"))["nmem3"]["security"], "unlocked")
        self.assertEqual(rows(seen.out("sanitized.scan"))["nmem3"]["security"], "disabled")
        self.assertNotIn("nvdimm_", seen.out("key.files"))

    def test_firmware(self):
        self.assertRegex(seen.out("staged.scan"), r"firmware 0x0 next=0x\w+ can=true cycle=false state=armed")

    def test_each_refusal_says_why(self):
        table = {
            "smart.none": ("unsupported", "SMART"),
            "key.active": ("busy", "disable-region"),
            "key.nokek": ("not_found", "not in root's keyring"),
            "key.again": ("exists", "update-passphrase"),
            "key.open": ("io", "no passphrase"),
            "key.frozen": ("permission", "frozen"),
            "fw.unarmed": ("not_found", "armed"),
            "fw.none": ("unsupported", "firmware"),
            "fw.reset": ("unsupported", "ndbus1"),
        }
        for name, (kind, words) in table.items():
            with self.subTest(name):
                self.assertEqual(seen.rc(name), 1, seen.out(name))
                self.assertTrue(seen.err(name).startswith(kind + ": "), seen.err(name))
                self.assertIn(words, seen.err(name))


if __name__ == "__main__":
    unittest.main()
