#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: report.sh PROGRAM FOLDER [OPTIONS...]
# Writes RESULTS.md (and RESULTS.html) with its pictures into FOLDER, from all that is recorded here, in the
# order in which it is shown. The same data give the same bytes.
set -eu

program=$1 folder=$2
shift 2
recorded=$(dirname "$0")/recorded

# hosts NAME...: files of emulated hosts, those that are there.
hosts()
{
	local name

	for name; do
		[ ! -e "$recorded/$name.jsonl.gz" ] || echo "$recorded/$name.jsonl.gz"
	done
}

# shellcheck disable=SC2046 # lists of files without blanks
"$program" report --output "$folder" --name RESULTS --pictures plots/results "$@" \
	$(hosts kvm_pvm-2026-11 kvm_pvm-2026-11-anatomy \
		lab-intel-ept-stable lab-intel-ept-backports lab-intel-shadow-stable lab-intel-shadow-backports \
		proof-intel-broadwell proof-intel-skylake lab-intel-profile-stable lab-intel-profile-backports \
		lab-amd-npt-stable lab-amd-npt-backports lab-amd-shadow-stable lab-amd-shadow-backports \
		proof-amd-milan lab-amd-profile-stable lab-amd-profile-backports \
		check-intel-ept-stable check-intel-ept-backports check-intel-shadow-stable check-intel-shadow-backports \
		check-intel-vm86-stable check-amd-npt-stable check-amd-npt-backports check-amd-shadow-stable \
		check-amd-shadow-backports check-pvm trace-amd-npt-stable trace-pvm-2026-11) \
	"$recorded/../selftest/gate-kvm_pvm-2026-11.jsonl" "$recorded/../literature.json"
