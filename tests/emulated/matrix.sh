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
	check "$name: every declaration proven, 95 % exact" tests/emulated/check.py "$file" "$substrate"
	tests/emulated/check.py "$file" "$substrate" 2> /dev/null | sed -n '1s/^/# /p'
}

one amd svm stable npt=0
one amd svm backports
one amd svm backports npt=0
one intel vmx stable ept=0
one intel vmx backports
one intel vmx backports ept=0
finish
