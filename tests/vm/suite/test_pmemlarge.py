"""A sector namespace of more than one arena: made, checked, repaired, and its data kept."""

import json
import unittest

import vmtest

GIB = 1 << 30


def setUpModule():
    global seen
    seen = vmtest.boot("pmemlarge", ["--pmem", "1", "--pmem-size", str(520 * 1024)], timeout=500)


def findings(name):
    return [(row["text"].partition(":")[0], row["ok"]) for row in json.loads(seen.out(name))["data"]]


class Large(unittest.TestCase):
    def test_made(self):
        ns, = seen.json("list")["data"]["namespaces"]
        made = seen.json("create")["data"]
        self.assertEqual((made["result"], made["reserved_bytes"]), ("created", 513 * GIB))
        self.assertEqual(made["usable_bytes"], ns["usable_bytes"])
        their, = [ns for bus in seen.json("ndctl") for region in bus["regions"]
                  for ns in region["namespaces"] if ns["size"]]
        self.assertEqual((ns["usable_bytes"], ns["mode"], ns["uuid"]), (their["size"], their["mode"], their["uuid"]))

    def test_planned(self):
        planned = seen.json("plan")["data"]["usable_bytes"]
        self.assertLessEqual(planned, seen.json("create")["data"]["usable_bytes"])
        self.assertLess(seen.json("create")["data"]["usable_bytes"] - planned, 1 << 20)

    def test_the_second_arenas_info_block_is_restored(self):
        self.assertEqual(seen.rc("broken"), 1)
        self.assertEqual(findings("broken"), [("arena 0", True)] * 3 + [("arena 1", False)] + [("arena 1", True)] * 2)
        self.assertEqual(seen.rc("repair"), 0, seen.err("repair"))
        self.assertIn("arena 1: the info block has no signature; its copy is good, and has restored it",
                      seen.out("repair"))
        self.assertEqual(seen.rc("ndctl.check"), 0, seen.err("ndctl.check"))

    def test_data_of_both_arenas(self):
        self.assertRegex(seen.out("sectors"), r"\Asector 0\nsector 134086519\nsector 134086520\nsector \d+\n\Z")

    def test_gone(self):
        self.assertEqual(seen.rc("destroy"), 0, seen.err("destroy"))
        data = seen.json("gone")["data"]
        self.assertEqual((data["namespaces"], data["regions"][0]["available_bytes"]), ([], 520 * GIB))


if __name__ == "__main__":
    unittest.main()
