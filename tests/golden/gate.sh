#!/bin/bash
# SPDX-License-Identifier: MIT
# compare and gate: what they say of two sides, in every form, and what they refuse.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=${EXITLAB:-build/exitlab}
REAL=$work/recorded-real.jsonl
OLD=$work/recorded-old.jsonl
NEW=$work/recorded-new.jsonl
zcat datasets/recorded/kvm_pvm-2026-11.jsonl.gz > "$REAL"
zcat datasets/recorded/lab-amd-npt-stable.jsonl.gz > "$OLD"
zcat datasets/recorded/lab-amd-npt-backports.jsonl.gz > "$NEW"

# change FROM TO EXPRESSION: a copy, after a piece of Python that may change each record r.
change()
{
	python3 - "$@" << 'END'
import json, os, random, sys
name = os.path.basename(sys.argv[2])
with open(sys.argv[1]) as lines, open(sys.argv[2], "w") as out:
    for line in lines:
        r = json.loads(line)
        exec(sys.argv[3])
        if r:
            out.write(json.dumps(r) + "\n")
END
}

# session NAME FACTOR PATTERN: a session of these few operations, some percent off as all sessions
# are; operations whose name begins with the pattern are slower by the factor.
session()
{
	change "$work/few.jsonl" "$work/$1.jsonl" "
if r['type'] in ('instance', 'result'):
    random.seed(name + r['benchmark'] + r['parameters'] + r['environment'])
    f = random.gauss(1, .01) * ($2 if r['benchmark'].startswith('$3') and r['environment'] != 'native' else 1)
    if r['type'] == 'result' and 'estimate' in r:
        for k in ('point_ticks', 'lo_ticks', 'hi_ticks'):
            if k in r['estimate']: r['estimate'][k] *= f
    if r['type'] == 'instance':
        b = r['batches']
        b['op_ticks'] = [int(t * f) for t in b['op_ticks']]
        b['twin_ticks'] = [int(t * f) for t in b['twin_ticks']]"
}
change "$REAL" "$work/few.jsonl" "
if r['type'] in ('instance', 'result') and r['benchmark'] not in ('exit/cpuid', 'io/port-out', 'base/add-chain'): r = None
if r: r.pop('single', None)"

# ---- two files ----
try "$EXITLAB" compare "$REAL" "$REAL"
check "a file against itself: nothing differs" eval \
	'[ $status -eq 0 ] && grep -q "slower in 0 results, faster in 0" "$work/out"'
check "and says that the manifests do not differ" grep -q 'manifests do not differ' "$work/out"
try "$EXITLAB" gate "$REAL" "$REAL"
check "a gate of one session a side: exits decide, times are advice" eval \
	'[ $status -eq 0 ] && grep -q "times are advice" "$work/out"'
try "$EXITLAB" gate --strict "$REAL" "$REAL"
check "--strict: that is undecided" [ "$status" -eq 4 ]
try "$EXITLAB" gate "$OLD" "$OLD"
check "instructions of a kernel against itself: no regression" eval '[ $status -eq 0 ] && grep -q "^No regression" "$work/out"'
try "$EXITLAB" gate "$OLD" "$NEW"
check "of another kernel: regressions, exit status 1" eval '[ $status -eq 1 ] && grep -q "results are regressions" "$work/out"'
check "the kernels and builds are named" grep -q 'kernel: 6.1.0.* now' "$work/out"
check "wide as a terminal" [ "$(LC_ALL=C.UTF-8 wc -L < "$work/out")" -le 100 ]

# ---- what is exact can fail a gate from two files ----
one() # NAME EXPRESSION PATTERN: this change of exit/cpuid in the guest is found
{
	local pattern=$3

	change "$work/few.jsonl" "$work/changed.jsonl" "
if r['type'] == 'result' and r['benchmark'] == 'exit/cpuid' and r['parameters'] == 'leaf=0x1' and r['environment'] == 'guest':
    $2"
	try "$EXITLAB" gate "$work/few.jsonl" "$work/changed.jsonl"
	check "$1" eval '[ $status -eq 1 ] && grep -q "^1 of .* regressions, such as exit/cpuid" "$work/out" && tr -s "\n " " " < "$work/out" | grep -q -e "$pattern"'
}
one "an exit more" "r['proof']['exits'] = '2 cpuid'" "exits per iteration: 1 cpuid, now 2 cpuid"
one "an event that was not there" "r['proof']['lines'].append(dict(source='tracepoint', event='kvm_msr', wanted=False, declared=0, slack=0, observed=r['proof']['iterations']))" \
	"kvm_msr: 0 per iteration, now 1"
