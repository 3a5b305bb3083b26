# shellcheck shell=bash
# Debian 12's own kernel, 6.1, has neither authentication nor TLS.
nqn=nqn.2024-01.test.nvmectl
here=(-t tcp -a 127.0.0.1 -s 4420)
nvmet-setup --subsys 2
probe options cat /dev/nvme-fabrics
probe plain nvmectl connect "${here[@]}" -n $nqn:s1 --wait -o json
printf DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n: >/tmp/key
chmod 600 /tmp/key
probe tls strace -f -e trace=write -o /tmp/trace nvmectl connect "${here[@]}" -n $nqn:s2 --tls -o json
probe tls.written grep -c 'nqn=' /tmp/trace
probe all nvmectl connect-all "${here[@]}" --tls -o json
probe connected cat /sys/class/nvme/nvme*/subsysnqn
probe secret nvmectl connect "${here[@]}" -n $nqn:s2 -S file:/tmp/key -o json
probe secret.connected cat /sys/class/nvme/nvme*/subsysnqn
