# shellcheck shell=bash
# What QEMU's NVDIMMs cannot do, on the kernel's simulated ones: nfit_test.0 with 4 DIMMs in regions over 2 and 4 of
# them, nfit_test.1 with 2 that have failed.
PATH=/tmp:$PATH
cp /mnt/share/bin/nvmectl /tmp
modprobe encrypted-keys
ask() { # NAME WORD…: a command with its result, or its error, as JSON
    probe "$1" nvmectl pmem "${@:2}" -o json
}
op() { ask "$@" --yes; }
both() { # NAME: what nvmectl and what ndctl see
    probe "$1.list" nvmectl pmem list --health --firmware -o json
    probe "$1.ndctl" ndctl list -BDRNFHCi
    probe "$1.bad" ndctl list -RNM
}
simulate() { # DIMM COMMAND CODE: the DIMM answers this command with an error
    echo $((1 << $2)) >"/sys/class/nfit_test_dimm/test_dimm$1/fail_cmd"
    echo "$3" >"/sys/class/nfit_test_dimm/test_dimm$1/fail_cmd_code"
}
simulate_none() { echo 0 >"/sys/class/nfit_test_dimm/test_dimm$1/fail_cmd"; }
scrubbed() { nvmectl pmem scrub start ndbus0 >/dev/null && nvmectl pmem scrub wait ndbus0 >/dev/null; }
# NVDIMM_FAMILY_INTEL's functions, and the kernel's own for labels
smart=1 thresholds=2 get_label_data=5 set_label_data=6 set_thresholds=17 inject_smart=18 get_label_size=4

ask scrub.ready scrub wait
both fresh
probe fresh.tree nvmectl pmem list
head -c 8192 /dev/urandom >/tmp/firmware
op scrub.start scrub start ndbus0
op fw.scrubbing firmware update nmem0 -f /tmp/firmware
ask scrub.wait scrub wait nfit_test.0
op scrub.missing scrub start ndbus9

# Events. Each of the simulated DIMMs has two alarms from the beginning.
nvmectl pmem monitor -o ndjson >/mnt/share/probes/events.out 2>/tmp/events.err &
all=$!
nvmectl pmem monitor -r region0 -D dimm-health-state -o ndjson >/mnt/share/probes/region.out &
region=$!
nvmectl pmem monitor -b nfit_test.0 -d nmem1,nmem2 -D unclean-shutdown -o ndjson >/mnt/share/probes/filtered.out &
filtered=$!
probe monitor.first nvmectl pmem monitor -n namespace0.0 --count 2 -o ndjson
probe monitor.timeout nvmectl pmem monitor -D health-state --timeout 300ms
ask monitor.none monitor -b ndbus1
ask monitor.missing monitor -d nmem9
script -qec "nvmectl pmem monitor -D health-state --count 1" /mnt/share/probes/terminal.out >/dev/null 2>&1 &
terminal=$!
sleep 1.5
op smart.none inject-smart nmem4 --spares 3
op smart.dry inject-smart nmem0 --fatal --dry-run
probe smart.dry.health nvmectl pmem health nmem0 -o json
op smart.values inject-smart nmem0 --spares 3 --media-temperature 50 --media-temperature-threshold 30
op smart.fatal inject-smart nmem1 --fatal --unsafe-shutdown
op smart.fatal2 inject-smart nmem3 --fatal
op smart.thresholds inject-smart nmem2 --media-temperature-threshold 50 --spares-threshold 7 --spares-alarm off \
    --controller-temperature-threshold 60 --controller-temperature-alarm on
both smart
probe smart.health nvmectl pmem health -o json
probe smart.check nvmectl pmem health nmem1 --check -o json
probe smart.warn nvmectl pmem health nmem2 --check -o json
sleep 0.5
kill -INT $all $region $filtered
probe monitor.all wait $all
probe monitor.region wait $region
wait $filtered $terminal
for dimm in 0 1 3; do op "smart.back.$dimm" inject-smart "nmem$dimm" --uninject all; done
ask monitor.alarms monitor -d nmem2 --enable-alarms --count 1
both back

