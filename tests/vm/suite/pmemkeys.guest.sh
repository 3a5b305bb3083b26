# shellcheck shell=bash
# What was locked, erased or overwritten can be used at once on a machine whose kernel may flush its caches: no hypervisor.
PATH=/tmp:$PATH
cp /mnt/share/bin/nvmectl /tmp
modprobe encrypted-keys
mkdir -p /etc/ndctl/keys /mnt/fs
both() {
    probe "$1.list" nvmectl pmem list -o json
    probe "$1.ndctl" ndctl list -BDRNi
}
op() { probe "$1" nvmectl pmem "${@:2}" -o json --yes; }
echo sealed >/etc/ndctl/keys/nvdimm-master.blob
op tpm security load-keys --tpm-handle 0x81000001
rm /etc/ndctl/keys/nvdimm-master.blob
keyctl add user nvdimm-master 00112233445566778899aabbccddeeff @u >/dev/null
keyctl link @u @s
op init init region0 region1 --force
op create create -r region1 -s 32M -n kept
op region.off region disable region0 region1
op setup security setup nmem1 nmem2 -k user:nvdimm-master
echo 1 >/sys/class/nfit_test_dimm/test_dimm1/lock_dimm
op dimm.off dimm disable nmem1
op refresh security update nmem1 # after it the kernel knows that it is locked
op region.locked region enable region1
op dimm.on dimm enable nmem1
op region.unlocked region enable region1
both unlocked
op region.off2 region disable region1
op erase security sanitize nmem1 --crypto-erase
op region.erased region enable region0 region1
both erased
op region.off3 region disable region0 region1
op overwrite security sanitize nmem2 --overwrite
probe wait nvmectl pmem security wait-overwrite nmem2 --timeout 60s -o json
op region.overwritten region enable region1
op again create -r region1 -s 16M -n again
both overwritten
