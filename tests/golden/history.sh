#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=180
# The history: what goes in, what is found, and what is said where it cannot be.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=$(realpath "${EXITLAB:-build/exitlab}")
command -v python3 > /dev/null || skip_all "python3 is not installed: it makes the runs"
history=$work/history
database=$history/history.sqlite

# runs FOLDER ARGUMENTS...: made-up result files in $work/FOLDER; see history_runs.py.
runs()
{
	mkdir -p "$work/$1"
	python3 tests/golden/history_runs.py "$work/$1" "${@:2}"
}

# sql DATABASE STATEMENT
sql()
{
	python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
for row in c.execute(sys.argv[2]): print(*row, sep="|")' "$@"
}

# begun NAME RUNS-FOLDER: a history of these runs alone, in $work/NAME.
begun()
{
	rm -rf "${work:?}/$1"
	"$EXITLAB" history add "$work/$1" "$work/$2"/*.jsonl > "$work/added" 2>&1
}

# prints NAME STATUS PATTERN COMMAND...: the command ends with this status, and prints such a line.
prints()
{
	local name=$1 wanted=$2 pattern=$3

	shift 3
	try "$@"
	if [ "$status" -eq "$wanted" ] && grep -q -e "$pattern" "$work/out"; then
		ok "$name"
	else
		not_ok "$name" "exit status $status, not $wanted; or not '$pattern': $(head -c 3000 "$work/out" "$work/err")"
	fi
}

# ---- what is typed

refused "no word" 2 'add, list, alarms or plot' "$EXITLAB" history
refused "another word" 2 "history has no 'remove'" "$EXITLAB" history remove "$history"
refused "no folder" 2 'history list wants the folder' "$EXITLAB" history list
refused "an empty folder's name" 2 'history alarms wants the folder' "$EXITLAB" history alarms ""
refused "add without files" 2 'wants result files' "$EXITLAB" history add "$history"
refused "plot without a picture" 2 'wants --output' "$EXITLAB" history plot "$history"
refused "a picture of another kind" 2 "'x.gif' ends in none of .svg, .png" \
	"$EXITLAB" history plot "$history" --output x.gif
refused "a format that there is not" 2 'is not one of table, csv, json$' \
	"$EXITLAB" history list "$history" --format markdown
refused "a share that is none" 2 '--delta: .0. is not a share' "$EXITLAB" history list "$history" --delta 0

# ---- what is not there

refused "no folder: said, with what makes one" 3 'no history in .*history add' "$EXITLAB" history list "$history"
mkdir "$work/empty"
refused "a folder without a history" 3 'holds no history.sqlite' "$EXITLAB" history alarms "$work/empty"
runs few 3
refused "no parent: said, and what to do" 3 'cannot make .*parent folder first.*No such file' \
	"$EXITLAB" history add "$work/none/history" "$work/few/run-0001.jsonl"
refused "a file in place of the folder" 3 'is not a folder' \
	"$EXITLAB" history add "$work/few/run-0001.jsonl" "$work/few/run-0002.jsonl"
refused "a file that is not there" 3 'none.jsonl.*No such file' "$EXITLAB" history add "$history" "$work/none.jsonl"
printf 'hello\n' > "$work/hello"
refused "a file of another kind" 3 'hello.*not JSON' "$EXITLAB" history add "$history" "$work/hello"
head -n 1 "$work/few/run-0001.jsonl" > "$work/bare"
refused "a run without figures" 3 'bare holds no figure' "$EXITLAB" history add "$work/h0" "$work/bare"
check "a file that is refused makes no folder" [ ! -e "$history" ]

# ---- adding

prints "the folder is made" 0 'run-0001.jsonl: 3 figures of test machine, 3 new series$' \
	"$EXITLAB" history add "$history" "$work/few/run-0001.jsonl"
prints "later runs go on with the series" 0 'run-0002.jsonl: 3 figures of test machine$' \
	"$EXITLAB" history add "$history" "$work/few/run-0002.jsonl"
prints "a run that is there is told" 0 'run-0002.jsonl: already there (the run of 2026-01-01T02:00:00Z on test machine)' \
	"$EXITLAB" history add "$history" "$work/few/run-0002.jsonl"
check "and not added twice" [ "$(sql "$database" 'SELECT count(*) FROM point')" = 6 ]
prints "good files are added beside bad ones" 3 'run-0003.jsonl: 3 figures' \
	"$EXITLAB" history add "$history" "$work/hello" "$work/few/run-0003.jsonl" "$work/none.jsonl"
check "how many were not is said" grep -q '2 of 3 files were not added' "$work/err"
check "one file is what there is" [ "$(ls -A "$history")" = history.sqlite ]
prints "list: machine, runs, series" 0 '^test machine: 3 runs, 3 series$' "$EXITLAB" history list "$history"
check "list: a run" grep -qE '^2026-01-01 03:00 +6\.3\.0 +3 +run-0003\.jsonl$' "$work/out"
check "list: a series" grep -qE '^exit/made-up-01 +guest +3 +[0-9,.]+ +ticks$' "$work/out"
check "list fits into 100 columns" [ "$(LC_ALL=C.UTF-8 wc -L < "$work/out")" -le 100 ]
prints "a glob chooses" 0 '^test machine: 3 runs, 1 series$' "$EXITLAB" history list "$history" '*-02'
refused "a glob that matches nothing" 2 "no series .* matches 'nothing/\*'" "$EXITLAB" history list "$history" 'nothing/*'
prints "CSV has a line for each series" 0 '^test machine,exit/made-up-00,,guest,vmx,false,00000000000000aa,ticks,3,' \
	"$EXITLAB" history list "$history" --format csv
check "and a heading" [ "$(wc -l < "$work/out")" -eq 4 ]
try "$EXITLAB" history list "$history" --format json
check "JSON has a record for each machine, run and series" [ "$(python3 -c 'import json, sys
print(*sorted(json.loads(line)["type"] for line in sys.stdin))' < "$work/out")" = "machine run run run series series series" ]

for format in table csv json; do
	"$EXITLAB" history list "$history" --format $format > /dev/full 2> "$work/err"
	check "a full standard output: $format" eval "[ $? -eq 3 ] && grep -q 'No space left' \"\$work/err\""
done

runs recoded 5 hash=00000000000000bb
sed -i 's/T0\([0-9]\)/T1\1/' "$work"/recoded/*
"$EXITLAB" history add "$history" "$work"/recoded/*.jsonl > "$work/added" 2>&1
prints "other code begins another series" 0 '^test machine: 8 runs, 6 series$' "$EXITLAB" history list "$history"
check "and ends the one before" [ "$(grep -c ' ended$' "$work/out")" -eq 3 ]

runs unnamed 2 machine=
prints "a machine without a name is its processor" 0 '3 figures of Made-up CPU, vmx, 3 new series' \
	"$EXITLAB" history add "$history" "$work/unnamed/run-0001.jsonl"

# A run that was killed, and the whole of it later.
whole=$work/few/run-0001.jsonl
head -c $(($(stat -c %s "$whole") * 2 / 3)) "$whole" > "$work/run-0001.jsonl"
prints "a torn file: what was complete" 0 '1 figures of test machine, .*cut off' \
	"$EXITLAB" history add "$work/torn" "$work/run-0001.jsonl"
check "it is said that it is torn" grep -q 'last line is torn' "$work/err"
prints "the whole run takes its place" 0 '3 figures .*in place of those of the run cut off' \
	"$EXITLAB" history add "$work/torn" "$whole"
prints "and is one run" 0 '^test machine: 1 run, 3 series$' "$EXITLAB" history list "$work/torn"

# Names are data.
evil="$work/a'); DROP TABLE run; --\".jsonl"
sed "s/test machine/'; DROP TABLE point; -- \\\\u001b[31m/; s/made-up-00/'); DELETE FROM run; --/; s/6\.1\.0/\\\\\" \\\\t\$(touch $(sed 's/[\/&]/\\&/g' <<< "$work")\/owned)/" \
	"$whole" > "$evil"
prints "SQL in names is a name" 0 "3 figures of '; DROP TABLE point; -- ?" "$EXITLAB" history add "$work/evil" "$evil"
prints "it is listed" 0 "^exit/'); DELETE FROM run; --" "$EXITLAB" history list "$work/evil"
check "nothing of it reaches the terminal but text" eval '! grep -q $'"'\\033'"' "$work/out"'
cp "$evil" "$work/second.jsonl"
sed -i 's/T01:/T02:/' "$work/second.jsonl"
"$EXITLAB" history add "$work/evil" "$work/second.jsonl" > "$work/added" 2>&1
check "all is there" [ "$(sql "$work/evil/history.sqlite" 'SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM point)')" = '2|6' ]
latin=$work/$'\xe4'.jsonl
cp "$whole" "$latin"
"$EXITLAB" history add "$work/latin" "$latin" > "$work/added"
check "a name that is no UTF-8 spoils no JSON" eval \
	'"$EXITLAB" history list "$work/latin" --format json | grep -q "\"file\":\"?.jsonl\""'

# ---- changes

runs quiet 30 operations=5
begun still quiet
prints "noise: no alarm" 0 '^0 of 5 series slower' "$EXITLAB" history alarms "$work/still"
runs slow 30 operations=5 at=21 size=6
begun slower slow
prints "a slowdown: exit status 1, and its first run" 1 \
	'^slower  exit/made-up-00  guest  +[56]\.[0-9]*%  1,0[56][0-9]  .* 2026-01-01 21:00  run-0021.jsonl  6.21.0$' \
	"$EXITLAB" history alarms "$work/slower"
check "alarms fit into 100 columns" [ "$(LC_ALL=C.UTF-8 wc -L < "$work/out")" -le 100 ]
prints "list says since when" 0 '^exit/made-up-00 .*+[56]\.[0-9]*%  2026-01-01 21:00$' "$EXITLAB" history list "$work/slower"
prints "an alarm below --delta is none" 0 '^0 of 5' "$EXITLAB" history alarms "$work/slower" --delta 20%
prints "nor is one of another operation" 0 '^0 of 1' "$EXITLAB" history alarms "$work/slower" '*-03'
prints "as CSV" 1 ',slower,.*,2026-01-01T21:00:00Z,run-0021.jsonl,6.21.0 #1 SMP$' \
	"$EXITLAB" history alarms "$work/slower" --format csv
prints "as JSON" 1 '"state":"slower".*"p":[0-9.e-]*,"first_run":{"started":"2026-01-01T21:00:00Z","file":"run-0021.jsonl"' \
	"$EXITLAB" history alarms "$work/slower" --format json
# The last ones first: time orders runs, not when they were added.
mapfile -t backwards < <(printf '%s\n' "$work"/slow/*.jsonl | sort -r)
"$EXITLAB" history add "$work/backwards" "${backwards[@]}" > "$work/added"
check "in whatever order they were added" cmp <("$EXITLAB" history alarms "$work/slower") \
	<("$EXITLAB" history alarms "$work/backwards")
runs better 30 operations=5 at=21 size=-6
begun faster better
prints "faster is no alarm" 0 '^faster  exit/made-up-00' "$EXITLAB" history alarms "$work/faster"
# Slower, and repaired: runs 31 to 50 are those before the change again.
runs repaired 20 operations=5 seed=5
for file in "$work"/repaired/*.jsonl; do
	sed -i 's/2026-01-01T/2026-02-01T/' "$file"
done
cp -r "$work/slower" "$work/mended"
"$EXITLAB" history add "$work/mended" "$work"/repaired/*.jsonl > "$work/added"
prints "what was repaired is no alarm" 0 '^faster  *exit/made-up-00' "$EXITLAB" history alarms "$work/mended"
check "but is shown" grep -q '^earlier  *exit/made-up-00 .*run-0021.jsonl' "$work/out"

runs exact 6 exact=1 at=6 size=0.1 machine=
begun counted exact
prints "an exact count: one run, one instruction in a thousand" 1 \
	'^slower  exit/made-up-00  guest  +0.10%  1,001  exact' "$EXITLAB" history alarms "$work/counted"
prints "runs of an emulated clock, which all start at once, are told apart" 0 \
	'^Made-up CPU, vmx, Tiny: 6 runs, 3 series$' "$EXITLAB" history list "$work/counted"
prints "but the same one again is there" 0 'already there' "$EXITLAB" history add "$work/counted" "$work/exact/run-0004.jsonl"

# ---- the picture

if command -v gnuplot > /dev/null; then
	prints "a picture" 0 'p.svg: 5 of 5 series' "$EXITLAB" history plot "$work/slower" --output "$work/p.svg"
	check "gnuplot has nothing against it" [ ! -s "$work/err" ]
	check "it is one" eval 'head -c 5 "$work/p.svg" | grep -q "<?xml" && grep -q "+[56].[0-9]%" "$work/p.svg"'
	check "its data are beside it" [ "$(grep -c '^exit/made-up-00' "$work/p.tsv")" -eq 30 ]
	gnuplot -c plots/history.gp "$work/p.tsv" "$work/again.svg"
	check "the script alone makes the same from them" cmp "$work/p.svg" "$work/again.svg"
	runs many 4 operations=30
	begun much many
	prints "twelve at most; the others are named" 0 'left out, 18 series: .*exit/made-up-13 in guest' \
		"$EXITLAB" history plot "$work/much" --output "$work/q.png"
	check "a PNG" [ "$(head -c 4 "$work/q.png" | tail -c 3)" = PNG ]
	check "without a warning" [ ! -s "$work/err" ]
	prints "names do nothing to gnuplot or a shell" 0 '3 of 3' "$EXITLAB" history plot "$work/evil" --output "$work/it's \$(x) \"p\".svg"
	check "and are in the picture" grep -q 'DELETE FROM run' "$work/it's \$(x) \"p\".svg"
	check "nothing was run" [ ! -e "$work/owned" ]
	prints "exact counts" 0 '3 of 3' "$EXITLAB" history plot "$work/counted" --output "$work/r.svg"
	refused "one run is no picture" 3 'no series has two runs' "$EXITLAB" history plot "$work/torn" --output "$work/s.svg"
	refused "a folder that is not there" 3 'cannot write .*none/s.tsv: No such' \
		"$EXITLAB" history plot "$work/slower" --output "$work/none/s.svg"
else
	skip "pictures" "gnuplot is not installed"
fi
mkdir "$work/bin"
around=(env PATH="$work/bin")
timeout=$(command -v timeout)
ln -s "$timeout" "$work/bin/timeout"
refused "without gnuplot: what installs it, and where the data are" 3 'gnuplot is not installed (apt-get .*data are in .*t.tsv' \
	"$EXITLAB" history plot "$work/slower" --output "$work/t.svg"
around=()

# ---- a database that cannot be used

cp -r "$work/slower" "$work/locked"
python3 -c 'import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(100)' "$work/locked/history.sqlite" > "$work/holder" &
holder=$!
until grep -qs locked "$work/holder"; do sleep 0.1; done
refused "locked: who waits for what, adding" 3 'history.sqlite is locked: .* wait' \
	"$EXITLAB" history add "$work/locked" "$whole"
refused "locked, reading" 3 'history.sqlite is locked: .* wait' "$EXITLAB" history list "$work/locked"
{ kill "$holder" && wait "$holder"; } 2> /dev/null
check "free again: nothing was lost" cmp <("$EXITLAB" history alarms "$work/locked") <("$EXITLAB" history alarms "$work/slower")

# unusable NAME PATTERN: neither read nor written, and not changed.
unusable()
{
	local before

	before=$(sha256sum < "$work/bad/history.sqlite")
	refused "$1: list" 3 "$2" "$EXITLAB" history list "$work/bad"
	refused "$1: add" 3 "$2" "$EXITLAB" history add "$work/bad" "$whole"
	check "$1: it stays as it is" [ "$before" = "$(sha256sum < "$work/bad/history.sqlite")" ]
}
bad()
{
	rm -rf "$work/bad"
	cp -r "$work/slower" "$work/bad"
}

bad
head -c 20000 /dev/urandom > "$work/bad/history.sqlite"
unusable "noise" 'history.sqlite is not a database.*move it away'
bad
truncate -s -8192 "$work/bad/history.sqlite"
unusable "cut off" 'history.sqlite is damaged.*move it away'
bad
size=$(stat -c %s "$work/bad/history.sqlite")
dd if=/dev/urandom of="$work/bad/history.sqlite" bs=1 seek=$((size / 2)) count=4096 conv=notrunc 2> /dev/null
unusable "damaged in the middle" 'history.sqlite is damaged.*move it away'
bad
sql "$work/bad/history.sqlite" 'PRAGMA user_version = 7'
unusable "of a later version" 'schema version 7, and this exitlab knows version 1'
bad
rm "$work/bad/history.sqlite"
sql "$work/bad/history.sqlite" 'CREATE TABLE mine (x)'
unusable "of another program" 'database of another program'
bad
: > "$work/bad/history.sqlite"
refused "empty: list" 3 'history.sqlite is empty.*history add' "$EXITLAB" history list "$work/bad"
prints "empty: add begins it" 0 '3 figures' "$EXITLAB" history add "$work/bad" "$whole"

# A writer that was killed while it wrote: its changes are not there, and nobody minds.
cp -r "$work/slower" "$work/killed"
{ python3 -c 'import os, sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("PRAGMA cache_size = 1")
c.execute("BEGIN")
c.execute("UPDATE point SET value = value * 2")
c.execute("INSERT INTO machine (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT i FROM n")
os.kill(os.getpid(), 9)' "$work/killed/history.sqlite"; } 2> /dev/null
check "a killed writer leaves something to tidy up" [ -s "$work/killed/history.sqlite-journal" ]
check "it is undone" cmp <("$EXITLAB" history alarms "$work/killed") <("$EXITLAB" history alarms "$work/slower")

# Two at once take turns.
"$EXITLAB" history add "$work/both" "$work"/quiet/run-00[01]*.jsonl > "$work/one" 2>&1 &
one=$!
"$EXITLAB" history add "$work/both" "$work"/quiet/run-00[23]*.jsonl > "$work/other" 2>&1
other=$?
wait "$one"
check "two that add at once: exit status 0" [ $?$other = 00 ]
prints "all is there" 0 '^test machine: 30 runs, 5 series$' "$EXITLAB" history list "$work/both"

# The moments at which the database and its log are made are short: many tries.
take_turns()
{
	local i one

	for ((i = 0; i < 15; i++)); do
		rm -rf "$work/turns"
		"$EXITLAB" history add "$work/turns" "$work"/quiet/run-000[12].jsonl > "$work/one" 2>&1 &
		one=$!
		"$EXITLAB" history add "$work/turns" "$work"/quiet/run-000[34].jsonl > "$work/other" 2>&1 || { cat "$work/other"; return 1; }
		wait "$one" || { cat "$work/one"; return 1; }
	done
}
check "two that begin a history at once, again and again" take_turns

if ! unshare -m true 2> /dev/null; then
	skip "a read-only folder and a full disk" "needs root, and a kernel that allows it"
	finish
	exit
fi
mkdir "$work/disk"
# on_disk SIZE SCRIPT: in a small file system at $work/disk, where $1 is exitlab and $2 is $work.
on_disk()
{
	unshare -m bash -c "mount -t tmpfs -o size=$1 none '$work/disk' || exit 99
		$2" on_disk "$EXITLAB" "$work" > "$work/out" 2> "$work/err"
	status=$?
}

on_disk 1m 'cp -r "$2/slower" "$2/disk/h" && mount -o remount,ro "$2/disk" && "$1" history add "$2/disk/h" "$2/few/run-0001.jsonl"'
check "a read-only folder: add says so" eval '[ "$status" -eq 3 ] && grep -q "history.sqlite cannot be written.*read-only" "$work/err"'
on_disk 1m 'cp -r "$2/slower" "$2/disk/h" && mount -o remount,ro "$2/disk" && "$1" history alarms "$2/disk/h"'
check "but it can be read" eval '[ "$status" -eq 1 ] && grep -q "^slower .*run-0021" "$work/out"'
on_disk 1m 'mount -o remount,ro "$2/disk" && "$1" history add "$2/disk/h" "$2/few/run-0001.jsonl"'
check "a read-only parent" eval '[ "$status" -eq 3 ] && grep -q "cannot make .*disk/h: Read-only" "$work/err"'
on_disk 200k 'cat /dev/zero > "$2/disk/zeros"; "$1" history add "$2/disk/h" "$2/few/run-0001.jsonl"'
check "a full disk" eval '[ "$status" -eq 3 ] && grep -q "history.sqlite: no space left" "$work/err"'
on_disk 400k 'cp -r "$2/slower" "$2/disk/h"; "$1" history alarms "$2/disk/h" > "$2/before"
	cat /dev/zero > "$2/disk/zeros"; "$1" history add "$2/disk/h" "$2"/repaired/*.jsonl; status=$?
	rm "$2/disk/zeros"; "$1" history alarms "$2/disk/h" > "$2/after"; exit $status'
check "a disk that was full: what was there is unharmed" eval \
	'[ "$status" -eq 3 ] && grep -q "history.sqlite: no space left" "$work/err" && cmp "$work/before" "$work/after"'
# Some files find room, then none does: those that did are there as a whole.
runs bulk 60 operations=40
on_disk 400k '"$1" history add "$2/disk/h" "$2"/bulk/*.jsonl | grep -c "figures of" > "$2/count"
	"$1" history list "$2/disk/h" --all > "$2/listed"'
check "a disk that fills up is said once" [ "$(grep -c 'history.sqlite: no space left' "$work/err")" -eq 1 ]
check "and how many files are not there" grep -q 'of 60 files were not added' "$work/err"
check "files that found room are there" eval \
	'[ "$status" -eq 0 ] && n=$(sed -n "s/^test machine: \([0-9]*\) run.*/\1/p" "$work/listed") && [ "$n" -gt 0 ] && [ "$n" -eq "$(cat "$work/count")" ]'
check "as a whole" [ "$(grep -c ' 40  run-' "$work/listed")" = "$(cat "$work/count")" ]
finish
