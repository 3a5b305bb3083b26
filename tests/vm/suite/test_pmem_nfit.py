"""What QEMU's NVDIMMs cannot do works on the kernel's simulated ones, value by value as ndctl sees it, or says why not."""

import json
import unittest

import nfitpeers
import vmtest
from pmemtest import MIB, Listed, errors, rows

def setUpModule():
    global seen
    seen = nfitpeers.seen = vmtest.boot("pmem_nfit", ["--nfit-test"], timeout=600)


def data(name):
    return seen.json(name)["data"]


def events(name):
    return [json.loads(line) for line in seen.out(name).splitlines()]


class Peers(nfitpeers.Peers, unittest.TestCase):
    """Every value that ndctl shows, in each state of the machine."""


class Case(unittest.TestCase):
    def well(self, *names):
        for name in names:
            with self.subTest(name):
                self.assertEqual(seen.rc(name), 0, seen.err(name) + seen.out(name)[:500])

    def refused(self, table):
        """{probe: (exit status, words that message, cause or hint have)}"""
        for name, (status, *words) in table.items():
            with self.subTest(name):
                self.assertEqual(seen.rc(name), status, seen.out(name)[:500] + seen.err(name))
                error = errors(seen, name)
                said = f"{error['message']} / {error['cause']} / {error['hint']}"
                self.assertTrue(error["cause"] or error["hint"], said)
                for word in words:
                    self.assertIn(word, said)


class Dimms(Case):
    def test_what_failed_is_told(self):
        fresh = Listed(seen, "fresh")
        self.assertEqual(fresh.dimms["nmem5"]["flags"], ["failed_map"])
        self.assertTrue({"failed_save", "failed_arm", "failed_restore", "failed_flush"} <= set(fresh.dimms["nmem4"]["flags"]))
        self.assertTrue(fresh.regions["region2"]["read_only"])
        self.assertRegex(seen.out("fresh.tree"), r"nmem5 .*failed_map")

    def test_a_read_only_region_says_for_which_dimm(self):
        self.refused({"ro.create": (4, "read-only", "nmem4 (failed_save, failed_arm"), "ro.change": (4, "read-only"),
                      "ro.init": (5, "no DIMMs"), "ro.attribute": (4, "it is read-only", "sysfs")})

    def test_a_dimm_that_does_not_answer(self):
        answers = "Input/output error"
        self.refused({
            "fail.health": (1, "nmem0 does not tell its health", answers), "fail.some": (6, "1 of 6"),
            "fail.check": (20, "nmem2 is non-critical"), "fail.thresholds": (6, "1 of 1"),
            "fail.inject": (1, "fatal", answers), "fail.set": (1, "thresholds", answers),
            **{f"fail.{what}.{function}": (1, "the labels of nmem3 cannot be read", answers)
               for what in ("read", "backup", "init") for function in (4, 5)},
            "fail.zero.4": (1, "nmem3", "labels check"), "fail.zero.5": (1, "nmem3", "labels check"),
            "fail.dimm": (1, "nmem3 could not be enabled", "failed with error -5", "does not answer"),
            "fail.disabled": (12, "its DIMM nmem3 is disabled", "pmem dimm enable nmem3"),
            "fail.create": (12, "its DIMM nmem3 is disabled", "pmem dimm enable nmem3"),
            "fail.write": (1, "could not be written", "labels restore"),
            "fail.missing": (1, "missing label", "labels restore"),
        })
        self.well("fail.list", "fail.lost", "fail.restore", "fail.mended")
        self.assertEqual([error["device"] for error in seen.json("fail.list")["errors"]], ["nmem0"])

    def test_a_locked_dimm(self):
        key = "security load-keys"
        self.assertIn("locked", Listed(seen, "locked").dimms["nmem3"]["flags"])
        self.refused({"locked.dimm": (4, "nmem3 is locked", key), "locked.region": (4, "nmem3 is locked", key),
                      "locked.create": (4, "nmem3 is locked", key), "locked.init": (4, "nmem3 is locked", key),
                      "locked.labels": (4, "nmem3 is locked", key), "locked.read": (4, "nmem3 is locked", key)})
        self.well("locked.again", "locked.over")


