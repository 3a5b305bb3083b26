"""Regions of DIMMs that were unlocked, erased or overwritten, where the kernel may flush the processors' caches."""

import unittest

import vmtest
from pmemtest import Listed, rows


def setUpModule():
    global seen
    seen = vmtest.boot("pmemkeys", ["--nfit-test", "--bare"])


class Keys(unittest.TestCase):
    def done(self, *names):
        for name in names:
            self.assertEqual(seen.rc(name), 0, f"{name}: {seen.err(name)}")
            self.assertEqual({row["result"] for row in rows(seen, name).values()}, {"done"}, name)

    def test_made(self):
        self.done("init", "region.off", "setup", "dimm.off")
        self.assertEqual(seen.rc("create"), 0, seen.err("create"))

    def test_a_kernel_without_tpm_keys(self):
        self.assertEqual(seen.rc("tpm"), 5)
        self.assertIn("the kernel has no keys of the type trusted", seen.err("tpm"))

    def test_unlocked(self):
        self.done("refresh")
        self.assertNotEqual(seen.rc("region.locked"), 0)
        self.done("dimm.on", "region.unlocked")
        listed = Listed(seen, "unlocked")
        self.assertEqual(listed.dimms["nmem1"]["security"], "unlocked")
        self.assertTrue(listed.regions["region1"]["enabled"])
        self.assertEqual((listed.named("kept")["mode"], listed.named("kept")["state"]), ("fsdax", "enabled"))

    def test_erased(self):
        self.done("region.off2", "erase", "region.erased")
        listed = Listed(seen, "erased")
        self.assertEqual(listed.dimms["nmem1"]["security"], "disabled", "with the passphrase gone")
        self.assertTrue(listed.regions["region0"]["enabled"] and listed.regions["region1"]["enabled"])

    def test_overwritten(self):
        self.done("region.off3", "overwrite", "region.overwritten")
        self.assertEqual(seen.rc("wait"), 0, seen.err("wait"))
        self.assertEqual(seen.json("again")["data"]["result"], "created")
        self.assertEqual(Listed(seen, "overwritten").named("again")["state"], "enabled")

    def test_ndctl_sees_the_same(self):
        for state in ("unlocked", "erased", "overwritten"):
            ours = Listed(seen, state)
            for bus in seen.json(f"{state}.ndctl"):
                for dimm in bus["dimms"]:
                    self.assertEqual(ours.dimms[dimm["dev"]]["security"], dimm.get("security"), (state, dimm["dev"]))
                for region in bus["regions"]:
                    self.assertEqual(ours.regions[region["dev"]]["enabled"], region.get("state") != "disabled")


if __name__ == "__main__":
    unittest.main()
