#!/bin/bash
# SPDX-License-Identifier: MIT
# The doctor: each form that it has, on this machine and on one whose /dev/kvm is none.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=${EXITLAB:-build/exitlab}

# A machine that refuses names the reason, the consequence and what to do.
complete()
{
	python3 - "$1" << 'END'
import json, sys
doctor = json.loads(open(sys.argv[1]).read())
names = [c["name"] for c in doctor["capabilities"]]
assert len(names) == len(set(names)) >= 27, names
for name in ("/dev/kvm", "hardware PMU", "tracepoints", "exit statistics", "open kernel", "steady TSC", "one clock",
             "turbo off", "SMT off", "isolated CPUs", "quiet CPU", "all CPU time", "enough memory",
             "huge pages", "locked memory", "free disk", "lab for SVM", "lab for VT-x", "lab kernel"):
    assert name in names, name
for c in doctor["capabilities"]:
    assert c["state"] != "no" or c["consequence"], c
    assert "command" not in c or "fix" in c, c
END
}

fits_schema()
{
	python3 tests/golden/schema.py "$1"
	case $? in 0 | 77) ;; *) return 1 ;; esac
}

try "$EXITLAB" doctor
usual=$status
check "exit status says what measuring here is worth" eval '[[ $usual == [034] ]]'
check "lines fit into 100 columns" [ "$(LC_ALL=C.UTF-8 wc -L < "$work/out")" -le 100 ]

try "$EXITLAB" doctor --json
cp "$work/out" "$work/doctor.json"
check "--json: the same exit status" [ "$status" -eq "$usual" ]
check "--json: one line" [ "$(wc -l < "$work/doctor.json")" -eq 1 ]
check "--json: every limit, with its consequence" complete "$work/doctor.json"
check "--json: fits the schema" fits_schema "$work/doctor.json"
check "--json: no name of this host" eval '! grep -Fw "$(uname -n)" "$work/doctor.json"'

try "$EXITLAB" doctor --fix
check "--fix: the same exit status" [ "$status" -eq "$usual" ]
check "--fix: a shell can read it" bash -n "$work/out"
check "--fix: a command never stands without its reason" awk '
	/^#/ { reason = 1; next } /^$/ { reason = 0; next } !reason { exit 1 } { reason = 0 }' "$work/out"

refused "--fix and --json" 2 'one of them' "$EXITLAB" doctor --fix --json
refused "an argument" 2 'takes no arguments' "$EXITLAB" doctor now

if unshare -m true 2> /dev/null && [ -e /dev/kvm ]; then
	# shellcheck disable=SC2016 # for the inner shell
	try unshare -m sh -c 'mount --bind /dev/null /dev/kvm; exec "$@"' - "$EXITLAB" doctor --json
	check "without KVM: exit status 3" [ "$status" -eq 3 ]
	check "without KVM: timing is of no guests" grep -q '"timing":"no guests"' "$work/out"
else
	skip "without KVM" "needs root, and a kernel that allows it"
fi
finish
