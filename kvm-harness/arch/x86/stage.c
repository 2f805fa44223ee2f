/* SPDX-License-Identifier: MIT */
#include "kvm-harness/arch/x86/stage.h"

#include <cpuid.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kvm-harness/arch/x86/repro.h"
#include "kvm-harness/sys.h"

#define RFLAGS_FIXED 0x2u
#define CODE_SPACE   0x10000ul
#define END_SIZE     2 /* of `out %al, $port` */
#define STUB_SIZE    8
#define GATE	     0x8eull /* a present interrupt gate of ring 0 */
#define GATE_USER    0xeeull

unsigned stage_bits(const struct stage *stage)
{
	return stage->vm.bits;
}

void *stage_data(struct stage *stage, unsigned long offset)
{
	return (uint8_t *)memory_host(&stage->vm, STAGE_DATA) + offset;
}

uint64_t stage_address(const struct stage *stage, unsigned long offset)
{
	return stage->mode == ENV_REAL16 ? offset : STAGE_DATA + offset;
}

uint64_t stage_code_base(const struct stage *stage)
{
	return stage->mode == ENV_REAL16 ? 0 : STAGE_CODE;
}

/* ---- making it ------------------------------------------------------------------------------ */

static bool has_error_code(unsigned vector)
{
	/* #DF #TS #NP #SS #GP #PF #AC #CP #VC #SX */
	const uint32_t with = 1u << 8 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14 |
			      1u << 17 | 1u << 21 | 1u << 29 | 1u << 30;

	return vector < 32 && with >> vector & 1;
}

/* A gate for the vector: 16 bytes, on a stack of its own (ist1); 8 bytes; a far pointer. */
static void set_gate(struct stage *stage, unsigned vector, uint64_t to)
{
	uint8_t *memory = memory_host(&stage->vm, 0);
	uint64_t type = vector == 3 || vector == 4 || vector == VECTOR_USER ? GATE_USER : GATE;

	if (stage->vm.bits == 64) {
		uint64_t gate[2] = {(to & 0xffff) | SEL_KERNEL_CODE << 16 | 1ull << 32 |
					    type << 40 | (to >> 16 & 0xffff) << 48,
				    to >> 32};

		memcpy(memory + GPA_IDT + 16 * vector, gate, sizeof(gate));
	} else if (stage->vm.bits == 32) {
		uint64_t gate = (to & 0xffff) | SEL_KERNEL_CODE32 << 16 | type << 40 |
				(to >> 16 & 0xffff) << 48;

		memcpy(memory + GPA_IDT + 8 * vector, &gate, sizeof(gate));
	} else {
		uint32_t pointer = (uint32_t)((to - STAGE_VECTORS) | STAGE_VECTORS >> 4 << 16);

		memcpy(memory + 4 * vector, &pointer, sizeof(pointer));
	}
}

/* push 0 (where the CPU pushes no error code); push vector; out %al, port; hlt */
static void make_vectors(struct stage *stage)
{
	uint8_t *stubs = memory_host(&stage->vm, STAGE_VECTORS);

	for (unsigned vector = 0; vector < 256; vector++) {
		uint8_t *at = stubs + STUB_SIZE * vector;
		bool pushed = has_error_code(vector) && stage->vm.bits != 16;
		const uint8_t stub[STUB_SIZE] = {
			0x6a, 0, 0x6a, (uint8_t)vector, 0xe6, STAGE_PORT_TRAP, 0xf4, 0xf4};
		unsigned skip = pushed ? 2 : 0;

		memset(at, 0xf4, STUB_SIZE);
		memcpy(at, stub + skip, STUB_SIZE - skip);
		set_gate(stage, vector, STAGE_VECTORS + STUB_SIZE * vector);
	}
}

static void place(struct kvm_segment *segment, uint64_t base)
{
	segment->base = base;
	segment->selector = (uint16_t)(base >> 4);
}

static int first_state(struct stage *stage, struct err *err)
{
	struct kvm_sregs *sregs = &stage->sregs;

	if (sys_ioctl(stage->vcpu->fd, KVM_GET_SREGS, sregs))
		return err_sys(err, errno, "ioctl KVM_GET_SREGS");
	if (stage->mode == ENV_REAL16) {
		place(&sregs->cs, STAGE_CODE);
		place(&sregs->ds, STAGE_DATA);
		place(&sregs->es, STAGE_DATA);
	}
	stage->regs.rsp = stage->mode == ENV_REAL16 ? 0x1000 : GPA_STACKS + 0x1000;
	stage->regs.rflags = RFLAGS_FIXED;
	return 0;
}

