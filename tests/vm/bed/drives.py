"""QEMU arguments for the emulated drives."""

import uuid

# What the subsystem "rich" has beside its two controllers: one namespace of each kind.
RICH_NAMESPACES = {
    1: "eui64=0x5254000000000001",
    2: "logical_block_size=4096,physical_block_size=4096",
    3: "ms=8,mset=0,pi=1,pil=1",
    4: "logical_block_size=4096,physical_block_size=4096,ms=64,mset=1",
    5: "logical_block_size=4096,physical_block_size=4096,zoned=true,zoned.zone_size=4M,"
       "zoned.zone_capacity=3M,zoned.max_open=4,zoned.max_active=8",
    6: "detached=true",
    7: "shared=false",
}
MIB = 1 << 20


class Drives:
    """Collects the arguments; backing files come to lie, sparse, in the given directory."""

    def __init__(self, directory):
        self.directory = directory
        self.arguments = []
        self.paths = 0       # how many namespaces of controllers the kernel will see,
        self.namespaces = 0  # and how many apart from the paths that lead to them

    def nvme(self, controllers, namespaces=1, size=64 * MIB, without_files=False):
        """Controllers VM000000…, each a subsystem of its own."""
        for number in range(controllers):
            self._add("nvme-subsys", f"id=subsys{number},nqn=vm-{number}")
            self._add("nvme", f"id=ctrl{number},serial=VM{number:06},subsys=subsys{number}")
            for nsid in range(1, namespaces + 1):
                name = f"vm-{number}-{nsid}"
                self._backing(name, size, without_files)
                self._namespace(f"ctrl{number}", name, nsid)
        self.paths += controllers * namespaces
        self.namespaces += controllers * namespaces

    def rich(self):
        """Serial RICH000001: two controllers that share namespaces of every kind."""
        self._add("nvme-subsys", "id=rich,nqn=rich")
        for port in "ab":
            self._add("nvme", f"id=rich{port},serial=RICH000001,subsys=rich")
        for nsid, kind in RICH_NAMESPACES.items():
            self._backing(f"rich-{nsid}", 64 * MIB)
            self._namespace("richa", f"rich-{nsid}", nsid, kind)
        self.paths += 11  # five are shared, one is detached, one is private
        self.namespaces += 6

    def nvdimms(self, count, size=256 * MIB, label_size=MIB // 8, align=0):
        """NVDIMMs with label areas; the machine has to be started with memory slots for them."""
        for number in range(count):
            # The label area is cut off the end: what is left must be a multiple of 16 MiB, or of the alignment.
            length = size + max(label_size, align)
            path = self._file(f"nvdimm-{number}", length)
            aligned = f",align={align}" if align else ""
            self.arguments += ["-object", f"memory-backend-file,id=pm{number},share=on,mem-path={path},"
                                          f"size={length}{aligned}"]
            self._add("nvdimm", f"id=nv{number},memdev=pm{number},label-size={label_size},"
                                f"uuid={_uuid(f'nvdimm-{number}')}")

    def virtio_pmem(self, size):
        """Persistent memory without labels that belongs to no DIMM."""
        self._memory("virtio-pmem", size)
        self._add("virtio-pmem-pci", "memdev=virtio-pmem,id=vpm0")

    def cxl(self, persistent, volatile):
        """CXL memory devices of these sizes (0: none), below a host bridge of their own."""
        self._add("pxb-cxl", "bus_nr=12,bus=pcie.0,id=cxl.1")
        for slot, (kind, size) in enumerate((("persistent", persistent), ("volatile", volatile))):
            if not size:
                continue
            self._add("cxl-rp", f"port={slot},bus=cxl.1,id=cxlrp{slot},chassis=0,slot={slot + 2}")
            labels = ""
            self._memory(f"cxl-{kind}", size)
            if kind == "persistent":
                self._memory("cxl-labels", MIB)
                labels = ",lsa=cxl-labels"
            self._add("cxl-type3", f"bus=cxlrp{slot},{kind}-memdev=cxl-{kind}{labels},id=cxl{slot},sn={slot + 1}")

    def _memory(self, name, size):
        self.arguments += ["-object", f"memory-backend-file,id={name},share=on,mem-path={self._file(name, size)},size={size}"]

    def _add(self, device, options):
        self.arguments += ["-device", f"{device},{options}"]

    def _namespace(self, bus, name, nsid, kind=""):
        options = [f"bus={bus}", f"drive={name}", f"nsid={nsid}", f"uuid={_uuid(name)}", kind]
        self._add("nvme-ns", ",".join(option for option in options if option))

    def _backing(self, name, size, without_files=False):
        if without_files:
            self.arguments += [
                "-blockdev", f"driver=null-co,node-name={name},size={size},read-zeroes=on"]
        else:
            self.arguments += [
                "-drive", f"if=none,id={name},format=raw,cache=unsafe,discard=unmap,"
                          f"detect-zeroes=unmap,file={self._file(name, size)}"]

    def _file(self, name, size):
        path = self.directory / f"{name}.img"
        if not path.exists():
            with open(path, "wb") as file:
                file.truncate(size)
        return path


def _uuid(name):
    return uuid.uuid5(uuid.NAMESPACE_OID, "nvmectl-vm-" + name)
