"""On a kernel that cannot protect a connection, nothing that was to be protected is connected."""

import json
import unittest

import vmtest

NQN = "nqn.2024-01.test.nvmectl"
seen = None


def setUpModule():
    global seen
    seen = vmtest.boot("oldkernel", kernel="bookworm")


class FailsClosed(unittest.TestCase):
    def test_the_kernel_is_old(self):
        self.assertIn("hostnqn=%s", seen.out("options"))
        self.assertNotIn("tls", seen.out("options"))

    def test_plain_connections_work(self):
        self.assertEqual(seen.json("plain")["data"]["result"], "connected")

    def test_nothing_is_written_without_what_was_asked_for(self):
        self.assertEqual(seen.rc("tls"), 5, seen.out("tls") + seen.err("tls"))
        error = json.loads(seen.err("tls"))["error"]
        self.assertEqual((error["kind"], "--tls" in error["message"]), ("unsupported", True))
        self.assertEqual(seen.out("tls.written").strip(), "0")

    def test_a_kernel_that_only_seems_to_authenticate(self):
        # it lists the option and connects without: the connection is taken down again
        self.assertEqual(seen.rc("secret"), 5, seen.out("secret") + seen.err("secret"))
        error = json.loads(seen.err("secret"))["error"]
        self.assertEqual(error["kind"], "unsupported")
        self.assertIn("taken down again", error["cause"])
        self.assertEqual(seen.out("secret.connected").split(), [f"{NQN}:s1"])

    def test_all(self):
        self.assertIn(seen.rc("all"), (5, 6), seen.err("all"))
        self.assertEqual(seen.out("connected").split(), [f"{NQN}:s1"])


if __name__ == "__main__":
    unittest.main()
