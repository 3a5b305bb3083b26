"""What doctor says of whole machines (captured trees) and of targets that fail in every way."""

import contextlib
import os
import socket
import threading
import unittest

from harness import SUBSYSTEM, Case, Target, run, unpack, unused_port

NQN = "nqn.2014-08.org.nvmexpress:uuid:6e766d65-0000-4000-8000-000000000001"
RELEASE = "6.12.1"
DRIVERS = ("nvme_core", "nvme", "nvme_fabrics", "nvme_tcp")


@contextlib.contextmanager
def server(answer):
    """A TCP port whose every connection is given to `answer`."""
    listener = socket.create_server(("127.0.0.1", 0))
    held = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            held.append(connection)
            with contextlib.suppress(OSError):
                answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
        for connection in held:
            connection.close()


class Doctor(Case):
    def doctor(self, *words, **how):
        """(exit code, {check: finding}) of a run whose document must stand on standard output."""
        result = run("doctor", *words, "-o", "json", **how)
        self.assert_sane(result)
        self.assertEqual(result.json["schema"], "nvmectl/doctor/1")
        for finding in result.json["data"]:
            self.assertIn(finding["state"], ("ok", "warn", "fail"))
            self.assertEqual(finding["remedy"] is None, finding["state"] == "ok", str(finding))
            self.assertEqual(finding["kind"] is None, finding["state"] != "fail", str(finding))
        return result.code, {finding["check"]: finding for finding in result.json["data"]}


class Machine(Doctor):
    def setUp(self):
        self.root = self.folder()
        self.file("proc/sys/kernel/osrelease", RELEASE)
        self.file("etc/nvme/hostnqn", NQN)
        self.file("etc/nvme/hostid", NQN.rsplit(":", 1)[1])
        (self.root / "sys/class").mkdir(parents=True)

    def file(self, path, text=""):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text + "\n")

    def installed(self):
        self.file(f"lib/modules/{RELEASE}/modules.dep",
                  "\n".join(f"kernel/drivers/nvme/host/{name.replace('_', '-')}.ko.xz:" for name in DRIVERS))

    def loaded(self):
        for name in DRIVERS:
            self.file(f"sys/module/{name}/initstate", "live")
        self.file("sys/module/nvme_core/parameters/multipath", "Y")
        self.file("dev/nvme-fabrics", "transport=%s,dhchap_secret=%s,dhchap_ctrl_secret=%s,tls,concat")

    def test_all_is_well(self):
        self.loaded()
        code, found = self.doctor("--sysroot", self.root)
        self.assertEqual((code, {f["state"] for f in found.values()}), (0, {"ok"}), str(found))
        shown = self.ok("doctor", "--sysroot", self.root).out.splitlines()
        self.assertTrue(all(line.startswith("ok    ") for line in shown), str(shown))
        self.assertEqual(len({line.index("  ", 6 + len("Connections at boot")) for line in shown}), 1)

    def test_not_installed_not_loaded_and_no_permission_have_codes_of_their_own(self):
        code, found = self.doctor("--sysroot", self.root)
        self.assertEqual((code, found["NVMe/TCP driver"]["kind"]), (5, "unsupported"))
        self.installed()
        code, found = self.doctor("--sysroot", self.root)
        self.assertEqual((code, found["NVMe/TCP driver"]["kind"]), (12, "not_running"))
        self.assertEqual(found["NVMe/TCP driver"]["fix"], "modprobe nvme-tcp")
        self.loaded()
        if os.geteuid() != 0:
            (self.root / "dev/nvme-fabrics").chmod(0)
            code, found = self.doctor("--sysroot", self.root)
            self.assertEqual((code, found["/dev/nvme-fabrics"]["kind"]), (4, "permission"))

    def test_text_names_one_remedy_for_each(self):
        self.installed()
        result = run("doctor", "--sysroot", self.root)
        self.assertEqual(result.code, 12)
        self.assertEqual(result.out.count("remedy: modprobe nvme-tcp (doctor --fix does it)"), 1)
        self.assertIn("hint: modprobe nvme-core", result.err)

    def test_a_warning_alone(self):
        self.loaded()
        self.file("sys/module/nvme_core/parameters/multipath", "N")
        code, found = self.doctor("--sysroot", self.root)
        self.assertEqual((code, found["Multipath"]["state"]), (20, "warn"))

    def test_an_old_kernel_is_a_warning(self):
        self.loaded()
        self.file("dev/nvme-fabrics", "transport=%s,traddr=%s")
        code, found = self.doctor("--sysroot", self.root)
        self.assertEqual((code, found["TLS"]["state"], found["Authentication"]["state"]), (20, "warn", "warn"))

    def test_a_malformed_identity_is_a_failure(self):
        self.loaded()
        self.file("etc/nvme/hostid", "x\x1b[31m")
        code, found = self.doctor("--sysroot", self.root)
        self.assertEqual((code, found["Host identity"]["kind"]), (2, "usage"))

    def test_captured_trees_are_not_mended(self):
        self.installed()
        result = run("doctor", "--fix", "--sysroot", self.root)
        self.assertEqual(result.code, 12)
        self.assertIn("captured tree", result.err)

    def test_dry_run_changes_nothing(self):
        self.installed()
        result = run("doctor", "--fix", "--dry-run", "--sysroot", self.root)
        self.assertEqual(result.code, 12)
        self.assertNotIn("captured tree", result.err)


