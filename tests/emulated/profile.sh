#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=900
# Attribution on both hosts: it adds up to what an undisturbed run counts, and a second run of the
# same kernel differs nowhere.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
# shellcheck source=tests/emulated/lib.sh disable=SC1091
. tests/emulated/lib.sh

# Each operation has a profile, whose functions and stacks add up to its total, which is what the
# operation's clock read.
adds_up()
{
	python3 - "$1" "$2" << 'END'
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
results = {(r["benchmark"], r["parameters"]): r for r in records if r["type"] == "result"}
profiles = {(r["benchmark"], r["parameters"]): r for r in records if r["type"] == "profile"}
assert len(profiles) >= 6, "only %d profiles" % len(profiles)
for key, p in profiles.items():
    total = p["total_insns"]
    assert total == p["guest_insns"] + p["kernel_insns"] + p["user_insns"], key
    assert total == sum(f["insns"] for f in p["functions"]), key
    assert total == sum(n for _, n in p["stacks"]), key
    latency = results[key]["latency"]
    assert total == latency["p50_ticks"], (key, total, latency)
    net = total - latency["timer_pair_p50_ticks"]
    assert net == results[key]["estimate"]["point_ticks"], (key, net, results[key]["estimate"])
cpuid = profiles[("exit/cpuid", "leaf=0x1")]
names = {f["name"] for f in cpuid["functions"]}
assert any("kvm_cpuid" in n or "kvm_emulate_cpuid" in n for n in names), names
module = {f["module"] for f in cpuid["functions"]}
assert sys.argv[2] in module and "kvm" in module, module
assert cpuid["user_insns"] == 0 and cpuid["kernel_insns"] > 500
port = profiles[("io/port-out", "width=8")]
assert port["user_insns"] > 0, "an exit to user space executes nothing there"
print("%d profiles" % len(profiles))
END
}

# profile_on HOST MODULE
profile_on()
{
	local host=$1 module=$2 file=$work/$1.jsonl

	can_boot "$host" || {
		skip "profiles on $host" "$why"
		return
	}
	long "${lab[@]}" --host "$host" --boots 1 --profile x --folded "$work/folded" --output "$file" -- \
		run exit/cpuid io/port-out base/empty --env guest
	check "$host: exit status 0" show [ "$status" -eq 0 ]
	check "$host: profiles add up to what was counted" adds_up "$file" "$module"
	check "$host: the stacks are folded" grep -q '^kvm.*;.* [0-9]*$' "$work/folded"
	check "$host: show reads a file with profiles" "$EXITLAB" show "$file"
}

profile_on amd kvm_amd
profile_on intel kvm_intel

# The same kernel twice, in boots of other seeds: nothing moves, and nothing is left out as inexact.
if can_boot amd; then
	for seed in 1 50; do
		long "${lab[@]}" --host amd --profile x --output "$work/$seed.jsonl" -- \
			run exit/cpuid --env guest --seed $seed
		check "seed $seed: exit status 0" show [ "$status" -eq 0 ]
	done
	long "$EXITLAB" lab --diff "$work/1.jsonl" "$work/50.jsonl"
	check "--diff of the same kernel: nothing moved" grep -q '^0 moved, 4 did not. 0 cannot' "$work/out"
	# Another path of the same operation: what moved has a name, and the sum is the difference.
	long "${lab[@]}" --host amd --mitigations auto --profile x --output "$work/auto.jsonl" -- \
		run exit/cpuid --env guest
	long "$EXITLAB" lab --diff "$work/1.jsonl" "$work/auto.jsonl"
	check "--diff of two settings: all moved" grep -q '^4 moved, 0 did not' "$work/out"
	check "--diff of two settings: by functions with names" grep -q '[a-z_]* +[0-9]' "$work/out"
else
	skip "the same kernel twice" "$why"
fi
finish
