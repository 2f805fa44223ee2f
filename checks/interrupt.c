/* SPDX-License-Identifier: MIT */
/* Interrupts that user space injects: KVM without interrupt controllers of its own. */
#include "checks/checks.h"

/* Counts at data+0 and returns. */
CODE_EACH(interrupt_count, "pushw %ds; pushw $0x1000; popw %ds; incl 0; popw %ds; iretw",
	  "incl 0x10000; iretl", "incl 0x10000; iretq");
CODE(interrupt_nops, "nop; nop; nop; nop");
CODE(interrupt_sti, "nop; sti; nop; nop; nop");
CODE(interrupt_sti_cli, "nop; sti; cli; nop; nop; nop");
/* A while with interrupts on, and then off. */
CODE(interrupt_wait, "sti; movl $200, %ecx; 1: nop; decl %ecx; jnz 1b; cli");

#define PVM_BATCHES "no window opens between instructions that are emulated in one batch"

static uint32_t *counter(struct stage *stage)
{
	return stage_data(stage, 0);
}

static void inject(struct stage *stage, uint32_t vector)
{
	struct kvm_interrupt interrupt = {.irq = vector};

	stage_vcpu_ioctl(stage, KVM_INTERRUPT, &interrupt, "KVM_INTERRUPT");
}

/* To the place where KVM says that an interrupt can be taken. */
static void to_window(struct stage *stage, const struct code *code)
{
	stage->run->request_interrupt_window = 1;
	stage_run(stage, code);
	stage->run->request_interrupt_window = 0;
}

/* Before the first instruction; IF must be on. */
static void begin_with(struct stage *stage, const struct code *code, uint32_t vector)
{
	stage->regs.rflags |= RFLAGS_IF;
	stage_start(stage, code);
	inject(stage, vector);
	stage_go(stage);
}

/* ---- delivery ------------------------------------------------------------------------------- */

static void run_delivered(struct stage *stage, unsigned n)
{
	(void)n;
	begin_with(stage, &interrupt_nops, VECTOR_TEST);
	expect_trap(stage, VECTOR_TEST, 0, 0);
	expect_flag(stage, "IF in the flags on the stack", stage->trap.flags, RFLAGS_IF, 1);
	expect_flag(stage, "IF in the handler", stage->regs.rflags, RFLAGS_IF, 0);
}

CHECK(interrupt_delivered,
	.name = "interrupt/delivered",
	.title = "KVM_INTERRUPT delivers its vector, before the next instruction, with IF off in the handler",
	.manual = "KVM API 4.16 KVM_INTERRUPT; Intel SDM 3A 6.12.1.3",
	.in = IN_KERNEL,
	ONE_VCPU,
	.run = run_delivered);

static void run_once(struct stage *stage, unsigned n)
{
	const unsigned wanted = n + 1;

	stage_handler(stage, VECTOR_TEST, 0, &interrupt_count);
	for (unsigned i = 0; i < wanted; i++) {
		begin_with(stage, &interrupt_wait, VECTOR_TEST);
		expect_end(stage);
	}
	expect_field(stage, "times that the handler ran", *counter(stage), wanted);
	for (unsigned i = 0; i < 3; i++) {
		stage_run(stage, &interrupt_wait);
		expect_end(stage);
	}
	expect_field(stage, "times that the handler ran, later", *counter(stage), wanted);
}

static const char *once_name(unsigned n)
{
	return n ? "twice" : "once";
}

CHECK(interrupt_once,
	.name = "interrupt/count",
	.title = "an interrupt is delivered once: neither lost nor doubled, and the code goes on behind it",
	.manual = "KVM API 4.16 KVM_INTERRUPT",
	.in = IN_KERNEL,
	ONE_VCPU,
	.cases = 2,
	.case_name = once_name,
	.known = {PVM_LACKS(ENV_PROT32, NULL, "IRET in protected mode")},
	.run = run_once);

/* ---- masking and shadows -------------------------------------------------------------------- */

static void run_masked(struct stage *stage, unsigned n)
{
	(void)n;
	to_window(stage, &interrupt_nops);
	expect_end(stage);
	expect_field(stage, "if_flag", stage->run->if_flag, 0);
	expect_field(stage, "ready_for_interrupt_injection", stage->run->ready_for_interrupt_injection, 0);
}

