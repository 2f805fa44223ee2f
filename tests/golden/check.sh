#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=240
# exitlab check: what it prints in which format, what it refuses, and how it ends.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=$(realpath "${EXITLAB:-build/exitlab}")
guests=1
"$EXITLAB" doctor > /dev/null
case $? in 0 | 4) ;; *) guests=0 ;; esac

# ---- what needs no guest ----
try "$EXITLAB" check --list
check "--list: exit status 0" [ "$status" -eq 0 ]
check "--list: a line for each check" grep -qE '^port/value +a value reaches' "$work/out"
try "$EXITLAB" check --list --all
check "--list --all: every case, mode and manual" grep -qE '^port/value/in-dx/width=8 +real16 +Intel SDM' "$work/out"
check "--list --all: no name twice" eval '[ -z "$(awk "{print \$1 \"@\" \$2}" "$work/out" | sort | uniq -d)" ]'
check "--list --all: every one has a manual" eval '! awk "NF < 3" "$work/out" | grep -q .'
n=$(wc -l < "$work/out")
check "README says how many there are" grep -q "($n cases" README.md
check "README says how many faults can be planted" grep -q "$(grep -c '^	{"[a-z0-9-]*", "' kvm-harness/arch/x86/planted_faults.c) faults of a hypervisor" README.md
check "more than 500 of them" [ "$(wc -l < "$work/out")" -gt 500 ]
try "$EXITLAB" check --list 'memory/*'
check "--list of a glob" eval '[ $(grep -c "^memory/" "$work/out") -gt 5 ] && ! grep -q "^port" "$work/out"'
refused "a check that does not exist" 2 "no check matches 'port/valu'; the nearest is 'port/valu" "$EXITLAB" check port/valu
refused "a format that does not exist" 2 "'xml' is not one of text, tap, ktap, junit, json, openmetrics" "$EXITLAB" check --format xml
refused "--repeat 0" 2 "repeat: 0 is not between" "$EXITLAB" check --repeat 0
refused "--stress of no time" 2 "a time such as" "$EXITLAB" check --stress soon
refused "--list and a format" 2 "list runs nothing" "$EXITLAB" check --list --format tap
refused "--list and --save-repro" 2 "list runs nothing" "$EXITLAB" check --list --save-repro "$work/x"
refused "--seed without --stress" 2 "seed is that of the order under --stress" "$EXITLAB" check --seed 3
refused "--stress and --repeat" 2 "give one of them" "$EXITLAB" check --stress 2 --repeat 2
refused "a family that does not exist" 2 "the nearest is 'paging'" "$EXITLAB" check pagng
refused "nothing like it" 2 "no check matches 'nosuch'; see exitlab check --list" "$EXITLAB" check nosuch
check "--help: names, modes and exit status" eval '"$EXITLAB" check --help | grep -q "^modes: guest-user" && "$EXITLAB" check --help | grep -q "^exit status: 0 all"'
refused "--sensitivity and a format" 2 "goes with names of checks alone" "$EXITLAB" check --sensitivity --format tap
refused "an option of another command" 2 "check has no option '--counters'" "$EXITLAB" check --counters x

# ---- recorded verdicts ----
check "docs/check.md has the table of the recorded verdicts" eval '
	datasets/check-table.py datasets/recorded/check-pvm.jsonl.gz > "$work/table" && tail -n 1 "$work/table" | sed "s/^| all | //" |
	{ read -r line; grep -F "| all |" docs/check.md | grep -qF "$line"; }'
check "no recorded verdict is a failure" eval '! zcat datasets/recorded/check-*.jsonl.gz | grep -qE "\"status\":\"(FAIL|ERROR)\""'
check "every recorded run has every check" eval '
	for file in datasets/recorded/check-*.jsonl.gz; do
		[ "$(zcat "$file" | grep -c "\"type\":\"check\"")" -eq "$n" ] || exit 1
	done'

# ---- without /dev/kvm ----
if unshare -m true 2> /dev/null && [ -e /dev/kvm ]; then
	for format in text tap ktap junit json; do
		unshare -m sh -c 'mount --bind /dev/null /dev/kvm && exec "$@"' sh "$EXITLAB" check 'halt/*' --format $format > "$work/none" 2>&1
		check "no /dev/kvm: exit status 77 ($format)" [ $? -eq 77 ]
		check "no /dev/kvm: says why ($format)" grep -q '/dev/kvm' "$work/none"
	done
else
	skip "no /dev/kvm: exit status 77" "takes a namespace of its own, as root"
fi

if [ $guests = 0 ]; then
	skip "what the checks find" "no guest runs here"
	finish
	exit
fi

