# shellcheck shell=bash
# Creating: each mode, map, alignment and sector size beside what plan promises; sizes, names, places, file systems;
# many at once, and stopped on the way.
PATH=/tmp:$PATH
cp /mnt/share/bin/nvmectl /tmp
modprobe -a ext4 xfs
nvmectl pmem init all --yes
create() { # NAME OPTION…: as JSON
    probe "$1" nvmectl pmem create "${@:2}" -o json
}
destroy() { nvmectl pmem destroy "$@" --yes >/dev/null; }
list() { # NAME: what nvmectl and what the old tools see
    probe "$1.list" nvmectl pmem list -o json
    probe "$1.ndctl" ndctl list -vvv
    probe "$1.daxctl" daxctl list -RD
}

probe capacity.free nvmectl pmem capacity -o json
probe capacity.sector nvmectl pmem capacity -m sector -r region0 -o json
create largest -r region0 -n largest
probe capacity.full nvmectl pmem capacity -o json
destroy largest
both() { # NAME OPTION…: what plan promises, what create does
    probe "plan.$1" nvmectl pmem plan "${@:2}" -o json
    create "made.$1" -n "$1" "${@:2}"
}
for map in dev mem; do
    for align in 4K 2M; do
        for mode in fsdax devdax; do both "$mode-$map-$align" -m $mode -M $map -a $align -s 48M; done
    done
done
for sector in 512 4096; do both "fsdax-$sector" -l $sector -s 32M; done
for sector in 512 520 528 4096 4104 4160 4224; do both "sector-$sector" -m sector -l $sector -s 32M; done
for sector in 512 4096; do both "raw-$sector" -m raw -l $sector -s 16M; done
list matrix
# ndctl's own words for modes
destroy all
both memory -m memory -s 32M
both dax -m dax -s 32M
both safe -m safe -s 32M
destroy all

both up -s 100M
both down -s 100M --size-policy down
both exact -s 96M --size-policy exact
both fraction -s 0.0625G
both bytes -s 50331648
both usable -s 64M --usable-size
both usable-exact -s 62M --usable-size --size-policy exact
both usable-sector -m sector -s 60M --usable-size
create inexact -s 100M --size-policy exact -n inexact
create inexact.usable -s 64M --usable-size --size-policy exact -n inexact
destroy all

both region -r region1 -s 32M
both region-number -r 1 -s 32M
both bus -b ACPI.NFIT -s 32M
both node -U 0 -s 32M
create nonode -U 7 -s 32M
create label -u 11111111-2222-3333-4444-555555555555 -s 16M -m raw -n labelled
create label.twice -u 11111111-2222-3333-4444-555555555555 -s 16M -m raw -n other
create wrong.region -r e820 -s 32M
destroy all

# A name, once
create once -n once -s 64M --mkfs ext4 --mount /mnt/once --if-not-exists
echo kept >/mnt/once/file
create once.again -n once -s 64M --mkfs ext4 --mount /mnt/once --if-not-exists
create once.less -n once -s 50M --if-not-exists
umount /mnt/once
create once.mount -n once -s 64M --mkfs ext4 --mount /mnt/once --if-not-exists
probe once.file cat /mnt/once/file
probe once.mounts grep /mnt/once /proc/mounts
create once.plain -n once -s 64M
create once.mode -n once -s 64M -m sector --if-not-exists
create once.size -n once -s 512M --if-not-exists
create once.align -n once -s 64M -a 4K --if-not-exists
create once.xfs -n once -s 64M --mkfs xfs --if-not-exists
create once.more -n once -s 32M --allow-duplicate-name
probe once.which nvmectl pmem disable once -o json
create dry -n dry -s 64M --mkfs ext4 --mount /mnt/dry --dry-run
create big -n big -s 512M --mkfs xfs --mount /mnt/big
probe big.mounts grep /mnt/big /proc/mounts
create small.xfs -n small -s 64M -r region0 --mkfs xfs --mount /mnt/small
create sector.fs -n sectors -m sector -s 64M --mkfs ext4 --mount /mnt/sector
probe sector.mounts grep /mnt/sector /proc/mounts
list dressed
umount /mnt/once /mnt/big /mnt/sector

# What was there before appears again, unless it is wiped
destroy all
create remains -n remains -s 64M -r region0
probe remains.blkid blkid -p /dev/pmem0
destroy all
create wiped -n wiped -s 64M -r region0 --wipe
probe wiped.blkid blkid -p /dev/pmem0
destroy all

echo '{"name": "filed", "size": "64M", "mode": "sector", "if_not_exists": true}' >/tmp/one.json
create from.file --from /tmp/one.json
create from.again --from /tmp/one.json
probe from.stdin sh -c 'echo "{\"name\": \"piped\", \"size\": 33554432}" | nvmectl pmem create --from - -o json'
probe from.bad sh -c 'echo "{\"name\": \"piped\", \"sizes\": 33554432}" | nvmectl pmem create --from - -o json'

