#!/bin/sh
# Gathers what the virtual lab boots, once for each kernel and each version of these files, and prints its folder:
#   prepare.sh [cache folder] [kernel]
# The folder is beside others in $XDG_CACHE_HOME/h1-hil/virtual-lab. Without a kernel it is that of the installed headers: Debian's
# package is downloaded and unpacked, not installed. A kernel of the list `kernels` is made of the packages that fetch.sh got.
# One process at a time: the others wait. What was finished is not done again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fail() { echo "virtual lab: $*" >&2; exit 1; }
for need in "qemu-system-x86_64 qemu-system-x86" "busybox busybox-static" "cpio cpio" "gcc gcc" "make make" \
	"dpkg-deb dpkg" "apt-get apt" "xz xz-utils" "as binutils" "flock util-linux" "setpriv util-linux"; do
	command -v "${need%% *}" > /dev/null || fail "${need%% *} is missing: install the Debian package ${need##* }."
done
cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/h1-hil/virtual-lab}
name=${2:-}
if [ -n "$name" ]; then
	kver=$(cat "$cache/kernels/$name" 2> /dev/null) ||
		fail "kernel $name is not prepared on this machine: h1-hil lab prepare $name fetches its Debian packages."
else
	kver=$(ls -d /lib/modules/*/build 2> /dev/null | sort -V | tail -n 1 | cut -d/ -f4)
	[ -n "$kver" ] || fail "kernel headers are missing: install the Debian package linux-headers-amd64."
fi
packages=$cache/packages/$kver
ours=$(cat "$here/prepare.sh" "$here/old-gcc.sh" "$here/old-tools.sh" "$here/module/h1lab.c" "$here/module/Makefile" \
	"$here/agent/agent.c" "$here/guest/init" "$here/boot/start.S" | sha256sum | cut -c1-12)
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
# download: the package of the kernel whose headers are installed
download() {
	mkdir -p "$packages"
	ls "$packages"/linux-image-*.deb > /dev/null 2>&1 && return
	rm -rf download; mkdir download
	(cd download && apt-get download -q "linux-image-$kver") ||
		fail "the package linux-image-$kver cannot be downloaded; give its headers' version a mirror, or put the package into $packages."
	mv download/*.deb "$packages/"; rmdir download
}
# place <module>: what it depends on and then the module itself, in the order in which they are loaded; one that is built in has no file
placed=
place() {
	case " $placed " in *" $1 "*) return ;; esac
	file=$(find ../unpacked -name "$1.ko" -o -name "$1.ko.xz" -o -name "$(echo "$1" | tr _ -).ko*" | head -n 1)
	[ -n "$file" ] || return 0
	case $file in *.xz) xz -dc "$file" ;; *) cat "$file" ;; esac > "lib/modules/$1.ko"
	for dependency in $(grep -az '^depends=' "lib/modules/$1.ko" | tr -d '\0' | sed 's/depends=//;s/,/ /g'); do place "$dependency"; done
	placed="$placed $1"
}
# fetched_headers: unpacks them and prints where they are; they name each other by where they would be installed
fetched_headers() {
	for deb in "$packages"/linux-headers-*.deb "$packages"/linux-kbuild-*.deb; do dpkg-deb -x "$deb" unpacked; done
	for deb in "$packages"/libc6_*.deb; do [ ! -e "$deb" ] || "$here/old-tools.sh" "$lab/unpacked" "$lab/unpacked/libc" "$deb"; done
	headers=$lab/unpacked/usr/src/linux-headers-$kver
	sed -i "s,/usr/src/,$lab/unpacked/usr/src/,g" "$headers/Makefile"
	rm -f "$headers/vmlinux" # for BTF, which needs pahole
	echo "$headers"
}
{
	set -e
	[ -n "$name" ] || download
	rm -rf unpacked build root; mkdir unpacked root
	for deb in "$packages"/linux-image-*.deb "$packages"/linux-binary-*.deb "$packages"/linux-modules-*.deb; do
		[ -e "$deb" ] || continue
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C unpacked --wildcards '*/vmlinuz*' '*/drivers/char/tpm/*.ko*' '*/drivers/spi/spidev.ko*' 2> /dev/null || :
	done
	headers=/lib/modules/$kver/build
	[ -z "$name" ] || headers=$(fetched_headers)
	cp -r "$here/module" build
	make -s -C build KDIR="$headers" CC="$here/old-gcc.sh" LDFLAGS_MODULE=--build-id=none > log 2>&1 ||
		fail "the board's module cannot be built for kernel $kver: $(grep -i -m 1 -e 'error' log) ($lab/log has more)."
	cd root
	mkdir -p bin dev proc sys tmp lib/modules
	cp "$(command -v busybox)" bin/busybox
	for applet in $(bin/busybox --list); do [ "$applet" = busybox ] || ln -s busybox "bin/$applet"; done
	gcc -O2 -Wall -static -pthread -s -Wl,--build-id=none -o bin/agent "$here/agent/agent.c"
	cp "$here/guest/init" init; chmod +x init
	cp ../build/h1lab.ko lib/modules/
	place spidev
	place tpm_tis_spi
	[ -e lib/modules/tpm_tis_spi.ko ] || fail "the packages of kernel $kver have no module tpm_tis_spi."
	echo "h1lab$placed" > lib/modules/order
	# The same on every machine, since the guest's time is counted in its instructions.
	strip --strip-debug lib/modules/h1lab.ko
	find . -exec touch -h -d @0 {} +
	find . | LC_ALL=C sort | cpio -o -H newc --quiet --reproducible --owner=0:0 > ../initrd
	cd ..
	bootable "$(find unpacked -name 'vmlinuz*' -type f)"
	echo "$kver $(cat kernel initrd | sha256sum | cut -c1-12)" > identity
	rm -rf unpacked build root log
	touch complete
} >&2
echo "$lab"
