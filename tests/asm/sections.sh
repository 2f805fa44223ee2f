#!/bin/bash
# SPDX-License-Identifier: MIT
# Where payload code lies, and that it may lie anywhere.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh

O=${O:-build}

# Objects of the sources that are there now: a build folder may hold older ones.
objects_of()
{
	local source

	for source in microbench/*/*.c; do
		echo "$O/payload$1/${source%.c}.o"
	done
}

no_relocations()
{
	local found

	mapfile -t objects < <(objects_of "$1")
	found=$(objdump -r "${objects[@]}" | awk '
		/file format/ { file = $1 }
		/^RELOCATION RECORDS FOR \[\.op\./ { print file, $4 }')
	[ -z "$found" ] || echo "$found"
	[ -z "$found" ] && [ "${#objects[@]}" -gt 0 ]
}

# Every section .op.NAME of the objects is a symbol of the image, at the start of a page.
on_pages()
{
	mapfile -t objects < <(objects_of "$1")
	objdump -h "${objects[@]}" | awk '$2 ~ /^\.op\./ { print substr($2, 5) }' | sort > "$work/sections"
	[ -s "$work/sections" ] || return 1
	awk 'NF == 4 && substr($1, length($1) - 2) == "000" { print $4 }' "$O/payload$1.sym" |
		sort > "$work/symbols"
	comm -23 "$work/sections" "$work/symbols" | sed 's/$/ does not start on a page/' |
		tee "$work/wrong"
	[ ! -s "$work/wrong" ]
}

# Two sections at most, whole pages each: text, then data.
pages_apart()
{
	readelf -S -W "$O/payload$1.elf" | sed -n 's/^ *\[ *[0-9]*\] //p' | awk '
		function value(hex,    i, n) {
			for (i = 1; i <= length(hex); i++)
				n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
			return n
		}
		$7 !~ /A/ { next }
		{ print; start = value($3); end = start + value($5) }
		$1 != ".text" && $1 != ".data" { wrong = 1 }
		start % 4096 || start < last { wrong = 1 }
		$1 == ".text" && (end % 4096 || $7 ~ /W/) { wrong = 1 }
		{ last = end; seen = seen $1 }
		END { exit wrong || seen !~ /^\.text/ }'
}

# The 64-bit image linked at a base of its own.
link_at()
{
	mapfile -t objects < <(objects_of 64)
	ld -m elf_x86_64 --defsym=PAYLOAD_BASE="$1" -T microbench/payload/payload.ld \
		--no-warn-rwx-segments -z noexecstack "${objects[@]}" "$O/payload64/start.o" \
		-o "$work/$1.elf" && objcopy -O binary -j .text "$work/$1.elf" "$work/$1.text"
}

same_at_two_bases()
{
	link_at 0x40000000 && link_at 0x50000000 &&
		[ -s "$work/0x40000000.text" ] && cmp "$work/0x40000000.text" "$work/0x50000000.text"
}

for bits in 16 32 64; do
	check "payload$bits: no operation has a relocation" no_relocations $bits
	check "payload$bits: every operation starts on a page" on_pages $bits
	check "payload$bits: text and data share no page, nothing else is loaded" pages_apart $bits
done
check "payload64: runtime and operations are the same bytes at two bases" same_at_two_bases
finish
