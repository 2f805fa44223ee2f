#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: run.sh PROGRAM... [--beside PROGRAM...]
#
# Those behind --beside run meanwhile, one after the other as well: emulated hosts, for which time means nothing.
#
# Runs test programs (cmocka) and scripts, which print TAP: one line for each that passes, all
# output of each that fails. A program that crashes, takes longer than TIMEOUT seconds, ends before
# its plan is fulfilled or prints no test is one failure. Status 77 and no test: skipped. The last
# line is the total of test cases, the exit status is 1 when one failed. UNDER="valgrind -q" runs each
# under that command.
set -u

TIMEOUT=${TIMEOUT:-300}
read -ra under <<< "${UNDER:-}"
export CMOCKA_MESSAGE_OUTPUT=TAP

work=$(mktemp -d) || exit 3
child= beside=
trap 'rm -rf "$work"' EXIT
trap '[ -z "$child$beside" ] || kill $child $beside; exit 130' INT TERM
: > "$work/reasons"

# Reads TAP, prints "passed failed skipped planned"; the reasons of skipped tests go into a file.
# cmocka 1.1.5 writes "not ok N # SKIP name" for a skipped test, its reason in the lines before.
count_tests()
{
	awk -v reasons="$work/reasons" '
		function skipped(reason) { skip++; print reason >> reasons }

		BEGIN { pass = fail = skip = plan = 0 }
		/^1\.\.0/ && sub(/.*# *SKIP[^ ]* */, "") { skipped($0); plan++; next }
		/^1\.\.[0-9]+/ { plan += substr($1, 4); next }
		/^not ok [0-9]+ # *SKIP/ {
			name = $0
			sub(/.*# *SKIP */, "", name)
			skipped(said == "" ? name : said)
			said = ""
			next
		}
		/^ok .*# *SKIP/ { sub(/.*# *SKIP[^ ]* */, ""); skipped($0); said = ""; next }
		/^ok( |$)/ { pass++; said = ""; next }
		/^not ok( |$)/ { fail++; said = ""; next }
		!/^#/ && NF { said = $0 }
		END { print pass, fail, skip, plan }' "$1"
}

# What is wrong with a program beyond the tests that it reports itself; nothing if all is well.
fault_of()
{
	local status=$1 seconds=$2 failed=$3 ran=$4 planned=$5 limit=$6

	if [ "$status" -ge 124 ] && [ "$seconds" -ge "$limit" ]; then
		echo "did not end within $limit s"
	elif [ "$status" -eq 126 ] || [ "$status" -eq 127 ]; then
		echo "cannot be started, or something in it cannot: exit status $status"
	elif [ "$status" -ge 128 ]; then
		echo "was ended by signal $((status - 128))"
	elif [ "$ran" -eq 0 ]; then
		echo "ran no test: exit status $status"
	elif [ "$failed" -gt 0 ]; then
		:
	elif [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then
		echo "no test failed, but its exit status is $status"
	elif [ "$planned" -gt 0 ] && [ "$ran" -ne "$planned" ]; then
		echo "$planned tests planned, $ran ran"
	fi
}

# A script that takes longer says so in a line "# TIMEOUT=900".
limit_of()
{
	local own

	own=$(head -c 1000 "$1" 2> /dev/null | tr -d '\0' | sed -n 's/^# TIMEOUT=\([0-9]*\)$/\1/p')
	echo "${own:-$TIMEOUT}"
}

total_passed=0 total_failed=0 total_skipped=0

run_program()
{
	local program=$1 name=$1 log=$work/log seconds=$SECONDS
	local status passed failed skipped planned fault limit

	[[ $program == */* ]] || program=./$program
	name=${name%/}
	limit=$(limit_of "$program")
	# In the background, as a signal to this script would else wait for the program's end.
	timeout -k 5 "$limit" "${under[@]}" "$program" > "$log" 2>&1 < /dev/null &
	child=$!
	{ wait "$child"; } 2> /dev/null
	status=$?
	child=
	seconds=$((SECONDS - seconds))
	read -r passed failed skipped planned < <(count_tests "$log")
	if [ "$status" -eq 77 ] && [ $((passed + failed + skipped)) -eq 0 ]; then
		skipped=1 planned=1
		tail -n 1 "$log" >> "$work/reasons"
	fi
	fault=$(fault_of "$status" "$seconds" "$failed" $((passed + failed + skipped)) "$planned" "$limit")
	[ -z "$fault" ] || failed=$((failed + 1))
	if [ "$failed" -gt 0 ]; then
		echo "FAILED  $name: $failed failed, $passed passed, $skipped skipped, $seconds s"
		sed 's/^/    /' "$log"
		[ -z "$fault" ] || echo "FAILED  $name $fault"
	else
		printf 'passed  %-44s %4d tests %4d s%s\n' "$name" "$passed" "$seconds" \
			"$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
	fi
	total_passed=$((total_passed + passed))
	total_failed=$((total_failed + failed))
	total_skipped=$((total_skipped + skipped))
}

programs=()
while [ $# -gt 0 ] && [ "$1" != --beside ]; do
	programs+=("$1")
	shift
done
if [ $# -gt 1 ]; then
	shift
	"$0" "$@" > "$work/beside" 2>&1 &
	beside=$!
fi
for program in "${programs[@]}"; do
	run_program "$program"
done
# Its last line are its totals.
if [ -n "$beside" ]; then
	{ wait "$beside"; } 2> /dev/null
	sed '$d' "$work/beside"
	read -r passed _ failed _ skipped _ < <(tail -n 1 "$work/beside")
	if [[ "$passed$failed$skipped" =~ ^[0-9]+$ ]]; then
		total_passed=$((total_passed + passed))
		total_failed=$((total_failed + failed))
		total_skipped=$((total_skipped + skipped))
	else
		tail -n 1 "$work/beside"
		echo "FAILED  what ran beside came to no end"
		total_failed=$((total_failed + 1))
	fi
fi

if [ -s "$work/reasons" ]; then
	echo "skipped because:"
	sort "$work/reasons" | uniq -c | sed 's/^ *\([0-9]*\) /    \1 x /'
fi
echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
[ "$total_failed" -eq 0 ]
