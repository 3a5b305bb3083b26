"""The stock Linux initiator and nvme-cli are content with `nvmectl target serve`."""

import json
import unittest

import vmtest

seen = None


def setUpModule():
    global seen
    seen = vmtest.boot("target")


class Target(unittest.TestCase):
    def works(self, *names):
        for name in names:
            self.assertEqual(seen.rc(name), 0, f"{name}: {seen.out(name)}{seen.err(name)}")

    def test_ready_line(self):
        line = json.loads(seen.out("ready"))
        self.assertEqual((line["event"], line["addresses"]), ("ready", ["127.0.0.1:4420", "[::1]:4420"]))

    def test_nvme_cli_discovers_what_we_discover(self):
        theirs = [(r["subnqn"], r["traddr"], r["trsvcid"], r["subtype"]) for r in seen.json("discover.nvme")["records"]]
        ours = [(r["subsystem_nqn"], r["address"], r["service_id"], r["subsystem_type"]["name"])
                for r in seen.json("discover")["data"]["records"]]
        self.assertEqual(sorted(ours), sorted(theirs))
        self.assertIn(("nqn.2014-08.org.example:soft", "127.0.0.1", "4420", "nvme subsystem"), ours)

    def test_kernel_connects_and_file_systems_hold(self):
        self.works("plain.connect", "plain.ram", "plain.file", "plain.disconnect")

    def test_the_same_with_digests(self):
        self.works("digests.connect", "digests.ram", "digests.file", "digests.disconnect")

    def test_connect_all_by_ipv6(self):
        self.works("connect-all", "disconnect-all")
        self.assertEqual(len(seen.json("connect-all.list")["Devices"]), 2)

    def test_values_through_the_kernel(self):
        theirs, ours = seen.json("id-ctrl.nvme"), seen.json("id-ctrl")["data"]
        self.assertEqual((theirs["sn"].strip(), theirs["mn"].strip()), ("SOFT0001", "soft target"))
        self.assertEqual(ours["serial_number"], "SOFT0001")
        self.assertEqual(seen.json("id-ns.nvme")["nsze"], 512 * 2**20 // 4096)
        self.assertEqual(seen.json("id-ns")["data"]["size_blocks"], 512 * 2**20 // 4096)
        self.works("smart-log.nvme", "smart-log", "fw-log.nvme", "fw-log", "error-log.nvme", "error-log")
        self.assertGreater(int(seen.json("smart-log")["data"]["data_units_written"]), 0)

    def test_lists_agree(self):
        theirs = {d["DevicePath"]: d["PhysicalSize"] for d in seen.json("list.nvme")["Devices"]}
        ours = {n["device_path"]: n["size_bytes"] for n in seen.json("list")["data"]["namespaces"]}
        self.assertEqual(ours, theirs)
        uuids = {n["uuid"] for n in seen.json("list")["data"]["namespaces"]}
        self.assertEqual(uuids, {n["uuid"] for n in seen.json("uri")["data"]["namespaces"]})

    def test_io_commands(self):
        self.works("write-zeroes", "dsm", "flush", "compare")

    def test_it_ends_cleanly(self):
        self.works("end")

    def test_the_kernel_has_no_complaint(self):
        complaints = [line for line in (seen.directory / "kernel.log").read_text().splitlines()
                      if any(word in line for word in ("error", "failed", "timeout", "invalid", "bogus", "digest mismatch"))]
        self.assertEqual(complaints, [])


if __name__ == "__main__":
    unittest.main()
