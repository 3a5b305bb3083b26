# shellcheck shell=bash
# Connections made by nvme-cli; what status, topology, stats, watch, reset and ns-rescan say and do.
modprobe nvme-tcp
nvmet-setup --subsys 2 --ns 2 --ana --backing brd
target=/sys/kernel/config/nvmet
s1=nqn.2024-01.test.nvmectl:s1
s2=nqn.2024-01.test.nvmectl:s2

probe nothing nvmectl status -o json

# The kernel's events from before the first connection on.
nvmectl events -o ndjson >/mnt/share/probes/events.out 2>/mnt/share/probes/events.err &
events=$!
nvmectl watch --initial --look 500ms -o ndjson >/mnt/share/probes/watch.out 2>/mnt/share/probes/watch.err &
watch=$!
nvmectl watch --look 0 >/mnt/share/probes/watch-text.out 2>/mnt/share/probes/watch-text.err &
watch_text=$!
sleep 1

probe connect1 nvme connect -t tcp -a 127.0.0.1 -s 4420 -n $s1 -l 900 -c 7 -k 9
probe connect2 nvme connect -t tcp -a 127.0.0.1 -s 4421 -n $s1
probe connect3 nvme connect -t tcp -a ::1 -s 4420 -n $s2 -l -1
paths_there() { [ "$(ls -d /sys/class/nvme/nvme*/nvme*c*n* | wc -l)" = 6 ]; }
wait_for 60 paths_there
sleep 1

attributes() { # what sysfs says of each controller
    local directory
    for directory in /sys/class/nvme/nvme*; do
        for name in state queue_count kato ctrl_loss_tmo reconnect_delay fast_io_fail_tmo sqsize address; do
            echo "${directory##*/} $name $(<"$directory/$name")"
        done
    done
}
probe attributes attributes
probe subsystems nvme list-subsys -o json
probe status nvmectl status -o json
probe status-text nvmectl status
probe status-user setpriv --reuid 65534 --clear-groups nvmectl status -o json
probe topology nvmectl topology -o json
probe topology-text nvmectl topology
probe topology-dot nvmectl topology --dot

disk_of() { # NQN NSID
    local directory
    for directory in /sys/class/nvme-subsystem/*/nvme*n*; do
        grep -q "$1" "${directory%/*}/subsysnqn" && [ "$(<"$directory/nsid")" = "$2" ] && basename "$directory" && return
    done
    return 1
}
disk=$(disk_of $s1 1)
echo "$disk" >/mnt/share/probes/disk.out
load() { # until there is a file /tmp/enough
    until [ -e /tmp/enough ]; do
        dd if=/dev/zero of="/dev/$disk" bs=64k count=64 oflag=direct
        dd if="/dev/$disk" of=/dev/null bs=128k count=16 iflag=direct
    done 2>/dev/null
}
load &
load=$!
# The guest may get little of the processor: long intervals.
probe stats nvmectl stats --interval 10 --count 2 -o ndjson
touch /tmp/enough
wait $load
probe stat cat "/sys/class/block/$disk/stat"
probe stats-total nvmectl stats "$disk" -o json
probe stats-text nvmectl stats

# A namespace goes and comes.
there() { [ -e "/sys/class/block/$disk" ]; }
gone() { ! there; }
echo 0 >$target/subsystems/$s1/namespaces/1/enable
wait_for 20 gone
sleep 1
echo 1 >$target/subsystems/$s1/namespaces/1/enable
wait_for 20 paths_there
sleep 1
# An ANA state changes.
echo inaccessible >$target/ports/2/ana_groups/1/ana_state
sleep 2
probe status-ana nvmectl status -o json

first=$(basename "$(dirname "$(grep -l 'trsvcid=4420' /sys/class/nvme/*/address | xargs grep -l '127.0.0.1')")")
echo "$first" >/mnt/share/probes/first.out
probe reset-unconfirmed nvmectl reset "$first" -o json
probe reset-dry nvmectl reset "$first" --dry-run -o json
dmesg -C
probe reset nvmectl reset "$first" --yes -o json
probe reset-log dmesg
probe reset-state cat "/sys/class/nvme/$first/state"
probe reset-user setpriv --reuid 65534 --clear-groups nvmectl reset "$first" --yes -o json
probe reset-namespace nvmectl reset "$disk" --yes -o json
probe rescan nvmectl ns-rescan "$first" -o json
probe rescan-user setpriv --reuid 65534 --clear-groups nvmectl ns-rescan "$first" -o json
probe subsystem-reset nvmectl subsystem-reset "$first" --yes -o json
probe subsystem-reset.nvme nvme subsystem-reset "/dev/$first"

# The identity of existing connections is said when another one is set.
NVMECTL_HOST_DIR=/tmp/host probe host-set nvmectl host set-nqn nqn.2014-08.org.example:other

# The target goes away: nothing announces it, watch looks.
rm $target/ports/3/subsystems/*
lost() { grep -q connecting "/sys/class/nvme/$third/state"; }
third=$(basename "$(dirname "$(grep -l '::1' /sys/class/nvme/*/address)")")
wait_for 60 lost
sleep 2
probe status-lost nvmectl status $s2 -o json
probe reset-lost nvmectl reset "$third" --yes --timeout 3s -o json
probe disconnect nvme disconnect -n $s2
probe disconnect1 nvme disconnect -n $s1
sleep 1
for number in $events $watch $watch_text; do kill -INT "$number"; done
ends() { wait $events && wait $watch && wait $watch_text; }
probe ends ends
