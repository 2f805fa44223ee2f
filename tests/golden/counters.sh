#!/bin/bash
# SPDX-License-Identifier: MIT
# `exitlab run --counters` and `list --events`: what is counted, what is not, and why.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
EXITLAB=${EXITLAB:-build/exitlab}
short=(run --quick --instances 3 --max-time 5)

as_somebody_else=(setpriv --reuid 65534 --regid 65534 --clear-groups)

try "$EXITLAB" list --events
check "list --events: exit status 0" test "$status" = 0
for set in exit tlb cache branch frontend; do
	check "it has the set @$set" grep -q "^@$set " "$work/out"
done
check "and the kernel's software events" grep -q '^  PERF_COUNT_SW_PAGE_FAULTS ' "$work/out"
check "it fits into 100 columns" [ "$(LC_ALL=C.UTF-8 wc -L < "$work/out")" -le 100 ]
try "$EXITLAB" list --events '*page-faults' @tlb
check "patterns choose, whatever the case" eval 'grep -q "PAGE-FAULTS" "$work/out" && ! grep -q "^@exit" "$work/out"'
try "$EXITLAB" list --events no-such-event
check "a pattern without an event: usage" test "$status" = 2

# refused NAMES WORDS: --counters NAMES ends with status 2 and says WORDS; nothing is measured.
refused()
{
	try "$EXITLAB" "${short[@]}" --env native base/empty --counters "$1"
	check "--counters '$1' is refused" test "$status" = 2
	check "and it says $2" grep -q -- "$2" "$work/err"
}
refused instruction "the nearest is INSTRUCTIONS"
refused @walks "@tlb"
refused cycles,,cycles "an empty name"
refused "$(printf 'r%x,' {16..40})cycles" "more than 16"

# Software events need no PMU, no privilege of tracing and no /dev/kvm.
file=$work/native.jsonl
try "$EXITLAB" "${short[@]}" --env native insn/rdtsc --counters @exit,cpu-migrations --output "$file"
check "counted natively: exit status 0 or 4" eval '[ $status -eq 0 ] || [ $status -eq 4 ]'
check "the table has a software event" grep -qE ' context-switches +[0-9.]+ ' "$work/out"
check "and says that it is not splittable" grep -q 'not splittable' "$work/out"
check "the file has what was asked for" eval 'sed -n "/\"type\":\"counters\"/p" "$file" | grep -q "\"cpu-migrations\""'
check "no figure is made of an event that did not count" python3 - "$file" <<'PYTHON'
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
run = next(r for r in records if r["type"] == "counters")
missing = {e["name"] for e in run["events"] if "why" in e}
for r in records:
    for c in r.get("counters", []):
        assert c["event"] not in missing or "per_iteration" not in c, c
        assert c["part"] == "all" or c["event"] in ("cycles", "instructions"), c
PYTHON
cp "$work/out" "$work/first"
try "$EXITLAB" show "$file"
check "show prints the same table" diff "$work/first" "$work/out"
try "$EXITLAB" show --format markdown "$file"
check "Markdown has the counters" grep -q '^## Counters' "$work/out"
python3 tests/golden/schema.py "$file" > "$work/schema" 2>&1
case $? in
77) skip "the file fits the schema" "$(tail -n 1 "$work/schema")" ;;
*) check "the file fits the schema" grep -q ' 0 faults$' "$work/schema" ;;
esac

try "$EXITLAB" "${short[@]}" --env native insn/rdtsc
check "without --counters the table has none" eval '! grep -q "not splittable" "$work/out"'

if [ ! -e /sys/bus/event_source/devices/cpu ] && [ ! -e /sys/bus/event_source/devices/cpu_core ]; then
	check "without a PMU: which events, and what would change it" grep -q 'not counted: cycles, instructions: .*PMU' <(tr '\n' ' ' < "$work/first" | sed 's/  */ /g')
else
	check "with a PMU the parts have columns" grep -q 'kernel' "$work/first"
fi

# Where kvm's tracepoints are, iterations determine them.
if [ "$(id -u)" -eq 0 ] && "$EXITLAB" list --events 'kvm:kvm_pio' > /dev/null 2>&1 && [ -c /dev/kvm ]; then
	try "$EXITLAB" "${short[@]}" --env guest io/port-out exit/cpuid --counters kvm:kvm_pio,kvm:kvm_userspace_exit --output "$work/kvm.jsonl"
	check "a port's write is one kvm_pio each, exactly" python3 - "$work/kvm.jsonl" <<'PYTHON'
import json, sys
n = 0
for r in map(json.loads, open(sys.argv[1])):
    for c in r.get("counters", []):
        wanted = 1.0 if r["benchmark"] == "io/port-out" else 0.0
        assert c["lo"] == c["per_iteration"] == c["hi"] == wanted, (r["benchmark"], c)
        n += 1
assert n >= 6, n
PYTHON
	try "${as_somebody_else[@]}" "$EXITLAB" "${short[@]}" --env native base/empty --counters kvm:kvm_pio,page-faults
	check "not root: a tracepoint's column says what it needs" grep -qiE 'root|permitted|paranoid' <(sed -n '/not counted/,$p' "$work/out")
	check "and the run goes on" eval '[ $status -eq 0 ] || [ $status -eq 4 ]'
else
	skip "KVM's tracepoints" "no /dev/kvm, no tracepoints of KVM, or not root"
fi
finish
