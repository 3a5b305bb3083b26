"""connect, disconnect, connect-all and disconnect-all against the kernel's own target and nvmectl's."""

import json
import unittest

import vmtest

NQN = "nqn.2024-01.test.nvmectl"
seen = None


def setUpModule():
    global seen
    seen = vmtest.boot("fabrics", ["--memory", "1536"], timeout=800)


class Fabrics(unittest.TestCase):
    def data(self, probe):
        return seen.json(probe)["data"]

    def result(self, probe, expected):
        """Of one connection; returns its record."""
        record = self.data(probe)
        self.assertEqual(record["result"], expected, probe)
        return record

    def results(self, probe):
        """Of several: what became of each, by the end of its NQN and its port."""
        rows = json.loads(seen.out(probe))["data"]
        return {((row["nqn"] or "").removeprefix(NQN + ":"), row["service"]): row["result"] for row in rows}

    def fails(self, probe, status, *words):
        """With that exit status and, in its error, these words."""
        self.assertEqual(seen.rc(probe), status, f"{probe}: {seen.out(probe)}{seen.err(probe)}")
        error = json.loads(seen.err(probe))["error"]
        text = json.dumps(error)
        for word in words:
            self.assertIn(word, text, probe)
        return error


class Connect(Fabrics):
    def test_not_loaded(self):
        error = self.fails("not-loaded", 12, "not loaded", "modprobe")
        self.assertEqual(error["kind"], "not_running")

    def test_dry_run_masks_the_secret_and_writes_nothing(self):
        text = seen.out("dry-run")
        self.assertIn(f"nqn={NQN}:s1,transport=tcp,traddr=127.0.0.1,trsvcid=4420,hostnqn=", text)
        self.assertIn("keep_alive_tmo=7", text)
        self.assertNotIn("ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n", text + seen.err("dry-run"))
        self.assertEqual(seen.out("dry-run.connected"), "")

    def test_wait_gives_usable_block_devices(self):
        record = self.result("connect", "connected")
        self.assertEqual(sorted(ns["nsid"] for ns in record["namespaces"]), [1, 2])
        self.assertEqual(seen.out("connect.nodes").split(), ["16777216", "16777216"])

    def test_a_second_time_changes_nothing(self):
        self.assertEqual(self.result("connect.again", "already_connected")["device"], self.data("connect")["device"])
        self.assertEqual(seen.rc("connect.again.text"), 0)
        self.assertIn(f"already connected to device: {self.data('connect')['device']}", seen.out("connect.again.text"))

    def test_a_second_port_is_a_second_path(self):
        other = self.result("connect.path", "connected")["device"]
        subsystems = [s for s in self.data("connect.path.subsys") if s["nqn"] == f"{NQN}:s1"]
        self.assertEqual([c["name"] for s in subsystems for c in s["controllers"]], [self.data("connect")["device"], other])

    def test_nvme_clis_spellings_reach_the_kernel(self):
        record = self.result("connect.spelling", "connected")
        self.assertEqual((record["header_digest"], record["data_digest"]), (True, True))
        found = dict(line.split() for line in seen.out("connect.spelling.sysfs").splitlines())
        # the kernel rounds ctrl_loss_tmo up to a multiple of reconnect_delay
        self.assertEqual(found, {"queue_count": "2", "sqsize": "63", "kato": "7", "reconnect_delay": "3", "ctrl_loss_tmo": "102"})

    def test_duplicate(self):
        self.assertNotEqual(self.result("connect.duplicate", "connected")["device"], self.data("connect.spelling")["device"])

    def test_an_address_is_one_however_it_is_written(self):
        device = self.result("connect.ipv6", "connected")["device"]
        self.assertEqual(self.result("connect.ipv6.again", "already_connected")["device"], device)

    def test_a_name(self):
        self.result("connect.name", "connected")

    def test_loop(self):
        device = self.result("connect.loop", "connected")["device"]
        self.assertEqual(self.result("connect.loop.again", "already_connected")["device"], device)

    def test_fibre_channel(self):
        record = self.result("fc", "connected")
        self.assertEqual(len(record["namespaces"]), 1)
        self.assertEqual(self.result("fc.again", "already_connected")["device"], record["device"])
        self.assertEqual(self.results("fc.all"), {("s1", None): "already_connected", ("s2", None): "connected"})
        self.assertEqual(self.results("fc.disconnect"), {("s1", None): "disconnected", ("s2", None): "disconnected"})

    def test_rdma(self):
        self.assertEqual(len(self.result("rdma", "connected")["namespaces"]), 1)
        self.assertEqual(self.results("rdma.all"), {("s1", "4420"): "already_connected", ("s2", "4420"): "connected"})
        self.assertEqual(set(self.results("rdma.disconnect").values()), {"disconnected"})

    def test_our_own_target(self):
        record = self.result("soft", "connected")
        self.assertEqual((record["header_digest"], len(record["namespaces"])), (True, 1))
        self.assertEqual(seen.rc("soft.io"), 0, seen.err("soft.io"))
        self.assertEqual([row["result"] for row in self.data("soft.all")], ["already_connected"])
        self.assertEqual([row["result"] for row in self.data("soft.disconnect")], ["disconnected"])


