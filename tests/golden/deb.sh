#!/bin/bash
# SPDX-License-Identifier: MIT
# The Debian package: it is made, sound, installs, runs, and leaves nothing when it is removed.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

O=${O:-build}
command -v dpkg-shlibdeps > /dev/null || skip_all "dpkg-shlibdeps is not installed (dpkg-dev)"

made=$(make -s O="$O" deb 2> "$work/err" | tail -n 1) ; [ -n "$made" ] || { cat "$work/err"; not_ok "make deb"; finish; exit 1; }
check "make deb makes a package" [ -s "$made" ]
if command -v lintian > /dev/null; then
	check "lintian has nothing against it" eval '! lintian --no-cfg --fail-on error,warning "$made" 2>&1 | grep "^[EW]:"'
else
	skip "lintian has nothing against it" "lintian is not installed"
fi
check "it names the libraries that it needs" eval 'dpkg-deb -f "$made" Depends | grep libjansson4 | grep -q libsqlite3'
cp "$made" "$work/first.deb"
make -s O="$O" deb > /dev/null 2>&1
check "two builds of a tree have the same files" cmp \
	<(dpkg-deb --fsys-tarfile "$work/first.deb" | tar -xO | sha256sum) \
	<(dpkg-deb --fsys-tarfile "$made" | tar -xO | sha256sum)

# Into a folder that stands for a system.
mkdir -p "$work/root/var/lib/dpkg/info" "$work/root/var/lib/dpkg/updates"
touch "$work/root/var/lib/dpkg/status"
in_root=(dpkg --root="$work/root" --force-not-root --force-depends --force-script-chrootless
	--log="$work/log")
check "it installs" "${in_root[@]}" --install "$made"
check "what it installed runs" "$work/root/usr/bin/exitlab" list
check "its manual is there" [ -s "$work/root/usr/share/man/man1/exitlab.1.gz" ]
check "it can be removed" "${in_root[@]}" --purge exitlab
check "and leaves nothing" [ -z "$(find "$work/root" -path "$work/root/var" -prune -o -type f -print)" ]
finish
