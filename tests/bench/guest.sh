#!/usr/bin/env bash
# guest.sh NAME…: what runs in the machine, where an instruction takes 1 ns. Prints lines "KEY NUMBER":
# NAME.TOOL.us, the time of the fastest run; .syscalls; .rows, the devices or records shown.
set -euo pipefail

# Not from the share: waiting for the host moves the clock.
cp -r /mnt/share/program /tmp/program
read -ra nvmectl </tmp/program/words
# shellcheck source=tests/bench/guest_connect.sh
. /mnt/share/guest_connect.sh
# shellcheck source=tests/bench/guest_pmem.sh
. /mnt/share/guest_pmem.sh

fastest() { # KEY RUNS COMMAND…
    local key=$1 runs=$2 best='' begin time
    shift 2
    # nvme-cli 2.3 may complain about devices that it could not open; what is missing shows in the rows
    "$@" >/tmp/output 2>/tmp/errors || true # fills the page cache
    while ((runs-- > 0)); do
        begin=${EPOCHREALTIME/./}
        "$@" >/tmp/output 2>/tmp/errors || true
        time=$((${EPOCHREALTIME/./} - begin))
        if [ -z "$best" ] || [ "$time" -lt "$best" ]; then best=$time; fi
    done
    echo "$key.us $best"
}

counted() { # KEY PATTERN COMMAND…: the lines that match, and the system calls
    local key=$1 pattern=$2
    shift 2
    strace -f -c -U calls,name -o /tmp/trace "$@" >/tmp/output 2>/tmp/errors || true
    echo "$key.rows $(grep -cE "$pattern" /tmp/output)"
    echo "$key.syscalls $(awk '$2 == "total" { print $1 }' /tmp/trace)"
}

version() {
    fastest version.nvmectl 5 "${nvmectl[@]}" version
    fastest version.nvme 5 nvme version
}

discover() {
    nvmet-setup --subsys 64
    both_discover discover
    nvmet-setup --clear
    # nvme-cli looks at every device of the machine before it connects
    connect_many
    nvmet-setup --subsys 63 --prefix nqn.2024-01.test.nvmectl:more
    both_discover busy
}

both_discover() { # KEY
    local where=(-t tcp -a 127.0.0.1 -s 4420)
    fastest "$1.nvmectl" 5 "${nvmectl[@]}" discover "${where[@]}"
    fastest "$1.nvme" 3 nvme discover "${where[@]}"
    counted "$1.nvmectl" '^subnqn: ' "${nvmectl[@]}" discover "${where[@]}"
    counted "$1.nvme" '^subnqn: ' nvme discover "${where[@]}"
}

list() (
    connect_many
    ulimit -n 1024
    fastest list.nvmectl 3 "${nvmectl[@]}" list
    fastest list.json.nvmectl 3 "${nvmectl[@]}" list -o json
    fastest list.nvme 2 nvme list
    counted list.nvmectl '^/dev/nvme' "${nvmectl[@]}" list
    counted list.nvme '^/dev/nvme' nvme list
)

connected() { [ "$(find /dev -name 'nvme*n*' | wc -l)" = 1024 ]; }

connect_many() { # 1,024 namespaces of one controller, once
    local deadline=$((SECONDS + 600))
    if connected; then return; fi
    nvmet-setup --ns 1024 --no-tcp --loop
    nvme connect -t loop -n nqn.2024-01.test.nvmectl:s1 >&2
    until connected; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            echo "guest.sh: 1,024 namespaces did not appear, only $(find /dev -name 'nvme*n*' | wc -l)" >&2
            return 1
        fi
        sleep 1
    done
    sleep 5 # the kernel's own scan is over
}

ulimit -n 65536
for name in "$@"; do "$name"; done
