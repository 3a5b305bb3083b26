"""Values equal nvme-cli's, field by field, on PCIe drives and on the kernel's target over TCP."""

import json
import re
import unittest

import vmtest

seen = None

# What differs on purpose, or is not a value: padding, nvme-cli 2.3's own bugs.
PADDED = {"sn", "mn", "fr"}


def setUpModule():
    global seen
    seen = vmtest.boot("local", ["--rich", "--nvme", "1"])


def schema_of(*words):
    """Key of a field by the specification's mnemonic (nvme-cli's JSON key)."""
    tree = vmtest.commands()
    fields = tree[" ".join(words)]["fields"]
    return {(f["mnemonic"] or f["key"]): f for f in fields}


def plain(value):
    """A value of ours as nvme-cli's JSON would hold it: the number of a symbol or of flags."""
    if isinstance(value, dict):
        return value.get("raw", value.get("code"))
    return value


def number(value):
    """nvme-cli 2.3 prints 128-bit numbers as strings, some with a locale's commas."""
    return int(value.replace(",", "")) if isinstance(value, str) and re.fullmatch(r"[\d,]+", value) else value


class Equal(unittest.TestCase):
    def same(self, command, ours, theirs, leave_out=()):
        fields = schema_of(command)
        compared = 0
        for mnemonic, value in theirs.items():
            if mnemonic in leave_out or isinstance(value, (list, dict)) or mnemonic not in fields:
                continue
            mine = plain(ours[fields[mnemonic]["key"]])
            if isinstance(mine, str) and isinstance(value, str):
                self.assertEqual(mine, value.rstrip() if mnemonic in PADDED else value, f"{command} {mnemonic}")
            elif mine is None:
                self.assertIn(value, (0, "", "0"), f"{command} {mnemonic}")
            else:
                self.assertEqual(number(mine), number(value), f"{command} {mnemonic}")
            compared += 1
        return compared

    def test_identify_controller(self):
        for kind in ("drive", "rich", "remote"):
            with self.subTest(kind):
                theirs = seen.json(f"{kind}.id-ctrl.nvme")
                # IEEE is a byte string of ours; fguid is null when zero; 2.3 prints subnqn with what follows its end
                count = self.same("id-ctrl", seen.json(f"{kind}.id-ctrl")["data"], theirs, {"ieee", "fguid"})
                self.assertGreater(count, 80)

    def test_identify_namespace(self):
        for name in ("rich1", "rich2", "rich3", "rich4", "rich5", "remote1"):
            with self.subTest(name):
                ours, theirs = seen.json(f"{name}.id-ns")["data"], seen.json(f"{name}.id-ns.nvme")
                # the same words in nvme-cli's hexadecimal strings
                count = self.same("id-ns", ours, theirs, {"nguid", "eui64"})
                self.assertGreater(count, 20)
                formats = [(f["metadata_bytes"], f["data_size_log2"]) for f in ours["lba_formats"]]
                self.assertEqual(formats, [(f["ms"], f["ds"]) for f in theirs["lbafs"]])

    def test_namespace_descriptors(self):
        for name in ("rich1", "rich2", "remote1"):
            with self.subTest(name):
                ours = seen.json(f"{name}.ns-descs")["data"]
                text = json.dumps(seen.json(f"{name}.ns-descs.nvme"))
                self.assertIn(ours["uuid"], text)

    def test_smart_log(self):
        for kind in ("drive", "rich", "remote"):
            with self.subTest(kind):
                count = self.same("smart-log", seen.json(f"{kind}.smart-log")["data"], seen.json(f"{kind}.smart-log.nvme"),
                                  {"host_read_commands", "data_units_read"})  # they count while we look
                self.assertGreater(count, 15)

    def test_error_log(self):
        theirs = [e for e in seen.json("remote.error-log.nvme")["errors"] if e["error_count"]]
        self.assertEqual(len(seen.json("remote.error-log")["data"]), len(theirs))

    def test_namespace_lists(self):
        for kind in ("drive", "rich", "remote"):
            self.assertEqual(seen.out(f"{kind}.list-ns"), seen.out(f"{kind}.list-ns.nvme"), kind)

    def test_raw_log_pages(self):
        for kind in ("drive", "rich", "remote"):
            self.assertEqual(seen.rc(f"{kind}.raw"), 0)
            self.assertEqual(seen.out(f"{kind}.raw"), seen.out(f"{kind}.raw.nvme"))


