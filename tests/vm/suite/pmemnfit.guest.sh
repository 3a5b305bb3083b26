# shellcheck shell=bash
# What QEMU's NVDIMMs cannot do, on the kernel's simulated ones: nfit_test.0 with 4 interleaved DIMMs, nfit_test.1
# with 2 that have failed.
probe fresh.list nvmectl pmem list -o json
probe fresh.dimms ndctl list -Di
probe fresh.flags nvmectl pmem list

# Scrubbing, before the first errors
probe scrub.ready nvmectl pmem scrub wait -o json
probe scrub.start nvmectl pmem scrub start ndbus0 -o json
probe scrub.wait nvmectl pmem scrub wait nfit_test.0 -o json
probe scrub.missing nvmectl pmem scrub start ndbus9

# Regions over 2 and 4 DIMMs
for region in 0 1; do probe "init.$region" nvmectl pmem init "region$region" --yes -o json; done
probe create.raw nvmectl pmem create --region region0 --size 16M --mode raw --name v-raw -o json
probe create.fsdax nvmectl pmem create --region region1 --size 48M --mode fsdax --map mem --name v-fs -o json
probe made.list nvmectl pmem list -o json
probe made.ndctl ndctl list -RDv

# Health
probe health.ours nvmectl pmem health -o json
probe health.ndctl ndctl list -DHi
probe health.well nvmectl pmem health nmem0 --check
probe smart.dry nvmectl pmem inject-smart nmem0 --fatal --dry-run
probe smart.dry.health nvmectl pmem health nmem0 -o json
probe smart.values nvmectl pmem inject-smart nmem0 --spares 3 --media-temperature 50 \
    --media-temperature-threshold 30 -o json
probe smart.fatal nvmectl pmem inject-smart nmem0 --fatal --unsafe-shutdown
probe smart.check nvmectl pmem health nmem0 --check
probe smart.ours nvmectl pmem health -o json
probe smart.ndctl ndctl list -DHi
probe smart.back nvmectl pmem inject-smart nmem0 --uninject all
probe smart.back.ours nvmectl pmem health -o json
probe smart.back.ndctl ndctl list -DHi
probe smart.none nvmectl pmem inject-smart nmem4 --spares 3

# Errors
probe error.inject nvmectl pmem inject-error v-raw --block 16 --count 8 --yes -o json
probe error.injected nvmectl pmem injected-errors v-raw -o json
probe error.scrub nvmectl pmem scrub start ndbus0
probe error.scrubbed nvmectl pmem scrub wait ndbus0
probe error.bad nvmectl pmem bad-blocks -o json
probe error.list nvmectl pmem list -o json
probe error.ndctl ndctl list -NM
probe error.read dd if=/dev/pmem0 of=/dev/null bs=4096 skip=2 count=1 iflag=direct
probe error.clear nvmectl pmem clear-errors v-raw -o json
probe error.again nvmectl pmem clear-errors v-raw -o json
probe error.none nvmectl pmem bad-blocks -o json
probe error.gone nvmectl pmem injected-errors v-raw -o json
probe error.ndctlgone ndctl list -NM
probe error.reread dd if=/dev/pmem0 of=/dev/null bs=4096 skip=2 count=1 iflag=direct
probe quiet.inject nvmectl pmem inject-error v-raw --block 64 --no-notify --yes
probe quiet.injected nvmectl pmem injected-errors v-raw -o json
probe quiet.uninject nvmectl pmem uninject-error v-raw --block 64 --yes
probe quiet.gone nvmectl pmem injected-errors v-raw -o json

# Security. Afterwards the kernel cannot enable the regions: below a hypervisor it may not flush the processor's caches.
keyctl add user nvdimm-master 00112233445566778899aabbccddeeff @u >/dev/null
keyctl link @u @s
security() { # NAME: what both see
    probe "$1.ours" nvmectl pmem list -o json
    probe "$1.ndctl" ndctl list -Di
}
probe security.busy nvmectl pmem security setup nmem0 -k user:nvdimm-master
for region in 0 1; do probe "security.off.$region" nvmectl pmem region disable "region$region"; done
probe security.nokey nvmectl pmem security setup nmem0 -k user:nothing
probe security.setup nvmectl pmem security setup nmem0,nmem1,nmem3 -k user:nvdimm-master -o json
security set
probe security.twice nvmectl pmem security setup nmem0 -k user:nvdimm-master
probe security.update nvmectl pmem security update nmem0 -k user:nvdimm-master
security updated
probe security.remove nvmectl pmem security remove nmem0
security removed
probe security.freeze nvmectl pmem security freeze nmem3
security frozen
probe security.frozen nvmectl pmem security remove nmem3
for dimm in 0 1 2 3; do probe "security.dimm.$dimm" nvmectl pmem dimm disable "nmem$dimm"; done
probe security.erase nvmectl pmem security sanitize nmem1 --crypto-erase --yes -o json
security erased
probe security.overwrite nvmectl pmem security sanitize nmem2 --overwrite --zero-key --yes
security overwriting
probe security.wait nvmectl pmem security wait-overwrite nmem2 --timeout 60s -o json
security overwritten
probe security.none nvmectl pmem security setup nmem4 -k user:nvdimm-master
