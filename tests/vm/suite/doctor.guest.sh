# shellcheck shell=bash
# doctor on a machine without drivers, with them, as nobody, with targets and controllers that fail.
nqn=nqn.2024-01.test.nvmectl
chmod o+rx /mnt/share # nobody runs nvmectl, too
nobody=(runuser -u nobody -- nvmectl)

# nothing installed
mkdir /tmp/empty
mount --bind /tmp/empty /usr/lib/modules
probe missing nvmectl doctor -o json
probe missing.tcp nvmectl doctor loop:// -o json
umount /usr/lib/modules

# installed, not loaded
probe unloaded nvmectl doctor -o json
probe unloaded.text nvmectl doctor
probe unloaded.nobody "${nobody[@]}" doctor -o json
probe fix.nobody "${nobody[@]}" doctor --fix -o json
probe fix.dry nvmectl doctor --fix --dry-run -o json
probe fix.dry.modules cat /proc/modules
probe fix nvmectl doctor --fix -o json
probe fix.modules cat /proc/modules
probe loaded.nobody "${nobody[@]}" doctor -o json
probe rdma nvmectl doctor rdma://127.0.0.1 -o json

ndctl disable-region region0
ndctl init-labels nmem0
ndctl enable-region region0
probe labels nvmectl doctor -o json

# targets
nvmet-setup --subsys 1 --auth >/dev/null
probe target nvmectl doctor "tcp://127.0.0.1:4420/$nqn:s1" -o json
probe target.nobody "${nobody[@]}" doctor "tcp://127.0.0.1:4420/$nqn:s1" -o json
probe target.discovery nvmectl doctor tcp://127.0.0.1:4420 -o json
probe target.ipv6 nvmectl doctor "tcp://[::1]:4420/$nqn:s1" -o json
probe target.unknown nvmectl doctor "tcp://127.0.0.1:4420/$nqn:none" -o json
probe target.forbidden nvmectl doctor "tcp://127.0.0.1:4420/$nqn:auth" -o json
probe target.auth nvmectl doctor "tcp://127.0.0.1:4420/$nqn:auth" --hostnqn "$nqn:host" --hostid 6e766d65-6374-4c00-8000-00000000aaaa -o json
probe target.refused nvmectl doctor "tcp://127.0.0.1:4499/$nqn:s1" -o json
probe target.unreachable nvmectl doctor "tcp://192.0.2.1:4420/$nqn:s1" --timeout 2s -o json

# a controller, then its target goes away
nvme connect -t tcp -a 127.0.0.1 -s 4420 -n "$nqn:s1" --reconnect-delay=1
device=$(basename "$(grep -l "$nqn:s1" /sys/class/nvme/*/subsysnqn | xargs dirname)")
wait_for 20 test -b "/dev/${device}n1"
echo "$device" >/mnt/share/probes/device.out
probe live nvmectl doctor "/dev/$device" -o json
probe live.nobody "${nobody[@]}" doctor "/dev/$device" -o json
probe namespace nvmectl doctor "${device}n1" -o json
rm /sys/kernel/config/nvmet/ports/*/subsystems/*
connecting() { [ "$(<"/sys/class/nvme/$device/state")" = connecting ]; }
wait_for 30 connecting
probe lost nvmectl doctor "$device" -o json
probe lost.text nvmectl doctor "$device"
probe none nvmectl doctor nvme77 -o json
