# shellcheck shell=bash
# The life of namespaces on two NVDIMMs with labels, an e820 region and virtio-pmem, beside ndctl and daxctl.
PATH=/tmp:$PATH
cp /mnt/share/bin/nvmectl /tmp
mkdir -p /mnt/fs
modprobe -a dm-mod ext4 kmem
export DM_DISABLE_UDEV=1 # nobody makes the nodes but lvm itself
pmem() { nvmectl pmem "$@" --yes; }
both() { # NAME: what nvmectl and what the old tools see
    probe "$1.list" nvmectl pmem list -o json
    probe "$1.ndctl" ndctl list -vvv
    probe "$1.daxctl" daxctl list -RD
}
break_info_block() { # NAMESPACE: by what the kernel offers for it
    local ns=/sys/bus/nd/devices/$1 driver=/sys/bus/nd/drivers/nd_pmem
    nvmectl pmem disable "$1" --quiet >/dev/null
    echo 1 >"$ns/force_raw"
    echo "$1" >$driver/bind
    dd if=/dev/zero of="/dev/pmem${1#namespace}" bs=4096 count=1 oflag=direct status=none
    echo "$1" >$driver/unbind
    echo 0 >"$ns/force_raw"
    echo "$1" >$driver/bind
}
device() { nvmectl pmem list -n "$1" -o value --fields "${2:-device}"; }
both unlabelled
probe init.dry nvmectl pmem init all --dry-run -o json
probe init pmem init region0 region1 -o json
both labelled
probe init.again pmem init region0 -o json

probe create.fsdax nvmectl pmem create -r region0 -s 64M -n v-fsdax -o json
probe create.devdax nvmectl pmem create -r region0 -s 64M -m devdax -M mem -n v-devdax -o json
probe create.sector nvmectl pmem create -r region0 -s 64M -m sector -n v-sector -o json
probe create.sector512 nvmectl pmem create -r region0 -s 32M -m sector -l 512 -n v-sector512 -o json
probe create.small nvmectl pmem create -r region0 -s 32M -a 4K -n v-small -o json
probe create.raw nvmectl pmem create -r region0 -s 16M -m raw -n v-raw -o json
probe create.ram nvmectl pmem create -r region1 -s 512M -m devdax -n v-ram -o json
probe init.full pmem init region0
both created

mkfs.ext4 -q -b 4096 "$(device v-fsdax block_device)"
mount -o dax "$(device v-fsdax block_device)" /mnt/fs
echo kept >/mnt/fs/file
raw=$(device v-raw block_device)
{ vgcreate -y vg-pmem "$raw" && lvcreate -y -Wn -Zn -l 100%FREE -n lv vg-pmem; } >/tmp/lvm.log 2>&1 || cat /tmp/lvm.log >&2
mkswap -q "$(device v-sector block_device)" 2>/dev/null
swapon "$(device v-sector block_device)"
(exec 9<"$(device v-devdax character_device)" && exec sleep 1000) &
holder=$!
wait_for 30 sh -c "ls -l /proc/$holder/fd | grep /dev/dax"
both used
probe used.tree nvmectl pmem list
kill $holder
umount /mnt/fs
swapoff -a
vgremove -y vg-pmem >/tmp/lvm.log 2>&1 || cat /tmp/lvm.log >&2
wipefs -q -a "$raw"

probe rename nvmectl pmem rename v-fsdax renamed -o json
probe rename.again nvmectl pmem rename renamed renamed -o json
probe renamed.file sh -c "mount -o dax $(device renamed block_device) /mnt/fs && cat /mnt/fs/file && umount /mnt/fs"
probe resize pmem resize v-raw -s 48M -o json
probe resize.again pmem resize v-raw -s 48M -o json
probe resize.blocked pmem resize v-raw -s 1100M
probe disable nvmectl pmem disable all -r region0 -o json
probe disable.again nvmectl pmem disable v-raw -o json
both disabled
probe enable nvmectl pmem enable all -r 0 -o json
both enabled

