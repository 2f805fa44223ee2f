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
    assert total == sum(p["legs"].values()), (key, p["legs"])
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
# KVM answers CPUID; the port's legs lead through user space and back.
legs = cpuid["legs"]
assert legs["exit"] > 50 and legs["handler"] > 50 and legs["back"] > 50, legs
assert legs["to_user"] == legs["user"] == legs["from_user"] == 0, legs
legs = profiles[("io/port-out", "width=8")]["legs"]
assert min(legs[leg] for leg in ("exit", "handler", "to_user", "user", "from_user")) > 50, legs
assert legs["user"] == profiles[("io/port-out", "width=8")]["user_insns"], legs
port = profiles[("io/port-out", "width=8")]
assert port["user_insns"] > 0, "an exit to user space executes nothing there"
print("%d profiles" % len(profiles))
END
}

begin()
{
	can_boot "$1" && start "$1" "${lab[@]}" --host "$1" --boots 1 --profile x \
		--folded "$work/$1.folded" --output "$work/$1.jsonl" -- \
		run exit/cpuid io/port-out base/empty --env guest
}

# profile_on HOST MODULE
profile_on()
{
	local host=$1 module=$2 file=$work/$1.jsonl

	can_boot "$host" || {
		skip "profiles on $host" "$why"
		return
	}
	ended "$host"
	check "$host: exit status 0" show [ "$status" -eq 0 ]
	check "$host: profiles add up to what was counted" adds_up "$file" "$module"
	check "$host: the stacks are folded" grep -q '^kvm.*;.* [0-9]*$' "$work/$host.folded"
	check "$host: show reads a file with profiles" "$EXITLAB" show "$file"
}

# again NAME OPTIONS...: CPUID alone, in three boots, profiled.
again()
{
	local name=$1

	shift
	start "$name" "${lab[@]}" --host amd --profile x --output "$work/$name.jsonl" "$@"
}

begin intel
begin amd
profile_on amd kvm_amd
# The same kernel twice, in boots of other seeds: nothing moves, and nothing is left out as inexact.
if can_boot amd; then
	again first -- run exit/cpuid --env guest --seed 1
	again second -- run exit/cpuid --env guest --seed 50
	ended first
	# Another path of the same operation: what moved has a name, and the sum is the difference.
	# Asked for its legs, which are of the same record.
	again auto --mitigations auto --boots 3 -- anatomy exit/cpuid
	check "the first: exit status 0" show [ "$status" -eq 0 ]
	ended second
	check "the second: exit status 0" show [ "$status" -eq 0 ]
	long "$EXITLAB" lab --diff "$work/first.jsonl" "$work/second.jsonl"
	check "--diff of the same kernel: nothing moved" grep -q '^0 moved, 4 did not. 0 cannot' "$work/out"
	ended auto
	check "anatomy: the legs of each operation" test "$(grep -cE '^exit/cpuid.* guest ' "$work/out")" = 4
	long "$EXITLAB" show --format legs "$work/auto.jsonl"
	check "show --format legs prints them again" grep -q 'back to the guest\|back: from the handler' "$work/out"
	long "$EXITLAB" lab --diff "$work/first.jsonl" "$work/auto.jsonl"
	check "--diff of two settings: all moved" grep -q '^4 moved, 0 did not' "$work/out"
	check "--diff of two settings: by functions with names" grep -q '[a-z_]* +[0-9]' "$work/out"
else
	skip "the same kernel twice" "$why"
fi
profile_on intel kvm_intel
# The timed anatomy with all marks there are: a VM's counter with an offset, kvm_exit, kvm_entry. It is the traced
# program of a trace, as lab's own anatomy is the exact one.
if can_boot amd; then
	start marks "${lab[@]}" --host amd -- trace -- /proc/self/exe anatomy io/port-out --env guest --instances 1
	ended marks
	for marks in 'the guest to kvm_exit' 'kvm_exit to kvm_userspace_exit' 'kvm_userspace_exit to user space' 'user space to KVM_RUN' \
		'KVM_RUN to kvm_entry' 'kvm_entry to the guest'; do
		check "a timed leg with kvm_amd: $marks" grep -q " $marks  *[0-9]" "$work/err"
	done
	check "the guest's counter has an offset" grep -q "counter has an offset, known within" "$work/err"
else
	skip "the timed anatomy with kvm_amd" "$why"
fi
finish
