/* SPDX-License-Identifier: MIT */
#include "microbench/nested/vmx.h"

#define HOST_RSP  "0x6c14"
#define HOST_RIP  "0x6c16"
#define GUEST_RIP "0x681e"

/*
 * The guest's guest is two instructions, at 5 or at 6: an exit does not step over the instruction.
 * Each exit arrives at 9, with the stack as it is behind the CALL; a launch or resume that fails
 * goes on behind itself, and is noted.
 */
PAYLOAD64(nested_vmx,
	VMX_ENTER
	"lea 5f(%rip), %rsi\n"
	"lea 6f(%rip), %rdi\n"
	"cmpl $1, " CTX(arg) "\n"
	"cmove %rdi, %rsi\n"
	"movl $" GUEST_RIP ", %edi\n"
	"vmwrite %rsi, %rdi\n"
	"lea 9f(%rip), %rsi\n"
	"movl $" HOST_RIP ", %edi\n"
	"vmwrite %rsi, %rdi\n"
	"lea -8(%rsp), %rsi\n"
	"movl $" HOST_RSP ", %edi\n"
	"vmwrite %rsi, %rdi\n"
	"lea 8f(%rip), %r11\n"
	"call 7f\n"
	"jmp 4f\n"
	"5: vmcall\n"
	"jmp 5b\n"
	"6: cpuid\n"
	"jmp 6b\n"
	"7: vmlaunch\n"
	"incq " CTX(note) "\n"
	"ret\n"
	"8: vmresume\n"
	"incq " CTX(note) "\n"
	"9: ret\n"
	"4:",
	"",
	"call *%r11");

BENCHMARK(nested_vmx,
	.name = "nested/vmx",
	.title = "a guest's guest exits to its hypervisor, and is run again (VT-x)",
	.what = "A hypervisor in the guest, as small as can be: VMRESUME, an instruction that exits, and back. KVM below "
		"has to play the processor both ways.",
	.rows = "61 63 65",
	.payload = "nested_vmx",
	.environments = ENV_GUEST,
	.needs = NEED_INTEL | NEED_FRESH,
	.feature = VMX_CPU_FEATURE,
	.axes = {{"inner-exit", 0, {{"hypercall", 0}, {"cpuid", 1}, {"timer", VMX_INNER_TIMER}}}},
	.setup = vmx_setup,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_VMRESUME, .count = 1,
		 .also = ALSO(EXIT_VMX_VMCALL, EXIT_VMX_CPUID, EXIT_VMX_PREEMPTION_TIMER)},
		{SUBSTRATE_PVM, .known = "kvm_pvm does not nest", .link = "docs/exit-paths.md"},
	});
