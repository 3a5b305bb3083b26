"""Stored connections: staged edits, the store's file and what can go wrong with it, other programs' formats."""

import fcntl
import json
import os
import shutil
import stat
import subprocess
import threading
import time
import unittest
from pathlib import Path

from harness import NVMECTL, Case, environment, run

NQN = "nqn.2014-08.org.example:"
SECRET = "DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n:"
UUID = "0d9bd2f1-7c5d-4f0e-9a53-2f4e6b8f1a11"


def uuid(number):
    return f"00000000-0000-4000-8000-{number:012x}"


def many(count):
    """A store of so many connections."""
    rows = [{"uuid": uuid(i), "name": f"c{i}", "transport": "tcp", "nqn": f"{NQN}{i}",
             "address": f"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}", "service": "4420"} for i in range(count)]
    return json.dumps({"version": 1, "connections": rows})


class Stored(Case):
    def setUp(self):
        self.store = self.folder() / "connections.json"
        self.env = {"NVMECTL_CONNECTIONS": str(self.store)}

    def run_it(self, *words, **how):
        return run("connection", *words, env=self.env, **how)

    def do(self, *words, **how):
        return self.ok("connection", *words, env=self.env, **how)

    def add(self, name, address="192.0.2.1", *more):
        return self.do("add", "--name", name, "-a", address, "-n", NQN + name, *more)

    def rows(self, *words):
        return self.do(*words, "-o", "json").json["data"]

    def no(self, words, kind, code, **how):
        return self.fails(("connection", *words), kind, code, env=self.env, **how)

    def save(self):
        return self.do("save", "--no-connect")


