"""Discovery logs and identify pages that lie, and Connect refused: the peer keeps the transport's rules here."""

import struct
import unittest
from pathlib import Path

from harness import CONTROL, Case, run, unpack
from peers import NVM_NQN, Peer, Session, log_entry

EVIL = "\x1b[2J\x1b]0;owned\x07\r\n\x9b31m\u202eevil"


class Moves(Session):
    """The generation moves with every read, `limit` times."""

    limit = 10**9

    def discovery_log(self, offset, length):
        answer = super().discovery_log(offset, length)
        self.peer.generation += 1 if self.peer.generation <= self.limit else 0
        return answer


class MovesTwice(Moves):
    limit = 2


class Restarts(Session):
    """Discover Restart instead of a moved generation: Base Specification 2.0d, figure 98."""

    def discovery_log(self, offset, length):
        return 0x190 if len(self.peer.log_reads) == 2 else super().discovery_log(offset, length)


class Claims(Session):
    """A header with as many records as the peer's identity says."""

    claimed = 1 << 60

    def log_header(self):
        return struct.pack("<QQH", 1, self.claimed, 0).ljust(1024, b"\0")


class ClaimsTwoMore(Claims):
    claimed = 3


class ClaimsSixtyThousand(Claims):
    claimed = 60_000


class AnswersErrorBehindTheEnd(ClaimsTwoMore):
    def discovery_log(self, offset, length):
        return 0x4002 if offset + length > 2048 else super().discovery_log(offset, length)


class UnknownFormat(Session):
    def log_header(self):
        return struct.pack("<QQH", 1, 1, 7).ljust(1024, b"\0")


class EmptyPage(Session):
    def send_page(self, cid, page):
        self.respond(cid)


class NoLog(Session):
    def discovery_log(self, offset, length):
        return 0x4109


class NoIdentify(Session):
    def identify(self, cns, nsid):
        return 0x4006


class Refuses(Session):
    answer = (0, 0)

    def connect(self, sqe, data):
        return self.answer


def refusing(status, result=0):
    return type(f"Refuses{status:x}", (Refuses,), {"answer": (status, result)})


