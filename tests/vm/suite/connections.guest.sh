# shellcheck shell=bash
# Stored connections and what saving them does to the kernel's.
nqn=nqn.2024-01.test.nvmectl
export NVMECTL_CONNECTIONS=/tmp/store/connections.json
stored() { nvmectl connection "$@"; }
controllers() { cat /sys/class/nvme/nvme*/subsysnqn 2>/dev/null | sort; }
list() { probe "$1" nvmectl connection list -o json; }
device_of() { stored list -o json | jq -r ".data[] | select(.name == \"$1\") | .devices[0]"; }
has_device() { test -b "$(device_of "$1")"; }

stored add --name one -a 127.0.0.1 -n $nqn:s1 >/dev/null
probe not-loaded nvmectl connection save -o json
list not-loaded.list
probe not-loaded.no-connect nvmectl connection save --no-connect -o json
stored remove one --save >/dev/null

echo '127.0.0.1 localhost' >/etc/hosts
nvmet-setup --subsys 4 --ns 2 --backing file
modprobe nvme-tcp

# --- save: remove, modify, add ---
stored add --name one -a 127.0.0.1 -n $nqn:s1 >/dev/null
stored add --name two -a 127.0.0.1 -s 4421 -n $nqn:s2 >/dev/null
stored add --name nobody -a 127.0.0.1 -n $nqn:nobody >/dev/null
probe dry-run nvmectl connection save --dry-run -o json
probe dry-run.controllers controllers
probe save nvmectl connection save -o json
probe save.controllers controllers
wait_for 10 has_device one
list save.list
probe save.show nvmectl connection show one -o json
stored discard >/dev/null

stored edit two -Q 32 -s 4420 >/dev/null
stored add --name three -a localhost -n $nqn:s3 >/dev/null
stored remove one >/dev/null
probe unasked nvmectl connection save -o json
probe unasked.controllers controllers
probe all nvmectl connection save --yes -o json
probe all.controllers controllers
list all.list
probe all.queues cat /sys/class/nvme/"$(stored list -o json | jq -r '.data[] | select(.name == "two") | .controllers[0]')"/sqsize

# --- what cannot be changed stays ---
probe broken nvmectl connection edit two -s 4499 --save --yes -o json
list broken.list
probe broken.diff nvmectl connection diff -o json
stored discard >/dev/null

# --- in use ---
modprobe ext4
wait_for 10 has_device three
disk=$(device_of three)
mkfs.ext4 -q "$disk" && mkdir -p /tmp/mnt && mount "$disk" /tmp/mnt
probe in-use nvmectl connection remove three --save --yes -o json
list in-use.list
umount /tmp/mnt
probe unused nvmectl connection save --yes -o json
list unused.list

# --- apply ---
cat >/tmp/wanted.json <<JSON
{"version": 1, "connections": [
  {"name": "two", "address": "127.0.0.1", "service": "4420", "nqn": "$nqn:s2", "queue_size": 32},
  {"name": "four", "address": "127.0.0.1", "service": "4420", "nqn": "$nqn:s4"}]}
JSON
stored add --name one -a 127.0.0.1 -n $nqn:s1 --save >/dev/null
probe apply.dry-run nvmectl connection apply /tmp/wanted.json --prune --dry-run -o json
probe apply nvmectl connection apply /tmp/wanted.json -o json
probe apply.again nvmectl connection apply /tmp/wanted.json -o json
nvmectl disconnect -n $nqn:s4 >/dev/null
probe apply.returns nvmectl connection apply /tmp/wanted.json -o json
probe apply.unasked nvmectl connection apply /tmp/wanted.json --prune -o json
probe apply.prune nvmectl connection apply /tmp/wanted.json --prune --yes -o json
probe apply.controllers controllers
list apply.list

# --- a target that is away ---
nvmet-change vanish
wait_for 15 grep -q connecting /sys/class/nvme/nvme*/state
list away.list
nvmet-change return
wait_for 30 bash -c '! grep -qv live /sys/class/nvme/nvme*/state'
list back.list

# --- nvme-cli reads what is exported, and its files are taken over ---
probe export.json nvmectl connection export --format config.json
stored export --format config.json /tmp/config.json >/dev/null
nvmectl disconnect-all --yes >/dev/null
probe export.nvme-cli nvme connect-all -J /tmp/config.json
stored export --format discovery.conf >/tmp/empty.conf 2>/dev/null
printf -- '--transport=tcp --traddr=127.0.0.1 --trsvcid=4420\n' >/tmp/discovery.conf
probe import nvmectl connection import /tmp/discovery.conf --save -o json
list import.list
