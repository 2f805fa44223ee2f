#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: fetch-kernel.sh stable|backports FOLDER
#
# Fetches a kernel of the distribution, as the machine's own package sources have it, and unpacks it
# into FOLDER: boot/vmlinuz-*, lib/modules/*. Nothing is installed, and nothing of the machine's
# package lists is touched. "stable" is the release's kernel, "backports" the newest one that the
# release offers (on Ubuntu: the hardware-enablement kernel). FOLDER appears when all is well, or
# not at all. Exit status: 0, 2 usage, 3 it cannot be had.
set -u

case "${1:-}:$#" in
stable:2 | backports:2) ;;
*)
	echo "usage: ${0##*/} stable|backports FOLDER" >&2
	exit 2
	;;
esac
kind=$1 folder=$(realpath -m "$2") # apt-get takes a relative folder for one below /

give_up()
{
	printf '%s\n' "$@" >&2
	exit 3
}

[ ! -d "$folder" ] || exit 0
command -v apt-get > /dev/null && command -v dpkg-deb > /dev/null ||
	give_up "There is no apt-get here: give a kernel by --kernel and --modules."
# shellcheck source=/dev/null
. /etc/os-release
case "$ID:$kind" in
ubuntu:stable) meta=linux-image-virtual suite= ;;
ubuntu:backports) meta=linux-image-virtual-hwe-$VERSION_ID suite= ;;
*:stable) meta=linux-image-cloud-amd64 suite= ;;
*:backports) meta=linux-image-cloud-amd64 suite=$VERSION_CODENAME-backports ;;
esac

mkdir -p "$(dirname "$folder")" || exit 3
work=$(mktemp -d "$folder.XXXXXX") || exit 3
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/unpacked" "$work/empty"

options=()
# A suite that the machine does not use comes from where its own come from, into lists of its own.
if [ -n "$suite" ]; then
	# shellcheck disable=SC2016 # apt-get replaces it
	uri=$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" \
		"Codename: $VERSION_CODENAME" 2> /dev/null | head -n 1)
	[ -n "$uri" ] || give_up "apt-get knows no source for $VERSION_CODENAME."
	key=/usr/share/keyrings/$ID-archive-keyring.gpg
	[ -r "$key" ] && key="[signed-by=$key]" || key=
	echo "deb $key $uri $suite main" > "$work/sources.list"
	options=(-o "Dir::Etc::SourceList=$work/sources.list" -o "Dir::Etc::SourceParts=$work/empty"
		-o "Dir::State::Lists=$work/lists")
fi
options+=(-o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root -qq)

# needed PACKAGE: the kernel's image and modules behind it, by name.
needed()
{
	local package=$1 next

	case $package in
	linux-image-[0-9]* | linux-modules-[0-9]* | linux-image-unsigned-[0-9]*) echo "$package" ;;
	linux-image-*) ;;
	*) return ;;
	esac
	while read -r next; do
		needed "$next"
	done < <(apt-cache "${options[@]}" depends --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances "$package" 2> /dev/null |
		sed -n 's/^ *|\{0,1\}Depends: //p')
}

[ -z "$suite" ] || apt-get "${options[@]}" update > "$work/log" 2>&1 ||
	give_up "The list of $suite cannot be fetched:" "$(tail -n 3 "$work/log")"
packages=$(needed "$meta" | sort -u)
if [ -z "$packages" ] && [ -z "$suite" ]; then
	# The machine's lists are missing or old: own ones, from its own sources.
	options+=(-o "Dir::State::Lists=$work/lists")
	apt-get "${options[@]}" update > "$work/log" 2>&1 ||
		give_up "The lists of packages cannot be fetched:" "$(tail -n 3 "$work/log")"
	packages=$(needed "$meta" | sort -u)
fi
[ -n "$packages" ] || give_up "No package $meta is known here."

download()
{
	# shellcheck disable=SC2086 # a list
	(cd "$work" && apt-get "${options[@]}" download $packages) > "$work/log" 2>&1
}

download || {
	# Old lists name files that are gone.
	options+=(-o "Dir::State::Lists=$work/lists")
	apt-get "${options[@]}" update > "$work/log" 2>&1 && download
} || give_up "The kernel cannot be fetched:" "$(tail -n 3 "$work/log")"
for package in "$work"/*.deb; do
	dpkg-deb --extract "$package" "$work/unpacked" ||
		give_up "$package cannot be unpacked (is the disk full?)"
done
chmod 755 "$work/unpacked"
mv -T "$work/unpacked" "$folder" || exit 3
