# shellcheck shell=bash
# TLS 1.3 between the kernel and its own target, keys in the kernel's keyring, the handshake by tlshd.
nqn=nqn.2024-01.test.nvmectl
hostnqn=$(</etc/nvme/hostnqn)
either=(-t tcp -a 127.0.0.1 -s 4430)
only=(-t tcp -a 127.0.0.1 -s 4431)

nvmet-setup --subsys 2 --tls --tls-required
probe no-key nvmectl connect "${either[@]}" -n $nqn:s1 --tls -o json
probe plain.refused nvmectl connect "${only[@]}" -n $nqn:s1 -o json
for name in $nqn:s1 nqn.2014-08.org.nvmexpress.discovery; do
    nvme gen-tls-key --subsysnqn "$name" --hostnqn "$hostnqn" --identity=1 --insert >/dev/null
done
probe tls nvmectl connect "${only[@]}" -n $nqn:s1 --tls --wait -o json
probe tls.key cat "/sys/class/nvme/$(jq -r .data.device /mnt/share/probes/tls.out)/tls_key"
probe tls.io dd if=/dev/zero of="$(jq -r '.data.namespaces[0].device_path' /mnt/share/probes/tls.out)" bs=64k count=4 oflag=direct
probe tls.again nvmectl connect "${only[@]}" -n $nqn:s1 --tls -o json
probe tls.text nvmectl connect "${either[@]}" -n $nqn:s1 --tls
probe plain nvmectl connect "${either[@]}" -n $nqn:s2 -o json
nvmectl disconnect-all --yes >/dev/null
# the log says which subsystem wants TLS; for s2 there is no key
probe all nvmectl connect-all "${only[@]}" --tls -o json
nvmectl disconnect-all --yes >/dev/null
pkill -x tlshd
probe no-tlshd timeout 60 nvmectl connect "${only[@]}" -n $nqn:s1 --tls -o json
