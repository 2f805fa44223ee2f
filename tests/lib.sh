# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What test scripts share: they source this file, call these functions, and end with `finish`.
# Standard output is TAP: a line for each test, diagnostics behind '#', the plan at the end. $work is
# a folder for temporary files.

tests=0
failures=0
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT

ok()
{
	tests=$((tests + 1))
	echo "ok $tests - $1"
}

# not_ok NAME [DETAIL]: the detail may have several lines.
not_ok()
{
	tests=$((tests + 1))
	failures=$((failures + 1))
	echo "not ok $tests - $1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | sed -n '1,40s/^/# /p'
}

# skip NAME REASON
skip()
{
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# check NAME COMMAND...: passes when the command does; what it prints is shown when it does not.
check()
{
	local name=$1 output

	shift
	if output=$("$@" 2>&1); then
		ok "$name"
	else
		not_ok "$name" "$output"
	fi
}

# wait_for FILE PATTERN: until a line of it matches, for at most twenty seconds.
wait_for()
{
	local i

	for ((i = 0; i < 200; i++)); do
		grep -q -e "$2" "$1" 2> /dev/null && return 0
		sleep 0.1
	done
	return 1
}

# skip_all REASON: nothing of this script can be tested here.
skip_all()
{
	echo "1..0 # SKIP $1"
	exit 77
}

# try COMMAND...: its exit status is in $status then, its output in $work/out and $work/err. A script
# may set `around` to a command, or a function, that runs the rest of its arguments.
around=()
try()
{
	"${around[@]}" timeout 60 "$@" > "$work/out" 2> "$work/err" < /dev/null
	# shellcheck disable=SC2034 # for the script that sources this
	status=$?
}

# refused NAME STATUS PATTERN COMMAND...: the command ends with this status, prints nothing on
# standard output, and a line on standard error that matches.
refused()
{
	local name=$1 wanted=$2 pattern=$3

	shift 3
	try "$@"
	if [ "$status" -eq "$wanted" ] && [ ! -s "$work/out" ] && grep -q -e "$pattern" "$work/err"; then
		ok "$name"
	else
		not_ok "$name" "exit status $status, not $wanted; or not '$pattern': $(head -c 2000 "$work/out" "$work/err")"
	fi
}

# The last command of a script: its status is the script's.
finish()
{
	echo "1..$tests"
	[ "$failures" -eq 0 ]
}
