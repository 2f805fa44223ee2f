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
# says NAME TITLE STATUS PATTERN: of what was started by that name.
says()
{
	ended "$1"
	check "$2: exit status $3" show [ "$status" -eq "$3" ]
	check "$2: says: $4" grep -q -e "$4" "$work/err" "$work/out"
	check "$2: leaves nothing behind" nothing_left "$1"
}

can_boot amd || skip_all "$why"
kernel=$O/kernels/stable

# A program that is none: the kernel finds no init, and panics.
mkdir "$work/bin"
cp "$O"/exitlab "$O"/qemu-trace.*.so "$work/bin" && echo "no program" > "$work/bin/exitlab.static"
start panic "$work/bin/exitlab" lab --host amd --time-limit 60 --kernel "$kernel" -- list
start parameter "${lab[@]}" --host amd --param npt=banana -- list
# An operation whose guest never ends.
make -s -j2 O="$work/build" EXTRA=tests/operations "$work/build/exitlab" "$work/build/exitlab.static" \
	> "$work/make" 2>&1 || cat "$work/make"
says panic "a panic before the command" 3 'Kernel panic - not syncing'
start bare "${lab[@]}" --host amd --kernel "$(echo "$kernel"/boot/vmlinuz-*)" -- list
says parameter "a parameter that the module refuses" 3 'refuses the module kvm_amd.ko with npt=banana'
start hangs "$work/build/exitlab" lab --host amd --boots 1 --time-limit 60 --kernel "$kernel" -- \
	run test/endless-loop exit/cpuid --env guest
says bare "a kernel without modules and without KVM" 3 'no /dev/kvm: no modules were given'
says hangs "a guest that hangs" 1 'hung'
check "a guest that hangs: the rest was measured" grep -q 'exit/cpuid.*proven' "$work/out"

# Two at once, and no /dev/kvm: neither is in the other's way.
start other "${lab[@]}" --host amd -- list base/empty
if unshare -m true 2> /dev/null; then
	# shellcheck disable=SC2016 # for the inner shell
	start without unshare -m sh -c '[ ! -e /dev/kvm ] || mount --bind /dev/null /dev/kvm; exec "$@"' - \
		"${lab[@]}" --host amd -- run exit/cpuid --env guest
else
	start without "${lab[@]}" --host amd -- run exit/cpuid --env guest
	skip "a lab without /dev/kvm" "needs root, and a kernel that allows it"
fi
says other "two at once: the one" 0 '^base/empty'
says without "two at once: the other, without /dev/kvm" 0 'exit/cpuid.*exact.*proven'

# Ctrl-C while machines run.
start stopped "${lab[@]}" --host amd
sleep 5
if can_boot intel; then
	start feature "${lab[@]}" --host intel --cpu-model athlon64_venice -- list
	start none "${lab[@]}" --host intel --cpu-model turnip -- list
fi
start unknown "${lab[@]}" --host amd --cpu-model turnip -- list
kill -INT "${started[stopped]}"
says stopped "SIGINT" 130 'stopped by SIGINT'
check "SIGINT: no emulator is left" [ -z "$(pgrep -P "${started[stopped]}")" ]

if can_boot intel; then
	says feature "a CPU model without VT-x" 3 'CPU model lacks what it needs'
	says none "a CPU model that does not exist" 3 'turnip'
else
	skip "a CPU model without VT-x" "$why"
fi
says unknown "a CPU model that QEMU does not know" 3 "unable to find CPU model 'turnip'"
finish
