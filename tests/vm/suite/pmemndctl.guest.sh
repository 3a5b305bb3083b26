# shellcheck shell=bash
# ndctl's and daxctl's own command lines, run once by them and once by nvmectl, with the same outcome.
PATH=/tmp:$PATH
cp /mnt/share/bin/nvmectl /tmp
modprobe -a ext4 kmem
echo offline >/sys/devices/system/memory/auto_online_blocks
nvmectl pmem init all --yes >/dev/null
# Each line once for region0 by ndctl and once for region1 by nvmectl. What destroys asks; -f is ndctl's word for yes.
both() { # NAME WORD… [-- MORE…]: REGION, NS, DIMM in the words; MORE for nvmectl alone
    local name=$1 word theirs=() ours=() more=
    shift
    for word in "$@"; do
        if [ "$word" = -- ]; then more=yes && continue; fi
        ours+=("$(sed 's/REGION/region1/g; s/NS/namespace1/g; s/DIMM/nmem1/g' <<<"$word")")
        [ -n "$more" ] || theirs+=("$(sed 's/REGION/region0/g; s/NS/namespace0/g; s/DIMM/nmem0/g' <<<"$word")")
    done
    probe "theirs.$name" ndctl "${theirs[@]}"
    probe "ours.$name" nvmectl pmem "${ours[@]}"
    probe "after.$name" ndctl list -vvv
}
both create.fsdax create-namespace -r REGION -s 64M -m fsdax -n a-REGION -f
both create.devdax create-namespace -r REGION -s 64M -m devdax -M mem -a 4K -n b-REGION
both create.sector create-namespace -b ndbus0 -r REGION -s 64M -m safe -l 512 -n c-REGION
both create.raw create-namespace -r REGION -s 64M -t pmem -m raw -n d-REGION -L -R
both create.large create-namespace -r REGION -s 256M -m dax -n e-REGION --align=2M
both disable disable-namespace NS.0
both enable enable-namespace -r REGION all
both reconfig create-namespace -e NS.0 -m sector -f
both rename create-namespace -f -e NS.3 -m fsdax -n other-REGION -a 2M
both check check-namespace -f NS.2
both destroy destroy-namespace -f NS.1
both destroy.region destroy-namespace NS.2 -f -r REGION
both readlabels read-labels DIMM -o /tmp/DIMM.labels
both readlabels.json read-labels -j DIMM
both disable.info disable-namespace NS.0
both readinfo read-infoblock NS.0 -o /tmp/NS.info
both readinfo.json read-infoblock -j NS.0
both readinfo.file read-infoblock -j -i /tmp/NS.info
probe refused.part nvmectl pmem read-labels nmem1 -s 4096 -O 256 -j
probe refused.made nvmectl pmem write-infoblock namespace1.0 -m fsdax -a 2M -j
both enable.info enable-namespace NS.0
both region.off disable-region REGION
both zero zero-labels DIMM -- -y
both checklabels check-labels DIMM
both writelabels write-labels DIMM -i /tmp/DIMM.labels -- -y
both checklabels.again check-labels DIMM
both dimm.off disable-dimm DIMM
both dimm.on enable-dimm DIMM
both region.on enable-region REGION
both destroy.all destroy-namespace -f -r REGION all
both region.off2 disable-region REGION
both initlabels init-labels -f DIMM -V 1.2 -- -y
both region.on2 enable-region REGION
both continue create-namespace -c -r REGION -s 256M -m raw
both destroy.some destroy-namespace -f -r REGION all
probe sizes ls -l /tmp/nmem0.labels /tmp/nmem1.labels /tmp/namespace1.info
probe listed nvmectl pmem list -R -r region1 -v -i -j

probe fill.dry nvmectl pmem fill -r region1 -s 256M -m raw -n piece --dry-run -o json
probe fill nvmectl pmem fill -r region1 -s 256M -m raw -n piece -o json
probe fill.full nvmectl pmem fill -r region1 -s 256M -m raw -n piece -o json
nvmectl pmem destroy piece-2 piece-4 --yes >/dev/null
probe fill.holes.dry nvmectl pmem fill -r region1 -s 96M -n hole --dry-run -o json
probe fill.holes nvmectl pmem fill -r region1 -s 96M -n hole -o json
probe fill.largest nvmectl pmem fill -r region1 -m raw -o json
nvmectl pmem destroy all --yes >/dev/null
# daxctl's
nvmectl pmem create -r region0 -s 512M -m devdax >/dev/null
nvmectl pmem create -r region1 -s 512M -m devdax >/dev/null
dax() { probe "$1" daxctl list; }
probe theirs.ram daxctl reconfigure-device -m system-ram -N -f dax0.0
probe ours.ram nvmectl pmem reconfigure-device -m system-ram -N dax1.0 --yes
dax dax.ram
probe theirs.online daxctl online-memory dax0.0
probe ours.online nvmectl pmem online-memory dax1.0
dax dax.online
probe theirs.offline daxctl offline-memory dax0.0
probe ours.offline nvmectl pmem offline-memory dax1.0 --yes
dax dax.offline
probe theirs.devdax daxctl reconfigure-device --mode=devdax dax0.0
probe ours.devdax nvmectl pmem reconfigure-device --mode=devdax dax1.0 --yes
dax dax.devdax
