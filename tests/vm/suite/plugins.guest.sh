# shellcheck shell=bash
# Vendor layouts on a drive that has the OCP page (QEMU 10) and on one that has not.
ocp=$(basename "$(dirname "$(grep -l '^OCP0001 *$' /sys/class/nvme/*/serial)")")
plain=$(basename "$(dirname "$(grep -l '^VM000000 *$' /sys/class/nvme/*/serial)")")
dd if=/dev/zero of="/dev/${ocp}n1" bs=1M count=4 oflag=direct status=none
probe list nvmectl plugin list -o json
probe check nvmectl plugin check /mnt/share/share/nvmectl/plugins/ocp.json
probe smart nvmectl ocp smart-add-log "/dev/$ocp" -o json
probe smart.text nvmectl ocp smart-add-log "/dev/$ocp"
probe smart.raw nvmectl ocp smart-add-log "/dev/$ocp" -o raw
probe smart.bytes nvme get-log "/dev/$ocp" --log-id=0xc0 --log-len=512 --raw-binary
probe smart.nvme nvme ocp smart-add-log "/dev/$ocp" -o json
probe absent nvmectl ocp smart-add-log "/dev/$plain" -o json
