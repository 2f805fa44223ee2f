/* SPDX-License-Identifier: MIT */
/* State that user space reads, sets, and moves into another VM. */
#include "checks/checks.h"

/* ---- what is set is read back --------------------------------------------------------------- */

static void run_regs(struct stage *stage, unsigned n)
{
	struct kvm_regs set = {
		.rax = 0x1111111111111111, .rbx = 0x2222222222222222, .rcx = 0x3333333333333333,
		.rdx = 0x4444444444444444, .rsi = 0x5555555555555555, .rdi = 0x6666666666666666,
		.rsp = 0x7777777777777777, .rbp = 0x8888888888888888, .r8 = 0x99, .r9 = 0xaa,
		.r10 = 0xbb, .r11 = 0xcc, .r12 = 0xdd, .r13 = 0xee, .r14 = 0xff,
		.r15 = 0x123456789abcdef0, .rip = 0x30000, .rflags = 0xad7};
	struct kvm_regs seen;

	(void)n;
	stage_vcpu_ioctl(stage, KVM_SET_REGS, &set, "KVM_SET_REGS");
	stage_vcpu_ioctl(stage, KVM_GET_REGS, &seen, "KVM_GET_REGS");
	expect_bytes(stage, "struct kvm_regs", &seen, &set, sizeof(set));
}

CHECK(state_regs,
	.name = "state/regs",
	.title = "KVM_GET_REGS reads what KVM_SET_REGS has set",
	.manual = "KVM API 4.11, 4.12",
	.in = ENV_GUEST,
	ONE_VCPU,
	.run = run_regs);

static void run_sregs(struct stage *stage, unsigned n)
{
	struct kvm_sregs seen;

	(void)n;
	stage->sregs.cr2 = 0x123456789000;
	stage->sregs.cr8 = 5;
	stage->sregs.fs.base = 0x7ffd00001000;
	stage->sregs.gs.base = 0xffff800000002000;
	stage->sregs.gdt.limit = 0xbf;
	stage_vcpu_ioctl(stage, KVM_SET_SREGS, &stage->sregs, "KVM_SET_SREGS");
	stage_vcpu_ioctl(stage, KVM_GET_SREGS, &seen, "KVM_GET_SREGS");
	expect_field(stage, "CR0", seen.cr0, stage->sregs.cr0);
	expect_field(stage, "CR2", seen.cr2, stage->sregs.cr2);
	expect_field(stage, "CR3", seen.cr3, stage->sregs.cr3);
	expect_field(stage, "CR4", seen.cr4, stage->sregs.cr4);
	expect_field(stage, "CR8", seen.cr8, stage->sregs.cr8);
	expect_field(stage, "EFER", seen.efer, stage->sregs.efer);
	expect_field(stage, "GDTR's base", seen.gdt.base, stage->sregs.gdt.base);
	expect_field(stage, "GDTR's limit", seen.gdt.limit, stage->sregs.gdt.limit);
	expect_field(stage, "IDTR's base", seen.idt.base, stage->sregs.idt.base);
	expect_field(stage, "IDTR's limit", seen.idt.limit, stage->sregs.idt.limit);
	expect_field(stage, "CS", seen.cs.selector, stage->sregs.cs.selector);
	expect_field(stage, "CS.L", seen.cs.l, stage->sregs.cs.l);
	expect_field(stage, "CS's privilege", seen.cs.dpl, stage->sregs.cs.dpl);
	expect_field(stage, "SS", seen.ss.selector, stage->sregs.ss.selector);
	expect_field(stage, "FS's base", seen.fs.base, stage->sregs.fs.base);
	expect_field(stage, "GS's base", seen.gs.base, stage->sregs.gs.base);
	expect_field(stage, "LDTR", seen.ldt.selector, stage->sregs.ldt.selector);
	expect_field(stage, "TR's base", seen.tr.base, stage->sregs.tr.base);
}

CHECK(state_sregs,
	.name = "state/sregs",
	.title = "KVM_GET_SREGS reads what KVM_SET_SREGS has set",
	.manual = "KVM API 4.13, 4.14",
	.in = IN_64,
	ONE_VCPU,
	.run = run_sregs);