class BadLogs(Case):
    def meets(self, session, kind, code, *, records=None, says="", command="discover", path=""):
        with Peer(session, records=[log_entry()] if records is None else records) as peer:
            words = [command, peer.uri + path, "--timeout", "2s"]
            shown = run(*words)
            result = run(*words, "-o", "json")
            self.assert_text_error(shown, code)
            error = self.assert_json_error(result, kind, code)
            self.assertTrue(error["hint"], str(error))
            self.assertIn(str(peer.port), (error["device"] or "") + error["message"], str(error))
            self.assertIn(says, shown.err)
            self.assertLess(max(shown.seconds, result.seconds), 4)
            self.assertEqual(peer.failures, [])
            return error, peer

    def test_a_log_that_never_settles(self):
        _, peer = self.meets(Moves, "busy", 10, says="changed 10 times")
        self.assertLess(len(peer.log_reads), 100)

    def test_a_log_that_settles(self):
        for session in (MovesTwice, Restarts):
            with self.subTest(session.__name__), Peer(session, records=[log_entry(port=n) for n in (1, 2)]) as peer:
                document = self.ok("discover", peer.uri, "--json").json
                self.assertEqual(len(document["data"]["records"]), 2)
                self.assertEqual(document["data"]["logs"][0]["generation"], peer.generation)

    def test_claims(self):
        for session, kind, code, says in ((Claims, "protocol", 11, "1152921504606846976"),
                                          (ClaimsTwoMore, "protocol", 11, "shorter"),
                                          (ClaimsSixtyThousand, "protocol", 11, "shorter"),
                                          (AnswersErrorBehindTheEnd, "device", 9, ""),
                                          (UnknownFormat, "protocol", 11, "7"), (EmptyPage, "protocol", 11, "")):
            with self.subTest(session.__name__):
                self.meets(session, kind, code, says=says)

    def test_statuses_of_any_command_name_the_device(self):
        with Peer() as peer:
            uri = f"{peer.uri}/{NVM_NQN}"
            for words in (["smart-log", uri], ["get-log", uri, "-i", "2", "-l", "512"], ["fw-log", uri],
                          ["error-log", uri]):
                with self.subTest(words[0]):
                    error = self.fails(words, "device", 9, hint=False)
                    self.assertEqual(error["device"], uri, str(error))

    def test_statuses_are_named(self):
        error, _ = self.meets(NoLog, "device", 9)
        self.assertEqual((error["nvme"]["sct"], error["nvme"]["sc"], error["nvme"]["dnr"]), (1, 9, True))
        self.assertEqual(error["nvme"]["name"], "Invalid Log Page")
        error, _ = self.meets(NoIdentify, "device", 9)
        self.assertEqual((error["nvme"]["sct"], error["nvme"]["sc"]), (0, 6))

    def test_an_nqn_without_an_end(self):
        self.meets(Session, "protocol", 11, records=[log_entry(b"nqn." + b"x" * 252)], says="223")

    def test_connect_refused(self):
        in_data = 0x10000
        for status, result, kind, code in ((0x184, 0, "permission", 4), (0x181, 0, "busy", 10),
                                           (0x182, in_data | 256, "not_found", 3),
                                           (0x182, in_data | 512, "permission", 4), (0x182, 46, "device", 9),
                                           (0x180, 0, "device", 9), (0x191, 0, "permission", 4),
                                           (0x006, 0, "device", 9)):
            with self.subTest(hex(status), result=result):
                error, peer = self.meets(refusing(status, result), kind, code, path=f"/{NVM_NQN}", command="id-ctrl")
                self.assertEqual((error["nvme"]["sct"], error["nvme"]["sc"]), (status >> 8, status & 0xFF))
                self.assertEqual(error["operation"], "Connect")
                self.assertEqual(set(peer.opcodes), {0x7F01}, "nothing is asked of a controller that there is not")

    def test_a_controller_that_wants_authentication(self):
        self.meets(refusing(0, 0x20001), "permission", 4, says="authenticat")

    def test_no_records(self):
        with Peer(records=[]) as peer:
            self.assertEqual(self.ok("discover", peer.uri, "-o", "json").json["data"]["records"], [])
            self.assertIn("Number of Records 0", self.ok("discover", peer.uri).out)
            self.assertEqual(self.ok("discover", peer.uri, "-o", "value").out, "")
            self.assertEqual(self.ok("discover", peer.uri, "-o", "ndjson").out, "")
            self.assertEqual(self.ok("discover", peer.uri, "-o", "csv").out.count("\n"), 1)

    def test_ten_thousand_records(self):
        records = [log_entry(f"nqn.2024-01.org.example:s{n}", f"10.0.{n >> 8}.{n & 255}") for n in range(10_000)]
        with Peer(records=records) as peer:
            result = self.ok("discover", peer.uri, "-o", "json", bounded=False)
            found = result.json["data"]["records"]
            self.assertEqual(len(found), 10_000)
            self.assertEqual([r["subsystem_nqn"] for r in found],
                             [f"nqn.2024-01.org.example:s{n}" for n in range(10_000)])
            self.assertLess(len(peer.log_reads), 150, "128 KiB at a time")
            read = sum(length for _, length in peer.log_reads)
            self.assertLess(read, 10_010 * 1024, "nothing is read twice")
            self.assertEqual(len(self.ok("discover", peer.uri, "-o", "value", bounded=False).out.splitlines()), 10_000)


