# shellcheck shell=bash
# Connections of the kernel, made and taken away by nvmectl, to the kernel's own target and to nvmectl's.
nqn=nqn.2024-01.test.nvmectl
here=(-t tcp -a 127.0.0.1 -s 4420)
there=(-t tcp -a 127.0.0.1 -s 4421)

reset_target() { # OPTION…: nothing is connected any more, and the target is made anew
    local controller
    for controller in /sys/class/nvme/nvme*/delete_controller; do
        [ ! -e "$controller" ] || echo 1 >"$controller"
    done
    [ ! -d /sys/kernel/config/nvmet ] || nvmet-setup --clear
    rm -f /tmp/nvmet-*.img
    nvmet-setup "$@"
}
controllers() { cat /sys/class/nvme/nvme*/subsysnqn 2>/dev/null | sort; }
of() { jq -r "${2:-.data.device}" "/mnt/share/probes/$1.out"; } # PROBE [FILTER]
block() { jq -r '.data.namespaces[0].device_path' "/mnt/share/probes/$1.out"; }
attributes() { # CONTROLLER NAME…
    local controller=$1 name
    shift
    for name; do echo "$name $(<"/sys/class/nvme/$controller/$name")"; done
}
state_is() { [ "$(<"/sys/class/nvme/$1/state")" = "$2" ]; }
no_rights() { setpriv --reuid=65534 --regid=65534 --clear-groups nvmectl "$@"; }

# --- before anything is there ---
echo '127.0.0.1 localhost' >/etc/hosts
probe not-loaded nvmectl connect "${here[@]}" -n $nqn:s1 -o json

# --- one connection ---
reset_target --subsys 3 --ns 2 --backing file --loop --ana
probe dry-run nvmectl connect "${here[@]}" -n $nqn:s1 --dry-run -k 7 -S DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n:
probe dry-run.connected controllers
probe connect nvmectl connect "${here[@]}" -n $nqn:s1 --wait -o json
nodes() { local node; for node in $(of connect '.data.namespaces[].device_path'); do test -b "$node" && blockdev --getsize64 "$node"; done; }
probe connect.nodes nodes
probe connect.again nvmectl connect "${here[@]}" -n $nqn:s1 -o json
probe connect.again.text nvmectl connect "${here[@]}" -n $nqn:s1
probe connect.path nvmectl connect "${there[@]}" -n $nqn:s1 --wait -o json
probe connect.path.subsys nvmectl list-subsys -o json
probe connect.spelling nvmectl connect --transport=tcp --traddr=127.0.0.1 -s4421 --nqn=$nqn:s2 --nr-io-queues=1 --queue-size=64 -k7 -c 3 --ctrl-loss-tmo=100 -g --data-digest -o json
probe connect.spelling.sysfs attributes "$(of connect.spelling)" queue_count sqsize kato reconnect_delay ctrl_loss_tmo
probe connect.duplicate nvmectl connect "${there[@]}" -n $nqn:s2 -D -o json
probe connect.ipv6 nvmectl connect -t tcp -a ::1 -s 4420 -n $nqn:s3 -o json
probe connect.ipv6.again nvmectl connect -t tcp -a 0:0:0:0:0:0:0:1 -s 4420 -n $nqn:s3 -o json
probe connect.name nvmectl connect -t tcp -a localhost -s 4420 -n $nqn:s2 -o json
probe connect.loop nvmectl connect -t loop -n $nqn:s3 --wait -o json
probe connect.loop.again nvmectl connect -t loop -n $nqn:s3 -o json

