#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: record-proofs.sh PROGRAM FOLDER
# Proves every operation once on the emulated hosts: both vendors and kernels, with EPT or NPT and
# without, several CPUs, and the models that have what the usual ones lack. One boot and one instance
# each: proofs, no exact counts. Twenty minutes on one idle core. What is there is not made again.
set -u

program=$1 folder=$2
mkdir -p "$folder" || exit 3

# record NAME OPTIONS... -- GLOBS...
record()
{
	local file=$folder/proof-$1.jsonl.gz status options=()

	shift
	[ ! -s "$file" ] || return 0
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	# An emulated host of several processors dies now and then; exitlab says so by status 3.
	for _ in 1 2 3 4; do
		"$program" lab --output "${file%.gz}" --boots 1 --time-limit 600 "${options[@]}" -- \
			run --instances 1 --precision 100% "$@" > /dev/null
		status=$?
		[ $status -eq 3 ] || break
	done
	[ $status -eq 0 ] || [ $status -eq 4 ] || exit $status
	gzip -9n "${file%.gz}"
}

for kernel in stable backports; do
	record intel-ept-$kernel --host intel --kernel $kernel --hugepages 40 --
	record intel-shadow-$kernel --host intel --kernel $kernel --hugepages 40 --param ept=0 --
	record amd-npt-$kernel --host amd --kernel $kernel --hugepages 40 --
	record amd-shadow-$kernel --host amd --kernel $kernel --hugepages 40 --param npt=0 --
	record amd-smp-$kernel --host amd --kernel $kernel --cpus 2 -- 'smp/*' io/virtqueue --env native,guest,guest-user
done
record amd-parallel --host amd --cpus 4 -- smp/parallel
record intel-smp --host intel --cpus 2 -- 'smp/*' io/virtqueue --env native,guest,guest-user
record intel-broadwell --host intel --cpu-model broadwell_ult -- 'insn/*' 'exit/*'
record intel-skylake --host intel --cpu-model corei7_skylake_x --param enable_apicv=0 -- 'insn/*' 'exit/*' 'mem/*'
record amd-milan --host amd --cpu-model EPYC-Milan -- 'insn/*' 'exit/*'