class Events(Case):
    def test_alarms_that_hold_come_first(self):
        first = {event["dimm"]: event for event in events("events")[:4]}
        self.assertEqual(list(first), ["nmem0", "nmem1", "nmem2", "nmem3"])
        for event in first.values():
            self.assertEqual(event["alarms"], ["spares-remaining", "media-temperature"])
        self.assertEqual([event["dimm"] for event in events("monitor.first")], ["nmem0", "nmem1"])

    def test_what_happens_is_told(self):
        later = events("events")[4:]
        self.assertTrue(any(event["dimm"] == "nmem0" and event["health"]["spares_percent"] == 3 for event in later))
        fatal = [event for event in later if event["dimm"] == "nmem1" and "health-state" in event["alarms"]]
        self.assertEqual([event["state"] for event in fatal], ["fatal"])
        self.assertTrue(any("unclean-shutdown" in event["alarms"] for event in later))
        self.assertTrue(all(event["time"].endswith("Z") and event["time_ms"] > 10**12 for event in later))

    def test_filters(self):
        self.assertEqual({event["dimm"] for event in events("region")}, {"nmem1"})
        filtered = events("filtered")
        self.assertEqual({event["dimm"] for event in filtered}, {"nmem1"})
        self.assertTrue(all("unclean-shutdown" in event["alarms"] for event in filtered))
        self.refused({"monitor.none": (5, "SMART"), "monitor.missing": (3, "nmem9")})

    def test_dimms_that_go_away_end_it(self):
        self.assertEqual(seen.rc("gone.monitor"), 3, seen.err("gone"))
        self.assertIn("not there any more", seen.err("gone"))
        self.assertLess(len(events("gone")), 50)

    def test_its_end(self):
        self.well("monitor.all", "monitor.region", "monitor.first", "monitor.timeout")
        self.assertEqual(seen.out("monitor.timeout"), "")

    def test_on_a_terminal(self):
        self.assertRegex(seen.out("terminal"), r"T\S+Z  nmem1  \S+  fatal  health-state, spares-remaining")

    def test_alarms_can_be_switched_on(self):
        health = events("monitor.alarms")[0]["health"]
        self.assertEqual((health["alarm_enabled_spares"], health["alarm_enabled_controller_temperature"]), (True, True))


class Health(Case):
    def test_what_was_injected(self):
        self.well("smart.values", "smart.fatal", "smart.thresholds", "smart.back.0", "smart.back.1")
        health = {row["device"]: row["health"] for row in data("smart.health")}
        self.assertEqual([health["nmem0"][key] for key in ("spares_percent", "temperature_celsius",
                                                           "temperature_threshold_celsius")], [3, 50.0, 30.0])
        self.assertEqual([health["nmem1"][key] for key in ("state", "shutdown_state")], ["fatal", "dirty"])
        self.assertEqual([health["nmem2"][key] for key in (
            "temperature_threshold_celsius", "controller_temperature_threshold_celsius", "spares_threshold_percent",
            "alarm_enabled_spares", "alarm_enabled_controller_temperature")], [50.0, 60.0, None, False, True])
        back = Listed(seen, "back").dimms
        self.assertEqual((back["nmem0"]["health"]["spares_percent"], back["nmem1"]["health"]["state"]), (75, "non-critical"))

    def test_a_dry_run_injects_nothing(self):
        self.well("smart.dry")
        self.assertEqual(data("smart.dry.health")[0]["state"], "non-critical")

    def test_check_tells_by_its_status(self):
        self.refused({"smart.warn": (20, "nmem2 is non-critical"), "smart.check": (21, "nmem1 is fatal"),
                      "smart.none": (5, "nmem4 has no SMART")})


