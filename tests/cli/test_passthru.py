"""admin-passthru and io-passthru against the embedded target: what is checked before anything is sent, and data."""

import base64
import unittest

from harness import Case, Target, run

WRITE, READ, COMPARE, FLUSH = "1", "2", "5", "0"


class Checks(Case):
    """None of these needs a device, and none may reach for one."""

    def test_short_input_is_an_error(self):
        data = self.folder() / "data"
        data.write_bytes(b"x" * 511)
        words = ["io-passthru", "nvme987n1", "-O", WRITE, "-l", "512", "-i", data]
        error = self.fails([*words, "--yes"], "usage", 2, says="511")
        self.assertIn("512", error["message"])
        self.fails([*words, "--dry-run"], "usage", 2)
        words = ["io-passthru", "nvme987n1", "-O", WRITE, "-l", "16", "-i", "-", "--yes"]
        self.fails(words, "usage", 2, stdin=b"short")

    def test_directions(self):
        self.fails(["admin-passthru", "nvme987", "-O", "0xc3", "-l", "512", "--dry-run"], "usage", 2, says="--read")
        self.fails(["admin-passthru", "nvme987", "-O", "0xc0", "-l", "512", "--dry-run"], "usage", 2, says="--write")
        self.fails(["admin-passthru", "nvme987", "-O", "6", "-r", "-w", "--dry-run"], "usage", 2, hint=False)

    def test_an_input_file_is_not_forgotten(self):
        data = self.folder() / "data"
        data.write_bytes(b"x" * 512)
        self.fails(["io-passthru", "nvme987n1", "-O", READ, "-l", "512", "-i", data, "--dry-run"], "usage", 2,
                   says="--input-file")

    def test_lengths(self):
        for option in ("--data-len", "--metadata-len"):
            self.fails(["io-passthru", "nvme987n1", "-O", READ, option, "67108865"], "usage", 2, says=option)
            self.fails(["io-passthru", "nvme987n1", "-O", READ, option, "4294967296"], "usage", 2, says=option)

    def test_numbers(self):
        for option, value in (("--opcode", "256"), ("--cdw10", "0x100000000"), ("--flags", "256"), ("--prefill", "256"),
                              ("--namespace-id", "4294967296"), ("--cdw3", "x"), ("--cdw15", "")):
            with self.subTest(option):
                self.fails(["admin-passthru", "nvme987", "-O", "6", option, value], "usage", 2, says=option)

    def test_missing_files(self):
        words = ["io-passthru", "nvme987n1", "-O", WRITE, "-l", "512", "-i", "/nonexistent", "--yes"]
        result = run(*words, "-o", "json")
        self.assert_json_error(result, "not_found", 3)
        self.assertIn("/nonexistent", result.error["message"])

    def test_confirmation_is_refused_off_a_terminal(self):
        for words, what in ((["io-passthru", "nvme987n1", "-O", WRITE, "-l", "512"], "destroy"),
                            (["io-passthru", "nvme987n1", "-O", "9"], "destroy"),
                            (["admin-passthru", "nvme987", "-O", "0x80"], "destroy"),
                            (["admin-passthru", "nvme987", "-O", "0x84"], "destroy"),
                            (["admin-passthru", "nvme987", "-O", "0x10"], "disrupts")):
            with self.subTest(words):
                error = self.fails(words, "not_confirmed", 8, says="--yes", stdin=b"nvme987n1\nnvme987\nyes\n")
                self.assertIn(what, error["message"])
        self.assertEqual(run("admin-passthru", "nvme987", "-O", "6").code, 3, "reading needs no confirmation")

    def test_dry_run_shows_the_dwords(self):
        words = ["admin-passthru", "nvme987", "-O", "0x80", "-n", "7", "-f", "1"]
        for number, letter in ((2, "2"), (3, "3"), (10, "4"), (11, "5"), (12, "6"), (13, "7"), (14, "8"), (15, "9")):
            words += [f"-{letter}", str(number)]
        data = self.ok(*words, "--dry-run", "-o", "json").json["data"]
        expected = {f"cdw{n}": n for n in (2, 3, 10, 11, 12, 13, 14, 15)} | {"opcode": 128, "nsid": 7, "flags": 1}
        self.assertEqual(data["command"], expected)
        self.assertEqual((data["sent"], data["status"], data["result"], data["data"]), (False, None, None, None))
        self.assertIn("0xf", self.ok(*words, "--dry-run").out)

    def test_dry_run_knows_the_namespace_of_the_device(self):
        device = "tcp://192.0.2.1/nqn.2024-01.org.example:a?nsid=5"
        words = ["io-passthru", device, "-O", READ, "-l", "512", "--dry-run"]
        self.assertEqual(self.ok(*words, "-o", "json").json["data"]["command"]["nsid"], 5)


