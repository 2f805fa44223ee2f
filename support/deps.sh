#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: deps.sh run|lab|test
#
# What `make run` and `make test` call first (lab: what an emulated host with SVM needs): says what this machine lacks and installs it with
# apt-get, through sudo where that is needed. Silent and quick when nothing is missing. Exit
# status: 0 nothing is missing (any more), 2 usage, 3 something is, and how to get it was said.
set -u

case "$*" in
run) for_tests='' for_svm='' for_vtx='' ;;
lab) for_tests='' for_svm=yes for_vtx='' ;;
test) for_tests=yes for_svm=yes for_vtx=yes ;;
*)
	echo "usage: ${0##*/} run|lab|test" >&2
	exit 2
	;;
esac
read -ra compiler <<< "${CC:-gcc}"

# Lines "package: what is missing".

missing_programs()
{
	local pair

	command -v "${compiler[0]}" > /dev/null || echo "${compiler[0]##*/}: a C compiler (${compiler[*]})"
	for pair in make:make ld:binutils objdump:binutils gnuplot:gnuplot-nox \
		${for_tests:+python3:python3 xz:xz-utils cmark-gfm:cmark-gfm} \
		${for_svm:+qemu-system-x86_64:qemu-system-x86} \
		${for_vtx:+bochs:bochs xorriso:xorriso}; do
		command -v "${pair%:*}" > /dev/null || echo "${pair#*:}: ${pair%:*}"
	done
	# What Bochs boots with and shows itself on; these are files.
	for pair in ${for_vtx:+/usr/share/bochs/BIOS-bochs-latest:bochsbios
		/usr/share/bochs/VGABIOS-lgpl-latest:vgabios
		/usr/lib/ISOLINUX/isolinux.bin:isolinux
		/usr/lib/syslinux/modules/bios/ldlinux.c32:syslinux-common}; do
		[ -e "${pair%:*}" ] || echo "${pair#*:}: ${pair%:*}"
	done
	[ -z "$for_vtx" ] || [ -n "$(find /usr/lib -name 'libbx_term*' 2> /dev/null)" ] ||
		echo "bochs-term: Bochs's display in a terminal"
	# gnuplot draws PNG with a font of the system; fc-list comes with the library that finds it.
	if command -v fc-list > /dev/null && [ -z "$(fc-list 2> /dev/null | head -n 1)" ]; then
		echo "fonts-dejavu-core: a font for pictures"
	fi
}

headers=(stdio.h:libc6-dev linux/kvm.h:linux-libc-dev jansson.h:libjansson-dev
	perfmon/pfmlib.h:libpfm4-dev traceevent/event-parse.h:libtraceevent-dev capstone/capstone.h:libcapstone-dev cmark-gfm.h:libcmark-gfm-dev cmark-gfm-core-extensions.h:libcmark-gfm-extensions-dev sqlite3.h:libsqlite3-dev zlib.h:zlib1g-dev ${for_tests:+cmocka.h:libcmocka-dev})

# The preprocessor finds headers wherever this compiler looks for them; without it, all are missing.
missing_headers()
{
	local pair

	for pair in "${headers[@]}"; do
		printf '#if !__has_include(<%s>)\n"%s: %s"\n#endif\n' "${pair%:*}" "${pair#*:}" "${pair%:*}"
	done | {
		if command -v "${compiler[0]}" > /dev/null; then
			"${compiler[@]}" -E -P -x c - 2> /dev/null
		else
			cat
		fi
	} | sed -n 's/^"\(.*\)"$/\1/p'
}

# Any interpreter will do: where only another one has it, the tests that want it are skipped.
missing_python_modules()
{
	local pair find='import importlib.util as u, sys; sys.exit(not u.find_spec(sys.argv[1]))'

	for pair in ${for_tests:+jsonschema:python3-jsonschema prometheus_client:python3-prometheus-client}; do
		/usr/bin/python3 -c "$find" "${pair%:*}" 2> /dev/null || python3 -c "$find" "${pair%:*}" 2> /dev/null ||
			echo "${pair#*:}: python3's ${pair%:*}"
	done
}

missing()
{
	missing_programs
	missing_headers
	missing_python_modules
}

# 16- and 32-bit guests are built by the same compiler. No package brings this, another one does.
require_32_bit_code()
{
	local source='#include <stdint.h>
		__asm__(".code16\npushw %ax\n.code32\npushl %eax");
		uint32_t one = 1;'

	"${compiler[@]}" -m32 -ffreestanding -fno-pic -c -x c - -o /dev/null <<< "$source" && return
	echo "${compiler[*]} cannot make 32-bit code (-m32), which guests in 32-bit and real mode need."
	echo "Set CC to a gcc or clang for x86-64."
	exit 3
} >&2

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

install()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 \
		--no-install-recommends "$@" < /dev/null
}

update()
{
	echo "fetching the lists of packages ..."
	as_root apt-get update -qq < /dev/null
}

give_up()
{
	printf '%s\n' "$@" >&2
	exit 3
}

lacking=$(missing)
if [ -z "$lacking" ]; then
	require_32_bit_code
	exit 0
fi
mapfile -t packages < <(echo "$lacking" | sed 's/:.*//' | sort -u)
by_hand="apt-get update && apt-get install -y --no-install-recommends ${packages[*]}"

echo "missing here:"
while IFS= read -r line; do
	echo "  ${line#*: } (package ${line%%:*})"
done <<< "$lacking"
command -v apt-get > /dev/null ||
	give_up "There is no apt-get here: install these (named as in Debian) and start again."
[ "$(id -u)" -eq 0 ] || command -v sudo > /dev/null ||
	give_up "Installing needs root, and there is no sudo. As root:" "  $by_hand"

echo "installing: ${packages[*]}"
# Lists that do not know a package are missing or old; old ones also name files that are gone.
apt-get install --simulate "${packages[@]}" > /dev/null 2>&1 || update
install "${packages[@]}" || { update && install "${packages[@]}"; } ||
	give_up "apt-get could not install them. As root:" "  $by_hand"

lacking=$(missing)
[ -z "$lacking" ] || give_up "installed, but still missing:" "$lacking"
require_32_bit_code
