#!/bin/sh
# Gathers what the virtual lab boots, once for each kernel and each version of these files, and prints its folder:
#   prepare.sh [cache folder]
# The folder is beside others in $XDG_CACHE_HOME/h1-hil/virtual-lab. Debian's kernel package is downloaded (that is the
# only use of the network) and unpacked, not installed; it must be of the version of the installed headers.
# KVER names another kernel. One process at a time: the others wait. What was finished is not done again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fail() { echo "virtual lab: $*" >&2; exit 1; }
for need in "qemu-system-x86_64 qemu-system-x86" "busybox busybox-static" "cpio cpio" "gcc gcc" "make make" \
	"dpkg-deb dpkg" "apt-get apt" "xz xz-utils" "as binutils" "flock util-linux" "setpriv util-linux"; do
	command -v "${need%% *}" > /dev/null || fail "${need%% *} is missing: install the Debian package ${need##* }."
done
kver=${KVER:-$(ls -d /lib/modules/*/build 2> /dev/null | sort -V | tail -n 1 | cut -d/ -f4)}
[ -n "$kver" ] || fail "kernel headers are missing: install the Debian package linux-headers-amd64."
ours=$(cat "$here/prepare.sh" "$here/module/h1lab.c" "$here/module/Makefile" "$here/agent/agent.c" "$here/guest/init" \
	"$here/boot/start.S" | sha256sum | cut -c1-12)
cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/h1-hil/virtual-lab}
lab=$cache/$kver-$ours
mkdir -p "$lab"
exec 9> "$lab/lock"
flock -w 600 9 || fail "another process has prepared $lab for ten minutes."
[ -e "$lab/complete" ] && { echo "$lab"; exit 0; }
cd "$lab"
number() { od -An -tu"$2" -j"$1" -N"$2" "$3" | tr -d ' '; }
# bootable <vmlinuz>: the same kernel unpacked, in a boot image of ours. Its header says where its parts are (boot protocol).
bootable() {
	setup=$((($(number 497 1 "$1") + 1) * 512))
	tail -c +$((setup + $(number 584 4 "$1") + 1)) "$1" | head -c $(($(number 588 4 "$1") - 4)) > packed
	case $(od -An -tx4 -N4 packed | tr -d ' ') in
	587a37fd) xz -dcq packed > elf ;;
	fd2fb528) zstd -dcq packed > elf ;;
	*) fail "the kernel $1 is packed in a way that is not known here." ;;
	esac
	elf_at=4096
	as --defsym "ELF_AT=$elf_at" --defsym "SIZE=$((elf_at + $(stat -c %s elf)))" -o start.o "$here/boot/start.S"
	objcopy -O binary -j .text start.o start
	truncate -s "$elf_at" start
	{ head -c "$setup" "$1"; cat start elf; } > kernel
	rm -f packed elf start start.o
}
{
	set -e
	if [ ! -e kernel.deb ]; then
		rm -rf download; mkdir download
		(cd download && apt-get download -q "linux-image-$kver") ||
			fail "the package linux-image-$kver cannot be downloaded; give its headers' version a mirror, or put the package at $lab/kernel.deb."
		mv download/*.deb kernel.deb; rmdir download
	fi
	rm -rf unpacked build root; mkdir unpacked root
	dpkg-deb --fsys-tarfile kernel.deb | tar -x -C unpacked --wildcards './boot/vmlinuz-*' '*/drivers/char/tpm/tpm_tis_spi.ko'
	cp -r "$here/module" build
	make -s -C build KDIR="/lib/modules/$kver/build" LDFLAGS_MODULE=--build-id=none
	cd root
	mkdir -p bin dev proc sys tmp lib/modules
	cp "$(command -v busybox)" bin/busybox
	for name in $(bin/busybox --list); do [ "$name" = busybox ] || ln -s busybox "bin/$name"; done
	gcc -O2 -Wall -static -pthread -s -Wl,--build-id=none -o bin/agent "$here/agent/agent.c"
	cp "$here/guest/init" init; chmod +x init
	cp ../build/h1lab.ko "$(find ../unpacked -name tpm_tis_spi.ko)" lib/modules/
	# The same on every machine, since the guest's time is counted in its instructions.
	strip --strip-debug lib/modules/h1lab.ko
	find . -exec touch -h -d @0 {} +
	find . | LC_ALL=C sort | cpio -o -H newc --quiet --reproducible --owner=0:0 > ../initrd
	cd ..
	bootable "$(find unpacked -name 'vmlinuz-*')"
	echo "$kver $(cat kernel initrd | sha256sum | cut -c1-12)" > identity
	rm -rf unpacked build root
	touch complete
} >&2
echo "$lab"
