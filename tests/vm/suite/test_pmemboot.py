"""Namespaces outlive the machine: what was made is there after a reboot, with its data."""

import tempfile
import unittest

import vmtest

MACHINE = ["--pmem", "2", "--pmem-size", "256", "--nvme", "1"]


def setUpModule():
    global made, later
    with tempfile.TemporaryDirectory(prefix="nvmectl-vm-pmemboot-disks-") as disks:
        made = one_boot(disks, "make")
        later = one_boot(disks, "look")


def one_boot(disks, what):
    return vmtest.boot("pmemboot", [*MACHINE, "--disks", disks, "--append", f"pmemboot={what}"])


def namespaces(seen, when="found"):
    return {ns["name"]: ns for ns in seen.json(f"{when}.list")["data"]["namespaces"]}


class Reboot(unittest.TestCase):
    def test_all_is_made(self):
        for name in ("init", "create.fs", "create.devdax", "create.sector", "create.raw"):
            self.assertEqual(made.rc(name), 0, made.err(name))
        modes = {name: ns["mode"] for name, ns in namespaces(made).items()}
        self.assertEqual(modes, {"fs": "fsdax", "devdax": "devdax", "sector": "sector", "raw": "raw"})

    def test_all_is_there_after_a_reboot(self):
        keys = ("mode", "reserved_bytes", "usable_bytes", "state", "region", "uuid", "label_uuid", "map", "align_bytes",
                "sector_bytes", "resource")
        found = namespaces(later)
        for name, ns in namespaces(made).items():
            with self.subTest(name):
                self.assertEqual({key: found[name][key] for key in keys}, {key: ns[key] for key in keys})

    def test_one_list_shows_drives_and_memory(self):
        lines = [line.split() for line in later.out("list").splitlines()]
        self.assertEqual(lines[0][-1], "Source")
        self.assertEqual({line[0]: line[-1] for line in lines[2:]},
                         {"/dev/nvme0n1": "nvme", **{ns["block_device"]: "pmem" for ns in namespaces(later).values()
                                                     if ns["block_device"]}})

    def test_data_stay(self):
        self.assertEqual(later.out("file"), "kept\n", later.err("file"))
        for name in ("data.sector", "data.raw"):
            self.assertEqual(later.rc(name), 0, later.err(name) + later.out(name))

    def test_creating_again_changes_nothing(self):
        for name in ("fs", "devdax", "sector", "raw"):
            self.assertEqual(later.json(f"same.{name}")["data"]["result"], "unchanged")
        self.assertEqual(later.out("same.file"), "kept\n", later.err("same.file"))


if __name__ == "__main__":
    unittest.main()
