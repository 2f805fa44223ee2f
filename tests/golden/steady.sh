#!/bin/bash
# SPDX-License-Identifier: MIT
# What happens to a run from outside: others like it, signals, a reader that leaves, a terminal that
# is none. Nothing of it loses what was measured.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=${EXITLAB:-build/exitlab}
long=("$EXITLAB" run 'sensitive/*' --env native --instances 10000 --max-time 30)

# start_long NAME: in the background, until it has measured something.
start_long()
{
	"${long[@]}" --output "$work/$1.jsonl" > "$work/$1.out" 2> "$work/$1.err" &
	child=$!
	wait_for "$work/$1.jsonl" '"instance"'
}

start_long first
try "$EXITLAB" run base/empty --env native --quick --instances 3 --max-time 5
check "a second run on the same CPU is told so" grep -q 'another exitlab measures on CPU [0-9]*: ' "$work/err"
check "and goes on" grep -q '^base/empty' "$work/out"

kill -STOP $child
sleep 1
kill -CONT $child
check "SIGSTOP and SIGCONT: it goes on" kill -0 $child
kill -INT $child
wait $child
check "SIGINT: exit status 130" [ $? -eq 130 ]
check "SIGINT: the table is printed" grep -q '^sensitive/' "$work/first.out"
check "SIGINT: the file has its end" grep -q '"type":"end"' "$work/first.jsonl"

try "$EXITLAB" run base/empty --env native --quick --instances 3 --max-time 5
check "a run that has ended is in nobody's way" eval '! grep "another exitlab" "$work/err"'

start_long killed
kill -KILL $child
wait $child 2> /dev/null
check "SIGKILL: the file is valid up to there" "$EXITLAB" show "$work/killed.jsonl"
try "$EXITLAB" run base/empty --env native --quick --instances 3 --max-time 5
check "SIGKILL: its CPU is free" eval '! grep "another exitlab" "$work/err"'

start_long removed
rm "$work/removed.jsonl"
kill -TERM $child
wait $child
check "its file removed meanwhile, SIGTERM: exit status 143" [ $? -eq 143 ]
check "and the table is printed" grep -q '^sensitive/' "$work/removed.out"

"$EXITLAB" show "$work/first.jsonl" --format json | head -n 1 > "$work/line"
check "a reader that leaves ends show quietly" eval '[ "$(wc -l < "$work/line")" -eq 1 ]'

for locale in C POSIX tr_TR.UTF-8 nonesuch; do
	check "locale $locale: the same table" eval \
		'LC_ALL=$locale "$EXITLAB" show "$work/first.jsonl" | cmp - <(LC_ALL=C "$EXITLAB" show "$work/first.jsonl")'
done
check "TERM=dumb, 20 columns: the same table" eval \
	'TERM=dumb COLUMNS=20 "$EXITLAB" show "$work/first.jsonl" | cmp - <("$EXITLAB" show "$work/first.jsonl")'
try env -i "$EXITLAB" run base/empty --env native --quick --instances 3 --max-time 5
check "no environment at all" eval '[ $status -eq 0 ] || [ $status -eq 4 ]'
"$EXITLAB" run base/empty --env native --quick --instances 3 --max-time 5 > "$work/out" 2>&1 0<&-
status=$?
check "no standard input" eval '[ $status -eq 0 ] || [ $status -eq 4 ]'
"$EXITLAB" run base/empty --env native --quick --instances 3 --max-time 5 > "$work/out" 2>&-
check "no standard error" grep -q '^base/empty' "$work/out"

# What a machine has of each, beside what other processes take and leave meanwhile.
state()
{
	wc -l < /proc/mounts
	grep -E '^HugePages_|^Hugetlb' /proc/meminfo
	ls -A /dev/shm
	ulimit -a
	ps -eo stat=,comm= | grep -v '^Z' | grep -c 'exitlab$'
}
if "$EXITLAB" doctor > /dev/null || [ $? -eq 4 ]; then
	state > "$work/before"
	timeout 120 "$EXITLAB" run base/empty --env guest --instances 1000 --max-time 100 \
		--output "$work/many.jsonl" > "$work/out" 2> "$work/err"
	state > "$work/after"
	check "a thousand VMs and more" eval \
		'[ "$(grep -c "\"type\":\"instance\"" "$work/many.jsonl")" -ge 1000 ]'
	check "leave mounts, huge pages, limits and processes as they were" diff "$work/before" "$work/after"
else
	skip "a thousand VMs" "no guests here: exitlab doctor says why"
fi
finish
