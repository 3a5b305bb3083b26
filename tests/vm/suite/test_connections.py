"""Stored connections on a real kernel: what save, remove and apply do to its connections."""

import json
import unittest

import vmtest

NQN = "nqn.2024-01.test.nvmectl"
seen = None


def setUpModule():
    global seen
    seen = vmtest.boot("connections", [], timeout=400)


class Connections(unittest.TestCase):
    def rows(self, probe):
        """The rows of a run that may have failed, by name."""
        return {row["name"]: row for row in json.loads(seen.out(probe))["data"]}

    def results(self, probe):
        return {name: (row["action"], row["result"]) for name, row in self.rows(probe).items()}

    def statuses(self, probe):
        return {name: row["status"] for name, row in self.rows(probe).items()}

    def controllers(self, probe):
        return [line.removeprefix(NQN + ":") for line in seen.out(probe).split()]

    def error(self, probe, code):
        self.assertEqual(seen.rc(probe), code, seen.out(probe) + seen.err(probe))
        return json.loads(seen.err(probe))["error"]

    def test_without_the_driver_the_store_still_works(self):
        self.assertEqual(self.error("not-loaded", 12)["kind"], "not_running")
        self.assertEqual(self.rows("not-loaded.list")["one"]["staged"], "added")
        self.assertEqual(self.results("not-loaded.no-connect"), {"one": ("add", "saved")})

    def test_dry_run_connects_nothing(self):
        self.assertEqual(set(self.results("dry-run").values()), {("add", "planned")})
        self.assertEqual(self.controllers("dry-run.controllers"), [])

    def test_save_connects_and_tells_each(self):
        self.assertEqual(self.error("save", 6)["kind"], "partial")
        self.assertEqual(self.results("save"), {"one": ("add", "saved"), "two": ("add", "saved"),
                                                "nobody": ("add", "failed")})
        self.assertEqual(self.controllers("save.controllers"), ["s1", "s2"])
        rows = self.rows("save.list")
        self.assertEqual({n: (r["status"], r["staged"]) for n, r in rows.items()},
                         {"one": ("connected", None), "two": ("connected", None), "nobody": ("disconnected", "added")})
        self.assertEqual(len(rows["one"]["devices"]), 2)
        self.assertTrue(all(device.startswith("/dev/nvme") for device in rows["one"]["devices"]))
        self.assertEqual(rows["one"]["controllers"], [self.rows("save")["one"]["device"]])
        self.assertEqual(seen.json("save.show")["data"]["status"], "connected")

    def test_disconnecting_is_asked_for(self):
        self.assertEqual(self.error("unasked", 8)["kind"], "not_confirmed")
        self.assertEqual(self.controllers("unasked.controllers"), ["s1", "s2"])

    def test_remove_modify_add(self):
        rows = seen.json("all")["data"]
        self.assertEqual([(r["action"], r["name"], r["result"]) for r in rows],
                         [("remove", "one", "saved"), ("modify", "two", "saved"), ("add", "three", "saved")])
        self.assertEqual(self.controllers("all.controllers"), ["s2", "s3"])
        self.assertEqual(self.statuses("all.list"), {"two": "connected", "three": "connected"})  # by name: localhost
        self.assertEqual(seen.out("all.queues").strip(), "31")

    def test_what_cannot_be_connected_stays_as_it_was(self):
        error = self.error("broken", 11)
        self.assertIn("two", error["device"] + error["message"])
        row = self.rows("broken.list")["two"]
        self.assertEqual((row["status"], row["staged"]), ("connected", "modified"))
        self.assertEqual([(d["parameter"], d["saved"], d["staged"]) for d in seen.json("broken.diff")["data"]],
                         [("service", "4420", "4499")])

    def test_in_use(self):
        error = self.error("in-use", 10)
        self.assertIn("mounted at /tmp/mnt", error["cause"])
        row = self.rows("in-use.list")["three"]
        self.assertEqual((row["status"], row["staged"]), ("connected", "removed"))
        self.assertEqual(self.results("unused"), {"three": ("remove", "saved")})
        self.assertEqual(set(self.statuses("unused.list")), {"two"})

    def test_apply(self):
        self.assertEqual(self.results("apply.dry-run"), {"one": ("remove", "planned"), "four": ("add", "planned"),
                                                         "two": ("none", "unchanged")})
        self.assertEqual(self.results("apply"), {"four": ("add", "saved"), "two": ("none", "unchanged")})
        self.assertEqual(set(self.results("apply.again").values()), {("none", "unchanged")})
        self.assertEqual(self.results("apply.returns"), {"four": ("connect", "connected"), "two": ("none", "unchanged")})
        self.assertEqual(self.error("apply.unasked", 8)["kind"], "not_confirmed")
        self.assertEqual(self.results("apply.prune")["one"], ("remove", "saved"))
        self.assertEqual(self.controllers("apply.controllers"), ["s2", "s4"])
        self.assertEqual(self.statuses("apply.list"), {"two": "connected", "four": "connected"})

    def test_a_target_that_is_away(self):
        self.assertIn("connecting", self.statuses("away.list").values())
        self.assertEqual(set(self.statuses("back.list").values()), {"connected"})

    def test_files_of_nvme_cli(self):
        hosts = json.loads(seen.out("export.json"))
        self.assertEqual({s["nqn"] for s in hosts[0]["subsystems"]}, {f"{NQN}:s2", f"{NQN}:s4"})
        self.assertNotIn("parse", seen.err("export.nvme-cli"))
        self.assertEqual(seen.json("import")["data"][0]["result"], "saved")
        row = self.rows("import.list")[None]
        self.assertEqual((row["nqn"], row["status"]), ("nqn.2014-08.org.nvmexpress.discovery", "disconnected"))


if __name__ == "__main__":
    unittest.main()
