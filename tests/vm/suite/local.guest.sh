# shellcheck shell=bash
# nvmectl beside nvme-cli on QEMU's drives and on the kernel's own target connected over TCP.
node_of() { # serial nsid: the namespace's node
    local dir
    for dir in /sys/class/nvme-subsystem/*/nvme*n*; do
        [ -e "$dir/nsid" ] && [ "$(<"$dir/nsid")" = "$2" ] && grep -q "^$1 *$" "${dir%/*}/serial" && basename "$dir" && return
    done
    return 1
}
controller_of() { # serial: its first controller
    dirname "$(grep -l "^$1 *$" /sys/class/nvme/*/serial | head -n 1)" | xargs basename
}
both() { # name, then arguments that both tools take
    local name=$1
    shift
    probe "$name.nvme" nvme "$@" -o json
    probe "$name" nvmectl "$@" -o json
}

nvmet-setup --subsys 2 --ns 3 --ana --backing file
nvme connect-all -t tcp -a 127.0.0.1 -s 4420
nvme connect-all -t tcp -a 127.0.0.1 -s 4421
six() { [ "$(grep -l '^00000000-' /sys/class/nvme-subsystem/*/nvme*/uuid | wc -l)" = 6 ]; }
wait_for 60 six

probe list.nvme nvme list -o json
probe list nvmectl list -o json
probe list.text.nvme nvme list
probe list.text nvmectl list
probe list.verbose nvmectl list -v
probe subsys.nvme nvme list-subsys
probe subsys nvmectl list-subsys
probe subsys.json nvmectl list-subsys -o json

drive=$(controller_of VM000000)
rich=$(controller_of RICH000001)
remote=$(controller_of NVMET000001)
for pair in "drive $drive" "rich $rich" "remote $remote"; do
    read -r kind device <<<"$pair"
    both "$kind.id-ctrl" id-ctrl "/dev/$device"
    both "$kind.smart-log" smart-log "/dev/$device"
    both "$kind.fw-log" fw-log "/dev/$device"
    both "$kind.error-log" error-log "/dev/$device"
    probe "$kind.list-ns.nvme" nvme list-ns "/dev/$device"
    probe "$kind.list-ns" nvmectl list-ns "/dev/$device"
    probe "$kind.raw.nvme" nvme get-log "/dev/$device" --log-id=3 --log-len=512 --raw-binary
    probe "$kind.raw" nvmectl get-log "/dev/$device" --log-id=3 --log-len=512 -o raw
done
for nsid in 1 2 3 4 5 7; do
    node=$(node_of RICH000001 $nsid) || continue
    both "rich$nsid.id-ns" id-ns "/dev/$node"
    both "rich$nsid.ns-descs" ns-descs "/dev/$node"
done
both remote1.id-ns id-ns "/dev/$(node_of NVMET000001 1)"
both remote1.ns-descs ns-descs "/dev/$(node_of NVMET000001 1)"
probe subsys.ana nvmectl list-subsys "$(node_of NVMET000001 1)"

# passthrough: the kernel's trace tells what was really sent
probe passthru.trace nvme-trace nvmectl admin-passthru "/dev/$drive" -O 6 --cdw10=1 -l 4096 -r -o json
probe passthru.decode nvmectl admin-passthru "/dev/$drive" --opcode=0x06 --cdw10=1 --data-len=4096 --decode -o json
probe passthru.dry nvmectl admin-passthru "/dev/$drive" -O 0x80 -n 1 --cdw10=0 --dry-run -o json
probe passthru.refused nvmectl admin-passthru "/dev/$drive" -O 0x80 -n 1 --cdw10=0
# on a terminal: what would be lost is shown, and another word than the device's name is a no
on_terminal() { echo no | script -qec "nvmectl admin-passthru /dev/$drive -O 0x80 -n 1 --cdw10=0" /dev/null; }
probe passthru.asked on_terminal
probe passthru.bad nvmectl admin-passthru "/dev/$drive" -O 0xfc -o json
node=$(node_of VM000000 1)
head -c 4096 /dev/urandom >/tmp/block
probe io.write nvmectl io-passthru "/dev/$node" -O 1 -n 1 -l 4096 --cdw10=8 --cdw12=7 --input-file=/tmp/block --yes
probe io.read nvmectl io-passthru "/dev/$node" -O 2 -n 1 -l 4096 --cdw10=8 --cdw12=7 --output-file=/tmp/back -o json
probe io.same cmp /tmp/block /tmp/back
probe io.short nvmectl io-passthru "/dev/$node" -O 1 -n 1 -l 8192 --cdw12=15 --input-file=/tmp/block --yes

# no root: what sysfs shows everybody
mkdir -p /tmp/any; cp "$(command -v nvmectl)" /tmp/any/
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups /tmp/any/nvmectl "$@"; }
probe nobody.list as_nobody list -o json
probe nobody.id-ctrl as_nobody id-ctrl "/dev/$drive" -o json
probe missing nvmectl id-ctrl /dev/nvme99 -o json

# kernel discovery
probe discover.nvme nvme discover -t tcp -a 127.0.0.1 -s 4420
probe discover nvmectl discover -t tcp -a 127.0.0.1 -s 4420
probe discover.kernel nvmectl discover -t tcp -a 127.0.0.1 -s 4420 --backend linux
probe discover.ipv6 nvmectl discover 'tcp://[::1]:4420' -o json
probe discover.digests nvmectl discover tcp://127.0.0.1:4420 --hdr-digest --data-digest -o json
probe uri.list nvmectl list tcp://127.0.0.1:4420 -o json
probe uri.id-ctrl nvmectl id-ctrl tcp://127.0.0.1:4420/nqn.2024-01.test.nvmectl:s1 -o json
probe uri.id-ns nvmectl id-ns 'tcp://127.0.0.1:4420/nqn.2024-01.test.nvmectl:s1?nsid=2' -o json
probe uri.smart-log nvmectl smart-log tcp://127.0.0.1:4420/nqn.2024-01.test.nvmectl:s1 -o json

# a target that vanishes: the listing shows its controllers' state and does not wait for them
rm -f /sys/kernel/config/nvmet/ports/*/subsystems/*
away() { grep -qE 'connecting|resetting' /sys/class/nvme/"$remote"/state; }
wait_for 60 away
probe away.time bash -c 'start=${EPOCHREALTIME/./}; nvmectl list -v -o json >/mnt/share/probes/away.json; echo $(((${EPOCHREALTIME/./} - start) / 1000))'
