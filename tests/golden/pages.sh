#!/bin/bash
# SPDX-License-Identifier: MIT
# The pages that show figures show those of the recorded data, not of a run that is gone.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=${EXITLAB:-build/exitlab}
recorded=datasets/recorded

results()
{
	"$EXITLAB" show --format markdown --picture plots/native-vs-guest.svg "$recorded"/kvm_*.jsonl &&
		datasets/lab-results.sh "$EXITLAB" "$recorded"
}

# Each row of README's table of emulated hosts, against the files that it names.
readme_rows()
{
	python3 - "$recorded" << 'END'
import json, re, sys
files = ["intel-ept-stable", "intel-ept-backports", "amd-npt-stable", "amd-npt-backports"]
def load(name):
    lines = map(json.loads, open("%s/lab-%s.jsonl" % (sys.argv[1], name)))
    return {" ".join((r["benchmark"], r["parameters"])).strip(): r for r in lines
            if r["type"] == "result" and r["environment"] == "guest"}
data = [load(name) for name in files]
table = re.search(r"operation +6\.1 +6\.12.*?\n +-+\n(.*?)\n\n", open("README.md").read(), re.S)
rows = table.group(1).splitlines()
assert len(rows) >= 5, rows
for row in rows:
    name, a, b, intel, c, d, amd = re.split(r"  +", row.strip())
    results = [d[name] for d in data]
    shown = [float(x.replace(",", "")) for x in (a, b, c, d)]
    assert shown == [r["estimate"]["point_ticks"] for r in results], row
    assert all(r["estimate"]["kind"] == "exact" for r in results), row
    assert intel == results[0]["proof"]["exits"] == results[1]["proof"]["exits"], row
    assert amd == results[2]["proof"]["exits"] == results[3]["proof"]["exits"], row
END
}

results > "$work/RESULTS.md" 2> "$work/err"
check "RESULTS.md is what the recorded data give (make report)" diff RESULTS.md "$work/RESULTS.md"
check "README's table of emulated hosts is what they give" readme_rows
"$EXITLAB" show --format plot "$recorded/lab-amd-npt-stable.jsonl" > "$work/tsv"
check "a picture of an emulated host counts instructions" grep -q '^# unit: instructions$' "$work/tsv"
check "and has no axis of time" grep -q '^# tsc_hz: 0$' "$work/tsv"
"$EXITLAB" selftest gate --from datasets/selftest/gate-kvm_pvm-2026-11.jsonl | sed 's/^/    /; s/ *$//' > "$work/selftest"
check "docs/gate.md shows what the kept verdicts sum up to" python3 -c '
import sys
page, shown = open("docs/gate.md").read(), open(sys.argv[1]).read()
sys.exit(len(shown) < 500 or shown not in page)' "$work/selftest"
python3 datasets/peers/vmexit.py "$EXITLAB" datasets/peers/kvm_pvm-2026-11 > "$work/vmexit"
check "docs/vmexit.md shows the table of what was recorded" python3 -c '
import sys
page, shown = open("docs/vmexit.md").read(), open(sys.argv[1]).read()
sys.exit(shown.count("\n") != 16 or shown not in page)' "$work/vmexit"
check "the recorded data hold no host's name" eval '! { head -qn 1 "$recorded"/*.jsonl
	for file in "$recorded"/*.gz datasets/peers/*/*.gz; do zcat "$file" | head -n 1; done; } | sed "s/\"arguments\":\"[^\"]*\"//" | grep -Fw "$(uname -n)"'
finish
