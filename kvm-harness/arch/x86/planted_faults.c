/* SPDX-License-Identifier: MIT */
/* The faults: each a function that changes what KVM is told, or what it answers, and a row. */
#include <stdbool.h>
#include <string.h>

#include "kvm-harness/arch/x86/planted_fault.h"
#include "kvm-harness/arch/x86/stage.h"

/* An exit of the check's own code, not of the stage's two ports. */
static bool is_port(const struct kvm_run *run, int direction)
{
	return run && run->exit_reason == KVM_EXIT_IO && run->io.direction == direction &&
	       run->io.port != STAGE_PORT_END && run->io.port != STAGE_PORT_TRAP;
}

static uint8_t *port_data(struct kvm_run *run)
{
	return (uint8_t *)run + run->io.data_offset;
}

static bool is_mmio(const struct kvm_run *run, bool write)
{
	return run && run->exit_reason == KVM_EXIT_MMIO && !!run->mmio.is_write == write;
}

#define AFTER(function)	 static int function(struct call *call, int rc)
#define BEFORE(function) static int function(struct call *call)

/* ports */
AFTER(out_size)
{
	if (!is_port(call->run, KVM_EXIT_IO_OUT) || call->run->io.size != 2)
		return rc;
	call->run->io.size = 1;
	return planted_hit(rc);
}
AFTER(out_bit)
{
	if (!is_port(call->run, KVM_EXIT_IO_OUT))
		return rc;
	port_data(call->run)[call->run->io.size - 1] ^= 0x80;
	return planted_hit(rc);
}
AFTER(out_port)
{
	if (!is_port(call->run, KVM_EXIT_IO_OUT))
		return rc;
	call->run->io.port++;
	return planted_hit(rc);
}
AFTER(in_is_out)
{
	if (!is_port(call->run, KVM_EXIT_IO_IN))
		return rc;
	call->run->io.direction = KVM_EXIT_IO_OUT;
	return planted_hit(rc);
}
/* The answer to the last IN, whatever this one's was. */
BEFORE(in_stale)
{
	static uint8_t last[8];
	uint8_t now[8];
	unsigned size;

	if (!is_port(call->run, KVM_EXIT_IO_IN))
		return GO_ON;
	size = call->run->io.size;
	memcpy(now, port_data(call->run), size);
	memcpy(port_data(call->run), last, size);
	memcpy(last, now, size);
	return planted_hit(GO_ON);
}
BEFORE(in_narrow)
{
	if (!is_port(call->run, KVM_EXIT_IO_IN) || call->run->io.size < 4)
		return GO_ON;
	memset(port_data(call->run) + 2, 0, 2);
	return planted_hit(GO_ON);
}
AFTER(string_short)
{
	if (!is_port(call->run, KVM_EXIT_IO_IN) || call->run->io.count < 2)
		return rc;
	call->run->io.count--;
	return planted_hit(rc);
}
BEFORE(string_exchanged)
{
	struct kvm_run *run = call->run;
	uint8_t swap;

	if (!is_port(run, KVM_EXIT_IO_IN) || run->io.count < 2 || run->io.size != 1)
		return GO_ON;
	swap = port_data(run)[0];
	port_data(run)[0] = port_data(run)[1];
	port_data(run)[1] = swap;
	return planted_hit(GO_ON);
}
/* User space never hears of it. */
AFTER(out_swallowed)
{
	if (!is_port(call->run, KVM_EXIT_IO_OUT))
		return rc;
	planted_hit(0);
	return planted_really(call->fd, KVM_RUN, NULL);
}
/* The same exit once more, without the guest having run. */
BEFORE(out_doubled)
{
	if (!is_port(call->run, KVM_EXIT_IO_OUT) || planted_counter++ % 2)
		return GO_ON;
	return planted_hit(0);
}

