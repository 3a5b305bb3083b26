"""What starting the program costs."""

from figures import at_most

RUNS = 40


def version(bench):
    runs = bench.runs(RUNS, bench.nvmectl, "version")
    return [
        at_most("nvmectl version: user and system time, best of 40", "us", min(run.cpu_us for run in runs), 3000),
        at_most("nvmectl version: peak resident memory", "KiB", max(run.peak_kib for run in runs), 12 * 1024),
    ]
