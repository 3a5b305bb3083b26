# shellcheck shell=bash
# One boot of several over the same NVDIMMs. Looks at what the last power cut left (cut.after=MODE), lets the same create
# be run again, and then stops a create or destroy (cut.what, cut.mode) behind its write number cut.count to a file
# (cut.file, a pattern), where the host kills the machine. cut.number names the cut that comes.
PATH=/tmp:$PATH
cp /mnt/share/bin/nvmectl /tmp
argument() { sed -n "s/.*\<cut\.$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
number=$(argument number)
create() { # MODE [OPTION…]
    nvmectl pmem create --name volume --size 64M --mode "$1" -o json "${@:2}"
}
look() { # NAME: what both see
    probe "$1.list" nvmectl pmem list -o json
    probe "$1.ndctl" ndctl list -N
}
stopped() { # COMMAND…: runs until it has made that many writes to the file
    local file paths=()
    for file in $(argument file); do paths+=(-P "$(readlink -f "$(dirname "$file")")/$(basename "$file")"); done
    strace -o /tmp/steps "${paths[@]}" -e trace=write,pwrite64 \
        -e inject=write,pwrite64:signal=STOP:when="$(argument count)" "$@" >/dev/null &
    wait_for 20 grep -s 'stopped by SIGSTOP' /tmp/steps
}

if [ "$number" = 0 ]; then probe init nvmectl pmem init all --yes; fi
before=$(argument after)
if [ -n "$before" ]; then
    look left
    probe again create "$before" --if-not-exists
    look completed
    probe same create "$before" --if-not-exists
    probe destroy nvmectl pmem destroy volume --yes
    look destroyed
fi
what=$(argument what) mode=$(argument mode)
if [ -z "$what" ]; then exit 0; fi
case $what in
    create) stopped nvmectl pmem create --name volume --size 64M --mode "$mode" ;;
    destroy)
        probe made create "$mode"
        stopped nvmectl pmem destroy volume --yes
        ;;
esac
touch /mnt/share/cut
sleep 60
