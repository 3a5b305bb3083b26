# shellcheck shell=bash
# Volumes by real LVM, and persistent memory as a file says: each twice, the second time nothing changes.
PATH=/tmp:$PATH
cp /mnt/share/bin/nvmectl /tmp
modprobe -a dm-mod ext4 xfs
export DM_DISABLE_UDEV=1 # nobody makes the nodes but lvm itself
volume() { # NAME WORD…
    probe "$1" nvmectl pmem volume "${@:2}" -o json
}
volume none list
volume early create early --size 100M
nvmectl pmem init region0 --yes >/dev/null
volume dry create vol-a --size 100M --pool-size 512M --dry-run
volume create create vol-a --size 100M --pool-size 512M -r region0 --mkfs ext4 --mount /mnt/vol-a
echo kept >/mnt/vol-a/file
volume again create vol-a --size 100M --mkfs ext4 --mount /mnt/vol-a
volume second create vol-b --size 50M
volume third create vol-c --size 10M --mkfs ext4
volume xfs create vol-c --size 10M --mkfs xfs
volume larger create vol-a --size 200M
volume listed list
probe mounts grep /mnt/vol-a /proc/mounts
probe namespaces.list nvmectl pmem list -o json
probe lvs lvs --noheadings --units b --nosuffix -o lv_name,lv_size
volume busy delete vol-a --yes
probe pool.busy nvmectl pmem destroy 'nvmectl-pool-*' --yes -o json
volume toolarge create vol-d --size 2G
volume newpool create vol-d --size 400M --pool-size 600M
volume resize resize vol-b --size 80M
volume resize.again resize vol-b --size 80M
volume grow resize vol-a --size 150M --file-system
probe grow.df df --output=size /mnt/vol-a
volume resize.large resize vol-b --size 4G
volume shrink.mounted resize vol-a --size 50M --yes
volume elsewhere create vol-a --size 100M -r region1
volume dry.large create vol-e --size 2G --dry-run
volume dry.xfs create vol-c --size 10M --mkfs xfs --dry-run
volume tiny create vol-t --size 1
volume delete.tiny delete vol-t vol-t --yes
probe nobody setpriv --reuid 65534 --clear-groups nvmectl pmem volume list -o json
for n in 1 2 3; do volume "same.$n" create vol-s --size 16M --mkfs ext4 --mount /mnt/vol-s & done
wait
umount /mnt/vol-s
volume delete.same delete vol-s --yes
volume shrink.unasked resize vol-b --size 8M
volume shrink resize vol-b --size 8M --yes
volume gone delete vol-z --yes
volume ifexists delete vol-z --if-exists --yes
umount /mnt/vol-a
volume remount create vol-a --size 100M --mkfs ext4 --mount /mnt/vol-a
probe file cat /mnt/vol-a/file
umount /mnt/vol-a
volume delete delete vol-a vol-b vol-c vol-d --yes
volume deleted list
probe pool.group nvmectl pmem destroy 'nvmectl-pool-*' --yes
vgs --noheadings -o vg_name | xargs -n 1 vgremove -y >/tmp/lvm.log 2>&1 || cat /tmp/lvm.log >&2
probe pools.list nvmectl pmem list -o json
probe pools.destroy nvmectl pmem destroy all --yes -o json