/* memory that is not there */
AFTER(mmio_length)
{
	if (!is_mmio(call->run, true) || call->run->mmio.len != 8)
		return rc;
	call->run->mmio.len = 4;
	return planted_hit(rc);
}
AFTER(mmio_aligned)
{
	if (!call->run || call->run->exit_reason != KVM_EXIT_MMIO ||
	    !(call->run->mmio.phys_addr & 7))
		return rc;
	call->run->mmio.phys_addr &= ~7ull;
	return planted_hit(rc);
}
BEFORE(mmio_read_short)
{
	if (!is_mmio(call->run, false) || call->run->mmio.len < 2)
		return GO_ON;
	call->run->mmio.data[call->run->mmio.len - 1] = 0;
	return planted_hit(GO_ON);
}
AFTER(mmio_write_is_read)
{
	if (!is_mmio(call->run, true))
		return rc;
	call->run->mmio.is_write = 0;
	return planted_hit(rc);
}
AFTER(mmio_swallowed)
{
	if (!is_mmio(call->run, true))
		return rc;
	planted_hit(0);
	return planted_really(call->fd, KVM_RUN, NULL);
}
BEFORE(mmio_doubled)
{
	if (!is_mmio(call->run, true) || planted_counter++ % 2)
		return GO_ON;
	return planted_hit(0);
}
AFTER(mmio_bytes)
{
	uint8_t swap;

	if (!is_mmio(call->run, true) || call->run->mmio.len != 2)
		return rc;
	swap = call->run->mmio.data[0];
	call->run->mmio.data[0] = call->run->mmio.data[1];
	call->run->mmio.data[1] = swap;
	return planted_hit(rc);
}

/* registers */
AFTER(regs_stale)
{
	static uint64_t last;
	struct kvm_regs *regs = call->argument;
	uint64_t now = regs->rax;

	regs->rax = last;
	last = now;
	return planted_hit(rc);
}
AFTER(regs_upper)
{
	struct kvm_regs *regs = call->argument;

	if (!(regs->rdx >> 32) && !(regs->rax >> 32))
		return rc;
	regs->rax = (uint32_t)regs->rax;
	return planted_hit(rc);
}
AFTER(regs_flags)
{
	((struct kvm_regs *)call->argument)->rflags &= ~0x41ull;
	return planted_hit(rc);
}
BEFORE(regs_r15)
{
	struct kvm_regs regs = *(struct kvm_regs *)call->argument;

	regs.r15 = 0;
	planted_hit(0);
	return planted_really(call->fd, KVM_SET_REGS, &regs);
}
BEFORE(regs_rcx)
{
	struct kvm_regs regs = *(struct kvm_regs *)call->argument;

	regs.rcx = (uint32_t)regs.rcx & 0xffff;
	planted_hit(0);
	return planted_really(call->fd, KVM_SET_REGS, &regs);
}
AFTER(sregs_cr2)
{
	((struct kvm_sregs *)call->argument)->cr2 &= ~0xfffull;
	return planted_hit(rc);
}
BEFORE(sregs_cr8)
{
	struct kvm_sregs sregs = *(struct kvm_sregs *)call->argument;

	sregs.cr8 = 0;
	planted_hit(0);
	return planted_really(call->fd, KVM_SET_SREGS, &sregs);
}
BEFORE(sregs_fs)
{
	struct kvm_sregs sregs = *(struct kvm_sregs *)call->argument;

	sregs.fs.base &= 0xffffffff;
	planted_hit(0);
	return planted_really(call->fd, KVM_SET_SREGS, &sregs);
}

/* traps: what the CPU has pushed, where the stage's stub shows it */
static uint64_t *frame_of(struct call *call, unsigned *vector)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	uint8_t *at;

	if (!call->run || call->run->exit_reason != KVM_EXIT_IO ||
	    call->run->io.port != STAGE_PORT_TRAP ||
	    planted_really(call->fd, KVM_GET_REGS, &regs) ||
	    planted_really(call->fd, KVM_GET_SREGS, &sregs) || !(sregs.efer & 0x400))
		return NULL;
	at = planted_memory(regs.rsp);
	*vector = at ? *at : 0;
	return (uint64_t *)at;
}

