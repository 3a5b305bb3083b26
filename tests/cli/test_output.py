"""Where the output goes: full disks, closed pipes, terminals of several widths."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unittest

from harness import CONTROL, NVMECTL, TREES, Case, environment, run, start, unpack
from peers import Peer, Session, log_entry

HOSTILE = {"serial": "\x1b[31mSN\x07", "model": "\x1b]0;x\x07\x9b2J", "firmware": "\x1b\x07\x08"}


def in_terminal(words, columns, answer=b"", env=None):
    """(exit code, everything shown) of a run whose three streams are a terminal."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = start(words, stdin=follower, stdout=follower, stderr=follower, env=environment(env),
                    start_new_session=True)
    os.close(follower)
    shown, asked, until = b"", False, time.monotonic() + 20
    while time.monotonic() < until:
        if not select.select([leader], [], [], 0.2)[0]:
            if process.poll() is not None:
                break
            continue
        try:
            piece = os.read(leader, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if answer and not asked and b"to go on: " in shown:
            asked = True
            os.write(leader, answer)
    os.close(leader)
    return process.wait(10), shown.decode(errors="surrogateescape").replace("\r\n", "\n")


class Streams(Case):
    def setUp(self):
        self.tree = unpack("pcie", self.folder() / "t")

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            for words in (["list"], ["list", "-v"], ["list", "-o", "value"], ["list", "-o", "csv"], ["list-subsys"]):
                with self.subTest(words):
                    result = run(*words, "--sysroot", self.tree, stdout=full)
                    self.assert_text_error(result, 1)
                    self.assertIn("No space left", result.err)
            for form in ("json", "ndjson"):
                error = self.assert_json_error(run("list", "--sysroot", self.tree, "-o", form, stdout=full), "io", 1)
                self.assertEqual(error["errno"], 28)
            for words in (["version"], ["help"], ["help", "list"], ["schema", "list"], ["gen-hostnqn"], ["backends"],
                          ["list", "--fields", "help"], ["__complete", "--", ""], ["__dump-commands"]):
                with self.subTest(words):
                    self.assertEqual(run(*words, stdout=full).code, 1)

    def test_a_closed_pipe_ends_quietly(self):
        for words in (["list", "-o", "json"], ["list"], ["list", "-o", "ndjson"]):
            with self.subTest(words):
                reader, writer = os.pipe()
                os.close(reader)
                process = start([*words, "--sysroot", self.tree], stdout=writer, stderr=subprocess.PIPE,
                                env=environment())
                os.close(writer)
                _, err = process.communicate(timeout=20)
                self.assertEqual(err, b"")
                self.assertNotEqual(process.returncode, 0)

    def test_head_takes_the_first_line(self):
        command = f"{NVMECTL} list --sysroot {self.tree} -o json | head -1"
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, env=environment(),
                              check=False)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("{\n", "", 0))

    def test_output_without_a_stream(self):
        done = subprocess.run(["/bin/sh", "-c", f"{NVMECTL} list --sysroot {self.tree} >&-"], capture_output=True,
                              text=True, env=environment(), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("error: ", done.stderr)

    def test_only_the_document_is_on_standard_output(self):
        for tree in TREES:
            root = unpack(tree, self.folder() / tree)
            for words in (["list"], ["list-subsys"]):
                result = run(*words, "--sysroot", root, "-o", "json")
                self.assertEqual(result.code, 0, str(result))
                self.assertTrue(result.out.startswith("{\n") and result.out.endswith("}\n"))
                self.assertEqual(result.json["schema"], f"nvmectl/{words[0]}/1")


class Terminals(Case):
    def setUp(self):
        self.tree = unpack("pcie", self.folder() / "t")

    def widths(self, text):
        return [len(line) for line in text.splitlines()]

    def test_a_wide_terminal_shows_nvme_clis_layout(self):
        code, shown = in_terminal(["list", "--sysroot", self.tree], 200)
        self.assertEqual((code, shown), (0, run("list", "--sysroot", self.tree).out))

    def test_a_narrow_terminal_gets_no_padding(self):
        code, shown = in_terminal(["list", "--sysroot", self.tree], 100)
        self.assertEqual(code, 0)
        piped = run("list", "--sysroot", self.tree).out
        self.assertLess(max(self.widths(shown)), max(self.widths(piped)))
        self.assertEqual([line.split() for line in shown.splitlines()[2:]],
                         [line.split() for line in piped.splitlines()[2:]], "nothing is cut off")
        self.assertFalse([line for line in shown.splitlines() if line.endswith(" ")])

    def test_eighty_columns_never_hide_content(self):
        code, shown = in_terminal(["list", "--sysroot", self.tree], 80)
        self.assertEqual(code, 0)
        for text in ("/dev/nvme1n6", "RICH000001", "QEMU NVMe Ctrl", "7.2.22"):
            self.assertIn(text, shown)

    def test_colour_is_for_errors_on_terminals(self):
        _, shown = in_terminal(["lst"], 80, env={"TERM": "xterm"})
        self.assertIn("\x1b[", shown)
        for env in ({"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "dumb"}):
            self.assertNotIn("\x1b", in_terminal(["lst"], 80, env=env)[1])
        self.assertNotIn("\x1b", run("lst").err)
        self.assertNotIn("\x1b", in_terminal(["list", "--color", "never", "--bogus"], 80, env={"TERM": "xterm"})[1])
        self.assertNotIn("\x1b", in_terminal(["list", "--sysroot", self.tree], 200, env={"TERM": "xterm"})[1])

    def test_hostile_strings_stay_harmless_on_a_terminal(self):
        with Peer(Session, identity=HOSTILE) as peer:
            peer.records = [log_entry(port=peer.port)]
            for words in (["list", peer.uri], ["list", "-v", peer.uri], ["list-subsys", peer.uri],
                          ["discover", peer.uri]):
                code, shown = in_terminal(words, 80)
                self.assertEqual(code, 0, shown)
                self.assertIsNone(CONTROL.search(shown), shown)

    def test_confirmation_wants_the_name(self):
        with Peer() as peer:
            device = f"{peer.uri}/nqn.2024-01.org.example:peer"
            words = ["admin-passthru", device, "-O", "0x80", "-n", "1"]
            code, shown = in_terminal(words, 80, b"yes\n", env={"NO_COLOR": "1"})
            self.assertEqual(code, 8, shown)
            self.assertIn("Scripted peer", shown)
            self.assertIn("PEER0001", shown)
            self.assertNotIn(0x80, peer.opcodes)
            code, shown = in_terminal(words, 80, device.encode() + b"\n", env={"NO_COLOR": "1"})
            self.assertIn(0x80, peer.opcodes)
            self.assertEqual(code, 9, "the peer knows no Format")
            self.assertTrue(re.search("Invalid Command Opcode", shown), shown)


if __name__ == "__main__":
    unittest.main()