CHECK(interrupt_masked,
	.name = "interrupt/masked",
	.title = "while IF is off no window opens, and kvm_run says so",
	.manual = "KVM API 5, request_interrupt_window, if_flag; Intel SDM 3A 6.8.1",
	.in = IN_KERNEL,
	ONE_VCPU,
	.run = run_masked);

static void run_sti(struct stage *stage, unsigned n)
{
	(void)n;
	to_window(stage, &interrupt_sti);
	expect_exit(stage, KVM_EXIT_IRQ_WINDOW_OPEN);
	expect_field(stage, "RIP when the window opened", stage->regs.rip, stage_code_base(stage) + 3);
	expect_field(stage, "if_flag", stage->run->if_flag, 1);
	inject(stage, VECTOR_TEST);
	stage_go(stage);
	expect_trap(stage, VECTOR_TEST, 0, 3);
}

CHECK(interrupt_sti,
	.name = "interrupt/sti-shadow",
	.title = "the window opens one instruction behind STI, not at once",
	.manual = "Intel SDM 2B STI; AMD APM 2 15.21.5",
	.in = IN_KERNEL,
	ONE_VCPU,
	.known = {PVM_KNOWN(0, NULL, PVM_BATCHES)},
	.run = run_sti);

static void run_sti_cli(struct stage *stage, unsigned n)
{
	(void)n;
	to_window(stage, &interrupt_sti_cli);
	expect_end(stage);
}

CHECK(interrupt_sti_cli,
	.name = "interrupt/sti-cli",
	.title = "between STI and CLI no interrupt can come",
	.manual = "Intel SDM 2B STI; AMD APM 3 STI",
	.in = IN_KERNEL,
	ONE_VCPU,
	.run = run_sti_cli);

CODE_EACH(interrupt_popf, "nop; pushfl; orl $0x200, (%esp); popfl; nop; nop",
	  "nop; pushfl; orl $0x200, (%esp); popfl; nop; nop",
	  "nop; pushfq; orl $0x200, (%rsp); popfq; nop; nop");

static void run_popf(struct stage *stage, unsigned n)
{
	(void)n;
	to_window(stage, &interrupt_popf);
	expect_exit(stage, KVM_EXIT_IRQ_WINDOW_OPEN);
	expect_field(stage, "RIP when the window opened", stage->regs.rip,
		     stage_code_base(stage) + stage->code_size - 2);
}

CHECK(interrupt_popf,
	.name = "interrupt/popf",
	.title = "POPF that sets IF opens the window at once: it has no shadow",
	.manual = "Intel SDM 2B POPF, 3A 6.8.1",
	.in = IN_KERNEL,
	ONE_VCPU,
	.known = {PVM_KNOWN(0, NULL, PVM_BATCHES)},
	.run = run_popf);

static void run_open(struct stage *stage, unsigned n)
{
	(void)n;
	stage->regs.rflags |= RFLAGS_IF;
	to_window(stage, &interrupt_nops);
	expect_exit(stage, KVM_EXIT_IRQ_WINDOW_OPEN);
	expect_field(stage, "ready_for_interrupt_injection", stage->run->ready_for_interrupt_injection, 1);
	expect_field(stage, "if_flag", stage->run->if_flag, 1);
}

CHECK(interrupt_open,
	.name = "interrupt/window",
	.title = "while IF is on a window that is asked for opens before the guest is done",
	.manual = "KVM API 5, request_interrupt_window, KVM_EXIT_IRQ_WINDOW_OPEN",
	.in = IN_ALL,
	ONE_VCPU,
	.known = {PVM_KNOWN(IN_KERNEL, NULL, PVM_BATCHES)},
	.run = run_open);

/* ---- NMI ------------------------------------------------------------------------------------ */

static void run_nmi(struct stage *stage, unsigned n)
{
	struct kvm_vcpu_events events;

	(void)n;
	stage_start(stage, &interrupt_nops);
	stage_vcpu_ioctl(stage, KVM_NMI, NULL, "KVM_NMI");
	stage_go(stage);
	expect_trap(stage, EXC_NMI, 0, 0);
	if (stage_vcpu_ioctl(stage, KVM_GET_VCPU_EVENTS, &events, "KVM_GET_VCPU_EVENTS"))
		return;
	expect_field(stage, "nmi.masked in its handler", events.nmi.masked, 1);
	/* A second one waits until the handler returns, which it never does here. */
	stage_vcpu_ioctl(stage, KVM_NMI, NULL, "KVM_NMI");
	stage_run(stage, &interrupt_nops);
	expect_end(stage);
}