class Edits(Stored):
    def test_staged_until_saved(self):
        self.assertEqual(self.rows("list"), [])
        self.add("a")
        self.assertFalse(self.store.exists())
        row = self.rows("list")[0]
        self.assertEqual((row["name"], row["status"], row["staged"], row["service"]),
                         ("a", "disconnected", "added", "4420"))
        self.assertEqual((row["controllers"], row["devices"]), ([], []))
        saved = self.save()
        self.assertIn("saved", saved.out)
        self.assertIsNone(self.rows("list")[0]["staged"])
        self.assertEqual(stat.S_IMODE(self.store.stat().st_mode), 0o600)
        self.assertEqual(json.loads(self.store.read_text())["version"], 1)

    def test_edit_diff_discard(self):
        self.add("a", "192.0.2.1", "-Q", "64")
        self.save()
        self.do("edit", "a", "-s", "4421", "--unset", "queue-size", "--name", "b")
        diff = {d["parameter"]: (d["saved"], d["staged"]) for d in self.rows("diff")}
        self.assertEqual(diff, {"name": ("a", "b"), "service": (None, "4421"), "queue_size": ("64", None)})
        self.assertEqual(self.rows("show", "b")["service"], "4421")
        self.do("discard")
        self.assertEqual(self.rows("diff"), [])
        self.assertEqual(self.rows("show", "a")["queue_size"], 64)
        self.do("edit", "a", "--name", "c")
        self.do("edit", "c", "--name", "a")
        self.assertEqual(self.rows("diff"), [])

    def test_remove(self):
        self.add("a")
        self.add("b", "192.0.2.2")
        self.save()
        row = self.rows("remove", "a")[0]
        self.assertEqual((row["action"], row["result"], row["nqn"]), ("remove", "staged", NQN + "a"))
        self.assertEqual([r["staged"] for r in self.rows("list")], ["removed", None])
        self.do("save")  # nothing is connected: no question, no kernel
        self.assertEqual([r["name"] for r in self.rows("list")], ["b"])
        self.do("remove", "b", "--save")
        self.assertEqual(self.rows("list"), [])

    def test_one_step(self):
        row = self.do("add", "--name", "a", "-a", "192.0.2.1", "-n", NQN + "a", "--save", "--no-connect", "-o", "json")
        self.assertEqual(row.json["data"][0]["result"], "saved")
        self.add("staged", "192.0.2.5")
        self.do("edit", "a", "-s", "4421", "--save", "--no-connect")
        self.assertEqual([(r["name"], r["staged"]) for r in self.rows("list")], [("a", None), ("staged", "added")])

    def test_only_some(self):
        for i in range(3):
            self.add(f"c{i}", f"192.0.2.{i + 1}")
        self.do("save", "c1", "--no-connect")
        self.do("discard", "c2")
        self.assertEqual([(r["name"], r["staged"]) for r in self.rows("list")], [("c1", None), ("c0", "added")])
        self.no(("save", "c1", "--no-connect"), "not_found", 3, says="nothing is staged")

    def test_by_uuid(self):
        first = self.rows("add", "-a", "192.0.2.1", "-n", NQN + "a")[0]["uuid"]
        self.assertEqual(self.rows("show", first[:8])["uuid"], first)
        self.assertEqual(self.rows("show", first.upper())["uuid"], first)
        self.no(("show", "nothing"), "not_found", 3)
        self.no(("remove", first[:3]), "not_found", 3)

    def test_ambiguous(self):
        self.store.write_text(many(2))
        self.no(("remove", "00000000"), "usage", 2, says="beginning of 2 UUIDs")

    def test_validation(self):
        for words, says in ((("-a", "192.0.2.1", "-n", "x"), "NVMe Qualified Name"),
                            (("-a", "192.0.2.1", "-n", NQN + "a" * 223), "223 bytes"),
                            (("-a", "192.0.2.1"), "NQN is missing"),
                            (("-n", NQN + "a"), "address is missing"),
                            (("-a", "300.1.1.1", "-n", NQN), "not an address"),
                            (("-a", "192.0.2.1", "-n", NQN, "-s", "0"), "port 0"),
                            (("-a", "192.0.2.1", "-n", NQN, "-s", "65536"), "--trsvcid"),
                            (("-t", "smoke", "-a", "192.0.2.1", "-n", NQN), "transport"),
                            (("-t", "fc", "-a", "192.0.2.1", "-n", NQN), "Fibre Channel"),
                            (("-a", "192.0.2.1", "-n", NQN, "--name", "a b"), "name"),
                            (("-a", "192.0.2.1", "-n", NQN, "--name", UUID), "UUID"),
                            (("-a", "192.0.2.1", "-n", NQN, "--tls-key", "NVMeTLSkey-1:01:x:"), "serial number")):
            self.no(("add", *words), "usage", 2, says=says)
        self.assertFalse(Path(f"{self.store}.staged").exists())
        self.add("a", "2001:db8::1")
        self.no(("add", "--name", "a", "-a", "192.0.2.9", "-n", NQN + "z"), "usage", 2, says="the name a is stored")
        self.no(("add", "-a", "2001:db8:0::1", "-n", NQN + "a", "-s", "4420"), "usage", 2, says="same controller")
        self.no(("edit", "a", "-s", "0"), "usage", 2)
        self.no(("edit", "a", "--unset", "nqn"), "usage", 2)
        self.no(("edit", "a", "--unset", "colour"), "usage", 2)
        self.no(("add", "-a", "192.0.2.1", "-n", NQN, "--no-connect"), "usage", 2)

    def test_dry_run_writes_nothing(self):
        self.do("add", "-a", "192.0.2.1", "-n", NQN + "a", "--dry-run")
        self.do("add", "-a", "192.0.2.1", "-n", NQN + "a", "--save", "--no-connect", "--dry-run")
        self.assertEqual(list(self.store.parent.iterdir()), [])
        self.add("a")
        before = {p: p.read_bytes() for p in self.store.parent.iterdir() if "lock" not in p.name}
        for words in (("save",), ("save", "--no-connect"), ("discard",), ("edit", "a", "-s", "1"), ("remove", "a")):
            self.run_it(*words, "--dry-run")
        self.assertEqual({p: p.read_bytes() for p in self.store.parent.iterdir() if "lock" not in p.name}, before)

    def test_secrets_are_masked(self):
        added = self.run_it("add", "--name", "a", "-a", "192.0.2.1", "-n", NQN + "a", "-S", SECRET)
        self.assertEqual(added.code, 0)
        self.assertIn("warning", added.err)
        shown = [added.out + added.err] + [self.run_it(*words).out for words in (
            ("list", "-o", "json"), ("show", "a", "-o", "json"), ("show", "a"), ("diff",), ("diff", "-o", "csv"),
            ("save", "--no-connect"), ("export",), ("export", "--format", "config.json"))]
        self.assertNotIn("ia6zGodOr4", "".join(shown))
        self.assertIn("ia6zGodOr4", self.run_it("export", "--with-secrets").out)
        self.do("edit", "a", "-S", "file:key", cwd=self.store.parent)
        self.assertEqual(self.rows("show", "a")["dhchap_secret"], f"file:{os.path.realpath(self.store.parent)}/key")
        piped = self.run_it("edit", "a", "-S", "-", stdin=SECRET.encode() + b"\n")
        self.assertEqual((piped.code, "ia6zGodOr4" in piped.out + piped.err), (0, False))
        self.save()
        self.assertIn(SECRET, self.store.read_text())


