"""status, topology, stats, watch, events, reset and rescan agree with sysfs and nvme-cli on a real kernel."""

import json
import unittest

import vmtest

seen = None
S1, S2 = "nqn.2024-01.test.nvmectl:s1", "nqn.2024-01.test.nvmectl:s2"


def setUpModule():
    global seen
    seen = vmtest.boot("state")


def lines(name):
    return [json.loads(line) for line in seen.out(name).splitlines()]


def data(name):
    return seen.json(name)["data"]


class Status(unittest.TestCase):
    def test_nothing_connected(self):
        self.assertEqual(data("nothing"), {"subsystems": [], "controllers": []})

    def test_values_are_those_of_sysfs(self):
        said = {}
        for line in seen.out("attributes").splitlines():
            name, attribute, value = line.split(" ", 2)
            said.setdefault(name, {})[attribute] = value
        controllers = {c["name"]: c for c in data("status")["controllers"]}
        self.assertEqual(set(controllers), set(said))
        self.assertEqual(len(said), 3)
        for name, attributes in said.items():
            with self.subTest(name):
                ours = controllers[name]
                self.assertEqual((ours["state"], ours["address"]), (attributes["state"], attributes["address"]))
                for key, attribute, more in (("queue_count", "queue_count", 0), ("keep_alive_seconds", "kato", 0),
                                             ("reconnect_delay_seconds", "reconnect_delay", 0),
                                             ("queue_size", "sqsize", 1)):
                    self.assertEqual(ours[key], int(attributes[attribute]) + more, key)
                for key, attribute in (("ctrl_loss_seconds", "ctrl_loss_tmo"),
                                       ("fast_io_fail_seconds", "fast_io_fail_tmo")):
                    said_text = attributes[attribute]
                    self.assertEqual(ours[key], -1 if said_text == "off" else int(said_text), key)
                self.assertEqual((ours["authentication"], ours["tls"]), (False, False))
        self.assertIn(-1, [c["ctrl_loss_seconds"] for c in controllers.values()])
        self.assertIn((9, 7), [(c["keep_alive_seconds"], c["reconnect_delay_seconds"]) for c in controllers.values()])

    def test_paths_are_those_of_nvme_cli(self):
        listed = seen.json("subsystems")
        listed = listed[0] if isinstance(listed, list) else listed
        theirs = {p["Name"]: (s["NQN"], p["State"]) for s in listed["Subsystems"] for p in s["Paths"]}
        ours = {c["name"]: (c["nqn"], c["state"]) for c in data("status")["controllers"]}
        self.assertEqual(ours, theirs)

    def test_ana_states(self):
        self.assertEqual({(c["nqn"], c["service_id"]): c["ana_state"] for c in data("status")["controllers"]},
                         {(S1, "4420"): "optimized", (S1, "4421"): "non-optimized", (S2, "4420"): "optimized"})
        self.assertIn("inaccessible", [c["ana_state"] for c in data("status-ana")["controllers"]])

    def test_without_root_the_same_but_secrets(self):
        root, user = data("status"), data("status-user")
        for c in root["controllers"] + user["controllers"]:
            del c["authentication"]
        self.assertEqual(user, root)

    def test_text(self):
        text = seen.out("status-text")
        self.assertIn(f"{S1}  connected, 2 of 2 controllers live, 2 namespaces", text)
        self.assertRegex(text, r"tcp +\[::1\]:4420 +live +optimized")

    def test_a_lost_target_is_connecting(self):
        self.assertEqual([s["status"] for s in data("status-lost")["subsystems"]], ["connecting"])


class Topology(unittest.TestCase):
    def test_every_way_is_there(self):
        rows = {(p["nqn"], p["address"], p["nsid"], p["ana_state"]) for p in data("topology")["paths"]}
        self.assertEqual(rows, {(S1, "127.0.0.1:4420", n, "optimized") for n in (1, 2)} |
                         {(S1, "127.0.0.1:4421", n, "non-optimized") for n in (1, 2)} |
                         {(S2, "[::1]:4420", n, "optimized") for n in (1, 2)})
        self.assertEqual(len(data("topology")["hosts"]), 1)

    def test_drawings(self):
        self.assertEqual(seen.out("topology-text").count("-- nvme"), 2 + 3 + 6)
        self.assertEqual(seen.out("topology-dot").count("shape=cylinder"), 4)


