"""nfit_test: the kernel's simulated NVDIMMs, with all that QEMU's lack (health, errors, scrubbing, security, firmware).

Debian does not ship these modules, but their source, and the headers to build them with. The kernel's own modules
of the same names must not be loaded beside them.
"""

import shutil
import subprocess
from pathlib import Path

from . import BedError, debian, images

SOURCE_FOLDERS = ("drivers/nvdimm", "drivers/acpi/nfit", "drivers/acpi/*.h", "drivers/dax", "tools/testing/nvdimm")
# In the order in which they are to be loaded.
MODULES = ("nfit_test_iomap", "libnvdimm", "nfit", "nd_btt", "nd_pmem", "device_dax", "dax_pmem", "nfit_test")


def archive(suite, kernel):
    """An initramfs part with the modules and their order, as the group nfit_test; made once for each kernel."""
    path = images.cache_directory() / f"nfit-test-{kernel.version}.cpio"
    with images.made_once(path) as unfinished:
        if unfinished:
            work = unfinished.with_suffix(".d")
            shutil.rmtree(work, ignore_errors=True)
            try:
                built = _build(suite, kernel.version, work / "tree")
                _pack(built, work / "initrd", unfinished)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return path


def _build(suite, version, tree):
    """Unpack headers and source, build; the folder of the modules."""
    release = version.rsplit("-", 1)[0]  # 6.12.95+deb12 of 6.12.95+deb12-amd64
    source = debian.Suite(suite, images.cache_directory())
    source.update()
    source.unpack([f"linux-headers-{version}", f"linux-headers-{release}-common", f"linux-kbuild-{release}",
                   "linux-source-" + ".".join(release.split(".")[:2])], tree)
    usr = tree / "usr/src"
    packed = next(usr.glob("linux-source-*.tar.xz"))
    inside = packed.name.removesuffix(".tar.xz")
    _run("tar", "-C", usr, "-xf", packed, "--wildcards", *(f"{inside}/{folder}" for folder in SOURCE_FOLDERS))
    headers, common = usr / f"linux-headers-{version}", usr / f"linux-headers-{release}-common"
    # The headers name each other by where they would be installed; the test's Makefile looks for drivers/ beside them.
    (headers / "Makefile").write_text(f"include {common}/Makefile\n")
    (common / "drivers").symlink_to(usr / inside / "drivers")
    (headers / "vmlinux").unlink(missing_ok=True)  # else pahole is wanted
    modules = usr / inside / "tools/testing/nvdimm"
    _run("make", "-C", headers, f"M={modules}", "modules")
    return modules


def _pack(built, initrd, out):
    target = initrd / "modules"
    target.mkdir(parents=True)
    for name in MODULES:
        found = next(iter(sorted(built.rglob(f"{name}.ko"))), None)
        if not found:
            raise BedError(f"the kernel's source built no {name}.ko")
        # Names of their own: the stock modules lie in the same folder.
        _run("strip", "-g", "-o", target / f"test-{name}.ko", found)
    (target / "order.nfit_test").write_text("".join(f"test-{name}.ko\n" for name in MODULES))
    out.write_bytes(images.archive(initrd))


def _run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BedError(f"nfit_test: {Path(words[0]).name} failed ({done.returncode}):\n{done.stderr[-2000:]}")
