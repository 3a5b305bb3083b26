"""Our udev rules start our units when the kernel tells of a change, and only then."""

import re
import unittest

import vmtest

RULES = vmtest.HERE.parents[2] / "packaging/udev/70-nvmectl.rules"
seen = None


def setUpModule():
    global seen
    seen = vmtest.boot("udev", root="trixie", needs_nvmectl=False, files=[RULES])


class Rules(unittest.TestCase):
    def instances(self, probe):
        """Those of nvmectl-connect@ that were restarted."""
        lines = seen.out(probe).splitlines()
        found = [re.fullmatch(r"--no-block restart nvmectl-connect@(.*)\.service", line) for line in lines]
        self.assertNotIn(None, found, lines)
        return [match[1] for match in found]

    def test_udev_has_no_complaint(self):
        self.assertEqual(seen.rc("verify"), 0, seen.out("verify") + seen.err("verify"))

    def test_a_discovery_log_that_changes(self):
        device = (seen.directory / "discovery").read_text().strip()
        self.assertEqual(set(self.instances("unlink")), {rf"--device\x20{device}"})

    def test_a_discovery_controller_that_returns(self):
        device = (seen.directory / "discovery").read_text().strip()
        self.assertIn(rf"--device\x20{device}", self.instances("return"))

    def test_a_fibre_channel_port_with_discovery(self):
        self.assertEqual(set(self.instances("fc")), {
            r"--transport=fc\x20--host-traddr=nn-0x10001100ab000001:pn-0x20001100ab000001"
            r"\x20--traddr=nn-0x10001100aa000001:pn-0x20001100aa000001"})

    def test_nothing_else_starts_anything(self):
        for probe in ("connected", "disable-ns", "enable-ns", "vanish"):
            self.assertEqual(self.instances(probe), [], probe)


if __name__ == "__main__":
    unittest.main()