class Stats(unittest.TestCase):
    def test_load_is_counted(self):
        disk = seen.out("disk").strip()
        self.assertEqual(seen.rc("stats"), 0, seen.err("stats"))
        rows = lines("stats")
        self.assertEqual(len(rows), 2 * (3 + 4))  # controllers and namespaces, twice
        mine = [r for r in rows if r["name"] == disk]
        self.assertGreater(mine[1]["total_bytes"], mine[0]["total_bytes"])
        for row in mine:
            self.assertGreater(row["operations_per_second"], 0)
            self.assertGreater(row["write_bytes_per_second"], 0)
            self.assertGreater(row["average_request_bytes"], 32 * 1024)
            self.assertLessEqual(row["average_request_bytes"], 128 * 1024)
            self.assertGreaterEqual(row["milliseconds_per_operation"], 0)
        # The optimized path carries it: the controllers' counters are their paths'.
        second = {r["name"]: r for r in rows[7:]}
        busy = [r for r in second.values() if r["kind"] == "controller" and r["write_bytes_per_second"]]
        self.assertEqual(len(busy), 1)
        self.assertAlmostEqual(busy[0]["write_bytes_per_second"] / second[disk]["write_bytes_per_second"], 1, delta=0.2)
        # What was transferred meanwhile is the rate times the time.
        moved = (second[disk]["read_bytes_per_second"] + second[disk]["write_bytes_per_second"]) * second[disk]["interval_seconds"]
        self.assertAlmostEqual(moved, mine[1]["total_bytes"] - mine[0]["total_bytes"], delta=1)

    def test_totals_are_the_kernel_s(self):
        numbers = [int(word) for word in seen.out("stat").split()]
        row = data("stats-total")[0]
        self.assertEqual((row["read_operations"], row["write_operations"], row["total_bytes"]),
                         (numbers[0], numbers[4], (numbers[2] + numbers[6]) * 512))
        self.assertIsNone(row["operations_per_second"])


class Events(unittest.TestCase):
    def test_they_end_well(self):
        self.assertEqual(seen.rc("ends"), 0, seen.err("ends"))
        for name in ("events", "watch", "watch-text"):
            self.assertEqual(seen.err(name), "")

    def test_the_kernel_s_events(self):
        events = lines("events")
        self.assertEqual(len([e for e in events if e["kind"] == "controller_added"]), 3)
        self.assertEqual(len([e for e in events if e["kind"] == "controller_removed"]), 3)
        self.assertGreaterEqual(len([e for e in events if e["kind"] == "connected"]), 3)
        disk = seen.out("disk").strip()
        self.assertIn(("remove", "block", disk), [(e["action"], e["subsystem"], e["device"]) for e in events])
        for event in events:
            self.assertRegex(event["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertIn("DEVPATH", [p["name"] for p in event["properties"]])

    def test_what_watch_saw(self):
        changes = [(c["kind"], c["device"], c["from"], c["to"]) for c in lines("watch")]
        disk, first = seen.out("disk").strip(), seen.out("first").strip()
        kinds = [c[0] for c in changes]
        self.assertEqual((kinds.count("controller_added"), kinds.count("controller_removed")), (3, 3))
        gone = next(i for i, c in enumerate(changes) if c[:2] == ("namespace_removed", disk))
        self.assertIn(("namespace_added", disk), [c[:2] for c in changes[:gone]])
        self.assertIn("namespace_added", kinds[gone:])
        self.assertIn("inaccessible", [c[3] for c in changes if c[0] == "ana_state"])
        states = [(c[2], c[3]) for c in changes if c[0] == "controller_state"]
        self.assertIn(("live", "connecting"), states)
        self.assertTrue(first)

    def test_events_alone_show_what_is_announced(self):
        disk = seen.out("disk").strip()
        text = seen.out("watch-text")
        self.assertRegex(text, rf"Z  {disk}: new, 16 MiB\n")
        self.assertRegex(text, rf"Z  {disk}: gone\n")
        self.assertEqual(text.count(": gone\n"), len([1 for c in lines("watch") if c["kind"].endswith("_removed")]))


class Control(unittest.TestCase):
    def error(self, name, kind, code):
        self.assertEqual(seen.rc(name), code, seen.out(name) + seen.err(name))
        error = json.loads(seen.err(name))["error"]
        self.assertEqual(error["kind"], kind)
        self.assertTrue(error["hint"])
        return error

    def test_reset(self):
        self.error("reset-unconfirmed", "not_confirmed", 8)
        self.assertFalse(data("reset-dry")["done"])
        done = data("reset")
        self.assertEqual((done["device"], done["done"]), (seen.out("first").strip(), True))
        self.assertIn("creating", seen.out("reset-log"))  # the queues are made anew
        self.assertEqual(seen.out("reset-state"), "live\n")
        self.error("reset-user", "permission", 4)
        self.error("reset-namespace", "usage", 2)

    def test_reset_of_what_is_away(self):
        self.error("reset-lost", "busy", 10)

    def test_rescan(self):
        found = data("rescan")
        self.assertEqual((found["done"], len(found["namespaces"]), found["added"], found["removed"]), (True, 2, [], []))
        self.error("rescan-user", "permission", 4)

    def test_no_subsystem_reset(self):
        self.error("subsystem-reset", "unsupported", 5)
        self.assertNotEqual(seen.rc("subsystem-reset.nvme"), 0)

    def test_a_new_identity_says_who_keeps_the_old_one(self):
        self.assertEqual(seen.rc("host-set"), 0)
        self.assertRegex(seen.err("host-set"), "warning: connected under another identity: nvme")


if __name__ == "__main__":
    unittest.main()
