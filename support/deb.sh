#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: deb.sh BUILD VERSION
# Makes BUILD/exitlab_VERSION_ARCH.deb from what `make install` puts into a folder. Needs dpkg-dev.
set -eu

build=$1 version=$2
here=$(dirname "$0")/..
work=$build/deb
root=$work/root
rm -rf "$work"
mkdir -p "$root/DEBIAN" "$work/debian"
command -v dpkg-shlibdeps > /dev/null || {
	echo "make deb: dpkg-shlibdeps is not installed: apt-get install dpkg-dev" >&2
	exit 3
}
arch=$(dpkg --print-architecture)
maintainer="exitlab developers <exitlab@example.invalid>"

make -s -C "$here" install O="$build" DESTDIR="$(realpath "$root")" PREFIX=/usr
strip "$root/usr/bin/exitlab"
find "$root/usr/lib/exitlab" -name '*.so' -exec strip --strip-unneeded {} + -exec chmod 644 {} +
find "$root/usr/share/man" -type f -exec gzip -9n {} +

doc=$root/usr/share/doc/exitlab
mkdir -p "$doc" "$root/usr/share/lintian/overrides"
{
	echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
	printf '\nFiles: *\nCopyright: %s\nLicense: MIT\n' \
		"$(sed -n 's/^Copyright (c) *//p' "$here/LICENSE")"
	sed -n '/^Permission/,$ { s/^$/./; s/^/ /; p }' "$here/LICENSE"
} > "$doc/copyright"
# The date is that of the last change, so that the same tree makes the same package.
date=$(git -C "$here" log -1 --format=%cD 2> /dev/null || date -R)
printf 'exitlab (%s) unstable; urgency=low\n\n  * See CHANGELOG.md.\n\n -- %s  %s\n' \
	"$version" "$maintainer" "$date" | gzip -9n > "$doc/changelog.gz"
# It is the init of emulated hosts, and goes to other machines: there is no library.
printf 'exitlab: %s [usr/lib/exitlab/exitlab.static]\n' statically-linked-binary 'embedded-library zlib' \
	> "$root/usr/share/lintian/overrides/exitlab"

printf 'Source: exitlab\nMaintainer: %s\n\nPackage: exitlab\nArchitecture: any\n' "$maintainer" \
	> "$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O root/usr/bin/exitlab 2> /dev/null |
	sed -n 's/^shlibs:Depends=//p')
cat > "$root/DEBIAN/control" << END
Package: exitlab
Version: $version
Section: utils
Priority: optional
Architecture: $arch
Depends: $depends
Suggests: qemu-system-x86, bochs, bochs-term, bochsbios, vgabios, xorriso, isolinux, syslinux-common
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Maintainer: $maintainer
Description: what a hypervisor's exits cost, with proof that they happened
 exitlab boots minimal guests straight on /dev/kvm, runs the same machine code
 natively and in the guest, proves which exit each operation took, and prints
 what it costs with an interval. Where there is no VT-x or SVM it runs the
 real kvm_intel and kvm_amd on emulated hosts, where path lengths are exact.
END
find "$root" -type d -exec chmod 755 {} +
(cd "$root" && find usr -type f -exec md5sum {} + > DEBIAN/md5sums)
dpkg-deb --build --root-owner-group "$root" "$build/exitlab_${version}_$arch.deb" > /dev/null
echo "$build/exitlab_${version}_$arch.deb"
