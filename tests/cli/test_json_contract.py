"""Every document against the schema that the program prints, and what its shape must not depend on."""

import re
import unittest

from jsonschema import Draft202012Validator

from harness import ROOT, TREES, Case, Target, run, unpack
from peers import Peer, log_entry

ERROR_KEYS = ["kind", "message", "cause", "hint", "device", "operation", "context", "errno", "nvme"]
PLUGINS = {"NVMECTL_PLUGIN_PATH": str(ROOT / "plugins/vendors")}


def keys(value, at=""):
    """The paths of all keys; a list counts as what its elements have."""
    found = set()
    if isinstance(value, dict):
        for key, item in value.items():
            found |= {f"{at}.{key}"} | keys(item, f"{at}.{key}")
    elif isinstance(value, list):
        for item in value:
            found |= keys(item, f"{at}[]")
    return found


class Contract(Case):
    def schema(self, name):
        schema = self.ok("schema", *name.split(), env=PLUGINS).json
        Draft202012Validator.check_schema(schema)
        self.assertEqual(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
        return schema

    def valid(self, name, document):
        schema = self.schema(name)
        problems = [f"{error.json_path}: {error.message}"[:300]
                    for error in Draft202012Validator(schema).iter_errors(document)]
        self.assertEqual(problems, [], name)
        self.assertEqual(list(document), ["schema", "data", "errors"])
        self.assertEqual(document["schema"], "nvmectl/" + name.replace(" ", "/") + "/1")
        self.closed(schema["properties"]["data"], document["data"], name)
        for error in document["errors"]:
            self.assertEqual(list(error), ERROR_KEYS)

    def closed(self, schema, value, at):
        """Every key of the document is in the schema, and the other way round."""
        if isinstance(value, list):
            for item in value:
                self.closed(schema.get("items", {}), item, f"{at}[]")
        elif isinstance(value, dict) and "properties" in schema:
            self.assertEqual(list(value), list(schema["properties"]), at)
            for key, item in value.items():
                self.closed(schema["properties"][key], item, f"{at}.{key}")

    def document(self, *words, code=0):
        result = run(*words, "-o", "json", env=PLUGINS)
        self.assertEqual(result.code, code, str(result))
        return result.json

    def test_local_commands(self):
        for words in ("version", "backends", "show-hostnqn", "gen-hostnqn", "plugin list", "list", "list-subsys"):
            with self.subTest(words):
                self.valid(words, self.document(*words.split()))
        self.valid("plugin check", self.document("plugin", "check", ROOT / "plugins/vendors/ocp.json"))

    def test_captured_trees(self):
        for tree in TREES:
            root = unpack(tree, self.folder() / tree)
            for command in ("list", "list-subsys"):
                with self.subTest(tree, command=command):
                    document = self.document(command, "--sysroot", root)
                    self.valid(command, document)
                    self.assertEqual(document, self.document(command, "--sysroot", root, "-v"), "-v changes nothing")

    def test_remote_commands(self):
        with Target("--ram", "8MiB", "--ram", "1MiB") as target:
            device, space = target.subsystem, f"{target.subsystem}?nsid=1"
            for name, words in (("discover", [target.uri]), ("list", [target.uri]), ("list-subsys", [target.uri]),
                                ("id-ctrl", [device]), ("id-ns", [space]), ("ns-descs", [space]), ("list-ns", [device]),
                                ("smart-log", [device]), ("error-log", [device]), ("fw-log", [device]),
                                ("get-log", [device, "-i", "2"]), ("get-log", [device, "-i", "2", "-d"]),
                                ("admin-passthru", [device, "-O", "6", "-4", "1", "-l", "4096"]),
                                ("admin-passthru", [device, "-O", "6", "-4", "1", "-l", "4096", "-d"]),
                                ("admin-passthru", [device, "-O", "6", "--dry-run"]),
                                ("io-passthru", [space, "-O", "2", "-l", "512"]),
                                ("io-passthru", [space, "-O", "2", "-l", "512", "--dry-run"])):
                with self.subTest(name, words=words[1:]):
                    document = self.document(name, *words)
                    self.valid(name, document)
                    self.assertEqual(keys(document["data"]), keys(self.document(name, *words, "-v")["data"]))
            failed = run("io-passthru", space, "-O", "5", "-l", "512", "-p", "1", "-o", "json")
            self.assertEqual(failed.code, 9, str(failed))
            self.valid("io-passthru", failed.json)
            self.valid("error-log", self.document("error-log", device))
            ready = self.schema("target serve")["properties"]["data"]
            self.closed(ready, target.ready, "ready")

    def test_partial_documents(self):
        with Peer() as peer:
            peer.records = [log_entry(port=1), log_entry(port=peer.port), log_entry(port=1, subtype=1)]
            for command in ("list", "discover"):
                with self.subTest(command):
                    document = self.document(command, peer.uri, code=6)
                    self.valid(command, document)
                    self.assertTrue(document["errors"])

    def test_multipath_changes_no_shape(self):
        folder = self.folder()
        for command in ("list", "list-subsys"):
            native = self.document(command, "--sysroot", unpack("pcie", folder / f"a{command}"))
            plain = self.document(command, "--sysroot", unpack("pcie-no-multipath", folder / f"b{command}"))
            without = {key for key in keys(native["data"]) ^ keys(plain["data"]) if ".paths[]" not in key}
            self.assertEqual(without, set(), command)

    def test_numbers_of_results_change_no_shape(self):
        with Peer() as peer:
            seen = []
            for count in (1, 2, 40):
                peer.records = [log_entry(port=n + 1) for n in range(count)]
                seen.append(keys(self.document("discover", peer.uri)["data"]))
            self.assertEqual(seen[0], seen[1])
            self.assertEqual(seen[0], seen[2])
            peer.records = []
            self.assertEqual(self.document("discover", peer.uri)["data"]["records"], [])
        for tree, count in (("zns", 1), ("pcie", 7)):
            data = self.document("list", "--sysroot", unpack(tree, self.folder() / tree))["data"]
            self.assertEqual(len(data["namespaces"]), count)
            self.assertEqual([type(data[key]) for key in ("subsystems", "controllers", "namespaces")], [list] * 3)

    def test_order_is_natural_and_stable(self):
        with Target(*["--ram", "1MiB"] * 12) as target:
            data = self.document("list", target.uri)["data"]
            self.assertEqual([n["nsid"] for n in data["namespaces"]], list(range(1, 13)))
            rows = self.document("list-ns", target.subsystem)["data"]
            self.assertEqual([row["nsid"] for row in rows], list(range(1, 13)))

    def test_wide_counters_are_strings_and_sizes_are_bytes(self):
        with Target("--ram", "1MiB") as target:
            data = self.document("smart-log", target.subsystem)["data"]
            for key in ("power_cycles", "power_on_hours", "host_read_commands", "host_write_commands"):
                self.assertIsInstance(data[key], str, key)
                self.assertRegex(data[key], "^[0-9]+$")
            space = self.document("list", target.uri)["data"]["namespaces"][0]
            self.assertEqual((space["size_bytes"], space["lba_bytes"]), (1 << 20, 512))
            self.assertEqual(space["command_set"], {"code": 0, "name": "NVM"})

    def test_every_command_with_a_document_has_its_schema(self):
        tree = self.ok("__dump-commands", env=PLUGINS).json
        names = [c["name"] for c in tree["commands"] if c["schema"]]
        self.assertGreater(len(names), 18)
        for name in names:
            with self.subTest(name):
                self.schema(name)

    def test_vendor_log(self):
        words = ["ocp", "smart-add-log"]
        with Target("--ram", "1MiB") as target:
            result = run(*words, target.subsystem, "-o", "json", env=PLUGINS)
            error = self.assert_json_error(result, "unsupported", 5)
            self.assertEqual((error["device"], error["nvme"]["sc"]), (target.subsystem, 9))
            known = [c["name"] for c in self.ok("__dump-commands", env=PLUGINS).json["commands"]]
            for name in re.findall(r"nvmectl ([a-z][a-z-]+)", error["hint"]):
                self.assertIn(name, [k.split()[0] for k in known], error["hint"])
        self.assertIn("smart-add-log", self.ok("help", *words, env=PLUGINS).out)


if __name__ == "__main__":
    unittest.main()