class Lists(unittest.TestCase):
    def test_every_namespace_with_its_values(self):
        ours = {n["device_path"]: n for n in seen.json("list")["data"]["namespaces"]}
        theirs = {n["DevicePath"]: n for n in seen.json("list.nvme")["Devices"]}
        self.assertEqual(set(ours), set(theirs))
        self.assertEqual(len(ours), 13)
        for path, their in theirs.items():
            mine = ours[path]
            self.assertEqual(mine["nsid"], their["NameSpace"], path)
            self.assertEqual(mine["serial_number"], their["SerialNumber"].strip(), path)
            self.assertEqual(mine["model_number"], their["ModelNumber"].strip(), path)
            self.assertEqual(mine["firmware_revision"], their["Firmware"].strip(), path)
            self.assertEqual(mine["size_bytes"], their["PhysicalSize"], path)
            self.assertEqual(mine["used_bytes"], their["UsedBytes"], path)
            self.assertEqual(mine["lba_bytes"], their["SectorSize"], path)

    def test_text_table_is_nvme_clis(self):
        """Apart from the order, the NSID as 0x1 in a column of 10 (2.16) instead of 1 in one of 9 (2.3)."""
        def rows(text, start):
            lines = [line for line in text.splitlines()[2:]]
            return sorted((line[:105] + str(int(line[105:start].strip(), 0)) + line[start:]).rstrip() for line in lines)
        ours, theirs = seen.out("list.text"), seen.out("list.text.nvme")
        self.assertEqual(rows(ours, 116), rows(theirs, 115))
        self.assertEqual(ours.splitlines()[0].split(), theirs.splitlines()[0].split())

    def test_order_is_natural(self):
        names = [n["name"] for n in seen.json("list")["data"]["namespaces"]]
        self.assertEqual(names, sorted(names, key=lambda n: [int(x) for x in re.findall(r"\d+", n)]))

    def test_verbose_shows_the_three_tables(self):
        text = seen.out("list.verbose")
        for heading in ("Subsystem-NQN", "Cntlid", "Usage"):
            self.assertIn(heading, text)

    def test_subsystems_as_text(self):
        def blocks(text):
            return {b.splitlines()[0]: sorted(line.strip() for line in b.splitlines()[1:]) for b in re.split(r"(?m)^(?=nvme-subsys)", text) if b}
        ours, theirs = blocks(seen.out("subsys")), blocks(seen.out("subsys.nvme"))
        self.assertEqual(set(ours), set(theirs))
        for name, lines in theirs.items():
            # nvme-cli 2.3 often leaves out one of two PCIe paths
            self.assertLessEqual(set(lines), set(ours[name]), name)

    def test_ana_states_of_both_paths(self):
        states = sorted(line.split()[-1] for line in seen.out("subsys.ana").splitlines() if "+-" in line)
        self.assertEqual(states, ["non-optimized", "optimized"])

    def test_subsystems_as_json(self):
        data = seen.json("subsys.json")["data"]
        self.assertEqual(len(data), 4)
        rich = next(s for s in data if s["nqn"].endswith(":rich"))
        self.assertEqual(len(rich["controllers"]), 2)

    def test_identifiers(self):
        remote = [n for n in seen.json("list")["data"]["namespaces"] if n["serial_number"] == "NVMET000001"]
        self.assertEqual(sorted(n["uuid"] for n in remote), [f"00000000-0000-4000-8000-000001{i:06x}" for i in (1, 2, 3)])
        self.assertTrue(all(len(n["paths"]) == 2 for n in remote))
        self.assertTrue(all(len(n["controllers"]) == 2 for n in remote))

    def test_nobody_sees_the_same_list(self):
        def without_usage(doc):
            return [{k: v for k, v in n.items() if k not in ("used_bytes", "size_bytes")} for n in doc["data"]["namespaces"]]
        nobody, root = seen.json("nobody.list"), seen.json("list")
        self.assertEqual(without_usage(nobody), without_usage(root))
        # The kernel hides the size where it does no I/O, blocks with plain metadata: only Identify tells it.
        hidden = [n["name"] for n in root["data"]["namespaces"] if n["metadata_bytes"] == 64]
        sizes = [(n["name"], n["size_bytes"]) for n in root["data"]["namespaces"]]
        self.assertEqual([(n["name"], n["size_bytes"]) for n in nobody["data"]["namespaces"]],
                         [(name, None if name in hidden else size) for name, size in sizes])

    def test_a_lost_target_does_not_hang_the_list(self):
        self.assertLess(int(seen.out("away.time")), 5000)
        states = {c["state"] for c in json.loads((seen.directory / "away.json").read_text())["data"]["controllers"]}
        self.assertTrue(states & {"connecting", "resetting"}, states)
        self.assertIn("live", states)


