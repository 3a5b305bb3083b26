# shellcheck shell=bash
# What QEMU's NVDIMMs cannot do, on the kernel's simulated ones: health, errors, security, firmware, interleaving.
driver=/mnt/share/pmem_driver
mkdir -p /run/nvmectl /etc/ndctl/keys
modprobe encrypted-keys
ndctl wait-scrub ndbus0 >/dev/null 2>&1
both() {
    probe "$1.scan" $driver scan health
    probe "$1.ndctl" ndctl list -BDRNFHCi
}
both start
$driver listen 6 >/mnt/share/probes/events.out &
listener=$!
sleep 1
probe smart.inject $driver op inject-smart nmem0 media_temperature=70 spares=3
probe smart.fatal $driver op inject-smart nmem1 fatal=true unsafe_shutdown=true
probe smart.threshold $driver op inject-smart nmem2 media_temperature_threshold=50 spares_threshold=7 spares_alarm=off \
    controller_temperature_threshold=60 controller_temperature_alarm=on
both injected
wait $listener
probe smart.undo0 $driver op inject-smart nmem0 uninject=all
probe smart.undo1 $driver op inject-smart nmem1 uninject=all
both uninjected
probe smart.none $driver op inject-smart nmem4 fatal=true

for n in 0 1; do probe "off.$n" $driver region "region$n" off; done
for n in 0 1 2 3; do probe "init.$n" $driver labels-init "nmem$n" 1.2; done
for n in 0 1; do probe "on.$n" $driver region "region$n" on; done
probe create $driver create region1 64M fsdax 2M x
ndctl wait-scrub ndbus0 >/dev/null 2>&1
probe error.inject $driver op inject-error namespace1.0 block=8 count=4
probe error.injected $driver injected namespace1.0
ndctl wait-scrub ndbus0 >/dev/null 2>&1
probe error.scrub $driver scrub ndbus0
both bad
probe error.read dd if=/dev/pmem1 of=/dev/null bs=512 skip=8 count=1 iflag=direct
probe error.clear $driver clear-errors namespace1.0
probe error.readable dd if=/dev/pmem1 of=/dev/null bs=512 skip=8 count=1 iflag=direct
both cleared

keyctl add user nvdimm-master "$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')" @u >/dev/null
probe key.active $driver op setup-passphrase nmem3 key_handle=user:nvdimm-master
probe key.off $driver region region1 off
probe key.nokek $driver op setup-passphrase nmem3 key_handle=user:nobody
probe key.setup $driver op setup-passphrase nmem3 key_handle=user:nvdimm-master
both locked
probe key.again $driver op setup-passphrase nmem3 key_handle=user:nvdimm-master
probe key.update $driver op update-passphrase nmem3
probe key.remove $driver op remove-passphrase nmem3
probe key.setup2 $driver op setup-passphrase nmem3 key_handle=user:nvdimm-master
probe key.sanitize $driver op sanitize nmem3
both sanitized
probe key.files ls /etc/ndctl/keys
probe key.overwrite $driver op sanitize nmem2 overwrite=true
probe key.wait $driver op wait-overwrite nmem2
probe key.open $driver op freeze-security nmem3
probe key.setup3 $driver op setup-passphrase nmem3 key_handle=user:nvdimm-master
probe key.freeze $driver op freeze-security nmem3
both frozen
probe key.frozen $driver op remove-passphrase nmem3

ndctl wait-scrub ndbus0 >/dev/null 2>&1
head -c 8192 /dev/urandom >/tmp/firmware
probe fw.update $driver op update-firmware nmem0 file=/tmp/firmware
both staged
probe fw.disarm $driver op disarm-firmware nmem0
probe fw.unarmed $driver op activate-firmware ndbus0
probe fw.arm $driver op arm-firmware nmem0
probe fw.activate $driver op activate-firmware ndbus0 force=true
probe fw.none $driver op update-firmware nmem5 file=/tmp/firmware
probe fw.reset $driver op activate-firmware ndbus1
