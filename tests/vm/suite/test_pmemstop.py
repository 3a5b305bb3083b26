"""A command that a signal stops has done all or nothing, and its exit code tells which."""

import unittest

import pmemtest
from pmemtest import MIB, Listed


def setUpModule():
    global seen
    seen = pmemtest.boot("pmemstop")


class SameAsNdctl(pmemtest.SameAsNdctl, unittest.TestCase):
    STATES = ("after",)

    @staticmethod
    def seen():
        return seen


class Stopped(unittest.TestCase):
    def each(self, verb):
        """(exit code, what there was afterwards) in the order of moments; both outcomes have come about."""
        names = sorted(path.name[:-3] for path in seen.directory.glob(f"{verb}.*.rc") if ".list" not in path.name)
        found = [(seen.rc(name), Listed(seen, name)) for name in names]
        self.assertEqual({code for code, _ in found}, {0, 130}, names)
        for name, (code, _) in zip(names, found):
            if code and seen.err(name):  # before main() had its handler there is no sentence
                self.assertEqual(pmemtest.errors(seen, name)["kind"], "cancelled")
        return found

    def whole(self, listed):
        self.assertEqual({ns["state"] for ns in listed.namespaces.values()}, {"enabled"})
        self.assertTrue(all(region["enabled"] for region in listed.regions.values()))

    def names(self, listed):
        return {ns["name"] for ns in listed.namespaces.values() if ns["name"]}

    def test_create(self):
        for code, listed in self.each("create"):
            self.assertEqual(self.names(listed), {"new"} if code == 0 else set())
            self.whole(listed)

    def test_reconfigure(self):
        before = "fsdax"
        for code, listed in self.each("reconfigure"):
            now = listed.named("change")
            self.assertEqual(now["mode"] != before, code == 0)
            self.assertEqual((now["usable_bytes"], now["uuid"] is None), (62 * MIB, False))
            self.whole(listed)
            before = now["mode"]

    def test_rename(self):
        for code, listed in self.each("rename"):
            self.assertEqual("stay" in self.names(listed), code != 0)
            self.whole(listed)

    def test_destroy(self):
        for code, listed in self.each("destroy"):
            self.assertEqual("gone" in self.names(listed), code != 0)
            self.whole(listed)

    def test_region(self):
        for code, listed in self.each("region"):
            self.assertEqual(listed.regions["region0"]["enabled"], code != 0)
            self.assertEqual({"change", "stay"} <= self.names(listed), code != 0)

    def test_init(self):
        for _, listed in self.each("init"):
            region = listed.regions["region1"]
            self.assertEqual((region["enabled"], region["labelled"], region["available_bytes"]),
                             (True, True, region["size_bytes"]))


if __name__ == "__main__":
    unittest.main()