class Refused(Fabrics):
    def test_by_the_target(self):
        self.fails("wrong.nqn", 3, "no subsystem of that NQN", "discover")
        self.fails("wrong.port", 11, "nothing listens")
        self.fails("wrong.not-allowed", 4, "allowed hosts", "hostnqn")
        self.fails("host.other", 4, "allowed hosts")
        self.result("host.admitted", "connected")

    def test_by_the_kernel(self):
        self.fails("wrong.host", 10, "same host identifier")
        self.fails("wrong.hostid", 10, "same host NQN")
        self.fails("wrong.user", 4, "root")
        self.fails("wrong.tls", 4, "TLS key")

    def test_the_kernels_own_words_are_attached(self):
        self.fails("wrong.nqn", 3, "Connect Invalid Data Parameter, subsysnqn")
        self.fails("wrong.host", 10, "found same hostid")

    def test_before_anything_is_sent(self):
        self.fails("wrong.no-address", 2, "--traddr")
        self.fails("wrong.no-nqn", 2, "--nqn")
        self.fails("wrong.nqn-form", 2, "--nqn")
        self.fails("wrong.port-range", 2, "--trsvcid")
        self.fails("wrong.transport", 2, "--transport")
        self.fails("wrong.family", 2, "--traddr")


class Authentication(Fabrics):
    def test_one_way_and_mutual(self):
        for mode in ("one-way", "mutual"):
            record = self.result(f"auth.{mode}", "connected")
            self.assertIs(record["authenticated"], True, mode)
            self.assertEqual(len(record["namespaces"]), 1)

    def test_no_or_wrong_keys(self):
        self.fails("auth.none", 4, "key is missing", "--dhchap-secret")
        # the kernel now and then leaves a wrong key to its own timeout
        for probe in ("auth.wrong", "auth.wrong-ctrl"):
            self.assertIn(seen.rc(probe), (4, 7), seen.err(probe))
            self.assertIn("authentication", seen.err(probe))

    def test_a_broken_secret_is_not_sent(self):
        self.fails("auth.form", 2, "dhchap-secret")

    def test_secrets_from_everywhere(self):
        for way in ("env", "stdin", "keyring", "line"):
            self.assertIs(self.result(f"auth.by-{way}", "connected")["authenticated"], True, way)

    def test_on_the_command_line_it_warns(self):
        self.assertEqual(seen.rc("auth.argv"), 0)
        self.assertIn("other users", seen.err("auth.argv"))

    def test_a_target_that_does_not_ask_is_told(self):
        self.assertEqual(seen.rc("auth.not-asked"), 0)
        self.assertIn("did not ask for", seen.err("auth.not-asked"))

    def test_no_secret_is_ever_printed(self):
        for secret in (seen.directory / "secrets").read_text().split():
            body = secret.split(":")[2]
            for path in seen.directory.glob("*.*"):
                self.assertNotIn(body, path.read_text(errors="replace"), path.name)


class Disconnect(Fabrics):
    def test_nothing_matches(self):
        self.fails("disconnect.nothing", 3, "nobody")
        self.fails("disconnect.no-device", 3, "nvme77")
        self.fails("disconnect.no-target", 2)

    def test_without_rights(self):
        self.fails("disconnect.user", 4, "root")

    def test_selections(self):
        self.assertEqual({row["result"] for row in self.data("disconnect.dry-run")}, {"would_disconnect"})
        self.assertEqual(self.results("disconnect.device"), {("s1", "4420"): "disconnected"})
        self.assertEqual(self.results("disconnect.address"), {("s3", "4420"): "disconnected"})
        self.assertEqual(set(self.results("disconnect.nqn").values()), {"disconnected"})
        self.assertEqual(seen.out("disconnect.text"), f"NQN:{NQN}:s1 disconnected 1 controller(s)\n")

    def test_all(self):
        self.fails("disconnect-all.unconfirmed", 8, "--yes")
        self.assertEqual({row["result"] for row in self.data("disconnect-all.dry-run")}, {"would_disconnect"})
        self.assertEqual(self.results("disconnect-all.transport"), {("s1", "4420"): "disconnected", ("s2", "4421"): "disconnected"})
        self.assertEqual(seen.out("disconnect-all.left").split(), [f"{NQN}:s2", f"{NQN}:s3"])  # by nvme-loop
        self.assertEqual(set(self.results("disconnect-all")), {("s2", None), ("s3", None)})
        self.assertEqual(self.data("disconnect-all.again"), [])
        self.assertEqual(seen.out("disconnect-all.none"), "")

    def test_what_is_in_use_stays(self):
        for probe, how in (("mount", "mounted at /tmp/mnt"), ("swap", "swap"), ("dm", "held by dm-"), ("lvm", "storage"),
                           ("md", "held by md7")):
            self.fails(f"in-use.{probe}", 10, how)
            rows = json.loads(seen.out(f"in-use.{probe}"))["data"]
            self.assertEqual([row["result"] for row in rows], ["in_use"], probe)
            self.assertIn(how, json.dumps(rows[0]["uses"]), probe)
            self.assertEqual(seen.rc(f"in-use.{probe}.text"), 10)
            self.assertIn(how, seen.err(f"in-use.{probe}.text"))
        self.fails("in-use.all", 10, "mounted at /tmp/mnt")

    def test_a_mount_on_top_of_what_holds_it(self):
        self.assertIn("mounted at /tmp/mnt", seen.out("in-use.dm-mount"))

    def test_one_path_of_two_may_go(self):
        self.assertEqual(set(self.results("in-use.one-path").values()), {"disconnected"})
        self.fails("in-use.other-path", 10, "mounted at /tmp/mnt")

    def test_released_or_forced(self):
        self.assertEqual(set(self.results("in-use.released").values()), {"disconnected"})
        self.assertEqual(set(self.results("forced").values()), {"disconnected"})


