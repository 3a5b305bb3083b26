"""The command line: errors in both forms, guesses, formats, environment, exit codes."""

import csv
import io
import json
import unittest

from harness import Case, Target, run, unpack


class Errors(Case):
    def test_each_error_in_both_forms(self):
        for words, says in ((["lst"], "list"), (["targget", "serve"], "target"), (["target", "sevre"], "serve"),
                            (["list", "--timeut", "1s"], "--timeout"),
                            (["discover", "--trnsport", "tcp"], "--transport"),
                            (["list", "--fields", "serial_numbr"], "serial_number"), (["list", "-o", "jsn"], "ndjson"),
                            (["list", "--color", "alwayz"], "always"), (["id-ctrl"], "DEVICE"),
                            (["get-log", "nvme0"], "--log-id"), (["list", "nvme0", "more"], "more"),
                            (["list", "--backend", "lnux"], "linux"), (["list", "--timeout", "0"], "--timeout"),
                            (["list", "--timeout", "0ms"], "--timeout"), (["list", "--timeout", "soon"], "soon"),
                            (["list", "--timeout", "-1s"], "--timeout"), (["get-log", "nvme0", "-i", "0x100"], "255"),
                            (["get-log", "nvme0", "-i", "two"], "two"), (["schema", "nosuch"], "nosuch"),
                            (["help", "nosuch"], "nosuch"), (["discover"], "-a HOST"), (["schema"], "COMMAND"),
                            (["discover", "tcp://192.0.2.1", "-a", "192.0.2.2"], "twice"),
                            (["discover", "-a", "192.0.2.1", "-s", "70000"], "65535")):
            with self.subTest(words):
                if "-o" in words:
                    self.assert_text_error(run(*words), 2)
                    continue
                self.fails(words, "usage", 2, says=says)

    def test_a_missing_value_is_told_of_in_our_words(self):
        for words in (["list", "--output"], ["list", "-o"], ["list", "--timeout"], ["get-log", "nvme0", "--log-id"]):
            with self.subTest(words):
                result = run(*words)
                self.assert_text_error(result, 2)
                self.assertNotIn("required", result.err)
                self.assertIn("lacks its value", result.err)

    def test_ways_to_ask_for_json(self):
        for before, after in ((["--json"], []), ([], ["--json"]), (["-o", "json"], []), ([], ["-o", "json"]),
                              (["-ojson"], []), ([], ["-ojson"]), (["--output=json"], []), ([], ["--output=json"]),
                              ([], ["--output", "json"]), ([], ["-o", "ndjson"]), ([], ["--output-format=json"])):
            with self.subTest(before=before, after=after):
                self.assert_json_error(run(*before, "lst", *after), "usage", 2)
                self.assert_json_error(run(*before, "list", "--bogus", *after), "usage", 2)
                self.assert_json_error(run(*before, "id-ctrl", *after), "usage", 2)

    def test_nothing_to_do(self):
        self.assertIn("Topics:", self.ok().out)
        self.assertIn("Topics:", self.ok("--help").out)
        self.assert_json_error(run("--json"), "usage", 2)
        self.assertIn("target serve", self.ok("target").out)

    def test_commands_that_share_a_word(self):
        page = self.ok("pmem", "volume").out
        self.assertEqual([line.split()[:3] for line in page.splitlines()[3:]],
                         [["pmem", "volume", verb]
                          for verb in ("list", "create", "delete", "resize")])
        for words in (["pmem", "volume", "--help"], ["help", "pmem", "volume"], ["pmem", "-h", "volume", "-o", "json"]):
            self.assertEqual(self.ok(*words).out, page, words)
        self.fails(["pmem", "dax", "--dry-run"], "usage", 2, says="pmem dax: its command is missing")
        self.fails(["pmem", "--dry-run"], "usage", 2, says="pmem: its command is missing")
        for words, says in ((["pmem", "dax", "onlin"], "did you mean online"), (["pmem", "label"], "mean labels"),
                            (["pmem", "dax", "volume", "--help"], "there is no command 'pmem dax volume'"),
                            (["pmem", "volume", "zzz"], "nvmectl help pmem volume"),
                            (["help", "pmem", "da"], "there is no command 'pmem da'")):
            self.fails(words, "usage", 2, says=says)

    def test_guesses_are_for_near_words_only(self):
        self.assertNotIn("did you mean", run("completely-else").err)
        self.assertIn("did you mean list-subsys", run("list-subsy").err)
        # Two letters swapped, the commonest slip of all.
        for name in ("list", "id-ns", "help"):
            self.assertIn(f"did you mean {name}", run(name[:-2] + name[-1] + name[-2]).err)

    def test_unknown_fields_lists_the_known(self):
        error = self.fails(["discover", "--fields", "nothing_like_it", "tcp://192.0.2.1"], "usage", 2)
        for field in ("subsystem_nqn", "address", "service_id", "transport_type"):
            self.assertIn(field, error["hint"])

    def test_a_switch_takes_true_and_false(self):
        unconfirmed = run("io-passthru", "nvme987n1", "-O", "1", "-l", "512", "--yes=false")
        self.assertEqual(unconfirmed.code, 8, "--yes=false must not confirm")
        self.assertEqual(run("version", "--json=maybe").code, 2)
        self.assertEqual(self.ok("version", "--json=false").out[:7], "nvmectl")

    def test_two_dashes_end_the_options(self):
        result = run("id-ctrl", "--", "nvme987")
        self.assertEqual(result.code, 3, str(result))

    def test_devices_on_other_paths(self):
        self.fails(["list", "spdk:Nvme0"], "unsupported", 5)
        self.fails(["id-ctrl", "pmem:nmem0"], "unsupported", 5)
        self.fails(["discover", "-t", "rdma", "-a", "192.0.2.1"], "unsupported", 5)
        self.fails(["list", "--sysroot", "/nonexistent"], "not_found", 3)


