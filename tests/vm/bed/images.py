"""What the machine boots from: made once, kept in the cache, keyed by what it is made of."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import GUEST, BedError, debian, find_program, program

ROOT_SUITE = "bookworm"
KERNEL_SUITE = "bookworm-backports"
UNCOMPRESSED = ("-quiet", "-no-progress", "-noI", "-noD", "-noF", "-noX")  # costs the guest no time

# Made once and for all, so that two builds of the image are the same host to a target.
HOST_UUID = "6e766d65-6374-4c00-8000-000000000001"

HOOKS = Path("/usr/share/mmdebstrap/hooks/maybe-merged-usr")
LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")


def cache_directory():
    chosen = os.environ.get("NVMECTL_VM_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(chosen) if chosen else Path(base) / "nvmectl" / "vm"


def listed(name):
    """The words of a list in guest/, without comments."""
    lines = (GUEST / name).read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def sections(name):
    """The same by its [headings]; what stands before the first is under ""."""
    found = {"": []}
    words = found[""]
    for word in listed(name):
        if word.startswith("["):
            words = found.setdefault(word.strip("[]"), [])
        else:
            words.append(word)
    return found


def _key(*parts):
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:10]


@contextlib.contextmanager
def made_once(path):
    """Yields None when the path is there, else a name to make it under; one maker at a time."""
    if path.exists():
        yield None
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.parent / "build.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            yield None
            return
        unfinished = path.parent / (path.name + ".new")
        _remove(unfinished)
        try:
            yield unfinished
            unfinished.rename(path)
        finally:
            _remove(unfinished)


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _run(*words, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, check=False, **more)
    if done.returncode:
        raise BedError(f"{words[0]} failed ({done.returncode}):\n{done.stderr.decode(errors='replace')}")
    return done.stdout


# --- the kernel -----------------------------------------------------------------------------


@dataclass
class Kernel:
    """Debian's kernel of one suite, with the modules of guest/modules."""

    directory: Path

    vmlinuz = property(lambda self: self.directory / "vmlinuz")
    initrd = property(lambda self: self.directory / "initrd")
    modules = property(lambda self: self.directory / "modules.squashfs")
    version = property(lambda self: (self.directory / "version").read_text().strip())


def kernel(suite=KERNEL_SUITE):
    groups = {name: words for name, words in sections("modules").items() if name}
    path = cache_directory() / f"kernel-{suite}-{_key(repr(groups))}"
    with made_once(path) as unfinished:
        if unfinished:
            _build_kernel(suite, groups, unfinished)
    return Kernel(path)


def _build_kernel(suite, groups, out):
    source = debian.Suite(suite, cache_directory())
    source.update()
    # From 7.x on the image is split into linux-binary, linux-modules and linux-base.
    names = source.depends("linux-image-amd64", r"linux-(image|binary|modules|base)-[0-9].*")
    if not names:
        raise BedError(f"suite {suite} has no linux-image-amd64")
    out.mkdir()
    tree = out / "tree"
    source.unpack(names, tree)
    modules = next((path for pattern in ("lib/modules/*", "usr/lib/modules/*") for path in tree.glob(pattern)))
    image = next((path for path in [*tree.glob("boot/vmlinuz-*"), modules / "vmlinuz"] if path.exists()))
    shutil.copy(image, out / "vmlinuz")
    (out / "version").write_text(modules.name + "\n")
    ModulePicker(modules, out).pick(groups)
    shutil.rmtree(tree)


