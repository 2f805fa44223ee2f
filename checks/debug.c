/* SPDX-License-Identifier: MIT */
/* Debug registers and single steps, for the guest itself and for a debugger in user space. */
#include "checks/checks.h"

#define DR6_FIXED 0xffff0ff0u
#define DR6_BS	  (1u << 14)
#define DR6_BD	  (1u << 13)
#define DR7_FIXED 0x400u
#define DR7_GD	  (1u << 13)
#define DR7_L0	  1u
#define DR7_RW0_WRITE (1u << 16)
#define DR7_RW0_ANY   (3u << 16)
#define DR7_LEN0_4    (3u << 18)
#define CR4_DE	  8u

/* x86_emulate_instruction(): with r == 0, which an exit to user space is, nothing is stepped. */
#define KVM_STEP_LATE                                                                    \
	"behind a write that user space completes KVM's emulator steps one instruction too far"
#define BOCHS_ENTRY "a VM entry of Bochs with TF set steps before the first instruction, not behind it"
#define TCG_BREAKPOINTS "TCG has no breakpoints in a guest of SVM"

static void expect_dr6(struct stage *stage, uint64_t wanted)
{
	struct kvm_debugregs registers = {0};

	stage_vcpu_ioctl(stage, KVM_GET_DEBUGREGS, &registers, "KVM_GET_DEBUGREGS");
	expect_field(stage, "DR6", registers.dr6, wanted);
}

static void set_debug_registers(struct stage *stage, uint64_t address, uint64_t dr7)
{
	struct kvm_debugregs registers = {.db = {address}, .dr6 = DR6_FIXED, .dr7 = DR7_FIXED | dr7};

	stage_vcpu_ioctl(stage, KVM_SET_DEBUGREGS, &registers, "KVM_SET_DEBUGREGS");
}

/* ---- the guest steps itself ----------------------------------------------------------------- */

/* The guest sets TF; behind the instruction that follows, the trap must come. */
#define SET_TF16 "pushfl; orl $0x100, (%esp); popfl; "
#define SET_TF32 "pushfl; orl $0x100, (%esp); popfl; "
#define SET_TF64 "pushfq; orl $0x100, (%rsp); popfq; "
#define STEP(name, text)                                                                 \
	CODE_EACH(name, SET_TF16 text "; nop; nop", SET_TF32 text "; nop; nop",          \
		  SET_TF64 text "; nop; nop")
#define STEP64(name, text) CODE64(name, SET_TF64 text "; nop; nop")
STEP(debug_nop, "nop");
STEP(debug_cpuid, "cpuid");
STEP(debug_out, "outb %al, $0x80");
STEP(debug_in, "inb $0x80, %al");
STEP(debug_rdmsr, "rdmsr");
STEP(debug_wrmsr, "wrmsr");
STEP64(debug_mov_cr0, "mov %cr0, %rax");
STEP64(debug_mov_to_cr0, "mov %rbx, %cr0");
STEP64(debug_mov_cr8, "mov %rdx, %cr8");
STEP64(debug_mmio_read, "movl (%rsi), %eax");
STEP64(debug_mmio_write, "movl %eax, (%rsi)");
STEP(debug_rdtsc, "rdtsc");
STEP64(debug_wbinvd, "wbinvd");
STEP64(debug_rep, "rep stosb");
STEP64(debug_jump, "jmp 1f; nop; 1: nop");
STEP64(debug_mov_ss, "movl %edx, %ss; nop");

static const struct step {
	const char *name;
	const struct code *code;
	unsigned in;
	unsigned length; /* to where the trap is */
} steps[] = {
	{"nop", &debug_nop, IN_ALL, 1},
	{"cpuid", &debug_cpuid, IN_ALL, 2},
	{"out", &debug_out, IN_ALL, 2},
	{"in", &debug_in, IN_ALL, 2},
	{"rdmsr", &debug_rdmsr, IN_KERNEL, 2},
	{"wrmsr", &debug_wrmsr, IN_KERNEL, 2},
	{"mov-from-cr0", &debug_mov_cr0, ENV_GUEST, 3},
	{"mov-to-cr0", &debug_mov_to_cr0, ENV_GUEST, 3},
	{"mov-to-cr8", &debug_mov_cr8, ENV_GUEST, 4},
	{"mmio-read", &debug_mmio_read, IN_64, 2},
	{"mmio-write", &debug_mmio_write, IN_64, 2},
	{"rdtsc", &debug_rdtsc, IN_ALL, 2},
	{"wbinvd", &debug_wbinvd, ENV_GUEST, 2},
	{"rep", &debug_rep, IN_64, 0}, /* once round */
	{"jump", &debug_jump, IN_64, 3},
	/* MOV SS holds a step back for one instruction. */
	{"mov-ss", &debug_mov_ss, ENV_GUEST, 3},
};

