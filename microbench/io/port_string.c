/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* From and to the context's own memory; arg 0 is the number of elements. */
#if defined(PAYLOAD_BITS) && PAYLOAD_BITS == 64
PAYLOAD(io_port_string_outsb,
	"movl $0x80, %edx\nmovl %edx, %r8d",
	"lea " STR(CTX_SAMPLES) "(%r13), %rsi\n"
	"movl " CTX(arg) ", %ecx\n"
	"movl %r8d, %edx",
	"rep outsb");
PAYLOAD(io_port_string_outsl,
	"movl $0x80, %edx\nmovl %edx, %r8d",
	"lea " STR(CTX_SAMPLES) "(%r13), %rsi\n"
	"movl " CTX(arg) ", %ecx\n"
	"movl %r8d, %edx",
	"rep outsl");
PAYLOAD(io_port_string_insb,
	"movl $0x80, %edx\nmovl %edx, %r8d",
	"lea " CTX(scratch) ", %rdi\n"
	"movl " CTX(arg) ", %ecx\n"
	"movl %r8d, %edx",
	"rep insb");
#endif

#if HOSTED
#include <string.h>

#include "kvm-harness/kvm.h"

/* Many elements come with one exit. */
static int on_exit(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	(void)err;
	if (run->exit_reason != KVM_EXIT_IO || run->io.port != 0x80 ||
	    run->io.direction != KVM_EXIT_IO_IN)
		return 0;
	if (run->io.data_offset + (uint64_t)run->io.count * run->io.size > vcpu->run_size)
		return 0;
	memset((char *)run + run->io.data_offset, 0x5a, (size_t)run->io.count * run->io.size);
	return 1;
}
#endif

BENCHMARK(io_port_string,
	.name = "io/port-string",
	.title = "REP OUTS and REP INS",
	.what = "KVM's emulator reads ahead: many elements come in with one exit to user space. What goes out is not "
		"gathered: an exit for each element.",
	.rows = "11",
	.environments = ENV_GUEST | ENV_GUEST_USER,
	.axes = {{"access", 1, {{"outsb", 0, "io_port_string_outsb"}, {"outsl", 1, "io_port_string_outsl"},
				{"insb", 2, "io_port_string_insb"}}},
		 {"count", 0, {{"4", 4}, {"16", 16}}}},
	.on_exit = on_exit,
	.expect = {
		/* The instruction is begun once more when all its elements are done. */
		{SUBSTRATE_VMX, .when = "ins", .reason = EXIT_VMX_IO_INSTRUCTION, .count = 2,
		 .user = EXIT_KVM_IO, .user_count = 1},
		{SUBSTRATE_SVM, .when = "ins", .reason = EXIT_SVM_IOIO, .count = 2, .user = EXIT_KVM_IO,
		 .user_count = 1},
		{SUBSTRATE_ANY, .when = "ins", .user = EXIT_KVM_IO, .user_count = 1},
		{SUBSTRATE_VMX, .when = "count=16", .reason = EXIT_VMX_IO_INSTRUCTION, .count = 17,
		 .user = EXIT_KVM_IO, .user_count = 16},
		{SUBSTRATE_SVM, .when = "count=16", .reason = EXIT_SVM_IOIO, .count = 17,
		 .user = EXIT_KVM_IO, .user_count = 16},
		{SUBSTRATE_ANY, .when = "count=16", .user = EXIT_KVM_IO, .user_count = 16},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_IO_INSTRUCTION, .count = 5, .user = EXIT_KVM_IO,
		 .user_count = 4},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_IOIO, .count = 5, .user = EXIT_KVM_IO, .user_count = 4},
		{SUBSTRATE_ANY, .user = EXIT_KVM_IO, .user_count = 4},
	});
