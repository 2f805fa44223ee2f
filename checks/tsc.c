/* SPDX-License-Identifier: MIT */
/* The time-stamp counter: never backwards, and where KVM says that it is. */
#include "checks/checks.h"

CODE(tsc_read, "rdtsc");
CODE(tsc_loop, "rdtsc; movl %eax, %esi; movl %edx, %edi; outb %al, $0x80; jmp 1f; 1: rdtsc");
CODE64(tsc_pair, "rdtsc; mov %rax, %rsi; mov %rdx, %rdi; rdtscp");

#define PVM_FIXED "the guest's counter is the host's, whatever is written to it"

#define MSR_TSC	       0x10u
#define MSR_TSC_ADJUST 0x3bu

static uint64_t value_of(const struct stage *stage)
{
	return stage->regs.rdx << 32 | (uint32_t)stage->regs.rax;
}

static uint64_t read_tsc(struct stage *stage)
{
	stage_run(stage, &tsc_read);
	expect_end(stage);
	return value_of(stage);
}

static uint64_t kvm_tsc(struct stage *stage)
{
	uint64_t value = 0;

	if (!stage_msr_get(stage, MSR_TSC, &value))
		stage_broken(stage, "KVM_GET_MSRS of the TSC");
	return value;
}

static void expect_order(struct stage *stage, uint64_t earlier, uint64_t later, const char *what)
{
	expect_that(stage, later >= earlier, what, "0x%" PRIx64 " behind 0x%" PRIx64, later,
		    earlier);
}

static void run_monotonic(struct stage *stage, unsigned n)
{
	uint64_t last = 0;

	(void)n;
	for (unsigned i = 0; i < 20 && !stage->over; i++) {
		uint64_t first;

		stage_run(stage, &tsc_loop);
		expect_port(stage, true, 0x80, 1, 1);
		stage_go(stage);
		expect_end(stage);
		first = stage->regs.rdi << 32 | (uint32_t)stage->regs.rsi;
		expect_order(stage, last, first, "not below the reading before KVM_RUN");
		expect_order(stage, first, value_of(stage), "not below the reading before the exit");
		last = value_of(stage);
	}
}

CHECK(tsc_monotonic,
	.name = "tsc/monotonic",
	.title = "the counter does not go backwards over exits to user space",
	.manual = "Intel SDM 3B 18.17; AMD APM 2 13.2.4",
	.in = IN_ALL,
	ONE_VCPU,
	.run = run_monotonic);

/* Where the host's kernel has given up its TSC, KVM cannot give guests one time. */
static bool unsteady(struct stage *stage)
{
	if (stage->no_steady_tsc)
		stage_skip(stage, "the host's kernel does not use its TSC as a clock: it may differ between CPUs "
				  "(/sys/devices/system/clocksource/clocksource0/current_clocksource)");
	return stage->no_steady_tsc;
}

static void run_cpus(struct stage *stage, unsigned n)
{
	uint64_t last = 0;
	struct stage other;

	(void)n;
	if (unsteady(stage))
		return;
	stage_share(&other, stage, 1);
	for (unsigned i = 0; i < 20 && !stage->over; i++) {
		uint64_t here = read_tsc(stage), there;

		expect_order(stage, last, here, "not below the other CPU's reading before");
		there = read_tsc(&other);
		if (other.over) {
			stage_fail(stage, other.expected, "%s (vCPU 1)", other.seen);
			return;
		}
		expect_order(stage, here, there, "not below the other CPU's reading before");
		last = there;
	}
}

CHECK(tsc_cpus,
	.name = "tsc/cpus",
	.title = "two vCPUs that were made together have one time: no reading is below one of the other's before",
	.manual = "KVM API 8, timekeeping.rst, \"TSC synchronization\"",
	.in = IN_64,
	.instance = {.vcpus = 2},
	.run = run_cpus);

static void run_place(struct stage *stage, unsigned n)
{
	uint64_t before, seen, after;

	(void)n;
	if (unsteady(stage))
		return;
	before = kvm_tsc(stage);
	seen = read_tsc(stage);
	after = kvm_tsc(stage);
	expect_order(stage, before, seen, "not below KVM_GET_MSRS before it");
	expect_order(stage, seen, after, "not above KVM_GET_MSRS behind it");
}

CHECK(tsc_place,
	.name = "tsc/place",
	.title = "the guest reads the counter between two readings by KVM_GET_MSRS",
	.manual = "KVM API 4.18 KVM_GET_MSRS",
	.in = IN_ALL,
	ONE_VCPU,
	.known = {
		PVM_KNOWN(ENV_GUEST_USER, NULL, "ring 3 reads the host's counter, KVM_GET_MSRS another one"),
	},
	.run = run_place);

/* More than a CPU counts in a check: what follows a jump of so much has jumped. */
#define JUMP (1ull << 44)

static struct condition jumped(const struct stage *stage)
{
	return condition_edx_eax(stage, "EDX:EAX", JUMP, JUMP + (1ull << 40));
}

static void run_set(struct stage *stage, unsigned n)
{
	struct condition seen;

	(void)n;
	if (!stage_msr_set(stage, MSR_TSC, JUMP))
		stage_broken(stage, "KVM_SET_MSRS of the TSC");
	read_tsc(stage);
	seen = jumped(stage);
	expect_conditions(stage, &seen, 1,
			  "a little more than what KVM_SET_MSRS set, 0x100000000000", "0x%" PRIx64,
			  seen.seen);
}