class Interleaved(Case):
    def test_sizes_are_what_was_planned(self):
        for region, most in (("0", 32 * MIB), ("1", 64 * MIB)):
            for size, up in (("17M", 32), ("40M", 48), ("5000001", 16)):
                name, up = f"plan.{region}.{size}", up * MIB
                if up <= most:
                    self.assertEqual(data(f"{name}.up")["reserved_bytes"], up, name)
                else:
                    self.refused({f"{name}.up": (13, "48 MiB does not fit")})
                down = up - 16 * MIB
                if down:
                    self.assertEqual(data(f"{name}.down")["reserved_bytes"], down, name)
                    self.refused({f"{name}.exact": (2, f"({down} bytes)", f"({up} bytes)")})
                else:
                    self.refused({f"{name}.down": (2, f"({up} bytes)"), f"{name}.exact": (2, f"({up} bytes)")})

    def test_what_the_kernel_made_of_them(self):
        sizes = {name: (data(f"create.{name}")["reserved_bytes"], data(f"create.{name}")["usable_bytes"])
                 for name in ("raw", "fsdax", "devdax")}
        self.assertEqual(sizes, {"raw": (16 * MIB, 16 * MIB), "fsdax": (16 * MIB, 14 * MIB), "devdax": (32 * MIB, 30 * MIB)})
        self.assertEqual(data("create.sector")["reserved_bytes"], 32 * MIB)
        self.refused({"create.full": (13, "region1")})
        made = Listed(seen, "made").regions
        self.assertEqual([made[region]["interleave_ways"] for region in ("region0", "region1")], [2, 4])
        self.assertEqual([one["dimm"] for one in made["region1"]["mappings"]], ["nmem0", "nmem1", "nmem2", "nmem3"])

    def test_dimms_of_two_regions(self):
        self.well("init.both", "init.force", "labels.zero")
        self.refused({"labels.shared": (10, "region1"), "labels.alone": (10, "region1"), "dimm.shared": (10, "region1"),
                      "init.other": (10, "region0", "v-raw"), "init.neighbour": (10, "region1", "v-devdax"),
                      "labels.zeroed": (1, "not valid", "pmem init")})

    def test_what_a_killed_program_left_is_completed_or_destroyed(self):
        for mode in ("fsdax", "devdax", "sector"):
            for write in range(8, 11):
                name = f"killed.{mode}.{write}"
                self.assertEqual(seen.rc(name), 137, name)
                self.well(f"{name}.again", f"{name}.destroyed")
                self.assertEqual(data(f"{name}.again")["state"], "enabled", name)
        self.assertEqual(seen.rc("killed.claimed"), 137)
        self.well("killed.destroyed")
        self.assertEqual(data("killed.left")["regions"][0]["available_bytes"], 64 * MIB)

    def test_nothing_is_left_of_what_init_took(self):
        self.assertEqual({row["detail"] for row in data("init.left")}, {"valid, 0 labels"})

    def test_labels_of_all_dimms_bring_everything_back(self):
        self.well("labels.backup", *(f"labels.restore.{n}" for n in range(4)), "labels.enable")
        made, back = (Listed(seen, state) for state in ("made", "restored"))
        keys = ("name", "mode", "region", "reserved_bytes", "usable_bytes", "label_uuid", "uuid", "resource")
        self.assertEqual([[ns[key] for key in keys] for ns in back.data["namespaces"]],
                         [[ns[key] for key in keys] for ns in made.data["namespaces"]])
        self.assertIn("v-devdax", [ns["name"] for ns in back.data["namespaces"]])


