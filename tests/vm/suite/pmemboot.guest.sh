# shellcheck shell=bash
# Two boots over the same NVDIMMs: with pmemboot=make on the kernel command line it makes one namespace of each mode,
# without it looks at what is there.
PATH=/tmp:$PATH
cp /mnt/share/bin/nvmectl /tmp
mkdir -p /mnt/fs
modprobe ext4
argument() { sed -n "s/.*\<$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
look() { # NAME
    probe "$1.list" nvmectl pmem list -o json
}
node() { nvmectl pmem list -n "$1" -o json | jq -r '.data.namespaces[0].block_device'; }
read_file() {
    mount -o dax "$(node fs)" /mnt/fs && cat /mnt/fs/file && umount /mnt/fs
}
if [ "$(argument pmemboot)" = make ]; then
    probe init nvmectl pmem init all --yes
    probe create.fs nvmectl pmem create --name fs --size 64M -r region0 --mkfs ext4 --mount /mnt/fs -o json
    echo kept >/mnt/fs/file
    for one in devdax sector raw; do
        probe "create.$one" nvmectl pmem create --name "$one" --mode $one --size 32M -r region0 -o json
    done
    for one in sector raw; do dd if=/bin/bash of="$(node $one)" bs=4096 count=4 oflag=direct status=none; done
    umount /mnt/fs
    look found
    exit 0
fi
look found
probe list nvmectl list
probe file read_file
for one in sector raw; do probe "data.$one" cmp -n 16384 "$(node $one)" /bin/bash; done
probe same.fs nvmectl pmem create --name fs --size 64M --mkfs ext4 --if-not-exists -o json
probe same.file read_file
for one in devdax sector raw; do
    probe "same.$one" nvmectl pmem create --name "$one" --mode $one --size 32M --if-not-exists -o json
done
