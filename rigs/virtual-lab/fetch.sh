#!/bin/sh
# Fetches Debian's packages of a kernel, without installing them, and prints the kernel's release:
#   fetch.sh <kernel> [cache folder] [folder with packages, or address of a Debian archive]
# `kernels` beside this file lists the kernels and the suites that have them. Packages are kept in <cache folder>/packages/<release>,
# and <cache folder>/kernels/<kernel> tells the release. What is there is not fetched again, and with RENEW set a newer release is
# looked for. Apt checks each package.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fail() { echo "virtual lab: $*" >&2; exit 1; }
say() { echo "kernel $name: $*" >&2; }
name=$1 cache=${2:-${XDG_CACHE_HOME:-$HOME/.cache}/h1-hil/virtual-lab} from=${3:-}
tab=$(printf '\t')
known() { grep -v '^#' "$here/kernels" | cut -f1 | paste -sd' ' | sed 's/ /, /g'; }
row=$(grep "^$name$tab" "$here/kernels") || fail "there is no kernel $name; known kernels: $(known)."
series=$(echo "$row" | cut -f2) flavour=$(echo "$row" | cut -f3) suites=$(echo "$row" | cut -f4)
for need in "apt-get apt" "apt-cache apt" "dpkg-deb dpkg" "flock util-linux"; do
	command -v "${need%% *}" > /dev/null || fail "${need%% *} is missing: install the Debian package ${need##* }."
done
mkdir -p "$cache/kernels" "$cache/packages"
exec 8> "$cache/kernels/lock"
flock -w 1800 8 || fail "another process has fetched kernels into $cache for half an hour."

if [ -z "${RENEW:-}$from" ] && [ -s "$cache/kernels/$name" ]; then cat "$cache/kernels/$name"; exit 0; fi

# release_in <names of packages>: the newest kernel among them, of this series and flavour
release_in() {
	sed -n "s/^linux-image-\(${series%.*}\.${series#*.}\.[0-9][0-9]*\(-[0-9]*\)\{0,1\}\(+[a-z0-9.~]*\)\{0,1\}\(-[0-9]*\)\{0,1\}-$flavour\)$/\1/p" |
		sort -V | tail -n 1
}
# closure <package>...: with the packages of the same kernel that they need
closure() {
	todo=$* found=
	while [ -n "$todo" ]; do
		next=
		for package in $todo; do
			case " $found " in *" $package "*) continue ;; esac
			found="$found $package"
			next="$next $(apt_cache depends "$package" | sed -n 's/^ *Depends: \(linux-\(binary\|modules\|headers\|kbuild\)-[^ ]*\)$/\1/p')"
		done
		todo=$(echo $next)
	done
	echo $found
}
# Whether its programs run here; those of a newer Debian want a newer C library.
runs_here() {
	rm -rf "$store/look" && mkdir "$store/look"
	for deb in "$store"/linux-kbuild-*.deb; do dpkg-deb -x "$deb" "$store/look"; done
	! find "$store/look" -type f -perm -u+x -exec ldd {} \; 2>&1 | grep -q "version .* not found"
}
apt_options="-o APT::Sandbox::User=$(id -un) -o Acquire::Retries=2 -o Acquire::http::Timeout=30"
apt_get() { apt-get $apt_options $where "$@"; }
apt_cache() { apt-cache $where "$@" 2> /dev/null; }
targets() { apt-get indextargets --format '$(SITE)|$(RELEASE)|$(ORIGIN)|$(CREATED_BY)' 2> /dev/null | grep '|Packages$' | sort -u; }
# archive_of <suite>: where apt has Debian from; security updates are in a place of their own
archive_of() {
	case $from in ?*) echo "$from"; return ;; esac
	case $1 in
	*-security) targets | grep -e '-security|Debian|' | cut -d'|' -f1 | head -n 1 ;;
	*) targets | grep '|Debian|' | grep -v -e '-security|' | cut -d'|' -f1 | head -n 1 ;;
	esac
}
# look_in <suite>: sets `where` for apt and `release`; fails when the suite has no such kernel
look_in() {
	where=
	if [ -z "$from" ] && targets | grep -q "|$1|Debian|"; then
		release=$(apt_cache pkgnames linux-image- | release_in)
		[ -z "$release" ] || return 0
	fi
	site=$(archive_of "$1")
	[ -n "$site" ] || { tried="$tried; apt names no place to ask for $1"; return 1; }
	apt=$cache/apt/$1
	mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
	echo "deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $1 main" > "$apt/sources.list"
	where="-o Dir::State=$apt/state -o Dir::Cache=$apt/cache -o Dir::Etc::SourceList=$apt/sources.list"
	where="$where -o Dir::Etc::SourceParts=/dev/null -o APT::Architecture=amd64 -o Acquire::Languages=none"
	say "looking in $1" && apt_get update -q > "$apt/log" 2>&1 && ! grep -q '^\(Err\|E\|W: Failed\)' "$apt/log" ||
		{ tried="$tried; the index of $1 cannot be fetched: $(grep '^[EW]:' "$apt/log" | head -n 1)"; return 1; }
	release=$(apt_cache pkgnames linux-image- | release_in)
	[ -n "$release" ] || { tried="$tried; $1 has none, its newest is $(apt_cache pkgnames linux-image- | sed -n 's/^linux-image-\([0-9][0-9.]*\).*/\1/p' | sort -V | tail -n 1)"; return 1; }
}
keep() { # the packages are all there
	echo "$release" > "$cache/kernels/$name"
	echo "$release"
}

