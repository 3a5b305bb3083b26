"""The OCP page as a data file, on a drive of QEMU 10 that has it."""

import json
import unittest

import vmtest

seen = None
DRIVE = ("-drive if=none,id=ocp1,format=raw,file.driver=null-co,file.size=67108864 "
         "-device nvme,id=ocp0,serial=OCP0001,ocp=on -device nvme-ns,bus=ocp0,drive=ocp1,nsid=1")


def setUpModule():
    global seen
    seen = vmtest.boot("plugins", ["--nvme", "1", "--qemu-suite", "bookworm-backports", "--qemu", DRIVE])


class Ocp(unittest.TestCase):
    def test_the_file_is_found_and_valid(self):
        self.assertEqual(seen.rc("check"), 0, seen.err("check"))
        self.assertIn("ocp", [p["name"] for p in seen.json("list")["data"]])

    def test_values_are_those_of_the_page(self):
        data = seen.json("smart")["data"]
        raw = (seen.directory / "smart.raw.out").read_bytes()
        self.assertEqual(len(raw), 512)
        self.assertEqual(int(data["physical_media_written_bytes"]), int.from_bytes(raw[0:16], "little"))
        self.assertEqual(data["log_page_version"], int.from_bytes(raw[494:496], "little"))
        self.assertEqual(raw[496:512][::-1].hex().upper(), "AFD514C97C6F4F9CA4F2BFEA2810AFC5")

    def test_nvme_cli_reads_the_same(self):
        theirs = seen.json("smart.nvme")
        data = seen.json("smart")["data"]
        self.assertEqual(theirs["Log page version"], data["log_page_version"])
        self.assertEqual(theirs["Physical media units written"]["lo"], int(data["physical_media_written_bytes"]))

    def test_text(self):
        self.assertEqual(seen.rc("smart.text"), 0, seen.err("smart.text"))

    def test_a_drive_without_the_page(self):
        self.assertEqual(seen.rc("absent"), 5)
        self.assertEqual(json.loads(seen.err("absent"))["error"]["kind"], "unsupported")


if __name__ == "__main__":
    unittest.main()
