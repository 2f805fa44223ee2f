#!/bin/bash
# SPDX-License-Identifier: MIT
# exitlab differ: its options, the same seed twice, exit statuses, the rules.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
EXITLAB=${EXITLAB:-build/exitlab}

status_is()
{
	echo "exit status $status"
	cat "$work/out" "$work/err"
	[ "$status" -eq "$1" ]
}

# What does not depend on the clock: sequences and findings.
without_times()
{
	sed -E 's/;? +[0-9]+ runs a second//; s/ in [0-9.]+ s,//' "$1"
}

refused "a format that there is not" 2 "neither text nor json" "$EXITLAB" differ --format tap
refused "an environment that there is not" 2 "real16" "$EXITLAB" differ --env native,real16
refused "no environment" 2 "is not one of" "$EXITLAB" differ --env ""
refused "no instructions" 2 "not between 1 and" "$EXITLAB" differ --length 0
refused "too many instructions" 2 "not between 1 and" "$EXITLAB" differ --length 1000
refused "no sequences" 2 "compare nothing" "$EXITLAB" differ --count 0
refused "no time" 2 "is not a time" "$EXITLAB" differ --time 0
refused "a seed that is no number" 2 "whole number" "$EXITLAB" differ --seed x
refused "--list-rules and a format" 2 "list-rules runs nothing" "$EXITLAB" differ --list-rules --format json
refused "--only and --count" 2 "give one of them" "$EXITLAB" differ --only 3 --count 5
refused "a name" 2 "takes no names" "$EXITLAB" differ alu
refused "one environment alone" 2 "has nothing to be compared with" "$EXITLAB" differ --env native --count 10

try "$EXITLAB" differ --list-rules
check "--list-rules: exit status 0" status_is 0
check "each rule has its manual" eval '[ "$(grep -c "Intel SDM" "$work/out")" -ge 8 ]'
for link in $(sed -n 's/.*\(docs\/differ.md#[a-z0-9-]*\).*/\1/p' "$work/out"); do
	check "${link#*#} is in the document" grep -q "name=\"${link#*#}\"" docs/differ.md
done

if ! "$EXITLAB" doctor > /dev/null 2>&1 && [ $? -ne 4 ]; then
	try "$EXITLAB" differ --count 10
	check "no guests here: exit status 77" status_is 77
	finish
	exit
fi

user=(--env native,guest-user --seed 5)
try "$EXITLAB" differ "${user[@]}" --count 500
check "ring 3 does as this process does: exit status 0" status_is 0
check "it says how many sequences there were" grep -q '^seed 5: [1-9][0-9]* sequences' "$work/out"
without_times "$work/out" > "$work/first"
try "$EXITLAB" differ "${user[@]}" --count 500
without_times "$work/out" > "$work/second"
check "the same seed, the same output" cmp "$work/first" "$work/second"
try "$EXITLAB" differ "${user[@]}" --only 7
check "--only: exit status 0" status_is 0
check "it shows what it begins with" grep -q '^begins with:' "$work/out"
check "and what came of it" grep -q '^guest-user:' "$work/out"
cp "$work/out" "$work/only"
try "$EXITLAB" differ "${user[@]}" --only 7
check "the same again" cmp <(without_times "$work/only") <(without_times "$work/out")
try "$EXITLAB" differ "${user[@]}" --count 50 --format json
check "json: each line is a record" python3 -c '
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
assert records[0]["type"] == "differ" and 0 < records[0]["sequences"] <= 50
assert [e["name"] for e in records[0]["environments"]] == ["native", "guest-user"]' "$work/out"

all=(--seed 1 --count 300)
try "$EXITLAB" differ "${all[@]}"
check "everywhere: no difference that is not known" status_is 0
if grep -q '^KNOWN' "$work/out"; then
	check "a known one has its link" grep -q '^  see  *docs/differ.md#' "$work/out"
	check "and a command that shows it again" grep -q '^  again  *exitlab differ --seed 1' "$work/out"
	again=$(sed -n 's/^  again  *exitlab //p' "$work/out" | head -n 1)
	# shellcheck disable=SC2086 # its words
	try "$EXITLAB" $again
	check "which does" grep -q '^KNOWN' "$work/out"
	try "$EXITLAB" differ "${all[@]}" --strict
	check "--strict: exit status 1" status_is 1
fi
finish
