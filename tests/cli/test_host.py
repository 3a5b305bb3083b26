"""host show, set-nqn, set-id and generate: two files that belong together."""

import os
import stat
import subprocess
import unittest

from harness import NVMECTL, Case, environment, run

PREFIX = "nqn.2014-08.org.nvmexpress:uuid:"
UUID = "6e766d65-6374-4c00-8000-0000000000aa"
OTHER = "6e766d65-6374-4c00-8000-0000000000bb"
NAMED = "nqn.2014-08.org.example:host7"


class Host(Case):
    def setUp(self):
        self.path = self.folder() / "nvme"
        self.env = {"NVMECTL_HOST_DIR": str(self.path)}

    def data(self, *words):
        return self.ok("host", *words, "-o", "json", env=self.env).json["data"]

    def files(self):
        return tuple((self.path / name).read_text() if (self.path / name).exists() else None
                     for name in ("hostnqn", "hostid"))

    def test_without_files_it_is_the_same_every_time(self):
        first, second = self.data("show"), self.data("show")
        self.assertEqual(first, second)
        self.assertEqual(first["host_nqn"], PREFIX + first["host_id"])
        self.assertTrue(first["coherent"])
        self.assertEqual(first["host_nqn_source"], "machine-id" if os.path.exists("/etc/machine-id") else "random")

    def test_set_nqn_derives_the_identifier(self):
        changed = self.data("set-nqn", PREFIX + UUID)
        self.assertEqual((changed["host_id"], changed["saved"], changed["previous_host_nqn"]), (UUID, True, None))
        self.assertEqual(self.files(), (PREFIX + UUID + "\n", UUID + "\n"))
        for name in ("hostnqn", "hostid"):
            self.assertEqual(stat.S_IMODE((self.path / name).stat().st_mode), 0o644)
        named = self.data("set-nqn", NAMED)
        self.assertEqual(named["previous_host_id"], UUID)
        self.assertNotEqual(named["host_id"], UUID)
        shown = self.data("show")
        self.assertEqual((shown["host_nqn"], shown["host_id"], shown["host_nqn_source"], shown["coherent"]),
                         (NAMED, named["host_id"], "file", True))
        # the same NQN again keeps its identifier, given or derived
        self.data("set-nqn", NAMED, "--id", OTHER)
        self.assertEqual(self.data("set-nqn", NAMED)["host_id"], OTHER)

    def test_set_id_makes_the_nqn(self):
        self.assertEqual(self.data("set-id", UUID.upper())["host_nqn"], PREFIX + UUID)
        self.assertEqual(self.data("set-id", OTHER, "--nqn", NAMED)["host_nqn"], NAMED)
        self.assertEqual(self.files(), (NAMED + "\n", OTHER + "\n"))

    def test_pairs_that_do_not_belong_together(self):
        self.fails(["host", "set-nqn", PREFIX + UUID, "--id", OTHER], "usage", 2, says="another UUID", env=self.env)
        self.assertEqual(self.files(), (None, None))
        self.path.mkdir()
        (self.path / "hostnqn").write_text(PREFIX + UUID + "\n")
        (self.path / "hostid").write_text(OTHER + "\n")
        result = run("host", "show", "-o", "json", env=self.env)
        self.assertEqual((result.code, result.json["data"]["coherent"]), (0, False))
        self.assertIn("another UUID", result.json["data"]["problem"])
        self.assertIn("warning: ", run("host", "show", env=self.env).err)
        self.assertEqual(self.data("set-nqn", PREFIX + UUID)["host_id"], UUID)
        self.assertTrue(self.data("show")["coherent"])

    def test_one_file_is_enough(self):
        self.path.mkdir()
        (self.path / "hostid").write_text(UUID + "\n")
        shown = self.data("show")
        self.assertEqual((shown["host_nqn"], shown["host_nqn_source"], shown["host_id_source"]),
                         (PREFIX + UUID, "host_id", "file"))

    def test_generate_prints_and_saves(self):
        first = self.data("generate")
        self.assertEqual((first["saved"], self.files()), (False, (None, None)))
        self.assertEqual(self.data("generate")["host_nqn"], first["host_nqn"])
        self.assertNotEqual(self.data("generate", "--random")["host_nqn"], first["host_nqn"])
        saved = self.data("generate", "--save")
        self.assertEqual((saved["host_nqn"], saved["saved"]), (first["host_nqn"], True))
        self.assertEqual(self.files(), (first["host_nqn"] + "\n", first["host_id"] + "\n"))
        self.assertEqual(self.ok("show-hostnqn", env=self.env).out, first["host_nqn"] + "\n")

    def test_dry_run_writes_nothing(self):
        self.assertFalse(self.data("set-nqn", NAMED, "--dry-run")["saved"])
        self.assertFalse(self.data("generate", "--save", "--dry-run")["saved"])
        self.assertFalse(self.path.exists())

    def test_wrong_words(self):
        for words in (["set-nqn", "host7"], ["set-nqn", "nqn." + "x" * 230], ["set-id", "7"], ["set-nqn"],
                      ["set-nqn", NAMED, "--id", "x"], ["set-id", UUID, "--nqn", "x"]):
            self.fails(["host", *words], "usage", 2, env=self.env)
        self.assertFalse(self.path.exists())

    def test_a_place_where_nothing_can_be_written(self):
        self.env = {"NVMECTL_HOST_DIR": "/proc/nvmectl"}
        result = run("host", "set-nqn", NAMED, "-o", "json", env=self.env)
        self.assert_json_error(result, "not_found", 3)
        self.assertTrue(result.error["hint"])

    def test_writers_do_not_mix(self):
        pairs = [f"6e766d65-6374-4c00-8000-{n:012x}" for n in range(12)]
        writers = [subprocess.Popen([NVMECTL, "host", "set-id", uuid], env=environment(self.env),
                                    stdout=subprocess.DEVNULL) for uuid in pairs]
        for writer in writers:
            self.assertEqual(writer.wait(timeout=30), 0)
        nqn, uuid = (text.strip() for text in self.files())
        self.assertEqual(nqn, PREFIX + uuid)
        self.assertIn(uuid, pairs)


if __name__ == "__main__":
    unittest.main()
