# shellcheck shell=bash
# What is stored comes back as the units bring it back, and what discovery announces is connected.
nqn=nqn.2024-01.test.nvmectl
here=(-t tcp -a 127.0.0.1 -s 4420)
controllers() { cat /sys/class/nvme/nvme*/subsysnqn 2>/dev/null | sort; }

# A unit's command line, as systemd would run it: without specifiers but %i, which is $1.
# shellcheck disable=SC2016
command_of() { sed -n 's/^ExecStart=//p' "/mnt/share/$1" | sed 's/@NVMECTL_PROGRAM@/nvmectl/; s/%%/%/g; s/%i/"$1"/'; }
boot() { eval "$(command_of nvmectl-connect.service.in)" -o json; }
start() { # INSTANCE of the template
    local line
    line=$(command_of nvmectl-connect@.service.in)
    eval "$line"
}

nvmet-setup --subsys 3
nvmet-change unlink s3 1
modprobe nvme-tcp
probe quick.unasked nvmectl quick "${here[@]}" -o json
probe quick.dry-run nvmectl quick "${here[@]}" --all --dry-run -o json
probe quick.pick nvmectl quick "${here[@]}" --pick 2 --name second --wait -o json
probe quick.wrong nvmectl quick "${here[@]}" --pick 7 -o json
probe quick.nobody nvmectl quick "${here[@]}" --nqn $nqn:nobody -o json
probe quick.no-store nvmectl quick "${here[@]}" --nqn $nqn:s1 --no-store -o json
probe quick.stored nvmectl connection list -o json
nvmectl disconnect-all --yes >/dev/null
probe quick.all nvmectl quick "${here[@]}" --all -o json
probe quick.all.stored nvmectl connection list -o json

nvmectl disconnect-all --yes >/dev/null
probe boot boot
probe boot.again boot
nvmectl disconnect-all --yes >/dev/null
nvmet-change vanish
(sleep 6 && nvmet-change return) &
probe boot.away timeout 100 bash -c "$(command_of nvmectl-connect.service.in) -o json"
wait $!
probe boot.controllers controllers
nvmectl disconnect-all --yes >/dev/null

rm /usr/lib/udev/rules.d/70-nvmf-autoconnect.rules # nvme-cli's do the same
udev-start /mnt/share/70-nvmectl.rules
probe persistent nvmectl connect-all "${here[@]}" --persistent -o json
probe persistent.controllers controllers
: >/tmp/systemctl.log
nvmet-change link s3 1
wait_for 10 test -s /tmp/systemctl.log
instance=$(sed -n '1s/.*nvmectl-connect@\(.*\)\.service/\1/p' /tmp/systemctl.log)
probe announced start "$instance"
probe announced.controllers controllers
probe announced.gone start '--device\x20nvme77'