# ---- formats ----
few=('halt/*' 'port/value/in-dx/*' 'state/fpu*')
try "$EXITLAB" check "${few[@]}"
check "text: exit status 0" [ "$status" -eq 0 ]
check "text: the table of families" grep -qE '^halt +6 +6' "$work/out"
check "text: a known fault, and where" grep -qE '^KNOWN KVM fills in all of struct kvm_fpu but MXCSR' "$work/out"
check "text: lines fit into 100 columns" [ "$(LC_ALL=C.UTF-8 wc -L < "$work/out")" -le 100 ]
try "$EXITLAB" check --all 'halt/*'
check "--all: a line for each" [ "$(grep -c '^OK ' "$work/out")" -eq 6 ]
try "$EXITLAB" check --strict 'state/fpu-mxcsr'
check "--strict: a known fault is a failure: exit status 1" [ "$status" -eq 1 ]
check "--strict: a failure in the reports as well" eval '
	"$EXITLAB" check --strict state/fpu-mxcsr --format junit | grep -q "failures=\"1\"" &&
	"$EXITLAB" check --strict state/fpu-mxcsr --format tap | grep -qx "not ok 1 - state/fpu-mxcsr@guest"'
check "its full story with --all" eval '"$EXITLAB" check --all state/fpu-mxcsr | grep -A14 "^KNOWN" | grep -q "reproduce  *exitlab"'
check "text: the command that reproduces it does" eval '
	command=$("$EXITLAB" check --all state/fpu-mxcsr | sed -n "s/^  reproduce  *exitlab //p")
	"$EXITLAB" $command | grep -q "^KNOWN"'

if command -v prove > /dev/null; then
	"$EXITLAB" check "${few[@]}" --format tap > "$work/checks.tap"
	check "TAP: prove reads it" prove --exec cat "$work/checks.tap"
else
	skip "TAP: prove reads it" "needs perl"
fi
check "TAP: version, plan, TODO for what is known" eval '
	head -n 1 "$work/checks.tap" | grep -qx "TAP version 13" && sed -n 2p "$work/checks.tap" | grep -qE "^1\.\.[0-9]+$" &&
	grep -qE "^not ok [0-9]+ - state/fpu-mxcsr@guest # TODO KVM fills" "$work/checks.tap"'
"$EXITLAB" check "${few[@]}" --format ktap > "$work/checks.ktap"
check "KTAP: by its grammar" python3 tests/golden/ktap.py "$work/checks.ktap"
check "KTAP: XFAIL for what is known" grep -qE '^ok [0-9]+ state/fpu-mxcsr@guest # XFAIL' "$work/checks.ktap"
"$EXITLAB" check "${few[@]}" --format junit > "$work/checks.xml"
check "JUnit: well formed, and its counts are true" python3 - "$work/checks.xml" << 'END'
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
cases = root.findall("./testsuite/testcase")
assert root.tag == "testsuites" and len(cases) == int(root.get("tests")) > 10
assert len(root.findall("./testsuite/testcase/skipped")) == int(root.get("skipped"))
assert sum(int(suite.get("tests")) for suite in root) == len(cases)
END
"$EXITLAB" check "${few[@]}" --format json > "$work/checks.json"
python3 tests/golden/schema.py "$work/checks.json"
status=$?
if [ $status -eq 77 ]; then skip "JSON fits the schema" "needs python3-jsonschema"; else check "JSON fits the schema" [ $status -eq 0 ]; fi
check "JSON: no name of the host, of a user, of the kernel's command line" eval '! grep -qE "\"(host|hostname|user|cmdline)\"" "$work/checks.json"'
check "each format has as many" eval '
	n=$(grep -c "\"type\":\"check\"" "$work/checks.json")
	[ $n -gt 10 ] && [ $(grep -cE "^(not )?ok " "$work/checks.tap") -eq $n ] && [ $(grep -cE "^(not )?ok " "$work/checks.ktap") -eq $n ] && [ $(grep -c "<testcase" "$work/checks.xml") -eq $n ]'

# ---- again and again ----
try "$EXITLAB" check --repeat 20 --format json 'halt/*'
check "--repeat: every check so often" [ "$(grep -c '"runs":20' "$work/out")" -eq 6 ]
try "$EXITLAB" check --stress 2 --seed 7 'port/*' 'memory/*' 'mmio/value/add/*' 'interrupt/count/*@guest'
check "--stress: exit status 0, nothing of it is seen in guests" [ "$status" -eq 0 ]
check "--stress: its seed is printed" grep -q 'seed 7' "$work/out"
"$EXITLAB" check 'port/*' 'dirty/*' > "$work/one" 2>&1 &
other=$!
"$EXITLAB" check 'port/*' 'dirty/*' > "$work/two" 2>&1
first=$?
wait $other
check "two side by side do not disturb each other" [ $first$? = 00 ]

# ---- a signal ----
"$EXITLAB" check --repeat 1000000 'halt/*' --format json > "$work/stopped" 2> /dev/null &
child=$!
sleep 1
kill -INT $child
wait $child
check "Ctrl-C: exit status 130" [ $? -eq 130 ]
check "Ctrl-C: what was run is written" grep -q '"signal":2' "$work/stopped"
"$EXITLAB" check --stress 60 --format json > "$work/stopped" 2> /dev/null &
child=$!
sleep 1
kill -INT $child
wait $child
check "Ctrl-C: nothing is OK that was not run" eval '
	grep -q "\"runs\":0" "$work/stopped" && ! grep "\"runs\":0" "$work/stopped" | grep -q "\"OK\""'

