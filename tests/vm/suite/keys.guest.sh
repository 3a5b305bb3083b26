# shellcheck shell=bash
# Keys beside nvme-cli 2.13's: made by one, checked by the other; the kernel's keyring; authentication and TLS with them.
nqn=nqn.2024-01.test.nvmectl
chmod o+rx /mnt/share # nobody runs nvmectl, too
hostnqn=$(</etc/nvme/hostnqn)
export HEX32=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
export HEX48=${HEX32}202122232425262728292a2b2c2d2e2f
export HEX64=${HEX48}303132333435363738393a3b3c3d3e3f

probe ring.unloaded nvmectl tls-key -o json

# DH-HMAC-CHAP: the same secret, every hash
for pair in "0 HEX32 32" "0 HEX48 48" "0 HEX64 64" "1 HEX32 32" "2 HEX48 48" "3 HEX64 64"; do
    read -r hmac hex length <<<"$pair"
    probe "dhchap.$hmac.$length.nvme" nvme gen-dhchap-key --hmac="$hmac" --key-length="$length" --secret="${!hex}" --nqn="$hostnqn"
    probe "dhchap.$hmac.$length" nvmectl gen-dhchap-key --hmac="$hmac" --key-length="$length" --secret="env:$hex" --nqn="$hostnqn"
    KEY=$(nvmectl gen-dhchap-key -m "$hmac" -l "$length")
    export KEY
    probe "dhchap.check.$hmac.$length.nvme" nvme check-dhchap-key --key="$KEY"
    probe "dhchap.check.$hmac.$length" nvmectl check-dhchap-key --key=env:KEY
done

# TLS: the same secret, both hashes, both versions of the identity
for pair in "1 HEX32" "2 HEX48"; do
    read -r hmac hex <<<"$pair"
    probe "tls.$hmac.nvme" nvme gen-tls-key --hmac="$hmac" --secret="${!hex}"
    probe "tls.$hmac" nvmectl gen-tls-key --hmac="$hmac" --secret="env:$hex"
    KEY=$(nvme gen-tls-key --hmac="$hmac")
    export KEY
    for version in 0 1; do
        about=(--hostnqn "$hostnqn" --subsysnqn "$nqn:s1" --identity="$version")
        probe "tls.check.$hmac.$version.nvme" nvme check-tls-key --keydata="$KEY" "${about[@]}"
        probe "tls.check.$hmac.$version" nvmectl check-tls-key --keydata=env:KEY "${about[@]}" --compat
    done
done

# the keyring: each inserts, both list and export
modprobe nvme-tcp nvme-keyring
KEY=$(nvme gen-tls-key --hmac=2)
export KEY
about=(--hostnqn "$hostnqn" --subsysnqn "$nqn:ring" --identity=1)
probe ring.insert.nvme nvme check-tls-key --keydata="$KEY" "${about[@]}" --insert
probe ring.export.nvme nvme tls-key --export --keyfile /tmp/theirs
probe ring.theirs cat /tmp/theirs
probe ring.export.of-theirs nvmectl tls-key --export
probe ring.list nvmectl tls-key -o json
probe ring.keyctl keyctl list %:.nvme
probe ring.revoke nvmectl tls-key --revoke "$(cut -d' ' -f1-4 /tmp/theirs)" -o json
probe ring.revoke.again nvmectl tls-key --revoke "$(cut -d' ' -f1-4 /tmp/theirs)" -o json
probe ring.empty keyctl list %:.nvme
probe ring.insert nvmectl check-tls-key --keydata=env:KEY "${about[@]}" --compat --insert --keyfile /tmp/kept
probe ring.insert.replaces nvmectl tls-key --insert env:KEY "${about[@]}" --compat -o json
probe ring.kept cat /tmp/kept
probe ring.kept.mode stat -c %a /tmp/kept
probe ring.export nvmectl tls-key --export --keyfile /tmp/ours -o json
probe ring.ours cat /tmp/ours
probe ring.nobody runuser -u nobody -- nvmectl tls-key -o json
probe ring.session keyctl show @s

# files: ours read by nvme-cli, its read by us
probe file.revoke nvmectl tls-key --revoke "$(nvmectl tls-key -o value --fields serial)"
probe file.import.nvme nvme tls-key --import --keyfile /tmp/ours
probe file.after.nvme nvmectl tls-key --export
probe file.revoke.number nvmectl tls-key --revoke "$(nvmectl tls-key -o value --fields serial)"
chmod 600 /tmp/theirs
probe file.import nvmectl tls-key --import --keyfile /tmp/theirs -o json
probe file.after nvmectl tls-key --export
printf 'rubbish\n%s\n' "$(</tmp/theirs)" | (
    set +e
    nvmectl tls-key --import -o json >/mnt/share/probes/file.partly.out 2>/mnt/share/probes/file.partly.err
    echo $? >/mnt/share/probes/file.partly.rc
)

# a secret in the user's keyring
nvmectl gen-dhchap-key >/tmp/secret
keyctl padd user lab @u </tmp/secret >/dev/null
probe user.key nvmectl check-dhchap-key --key keyring:lab

# the kernel and its target are content with our keys
nvmet-setup --subsys 1 --tls --tls-required --auth >/dev/null
host=/sys/kernel/config/nvmet/hosts/$nqn:host
host_key=$(nvmectl gen-dhchap-key -m 1 -n "$nqn:host")
ctrl_key=$(nvmectl gen-dhchap-key -m 1 -n "$nqn:auth")
printf %s "$host_key" >"$host/dhchap_key"
printf %s "$ctrl_key" >"$host/dhchap_ctrl_key"
login=(-t tcp -a 127.0.0.1 -s 4420 -n "$nqn:auth" --hostnqn "$nqn:host" --hostid 6e766d65-6374-4c00-8000-00000000aaaa)
probe auth.connect nvme connect "${login[@]}" --dhchap-secret="$host_key" --dhchap-ctrl-secret="$ctrl_key"
probe auth.wrong timeout 60 nvme connect "${login[@]}" --duplicate-connect --dhchap-secret="$(nvmectl gen-dhchap-key -m 1)"
nvme disconnect -n "$nqn:auth" >/dev/null
keyctl clear %:.nvme
probe tls.insert nvmectl gen-tls-key --hostnqn "$hostnqn" --subsysnqn "$nqn:s1" --identity 1 --insert
probe tls.connect nvme connect -t tcp -a 127.0.0.1 -s 4431 -n "$nqn:s1" --tls
probe tls.used cat /sys/class/nvme/nvme*/tls_key
probe tls.doctor nvmectl doctor -o json
