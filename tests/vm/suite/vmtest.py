"""What the suites share: boot the machine once with a guest script, look at what it collected.

A suite NAME is NAME.guest.sh, which runs in the guest as root under `set -euo pipefail` and calls
`probe` (see probe.bash) for each thing to be looked at, and test_NAME.py:

    def setUpModule():
        global seen
        seen = vmtest.boot("NAME", ["--rich"])

The program under test is $NVMECTL, an absolute path; in the guest it is `nvmectl`.
$NVMECTL_VM_OUTPUT, a directory, keeps what the probes wrote, in a folder for each suite.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from bed import images  # noqa: E402

VM = HERE.parent / "vm"
PREAMBLE = "set -euo pipefail; PATH=/mnt/share/bin:$PATH; . /mnt/share/probe.bash; . /mnt/share/guest.sh"


class Outputs:
    """The files that the probes wrote."""

    def __init__(self, directory):
        self.directory = directory

    def out(self, name):
        return self._text(name, "out")

    def err(self, name):
        return self._text(name, "err")

    def rc(self, name):
        return int(self._text(name, "rc"))

    def json(self, name):
        """Standard output as JSON; of a probe that has failed, its error message instead."""
        if self.rc(name) != 0:
            raise AssertionError(f"probe {name} failed ({self.rc(name)}): {self.err(name)}")
        return json.loads(self.out(name))

    def _text(self, name, kind):
        path = self.directory / f"{name}.{kind}"
        if not path.exists():
            raise AssertionError(f"the guest script has no probe {name}")
        return path.read_text(errors="surrogateescape")


def boot(name, options=(), needs_nvmectl=True, timeout=300, root=images.ROOT_SUITE, kernel=images.KERNEL_SUITE,
         files=(), power_cut=False):
    """Run NAME.guest.sh in the machine started with these `vm run` options, on these suites' root image and kernel.
    The files come to lie in /mnt/share. With power_cut the machine is killed when the guest makes /mnt/share/cut."""
    suites = ["--root", root, "--kernel", kernel]
    _require_machine()
    _require_built(suites)
    share = Path(tempfile.mkdtemp(prefix=f"nvmectl-vm-{name}-"))
    try:
        _fill(share, name, needs_nvmectl, root)
        for file in files:
            shutil.copy(file, share)
        cut = ["--power-cut", share / "cut"] if power_cut else []
        done = subprocess.run(
            [VM, "run", *suites, *options, *cut, "--share", share, "--timeout", str(timeout), "--", PREAMBLE],
            capture_output=True, text=True, errors="replace", check=False)
        probes = _keep(share / "probes", name)
        if done.returncode:
            raise AssertionError(
                f"{name}.guest.sh ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        return Outputs(probes)
    finally:
        shutil.rmtree(share, ignore_errors=True)


def _require_machine():
    """Without the machine's programs: skip, loudly; in CI that is a failure."""
    done = subprocess.run([VM, "check"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    reason = done.stdout.strip() or done.stderr.strip()
    if os.environ.get("CI") == "true":
        raise AssertionError(f"in CI the virtual machine has to run: {reason}")
    print(f"\n*** SKIPPED, the tests on a real kernel did not run: {reason}\n", file=sys.stderr)
    raise unittest.SkipTest(reason)


def _require_built(suites):
    """Make the images outside of the machine's timeout."""
    done = subprocess.run([VM, "build", *suites], capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)


def _fill(share, name, needs_nvmectl, root):
    (share / "probes").mkdir()
    (share / "bin").mkdir()
    shutil.copy(HERE / "probe.bash", share)
    shutil.copy(HERE / f"{name}.guest.sh", share / "guest.sh")
    shutil.copytree(HERE.parents[2] / "plugins/vendors", share / "share/nvmectl/plugins")
    binary = os.environ.get("NVMECTL")
    if binary:
        _install(Path(binary), share, root)
    elif needs_nvmectl:
        raise AssertionError("NVMECTL does not name the program under test")


def _install(binary, share, root):
    """The program as bin/nvmectl; what a newer release than the guest's has built, with the libraries it was linked to."""
    if platform.freedesktop_os_release().get("VERSION_CODENAME") in (images.ROOT_SUITE, root):
        shutil.copy(binary, share / "bin/nvmectl")
        return
    libraries = share / "lib"
    libraries.mkdir()
    listed = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    for path in (word for word in listed.split() if word.startswith("/")):
        shutil.copy(path, libraries)
    shutil.copy(binary, libraries / "nvmectl")
    wrapper = share / "bin/nvmectl"
    wrapper.write_text("#!/bin/sh\nexec /mnt/share/lib/ld-linux-x86-64.so.2 --argv0 nvmectl "
                       "--library-path /mnt/share/lib /mnt/share/lib/nvmectl \"$@\"\n")
    wrapper.chmod(0o755)


_kept = {}  # how often a suite has booted in this process


def _keep(probes, name):
    """Out of the share, which goes away, to where the tests read them."""
    chosen = os.environ.get("NVMECTL_VM_OUTPUT")
    if chosen:
        _kept[name] = _kept.get(name, 0) + 1
        target = Path(chosen) / (name if _kept[name] == 1 else f"{name}-{_kept[name]}")
        shutil.rmtree(target, ignore_errors=True)
    else:
        holder = tempfile.TemporaryDirectory(prefix=f"nvmectl-vm-{name}-")
        unittest.addModuleCleanup(holder.cleanup)
        target = Path(holder.name) / "probes"
    return Path(shutil.copytree(probes, target))


def commands():
    """The command tree of the program under test, by the commands' names."""
    done = subprocess.run([os.environ["NVMECTL"], "__dump-commands"], capture_output=True, text=True, check=True)
    return {command["name"]: command for command in json.loads(done.stdout)["commands"]}
