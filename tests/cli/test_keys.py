"""Keys for authentication and TLS, compared with what Python's hmac and zlib make of the same bytes."""

import base64
import hashlib
import hmac
import os
import stat
import unittest
import zlib

from harness import Case, run

HOST = "nqn.2014-08.org.nvmexpress:uuid:6e766d65-0000-4000-8000-000000000001"
SUBSYSTEM = "nqn.2014-08.org.example:a"
DIGESTS = {1: "sha256", 2: "sha384", 3: "sha512"}
LENGTHS = {1: 32, 2: 48, 3: 64}


def key_text(prefix, number, key):
    return f"{prefix}:{number:02}:{base64.b64encode(key + zlib.crc32(key).to_bytes(4, 'little')).decode()}:"


def expand_label(name, key, label, context, compat):
    """HKDF-Extract without salt and one block of HKDF-Expand-Label; as long as the key."""
    label, context = b"tls13 " + label, context.encode()
    if compat:
        info = len(key).to_bytes(2, "little") + label + context
    else:
        info = len(key).to_bytes(2, "big") + bytes([len(label)]) + label + bytes([len(context)]) + context
    extracted = hmac.digest(bytes(hashlib.new(name).digest_size), key, name)
    return hmac.digest(extracted, info + b"\1", name)[:len(key)]


def tls_identity(key, number, version, compat=False):
    name = DIGESTS[number]
    retained = expand_label(name, key, b"HostNQN", HOST, compat)
    identity = f"NVMe{version}R{number:02} {HOST} {SUBSYSTEM}"
    if version == 0:
        return identity
    digest = hmac.digest(retained, f"{HOST} {SUBSYSTEM} NVMe-over-Fabrics".encode(), name)
    return f"{identity} {base64.b64encode(digest).decode()}"


class DhchapKeys(Case):
    def test_transformed_keys_are_those_of_the_specification(self):
        for number, name in DIGESTS.items():
            secret = os.urandom(LENGTHS[number])
            made = self.ok("gen-dhchap-key", "-m", number, "-n", HOST, "-s", "env:SECRET",
                           env={"SECRET": secret.hex()})
            expected = hmac.digest(secret, (HOST + "NVMe-over-Fabrics").encode(), name)
            self.assertEqual(made.out, key_text("DHHC-1", number, expected) + "\n")

    def test_plain_keys_of_every_length(self):
        for length in (32, 48, 64):
            secret = os.urandom(length)
            words = ["gen-dhchap-key", "--key-length", length, "--secret", "-"]
            self.assertEqual(self.ok(*words, stdin=secret.hex().encode()).out, key_text("DHHC-1", 0, secret) + "\n")
            made = self.ok("gen-dhchap-key", "-l", length, "-o", "json").json["data"]
            self.assertEqual((made["length_bytes"], made["hash"]["name"]), (length, "none"))
            shown = self.ok("check-dhchap-key", "-k", "env:KEY", env={"KEY": made["key"]}).out
            raw = base64.b64decode(made["key"].split(":")[2])
            self.assertEqual(shown, f"Key is valid (HMAC 0, length {length}, CRC {zlib.crc32(raw[:-4]):08x})\n")

    def test_random_keys_differ(self):
        self.assertEqual(len({self.ok("gen-dhchap-key").out for _ in range(4)}), 4)

    def test_wrong_recipes(self):
        for words in (["-m", "4"], ["-l", "31"], ["-m", "1", "-l", "48"], ["-n", "no-nqn"]):
            self.fails(["gen-dhchap-key", *words], "usage", 2, hint=False)
        for secret in ("00", "zz" * 32, "0" * 63):
            self.fails(["gen-dhchap-key", "-s", "env:SECRET"], "usage", 2, hint=False, env={"SECRET": secret})

    def test_broken_keys_are_refused_and_not_shown(self):
        good = key_text("DHHC-1", 0, bytes(range(32)))
        flipped = good.replace("AAECAw", "AAECAx")
        for bad in ("x", good[:-1], flipped, good.replace(":00:", ":01:")[:-5], good.replace("DHHC-1", "DHHC-2"),
                    "DHHC-1:00:" + "A" * 900 + ":"):
            error = self.fails(["check-dhchap-key", "-k", "env:KEY"], "usage", 2, hint=False, env={"KEY": bad})
            self.assertNotIn("AwQFBgc", str(error))
        self.fails(["check-dhchap-key", "-k", "env:KEY"], "usage", 2, says="checksum", env={"KEY": flipped})