static bool host_is_intel(void)
{
	unsigned eax, ebx, ecx, edx;

	__cpuid(0, eax, ebx, ecx, edx);
	return ebx == signature_INTEL_ebx && edx == signature_INTEL_edx &&
	       ecx == signature_INTEL_ecx;
}

static unsigned width_of(enum environment_bit mode)
{
	return mode == ENV_REAL16 ? 16 : mode == ENV_PROT32 ? 32 : 64;
}

int stage_open(struct stage *stage, const struct stage_config *config, struct err *err)
{
	struct instance_config instance = config->instance;
	int rc;

	instance.bare = true;
	memset(stage, 0, sizeof(*stage));
	stage->mode = config->mode;
	stage->substrate = config->substrate;
	stage->ignores_msrs = config->ignores_msrs;
	stage->no_steady_tsc = config->no_steady_tsc;
	stage->intel = host_is_intel();
	rc = vm_open(&stage->vm, &instance, width_of(config->mode), config->mode == ENV_GUEST_USER,
		     err);
	if (rc)
		return rc;
	stage->vcpu = &stage->vm.vcpus[0];
	stage->run = stage->vcpu->run;
	make_vectors(stage);
	rc = first_state(stage, err);
	if (rc)
		stage_close(stage);
	return rc;
}

void stage_close(struct stage *stage)
{
	vm_close(&stage->vm);
}

/* ---- running -------------------------------------------------------------------------------- */

static const struct stage_code *code_for(const struct stage *stage, const struct code *code)
{
	return stage->vm.bits == 64   ? &code->bits64
	       : stage->vm.bits == 32 ? &code->bits32
				      : &code->bits16;
}

void stage_handler(struct stage *stage, unsigned vector, unsigned n, const struct code *code)
{
	const struct stage_code *part = code_for(stage, code);
	uint64_t at = STAGE_HANDLERS + n * STAGE_HANDLER;

	if (stage->over)
		return;
	if (!part->start || (size_t)(part->end - part->start) > STAGE_HANDLER) {
		stage_broken(stage, "a handler has no code for %u bits, or too much",
			     stage->vm.bits);
		return;
	}
	memcpy(memory_host(&stage->vm, at), part->start, (size_t)(part->end - part->start));
	repro_code("a handler of the check's own", memory_host(&stage->vm, at),
		   (size_t)(part->end - part->start), stage->vm.bits,
		   stage->vm.bits == 16 ? at - STAGE_VECTORS : at);
	set_gate(stage, vector, at);
}

void stage_start(struct stage *stage, const struct code *code)
{
	const struct stage_code *part = code_for(stage, code);
	uint8_t *memory = memory_host(&stage->vm, STAGE_CODE);
	struct err err = {0};

	stage->event = STAGE_NOTHING;
	if (stage->over)
		return;
	stage->code_size = part->start ? (unsigned long)(part->end - part->start) : 0;
	if (!part->start || stage->code_size + END_SIZE > CODE_SPACE) {
		stage_broken(stage, "the check has no code for %u bits, or too much",
			     stage->vm.bits);
		return;
	}
	memcpy(memory, part->start, stage->code_size);
	memory[stage->code_size] = 0xe6;
	memory[stage->code_size + 1] = STAGE_PORT_END;
	repro_code("the check's code, and the way out of it", memory, stage->code_size + END_SIZE,
		   stage->vm.bits, stage_code_base(stage));
	stage->regs.rip = stage_code_base(stage);
	if (arch_vcpu_set_sregs(stage->vcpu, &stage->sregs, &err))
		stage_broken(stage, "%s", err.text);
	else
		stage_vcpu_ioctl(stage, KVM_SET_REGS, &stage->regs, "KVM_SET_REGS");
}

