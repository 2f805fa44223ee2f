#!/bin/bash
# SPDX-License-Identifier: MIT
# Who may include whom: the layers of docs and CONTRIBUTING.md, kept by the compiler's own rule that
# every include is written from the root.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

declare -A may=(
	[support]="support"
	[analysis]="analysis support"
	[report]="report analysis support"
	[kvm-harness]="kvm-harness support microbench/payload"
	[microbench]="microbench kvm-harness support"
	[checks]="checks kvm-harness support"
	[measure]="measure kvm-harness analysis support"
	[differ]="differ kvm-harness analysis support"
	[emulated-hosts]="emulated-hosts analysis support"
	[cli]="cli differ measure kvm-harness emulated-hosts analysis report support"
)

empty()
{
	echo "$1"
	[ -z "$1" ]
}

# Lines "file: included" of a folder that its rule does not allow.
violations() {
	grep -rhoE --include='*.[ch]' '^#include "[^"]+"' "$1" --with-filename |
		sed -E 's/:#include "/ /; s/"$//' |
		while read -r file included; do
			allowed=no
			for folder in ${may[$1]}; do
				[[ $included == "$folder"/* ]] && allowed=yes
			done
			[ $allowed = yes ] || echo "$file includes $included"
		done
}

for folder in "${!may[@]}"; do
	found=$(violations "$folder")
	check "$folder includes only: ${may[$folder]}" empty "$found"
done

# Machine registers, modes and exit reasons stay where an arm64 port will look for them.
found=$(grep -nE 'RFLAGS|CR0_|KVM_SET_SREGS|__cpuid|rdtsc' kvm-harness/*.[ch] analysis/*.[ch] \
	report/*.[ch] cli/*.[ch] support/*.[ch] differ/*.[ch])
check "x86 is named under arch/ and in the payloads alone" empty "$found"
finish
