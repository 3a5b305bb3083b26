"""A scripted NVMe/TCP controller, written from the specifications and from nothing else in this repository.

It answers as a discovery controller or as an NVM subsystem with one namespace; sessions override one hook to lie.
NVM Express Base Specification 2.0d, TCP Transport Specification 1.0.
"""

import socket
import struct
import threading
import time

from crc32c import crc32c

DISCOVERY_NQN = "nqn.2014-08.org.nvmexpress.discovery"
NVM_NQN = "nqn.2024-01.org.example:peer"

IC_REQ, IC_RESP, H2C_TERM, C2H_TERM, CAPSULE_CMD, CAPSULE_RESP, H2C_DATA, C2H_DATA = range(8)
F_HDGST, F_DDGST, F_LAST, F_SUCCESS = 1, 2, 4, 8
CAP, VS, CC, CSTS = 0x00, 0x08, 0x14, 0x1C
REFERRAL, NVM, CURRENT = 1, 2, 3


class Gone(Exception):
    """The host closed the connection."""


def text(value, width, filler=b" "):
    data = value if isinstance(value, bytes) else value.encode()
    return data[:width] + filler * (width - len(data))


def log_entry(nqn=NVM_NQN, address="127.0.0.1", port=4420, subtype=NVM, trtype=3, adrfam=1):
    """Discovery Log Page Entry, Base Specification 2.0d, figure 295."""
    head = struct.pack("<BBBBHHHH", trtype, adrfam, subtype, 4, 1, 0xFFFF, 32, 0).ljust(32, b"\0")
    entry = head + text(str(port) if not isinstance(port, bytes) else port, 32)
    return (entry.ljust(256, b"\0") + text(nqn, 256, b"\0") + text(address, 256)).ljust(1024, b"\0")


def identify_controller(cntrltype, nqn, serial="PEER0001", model="Scripted peer", firmware="1.0"):
    page = bytearray(4096)
    page[4:24], page[24:64], page[64:72] = text(serial, 20), text(model, 40), text(firmware, 8)
    page[77] = 5                                    # MDTS: 128 KiB
    struct.pack_into("<HI", page, 78, 1, 0x20000)   # CNTLID, VER 2.0
    page[111] = cntrltype
    page[261] = 4                                   # LPA: extended data for Get Log Page
    struct.pack_into("<H", page, 320, 10)           # KAS
    struct.pack_into("<BBHI", page, 512, 0x66, 0x44, 128, 1)  # SQES, CQES, MAXCMD, NN
    struct.pack_into("<I", page, 536, 0x300001)     # SGLS
    page[768:1024] = text(nqn, 256, b"\0")
    struct.pack_into("<IIH", page, 1792, 68, 1, 0)  # IOCCSZ: 1 KiB in the capsule, IORCSZ, ICDOFF
    return bytes(page)


def identify_namespace(blocks=2048):
    page = bytearray(4096)
    struct.pack_into("<QQQ", page, 0, blocks, blocks, 0)
    struct.pack_into("<I", page, 128, 9 << 16)      # LBAF 0: 512 bytes
    return bytes(page)