class BadStores(Stored):
    def everywhere(self, kind, code, says):
        """Every command tells it, and the file stays as it is."""
        before = self.store.read_bytes()
        for words in (("list",), ("show", "a"), ("diff",), ("add", "-a", "192.0.2.1", "-n", NQN), ("save",),
                      ("discard",), ("remove", "a"), ("export",)):
            self.no(words, kind, code, says=says)
        self.assertEqual(self.store.read_bytes(), before)

    def test_truncated_anywhere(self):
        text = many(3)
        for cut in range(0, len(text), 37):
            self.store.write_text(text[:cut])
            result = self.run_it("list")
            self.assert_text_error(result, 1)
            self.assertIn("line 1, column ", result.err)
        self.store.write_text(text[:100])
        self.everywhere("io", 1, "ends too early")

    def test_not_json(self):
        self.store.write_bytes(b"\x7fELF\x00\xff\x1b[31m")
        self.everywhere("io", 1, "line 1, column 1")

    def test_wrong_types(self):
        self.store.write_text('{"version": 1,\n "connections": [\n  {"uuid": "%s",\n   "queue_size": "x"}]}' % UUID)
        self.everywhere("io", 1, "line 4, column 18: 'queue_size' is a string")

    def test_newer_version(self):
        self.store.write_text('{"version": 2, "anything": []}')
        self.everywhere("unsupported", 5, "version 2")

    def test_unknown_fields_are_kept_and_told(self):
        self.store.write_text('{"version": 1, "later": [1.50], "connections": [{"uuid": "%s", "nqn": "%sa", '
                              '"address": "192.0.2.1", "colour": {"r": 1.0e30}}]}' % (UUID, NQN))
        listed = self.run_it("list")
        self.assertEqual(listed.code, 0)
        self.assertIn("warning: ", listed.err)
        self.assertIn("colour, later", listed.err)
        self.run_it("edit", UUID, "--name", "x", "--save", "--no-connect")
        text = self.store.read_text()
        self.assertIn('"colour": {"r": 1.0e30}', text)
        self.assertIn('"later": [1.50]', text)
        self.assertIn('"name": "x"', text)

    def test_staged_file_is_corrupt(self):
        self.store.write_text(many(1))
        Path(f"{self.store}.staged").write_text("{")
        self.everywhere("io", 1, "connections.json.staged: line 1")
        self.assertEqual(Path(f"{self.store}.staged").read_text(), "{")

    def test_hostile_content(self):
        self.store.write_text('{"version": 1, "connections": [{"uuid": "%s", "nqn": "%sa", "address": "\\u001b[31m",'
                              ' "\\u0007bell": 1}]}' % (UUID, NQN))
        listed = self.run_it("list")
        self.assert_sane(listed)
        self.assertNotIn("\x1b", listed.out)
        self.assert_sane(self.run_it("diff"))
        self.store.write_text("[" * 100000)
        self.everywhere("io", 1, "nested")

    def test_not_a_file(self):
        self.store.mkdir()
        self.no(("list",), "io", 1)
        self.store.rmdir()
        os.mkfifo(self.store)
        self.no(("list",), "io", 1)

    def test_too_large(self):
        with open(self.store, "wb") as file:
            file.truncate((16 << 20) + 1)
        self.no(("list",), "io", 1, says="larger than 16 MiB")


