"""Completion: what the program offers, and the scripts that ask it."""

import shutil
import subprocess
import unittest
from pathlib import Path

from harness import NVMECTL, ROOT, Case, environment

FILE = "\x01file"


class Candidates(Case):
    def complete(self, *words, env=None):
        lines = self.ok("__complete", "--", *words, env=env).out.splitlines()
        return [line.split("\t")[0] for line in lines]

    def test_commands(self):
        everything = self.complete("")
        for name in ("list", "discover", "id-ctrl", "smart-log", "target", "plugin", "help", "version"):
            self.assertIn(name, everything)
        self.assertFalse([name for name in everything if name.startswith("__")])
        self.assertEqual(self.complete("lis"), ["list", "list-subsys", "list-ns"])
        self.assertEqual(self.complete("nothing-like-it"), [])
        self.assertEqual(self.complete("--json", "discov"), ["discover"])
        self.assertEqual(self.complete("-o", "json", "discov"), ["discover"])
        self.assertEqual(self.complete(), everything)

    def test_descriptions(self):
        lines = self.ok("__complete", "--", "discov").out
        self.assertEqual(lines, "discover\tShow what an NVMe-oF target offers\n")

    def test_areas(self):
        self.assertEqual(self.complete("target", ""), ["serve"])
        self.assertEqual(self.complete("plugin", "c"), ["check"])
        self.assertEqual(self.complete("pmem", "vol"), ["volume"])
        self.assertEqual(self.complete("pmem", "volume", ""), ["list", "create", "delete", "resize"])
        self.assertEqual(self.complete("pmem", "volum", ""), [])
        env = {"NVMECTL_PLUGIN_PATH": str(ROOT / "plugins/vendors")}
        self.assertIn("ocp", self.complete("", env=env))
        self.assertEqual(self.complete("ocp", "", env=env), ["smart-add-log"])

    def test_options(self):
        options = self.complete("list", "--")
        for name in ("--output", "--fields", "--no-referrals", "--timeout", "--hdr-digest"):
            self.assertIn(name, options)
        self.assertNotIn("--human-readable", options)
        self.assertNotIn("--yes", options, "list asks nothing")
        self.assertIn("--yes", self.complete("io-passthru", "--y"))
        self.assertEqual(self.complete("get-log", "nvme0", "--log-i"), ["--log-id"])

    def test_values(self):
        self.assertEqual(self.complete("list", "-o", "j"), ["json"])
        self.assertEqual(self.complete("list", "--output", "nd"), ["ndjson"])
        self.assertEqual(self.complete("list", "--color", ""), ["auto", "always", "never"])
        self.assertEqual(self.complete("io-passthru", "nvme0n1", "--encoding", "b"), ["base64"])
        self.assertEqual(self.complete("-o", "j"), ["json"])
        self.assertEqual(self.complete("list", "--output=nd"), ["--output=ndjson"])

    def test_fields(self):
        self.assertEqual(self.complete("list", "--fields", "size"), ["size_bytes"])
        self.assertEqual(self.complete("list", "--fields", "name,nsi"), ["name,nsid"])
        self.assertIn("subsystem_nqn", self.complete("discover", "--fields", ""))

    def test_files_and_devices(self):
        self.assertEqual(self.complete("target", "serve", "--file", ""), [FILE])
        self.assertEqual(self.complete("target", "serve", "--config", "./x"), [FILE])
        self.assertEqual(self.complete("io-passthru", "nvme0n1", "-i", "x"), [FILE])
        self.assertEqual(self.complete("plugin", "check", "x"), [FILE])
        self.assertIn("tcp://", self.complete("id-ctrl", "t"))
        self.assertIn("tcp://", self.complete("get-log", "-i", "2", "--lpo", "0", "-o", "json", "t"))
        self.assertEqual(self.complete("list", "--sysroot", "/v"), [FILE])
        self.assertEqual(self.complete("id-ctrl", "nvme0", "t"), [], "one device is enough")

    def test_help_and_schema(self):
        self.assertEqual(self.complete("help", "exit"), ["exit-codes"])
        self.assertEqual(self.complete("schema", "discov"), ["discover"])
        self.assertEqual(self.complete("help", "target", "se"), ["serve"])
        self.assertEqual(self.complete("help", "pmem", "da"), ["dax"])
        self.assertEqual(self.complete("help", "pmem", "dax", "o"), ["online", "offline"])
        self.assertEqual(self.complete("schema", "pmem", "volume", "l"), ["list"])

    def test_it_never_fails(self):
        for words in (["list", "--bogus", "x"], ["\x1b", ""], ["list", "--fields"], ["--", ""], ["list", "-o"]):
            self.complete(*words)


class Scripts(Case):
    def shell(self, *words, **how):
        return subprocess.run(words, capture_output=True, text=True, timeout=30, env=environment(how.pop("env", None)),
                              check=False, **how)

    def bash(self, *words, library=""):
        """What the bash function leaves in COMPREPLY for COMP_WORDS; `library`: bash-completion's, when it is there."""
        line = " ".join(words).replace(" = ", "=")
        given = " ".join(f"'{word}'" for word in words)
        script = (f"{library}\nsource {ROOT}/completions/nvmectl.bash; COMP_WORDS=({given}); "
                  "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE='" + line + "'; COMP_POINT=${#COMP_LINE}; "
                  "_nvmectl; printf '%s\\n' \"${COMPREPLY[@]}\"")
        path = f"{Path(NVMECTL).parent}:/usr/bin:/bin"
        done = self.shell("bash", "--norc", "-c", script, env={"PATH": path})
        self.assertEqual(done.stderr, "")
        return done.stdout.split("\n")[:-1]

    def test_bash_keeps_what_stands_before_the_equals_sign(self):
        library = Path("/usr/share/bash-completion/bash_completion")
        if library.exists():
            words = ["nvmectl", "list", "--output", "=", "nd"]
            self.assertEqual(self.bash(*words, library=f"source {library}"), ["ndjson"])

    def test_bash(self):
        self.assertEqual(self.bash("nvmectl", "lis"), ["list", "list-subsys", "list-ns"])
        self.assertEqual(self.bash("nvmectl", "list", "-o", "nd"), ["ndjson"])
        self.assertEqual(self.bash("nvmectl", "list", "--fields", "name,nsi"), ["name,nsid"])
        self.assertEqual(self.bash("nvmectl", "target", "serve", "--file", "/etc/hostn"), ["/etc/hostname"])

    def test_bash_with_blanks_in_file_names(self):
        folder = self.folder()
        (folder / "two words").touch()
        self.assertEqual(self.bash("nvmectl", "target", "serve", "--file", f"{folder}/tw"), [f"{folder}/two words"])

    def test_syntax(self):
        for shell, script in (("bash", "nvmectl.bash"), ("zsh", "_nvmectl"), ("fish", "nvmectl.fish")):
            if shutil.which(shell):
                with self.subTest(shell):
                    done = self.shell(shell, "-n", str(ROOT / "completions" / script))
                    self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_fish(self):
        if shutil.which("fish"):
            script = f"source {ROOT}/completions/nvmectl.fish; complete -C 'nvmectl lis'"
            done = self.shell("fish", "--no-config", "-c", script,
                              env={"PATH": f"{Path(NVMECTL).parent}:/usr/bin:/bin", "HOME": str(self.folder())})
            names = [line.split("\t")[0] for line in done.stdout.splitlines()]
            self.assertEqual(names, ["list", "list-ns", "list-subsys"], done.stderr)


if __name__ == "__main__":
    unittest.main()
