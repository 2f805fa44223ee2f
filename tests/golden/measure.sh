#!/bin/bash
# SPDX-License-Identifier: MIT
# What `exitlab run` prints and writes, with /dev/kvm and without it.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
EXITLAB=${EXITLAB:-build/exitlab}
short=(run --quick --instances 3 --max-time 5)

# Ways to lose /dev/kvm. Each runs a command without it, with the rest of the machine as it is.

as_it_is()
{
	"$@"
}

on_a_null_device()
{
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -c 'mount --bind /dev/null /dev/kvm && exec "$@"' - "$@"
}

in_an_empty_dev()
{
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -c 'touch "$0" && mount --bind /dev/null "$0" &&
		mount -t tmpfs none /dev && touch /dev/null && mount --bind "$0" /dev/null &&
		exec "$@"' "$work/null" "$@"
}

as_somebody_else()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# status_is WANTED...: the last try ended with one of these.
status_is()
{
	echo "exit status $status; standard error:"
	cat "$work/err"
	[[ " $* " == *" $status "* ]]
}

# Columns of the CSV on standard output, one line for each row.
columns()
{
	python3 -c '
import csv, sys
for row in csv.DictReader(open(sys.argv[1], newline="")):
    assert None not in row and None not in row.values(), row
    print(" ".join(row[name] for name in sys.argv[2:]))' "$work/out" "$@"
}

# Guests are SKIP, the native environment is measured.
only_native_is_measured()
{
	columns environment status > "$work/columns"
	cat "$work/columns"
	grep -q '^native' "$work/columns" && ! grep '^native SKIP' "$work/columns" &&
		grep -q '^guest ' "$work/columns" && ! grep -v '^native\| SKIP$' "$work/columns"
}

# without WAY REASON: a run without /dev/kvm.
without()
{
	local way=$1 reason=$2

	"$way" true 2> /dev/null || {
		skip "$way" "needs root, and a kernel that allows it"
		return
	}
	around=("$way")
	try "$EXITLAB" "${short[@]}" --env native,guest --format csv 'base/*'
	check "$way: exit status 0 or 4" status_is 0 4
	check "$way: guests are SKIP, native is measured" only_native_is_measured
	try "$EXITLAB" "${short[@]}" --env native,guest 'base/*'
	check "$way: the reason is given" grep -q "SKIP in .*guest" "$work/out"
	check "$way: namely: $reason" grep -q "$reason" <(tr -s '\n ' '  ' < "$work/out")
	try "$EXITLAB" "${short[@]}" --env guest 'base/*'
	check "$way: all skipped: exit status 77" status_is 77
	around=()
}

narrow()
{
	[ -s "$1" ] && [ "$(LC_ALL=C.UTF-8 wc -L < "$1")" -le 100 ]
}

no_faults()
{
	cat "$work/schema"
	grep -q ' 0 faults$' "$work/schema"
}

# fits_schema NAME FILE
fits_schema()
{
	local name=$1

	python3 tests/golden/schema.py "$2" > "$work/schema" 2>&1
	case $? in
	77) skip "$name" "$(tail -n 1 "$work/schema")" ;;
	*) check "$name" no_faults ;;
	esac
}

# Which cell was measured in which order: as many rounds as every run with 3 instances has.
order_of()
{
	"$EXITLAB" "${short[@]}" --env native --seed "$1" --output "$work/order.jsonl" \
		base/empty base/add-chain insn/pause insn/rdtsc exit/cpuid > /dev/null 2>&1
	grep '"type":"instance"' "$work/order.jsonl" | head -n 21 |
		sed 's/.*\("benchmark":"[^"]*"\).*\("parameters":"[^"]*"\).*/\1 \2/'
}

orders_equal()
{
	order_of "$1" > "$work/order1"
	order_of "$2" > "$work/order2"
	[ "$(wc -l < "$work/order1")" -eq 21 ] && cmp "$work/order1" "$work/order2"
}

orders_differ()
{
	! orders_equal "$@" && [ "$(wc -l < "$work/order2")" -eq 21 ]
}

nothing_of_progress()
{
	! grep -n 'measured [0-9]* of\|\[#*\.*\]' "$work/out"
}

nothing_of_table()
{
	! grep -nv '^measured [0-9]* of' "$work/err"
}

file_shows_as()
{
	"$EXITLAB" show --format "$1" "$work/run.jsonl" | diff - "$2"
}

[ -e /dev/kvm ] || without as_it_is '/dev/kvm is absent'
without in_an_empty_dev '/dev/kvm is absent'
without on_a_null_device 'KVM_GET_API_VERSION'
if [ "$(id -u)" -eq 0 ] && [ -e /dev/kvm ] && as_somebody_else test ! -w /dev/kvm; then
	# The program may lie where only root may read.
	chmod 755 "$work" && cp "$EXITLAB" "$work/exitlab" && EXITLAB=$work/exitlab
	without as_somebody_else '/dev/kvm is not permitted'
else
	skip as_somebody_else "needs root and a /dev/kvm that others may not use"
fi

try "$EXITLAB" "${short[@]}" 'base/*' exit/cpuid --output "$work/run.jsonl"
check "a run: exit status 0 or 4" status_is 0 4
check "its table fits into 100 columns" narrow "$work/out"
check "progress is not on standard output" nothing_of_progress
check "standard error has progress alone" nothing_of_table
check "there is progress" grep -q '^measured [0-9]* of' "$work/err"
cp "$work/out" "$work/table"
check "show prints the same table from the file" file_shows_as table "$work/table"
fits_schema "the result file fits the schema" "$work/run.jsonl"

try "$EXITLAB" "${short[@]}" --format json 'base/*'
fits_schema "--format json fits the schema" "$work/out"
try "$EXITLAB" "${short[@]}" --format csv 'base/*' -x base/add-chain
check "--format csv: as many columns in every row" columns benchmark
check "-x leaves out what it names" [ "$(columns benchmark | sort -u | tr "\n" " ")" = "base/call base/empty base/syscall " ]
# No time for more instances: either too few for an interval, or nothing measured at all.
try "$EXITLAB" run --quick --instances 2 --max-time 0.001 --env native base/empty
check "no time: exit status 4 or 77, not 0" status_is 4 77
check "--seed repeats the order of measurement" orders_equal 7 7
check "another seed gives another one" orders_differ 7 8
try "$EXITLAB" list -x 'base/*' -x 'i*'
check "list -x leaves out what it names" [ -z "$(grep '^base\|^i' "$work/out")" ]
check "list -x shows the rest" grep -q '^exit/cpuid ' "$work/out"
if [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
	try "$EXITLAB" "${short[@]}" io/port-out --env guest --no-trace --output "$work/untraced.jsonl"
	check "a run without tracepoints says in its file that none were asked for" \
		grep -q '"unasked":true' "$work/untraced.jsonl"
	check "what user space sees is proven all the same" grep -qE '1 >IO|1 pio>IO|IO>IO' "$work/out"
else
	skip "a run without tracepoints" "/dev/kvm cannot be used"
fi
finish
