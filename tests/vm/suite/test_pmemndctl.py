"""ndctl's and daxctl's command lines do the same with nvmectl; and what ndctl calls --continue."""

import json
import re
import unittest

import pmemtest
from pmemtest import MIB

REGIONS = {"region0": "ndctl's", "region1": "ours"}


def setUpModule():
    global seen
    seen = pmemtest.boot("pmemndctl")


def plain(value):
    """Without what differs between two regions that were treated alike: numbers of devices, UUIDs, their order."""
    if isinstance(value, dict):
        # The label's size of a sector means nothing in sector mode: ndctl sometimes writes 4096, nvmectl always 512.
        hidden = {"uuid", "raw_uuid", "id", "iset_id", "dimm"}
        if value.get("state") == "disabled":
            hidden.add("sector_size")
        return {key: plain(each) for key, each in value.items() if key not in hidden}
    if isinstance(value, list):
        # ndctl also lists seeds, of size 0
        value = [each for each in value if not isinstance(each, dict) or each.get("size") != 0]
        return sorted((plain(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    if isinstance(value, str):
        return re.sub(r"\d", "N", value)
    return value


def states(name):
    """{region: its state and its DIMM's} by ndctl."""
    found = {}
    for bus in seen.json(f"after.{name}"):
        dimms = {dimm["dev"]: dimm.get("state") for dimm in bus.get("dimms", [])}
        for region in bus.get("regions", []):
            if region["dev"] in REGIONS:
                found[region["dev"]] = [plain(region), dimms["nmem" + region["dev"][-1]]]
    return found


class SameCommands(unittest.TestCase):
    maxDiff = None

    def names(self):
        return sorted(path.name[6:-3] for path in seen.directory.glob("after.*.rc"))

    def test_both_succeed_or_both_fail(self):
        for name in self.names():
            with self.subTest(name):
                their, mine = seen.rc(f"theirs.{name}"), seen.rc(f"ours.{name}")
                self.assertEqual(mine == 0, their == 0, seen.err(f"ours.{name}") + seen.err(f"theirs.{name}"))
                self.assertEqual(their == 0, name != "checklabels", seen.err(f"theirs.{name}"))

    def test_both_regions_are_alike(self):
        self.assertGreater(len(self.names()), 25)
        for name in self.names():
            if name == "continue":  # ndctl makes one in each region, its manual says as many as possible
                continue
            with self.subTest(name):
                found = states(name)
                self.assertEqual(found["region1"], found["region0"])

    def test_there_was_something_to_compare(self):
        sizes = {name: sorted(ns["size"] for ns in states(name)["region1"][0]["namespaces"] if ns["size"])
                 for name in ("create.large", "destroy", "continue")}
        self.assertEqual({name: len(each) for name, each in sizes.items()},
                         {"create.large": 5, "destroy": 4, "continue": 5})
        self.assertEqual(set(sizes["continue"]), {256 * MIB})

    def test_files_are_written(self):
        sizes = {path: int(size) for size, path in re.findall(r"(\d+) \w{3} +\d+ [\d:]+ /tmp/(\S+)", seen.out("sizes"))}
        self.assertEqual(sizes, {"nmem0.labels": 131072, "nmem1.labels": 131072, "namespace1.info": 8192})

    def test_json_by_j(self):
        for name in ("readlabels.json", "readinfo.json", "readinfo.file"):
            self.assertIn("schema", json.loads(seen.out(f"ours.{name}")))
        data = json.loads(seen.out("listed"))["data"]
        self.assertEqual([region["device"] for region in data["regions"]], ["region1"])


    def test_an_info_block_from_a_file_is_the_namespaces(self):
        mine = seen.json("ours.readinfo.file")["data"]
        self.assertEqual(mine, seen.json("ours.readinfo.json")["data"])
        # ndctl says nothing of mode sector's sizes but these, here of a namespace alike
        their = seen.json("theirs.readinfo.file")[0]
        self.assertEqual((mine["external_sector_bytes"], mine["external_sectors"]),
                         (their["external_lbasize"], their["external_nlba"]))

    def test_what_is_not_taken_names_the_way(self):
        for name, verb in (("refused.part", "nvmectl pmem labels read"), ("refused.made", "nvmectl pmem reconfigure")):
            self.assertEqual(seen.rc(name), 2)
            self.assertIn(verb, json.loads(seen.err(name))["error"]["hint"])


class Fill(unittest.TestCase):
    def made(self, name):
        return [(row["name"], row["reserved_bytes"] // MIB, row["resource"]) for row in seen.json(name)["data"]]

    def test_until_it_is_full(self):
        self.assertEqual([row[:2] for row in self.made("fill")], [(f"piece-{n}", 256) for n in range(1, 6)])
        self.assertEqual({row["result"] for row in seen.json("fill")["data"]}, {"created"})
        self.assertEqual(seen.rc("fill.full"), 13)

    def test_in_holes(self):
        self.assertEqual([row[:2] for row in self.made("fill.holes")], [(f"hole-{n}", 96) for n in range(1, 5)])
        self.assertEqual([row[:2] for row in self.made("fill.largest")], [(None, 64), (None, 64)])

    def test_dry_run_tells_the_same(self):
        for name in ("fill", "fill.holes"):
            self.assertEqual(sorted(self.made(f"{name}.dry")), sorted(self.made(name)))
            self.assertEqual({row["result"] for row in seen.json(f"{name}.dry")["data"]}, {"planned"})


class Daxctl(unittest.TestCase):
    def test_the_same(self):
        for name in ("ram", "online", "offline", "devdax"):
            with self.subTest(name):
                self.assertEqual((seen.rc(f"theirs.{name}"), seen.rc(f"ours.{name}")), (0, 0), seen.err(f"ours.{name}"))
                devices = [plain(device) for device in seen.json(f"dax.{name}")]
                self.assertEqual(len(devices), 2)
                self.assertEqual(devices[0], devices[1])


if __name__ == "__main__":
    unittest.main()
