"""Peers that break the transport: each gives one clear error, within the deadline and without much memory."""

import socket
import struct
import unittest

from harness import Case, run, unused_port
from peers import C2H_DATA, CAP, F_LAST, F_SUCCESS, NVM_NQN, Peer, Session, log_entry, trickle

SECONDS = 2
GRACE = 2


class Silent(Session):
    def opened(self):
        self.peer.hold()
        return True


class Closes(Session):
    def opened(self):
        return True


class Resets(Session):
    def opened(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return True


class Says(Session):
    """Answers with `words` whatever it is sent."""

    words = b""

    def opened(self):
        self.sock.recv(128)
        self.send(self.words)
        self.peer.hold(0.3)
        return True


class Http(Says):
    words = b"HTTP/1.1 400 Bad Request\r\nServer: example\r\nContent-Length: 0\r\n\r\n"


class Ssh(Says):
    words = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"


class Terminal(Says):
    words = b"\x1b]0;owned\x07\x1b[2Jlogin: " * 8


class Oversized(Says):
    words = struct.pack("<BBBBI", 1, 0, 128, 0, 0xFFFFFFFF).ljust(128, b"\0")


class UnknownType(Says):
    words = struct.pack("<BBBBI", 0x5A, 0, 128, 0, 128).ljust(128, b"\0")


class HostsType(Says):
    words = struct.pack("<BBBBI", 0, 0, 128, 0, 128).ljust(128, b"\0")


class Truncated(Says):
    words = struct.pack("<BBBBI", 1, 0, 128, 0, 128).ljust(60, b"\0")


class ShortHeader(Says):
    words = struct.pack("<BBBBI", 1, 0, 8, 0, 8).ljust(128, b"\0")


class Zeroes(Says):
    words = bytes(4096)


class WrongVersion(Session):
    def ic_resp(self):
        return struct.pack("<BBBBIHBBI", 1, 0, 128, 0, 128, 1, 0, 0, 131072).ljust(128, b"\0")


class TinyH2c(Session):
    def ic_resp(self):
        return struct.pack("<BBBBIHBBI", 1, 0, 128, 0, 128, 0, 0, 0, 16).ljust(128, b"\0")


class HugeAlignment(Session):
    def ic_resp(self):
        return struct.pack("<BBBBIHBBI", 1, 0, 128, 0, 128, 0, 255, 0, 131072).ljust(128, b"\0")


class UninvitedDigest(Session):
    def agree(self, header_digest, data_digest):
        return True, True


class RefusesDigests(Session):
    def agree(self, header_digest, data_digest):
        return False, False


class BadHeaderDigest(Session):
    def spoil_header(self, digest):
        return digest ^ 1


class BadDataDigest(Session):
    def spoil_data(self, digest):
        return digest ^ 0x80000000


class DigestLess(Session):
    """Agrees to digests and then leaves them out."""

    def start(self, header_digest, data_digest):
        super().start(header_digest, data_digest)
        self.header_digest = self.data_digest = False


class NeverReady(Session):
    def csts(self):
        return 0


class NeverReadySlowly(NeverReady):
    """Allows itself 127 s."""

    def __init__(self, peer, sock):
        super().__init__(peer, sock)
        self.registers[CAP] |= 0xFF << 24


class Fatal(Session):
    def csts(self):
        return 2


class SilentAfterConnect(Session):
    def connect(self, sqe, data):
        self.peer.hold()
        return 0, 1


class TrickledHeader(Session):
    def start(self, header_digest, data_digest):
        trickle(self, self.ic_resp())


class TrickledPage(Session):
    def send_page(self, cid, page):
        whole = self.pdu(C2H_DATA, F_LAST | F_SUCCESS, struct.pack("<HHIII", cid, 0, 0, len(page), 0), page)
        trickle(self, whole)


class ClosesInPage(Session):
    def send_page(self, cid, page):
        self.send(self.pdu(C2H_DATA, F_LAST, struct.pack("<HHIII", cid, 0, 0, len(page), 0), page)[:300])
        self.sock.shutdown(socket.SHUT_RDWR)


class BeyondBuffer(Session):
    def send_page(self, cid, page):
        self.send_data(cid, page + b"x" * 4096)


class HugeDataHeader(Session):
    def send_page(self, cid, page):
        body = struct.pack("<HHIII", cid, 0, 0, 0xFFFFFF00, 0)
        self.send(struct.pack("<BBBBI", C2H_DATA, F_LAST, 24, 24, 0xFFFFFF18) + body + b"y" * 65536)
        self.peer.hold()


class Overlapping(Session):
    def send_page(self, cid, page):
        self.send_data(cid, page[:512], 0, 0)
        self.send_data(cid, page[256:], 256)


class OutOfOrder(Session):
    def send_page(self, cid, page):
        self.send_data(cid, page[512:], 512, 0)
        self.send_data(cid, page[:512], 0)


class Incomplete(Session):
    """A completion before the last data, without an error status."""

    def send_page(self, cid, page):
        self.send_data(cid, page[:512], 0, 0)
        self.respond(cid)


class AfterLast(Session):
    def send_page(self, cid, page):
        self.send_data(cid, page[:512], 0, F_LAST)
        self.send_data(cid, page[512:], 512, F_LAST)


class DataForNobody(Session):
    def send_page(self, cid, page):
        self.send_data(0x7777, page)


class ResponseForNobody(Session):
    def send_page(self, cid, page):
        self.respond(0xFFFE)


class LengthsDiffer(Session):
    """DATAL says one thing, PLEN another."""

    def send_page(self, cid, page):
        body = struct.pack("<HHIII", cid, 0, 0, 16, 0)
        self.send(struct.pack("<BBBBI", C2H_DATA, F_LAST, 24, 24, 24 + len(page)) + body + page)


class AsksForData(Session):
    """R2T for a command that has nothing to send."""

    def send_page(self, cid, page):
        self.send(self.pdu(9, 0, struct.pack("<HHIII", cid, 1, 0, 0x10000000, 0)))


class Terminates(Session):
    def send_page(self, cid, page):
        self.send(self.pdu(3, 0, struct.pack("<HI", 1, 8).ljust(16, b"\0"), bytes(72)))


class BadPeers(Case):
    def meets(self, session, kind, code, *options, says="", records=None):
        with Peer(session, records=records or [log_entry()]) as peer:
            words = ["discover", peer.uri, "--timeout", f"{SECONDS}s", *options]
            shown = run(*words)
            self.assert_text_error(shown, code)
            self.assertIn("\nhint: ", shown.err, str(shown))
            result = run(*words, "-o", "json")
            error = self.assert_json_error(result, kind, code)
            self.assertTrue(error["hint"], str(error))
            self.assertIn(str(peer.port), error["device"] or error["message"], str(error))
            for one in (shown, result):
                self.assertLess(one.seconds, SECONDS + GRACE, str(one))
            self.assertIn(says, shown.err)
            self.assertEqual(peer.failures, [])
            return error, peer

    def test_ports_that_do_not_speak_nvme(self):
        for session, kind, code, says in ((Silent, "timeout", 7, "8009"), (Closes, "refused", 11, "8009"),
                                          (Resets, "refused", 11, ""), (Http, "protocol", 11, "HTTP"),
                                          (Ssh, "protocol", 11, "SSH"), (Terminal, "protocol", 11, "8009"),
                                          (Zeroes, "protocol", 11, "8009")):
            with self.subTest(session.__name__):
                self.meets(session, kind, code, says=says)

    def test_first_answers_that_are_malformed(self):
        for session, kind, code in ((Oversized, "protocol", 11), (UnknownType, "protocol", 11),
                                    (HostsType, "protocol", 11), (Truncated, "refused", 11),
                                    (ShortHeader, "protocol", 11), (WrongVersion, "protocol", 11),
                                    (TinyH2c, "protocol", 11), (HugeAlignment, "protocol", 11),
                                    (UninvitedDigest, "protocol", 11)):
            with self.subTest(session.__name__):
                self.meets(session, kind, code)

    def test_digests(self):
        for session, kind, code, says in ((RefusesDigests, "unsupported", 5, "digest"),
                                          (BadHeaderDigest, "protocol", 11, "header digest"),
                                          (BadDataDigest, "transport", 11, "data digest"),
                                          (DigestLess, "protocol", 11, "digest")):
            with self.subTest(session.__name__):
                self.meets(session, kind, code, "--hdr-digest", "--data-digest", says=says)

    def test_digests_that_are_right_are_accepted(self):
        for options in (["-g"], ["-G"], ["-g", "-G"]):
            with self.subTest(options), Peer(records=[log_entry()]) as peer:
                self.assertIn(NVM_NQN, self.ok("discover", peer.uri, *options).out)

    def test_controllers_that_do_not_start(self):
        for session, kind, code, says in ((NeverReady, "timeout", 7, "ready"),
                                          (NeverReadySlowly, "timeout", 7, "ready"), (Fatal, "device", 9, "fatal"),
                                          (SilentAfterConnect, "timeout", 7, "Connect")):
            with self.subTest(session.__name__):
                self.meets(session, kind, code, says=says)

    def test_slow_peers_meet_the_deadline(self):
        for session in (TrickledHeader, TrickledPage):
            with self.subTest(session.__name__):
                self.meets(session, "timeout", 7)

    def test_data_that_does_not_fit_its_command(self):
        for session, kind in ((ClosesInPage, "refused"), (BeyondBuffer, "protocol"), (HugeDataHeader, "protocol"),
                              (Overlapping, "protocol"), (OutOfOrder, "protocol"), (Incomplete, "protocol"),
                              (AfterLast, "protocol"), (DataForNobody, "protocol"), (ResponseForNobody, "protocol"),
                              (LengthsDiffer, "protocol"), (AsksForData, "protocol"), (Terminates, "protocol")):
            with self.subTest(session.__name__):
                self.meets(session, kind, 11)

    def test_the_peer_is_told_what_it_did_wrong(self):
        """H2CTermReq with the fatal error status: TCP Transport Specification 1.0, section 3.5."""
        for session, status in ((DataForNobody, 1), (BeyondBuffer, 4)):
            with self.subTest(session.__name__):
                _, peer = self.meets(session, "protocol", 11)
                self.assertEqual(set(peer.terminated), {status})

    def test_a_controller_is_shut_down_and_disabled_by_nobody(self):
        with Peer() as peer:
            self.ok("discover", peer.uri)
            self.assertEqual(peer.opcodes[0], 0x7F01)
            self.assertEqual(peer.opcodes.count(0x7F00), 2, "enable, shutdown notification")

    def test_data_in_several_pdus_is_put_together(self):
        class Pieces(Session):
            def send_page(self, cid, page):
                for at in range(0, len(page), 100):
                    last = at + 100 >= len(page)
                    self.send_data(cid, page[at:at + 100], at, F_LAST | F_SUCCESS if last else 0)

        with Peer(Pieces, records=[log_entry(port=p) for p in range(1, 20)]) as peer:
            self.assertEqual(len(self.ok("discover", peer.uri, "-o", "json").json["data"]["records"]), 19)


class BadAddresses(Case):
    def test_nobody_listens(self):
        port = unused_port()
        error = self.fails(["discover", f"tcp://127.0.0.1:{port}"], "refused", 11, says="8009")
        self.assertEqual((error["errno"], error["operation"]), (111, "connect"))
        self.fails(["id-ctrl", f"tcp://127.0.0.1:{port}/{NVM_NQN}"], "refused", 11)
        self.fails(["list", f"tcp://127.0.0.1:{port}"], "refused", 11)
        self.fails(["list-subsys", f"tcp://127.0.0.1:{port}"], "refused", 11)

    def test_unknown_host(self):
        result = run("discover", "tcp://no-such-host.invalid", "--timeout", "2s", "-o", "json")
        self.assertIn((result.error["kind"], result.code), {("not_found", 3), ("transport", 11), ("timeout", 7)})
        self.assert_json_error(result, result.error["kind"], result.code)
        self.assertTrue(result.error["hint"])
        self.assertLess(result.seconds, SECONDS + GRACE)

    def test_addresses_that_are_none(self):
        for address in ("tcp://", "tcp://:4420", "tcp://127.0.0.1:", "tcp://127.0.0.1:0", "tcp://127.0.0.1:65536",
                        "tcp://127.0.0.1:x", "tcp://[::1", "tcp://[::1]x", "http://127.0.0.1", "tcp://a\x1b[2Jb"):
            with self.subTest(address):
                self.fails(["discover", address], "usage", 2)

    def test_brackets_are_for_ipv6(self):
        self.fails(["discover", "tcp://[127.0.0.1]:4420"], "usage", 2)
        self.fails(["discover", "tcp://[localhost]:4420"], "usage", 2)

    def test_link_local_without_its_interface(self):
        error = self.fails(["discover", "tcp://[fe80::1]:4420"], "usage", 2, says="%IFACE")
        self.assertIn("lo", error["hint"])
        self.fails(["discover", "tcp://[fe80::1%nosuchif]:4420"], "not_found", 3, says="nosuchif")

    def test_names_of_subsystems(self):
        long_name = "nqn.2024-01.org.example:" + "x" * 200
        self.assertEqual(len(long_name), 224)
        self.fails(["id-ctrl", f"tcp://127.0.0.1/{long_name}"], "usage", 2, says="223")
        self.fails(["id-ctrl", "tcp://127.0.0.1/not-an-nqn"], "usage", 2)
        self.fails(["discover", "tcp://127.0.0.1", "--nqn", long_name], "usage", 2, says="223")
        with Peer() as peer:
            self.ok("id-ctrl", f"{peer.uri}/{long_name[:223]}")

    def test_hosts_identity(self):
        with Peer() as peer:
            own = "nqn.2024-01.org.example:host"
            self.ok("discover", peer.uri, "-q", own, "-I", "11111111-2222-3333-4444-555555555555")
            self.assertEqual(peer.hosts, [own])
            self.fails(["discover", peer.uri, "--hostnqn", "nqn.2024-01.org.example:" + "h" * 200], "usage", 2)
            self.fails(["discover", peer.uri, "--hostid", "not-a-uuid"], "usage", 2, says="UUID")
            self.assertEqual(peer.hosts, [own])

    def test_local_devices_that_are_not_there(self):
        for command in ("id-ctrl", "smart-log", "list-ns", "fw-log", "error-log"):
            with self.subTest(command):
                self.fails([command, "/dev/nvme987"], "not_found", 3)
        self.fails(["id-ns", "nvme987n1"], "not_found", 3)
        self.fails(["id-ctrl", "/dev/null"], "unsupported", 5)


if __name__ == "__main__":
    unittest.main()
