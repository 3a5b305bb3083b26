"""Quick connections are stored; the units' own command lines bring them back and act on what discovery announces."""

import json
import unittest

import vmtest

NQN = "nqn.2024-01.test.nvmectl"
PACKAGING = vmtest.HERE.parents[2] / "packaging"
seen = None


def setUpModule():
    global seen
    seen = vmtest.boot("boot", timeout=400, files=[
        PACKAGING / "udev/70-nvmectl.rules", PACKAGING / "systemd/nvmectl-connect.service.in",
        PACKAGING / "systemd/nvmectl-connect@.service.in"])


class Boot(unittest.TestCase):
    def results(self, probe):
        """What became of each subsystem, by the end of its NQN."""
        self.assertEqual(seen.rc(probe), 0, f"{probe}: {seen.out(probe)}{seen.err(probe)}")
        return {row["nqn"].removeprefix(NQN + ":"): row["result"] for row in json.loads(seen.out(probe))["data"]}

    def controllers(self, probe):
        return [nqn.removeprefix(NQN + ":") for nqn in seen.out(probe).split()]

    def test_quick_asks_or_is_told(self):
        self.assertIn(seen.rc("quick.unasked"), (2, 8), seen.err("quick.unasked"))
        self.assertIn("--pick", seen.err("quick.unasked"))
        self.assertEqual(self.results("quick.dry-run"), {"s1": "would_connect", "s2": "would_connect"})
        self.assertEqual(seen.rc("quick.wrong"), 2, seen.err("quick.wrong"))
        self.assertEqual(seen.rc("quick.nobody"), 3, seen.err("quick.nobody"))

    def test_quick_connects_and_stores(self):
        self.assertEqual(self.results("quick.pick"), {"s2": "connected"})
        self.assertEqual(self.results("quick.no-store"), {"s1": "connected"})
        stored = seen.json("quick.stored")["data"]
        self.assertEqual([(row["name"], row["nqn"]) for row in stored], [("second", f"{NQN}:s2")])
        self.assertEqual(set(self.results("quick.all").values()), {"connected"})
        self.assertEqual({row["nqn"] for row in seen.json("quick.all.stored")["data"]}, {f"{NQN}:s1", f"{NQN}:s2"})

    def test_boot(self):
        self.assertEqual(self.results("boot"), {"s1": "connected", "s2": "connected"})
        self.assertEqual(self.results("boot.again"), {"s1": "already_connected", "s2": "already_connected"})

    def test_boot_while_the_target_is_away(self):
        self.assertEqual(self.results("boot.away"), {"s1": "connected", "s2": "connected"})
        self.assertEqual(self.controllers("boot.controllers"), ["s1", "s2"])

    def test_what_discovery_announces(self):
        discovery = "nqn.2014-08.org.nvmexpress.discovery"
        self.assertEqual(self.controllers("persistent.controllers"), [discovery, "s1", "s2"])
        self.assertEqual(seen.rc("announced"), 0, seen.err("announced"))
        self.assertEqual(self.controllers("announced.controllers"), [discovery, "s1", "s2", "s3"])
        self.assertEqual(seen.rc("announced.gone"), 3, seen.err("announced.gone"))


if __name__ == "__main__":
    unittest.main()
