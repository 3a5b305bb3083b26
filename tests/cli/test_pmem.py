"""The area pmem on a machine without persistent memory: one shape, truthful exit codes, files that are wrong.

What needs persistent memory is tried over a fake in tests/unit/pmem and on real kernels in tests/vm.
"""

import json
import os
import unittest
from pathlib import Path

from harness import Case, run

HERE = not Path("/sys/bus/nd/devices").exists() or not os.listdir("/sys/bus/nd/devices")


@unittest.skipUnless(HERE, "this machine has persistent memory")
class Nothing(Case):
    def test_lists_are_empty_lists(self):
        data = self.ok("pmem", "list", "-o", "json").json["data"]
        self.assertEqual(data, {"buses": [], "dimms": [], "regions": [], "dax_regions": [], "dax_devices": [],
                                "namespaces": []})
        for words in (["bad-blocks"], ["injected-errors"], ["health"], ["dax", "list"]):
            self.assertEqual(self.ok("pmem", *words, "-o", "json").json["data"], [], words)
        capacity = self.ok("pmem", "capacity", "-o", "json").json["data"]
        self.assertEqual((capacity["total_bytes"], capacity["max_reserved_bytes"], capacity["regions"]), (0, 0, []))
        self.assertEqual(self.ok("pmem", "list").out, "")

    def test_ndctl_flags_change_no_shape(self):
        plain = self.ok("pmem", "list", "-o", "json").json["data"]
        for flags in (["-u"], ["-B"], ["-vvv"], ["-NRD"], ["-i", "-c", "-M", "-X", "-C"], ["-H", "-F"]):
            self.assertEqual(self.ok("pmem", "list", *flags, "-o", "json").json["data"], plain, flags)

    def test_the_unified_list_has_its_place_for_it(self):
        data = self.ok("list", "-o", "json").json["data"]
        self.assertEqual(list(data), ["subsystems", "controllers", "pmem", "namespaces"])
        self.assertEqual(data["pmem"], [])

    def test_what_is_not_there_is_not_found(self):
        for line in ("list -n vol", "list -r region0", "create -s 1G", "create -s 1G -n v --if-not-exists",
                     "destroy vol --yes", "destroy all --yes", "enable all", "disable all", "rename vol new",
                     "resize vol -s 1G", "reconfigure vol --yes", "region enable region0", "region disable all",
                     "dimm disable nmem0", "init all --yes", "labels read nmem0", "labels check all",
                     "labels init nmem0 --yes", "labels zero nmem0 --yes", "labels backup nmem0", "infoblock read vol",
                     "check vol", "clear-errors vol", "scrub start", "scrub wait ndbus0", "health nmem0",
                     "inject-error vol --block 1 --yes", "inject-smart nmem0 --fatal", "security freeze nmem0",
                     "security sanitize nmem0 --yes", "firmware update nmem0 --file x --yes", "monitor",
                     "firmware activate ndbus0 --yes", "dax reconfigure dax0.0 -m system-ram --yes", "plan -s 1G",
                     "dax online dax0.0", "dax destroy dax0.0 --yes", "dax create -r 1", "create-namespace -s 1G -f",
                     "destroy-namespace all -f", "enable-namespace all", "disable-region region9", "init-labels nmem9 -y",
                     "disable-dimm nmem9", "start-scrub", "setup-passphrase nmem0 -k user:k"):
            with self.subTest(line):
                words = ["pmem", *line.split()]
                if line.startswith("plan"):  # shows its document as well
                    self.assertEqual(run(*words).code, 3)
                else:
                    self.fails(words, "not_found", 3)

    def test_o_is_ndctls_file_where_ndctl_has_it(self):
        result = run("pmem", "read-labels", "nmem0", "-j")
        self.assertEqual((result.code, json.loads(result.err)["error"]["kind"]), (3, "not_found"))
        for line, code in (("read-labels nmem0", 3), ("read-infoblock vol", 3), ("write-infoblock vol -m fsdax", 2)):
            result = run("pmem", *line.split(), "-o", "json")
            self.assertEqual(result.code, 2)
            self.assertIn("-j or --output json", result.err)
            self.assertEqual(run("pmem", *line.split(), "-o", "/nonexistent/file").code, code)

    def test_if_exists_is_success_and_says_so(self):
        row = self.ok("pmem", "destroy", "vol", "--if-exists", "--yes", "-o", "json").json["data"][0]
        self.assertEqual((row["result"], row["device"]), ("unchanged", "vol"))

    def test_wrong_lines(self):
        for line in ("create -s 0", "create -s 1X", "create -s -5", "create -m fast", "create --size-policy nearest", "fill -s 0", "fill -n a/b",
                     "create -m raw -a 2M -s 1G", "create -m sector -M mem", "create -m devdax --mkfs ext4",
                     "create --mkfs ntfs", "create --mount here", "create --usable-size", "create --if-not-exists",
                     "create -n a/b", f"create -n {'x' * 64}", "create -u no-uuid", "destroy", "rename vol",
                     "resize vol", "destroy vol --erase twice", "volume create -a -s 1G", "volume create v",
                     "labels init nmem0 -V 1.3", "list -m fast", "list -t blk", "list -U x", "dax reconfigure dax0.0",
                     "labels --yes", "region x", "nonsense", "create --from -", "inject-error vol --yes", "infoblock read",
                     "infoblock read vol -i f", "infoblock read -i /dev/null", "zero-labels nmem0 -s 256 -O 0", "update-firmware nmem0"):
            with self.subTest(line):
                self.fails(["pmem", *line.split()], "usage", 2, hint=False)

    def test_destroying_is_not_done_unasked(self):
        # nobody is there to ask, but nothing is there either: the name decides
        self.fails(["pmem", "destroy", "vol"], "not_found", 3)

    def test_every_command_has_a_schema(self):
        for command in ("list", "capacity", "plan", "create", "destroy", "labels read", "volume list", "apply",
                        "snapshot-config", "monitor", "health", "create-namespace", "read-labels"):
            with self.subTest(command):
                document = self.ok("schema", "pmem", *command.split()).json
                self.assertTrue(document["properties"]["schema"]["const"].startswith("nvmectl/pmem/"))


