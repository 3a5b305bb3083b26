"""Packages of any Debian suite, without touching the package sources of this machine."""

import os
import re
import subprocess

from . import BedError

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def mirror():
    """The Debian mirror that this machine's apt uses already."""
    chosen = os.environ.get("NVMECTL_VM_MIRROR")
    if chosen:
        return chosen
    try:
        listed = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
             "Label: Debian"], capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        listed = []
    if not listed:
        raise BedError("apt of this machine has no Debian mirror; name one in NVMECTL_VM_MIRROR")
    return sorted(listed)[0]


class Suite:
    """apt with a one-line sources list and state of its own."""

    def __init__(self, name, cache):
        self.name = name
        self.directory = cache / "apt" / name

    def _run(self, tool, *words, **more):
        directory = self.directory
        for part in ("lists/partial", "archives/partial"):
            (directory / part).mkdir(parents=True, exist_ok=True)
        sources = directory / "sources.list"
        sources.write_text(f"deb [signed-by={KEYRING}] {mirror()} {self.name} main\n")
        settings = {
            "Dir::Etc::SourceList": sources, "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State::Lists": directory / "lists", "Dir::State::status": "/dev/null",
            "Dir::Cache::archives": directory / "archives",
            "Dir::Cache::pkgcache": "", "Dir::Cache::srcpkgcache": "",
            "APT::Architecture": "amd64", "APT::Sandbox::User": "", "Acquire::Languages": "none",
            "Acquire::Retries": "3", "Acquire::Check-Valid-Until": "false", "Dpkg::Use-Pty": "0",
        }
        options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        done = subprocess.run([tool, "-qq", *options, *words], capture_output=True, text=True, **more)
        if done.returncode:
            raise BedError(f"{tool} {words[0]} ({self.name}, {mirror()}) failed:\n{done.stderr.strip()}")
        return done.stdout

    def update(self):
        self._run("apt-get", "update")

    def depends(self, package, pattern):
        """The packages that this one pulls in and whose names match."""
        text = self._run(
            "apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests", "--no-breaks",
            "--no-conflicts", "--no-replaces", "--no-enhances", package)
        return sorted({line for line in text.splitlines() if re.fullmatch(pattern, line)})

    def unpack(self, packages, tree):
        """Download the packages and unpack them into the directory, installing nothing."""
        debs = tree / ".debs"
        debs.mkdir(parents=True)
        self._run("apt-get", "download", *packages, cwd=debs)
        for deb in sorted(debs.iterdir()):
            subprocess.run(["dpkg-deb", "-x", deb, tree], check=True)
            deb.unlink()
        debs.rmdir()
