#!/bin/bash
# SPDX-License-Identifier: MIT
# The payload's bytes do not depend on the compiler, on the host's flags or on other operations,
# and make builds what changed and nothing else.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh

O=${O:-build}
other=$work/other
images=("$other/payload16.bin" "$other/payload32.bin" "$other/payload64.bin")

# Nothing of the make that called this test must reach these: they choose their own O and flags.
build()
{
	timeout 200 env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u MAKEOVERRIDES -u EXTRA -u SAN -u STATIC -u CFLAGS \
		make --no-print-directory -j"$(nproc)" "$@" < /dev/null
}

# Lines "bits name hash", for the runtime and every operation in the images of a build.
hashes_of()
{
	local bits base address size name

	for bits in 16 32 64; do
		base=0x$(awk '$3 == "payload_start" { print $1 }' "$1/payload$bits.sym")
		awk '$3 == "payload_start" { start = $1 }
			$3 == "payload_runtime_end" { end = $1 }
			NF == 4 { operation[$4] = $1 " " $2 }
			END {
				print start, end, "runtime"
				for (name in operation)
					if (substr(operation[name], 1, length(end)) >= end)
						print operation[name], name
			}' "$1/payload$bits.sym" |
			while read -r address size name; do
				[ "$name" != runtime ] || size=$(printf '%x' $((0x$size - 0x$address)))
				echo "$bits $name $(tail -c +$((0x$address - base + 1)) "$1/payload$bits.bin" |
					head -c $((0x$size)) | sha256sum)"
			done
	done | sort
}

# keeps_bytes FOLDER: every operation of $O is in that build as well, byte for byte.
keeps_bytes()
{
	hashes_of "$O" > "$work/ours"
	hashes_of "$1" > "$work/theirs"
	comm -23 "$work/ours" "$work/theirs" > "$work/differ"
	cat "$work/differ"
	[ "$(wc -l < "$work/ours")" -gt 3 ] && [ ! -s "$work/differ" ]
}

# An operation that sorts before all others, and moves all of them.
mkdir "$work/extra" "$work/twice"
cat > "$work/extra/first.c" << 'END'
#include "microbench/bench.h"

PAYLOAD(a_first, "", "", "nop");

BENCHMARK(a_first, .name = "a/first", .title = "one more", .payload = "a_first",
	  .environments = ENV_NATIVE | ENV_GUESTS, .control = true,
	  .expect = {{SUBSTRATE_ANY, .none = true}});
END
cp "$work/extra/first.c" "$work/twice/first.c"
cp "$work/extra/first.c" "$work/twice/second.c"

lists_it()
{
	"$other/exitlab" list | tee "$work/list"
	grep -q '^a/first ' "$work/list" && [ "$("$O/exitlab" list | wc -l)" -lt "$(wc -l < "$work/list")" ]
}

# changes_nothing FILE COMMAND...: the command prints nothing and leaves the file as it is.
changes_nothing()
{
	local file=$1 before

	shift
	before=$(stat -c %y "$file")
	"$@" > "$work/said" 2>&1 || return 1
	cat "$work/said"
	[ ! -s "$work/said" ] && [ "$before" = "$(stat -c %y "$file")" ]
}

# rebuilds FILE COMMAND...: the command makes the file again.
rebuilds()
{
	local file=$1 before

	shift
	before=$(stat -c %y "$file")
	"$@" && [ "$before" != "$(stat -c %y "$file")" ]
}

unchanged_images()
{
	local bits

	for bits in 16 32 64; do
		cmp "$work/payload$bits.bin" "$other/payload$bits.bin" || return 1
	done
}

refuses_twins()
{
	! build O="$other" EXTRA="$work/twice" "$other/payload64.elf"
}

# The compiler does not optimize here, but in the last of these: what is asked is what is built anew, and when.
one_more=(build O="$other" EXTRA="$work/extra" CFLAGS=-O0)
check "one more operation builds from a folder outside of the tree" "${one_more[@]}"
check "it changes no byte of the others" keeps_bytes "$other"
check "exitlab list shows it" lists_it
check "a tree that did not change rebuilds nothing" \
	changes_nothing "$other/exitlab" "${one_more[@]}"
cp "${images[@]}" "$work"
check "SAN=address,undefined rebuilds the program" \
	rebuilds "$other/exitlab" "${one_more[@]}" SAN=address,undefined
check "which leaves the payload as it was" unchanged_images
check "CFLAGS=-O1 rebuilds the program" rebuilds "$other/exitlab" build O="$other" EXTRA="$work/extra" CFLAGS=-O1
check "which leaves the payload as it was, too" unchanged_images
check "two operations of one name are an error" refuses_twins

for compiler in gcc clang; do
	if ! command -v $compiler > /dev/null; then
		skip "$compiler makes the same payload" "$compiler is not installed"
		continue
	fi
	folder=$work/$compiler
	check "$compiler builds the payload" \
		build CC=$compiler O="$folder" "$folder"/payload{16,32,64}.bin
	check "$compiler makes the same payload" keeps_bytes "$folder"
done
finish