one "proven no more" "r['proof']['verdict'] = 'unproven'; r['proof']['why'] = 'nobody looked'" "now unproven: nobody looked"
one "refuted" "r['proof']['verdict'] = 'refuted'; r['proof']['why'] = 'another exit'" "now refuted: another exit"
one "an error" "r['status'] = 'ERROR'; r['reason'] = 'it broke'" "now ERROR: it broke"
one "skipped" "r['status'] = 'SKIP'; r['reason'] = 'not here'" "skipped now: not here"
change "$work/few.jsonl" "$work/changed.jsonl" "
if r['type'] in ('result', 'instance') and r['benchmark'] == 'io/port-out': r = None"
try "$EXITLAB" gate "$work/few.jsonl" "$work/changed.jsonl"
check "operations that vanished" eval '[ $status -eq 1 ] && grep -q "io/port-out" "$work/out" && grep -q "does not have it" "$work/out"'
try "$EXITLAB" gate "$work/changed.jsonl" "$work/few.jsonl"
check "new operations are no finding" [ "$status" -eq 0 ]
change "$OLD" "$work/grown.jsonl" "
if r['type'] == 'instance' and r['benchmark'] == 'exit/hlt' and r['environment'] == 'guest' and 'mode_ticks' in r: r['mode_ticks'] += 10
if r['type'] == 'result' and r['benchmark'] == 'exit/hlt' and r['environment'] == 'guest':
    e = r['estimate']
    for k in ('point_ticks', 'lo_ticks', 'hi_ticks'): e[k] += 10
    r['exactness']['values'] = [[v + 10, n] for v, n in r['exactness']['values']]"
try "$EXITLAB" gate "$OLD" "$work/grown.jsonl"
check "ten instructions more: found, and nothing else" eval '[ $status -eq 1 ] && grep -q "^1 of " "$work/out" && grep -q "exit/hlt .*+10 .*regression" "$work/out"'

# ---- a policy ----
echo '{"rules": [{"operation": "exit/*", "instructions": 10}]}' > "$work/policy.json"
try "$EXITLAB" gate --policy "$work/policy.json" "$OLD" "$work/grown.jsonl"
check "a policy that allows ten" [ "$status" -eq 0 ]
echo '{"rules": [{"operation": "exit/*", "instructions": 9}]}' > "$work/policy.json"
try "$EXITLAB" gate --policy "$work/policy.json" "$OLD" "$work/grown.jsonl"
check "a policy that allows nine" [ "$status" -eq 1 ]
echo '{"rules": [{"operation": "exit/hlt", "environment": "guest", "ignore": true, "why": "known since spring"}]}' > "$work/policy.json"
try "$EXITLAB" gate --all --policy "$work/policy.json" "$OLD" "$work/grown.jsonl"
check "a policy that ignores it, with its reason" eval '[ $status -eq 0 ] && tr -s "\n " " " < "$work/out" | grep -q "ignored by the policy: known since spring"'
for bad in '{"rulez": []}' '{"rules": [{"delta": 1}]}' '{"rules": [{"operation": "x", "dleta": 1}]}' '{"delta": "3"}' \
	'{"delta": -1}' '[]' '{"alpha": 0}' '{' '{"rules": {}}' '{"delta": 0.1, "delta": 0.2}'; do
	echo "$bad" > "$work/policy.json"
	refused "policy $bad" 2 policy.json "$EXITLAB" gate --policy "$work/policy.json" "$OLD" "$NEW"
done

# ---- sessions and pairs ----
for i in 1 2 3 4 5 6 7 8 9; do
	session "a$i" 1 nothing
	session "b$i" 1 nothing
	session "slow$i" 1.2 io/port-out
done
side() # NAME COUNT
{
	local i

	for ((i = 1; i <= $2; i++)); do echo "$work/$1$i.jsonl"; done
}
mapfile -t a9 < <(side a 9); mapfile -t b9 < <(side b 9); mapfile -t slow9 < <(side slow 9)
try "$EXITLAB" gate "${a9[@]}" -- "${b9[@]}"
check "nine sessions a side of the same: no regression" eval '[[ $status == [04] ]] && grep -q "^No regression" "$work/out"'
try "$EXITLAB" gate "${a9[@]}" -- "${slow9[@]}"
check "nine sessions a side, one operation slower by a fifth: found" eval '[ $status -eq 1 ] && grep -q "such as io/port-out" "$work/out"'
check "and nothing else is" eval '! grep -E "^(exit|base)/.* regression" "$work/out"'
try "$EXITLAB" gate --paired "${a9[@]}" -- "${slow9[@]}"
check "the same as pairs: too few for a verdict, and it says how many it takes" eval \
	'[ $status -eq 4 ] && tr -s "\n " " " < "$work/out" | grep -q "With 9 pairs no time of 32 can be called a regression: it takes 10"'
try "$EXITLAB" gate "${a9[@]:0:3}" -- "${slow9[@]:0:3}"
check "three sessions a side: advice, not a failure" eval '[ $status -eq 0 ] && grep -q "times are advice" "$work/out"'
change "$work/slow1.jsonl" "$work/drift1.jsonl" "pass"
for i in 1 2 3 4 5 6 7 8 9; do
	change "$work/b$i.jsonl" "$work/drift$i.jsonl" "
if r['type'] == 'result' and r['environment'] == 'native' and 'estimate' in r:
    for k in ('point_ticks', 'lo_ticks', 'hi_ticks'): r['estimate'][k] *= 1.3"
