#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=900
# All operations on both emulated hosts, with EPT and NPT: proven on both. A part of them exact on amd, whose
# boots are quick; that the others are, and on intel as well, is matrix.sh's to show. All checks on both.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
# shellcheck source=tests/emulated/lib.sh disable=SC1091
. tests/emulated/lib.sh

# begin HOST OPTIONS...: both at once, as one alone leaves a processor idle.
begin()
{
	local host=$1

	shift
	can_boot "$host" && start "$host" "${lab[@]}" --host "$host" --output "$work/$host.jsonl" "$@"
}

# all_operations HOST SUBSTRATE proven|all
all_operations()
{
	local host=$1 substrate=$2 what=$3 file=$work/$1.jsonl

	can_boot "$host" || {
		skip "all operations on $host" "$why"
		return
	}
	ended "$host"
	check "$host: exit status 0 or 4" show eval '[ $status -eq 0 ] || [ $status -eq 4 ]'
	check "$host: every declaration: $what" tests/emulated/check.py "$file" "$substrate" "$what"
	tests/emulated/check.py "$file" "$substrate" "$what" 2> /dev/null | sed -n '1s/^/# /p'
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

# begin_checks HOST, and all_checks HOST SUBSTRATE: none fails, and there is one for each case.
begin_checks()
{
	can_boot "$1" && start "$1-checks" "${lab[@]}" --host "$1" -- check --format json
}

all_checks()
{
	local host=$1 substrate=$2

	can_boot "$host" || {
		skip "all checks on $host" "$why"
		return
	}
	ended "$host-checks"
	check "$host: no check fails" show test "$status" -eq 0
	check "$host: every check has a verdict" test \
		"$(grep -c '"type":"check"' "$work/out")" -eq "$("$EXITLAB" check --list --all | wc -l)"
	check "$host: nine of ten hold" eval '[ $(grep -c "\"status\":\"OK\"" "$work/out") -gt 750 ]'
	check "$host: it is what it says" eval 'head -n 1 "$work/out" | grep -q "\"substrate\":\"$substrate\""'
}

# Those that differ in the guest's page size alone are a tenth of the time: mem/walk stands for them, and the recorded proofs
# have them.
others=(--exclude 'mem/walk-*')
# The host's own calls take no exit: they are timed on one of the two, the quicker one.
begin intel --boots 1 -- run --instances 1 "${others[@]}" --env native,guest-user,guest,prot32,real16
begin amd --boots 1 -- run --instances 1 "${others[@]}"
all_operations amd svm proven
# Three boots of everything are matrix.sh's; here those whose path no allocator and no timer changes, without the two
# that the emulator itself has a fault in.
begin amd -- run 'base/*' 'insn/*' 'exit/*' --exclude exit/debug-breakpoint --exclude exit/task-switch
all_operations amd svm all
begin_checks amd
all_checks amd svm
begin_checks intel
all_operations intel vmx proven
all_checks intel vmx
finish
