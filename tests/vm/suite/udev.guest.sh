# shellcheck shell=bash
# The kernel's events, Debian's systemd-udevd and our rules: what is started, and when.
nqn=nqn.2024-01.test.nvmectl
probe verify udevadm verify --resolve-names=never /mnt/share/70-nvmectl.rules
# nvme-cli's rules would start its own unit beside ours
rm /usr/lib/udev/rules.d/70-nvmf-autoconnect.rules
udev-start /mnt/share/70-nvmectl.rules

started() { # NAME: what was started since the last time
    udevadm settle
    sleep 1
    probe "$1" cat /tmp/systemctl.log
    : >/tmp/systemctl.log
}

nvmet-setup --subsys 2 --fc
started fc
nvme discover -t tcp -a 127.0.0.1 -s 4420 --persistent >/dev/null
nvme connect -t tcp -a 127.0.0.1 -s 4421 -n $nqn:s1
discovery=$(basename "$(dirname "$(grep -l discovery /sys/class/nvme/*/subsysnqn)")")
echo "$discovery" >/mnt/share/probes/discovery
started connected
nvmet-change unlink s2 1
wait_for 10 test -s /tmp/systemctl.log
started unlink
nvmet-change disable-ns s1 1
started disable-ns
nvmet-change enable-ns s1 1
started enable-ns
nvmet-change vanish 1
started vanish
nvmet-change return 1
wait_for 60 test -s /tmp/systemctl.log
started return
