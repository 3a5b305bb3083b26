# shellcheck shell=bash
# Each refusal: what it says, and that nothing has changed.
PATH=/tmp:$PATH
cp /mnt/share/bin/nvmectl /tmp
mkdir -p /mnt/fs /mnt/lv
modprobe -a dm-mod ext4 kmem
export DM_DISABLE_UDEV=1 # nobody makes the nodes but lvm itself
no() { # NAME WORD…: what is to fail
    probe "$1" nvmectl pmem "${@:2}" --yes -o json
}
list() { probe "$1.list" nvmectl pmem list -o json; }
nobody() { setpriv --reuid 65534 --clear-groups "$@"; }
no labelless.create create -s 64M -n x
no labelless.region create -s 64M -n x -r region3
no labelless.destroy destroy namespace0.0
no labelless.rename rename namespace0.0 x
no labelless.init init region3
nvmectl pmem init all --yes
nvmectl pmem create -r region0 -s 64M -n mounted --mkfs ext4 --mount /mnt/fs
nvmectl pmem create -r region0 -s 64M -m devdax -n opened
nvmectl pmem create -r region0 -s 64M -m sector -n swapped
nvmectl pmem create -r region0 -s 32M -m raw -n lvm
nvmectl pmem create -r region0 -s 32M -n idle
nvmectl pmem create -r region0 -s 32M -m raw -n dm
nvmectl pmem create -r region1 -s 256M -m devdax -n ram
node() { nvmectl pmem list -n "$1" -o value --fields "${2:-block_device}"; }
device() { nvmectl pmem list -n "$1" -o value --fields device; }
mkswap -q "$(node swapped)" 2>/dev/null
swapon "$(node swapped)"
{ vgcreate -y vg-pmem "$(node lvm)" && lvcreate -y -Wn -Zn -l 100%FREE -n lv vg-pmem; } >/tmp/lvm.log 2>&1 || cat /tmp/lvm.log >&2
dmsetup create linear --table "0 1024 linear $(node dm) 0"
nvmectl pmem dax reconfigure ram -m system-ram --yes
# By a node of its own, as a container has it, that is gone meanwhile
mkdir -p /mnt/nodes
mount -t tmpfs -o dev nodes /mnt/nodes
own_node() {
    IFS=: read -r major minor <"/sys/bus/dax/devices/$(basename "$(node opened character_device)")/dev"
    mknod /mnt/nodes/own c "$major" "$minor"
}
own_node
(exec 9</mnt/nodes/own && exec sleep 1000) &
holder=$!
wait_for 5 sh -c "ls -l /proc/$holder/fd | grep /mnt/nodes/own && grep sleep /proc/$holder/comm"
rm /mnt/nodes/own
list before
for used in mounted opened swapped lvm dm ram; do
    no "destroy.$used" destroy "$used"
    no "disable.$used" disable "$used"
    no "reconfigure.$used" reconfigure "$used" -m raw
done
for used in mounted opened swapped; do no "rename.$used" rename "$used" other; done
no erase.mounted destroy mounted --erase full
no resize.lvm resize lvm -s 16M
no resize.mounted resize mounted -s 128M
no check.swapped check swapped --repair
no infoblock.mounted infoblock write mounted /dev/null
no region.used region disable region0
no dimm.used dimm disable nmem0
no labels.zero labels zero nmem0
no labels.init labels init nmem0
no labels.restore labels restore nmem0 /dev/null
no init.used init region0
no init.forced init region0 --force
no daxmode.opened dax reconfigure opened -m system-ram
probe noyes sh -c 'nvmectl pmem destroy idle -o json </dev/null'
probe alias.mounted nvmectl pmem destroy-namespace -f mounted -o json
list after

# The request itself
no size.misaligned create -s 100M --size-policy exact -r region1 -n bad
no size.large create -s 10G -n bad
no size.large.region create -s 2G -r region1 -n bad
no size.zero create -s 0 -n bad
no size.negative create -s -5 -n bad
no size.text create -s many -n bad
no size.tiny create -s 4K -r region1 --size-policy down -n bad
no align.8M create -s 64M -a 8M -n bad
no align.raw create -s 64M -m raw -a 2M -n bad
no align.1G create -s 1G -a 1G -n bad
no sector.777 create -s 64M -m sector -l 777 -n bad
no sector.fsdax create -s 64M -l 520 -n bad
no mode create -s 64M -m fast -n bad
no missing.region create -s 64M -r region9 -n bad
no missing.bus create -s 64M -b ndbus9 -n bad
no missing.namespace destroy namespace9.9
no missing.near destroy idle2
probe missing.list nvmectl pmem list -n nothing -o json
no missing.regions region disable region9
no missing.dimm labels zero nmem9
no missing.dax dax offline dax9.9
no mode.resize resize idle -s 64M
no mode.check check idle
no nothing.fits destroy 'x*'
no nothing.region enable all -r region2 -b ndbus0
no daxcreate dax create -r 0 -s 16M
no daxdestroy dax destroy opened
for verb in "scrub start ndbus0" "inject-smart nmem0 --fatal" "inject-error idle --block 1" \
    "security setup nmem0 -k user:x" "firmware activate ndbus0"; do
    # shellcheck disable=SC2086 # words
    no "cannot.${verb%% *}" $verb
done
probe cannot.monitor nvmectl pmem monitor --timeout 1s -o json
probe cannot.check-labels nvmectl pmem labels check nmem9 -o json
no clean clear-errors idle
for verb in "create -s 32M -n bad" "destroy idle" "disable idle" "rename idle other" "reconfigure idle -m raw"; do
    # shellcheck disable=SC2086 # words
    probe "nobody.${verb%% *}" setpriv --reuid 65534 --clear-groups nvmectl pmem $verb --yes -o json
done
probe nobody.see nobody nvmectl pmem list -o json
list requests

# One of many fails: the others are done
no many.destroy destroy all -r region0
list many
probe many.text nvmectl pmem destroy all -r region0 --yes
no many.regions region disable all
list regions

# Everything used
nvmectl pmem create -r region0 -s 32M -n rest >/dev/null
nvmectl pmem create -r region0 -n more >/dev/null
nvmectl pmem create -r region1 -n most >/dev/null
no full.create create -s 64M -n bad
no full.largest create -n bad
no full.sector create -s 64M -m sector -r region0 -n bad
probe full.plan nvmectl pmem plan -s 64M -o json
dmsetup remove linear
no full.resize resize dm -s 64M

# A region that is off
kill $holder
own_node
python3 - <<'END' &
import ctypes, os, time
mmap = ctypes.CDLL(None).mmap
mmap.restype, mmap.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_size_t] + 3 * [ctypes.c_int] + [ctypes.c_long]
file = os.open("/mnt/nodes/own", os.O_RDWR)
mmap(None, 2 << 20, 3, 1, file, 0)
os.close(file)
os.unlink("/mnt/nodes/own")
time.sleep(1000)
END
holder=$!
wait_for 5 test ! -e /mnt/nodes/own
no mapped.destroy destroy opened
kill $holder
nvmectl pmem dax reconfigure ram -m devdax --yes >/dev/null
no off.region region disable region1
no off.again region disable region1
no off.create create -s 64M -r region1 -n bad
no off.init init region1
no off.dimm dimm disable nmem1
no off.dimm.region region enable region1
no off.dimm.on dimm enable nmem1
no off.region.on region enable region1
