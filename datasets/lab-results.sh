#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: lab-results.sh PROGRAM FOLDER
# Prints the part of RESULTS.md that comes from the emulated hosts, from the files that record-lab.sh
# made in FOLDER.
set -eu

program=$1 folder=$2

# files PATTERN...: those that are there, in this order.
files()
{
	local pattern

	for pattern; do
		[ ! -e "$folder/$pattern.jsonl" ] || echo "$folder/$pattern.jsonl"
	done
}

table()
{
	local title=$1

	shift
	printf '\n### %s\n\n' "$title"
	# shellcheck disable=SC2046 # a list of files without blanks
	"$program" lab --table --env guest --format markdown $(files "$@")
}

moved()
{
	local title=$1

	[ -e "$2" ] && [ -e "$3" ] || return 0
	printf '\n### %s\n\n' "$title"
	"$program" lab --diff --format markdown "$2" "$3"
}

cat << END

## Emulated hosts: VT-x and SVM, in instructions

A real kernel with its real kvm_intel or kvm_amd on an emulated processor ([docs/lab.md](docs/lab.md)). A figure is how many
instructions guest and host executed for one operation in ring 0 of a 64-bit guest, the loop around it subtracted; \`~\`: not exact
over three boots. It is no time. Every row is proven by the module's own tracepoints; "differ" stands where the exits do, and then
they stand below the figure. Mitigations are off. QEMU's SVM has no next-RIP save, so kvm_amd decodes instructions itself.

The data: [datasets/recorded/](datasets/recorded/), \`lab-*.jsonl\`, made by \`datasets/record-lab.sh\`; other environments
are in it as well.
END
table "kvm_intel (Bochs)" lab-intel-ept-stable lab-intel-shadow-stable lab-intel-ept-backports lab-intel-shadow-backports
table "kvm_amd (QEMU)" lab-amd-npt-stable lab-amd-shadow-stable lab-amd-npt-backports lab-amd-shadow-backports
moved "Where the instructions went between the two kernels: kvm_intel" \
	"$folder/lab-intel-profile-stable.jsonl" "$folder/lab-intel-profile-backports.jsonl"
moved "Where the instructions went between the two kernels: kvm_amd" \
	"$folder/lab-amd-profile-stable.jsonl" "$folder/lab-amd-profile-backports.jsonl"
