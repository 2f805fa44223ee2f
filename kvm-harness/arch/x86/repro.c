/* SPDX-License-Identifier: MIT */
#include "kvm-harness/arch/x86/repro.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm-harness/arch/x86/repro_recorder.h"
#include "kvm-harness/sys.h"

#define FDS	  REPRO_FDS
#define SLOTS	  REPRO_SLOTS
#define RUN_BYTES REPRO_RUN_BYTES
#define recorder  repro_recorder

struct repro_recorder repro_recorder;
static struct sys recording_sys;

/* ---- names ---------------------------------------------------------------------------------- */

#define REQUESTS(X)                                                                                  \
	X(KVM_GET_API_VERSION)                                                                       \
	X(KVM_CREATE_VM)                                                                             \
	X(KVM_CHECK_EXTENSION)                                                                       \
	X(KVM_GET_VCPU_MMAP_SIZE)                                                                    \
	X(KVM_GET_SUPPORTED_CPUID) X(KVM_CREATE_VCPU) X(KVM_SET_TSS_ADDR) X(                         \
		KVM_SET_IDENTITY_MAP_ADDR) X(KVM_CREATE_IRQCHIP) X(KVM_CREATE_PIT2)                  \
		X(KVM_ENABLE_CAP) X(KVM_SET_USER_MEMORY_REGION) X(KVM_GET_DIRTY_LOG) X(              \
			KVM_CLEAR_DIRTY_LOG) X(KVM_SIGNAL_MSI) X(KVM_IOEVENTFD)                      \
			X(KVM_REGISTER_COALESCED_MMIO) X(KVM_X86_SET_MSR_FILTER) X(KVM_RUN) X(       \
				KVM_GET_REGS) X(KVM_SET_REGS) X(KVM_GET_SREGS) X(KVM_SET_SREGS)      \
				X(KVM_GET_FPU) X(KVM_SET_FPU) X(KVM_GET_MSRS) X(KVM_SET_MSRS) X(     \
					KVM_SET_CPUID2) X(KVM_GET_CPUID2) X(KVM_INTERRUPT)           \
					X(KVM_NMI) X(KVM_GET_VCPU_EVENTS) X(KVM_SET_VCPU_EVENTS) X(  \
						KVM_GET_DEBUGREGS) X(KVM_SET_DEBUGREGS)              \
						X(KVM_GET_XSAVE) X(KVM_SET_XSAVE) X(                 \
							KVM_SET_XCRS) X(KVM_GET_LAPIC)               \
							X(KVM_SET_LAPIC) X(KVM_SET_MP_STATE) X(      \
								KVM_SET_GUEST_DEBUG)                 \
								X(KVM_SET_SIGNAL_MASK) X(            \
									KVM_TRANSLATE)               \
									X(KVM_HAS_DEVICE_ATTR) X(    \
										KVM_GET_DEVICE_ATTR) \
										X(KVM_SET_DEVICE_ATTR)

static const struct {
	unsigned long request;
	const char *name;
} names[] = {
#define X(name) {name, #name},
	REQUESTS(X)
#undef X
};

const char *repro_request_name(unsigned long request)
{
	static char number[24];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].request == request)
			return names[i].name;
	snprintf(number, sizeof(number), "0x%lx", request);
	return number;
}

/* ---- descriptors and memory ----------------------------------------------------------------- */

int repro_index(int fd)
{
	for (int i = 0; i < FDS; i++)
		if (recorder.fds[i].used && recorder.fds[i].fd == fd)
			return i;
	return -1;
}

static int remember(int fd, int parent)
{
	for (int i = 0; i < FDS; i++)
		if (!recorder.fds[i].used) {
			recorder.fds[i] =
				(struct repro_fd){.used = true, .fd = fd, .parent = parent};
			return i;
		}
	return -1;
}

static void forget_slot(struct repro_slot *slot)
{
	free(slot->copy);
	*slot = (struct repro_slot){0};
}