AFTER(trap_error)
{
	unsigned vector;
	uint64_t *frame = frame_of(call, &vector);

	if (!frame || !frame[1] || vector >= 32)
		return rc;
	frame[1] = 0;
	return planted_hit(rc);
}
AFTER(trap_error_write)
{
	unsigned vector;
	uint64_t *frame = frame_of(call, &vector);

	if (!frame || vector != 14 || !(frame[1] & 2))
		return rc;
	frame[1] &= ~2ull;
	return planted_hit(rc);
}
AFTER(trap_vector)
{
	unsigned vector;
	uint64_t *frame = frame_of(call, &vector);

	if (!frame || vector != 12)
		return rc;
	frame[0] = 13;
	return planted_hit(rc);
}
AFTER(trap_place)
{
	unsigned vector;
	uint64_t *frame = frame_of(call, &vector);

	if (!frame || vector != 13)
		return rc;
	frame[2]++;
	return planted_hit(rc);
}
AFTER(trap_flags)
{
	unsigned vector;
	uint64_t *frame = frame_of(call, &vector);

	if (!frame || vector < 32)
		return rc;
	frame[4] &= ~0x200ull;
	return planted_hit(rc);
}
AFTER(trap_ring)
{
	unsigned vector;
	uint64_t *frame = frame_of(call, &vector);

	if (!frame || !(frame[3] & 3))
		return rc;
	frame[3] &= ~3ull;
	return planted_hit(rc);
}
AFTER(shutdown_is_halt)
{
	if (!call->run || call->run->exit_reason != KVM_EXIT_SHUTDOWN)
		return rc;
	call->run->exit_reason = KVM_EXIT_HLT;
	return planted_hit(rc);
}
/* A privileged instruction that faults, and takes effect all the same. */
AFTER(trap_effect)
{
	struct kvm_sregs sregs;
	unsigned vector;
	uint64_t *frame = frame_of(call, &vector);

	if (!frame || vector != 13 || !(frame[3] & 3) ||
	    planted_really(call->fd, KVM_GET_SREGS, &sregs))
		return rc;
	sregs.gdt.base += 0x1000;
	planted_hit(0);
	return planted_really(call->fd, KVM_SET_SREGS, &sregs);
}

/* interrupts */
BEFORE(lost)
{
	(void)call;
	return planted_hit(0);
}
BEFORE(interrupt_vector)
{
	struct kvm_interrupt interrupt = *(struct kvm_interrupt *)call->argument;

	interrupt.irq++;
	planted_hit(0);
	return planted_really(call->fd, KVM_INTERRUPT, &interrupt);
}
BEFORE(interrupt_no_window)
{
	if (!call->run || !call->run->request_interrupt_window)
		return GO_ON;
	call->run->request_interrupt_window = 0;
	return planted_hit(GO_ON);
}
AFTER(interrupt_ready)
{
	if (!call->run || call->run->ready_for_interrupt_injection)
		return rc;
	call->run->ready_for_interrupt_injection = 1;
	return planted_hit(rc);
}
AFTER(interrupt_flag)
{
	if (!call->run)
		return rc;
	call->run->if_flag ^= 1;
	return planted_hit(rc);
}
AFTER(halt_doubled)
{
	if (!call->run || call->run->exit_reason != KVM_EXIT_HLT)
		return rc;
	planted_counter = 1;
	return rc;
}
BEFORE(halt_again)
{
	if (!call->run || call->run->exit_reason != KVM_EXIT_HLT || !planted_counter)
		return GO_ON;
	planted_counter = 0;
	return planted_hit(0);
}
AFTER(halt_swallowed)
{
	if (!call->run || call->run->exit_reason != KVM_EXIT_HLT)
		return rc;
	planted_hit(0);
	return planted_really(call->fd, KVM_RUN, NULL);
}

/* What came once comes again, a few entries later. */
static int repeat(struct call *call, unsigned long request, size_t size)
{
	planted_again(3, call->fd, request, call->argument, size);
	return planted_hit(GO_ON);
}

BEFORE(msi_doubled)
{
	return repeat(call, KVM_SIGNAL_MSI, sizeof(struct kvm_msi));
}
BEFORE(interrupt_doubled)
{
	return repeat(call, KVM_INTERRUPT, sizeof(struct kvm_interrupt));
}
BEFORE(nmi_doubled)
{
	return repeat(call, KVM_NMI, 0);
}

