#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: record-checks.sh PROGRAM FOLDER
# What exitlab check finds: on this machine's /dev/kvm, and on the emulated hosts with both kernels, with
# EPT or NPT and without, and with real mode as a virtual-8086 task. Ten minutes. What is there is not made
# again.
set -u

program=$1 folder=$2
mkdir -p "$folder" || exit 3

# record NAME COMMAND...: a finding (exit status 1) is recorded as well as none.
record()
{
	local file=$folder/check-$1.jsonl.gz status

	shift
	[ ! -s "$file" ] || return 0
	# An emulated host dies now and then; exitlab says so by status 3.
	for _ in 1 2 3 4; do
		"$@" --format json > "${file%.gz}"
		status=$?
		[ $status -eq 3 ] || break
	done
	[ $status -le 1 ] || exit $status
	gzip -9n "${file%.gz}"
}

if "$program" doctor > /dev/null || [ $? -eq 4 ]; then
	substrate=$("$program" check halt/exit --format json | sed -n 's/.*"substrate":"\([a-z]*\)".*/\1/p')
	record "$substrate" "$program" check
fi
for kernel in stable backports; do
	record intel-ept-$kernel "$program" lab --host intel --kernel $kernel -- check
	record intel-shadow-$kernel "$program" lab --host intel --kernel $kernel --param ept=0 -- check
	record amd-npt-$kernel "$program" lab --host amd --kernel $kernel -- check
	record amd-shadow-$kernel "$program" lab --host amd --kernel $kernel --param npt=0 -- check
done
record intel-vm86-stable "$program" lab --host intel --param unrestricted_guest=0 -- check
