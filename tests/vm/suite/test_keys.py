"""Keys as nvme-cli makes, checks and keeps them, and as the kernel takes them."""

import unittest

import vmtest

seen = None


def setUpModule():
    global seen
    seen = vmtest.boot("keys", root="trixie")


class Keys(unittest.TestCase):
    def same(self, name):
        self.assertEqual((seen.rc(name), seen.rc(f"{name}.nvme")), (0, 0), seen.err(name) + seen.err(f"{name}.nvme"))
        self.assertEqual(seen.out(name), seen.out(f"{name}.nvme"), name)
        self.assertTrue(seen.out(name))

    def test_dhchap_secrets_are_the_same(self):
        for name in ("0.32", "0.48", "0.64", "1.32", "2.48", "3.64"):
            self.same(f"dhchap.{name}")
            self.same(f"dhchap.check.{name}")

    def test_tls_keys_and_identities_are_the_same(self):
        for hmac in (1, 2):
            self.same(f"tls.{hmac}")
            for version in (0, 1):
                self.same(f"tls.check.{hmac}.{version}")

    def test_the_keyring_without_its_driver(self):
        self.assertEqual(seen.rc("ring.unloaded"), 12)
        self.assertIn("modprobe nvme-keyring", seen.err("ring.unloaded"))

    def test_both_list_and_export_what_nvme_cli_inserted(self):
        self.assertEqual(seen.rc("ring.insert.nvme"), 0, seen.err("ring.insert.nvme"))
        listed = seen.json("ring.list")["data"]
        self.assertEqual(len(listed), 1)
        self.assertIn(f"{listed[0]['serial']}:", seen.out("ring.keyctl"))
        self.assertIn(listed[0]["description"], seen.out("ring.keyctl"))
        self.assertEqual((listed[0]["identity_version"], listed[0]["hash"]["name"]), (1, "sha384"))
        self.assertEqual(seen.out("ring.export.of-theirs"), seen.out("ring.theirs"))

    def test_a_revoked_key_is_gone(self):
        self.assertEqual(seen.json("ring.revoke")["data"][0]["action"], "revoked")
        self.assertEqual(seen.rc("ring.revoke.again"), 3)
        self.assertIn("empty", seen.out("ring.empty"))

    def test_what_we_insert_is_what_nvme_cli_inserted(self):
        self.assertEqual(seen.rc("ring.insert"), 0, seen.err("ring.insert"))
        self.assertEqual(seen.out("ring.kept"), seen.out("ring.theirs"))
        self.assertEqual(seen.out("ring.kept.mode"), "600\n")
        self.assertEqual(len(seen.json("ring.export")["data"]), 1, "the second insert replaces the first key")
        self.assertEqual(seen.out("ring.ours"), seen.out("ring.theirs"))

    def test_others_are_told_that_root_is_needed(self):
        self.assertEqual(seen.rc("ring.nobody"), 4, seen.err("ring.nobody"))

    def test_key_files_go_both_ways(self):
        for name in ("file.revoke", "file.import.nvme", "file.revoke.number", "file.import"):
            self.assertEqual(seen.rc(name), 0, name + seen.err(name))
        self.assertEqual(seen.out("file.after.nvme"), seen.out("ring.theirs"))
        self.assertEqual(seen.out("file.after"), seen.out("ring.theirs"))
        self.assertEqual(seen.rc("file.partly"), 6, seen.err("file.partly"))

    def test_a_secret_from_the_users_keyring(self):
        self.assertEqual((seen.rc("user.key"), seen.err("user.key")), (0, ""))

    def test_the_kernel_authenticates_with_our_secrets(self):
        self.assertEqual(seen.rc("auth.connect"), 0, seen.err("auth.connect"))
        self.assertNotEqual(seen.rc("auth.wrong"), 0)

    def test_the_kernel_connects_with_tls_and_our_key(self):
        self.assertEqual(seen.rc("tls.connect"), 0, seen.err("tls.connect"))
        serial = seen.out("tls.insert").split()[-1]
        self.assertIn(serial, seen.out("tls.used"))

    def test_doctor_sees_tlshd_and_the_key(self):
        tls = [c for c in seen_document("tls.doctor")["data"] if c["check"] == "TLS"][0]
        self.assertEqual(tls["state"], "ok", str(tls))
        self.assertIn("tlshd runs, 1 key", tls["text"])


def seen_document(name):
    """A document whose command may well have failed."""
    import json
    return json.loads(seen.out(name))


if __name__ == "__main__":
    unittest.main()
