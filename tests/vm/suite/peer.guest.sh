# shellcheck shell=bash
# The bed itself, seen through Debian's own tools.
probe list nvme list -o json
# not by nvme list-subsys: nvme-cli 2.3 often shows only one of two PCIe paths
paths_of_rich() { ls -d "$(dirname "$(grep -l ':rich$' /sys/class/nvme-subsystem/*/subsysnqn)")"/nvme[0-9]; }
probe paths paths_of_rich
probe trace nvme-trace nvme id-ctrl /dev/nvme0

nvmet-setup --subsys 2 --ns 3 --ana
probe discover nvme discover -t tcp -a 127.0.0.1 -s 4420 -o json
probe discover-ipv6 nvme discover -t tcp -a ::1 -s 4420 -o json
probe connect nvme connect-all -t tcp -a 127.0.0.1 -s 4420
namespaces_of_target() { [ "$(grep -l '^00000000-' /sys/class/nvme-subsystem/*/nvme*/uuid | wc -l)" = 6 ]; }
wait_for 60 namespaces_of_target
probe connected nvme list -o json
probe disconnect nvme disconnect-all
nvmet-setup --clear
probe cleared ls /sys/kernel/config/nvmet/subsystems /sys/kernel/config/nvmet/ports