CHECK(interrupt_nmi,
	.name = "interrupt/nmi",
	.title = "an NMI comes although IF is off, and a second one not before the first one's IRET",
	.manual = "KVM API 4.64 KVM_NMI; Intel SDM 3A 6.7",
	.in = IN_KERNEL,
	ONE_VCPU,
	.run = run_nmi);

CODE_EACH(interrupt_nmi_return, "incl %ebx; iretw", "incl %ebx; iretl", "incl %ebx; iretq");

/* Sends so many at once; how many are handled, also in a while behind that. */
static uint64_t handled(struct stage *stage, unsigned sent)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < 4; i++) {
		stage->regs.rbx = 0;
		stage_start(stage, &interrupt_wait);
		for (; sent; sent--)
			stage_vcpu_ioctl(stage, KVM_NMI, NULL, "KVM_NMI");
		stage_go(stage);
		expect_end(stage);
		n += (uint32_t)stage->regs.rbx;
	}
	return n;
}

static void run_nmi_twice(struct stage *stage, unsigned n)
{
	uint64_t both;

	(void)n;
	stage_handler(stage, EXC_NMI, 1, &interrupt_nmi_return);
	/* Two that wait at once may become one where the first is not yet in its handler. */
	both = handled(stage, 2);
	expect_that(stage, both == 1 || both == 2, "one or two of two handled", "%u handled",
		    (unsigned)both);
	expect_equal(stage, "handled of one, behind the IRET of another", handled(stage, 1), 1);
}

CHECK(interrupt_nmi_return,
	.name = "interrupt/nmi-return",
	.title = "behind the IRET of an NMI's handler the next NMI comes, once",
	.manual = "Intel SDM 3A 6.7.1; AMD APM 2 8.1.5",
	.in = IN_KERNEL,
	ONE_VCPU,
	.known = {PVM_LACKS(ENV_PROT32, NULL, "IRET in protected mode")},
	.run = run_nmi_twice);

/* ---- what a handler finds ------------------------------------------------------------------- */

static void run_registers(struct stage *stage, unsigned n)
{
	struct kvm_regs before;

	(void)n;
	stage->regs.rax = 0x11111111;
	stage->regs.rcx = 0x22222222;
	stage->regs.rdx = 0x33333333;
	stage->regs.rbx = 0x44444444;
	stage->regs.rbp = 0x55555555;
	stage->regs.rsi = 0x66666666;
	stage->regs.rdi = 0x77777777;
	stage->regs.rflags |= RFLAGS_IF | RFLAGS_CF | RFLAGS_ZF;
	before = stage->regs;
	begin_with(stage, &interrupt_nops, VECTOR_TEST);
	expect_trap(stage, VECTOR_TEST, 0, 0);
	expect_field(stage, "RAX", stage->regs.rax, before.rax);
	expect_field(stage, "RCX", stage->regs.rcx, before.rcx);
	expect_field(stage, "RDX", stage->regs.rdx, before.rdx);
	expect_field(stage, "RBX", stage->regs.rbx, before.rbx);
	expect_field(stage, "RBP", stage->regs.rbp, before.rbp);
	expect_field(stage, "RSI", stage->regs.rsi, before.rsi);
	expect_field(stage, "RDI", stage->regs.rdi, before.rdi);
	expect_field(stage, "flags on the stack", stage->trap.flags, before.rflags);
	expect_field(stage, "CS on the stack", stage->trap.cs, stage->sregs.cs.selector);
}

CHECK(interrupt_registers,
	.name = "interrupt/registers",
	.title = "an interrupt changes no general register, and leaves flags, CS and IP on the stack",
	.manual = "Intel SDM 3A 6.12.1; AMD APM 2 8.9.3",
	.in = IN_ALL,
	ONE_VCPU,
	.known = {PVM_KNOWN(ENV_GUEST_USER, NULL, "an interrupt of ring 3 leaves RF set on the stack")},
	.run = run_registers);