/* The region's memory, known from now on; its place is the name of its array in the program. */
static int remember_slot(int vm, const struct kvm_userspace_memory_region *region)
{
	int place = -1;

	for (int i = SLOTS; i-- > 0;) {
		struct repro_slot *slot = &recorder.slots[i];

		if (slot->used && slot->memory == (uint8_t *)(uintptr_t)region->userspace_addr) {
			slot->gpa = region->guest_phys_addr;
			return i;
		}
		if (!slot->used)
			place = i;
	}
	if (place >= 0 && region->memory_size)
		recorder.slots[place] = (struct repro_slot){
			.used = true,
			.vm = vm,
			.number = (int)region->slot,
			.memory = (uint8_t *)(uintptr_t)region->userspace_addr,
			.copy = calloc(1, region->memory_size),
			.gpa = region->guest_phys_addr,
			.size = region->memory_size,
		};
	return region->memory_size ? place : -1;
}

/* ---- text ----------------------------------------------------------------------------------- */

void repro_put_bytes(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(recorder.out, "%s%u,", i % 24 ? "" : "\n\t\t", bytes[i]);
}

void repro_put_string(const char *text)
{
	putc('"', recorder.out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', recorder.out);
		putc((unsigned char)*text < ' ' ? '?' : *text, recorder.out);
	}
	putc('"', recorder.out);
}

/* ---- calls ---------------------------------------------------------------------------------- */

/* Bytes behind the argument's pointer. */
static size_t size_of(unsigned long request, const void *argument)
{
	switch (request) {
	case KVM_SET_CPUID2:
	case KVM_GET_CPUID2:
	case KVM_GET_SUPPORTED_CPUID:
		return sizeof(struct kvm_cpuid2) + ((const struct kvm_cpuid2 *)argument)->nent *
							   sizeof(struct kvm_cpuid_entry2);
	case KVM_SET_MSRS:
	case KVM_GET_MSRS:
		return sizeof(struct kvm_msrs) +
		       ((const struct kvm_msrs *)argument)->nmsrs * sizeof(struct kvm_msr_entry);
	case KVM_SET_SIGNAL_MASK:
		return argument ? sizeof(struct kvm_signal_mask) + 8 : 0;
	default:
		return request >> 16 & 0x3fff;
	}
}

static void put_call(int at, unsigned long request, const void *argument, int code)
{
	FILE *out = recorder.out;
	size_t size = request == KVM_CREATE_VCPU || request == KVM_SET_TSS_ADDR ||
				      request == KVM_CHECK_EXTENSION
			      ? 0
			      : size_of(request, argument);

	/* Nothing goes in: what is there is no business of others. */
	if (request >> 30 == 2 && argument) {
		fprintf(out, "\tcall(%d, %s, \"%s\", argument, %d);\n", at,
			repro_request_name(request), repro_request_name(request), code);
		return;
	}
	if (!size || !argument) {
		fprintf(out, "\tcall(%d, %s, \"%s\", (void *)%#" PRIxPTR ", %d);\n", at,
			repro_request_name(request), repro_request_name(request),
			(uintptr_t)argument, code);
		return;
	}
	fprintf(out, "\tcall(%d, %s, \"%s\", put(argument, (const unsigned char[]){", at,
		repro_request_name(request), repro_request_name(request));
	repro_put_bytes(argument, size);
	fprintf(out, "}, %zu), %d);\n", size, code);
}

/* Known from now on as what the request gave back; the oldest gives way. */
static void keep_result(int at, unsigned long request, const void *bytes, size_t size)
{
	struct repro_result *to = &recorder.results[0];

	for (int i = 0; i < REPRO_RESULTS; i++) {
		struct repro_result *result = &recorder.results[i];

		if (result->used && result->at == at && result->request == request) {
			to = result;
			break;
		}
		if (result->serial < to->serial)
			to = result;
	}
	free(to->copy);
	*to = (struct repro_result){.at = at,
				    .request = request,
				    .place = bytes,
				    .serial = ++recorder.serial,
				    .copy = malloc(size),
				    .size = size};
	to->used = to->copy;
	if (to->used)
		memcpy(to->copy, bytes, size);
}

/* A bit a page, in words of 64. */
static void put_dirty_log(int at, const struct kvm_dirty_log *log, int code)
{
	size_t size = 8;

	for (int i = 0; i < SLOTS; i++)
		if (recorder.slots[i].used && recorder.slots[i].vm == recorder.fds[at].fd &&
		    recorder.slots[i].number == (int)log->slot)
			size = (recorder.slots[i].size / 4096 + 63) / 64 * 8;
	fprintf(recorder.out, "\tdirty_log(%d, %u, (const unsigned char[]){", at, log->slot);
	repro_put_bytes(log->dirty_bitmap, size);
	fprintf(recorder.out, "}, %zu, %d);\n", size, code);
	keep_result(at, KVM_GET_DIRTY_LOG, log->dirty_bitmap, size);
}