CHECK(tsc_set,
	.name = "tsc/restored",
	.title = "a counter that KVM_SET_MSRS has set goes on from there, as a VM that was moved wants it",
	.manual = "KVM API 4.19 KVM_SET_MSRS",
	.in = IN_ALL,
	ONE_VCPU,
	.known = {PVM_KNOWN(0, NULL, PVM_FIXED)},
	.run = run_set);

static void run_offset(struct stage *stage, unsigned n)
{
	struct condition before, after;
	uint64_t offset = 0;
	struct kvm_device_attr attr = {.group = KVM_VCPU_TSC_CTRL, .attr = KVM_VCPU_TSC_OFFSET,
				       .addr = (uintptr_t)&offset};

	(void)n;
	if (sys_ioctl(stage->vcpu->fd, KVM_HAS_DEVICE_ATTR, &attr)) {
		stage_skip(stage, "this KVM has no attribute KVM_VCPU_TSC_OFFSET (Linux 5.16)");
		return;
	}
	read_tsc(stage);
	before = condition_edx_eax(stage, "EDX:EAX", 0, UINT64_MAX);
	condition_keep(stage, &before);
	stage_vcpu_ioctl(stage, KVM_GET_DEVICE_ATTR, &attr, "KVM_GET_DEVICE_ATTR TSC_OFFSET");
	offset += JUMP;
	stage_vcpu_ioctl(stage, KVM_SET_DEVICE_ATTR, &attr, "KVM_SET_DEVICE_ATTR TSC_OFFSET");
	read_tsc(stage);
	after = condition_above(jumped(stage), &before);
	expect_conditions(stage, &after, 1, "0x100000000000 and a little more than before",
			  "0x%" PRIx64 " more than before", after.seen);
}

CHECK(tsc_offset,
	.name = "tsc/offset",
	.title = "an offset that KVM_VCPU_TSC_OFFSET takes moves the guest's counter by as much",
	.manual = "KVM vcpu device attributes 4.1 KVM_VCPU_TSC_OFFSET",
	.in = IN_ALL,
	ONE_VCPU,
	.known = {PVM_KNOWN(0, NULL, "KVM_VCPU_TSC_OFFSET is taken, and ignored")},
	.run = run_offset);

CODE(tsc_write, "wrmsr; rdtsc");

static void run_write(struct stage *stage, unsigned n)
{
	struct condition before, after;

	if (n && !stage_cpu_has(HAS_TSC_ADJUST)) {
		stage_skip(stage, "this KVM gives a guest no IA32_TSC_ADJUST (CPUID.7.EBX[1])");
		return;
	}
	if (n) {
		read_tsc(stage);
		before = condition_edx_eax(stage, "EDX:EAX", 0, UINT64_MAX);
		condition_keep(stage, &before);
	}
	stage->regs.rcx = n ? MSR_TSC_ADJUST : MSR_TSC;
	stage->regs.rax = 0;
	stage->regs.rdx = JUMP >> 32;
	stage_run(stage, &tsc_write);
	expect_end(stage);
	after = jumped(stage);
	if (n)
		after = condition_above(after, &before);
	expect_conditions(stage, &after, 1,
			  n ? "0x100000000000 and a little more than before"
			    : "a little more than 0x100000000000",
			  "0x%" PRIx64 "%s", after.seen, n ? " more than before" : "");
}

static const char *write_name(unsigned n)
{
	return n ? "tsc-adjust" : "tsc";
}

CHECK(tsc_write,
	.name = "tsc/written",
	.title = "the guest itself can set its counter, by IA32_TIME_STAMP_COUNTER or IA32_TSC_ADJUST",
	.manual = "Intel SDM 3B 18.17.3; AMD APM 2 13.2.4",
	.in = IN_KERNEL,
	ONE_VCPU,
	.cases = 2,
	.case_name = write_name,
	.known = {PVM_KNOWN(0, NULL, PVM_FIXED)},
	.run = run_write);

CODE64(tsc_denied, "rdtsc");

static void run_denied(struct stage *stage, unsigned n)
{
	(void)n;
	stage->sregs.cr4 |= 4; /* TSD */
	stage_run(stage, &tsc_denied);
	if (stage->mode == ENV_GUEST)
		expect_end(stage);
	else
		expect_trap(stage, EXC_GP, 0, 0);
}

CHECK(tsc_denied,
	.name = "tsc/denied",
	.title = "with CR4.TSD ring 3 may not read the counter, and ring 0 may",
	.manual = "Intel SDM 2B RDTSC; AMD APM 3 RDTSC",
	.in = IN_64,
	ONE_VCPU,
	.known = {PVM_KNOWN(ENV_GUEST_USER, NULL, "CR4.TSD has no effect in ring 3")},
	.run = run_denied);

static void run_pair(struct stage *stage, unsigned n)
{
	(void)n;
	if (!stage_cpu_has(HAS_RDTSCP)) {
		stage_skip(stage, "this KVM gives a guest no RDTSCP");
		return;
	}
	if (!stage_msr_set(stage, 0xc0000103, 0x1234567))
		stage_broken(stage, "KVM_SET_MSRS of TSC_AUX");
	stage_run(stage, &tsc_pair);
	expect_end(stage);
	expect_order(stage, stage->regs.rdi << 32 | (uint32_t)stage->regs.rsi, value_of(stage),
		     "not below RDTSC before it");
	expect_field(stage, "TSC_AUX in ECX", stage->regs.rcx, 0x1234567);
}

CHECK(tsc_pair,
	.name = "tsc/rdtscp",
	.title = "RDTSCP reads the counter of RDTSC, and the guest's TSC_AUX",
	.manual = "Intel SDM 2B RDTSCP; AMD APM 3 RDTSCP",
	.in = IN_64,
	ONE_VCPU,
	.run = run_pair);
