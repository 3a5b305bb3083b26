# Put before every guest script: probe and wait_for.

# probe NAME COMMAND…: run COMMAND; the host finds its stdout, stderr and exit status as NAME.
# A failing command does not end the script.
probe() {
    local name=$1 status=0
    shift
    "$@" >"/mnt/share/probes/$name.out" 2>"/mnt/share/probes/$name.err" </dev/null || status=$?
    echo "$status" >"/mnt/share/probes/$name.rc"
}

# wait_for SECONDS COMMAND…: until COMMAND succeeds. What a connect brings appears afterwards.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "wait_for: in vain: $*" >&2
            return 1
        fi
        sleep 0.1
    done
}