class ModulePicker:
    """Copies modules and what they depend on, uncompressed, into an image and an initramfs."""

    def __init__(self, modules, out):
        self.version = modules.name
        self.out = out
        self.all = out / "all"          # depmod wants ROOT/lib/modules/VERSION
        self.picked = out / "picked"
        self.initrd = out / "initrd.d"
        (self.all / "lib/modules").mkdir(parents=True)
        (self.all / "lib/modules" / self.version).symlink_to(modules)
        (self.picked / "lib/modules" / self.version).mkdir(parents=True)
        (self.initrd / "modules").mkdir(parents=True)

    def pick(self, groups):
        _run(program("depmod"), "-b", self.all, self.version)
        loaded = set()  # what [boot] has loaded already, no other group loads again
        for group, names in groups.items():
            files = [self._copy(path) for path in self._load_order(names)]
            if group == "modprobe":
                continue
            order = [path for path in files if path.name not in loaded]
            for path in order:
                shutil.copy(path, self.initrd / "modules")
            (self.initrd / f"modules/order.{group}").write_text("".join(f"{path.name}\n" for path in order))
            if group == "boot":
                loaded = {path.name for path in order}
        self._finish()

    def _load_order(self, names):
        order = {}
        for name in names:
            # -C /dev/null: the host's /etc/modprobe.d has no say here
            shown = subprocess.run(
                [find_program("modprobe"), "-C", "/dev/null", "-d", self.all, "-S", self.version,
                 "--show-depends", name], capture_output=True, text=True, check=False).stdout
            for line in shown.splitlines():
                words = line.split()
                if words[0] == "insmod":  # the other word is "builtin"
                    order[Path(words[1])] = None
        return list(order)

    def _copy(self, path):
        inside = path.relative_to(self.all / "lib/modules")
        target = self.picked / "lib/modules" / inside
        if path.suffix == ".xz":
            target = target.with_suffix("")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_run(program("xz"), "-dc", path) if path.suffix == ".xz" else path.read_bytes())
        return target

    def _finish(self):
        version = self.picked / "lib/modules" / self.version
        for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
            source = self.all / "lib/modules" / self.version / name
            if source.exists():
                shutil.copy(source, version)
        _run(program("depmod"), "-b", self.picked, self.version)
        _run(program("mksquashfs"), self.picked / "lib/modules", self.out / "modules.squashfs",
             "-noappend", *UNCOMPRESSED)
        self._make_initrd()
        for directory in (self.all, self.picked, self.initrd):
            shutil.rmtree(directory)

    def _make_initrd(self):
        for name in ("bin", "dev", "proc", "sys", "root", "image", "overlay"):
            (self.initrd / name).mkdir()
        shutil.copy(program("busybox"), self.initrd / "bin/busybox")
        for applet in ("sh", "mount", "insmod", "mkdir", "cp", "tr", "ifconfig", "switch_root"):
            (self.initrd / "bin" / applet).symlink_to("busybox")
        (self.out / "initrd").write_bytes(archive(self.initrd))


def archive(directory):
    """The directory as a cpio archive; an initramfs may consist of several, one behind the other."""
    names = sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))
    return _run(program("cpio"), "--quiet", "-o", "-H", "newc", "-R", "0:0", cwd=directory,
                input="\n".join([".", *names]).encode())


# --- the root image -------------------------------------------------------------------------


def root_image(suite=ROOT_SUITE):
    wanted = sections("packages")
    if suite not in wanted:
        known = ", ".join(name for name in wanted if name)
        raise BedError(f"there is no root image of suite {suite}; guest/packages knows {known}")
    packages = [*wanted[""], *wanted[suite]]
    path = cache_directory() / f"root-{suite}-{_key(HOST_UUID, *packages)}.squashfs"
    with made_once(path) as unfinished:
        if unfinished:
            _build_root(suite, packages, unfinished)
    return path


def _build_root(suite, packages, out):
    nqn = f"nqn.2014-08.org.nvmexpress:uuid:{HOST_UUID}"
    identity = (f'mkdir -p "$1/etc/nvme" "$1/usr/lib/modules" && echo {nqn} >"$1/etc/nvme/hostnqn" '
                f'&& echo {HOST_UUID} >"$1/etc/nvme/hostid"')
    mode = "root" if os.geteuid() == 0 else "unshare"
    command = [
        program("mmdebstrap"), "--quiet", f"--mode={mode}", "--variant=minbase", "--format=tar",
        "--architectures=amd64", f"--include={','.join(packages)}",
        "--aptopt=Apt::Install-Recommends \"false\"", "--aptopt=Acquire::Check-Valid-Until \"false\"",
        *[f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT],
        *([f"--hook-dir={HOOKS}"] if HOOKS.is_dir() else []),
        f"--customize-hook={identity}", suite, "-", debian.mirror()]
    log = out.with_suffix(".log")
    with open(log, "wb") as errors:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as maker:
            packer = subprocess.run([program("sqfstar"), *UNCOMPRESSED, out], stdin=maker.stdout,
                                    stdout=subprocess.DEVNULL, stderr=errors, check=False)
    if maker.returncode or packer.returncode:
        said = log.read_text(errors="replace")
        errors = [line for line in said.splitlines() if line.startswith(("E:", "Err:"))]
        raise BedError(f"the root image of {suite} could not be made from {debian.mirror()} (all of it: {log}):\n"
                       + ("\n".join(dict.fromkeys(errors)) or said)[-2000:])
    log.unlink()


# --- another QEMU ---------------------------------------------------------------------------


def qemu(suite=None):
    """This machine's QEMU, or the one of a suite, unpacked into the cache."""
    if not suite:
        return program("qemu-system-x86_64")
    path = cache_directory() / f"qemu-{suite}"
    with made_once(path) as unfinished:
        if unfinished:
            source = debian.Suite(suite, cache_directory())
            source.update()
            source.unpack(["qemu-system-x86", "qemu-system-common", "qemu-system-data"], unfinished)
    return path / "usr/bin/qemu-system-x86_64"
