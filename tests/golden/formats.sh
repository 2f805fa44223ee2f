#!/bin/bash
# SPDX-License-Identifier: MIT
# Results for other tools: gobench, openmetrics, csv-long and Markdown, each read by the rules of who reads it:
# of recorded runs, of files that hold little, and of one whose names would do harm.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

command -v python3 > /dev/null || skip_all "python3 is not installed: it reads what is written"
EXITLAB=${EXITLAB:-build/exitlab}
recorded=datasets/recorded
run=$(find $recorded -name 'kvm_pvm-*[0-9].jsonl*' ! -name '*anatomy*' | sort | head -n 1)
lab=$(find $recorded -name 'lab-amd-npt-stable.jsonl*')

# The interpreter that has Prometheus's own parser.
python=python3
"$python" -c 'import prometheus_client' 2> /dev/null || [ ! -x /usr/bin/python3 ] || python=/usr/bin/python3

# One result; none; SKIPs alone; and names and texts that act on whatever does not quote them.
python3 - "$run" "$work" << 'END' || exit 3
import gzip, json, sys
source, work = sys.argv[1:]
with (gzip.open if source.endswith(".gz") else open)(source, "rt") as lines:
    records = [json.loads(line) for line in lines]
def write(name, chosen):
    with open("%s/%s.jsonl" % (work, name), "w") as out:
        out.writelines(json.dumps(record) + "\n" for record in chosen)
def belongs(record):
    return record["type"] in ("run", "environment", "end") or \
        [record["benchmark"], record["parameters"], record["environment"]] == ["exit/cpuid", "leaf=0x0", "guest"]
one = [record for record in records if belongs(record)]
write("none", records[:1])
write("one", one)
write("skips", [r for r in one if r["type"] == "run"] + [
    {key: r[key] for key in ("type", "schema_version", "benchmark", "parameters", "environment", "substrate")} |
    {"status": "SKIP", "reason": "not here"} for r in one if r["type"] == "result"])
evil = "-4 <script>alert(1)</script>|`x`\n# \"q\",\t\\\u00a0\u2028Unit\x7f\nBenchmarkx 1 1 ns/op"
for record in one:
    if record["type"] == "run":
        record["machine"].update(id=evil[:60], cpu_model=evil[1:60])
    if "benchmark" in record:
        record.update(benchmark=evil[3:60], parameters=evil[20:60])
    if record["type"] == "result":
        record["proof"]["lines"] *= 2
known = {key: one[-2][key] for key in ("type", "schema_version", "substrate", "environment")} | \
    {"benchmark": "exit/known", "parameters": "", "status": "KNOWN", "reason": evil}
write("evil", one[:-1] + [known] + one[-1:])
END

reads()
{
	"$python" tests/golden/formats.py "$1" "$work/out" "$2" > "$work/read" 2>&1
	case $? in
	77) skip "$1 of $3" "$(tail -n 1 "$work/read")" ;;
	0) ok "$1 of $3" ;;
	*) not_ok "$1 of $3" "$(tail -n 5 "$work/read")" ;;
	esac
}

# read_back FILE WHAT: in every format.
read_back()
{
	local format

	for format in gobench openmetrics csv-long; do
		try "$EXITLAB" show --format $format "$1"
		if [ "$status" -ne 0 ] || [ -s "$work/err" ]; then
			not_ok "$format of $2" "exit status $status: $(head -c 1000 "$work/err")"
			continue
		fi
		reads $format "$1" "$2"
	done
}

read_back "$run" "a recorded run"
read_back "$lab" "an emulated host, which counts instructions"
read_back "$work/none.jsonl" "a run without a result"
read_back "$work/one.jsonl" "one result"
read_back "$work/skips.jsonl" "SKIPs alone"
read_back "$work/evil.jsonl" "names that would do harm"

for format in gobench openmetrics csv-long markdown; do
	refused "$format on a full disk" 3 'No space left' sh -c '"$1" show --format "$2" "$3" > /dev/full' sh \
		"$EXITLAB" $format "$work/one.jsonl"
	try "$EXITLAB" show --format $format "$work/evil.jsonl"
	check "$format: nothing that acts on a terminal" eval '! LC_ALL=C grep -q "[[:cntrl:]]" <(tr -d "\n\t" < "$work/out")'
done

if command -v benchstat > /dev/null; then
	"$EXITLAB" show --format gobench "$work/evil.jsonl" > "$work/evil.txt"
	check "benchstat reads it" eval 'benchstat "$work/evil.txt" > "$work/table" 2>&1 && grep -q "ticks/op" "$work/table" &&
		! grep -q "evil.txt:[0-9]" "$work/table"'
else
	skip "benchstat reads it" "benchstat is not installed"
fi
if command -v promtool > /dev/null; then
	check "promtool reads it" eval '"$EXITLAB" show --format openmetrics "$work/evil.jsonl" | promtool check metrics'
else
	skip "promtool reads it" "promtool is not installed"
fi

if [ -c /dev/kvm ]; then
	try "$EXITLAB" run base/empty --env native --quick --instances 2 --max-time 5 --format csv-long
	check "run writes them as well" grep -q ',base/empty,,native,.*,point,.*,ticks$' "$work/out"
	"$EXITLAB" check --format openmetrics 'port/value/*' 'state/fpu*' > "$work/out" 2> "$work/err"
	"$python" - "$work/out" > "$work/read" 2>&1 << 'END'
import sys
try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    sys.exit(77)
families = {family.name: family for family in text_string_to_metric_families(open(sys.argv[1]).read())}
counts = {sample.labels["status"]: sample.value for sample in families["exitlab_checks"].samples}
checks = families["exitlab_check_info"].samples
assert len(checks) == sum(counts.values()) > 10 and counts["FAIL"] == 0 < counts["OK"], counts
assert len({(s.labels["check"], s.labels["environment"]) for s in checks}) == len(checks)
END
	case $? in
	77) skip "openmetrics of checks" "needs python3-prometheus-client" ;;
	*) check "openmetrics of checks" eval '! grep . "$work/read" && [ -s "$work/out" ]' ;;
	esac
else
	skip "run and check write them as well" "there is no /dev/kvm"
fi

if command -v cmark-gfm > /dev/null; then
	check "Markdown: tables are tables, whatever names hold" eval '
		"$EXITLAB" show --format markdown "$work/evil.jsonl" | cmark-gfm --unsafe --extension table > "$work/html" &&
		grep -q "<td>.*&lt;script&gt;alert(1)&lt;/script&gt;|.x. #" "$work/html" && ! grep -qE "<script|<code>" "$work/html"'
	check "Markdown of compare: the same" eval '
		"$EXITLAB" compare --all --format markdown "$work/evil.jsonl" "$work/evil.jsonl" | cmark-gfm --unsafe --extension table > "$work/html" &&
		grep -q "<td>.*&lt;script&gt;alert(1)&lt;/script&gt;|" "$work/html" && ! grep -qE "<script|<code>" "$work/html"'
else
	skip "Markdown: tables are tables, whatever names hold" "cmark-gfm is not installed"
fi
finish