class All(Fabrics):
    three = {("s1", "4420"), ("s2", "4420"), ("s3", "4420")}

    def test_dry_run(self):
        self.assertEqual(self.results("all.dry-run"), dict.fromkeys(self.three, "would_connect"))
        self.assertEqual(seen.out("all.dry-run.connected"), "")

    def test_filter(self):
        self.assertEqual(self.results("all.filter"), {("s2", "4420"): "connected"})
        self.fails("all.filter.none", 3, "filter")

    def test_the_rest_then_nothing(self):
        self.assertEqual(self.results("all"), {("s1", "4420"): "connected", ("s2", "4420"): "already_connected",
                                               ("s3", "4420"): "connected"})
        self.assertEqual([len(row["namespaces"]) for row in self.data("all")], [1, 1, 1])
        self.assertEqual(self.results("all.again"), dict.fromkeys(self.three, "already_connected"))
        self.assertEqual(seen.rc("all.again.text"), 0)
        self.assertEqual(seen.out("all.again.text").count("already_connected"), 3)

    def test_sources(self):
        self.assertEqual(set(self.results("all.uri")), {("s1", "4421"), ("s2", "4421"), ("s3", "4421")})
        self.assertEqual(self.results("all.conf"), dict.fromkeys(
            [(name, port) for name in ("s1", "s2", "s3") for port in ("4420", "4421")], "connected"))

    def test_nobody_there_or_no_rights(self):
        self.fails("all.dead", 11, "127.0.0.1:4499")
        self.fails("all.user", 4, "root")

    def test_some_fail(self):
        self.fails("auth.partial", 6)
        self.assertEqual(self.results("auth.partial"), {("s1", "4420"): "connected", ("auth", "4420"): "failed"})
        errors = json.loads(seen.out("auth.partial"))["errors"]
        self.assertEqual([error["kind"] for error in errors], ["permission"])

    def test_referrals_in_a_circle(self):
        both = [(name, port) for name in ("s1", "s2") for port in ("4420", "4421")]
        self.assertEqual(self.results("referral.loop"), dict.fromkeys(both, "connected"))
        self.assertEqual(len(self.data("referral.loop")), 4)
        self.assertEqual(set(self.results("referral.ignored")), {("s1", "4420"), ("s2", "4420")})

    def test_a_referral_to_nobody(self):
        self.fails("referral.dead", 6)
        self.assertEqual(self.results("referral.dead")[("", "4499")], "failed")
        self.assertEqual(seen.out("referral.dead.connected").split(), [f"{NQN}:s1", f"{NQN}:s2"])

    def test_a_referral_of_the_wrong_family(self):
        self.fails("referral.family", 6)
        self.assertIn("failed", self.results("referral.family").values())
        self.assertEqual(seen.out("referral.family.connected").split(), [f"{NQN}:s1", f"{NQN}:s2"])


class Vanishing(Fabrics):
    def test_while_it_is_away(self):
        device = self.result("vanish.connect", "connected")["device"]
        self.assertEqual(self.result("vanish.again", "already_connected")["device"], device)
        self.fails("vanish.other", 11, "nothing listens")

    def test_it_returns(self):
        self.assertEqual(seen.rc("vanish.returned"), 0, seen.err("vanish.returned"))
        self.assertEqual(set(self.results("vanish.disconnect").values()), {"disconnected"})

    def test_retry(self):
        self.assertEqual(set(self.results("vanish.retry").values()), {"connected"})


if __name__ == "__main__":
    unittest.main()
