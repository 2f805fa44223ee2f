#!/bin/bash
# SPDX-License-Identifier: MIT
# The catalogue as people see it: list, explain, docs/operations.md, and what recorded runs prove.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=${EXITLAB:-build/exitlab}

# covers FILE: the page has each row once, names the operations that name it, and no others; a row
# without an operation says why.
# shellcheck disable=SC2016 # Python's own
covers()
{
	python3 - "$1" docs/operations.md <<'PYTHON'
import re, sys
listed, page = open(sys.argv[1]).read(), open(sys.argv[2]).read()
wanted, name = {}, None
for line in listed.splitlines():
    if line and not line.startswith(" "):
        name = line.split()[0]
    elif "rows of docs/operations.md:" in line:
        for row in line.split(":")[1].split():
            wanted.setdefault(int(row), set()).add(name)
seen = {}
for row, last in re.findall(r"^\| (\d+) \| [^|]+ \| (.*) \|$", page, re.M):
    assert int(row) not in seen, f"row {row} is there twice"
    seen[int(row)] = set() if last.startswith("– ") else set(re.findall(r"`([^`]+)`", last))
    if not seen[int(row)]:
        assert last.startswith("– ") and len(last) > 10, f"row {row} has no operation and no reason"
assert sorted(seen) == list(range(1, 121)), "rows are missing"
for row in seen:
    assert seen[row] == wanted.get(row, set()), f"row {row}: {seen[row]} and {wanted.get(row)}"
covered = sum(1 for row in seen if seen[row])
assert f"{covered} of 120 rows" in page, f"{covered} rows are covered"
assert covered >= 100
PYTHON
}

try "$EXITLAB" list --all
check "list --all works without /dev/kvm" test "$status" = 0
cp "$work/out" "$work/all"
check "docs/operations.md and the operations agree, row by row" covers "$work/all"
operations=$(grep -c '^[a-z]' "$work/all")
check "README and CHANGELOG say how many there are" eval \
	'grep -q "the $operations operations" README.md && grep -q "^- $operations operations" CHANGELOG.md'
check "an operation's page has its environments" grep -qE '^      in: native guest-user guest prot32 real16$' "$work/all"
check "and what it needs" grep -qE "^      needs: KVM's interrupt controllers, two CPUs$" "$work/all"
check "and its exits, on which hypervisor" grep -qE '^      exits: vmx, wildcard: 1 EPT_MISCONFIG, 1 kvm_fast_mmio$' "$work/all"

try "$EXITLAB" explain exit/rdmsr-unknown --dry
check "explain prints a page" test "$status" = 0
for part in 'What happens' 'Where it is measured' 'What it needs' 'Which exits it must take' 'Who handles it' 'What to expect'; do
	check "with a part '$part'" grep -qx "$part.*" "$work/out"
done
check "which exits a fault takes" grep -qx '  svm, where it faults: 1 MSR' "$work/out"
try "$EXITLAB" explain io/port-out --dry
check "who answers is said: user space" grep -q '^  User space: KVM cannot answer alone' "$work/out"
try "$EXITLAB" explain vm/null-run --dry
check "or the host itself" grep -q "^  It is not a guest's operation" "$work/out"
try "$EXITLAB" explain insn/rdtsc --dry
check "or nobody" grep -q '^  Nobody: the processor does it' "$work/out"
refused "explain without a name" 2 "explain wants the name of one operation" "$EXITLAB" explain
refused "explain of a pattern" 2 "'io/\*' is a pattern" "$EXITLAB" explain 'io/*'
refused "explain of nothing that is there" 2 "nearest is 'exit/rdmsr'" "$EXITLAB" explain exit/rdmr

if [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
	try "$EXITLAB" explain exit/rdmsr
	check "explain measures" grep -qE '^exit/rdmsr .* (OK|UNSTABLE)' "$work/out"
else
	skip "explain measures" "/dev/kvm cannot be used"
fi

try "$EXITLAB" list --unproven datasets/recorded/proof-*.jsonl.gz
check "list --unproven reads recorded runs" test "$status" = 0
check "each vendor has its line" test "$(grep -cE '^(vmx|svm): [0-9]+ of [0-9]+ declarations proven .*; [0-9]+ more need a CPU feature' "$work/out")" = 2
check "at least 95 % are proven on each" awk '/declarations proven/ {
	n++; if ($2 < 0.95 * $4) bad = 1 } END { exit bad || n != 2 }' "$work/out"
check "what is not has a reason" test -z "$(grep -E '^  .*: *$' "$work/out")"
refused "list --unproven without a file" 2 "wants result files" "$EXITLAB" list --unproven
refused "list --unproven of what is no file" 3 "nothing.jsonl" "$EXITLAB" list --unproven "$work/nothing.jsonl"
finish