class Errors(Case):
    def test_scrub(self):
        self.well("scrub.start", "scrub.wait")
        self.assertEqual([row["device"] for row in data("scrub.ready")], ["ndbus0", "ndbus1"])
        self.refused({"scrub.missing": (3, "ndbus9"), "fw.scrubbing": (10, "pmem scrub wait")})

    def test_bad_blocks(self):
        found = [(row["name"], row["offset"], row["length"], row["dimms"]) for row in data("bad.blocks") if row["name"]]
        self.assertEqual(found, [(name, offset, length, [dimm]) for name, dimm in
                                 (("v-raw", "nmem1"), ("v-fsdax", "nmem1"), ("v-devdax", "nmem3"))
                                 for offset, length in ((2048, 4), (4100, 1))])
        self.assertEqual(sum(row["kind"] == "region" for row in data("bad.blocks")), 6)
        self.assertEqual([(row["offset"], row["length"]) for row in data("error.injected")], [(2048, 4), (4100, 1)])
        self.assertNotEqual(seen.rc("bad.read"), 0)
        self.refused({"error.sector": (5, "sector"), "error.beyond": (2, "has no such sectors"),
                      "error.wrapped": (2, "has no such sectors"), "error.many": (2, "has no such sectors")})

    def test_cleared(self):
        self.well("clear.reread", "clear.write.256", "clear.write.512")
        self.assertEqual([rows(seen, f"clear.{name}")[device]["detail"] for name, device in
                          (("raw", "namespace0.0"), ("devdax", "namespace1.0"))], ["5 sectors", "5 sectors"])
        self.assertEqual(rows(seen, "clear.again")["namespace0.0"]["result"], "unchanged")
        self.assertEqual((data("clear.left"), data("clear.injected")), ([], []))
        self.refused({"clear.sector": (5, "sector mode has a map")})

    def test_uninject_without_a_word_to_the_kernel(self):
        self.well("quiet.inject", "quiet.uninject")
        self.assertEqual([(row["offset"], row["length"]) for row in data("quiet.injected")], [(64, 1)])
        self.assertEqual(data("quiet.gone"), [])

    def test_ndctls_spellings_of_injection(self):
        self.well("alias.inject", "alias.status", "alias.uninject")
        self.assertEqual([(row["offset"], row["length"]) for row in data("alias.status")], [(96, 2)])
        self.assertEqual(seen.json("alias.theirs")["badblocks"], [{"block": 96, "count": 2}])
        self.assertNotIn("block", seen.out("alias.theirs.gone").replace("badblocks", ""))

    def test_below_a_sector_namespace(self):
        self.well("hurt.inject", "hurt.sector", "hurt.bad")
        self.assertEqual([(row["offset"], row["length"]) for row in data("hurt.bad")], [(60000, 8)])
        self.refused({"hurt.clear": (5, "sector mode has a map")})


    def test_where_an_info_block_would_be(self):
        self.assertEqual([row["offset"] for row in data("hurt.start")], [0, 8, 60000])
        self.well("hurt.reconfigure", "hurt.destroy")

    def test_a_log_of_old_kernels_is_written_anew(self):
        self.well("flog.old", "flog.repair", "flog.again", "flog.content", "flog.ndctl",
                  "flog.metadata", "flog.metadata.check")
        said = {name: " ".join(row["text"] for row in data(f"flog.{name}")) for name in ("old", "repair", "again")}
        self.assertIn("before 4.15, which a repair writes anew", said["old"])
        self.assertIn("it was written anew", said["repair"])
        self.assertNotIn("4.15", said["again"])


