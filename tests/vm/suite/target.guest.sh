# shellcheck shell=bash
# The kernel's initiator, nvme-cli and file systems on nvmectl's own target.
modprobe -a nvme-tcp ext4
truncate -s 256M /tmp/disk.img
nvmectl target serve --listen 127.0.0.1:4420 --listen '[::1]:4420' --nqn nqn.2014-08.org.example:soft --serial SOFT0001 --model "soft target" \
    --ram 512MiB --file /tmp/disk.img --block-size 4096 -o json >/tmp/ready &
server=$!
wait_for 20 test -s /tmp/ready
probe ready cat /tmp/ready
probe discover.nvme nvme discover -t tcp -a 127.0.0.1 -s 4420 -o json
probe discover nvmectl discover -t tcp -a 127.0.0.1 -s 4420 -o json

node() { # nsid: the node of the connected namespace
    local dir
    for dir in /sys/class/nvme-subsystem/*/nvme*n*; do
        [ -e "$dir/nsid" ] && [ "$(<"$dir/nsid")" = "$1" ] && grep -q '^SOFT0001 *$' "${dir%/*}/serial" && basename "$dir" && return
    done
    return 1
}
file_system() { # node: make, mount, write, remount, compare, check
    set -e
    mkfs.ext4 -q "/dev/$1"
    mkdir -p /tmp/mnt
    mount "/dev/$1" /tmp/mnt
    head -c 8000000 /dev/urandom >/tmp/data
    cp /tmp/data /tmp/mnt/data
    umount /tmp/mnt
    mount "/dev/$1" /tmp/mnt
    cmp /tmp/data /tmp/mnt/data
    fstrim /tmp/mnt
    umount /tmp/mnt
    e2fsck -fn "/dev/$1"
}
connected() { node 1 && node 2; }
for options in "" "--hdr-digest --data-digest"; do
    name=plain
    [ -z "$options" ] || name=digests
    # shellcheck disable=SC2086
    probe "$name.connect" nvme connect -t tcp -a 127.0.0.1 -s 4420 -n nqn.2014-08.org.example:soft $options
    wait_for 30 connected
    probe "$name.ram" file_system "$(node 1)"
    probe "$name.file" file_system "$(node 2)"
    if [ $name = plain ]; then
        controller=$(basename "$(dirname "$(grep -l '^SOFT0001 *$' /sys/class/nvme/*/serial)")")
        for command in id-ctrl smart-log fw-log error-log; do
            probe "$command.nvme" nvme "$command" "/dev/$controller" -o json
            probe "$command" nvmectl "$command" "/dev/$controller" -o json
        done
        probe id-ns.nvme nvme id-ns "/dev/$(node 1)" -o json
        probe id-ns nvmectl id-ns "/dev/$(node 1)" -o json
        probe list.nvme nvme list -o json
        probe list nvmectl list -o json
        probe uri nvmectl list tcp://127.0.0.1:4420 -o json
        probe write-zeroes nvme write-zeroes "/dev/$(node 1)" -s 0 -c 7
        probe dsm nvme dsm "/dev/$(node 1)" --ad --slbs=0 --blocks=8
        probe flush nvme flush "/dev/$(node 1)" -n 1
        probe compare nvme compare "/dev/$(node 1)" -s 0 -c 0 -z 4096 -d /dev/zero
    fi
    probe "$name.disconnect" nvme disconnect -n nqn.2014-08.org.example:soft
done
probe connect-all nvme connect-all -t tcp -a ::1 -s 4420
wait_for 30 connected
probe connect-all.list nvme list -o json
probe disconnect-all nvme disconnect-all
end() { kill -TERM $server; wait $server; }
probe end end
dmesg | grep -E '(nvme nvme|block nvme|nvme[0-9])' | grep -v 'ommand line' >/mnt/share/probes/kernel.log || true