class Files(Case):
    def wrong(self, text, says, command=("apply", "-")):
        error = self.fails(["pmem", *command], "usage", 2, hint=False, says=says, stdin=text.encode())
        self.assertIn("standard input", error["message"])

    def test_specs(self):
        self.wrong("{", "line 1", ("create", "--from", "-"))
        self.wrong('{"name": "a", "size": []}', "right type", ("create", "--from", "-"))
        self.wrong('{"name": "a", "colour": 1}', "'colour' is not known", ("create", "--from", "-"))
        self.wrong('{"if_not_exists": "yes"}', "right type", ("create", "--from", "-"))
        self.wrong("[1]", "an object was expected", ("create", "--from", "-"))

    def test_applied_files(self):
        self.wrong("[]", "object")
        self.wrong('{"version": 3}', "version 1")
        self.wrong('{"namespaces": []}', "version")
        self.wrong('{"version": 1, "namespaces": [{}]}', "needs a name")
        self.wrong('{"version": 1, "namespaces": [{"name": "a"}, {"name": "a"}]}', "twice")
        self.wrong('{"version": 1, "namespaces": [{"name": "a", "mount": "x"}]}', "absolute")
        self.fails(["pmem", "apply", "/nonexistent"], "not_found", 3)

    def test_an_empty_file_changes_nothing(self):
        text = json.dumps({"version": 1, "regions": [], "namespaces": []}).encode()
        self.assertEqual(self.ok("pmem", "apply", "-", "-o", "json", stdin=text).json["data"], [])

    @unittest.skipUnless(HERE, "this machine has persistent memory")
    def test_a_snapshot_is_applied(self):
        text = self.ok("pmem", "snapshot-config").out.encode()
        self.assertEqual(json.loads(text), {"version": 1, "regions": [], "namespaces": []})
        self.ok("pmem", "apply", "-", stdin=text)
        document = self.ok("pmem", "snapshot-config", "-o", "json").out.encode()
        self.ok("pmem", "apply", "-", stdin=document)


class Volumes(Case):
    """LVM's programs played by scripts in PATH."""

    def tools(self, **scripts):
        folder = self.folder()
        for name, text in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)
        return {"PATH": str(folder)}

    def test_groups_and_volumes_are_listed(self):
        vgs = {"report": [{"vg": [{"vg_name": "nvmectl-1", "vg_size": "1069547520", "vg_free": "1065353216",
                                   "vg_extent_size": "4194304", "pv_name": "/dev/pmem0"}]}]}
        lvs = {"report": [{"lv": [{"lv_name": "vol-a", "vg_name": "nvmectl-1", "lv_size": "4194304",
                                   "lv_path": "/dev/nvmectl-1/vol-a", "lv_attr": "-wi-a-----"}]}]}
        env = self.tools(vgs=f"echo '{json.dumps(vgs)}'", lvs=f"echo '{json.dumps(lvs)}'", lvremove="exit 5",
                         lvresize="exit 0")
        data = self.ok("pmem", "volume", "list", "-o", "json", env=env).json["data"]
        self.assertEqual(data["groups"][0]["free_bytes"], 1065353216)
        self.assertEqual(data["volumes"][0]["device_path"], "/dev/nvmectl-1/vol-a")
        self.assertIs(data["volumes"][0]["in_use"], False)
        same = self.ok("pmem", "volume", "create", "vol-a", "-s", "4M", "-o", "json", env=env).json["data"][0]
        self.assertEqual(same["result"], "unchanged")
        self.fails(["pmem", "volume", "create", "vol-a", "-s", "8M"], "exists", 14, env=env)
        self.fails(["pmem", "volume", "resize", "vol-a", "-s", "8G"], "no_space", 13, hint=False, env=env)
        self.ok("pmem", "volume", "resize", "vol-a", "-s", "8M", env=env)
        self.fails(["pmem", "volume", "delete", "vol-a"], "not_confirmed", 8, env=env)
        self.fails(["pmem", "volume", "delete", "vol-a", "-y"], "io", 1, hint=False, env=env)
        self.fails(["pmem", "volume", "delete", "other", "-y"], "not_found", 3, env=env)
        self.ok("pmem", "volume", "delete", "other", "--if-exists", "-y", env=env)

    def test_an_open_volume_stays(self):
        vgs = {"report": [{"vg": [{"vg_name": "g", "vg_size": "4194304", "vg_free": "0", "vg_extent_size": "4194304",
                                   "pv_name": "/dev/pmem0"}]}]}
        lvs = {"report": [{"lv": [{"lv_name": "v", "vg_name": "g", "lv_size": "4194304", "lv_path": "/dev/g/v",
                                   "lv_attr": "-wi-ao----"}]}]}
        env = self.tools(vgs=f"echo '{json.dumps(vgs)}'", lvs=f"echo '{json.dumps(lvs)}'", lvremove="touch removed")
        self.fails(["pmem", "volume", "delete", "v", "-y"], "busy", 10, env=env)

    def test_nonsense_from_lvm(self):
        for text in ("echo no", "exit 3", "echo '{\"report\": 1}'"):
            result = run("pmem", "volume", "list", env=self.tools(vgs=text))
            self.assertIn(result.code, (1, 11), str(result))


if __name__ == "__main__":
    unittest.main()
