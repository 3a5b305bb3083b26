# shellcheck shell=bash
# Sourced by guest.sh: connecting 64 subsystems of 2 namespaces each, and taking them away again.
prefix=nqn.2024-01.test.nvmectl
at=(-t tcp -a 127.0.0.1 -s 4420)
count=64

connect() {
    local tool
    nvmet-setup --subsys $count --ns 2
    for tool in nvme nvmectl; do # one after the other, so that both find the same page cache
        one_by_one $tool
        all_at_once $tool
    done
    kernel
    nvmet-setup --clear
}

tool_words() { # TOOL: sets $tool_words
    if [ "$1" = nvmectl ]; then tool_words=("${nvmectl[@]}"); else tool_words=("$1"); fi
}

paths_are() { # NUMBER: the namespaces have appeared, or gone, behind their controllers
    local found=(/sys/class/nvme/nvme*/nvme*n*)
    [ -e "${found[0]}" ] || found=()
    [ ${#found[@]} = "$1" ]
}

settle() { # NUMBER of namespaces; then the kernel's own work is over
    local end=$((SECONDS + 120))
    until paths_are "$1"; do
        [ "$SECONDS" -lt "$end" ] || { echo "guest.sh: $1 namespaces did not appear" >&2 && return 1; }
        sleep 0.1
    done
    sleep 0.5
}

drop() { # SUBSYSTEM…: their controllers, without any tool
    local name directory
    for name; do
        directory=$(dirname "$(grep -slx "$prefix:$name" /sys/class/nvme/*/subsysnqn)") # -s: others vanish meanwhile
        echo 1 >"$directory/delete_controller" &
    done
    wait
}

everything() { local number; for ((number = 1; number <= count; number++)); do echo "s$number"; done; }

keep_best() { # KEY MICROSECONDS: in $best
    local best_name=${1//[.-]/_}
    if [ -z "${!best_name-}" ] || [ "$2" -lt "${!best_name}" ]; then printf -v "$best_name" %s "$2"; fi
    best=${!best_name}
}

once() { # KEY COMMAND…: as `fastest`, but the caller repeats it
    local key=$1 begin time
    shift
    begin=${EPOCHREALTIME/./}
    if ! "$@" >/tmp/output 2>/tmp/errors; then
        echo "guest.sh: failed: $*: $(head -c 500 /tmp/errors)" >&2
        return 1
    fi
    time=$((${EPOCHREALTIME/./} - begin))
    keep_best "$key" "$time"
}

calls_before_write() { # KEY COMMAND…: the system calls until the kernel is asked to connect
    local key=$1
    shift
    strace -f -s 8 -o /tmp/trace "$@" >/tmp/output 2>/tmp/errors
    echo "$key.before $(awk '/write\([0-9]+, "nqn=/ { print calls + 0; exit } / [a-z0-9_]+\(/ { calls++ }' /tmp/trace)"
}

one_by_one() { # TOOL
    local number begin tool_words
    tool_words "$1"
    for _ in 1 2 3; do
        once "first.$1" "${tool_words[@]}" connect "${at[@]}" -n $prefix:s1
        settle 2
        drop s1
        settle 0
    done
    echo "first.$1.us $best"
    begin=${EPOCHREALTIME/./}
    for ((number = 1; number <= count; number++)); do
        "${tool_words[@]}" connect "${at[@]}" -n $prefix:s$number >/tmp/output
    done
    echo "loop.$1.us $((${EPOCHREALTIME/./} - begin))"
    settle $((2 * count))
    for _ in 1 2 3; do
        drop s$count
        settle $((2 * count - 2))
        once "last.$1" "${tool_words[@]}" connect "${at[@]}" -n $prefix:s$count
        settle $((2 * count))
    done
    echo "last.$1.us $best"
    drop s$count
    settle $((2 * count - 2))
    calls_before_write "last.$1" "${tool_words[@]}" connect "${at[@]}" -n $prefix:s$count
    settle $((2 * count))
}

disconnect_all() { # TOOL KEY: sets $best
    local sure=()
    [ "$1" != nvmectl ] || sure=(--yes)
    once "$2" "${tool_words[@]}" disconnect-all "${sure[@]}"
    settle 0
}

all_at_once() { # TOOL, which finds everything connected
    local tool_words
    tool_words "$1"
    for _ in 1 2 3; do
        disconnect_all "$1" "disconnect-all.$1"
        echo "disconnect-all.$1.us $best"
        once "connect-all.$1" "${tool_words[@]}" connect-all "${at[@]}"
        echo "connect-all.$1.us $best"
        settle $((2 * count))
    done
    once "again.$1" "${tool_words[@]}" connect-all "${at[@]}"
    once "again.$1" "${tool_words[@]}" connect-all "${at[@]}"
    echo "again.$1.us $best"
    disconnect_all "$1" ignored
}

connect_string() { # SUBSYSTEM
    echo "nqn=$prefix:$1,transport=tcp,traddr=127.0.0.1,trsvcid=4420,hostnqn=$(</etc/nvme/hostnqn),hostid=$(</etc/nvme/hostid)"
}

kernel() { # the same without any tool
    local strings=() name
    cp /mnt/share/fabrics_write /tmp/fabrics_write
    for name in $(everything); do strings+=("$(connect_string "$name")"); done
    for _ in 1 2 3; do
        keep_best first.kernel "$(/tmp/fabrics_write "${strings[0]}")"
        settle 2
        drop s1
        settle 0
    done
    echo "first.kernel.us $best"
    for _ in 1 2 3; do
        keep_best connect-all.kernel "$(/tmp/fabrics_write "${strings[@]}")"
        echo "connect-all.kernel.us $best"
        settle $((2 * count))
        drop s$count
        settle $((2 * count - 2))
        keep_best last.kernel "$(/tmp/fabrics_write "${strings[count - 1]}")"
        echo "last.kernel.us $best"
        settle $((2 * count))
        # shellcheck disable=SC2046 # one word for each
        drop $(everything)
        settle 0
    done
}