/* An argument that points elsewhere: a block with the argument, its pointers set anew. */
static void put_argument(const char *type, const void *argument, size_t size)
{
	fprintf(recorder.out, "\t{\n\t\t%s a;\n\n\t\tput(&a, (const unsigned char[]){", type);
	repro_put_bytes(argument, size);
	fprintf(recorder.out, "}, %zu);\n", size);
}

static void put_pointed(const char *member, const void *bytes, size_t size)
{
	fprintf(recorder.out, "\t\ta.%s = (unsigned char[]){", member);
	repro_put_bytes(bytes, size);
	fputs("};\n", recorder.out);
}

static void put_block_call(int at, unsigned long request, int code)
{
	const char *name = repro_request_name(request);

	fprintf(recorder.out, "\t\tcall(%d, %s, \"%s\", &a, %d);\n\t}\n", at, name, name, code);
}

static void put_clear_dirty_log(int at, const struct kvm_clear_dirty_log *clear, int code)
{
	put_argument("struct kvm_clear_dirty_log", clear, sizeof(*clear));
	put_pointed("dirty_bitmap", clear->dirty_bitmap, (clear->num_pages + 63) / 64 * 8);
	put_block_call(at, KVM_CLEAR_DIRTY_LOG, code);
}

static void put_msr_filter(int at, const struct kvm_msr_filter *filter, int code)
{
	char member[40];

	put_argument("struct kvm_msr_filter", filter, sizeof(*filter));
	for (unsigned i = 0; i < KVM_MSR_FILTER_MAX_RANGES; i++) {
		if (!filter->ranges[i].nmsrs)
			continue;
		snprintf(member, sizeof(member), "ranges[%u].bitmap", i);
		put_pointed(member, filter->ranges[i].bitmap, (filter->ranges[i].nmsrs + 7) / 8);
	}
	put_block_call(at, KVM_X86_SET_MSR_FILTER, code);
}

static void put_ioeventfd(int at, const struct kvm_ioeventfd *bell, int code)
{
	put_argument("struct kvm_ioeventfd", bell, sizeof(*bell));
	fputs("\t\ta.fd = eventfd(0, EFD_NONBLOCK);\n", recorder.out);
	put_block_call(at, KVM_IOEVENTFD, code);
}

/* Those whose argument points elsewhere, or names a descriptor. */
static bool put_special(int at, unsigned long request, void *argument, int rc, int code)
{
	const struct kvm_userspace_memory_region *region = argument;
	const struct kvm_device_attr *attr = argument;
	FILE *out = recorder.out;
	int place;

	switch (request) {
	case KVM_SET_USER_MEMORY_REGION:
		place = rc < 0 ? -1 : remember_slot(recorder.fds[at].fd, region);
		fprintf(out, "\tslot(%d, %u, 0x%xu, 0x%" PRIx64 "ull, 0x%" PRIx64 "ull, %d, %d);\n",
			at, region->slot, region->flags, (uint64_t)region->guest_phys_addr,
			(uint64_t)region->memory_size, place, code);
		return true;
	case KVM_GET_DIRTY_LOG:
		put_dirty_log(at, argument, code);
		return true;
	case KVM_SET_DEVICE_ATTR:
	case KVM_GET_DEVICE_ATTR:
		fprintf(out, "\tattribute(%d, %s, %u, %" PRIu64 ", 0x%" PRIx64 "ull, %d);\n", at,
			repro_request_name(request), attr->group, (uint64_t)attr->attr,
			*(const uint64_t *)(uintptr_t)attr->addr, code);
		return true;
	case KVM_CLEAR_DIRTY_LOG:
		put_clear_dirty_log(at, argument, code);
		return true;
	case KVM_X86_SET_MSR_FILTER:
		put_msr_filter(at, argument, code);
		return true;
	case KVM_IOEVENTFD:
		put_ioeventfd(at, argument, code);
		return true;
	default:
		return false;
	}
}

static void put_run(struct repro_fd *vcpu, int at)
{
	char where[40];

	repro_put_memory();
	if (!vcpu->run)
		return;
	snprintf(where, sizeof(where), "(unsigned char *)run[%d]", at);
	repro_put_changes(where, (uint8_t *)vcpu->run, vcpu->before, vcpu->run_size);
}