class Session:
    """One connection. Hooks are methods; `self.peer` is shared by all connections of a server."""

    nqn_type = {DISCOVERY_NQN: 2}

    def __init__(self, peer, sock):
        self.peer, self.sock = peer, sock
        self.header_digest = self.data_digest = False
        self.registers = {CAP: 0x0000_0020_0100_007F | (1 << 16), VS: 0x20000, CC: 0, CSTS: 0}
        self.nqn, self.queue = DISCOVERY_NQN, 0

    # What a lying session overrides -------------------------------------------------------------------------------

    def opened(self):
        """Before anything is read; True ends the session."""
        return False

    def agree(self, header_digest, data_digest):
        return header_digest, data_digest

    def ic_resp(self):
        digests = self.header_digest | self.data_digest << 1
        return struct.pack("<BBBBIHBBI", IC_RESP, 0, 128, 0, 128, 0, 0, digests, 131072).ljust(128, b"\0")

    def connect(self, sqe, data):
        """(status, result) of Connect; a status is SCT << 8 | SC."""
        return 0, 1

    def csts(self):
        cc = self.registers[CC]
        return (cc & 1) | (0x8 if cc >> 14 & 3 else 0)

    def log_header(self):
        return struct.pack("<QQH", self.peer.generation, len(self.peer.records), 0).ljust(1024, b"\0")

    def discovery_log(self, offset, length):
        """Bytes of the log page, or an int: an error status."""
        header = self.log_header() if offset < 1024 else bytes(1024)
        if offset >= 1024:
            at = (offset - 1024) // 1024
            count = (offset % 1024 + length + 1023) // 1024
            body = b"".join(self.peer.records[at:at + count])[offset % 1024:]
        else:
            body = (header + b"".join(self.peer.records[:length // 1024 + 1]))[offset:]
        return body[:length]

    def identify(self, cns, nsid):
        if cns == 1:
            return identify_controller(self.nqn_type.get(self.nqn, 1), self.nqn, **self.peer.identity)
        if cns == 0:
            return identify_namespace() if nsid == 1 else bytes(4096)
        if cns == 2:
            return struct.pack("<I", 1 if nsid == 0 else 0).ljust(4096, b"\0")
        if cns == 3:
            return (struct.pack("<BBH", 3, 16, 0) + bytes(range(1, 17))).ljust(4096, b"\0")
        return 0x02  # Invalid Field in Command

    def send_page(self, cid, page):
        if page:
            self.send_data(cid, page)
        self.respond(cid)

    def spoil_header(self, digest):
        return digest

    def spoil_data(self, digest):
        return digest

    # Wire ---------------------------------------------------------------------------------------------------------

    def take(self, count):
        data = bytearray()
        while len(data) < count:
            piece = self.sock.recv(count - len(data))
            if not piece:
                raise Gone
            data += piece
        return bytes(data)

    def read_pdu(self):
        common = self.take(8)
        kind, flags, hlen, offset, length = struct.unpack("<BBBBI", common)
        rest = self.take(length - 8)
        whole = common + rest
        if flags & F_HDGST and crc32c(whole[:hlen]) != struct.unpack_from("<I", whole, hlen)[0]:
            raise Gone
        end = length - (4 if flags & F_DDGST else 0)
        data = whole[offset:end] if offset else b""
        if flags & F_DDGST and crc32c(data) != struct.unpack_from("<I", whole, end)[0]:
            raise Gone
        return kind, flags, whole[:hlen], data

    def pdu(self, kind, flags, body, data=b""):
        hlen = 8 + len(body)
        head = 4 if self.header_digest else 0
        tail = 4 if data and self.data_digest else 0
        flags |= (F_HDGST if head else 0) | (F_DDGST if tail else 0)
        offset = hlen + head if data else 0
        common = struct.pack("<BBBBI", kind, flags, hlen, offset, hlen + head + len(data) + tail)
        out = common + body
        if head:
            out += struct.pack("<I", self.spoil_header(crc32c(out)))
        out += data
        if tail:
            out += struct.pack("<I", self.spoil_data(crc32c(data)))
        return out

    def send_data(self, cid, data, offset=0, flags=F_LAST):
        self.send(self.pdu(C2H_DATA, flags, struct.pack("<HHIII", cid, 0, offset, len(data), 0), data))

    def respond(self, cid, status=0, result=0):
        entry = struct.pack("<QHHHH", result, 0, self.queue, cid, status << 1)
        self.send(self.pdu(CAPSULE_RESP, 0, entry))

    def send(self, data):
        self.sock.sendall(data)

    # Commands -----------------------------------------------------------------------------------------------------

    def run(self):
        if self.opened():
            return
        _, _, header, _ = self.read_pdu()
        wanted = header[11]
        self.start(*self.agree(bool(wanted & 1), bool(wanted & 2)))
        while True:
            kind, _, header, data = self.read_pdu()
            if kind == H2C_TERM:
                self.peer.terminated.append(struct.unpack_from("<H", header, 8)[0])
                raise Gone
            if kind == CAPSULE_CMD:
                self.command(header[8:72], data)

    def start(self, header_digest, data_digest):
        self.header_digest, self.data_digest = header_digest, data_digest
        reply = self.ic_resp()
        self.send(reply)

    def command(self, sqe, data):
        opcode, cid = sqe[0], struct.unpack_from("<H", sqe, 2)[0]
        self.peer.opcodes.append(opcode if opcode != 0x7F else 0x7F00 | sqe[4])
        if opcode == 0x7F:
            return self.fabrics(sqe, cid, data)
        nsid, dword10, dword11 = struct.unpack_from("<I", sqe, 4) + struct.unpack_from("<II", sqe, 40)
        if self.queue == 0 and opcode in (0x02, 0x06):
            if opcode == 0x06:
                page = self.identify(dword10 & 0xFF, nsid)
            else:
                page = self.get_log(dword10, dword11, struct.unpack_from("<Q", sqe, 48)[0])
            return self.respond(cid, page) if isinstance(page, int) else self.send_page(cid, page)
        known = (0x09, 0x0A, 0x18) if self.queue == 0 else (0x00,)
        return self.respond(cid, 0 if opcode in known else 0x01)

    def get_log(self, dword10, dword11, offset):
        length = ((dword10 >> 16 | (dword11 & 0xFFFF) << 16) + 1) * 4
        self.peer.log_reads.append((offset, length))
        if dword10 & 0xFF != 0x70:
            return 0x109  # Invalid Log Page
        return self.discovery_log(offset, length)

    def fabrics(self, sqe, cid, data):
        kind, offset = sqe[4], struct.unpack_from("<I", sqe, 44)[0]
        if kind == 0x01:
            self.queue = struct.unpack_from("<H", sqe, 42)[0]
            self.nqn = data[256:512].split(b"\0")[0].decode(errors="replace")
            self.peer.hosts.append(data[512:768].split(b"\0")[0].decode(errors="replace"))
            status, result = self.connect(sqe, data)
            return self.respond(cid, status, result)
        if kind == 0x00:
            self.registers[offset] = struct.unpack_from("<Q", sqe, 48)[0]
            return self.respond(cid)
        if kind == 0x04:
            return self.respond(cid, 0, self.csts() if offset == CSTS else self.registers.get(offset, 0))
        return self.respond(cid, 0x01)


class Peer:
    """A listening peer: `with Peer(session=…) as peer:`. Each connection gets its own thread and session."""

    def __init__(self, session=Session, records=None, generation=1, identity=None, host="127.0.0.1"):
        self.session, self.records, self.generation = session, list(records or []), generation
        self.identity = identity or {}
        self.opcodes, self.log_reads, self.terminated, self.hosts, self.connections = [], [], [], [], 0
        self.failures = []
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self.listener.getsockname()[1]
        self.uri = f"tcp://127.0.0.1:{self.port}"

    def __enter__(self):
        self.listener.settimeout(0.05)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.thread.join()
        self.listener.close()

    def serve(self):
        while not self.closing.is_set():
            try:
                sock, _ = self.listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            threading.Thread(target=self.handle, args=(sock,), daemon=True).start()

    def handle(self, sock):
        sock.settimeout(20)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with sock:
            try:
                self.session(self, sock).run()
            except (Gone, OSError):
                pass
            except Exception as error:  # pylint: disable=broad-except
                self.failures.append(repr(error))  # a defect of the test, shown by the harness

    def hold(self, seconds=8.0):
        """Keeps a session silent until the test is over."""
        self.closing.wait(seconds)


def trickle(session, data):
    """One byte a second, so that there is always something to read."""
    for byte in data:
        session.sock.sendall(bytes([byte]))
        if session.peer.closing.wait(1.0):
            raise Gone
    time.sleep(0)