NAMES_OF_ROWS(steps)

MODES_OF_ROWS(steps)

static void prepare(struct stage *stage)
{
	stage->regs.rax = 0;
	stage->regs.rbx = stage->sregs.cr0;
	stage->regs.rcx = 0x174; /* an MSR for RDMSR and WRMSR; the count of REP */
	stage->regs.rdx = stage->mode == ENV_GUEST ? SEL_KERNEL_DATA : 0;
	stage->regs.rsi = GPA_MMIO;
	stage->regs.rdi = stage_address(stage, 0);
}

/* Whatever reaches user space on the way is answered with zeros. */
static void go_through_exits(struct stage *stage)
{
	for (unsigned i = 0; i < 8 && stage->event == STAGE_EXIT &&
			     (stage->run->exit_reason == KVM_EXIT_IO ||
			      stage->run->exit_reason == KVM_EXIT_MMIO);
	     i++)
		stage_go(stage);
}

static void run_step(struct stage *stage, unsigned n)
{
	const struct step *step = &steps[n];

	prepare(stage);
	if (!strcmp(step->name, "mov-to-cr8"))
		stage->regs.rdx = 3;
	set_debug_registers(stage, 0, 0);
	stage_run(stage, step->code);
	go_through_exits(stage);
	expect_trap(stage, EXC_DB, 0, step->length + (stage->mode == ENV_REAL16 ? 13 : 9));
	expect_dr6(stage, DR6_FIXED | DR6_BS);
	expect_flag(stage, "TF in the flags on the stack", stage->trap.flags, RFLAGS_TF, 1);
	expect_flag(stage, "TF in the handler", stage->regs.rflags, RFLAGS_TF, 0);
}

CHECK(debug_step,
	.name = "debug/step",
	.title = "with TF set #DB comes behind one instruction, also where a hypervisor carries it out, and DR6 says BS",
	.manual = "Intel SDM 3B 17.3.1.4; AMD APM 2 13.1.4",
	.in = IN_ALL,
	ONE_VCPU,
	CASES_BY_MODE(steps),
	.known = {
		{SUBSTRATE_ANY, .when = "mmio-write", .known = KVM_STEP_LATE,
		 .link = "docs/check.md#kvm"},
		BOCHS_KNOWN(0, NULL, BOCHS_ENTRY),
		PVM_KNOWN(0, "out", "ports are emulated: " KVM_STEP_LATE),
		PVM_KNOWN(0, "mov-ss", "MOV SS does not hold back a step"),
	},
	.run = run_step);

/* ---- the guest's breakpoints ---------------------------------------------------------------- */

CODE(debug_places, "nop; nop; nop; nop");
CODE64(debug_touch, "movl 0x10004, %eax; movl %eax, 0x10000; nop");

static const char *const points[] = {"execute", "write", "access", "write-only"};

NAMES_OF_LIST(points)

static unsigned point_in(unsigned n)
{
	return n ? IN_64 : IN_ALL;
}

static void run_point(struct stage *stage, unsigned n)
{
	switch (n) {
	case 0:
		set_debug_registers(stage, STAGE_CODE + 2, DR7_L0);
		stage_run(stage, &debug_places);
		expect_trap(stage, EXC_DB, 0, 2);
		break;
	case 1:
		set_debug_registers(stage, STAGE_DATA, DR7_L0 | DR7_RW0_WRITE | DR7_LEN0_4);
		stage_run(stage, &debug_touch);
		expect_trap(stage, EXC_DB, 0, 14);
		break;
	case 2:
		set_debug_registers(stage, STAGE_DATA + 4, DR7_L0 | DR7_RW0_ANY | DR7_LEN0_4);
		stage_run(stage, &debug_touch);
		expect_trap(stage, EXC_DB, 0, 7);
		break;
	default: /* it is only read there */
		set_debug_registers(stage, STAGE_DATA + 4, DR7_L0 | DR7_RW0_WRITE | DR7_LEN0_4);
		stage_run(stage, &debug_touch);
		expect_end(stage);
		return;
	}
	expect_dr6(stage, DR6_FIXED | 1);
}