/* An access of the guest that user space completes; what was read is not known yet. */
static void put_access(const struct kvm_run *run, int at, int code)
{
	FILE *out = recorder.out;

	if (!code && run->exit_reason == KVM_EXIT_IO) {
		size_t n = run->io.direction == KVM_EXIT_IO_OUT
				   ? (size_t)run->io.size * run->io.count
				   : 0;

		fprintf(out, "\tport(%d, %u, 0x%x, %u, %u, (const unsigned char[]){", at,
			run->io.direction, run->io.port, run->io.size, run->io.count);
		repro_put_bytes((const uint8_t *)run + run->io.data_offset, n);
		fprintf(out, "%s}, %zu);\n", n ? "" : "0", n);
	} else if (!code && run->exit_reason == KVM_EXIT_MMIO) {
		fprintf(out, "\tmmio(%d, %u, 0x%" PRIx64 "ull, %u, (const unsigned char[]){", at,
			run->mmio.is_write, (uint64_t)run->mmio.phys_addr, run->mmio.len);
		repro_put_bytes(run->mmio.data, sizeof(run->mmio.data));
		fprintf(out, "}, %u);\n", run->mmio.is_write ? run->mmio.len : 0);
	}
}

static int recorded_run(int fd, int at, void *argument)
{
	struct repro_fd *vcpu = &recorder.fds[at];
	int rc, code;

	put_run(vcpu, at);
	rc = recorder.was->ioctl(fd, KVM_RUN, argument);
	code = rc < 0 ? errno : 0;
	fprintf(recorder.out, "\tgo(%d, %d, %u);\n", at, code,
		vcpu->run ? vcpu->run->exit_reason : 0);
	if (vcpu->run) {
		put_access(vcpu->run, at, code);
		memcpy(vcpu->before, vcpu->run, vcpu->run_size);
	}
	repro_learn_memory();
	errno = code;
	return rc;
}

/* Bit 31 of a request says that the kernel writes to what its argument points to. */
static void put_result(int at, unsigned long request, const void *argument)
{
	const struct kvm_regs *regs = argument;

	if (request >> 31 & 1 && argument) {
		fprintf(recorder.out, "\treturned(%d, %s, (const unsigned char[]){", at,
			repro_request_name(request));
		repro_put_bytes(argument, size_of(request, argument));
		fprintf(recorder.out, "}, %zu);\n", size_of(request, argument));
		keep_result(at, request, argument, size_of(request, argument));
	}
	if (request == KVM_GET_REGS)
		fprintf(recorder.out,
			"\tregisters(0x%llxull, 0x%llxull, 0x%llxull, 0x%llxull, 0x%llxull, "
			"0x%llxull);\n",
			regs->rax, regs->rbx, regs->rcx, regs->rdx, regs->rip, regs->rflags);
}

static int record(int fd, unsigned long request, void *argument)
{
	int at = repro_index(fd), rc, code;
	void *before = NULL;
	size_t size;

	/* What is asked of /dev/kvm itself is about this host; the program has the answers. */
	if (at < 0 || (recorder.fds[at].parent < 0 && request != KVM_CREATE_VM))
		return recorder.was->ioctl(fd, request, argument);
	if (request == KVM_RUN)
		return recorded_run(fd, at, argument);
	/* The program gets what went in: KVM may write over it. */
	size = argument && request != KVM_CREATE_VCPU && request != KVM_SET_TSS_ADDR &&
			       request != KVM_CHECK_EXTENSION
		       ? size_of(request, argument)
		       : 0;
	before = size ? malloc(size) : NULL;
	if (before)
		memcpy(before, argument, size);
	rc = recorder.was->ioctl(fd, request, argument);
	code = recorder.call_errno = rc < 0 ? errno : 0;
	if (request == KVM_CREATE_VM || request == KVM_CREATE_VCPU) {
		int made = rc < 0 ? -1 : remember(rc, at);

		fprintf(recorder.out, "\tmake(%d, %d, %s, %" PRIuPTR ", %d);\n", made, at,
			repro_request_name(request), (uintptr_t)argument, code);
	} else if (!put_special(at, request, argument, rc, code)) {
		put_call(at, request, before ? before : argument, code);
		if (rc >= 0)
			put_result(at, request, argument);
	}
	free(before);
	errno = code;
	return rc;
}