class Sources(Case):
    KEY = key_text("DHHC-1", 0, bytes(range(32)))

    def test_a_key_on_the_command_line_works_and_warns(self):
        result = run("check-dhchap-key", "-k", self.KEY)
        self.assertEqual(result.code, 0)
        self.assertIn("warning: --key: other users see", result.err)
        self.assertNotIn(self.KEY, result.err)

    def test_files_and_environment_files(self):
        path = self.folder() / "keys"
        path.write_text(f"# comment\n{self.KEY}\nexport LAB='{self.KEY}'\n")
        path.chmod(0o600)
        self.ok("check-dhchap-key", "-k", f"file:{path}")
        self.ok("check-dhchap-key", "-k", f"file:{path}#LAB")
        self.fails(["check-dhchap-key", "-k", f"file:{path}#OTHER"], "not_found", 3, says="OTHER")
        self.fails(["check-dhchap-key", "-k", "file:/nonexistent"], "not_found", 3)
        path.chmod(0o644)
        self.assertIn("chmod 600", run("check-dhchap-key", "-k", f"file:{path}").err)

    def test_standard_input_and_variables(self):
        self.ok("check-dhchap-key", "-k", "-", stdin=self.KEY.encode())
        self.ok("check-dhchap-key", "-k", "env:K", env={"K": self.KEY})
        self.fails(["check-dhchap-key", "-k", "env:NO_SUCH_VARIABLE"], "not_found", 3)
        self.fails(["check-dhchap-key", "-k", "-"], "usage", 2, hint=False)


class TlsKeys(Case):
    def test_made_and_checked(self):
        for number, length in ((1, 32), (2, 48)):
            secret = os.urandom(length)
            made = self.ok("gen-tls-key", "-m", number, "-s", "env:S", env={"S": secret.hex()}).out.strip()
            self.assertEqual(made, key_text("NVMeTLSkey-1", number, secret))
            shown = self.ok("check-tls-key", "-d", "env:K", env={"K": made}).out
            self.assertEqual(shown, f"Key is valid (HMAC {number}, length {length}, CRC {zlib.crc32(secret):08x})\n")

    def test_identities(self):
        for number in (1, 2):
            secret = os.urandom(LENGTHS[number])
            key = key_text("NVMeTLSkey-1", number, secret)
            for version in (0, 1):
                for compat in (False, True):
                    words = ["check-tls-key", "-d", "env:K", "-n", HOST, "-c", SUBSYSTEM, "-I", version]
                    shown = self.ok(*words, *(["-C"] if compat else []), env={"K": key}).out
                    self.assertEqual(shown, tls_identity(secret, number, version, compat) + "\n")

    def test_wrong_options(self):
        key = {"K": key_text("NVMeTLSkey-1", 1, bytes(32))}
        self.fails(["gen-tls-key", "-m", "3"], "usage", 2)
        self.fails(["gen-tls-key", "--insert"], "usage", 2)
        self.fails(["gen-tls-key", "-f", "/tmp/x"], "usage", 2)
        self.fails(["check-tls-key", "-d", "env:K", "-c", SUBSYSTEM, "-I", "2"], "usage", 2, env=key)
        self.fails(["check-tls-key", "-d", "env:K", "-c", "x"], "usage", 2, env=key)
        self.fails(["tls-key", "-i", "-e"], "usage", 2)
        self.fails(["check-tls-key", "-d", "env:K"], "usage", 2, env={"K": key_text("NVMeTLSkey-1", 2, bytes(32))},
                   hint=False)

    def test_no_keyring_of_that_name(self):
        self.fails(["tls-key", "--keyring", "nvmectl-no-such-ring"], "not_found", 3)

    def test_a_captured_tree_has_no_keyring(self):
        self.fails(["tls-key", "--sysroot", str(self.folder())], "unsupported", 5)

    def test_an_imported_file_is_read_line_by_line(self):
        path = self.folder() / "keys"
        good = f"{tls_identity(bytes(32), 1, 0)} {key_text('NVMeTLSkey-1', 1, bytes(32))}"
        version0 = good.replace("NVMeTLSkey-1", "NVMeTLSkey-0")  # as nvme-cli 2.14 to 2.16 export
        path.write_text(f"{good}\n\n# comment\nrubbish\n{good[:-3]}\n{version0}\n")
        path.chmod(0o600)
        result = run("tls-key", "--import", "-f", path, "--dry-run", "-o", "json")
        self.assertEqual(result.code, 6, str(result))
        document = result.json
        self.assertEqual([k["host_nqn"] for k in document["data"]], [HOST, HOST])
        self.assertEqual([e["device"] for e in document["errors"]], [f"{path} line 4", f"{path} line 5"])

    def test_the_process_keyring(self):
        """A keyring that ends with the process: what is inserted is shown, no trace stays."""
        path = self.folder() / "keys"
        result = run("gen-tls-key", "-c", SUBSYSTEM, "-n", HOST, "-I", "1", "-k", "@p", "-t", "user", "--insert", "-f",
                     path, "-o", "json")
        if result.code in (4, 5):
            self.skipTest("a sandbox without keyrings")
        result = result.json["data"]
        self.assertGreater(result["serial"], 0)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        identity, key = path.read_text().strip().rsplit(" ", 1)
        self.assertEqual(identity, result["identity"])
        configured = base64.b64decode(result["key"].split(":")[2])[:-4]
        retained = expand_label("sha256", configured, b"HostNQN", HOST, False)
        digest = identity.split(" ")[3]
        expected = expand_label("sha256", retained, b"nvme-tls-psk", f"01 {digest}", False)
        self.assertEqual(key, key_text("NVMeTLSkey-1", 1, expected))


if __name__ == "__main__":
    unittest.main()
