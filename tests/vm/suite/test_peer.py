"""The bed proves itself: Debian's tools see the drives and the targets that the suites rely on."""

import unittest

import vmtest

seen = None


def setUpModule():
    global seen
    seen = vmtest.boot("peer", ["--rich", "--nvme", "1"], needs_nvmectl=False)


def namespaces(name, serial):
    return [device for device in seen.json(name)["Devices"] if device["SerialNumber"] == serial]


class Drives(unittest.TestCase):
    def test_every_attached_namespace_is_listed(self):
        self.assertEqual(len(namespaces("list", "RICH000001")), 6)
        self.assertEqual(len(namespaces("list", "VM000000")), 1)

    def test_each_kind_of_block_is_there(self):
        sizes = sorted(device["SectorSize"] for device in namespaces("list", "RICH000001"))
        self.assertEqual(sizes, [512, 512, 512, 4096, 4096, 4096])

    def test_the_two_controllers_are_paths_of_one_subsystem(self):
        self.assertEqual(len(seen.out("paths").splitlines()), 2, seen.err("paths"))

    def test_trace_shows_what_was_sent(self):
        self.assertEqual(seen.rc("trace"), 0)
        self.assertIn("nvme_admin_identify cns=1", seen.err("trace"))
        self.assertIn("status=0x0", seen.err("trace"))


class Target(unittest.TestCase):
    def test_discovery_names_each_subsystem_of_the_port(self):
        offered = {(record["subnqn"], record["traddr"], record["trsvcid"])
                   for record in seen.json("discover")["records"] if record["subtype"] == "nvme subsystem"}
        self.assertEqual(offered, {("nqn.2024-01.test.nvmectl:" + name, "127.0.0.1", "4420") for name in ("s1", "s2")})

    def test_discovery_answers_on_ipv6(self):
        self.assertTrue(seen.json("discover-ipv6")["records"])

    def test_namespaces_appear_after_connect(self):
        self.assertEqual(seen.rc("connect"), 0, seen.err("connect"))
        for number in (1, 2):
            self.assertEqual(len(namespaces("connected", f"NVMET{number:06}")), 3)

    def test_clear_leaves_nothing(self):
        self.assertEqual(seen.rc("disconnect"), 0, seen.err("disconnect"))
        self.assertNotIn("nqn", seen.out("cleared"))


if __name__ == "__main__":
    unittest.main()