/* What the CPU and the stub have pushed: vector, error code, ip, cs, flags. */
static void read_trap(struct stage *stage)
{
	struct stage_trap *trap = &stage->trap;
	unsigned width = stage->vm.bits / 8;
	uint64_t frame[5] = {0}, at = stage->regs.rsp;
	struct kvm_sregs sregs;

	*trap = (struct stage_trap){.vector = UINT32_MAX};
	if (stage->vm.bits == 16) {
		if (stage_vcpu_ioctl(stage, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS"))
			return;
		at = sregs.ss.base + (at & 0xffff);
	}
	for (unsigned i = 0; i < 5; i++) {
		const void *from = memory_host(&stage->vm, at + i * width);

		if (!from) {
			stage_fail(stage, "a stack that is where it was",
				   "the stack pointer is 0x%" PRIx64, at);
			return;
		}
		memcpy(&frame[i], from, width);
	}
	trap->vector = frame[0] & 0xff;
	trap->error = frame[1];
	trap->ip = frame[2];
	trap->cs = frame[3] & 0xffff;
	trap->flags = frame[4];
	trap->offset = (int64_t)(trap->ip - stage_code_base(stage));
}

static enum stage_event event_of(struct stage *stage)
{
	const struct kvm_run *run = stage->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		if (run->io.direction == KVM_EXIT_IO_OUT && run->io.port == STAGE_PORT_END)
			return STAGE_END;
		if (run->io.direction == KVM_EXIT_IO_OUT && run->io.port == STAGE_PORT_TRAP) {
			read_trap(stage);
			return STAGE_TRAP;
		}
		return STAGE_EXIT;
	case KVM_EXIT_INTERNAL_ERROR:
		return STAGE_INTERNAL;
	case KVM_EXIT_FAIL_ENTRY:
		return STAGE_FAIL_ENTRY;
	case KVM_EXIT_SHUTDOWN:
		return STAGE_SHUTDOWN;
	default:
		return STAGE_EXIT;
	}
}

/* KVM_RUN until it returns for a reason of the guest's. 0, or the errno of a failure. */
static int run_guest(struct stage *stage, bool *hung)
{
	struct vcpu *vcpu = stage->vcpu;
	struct err err = {0};
	int code = 0;

	*hung = false;
	if (watchdog_arm(&vcpu->watchdog, watchdog_seconds, &err)) {
		stage_broken(stage, "%s", err.text);
		return 0;
	}
	while (sys->ioctl(vcpu->fd, KVM_RUN, NULL) < 0) {
		if (errno != EINTR && errno != EAGAIN) {
			code = errno;
			break;
		}
		if (vcpu->watchdog.expired) {
			*hung = true;
			break;
		}
	}
	watchdog_disarm(&vcpu->watchdog);
	return code;
}

enum stage_event stage_go(struct stage *stage)
{
	bool hung;

	if (stage->over)
		return stage->event = STAGE_NOTHING;
	stage->run_errno = run_guest(stage, &hung);
	if (stage->over || stage_vcpu_ioctl(stage, KVM_GET_REGS, &stage->regs, "KVM_GET_REGS"))
		return stage->event = STAGE_NOTHING;
	stage->event = hung ? STAGE_HUNG : stage->run_errno ? STAGE_REFUSED : event_of(stage);
	return stage->event;
}

enum stage_event stage_run(struct stage *stage, const struct code *code)
{
	stage_start(stage, code);
	return stage_go(stage);
}

void stage_share(struct stage *other, struct stage *stage, unsigned vcpu)
{
	*other = *stage;
	other->vcpu = &stage->vm.vcpus[vcpu];
	other->run = other->vcpu->run;
}

/* ---- registers ------------------------------------------------------------------------------ */

uint32_t stage_cpu_leaf(uint32_t leaf, char reg)
{
	struct kvm_host *host;

	if (kvm_host_get(&host, NULL))
		return 0;
	for (unsigned i = 0; i < host->cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &host->cpuid->entries[i];
		uint32_t value = reg == 'a'   ? entry->eax
				 : reg == 'b' ? entry->ebx
				 : reg == 'c' ? entry->ecx
					      : entry->edx;

		if (entry->function == leaf && !entry->index)
			return value;
	}
	return 0;
}

bool stage_cpu_has(uint32_t leaf, char reg, unsigned bit)
{
	return stage_cpu_leaf(leaf, reg) >> bit & 1;
}

static int must(struct stage *stage, int fd, unsigned long request, void *argument,
		const char *name)
{
	if (stage->over)
		return -ECANCELED;
	if (sys_ioctl(fd, request, argument) >= 0)
		return 0;
	stage_broken(stage, "ioctl %s: %s", name, strerror(errno));
	return -errno;
}

int stage_vcpu_ioctl(struct stage *stage, unsigned long request, void *argument, const char *name)
{
	return must(stage, stage->vcpu->fd, request, argument, name);
}

int stage_vm_ioctl(struct stage *stage, unsigned long request, void *argument, const char *name)
{
	return must(stage, stage->vm.fd, request, argument, name);
}

bool stage_msr_get(struct stage *stage, uint32_t index, uint64_t *value)
{
	stage->msr = (struct stage_msr){.head.nmsrs = 1, .entry.index = index};
	if (stage->over || sys_ioctl(stage->vcpu->fd, KVM_GET_MSRS, &stage->msr) != 1)
		return false;
	*value = stage->msr.entry.data;
	return true;
}

bool stage_msr_set(struct stage *stage, uint32_t index, uint64_t value)
{
	struct stage_msr msr = {.head.nmsrs = 1, .entry = {.index = index, .data = value}};

	return !stage->over && sys_ioctl(stage->vcpu->fd, KVM_SET_MSRS, &msr) == 1;
}
