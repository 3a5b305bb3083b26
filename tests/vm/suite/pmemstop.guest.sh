# shellcheck shell=bash
# Commands stopped by a signal at whatever moment: all of it is done, or nothing of it.
PATH=/tmp:$PATH
cp /mnt/share/bin/nvmectl /tmp
pmem() { nvmectl pmem "$@" --yes >/dev/null; }
stop() { # NAME SECONDS WORD…
    probe "$1" timeout --preserve-status -s INT "$2" nvmectl pmem "${@:3}" --yes -o json
    probe "$1.list" nvmectl pmem list -o json
}
pmem init all
# In parts of the time that one takes here, from "hardly begun" to "long done"
pmem create -r region1 -s 32M -n first
begin=${EPOCHREALTIME/./}
pmem reconfigure first -m devdax
took=$((${EPOCHREALTIME/./} - begin))
pmem destroy first
moments=$(for percent in 15 25 35 42 50 58 66 75 90 1000; do
    awk -v us=$took -v percent=$percent 'BEGIN { printf "%.3f ", us * percent / 100 / 1e6 }'
done)
for moment in $moments; do
    stop "create.$moment" "$moment" create -r region1 -s 32M -a 4K -n new
    pmem destroy new --if-exists
done
pmem create -r region0 -s 64M -n change
pmem create -r region0 -s 64M -n stay
mode=devdax
for moment in $moments; do
    stop "reconfigure.$moment" "$moment" reconfigure change -m $mode
    [ "$(nvmectl pmem list -n change -o value --fields mode)" = devdax ] && mode=fsdax || mode=devdax
done
for moment in $moments; do
    stop "rename.$moment" "$moment" rename stay "renamed-$moment"
    pmem rename "renamed-$moment" stay 2>/dev/null || true
done
for moment in $moments; do
    pmem create -r region1 -s 32M -n gone --if-not-exists
    stop "destroy.$moment" "$moment" destroy gone
done
for moment in $moments; do
    stop "region.$moment" "$moment" region disable region0
    pmem region enable region0
done
pmem destroy gone --if-exists
for moment in $moments; do stop "init.$moment" "$moment" init region1; done
probe after.ndctl ndctl list -vvv
probe after.daxctl daxctl list -RD
probe after.list nvmectl pmem list -o json
