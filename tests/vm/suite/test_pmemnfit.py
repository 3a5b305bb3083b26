"""What QEMU's NVDIMMs cannot do works on the kernel's simulated ones, and ndctl sees the same."""

import unittest

import vmtest

# Ours: ndctl's
HEALTH = {
    "state": "health_state",
    "temperature_celsius": "temperature_celsius",
    "controller_temperature_celsius": "controller_temperature_celsius",
    "spares_percent": "spares_percentage",
    "life_used_percent": "life_used_percentage",
    "temperature_threshold_celsius": "temperature_threshold",
    "controller_temperature_threshold_celsius": "ctrl_temperature_threshold",
    "spares_threshold_percent": "spares_threshold",
    "alarm_temperature": "alarm_temperature",
    "alarm_controller_temperature": "alarm_controller_temperature",
    "alarm_spares": "alarm_spares",
    "shutdown_state": "shutdown_state",
    "shutdown_count": "shutdown_count",
}


def setUpModule():
    global seen
    seen = vmtest.boot("pmemnfit", ["--nfit-test"])


def data(name):
    return seen.json(name)["data"]


def by_device(rows, key="device"):
    return {row[key]: row for row in rows}


def theirs(name):
    return by_device(seen.json(name), "dev")


class Case(unittest.TestCase):
    def well(self, *names):
        for name in names:
            with self.subTest(name):
                self.assertEqual(seen.rc(name), 0, seen.err(name) + seen.out(name)[:500])

    def refused(self, name, status, *words):
        self.assertEqual(seen.rc(name), status, seen.out(name) + seen.err(name))
        for word in words:
            self.assertIn(word, seen.err(name))

    def results(self, name, *expected):
        self.assertEqual([row["result"] for row in data(name)], list(expected))


class Dimms(Case):
    def test_failed_dimms_are_flagged_as_ndctl_flags_them(self):
        mine, other = by_device(data("fresh.list")["dimms"]), theirs("fresh.dimms")
        self.assertEqual(set(mine), set(other))
        for device, row in other.items():
            flags = {key.removeprefix("flag_") for key, value in row.items() if key.startswith("flag_") and value}
            self.assertEqual(set(mine[device]["flags"]), flags, device)
        self.assertEqual(mine["nmem5"]["flags"], ["failed_map"])
        self.assertIn("failed_save", mine["nmem4"]["flags"])
        self.assertRegex(seen.out("fresh.flags"), r"nmem5 .*failed_map")

    def test_what_failed_to_arm_is_read_only(self):
        self.assertTrue(by_device(data("fresh.list")["regions"])["region2"]["read_only"])


class Interleaved(Case):
    def test_labels_and_namespaces(self):
        self.well("init.0", "init.1")
        raw, fsdax = data("create.raw"), data("create.fsdax")
        self.assertEqual((raw["region"], raw["mode"], raw["usable_bytes"]), ("region0", "raw", 16 << 20))
        self.assertEqual((fsdax["region"], fsdax["mode"], fsdax["map"]), ("region1", "fsdax", "mem"))

    def test_mappings_are_ndctls(self):
        mine = by_device(data("made.list")["regions"])
        for region in seen.json("made.ndctl")["regions"]:
            row = mine[region["dev"]]
            ours = {(one["dimm"], one["offset_bytes"], one["length_bytes"], one["position"]) for one in row["mappings"]}
            other = {(one["dimm"], one["offset"], one["length"], one["position"]) for one in region.get("mappings", [])}
            self.assertEqual(ours, other, region["dev"])
            self.assertEqual((row["size_bytes"], row["available_bytes"], row["interleave_set"]),
                             (region["size"], region["available_size"], region.get("iset_id")))
        self.assertEqual((mine["region0"]["interleave_ways"], mine["region1"]["interleave_ways"]), (2, 4))
        self.assertEqual([one["dimm"] for one in mine["region1"]["mappings"]], ["nmem0", "nmem1", "nmem2", "nmem3"])


