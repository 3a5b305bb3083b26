"""What tests/golden holds: outputs that must not change by accident. tests/golden/update writes them anew."""

import tempfile
from pathlib import Path

from harness import ROOT, TREES, Target, run, unpack

FOLDER = ROOT / "tests/golden"
EXTENSIONS = {"table": "txt", "wide": "wide.txt", "json": "json", "csv": "csv"}
SYSROOT = [("list", form) for form in ("table", "wide", "json", "csv")] + [
    ("list-subsys", form) for form in ("table", "wide", "json")]
SERVED = [(name, form) for name in ("discover", "id-ctrl", "smart-log", "id-ns", "ns-descs", "list-ns", "fw-log")
          for form in ("table", "json")] + [
              ("list", "table"), ("list", "wide"), ("list", "csv"), ("list-subsys", "table"), ("id-ctrl", "wide")]
PORT = "44200"  # ports that the kernel picks have five digits too
VERSION = "0.0.0"


def text_of(words, form):
    result = run(*words, "-o", form)
    if result.code != 0:
        raise AssertionError(f"{words}: {result}")
    return result.out


def captured():
    """(file name, text) of the captured trees."""
    with tempfile.TemporaryDirectory() as folder:
        for tree in TREES:
            root = unpack(tree, Path(folder) / tree)
            for command, form in SYSROOT:
                yield f"{tree}.{command}.{EXTENSIONS[form]}", text_of([command, "--sysroot", root], form)
            for form in ("table", "json"):  # the paths to one namespace, with their ANA states
                words = ["list-subsys", "/dev/nvme0n1", "--sysroot", root]
                if tree in ("fabrics-ana", "pcie"):
                    yield f"{tree}.list-subsys.nvme0n1.{EXTENSIONS[form]}", text_of(words, form)


def served():
    """(file name, text) of the embedded target: a new one each time, for its counters and controller identifiers."""
    version = run("version").out.split()[-1]
    for command, form in SERVED:
        with Target("--ram", "64MiB", "--ram", "8MiB", "--serial", "GOLDEN01", "--model", "Golden target") as target:
            device = {"discover": target.uri, "list": target.uri, "list-subsys": target.uri}.get(command)
            device = device or target.subsystem + ("?nsid=1" if command in ("id-ns", "ns-descs") else "")
            text = text_of([command, device], form)
            yield (f"target.{command}.{EXTENSIONS[form]}",
                   text.replace(str(target.port), PORT).replace(version, VERSION))


def all_texts():
    yield from captured()
    yield from served()
