#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=3600
# A change of KVM is seen, and nothing else is: the kernel's own kvm modules are built from the
# distribution's source, once as they are and once with ten NOPs more in one handler. The operations
# that take it must move by ten instructions, by that function, and no other by any. Only
# `make test-planted` runs this, which installs the source and the headers.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
# shellcheck source=tests/emulated/lib.sh disable=SC1091
. tests/emulated/lib.sh

NOPS=10
for host in amd intel; do
	can_boot $host || skip_all "$why"
done
kernel=$(echo "$O"/kernels/stable/boot/vmlinuz-*)
release=${kernel##*/vmlinuz-}
series=$(cut -d. -f1,2 <<< "$release")
headers=/usr/src/linux-headers-$release
tar=/usr/src/linux-source-$series.tar.xz
if [ ! -d "$headers" ] || [ ! -e "$tar" ]; then
	skip_all "no source of $release: apt-get install linux-headers-$release linux-source-$series"
fi

# The part of the source that the modules are made of, which then finds itself in another place.
# shellcheck disable=SC2016 # make's variables
unpack()
{
	tar -C "$work" -xf "$tar" --strip-components=1 \
		"linux-source-$series/arch/x86/kvm" "linux-source-$series/virt" &&
		sed -i 's,-I $(srctree)/arch/x86/kvm,-I $(src) -I $(src)/../../../virt/kvm,
			s,$(srctree)/virt/kvm/Makefile,$(src)/../../../virt/kvm/Makefile,' \
			"$work/arch/x86/kvm/Makefile"
}

# plant FUNCTION FILE: behind the declarations of its body, where the first empty line is.
plant()
{
	sed -i "/^int $1(/,/^}/ { 0,/^\$/ s/^\$/\tasm volatile(\".rept $NOPS; nop; .endr\");\n/ }" "$2" &&
		grep -q "rept $NOPS; nop" "$2"
}

# modules NAME: built, into a folder of that name, with those that they need.
modules()
{
	make -C "$headers" M="$work/arch/x86/kvm" -j"$(nproc)" modules > "$work/make" 2>&1 ||
		{ tail -n 20 "$work/make"; return 1; }
	mkdir -p "$work/$1" && cp "$work"/arch/x86/kvm/*.ko "$work/$1" &&
		find "$O/kernels/stable" -name 'irqbypass.ko*' -exec cp {} "$work/$1" \;
}

# lab_with NAME HOST [SEED]: a file with profiles, $work/NAME-HOST.jsonl.
lab_with()
{
	long "${lab[@]}" --host "$2" --kernel "$kernel" --modules "$work/$1" --profile '*' \
		--output "$work/$1-$2.jsonl" -- run 'exit/*' 'io/*' 'insn/*' 'base/*' irq/inject irq/nmi \
		irq/window irq/msi irq/self-ipi --exclude io/port-string --env guest ${3:+--seed "$3"}
	check "$2, $1: exit status 0" show [ "$status" -eq 0 ]
}

# moved_only HOST NAME FUNCTION OPERATIONS...: each by NOPS, and by this function alone.
moved_only()
{
	local host=$1 name=$2 function=$3 operation

	shift 3
	"$EXITLAB" lab --diff "$work/base-$host.jsonl" "$work/$name-$host.jsonl" > "$work/diff" ||
		return 1
	cat "$work/diff"
	for operation; do
		grep -qE "^$operation .* \\+$NOPS +$function \\+$NOPS\$" "$work/diff" || return 1
	done
	grep -q "^$# moved, " "$work/diff" && grep -q ' 0 cannot be compared' "$work/diff"
}

# gated HOST NAME OPERATIONS: the gate fails, for so many results, each by NOPS.
gated()
{
	local status=0

	"$EXITLAB" gate --format csv "$work/base-$1.jsonl" -- "$work/$2-$1.jsonl" > "$work/gate" || status=$?
	[ $status = 1 ] && [ "$(grep -c ',regression,' "$work/gate")" = "$3" ] &&
		[ "$(grep -c ",regression,.*: +$NOPS\"" "$work/gate")" = "$3" ]
}

check "the source of $release is unpacked" unpack
check "its kvm modules are built" modules base
cp "$work/arch/x86/kvm/cpuid.c" "$work/cpuid.c"
check "$NOPS NOPs are planted in kvm_emulate_cpuid" plant kvm_emulate_cpuid "$work/arch/x86/kvm/cpuid.c"
check "the modules are built with them" modules cpuid
cp "$work/cpuid.c" "$work/arch/x86/kvm/cpuid.c"
check "$NOPS NOPs are planted in kvm_emulate_rdmsr" plant kvm_emulate_rdmsr "$work/arch/x86/kvm/x86.c"
check "the modules are built with these" modules rdmsr
[ "$failures" = 0 ] || { finish; exit 1; }

for host in amd intel; do
	lab_with base $host
	lab_with cpuid $host 20
	lab_with rdmsr $host 40
	check "$host: cpuid moves by $NOPS in each leaf, and nothing else does" \
		moved_only $host cpuid kvm_emulate_cpuid 'exit/cpuid leaf=0x0' 'exit/cpuid leaf=0x1' \
		'exit/cpuid leaf=0xd' 'exit/cpuid leaf=0x40000000'
	sed 's/^/# /' "$work/diff"
	check "$host: the gate fails for these" gated $host cpuid 4
	check "$host: rdmsr moves by $NOPS wherever it is read, and nothing else does" \
		moved_only $host rdmsr kvm_emulate_rdmsr exit/rdmsr 'exit/msr-user msr=unknown-read' \
		'exit/msr-user msr=filtered-read' 'exit/rdmsr-kinds msr=tsc-adjust' \
		'exit/rdmsr-kinds msr=ucode-rev' 'exit/rdmsr-kinds msr=misc-enable' \
		'exit/rdmsr-kinds msr=mtrr-def-type' 'exit/rdmsr-kinds msr=efer' \
		'exit/rdmsr-kinds msr=kvm-wall-clock' 'io/x2apic access=read-id'
	sed 's/^/# /' "$work/diff"
	check "$host: the gate fails for these" gated $host rdmsr 10
done
finish
