"""doctor on a real kernel: each cause of trouble has a line, a remedy and an exit status of its own."""

import json
import unittest

import vmtest

seen = None


def setUpModule():
    global seen
    seen = vmtest.boot("doctor", ["--pmem", "1"])


def findings(name):
    return {c["check"]: c for c in json.loads(seen.out(name))["data"]}


class Machine(unittest.TestCase):
    def test_drivers_that_are_not_installed(self):
        self.assertEqual(seen.rc("missing"), 5, seen.err("missing"))
        found = findings("missing")
        for check in ("NVMe driver", "NVMe-oF driver", "NVMe/TCP driver"):
            self.assertEqual((found[check]["state"], found[check]["kind"]), ("fail", "unsupported"), check)
            self.assertIsNone(found[check]["fix"])
        self.assertEqual(findings("missing.tcp")["NVMe loop driver"]["kind"], "unsupported")

    def test_drivers_that_are_not_loaded(self):
        for name in ("unloaded", "unloaded.nobody", "fix.dry", "fix.nobody"):
            self.assertEqual(seen.rc(name), 12, name + seen.err(name))
            self.assertEqual(findings(name)["NVMe/TCP driver"]["fix"], "modprobe nvme-tcp", name)
        self.assertIn("remedy: modprobe nvme-tcp (doctor --fix does it)", seen.out("unloaded.text"))
        self.assertNotIn("nvme_tcp", seen.out("fix.dry.modules"))

    def test_nobody_may_not_load_drivers(self):
        self.assertIn("takes root", json.dumps(json.loads(seen.out("fix.nobody"))["errors"]))

    def test_fix_loads_them(self):
        self.assertIn(seen.rc("fix"), (0, 20), seen.err("fix"))
        self.assertIn("nvme_tcp", seen.out("fix.modules"))
        found = findings("fix")
        self.assertEqual({f["state"] for name, f in found.items() if "driver" in name}, {"ok"})
        for check in ("/dev/nvme-fabrics", "Authentication", "Multipath", "Host identity"):
            self.assertEqual(found[check]["state"], "ok", str(found[check]))
        self.assertIn("TLS", found)

    def test_persistent_memory(self):
        region = findings("fix")["PMEM region0"]
        self.assertEqual((region["state"], region["text"].split(" without")[0]), ("warn", "256 MiB"), str(region))
        self.assertIn("init-labels", region["remedy"])
        self.assertEqual(findings("labels")["PMEM"]["state"], "ok")

    def test_without_root_all_but_the_node_is_seen(self):
        self.assertEqual(seen.rc("loaded.nobody"), 4, seen.err("loaded.nobody"))
        found = findings("loaded.nobody")
        self.assertEqual(found["/dev/nvme-fabrics"]["kind"], "permission")
        self.assertEqual(found["NVMe/TCP driver"]["state"], "ok")
        self.assertEqual(found["Host identity"]["state"], "ok")

    def test_a_transport_that_is_named_is_insisted_on(self):
        self.assertEqual(seen.rc("rdma"), 12, seen.err("rdma"))
        self.assertEqual(findings("rdma")["NVMe/RDMA driver"]["fix"], "modprobe nvme-rdma")


class Targets(unittest.TestCase):
    def test_one_that_works(self):
        for name in ("target", "target.nobody", "target.discovery", "target.ipv6"):
            self.assertEqual(seen.rc(name), 0, name + seen.err(name))
        self.assertIn("Connect (discovery)", findings("target.discovery"))

    def test_ones_that_refuse(self):
        for name, code, check, kind in (("target.unknown", 3, "Connect", "not_found"),
                                        ("target.forbidden", 4, "Connect", "permission"),
                                        ("target.auth", 4, "Connect", "permission"),
                                        ("target.refused", 11, "Port 127.0.0.1:4499", "refused")):
            self.assertEqual(seen.rc(name), code, name + seen.err(name))
            self.assertEqual(findings(name)[check]["kind"], kind, name)
        self.assertIn("authenticate", findings("target.auth")["Connect"]["text"])
        self.assertNotIn("authenticate", findings("target.forbidden")["Connect"]["text"])

    def test_one_that_is_not_reachable(self):
        self.assertIn(seen.rc("target.unreachable"), (7, 11))
        self.assertEqual(len(findings("target.unreachable")), 1)


class Controllers(unittest.TestCase):
    def setUp(self):
        self.device = seen.out("device").strip()

    def test_a_live_one(self):
        for name in ("live", "namespace"):
            self.assertEqual(seen.rc(name), 0, seen.err(name))
            self.assertEqual(findings(name)[f"State of {self.device}"]["state"], "ok")

    def test_one_that_may_not_be_opened(self):
        self.assertEqual(seen.rc("live.nobody"), 4, seen.err("live.nobody"))
        self.assertEqual(findings("live.nobody")[f"/dev/{self.device}"]["kind"], "permission")

    def test_one_whose_target_is_gone(self):
        self.assertEqual(seen.rc("lost"), 11, seen.err("lost"))
        found = findings("lost")
        self.assertIn("tried again", found[f"State of {self.device}"]["text"])
        self.assertIn("Port 127.0.0.1:4420", found, "the way to it is examined")
        self.assertTrue(any(f["state"] == "fail" for n, f in found.items() if not n.startswith("State")), str(found))

    def test_one_that_never_was(self):
        self.assertEqual(seen.rc("none"), 3)


if __name__ == "__main__":
    unittest.main()