class Places(Stored):
    """Directories that cannot be written."""

    def nobody(self, *words):
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        return subprocess.run([*prefix, NVMECTL, "connection", *words], env=environment(self.env), capture_output=True,
                              text=True, timeout=30, check=False)

    def reachable_folder(self):
        folder = Path("/tmp") / f"nvmectl-places-{os.getpid()}"
        folder.mkdir()
        self.addCleanup(shutil.rmtree, folder, True)
        self.store = folder / "connections.json"
        self.env = {"NVMECTL_CONNECTIONS": str(self.store)}
        program = Path(NVMECTL)
        if os.geteuid() == 0 and not all(p.stat().st_mode & 1 for p in program.parents):
            self.skipTest("the program cannot be run by others")
        return folder

    def test_read_only_directory(self):
        folder = self.reachable_folder()
        self.store.write_text(many(1))
        self.store.chmod(0o644)
        folder.chmod(0o555)
        self.addCleanup(folder.chmod, 0o755)
        result = self.nobody("add", "-a", "192.0.2.1", "-n", NQN + "a")
        self.assertEqual(result.returncode, 4, result.stderr)
        self.assertIn(str(self.store), result.stderr)
        self.assertIn("hint: ", result.stderr)
        self.assertEqual(self.nobody("list").returncode, 0)
        self.assertEqual(self.store.read_text(), many(1))

    def test_unreadable_store(self):
        self.reachable_folder()
        self.store.write_text(many(1))
        self.store.chmod(0o600)
        if os.geteuid() != 0:
            self.skipTest("only root can make a file that the tester cannot read")
        result = self.nobody("list")
        self.assertEqual(result.returncode, 4, result.stderr)
        self.assertIn("root", result.stderr)

    def in_small_file_system(self, options, script):
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            self.skipTest("only root can mount")
        folder = self.folder()
        result = subprocess.run(["unshare", "-m", "sh", "-c",
                                 f"mount -t tmpfs -o {options} none {folder} || exit 77\n"
                                 f"export NVMECTL_CONNECTIONS={folder}/connections.json\ncd {folder}\n{script}"],
                                env=environment({"N": NVMECTL}), capture_output=True, text=True, timeout=60, check=False)
        if result.returncode == 77:
            self.skipTest("no mounting here")
        return result

    def test_full_disk(self):
        result = self.in_small_file_system("size=64k", f"""
            $N connection add --name a -a 192.0.2.1 -n {NQN}a --save --no-connect > /dev/null
            cp connections.json before
            dd if=/dev/zero of=filler bs=1k 2> /dev/null
            $N connection add --name b -a 192.0.2.2 -n {NQN}b --save --no-connect
            echo "code $?"
            $N connection add --name c -a 192.0.2.3 -n {NQN}c
            echo "code $?"
            cmp connections.json before && echo same
            ls -A | grep new
            rm filler
            $N connection add --name b -a 192.0.2.2 -n {NQN}b --save --no-connect > /dev/null; echo "code $?"
            $N connection list -o value --fields name""")
        self.assertEqual(result.stdout, "code 1\ncode 1\nsame\ncode 0\na\nb\n", result.stderr)
        self.assertIn("No space left", result.stderr)
        self.assertIn("hint: free some space", result.stderr)

    def test_read_only_file_system(self):
        result = self.in_small_file_system("size=1m", f"""
            $N connection add --name a -a 192.0.2.1 -n {NQN}a --save --no-connect > /dev/null
            mount -o remount,ro .
            $N connection list -o value --fields name
            $N connection add --name b -a 192.0.2.2 -n {NQN}b
            echo "code $?" """)
        self.assertTrue(result.stdout.startswith("a\ncode "), result)
        self.assertNotIn("code 0", result.stdout)
        self.assertIn("read-only", result.stderr)

    def test_missing_directory_is_made(self):
        self.store = self.store.parent / "new" / "connections.json"
        self.env = {"NVMECTL_CONNECTIONS": str(self.store)}
        self.assertEqual(self.rows("list"), [])
        self.add("a")
        self.assertEqual(len(self.rows("list")), 1)

    def test_export_to_a_device(self):
        self.add("a")
        self.save()
        self.no(("export", "/dev/null"), "usage", 2)
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))