# ---- faults of a hypervisor ----
try "$EXITLAB" check --sensitivity 'port/value/*' 'halt'
check "--sensitivity of some checks: what they do not catch may be for others: exit status 0" [ "$status" -eq 0 ]
check "--sensitivity: a fault, and the check that caught it" eval 'grep -A1 "^out-bit " "$work/out" | grep -q "caught by port/value/out"'
check "--sensitivity: one that these cannot catch" eval 'grep -A1 "^regs-r15 " "$work/out" | grep -q "not caught by the checks that were chosen"'
check "--sensitivity: the total" grep -qE '^84 faults were planted, [0-9]+ caught' "$work/out"

# ---- programs for reports ----
try "$EXITLAB" check --strict --save-repro "$work/repro" 'state/fpu-mxcsr'
file=$work/repro/state-fpu-mxcsr-guest.c
check "--save-repro: a program, named on standard error" eval '[ -s "$file" ] && grep -qF "$file" "$work/err"'
for standard in c99 gnu11; do
	check "--save-repro: it compiles as $standard without a warning" ${CC:-cc} -std=$standard -Wall -Wextra -Werror -o "$work/repro/program" "$file"
done
check "--save-repro: no more than a mail takes" [ "$(wc -c < "$file")" -lt 65536 ]
"$work/repro/program" > "$work/repro/out"
check "--save-repro: the fault is there: exit status 1" [ $? -eq 1 ]
check "--save-repro: it says what was expected and seen" grep -qE '^FAIL: expected MXCSR: 0x1f[0-9a-f]+, seen MXCSR: 0x0' "$work/repro/out"
# The value that the check wants is another: what KVM gives is then as expected.
sed -E '/^\tjudge\("MXCSR"/s/0x1f[0-9a-f]+ull, 0x1f[0-9a-f]+ull/0x0ull, 0x0ull/' "$file" > "$work/repro/right.c"
${CC:-cc} -o "$work/repro/right" "$work/repro/right.c" && "$work/repro/right" > "$work/repro/out"
check "--save-repro: ok where it is as expected: exit status 0" eval '[ $? -eq 0 ] && grep -q "^ok: expected MXCSR" "$work/repro/out"'
if unshare -m true 2> /dev/null; then
	unshare -m sh -c 'mount --bind /dev/null /dev/kvm && exec "$@"' sh "$work/repro/program" > "$work/repro/out"
	check "--save-repro: /dev/kvm that is none: exit status 77" [ $? -eq 77 ]
	unshare -m sh -c 'mount -t tmpfs none /dev && exec "$@"' sh "$work/repro/program" > "$work/repro/out"
	check "--save-repro: no /dev/kvm: exit status 77" [ $? -eq 77 ]
	check "--save-repro: no /dev/kvm: says why" grep -q '^SKIP: cannot open /dev/kvm: No such file' "$work/repro/out"
else
	skip "--save-repro: no /dev/kvm: exit status 77" "takes a namespace of its own, as root"
fi
try "$EXITLAB" check --strict --save-repro /proc/nowhere state/fpu-mxcsr
check "--save-repro into a folder that cannot be: exit status 3, and named" eval '[ $status -eq 3 ] && grep -q "cannot make the folder /proc/nowhere" "$work/err"'
check "--save-repro into a folder that cannot be: before any check runs" [ ! -s "$work/out" ]
touch "$work/file"
try "$EXITLAB" check --save-repro "$work/file" state/fpu-mxcsr
check "--save-repro into a file: exit status 3, before any check runs" eval '[ $status -eq 3 ] && [ ! -s "$work/out" ] && grep -q "cannot write into the folder" "$work/err"'
try "$EXITLAB" check --save-repro "$work/known" state/fpu-mxcsr
check "--save-repro: known faults without --strict are said" grep -qx '1 known fault: add --strict to have a program of it' "$work/err"
try "$EXITLAB" check --save-repro "$work/empty" 'halt/*'
"$EXITLAB" check --strict --save-repro "$work/code" 'tsc/denied@guest-user' > "$work/out" 2>&1
file=$work/code/tsc-denied-guest-user.c
if [ -s "$file" ]; then
	check "--save-repro: guest memory says what it is" grep -q "Guest memory from 0x1000: page tables" "$file"
	check "--save-repro: the check's code is told in words" grep -qE '^	 \* +30000:  0f 31 +rdtsc' "$file"
	check "--save-repro: with guest code, no more than a mail takes" [ "$(wc -c < "$file")" -lt 65536 ]
else
	skip "--save-repro: the check's code is told in words" "no known fault in ring 3 here"
fi
check "--save-repro: nothing fails, no program" [ -z "$(ls "$work/empty")" ]
finish
