# shellcheck shell=bash
# A CXL device of persistent memory and one of volatile memory, beside ndctl and daxctl; booted twice on the same disks.
PATH=/tmp:$PATH
cp /mnt/share/bin/nvmectl /tmp
modprobe -a cxl_acpi cxl_pci cxl_mem cxl_pmem cxl_port nd_pmem nd_btt dax_pmem device_dax dax_cxl ext4
pmem() { nvmectl pmem "$@" --yes; }
both() {
    probe "$1.list" nvmectl pmem list -o json
    probe "$1.ndctl" ndctl list -vvv
    probe "$1.daxctl" daxctl list -RD
}
cd /sys/bus/cxl/devices || exit 1
with_serial() { # NUMBER: the memory device
    grep -lx "$1" mem*/serial 2>/dev/null | cut -d/ -f1 | grep .
}
decoder_of() { # MEMORY
    for endpoint in endpoint*; do
        [ "$(basename "$(readlink -f "$endpoint/uport")")" != "$1" ] || echo "$endpoint"/decoder*.0
    done | grep .
}
persistent_region() {
    wait_for 20 decoder_of "$(with_serial 0x1)"
    cxl create-region -t pmem -d decoder0.0 -m "$(with_serial 0x1)" -w 1 >/dev/null 2>&1
    wait_for 10 test -e /sys/bus/nd/devices/namespace0.0
}
volatile_region() { # cxl of Debian 12 cannot. Linux Documentation/ABI/testing/sysfs-bus-cxl
    local region decoder size=0x10000000
    decoder=$(decoder_of "$(with_serial 0x2)")
    region=$(cat decoder0.0/create_ram_region)
    echo "$region" >decoder0.0/create_ram_region
    echo ram >"$decoder/mode"
    echo $size >"$decoder/dpa_size"
    echo 256 >"$region/interleave_granularity"
    echo 1 >"$region/interleave_ways"
    echo $size >"$region/size"
    basename "$decoder" >"$region/target0"
    echo 1 >"$region/commit"
    echo "$region" >/sys/bus/cxl/drivers/cxl_region/bind
    wait_for 10 test -e /sys/bus/dax/devices/dax1.0
}
wait_for 20 with_serial 0x1
wait_for 20 with_serial 0x2
wait_for 20 test -e /sys/bus/nd/devices/nmem0
if grep -q pmemcxl=again /proc/cmdline; then
    persistent_region
    both again
    mkdir -p /mnt/fs
    mount "$(nvmectl pmem list -n fs -o value --fields block_device)" /mnt/fs
    probe again.data cat /mnt/fs/words
    exit 0
fi
probe bare.list nvmectl pmem list -o json
probe bare.table nvmectl pmem list
probe bare.create pmem create -s 64M
probe bare.init pmem init all
persistent_region
both unlabelled
probe init pmem init all -o json
probe create.fs pmem create -s 128M -n fs --mkfs ext4 --mount /mnt/fs -o json
echo "still there" >/mnt/fs/words
for mode in devdax sector raw; do
    probe "create.$mode" pmem create -s 64M -m $mode -n $mode -o json
done
probe create.same pmem create -s 64M -m raw -n raw --if-not-exists -o json
both created
probe labels nvmectl pmem labels read nmem0 -o json
probe labels.ndctl ndctl read-labels -j nmem0
probe health nvmectl pmem health -o json
volatile_region
both ram
probe split pmem dax split dax1.0 -n 2 -o json
probe cut pmem dax destroy dax1.1 -o json
both cut
probe rename pmem rename raw renamed
umount /mnt/fs
probe destroy pmem destroy sector
both changed
