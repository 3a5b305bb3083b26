# shellcheck shell=bash
# Two DIMMs, 16 fsdax namespaces of 32 MiB in each; then one of 64 MiB is made and destroyed, in turn by each tool.

pmem() {
    local region number
    # The guest's clock runs ahead while the host is waited for: hence the timeouts.
    "${nvmectl[@]}" pmem init all --yes --timeout 10m >&2
    for region in region0 region1; do
        for number in {1..16}; do
            "${nvmectl[@]}" pmem create --name "$region-$number" --size 32M --region "$region" --timeout 10m >/dev/null
        done
    done
    fastest pmem-list.nvmectl 5 "${nvmectl[@]}" pmem list
    fastest pmem-list.ndctl 5 ndctl list -vBDRN
    fastest pmem-plain.ndctl 5 ndctl list
    counted pmem-list.nvmectl ' region[01]-[0-9]+ ' "${nvmectl[@]}" pmem list
    counted pmem-list.ndctl '"name":"region' ndctl list -vBDRN
    counted pmem-plain.ndctl '"name":"region' ndctl list
    local best_ours='' best_theirs='' time
    for number in 1 2 3 4 5; do
        time=$(once "${nvmectl[@]}" pmem create --name new --size 64M --region region0 --timeout 10m)
        best_ours=$(least "$best_ours" "$time")
        "${nvmectl[@]}" pmem destroy new --yes >&2
        time=$(once ndctl create-namespace --name new --size 64M --region region0)
        best_theirs=$(least "$best_theirs" "$time")
        "${nvmectl[@]}" pmem destroy new --yes >&2
    done
    echo "pmem-create.nvmectl.us $best_ours"
    echo "pmem-create.ndctl.us $best_theirs"
}

once() { # COMMAND…: how long it takes
    local begin=${EPOCHREALTIME/./}
    "$@" >/tmp/output 2>/tmp/errors || { cat /tmp/errors >&2 && return 1; }
    echo $((${EPOCHREALTIME/./} - begin))
}

least() { # NUMBER-OR-NOTHING NUMBER
    if [ -z "$1" ] || [ "$2" -lt "$1" ]; then echo "$2"; else echo "$1"; fi
}