# --- what cannot be ---
probe wrong.nqn nvmectl connect "${here[@]}" -n $nqn:nobody -o json
probe wrong.port nvmectl connect -t tcp -a 127.0.0.1 -s 4499 -n $nqn:s1 -o json
probe wrong.host nvmectl connect "${here[@]}" -n $nqn:s1 -q nqn.2024-01.test:other -I "$(</etc/nvme/hostid)" -o json
probe wrong.hostid nvmectl connect "${here[@]}" -n $nqn:s2 -q "$(</etc/nvme/hostnqn)" -I 6e766d65-6374-4c00-8000-00000000000f -o json
probe wrong.no-address nvmectl connect -t tcp -n $nqn:s1 -o json
probe wrong.no-nqn nvmectl connect "${here[@]}" -o json
probe wrong.nqn-form nvmectl connect "${here[@]}" -n "$nqn:s1,hostnqn=nqn.2024-01.test:x" -o json
probe wrong.port-range nvmectl connect -t tcp -a 127.0.0.1 -s 70000 -n $nqn:s1 -o json
probe wrong.transport nvmectl connect -t ftp -a 127.0.0.1 -n $nqn:s1 -o json
probe wrong.family nvmectl connect -t tcp -a 127.0.0.999 -n $nqn:s1 -o json
probe wrong.user no_rights connect "${here[@]}" -n $nqn:s2 -D -o json
probe wrong.tls nvmectl connect "${here[@]}" -n $nqn:s2 -D --tls -o json
nvmet-change drop-host s3
probe wrong.not-allowed nvmectl connect "${there[@]}" -n $nqn:s3 -o json

# --- disconnect ---
probe disconnect.nothing nvmectl disconnect -n $nqn:nobody -o json
probe disconnect.no-device nvmectl disconnect nvme77 -o json
probe disconnect.no-target nvmectl disconnect -o json
probe disconnect.user no_rights disconnect "$(of connect)" -o json
probe disconnect.dry-run nvmectl disconnect -n $nqn:s1 --dry-run -o json
probe disconnect.device nvmectl disconnect "$(of connect)" -o json
probe disconnect.address nvmectl disconnect -a ::1 -o json
probe disconnect.nqn nvmectl disconnect -n $nqn:s2 -o json
probe disconnect.text nvmectl disconnect -n $nqn:s1
probe disconnect.left controllers
nvmectl connect "${here[@]}" -n $nqn:s1 >/dev/null
nvmectl connect "${there[@]}" -n $nqn:s2 >/dev/null
nvme connect -t loop -n $nqn:s2
probe disconnect-all.unconfirmed nvmectl disconnect-all -o json
probe disconnect-all.dry-run nvmectl disconnect-all --dry-run -o json
probe disconnect-all.transport nvmectl disconnect-all -r tcp --yes -o json
probe disconnect-all.left controllers
probe disconnect-all nvmectl disconnect-all --yes -o json
probe disconnect-all.again nvmectl disconnect-all --yes -o json
probe disconnect-all.none controllers

# --- what is in use ---
modprobe -a ext4 dm-mod raid1
export DM_DISABLE_UDEV=1 # nobody makes the nodes but dmsetup and lvm themselves
reset_target --subsys 2 --ns 2 --backing file --size 32
in_use() { # NAME: try to disconnect s1, which something uses
    probe "in-use.$1" nvmectl disconnect -n $nqn:s1 -o json
    probe "in-use.$1.text" nvmectl disconnect -n $nqn:s1
}
probe used nvmectl connect "${here[@]}" -n $nqn:s1 --wait -o json
disk=$(block used)
mkfs.ext4 -q "$disk" && mkdir -p /tmp/mnt && mount "$disk" /tmp/mnt
in_use mount
probe in-use.all nvmectl disconnect-all --yes -o json
nvmectl connect "${there[@]}" -n $nqn:s1 --wait >/dev/null
probe in-use.one-path nvmectl disconnect "$(of used)" -o json
probe in-use.other-path nvmectl disconnect -n $nqn:s1 -o json
umount /tmp/mnt
mkswap "$disk" >/dev/null 2>&1 && swapon "$disk"
in_use swap
swapoff "$disk"
wipefs -aq "$disk"
echo "0 8192 linear $disk 0" | dmsetup create held
in_use dm
mkfs.ext4 -q /dev/mapper/held && mount /dev/mapper/held /tmp/mnt
in_use dm-mount
umount /tmp/mnt
dmsetup remove held
lvm() { command lvm "$1" --config 'activation{udev_sync=0 udev_rules=0} devices{obtain_device_list_from_udev=0}' "${@:2}"; }
{ lvm pvcreate -ff -y "$disk" && lvm vgcreate storage "$disk" && lvm lvcreate -y -Wn -Zn -L 8m -n volume storage; } >/tmp/lvm.log 2>&1 || cat /tmp/lvm.log >&2
in_use lvm
lvm vgremove -f storage >/dev/null 2>&1
lvm pvremove "$disk" >/dev/null 2>&1
mdadm --create /dev/md7 --run --force --level=1 --raid-devices=1 "$disk" >/tmp/md.log 2>&1 || cat /tmp/md.log >&2
in_use md
mdadm --stop /dev/md7 >/dev/null 2>&1
probe in-use.released nvmectl disconnect -n $nqn:s1 -o json
probe forced.connect nvmectl connect "${here[@]}" -n $nqn:s2 --wait -o json
mkfs.ext4 -q "$(block forced.connect)" && mount "$(block forced.connect)" /tmp/mnt
probe forced nvmectl disconnect -n $nqn:s2 --force -o json
umount -l /tmp/mnt

