"""Runs the program under test and says what is the same for all of its answers."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

NVMECTL = os.environ.get("NVMECTL", "")
ROOT = Path(__file__).resolve().parents[2]
TREES = ("apple", "dead", "fabrics-ana", "pcie", "pcie-no-multipath", "rdma-fc", "zns")
SUBSYSTEM = "nqn.2014-08.org.nvmexpress.nvmectl:target"
# A program that allocates what a peer claims dies of this. Sanitizers need more than any limit.
MEMORY_LIMIT = ["/usr/bin/prlimit", f"--data={64 << 20}"]
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")

if not os.path.isabs(NVMECTL):
    raise SystemExit("NVMECTL must be the absolute path of the program under test")
if b"__asan_init" in Path(NVMECTL).read_bytes() or b"__tsan_init" in Path(NVMECTL).read_bytes():
    MEMORY_LIMIT = []


class Run:
    """One finished run: code, out, err (bytes: out_bytes), seconds."""

    def __init__(self, code, out, err, seconds):
        self.code, self.out_bytes, self.seconds = code, out, seconds
        self.out, self.err = out.decode(errors="surrogateescape"), err.decode(errors="surrogateescape")

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        """The one error object on standard error."""
        return json.loads(self.err)["error"]

    def __str__(self):
        return f"exit {self.code} after {self.seconds:.2f} s\nstdout: {self.out[:2000]}\nstderr: {self.err[:2000]}"


def environment(extra=None):
    """The caller's settings must not change what is tested."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith("NVMECTL") and k not in ("NO_COLOR", "CLICOLOR_FORCE")}
    return env | {"LC_ALL": "C.UTF-8"} | (extra or {})


def start(words, limit=(), **how):
    for _ in range(50):
        if os.access(NVMECTL, os.X_OK):
            break
        time.sleep(0.2)  # the program is being replaced by a newer build
    return subprocess.Popen([*limit, NVMECTL, *map(str, words)], **how)


def run(*words, stdin=b"", env=None, stdout=None, cwd=None, bounded=True, most_seconds=30):
    """Runs NVMECTL with `words`; killed, and its code -9, after `most_seconds`. `bounded`: within MEMORY_LIMIT."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        began = time.monotonic()
        process = start(words, MEMORY_LIMIT if bounded else [], stdin=given, stdout=stdout or out, stderr=err,
                        env=environment(env), cwd=cwd)
        try:
            process.wait(most_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        seconds = time.monotonic() - began
        out.seek(0)
        err.seek(0)
        return Run(process.returncode, out.read(), err.read(), seconds)


def unused_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def unpack(name, folder):
    """A captured tree as a --sysroot directory."""
    (Path(folder) / "sys").mkdir(parents=True)
    subprocess.run(["/usr/bin/python3", ROOT / "tests/fixtures/sysfs/unpack",
                    ROOT / f"tests/fixtures/sysfs/{name}.tree", Path(folder) / "sys"], check=True)
    return str(folder)


class Target:
    """`nvmectl target serve` on a free port: `with Target("--ram", "8MiB") as target:`."""

    def __init__(self, *words, listen="127.0.0.1:0", prefix=()):
        self.prefix = prefix
        self.words = [*words, "--listen", listen] if listen else list(words)

    def __enter__(self):
        self.process = start(["target", "serve", *self.words, "-o", "json"], self.prefix, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env=environment())
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the target did not start: {self.process.stderr.read().decode()}")
        self.ready = json.loads(line)
        self.address = self.ready["addresses"][0]
        self.port = int(self.address.rsplit(":", 1)[1])
        self.uri = f"tcp://{self.address}"
        self.subsystem = f"{self.uri}/{self.ready['subsystems'][0]}" if self.ready["subsystems"] else ""
        return self

    def stop(self, number=signal.SIGTERM):
        """(exit code, seconds, what came after the ready line, standard error)."""
        began = time.monotonic()
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, time.monotonic() - began, out.decode(), err.decode()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Case(unittest.TestCase):
    maxDiff = 4000

    def folder(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        return Path(holder.name)

    def ok(self, *words, **how):
        """Must succeed, and say nothing on standard error."""
        result = run(*words, **how)
        self.assertEqual((result.code, result.err), (0, ""), f"{words}\n{result}")
        return result

    def assert_sane(self, result):
        """What holds for every failure."""
        self.assertGreaterEqual(result.code, 0, f"ended by a signal\n{result}")
        self.assertIsNone(CONTROL.search(result.err), f"control characters\n{result!s}")

    def assert_text_error(self, result, code):
        self.assert_sane(result)
        self.assertEqual(result.code, code, str(result))
        self.assertEqual(result.out, "", str(result))
        lines = result.err.splitlines()
        self.assertTrue(lines and lines[0].startswith("error: "), str(result))
        labels = [line.split(":")[0] for line in lines]
        self.assertEqual([l for l in labels if l not in ("error", "cause", "hint", "  ...")], [], str(result))
        self.assertEqual(labels.count("error"), 1, str(result))
        self.assertLessEqual(labels.count("hint"), 1, str(result))

    def assert_json_error(self, result, kind, code):
        self.assert_sane(result)
        self.assertEqual(result.code, code, str(result))
        self.assertEqual(result.out, "", str(result))
        document = json.loads(result.err)
        self.assertEqual(list(document), ["error"], str(result))
        self.assertEqual(set(document["error"]),
                         {"kind", "message", "cause", "hint", "device", "operation", "context", "errno", "nvme"}, str(result))
        self.assertEqual(document["error"]["kind"], kind, str(result))
        self.assertTrue(document["error"]["message"], str(result))
        return document["error"]

    def fails(self, words, kind, code, *, hint=True, says="", **how):
        """Both forms of the same failure; the JSON one is returned."""
        shown = run(*words, **how)
        self.assert_text_error(shown, code)
        error = self.assert_json_error(run(*words, "-o", "json", **how), kind, code)
        if hint:
            self.assertIn("\nhint: ", shown.err, str(shown))
            self.assertTrue(error["hint"], str(error))
        self.assertIn(says, error["message"] + "\n" + (error["cause"] or "") + "\n" + (error["hint"] or ""))
        return error