class Health(Case):
    def test_values_are_ndctls(self):
        for state in ("health", "smart", "smart.back"):
            mine = by_device(data(f"{state}.ours"))
            for device, row in theirs(f"{state}.ndctl").items():
                with self.subTest(state=state, dimm=device):
                    if "health" not in row:
                        self.assertIsNone(mine[device]["health"])
                        continue
                    self.assertEqual(mine[device]["health"], {key: row["health"].get(name) for key, name in HEALTH.items()})

    def test_what_was_injected_is_reported(self):
        self.well("smart.values", "smart.fatal", "smart.back")
        health = by_device(data("smart.ours"))["nmem0"]["health"]
        self.assertEqual((health["state"], health["spares_percent"], health["temperature_celsius"],
                          health["temperature_threshold_celsius"], health["shutdown_state"]),
                         ("fatal", 3, 50.0, 30.0, "dirty"))
        self.assertEqual(by_device(data("smart.ours"))["nmem1"]["health"]["spares_percent"], 75)
        back = by_device(data("smart.back.ours"))["nmem0"]["health"]
        self.assertEqual((back["state"], back["spares_percent"], back["temperature_celsius"]), ("non-critical", 75, 23.0))

    def test_a_dry_run_injects_nothing(self):
        self.assertEqual(seen.rc("smart.dry"), 0, seen.err("smart.dry"))
        self.assertEqual(data("smart.dry.health")[0]["state"], "non-critical")

    def test_check_tells_by_its_status(self):
        self.refused("health.well", 20, "nmem0 is non-critical")
        self.refused("smart.check", 21, "nmem0 is fatal")

    def test_a_dimm_without_smart_says_so(self):
        self.refused("smart.none", 5, "nmem4 has no SMART")


class Errors(Case):
    HERE = [(16, 8, 8192, 4096)]

    def blocks(self, name):
        return [(row["offset"], row["length"], row["offset_bytes"], row["length_bytes"]) for row in data(name)]

    def test_scrub(self):
        self.well("scrub.ready", "scrub.start", "scrub.wait", "error.scrub", "error.scrubbed")
        self.assertEqual([row["device"] for row in data("scrub.ready")], ["ndbus0", "ndbus1"])
        self.results("scrub.wait", "done")
        self.refused("scrub.missing", 3, "ndbus9")

    def test_injected_errors_are_bad_blocks(self):
        self.results("error.inject", "done")
        self.assertEqual(self.blocks("error.injected"), self.HERE)
        self.assertEqual(self.blocks("error.bad"), self.HERE)
        self.assertEqual({row["name"] for row in data("error.bad")}, {"v-raw"})
        namespace = by_device(data("error.list")["namespaces"])["namespace0.0"]
        other = theirs("error.ndctl")["namespace0.0"]
        self.assertEqual((namespace["bad_block_count"], other["badblock_count"]), (8, 8))
        self.assertEqual([(one["offset"], one["length"]) for one in other["badblocks"]], [(16, 8)])
        self.assertNotEqual(seen.rc("error.read"), 0)

    def test_cleared_errors_are_gone(self):
        self.results("error.clear", "done")
        self.assertEqual(data("error.clear")[0]["detail"], "8 sectors")
        self.results("error.again", "unchanged")
        self.assertEqual((data("error.none"), data("error.gone")), ([], []))
        self.assertNotIn("badblock_count", theirs("error.ndctlgone")["namespace0.0"])
        self.assertEqual(seen.rc("error.reread"), 0, seen.err("error.reread"))

    def test_uninject_without_a_word_to_the_kernel(self):
        self.well("quiet.inject", "quiet.uninject")
        self.assertEqual([row[:2] for row in self.blocks("quiet.injected")], [(64, 1)])
        self.assertEqual(data("quiet.gone"), [])


class Security(Case):
    STATES = {
        "set": {"nmem0": "unlocked", "nmem1": "unlocked", "nmem2": "disabled", "nmem3": "unlocked", "nmem4": None},
        "updated": {"nmem0": "unlocked"},
        "removed": {"nmem0": "disabled", "nmem1": "unlocked"},
        "erased": {"nmem1": "disabled"},
        "overwriting": {"nmem2": "overwrite"},
        "overwritten": {"nmem2": "disabled"},
    }

    def test_what_should_work_works(self):
        self.well("security.off.0", "security.off.1", "security.setup", "security.update", "security.remove",
                  "security.freeze", "security.erase", "security.overwrite", "security.wait")
        self.results("security.setup", "done", "done", "done")

    def test_states_are_ndctls(self):
        for name, states in self.STATES.items():
            mine, other = by_device(data(f"{name}.ours")["dimms"]), theirs(f"{name}.ndctl")
            for device, row in other.items():
                self.assertEqual(mine[device]["security"], row.get("security"), f"{name} {device}")
            self.assertEqual({device: mine[device]["security"] for device in states}, states, name)

    def test_a_frozen_dimm_stays_as_it_is(self):
        self.assertIn("security_frozen", str(theirs("frozen.ndctl")["nmem3"]))
        self.assertNotEqual(seen.rc("security.frozen"), 0, seen.out("security.frozen"))

    def test_refusals_say_why(self):
        self.refused("security.busy", 10, "nmem0 is in use", "disable its regions")
        self.refused("security.nokey", 3, "user:nothing is not in root's keyring")
        self.refused("security.twice", 14, "already")
        self.refused("security.none", 5, "nmem4 has no security")


if __name__ == "__main__":
    unittest.main()