probe disable.one nvmectl pmem disable renamed
both again
probe again nvmectl pmem create -r region0 -s 64M -n renamed --if-not-exists --mkfs ext4 -o json
probe again.file sh -c "mount -o dax $(device renamed block_device) /mnt/fs && cat /mnt/fs/file && umount /mnt/fs"
half_a_namespace() { # what create leaves when the power goes before it writes the info block
    local ns
    for ns in /sys/bus/nd/devices/namespace1.*; do [ "$(cat "$ns/size")" != 0 ] || break; done
    cat /proc/sys/kernel/random/uuid >"$ns/uuid"
    echo 67108864 >"$ns/size"
    echo half >"$ns/alt_name"
    echo pfn >"$ns/holder_class"
}
probe half.make half_a_namespace
probe half.list nvmectl pmem list -n half -o json
probe half nvmectl pmem create -r region1 -s 64M -n half --if-not-exists -o json
probe half.gone pmem destroy half

probe check.good nvmectl pmem check v-sector -o json
probe check.state nvmectl pmem list -n v-sector -o value --fields state
probe info.decoded nvmectl pmem infoblock read v-sector -o json
probe info.read nvmectl pmem infoblock read v-sector -o raw
{ head -c 4096 /dev/zero && tail -c 4096 /mnt/share/probes/info.read.out; } >/tmp/broken
probe info.bad pmem infoblock write v-sector /tmp/broken
break_info_block "$(device v-sector)"
both broken
probe check.broken nvmectl pmem check v-sector -o json
probe broken.create nvmectl pmem create -r region0 -s 64M -m sector -n v-sector --if-not-exists
probe check.repair pmem check v-sector --repair -o json
probe check.repaired nvmectl pmem check v-sector -o json
probe info.write pmem infoblock write v-sector /mnt/share/probes/info.read.out -o json

probe labels.read nvmectl pmem labels read nmem0 -o json
probe labels.ndctl ndctl read-labels -j nmem0
probe labels.backup nvmectl pmem labels backup nmem0 --file /tmp/nmem0.labels -o json
probe labels.off nvmectl pmem region disable region0 -o json
both off
probe labels.zero pmem labels zero nmem0 -o json
probe labels.none nvmectl pmem labels check nmem0
probe labels.restore pmem labels restore nmem0 /tmp/nmem0.labels -o json
probe labels.check nvmectl pmem labels check nmem0 -o json
probe dimm.off nvmectl pmem dimm disable nmem0 -o json
both dimmoff
probe dimm.on nvmectl pmem dimm enable nmem0 -o json
probe labels.on nvmectl pmem region enable region0 -o json
both restored
probe restored.file sh -c "mount -o dax $(device renamed block_device) /mnt/fs && cat /mnt/fs/file && umount /mnt/fs"
same_copies() { for file in /var/lib/nvmectl/labels/*; do cmp -s "$file" /tmp/nmem0.labels && echo "$file"; done; }
probe kept.copies same_copies

dax=$(device v-ram character_device)
probe ram.on pmem dax reconfigure "$dax" -m system-ram -o json
both ram
probe ram.tree nvmectl pmem list -r region1
probe ram.again pmem dax reconfigure v-ram -m system-ram -o json
probe ram.offline pmem dax offline v-ram -o json
both offline
probe ram.online pmem dax online v-ram -o json
probe ram.offline2 pmem dax offline v-ram
probe ram.off pmem dax reconfigure v-ram -m devdax -o json
probe ram.policy cat /sys/devices/system/memory/auto_online_blocks
probe ram.noonline pmem dax reconfigure v-ram -m system-ram --no-online -o json
both noonline
probe ram.off2 pmem dax reconfigure v-ram -m devdax
both noram
probe ram.dax nvmectl pmem dax list v-ram -o json

probe reconfigure pmem reconfigure v-small -m raw -o json
probe reconfigure.e820 pmem reconfigure "$(nvmectl pmem list -b e820 -o value --fields device)" -m devdax -o json
probe reconfigure.virtio pmem reconfigure "$(nvmectl pmem list -b virtio-pmem -o value --fields device)" -a 4K -o json
both reconfigured
raw=$(device v-raw block_device)
dd if=/bin/bash of="$raw" bs=1M count=1 seek=20 oflag=direct conv=sync status=none
# What goes on is shown on a terminal.
probe destroy.full script -qec "nvmectl pmem destroy v-raw --erase full --yes" /dev/null
probe blank nvmectl pmem create -r region0 -s 48M -m raw -n blank -o json
probe blank.bytes cmp -n $((48 << 20)) "$(device blank block_device)" /dev/zero
probe destroy pmem destroy v-devdax v-small --erase head -o json
probe destroy.all pmem destroy all -o json
probe destroy.missing pmem destroy v-raw --if-exists -o json
both empty