# As a file says
cat >/tmp/memory.json <<'JSON'
{
  "version": 1,
  "regions": [{"region": "region0", "init": true}, {"region": "region1", "init": true}],
  "namespaces": [
    {"name": "data", "size": "100M", "mkfs": "ext4", "mount": "/mnt/data"},
    {"name": "big", "size": "512M", "region": "region1", "mkfs": "xfs", "mount": "/mnt/big"},
    {"name": "blocks", "size": "64M", "mode": "sector", "sector_size": 512},
    {"name": "bytes", "size": "64M", "mode": "devdax", "map": "mem", "align": "4K"}
  ]
}
JSON
apply() { probe "$1" nvmectl pmem apply "${@:2}" -o json; }
apply apply.dry /tmp/memory.json --dry-run
probe apply.dry.list nvmectl pmem list -o json
apply apply.unasked /tmp/memory.json
apply apply /tmp/memory.json --yes
probe apply.list nvmectl pmem list -o json
echo kept >/mnt/data/file
apply apply.again /tmp/memory.json --yes
apply apply.again.prune /tmp/memory.json --prune
probe apply.again.list nvmectl pmem list -o json
umount /mnt/data
nvmectl pmem disable blocks >/dev/null
apply apply.mend /tmp/memory.json --yes
probe apply.file cat /mnt/data/file
nvmectl pmem create -n stray -s 32M >/dev/null
nvmectl pmem create -s 32M >/dev/null
apply apply.keep /tmp/memory.json
apply prune.dry /tmp/memory.json --prune --dry-run
apply prune /tmp/memory.json --prune --yes
probe prune.list nvmectl pmem list -o json
sed 's/"512M"/"256M"/; s/"sector_size": 512/"sector_size": 4096/' /tmp/memory.json >/tmp/other.json
apply differs /tmp/other.json --yes
probe differs.list nvmectl pmem list -o json
echo '{"version": 1, "namespaces": [{"size": "1G"}]}' >/tmp/wrong.json
apply wrong /tmp/wrong.json --yes
apply missing /tmp/nothing.json --yes
probe stdin sh -c 'nvmectl pmem apply - -o json </tmp/memory.json'

# What is there as a file, and from it again
probe snapshot nvmectl pmem snapshot-config
probe snapshot.json nvmectl pmem snapshot-config -o json
apply snapshot.same /mnt/share/probes/snapshot.out
umount /mnt/data /mnt/big
nvmectl pmem destroy all --yes >/dev/null
apply snapshot.apply /mnt/share/probes/snapshot.json.out --yes
probe snapshot.list nvmectl pmem list -o json
apply snapshot.again /mnt/share/probes/snapshot.out

# What a snapshot does not take for the namespace's own: volumes, and how the kernel writes blanks
umount /mnt/data /mnt/big
nvmectl pmem destroy all --yes >/dev/null
nvmectl pmem create -n blank -s 64M --mkfs ext4 --mount '/mnt/a blank' >/dev/null
nvmectl pmem volume create inner -s 16M --pool-size 64M --mkfs ext4 --mount /mnt/inner >/dev/null
probe blank.list nvmectl pmem list -o json
probe blank nvmectl pmem snapshot-config
apply blank.again /mnt/share/probes/blank.out
umount '/mnt/a blank'
apply blank.mounted /mnt/share/probes/blank.out
probe blank.mounts grep -c 'a.040blank' /proc/mounts
umount '/mnt/a blank' /mnt/inner
nvmectl pmem volume delete inner --yes >/dev/null
vgs --noheadings -o vg_name | xargs -n 1 vgremove -y >/tmp/lvm.log 2>&1 || cat /tmp/lvm.log >&2
nvmectl pmem destroy all --yes >/dev/null
# A dry run knows what would not fit
echo '{"version": 1, "namespaces": [{"name": "x", "size": "1G"}, {"name": "y", "size": "1G"}, {"name": "z", "size": "1G"}]}' >/tmp/fat.json
apply fat.dry /tmp/fat.json --dry-run
apply fat /tmp/fat.json
echo '{"version": 1, "regions": []}' >/tmp/silent.json
apply silent /tmp/silent.json --prune --yes

# System RAM, which no label remembers
nvmectl pmem destroy all --yes >/dev/null
echo offline >/sys/devices/system/memory/auto_online_blocks
echo '{"version": 1, "namespaces": [{"name": "ram", "size": "512M", "mode": "devdax", "system_ram": true}]}' >/tmp/ram.json
apply ram /tmp/ram.json
probe ram.daxctl daxctl list
apply ram.again /tmp/ram.json
probe ram.snapshot nvmectl pmem snapshot-config -o json
apply ram.busy /tmp/memory.json --prune --yes
sed -i 's/true/false/' /tmp/ram.json
apply ram.back /tmp/ram.json
probe ram.back.daxctl daxctl list