static void run_fpu(struct stage *stage, unsigned n)
{
	struct kvm_fpu set = {0}, seen;

	(void)n;
	stage_vcpu_ioctl(stage, KVM_GET_FPU, &set, "KVM_GET_FPU");
	for (unsigned i = 0; i < 16; i++)
		memset(set.xmm[i], 0x10 + (int)i, 16);
	for (unsigned i = 0; i < 8; i++)
		memset(set.fpr[i], 0x40 + (int)i, 10);
	set.fcw = 0x27f;
	stage_vcpu_ioctl(stage, KVM_SET_FPU, &set, "KVM_SET_FPU");
	stage_vcpu_ioctl(stage, KVM_GET_FPU, &seen, "KVM_GET_FPU");
	expect_bytes(stage, "XMM registers", seen.xmm, set.xmm, sizeof(set.xmm));
	expect_field(stage, "FCW", seen.fcw, set.fcw);
	for (unsigned i = 0; i < 8; i++)
		expect_bytes(stage, "an x87 register", seen.fpr[i], set.fpr[i], 10);
}

CHECK(state_fpu,
	.name = "state/fpu",
	.title = "KVM_GET_FPU reads what KVM_SET_FPU has set",
	.manual = "KVM API 4.22, 4.23",
	.in = ENV_GUEST,
	ONE_VCPU,
	.run = run_fpu);

static void run_mxcsr(struct stage *stage, unsigned n)
{
	struct kvm_fpu set = {0}, seen;

	(void)n;
	stage_vcpu_ioctl(stage, KVM_GET_FPU, &set, "KVM_GET_FPU");
	set.mxcsr = 0x1fa0;
	stage_vcpu_ioctl(stage, KVM_SET_FPU, &set, "KVM_SET_FPU");
	stage_vcpu_ioctl(stage, KVM_GET_FPU, &seen, "KVM_GET_FPU");
	expect_field(stage, "MXCSR", seen.mxcsr, set.mxcsr);
}

CHECK(state_mxcsr,
	.name = "state/fpu-mxcsr",
	.title = "KVM_GET_FPU reads the MXCSR that KVM_SET_FPU has set",
	.manual = "KVM API 4.22, 4.23: mxcsr of struct kvm_fpu",
	.in = ENV_GUEST,
	ONE_VCPU,
	.known = {
		{SUBSTRATE_ANY, .known = "KVM fills in all of struct kvm_fpu but MXCSR",
		 .link = "docs/check.md#kvm"},
	},
	.run = run_mxcsr);

CODE64(state_read_xmm, "movups %xmm0, 0x10000; movups %xmm15, 0x10010; movups 0x10020, %xmm7");

/* By KVM_SET_FPU, or by KVM_SET_XSAVE with XSTATE_BV saying that there are some. */
static void set_vectors(struct stage *stage, bool by_xsave, uint8_t xmm[16][16])
{
	struct kvm_xsave xsave = {{0}};
	struct kvm_fpu fpu = {0};

	if (by_xsave) {
		stage_vcpu_ioctl(stage, KVM_GET_XSAVE, &xsave, "KVM_GET_XSAVE");
		xsave.region[128] |= 3;
		memcpy(xsave.region + 40, xmm, 256);
		stage_vcpu_ioctl(stage, KVM_SET_XSAVE, &xsave, "KVM_SET_XSAVE");
	} else {
		stage_vcpu_ioctl(stage, KVM_GET_FPU, &fpu, "KVM_GET_FPU");
		memcpy(fpu.xmm, xmm, sizeof(fpu.xmm));
		stage_vcpu_ioctl(stage, KVM_SET_FPU, &fpu, "KVM_SET_FPU");
	}
}

static const char *vector_name(unsigned n)
{
	return n ? "set-xsave" : "set-fpu";
}

static void run_xmm(struct stage *stage, unsigned n)
{
	uint8_t *data = stage_data(stage, 0), xmm[16][16], f[16];
	struct kvm_fpu fpu = {0};

	for (unsigned i = 0; i < 16; i++)
		memset(xmm[i], 0xa0 + (int)i, 16);
	memset(f, 0xc3, 16);
	memcpy(data + 0x20, f, 16);
	set_vectors(stage, n, xmm);
	stage_run(stage, &state_read_xmm);
	expect_end(stage);
	expect_bytes(stage, "XMM0 in the guest", data, xmm[0], 16);
	expect_bytes(stage, "XMM15 in the guest", data + 0x10, xmm[15], 16);
	stage_vcpu_ioctl(stage, KVM_GET_FPU, &fpu, "KVM_GET_FPU");
	expect_bytes(stage, "XMM7 of the guest", fpu.xmm[7], f, 16);
	expect_bytes(stage, "XMM8, which the guest has not touched", fpu.xmm[8], xmm[8], 16);
}

