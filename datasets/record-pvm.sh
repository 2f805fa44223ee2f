#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: record-pvm.sh PROGRAM FOLDER MACHINE DATE
# Records this machine's /dev/kvm (whatever its substrate; kvm_pvm is what this project has): every operation, exits taken apart, and the exits of
# a run as a traced VM. Seven minutes, on an idle machine. MACHINE names it in words; names of files are kvm_pvm-DATE... .
set -eu

program=$1 folder=$2 machine=$3 date=$4

"$program" run --quick --instances 24 --precision 5% --max-time 280 --machine "$machine" --output "$folder/kvm_pvm-$date.jsonl" > /dev/null || [ $? -eq 4 ]
"$program" anatomy exit/cpuid io/port-out io/port-in io/mmio-write exit/hlt exit/msr-user --output "$folder/kvm_pvm-$date-anatomy.jsonl" > /dev/null
"$program" trace --time 30 --output "$folder/trace-pvm-$date.jsonl" -- "$program" run --quick --max-time 15 'io/*' 'exit/*' 'irq/*' > /dev/null
gzip -9nf "$folder/kvm_pvm-$date.jsonl" "$folder/kvm_pvm-$date-anatomy.jsonl" "$folder/trace-pvm-$date.jsonl"