# --- everything that is offered ---
reset_target --subsys 3 --ns 1
probe all.dry-run nvmectl connect-all "${here[@]}" --dry-run -o json
probe all.dry-run.connected controllers
probe all.filter nvmectl connect-all "${here[@]}" --filter '*:s2' -o json
probe all.filter.none nvmectl connect-all "${here[@]}" --filter '*:s9' -o json
probe all nvmectl connect-all "${here[@]}" --wait -o json
probe all.again nvmectl connect-all "${here[@]}" -o json
probe all.again.text nvmectl connect-all "${here[@]}"
probe all.dead nvmectl connect-all -t tcp -a 127.0.0.1 -s 4499 -o json
probe all.uri nvmectl connect-all tcp://127.0.0.1:4421 -o json
nvmectl disconnect-all --yes >/dev/null
printf '# a comment\n-t tcp -a 127.0.0.1 -s 4420\n--transport=tcp --traddr=127.0.0.1 --trsvcid=4421\n' >/tmp/discovery.conf
probe all.conf nvmectl connect-all --conf /tmp/discovery.conf -o json
probe all.user no_rights connect-all "${here[@]}" -o json

# --- referrals ---
reset_target --subsys 2 --referral loop --referral self
probe referral.loop timeout 60 nvmectl connect-all "${here[@]}" -o json
nvmectl disconnect-all --yes >/dev/null
probe referral.ignored nvmectl connect-all "${here[@]}" --no-referrals -o json
reset_target --subsys 2 --referral dead
probe referral.dead nvmectl connect-all "${here[@]}" -o json
probe referral.dead.connected controllers
reset_target --subsys 2 --referral family
probe referral.family nvmectl connect-all "${here[@]}" -o json
probe referral.family.connected controllers

# --- hosts and authentication ---
reset_target --host nqn.2024-01.test:admitted
probe host.other nvmectl connect "${here[@]}" -n $nqn:s1 -o json
probe host.admitted nvmectl connect "${here[@]}" -n $nqn:s1 -q nqn.2024-01.test:admitted -I 6e766d65-6374-4c00-8000-0000000000aa -o json
host=(-q "$nqn:host" -I 6e766d65-6374-4c00-8000-000000000009)
sure=("${here[@]}" -n "$nqn:auth" "${host[@]}" --timeout 30s)
wrong=$(nvme gen-dhchap-key --hmac=1 --nqn=$nqn:host)
for mode in one-way mutual; do
    reset_target --auth --auth-mode $mode >/tmp/keys
    sed -n 's/host_key //p' /tmp/keys >/tmp/host.key
    sed -n 's/ctrl_key //p' /tmp/keys >/tmp/ctrl.key
    keys=(-S file:/tmp/host.key)
    [ $mode = one-way ] || keys+=(-C file:/tmp/ctrl.key)
    probe auth.$mode nvmectl connect "${sure[@]}" "${keys[@]}" --wait -o json
    nvmectl disconnect-all --yes >/dev/null
