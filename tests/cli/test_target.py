"""The embedded target end to end: what it serves, how it starts, how it ends."""

import json
import os
import signal
import socket
import subprocess
import unittest

from harness import NVMECTL, SUBSYSTEM, Case, Target, environment, run, unused_port


class Serving(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.target = cls.enterClassContext(Target("--ram", "8MiB", "--ram", "1MiB", "--serial", "S1", "--model", "M1"))

    def test_the_ready_line(self):
        self.assertEqual(set(self.target.ready), {"event", "addresses", "subsystems"})
        self.assertEqual((self.target.ready["event"], self.target.ready["subsystems"]), ("ready", [SUBSYSTEM]))
        self.assertNotEqual(self.target.port, 0)

    def test_discover(self):
        records = self.ok("discover", self.target.uri, "-o", "json").json["data"]["records"]
        kinds = {r["subsystem_type"]["code"]: r for r in records}
        self.assertEqual(set(kinds), {2, 3})
        self.assertEqual(kinds[2]["subsystem_nqn"], SUBSYSTEM)
        self.assertEqual((kinds[2]["address"], kinds[2]["service_id"]), ("127.0.0.1", str(self.target.port)))
        by_options = self.ok("discover", "-t", "tcp", "-a", "127.0.0.1", "-s", self.target.port).out
        self.assertEqual(by_options, self.ok("discover", self.target.uri).out)

    def test_list(self):
        for options in ([], ["-g"], ["-G"], ["--hdr-digest", "--data-digest"]):
            with self.subTest(options):
                spaces = self.ok("list", self.target.uri, "-o", "json", *options).json["data"]["namespaces"]
                self.assertEqual([(n["nsid"], n["size_bytes"], n["lba_bytes"]) for n in spaces],
                                 [(1, 8 << 20, 512), (2, 1 << 20, 512)])
        one = self.ok("list", self.target.subsystem, "-o", "json").json["data"]["namespaces"]
        self.assertEqual(len(one), 2)
        only = self.ok("list", f"{self.target.subsystem}?nsid=2", "-o", "json").json["data"]["namespaces"]
        self.assertEqual([n["nsid"] for n in only], [2])

    def test_ipv6(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            return  # a machine without it
        with Target("--ram", "1MiB", listen="[::1]:0") as target:
            records = self.ok("discover", target.uri, "-o", "json").json["data"]["records"]
            self.assertEqual({(r["address"], r["address_family"]["name"]) for r in records}, {("::1", "ipv6")})
            names = self.ok("list", target.uri, "-o", "value", "--fields", "device_path").out.splitlines()
            self.assertEqual(len(names), 1)
            self.assertTrue(names[0].startswith(f"tcp://[::1]:{target.port}/"), names)
            self.ok("id-ns", names[0])
            self.ok("discover", "-a", "::1", "-s", target.port)

    def test_a_listed_name_is_a_device(self):
        for name in self.ok("list", self.target.uri, "-o", "value", "--fields", "device_path").out.splitlines():
            self.assertEqual(self.ok("id-ns", name, "-o", "json").json["data"]["size_blocks"],
                             (8 << 20) // 512 if name.endswith("=1") else (1 << 20) // 512)

    def test_identify_and_logs(self):
        device = self.target.subsystem
        self.assertEqual(self.ok("list-ns", device, "-o", "json").json["data"], [{"nsid": 1}, {"nsid": 2}])
        for words in (["id-ctrl", device], ["id-ns", device, "-n", "1"], ["ns-descs", device, "-n", "2"],
                      ["smart-log", device], ["error-log", device], ["fw-log", device], ["get-log", device, "-i", "0"],
                      ["get-log", device, "-i", "2", "--decode"], ["list-subsys", self.target.uri]):
            for digests in ([], ["-g", "-G"]):
                with self.subTest(words, digests=digests):
                    self.assertTrue(self.ok(*words, *digests).out)

    def test_namespaces_that_are_not_there(self):
        """An NSID that is not in use is answered with zeros: Base Specification 2.0d, section 3.2.1."""
        self.fails(["ns-descs", self.target.subsystem, "-n", "77"], "device", 9)
        self.fails(["id-ns", self.target.subsystem], "usage", 2, says="-n")
        self.fails(["id-ctrl", f"{self.target.uri}/nqn.2024-01.org.example:none"], "not_found", 3)

    def test_raw_pages(self):
        page = self.ok("get-log", self.target.subsystem, "-i", "2", "-l", "512", "-o", "raw").out_bytes
        self.assertEqual(len(page), 512)
        document = self.ok("get-log", self.target.subsystem, "-i", "2", "-l", "512", "-o", "json").json["data"]
        self.assertEqual(bytes.fromhex(document["data"])[:5], page[:5])

    def test_garbage_does_not_stop_it(self):
        for junk in (b"GET / HTTP/1.0\r\n\r\n", b"\0" * 128, os.urandom(4096), b"\x00\x00\x80\x00\xff\xff\xff\xff"):
            with socket.create_connection(("127.0.0.1", self.target.port)) as sock:
                sock.sendall(junk)
        self.ok("list", self.target.uri)


class Starting(Case):
    def refused(self, words, kind, code, says=""):
        return self.fails(["target", "serve", "--listen", "127.0.0.1:0", *words], kind, code, says=says, hint=False)

    def test_what_is_wrong_is_said(self):
        folder = self.folder()
        (folder / "empty").touch()
        (folder / "small").write_bytes(b"x" * 100)
        for words, kind, code, says in (([], "usage", 2, "--ram"), (["--ram", "0"], "usage", 2, "0"),
                                        (["--ram", "1x"], "usage", 2, "1x"), (["--ram", "100"], "usage", 2, "block"),
                                        (["--ram", "1MiB", "--block-size", "513"], "usage", 2, "513"),
                                        (["--ram", "1MiB", "--serial", "s" * 21], "usage", 2, "20"),
                                        (["--ram", "1MiB", "--model", "m" * 41], "usage", 2, "40"),
                                        (["--ram", "1MiB", "--nqn", "x"], "usage", 2, "nqn."),
                                        (["--ram", "1MiB", "--nqn", "nqn.2024-01.org.example:" + "x" * 200], "usage", 2,
                                         "223"),
                                        (["--file", "/nonexistent/x"], "not_found", 3, "/nonexistent"),
                                        (["--file", folder / "empty"], "usage", 2, "empty"),
                                        (["--file", folder / "small"], "usage", 2, "small"),
                                        (["--file", folder], "io", 1, "directory"),
                                        (["--config", "/nonexistent"], "not_found", 3, "/nonexistent")):
            with self.subTest(words):
                self.refused(words, kind, code, says)

    def test_addresses(self):
        for address in ("127.0.0.1:70000", "::1:4420", "[::1", ":4420", "127.0.0.1:"):
            with self.subTest(address):
                self.fails(["target", "serve", "--ram", "1MiB", "--listen", address], "usage", 2)

    def test_a_port_in_use(self):
        with Target("--ram", "1MiB") as target:
            words = ["target", "serve", "--ram", "1MiB", "--listen", target.address]
            error = self.fails(words, "busy", 10)
            self.assertEqual(error["errno"], 98)

    def test_configuration(self):
        config = self.folder() / "target.json"
        config.write_text(json.dumps({
            "listen": ["127.0.0.1:0"],
            "referrals": [{"address": "127.0.0.1", "port": 65000}],
            "subsystems": [{"nqn": "nqn.2024-01.org.example:a", "serial": "A1", "namespaces": [
                {"nsid": 3, "ram": "1MiB", "uuid": "11111111-2222-3333-4444-555555555555"},
                {"ram": "2MiB", "block_size": 4096}]},
                           {"nqn": "nqn.2024-01.org.example:b", "allow_hosts": ["nqn.2024-01.org.example:host"]}]}))
        with Target("--config", config, listen=None) as target:
            result = run("list", target.uri, "--no-referrals", "-o", "json")
            spaces = result.json["data"]["namespaces"]
            self.assertEqual([(n["nsid"], n["size_bytes"], n["uuid"]) for n in spaces if n["nsid"] == 3],
                             [(3, 1 << 20, "11111111-2222-3333-4444-555555555555")])
            allowed = f"{target.uri}/nqn.2024-01.org.example:b"
            self.fails(["id-ctrl", allowed], "permission", 4, says="--hostnqn")
            self.ok("id-ctrl", allowed, "--hostnqn", "nqn.2024-01.org.example:host")
            records = run("discover", target.uri, "-o", "json")
            self.assertEqual(records.code, 6, "the referral leads to a dead port")

    def test_wrong_configurations_name_the_place(self):
        config = self.folder() / "target.json"
        for text, says in (('{', "JSON"), ('[]', "object"), ('{"subsystem": []}', "subsystem"),
                           ('{"subsystems": {}}', "subsystems"), ('{"subsystems": [{}]}', "subsystems[0]"),
                           ('{"subsystems": [{"nqn": "x"}]}', "subsystems[0].nqn"),
                           ('{"subsystems": [{"nqn": "nqn.2024-01.org.example:a", "namespaces": [{"ram": "1MiB"}, '
                            '{"ram": 5}]}]}', "subsystems[0].namespaces[1].ram"),
                           ('{"subsystems": [{"nqn": "nqn.2024-01.org.example:a", "namespaces": [{"nsid": 0, '
                            '"ram": "1MiB"}]}]}', "subsystems[0].namespaces[0].nsid"),
                           ('{"listen": ["127.0.0.1:x"]}', "listen[0]"),
                           ('{"referrals": [{"port": 1}]}', "referrals[0]"),
                           ('{"subsystems": [{"nqn": "nqn.2024-01.org.example:a", "namespaces": [{"ram": "1MiB", '
                            '"uuid": "1"}]}]}', "subsystems[0].namespaces[0].uuid"),
                           ("[" * 100_000, "")):
            with self.subTest(text[:100]):
                config.write_text(text)
                self.refused(["--config", config], "usage", 2, says)


class Files(Case):
    def write(self, target, text, *options):
        return run("io-passthru", f"{target.subsystem}?nsid=1", "-O", "1", "-l", "512", "-i", "-", "--yes", "-o",
                   "json", *options, stdin=text.ljust(512, b"\0"))

    def test_data_survives_the_server(self):
        disk = self.folder() / "disk"
        with Target("--file", f"{disk}:1MiB") as target:
            self.assertEqual(self.write(target, b"hello").code, 0)
            self.assertEqual(target.stop()[0], 0)
        self.assertEqual(disk.stat().st_size, 1 << 20)
        self.assertEqual(disk.read_bytes()[:6], b"hello\0")
        with Target("--file", disk) as target:
            data = self.ok("io-passthru", f"{target.subsystem}?nsid=1", "-O", "2", "-l", "512", "-o", "raw").out_bytes
            self.assertEqual(data[:6], b"hello\0")

    def test_read_only_by_configuration(self):
        disk, config = self.folder() / "disk", self.folder() / "c.json"
        disk.write_bytes(bytes(1 << 20))
        config.write_text(json.dumps({"listen": ["127.0.0.1:0"], "subsystems": [
            {"nqn": "nqn.2024-01.org.example:a", "namespaces": [{"file": str(disk), "read_only": True}]}]}))
        with Target("--config", config, listen=None) as target:
            result = self.write(target, b"no")
            self.assertEqual((result.code, result.error["kind"]), (9, "device"), str(result))
            self.assertIn("Write Protected", result.error["nvme"]["name"])
            self.assertEqual(disk.read_bytes()[:2], b"\0\0")

    @unittest.skipUnless(os.geteuid() == 0, "needs root to become somebody else")
    def test_a_file_without_the_right_to_write(self):
        folder = self.folder()
        folder.chmod(0o755)
        disk = folder / "disk"
        disk.write_bytes(bytes(1 << 20))
        disk.chmod(0o444)
        nobody = ["/usr/bin/setpriv", "--reuid=65534", "--clear-groups"]
        with Target("--file", disk, prefix=nobody) as target:
            result = self.write(target, b"no")
            self.assertEqual((result.code, result.error["kind"]), (9, "device"), str(result))
            self.assertIn("Write Protected", result.error["nvme"]["name"])
        self.assertEqual(disk.read_bytes()[:2], b"\0\0")

    def test_one_file_has_one_server(self):
        disk = self.folder() / "disk"
        with Target("--file", f"{disk}:1MiB"):
            self.fails(["target", "serve", "--listen", "127.0.0.1:0", "--file", disk], "busy", 10, says=str(disk))
        with Target("--file", disk):
            pass

    def test_a_size_does_not_cut_a_file(self):
        disk = self.folder() / "disk"
        disk.write_bytes(b"precious" * 131072)
        result = run("target", "serve", "--listen", "nosuch.invalid:1", "--file", f"{disk}:4KiB")
        self.assertNotEqual(result.code, 0)
        self.assertEqual(disk.read_bytes()[:8], b"precious")
        self.assertEqual(disk.stat().st_size, 1 << 20)


class Ending(Case):
    def test_signals_end_it_well(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number), Target("--ram", "1MiB") as target:
                self.ok("list", target.uri)
                code, seconds, out, err = target.stop(number)
                self.assertEqual((code, out, err), (0, "", ""))
                self.assertLess(seconds, 1)

    def test_with_connections_open(self):
        with Target("--ram", "1MiB") as target, socket.create_connection(("127.0.0.1", target.port)):
            code, seconds, _, _ = target.stop()
            self.assertEqual(code, 0)
            self.assertLess(seconds, 1)

    def test_an_interrupted_client(self):
        port = unused_port()
        with socket.create_server(("127.0.0.1", port)):
            process = subprocess.Popen([NVMECTL, "discover", f"tcp://127.0.0.1:{port}", "-o", "json"],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
            try:
                process.wait(0.5)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=5)
            self.assertEqual((process.returncode, out), (130, b""), err)
            self.assertEqual(json.loads(err)["error"]["kind"], "cancelled")

    def test_the_socket_is_free_again(self):
        with Target("--ram", "1MiB") as target:
            address = target.address
            self.ok("list", target.uri)
            target.stop()
        with Target("--ram", "1MiB", listen=address) as again:
            self.assertEqual(again.address, address)


if __name__ == "__main__":
    unittest.main()
