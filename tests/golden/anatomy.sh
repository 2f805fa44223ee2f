#!/bin/bash
# SPDX-License-Identifier: MIT
# `exitlab anatomy`: legs of exits on a real /dev/kvm, what it cannot take apart, and bad input. The exact
# legs of emulated hosts are tests/emulated/profile.sh's.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
EXITLAB=${EXITLAB:-build/exitlab}

# refused WORDS ARGUMENTS...: usage, and it says WORDS.
refused()
{
	local words=$1

	shift
	try "$EXITLAB" anatomy "$@"
	check "anatomy $*: usage" test "$status" = 2
	check "and it says: $words" grep -q -- "$words" "$work/err"
}
refused "wants operations"
refused "no operation matches 'exit/cpuidd'; the nearest is 'exit/cpuid'" exit/cpuidd
refused "not between 1 and 64" --instances 0 exit/cpuid
refused "takes a result file and no operations" --pairs x exit/cpuid
try "$EXITLAB" lab --host amd -- run no-such-operation
check "lab: a pattern without an operation is found out before anything boots" test "$status" = 2

try "$EXITLAB" anatomy io/port-out --output /nonexistent/legs.jsonl
check "a path that cannot be written: could not run" test "$status" = 3
check "found before anything was measured" eval '! grep -q measured "$work/err" && [ ! -s "$work/out" ]'
try "$EXITLAB" anatomy base/empty --env native
check "natively there is nothing to take apart: skipped" test "$status" = 77
check "and it says why" grep -q 'runs natively' "$work/out"
try "$EXITLAB" anatomy --pairs README.md
check "--pairs of what is no result file names it once" grep -q '^exitlab: README.md:1: ' "$work/err"

recorded=datasets/recorded/lab-amd-npt-stable.jsonl.gz
try "$EXITLAB" anatomy --pairs "$recorded"
check "--pairs of a recorded run" test "$status" = 0
check "has an exact leg" grep -qE '^exit/hlt in guest .* exact' "$work/out"
zcat "$recorded" | grep -v '"benchmark": *"exit/invd"' > "$work/lacks.jsonl"
"$EXITLAB" anatomy --pairs "$work/lacks.jsonl" > "$work/out" 2> "$work/err"
check "and names what the file lacks" grep -q '(not in this file)' "$work/out"
try "$EXITLAB" anatomy --pairs /nonexistent
check "--pairs of no file: could not run" test "$status" = 3

try "$EXITLAB" anatomy vm/null-run vm/triple-fault --env host,guest
check "nothing to take apart: skipped" test "$status" = 77
check "and each says why" grep -qE 'ends its VM|/dev/kvm' "$work/out"

if ! [ -c /dev/kvm ] || ! "$EXITLAB" anatomy io/port-out --instances 1 > "$work/probe" 2> /dev/null; then
	skip "legs on a real /dev/kvm" "there is none, or its guests' clock is not the host's"
	finish
	exit
fi
try "$EXITLAB" anatomy io/port-out io/mmio-write exc/ud --env guest --instances 2 --output "$work/legs.jsonl"
check "user exits: exit status 0" test "$status" = 0
check "the table fits into 100 columns" [ "$(LC_ALL=C.UTF-8 wc -L < "$work/out")" -le 100 ]
check "a trap is none" grep -q 'exc/ud in guest: it traps' <(tr '\n' ' ' < "$work/out")
cp "$work/out" "$work/first"
check "the legs add up, go by way of user space, and the rest has a reason" python3 - "$work/legs.jsonl" <<'PYTHON'
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
taken = [r for r in records if r["type"] == "anatomy" and "skipped" not in r]
assert len(taken) >= 4, len(taken)
for r in taken:
    total = sum(leg["mean_ticks"] for leg in r["legs"])
    wanted = r["untraced"]["point_ticks"] if r["corrected"] and r["observing_ticks"] > 0 else r["legs_total_ticks"]
    assert abs(total - wanted) < 1e-6 * wanted, (total, r)
    ways = {(leg["from"], leg["to"]) for leg in r["legs"]}
    assert ("user space", "KVM_RUN") in ways and ("the guest", "the guest") not in ways, ways
    assert all(leg["n"] > 0 for leg in r["legs"])
PYTHON
try "$EXITLAB" show --format legs "$work/legs.jsonl"
check "show --format legs prints the same" diff "$work/first" "$work/out"
python3 tests/golden/schema.py "$work/legs.jsonl" > "$work/schema" 2>&1
case $? in
77) skip "the file fits the schema" "$(tail -n 1 "$work/schema")" ;;
*) check "the file fits the schema" grep -q ' 0 faults$' "$work/schema" ;;
esac
# A device that everybody may open, for a user who may do nothing else.
# shellcheck disable=SC2016 # for the inner shell
for_everybody='mount -t tmpfs -o dev,mode=755 none "$0" && mknod "$0/kvm" c "$((0x$(stat -c %t /dev/kvm)))" "$((0x$(stat -c %T /dev/kvm)))" &&
	chmod 666 "$0/kvm" && mount --bind "$0/kvm" /dev/kvm &&
	exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"'
mkdir -m 755 "$work/device"
chmod o+rx "$work"
if [ "$(id -u)" -eq 0 ]; then
	try unshare -m sh -c "$for_everybody" "$work/device" "$EXITLAB" anatomy io/port-out --env guest --instances 1
	check "not root: the legs of user space are there" grep -q 'user space: this program' "$work/out"
	check "and why the tracepoints' are not" grep -q 'Not seen: no tracepoints' "$work/out"
else
	skip "not root" "already so"
fi
finish
