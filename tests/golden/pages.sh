#!/bin/bash
# SPDX-License-Identifier: MIT
# The pages that show figures show those of the recorded data, not of a run that is gone.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=${EXITLAB:-build/exitlab}
recorded=datasets/recorded

# Each row of README's table of emulated hosts, against the files that it names.
readme_rows()
{
	python3 - "$recorded" << 'END'
import gzip, json, re, sys
files = ["intel-ept-stable", "intel-ept-backports", "amd-npt-stable", "amd-npt-backports"]
def load(name):
    lines = map(json.loads, gzip.open("%s/lab-%s.jsonl.gz" % (sys.argv[1], name), "rt"))
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

# What `make report` would write. Another gnuplot draws other bytes: then only the data of pictures are compared.
datasets/report.sh "$EXITLAB" "$work/results" --format md > /dev/null 2> "$work/err"
check "RESULTS.md is what the recorded data give (make report)" diff RESULTS.md "$work/results/RESULTS.md"
same_gnuplot()
{
	[ "$(grep -ho 'Produced by GNUPLOT [^<]*' plots/results/ladder.svg | head -n 1)" = "$(grep -ho 'Produced by GNUPLOT [^<]*' "$work/results/plots/results/ladder.svg" | head -n 1)" ]
}
if same_gnuplot; then
	check "and so are its pictures" diff -r plots/results "$work/results/plots/results"
else
	check "and so are the data of its pictures" diff -r --exclude '*.svg' plots/results "$work/results/plots/results"
fi
check "recorded files are what SHA256SUMS says, all of them" eval '
	cd "$recorded" && sha256sum --quiet -c SHA256SUMS && [ "$(ls | grep -vc "^SHA256SUMS$")" -eq "$(wc -l < SHA256SUMS)" ]'
check "README's table of emulated hosts is what they give" readme_rows
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
check "the recorded data hold no host's name" eval '! { for file in "$recorded"/*.gz datasets/peers/*/*.gz; do zcat "$file" | head -n 1; done; } | sed "s/\"arguments\":\"[^\"]*\"//" | grep -Fw "$(uname -n)"'
finish
