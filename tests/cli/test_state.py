"""status, topology, stats, watch, events and resets, on captured trees and without a kernel's NVMe."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest
from pathlib import Path

from harness import NVMECTL, TREES, Case, environment, run, unpack

STAT = "100 0 2000 30 50 0 1000 20 1 40 60 0 0 0 0 0 0\n"


class OnTrees(Case):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.holder.cleanup)
        cls.roots = {tree: unpack(tree, Path(cls.holder.name) / tree) for tree in TREES}

    def data(self, command, tree, *more):
        return self.ok(*command.split(), "--sysroot", self.roots[tree], "-o", "json", *more).json["data"]


class Status(OnTrees):
    def test_what_the_kernel_says(self):
        data = self.data("status", "fabrics-ana")
        first, second = data["subsystems"]
        self.assertEqual((first["status"], first["live_controllers"], first["controllers"], first["namespaces"]),
                         ("connected", 2, ["nvme0", "nvme1"], ["nvme0n1", "nvme0n2"]))
        tcp = data["controllers"][0]
        self.assertEqual({key: tcp[key] for key in ("name", "nqn", "transport", "transport_address", "service_id", "state",
                                                    "ana_state", "queue_count", "queue_size", "keep_alive_seconds",
                                                    "reconnect_delay_seconds", "ctrl_loss_seconds",
                                                    "fast_io_fail_seconds", "authentication", "tls", "reconnects")},
                         {"name": "nvme0", "nqn": "nqn.2024-01.test.nvmectl:s1", "transport": "tcp",
                          "transport_address": "127.0.0.1", "service_id": "4420", "state": "live",
                          "ana_state": "optimized", "queue_count": 2, "queue_size": 128, "keep_alive_seconds": 5,
                          "reconnect_delay_seconds": 10, "ctrl_loss_seconds": 600, "fast_io_fail_seconds": -1,
                          "authentication": False, "tls": False, "reconnects": None})
        self.assertEqual([(p["name"], p["namespace"], p["ana_state"]) for p in tcp["paths"]],
                         [("nvme0c0n1", "nvme0n1", "optimized"), ("nvme0c0n2", "nvme0n2", "optimized")])
        self.assertIsNone(data["controllers"][2]["tls"])
        self.assertEqual(second["namespaces"], ["nvme2n1", "nvme2n2"])

    def test_states_that_are_not_well(self):
        data = self.data("status", "dead")
        self.assertEqual({s["name"]: s["status"] for s in data["subsystems"]},
                         {"nvme-subsys0": "disconnected", "nvme-subsys1": "connected", "nvme-subsys3": "connecting",
                          "nvme-subsys4": "disconnected"})
        mixed = self.data("status", "rdma-fc")["controllers"][0]
        self.assertEqual(mixed["ana_state"], "non-optimized 1, optimized 1")

    def test_local_drives_are_in_json_and_behind_v(self):
        self.assertEqual(self.ok("status", "--sysroot", self.roots["pcie"]).out, "")
        self.assertIn("nvme-subsys1", self.ok("status", "-v", "--sysroot", self.roots["pcie"]).out)
        self.assertTrue(all(s["local"] for s in self.data("status", "pcie")["subsystems"]))

    def test_one_subsystem_by_any_of_its_names(self):
        for name in ("nvme0", "/dev/nvme0n2", "nvme0n1p1", "/dev/ng0n1", "nvme0c1n1", "nvme-subsys0",
                     "nqn.2024-01.test.nvmectl:s1"):
            with self.subTest(name):
                data = self.data("status", "fabrics-ana", name)
                self.assertEqual([s["name"] for s in data["subsystems"]], ["nvme-subsys0"])
                self.assertEqual(len(data["controllers"]), 2)
        self.fails(["status", "nvme9", "--sysroot", self.roots["pcie"]], "not_found", 3, says="nvme9")

    def test_rows_for_scripts(self):
        out = self.ok("status", "--sysroot", self.roots["fabrics-ana"], "-o", "value", "--fields", "name,state,tls").out
        self.assertEqual(out, "nvme0\tlive\tfalse\nnvme1\tlive\tfalse\nnvme2\tlive\t\n")
        csv = self.ok("status", "--sysroot", self.roots["pcie"], "-o", "csv").out.splitlines()
        self.assertEqual(len(csv), 4)  # three local controllers below the header

    def test_no_secret_is_shown(self):
        root = self.folder()
        unpack("fabrics-ana", root)
        secret = "DHHC-1:00:c2VjcmV0LXRoYXQtbm9ib2R5LXNlZXM=:"
        for file in (root / "sys").rglob("dhchap_secret"):
            file.write_text(secret + "\n")
        for form in ("table", "wide", "json", "csv"):
            out = self.ok("status", "-v", "--sysroot", str(root), "-o", form).out
            self.assertNotIn("c2VjcmV0", out)
        self.assertTrue(self.ok("status", "--sysroot", str(root), "-o", "json").json["data"]["controllers"][0]
                        ["authentication"])


class Topology(OnTrees):
    def test_tree_and_rows_tell_the_same(self):
        data = self.data("topology", "fabrics-ana")
        self.assertEqual(len(data["hosts"]), 1)
        leaves = [(s["name"], c["controller"], n["namespace"], n["ana_state"]) for h in data["hosts"]
                  for s in h["subsystems"] for c in s["controllers"] for n in c["namespaces"]]
        rows = [(p["subsystem"], p["controller"], p["namespace"], p["ana_state"]) for p in data["paths"]]
        self.assertEqual(leaves, rows)
        self.assertIn(("nvme-subsys0", "nvme1", "nvme0n2", "non-optimized"), rows)

    def test_every_tree_is_drawn(self):
        for tree in TREES:
            listed = self.ok("list", "--sysroot", self.roots[tree], "-o", "json").json["data"]
            drawn = self.ok("topology", "--sysroot", self.roots[tree]).out
            self.assertTrue(drawn.isascii())
            for thing in listed["controllers"] + listed["namespaces"]:
                self.assertRegex(drawn, rf"(-- ){thing['name']}  ")

    def test_lines_on_a_terminal(self):
        self.assertIn("├── nvme-subsys0", self.on_terminal({"LC_ALL": "C.UTF-8"}))
        self.assertTrue(self.on_terminal({"LC_ALL": "C"}).isascii())
        self.assertTrue(self.on_terminal({"LC_ALL": "", "LANG": "en_US.UTF-8"}, "--ascii").isascii())
        self.assertIn("└── ", self.on_terminal({"LC_ALL": "", "LC_CTYPE": "", "LANG": "en_US.utf8"}))

    def on_terminal(self, env, *more):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 132, 0, 0))
        done = subprocess.run([NVMECTL, "topology", "--sysroot", self.roots["fabrics-ana"], *more], stdout=theirs,
                              env=environment(env), check=False, timeout=20)
        os.close(theirs)
        text = b""
        while select.select([ours], [], [], 1)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            text += piece
        os.close(ours)
        self.assertEqual(done.returncode, 0)
        return text.decode()

    def test_graph(self):
        root = self.folder()
        unpack("fabrics-ana", root)
        for file in (root / "sys").rglob("subsysnqn"):
            if "s2" in file.read_text():
                file.write_text('nqn.2024-01.x:"; evil -> \\ \x1b[2J\n')
        dot = self.ok("topology", "--dot", "--sysroot", str(root)).out
        self.assertTrue(dot.startswith("digraph nvme {\n") and dot.endswith("}\n"))
        # every line a node or an edge, whatever a target calls itself
        word = r'"(?:[^"\\\n]|\\.)*"'
        for line in dot.splitlines()[2:-1]:
            self.assertRegex(line, rf"^  \w+( -> \w+)?( \[(shape=\w+, )?label={word}\])?;$")
        self.assertIn(r"x:\"; evil -> \\ \\x1b[2J", dot)
        self.assertEqual(len(re.findall("shape=cylinder", dot)), 4)


class Stats(OnTrees):
    def setUp(self):
        self.root = self.folder()
        unpack("fabrics-ana", self.root)
        for device in (self.root / "sys/block").iterdir():
            (device / "stat").write_text(STAT)

    def words(self, *more):
        return ["stats", "--sysroot", str(self.root), *more]

    def test_totals(self):
        rows = {r["name"]: r for r in self.ok(*self.words("-o", "json")).json["data"]}
        self.assertEqual(list(rows), ["nvme0", "nvme1", "nvme2", "nvme0n1", "nvme0n2", "nvme2n1", "nvme2n2"])
        self.assertEqual((rows["nvme0"]["kind"], rows["nvme0"]["read_operations"]), ("controller", 200))
        disk = rows["nvme0n1"]
        self.assertEqual((disk["operations_per_second"], disk["average_request_bytes"], disk["total_bytes"],
                          disk["milliseconds_per_operation"], disk["in_flight"]), (None, 10240.0, 1536000, 0.4, 1))

    def test_three_figures_first_with_three_decimals(self):
        lines = self.ok(*self.words("nvme0n1")).out.splitlines()
        self.assertRegex(lines[0], "^Device +Operations/s +Average request +Total ")
        self.assertRegex(lines[1], r"^nvme0n1 +- +10\.000 KiB +1\.465 MiB ")

    def test_intervals(self):
        process = subprocess.Popen([NVMECTL, *self.words("nvme0n1", "nvme2n2", "--interval", "0.5", "--count", "2",
                                                         "-o", "ndjson")],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        time.sleep(0.2)
        (self.root / "sys/block/nvme0n1/stat").write_text("200 0 6000 30 50 0 1000 20 0 40 160 0 0 0 0 0 0\n")
        out, err = process.communicate(timeout=20)
        self.assertEqual((process.returncode, err), (0, b""))
        rows = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([r["name"] for r in rows], ["nvme0n1", "nvme2n2"] * 2)
        busy, idle = rows[0], rows[2]
        self.assertAlmostEqual(busy["operations_per_second"] * busy["interval_seconds"], 100)
        self.assertAlmostEqual(busy["read_bytes_per_second"] * busy["interval_seconds"], 4000 * 512)
        self.assertEqual((busy["average_request_bytes"], busy["milliseconds_per_operation"]), (20480.0, 1.0))
        self.assertEqual((idle["operations_per_second"], idle["average_request_bytes"]), (0.0, None))

    def test_devices_that_go_and_counters_that_fall(self):
        process = subprocess.Popen([NVMECTL, *self.words("--interval", "0.5", "--count", "1", "-o", "json")],
                                   stdout=subprocess.PIPE, env=environment())
        time.sleep(0.2)
        (self.root / "sys/block/nvme2n1/stat").unlink()
        (self.root / "sys/block/nvme0n1/stat").write_text("1 0 8 0 0 0 0 0 0 0 0\n")
        rows = {r["name"]: r for r in map(json.loads, process.communicate(timeout=20)[0].splitlines())}
        self.assertEqual(process.returncode, 0)
        self.assertNotIn("nvme2n1", rows)
        self.assertIsNone(rows["nvme0n1"]["operations_per_second"])
        self.assertEqual(rows["nvme0n2"]["operations_per_second"], 0)

    def test_an_interrupt_is_a_good_end(self):
        process = subprocess.Popen([NVMECTL, *self.words("--interval", "10")], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment())
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.communicate(timeout=5), (b"", b""))
        self.assertEqual(process.returncode, 0)

    def test_csv_has_one_header(self):
        lines = self.ok(*self.words("nvme0n1", "--interval", "0.1", "--count", "3", "-o", "csv", "--fields",
                                    "name,total_bytes")).out.splitlines()
        self.assertEqual(lines, ["name,total_bytes"] + ["nvme0n1,1536000"] * 3)

    def test_wrong_words(self):
        self.fails(self.words("--count", "2"), "usage", 2, says="--interval")
        self.fails(self.words("--interval", "0"), "usage", 2, says="--interval")
        self.fails(self.words("--interval", "soon"), "usage", 2, says="--interval")
        self.fails(self.words("nvme9"), "not_found", 3, says="nvme9")


class Live(Case):
    """What needs a kernel; ours may have no NVMe, but it sends events."""

    def test_they_end_by_themselves(self):
        for words in (["watch"], ["watch", "--initial", "-o", "ndjson"], ["events"], ["events", "--count", "0"]):
            result = run(*words, "--timeout", "300ms")
            self.assertEqual((result.code, result.err), (0, ""), f"{words} {result}")
            self.assertLess(result.seconds, 5)

    def test_an_interrupt_is_a_good_end(self):
        for command in ("watch", "events"):
            process = subprocess.Popen([NVMECTL, command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       env=environment())
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.communicate(timeout=5)[1], b"")
            self.assertEqual(process.returncode, 0)

    def test_captured_trees_have_none(self):
        root = unpack("pcie", self.folder())
        for words in (["watch"], ["events"], ["ns-rescan", "nvme0"], ["reset", "nvme0", "--yes"]):
            self.fails([*words, "--sysroot", root], "unsupported", 5)

    def test_resets_are_confirmed(self):
        for command in ("reset", "subsystem-reset"):
            self.fails([command, "nvme7777"], "not_confirmed", 8, says="--yes")
            self.fails([command, "nvme7777", "--yes"], "not_found", 3, says="nvme7777")
            self.fails([command, "nvme0n1", "--yes"], "usage", 2, says="not a controller")
            self.fails([command, "tcp://192.0.2.1", "--yes"], "unsupported", 5)
            dry = self.ok(command, "nvme7777", "--dry-run", "-o", "json").json["data"]
            self.assertEqual((dry["operation"], dry["done"], dry["duration_seconds"]), (command, False, None))
        self.fails(["ns-rescan", "nvme7777"], "not_found", 3)


if __name__ == "__main__":
    unittest.main()
