"""systemd and udev have no complaint about what packaging/ installs, and it calls nvmectl as nvmectl wants it.

$NVMECTL_PACKAGING is packaging/ of the build; its folder test/ has the units that call the program just built, $NVMECTL.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILT = Path(os.environ["NVMECTL_PACKAGING"])
SOURCE = Path(__file__).resolve().parents[2] / "packaging"
RULES = SOURCE / "udev/70-nvmectl.rules"
# With the exposure that is allowed, of 100. nvmectl-pmem mounts for all: in a mount namespace, which most of the
# confinement needs, nobody else would see it.
UNITS = {"nvmectl-connect.service": 45, "nvmectl-connect@.service": 45, "nvmectl-pmem.service": 62}
# What udev fills in, as the kernel does.
EVENT = {"$kernel": "nvme5", "$env{NVMEFC_HOST_TRADDR}": "nn-0x10001100ab000001:pn-0x20001100ab000001",
         "$env{NVMEFC_TRADDR}": "nn-0x10001100aa000001:pn-0x20001100aa000001"}


def run(*words):
    return subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=60, check=False)


def skip(reason):
    print(f"\n*** SKIPPED: {reason}\n", file=sys.stderr)
    raise unittest.SkipTest(reason)


def exec_start(unit):
    return re.search(r"^ExecStart=(.*)$", (BUILT / "test" / unit).read_text(), re.MULTILINE)[1]


def called_by(instance):
    """What the template's command makes of an instance: the arguments of the program."""
    words = [word.replace("%%", "%") for word in shlex.split(exec_start("nvmectl-connect@.service"))]
    words = [instance if word == "%i" else word.replace(str(BUILT.parent / "nvmectl"), "printf '<%s>'") for word in words]
    done = run(*words)
    return re.findall("<(.*?)>", done.stdout)


def instances():
    """Those which the rules start, for an event."""
    found = re.findall(r"nvmectl-connect@(.*?)\.service", RULES.read_text().split("GOTO=", 1)[1])
    for name, value in EVENT.items():
        found = [instance.replace(name, value) for instance in found]
    return found


class Units(unittest.TestCase):
    def test_systemd_has_no_complaint(self):
        for unit in UNITS:
            done = run("systemd-analyze", "verify", "--man=no", BUILT / "test" / unit)
            # what it does not know, it only prints
            self.assertEqual((done.returncode, done.stderr), (0, ""), unit)

    def test_they_are_confined(self):
        for unit, threshold in UNITS.items():
            done = run("systemd-analyze", "security", "--offline=true", f"--threshold={threshold}", BUILT / "test" / unit)
            self.assertEqual(done.returncode, 0, f"{unit}: {done.stdout}{done.stderr}")

    def test_the_program_knows_the_options(self):
        help_text = run(os.environ["NVMECTL"], "help", "connect-all").stdout
        words = exec_start("nvmectl-connect.service").split() + [word for instance in instances() for word in called_by(instance)]
        options = {word.split("=")[0] for word in words if word.startswith("--")}
        self.assertGreaterEqual(options, {"--stored", "--device", "--transport", "--host-traddr", "--traddr"})
        self.assertEqual([option for option in sorted(options) if f"{option} " not in help_text and f"{option}[=" not in help_text], [])

    def test_installed_where_systemd_and_udev_look(self):
        with tempfile.TemporaryDirectory() as prefix:
            done = run("cmake", f"-DCMAKE_INSTALL_PREFIX={prefix}", "-P", BUILT / "cmake_install.cmake")
            self.assertEqual(done.returncode, 0, done.stderr)
            found = {str(path.relative_to(prefix)) for path in Path(prefix).rglob("*") if path.is_file()}
        self.assertEqual(found, {"lib/udev/rules.d/70-nvmectl.rules", *(f"lib/systemd/system/{unit}" for unit in UNITS)})


class Rules(unittest.TestCase):
    def test_udev_has_no_complaint(self):
        if not shutil.which("udevadm") or "verify" not in run("udevadm", "--help").stdout:
            skip("there is no 'udevadm verify' here (systemd 254 has it); the test vm.udev runs it in the VM")
        done = run("udevadm", "verify", "--resolve-names=never", RULES)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_instances_become_arguments(self):
        self.assertEqual([called_by(instance) for instance in instances()], [
            ["connect-all", "--retry=80s", "--device", "nvme5"],
            ["connect-all", "--retry=80s", "--device", "nvme5"],
            ["connect-all", "--retry=80s", "--transport=fc", "--host-traddr=" + EVENT["$env{NVMEFC_HOST_TRADDR}"],
             "--traddr=" + EVENT["$env{NVMEFC_TRADDR}"]]])


if __name__ == "__main__":
    unittest.main()
