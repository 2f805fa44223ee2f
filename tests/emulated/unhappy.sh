#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=900
# What goes wrong on real emulated hosts: it is named, and neither a process nor a file is left.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
# shellcheck source=tests/emulated/lib.sh disable=SC1091
. tests/emulated/lib.sh
mkdir "$work/tmp"
export TMPDIR=$work/tmp

nothing_left()
{
	ls -A "$TMPDIR"
	[ -z "$(ls -A "$TMPDIR")" ]
}

# says NAME STATUS PATTERN: of the last long().
says()
{
	check "$1: exit status $2" show [ "$status" -eq "$2" ]
	check "$1: says: $3" grep -q -e "$3" "$work/err" "$work/out"
	check "$1: leaves nothing behind" nothing_left
}

can_boot amd || skip_all "$why"
kernel=$O/kernels/stable

long "${lab[@]}" --host amd --param npt=banana -- list
says "a parameter that the module refuses" 3 'refuses the module kvm_amd.ko with npt=banana'

long "${lab[@]}" --host amd --kernel "$(echo "$kernel"/boot/vmlinuz-*)" -- list
says "a kernel without modules and without KVM" 3 'no /dev/kvm: no modules were given'

# A program that is none: the kernel finds no init, and panics.
mkdir "$work/bin"
cp "$O"/exitlab "$O"/qemu-trace.*.so "$work/bin" && echo "no program" > "$work/bin/exitlab.static"
long "$work/bin/exitlab" lab --host amd --time-limit 60 --kernel "$kernel" -- list
says "a panic before the command" 3 'Kernel panic - not syncing'

# An operation whose guest never ends: the watchdog inside stops it, and the run goes on.
make -s O="$work/build" EXTRA=tests/operations "$work/build/exitlab" "$work/build/exitlab.static" \
	> "$work/make" 2>&1 || cat "$work/make"
long "$work/build/exitlab" lab --host amd --boots 1 --time-limit 60 --kernel "$kernel" -- \
	run test/endless-loop exit/cpuid --env guest
check "a guest that hangs: exit status 1" show [ "$status" -eq 1 ]
check "a guest that hangs: is named" grep -q 'hung' "$work/out"
check "a guest that hangs: the rest was measured" grep -q 'exit/cpuid.*proven' "$work/out"

# Two at once, and no /dev/kvm: neither is in the other's way.
"${lab[@]}" --host amd -- list base/empty > "$work/first" 2>&1 &
first=$!
if unshare -m true 2> /dev/null; then
	# shellcheck disable=SC2016 # for the inner shell
	long unshare -m sh -c '[ ! -e /dev/kvm ] || mount --bind /dev/null /dev/kvm; exec "$@"' - \
		"${lab[@]}" --host amd -- run exit/cpuid --env guest
	says "without /dev/kvm" 0 'exit/cpuid.*exact.*proven'
else
	long "${lab[@]}" --host amd -- run exit/cpuid --env guest
	skip "without /dev/kvm" "needs root, and a kernel that allows it"
fi
wait $first
check "two at once: the other one's exit status is 0" [ $? -eq 0 ]
check "two at once: and it has its output" grep -q '^base/empty' "$work/first"

# Ctrl-C while machines run.
"${lab[@]}" --host amd > "$work/out" 2> "$work/err" &
child=$!
sleep 7
kill -INT $child
wait $child
check "SIGINT: exit status 130" [ $? -eq 130 ]
check "SIGINT: nothing is left" nothing_left
check "SIGINT: no emulator is left" [ -z "$(pgrep -P $child)" ]

if can_boot intel; then
	long "${lab[@]}" --host intel --cpu-model athlon64_venice -- list
	says "a CPU model without VT-x" 3 'CPU model lacks what it needs'
	long "${lab[@]}" --host intel --cpu-model turnip -- list
	says "a CPU model that does not exist" 3 'turnip'
else
	skip "a CPU model without VT-x" "$why"
fi
long "${lab[@]}" --host amd --cpu-model turnip -- list
says "a CPU model that QEMU does not know" 3 "unable to find CPU model 'turnip'"
finish