done
host_key=$(</tmp/host.key) ctrl_key=$(</tmp/ctrl.key)
probe auth.none nvmectl connect "${sure[@]}" -o json
probe auth.wrong nvmectl connect "${sure[@]}" -S "$wrong" -o json
probe auth.wrong-ctrl nvmectl connect "${sure[@]}" -S "$host_key" -C "$wrong" -o json
probe auth.form nvmectl connect "${sure[@]}" -S DHHC-1:01:abc: -o json
with_env() { HOST_KEY=$host_key nvmectl connect "${sure[@]}" -S env:HOST_KEY -o json; }
with_stdin() { nvmectl connect "${sure[@]}" -S - -o json <<<"$host_key"; }
with_keyring() { printf %s "$host_key" | keyctl padd user nvmectl-test @u >/dev/null && nvmectl connect "${sure[@]}" -S keyring:nvmectl-test -o json; }
with_line() { printf 'OTHER=x\nKEY=%s\n' "$host_key" >/tmp/keys.env && nvmectl connect "${sure[@]}" -S file:/tmp/keys.env#KEY -o json; }
for way in env stdin keyring line; do
    probe auth.by-$way with_$way
    nvmectl disconnect-all --yes >/dev/null
done
probe auth.argv nvmectl connect "${sure[@]}" -S "$host_key"
nvmectl disconnect-all --yes >/dev/null
probe auth.not-asked nvmectl connect "${here[@]}" -n $nqn:s1 "${host[@]}" -S file:/tmp/host.key
nvmectl disconnect-all --yes >/dev/null
probe auth.partial nvmectl connect-all "${here[@]}" "${host[@]}" -o json
echo "$host_key $ctrl_key" >/mnt/share/probes/secrets

# --- a target that vanishes and returns ---
reset_target --subsys 2
probe vanish.connect nvmectl connect "${here[@]}" -n $nqn:s1 -c 1 --wait -o json
gone=$(of vanish.connect)
nvmet-change vanish
wait_for 20 state_is "$gone" connecting
probe vanish.again nvmectl connect "${here[@]}" -n $nqn:s1 -o json
probe vanish.other nvmectl connect "${here[@]}" -n $nqn:s2 -o json
nvmet-change return
probe vanish.returned wait_for 30 state_is "$gone" live
nvmet-change vanish
wait_for 20 state_is "$gone" connecting
probe vanish.disconnect timeout 30 nvmectl disconnect "$gone" -o json
nvmet-change return
( sleep 4; nvmet-change return ) & # while connect-all tries again
nvmet-change vanish
probe vanish.retry timeout 60 nvmectl connect-all "${here[@]}" --retry=30s -o json
wait $!

# --- other transports ---
reset_target --subsys 2 --fc --rdma
fc=(-t fc -a nn-0x10001100aa000001:pn-0x20001100aa000001 -w nn-0x10001100ab000001:pn-0x20001100ab000001)
probe fc nvmectl connect "${fc[@]}" -n $nqn:s1 --wait -o json
probe fc.again nvmectl connect "${fc[@]}" -n $nqn:s1 -o json
probe fc.all nvmectl connect-all "${fc[@]}" -o json
probe fc.disconnect nvmectl disconnect-all --yes -r fc -o json
rdma=(-t rdma -a 10.99.0.1 -s 4420)
probe rdma nvmectl connect "${rdma[@]}" -n $nqn:s1 --wait -o json
probe rdma.all nvmectl connect-all "${rdma[@]}" -o json
probe rdma.disconnect nvmectl disconnect-all --yes -o json

# --- nvmectl's own target ---
nvmectl target serve --listen 127.0.0.1:4470 --nqn nqn.2014-08.org.example:soft --ram 32MiB >/tmp/serve.log 2>&1 &
server=$!
wait_for 20 test -s /tmp/serve.log
probe soft nvmectl connect -t tcp -a 127.0.0.1 -s 4470 -n nqn.2014-08.org.example:soft -g -G --wait -o json
probe soft.io dd if=/dev/zero of="$(block soft)" bs=64k count=16 oflag=direct
probe soft.all nvmectl connect-all tcp://127.0.0.1:4470 -o json
probe soft.disconnect nvmectl disconnect nqn.2014-08.org.example:soft -o json
kill -TERM $server
wait $server || true
