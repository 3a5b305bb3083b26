"""What the suites of persistent memory share: the machine, what nvmectl lists, and how that compares with ndctl."""

import json

import vmtest

#: Two NVDIMMs with labels, an e820 region, virtio-pmem.
MACHINE = ["--pmem", "2", "--pmem-size", "1280", "--pmem-align", "128", "--e820", "128", "--virtio-pmem", "128",
           "--memory", "1536"]
MIB = 1 << 20


def boot(name):
    return vmtest.boot(name, MACHINE)


class Listed:
    """The document of `pmem list` in the state NAME, its objects by their devices' names."""

    def __init__(self, seen, name):
        self.data = seen.json(f"{name}.list")["data"]
        self.buses, self.dimms, self.regions, self.namespaces, self.dax = (
            {row["device"]: row for row in self.data[key]}
            for key in ("buses", "dimms", "regions", "namespaces", "dax_devices"))

    def named(self, name):
        found = [ns for ns in self.namespaces.values() if ns["name"] == name]
        assert len(found) == 1, f"{len(found)} namespaces are named {name}"
        return found[0]


class Peers:
    """What ndctl and daxctl told in the state NAME."""

    def __init__(self, seen, name):
        self.buses = {bus["dev"]: bus for bus in seen.json(f"{name}.ndctl")}
        self.dimms = {dimm["dev"]: (dimm, bus) for bus in self.buses.values() for dimm in bus.get("dimms", [])}
        self.regions = {region["dev"]: (region, bus)
                        for bus in self.buses.values() for region in bus.get("regions", [])}
        # ndctl lists seeds as well
        self.namespaces = {ns["dev"]: (ns, region) for region, _ in self.regions.values()
                           for ns in region.get("namespaces", []) if ns["size"]}
        dax = seen.json(f"{name}.daxctl") if seen.out(f"{name}.daxctl").strip() else []
        self.dax = {device["chardev"]: (device, region) for region in dax for device in region["devices"]}


def errors(seen, name):
    """The error of a command that was to fail: {kind, message, cause, hint, …}."""
    lines = [line for line in seen.err(name).splitlines() if line.startswith('{"error"')]
    assert lines, f"{name} gave no error: {seen.rc(name)} {seen.out(name)[:300]} {seen.err(name)[:300]}"
    return json.loads(lines[-1])["error"]


def rows(seen, name):
    """What a command did: its rows by device."""
    return {row["device"]: row for row in seen.json(name)["data"]}
