"""Rootless discovery on loopback, from nvmectl's own target."""

import contextlib
import json
import statistics
import subprocess

from figures import Figure, at_most
from tools import Unmeasurable

SUBSYSTEMS = 64
RECORDS = 10000
RUNS = 50


def discover(bench):
    with target(bench, SUBSYSTEMS) as address:
        command = [bench.nvmectl, "discover", f"tcp://{address}"]
        whole = [run.wall_us for run in bench.runs(RUNS, *command)]
        exchanges = bench.exchanges(*command)
        with echo(bench, exchanges) as bare:
            # in turns: what else this machine does weighs on both alike
            pairs = [(bench.connection_us(*command), bench.connection_us(*bare)) for _ in range(RUNS)]
    ours, bare_us = zip(*pairs)
    of = f"discover of {SUBSYSTEMS} subsystems"
    return [
        at_most(f"{of}: whole process, best of {RUNS}", "us", min(whole), 10000),
        Figure(f"{of}: whole process, median", "us", statistics.median(whole)),
        # the best of so short a time tells where the scheduler happened to put the two ends
        Figure(f"{of}: connect() to close(), median of {RUNS}", "us", statistics.median(ours),
               statistics.median(bare_us), "bare round trips", 2),
        Figure(f"{of}: connect() to close(), best", "us", min(ours), min(bare_us), "bare round trips"),
        Figure(f"{of}: round trips", "", len(exchanges)),
        Figure(f"{of}: bytes received", "", sum(exchange.received for exchange in exchanges)),
    ]


def records(bench):
    with target(bench, RECORDS) as address:
        command = [bench.nvmectl, "discover", f"tcp://{address}", "--timeout", "60s"]
        exchanges = bench.exchanges(*command)
        whole = min(run.wall_us for run in bench.runs(5, *command))
    of = f"discover of {RECORDS:,} subsystems"
    return [
        Figure(f"{of}: round trips", "", len(exchanges)),
        Figure(f"{of}: bytes received", "", sum(exchange.received for exchange in exchanges)),
        Figure(f"{of}: whole process, best of 5", "us", whole),
    ]


@contextlib.contextmanager
def target(bench, subsystems):
    """nvmectl's target with that many subsystems; its address."""
    config = bench.directory / "target.json"
    config.write_text(json.dumps({"listen": ["127.0.0.1:0"], "subsystems": [
        {"nqn": f"nqn.2024-01.org.example:bench:{number}"} for number in range(subsystems)]}))
    with served([bench.nvmectl, "target", "serve", "--config", config, "-o", "json"]) as ready:
        yield json.loads(ready)["addresses"][0]


@contextlib.contextmanager
def echo(bench, exchanges):
    """The command that makes these exchanges with a server that does nothing else."""
    program = bench.helper("echo")
    table = [f"{exchange.sent}:{exchange.received}" for exchange in exchanges]
    with served([program, "serve", *table]) as port:
        yield [program, port.strip(), *table]


@contextlib.contextmanager
def served(command):
    """The first line of a server that runs meanwhile."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            ready = server.stdout.readline()
            if not ready:
                raise Unmeasurable(f"{command[0]} {command[1]} did not start")
            yield ready
        finally:
            server.terminate()