if [ -d "$from" ]; then
	release=$(for deb in "$from"/linux-image-*.deb "$from"/linux-binary-*.deb; do
		[ ! -e "$deb" ] || dpkg-deb -f "$deb" Package | sed 's/^linux-binary-/linux-image-/;s/-unsigned$//'
	done | release_in)
	[ -n "$release" ] || fail "no package in $from is a kernel of series $series and flavour $flavour (linux-image-$series.*-$flavour)."
	store=$cache/packages/$release
	mkdir -p "$store"
	for deb in "$from"/*.deb; do
		case $(dpkg-deb -f "$deb" Package) in
		libc6 | linux-image-$release | linux-image-$release-unsigned | linux-binary-$release | linux-modules-$release | linux-headers-$release | \
			linux-headers-*-common* | linux-kbuild-*) cp "$deb" "$store/" ;;
		esac
	done
	for part in "linux-headers-$release" linux-headers-*common linux-kbuild; do
		ls "$store"/$part*.deb > /dev/null 2>&1 || fail "the package $part of kernel $release is missing in $from."
	done
	keep; exit 0
fi

[ ! -e /usr/share/keyrings/debian-archive-keyring.gpg ] &&
	fail "Debian's keys are missing, by which packages are checked: install the Debian package debian-archive-keyring."
tried= release=
for suite in $suites; do look_in "$suite" && break; release=; done
[ -n "$release" ] ||
	fail "no Debian suite has a kernel of series $series and flavour $flavour${tried}. Give a folder with its packages, or the address of an archive that has them: h1-hil lab prepare $name --from PLACE."
store=$cache/packages/$release
mkdir -p "$store/partial"
packages=$(closure "linux-image-$release" "linux-headers-$release")
total=$(echo $packages | wc -w) count=0
fetch() { # <package>
	ls "$store/$1"_*.deb > /dev/null 2>&1 && return
	say "$2$1"
	(cd "$store/partial" && apt_get download -q "$1" > "$store/log" 2>&1 && mv ./*.deb "$store/") ||
		fail "the package $1 cannot be downloaded: $(grep '^E:' "$store/log" | head -n 1 | cut -c4-)"
}
for package in $packages; do
	count=$((count + 1))
	fetch "$package" "$count of $total, "
done
runs_here || fetch libc6 "its tools want a newer C library: "
rm -rf "$store/look" "$store/partial" "$store/log"
keep