class Devices(Doctor):
    def test_captured_devices(self):
        root = unpack("pcie", self.folder())
        code, found = self.doctor("nvme0", "--sysroot", root)
        self.assertEqual(found["State of nvme0"]["state"], "ok", str(found))
        self.assertEqual((code, found["/dev/nvme0"]["kind"]), (3, "not_found"))
        self.fails_with_document(["nvme77", "--sysroot", root], 3, "Device")

    def test_a_dead_controller(self):
        code, found = self.doctor("nvme0", "--sysroot", unpack("dead", self.folder()))
        self.assertEqual(code, 11, str(found))
        self.assertEqual(found["State of nvme0"]["state"], "fail")

    def fails_with_document(self, words, code, check):
        got, found = self.doctor(*words)
        self.assertEqual((got, found[check]["state"]), (code, "fail"))


class Targets(Doctor):
    def test_a_target_that_works(self):
        with Target("--ram", "8MiB") as target:
            code, found = self.doctor(target.subsystem)
            self.assertEqual((code, {f["state"] for f in found.values()}), (0, {"ok"}), str(found))
            self.assertEqual(list(found), [f"Port {target.address}", "NVMe/TCP handshake", "Connect"])
            code, found = self.doctor(target.uri)
            self.assertEqual((code, list(found)[-1]), (0, "Connect (discovery)"), str(found))
            code, found = self.doctor(f"{target.uri}/nqn.2014-08.org.example:none")
            self.assertEqual((code, found["Connect"]["kind"]), (3, "not_found"))

    def test_a_host_that_is_not_allowed(self):
        with Target("--ram", "8MiB", "--allow-host", NQN) as target:
            code, found = self.doctor(target.subsystem, "--hostnqn", NQN + "0")
            self.assertEqual((code, found["Connect"]["kind"]), (4, "permission"), str(found))

    def test_nobody_listens(self):
        code, found = self.doctor(f"tcp://127.0.0.1:{unused_port()}/{SUBSYSTEM}")
        self.assertEqual((code, len(found)), (11, 1))
        self.assertIn("nothing listens", next(iter(found.values()))["remedy"])

    def test_an_unknown_name(self):
        code, found = self.doctor("tcp://no-such-host.invalid/" + SUBSYSTEM, "--timeout", "3s")
        self.assertIn(code, (3, 7, 11))
        self.assertIn("Name no-such-host.invalid", found)

    def test_a_name(self):
        with Target("--ram", "8MiB") as target:
            code, found = self.doctor(f"tcp://localhost:{target.port}/{target.ready['subsystems'][0]}")
            self.assertEqual(code, 0, str(found))
            self.assertIn("127.0.0.1", found["Name localhost"]["text"])

    def test_a_port_that_is_silent(self):
        with server(lambda connection: None) as port:
            code, found = self.doctor(f"tcp://127.0.0.1:{port}/{SUBSYSTEM}", "--timeout", "1s")
            self.assertEqual((code, found["NVMe/TCP handshake"]["kind"]), (7, "timeout"))

    def test_a_port_that_hangs_up(self):
        with server(lambda connection: connection.close()) as port:
            code, found = self.doctor(f"tcp://127.0.0.1:{port}/{SUBSYSTEM}")
            self.assertEqual((code, found["NVMe/TCP handshake"]["state"]), (11, "fail"), str(found))

    def test_a_port_that_speaks_something_else(self):
        with server(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" + b"\x1b[31m" * 50)) as port:
            code, found = self.doctor(f"tcp://127.0.0.1:{port}/{SUBSYSTEM}", "--timeout", "2s")
            self.assertEqual((code, found["NVMe/TCP handshake"]["kind"]), (11, "protocol"), str(found))
            self.assertIn("no NVMe/TCP port", found["NVMe/TCP handshake"]["remedy"])


if __name__ == "__main__":
    unittest.main()
