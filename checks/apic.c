/* SPDX-License-Identifier: MIT */
/* KVM's own interrupt controllers: priorities, masking, and that each interrupt comes once. */
#include "checks/checks.h"

#define X2APIC_TPR	0x808u
#define X2APIC_EOI	0x80bu
#define X2APIC_SVR	0x80fu
#define X2APIC_SELF_IPI 0x83fu
#define X2APIC_LVT_TIMER 0x832u
#define X2APIC_INITIAL	0x838u
#define X2APIC_DIVIDE	0x83eu

#define LOW  0x41
#define HIGH 0x71

/*
 * Handlers note their vector at data+16+count, count at data+0, and end the interrupt. The order of
 * two that wait is what is looked at.
 */
#define NOTE(vector)                                                                     \
	"push %rax; movl 0x10000, %eax; movb $" #vector ", 0x10010(%rax); incl 0x10000; pop %rax; "
#define END_IT "movl $0x80b, %ecx; xorl %eax, %eax; xorl %edx, %edx; wrmsr; "
#define HANDLER(vector)                                                                  \
	NOTE(vector) "push %rax; push %rcx; push %rdx; " END_IT "pop %rdx; pop %rcx; pop %rax; iretq"
CODE64(apic_low, HANDLER(0x41));
CODE64(apic_high, HANDLER(0x71));
/* LET_COME has instructions to come between, and an exit to user space to come behind. */
/* Enabled; two to itself, the lower one first; then they may come. */
#define ENABLE	     "movl $0x80f, %ecx; movl $0x1ff, %eax; xorl %edx, %edx; wrmsr; "
#define SEND(vector) "movl $0x83f, %ecx; movl $" #vector ", %eax; xorl %edx, %edx; wrmsr; "
#define LET_COME     "sti; nop; nop; outb %al, $0x80; nop; cli; "
CODE64(apic_two, ENABLE SEND(0x41) SEND(0x71) LET_COME);
CODE64(apic_wait, LET_COME);
CODE64(apic_same, ENABLE SEND(0x41) SEND(0x41) SEND(0x41) LET_COME);
CODE64(apic_task_priority, ENABLE "mov $5, %eax; mov %rax, %cr8; " SEND(0x41) SEND(0x71)
	LET_COME "movl 0x10000, %ebx; xorl %eax, %eax; mov %rax, %cr8; " LET_COME);
/* The handler does not end the interrupt: nothing of its class or below comes any more. */
CODE64(apic_no_eoi, NOTE(0x71) "iretq");
CODE64(apic_in_service, ENABLE SEND(0x71) LET_COME SEND(0x41) LET_COME
	"movl 0x10000, %ebx; " END_IT LET_COME);

#define IRQCHIP .instance = {.vcpus = 1, .irqchip = true}

static uint32_t *counter(struct stage *stage)
{
	return stage_data(stage, 0);
}

static void take_handlers(struct stage *stage)
{
	stage_handler(stage, LOW, 0, &apic_low);
	stage_handler(stage, HIGH, 1, &apic_high);
}

/* To its end, over what LET_COME tells user space. */
static void run_through(struct stage *stage, const struct code *code)
{
	stage_run(stage, code);
	while (stage->event == STAGE_EXIT && stage->run->exit_reason == KVM_EXIT_IO &&
	       stage->run->io.port == 0x80)
		stage_go(stage);
	expect_end(stage);
}

static void run_priority(struct stage *stage, unsigned n)
{
	const uint8_t order[2] = {HIGH, LOW};

	(void)n;
	take_handlers(stage);
	run_through(stage, &apic_two);
	run_through(stage, &apic_wait);
	expect_field(stage, "interrupts handled", *counter(stage), 2);
	expect_bytes(stage, "the order of vectors", stage_data(stage, 16), order, sizeof(order));
}

CHECK(apic_priority,
	.name = "apic/priority",
	.title = "of two interrupts that wait the one with the higher vector comes first",
	.manual = "Intel SDM 3A 10.8.3; AMD APM 2 16.6.3",
	.in = ENV_GUEST,
	IRQCHIP,
	.run = run_priority);

static void run_same(struct stage *stage, unsigned n)
{
	(void)n;
	take_handlers(stage);
	run_through(stage, &apic_same);
	expect_field(stage, "interrupts handled", *counter(stage), 1);
}

CHECK(apic_same,
	.name = "apic/collapsed",
	.title = "a vector that waits already does not wait twice",
	.manual = "Intel SDM 3A 10.8.4; AMD APM 2 16.6.3",
	.in = ENV_GUEST,
	IRQCHIP,
	.run = run_same);

static void run_task_priority(struct stage *stage, unsigned n)
{
	const uint8_t order[2] = {HIGH, LOW};

	(void)n;
	take_handlers(stage);
	run_through(stage, &apic_task_priority);
	expect_bits(stage, "handled while CR8 was 5", stage->regs.rbx, UINT32_MAX, 1);
	expect_field(stage, "handled behind that", *counter(stage), 2);
	expect_bytes(stage, "the order of vectors", stage_data(stage, 16), order, sizeof(order));
}

