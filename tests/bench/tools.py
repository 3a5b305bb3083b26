"""What the benchmarks share: run a program and learn its time, memory and system calls."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Unmeasurable(Exception):
    """Something that the measurement needs is missing or has failed; the text says what."""


@dataclass(frozen=True)
class Run:
    wall_us: int
    cpu_us: int  # user and system
    peak_kib: int


@dataclass(frozen=True)
class Exchange:
    """Bytes sent, then the bytes received before anything is sent again."""
    sent: int
    received: int


class Bench:
    """The program under test and a directory to work in."""

    def __init__(self, nvmectl, directory):
        self.nvmectl = nvmectl
        self.directory = directory

    def helper(self, name):
        """The program made of NAME.cpp beside this file."""
        binary = self.directory / name
        if not binary.exists():
            succeed(["g++", "-std=c++20", "-O2", "-static", "-o", binary, HERE / f"{name}.cpp"])
        return binary

    def runs(self, count, *command):
        """Every run of the command, in its order."""
        printed = succeed([self.helper("spawn"), str(count), *command])
        return [Run(*map(int, line.split())) for line in printed.splitlines()]

    def syscalls(self, *command):
        """How many system calls the command makes, its start included."""
        trace = self._traced(["-c", "-U", "calls,name"], command)
        return sum(int(words[0]) for words in map(str.split, trace.splitlines())
                   if len(words) == 2 and words[0].isdigit() and words[1] != "total")

    def exchanges(self, *command):
        """What the command sends and receives on its one IPv4 connection."""
        trace = self._traced(["-e", "trace=connect,sendmsg,recvfrom,recvmsg,close"], command)
        fd, found = None, []
        for name, call_fd, arguments, result in re.findall(r"(\w+)\((\d+)(.*)\) += (-?\d+)", trace):
            if name == "connect" and "AF_INET" in arguments:
                if fd is not None:
                    raise Unmeasurable("the command made more than one connection")
                fd = call_fd
            elif call_fd == fd and name == "sendmsg" and int(result) > 0:
                if not found or found[-1].received:
                    found.append(Exchange(0, 0))
                found[-1] = Exchange(found[-1].sent + int(result), 0)
            elif call_fd == fd and name.startswith("recv") and int(result) > 0:
                found[-1] = Exchange(found[-1].sent, found[-1].received + int(result))
        if not found:
            raise Unmeasurable("strace saw no exchange")
        return found

    def connection_us(self, *command):
        """Microseconds from connect() to close() of the one IPv4 connection. Only these two calls are stopped at."""
        stamps = "--absolute-timestamps=format:unix,precision:ns"
        trace = self._traced(["--seccomp-bpf", "-e", "trace=connect,close", stamps], command)
        begin = fd = None
        for time, name, call_fd, arguments in re.findall(r"(\d+\.\d+) (\w+)\((\d+)(.*)", trace):
            if name == "connect" and "AF_INET" in arguments:
                begin, fd = float(time), call_fd
            elif name == "close" and begin is not None and call_fd == fd:
                return (float(time) - begin) * 1e6
        raise Unmeasurable("strace saw no connection being closed")

    def _traced(self, options, command):
        if not shutil.which("strace"):
            raise Unmeasurable("strace is missing (Debian package strace)")
        trace = self.directory / "strace"
        succeed(["strace", "-f", "-o", trace, *options, *command])
        return trace.read_text()


def succeed(command):
    """Standard output of a command that has to succeed."""
    try:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=600, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unmeasurable(str(error)) from error
    if done.returncode:
        words = " ".join(map(str, command))
        raise Unmeasurable(f"{words} ended with {done.returncode}: {done.stderr.strip()[-1000:]}")
    return done.stdout