/* dirty tracking */
static uint8_t *bitmap(struct call *call)
{
	return ((struct kvm_dirty_log *)call->argument)->dirty_bitmap;
}
#define BITMAP_BYTES (TEST_MEMORY_SIZE / 4096 / 8)
AFTER(dirty_missing)
{
	for (size_t i = 0; i < BITMAP_BYTES; i++)
		if (bitmap(call)[i]) {
			bitmap(call)[i] &= (uint8_t)(bitmap(call)[i] - 1);
			return planted_hit(rc);
		}
	return rc;
}
AFTER(dirty_last_missing)
{
	for (size_t i = BITMAP_BYTES; i-- > 0;)
		if (bitmap(call)[i]) {
			bitmap(call)[i] = 0;
			return planted_hit(rc);
		}
	return rc;
}
/* The second time that a page is written is not seen. */
AFTER(dirty_once)
{
	static uint8_t seen[BITMAP_BYTES];

	if (!planted_counter++)
		memset(seen, 0, sizeof(seen));
	for (size_t i = 0; i < BITMAP_BYTES; i++) {
		uint8_t now = bitmap(call)[i];

		if (!!(now & seen[i]))
			planted_hit(0);
		bitmap(call)[i] = (uint8_t)(now & ~seen[i]);
		seen[i] |= now;
	}
	return rc;
}
AFTER(dirty_too_much)
{
	bitmap(call)[8] |= 0x10;
	return planted_hit(rc);
}
AFTER(dirty_neighbour)
{
	for (size_t i = BITMAP_BYTES; i-- > 0;) {
		uint8_t carry = i ? bitmap(call)[i - 1] >> 7 : 0;

		if (!!bitmap(call)[i])
			planted_hit(0);
		bitmap(call)[i] = (uint8_t)(bitmap(call)[i] << 1 | carry);
	}
	return rc;
}

/* memory slots */
BEFORE(slot_writable)
{
	struct kvm_userspace_memory_region region =
		*(struct kvm_userspace_memory_region *)call->argument;

	if (!(region.flags & KVM_MEM_READONLY))
		return GO_ON;
	region.flags &= ~(uint32_t)KVM_MEM_READONLY;
	planted_hit(0);
	return planted_really(call->fd, KVM_SET_USER_MEMORY_REGION, &region);
}
BEFORE(slot_stays)
{
	struct kvm_userspace_memory_region *region = call->argument;

	return region->memory_size ? GO_ON : planted_hit(0);
}
BEFORE(slot_everything)
{
	int rc = planted_really(call->fd, KVM_SET_USER_MEMORY_REGION, call->argument);

	return rc < 0 ? planted_hit(0) : rc;
}

/* CPUID and MSRs */
AFTER(cpuid_bit)
{
	struct kvm_cpuid2 *cpuid = call->argument;

	if (cpuid->nent < 2)
		return rc;
	cpuid->entries[1].edx ^= 0x10;
	return planted_hit(rc);
}
BEFORE(msr_other)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} *msrs = call->argument;

	msrs->entry.data &= 0xffffffff;
	return planted_hit(GO_ON);
}
/* One that the guest's CPU has. */
BEFORE(msr_not_taken)
{
	const struct kvm_msrs *msrs = call->argument;

	if (msrs->nmsrs != 1 || msrs->entries[0].index != 0xc0000083)
		return GO_ON;
	return planted_hit(0);
}
AFTER(msr_get)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} *msrs = call->argument;

	msrs->entry.data ^= 1ull << 12;
	return planted_hit(rc);
}
AFTER(msr_exit_index)
{
	if (!call->run || (call->run->exit_reason != KVM_EXIT_X86_RDMSR &&
			   call->run->exit_reason != KVM_EXIT_X86_WRMSR))
		return rc;
	call->run->msr.index++;
	return planted_hit(rc);
}
BEFORE(msr_never_refused)
{
	if (!call->run || (call->run->exit_reason != KVM_EXIT_X86_RDMSR &&
			   call->run->exit_reason != KVM_EXIT_X86_WRMSR))
		return GO_ON;
	if (call->run->msr.error)
		planted_hit(0);
	call->run->msr.error = 0;
	return GO_ON;
}

/* state */
AFTER(fpu_register)
{
	((struct kvm_fpu *)call->argument)->xmm[15][3] ^= 1;
	return planted_hit(rc);
}
AFTER(xsave_register)
{
	((struct kvm_xsave *)call->argument)->region[44] ^= 1;
	return planted_hit(rc);
}
AFTER(events_mask)
{
	((struct kvm_vcpu_events *)call->argument)->nmi.masked = 0;
	return planted_hit(rc);
}
BEFORE(events_error)
{
	struct kvm_vcpu_events events = *(struct kvm_vcpu_events *)call->argument;

	events.exception.error_code = 0;
	planted_hit(0);
	return planted_really(call->fd, KVM_SET_VCPU_EVENTS, &events);
}
AFTER(lapic_priority)
{
	((struct kvm_lapic_state *)call->argument)->regs[0x80] = 0;
	return planted_hit(rc);
}