static int record_open(const char *path, int flags)
{
	int fd = recorder.was->open(path, flags);

	if (fd >= 0 && !strcmp(path, "/dev/kvm"))
		fprintf(recorder.out, "\topen_kvm(%d);\n", remember(fd, -1));
	return fd;
}

static int record_close(int fd)
{
	int at = repro_index(fd);

	if (at >= 0) {
		fprintf(recorder.out, "\tclose(fd[%d]);\n", at);
		recorder.fds[at].used = false;
	}
	return recorder.was->close(fd);
}

static void *record_mmap(void *address, size_t size, int protection, int flags, int fd,
			 off_t offset)
{
	void *map = recorder.was->mmap(address, size, protection, flags, fd, offset);
	int at = fd < 0 ? -1 : repro_index(fd);

	if (at >= 0 && map != MAP_FAILED) {
		struct repro_fd *vcpu = &recorder.fds[at];

		vcpu->run = map;
		vcpu->run_size = size < RUN_BYTES ? size : RUN_BYTES;
		memcpy(vcpu->before, map, vcpu->run_size);
		fprintf(recorder.out, "\tmap_run(%d, %zu);\n", at, size);
	}
	return map;
}

/* Pages that the host takes away. */
static int record_madvise(void *address, size_t size, int advice)
{
	int rc = recorder.was->madvise(address, size, advice);

	for (int i = 0; i < SLOTS && !rc; i++) {
		const struct repro_slot *slot = &recorder.slots[i];
		size_t offset = (size_t)((uint8_t *)address - slot->memory);

		if (!slot->used || (uint8_t *)address < slot->memory || offset >= slot->size)
			continue;
		fprintf(recorder.out, "\tadvise(memory[%d] + 0x%zx, %zu, %d);\n", i, offset, size,
			advice);
		repro_learn_memory();
	}
	return rc;
}

static int record_munmap(void *address, size_t size)
{
	for (int i = 0; i < FDS; i++)
		if (recorder.fds[i].run == address)
			recorder.fds[i].run = NULL;
	for (int i = 0; i < SLOTS; i++)
		if (recorder.slots[i].used && recorder.slots[i].memory == address)
			forget_slot(&recorder.slots[i]);
	return recorder.was->munmap(address, size);
}

/* ---- the program ---------------------------------------------------------------------------- */

/* kvm-harness/arch/x86/repro/preamble.c: what such a program begins with. */
__asm__(".pushsection .rodata\n"
	".global repro_preamble, repro_preamble_end\n"
	"repro_preamble:\n"
	".incbin \"kvm-harness/arch/x86/repro/preamble.c\"\n"
	"repro_preamble_end:\n"
	".popsection\n");
extern const char repro_preamble[], repro_preamble_end[];

void repro_begin(FILE *out, const struct repro_text *text)
{
	memset(&recorder, 0, sizeof(recorder));
	recorder.out = out;
	recorder.was = sys;
	recorder.disassemble = text->disassemble;
	fprintf(out,
		"/*\n * %s in %s\n * %s\n * by: %s\n * recorded on: %s\n *\n"
		" * cc -o repro repro.c && ./repro\n */\n",
		text->name, text->environment, text->title, text->manual, text->machine);
	fwrite(repro_preamble, 1, (size_t)(repro_preamble_end - repro_preamble), out);
	fputs("\nint main(void)\n{\n\tbegin();\n", out);
	if (text->capability)
		fprintf(out, "\tneed_capability(%d);\n", text->capability);

	recording_sys = *sys;
	recording_sys.ioctl = record;
	recording_sys.open = record_open;
	recording_sys.close = record_close;
	recording_sys.mmap = record_mmap;
	recording_sys.munmap = record_munmap;
	recording_sys.madvise = record_madvise;
	sys = &recording_sys;
}

void repro_end(const char *expected, const char *seen)
{
	sys = recorder.was;
	for (int i = 0; i < SLOTS; i++)
		forget_slot(&recorder.slots[i]);
	for (int i = 0; i < REPRO_RESULTS; i++)
		free(recorder.results[i].copy);
	fputs("\treturn finish(", recorder.out);
	repro_put_string(expected);
	fputs(", ", recorder.out);
	repro_put_string(seen);
	fputs(");\n}\n", recorder.out);
	memset(&recorder, 0, sizeof(recorder));
}
