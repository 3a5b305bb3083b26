"""Connections encrypted by TLS 1.3, which take a newer root image: tlshd is not in Debian 12."""

import json
import unittest

import vmtest

NQN = "nqn.2024-01.test.nvmectl"
seen = None


def setUpModule():
    global seen
    seen = vmtest.boot("tls", root="trixie")


class Tls(unittest.TestCase):
    def fails(self, probe, status, *words):
        self.assertEqual(seen.rc(probe), status, f"{probe}: {seen.out(probe)}{seen.err(probe)}")
        for word in words:
            self.assertIn(word, seen.err(probe), probe)

    def test_encrypted(self):
        record = seen.json("tls")["data"]
        self.assertEqual((record["result"], record["tls"]), ("connected", True))
        self.assertRegex(seen.out("tls.key"), r"^[0-9a-f]{8}$")
        self.assertEqual(seen.rc("tls.io"), 0, seen.err("tls.io"))
        self.assertEqual(seen.json("tls.again")["data"]["result"], "already_connected")
        self.assertIn("encrypted by TLS", seen.out("tls.text"))

    def test_plain_where_both_are_taken(self):
        self.assertEqual(seen.json("plain")["data"]["result"], "connected")

    def test_never_plain_instead(self):
        self.fails("no-key", 4, "TLS key", "gen-tls-key")
        self.assertNotEqual(seen.rc("plain.refused"), 0)
        self.assertNotEqual(seen.rc("no-tlshd"), 0)

    def test_without_the_daemon(self):
        self.assertIn("tlshd", seen.err("no-tlshd"))

    def test_all_of_a_target(self):
        self.assertEqual(seen.rc("all"), 6, seen.err("all"))
        rows = {row["nqn"]: (row["result"], row["tls"]) for row in json.loads(seen.out("all"))["data"]}
        self.assertEqual(rows, {f"{NQN}:s1": ("connected", True), f"{NQN}:s2": ("failed", None)})


if __name__ == "__main__":
    unittest.main()