# Filters
create f.one -n one -s 32M -r region0
create f.two -n two -s 32M -r region1 -m devdax
filter() { # NAME OPTION…
    probe "filter.$1" nvmectl pmem list "${@:2}" -o json
}
field() { nvmectl pmem list -n one -o value --fields "$1"; }
filter name -n one
filter label -n "$(field label_uuid)"
filter uuid -n "$(field uuid)"
filter node -n "$(field block_device)"
filter device -n "$(field device)"
filter comma -n one,two
filter repeated -n one -n two
filter pattern -n 'p*'
filter bus -b ndbus0
filter provider -b e820
filter region -r region1
filter mode -m devdax
filter modes -m devdax,sector
filter numa -U 0
filter dimm -d nmem1
filter both -r region0 -m sector
filter nothing -r region0 -m raw
filter missing -n three
destroy all

# Eight at once
for n in 1 2 3 4 5 6 7 8; do create "parallel.$n" -r region0 -s 32M -n "p$n" & done
wait
list parallel
destroy all
seeds() {
    for file in /sys/bus/nd/devices/{namespace1,pfn1}.*/{alt_name,uuid,size,align}; do
        [ ! -e "$file" ] || echo "${file#/sys/bus/nd/devices/}:$(cat "$file")"
    done
}
# A create that fails leaves its seeds as they were; what ndctl leaves there does not matter.
create poison -r region1 -s 1G -a 1G -n poison
probe seeds seeds
# The kernel refuses the claim, when the seed has its alignment and the namespace its label
seed_of() { readlink -f "/sys/bus/nd/devices/$(cat "/sys/bus/nd/devices/region1/$1")"; }
idle() { # the namespace device that the next create takes
    if [ "$(cat /sys/bus/nd/devices/namespace1.0/size)" = 0 ]; then readlink -f /sys/bus/nd/devices/namespace1.0
    else seed_of namespace_seed; fi
}
at_write() { # FILE WHAT WORD…: with that happening when the file is written to
    strace -o /tmp/steps -P "$1" -e trace=write -e "inject=write:$2:when=1" nvmectl pmem "${@:3}" -o json
}
refused() { # MODE SEED
    local seed
    seed=$(seed_of "$2")
    probe "refused.$1" at_write "$seed/namespace" error=EBUSY create -r region1 -s 32M -m "$1" -n refused "${@:3}"
    probe "refused.$1.align" sh -c "[ ! -e $seed/align ] || cat $seed/align"
    probe "refused.$1.namespace" cat "$seed/namespace"
    probe "refused.$1.label" sh -c "cat /sys/bus/nd/devices/namespace1.*/alt_name /sys/bus/nd/devices/namespace1.*/uuid"
}
refused fsdax pfn_seed -a 4K
refused devdax dax_seed -a 4K
refused sector btt_seed
probe interrupted at_write "$(idle)/size" signal=INT create -r region1 -s 32M -n interrupted
list refused
for seed in /sys/bus/nd/devices/{pfn1,dax1}.*; do echo 1073741824 >"$seed/align"; done
create sticky.fsdax -r region1 -s 64M -n unstuck
create sticky.devdax -r region1 -s 64M -m devdax -n unstuck-too
list last
create kept -r region1 -s 32M -n kept
probe remade.refused at_write "$(seed_of dax_seed)/namespace" error=EBUSY reconfigure kept -m devdax --yes
list remade
probe remade nvmectl pmem reconfigure kept -m devdax --yes -o json
# Killed, it leaves its seed a label UUID, which the kernel keeps until it is told to forget it
probe seed.killed at_write "$(idle)/uuid" signal=KILL create -r region1 -s 32M -n seed
create seed.again -r region1 -s 32M -n seed
destroy seed,kept

# Several that want the same volume, with its file system
destroy all
for n in 1 2 3 4; do create "same.$n" -n same -s 64M --mkfs ext4 --mount /mnt/same --if-not-exists & done
wait
probe same.mounts grep /mnt/same /proc/mounts
umount /mnt/same
# What cannot be read is no empty device
node=$(nvmectl pmem list -n same -o value --fields block_device)
echo '2 8' >"/sys/block/${node#/dev/}/badblocks"
create unreadable -n same -s 64M --mkfs ext4 --mount /mnt/same --if-not-exists
probe unreadable.snapshot nvmectl pmem snapshot-config
# A region that is off hides its names
create hidden -r region1 -s 64M -n hidden
nvmectl pmem region disable region1 >/dev/null
create hidden.again -s 64M -n hidden --if-not-exists
probe hidden.rename nvmectl pmem rename same hidden -o json
nvmectl pmem region enable region1 >/dev/null
create hidden.on -s 64M -n hidden --if-not-exists
# Names that would be taken for others, and words that nobody filled
for name in 'all' '*' 'vol-?' namespace0.0 pmem0; do create "name.$name" -s 64M -n "$name"; done
create empty.region -s 64M -r ''
create empty.from --from ''
probe empty.destroy nvmectl pmem destroy all -r '' --yes -o json
probe rest.list nvmectl pmem list -o json

# A caller that is killed as soon as the device is there leaves nothing that looks finished
destroy all
create stale -r region0 -n stale -s 64M --mkfs ext4
probe stale.uuid blkid -p -s UUID -o value /dev/pmem0
destroy all
nvmectl pmem create -r region0 -n killed -s 64M --mkfs ext4 >/dev/null 2>&1 &
creator=$!
SECONDS=0
while [ ! -e /dev/pmem0 ] && [ $SECONDS -lt 20 ]; do :; done
kill -9 $creator
wait $creator || true
create killed -r region0 -n killed -s 64M --mkfs ext4 --if-not-exists
probe killed.uuid blkid -p -s UUID -o value /dev/pmem0
