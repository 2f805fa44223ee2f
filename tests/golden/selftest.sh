#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=180
# The gate's self-test: that it runs suites as a user would, counts them right, and prints them again.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=${EXITLAB:-build/exitlab}

refused "no subject" 2 'selftest tests the gate' "$EXITLAB" selftest
refused "another subject" 2 'selftest tests the gate' "$EXITLAB" selftest clock
refused "an operation that is none" 2 'no operation matches' "$EXITLAB" selftest gate exit/cpuidd --suites 1 --power 0
refused "a file that is not there" 3 'No such file' "$EXITLAB" selftest gate --from "$work/none"
echo '{"type": "run"}' > "$work/other"
refused "a file of something else" 3 'no verdict of a gate' "$EXITLAB" selftest gate --from "$work/other"

try "$EXITLAB" selftest gate insn/rdtsc --env native --suites 2 --power 1 --pairs 2 --output "$work/kept.jsonl"
check "suites are run and counted" eval '[ $status -eq 0 ] && grep -q "^False alarms, .*: 0 of 2 " "$work/out"'
check "each is kept" [ "$(wc -l < "$work/kept.jsonl")" -eq 3 ]
check "as the schema says" eval 'python3 tests/golden/schema.py "$work/kept.jsonl" || [ $? -eq 77 ]'
cp "$work/out" "$work/printed"
check "--from prints the same" eval '"$EXITLAB" selftest gate --from "$work/kept.jsonl" | cmp - "$work/printed"'

# Counts that are known: 59 suites without an alarm, 29 with a handicap, of which 28 are found.
python3 - "$work/known.jsonl" << 'END'
import json, sys
def suite(handicap, verdict, port):
    row = dict(benchmark="io/port-out", parameters="", environment="guest", exits="1 pio>IO", ratio=1 + handicap,
               p_slower=0.5, verdict=port)
    other = dict(benchmark="exit/cpuid", environment="guest", exits="1 cpuid", ratio=1, p_slower=0.5, verdict="pass")
    native = dict(benchmark="insn/rdtsc", environment="native", verdict="not judged")
    return dict(type="comparison", schema_version=1, verdict=verdict, handicap=handicap, results=[row, other, native])
with open(sys.argv[1], "w") as out:
    for i in range(59):
        print(json.dumps(suite(0, "pass", "pass" if i else "inconclusive")), file=out)
    for i in range(29):
        print(json.dumps(suite(0.05, "regression", "regression" if i else "inconclusive")), file=out)
END
try "$EXITLAB" selftest gate --from "$work/known.jsonl"
check "known suites: no alarm in 59, up to 6.1 % (Clopper, Pearson)" \
	grep -qF '0 of 59 (0.0 %, 95 % interval 0.0 to 6.1 %)' "$work/out"
check "known suites: all but one result decided" grep -qF '117 of 118' "$work/out"
check "known suites: found in 28 of 29, from 82 % on" \
	grep -qE '^io/port-out in guest +\+5\.0 % +28 of 29 +82 to 100 %' "$work/out"
check "what has no exit to user space is in no row" eval '! grep -q "exit/cpuid" "$work/out"'
finish
