"""nvmectl list on generated sysfs trees."""

from figures import Figure, at_most
from tools import HERE, Unmeasurable, succeed

MOST_SYSCALLS = 20000
MOST_TIMES_LIST = 2  # status and topology
FEW, MANY = 128, 1024  # namespaces; half as many controllers
RUNS = 15
SHAPES = {"PCIe": [], "multipath": ["--multipath"]}


def trees(bench):
    found = []
    for number, (shape, options) in enumerate(SHAPES.items()):
        few, many = (make_tree(bench, f"tree{number}-{count}", count, options) for count in (FEW, MANY))
        found += compare(bench, shape, few, many)
    return found


def make_tree(bench, name, namespaces, options):
    directory = bench.directory / name
    succeed([HERE / "sysfs_tree", directory, "--controllers", namespaces // 2, "--namespaces", namespaces, *options])
    return directory


def compare(bench, shape, few, many):
    of = f"list --sysroot, {MANY // 2} controllers, {MANY:,} namespaces, {shape}"
    command = [bench.nvmectl, "list", "--sysroot"]
    rows = succeed([bench.nvmectl, "list", "--no-headers", "--sysroot", many]).splitlines()
    if len(rows) != MANY:
        raise Unmeasurable(f"list --sysroot printed {len(rows)} namespaces, not {MANY}")
    table = best(bench, *command, many)
    listing = bench.syscalls(*command, many)
    return [
        at_most(f"{of}: system calls", "", listing, MOST_SYSCALLS),
        *(Figure(f"{other} --sysroot, the same: system calls", "", bench.syscalls(bench.nvmectl, other, "--sysroot", many),
                 listing, "list", MOST_TIMES_LIST) for other in ("status", "topology")),
        Figure(f"{of}: time", "us", table, best(bench, *command, few), f"{FEW} namespaces", 10),
        Figure(f"{of}: JSON, time", "us", best(bench, *command, many, "-o", "json"),
               best(bench, *command, few, "-o", "json"), f"{FEW} namespaces"),
    ]


def best(bench, *command):
    return min(run.cpu_us for run in bench.runs(RUNS, *command))
