#!/bin/bash
# SPDX-License-Identifier: MIT
# exitlab's own cost and steadiness; see tests/selfbench.c. Called by `make selfbench`.
# EXITLAB: the program; SELFBENCH: the helper; RUNS: how many runs of the empty operation (100).
set -u

exitlab=${EXITLAB:-build/exitlab}
selfbench=${SELFBENCH:-build/selfbench}
runs=${RUNS:-100}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

"$selfbench" exits || failed=1
"$selfbench" counted || failed=1
"$selfbench" start || failed=1
"$selfbench" records || failed=1
"$selfbench" trace "$exitlab" > "$work/trace" 2> /dev/null || failed=1
grep '^trace' "$work/trace"

for i in a b; do
	"$exitlab" run --output "$work/$i.jsonl" --max-time 120 > /dev/null 2>&1
done
"$selfbench" overlap "$work/a.jsonl" "$work/b.jsonl" || failed=1
echo "size of a full result file: $(stat -c %s "$work/a.jsonl") bytes"

for ((i = 0; i < runs; i++)); do
	"$exitlab" run base/empty --quick --precision 100% --output "$work/zero$i.jsonl" > /dev/null 2>&1
done
"$selfbench" zero "$work"/zero*.jsonl || failed=1

for ((i = 0; i < 8; i++)); do
	"$exitlab" run exit/cpuid --env guest --output "$work/spread$i.jsonl" --max-time 10 > /dev/null 2>&1
done
# A whole report with its pictures, beside reading the same files once.
seconds()
{
	local TIMEFORMAT=%R

	{ time "$@" > /dev/null 2>&1; } 2>&1
}
read_all()
{
	for file in datasets/recorded/kvm_pvm-*.gz datasets/recorded/lab-*.gz; do
		"$exitlab" show --format csv "$file"
	done
}
reading=$(seconds read_all)
report=$(seconds datasets/report.sh "$exitlab" "$work/report")
echo "report: $report s, $(awk "BEGIN { printf \"%.1f\", $report / $reading }") times as long as reading its files ($reading s);" \
	"HTML $(stat -c %s "$work/report/RESULTS.html") bytes, $(ls "$work/report/plots/results" | grep -c svg) pictures"

"$selfbench" spread "$work"/spread*.jsonl
"$selfbench" memory "$exitlab" run --quick --output "$work/memory.jsonl" > "$work/memory" 2> /dev/null
tail -n 1 "$work/memory"
exit $failed