/* clocks */
AFTER(tsc_behind)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} *msrs = call->argument;

	if (msrs->entry.index != 0x10)
		return rc;
	msrs->entry.data -= 1ull << 36;
	return planted_hit(rc);
}

/* debugging */
AFTER(debug_status)
{
	((struct kvm_debugregs *)call->argument)->dr6 = 0xffff0ff0;
	return planted_hit(rc);
}
AFTER(debug_place)
{
	if (!call->run || call->run->exit_reason != KVM_EXIT_DEBUG)
		return rc;
	call->run->debug.arch.pc++;
	return planted_hit(rc);
}

/* the rest of the API */
BEFORE(run_at_once)
{
	if (!call->run || !call->run->immediate_exit)
		return GO_ON;
	call->run->immediate_exit = 0;
	return planted_hit(GO_ON);
}
BEFORE(bell_any_value)
{
	struct kvm_ioeventfd bell = *(struct kvm_ioeventfd *)call->argument;

	bell.flags &= ~(uint32_t)KVM_IOEVENTFD_FLAG_DATAMATCH;
	planted_hit(0);
	return planted_really(call->fd, KVM_IOEVENTFD, &bell);
}
AFTER(sync_stale)
{
	if (!call->run || !call->run->kvm_valid_regs)
		return rc;
	call->run->s.regs.regs.rax ^= 2;
	return planted_hit(rc);
}
AFTER(translate_page)
{
	((struct kvm_translation *)call->argument)->physical_address &= ~0xfffull;
	return planted_hit(rc);
}
AFTER(internal_is_halt)
{
	if (!call->run || call->run->exit_reason != KVM_EXIT_INTERNAL_ERROR)
		return rc;
	call->run->exit_reason = KVM_EXIT_HLT;
	return planted_hit(rc);
}