CHECK(debug_point,
	.name = "debug/breakpoint",
	.title = "a breakpoint of the guest's is a #DB: before the instruction that it is on, behind the access that it is for",
	.manual = "Intel SDM 3B 17.3.1; AMD APM 2 13.1.3",
	.in = IN_ALL,
	ONE_VCPU,
	CASES(points),
	.case_in = point_in,
	.known = {
		TCG_KNOWN(0, NULL, TCG_BREAKPOINTS),
		VM86_KNOWN("execute", "a #DB in real mode as a virtual-8086 task leaves DR6 as it was"),
		PVM_KNOWN(ENV_GUEST_USER, NULL, "breakpoints have no effect in ring 3"),
		PVM_KNOWN(ENV_GUEST, "write", "the emulator knows no breakpoints on data"),
		PVM_KNOWN(ENV_GUEST, "access", "the emulator knows no breakpoints on data"),
	},
	.run = run_point);

/* ---- the registers themselves --------------------------------------------------------------- */

CODE64(debug_write_all, "mov %rax, %dr0; mov %rbx, %dr1; mov %rcx, %dr2; mov %rdx, %dr3");
CODE64(debug_read_all, "mov %dr0, %rax; mov %dr1, %rbx; mov %dr2, %rcx; mov %dr3, %rdx; mov %dr6, %rsi; mov %dr7, %rdi");
CODE64(debug_read_dr4, "mov %dr4, %rax; mov %dr5, %rbx");

static void run_registers(struct stage *stage, unsigned n)
{
	struct kvm_debugregs registers = {0};

	(void)n;
	stage->regs.rax = 0x1111000000000001;
	stage->regs.rbx = 0x2222;
	stage->regs.rcx = 0x3333;
	stage->regs.rdx = 0x4444;
	stage_run(stage, &debug_write_all);
	expect_end(stage);
	stage_vcpu_ioctl(stage, KVM_GET_DEBUGREGS, &registers, "KVM_GET_DEBUGREGS");
	expect_field(stage, "DR0, written by the guest", registers.db[0], 0x1111000000000001);
	expect_field(stage, "DR1, written by the guest", registers.db[1], 0x2222);
	expect_field(stage, "DR2, written by the guest", registers.db[2], 0x3333);
	expect_field(stage, "DR3, written by the guest", registers.db[3], 0x4444);
	registers = (struct kvm_debugregs){.db = {5, 6, 7, 8}, .dr6 = DR6_FIXED, .dr7 = DR7_FIXED};
	stage_vcpu_ioctl(stage, KVM_SET_DEBUGREGS, &registers, "KVM_SET_DEBUGREGS");
	stage_run(stage, &debug_read_all);
	expect_end(stage);
	expect_field(stage, "DR0, set by user space", stage->regs.rax, 5);
	expect_field(stage, "DR3, set by user space", stage->regs.rdx, 8);
	expect_field(stage, "DR6", stage->regs.rsi, DR6_FIXED);
	expect_field(stage, "DR7", stage->regs.rdi, DR7_FIXED);
}

CHECK(debug_registers,
	.name = "debug/registers",
	.title = "debug registers go both ways between the guest and KVM_GET_DEBUGREGS, and fixed bits read as fixed",
	.manual = "KVM API 4.33, 4.34; Intel SDM 3B 17.2",
	.in = ENV_GUEST,
	ONE_VCPU,
	.run = run_registers);

static void run_aliases(struct stage *stage, unsigned n)
{
	set_debug_registers(stage, 0, 0);
	if (n)
		stage->sregs.cr4 |= CR4_DE;
	stage_run(stage, &debug_read_dr4);
	if (n) {
		expect_trap(stage, EXC_UD, 0, 0);
		return;
	}
	expect_end(stage);
	expect_field(stage, "DR4, which is DR6", stage->regs.rax, DR6_FIXED);
	expect_field(stage, "DR5, which is DR7", stage->regs.rbx, DR7_FIXED);
}

static const char *alias_name(unsigned n)
{
	return n ? "with-de" : "without-de";
}

CHECK(debug_aliases,
	.name = "debug/dr4-dr5",
	.title = "DR4 and DR5 are DR6 and DR7 without CR4.DE, and #UD with it",
	.manual = "Intel SDM 3B 17.2.2; AMD APM 2 13.1.1.4",
	.in = ENV_GUEST,
	ONE_VCPU,
	.cases = 2,
	.case_name = alias_name,
	.run = run_aliases);

static void run_general_detect(struct stage *stage, unsigned n)
{
	(void)n;
	set_debug_registers(stage, 0, DR7_GD);
	stage_run(stage, &debug_write_all);
	expect_trap(stage, EXC_DB, 0, 0);
	expect_dr6(stage, DR6_FIXED | DR6_BD);
}

CHECK(debug_general_detect,
	.name = "debug/general-detect",
	.title = "with DR7.GD an access to a debug register is a #DB before it, and DR6 says BD",
	.manual = "Intel SDM 3B 17.2.4; AMD APM 2 13.1.1.3",
	.in = ENV_GUEST,
	ONE_VCPU,
	.known = {TCG_KNOWN(0, NULL, "TCG does not know DR7.GD")},
	.run = run_general_detect);

