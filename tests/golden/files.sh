#!/bin/bash
# SPDX-License-Identifier: MIT
# Result files: of runs that were stopped, that cannot be written, and that are none.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
EXITLAB=${EXITLAB:-build/exitlab}
file=$work/run.jsonl
long=(run --instances 10000 --max-time 50 --output "$file" 'base/*')

# stopped SIGNAL WANTED: sends it when the file has some lines; the exit status must be WANTED.
stopped()
{
	local tries=0 child

	rm -f "$file"
	"$EXITLAB" "${long[@]}" > "$work/out" 2> "$work/err" < /dev/null &
	child=$!
	until [ "$(grep -c '"type":"instance"' "$file" 2> /dev/null)" -ge 5 ]; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || break
		sleep 0.1
	done
	kill -s "$1" "$child"
	{ wait "$child"; } 2> /dev/null
	status=$?
	echo "exit status $status"
	[ "$status" -eq "$2" ]
}

shows()
{
	try "$EXITLAB" show "$@"
	cat "$work/err" "$work/out"
	[ "$status" -eq 0 ] && grep -q '^base/empty' "$work/out"
}

shows_from_input()
{
	"$EXITLAB" show - < "$1" | grep -q '^base/empty'
}

no_faults()
{
	cat "$work/schema"
	grep -q ' 0 faults$' "$work/schema"
}

fits_schema()
{
	python3 tests/golden/schema.py "$file" > "$work/schema" 2>&1
	case $? in
	77) skip "$1" "$(tail -n 1 "$work/schema")" ;;
	*) check "$1" no_faults ;;
	esac
}

# The run was refused before it measured anything.
fails_at_once()
{
	refused "$1" 3 "$2" "$EXITLAB" run --env native --output "$3" 'base/*'
	check "$1: nothing was measured" [ -z "$(grep ^measured "$work/err")" ]
}

check "SIGINT: exit status 130" stopped INT 130
fits_schema "SIGINT: the file fits the schema"
check "SIGINT: the file says that it is complete" grep -q '^{"type":"end".*"signal":2' "$file"
check "SIGINT: show reads it" shows "$file"
check "SIGTERM: exit status 143" stopped TERM 143
fits_schema "SIGTERM: the file fits the schema"
check "SIGTERM: show reads it" shows "$file"
check "SIGKILL: exit status 137" stopped KILL 137
check "SIGKILL: show reads it" shows "$file"
cp "$file" "$work/whole.jsonl"
head -c -30 "$work/whole.jsonl" > "$file"
check "a file cut within its last line: show reads it" shows "$file"
check "the same from standard input" shows_from_input "$file"

fails_at_once "--output in a folder that is not there" 'cannot write' "$work/none/run.jsonl"
fails_at_once "--output that is a folder" 'cannot write' "$work"
fails_at_once "--output on a full disk" 'No space left' /dev/full

refused "show of an empty file" 3 "$work/empty: " "$EXITLAB" show "$(: > "$work/empty"; echo "$work/empty")"
printf 'garbage\n\000\377\n' > "$work/garbage"
refused "show of garbage" 3 "$work/garbage:1: " "$EXITLAB" show "$work/garbage"
head -c 100000 /dev/urandom > "$work/noise"
refused "show of noise" 3 "$work/noise" "$EXITLAB" show "$work/noise"
sed '1s/"schema_version":[0-9]*/"schema_version":4711/' "$work/whole.jsonl" > "$work/later"
refused "show of a schema version to come" 3 'schema version 4711' "$EXITLAB" show "$work/later"
sed 1d "$work/whole.jsonl" > "$work/headless"
refused "show of a file without its run record" 3 "$work/headless" "$EXITLAB" show "$work/headless"
sed '3s/.*/{"type":/' "$work/whole.jsonl" > "$work/hole"
refused "show of a file with a broken line inside" 3 "$work/hole:3: " "$EXITLAB" show "$work/hole"
sed '2s/"type":"[a-z]*"/"type":"novelty"/' "$work/whole.jsonl" > "$work/novel"
try "$EXITLAB" show "$work/novel"
check "an unknown record does not crash show" [ "$status" -le 3 ]
refused "show of a folder" 3 "$work" "$EXITLAB" show "$work"
finish
