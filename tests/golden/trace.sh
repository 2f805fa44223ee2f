#!/bin/bash
# SPDX-License-Identifier: MIT
# exitlab trace: of a VM that it starts, of one that runs already, and of what is none.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=$(realpath "${EXITLAB:-build/exitlab}")
file=$work/trace.jsonl
vm=

fits_schema()
{
	python3 tests/golden/schema.py "$1"
	case $? in 0 | 77) ;; *) return 1 ;; esac
}

# records PYTHON: an expression over `whole`, `rows` by name (kind in front) and the file's text.
records()
{
	python3 - "$file" "$1" << 'END'
import json, sys
text = open(sys.argv[1]).read()
lines = [json.loads(line) for line in text.splitlines()]
whole, rows = lines[0], {r["kind"] + " " + r["name"]: r for r in lines if r["type"] == "trace_row"}
print(text[:3000])
sys.exit(not eval(sys.argv[2]))
END
}

# A VM that exits to user space for SECONDS, and keeps its vCPU; its process is $vm.
start_vm()
{
	python3 tests/golden/exits.py "$1" > "$work/vm.out" 2>&1 < /dev/null &
	vm=$!
	wait_for "$work/vm.out" running
}

stop_vm()
{
	kill "$vm" 2> /dev/null
	{ wait "$vm"; } 2> /dev/null
	vm=
}

# ended SIGNAL WANTED ARGS...: exitlab trace, stopped by the signal after a second.
ended()
{
	local signal=$1 wanted=$2 child status

	shift 2
	"$EXITLAB" trace "$@" --output "$file" > "$work/out" 2> "$work/err" < /dev/null &
	child=$!
	sleep 2.5
	kill -s "$signal" "$child"
	{ wait "$child"; } 2> /dev/null
	status=$?
	echo "exit status $status"
	cat "$work/err"
	[ "$status" -eq "$wanted" ] && grep -q 'until it was stopped' "$work/out" && fits_schema "$file"
}

# Usage: nothing is traced, nothing is written.
refused "neither a process nor a command" 2 'either -p PID' "$EXITLAB" trace
refused "both of them" 2 'either -p PID' "$EXITLAB" trace -p 1 -- true
refused "a command without --" 2 "'true' stands in front" "$EXITLAB" trace true
refused "-- without a command" 2 'either -p PID' "$EXITLAB" trace --
refused "a process that is no number" 2 'is not a whole number' "$EXITLAB" trace -p qemu
refused "process 0" 2 'is not the number of a process' "$EXITLAB" trace -p 0
refused "a process beyond all numbers" 2 'is not the number of a process' "$EXITLAB" trace -p 99999999
refused "an unknown format" 2 'is not one of table, csv, json' "$EXITLAB" trace -p 1 --format xml
refused "--time that is none" 2 'is not a time' "$EXITLAB" trace -p 1 --time never
refused "--interval too short to read" 2 'a tenth of a second' "$EXITLAB" trace -p 1 --interval 0.01
refused "--force alone" 2 'goes with --prices' "$EXITLAB" trace -p 1 --force

[ -r /dev/kvm ] && [ -w /dev/kvm ] || { skip "tracing" "there is no /dev/kvm"; finish; exit; }
[ "$(id -u)" -eq 0 ] || { skip "tracing" "needs root"; finish; exit; }

# What cannot be traced.
refused "a process that does not exist" 3 'there is no process 4194303' "$EXITLAB" trace -p 4194303
refused "a process without a VM" 3 "process $$ runs no VM" "$EXITLAB" trace -p $$
refused "a program that does not exist" 3 "$work/none: No such file" "$EXITLAB" trace -- "$work/none"
refused "a result file that cannot be written" 3 'cannot write' "$EXITLAB" trace --output "$work/no/file" -- true
refused "prices that are not there" 3 'No such file' "$EXITLAB" trace --prices "$work/none" -- true
refused "prices of another machine" 3 "another machine's: its processor is" \
	"$EXITLAB" trace --prices datasets/recorded/lab-amd-npt-stable.jsonl.gz -- true
try "$EXITLAB" trace --output "$file" -- sleep 0.2
check "a program without a VM: exit status 77" [ "$status" -eq 77 ]
check "a program without a VM: says so" grep -q 'nothing was observed: sleep ran no guest' "$work/err"
check "a program without a VM: the file is whole" fits_schema "$file"

# What it starts.
try "$EXITLAB" trace --output "$file" -- "$EXITLAB" run io/port-out --env guest --no-trace --quick --instances 2
table=$(cat "$work/out")
check "a VM that it starts: exit status 0" [ "$status" -eq 0 ]
check "a VM that it starts: the table alone on standard output" eval \
	'head -n 1 <<< "$table" | grep -q "s traced, until the process ended" && ! grep -q "^measured" <<< "$table"'
check "a VM that it starts: its words on standard error" grep -q 'io/port-out' "$work/err"
check "a VM that it starts: exits to user space" grep -qE '^user +IO +[0-9,]+ .* us' <<< "$table"
check "a VM that it starts: nothing is lost" grep -q 'none' <<< "$table"
check "lines fit into 100 columns" [ "$(LC_ALL=C.UTF-8 wc -L <<< "$table")" -le 100 ]
check "the file fits the schema" fits_schema "$file"
check "the file says what was seen" records \
	'whole["lost"] == 0 and whole["end"] == "process" and rows["user IO"]["count"] > 500 and rows["user IO"]["timed"] <= rows["user IO"]["count"]'
