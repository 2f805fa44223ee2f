#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=240
# ab: two states in turn. The states here are files that a command writes: what is measured is the
# program's own way, not the machine.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=${EXITLAB:-build/exitlab}
log=$work/log
mkdir "$work/tmp"
export TMPDIR=$work/tmp
state() { echo "echo $1 >> $log"; }
quick=(--env native --instances 1 insn/rdtsc)

refused "no commands" 2 "wants --a 'COMMAND' and --b" "$EXITLAB" ab
refused "one command" 2 "wants --a 'COMMAND' and --b" "$EXITLAB" ab --a true
refused "no pairs" 2 'is not between 1 and 10000' "$EXITLAB" ab --a true --b true --pairs 0
refused "an unknown format" 2 'is not one of table' "$EXITLAB" ab --a true --b true --format xml
refused "a folder that is there" 3 'give a folder that is not there yet' "$EXITLAB" ab --a true --b true --output "$work"
refused "an operation that is none" 2 'no operation matches' "$EXITLAB" ab --a true --b true --force --pairs 1 exit/cpuidd

try "$EXITLAB" ab --a "$(state A)" --b "$(state B)" --pairs 1 "${quick[@]}"
check "states that leave the machine the same are refused" eval \
	'[ $status -eq 2 ] && grep -q "leave the machine the same, as far as its manifest shows" "$work/err"'
check "and the machine is put back" [ "$(tail -n 1 "$log")" = A ]

: > "$log"
try "$EXITLAB" ab --a "$(state A)" --b "$(state B)" --force --pairs 4 --output "$work/runs" "${quick[@]}"
check "the order is A B, B A, and A at the end" eval \
	'[ "$(tr "\n" " " < "$log")" = "A B B A A B B A A " ] || { cat "$log" "$work/out" "$work/err"; false; }'
check "all runs are kept" [ "$(ls "$work/runs" | tr '\n' ' ')" = \
	"a-001.jsonl a-002.jsonl a-003.jsonl a-004.jsonl b-001.jsonl b-002.jsonl b-003.jsonl b-004.jsonl " ]
check "gate judges them again" eval \
	'"$EXITLAB" gate --paired "$work"/runs/a-*.jsonl -- "$work"/runs/b-*.jsonl > "$work/again"; [[ $? == [04] ]] && grep -q "results" "$work/again"'
check "without --output nothing is left" [ -z "$(ls -A "$TMPDIR")" ]

: > "$log"
try "$EXITLAB" ab --a "$(state A)" --b "echo no such knob; exit 5" --force --pairs 2 "${quick[@]}"
check "a command that fails is named, with its words" eval \
	'[ $status -eq 3 ] && grep -q "^exitlab: --b .* ended with status 5: no such knob" "$work/err"'
check "and the machine is put back" [ "$(tail -n 1 "$log")" = A ]
: > "$log"
try "$EXITLAB" ab --a "$(state A)" --b "sleep 100 & sleep 100" --state-time 1 --force --pairs 2 "${quick[@]}"
check "a command that hangs is killed" eval '[ $status -eq 3 ] && grep -q "did not end within 1 s" "$work/err"'
check "with what it started" eval '! pgrep -f "^sleep 100$"'
try "$EXITLAB" ab --a "$(state A)" --b true --restore "$(state R)" --force --pairs 1 "${quick[@]}"
check "--restore is the last command" [ "$(tail -n 1 "$log")" = R ]
try "$EXITLAB" ab --a true --b true --restore "exit 9" --force --pairs 1 "${quick[@]}"
check "a machine that is not put back is said" grep -q 'was not put back: --restore .* status 9' "$work/err"

# Ctrl-C in the middle: put back, and what there is is judged.
: > "$log"
"$EXITLAB" ab --a "$(state A)" --b "$(state B)" --force --max-time 60 "${quick[@]}" > "$work/out" 2> "$work/pairs" < /dev/null &
child=$!
wait_for "$work/pairs" '^pair 2'
kill -INT $child
wait $child
check "Ctrl-C: exit status 130" [ $? -eq 130 ]
check "Ctrl-C: the machine is put back" [ "$(tail -n 1 "$log")" = A ]
check "Ctrl-C: what there is is judged" grep -q 'results' "$work/out"