done
mapfile -t drift9 < <(side drift 9)
try "$EXITLAB" gate "${a9[@]}" -- "${drift9[@]}"
check "what no hypervisor can change has moved: times tell nothing" eval \
	'[ $status -ne 1 ] && tr -s "\n " " " < "$work/out" | grep -q "Times tell nothing: base/add-chain natively.*machine was not the same"'

# ---- forms ----
for format in table markdown json csv; do
	try "$EXITLAB" compare --format $format "$OLD" "$NEW"
	check "compare: $format" eval '[ $status -eq 0 ] && grep -q exit/hlt "$work/out"'
done
"$EXITLAB" gate --format json "$OLD" "$NEW" > "$work/gate.json"
check "json: one object that fits the schema" eval 'python3 tests/golden/schema.py "$work/gate.json" || [ $? -eq 77 ]'
check "json: the verdict" python3 -c "
import json; g = json.load(open('$work/gate.json'))
assert g['verdict'] == 'regression' and g['results'][0]['verdict'] == 'regression'
assert sum(r['verdict'] == 'regression' for r in g['results']) > 10"
"$EXITLAB" gate --format junit "$OLD" "$NEW" > "$work/gate.xml"
check "junit: XML with as many failures as it says" python3 -c "
import xml.etree.ElementTree as x; s = x.parse('$work/gate.xml').getroot()
assert len(s.findall('testcase')) == int(s.get('tests')) > 100
assert len(s.findall('testcase/failure')) == int(s.get('failures')) > 10"
"$EXITLAB" gate --format tap "$OLD" "$NEW" > "$work/gate.tap"
check "tap: as many tests as planned" eval \
	'[ "$(grep -cE "^(not )?ok " "$work/gate.tap")" = "$(sed -n "s/^1\.\.//p" "$work/gate.tap")" ]'
"$EXITLAB" gate --format github "$OLD" "$NEW" > "$work/gate.gh"
check "github: an annotation for each" eval '[ "$(grep -c "^::error title=" "$work/gate.gh")" -gt 10 ]'
"$EXITLAB" gate --format csv "$OLD" "$NEW" > "$work/gate.csv"
check "csv: as many cells in each row" python3 -c "
import csv; rows = list(csv.reader(open('$work/gate.csv')))
assert len(rows) > 100 and len({len(r) for r in rows}) == 1"

# ---- what is refused ----
refused "another substrate" 3 'substrate pvm against svm' "$EXITLAB" compare "$REAL" "$OLD"
change "$REAL" "$work/other.jsonl" "
if r['type'] == 'run': r['machine']['cpu_model'] = 'Another CPU'"
refused "another processor, named" 3 'processor .* against Another CPU' "$EXITLAB" gate "$REAL" "$work/other.jsonl"
try "$EXITLAB" gate --force "$REAL" "$work/other.jsonl"
check "--force does it, and says so" eval '[ $status -eq 0 ] && grep -q "^Compared by force: .*processor" "$work/out"'
change "$work/few.jsonl" "$work/code.jsonl" "
if r['type'] == 'result' and r['benchmark'] == 'exit/cpuid': r['payload_hash'] = '0123456789abcdef'
if r['type'] == 'instance' and r['benchmark'] == 'exit/cpuid': r['payload_hash'] = '0123456789abcdef'"
try "$EXITLAB" gate "$work/few.jsonl" "$work/code.jsonl"
check "other machine code is not compared, and named" eval 'tr -s "\n " " " < "$work/out" | grep -q "machine code differs"'
refused "one file" 2 "wants the base's result files" "$EXITLAB" gate "$OLD"
refused "nothing behind --" 2 "wants the base's result files" "$EXITLAB" gate "$OLD" --
refused "nothing before --" 2 "wants the base's result files" "$EXITLAB" gate -- "$OLD"
refused "pairs of unequal numbers" 2 'as many files' "$EXITLAB" gate --paired "$OLD" "$OLD" -- "$NEW"
refused "three files to compare" 2 'wants two result files' "$EXITLAB" compare "$OLD" "$OLD" "$NEW"
refused "a format that only gates have" 2 'not one of table, markdown, json, csv$' "$EXITLAB" compare --format tap "$OLD" "$NEW"
refused "a file that is not there" 3 'No such file' "$EXITLAB" gate "$OLD" "$work/none"
head -c 100000 "$OLD" > "$work/torn.jsonl"
try "$EXITLAB" gate "$work/torn.jsonl" "$work/torn.jsonl"
check "a torn file: said, and the rest is compared" eval '[[ $status == [04] ]] && grep -q torn "$work/err"'
change "$OLD" "$work/hostile.jsonl" "
if r['type'] in ('result', 'instance'): r['benchmark'] = 'exit/<b>&\"|%::\x1b[31m' + r['benchmark'][-20:]"
for format in table markdown json csv junit tap github; do
	try "$EXITLAB" gate --format $format "$OLD" "$work/hostile.jsonl"
	check "hostile names: $format" eval '[ $status -eq 4 ] && ! grep -q $'"'\033'"' "$work/out"'
done
finish
