# shellcheck shell=bash
# The PMEM backend on two NVDIMMs with labels, an e820 region and virtio-pmem, beside ndctl and daxctl.
driver=/mnt/share/pmem_driver
mkdir -p /run/nvmectl /mnt/fs
modprobe -a dm-mod ext4 kmem
export DM_DISABLE_UDEV=1 # nobody makes the nodes but lvm itself
both() { # NAME: what the backend and what the old tools see
    probe "$1.scan" $driver scan
    probe "$1.ndctl" ndctl list -vvv
    probe "$1.daxctl" daxctl list -RD
}
both unlabelled
probe labelless.create $driver create region0 64M fsdax 2M x

for dimm in 0 1; do
    probe "init.region$dimm.off" $driver region "region$dimm" off
    probe "init.nmem$dimm" $driver labels-init "nmem$dimm" 1.2
    probe "init.region$dimm.on" $driver region "region$dimm" on
done
probe create.fsdax $driver create region0 64M fsdax 2M v-fsdax
probe create.devdax $driver create region0 64M devdax 2M v-devdax map=mem
probe create.sector $driver create region0 64M sector 4096 v-sector
probe create.sector512 $driver create region0 32M sector 4096 v-sector512 sector=512
probe create.raw $driver create region0 16M raw 4096 v-raw
probe create.small $driver create region0 32M fsdax 4096 v-small
probe create.ram $driver create region1 512M devdax 2M v-ram
both created

mkfs.ext4 -q -b 4096 /dev/pmem0
mount -o dax /dev/pmem0 /mnt/fs
echo kept >/mnt/fs/file
{ vgcreate -y vg-pmem /dev/pmem0.4 && lvcreate -y -Wn -Zn -l 100%FREE -n lv vg-pmem; } >/tmp/lvm.log 2>&1 || cat /tmp/lvm.log >&2
(exec 9</dev/dax0.1 && exec sleep 1000) &
holder=$!
both used
for verb in disable destroy "resize 32M" "rename other" infoblock "erase head"; do
    read -r word argument <<<"$verb"
    probe "busy.mount.$word" $driver "$word" namespace0.0 "$argument"
done
probe busy.lvm $driver destroy namespace0.4
probe busy.dax $driver destroy namespace0.1
probe busy.region $driver region region0 off
probe busy.dimm $driver dimm nmem0 off
probe busy.labels $driver labels-zero nmem0
both refused
kill $holder
umount /mnt/fs
vgremove -y vg-pmem >/tmp/lvm.log 2>&1 || cat /tmp/lvm.log >&2

probe rename $driver rename namespace0.0 renamed
probe renamed.file sh -c 'mount -o dax /dev/pmem0 /mnt/fs && cat /mnt/fs/file && umount /mnt/fs'
for n in 0 1 2 3 4 5; do probe "disable.$n" $driver disable "namespace0.$n"; done
both disabled
for n in 0 1 2 3 4 5; do probe "enable.$n" $driver enable "namespace0.$n"; done
both enabled

probe check.good $driver check namespace0.2
probe info.read $driver infoblock namespace0.2
{ head -c 4096 /dev/zero && tail -c 4096 /mnt/share/probes/info.read.out; } >/tmp/broken
probe info.break $driver infoblock-write namespace0.2 /tmp/broken
probe check.broken $driver check namespace0.2
probe check.repair $driver repair namespace0.2
probe check.repaired $driver check namespace0.2

probe labels.backup $driver labels-read nmem0
probe labels.off $driver region region0 off
probe labels.zero $driver labels-zero nmem0
probe labels.none $driver labels-check nmem0
probe labels.write $driver labels-write nmem0 /mnt/share/probes/labels.backup.out
probe labels.check $driver labels-check nmem0
probe labels.on $driver region region0 on
both restored
probe restored.file sh -c 'mount -o dax /dev/pmem0 /mnt/fs && cat /mnt/fs/file && umount /mnt/fs'

echo offline >/sys/devices/system/memory/auto_online_blocks
probe ram.on $driver dax dax1.0 ram
both ram
probe ram.destroy $driver destroy namespace1.0
probe ram.offline $driver dax-online dax1.0 off
probe ram.off $driver dax dax1.0 devdax
both noram

probe resize $driver resize namespace0.4 8M
for size in 100000000 0 4K; do probe "size.$size" $driver create region1 "$size" fsdax 2M bad; done
probe size.large $driver create region1 10G fsdax 2M bad
probe align $driver create region1 64M fsdax 8M bad
probe sector.size $driver create region1 64M sector 4096 bad sector=777
probe missing.region $driver create region9 64M fsdax 2M bad
probe missing.namespace $driver destroy namespace9.9
probe nobody.destroy setpriv --reuid 65534 --clear-groups $driver destroy namespace0.0
probe nobody.scan setpriv --reuid 65534 --clear-groups $driver scan
for verb in "scrub ndbus0" "op inject-smart nmem0 fatal=true" "op inject-error namespace0.0 block=1" \
    "op setup-passphrase nmem0 key_handle=user:x" "op activate-firmware ndbus0" "listen 1"; do
    # shellcheck disable=SC2086 # words
    probe "cannot.${verb%% nmem0*}" $driver $verb
done

for n in 0 1 2 3 4 5; do probe "destroy.$n" $driver destroy "namespace0.$n"; done
probe destroy.ram $driver destroy namespace1.0
both empty
probe nothing.usable $driver create region1 1G fsdax 1G poison
# Stopped by a signal at whatever moment: it is there as a whole, or nothing of it is.
for n in 01 02 03 04 05 06 07 08 10 12 14 16 18 20 25 30; do
    probe "signal.$n" timeout --preserve-status -s INT "0.$n" $driver create region1 32M fsdax 4096 "s$n"
done
both signals
for device in $($driver scan | sed -n 's/^\(namespace1[.0-9]*\) .*/\1/p'); do $driver destroy "$device"; done
seeds() { for file in /sys/bus/nd/devices/{namespace1,pfn1}.*/{alt_name,size,align}; do echo "${file#/sys/bus/nd/devices/}: $(cat "$file" 2>/dev/null)"; done; }
probe seeds seeds
both rolledback
# ndctl leaves its alignment behind; that must not matter.
for seed in /sys/bus/nd/devices/pfn1.*; do echo 1073741824 >"$seed/align"; done
probe sticky $driver create region1 64M fsdax 2M unstuck
for n in 1 2 3 4 5 6 7 8; do probe "parallel.$n" $driver create region0 32M fsdax 2M "p$n" & done
wait
both parallel

probe reconfigure.e820 $driver reconfigure namespace3.0 0 devdax 2M ""
probe reconfigure.virtio $driver reconfigure namespace2.0 0 fsdax 4096 ""
both reconfigured
