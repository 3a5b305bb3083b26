# shellcheck shell=bash
# DAX devices cut from memory that is left to drivers (hmem), beside daxctl; and a devdax namespace, which is one device.
PATH=/tmp:$PATH
cp /mnt/share/bin/nvmectl /tmp
modprobe -a dax_hmem device_dax
pmem() { nvmectl pmem "$@" --yes -o json; }
both() { # NAME: what nvmectl and what daxctl sees
    probe "$1.list" nvmectl pmem list -o json
    probe "$1.daxctl" daxctl list -RDM
}
nvmectl pmem init all --yes --quiet >/dev/null
nvmectl pmem create -m devdax -s 128M -n vol --quiet >/dev/null
both boot
probe table nvmectl pmem list
probe full pmem dax create -s 64M
probe whole pmem dax create -r 0
probe split pmem dax split dax1.0 --into 4
probe emptied pmem dax destroy dax2.0
both split
probe best pmem dax create -s 100M
probe named pmem dax create -r 1 -s 2M
probe page pmem dax create -r hmem.2 -s 5000000 -a 4K
probe dry pmem dax create -r 2 --dry-run
probe huge pmem dax create -r 2 -s 2M -a 1G
both created
probe shrunk pmem dax resize dax1.1 -s 60M
probe grown pmem dax resize dax1.0 -s 130M
probe beyond pmem dax resize dax1.2 -s 1G
probe nsresize pmem dax resize vol -s 64M
probe nssplit pmem dax split vol
probe nsdestroy pmem dax destroy vol
both resized
sleep 1000 </dev/dax1.2 &
for verb in "destroy dax1.2" "resize dax1.2 -s 64M" "split dax1.2" "disable dax1.2" "reconfigure dax1.2 -m system-ram"; do
    # shellcheck disable=SC2086 # words
    probe "open.${verb%% *}" pmem dax $verb
done
kill %1
wait
probe disabled pmem dax disable dax1.2
probe disabled.again pmem dax disable dax1.2
both disabled
probe enabled pmem dax enable all -r 1
both enabled
modprobe kmem
both kmem # it takes what no other driver has: dax1.0 was enabled before
probe small pmem dax reconfigure dax1.1 -m system-ram
probe between pmem dax create -r 2 -s 128M -m system-ram # from 106 MiB on, of which 128 to 256 are a block
probe ram pmem dax create -r 2 -m system-ram
probe ramdestroy.resize pmem dax resize dax2.3 -s 2M
probe ramdestroy.disable pmem dax disable dax2.3
both ram
probe ramdestroy pmem dax destroy dax2.3
for verb in "create-device -r 2 -s 10M" "reconfigure-device -s 20M dax2.1 -f" "disable-device dax2.2 -y" \
    "enable-device dax2.2" "destroy-device -r 2 all -f"; do
    # shellcheck disable=SC2086 # words
    probe "alias.${verb%% *}" nvmectl pmem $verb -o json
done
both aliased
probe all pmem dax destroy all -r 1
probe again pmem dax create -r 1
both again
su nobody -s /bin/sh -c "/tmp/nvmectl pmem list -o json" >/mnt/share/probes/nobody.out 2>/dev/null
echo $? >/mnt/share/probes/nobody.rc
