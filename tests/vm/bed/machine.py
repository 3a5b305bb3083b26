"""One run of the machine: arguments, start, output, exit status."""

import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import GUEST, BedError, images, nfit_test
from .drives import MIB, Drives

TIMED_OUT = 124
NOT_RUN = 125

KERNEL_ARGUMENTS = (
    # spare boot time
    "console=ttyS0 panic=-1 nokaslr mitigations=off no_timer_check random.trust_cpu=on audit=0 "
    "apparmor=0 tsc=reliable cryptomgr.notests edd=off "
    # A connect with a wrong DH-HMAC-CHAP key hangs, now and then, for this long: not the default 60 s.
    "nvme_core.admin_timeout=10 "
    # Else nobody may map a controller's registers (nvme show-regs).
    "iomem=relaxed "
)
# Without one, `nvme gen-hostnqn` answers an all-zero UUID.
MACHINE_UUID = "6e766d65-6374-4c00-8000-000000000002"


def run(options):
    """Boot, run options.command, print its output; its exit status, or one of those above."""
    root = images.root_image(options.root)
    kernel = images.kernel(options.kernel)
    qemu = images.qemu(options.qemu_suite or (_suite_with_cxl() if _cxl(options) else None))
    with tempfile.TemporaryDirectory(prefix="nvmectl-vm-") as directory:
        work = Path(directory)
        parts = [kernel.initrd]
        if options.nfit_test:
            parts.append(nfit_test.archive(options.kernel, kernel))
        _write_initrd(parts, options.command, work)
        disks = Path(options.disks) if options.disks else work
        drives = _drives(options, disks)
        arguments = [*_machine(options, kernel, root, work), *drives.arguments, *_shares(options),
                     *_cxl_devices(options, disks),
                     "-append", _kernel_arguments(options, drives), *shlex.split(options.qemu)]
        begin = time.monotonic()
        cut = Path(options.power_cut) if options.power_cut else None
        timed_out, messages = _start(qemu, arguments, options.timeout, cut)
        if cut and cut.exists():
            return 0
        return _report(options, work, timed_out, messages, time.monotonic() - begin)


def _write_initrd(parts, command, work):
    """The cached initramfs and, behind it, what belongs to this run."""
    extra = work / "initrd.d"
    shutil.copytree(GUEST / "bin", extra / "tools")
    shutil.copy(GUEST / "stage2", extra)
    shutil.copy(GUEST / "init", extra)
    (extra / "init").chmod(0o755)
    text = command[0] if len(command) == 1 else shlex.join(command)
    (extra / "command").write_text(text + "\n")
    with open(work / "initrd", "wb") as initrd:
        for part in parts:
            initrd.write(part.read_bytes())
        initrd.write(images.archive(extra))


def _machine(options, kernel, root, work):
    arguments = [
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-uuid", MACHINE_UUID,
        # SeaBIOS, the default, has an NVMe driver of its own, in which 1 boot of 10 with many drives hung. But only it
        # gives bus numbers to what lies behind a CXL host bridge.
        "-bios", "bios-256k.bin" if _cxl(options) else "qboot.rom",
        "-kernel", kernel.vmlinuz, "-initrd", work / "initrd",
        # Below a hypervisor Linux does not flush caches, without which it neither maps CXL memory nor opens what was locked.
        "-cpu", "max,la57=off" + (",-hypervisor" if options.bare or _cxl(options) else ""),
        "-chardev", f"file,id=console,path={_console(options, work)}", "-serial", "chardev:console",
        "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", "-device", "virtio-serial-pci"]
    for number, image in enumerate((root, kernel.modules)):  # /dev/vda, /dev/vdb
        arguments += ["-drive", f"if=none,id=image{number},format=raw,readonly=on,file={image}",
                      "-device", f"virtio-blk-pci,drive=image{number}"]
    for number, name in enumerate(("out", "err", "report"), 1):
        arguments += ["-chardev", f"file,id={name},path={work / name}",
                      "-device", f"virtserialport,nr={number},chardev={name}"]
    # Real KVM would do with the same arguments, but what CI machines call KVM often fails to boot this.
    if options.icount:
        arguments += ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-smp", "1"]
    else:
        arguments += ["-accel", "tcg,thread=multi", "-smp", str(options.cpus)]
    machine, size = "q35", _memory(options)
    if _cxl(options):
        machine += ",cxl=on,cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G"
    memory = f"{size}M"
    if options.pmem:
        machine += ",nvdimm=on,nvdimm-persistence=mem-ctrl"
    if options.pmem or options.virtio_pmem:
        most = size + options.pmem * (options.pmem_size + options.pmem_align + 256) + options.virtio_pmem + 1024
        memory += f",slots={options.pmem + 2},maxmem={most}M"
    return [*arguments, "-machine", machine, "-m", memory]


def _memory(options):
    """MiB of the guest; what memmap= takes is in addition, and some above it, where the firmware leaves its tables."""
    taken = _taken(options)
    return taken[-1][1] + taken[-1][0] + 64 if taken else options.memory