# Each port access leaves one record of either kind, whoever counts it.
case $(sed -n 's/.*"substrate":"\([a-z]*\)".*/\1/p' "$file" | head -n 1) in
pvm)
	check "two ways of counting agree" records \
		'rows["user IO"]["count"] == rows["event kvm_pio"]["count"] and whole["records"] in range(2 * rows["user IO"]["count"] - 20, 2 * rows["user IO"]["count"] + 20)'
	;;
*)
	check "exits have names and times" records \
		'any(r["kind"] == "exit" and r["isa"] in ("vmx", "svm") and r["timed"] for r in rows.values())'
	;;
esac
check "nothing of the traced program, no name of host or user" records \
	'not {"host", "hostname", "user", "command", "arguments", "pid"} & set(whole) and "port-out" not in text and "exitlab" not in text'
try "$EXITLAB" trace --time 1 -- "$EXITLAB" run io/port-out --env guest --no-trace --instances 10000 --max-time 30
check "--time ends what it started" eval '[ $status -eq 0 ] && grep -qE "^1\.[0-9] s traced;" "$work/out"'

# A CPU that goes online while it is traced. Only on a machine that is here for tests.
cpu=/sys/devices/system/cpu/cpu1/online
if [ "${CI:-}" = true ] && [ -w $cpu ] && [ "$(cat $cpu)" = 1 ] && echo 0 2> /dev/null > $cpu; then
	trap 'echo 1 > $cpu; rm -rf "$work"' EXIT
	# shellcheck disable=SC2016 # for the inner shell
	try "$EXITLAB" trace --output "$file" -- sh -c 'echo 1 > $0; sleep 0.2; exec taskset -c 1 "$@"' $cpu \
		"$EXITLAB" run io/port-out --env guest --no-trace --quick --instances 2 --cpus 1
	check "a CPU that went online meanwhile is traced" records \
		'whole["lost"] == 0 and whole["records"] > 1000 and rows["user IO"]["count"] > 500'
	echo 1 > $cpu
	trap 'rm -rf "$work"' EXIT
else
	skip "a CPU that went online meanwhile is traced" "takes a CPU away: under CI, as root, with two CPUs"
fi

for format in json csv; do
	try "$EXITLAB" trace --format $format -- "$EXITLAB" run io/port-out --env guest --no-trace --quick --instances 2
	cp "$work/out" "$work/$format"
done
check "--format json fits the schema" fits_schema "$work/json"
check "--format csv has a row of exits to user space" grep -qE '^user,,2,IO,[0-9]+,' "$work/csv"

# What runs already.
start_vm 60 || { not_ok "a VM to trace" "$(cat "$work/vm.out")"; finish; exit; }
try "$EXITLAB" trace -p "$vm" --time 1 --output "$file"
check "a VM that runs: exit status 0" [ "$status" -eq 0 ]
check "a VM that runs: its exits" grep -qE '^user +IO ' "$work/out"
check "a VM that runs: it still does" kill -0 "$vm"
check "the file says that the time was up" records 'whole["end"] == "time" and whole["seconds"] >= 1'
check "SIGINT: the table, the file, exit status 130" ended INT 130 -p "$vm"
check "SIGTERM: the table, the file, exit status 143" ended TERM 143 -p "$vm"
thread=$(find /proc/"$vm"/task -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tail -n 1)
if [ "$thread" != "$vm" ]; then
	refused "a thread of it" 3 "thread of process $vm" "$EXITLAB" trace -p "$thread"
fi
if command -v setpriv > /dev/null; then
	refused "somebody else's" 3 'belongs to somebody else' setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
		"$EXITLAB" trace -p "$vm"
fi
# Held until the rings overflow, and until the VM has been quiet: what was lost last has no record behind it.
"$EXITLAB" trace -p "$vm" --time 4 --output "$file" > "$work/out" 2> "$work/err" < /dev/null &
held=$!
sleep 1.5
kill -s STOP $held
sleep 2
kill -s STOP "$vm"
kill -s CONT $held
wait $held
kill -s CONT "$vm"
check "what is lost is counted" records \
	'"event kvm_pio" not in rows or whole["lost"] == 0 or abs(rows["user IO"]["count"] + whole["lost"] / 2 - rows["event kvm_pio"]["count"]) < 20'
check "and shown" eval 'grep -q "none lost" "$work/out" || grep -q "[0-9] LOST: counts are too low" "$work/out"'
("$EXITLAB" trace -p "$vm" > "$work/out" 2> "$work/err"; echo $? > "$work/status") &
sleep 2
stop_vm
wait
check "a VM that ends meanwhile" eval 'head -n 3 "$work/out" "$work/err" "$work/status"; grep -q "until the process ended" "$work/out" && [ "$(cat "$work/status")" -eq 0 ]'

# Prices.
"$EXITLAB" run io/port-out io/port-ioeventfd --quick --env guest --output "$work/run.jsonl" > /dev/null 2>&1
try "$EXITLAB" trace --prices "$work/run.jsonl" -- "$EXITLAB" run io/port-out --env guest --no-trace --quick --instances 2
check "prices: what would cost less, or that nothing would" \
	grep -qE 'port I/O to user space|For nothing that this VM does' "$work/out"
try "$EXITLAB" trace --force --prices datasets/recorded/lab-amd-npt-stable.jsonl.gz -- \
	"$EXITLAB" run io/port-out --env guest --no-trace --quick --instances 2
check "--force: says what the prices are of" grep -q 'Prices by --force: .*processor' "$work/out"
[ -z "$vm" ] || stop_vm
finish