class HostileText(Case):
    """Strings of a target reach the output without control characters, in every format."""

    formats = ("table", "wide", "json", "ndjson", "csv", "value")

    def clean(self, *words, code=0):
        for form in self.formats:
            with self.subTest(words[0], form=form):
                result = run(*words, "-o", form)
                self.assertEqual(result.code, code, str(result))
                self.assertIsNone(CONTROL.search(result.out), f"{form}: {result.out[:600]!r}")
                self.assert_sane(result)

    def test_discovery_records(self):
        records = [log_entry(EVIL, EVIL, EVIL.encode()), log_entry(b"\xff" * 200, b"\xfe" * 256, b"\x80" * 32),
                   log_entry(b"", b"", b""), log_entry(trtype=200, adrfam=77, subtype=99),
                   log_entry("a\tb\nc,\"d\"", "x" * 256, b"9" * 32)]
        with Peer(records=records) as peer:
            self.clean("discover", peer.uri, "--no-referrals")
            value = self.ok("discover", peer.uri, "-o", "value", "--fields", "subnqn,traddr,trsvcid").out
            self.assertEqual([line.count("\t") for line in value.splitlines()], [2] * 5)
            names = [r["subsystem_nqn"] for r in self.ok("discover", peer.uri, "-o", "json").json["data"]["records"]]
            self.assertIn("\\x1b[2J", names[0])

    def test_referral_addresses(self):
        with Peer(records=[log_entry(EVIL, EVIL, EVIL.encode(), subtype=1)]) as peer:
            self.clean("discover", peer.uri)

    def test_identify(self):
        evil = {"serial": "\x1b[31mSN\x07", "model": EVIL, "firmware": "\x00\x1b\x07\x9b"}
        with Peer(identity=evil) as peer:
            uri = f"{peer.uri}/{NVM_NQN}"
            self.clean("id-ctrl", uri)
            self.clean("list", uri)
            self.clean("list-subsys", uri)
            self.assertIsNone(CONTROL.search(self.ok("list", "-v", uri).out))
            self.assertIsNone(CONTROL.search(self.ok("id-ctrl", "-v", uri).out))

    def test_captured_files(self):
        root = unpack("pcie", self.folder() / "t")
        for name in ("model", "serial", "firmware_rev", "subsysnqn", "state", "address", "transport", "iopolicy",
                     "wwid"):
            for file in Path(root).rglob(name):
                if file.is_file() and not file.is_symlink():
                    file.write_bytes(EVIL.encode() + b"\xff\n")
        for words in (["list"], ["list", "-v"], ["list-subsys"]):
            self.clean(*words, "--sysroot", root)

    def test_captured_numbers_that_are_none(self):
        root = unpack("pcie", self.folder() / "t")
        for name in ("nsid", "size", "cntlid", "queue_depth", "nuse", "csi", "metadata_bytes", "logical_block_size"):
            for file in Path(root).rglob(name):
                if file.is_file() and not file.is_symlink():
                    file.write_bytes(b"99999999999999999999999999\n")
        for words in (["list"], ["list", "-v"], ["list-subsys"]):
            self.clean(*words, "--sysroot", root)

    def test_strings_without_an_end(self):
        full = {"serial": b"S" * 20, "model": b"M" * 40, "firmware": b"F" * 8}
        with Peer(identity=full) as peer:
            data = self.ok("id-ctrl", f"{peer.uri}/{NVM_NQN}", "-o", "json").json["data"]
            self.assertEqual((data["serial_number"], data["model_number"], data["firmware_revision"]),
                             ("S" * 20, "M" * 40, "F" * 8))

    def test_names_on_the_command_line_come_back_harmless(self):
        for words in (["\x1b[2J"], ["list", "--\x1b[2J"], ["id-ctrl", "/dev/\x1b[2J"], ["list", "--fields", "\x1b[2J"],
                      ["list", "-o", "\x1b[2J"], ["help", "\x1b[2J"], ["schema", "\x1b[2J"], ["target", "\x1b[2J"],
                      ["discover", "-t", "\x1b[2J"], ["list", "--backend", "\x1b[2J"], ["list", "--color", "\x1b[2J"],
                      ["list", "--sysroot", "/tmp/\x1b[2J"], ["plugin", "check", "/tmp/\x1b[2J"],
                      ["target", "serve", "--config", "/\x1b[2J"], ["target", "serve", "--file", "/\x1b[2J/x"],
                      ["io-passthru", "nvme0", "-O", "1", "-i", "/\x1b[2J"], ["list", "--timeout", "\x1b[2J"]):
            with self.subTest(words):
                result = run(*words)
                self.assertNotEqual(result.code, 0)
                self.assert_sane(result)
                self.assert_sane(run(*words, "--json"))


if __name__ == "__main__":
    unittest.main()