class Data(Case):
    def setUp(self):
        self.target = self.enterContext(Target("--ram", "1MiB", "--ram", "1MiB", "--block-size", "4096"))
        self.device = f"{self.target.subsystem}?nsid=2"
        self.block = bytes(range(256)) * 16
        self.file = self.folder() / "block"
        self.file.write_bytes(self.block)

    def io(self, opcode, *words, **how):
        return run("io-passthru", self.device, "-O", opcode, *words, "--yes", "-o", "json", **how)

    def test_written_data_comes_back(self):
        for options in ([], ["--hdr-digest"], ["--data-digest"], ["-g", "-G"]):
            with self.subTest(options):
                written = self.io(WRITE, "-l", 4096, "-i", self.file, "--cdw10", 3, *options)
                self.assertEqual(written.code, 0, str(written))
                self.assertEqual(written.json["data"]["status"]["sc"], 0)
                self.assertEqual(written.json["data"]["bytes_to_device"], 4096)
                read = self.io(READ, "-l", 4096, "--cdw10", 3, *options).json["data"]
                self.assertEqual((read["encoding"], bytes.fromhex(read["data"])), ("hex", self.block))
                self.assertEqual(read["command"]["nsid"], 2)
                based = self.io(READ, "-l", 4096, "--cdw10", 3, "--encoding", "base64", *options).json["data"]
                self.assertEqual((based["encoding"], base64.b64decode(based["data"])), ("base64", self.block))
                raw = self.ok("io-passthru", self.device, "-O", READ, "-l", 4096, "--cdw10", 3, "-o", "raw", *options)
                self.assertEqual(raw.out_bytes, self.block)
                self.assertEqual(self.io(COMPARE, "-l", 4096, "-i", self.file, "--cdw10", 3, *options).code, 0)

    def test_input_and_output_by_files(self):
        self.assertEqual(self.io(WRITE, "-l", 4096, "-i", "-", stdin=self.block).code, 0)
        out = self.folder() / "out"
        read = self.io(READ, "-l", 4096, "--output-file", out)
        self.assertEqual(out.read_bytes(), self.block)
        self.assertIsNone(read.json["data"]["data"])
        failed = self.io(READ, "-l", 4096, "--output-file", "/dev/full")
        self.assertEqual((failed.code, failed.error["kind"], failed.error["errno"]), (1, "io", 28), str(failed))

    def test_much_data(self):
        many = self.folder() / "many"
        many.write_bytes(self.block * 64)
        self.assertEqual(self.io(WRITE, "-l", 64 * 4096, "-i", many, "--cdw12", 63).code, 0)
        raw = self.ok("io-passthru", self.device, "-O", READ, "-l", 64 * 4096, "--cdw12", 63, "-o", "raw").out_bytes
        self.assertEqual(raw, self.block * 64)

    def test_a_difference_is_a_status(self):
        result = self.io(COMPARE, "-l", 4096, "-i", self.file, "--cdw10", 9)
        self.assertEqual(result.code, 9, str(result))
        status = result.json["data"]["status"]
        self.assertEqual((status["sct"], status["sc"], status["name"]), (2, 0x85, "Compare Failure"))
        self.assertEqual(result.error["kind"], "device")
        self.assertEqual(result.error["device"], self.device)

    def test_out_of_range(self):
        result = self.io(READ, "-l", 4096, "--cdw10", 256)
        self.assertEqual((result.code, result.error["nvme"]["sc"]), (9, 0x80), str(result))

    def test_flush(self):
        self.assertEqual(self.io(FLUSH).code, 0)

    def test_identify_decoded(self):
        words = ["admin-passthru", self.target.subsystem, "-O", 6, "--cdw10", 1, "-l", 4096, "--decode"]
        result = self.ok(*words, "--json")
        decoded = result.json["data"]["decoded"][0]
        plain = self.ok("id-ctrl", self.target.subsystem, "--json").json["data"]
        self.assertEqual(set(decoded), set(plain))
        self.assertEqual(decoded["serial_number"], plain["serial_number"])

    def test_io_needs_a_namespace(self):
        result = run("io-passthru", self.target.uri, "-O", READ, "-l", 512, "-o", "json")
        self.assert_json_error(result, "usage", 2)


if __name__ == "__main__":
    unittest.main()