def _suite_with_cxl():
    """None when this machine's QEMU has CXL devices of volatile memory (8.0), else the suite whose QEMU has them."""
    known = subprocess.run([images.qemu(), "-device", "cxl-type3,help"], capture_output=True, text=True, check=False)
    return None if "volatile-memdev" in known.stdout else "bookworm-backports"


def _cxl(options):
    return options.cxl or options.cxl_ram


BLOCK = 128  # MiB, in which Linux adds memory


def _taken(options):
    """(MiB, at which MiB, how memmap= says it) of the memory that is no RAM: persistent, and what only drivers may give
    out (e820 type 0xefffffff, "soft reserved"). Ranges that touch would be one."""
    taken, end = [], options.memory
    if options.e820:
        taken.append((options.e820, end, f"memmap={options.e820}M!{end}M"))
        end += options.e820 + 1
    for size in options.hmem:
        start = -(-end // BLOCK) * BLOCK
        taken.append((size, start, f"memmap={size}M%{start}M-1+0xefffffff"))
        end = start + size + 1
    return taken


def _drives(options, work):
    drives = Drives(work)
    drives.nvme(options.nvme, options.namespaces_per_ctrl, options.ns_size * MIB, options.null_ns)
    if options.rich:
        drives.rich()
    drives.nvdimms(options.pmem, options.pmem_size * MIB, align=options.pmem_align * MIB)
    if options.virtio_pmem:
        drives.virtio_pmem(options.virtio_pmem * MIB)
    return drives


def _cxl_devices(options, work):
    """Behind all others: what names no bus would land on theirs."""
    drives = Drives(work)
    if _cxl(options):
        drives.cxl(options.cxl * MIB, options.cxl_ram * MIB)
    return drives.arguments


def _shares(options):
    arguments = []
    for number, directory in enumerate(options.share):
        if not Path(directory).is_dir():
            raise BedError(f"--share {directory}: no such directory")
        arguments += ["-virtfs", f"local,path={Path(directory).resolve()},mount_tag=share{number},"
                                 "security_model=none,multidevs=remap"]
    return arguments


def _kernel_arguments(options, drives):
    groups = [name for name, wanted in (
        ("9p", options.share), ("nvme", options.nvme or options.rich), ("nfit_test", options.nfit_test),
        ("pmem", not options.nfit_test and (options.pmem or options.virtio_pmem or options.e820))) if wanted]
    places = ["/mnt/share" + (str(number + 1) if number else "") for number in range(len(options.share))]
    memmap = "".join(words + " " for _, _, words in _taken(options))
    noise = "loglevel=7" if options.console else "quiet loglevel=3"
    return (f"{KERNEL_ARGUMENTS}{memmap}{noise} vm.load={','.join(groups)} vm.shares={','.join(places)} "
            f"vm.paths={drives.paths} vm.namespaces={drives.namespaces} {options.append}")


def _console(options, work):
    return Path(options.console).resolve() if options.console else work / "console"


def _wait_for_cut(process, cut, timeout):
    """Kill the machine when the file `cut` appears; return when it has ended or the time is up."""
    end = time.monotonic() + timeout
    while process.poll() is None and time.monotonic() < end:
        if cut.exists():
            process.kill()
        time.sleep(0.02)


def _start(qemu, arguments, timeout, cut=None):
    """Run QEMU to its end: whether that was forced, and what it printed."""
    # setpriv: QEMU must not outlive this process, however that ends
    command = [str(word) for word in ("setpriv", "--pdeathsig", "KILL", qemu, *arguments)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        try:
            if cut:
                _wait_for_cut(process, cut, timeout)
                timeout = 1
            messages, timed_out = process.communicate(timeout=timeout)[0], False
        except subprocess.TimeoutExpired:
            process.kill()
            messages, timed_out = process.communicate()[0], True
        except BaseException:
            process.kill()
            raise
    lines = messages.decode(errors="replace").splitlines()
    return timed_out, [line for line in lines if "warning: TCG doesn't support" not in line]


def _report(options, work, timed_out, messages, seconds):
    for name, stream in (("out", sys.stdout), ("err", sys.stderr)):
        if (work / name).exists():
            with open(work / name, "rb") as file:
                shutil.copyfileobj(file, stream.buffer)
        stream.flush()
    report = _times(work / "report")
    for line in messages:
        print(f"vm: qemu: {line}", file=sys.stderr)
    if "exit" not in report:
        why = f"timed out after {options.timeout:g} s" if timed_out else "the machine ended before the command did"
        print(f"vm: {why}; the last console lines:", file=sys.stderr)
        print(_tail(_console(options, work)), file=sys.stderr)
        return TIMED_OUT if timed_out else NOT_RUN
    status, end = report["exit"]
    if options.stats:
        boot = float(report["start"][0])
        print(f"vm: boot {boot:.2f} s, command {float(end) - boot:.2f} s (guest's clock), "
              f"total {seconds:.2f} s", file=sys.stderr)
    return int(status)


def _times(path):
    """The lines "start UPTIME" and "exit STATUS UPTIME"."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {words[0]: words[1:] for words in map(str.split, lines) if len(words) > 1}


def _tail(path, lines=25):
    text = path.read_text(errors="replace") if path.exists() else ""
    return "\n".join(text.splitlines()[-lines:])
