#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: record-lab.sh PROGRAM FOLDER
# Records all operations on both emulated hosts, with EPT and NPT and without, under the release's
# kernel and the newest one that it offers; profiles of some exits in ring 0; and a trace. An hour on two idle
# cores. What is there is not made again.
set -u

program=$1 folder=$2
mkdir -p "$folder" || exit 3

# record NAME OPTIONS...
record()
{
	local file=$folder/lab-$1.jsonl status

	shift
	[ ! -s "$file.gz" ] || return 0
	"$program" lab --output "$file" --time-limit 1500 "$@" > /dev/null
	status=$?
	# 4: something is unstable, which is a finding.
	[ $status -eq 0 ] || [ $status -eq 4 ] || exit $status
	gzip -9n "$file"
}

# What is taken apart: ways to KVM and to user space.
exits=(exit/cpuid exit/hlt exit/hypercall exit/invd exit/rdmsr exit/wbinvd io/mmio-read io/mmio-write io/port-in io/port-out
	irq/inject mem/first-touch mem/first-touch-populated vm/triple-fault insn/invlpg)

for kernel in stable backports; do
	record amd-npt-$kernel --host amd --kernel $kernel --hugepages 40
	record amd-shadow-$kernel --host amd --kernel $kernel --hugepages 40 --param npt=0
	record intel-ept-$kernel --host intel --kernel $kernel --hugepages 40
	record intel-shadow-$kernel --host intel --kernel $kernel --hugepages 40 --param ept=0
	record amd-profile-$kernel --host amd --kernel $kernel --profile '*' -- run "${exits[@]}"
	record intel-profile-$kernel --host intel --kernel $kernel --profile '*' -- run "${exits[@]}"
done

# A run of the program as a traced VM, by SVM's own reasons. Its counts are right; its times mean nothing.
trace=$folder/trace-amd-npt-stable.jsonl
if [ ! -s "$trace.gz" ]; then
	"$program" lab --host amd --kernel stable --time-limit 600 -- trace --format json --time 60 -- \
		/proc/self/exe run --quick --max-time 15 'io/*' 'exit/*' 'irq/*' > "$trace" || exit $?
	gzip -9n "$trace"
fi