class Formats(Case):
    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(cls.target())
        super().setUpClass()

    @classmethod
    def target(cls):
        cls.served = Target("--ram", "8MiB", "--ram", "1MiB", "--serial", "S1", "--model", "M \"1\", two")
        return cls.served

    def test_value(self):
        out = self.ok("list", self.served.uri, "-o", "value", "--fields", "nsid,size_bytes").out
        self.assertEqual(out, "1\t8388608\n2\t1048576\n")
        out = self.ok("list", self.served.uri, "-o", "value", "--fields", "size_bytes").out
        self.assertEqual(out.split(), ["8388608", "1048576"])

    def test_mnemonics_name_fields(self):
        out = self.ok("id-ctrl", self.served.subsystem, "-o", "value", "--fields", "sn,mn").out
        self.assertEqual(out, "S1\tM \"1\", two\n")
        out = self.ok("id-ns", self.served.subsystem + "?nsid=1", "-o", "value", "--fields", "nsze,nlbaf").out
        self.assertEqual(out, "16384\t0\n")

    def test_fields_keep_their_order_and_repeat(self):
        out = self.ok("list", self.served.uri, "-o", "csv", "--fields", "size_bytes", "--fields", "nsid,name").out
        self.assertEqual(out.splitlines()[0], "size_bytes,nsid,name")
        table = self.ok("list", self.served.uri, "--fields", "model_number,nsid").out.splitlines()
        self.assertEqual(table[0].split(), ["Model", "NSID"])
        document = self.ok("list", self.served.uri, "-o", "json", "--fields", "nsid").json
        self.assertEqual(document["data"]["namespaces"], [{"nsid": 1}, {"nsid": 2}])

    def test_fields_help(self):
        for command in ("list", "discover", "id-ctrl", "smart-log", "list-subsys"):
            with self.subTest(command):
                out = self.ok(command, "--fields", "help").out
                self.assertEqual(out, self.ok(command, "--fields=help").out)
                self.assertGreater(len(out.splitlines()), 3)
        names = [line.split()[0] for line in self.ok("list", "--fields", "help").out.splitlines()]
        self.assertIn("size_bytes", names)
        self.ok("list", self.served.uri, "-o", "json", "--fields", ",".join(names))

    def test_csv_is_csv(self):
        out = self.ok("list", self.served.uri, "-o", "csv").out
        rows = list(csv.DictReader(io.StringIO(out)))
        self.assertEqual([r["model_number"] for r in rows], ["M \"1\", two"] * 2)
        bare = self.ok("list", self.served.uri, "-o", "csv", "--no-headers").out
        self.assertEqual(out.splitlines()[1:], bare.splitlines())

    def test_ndjson_is_one_record_a_line(self):
        lines = self.ok("list", self.served.uri, "-o", "ndjson").out.splitlines()
        records = [json.loads(line) for line in lines]
        self.assertEqual(records, self.ok("list", self.served.uri, "-o", "json").json["data"]["namespaces"])

    def test_no_headers_and_bytes(self):
        full = self.ok("list", self.served.uri).out.splitlines()
        self.assertEqual(self.ok("list", self.served.uri, "--no-headers").out.splitlines(), full[2:])
        self.assertIn("8388608", self.ok("list", self.served.uri, "--bytes").out)
        self.assertNotIn("8388608", "\n".join(full))

    def test_nvme_clis_words_for_formats(self):
        words = ["discover", self.served.uri]
        table, document = self.ok(*words).out, self.ok(*words, "-o", "json").out
        self.assertEqual(self.ok(*words, "-o", "normal").out, table)
        self.assertEqual(self.ok(*words, "--output-format=json").out, document)
        self.assertEqual(self.ok(*words, "--output-format", "json").out, document)
        raw = self.ok("id-ctrl", self.served.subsystem, "-o", "binary").out_bytes
        self.assertEqual((len(raw), raw[4:6]), (4096, b"S1"))
        words = ["smart-log", self.served.subsystem]
        self.assertEqual(self.ok(*words, "-H").out, self.ok(*words, "-v").out)

    def test_verbose_is_wide(self):
        words = ["smart-log", self.served.subsystem]
        self.assertEqual(self.ok(*words, "-v").out, self.ok(*words, "-o", "wide").out)