CHECK(apic_task_priority,
	.name = "apic/task-priority",
	.title = "CR8 holds back vectors of its class and below, which come when it is lowered",
	.manual = "Intel SDM 3A 10.8.6; AMD APM 2 16.6.4",
	.in = ENV_GUEST,
	IRQCHIP,
	.run = run_task_priority);

static void run_in_service(struct stage *stage, unsigned n)
{
	const uint8_t order[2] = {HIGH, LOW};

	(void)n;
	stage_handler(stage, LOW, 0, &apic_low);
	stage_handler(stage, HIGH, 1, &apic_no_eoi);
	run_through(stage, &apic_in_service);
	expect_bytes(stage, "the order of vectors", stage_data(stage, 16), order, sizeof(order));
	expect_bits(stage, "handled before EOI", stage->regs.rbx, UINT32_MAX, 1);
	expect_field(stage, "handled behind EOI", *counter(stage), 2);
}

CHECK(apic_in_service,
	.name = "apic/in-service",
	.title = "until an interrupt is ended by EOI nothing of its class or below is delivered",
	.manual = "Intel SDM 3A 10.8.4, 10.8.5; AMD APM 2 16.6.5",
	.in = ENV_GUEST,
	IRQCHIP,
	.known = {PVM_KNOWN(0, NULL, "a vector comes while one of a higher class is in service")},
	.run = run_in_service);

/* ---- messages from outside ------------------------------------------------------------------ */

CODE64(apic_enable, ENABLE);

static void signal_msi(struct stage *stage, uint8_t vector)
{
	struct kvm_msi msi = {.address_lo = 0xfee00000, .data = vector};

	stage_vm_ioctl(stage, KVM_SIGNAL_MSI, &msi, "KVM_SIGNAL_MSI");
}

static void run_msi(struct stage *stage, unsigned n)
{
	(void)n;
	take_handlers(stage);
	run_through(stage, &apic_enable);
	for (unsigned i = 1; i <= 3; i++) {
		signal_msi(stage, LOW);
		run_through(stage, &apic_wait);
		expect_field(stage, "interrupts handled", *counter(stage), i);
	}
	for (unsigned i = 0; i < 3; i++)
		run_through(stage, &apic_wait);
	expect_field(stage, "interrupts handled later", *counter(stage), 3);
}

CHECK(apic_msi,
	.name = "apic/msi",
	.title = "each message-signalled interrupt that waits alone is delivered once",
	.manual = "KVM API 4.70 KVM_SIGNAL_MSI",
	.in = ENV_GUEST,
	IRQCHIP,
	.capability = KVM_CAP_SIGNAL_MSI,
	.run = run_msi);

/* ---- HLT ------------------------------------------------------------------------------------ */

CODE64(apic_halt, ENABLE SEND(0x41) "sti; hlt; cli");
CODE64(apic_halt_again, "sti; hlt; cli");

/* The second HLT has nothing to wake it: that KVM_RUN does not return is right. */
static void run_halt(struct stage *stage, unsigned n)
{
	double usual = watchdog_seconds;

	(void)n;
	take_handlers(stage);
	stage_run(stage, &apic_halt);
	expect_end(stage);
	expect_field(stage, "interrupts handled", *counter(stage), 1);
	watchdog_seconds = 0.2;
	stage_run(stage, &apic_halt_again);
	watchdog_seconds = usual;
	expect_hung(stage, "a CPU that waits");
	expect_field(stage, "interrupts handled", *counter(stage), 1);
	signal_msi(stage, LOW);
	stage_go(stage);
	expect_end(stage);
	expect_field(stage, "interrupts handled behind the message", *counter(stage), 2);
}

CHECK(apic_halt,
	.name = "apic/halt",
	.title = "HLT ends with the interrupt that wakes it, once, and with no other",
	.manual = "Intel SDM 2A HLT; AMD APM 3 HLT",
	.in = ENV_GUEST,
	IRQCHIP,
	.capability = KVM_CAP_SIGNAL_MSI,
	.run = run_halt);

/* ---- the timer ------------------------------------------------------------------------------ */

CODE64(apic_timer, ENABLE
       "movl $0x83e, %ecx; movl $0xb, %eax; wrmsr; " /* divided by one */
       "movl $0x832, %ecx; movl $0x41, %eax; wrmsr; " /* once, vector 0x41 */
       "movl $0x838, %ecx; movl $20000, %eax; wrmsr; "
       "sti; hlt; cli");

static void run_timer(struct stage *stage, unsigned n)
{
	(void)n;
	take_handlers(stage);
	run_through(stage, &apic_timer);
	expect_field(stage, "interrupts handled", *counter(stage), 1);
	/* It was set to go off once. */
	for (unsigned i = 0; i < 5; i++)
		run_through(stage, &apic_wait);
	expect_field(stage, "interrupts handled later", *counter(stage), 1);
}

CHECK(apic_timer,
	.name = "apic/timer",
	.title = "the one-shot timer of the local APIC wakes HLT, and goes off once",
	.manual = "Intel SDM 3A 10.5.4; AMD APM 2 16.4.1",
	.in = ENV_GUEST,
	IRQCHIP,
	.run = run_timer);
