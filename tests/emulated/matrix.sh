#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=4500
# Every declaration on {intel, amd} x {EPT/NPT, page tables of KVM's} x {stable, backports}, and in
# real mode without unrestricted guest. Only `make test-lab` runs this: it takes half an hour. All checks as well.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
# shellcheck source=tests/emulated/lib.sh disable=SC1091
. tests/emulated/lib.sh

# lane HOST SETTING...: all operations under each setting, a kernel and perhaps a parameter.
lane()
{
	local host=$1 setting kernel parameter

	shift
	for setting; do
		read -r kernel parameter <<< "$setting"
		"${lab[@]}" --host "$host" --kernel "$kernel" ${parameter:+--param "$parameter"} \
			--output "$work/$host $setting.jsonl" > /dev/null 2> "$work/$host $setting.err" < /dev/null
		echo $? > "$work/$host $setting.status"
		behave "$host" "$setting" check
		[ "$host" = amd ] || behave "$host" "$setting" differ --seed 11 --count 1000
	done
}

# behave HOST SETTING COMMAND...: no check fails, no difference is unknown. QEMU's processor aborts on some sequences:
# docs/differ.md has its runs.
behave()
{
	local host=$1 setting=$2 kernel parameter

	shift 2
	read -r kernel parameter <<< "$setting"
	"${lab[@]}" --host "$host" --kernel "$kernel" ${parameter:+--param "$parameter"} -- "$@" \
		> "$work/$host $setting $1.out" 2>&1 < /dev/null
	echo $? > "$work/$host $setting $1.behaved"
}

# judge HOST SUBSTRATE SETTING...
judge()
{
	local host=$1 substrate=$2 setting name file

	shift 2
	for setting; do
		name="$host, $setting" file="$work/$host $setting.jsonl"
		can_boot "$host" "${setting%% *}" || {
			skip "$name" "$why"
			continue
		}
		status=$(cat "$work/$host $setting.status")
		cp "$work/$host $setting.err" "$work/err"
		check "$name: exit status 0 or 4" show eval '[ $status -eq 0 ] || [ $status -eq 4 ]'
		check "$name: every declaration proven, most exact" \
			tests/emulated/check.py "$file" "$substrate" most
		tests/emulated/check.py "$file" "$substrate" most 2> /dev/null | sed -n '1s/^/# /p'
		for command in check differ; do
			[ -e "$work/$host $setting $command.behaved" ] || continue
			cp "$work/$host $setting $command.out" "$work/err"
			status=$(cat "$work/$host $setting $command.behaved")
			check "$name: $command: exit status 0" show test "$status" -eq 0
		done
	done
}

# generations HOST: every model of the list comes up, proves and has its column.
generations()
{
	local host=$1 models

	can_boot "$host" || {
		skip "$host: generations" "$why"
		return
	}
	models=$("$EXITLAB" lab --list-models | sed -n "/--host $host/,/^\$/s/  *20[0-9][0-9]  .*//p")
	long "${lab[@]}" --host "$host" --generations --boots 1 --format markdown \
		--output "$work/$host" -- \
		run exit/cpuid insn/invlpg --env guest
	check "$host: generations: exit status 0" show [ "$status" -eq 0 ]
	for model in $models; do
		check "$host: $model proves what it takes" \
			grep -q '"exit/cpuid".*"verdict": *"proven"' "$work/$host/$model.jsonl"
	done
	check "$host: side by side, $(wc -w <<< "$models") of them" grep -qE \
		"^\| exit/cpuid leaf=0x1 \| guest \| 1 CPUID( \| ~?[0-9,]+){$(wc -w <<< "$models")} \|\$" "$work/out"
}

generations amd
generations intel
# amd with NPT under the release's kernel is in tests/emulated/hosts.sh. Both lanes at once.
amd=("stable npt=0" backports "backports npt=0")
intel=(stable "stable ept=0" backports "backports ept=0")
lane amd "${amd[@]}" &
lane intel "${intel[@]}"
wait
judge amd svm "${amd[@]}"
judge intel vmx "${intel[@]}"
finish