class Environment(Case):
    def test_output(self):
        self.assertEqual(self.ok("version", env={"NVMECTL_OUTPUT": "json"}).json["schema"], "nvmectl/version/1")
        for words in (["-o", "table"], ["--output=table"], ["-otable"], ["--output-format", "table"]):
            self.assertTrue(self.ok("version", *words, env={"NVMECTL_OUTPUT": "json"}).out.startswith("nvmectl"))
        self.assert_text_error(run("version", env={"NVMECTL_OUTPUT": "nothing"}), 2)

    def test_errors_follow_the_output(self):
        env = {"NVMECTL_OUTPUT": "json"}
        self.assert_json_error(run("id-ctrl", "nvme987", env=env), "not_found", 3)
        self.assert_json_error(run("lst", env=env), "usage", 2)
        self.assert_json_error(run("list", "--bogus", env=env), "usage", 2)
        self.assert_text_error(run("lst", "-o", "table", env=env), 2)

    def test_options_of_like_names_do_not_count(self):
        folder = self.folder()
        with Target("--ram", "1MiB") as target:
            words = ["get-log", target.subsystem, "-i", "2", "--output-file", folder / "page"]
            self.assertEqual(self.ok(*words, env={"NVMECTL_OUTPUT": "json"}).json["schema"], "nvmectl/get-log/1")
            self.assertEqual((folder / "page").stat().st_size, 512)

    def test_timeout_and_backend(self):
        self.assert_text_error(run("list", env={"NVMECTL_TIMEOUT": "0"}), 2)
        self.assertEqual(run("list", "--timeout", "1s", env={"NVMECTL_TIMEOUT": "0"}).code, 0)
        self.assert_text_error(run("list", env={"NVMECTL_BACKEND": "nothing"}), 2)
        tree = unpack("pcie", self.folder() / "t")
        self.assertEqual(self.ok("list", "--sysroot", tree, "--backend", "linux", env={"NVMECTL_BACKEND": "tcp"}).out,
                         self.ok("list", "--sysroot", tree).out)

    def test_exit_codes_are_documented(self):
        shown = self.ok("help", "exit-codes").out
        for code in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, 21, 130):
            self.assertRegex(shown, rf"(?m)^ +{code}  ")
        for variable in ("NVMECTL_OUTPUT", "NVMECTL_TIMEOUT", "NVMECTL_BACKEND", "NVMECTL_PLUGIN_PATH"):
            self.assertIn(variable, self.ok("help", "environment").out)


if __name__ == "__main__":
    unittest.main()
