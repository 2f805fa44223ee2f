#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: record-lab.sh PROGRAM FOLDER
# Records all operations on both emulated hosts, with EPT and NPT and without, under the release's
# kernel and the newest one that it offers; and profiles of those in ring 0. A quarter of an hour on
# two idle cores. What is there is not made again.
set -u

program=$1 folder=$2
mkdir -p "$folder" || exit 3

# record NAME OPTIONS...
record()
{
	local file=$folder/lab-$1.jsonl status

	shift
	[ ! -s "$file" ] || return 0
	"$program" lab --output "$file" "$@" > /dev/null
	status=$?
	# 4: something is unstable, which is a finding.
	[ $status -eq 0 ] || [ $status -eq 4 ] || exit $status
}

for kernel in stable backports; do
	record amd-npt-$kernel --host amd --kernel $kernel
	record amd-shadow-$kernel --host amd --kernel $kernel --param npt=0
	record intel-ept-$kernel --host intel --kernel $kernel
	record intel-shadow-$kernel --host intel --kernel $kernel --param ept=0
	record amd-profile-$kernel --host amd --kernel $kernel --profile '*'
	record intel-profile-$kernel --host intel --kernel $kernel --profile '*'
done
