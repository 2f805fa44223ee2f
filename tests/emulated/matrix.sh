#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=3000
# Every declaration on {intel, amd} x {EPT/NPT, page tables of KVM's} x {stable, backports}, and in
# real mode without unrestricted guest. Only `make test-lab` runs this: it takes a quarter of an hour.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
# shellcheck source=tests/emulated/lib.sh disable=SC1091
. tests/emulated/lib.sh

# one HOST SUBSTRATE KERNEL [PARAMETER]; what tests/emulated/hosts.sh has is not done again.
one()
{
	local host=$1 substrate=$2 kernel=$3 name="$1, $3${4:+, $4}" file=$work/result.jsonl

	can_boot "$host" "$kernel" || {
		skip "$name" "$why"
		return
	}
	long "${lab[@]}" --host "$host" --kernel "$kernel" ${4:+--param "$4"} --output "$file"
	check "$name: exit status 0 or 4" show eval '[ $status -eq 0 ] || [ $status -eq 4 ]'
	check "$name: every declaration proven, most exact" tests/emulated/check.py "$file" "$substrate" most
	tests/emulated/check.py "$file" "$substrate" most 2> /dev/null | sed -n '1s/^/# /p'
}

# generations HOST: every model of the list comes up, proves and has its column.
generations()
{
	local host=$1 models

	can_boot "$host" || {
		skip "$host: generations" "$why"
		return
	}
	models=$("$EXITLAB" lab --list-models | sed -n "/--host $host/,/^\$/s/  *20[0-9][0-9]  .*//p")
	long "${lab[@]}" --host "$host" --generations --boots 1 --format markdown \
		--output "$work/$host" -- \
		run exit/cpuid insn/invlpg --env guest
	check "$host: generations: exit status 0" show [ "$status" -eq 0 ]
	for model in $models; do
		check "$host: $model proves what it takes" \
			grep -q '"exit/cpuid".*"verdict": *"proven"' "$work/$host/$model.jsonl"
	done
	check "$host: side by side, $(wc -w <<< "$models") of them" grep -qE \
		"^\| exit/cpuid leaf=0x1 \| guest \| 1 CPUID( \| ~?[0-9,]+){$(wc -w <<< "$models")} \|\$" "$work/out"
}

generations amd
generations intel
one amd svm stable npt=0
one amd svm backports
one amd svm backports npt=0
one intel vmx stable ept=0
one intel vmx backports
one intel vmx backports ept=0
finish
