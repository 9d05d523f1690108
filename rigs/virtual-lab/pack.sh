#!/bin/sh
# Packs programs of this machine for the guest, as an archive to add at boot:
#   pack.sh <archive.cpio> <program or library>... [destination=directory]...
# Programs go to /bin, libraries to where they are here, with all they load. A library is given by its path or its name.
set -eu
fail() { echo "virtual lab: $*" >&2; exit 1; }
out=$1; shift
tree=$(mktemp -d); trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/bin"
place() { mkdir -p "$tree$(dirname "$1")"; cp -L "$1" "$tree$1"; }
for item in "$@"; do
	case $item in
	*=*) mkdir -p "$tree/${item%%=*}"; cp -a "${item#*=}/." "$tree/${item%%=*}"; continue ;;
	/*.so*) file=$item; [ -e "$file" ] || fail "the library $item is not on this machine."; place "$file" ;;
	*.so*)
		file=$(/sbin/ldconfig -p | awk -v name="$item" '$1 == name { print $NF; exit }')
		[ -n "$file" ] || fail "the library $item is not on this machine: install the Debian package that has it."
		place "$file" ;;
	*)
		file=$(command -v "$item") || fail "the program $item is not on this machine: install the Debian package that has it."
		cp -L "$file" "$tree/bin/$(basename "$item")" ;;
	esac
	for library in $(ldd "$file" | grep -o '/[^ ]*'); do place "$library"; done
done
(cd "$tree" && find . | cpio -o -H newc --quiet) > "$out"