class Together(Stored):
    def test_lock_held_for_ever(self):
        self.add("a")
        with open(f"{self.store}.lock", "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            began = time.monotonic()
            error = self.no(("add", "-a", "192.0.2.2", "-n", NQN, "--timeout", "300ms"), "busy", 10, says="holds the lock")
            self.assertLess(time.monotonic() - began, 8)
            self.assertIn("process", error["cause"])
            self.assertEqual(len(self.rows("list")), 1)  # reading needs no lock
        with open(f"{self.store}.save.lock", "w+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.no(("save", "--no-connect", "--timeout", "300ms"), "busy", 10)
            self.add("b", "192.0.2.2")  # staging goes on meanwhile
        self.save()
        self.assertEqual(len(self.rows("list")), 2)

    def test_many_at_a_time(self):
        failures = []

        def work(number):
            for i in range(5):
                words = ("--save", "--no-connect") if i % 2 else ()
                result = self.run_it("add", "--name", f"w{number}-{i}", "-a", f"10.0.{number}.{i + 1}", "-n", f"{NQN}{number}",
                                     "--timeout", "60s", *words, most_seconds=90)
                if result.code != 0:
                    failures.append(str(result))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            self.assertEqual(self.run_it("list").code, 0)
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(self.rows("list")), 30)

    def test_killed_while_writing(self):
        self.store.write_text(many(2000))
        for i in range(12):
            process = subprocess.Popen([NVMECTL, "connection", "add", "--name", f"k{i}", "-a", f"192.0.2.{i + 1}", "-n", NQN + "k",
                                        "--save", "--no-connect"], env=environment(self.env), stdout=subprocess.DEVNULL)
            time.sleep(0.004 * i)
            process.kill()
            process.wait()
            self.assertGreaterEqual(len(self.rows("list")), 2000)
            json.loads(self.store.read_text())
        self.add("last", "192.0.2.99", "--save", "--no-connect")
        self.assertEqual([p.name for p in self.store.parent.iterdir() if p.name.endswith(".new")], [])

    def test_ten_thousand(self):
        self.store.write_text(many(10000))
        listed = self.do("list", "-o", "value", "--fields", "name")
        self.assertEqual(len(listed.out.splitlines()), 10000)
        self.assertEqual(len(self.rows("list")), 10000)
        added = self.add("new", "192.0.2.1")
        saved = self.save()
        shown = self.do("show", "c9999")
        slow = 10 if b"__asan_init" in Path(NVMECTL).read_bytes() else 1
        for result, most in ((listed, 1.5), (added, 1), (saved, 1.5), (shown, 1)):  # generous: machines differ
            self.assertLess(result.seconds, most * slow, str(result)[:300])
        self.assertEqual(len(json.loads(self.store.read_text())["connections"]), 10001)

    def test_import_of_ten_thousand(self):
        file = self.store.parent / "wanted.json"
        file.write_text(many(10000))
        first = self.do("import", str(file), "--save", "--no-connect", "-o", "json", bounded=False)
        self.assertEqual({r["result"] for r in first.json["data"]}, {"saved"})
        again = self.do("import", str(file), "-o", "json", bounded=False)
        self.assertEqual({r["result"] for r in again.json["data"]}, {"unchanged"})
        applied = self.do("apply", str(file), "--prune", "--no-connect", "-o", "json", bounded=False)
        self.assertEqual({r["result"] for r in applied.json["data"]}, {"unchanged"})


class Files(Stored):
    CONFIG = [{"hostnqn": NQN + "host", "hostid": UUID, "dhchap_key": SECRET, "hostsymname": "lab", "subsystems": [
        {"nqn": NQN + "a", "application": "db", "ports": [
            {"transport": "tcp", "traddr": "192.0.2.1", "trsvcid": "4420", "nr_io_queues": 0, "tos": -1, "x": [1, {}]},
            {"transport": "tcp", "traddr": "192.0.2.2", "trsvcid": "4420", "dhchap_key": "none"}]}]}]
    FABRICS = ("[I/O Controller Defaults]\nctrl-loss-tmo = 600\n\n[Host]\nhostnqn = " + NQN + "host\n\n"
               "[Subsystem]\nnqn = " + NQN + "a\ntls = yes\nfuture = 1\n"
               "controller = transport=tcp;traddr=192.0.2.1;trsvcid=4420\n"
               "controller = transport=tcp;traddr=192.0.2.2;trsvcid=4420\n\n")

    def write(self, text, name="file"):
        path = self.store.parent / name
        path.write_text(text)
        return str(path)

    def test_config_json_there_and_back(self):
        self.do("import", self.write(json.dumps(self.CONFIG)))
        self.save()
        rows = self.rows("list")
        self.assertEqual([r["address"] for r in rows], ["192.0.2.1", "192.0.2.2"])
        self.assertEqual(self.rows("show", rows[0]["uuid"])["dhchap_secret"], "DHHC-1:***")
        self.assertIsNone(self.rows("show", rows[1]["uuid"])["dhchap_secret"])
        back = self.do("export", "--format", "config.json", "--with-secrets")
        self.assertEqual(json.loads(back.out), self.CONFIG)
        without = self.run_it("export", "--format", "config.json", str(self.store.parent / "out.json"))
        self.assertEqual(without.code, 0)
        self.assertIn("--with-secrets", without.err)
        out = self.store.parent / "out.json"
        self.assertNotIn("ia6zGodOr4", out.read_text())
        self.assertEqual(stat.S_IMODE(out.stat().st_mode), 0o600)

    def test_second_import_changes_nothing(self):
        for text in (json.dumps(self.CONFIG), self.FABRICS):
            self.store.unlink(missing_ok=True)
            self.run_it("import", self.write(text), "--save", "--no-connect")
            before = self.store.read_bytes()
            again = self.run_it("import", self.write(text), "-o", "json")
            self.assertEqual({r["result"] for r in again.json["data"]}, {"unchanged"})
            self.assertEqual(self.store.read_bytes(), before)
            self.assertFalse(Path(f"{self.store}.staged").exists())

    def test_fabrics_conf_there_and_back(self):
        imported = self.run_it("import", self.write(self.FABRICS))
        self.assertIn("'future' in [Subsystem] is not known", imported.err)
        self.save()
        self.assertEqual(self.do("export", "--format", "nvme-fabrics.conf").out, self.FABRICS)

    def test_discovery_conf_there_and_back(self):
        line = "--transport=tcp --traddr=192.0.2.1 --trsvcid=8009 --persistent --quiet"
        self.do("import", self.write(f"# one\n{line}\n"))
        self.save()
        self.add("a", "192.0.2.9", "--save", "--no-connect")
        back = self.run_it("export", "--format", "discovery.conf")
        self.assertEqual([x for x in back.out.splitlines() if not x.startswith("#")], [line])
        self.assertIn("1 connection(s) to subsystems are left out", back.err)

    def test_own_format_keeps_names_and_uuids(self):
        self.add("a")
        self.save()
        exported = self.do("export").out
        before = self.rows("list")
        self.do("remove", "a", "--save")
        self.do("import", "-", "--save", "--no-connect", stdin=exported.encode())
        self.assertEqual(self.rows("list"), before)

    def test_syntax_errors(self):
        for text, format_, says in (
                ('[{"subsystems": [\n  {"nqn": 5, "ports": [}\n', "config.json", "line 2, column 24"),
                ('[{"subsystems": [{"nqn": "n", "ports": [{"transport": "tcp",\n "tos": "x"}]}]}]', "config.json", "line 2, column 9"),
                ("-t tcp\n  --traddr\n", "discovery.conf", "line 2, column 3: '--traddr' needs a value"),
                ("[Host]\n\nwhat\n", "nvme-fabrics.conf", "line 3, column 1: 'key = value'"),
                ('{"version": 1,\n"connections": [{"tls": "yes"}]}', "nvmectl", "line 2, column 25")):
            path = self.write(text)
            self.no(("import", path, "--format", format_), "usage", 2, says=says)
            self.no(("import", path, "--format", format_), "usage", 2, says=path)
        self.no(("import", "/no/such/file"), "not_found", 3)
        self.no(("import", str(self.store.parent)), "io", 1)
        self.assertFalse(Path(f"{self.store}.staged").exists())

    def test_bad_rows_are_told(self):
        config = [{"hostnqn": NQN + "h", "subsystems": [{"nqn": "no nqn", "ports": [
            {"transport": "tcp", "traddr": "192.0.2.1"}]}, {"nqn": NQN + "a", "ports": [{"transport": "tcp", "traddr": "192.0.2.1"}]}]}]
        result = self.run_it("import", self.write(json.dumps(config)), "-o", "json")
        self.assertEqual(result.code, 6)
        self.assertEqual([r["result"] for r in result.json["data"]], ["failed", "staged"])
        self.assertEqual(len(result.json["errors"]), 1)
        self.assertEqual(len(self.rows("list")), 1)


class Apply(Stored):
    def write(self, *rows):
        path = self.store.parent / "wanted.json"
        path.write_text(json.dumps({"version": 1, "connections": [*rows]}))
        return str(path)

    def apply(self, *words):
        result = self.do("apply", *words, "--no-connect", "-o", "json")
        return [(r["action"], r["result"], r["name"]) for r in result.json["data"]]

    def test_matches_and_stays(self):
        a = {"name": "a", "nqn": NQN + "a", "address": "192.0.2.1"}
        b = {"name": "b", "nqn": NQN + "b", "address": "192.0.2.1", "queue_size": 32}
        path = self.write(a, b)
        self.assertEqual(self.apply(path, "--dry-run"), [("add", "planned", "a"), ("add", "planned", "b")])
        self.assertEqual(self.rows("list"), [])
        self.assertEqual(self.apply(path), [("add", "saved", "a"), ("add", "saved", "b")])
        before = self.store.read_bytes()
        self.assertEqual(self.apply(path), [("none", "unchanged", "a"), ("none", "unchanged", "b")])
        self.assertEqual(self.store.read_bytes(), before)
        uuids = {r["name"]: r["uuid"] for r in self.rows("list")}
        path = self.write(a | {"service": "4421"})
        self.assertEqual(self.apply(path), [("modify", "saved", "a")])
        self.assertEqual(len(self.rows("list")), 2)
        self.assertEqual(self.apply(path, "--prune"), [("remove", "saved", "b"), ("none", "unchanged", "a")])
        self.assertEqual({r["name"]: r["uuid"] for r in self.rows("list")}, {"a": uuids["a"]})

    def test_finds_by_place(self):
        self.do("add", "-a", "192.0.2.1", "-n", NQN + "a", "--save", "--no-connect")
        path = self.write({"name": "now-named", "nqn": NQN + "a", "address": "192.0.2.1"})
        self.assertEqual(self.apply(path), [("modify", "saved", "now-named")])
        self.assertEqual(len(self.rows("list")), 1)

    def test_refusals(self):
        good = {"name": "a", "nqn": NQN + "a", "address": "192.0.2.1"}
        self.no(("apply", self.write(good, good | {"name": "b"})), "usage", 2, says="same controller")
        self.no(("apply", self.write(good, good)), "usage", 2, says="stands twice")
        self.no(("apply", self.write(good | {"address": "1.2.3"})), "usage", 2, says="not an address")
        for secret in ("-", "file:key"):
            self.no(("apply", self.write(good | {"dhchap_secret": secret})), "usage", 2, says="absolute path")
        self.no(("apply", "/no/such/file"), "not_found", 3)
        self.add("x", "192.0.2.7")
        self.no(("apply", self.write(good)), "busy", 10, says="staged")
        self.assertFalse(self.store.exists())


if __name__ == "__main__":
    unittest.main()
