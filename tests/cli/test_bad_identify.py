"""Controllers that lie about themselves and their namespaces."""

import struct
import unittest

from harness import CONTROL, Case, run
from peers import NVM_NQN, Peer, Session, identify_controller, identify_namespace, log_entry


class EndlessNamespaces(Session):
    """Every page of the active namespace list is full, up to the last number there is."""

    def identify(self, cns, nsid):
        if cns != 2:
            return super().identify(cns, nsid)
        last = min(nsid + 1024, 0xFFFFFFFE)
        return b"".join(struct.pack("<I", n) for n in range(nsid + 1, last + 1)).ljust(4096, b"\0")


class BackwardNamespaces(Session):
    """A list that goes back: asked for what follows 5, it begins with 1 again."""

    def identify(self, cns, nsid):
        if cns != 2:
            return super().identify(cns, nsid)
        return b"".join(struct.pack("<I", n) for n in range(1, 1025))


class EmptyDescriptors(Session):
    """Descriptors of length 0, which a reader must not walk for ever."""

    def identify(self, cns, nsid):
        return struct.pack("<BBH", 3, 0, 0) * 1024 if cns == 3 else super().identify(cns, nsid)


class LongDescriptors(Session):
    def identify(self, cns, nsid):
        return (struct.pack("<BBH", 1, 255, 0) + b"\xff" * 4092) if cns == 3 else super().identify(cns, nsid)


class HugeBlocks(Session):
    """LBADS 255, sizes of 2^64 - 1, a format that is not in the table."""

    def identify(self, cns, nsid):
        if cns != 0:
            return super().identify(cns, nsid)
        page = bytearray(identify_namespace())
        struct.pack_into("<QQQ", page, 0, *[2**64 - 1] * 3)
        page[25], page[26] = 63, 0x6F
        for at in range(128, 384, 4):
            struct.pack_into("<I", page, at, 0xFFFFFFFF)
        return bytes(page)


class NoBlocks(Session):
    """LBADS 0: the format is not available."""

    def identify(self, cns, nsid):
        page = bytearray(identify_namespace())
        struct.pack_into("<I", page, 128, 0)
        return bytes(page) if cns == 0 else super().identify(cns, nsid)


class AllOnes(Session):
    def identify(self, cns, nsid):
        return b"\xff" * 4096


class StrangeLimits(Session):
    """MDTS, MAXCMD, IOCCSZ and ICDOFF at their ends."""

    limits = (255, 0xFFFF, 0xFFFFFFFF, 0xFFFF)

    def identify(self, cns, nsid):
        if cns != 1:
            return super().identify(cns, nsid)
        page = bytearray(identify_controller(1, NVM_NQN))
        page[77] = self.limits[0]
        struct.pack_into("<H", page, 514, self.limits[1])
        struct.pack_into("<IIH", page, 1792, self.limits[2], 1, self.limits[3])
        return bytes(page)


class SmallLimits(StrangeLimits):
    limits = (1, 1, 0, 0)


class WidestQueues(Session):
    def __init__(self, peer, sock):
        super().__init__(peer, sock)
        self.registers[0] = 0xFFFFFFFFFFFFFFFF


class NarrowestQueues(Session):
    def __init__(self, peer, sock):
        super().__init__(peer, sock)
        self.registers[0] = 0


class ShortPage(Session):
    """Ends Identify after 100 bytes, with success."""

    def send_page(self, cid, page):
        self.send_data(cid, page[:100])
        self.respond(cid)


class Identify(Case):
    def with_peer(self, session, *words, path=f"/{NVM_NQN}"):
        with Peer(session) as peer:
            peer.records = [log_entry(port=peer.port)]
            result = run(words[0], peer.uri + path, *words[1:], "--timeout", "2s")
            self.assert_sane(result)
            self.assertLess(result.seconds, 4, str(result))
            self.assertIsNone(CONTROL.search(result.out))
            self.assertEqual(peer.failures, [])
            return result, peer

    def test_lists_of_namespaces_that_do_not_end(self):
        for session in (EndlessNamespaces, BackwardNamespaces):
            for command in ("list", "list-ns"):
                with self.subTest(session.__name__, command=command):
                    result, _ = self.with_peer(session, command)
                    self.assertIn(result.code, (6, 7, 11), str(result)[:1000])
                    self.assert_text_error(result, result.code)
                    self.assertIn("\nhint: ", result.err)

    def test_descriptors(self):
        for session in (EmptyDescriptors, LongDescriptors, AllOnes):
            with self.subTest(session.__name__):
                result, _ = self.with_peer(session, "ns-descs", "-n", "1")
                self.assertIn(result.code, (0, 11), str(result))
                result, _ = self.with_peer(session, "list", "-o", "json")
                self.assertIn(result.code, (0, 6, 11), str(result))

    def test_sizes(self):
        for session in (HugeBlocks, NoBlocks):
            for words in (["list"], ["list", "-v"], ["list", "-o", "json"]):
                with self.subTest(session.__name__, words=words):
                    result, _ = self.with_peer(session, *words)
                    self.assertEqual(result.code, 0, str(result))
            result, _ = self.with_peer(session, "list", "-o", "json")
            space = result.json["data"]["namespaces"][0]
            self.assertIsNone(space["size_bytes"], "no number of bytes can be told")
            result, _ = self.with_peer(session, "id-ns", "-n", "1", "-o", "json")
            self.assertEqual(result.code, 0)

    def test_limits_at_their_ends(self):
        for session in (StrangeLimits, SmallLimits, WidestQueues, NarrowestQueues):
            for words in (["id-ctrl"], ["list"], ["id-ns", "-n", "1"]):
                with self.subTest(session.__name__, words=words):
                    result, _ = self.with_peer(session, *words)
                    self.assertIn(result.code, (0, 11), str(result))
            with self.subTest(session.__name__):
                words = ["io-passthru", "-O", "1", "-l", "65536", "--yes", "-n", "1"]
                result, _ = self.with_peer(session, *words)
                self.assertIn(result.code, (0, 7, 9, 11), str(result))

    def test_short_pages(self):
        for command in (["id-ctrl"], ["id-ns", "-n", "1"], ["list-ns"], ["ns-descs", "-n", "1"], ["list"]):
            with self.subTest(command):
                result, _ = self.with_peer(ShortPage, *command)
                self.assertEqual(result.code, 11, str(result))
                self.assertIn("\nhint: ", result.err)

    def test_all_ones_are_only_numbers(self):
        for form in ("table", "wide", "json"):
            result, _ = self.with_peer(AllOnes, "id-ctrl", "-o", form)
            self.assertEqual(result.code, 0, str(result)[:500])
        result, _ = self.with_peer(AllOnes, "id-ns", "-n", "1", "-o", "json")
        self.assertEqual(result.json["data"]["size_blocks"], 2**64 - 1)

    def test_lengths_asked_for_are_bounded(self):
        with Peer() as peer:
            device = f"{peer.uri}/{NVM_NQN}"
            self.fails(["get-log", device, "-i", "0x70", "-l", "4294967295"], "usage", 2)
            result = run("get-log", device, "-i", "0x70", "-l", "1073741824", "--timeout", "2s")
            self.assert_sane(result)
            self.assertEqual(len(peer.log_reads), 1, "what ends early is not asked for on and on")


if __name__ == "__main__":
    unittest.main()