CHECK(state_xmm,
	.name = "state/vectors",
	.title = "the guest has the vector registers that user space has set, and user space reads the guest's",
	.manual = "KVM API 4.22, 4.23, 4.42, 4.43",
	.in = IN_64,
	ONE_VCPU,
	.cases = 2,
	.case_name = vector_name,
	.known = {
		{SUBSTRATE_ANY, .when = "set-fpu",
		 .known = "KVM_SET_FPU does not say in XSTATE_BV that there are vector registers: before the "
			  "guest has used one they are lost",
		 .link = "docs/check.md#kvm"},
	},
	.run = run_xmm);

static void run_events(struct stage *stage, unsigned n)
{
	struct kvm_vcpu_events set = {0}, seen;

	(void)n;
	stage_vcpu_ioctl(stage, KVM_GET_VCPU_EVENTS, &set, "KVM_GET_VCPU_EVENTS");
	set.interrupt.injected = 1;
	set.interrupt.nr = 0x51;
	set.nmi.masked = 1;
	set.interrupt.shadow = 0;
	stage_vcpu_ioctl(stage, KVM_SET_VCPU_EVENTS, &set, "KVM_SET_VCPU_EVENTS");
	stage_vcpu_ioctl(stage, KVM_GET_VCPU_EVENTS, &seen, "KVM_GET_VCPU_EVENTS");
	expect_field(stage, "interrupt.injected", seen.interrupt.injected, 1);
	expect_field(stage, "interrupt.nr", seen.interrupt.nr, 0x51);
	expect_field(stage, "nmi.masked", seen.nmi.masked, 1);
	expect_field(stage, "exception.injected", seen.exception.injected, 0);
}

CHECK(state_events,
	.name = "state/events",
	.title = "KVM_GET_VCPU_EVENTS reads what KVM_SET_VCPU_EVENTS has set",
	.manual = "KVM API 4.31, 4.32",
	.in = ENV_GUEST,
	ONE_VCPU,
	.run = run_events);

/* ---- a VM that goes on in another one ------------------------------------------------------- */

/*
 * A computation that uses much of what has to be moved: general registers, flags, memory, the stack,
 * vector registers. It tells user space a number in every round.
 */
CODE64(state_work,
       "movups 0x10300, %xmm3; mov $12345, %r8; mov $40, %ebx; xor %r9, %r9; mov $0x10400, %edi; "
       "9: mov $6364136223846793005, %rax; imul %rax, %r8; add $1442695041, %r8; "
       "push %r8; rcl $1, %r9; xor %r8, %r9; pop %r10; sub %r9, %r10; "
       "mov %r10, (%rdi); add $8, %edi; "
       "mov %r9d, %eax; mov $0x5678, %edx; outl %eax, %dx; dec %ebx; jnz 9b; movups %xmm3, 0x10310");
#define ROUNDS 40
#define PORT   0x5678

/* Everything of a vCPU that a VMM would move. */
struct snapshot {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_xsave xsave;
	struct kvm_debugregs debug;
	struct kvm_vcpu_events events;
	uint64_t star, lstar, kernel_gs;
	uint8_t memory[LOW_MEMORY_SIZE];
};

/* The numbers that the guest tells; the exit of the last one is not completed. */
static unsigned collect(struct stage *stage, uint32_t *numbers, unsigned wanted)
{
	unsigned n = 0;

	while (n < wanted && expect_port(stage, true, PORT, 4, 1)) {
		memcpy(&numbers[n++], (uint8_t *)stage->run + stage->run->io.data_offset, 4);
		if (n < wanted)
			stage_go(stage);
	}
	return n;
}

/* KVM completes an exit at the next KVM_RUN: what it leaves behind is complete then. */
static void save(struct stage *stage, struct snapshot *snapshot)
{
	stage_complete(stage);
	stage_vcpu_ioctl(stage, KVM_GET_REGS, &snapshot->regs, "KVM_GET_REGS");
	stage_vcpu_ioctl(stage, KVM_GET_SREGS, &snapshot->sregs, "KVM_GET_SREGS");
	stage_vcpu_ioctl(stage, KVM_GET_XSAVE, &snapshot->xsave, "KVM_GET_XSAVE");
	stage_vcpu_ioctl(stage, KVM_GET_DEBUGREGS, &snapshot->debug, "KVM_GET_DEBUGREGS");
	stage_vcpu_ioctl(stage, KVM_GET_VCPU_EVENTS, &snapshot->events, "KVM_GET_VCPU_EVENTS");
	stage_msr_get(stage, 0xc0000081, &snapshot->star);
	stage_msr_get(stage, 0xc0000082, &snapshot->lstar);
	stage_msr_get(stage, 0xc0000102, &snapshot->kernel_gs);
	memcpy(snapshot->memory, memory_host(&stage->vm, 0), LOW_MEMORY_SIZE);
}

