#!/bin/bash
# SPDX-License-Identifier: MIT
# Known faults of a substrate: shown and no failure, but one under --strict.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
EXITLAB=${EXITLAB:-build/exitlab}
known=(--env guest --instances 2 --max-time 10 exit/hypercall)

status_is()
{
	echo "exit status $status"
	cat "$work/out" "$work/err"
	[ "$status" -eq "$1" ]
}

try "$EXITLAB" doctor
[ "$status" -eq 0 ] || skip_all "no guests here: exitlab doctor says why"
grep -q '^  substrate  *pvm' "$work/out" || skip_all "a known fault is declared for kvm_pvm alone"

try "$EXITLAB" run "${known[@]}" --output "$work/run.jsonl"
check "a known fault: exit status 0" status_is 0
check "it is shown as KNOWN" grep -q ' KNOWN' "$work/out"
try "$EXITLAB" run "${known[@]}" --strict
check "--strict: exit status 1" status_is 1
try "$EXITLAB" show "$work/run.jsonl"
check "show: exit status 0" status_is 0
finish