const struct planted_fault planted_faults[] = {
	{"out-size", "a 16-bit OUT is reported as one byte", KVM_RUN, .after = out_size},
	{"out-bit", "the top bit of what is written to a port is wrong", KVM_RUN, .after = out_bit},
	{"out-port", "the port's number is one too high", KVM_RUN, .after = out_port},
	{"in-is-out", "an IN is reported as an OUT", KVM_RUN, .after = in_is_out},
	{"in-stale", "IN gives the guest the answer before the last", KVM_RUN, .before = in_stale},
	{"in-narrow", "the upper half of a 32-bit IN is zero", KVM_RUN, .before = in_narrow},
	{"string-short", "the last element of string input is lost", KVM_RUN,
	 .after = string_short},
	{"string-order", "two elements of string input are exchanged", KVM_RUN,
	 .before = string_exchanged},
	{"out-swallowed", "an OUT never reaches user space", KVM_RUN, .after = out_swallowed},
	{"out-doubled", "an OUT reaches user space twice", KVM_RUN, .before = out_doubled},
	{"mmio-length", "an 8-byte store to MMIO is reported as one of 4", KVM_RUN,
	 .after = mmio_length},
	{"mmio-address", "the address of MMIO is rounded down to 8", KVM_RUN,
	 .after = mmio_aligned},
	{"mmio-read-byte", "the last byte of what MMIO answers is lost", KVM_RUN,
	 .before = mmio_read_short},
	{"mmio-write-is-read", "a store to MMIO is reported as a load", KVM_RUN,
	 .after = mmio_write_is_read},
	{"mmio-swallowed", "a store to MMIO never reaches user space", KVM_RUN,
	 .after = mmio_swallowed},
	{"mmio-doubled", "a store to MMIO reaches user space twice", KVM_RUN,
	 .before = mmio_doubled},
	{"mmio-bytes", "the bytes of a 16-bit store to MMIO are exchanged", KVM_RUN,
	 .after = mmio_bytes},
	{"regs-stale", "KVM_GET_REGS has the RAX of the time before", KVM_GET_REGS,
	 .after = regs_stale},
	{"regs-upper", "the upper half of RAX is lost", KVM_GET_REGS, .after = regs_upper},
	{"regs-flags", "CF and ZF are lost", KVM_GET_REGS, .after = regs_flags},
	{"regs-r15", "KVM_SET_REGS does not set R15", KVM_SET_REGS, .before = regs_r15},
	{"regs-rcx", "KVM_SET_REGS sets 16 bits of RCX", KVM_SET_REGS, .before = regs_rcx},
	{"cr2", "CR2 has the page of a fault, not its address", KVM_GET_SREGS, .after = sregs_cr2},
	{"cr8", "KVM_SET_SREGS does not set CR8", KVM_SET_SREGS, .before = sregs_cr8},
	{"fs-base", "KVM_SET_SREGS sets 32 bits of FS's base", KVM_SET_SREGS, .before = sregs_fs},
	{"error-code", "an exception's error code is 0", KVM_RUN, .after = trap_error},
	{"error-code-write", "a page fault's error code does not say that it was a write", KVM_RUN,
	 .after = trap_error_write},
	{"vector", "a stack fault is delivered as #GP", KVM_RUN, .after = trap_vector},
	{"fault-address", "the address that #GP pushes is one byte too far", KVM_RUN,
	 .after = trap_place},
	{"pushed-flags", "the flags that an interrupt pushes have IF off", KVM_RUN,
	 .after = trap_flags},
	{"pushed-ring", "the CS that a trap of ring 3 pushes is of ring 0", KVM_RUN,
	 .after = trap_ring},
	{"fault-effect", "what faults in ring 3 takes effect all the same", KVM_RUN,
	 .after = trap_effect},
	{"shutdown-is-halt", "a triple fault is reported as HLT", KVM_RUN,
	 .after = shutdown_is_halt},
	{"interrupt-lost", "KVM_INTERRUPT is lost", KVM_INTERRUPT, .before = lost},
	{"interrupt-doubled", "an interrupt comes a second time", KVM_INTERRUPT,
	 .before = interrupt_doubled},
	{"nmi-doubled", "an NMI comes a second time", KVM_NMI, .before = nmi_doubled},
	{"msi-doubled", "a message-signalled interrupt comes a second time", KVM_SIGNAL_MSI,
	 .before = msi_doubled},
	{"interrupt-vector", "an interrupt has the next vector", KVM_INTERRUPT,
	 .before = interrupt_vector},
	{"nmi-lost", "KVM_NMI is lost", KVM_NMI, .before = lost},
	{"window-early", "kvm_run says that an interrupt can be taken when none can", KVM_RUN,
	 .after = interrupt_ready},
	{"window-never", "request_interrupt_window is ignored", KVM_RUN,
	 .before = interrupt_no_window},
	{"if-flag", "if_flag is the opposite", KVM_RUN, .after = interrupt_flag},
	{"msi-lost", "KVM_SIGNAL_MSI is lost", KVM_SIGNAL_MSI, .before = lost},
	{"halt-doubled", "HLT is reported twice", KVM_RUN, .before = halt_again,
	 .after = halt_doubled},
	{"halt-swallowed", "HLT never reaches user space", KVM_RUN, .after = halt_swallowed},
	{"dirty-missing", "the first dirty page is not in the log", KVM_GET_DIRTY_LOG,
	 .after = dirty_missing},
	{"dirty-last-missing", "the last dirty pages are not in the log", KVM_GET_DIRTY_LOG,
	 .after = dirty_last_missing},
	{"dirty-once", "a page that was in the log before is not in it again", KVM_GET_DIRTY_LOG,
	 .after = dirty_once},
	{"dirty-extra", "a page is in the log that was not written", KVM_GET_DIRTY_LOG,
	 .after = dirty_too_much},
	{"dirty-neighbour", "the next page is in the log in the place of each", KVM_GET_DIRTY_LOG,
	 .after = dirty_neighbour},
	{"dirty-not-cleared", "KVM_CLEAR_DIRTY_LOG does nothing", KVM_CLEAR_DIRTY_LOG,
	 .before = lost},
	{"read-only-ignored", "read-only memory can be written", KVM_SET_USER_MEMORY_REGION,
	 .before = slot_writable},
	{"slot-stays", "a deleted slot is there still", KVM_SET_USER_MEMORY_REGION,
	 .before = slot_stays},
	{"slot-overlap", "slots that make no sense are taken", KVM_SET_USER_MEMORY_REGION,
	 .before = slot_everything},
	{"cpuid-not-set", "KVM_SET_CPUID2 changes nothing", KVM_SET_CPUID2, .before = lost},
	{"cpuid-bit", "KVM_GET_CPUID2 says another bit than the guest sees", KVM_GET_CPUID2,
	 .after = cpuid_bit},
	{"msr-set", "KVM_SET_MSRS sets 32 bits", KVM_SET_MSRS, .before = msr_other},
	{"msr-not-taken", "KVM_SET_MSRS refuses an MSR that the CPU has", KVM_SET_MSRS, .before = msr_not_taken},
	{"msr-get", "a bit of what KVM_GET_MSRS reads is wrong", KVM_GET_MSRS, .after = msr_get},
	{"msr-exit-index", "an MSR's number is wrong in user space", KVM_RUN,
	 .after = msr_exit_index},
	{"msr-not-refused", "user space cannot refuse an MSR", KVM_RUN,
	 .before = msr_never_refused},
	{"msr-filter", "KVM_X86_SET_MSR_FILTER is ignored", KVM_X86_SET_MSR_FILTER, .before = lost},
	{"fpu-register", "a bit of XMM15 is wrong", KVM_GET_FPU, .after = fpu_register},
	{"fpu-lost", "KVM_SET_FPU is lost", KVM_SET_FPU, .before = lost},
	{"xsave-register", "a bit of XMM1 is wrong", KVM_GET_XSAVE, .after = xsave_register},
	{"xsave-lost", "KVM_SET_XSAVE is lost", KVM_SET_XSAVE, .before = lost},
	{"nmi-mask", "KVM_GET_VCPU_EVENTS does not know that NMIs are masked", KVM_GET_VCPU_EVENTS,
	 .after = events_mask},
	{"events-error", "an injected exception loses its error code", KVM_SET_VCPU_EVENTS,
	 .before = events_error},
	{"events-lost", "KVM_SET_VCPU_EVENTS is lost", KVM_SET_VCPU_EVENTS, .before = lost},
	{"lapic-priority", "KVM_GET_LAPIC has no task priority", KVM_GET_LAPIC,
	 .after = lapic_priority},
	{"lapic-lost", "KVM_SET_LAPIC is lost", KVM_SET_LAPIC, .before = lost},
	{"tsc-behind", "KVM_GET_MSRS has an old TSC", KVM_GET_MSRS, .after = tsc_behind},
	{"debug-status", "DR6 says nothing", KVM_GET_DEBUGREGS, .after = debug_status},
	{"debug-lost", "KVM_SET_DEBUGREGS is lost", KVM_SET_DEBUGREGS, .before = lost},
	{"debug-place", "KVM_EXIT_DEBUG has the next address", KVM_RUN, .after = debug_place},
	{"guest-debug-lost", "KVM_SET_GUEST_DEBUG is lost", KVM_SET_GUEST_DEBUG, .before = lost},
	{"not-immediate", "immediate_exit is ignored", KVM_RUN, .before = run_at_once},
	{"bell-value", "an ioeventfd is rung by any value", KVM_IOEVENTFD,
	 .before = bell_any_value},
	{"bell-lost", "KVM_IOEVENTFD is lost", KVM_IOEVENTFD, .before = lost},
	{"coalesced-lost", "KVM_REGISTER_COALESCED_MMIO is lost", KVM_REGISTER_COALESCED_MMIO,
	 .before = lost},
	{"signal-mask-lost", "KVM_SET_SIGNAL_MASK is lost", KVM_SET_SIGNAL_MASK, .before = lost},
	{"sync-stale", "registers beside kvm_run are not the guest's", KVM_RUN,
	 .after = sync_stale},
	{"translate", "KVM_TRANSLATE has the page, not the address", KVM_TRANSLATE,
	 .after = translate_page},
	{"internal-is-halt", "an instruction that cannot be emulated is reported as HLT", KVM_RUN,
	 .after = internal_is_halt},
};

const size_t planted_count = sizeof(planted_faults) / sizeof(planted_faults[0]);
