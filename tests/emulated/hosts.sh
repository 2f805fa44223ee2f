#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=900
# All operations on both emulated hosts, with EPT and NPT: proven and exact. Takes minutes.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
# shellcheck source=tests/emulated/lib.sh disable=SC1091
. tests/emulated/lib.sh

# all_operations HOST SUBSTRATE
all_operations()
{
	local host=$1 substrate=$2 file=$work/$1.jsonl

	can_boot "$host" || {
		skip "all operations on $host" "$why"
		return
	}
	long "${lab[@]}" --host "$host" --output "$file"
	check "$host: exit status 0 or 4" show eval '[ $status -eq 0 ] || [ $status -eq 4 ]'
	check "$host: every declaration proven, 95 % exact" tests/emulated/check.py "$file" "$substrate"
	tests/emulated/check.py "$file" "$substrate" 2> /dev/null | sed -n '1s/^/# /p'
	check "$host: the table says what its figures are" grep -q 'Figures are instructions' "$work/out"
	check "$host: the table fits into 100 columns" [ "$(LC_ALL=C.UTF-8 wc -L < "$work/out")" -le 100 ]
	python3 tests/golden/schema.py "$file" > "$work/schema" 2>&1
	case $? in
	77) skip "$host: the file fits the schema" "$(tail -n 1 "$work/schema")" ;;
	*) check "$host: the file fits the schema" grep -q ' 0 faults$' "$work/schema" ;;
	esac
	check "$host: show prints the same table" eval '"$EXITLAB" show "$file" | diff -q - "$work/out"'
	check "$host: the manifest has no host name" eval '! head -n 1 "$file" | grep -Fw "$(uname -n)"'
}

all_operations amd svm
all_operations intel vmx
finish
