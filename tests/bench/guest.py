"""nvmectl beside nvme-cli on a real kernel, in the virtual machine that counts instructions."""

import platform
import shutil
import subprocess
import sys

from figures import Figure, at_most
from tools import HERE, Unmeasurable, succeed

VM = HERE.parent / "vm/vm"
sys.path.append(str(VM.parent))
from bed import images  # noqa: E402

NAMES = ("version", "connect", "discover", "list", "pmem")
# more of the machine; those with the same share a boot
MACHINE = {"pmem": ("--pmem", "2", "--pmem-size", "2048", "--pmem-align", "128")}
TIMEOUT = 1800


def measure(bench, names):
    """The figures of these benchmarks, from one boot, or two."""
    ready(bench)
    share = bench.directory / "share"
    program(bench, share / "program")
    for script in ("guest.sh", "guest_connect.sh", "guest_pmem.sh"):
        shutil.copy(HERE / script, share)
    shutil.copy(bench.helper("fabrics_write"), share)
    printed = ""
    for machine in sorted({MACHINE.get(name, ()) for name in names}):
        printed += boot(share, [name for name in NAMES if name in names and MACHINE.get(name, ()) == machine], machine)
    seen = {words[0]: int(words[1]) for words in map(str.split, printed.splitlines()) if len(words) == 2}
    try:
        return [figure for name in names for figure in FIGURES[name](seen)]
    except KeyError as error:
        raise Unmeasurable(f"the guest did not report {error}") from error


def ready(bench):
    done = subprocess.run([VM, "check"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unmeasurable(done.stdout.strip() or done.stderr.strip())
    succeed([VM, "build"])


def program(bench, directory):
    """Into the directory: the program, and in `words` how it is called in the guest. On a host of another release
    than the guest's, the libraries that it was linked to come along."""
    directory.mkdir(parents=True)
    shutil.copy(bench.nvmectl, directory / "nvmectl")
    words = "/tmp/program/nvmectl"
    if platform.freedesktop_os_release().get("VERSION_CODENAME") != images.ROOT_SUITE:
        for path in (word for word in succeed(["ldd", bench.nvmectl]).split() if word.startswith("/")):
            shutil.copy(path, directory)
        words = f"/tmp/program/ld-linux-x86-64.so.2 --library-path /tmp/program {words}"
    (directory / "words").write_text(words + "\n")


def boot(share, names, machine):
    """The names in the order in which they run."""
    print(f"guest: booting for {', '.join(names)}; takes minutes", file=sys.stderr)
    done = subprocess.run(
        [VM, "run", "--icount", *machine, "--share", share, "--timeout", str(TIMEOUT), "--", "/mnt/share/guest.sh", *names],
        capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise Unmeasurable(f"guest.sh ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-2000:]}")
    return done.stdout


def pair(seen, key, what, unit, most=None):
    name, kind = key
    return Figure(what, unit, seen[f"{name}.nvmectl.{kind}"], seen[f"{name}.nvme.{kind}"], "nvme", most)


def version(seen):
    return [pair(seen, ("version", "us"), "guest: version, time", "us", 1 / 2)]


def connect(seen):
    """64 subsystems of 2 namespaces. Most of what `connect-all` takes is the kernel's: it makes one connection at a time,
    whoever asks (nvmf_dev_mutex), and starts /sbin/modprobe for each. What a tool can save is the rest."""
    first, last = seen["first.nvmectl.us"], seen["last.nvmectl.us"]
    kernel = seen["connect-all.kernel.us"]
    return [
        pair(seen, ("first", "us"), "guest: the 1st of 64 connects: time", "us"),
        pair(seen, ("last", "us"), "guest: the 64th: time", "us"),
        Figure("guest: the 64th beside the 1st", "us", last, first, "1st", 1.2),
        at_most("guest: the 64th without the kernel's part", "us", last - seen["last.kernel.us"], 30000),
        at_most("guest: the 64th: system calls before the kernel is asked", "", seen["last.nvmectl.before"], 60),
        Figure("guest: the same of nvme", "", seen["last.nvme.before"]),
        pair(seen, ("loop", "us"), "guest: 64 connects, one after the other", "us"),
        pair(seen, ("connect-all", "us"), "guest: connect-all of 64: time", "us"),
        Figure("guest: connect-all of 64: the kernel's part", "us", kernel),
        Figure("guest: connect-all of 64: the rest", "us", seen["connect-all.nvmectl.us"] - kernel,
               seen["connect-all.nvme.us"] - kernel, "nvme", 1 / 2),
        pair(seen, ("again", "us"), "guest: connect-all, all connected already", "us"),
        pair(seen, ("disconnect-all", "us"), "guest: disconnect-all of 64: time", "us", 1 / 4),
    ]


def discover(seen):
    found = []
    # without devices nvme-cli has little to look at; the 2 s for which the bound was set are those of the other case
    for key, of, most in (("discover", "guest: discover of 64 subsystems", None),
                          ("busy", "guest: the same beside 1,024 namespaces", 1 / 20)):
        found += [
            pair(seen, (key, "us"), f"{of}: time", "us", most),
            pair(seen, (key, "syscalls"), f"{of}: system calls", ""),
            at_most(f"{of}: records missing", "", seen[f"{key}.nvme.rows"] - seen[f"{key}.nvmectl.rows"], 0),
        ]
    return found


def listing(seen):
    of = "guest: list of 1,024 namespaces"
    return [
        pair(seen, ("list", "us"), f"{of}: time", "us", 1 / 10),
        Figure(f"{of}: JSON, time", "us", seen["list.json.nvmectl.us"], seen["list.nvme.us"], "nvme (table)"),
        pair(seen, ("list", "syscalls"), f"{of}: system calls", ""),
        at_most(f"{of}: namespaces missing with ulimit -n 1024", "", 1024 - seen["list.nvmectl.rows"], 0),
        Figure(f"{of}: the same of nvme", "", 1024 - seen["list.nvme.rows"]),
    ]


def pmem(seen):
    """Two DIMMs with 32 namespaces. ndctl shows by default less than `pmem list` does; with -vBDRN as much."""
    found = []
    for key, what in (("pmem-list", "ndctl -vBDRN"), ("pmem-plain", "ndctl")):
        found += [
            Figure(f"guest: pmem list of 32 namespaces beside {what}: {unit or 'system calls'}", unit,
                   seen[f"pmem-list.nvmectl.{kind}"], seen[f"{key}.ndctl.{kind}"], "ndctl", 1)
            for kind, unit in (("us", "us"), ("syscalls", ""))]
    return [
        *found,
        at_most("guest: the same: namespaces missing", "", 32 - seen["pmem-list.nvmectl.rows"], 0),
        Figure("guest: pmem create of a 64 MiB fsdax namespace: time", "us", seen["pmem-create.nvmectl.us"],
               seen["pmem-create.ndctl.us"], "ndctl", 1),
    ]


FIGURES = {"version": version, "connect": connect, "discover": discover, "list": listing, "pmem": pmem}
