"""The test bed: a stock Debian kernel under QEMU with emulated NVMe drives."""

import shutil
from pathlib import Path

GUEST = Path(__file__).resolve().parent.parent / "guest"

# program: the Debian package that has it
PROGRAMS = {
    "mmdebstrap": "mmdebstrap",
    "sqfstar": "squashfs-tools",
    "mksquashfs": "squashfs-tools",
    "busybox": "busybox-static",
    "cpio": "cpio",
    "depmod": "kmod",
    "xz": "xz-utils",
}
QEMU = ("qemu-system-x86_64", "qemu-system-x86")


class BedError(Exception):
    """The machine cannot be built or started; the text says why."""


def missing_programs():
    """Debian packages whose programs this machine lacks."""
    wanted = [*PROGRAMS.items(), QEMU]
    return sorted({package for program, package in wanted if not find_program(program)})


def find_program(program):
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def program(name):
    found = find_program(name)
    if not found:
        package = dict([*PROGRAMS.items(), QEMU]).get(name, name)
        raise BedError(f"missing program {name} (Debian package {package}): run scripts/deps test")
    return found