class Passthrough(unittest.TestCase):
    def test_what_was_sent(self):
        self.assertIn("nvme_admin_identify cns=1", seen.err("passthru.trace"))
        data = seen.json("passthru.trace")["data"]
        self.assertEqual(data["status"]["sc"], 0)
        self.assertEqual(len(data["data"]), 8192)
        self.assertEqual(bytes.fromhex(data["data"])[4:12], b"VM000000")

    def test_decoding(self):
        decoded = seen.json("passthru.decode")["data"]["decoded"][0]
        self.assertEqual(decoded, seen.json("drive.id-ctrl")["data"])

    def test_dry_run_sends_nothing(self):
        data = seen.json("passthru.dry")["data"]
        self.assertFalse(data["sent"])
        self.assertEqual(data["command"]["opcode"], 0x80)

    def test_destroying_needs_a_yes(self):
        self.assertEqual(seen.rc("passthru.refused"), 8)
        self.assertIn("--yes", seen.err("passthru.refused"))

    def test_the_question_shows_what_would_be_lost(self):
        self.assertEqual(seen.rc("passthru.asked"), 8, seen.out("passthru.asked"))
        for words in ("can destroy data", "serial VM000000", "NSID 1", "64 MiB", "not mounted, not held", "nothing was done"):
            self.assertIn(words, seen.out("passthru.asked"))

    def test_error_status(self):
        self.assertEqual(seen.rc("passthru.bad"), 9)
        error = json.loads(seen.err("passthru.bad"))["error"]
        self.assertEqual((error["kind"], error["nvme"]["sct"], error["nvme"]["sc"]), ("device", 0, 1))
        self.assertEqual(json.loads(seen.out("passthru.bad"))["data"]["status"]["sc"], 1)

    def test_data_goes_both_ways(self):
        for name in ("io.write", "io.read", "io.same"):
            self.assertEqual(seen.rc(name), 0, name + seen.err(name))

    def test_a_short_file_is_an_error(self):
        self.assertEqual(seen.rc("io.short"), 2)


class Errors(unittest.TestCase):
    def test_no_permission(self):
        self.assertEqual(seen.rc("nobody.id-ctrl"), 4)
        self.assertTrue(json.loads(seen.err("nobody.id-ctrl"))["error"]["hint"])

    def test_no_such_device(self):
        self.assertEqual(seen.rc("missing"), 3)
        self.assertEqual(json.loads(seen.err("missing"))["error"]["kind"], "not_found")


class Discovery(unittest.TestCase):
    def test_text_is_nvme_clis(self):
        self.assertEqual(seen.rc("discover"), 0, seen.err("discover"))
        self.assertEqual(seen.out("discover"), seen.out("discover.nvme").removeprefix("\n"))

    def test_the_kernel_sees_the_same(self):
        def normal(text):
            return re.sub(r"Generation counter \d+", "", text)
        self.assertEqual(seen.rc("discover.kernel"), 0, seen.err("discover.kernel"))
        self.assertEqual(normal(seen.out("discover.kernel")), normal(seen.out("discover")))

    def test_ipv6_and_digests(self):
        self.assertTrue(seen.json("discover.ipv6")["data"]["records"])
        self.assertTrue(seen.json("discover.digests")["data"]["records"])

    def test_namespaces_behind_the_target(self):
        listed = seen.json("uri.list")
        self.assertEqual(listed["errors"], [])
        self.assertEqual(len(listed["data"]["namespaces"]), 6)
        local = {n["uuid"]: n["size_bytes"] for n in seen.json("list")["data"]["namespaces"] if n["uuid"]}
        for n in listed["data"]["namespaces"]:
            self.assertEqual(local[n["uuid"]], n["size_bytes"])

    def test_identify_by_uri_equals_the_kernels(self):
        ours, kernel = seen.json("uri.id-ctrl")["data"], seen.json("remote.id-ctrl")["data"]
        kernel["controller_id"] = ours["controller_id"]
        self.assertEqual(ours, kernel)
        self.assertEqual(seen.rc("uri.id-ns"), 0, seen.err("uri.id-ns"))
        self.assertEqual(seen.rc("uri.smart-log"), 0, seen.err("uri.smart-log"))


if __name__ == "__main__":
    unittest.main()