/* ---- a debugger in user space --------------------------------------------------------------- */

static void debug(struct stage *stage, uint32_t control, uint64_t address)
{
	struct kvm_guest_debug wanted = {.control = KVM_GUESTDBG_ENABLE | control};

	wanted.arch.debugreg[0] = address;
	wanted.arch.debugreg[7] = DR7_FIXED | (address ? DR7_L0 : 0);
	stage_vcpu_ioctl(stage, KVM_SET_GUEST_DEBUG, &wanted, "KVM_SET_GUEST_DEBUG");
}

static void expect_stop(struct stage *stage, int64_t offset)
{
	if (!expect_exit(stage, KVM_EXIT_DEBUG))
		return;
	expect_field(stage, "RIP", stage->regs.rip, stage_code_base(stage) + (uint64_t)offset);
	expect_field(stage, "debug.arch.pc", stage->run->debug.arch.pc, STAGE_CODE + (uint64_t)offset);
}

CODE(debug_path, "nop; cpuid; nop; movl %eax, %ebx; nop");

static void run_user_step(struct stage *stage, unsigned n)
{
	unsigned move = stage->mode == ENV_REAL16 ? 3 : 2;
	const int64_t stops[] = {1, 3, 4, 4 + move, 5 + move};

	(void)n;
	stage_start(stage, &debug_path);
	debug(stage, KVM_GUESTDBG_SINGLESTEP, 0);
	stage_go(stage);
	for (unsigned i = 0; i < COUNT_OF(stops) && !stage->over; i++) {
		expect_stop(stage, stops[i]);
		if (i + 1 < COUNT_OF(stops))
			stage_go(stage);
	}
	debug(stage, 0, 0);
	stage_go(stage);
	expect_end(stage);
	expect_bits(stage, "TF, which the guest has not set", stage->regs.rflags, RFLAGS_TF, 0);
}

CHECK(debug_user_step,
	.name = "debug/user-step",
	.title = "KVM_GUESTDBG_SINGLESTEP stops behind every instruction, also one that KVM emulates, and leaves no trace",
	.manual = "KVM API 4.87 KVM_SET_GUEST_DEBUG, 5 KVM_EXIT_DEBUG",
	.in = IN_ALL,
	ONE_VCPU,
	.capability = KVM_CAP_SET_GUEST_DEBUG,
	.known = {
		BOCHS_KNOWN(0, NULL, BOCHS_ENTRY),
		PVM_KNOWN(ENV_GUEST_USER, NULL, "KVM_GUESTDBG_SINGLESTEP has no effect in ring 3"),
	},
	.run = run_user_step);

static void run_user_point(struct stage *stage, unsigned n)
{
	(void)n;
	debug(stage, KVM_GUESTDBG_USE_HW_BP, STAGE_CODE + 4);
	stage_run(stage, &debug_path);
	expect_stop(stage, 4);
	debug(stage, 0, 0);
	stage_go(stage);
	expect_end(stage);
}

CHECK(debug_user_point,
	.name = "debug/user-breakpoint",
	.title = "a hardware breakpoint of user space's stops before its instruction",
	.manual = "KVM API 4.87 KVM_SET_GUEST_DEBUG",
	.in = IN_ALL,
	ONE_VCPU,
	.capability = KVM_CAP_SET_GUEST_DEBUG,
	.known = {
		TCG_KNOWN(0, NULL, TCG_BREAKPOINTS),
		PVM_KNOWN(ENV_GUEST_USER, NULL, "breakpoints have no effect in ring 3"),
	},
	.run = run_user_point);

CODE(debug_int3, "nop; int3; nop");

static void run_user_int3(struct stage *stage, unsigned n)
{
	(void)n;
	debug(stage, KVM_GUESTDBG_USE_SW_BP, 0);
	stage_run(stage, &debug_int3);
	expect_stop(stage, 1);
}

CHECK(debug_user_int3,
	.name = "debug/user-int3",
	.title = "with KVM_GUESTDBG_USE_SW_BP INT3 is an exit to user space, at its address, and no #BP",
	.manual = "KVM API 4.87 KVM_SET_GUEST_DEBUG",
	.in = IN_ALL,
	ONE_VCPU,
	.capability = KVM_CAP_SET_GUEST_DEBUG,
	.known = {
		TCG_KNOWN(0, NULL, "TCG does not intercept INT3"),
		PVM_KNOWN(0, NULL, "KVM_GUESTDBG_USE_SW_BP has no effect"),
	},
	.run = run_user_int3);
