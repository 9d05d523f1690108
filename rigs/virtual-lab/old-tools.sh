#!/bin/sh
# Lets the programs of a newer kernel's build run on an older Debian, by a C library of theirs:
#   old-tools.sh <unpacked packages of the kernel> <folder for the library> <libc6 package>
set -eu
dpkg-deb -x "$3" "$2"
loader=$(find "$2" -name 'ld-linux-x86-64.so.2' | head -n 1)
find "$1"/usr/lib/linux-kbuild-* -type f -perm -u+x | while read -r file; do
	ldd "$file" 2>&1 | grep -q "version .* not found" || continue
	mv "$file" "$file.real"
	printf '#!/bin/sh\nexec %s --library-path %s:/usr/lib/x86_64-linux-gnu "%s.real" "$@"\n' "$loader" "$(dirname "$loader")" "$file" > "$file"
	chmod +x "$file"
done
