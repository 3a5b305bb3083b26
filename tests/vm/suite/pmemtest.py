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


class SameAsNdctl:
    """Value by value, in each of STATES: a base of test cases that have seen(). What is incomplete is raw to ndctl."""

    STATES = ()
    INCOMPLETE = ()  # (state, name)

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.ours = {name: Listed(cls.seen(), name) for name in cls.STATES}
        cls.theirs = {name: Peers(cls.seen(), name) for name in cls.STATES}

    def same(self, state, device, mine, their):
        with self.subTest(state=state, device=device):
            self.assertEqual(mine, their)

    def test_the_same_objects(self):
        for name in self.STATES:
            for kind in ("buses", "dimms", "regions", "namespaces", "dax"):
                with self.subTest(state=name, kind=kind):
                    self.assertEqual(set(getattr(self.ours[name], kind)), set(getattr(self.theirs[name], kind)))

    def test_buses(self):
        for name in self.STATES:
            for device, bus in self.theirs[name].buses.items():
                self.same(name, device, self.ours[name].buses[device]["provider"], bus["provider"])

    def test_dimms(self):
        for name in self.STATES:
            for device, (dimm, bus) in self.theirs[name].dimms.items():
                row = self.ours[name].dimms[device]
                self.same(name, device,
                          [row[key] for key in ("id", "handle", "physical_id", "bus", "enabled", "flags")],
                          [dimm["id"], dimm.get("handle"), dimm.get("phys_id"), bus["dev"],
                           dimm.get("state") != "disabled", []])

    def test_regions(self):
        same = {"size_bytes": "size", "available_bytes": "available_size", "largest_extent_bytes":
                "max_available_extent", "align_bytes": "align", "type": "type", "numa_node": "numa_node",
                "target_node": "target_node", "interleave_set": "iset_id"}
        for name in self.STATES:
            for device, (region, bus) in self.theirs[name].regions.items():
                row = self.ours[name].regions[device]
                keys = {mine: their for mine, their in same.items()
                        if their in region or their not in ("available_size", "max_available_extent")}
                self.same(name, device, {key: row[key] for key in keys},
                          {mine: region.get(their) for mine, their in keys.items()})
                self.same(name, device, (row["bus"], row["enabled"], row["persistence_domain"] or "unknown"),
                          (bus["dev"], region.get("state") != "disabled", region["persistence_domain"]))
                self.same(name, device,
                          [[one[key] for key in ("dimm", "offset_bytes", "length_bytes", "position")]
                           for one in row["mappings"]],
                          [[one[key] for key in ("dimm", "offset", "length", "position")]
                           for one in region.get("mappings", [])])
                told = {one["mode"]: one for one in region.get("capabilities", [])}
                self.same(name, device, (row["fsdax_alignments_bytes"], row["devdax_alignments_bytes"],
                                         row["sector_sizes_bytes"], row["bad_blocks"]),
                          (told.get("fsdax", {}).get("alignments", []), told.get("devdax", {}).get("alignments", []),
                           told.get("sector", {}).get("sector_sizes", []), region.get("badblocks", [])))

    def test_namespaces(self):
        for name in self.STATES:
            for device, (ns, region) in self.theirs[name].namespaces.items():
                row = self.ours[name].namespaces[device]
                self.same(name, device, [row[key] for key in ("name", "region", "numa_node", "target_node")],
                          [ns.get("name"), region["dev"], ns.get("numa_node"), ns.get("target_node")])
                if ns.get("state") == "disabled":
                    # ndctl calls it raw, and gives the label's size and UUID
                    self.same(name, device, (row["reserved_bytes"], row["label_uuid"], row["usable_bytes"]),
                              (ns["size"], ns.get("uuid"), None))
                    self.assertEqual(row["state"], "disabled")
                    continue
                self._same_enabled(name, device, row, ns)

    def _same_enabled(self, name, device, row, ns):
        self.same(name, device, (row["state"], row["mode"]),
                  ("incomplete" if (name, ns.get("name")) in self.INCOMPLETE else "enabled", ns["mode"]))
        uuid = (ns["uuid"], None) if ns["mode"] == "raw" and "uuid" in ns else (ns.get("raw_uuid"), ns.get("uuid"))
        node = ns["blockdev"] if "blockdev" in ns else ns["daxregion"]["devices"][0]["chardev"]
        self.same(name, device,
                  [row[key] for key in ("usable_bytes", "map", "align_bytes", "sector_bytes", "label_uuid", "uuid")],
                  [ns["size"], ns.get("map"), ns.get("align"), ns.get("sector_size"), *uuid])
        self.same(name, device, (row["block_device"] or row["character_device"]), f"/dev/{node}")

    def test_dax_devices(self):
        for name in self.STATES:
            for device, (dax, region) in self.theirs[name].dax.items():
                row = self.ours[name].dax[device]
                blocks = [dax.get(key) for key in ("online_memblocks", "total_memblocks", "movable")]
                self.same(name, device,
                          [row[key] for key in ("size_bytes", "align_bytes", "target_node", "mode", "dax_region",
                                                "online_blocks", "total_blocks", "movable")],
                          [dax["size"], dax["align"], dax["target_node"], dax["mode"], region["id"], *blocks])


def errors(seen, name):
    """The error of a command that was to fail: {kind, message, cause, hint, …}."""
    lines = [line for line in seen.err(name).splitlines() if line.startswith('{"error"')]
    assert lines, f"{name} gave no error: {seen.rc(name)} {seen.out(name)[:300]} {seen.err(name)[:300]}"
    return json.loads(lines[-1])["error"]


def rows(seen, name):
    """What a command did: its rows by device."""
    return {row["device"]: row for row in seen.json(name)["data"]}
