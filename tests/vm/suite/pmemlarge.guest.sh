# shellcheck shell=bash
# A namespace in sector mode that is larger than an arena of its Block Translation Table: 512 GiB. What is empty takes no
# room in the machine's file.
PATH=/tmp:$PATH
cp /mnt/share/bin/nvmectl /tmp
pmem() { nvmectl pmem "$@" --yes --timeout 200s; }
raw() { # COMMAND…: with /dev/pmem0 as the bytes that the table lies in
    local ns=/sys/bus/nd/devices/namespace0.0 driver=/sys/bus/nd/drivers/nd_pmem
    nvmectl pmem disable large --yes --quiet >/dev/null
    echo 1 >$ns/force_raw
    echo namespace0.0 >$driver/bind
    "$@"
    echo namespace0.0 >$driver/unbind
    echo 0 >$ns/force_raw
}
nvmectl pmem init all --yes --quiet >/dev/null
probe plan nvmectl pmem plan -m sector -s 513G -o json
probe create pmem create -m sector -s 513G -n large -o json
probe list nvmectl pmem list -o json
probe ndctl ndctl list -vvv
last=$(($(blockdev --getsize64 /dev/pmem0s) / 4096 - 1))
for sector in 0 134086519 134086520 $last; do # the first and the last of each arena
    echo "sector $sector" | dd of=/dev/pmem0s bs=4096 seek="$sector" conv=sync oflag=direct status=none
done
raw dd if=/dev/zero of=/dev/pmem0 bs=4096 count=1 seek=$((512 << 18)) oflag=direct status=none # arena 1's info block
probe broken pmem check large -o json
probe repair pmem check large --repair -o json
pmem enable large >/dev/null
for sector in 0 134086519 134086520 "$last"; do
    dd if=/dev/pmem0s bs=4096 skip="$sector" count=1 iflag=direct status=none | tr -d '\0'
done >/tmp/sectors
probe sectors cat /tmp/sectors
probe ndctl.check ndctl check-namespace -f namespace0.0
probe destroy pmem destroy large -o json
probe gone nvmectl pmem list -o json