class Firmware(Case):
    def test_staged_and_run(self):
        self.well("fw.update", "fw.disarm", "fw.arm", "fw.live", "fw.rearm")
        firmware = Listed(seen, "staged").dimms["nmem0"]["firmware"]
        self.assertEqual((firmware["activate_state"], firmware["can_update"]), ("armed", True))

    def test_ndctls_update_without_a_file_arms_and_disarms(self):
        self.well("fw.alias.arm", "fw.alias.disarm", "fw.alias.planned")
        states = [{Listed(seen, f"fw.alias.{name}").dimms[dimm]["firmware"]["activate_state"]
                   for dimm in ("nmem0", "nmem1")} for name in ("before", "armed", "disarmed")]
        self.assertEqual(states[1], {"armed"})
        self.assertEqual(states[2], states[0])
        self.assertNotIn("armed", states[0])
        self.assertEqual(data("fw.alias.planned")[0]["result"], "planned")

    def test_by_suspending_the_machine(self):
        self.assertEqual(seen.rc("suspend"), 0, seen.err("suspend"))
        self.assertEqual(rows(seen, "suspend")["ndbus0"]["result"], "done")
        self.assertIn("Freezing user space processes", seen.out("suspend.log"))

    def test_refusals(self):
        self.refused({
            "fw.overflow": (10, "has its new firmware, but is not armed", "pmem firmware arm nmem3"),
            "fw.again": (10, "another update is under way", "--force"), "fw.force": (10, "restart the machine"),
            "fw.unarmed": (3, "no DIMM of ndbus0 is armed", "pmem firmware arm"),
            "fw.late": (7, "still activating", "pmem list --firmware"), "fw.busy": (10, "activating firmware already"),
            "fw.large": (2, "4000000 bytes"), "fw.empty": (2, "no firmware image"),
            "fw.pipe": (2, "no firmware image", "regular file"), "fw.file": (3, "/tmp/nothing"),
            "fw.none": (5, "firmware of nmem5"), "fw.reset": (5, "ndbus1")})


class Security(Case):
    EXPECTED = {
        "set": {"nmem0": "unlocked", "nmem1": "unlocked", "nmem2": "disabled", "nmem3": "unlocked", "nmem4": None},
        "removed": {"nmem0": "disabled", "nmem1": "unlocked"}, "keylocked": {"nmem1": "locked"},
        "unlocked": {"nmem1": "unlocked"}, "overwriting": {"nmem1": "disabled", "nmem2": "overwrite"},
        "overwritten": {"nmem2": "disabled"}}

    def test_what_should_work_works(self):
        self.well("key.setup", "key.update", "key.update2", "key.remove", "key.refresh", "key.load", "key.unlock", "key.freeze",
                  "key.erase", "key.overwrite", "key.wait")
        self.assertEqual([row["result"] for row in data("key.setup")], ["done"] * 3)
        kept = seen.out("key.files")
        self.assertIn("nvdimm_cdab-0a-07e0-feffffff_", kept)
        self.assertNotIn("nvdimm_cdab-0a-07e0-ffffffff_", kept)

    def test_the_master_passphrase(self):
        self.well(*(f"master.{what}" for what in ("setup", "update", "user", "erase")))
        self.refused({"master.remove": (5, "security update nmem0 --master")})
        self.assertEqual(Listed(seen, "mastered").dimms["nmem0"]["security"], "disabled")
        self.assertIn("nvdimm-master_cdab-0a-07e0-ffffffff_", seen.out("master.files"))
        self.assertNotIn("nvdimm_cdab-0a-07e0-ffffffff_", seen.out("master.files"))

    def test_states(self):
        for state, expected in self.EXPECTED.items():
            dimms = Listed(seen, state).dimms
            self.assertEqual({dimm: dimms[dimm]["security"] for dimm in expected}, expected, state)
        self.assertTrue(Listed(seen, "frozen").dimms["nmem3"]["security_frozen"])

    def test_the_key_of_an_update_that_was_cut_off_stays(self):
        self.assertEqual(seen.out("key.cut.kept"), "the DIMM's key\n")

    def test_refusals(self):
        self.refused({
            "key.busy": (10, "nmem0 is in use", "pmem region disable region0"),
            "key.open": (5, "has no passphrase", "pmem security setup nmem3"),
            "key.nokek": (3, "user:nothing is not in root's keyring"), "key.twice": (14, "already", "security update"),
            "key.without": (4, "nmem1 is locked", "security load-keys"),
            "key.region": (5, "flush the processors' caches", "restart the machine"),
            "key.cut": (14, "nvdimm-old_", "cut off", "delete it"),
            "key.frozen": (4, "frozen", "restart"), "key.none": (5, "nmem4 has no security")})


if __name__ == "__main__":
    unittest.main()
