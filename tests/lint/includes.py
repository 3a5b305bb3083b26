#!/usr/bin/env python3
"""The arrows between modules (ARCHITECTURE.md): a module includes only what its row allows; outside libraries stay where
they belong; files stay under 400 lines."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"

# module: modules that it may include
ARROWS = {
    "core": [],
    "nvme": ["core"],
    "nvme/tcp": ["core", "nvme"],
    "net": ["core"],
    "output": ["core"],
    "connections": ["core"],
    "pmem": ["core"],
    "commands": ["core", "nvme", "connections", "pmem"],
    "block": ["core"],
    "backends/linux": ["core", "nvme", "net", "block"],
    "backends/pmem": ["core", "block", "pmem"],
    "backends/tcp": ["core", "nvme", "nvme/tcp", "net"],
    "target": ["core", "nvme", "nvme/tcp", "net", "commands"],
    "plugins": ["core", "nvme", "commands"],
    "cli": ["core", "commands", "output"],
    "main": ["core", "cli", "commands", "plugins", "target", "backends/linux", "backends/tcp",
             "backends/pmem"],
}
# outside header prefix: files that may include it
OUTSIDE = {
    "CLI/": ["src/cli/parser.cpp"],
    "nlohmann/": ["src/output/json.cpp", "src/output/json_schema.cpp", "src/cli/dump.cpp", "src/target/config.cpp",
                  "src/plugins/", "src/connections/json_tree.cpp"],
    "nvme/types.h": [],
    "openssl/": ["src/nvme/auth/"],
    "ndctl/": ["src/backends/pmem/library.hpp"],
    "daxctl/": ["src/backends/pmem/library.hpp"],
    "linux/": ["src/backends/linux/", "src/backends/pmem/"],
}
MAX_LINES = 400


def module_of(path: str) -> str:
    """The longest module name that the path below src/ starts with."""
    fits = [m for m in ARROWS if path.startswith(m + "/")]
    return max(fits, key=len) if fits else "main"


def problems_of(file: pathlib.Path) -> list:
    name = file.relative_to(ROOT).as_posix()
    module = module_of(file.relative_to(SRC).as_posix())
    lines = file.read_text().splitlines()
    found = []
    if len(lines) > MAX_LINES:
        found.append(f"{name}: {len(lines)} lines, more than {MAX_LINES}")
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
        if not match:
            continue
        header = match.group(2)
        if match.group(1) == '"':
            target = module_of(header)
            if not (SRC / header).exists():
                found.append(f"{name}:{number}: no such header {header} below src/")
            elif target != module and target not in ARROWS[module]:
                found.append(f"{name}:{number}: {module} may not include {target}")
        for prefix, allowed in OUTSIDE.items():
            if match.group(1) == "<" and header.startswith(prefix) and not any(name.startswith(a) for a in allowed):
                found.append(f"{name}:{number}: <{header}> belongs into {', '.join(allowed) or 'no source file'}")
    return found


def main() -> int:
    files = sorted(SRC.rglob("*.cpp")) + sorted(SRC.rglob("*.hpp"))
    problems = [p for file in files for p in problems_of(file)]
    print("\n".join(problems) or f"{len(files)} files keep to the arrows")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