static void restore(struct stage *stage, struct snapshot *snapshot)
{
	struct err err = {0};

	memcpy(memory_host(&stage->vm, 0), snapshot->memory, LOW_MEMORY_SIZE);
	if (arch_vcpu_set_sregs(stage->vcpu, &snapshot->sregs, &err))
		stage_broken(stage, "%s", err.text);
	stage_vcpu_ioctl(stage, KVM_SET_REGS, &snapshot->regs, "KVM_SET_REGS");
	stage_vcpu_ioctl(stage, KVM_SET_XSAVE, &snapshot->xsave, "KVM_SET_XSAVE");
	stage_vcpu_ioctl(stage, KVM_SET_DEBUGREGS, &snapshot->debug, "KVM_SET_DEBUGREGS");
	stage_vcpu_ioctl(stage, KVM_SET_VCPU_EVENTS, &snapshot->events, "KVM_SET_VCPU_EVENTS");
	stage_msr_set(stage, 0xc0000081, snapshot->star);
	stage_msr_set(stage, 0xc0000082, snapshot->lstar);
	stage_msr_set(stage, 0xc0000102, snapshot->kernel_gs);
}

/* The rest of the computation: both must come to the same. */
static void finish(struct stage *stage, uint32_t *numbers, unsigned wanted)
{
	stage_go(stage);
	collect(stage, numbers, wanted);
	stage_go(stage);
	expect_end(stage);
}

static void compare(struct stage *stage, const struct stage *moved)
{
	const uint8_t *here = memory_host(&stage->vm, STAGE_DATA);
	const uint8_t *there = memory_host((struct vm *)(uintptr_t)&moved->vm, STAGE_DATA);

	expect_field(stage, "R8 at the end", moved->regs.r8, stage->regs.r8);
	expect_field(stage, "R9 at the end", moved->regs.r9, stage->regs.r9);
	expect_field(stage, "R10 at the end", moved->regs.r10, stage->regs.r10);
	expect_bytes(stage, "a vector register at the end", there + 0x310, here + 0x300, 16);
	expect_field(stage, "RSP at the end", moved->regs.rsp, stage->regs.rsp);
	expect_field(stage, "RFLAGS at the end", moved->regs.rflags, stage->regs.rflags);
	expect_bytes(stage, "memory at the end", there, here, 0x10000);
}

static const unsigned moves[] = {1, 7, 20, ROUNDS - 1};

static const char *move_name(unsigned n)
{
	static const char *const names[] = {"first-round", "early", "half", "last-round"};

	return names[n];
}

static void run_move(struct stage *stage, unsigned n)
{
	uint32_t numbers[ROUNDS], numbers_moved[ROUNDS];
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	struct stage_config config = {stage->mode, stage->substrate, stage->vm.config};
	struct stage moved = {0};
	struct err err = {0};
	unsigned left = ROUNDS - moves[n];

	if (!snapshot || stage_open(&moved, &config, &err)) {
		stage_broken(stage, "%s", snapshot ? err.text : "no memory for a snapshot");
		free(snapshot);
		return;
	}
	memset(stage_data(stage, 0x300), 0xd7, 16);
	stage_msr_set(stage, 0xc0000081, 0x1122334455667788);
	stage_run(stage, &state_work);
	collect(stage, numbers, moves[n]);
	save(stage, snapshot);
	if (!stage->over)
		restore(&moved, snapshot);
	finish(stage, numbers, left);
	finish(&moved, numbers_moved, left);
	if (!stage->over && moved.over)
		stage_fail(stage, moved.expected, "%.200s (in the VM that goes on)", moved.seen);
	expect_bytes(stage, "numbers that the guest told behind the move", numbers_moved, numbers,
		     left * sizeof(*numbers));
	compare(stage, &moved);
	stage_close(&moved);
	free(snapshot);
}

