#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: vmexit.sh PROGRAM VMEXIT.FLAT FOLDER
# Runs kvm-unit-tests' vmexit (x86/vmexit.flat of its build) 20 times on this /dev/kvm, through QEMU, and exitlab's
# operations for the same instructions with its loops beside them (PROGRAM is built with
# EXTRA=datasets/peers). Writes FOLDER/vmexit.txt and FOLDER/vmexit.jsonl.gz; see docs/vmexit.md.
set -u

program=$1 flat=$2 folder=$3
rows="cpuid wbinvd invd mov_from_cr8 mov_to_cr8 inl_from_qemu inl_from_kernel outl_to_kernel mov_dr"
rows+=" wr_kernel_gs_base wr_tsc_adjust_msr rd_tsc_adjust_msr toggle_cr0_wp toggle_cr4_pge"
mkdir -p "$folder" || exit 3

for _ in {1..20}; do
	timeout 120 qemu-system-x86_64 -nodefaults -machine accel=kvm -cpu qemu64,+x2apic,+tsc-deadline -m 128 -display none \
		-serial stdio -device isa-debug-exit,iobase=0xf4,iosize=0x4 -kernel "$flat" \
		-append "$rows" 2> /dev/null < /dev/null | tr -d '\r' | grep -E '^[a-z0-9_]+ [0-9]+$'
done > "$folder/vmexit.txt"

"$program" run --env guest --output "$folder/vmexit.jsonl" peer/vmexit exit/cpuid exit/wbinvd exit/invd exit/cr8 \
	io/port-in io/port-kernel-in io/port-kernel-out insn/mov-dr insn/wrmsr-passthrough exit/wrmsr \
	exit/rdmsr-kinds exit/cr0-wp exit/cr4 > /dev/null && gzip -9nf "$folder/vmexit.jsonl"