# Namespaces over 2 and over 4 DIMMs, the same addresses of which are in both regions
op init.both init region0 region1
for size in 17M 40M 5000001; do
    for policy in up down exact; do
        for region in 0 1; do
            ask "plan.$region.$size.$policy" plan -r "region$region" -s $size --size-policy $policy -m raw
        done
    done
done
op create.raw create -r region0 -s 3M -m raw -n v-raw
op create.fsdax create -r region0 -s 10M -M mem -n v-fsdax
op create.devdax create -r region1 -s 17M -m devdax -M mem -n v-devdax
op create.sector create -r region1 -s 20M -m sector -n v-sector
op create.full create -r region1 -s 16M -m raw
both made

# Labels: what belongs to one region is on all its DIMMs, and two DIMMs belong to both
ask labels.backup labels backup nmem0 nmem1 nmem2 nmem3
op init.other init region0
nvmectl pmem region disable region0 >/dev/null
op labels.shared labels init nmem0
op labels.alone labels init nmem2
op dimm.shared dimm disable nmem1
nvmectl pmem region enable region0 >/dev/null
nvmectl pmem region disable region0 region1 >/dev/null
op labels.zero labels zero nmem0 nmem1 nmem2 nmem3 --no-backup
ask labels.zeroed labels check nmem0
for dimm in 0 1 2 3; do
    saved=$(python3 -c 'import json, sys
print([row["detail"] for row in json.load(sys.stdin)["data"] if row["device"] == sys.argv[1]][0])' "nmem$dimm" </mnt/share/probes/labels.backup.out)
    op "labels.restore.$dimm" labels restore "nmem$dimm" "$saved"
done
op labels.enable region enable region0 region1
both restored

# Bad blocks
for ns in v-raw v-fsdax v-devdax; do
    op "error.$ns.first" inject-error $ns --block 2048 --count 4
    op "error.$ns.second" inject-error $ns --block 4100
done
op error.sector inject-error v-sector --block 8
op error.beyond inject-error v-raw --block 1000000
op error.wrapped inject-error v-raw --block 36028797018963968
op error.many inject-error v-raw --block 1 --count 36028797018963968
ask error.injected injected-errors v-raw
scrubbed
both bad
ask bad.blocks bad-blocks --regions
probe bad.read dd if=/dev/pmem0 of=/dev/null bs=4096 skip=256 count=1 iflag=direct
op clear.raw clear-errors v-raw
op clear.again clear-errors v-raw
op clear.devdax clear-errors v-devdax
op clear.sector clear-errors v-sector
probe clear.reread dd if=/dev/pmem0 of=/dev/null bs=4096 skip=256 count=1 iflag=direct
fsdax=$(nvmectl pmem list -n v-fsdax -o value --fields block_device)
for block in 256 512; do # writing clears, too
    probe "clear.write.$block" dd if=/dev/zero of="$fsdax" bs=4096 seek=$block count=1 oflag=direct
done
ask clear.left bad-blocks
ask clear.injected injected-errors v-raw
both cleared
op quiet.inject inject-error v-raw --block 64 --no-notify
ask quiet.injected injected-errors v-raw
op quiet.uninject uninject-error v-raw --block 64
ask quiet.gone injected-errors v-raw
# ndctl's spellings
v_raw=$(nvmectl pmem list -n v-raw -o value --fields device)
op alias.inject inject-error v-raw -B 96 -n 2 -N
ask alias.status inject-error v-raw -t
probe alias.theirs ndctl inject-error -t "$v_raw"
op alias.uninject inject-error v-raw -d -B 96 -n 2
probe alias.theirs.gone ndctl inject-error -t "$v_raw"
# A bad block below a sector namespace, made while it was raw: only writing helps
nvmectl pmem destroy v-sector --yes >/dev/null
nvmectl pmem create -r region1 -s 20M -m raw -n v-hurt >/dev/null
op hurt.inject inject-error v-hurt --block 60000 --count 8
op hurt.sector reconfigure v-hurt -m sector
scrubbed
ask hurt.bad bad-blocks v-hurt
op hurt.clear clear-errors v-hurt
op hurt.check check v-hurt

# Bad blocks where an info block would be keep nobody from giving a namespace up
nvmectl pmem destroy v-hurt --yes >/dev/null
nvmectl pmem create -r region1 -s 20M -m raw -n v-hurt >/dev/null
for block in 0 8; do nvmectl pmem inject-error v-hurt --block $block --yes >/dev/null; done
scrubbed
ask hurt.start bad-blocks v-hurt
op hurt.reconfigure reconfigure v-hurt -m fsdax
nvmectl pmem reconfigure v-hurt -m raw --yes >/dev/null
nvmectl pmem inject-error v-hurt --block 0 --yes >/dev/null
scrubbed
op hurt.destroy destroy v-hurt

# The flog of a sector namespace as Linux before 4.15 laid it out: entries 0 and 2 of four
nvmectl pmem create -r region1 -s 20M -m sector -n v-old >/dev/null
old=$(nvmectl pmem list -n v-old -o value --fields device)
disk() { nvmectl pmem list -n v-old -o value --fields block_device; }
head -c 1048576 /dev/urandom >/tmp/content
for _ in 1 2; do dd if=/tmp/content of="$(disk)" bs=4096 oflag=direct status=none; done
nvmectl pmem disable v-old >/dev/null
echo 1 >"/sys/bus/nd/devices/$old/force_raw"
echo "$old" >/sys/bus/nd/drivers/nd_pmem/bind
python3 - "/dev/pmem${old#namespace}" <<'END'
import struct, sys
with open(sys.argv[1], "r+b", buffering=0) as disk:
    info = disk.read(4096)
    lanes, log = struct.unpack_from("<I", info, 72)[0], struct.unpack_from("<Q", info, 104)[0]
    disk.seek(log)
    flog = bytearray(disk.read(lanes * 64))
    for at in range(0, len(flog), 64):
        flog[at + 32:at + 48], flog[at + 16:at + 32] = flog[at + 16:at + 32], bytes(16)
    disk.seek(log)
    disk.write(flog)
END
echo "$old" >/sys/bus/nd/drivers/nd_pmem/unbind
echo 0 >"/sys/bus/nd/devices/$old/force_raw"
op flog.old check v-old
op flog.repair check v-old --repair
op flog.again check v-old
nvmectl pmem enable v-old >/dev/null
probe flog.content cmp -n 1048576 /tmp/content "$(disk)"
probe flog.ndctl ndctl check-namespace -f "$old"
nvmectl pmem destroy v-old --yes >/dev/null
op flog.metadata create -r region1 -s 20M -m sector -l 4104 -n v-metadata
op flog.metadata.check check v-metadata

# init of one region: on its DIMMs the other one has labels, too
for ns in v-raw v-fsdax; do nvmectl pmem destroy $ns --yes >/dev/null; done
op init.neighbour init region0
op init.force init region0 --force
ask init.left labels check nmem0 nmem1 nmem2 nmem3
# Programs that are killed while they make a namespace: at their last writes it is there already
killed() { # NAME WRITE MODE
    probe "$1" strace -qq -f -o /dev/null -e trace=write -e "inject=write:signal=KILL:when=$2" \
        nvmectl pmem create -r region1 -s 20M -m "$3" -n v-half
}
for mode in fsdax devdax sector; do
    for write in 8 9 10; do
        killed "killed.$mode.$write" $write $mode
        ask "killed.$mode.$write.again" create -r region1 -s 20M -m $mode -n v-half --if-not-exists
        op "killed.$mode.$write.destroyed" destroy v-half
    done
done
killed killed.claimed 10 fsdax
op killed.destroyed destroy v-half
ask killed.left list -r region1
nvmectl pmem create -r region1 -s 16M -m raw -n v-last >/dev/null

# DIMMs that do not answer
fails() { # DIMM FUNCTION, and what is said while that function fails
    simulate "$1" "$2" -5
    "${@:3}"
    simulate_none "$1"
}
fails 0 $smart ask fail.health health nmem0
fails 0 $smart ask fail.some health
fails 0 $smart ask fail.check health nmem0 nmem2 --check
fails 0 $thresholds ask fail.thresholds health nmem0
fails 0 $smart ask fail.list list --health
fails 0 $inject_smart op fail.inject inject-smart nmem0 --fatal
fails 0 $set_thresholds op fail.set inject-smart nmem0 --media-temperature-threshold 50
nvmectl pmem inject-smart nmem0 --uninject all >/dev/null
nvmectl pmem region disable region0 region1 >/dev/null
for function in $get_label_size $get_label_data; do
    fails 3 "$function" ask "fail.read.$function" labels read nmem3
    fails 3 "$function" ask "fail.backup.$function" labels backup nmem3
    fails 3 "$function" op "fail.init.$function" labels init nmem3 --force --no-backup
    fails 3 "$function" op "fail.zero.$function" labels zero nmem3 --no-backup
done
nvmectl pmem dimm disable nmem3 >/dev/null
fails 3 $get_label_data op fail.dimm dimm enable nmem3
op fail.disabled region enable region1
op fail.create create -r region1 -s 16M -m raw
nvmectl pmem dimm enable nmem3 >/dev/null
nvmectl pmem labels backup nmem3 --file /tmp/nmem3.labels >/dev/null
fails 3 $set_label_data op fail.write labels init nmem3 --force --no-backup
op fail.lost labels init nmem3 --force --no-backup
op fail.missing region enable region1
op fail.restore labels restore nmem3 /tmp/nmem3.labels --no-backup
op fail.mended region enable region0 region1

# A locked DIMM, as its firmware would leave it at a start: it gives nobody its labels
nvmectl pmem region disable region1 >/dev/null
nvmectl pmem dimm disable nmem3 >/dev/null
simulate 3 $get_label_size -13
op locked.dimm dimm enable nmem3
both locked
op locked.region region enable region1
op locked.create create -r region1 -s 16M -m raw
op locked.init init region1
op locked.labels labels init nmem3
ask locked.read labels read nmem3
simulate_none 3
op locked.again dimm enable nmem3
op locked.over region enable region1

# Read-only for a DIMM that failed to arm
op ro.create create -r region2 -s 16M -m raw
op ro.change reconfigure namespace2.0 -m fsdax
op ro.init init region3
echo 1 >/sys/bus/nd/devices/region0/read_only
op ro.attribute create -r region0 -s 16M -m raw
echo 0 >/sys/bus/nd/devices/region0/read_only

# Firmware
op fw.update firmware update nmem0 nmem1 nmem2 -f /tmp/firmware
both staged
op fw.overflow firmware update nmem3 -f /tmp/firmware
op fw.again firmware update nmem0 -f /tmp/firmware
op fw.force firmware update nmem0 -f /tmp/firmware --force
op fw.disarm firmware disarm nmem0 nmem1 nmem2
op fw.unarmed firmware activate ndbus0
both fw.alias.before
op fw.alias.arm update-firmware nmem0 nmem1 -A
both fw.alias.armed
op fw.alias.disarm update-firmware nmem0 nmem1 -D
both fw.alias.disarmed
op fw.alias.planned activate-firmware ndbus0 -n -f
op fw.arm firmware arm nmem0
op fw.late firmware activate ndbus0 --force --timeout 300ms
op fw.busy firmware activate ndbus0 --force
sleep 3.5
op fw.rearm firmware arm nmem0
op fw.live firmware activate ndbus0 --force
head -c 4000000 /dev/zero >/tmp/large
op fw.large firmware update nmem1 -f /tmp/large
op fw.empty firmware update nmem1 -f /dev/null
mkfifo /tmp/pipe
op fw.pipe firmware update nmem1 -f /tmp/pipe
op fw.file firmware update nmem1 -f /tmp/nothing
op fw.none firmware update nmem5 -f /tmp/firmware
op fw.reset firmware activate ndbus1

# Security. The last of it, since afterwards the kernel enables no region: it may not flush the processor's caches here.
keyctl add user nvdimm-master 00112233445566778899aabbccddeeff @u >/dev/null
keyctl link @u @s
op key.busy security setup nmem0 -k user:nvdimm-master
nvmectl pmem region disable region0 region1 >/dev/null
op key.open security freeze nmem3
op key.nokek security setup nmem0 -k user:nothing
op key.setup security setup nmem0 nmem1 nmem3 -k user:nvdimm-master
both set
op key.twice security setup nmem0 -k user:nvdimm-master
op key.update security update nmem0
op key.update2 security update nmem1 -k user:nvdimm-master
# As an update leaves it that is killed before the DIMM has the new key
new=$(echo /etc/ndctl/keys/nvdimm_cdab-0a-07e0-feffffff_*)
old=${new/nvdimm_/nvdimm-old_}
echo "the DIMM's key" >"$old"
op key.cut security update nmem1
probe key.cut.kept cat "$old"
rm "$old"
op key.remove security remove nmem0
both removed
probe key.files ls /etc/ndctl/keys
# What was locked behind the kernel's back shows after the next operation, and enabling the DIMM unlocks it
echo 1 >/sys/class/nfit_test_dimm/test_dimm1/lock_dimm
nvmectl pmem dimm disable nmem1 >/dev/null
op key.refresh security update nmem1
both keylocked
keyctl unlink "$(keyctl search @u encrypted nvdimm:cdab-0a-07e0-feffffff)" @u
mv /etc/ndctl/keys /etc/ndctl/kept
op key.without dimm enable nmem1
mv /etc/ndctl/kept /etc/ndctl/keys
op key.load security load-keys
op key.unlock dimm enable nmem1
both unlocked
op key.region region enable region0
op key.freeze security freeze nmem3
both frozen
op key.frozen security remove nmem3
op key.erase security sanitize nmem1 --crypto-erase
op key.overwrite security sanitize nmem2 --overwrite --zero-key
both overwriting
ask key.wait security wait-overwrite nmem2 --timeout 60s
both overwritten
op key.none security setup nmem4 -k user:nvdimm-master
op master.setup security setup nmem0 -k user:nvdimm-master --master
op master.update security update nmem0 --master
op master.remove security remove nmem0 --master
op master.user security setup nmem0 -k user:nvdimm-master
op master.erase security sanitize nmem0 --crypto-erase --master
probe master.files ls /etc/ndctl/keys
both mastered

# Firmware by suspending the machine: the share, whose driver cannot wake up, is taken away meanwhile
nvmectl pmem firmware arm nmem3 >/dev/null
cd /
umount -l /mnt/share
driver=/sys/bus/virtio/drivers/9pnet_virtio
share=$(basename "$(echo $driver/virtio*)")
echo "$share" >$driver/unbind
status=0
nvmectl pmem firmware activate ndbus0 --yes -o json >/tmp/suspend.out 2>/tmp/suspend.err || status=$?
echo "$share" >$driver/bind
mount -t 9p -o trans=virtio,version=9p2000.L share0 /mnt/share
cp /tmp/suspend.out /tmp/suspend.err /mnt/share/probes/
echo $status >/mnt/share/probes/suspend.rc
probe suspend.log dmesg

# DIMMs that go away
nvmectl pmem monitor -o ndjson >/mnt/share/probes/gone.out 2>/mnt/share/probes/gone.err &
gone=$!
sleep 1
nvmectl pmem region disable all --yes >/dev/null
rmmod nfit_test
(sleep 5; kill -9 $gone) 2>/dev/null &
probe gone.monitor wait $gone