CHECK(state_move,
	.name = "state/moved",
	.title = "a VM whose state is read and set in another one goes on there as it would have here",
	.manual = "KVM API 4.11-4.34; 5 \"the corresponding operations are complete only after userspace has re-entered\"",
	.in = IN_64,
	ONE_VCPU,
	.cases = COUNT_OF(moves),
	.case_name = move_name,
	.run = run_move);

/* ---- XSAVE ---------------------------------------------------------------------------------- */

static void run_xsave(struct stage *stage, unsigned n)
{
	struct kvm_xsave set = {{0}}, seen;

	(void)n;
	stage_vcpu_ioctl(stage, KVM_GET_XSAVE, &set, "KVM_GET_XSAVE");
	/* Header: x87 and SSE are there; then XMM0 to XMM15 from byte 160 on. */
	set.region[128] |= 3;
	for (unsigned i = 40; i < 104; i++)
		set.region[i] = 0x01010101u * i;
	stage_vcpu_ioctl(stage, KVM_SET_XSAVE, &set, "KVM_SET_XSAVE");
	stage_vcpu_ioctl(stage, KVM_GET_XSAVE, &seen, "KVM_GET_XSAVE");
	expect_bytes(stage, "XMM registers", seen.region + 40, set.region + 40, 256);
	expect_flag(stage, "XSTATE_BV, its SSE bit", seen.region[128], 2, 1);
}

CHECK(state_xsave,
	.name = "state/xsave",
	.title = "KVM_GET_XSAVE reads what KVM_SET_XSAVE has set",
	.manual = "KVM API 4.42, 4.43",
	.in = ENV_GUEST,
	ONE_VCPU,
	.capability = KVM_CAP_XSAVE,
	.run = run_xsave);

/* ---- the local APIC ------------------------------------------------------------------------- */

static void run_lapic(struct stage *stage, unsigned n)
{
	struct kvm_lapic_state set, seen;

	(void)n;
	stage_vcpu_ioctl(stage, KVM_GET_LAPIC, &set, "KVM_GET_LAPIC");
	*(uint32_t *)(set.regs + 0xf0) = 0x1ff;	       /* spurious vector, enabled */
	*(uint32_t *)(set.regs + 0x200 + 0x20) = 1u << 17; /* IRR: vector 0x51 */
	*(uint32_t *)(set.regs + 0x80) = 0x20;	       /* TPR */
	stage_vcpu_ioctl(stage, KVM_SET_LAPIC, &set, "KVM_SET_LAPIC");
	stage_vcpu_ioctl(stage, KVM_GET_LAPIC, &seen, "KVM_GET_LAPIC");
	expect_field(stage, "SVR", *(uint32_t *)(seen.regs + 0xf0), 0x1ff);
	expect_field(stage, "IRR, vectors 0x40 to 0x5f", *(uint32_t *)(seen.regs + 0x220), 1u << 17);
	expect_field(stage, "TPR", *(uint32_t *)(seen.regs + 0x80), 0x20);
}

CHECK(state_lapic,
	.name = "state/lapic",
	.title = "KVM_GET_LAPIC reads what KVM_SET_LAPIC has set",
	.manual = "KVM API 4.57, 4.58",
	.in = ENV_GUEST,
	.instance = {.vcpus = 1, .irqchip = true},
	.run = run_lapic);

CODE64(state_open, "nop; sti; nop; nop; outb %al, $0x80; nop; cli");

static void run_pending(struct stage *stage, unsigned n)
{
	struct kvm_lapic_state lapic;

	(void)n;
	stage_vcpu_ioctl(stage, KVM_GET_LAPIC, &lapic, "KVM_GET_LAPIC");
	*(uint32_t *)(lapic.regs + 0xf0) = 0x1ff;
	*(uint32_t *)(lapic.regs + 0x220) = 1u << 17;
	stage_vcpu_ioctl(stage, KVM_SET_LAPIC, &lapic, "KVM_SET_LAPIC");
	stage_run(stage, &state_open);
	if (stage->event == STAGE_EXIT && stage->run->exit_reason == KVM_EXIT_IO)
		stage_go(stage);
	expect_trap(stage, VECTOR_TEST, 0, ANY_OFFSET);
}

CHECK(state_pending,
	.name = "state/pending-interrupt",
	.title = "an interrupt that waited in a local APIC that was moved is delivered in the new one",
	.manual = "KVM API 4.58 KVM_SET_LAPIC",
	.in = ENV_GUEST,
	.instance = {.vcpus = 1, .irqchip = true},
	.run = run_pending);