# A state that is not the same each time: another set of knobs in the manifest.
if [ -w /sys/kernel/mm/transparent_hugepage/enabled ] && grep -q madvise /sys/kernel/mm/transparent_hugepage/enabled; then
	thp=/sys/kernel/mm/transparent_hugepage/enabled
	was=$(sed 's/.*\[\(.*\)\].*/\1/' $thp)
	trap 'echo $was > $thp; rm -rf "$work"' EXIT
	try "$EXITLAB" ab --a "echo never > $thp" --b "echo madvise > $thp" --restore "echo $was > $thp" --pairs 2 "${quick[@]}"
	check "a knob: the states are told apart without --force" eval '[[ $status == [04] ]]'
	check "and named" grep -q 'transparent huge pages: never, now madvise' "$work/out"
	check "and put back" grep -qF "[$was]" $thp
	try "$EXITLAB" ab --a "echo never > $thp" --b "[ -e $work/once ] || { touch $work/once; echo madvise > $thp; }" \
		--restore "echo $was > $thp" --pairs 3 "${quick[@]}"
	check "a switch that is stuck is found" eval '[ $status -eq 3 ] && grep -q "state b is not what it was in the first pair" "$work/err"'
else
	skip "a knob of this machine" "transparent huge pages cannot be switched here"
fi

# ---- sweep ----
refused "sweep of nothing" 2 'wants --param MODULE.NAME=V1,V2' "$EXITLAB" sweep
refused "sweep of two things" 2 'wants --param' "$EXITLAB" sweep --param a.b=1,2 --knob /x=1,2
refused "sweep of one value" 2 'has one value' "$EXITLAB" sweep --knob /sys/x=1
refused "sweep of something for a shell" 2 'not made of letters' "$EXITLAB" sweep --knob '/sys/x=1,$(reboot)'
refused "sweep of an empty value" 2 'an empty value' "$EXITLAB" sweep --knob '/sys/x=1,,2'
refused "sweep of a file that is not there" 3 'cannot read /sys/nothing: No such file' "$EXITLAB" sweep --knob /sys/nothing=1,2
refused "sweep of a file that can only be read" 3 'can only be read' "$EXITLAB" sweep --knob /sys/kernel/mm/transparent_hugepage/hpage_pmd_size=1,2
refused "sweep of a module without a name" 2 'is not MODULE.NAME' "$EXITLAB" sweep --param ept=0,1
refused "sweep of a module that is not there" 3 'cannot read /sys/module/nosuch' "$EXITLAB" sweep --param nosuch.ept=0,1
if [ -n "${thp:-}" ]; then
	try "$EXITLAB" sweep --knob $thp=never,madvise,always --pairs 3 "${quick[@]}"
	check "sweep: a column for each value" eval '[ $status -eq 0 ] && grep -qE "^operation .*never \(ticks\) +madvise +always" "$work/out"'
	check "sweep: put back" grep -qF "[$was]" $thp
	try "$EXITLAB" sweep --format csv --knob $thp=never,madvise --pairs 2 "${quick[@]}"
	check "sweep: csv" eval '[ $status -eq 0 ] && grep -q "^$thp,madvise,never,insn/rdtsc,,native," "$work/out"'
	"$EXITLAB" sweep --knob $thp=never,always --pairs 900 "${quick[@]}" > "$work/out" 2> "$work/rounds" < /dev/null &
	child=$!
	wait_for "$work/rounds" '^round 1 '
	kill -INT $child
	wait $child
	status=$?
	check "sweep: Ctrl-C: exit status 130" [ "$status" -eq 130 ]
	check "sweep: Ctrl-C: what there is is printed" eval 'grep -q "^insn/rdtsc" "$work/out" || { cat "$work/out" "$work/rounds"; false; }'
	check "sweep: Ctrl-C: put back" grep -qF "[$was]" $thp
else
	skip "sweep over a knob" "transparent huge pages cannot be switched here"
fi

# A regression of known size, through the same way that a user takes.
if "$EXITLAB" doctor > /dev/null || [ $? -eq 4 ]; then
	try "$EXITLAB" run 'io/port-out' --env guest --quick --instances 3 --max-time 10 --handicap 50% --output "$work/held.jsonl"
	try "$EXITLAB" ab --a true --b true --force --handicap 100% --pairs 12 io/port-out --env guest,native
	check "exits held up by as long as they take: a regression" eval '[ $status -eq 1 ] && grep -q "regressions, such as io/port-out in guest" "$work/out"'
	check "and the size is told" eval 'grep -o "slower by [0-9.]* %" "$work/out" | awk "{ if (\$3 > 50) good = 1 } END { exit !good }"'
else
	skip "exits that are held up" "no guests here: exitlab doctor says why"
fi
finish
