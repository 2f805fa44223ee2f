/* SPDX-License-Identifier: MIT */
#include "kvm-harness/arch/x86/repro.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm-harness/sys.h"

#define FDS   32
#define SLOTS 16
/* kvm_run itself and the page behind it, with a port's data. */
#define RUN_BYTES 8192

/* A descriptor that KVM gave: /dev/kvm, a VM or a vCPU. Its place here is its name in the program.
 */
struct known_fd {
	bool used;
	int fd, parent;
	struct kvm_run *run;
	uint8_t before[RUN_BYTES]; /* kvm_run behind the last KVM_RUN */
	bool ran;
};

struct slot {
	bool used;
	int vm, number;
	uint8_t *memory, *copy;
	uint64_t size;
};

static struct {
	FILE *out;
	const struct sys *below; /* that calls go on to */
	struct known_fd fds[FDS];
	struct slot slots[SLOTS];
	bool quiet; /* calls of the recorder itself */
	bool judged; /* what was expected is in the program */
} recorder;

static struct sys recording_sys;

/* ---- names ---------------------------------------------------------------------------------- */

#define REQUESTS(X)                                                                                     \
	X(KVM_GET_API_VERSION)                                                                          \
	X(KVM_CREATE_VM) X(KVM_CHECK_EXTENSION) X(KVM_GET_VCPU_MMAP_SIZE) X(KVM_GET_SUPPORTED_CPUID) X( \
		KVM_CREATE_VCPU) X(KVM_SET_TSS_ADDR) X(KVM_SET_IDENTITY_MAP_ADDR) X(KVM_CREATE_IRQCHIP) \
		X(KVM_CREATE_PIT2) X(KVM_ENABLE_CAP) X(KVM_SET_USER_MEMORY_REGION) X(                   \
			KVM_GET_DIRTY_LOG) X(KVM_CLEAR_DIRTY_LOG) X(KVM_SIGNAL_MSI) X(KVM_IOEVENTFD)    \
			X(KVM_REGISTER_COALESCED_MMIO) X(KVM_X86_SET_MSR_FILTER) X(KVM_RUN) X(          \
				KVM_GET_REGS) X(KVM_SET_REGS) X(KVM_GET_SREGS) X(KVM_SET_SREGS)         \
				X(KVM_GET_FPU) X(KVM_SET_FPU) X(KVM_GET_MSRS) X(KVM_SET_MSRS) X(        \
					KVM_SET_CPUID2) X(KVM_GET_CPUID2) X(KVM_INTERRUPT)              \
					X(KVM_NMI) X(KVM_GET_VCPU_EVENTS) X(KVM_SET_VCPU_EVENTS) X(     \
						KVM_GET_DEBUGREGS) X(KVM_SET_DEBUGREGS)                 \
						X(KVM_GET_XSAVE) X(KVM_SET_XSAVE) X(                    \
							KVM_SET_XCRS) X(KVM_GET_LAPIC)                  \
							X(KVM_SET_LAPIC) X(KVM_SET_MP_STATE) X(         \
								KVM_SET_GUEST_DEBUG)                    \
								X(KVM_SET_SIGNAL_MASK) X(               \
									KVM_TRANSLATE)                  \
									X(KVM_HAS_DEVICE_ATTR) X(       \
										KVM_GET_DEVICE_ATTR)    \
										X(KVM_SET_DEVICE_ATTR)

static const struct {
	unsigned long request;
	const char *name;
} names[] = {
#define X(name) {name, #name},
	REQUESTS(X)
#undef X
};

static const char *name_of(unsigned long request)
{
	static char number[24];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].request == request)
			return names[i].name;
	snprintf(number, sizeof(number), "0x%lx", request);
	return number;
}

/* ---- descriptors and memory ----------------------------------------------------------------- */

static int index_of(int fd)
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
				(struct known_fd){.used = true, .fd = fd, .parent = parent};
			return i;
		}
	return -1;
}

static void forget_slot(struct slot *slot)
{
	free(slot->copy);
	*slot = (struct slot){0};
}

/* The region's memory, known from now on; its place is the name of its array in the program. */
static int remember_slot(int vm, const struct kvm_userspace_memory_region *region)
{
	int place = -1;

	for (int i = SLOTS; i-- > 0;) {
		struct slot *slot = &recorder.slots[i];

		if (slot->used && slot->memory == (uint8_t *)(uintptr_t)region->userspace_addr)
			return i;
		if (!slot->used)
			place = i;
	}
	if (place >= 0 && region->memory_size)
		recorder.slots[place] = (struct slot){
			.used = true,
			.vm = vm,
			.number = (int)region->slot,
			.memory = (uint8_t *)(uintptr_t)region->userspace_addr,
			.copy = calloc(1, region->memory_size),
			.size = region->memory_size,
		};
	return region->memory_size ? place : -1;
}

/* ---- text ----------------------------------------------------------------------------------- */

static void put_bytes(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(recorder.out, "%s%u,", i % 24 ? "" : "\n\t\t", bytes[i]);
}

/* Patches of what has changed since: each a place, a length and bytes. */
static void put_changes(const char *where, uint8_t *now, uint8_t *before, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t end, quiet = 0;

		if (!(at % 4096) && size - at >= 4096 && !memcmp(now + at, before + at, 4096)) {
			at += 4096;
			continue;
		}
		if (now[at] == before[at]) {
			at++;
			continue;
		}
		/* To the next eight bytes that are as they were. */
		for (end = at; end < size && quiet < 8; end++)
			quiet = now[end] == before[end] ? quiet + 1 : 0;
		end -= quiet;
		fprintf(recorder.out, "\tput(%s + 0x%zx, (const unsigned char[]){", where, at);
		put_bytes(now + at, end - at);
		fprintf(recorder.out, "}, %zu);\n", end - at);
		memcpy(before + at, now + at, end - at);
		at = end;
	}
}

static void put_memory(void)
{
	char where[24];

	for (int i = 0; i < SLOTS; i++) {
		struct slot *slot = &recorder.slots[i];

		if (!slot->used || !slot->copy)
			continue;
		snprintf(where, sizeof(where), "memory[%d]", i);
		put_changes(where, slot->memory, slot->copy, slot->size);
	}
}

static void learn_memory(void)
{
	for (int i = 0; i < SLOTS; i++) {
		struct slot *slot = &recorder.slots[i];

		for (size_t at = 0; slot->used && slot->copy && at < slot->size; at += 4096)
			if (memcmp(slot->copy + at, slot->memory + at, 4096))
				memcpy(slot->copy + at, slot->memory + at, 4096);
	}
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

static void put_call(int at, unsigned long request, const void *argument, int rc, int code)
{
	FILE *out = recorder.out;
	size_t size = request == KVM_CREATE_VCPU || request == KVM_SET_TSS_ADDR ||
				      request == KVM_CHECK_EXTENSION
			      ? 0
			      : size_of(request, argument);

	if (!size || !argument) {
		fprintf(out, "\tcall(%d, %s, \"%s\", (void *)%#" PRIxPTR ", %d, %d);\n", at,
			name_of(request), name_of(request), (uintptr_t)argument, rc, code);
		return;
	}
	fprintf(out, "\tcall(%d, %s, \"%s\", put(argument, (const unsigned char[]){", at,
		name_of(request), name_of(request));
	put_bytes(argument, size);
	fprintf(out, "}, %zu), %d, %d);\n", size, rc, code);
}

/* The pages that were in the log, and -1. */
static void put_dirty_log(int at, const struct kvm_dirty_log *log)
{
	const uint8_t *bitmap = log->dirty_bitmap;
	uint64_t pages = 0;

	for (int i = 0; i < SLOTS; i++)
		if (recorder.slots[i].used && recorder.slots[i].number == (int)log->slot)
			pages = recorder.slots[i].size / 4096;
	fprintf(recorder.out, "\tdirty_log(%d, %u, (const int[]){", at, log->slot);
	for (uint64_t i = 0; i < pages; i++)
		if (bitmap[i / 8] >> i % 8 & 1)
			fprintf(recorder.out, "%d, ", (int)i);
	fputs("-1});\n", recorder.out);
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
		fprintf(out,
			"\tslot(%d, %u, 0x%xu, 0x%" PRIx64 "ull, 0x%" PRIx64 "ull, %d, %d, %d);\n",
			at, region->slot, region->flags, (uint64_t)region->guest_phys_addr,
			(uint64_t)region->memory_size, place, rc, code);
		return true;
	case KVM_GET_DIRTY_LOG:
		put_dirty_log(at, argument);
		return true;
	case KVM_SET_DEVICE_ATTR:
	case KVM_GET_DEVICE_ATTR:
		fprintf(out, "\tattribute(%d, %s, %u, %" PRIu64 ", 0x%" PRIx64 "ull, %d, %d);\n",
			at, name_of(request), attr->group, (uint64_t)attr->attr,
			*(const uint64_t *)(uintptr_t)attr->addr, rc, code);
		return true;
	case KVM_CLEAR_DIRTY_LOG:
	case KVM_X86_SET_MSR_FILTER:
	case KVM_IOEVENTFD:
		fprintf(out,
			"\tprintf(\"%s is not in this program: its argument points "
			"elsewhere\\n\");\n",
			name_of(request));
		return true;
	default:
		return false;
	}
}

static void put_run(struct known_fd *vcpu, int at)
{
	char where[40];

	put_memory();
	if (!vcpu->run)
		return;
	snprintf(where, sizeof(where), "(unsigned char *)run[%d]", at);
	if (vcpu->ran)
		put_changes(where, (uint8_t *)vcpu->run, vcpu->before, RUN_BYTES);
	else if (vcpu->run->request_interrupt_window || vcpu->run->immediate_exit)
		put_changes(where, (uint8_t *)vcpu->run, vcpu->before, 8);
}

/* What an exit brought along: the value that was written. */
static void put_data(const struct kvm_run *run)
{
	const uint8_t *data = run->mmio.data;
	size_t size = run->mmio.len;

	if (run->exit_reason == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_OUT &&
	    run->io.data_offset + (size_t)run->io.size * run->io.count <= RUN_BYTES) {
		data = (const uint8_t *)run + run->io.data_offset;
		size = (size_t)run->io.size * run->io.count;
	} else if (run->exit_reason != KVM_EXIT_MMIO || !run->mmio.is_write) {
		return;
	}
	fputs("\tbrought((const unsigned char[]){", recorder.out);
	put_bytes(data, size);
	fprintf(recorder.out, "}, %zu);\n", size);
}

static int recorded_run(int fd, int at, void *argument)
{
	struct known_fd *vcpu = &recorder.fds[at];
	int rc, code;

	put_run(vcpu, at);
	rc = recorder.below->ioctl(fd, KVM_RUN, argument);
	code = rc < 0 ? errno : 0;
	fprintf(recorder.out, "\tgo(%d, %d, %d, %u);\n", at, rc, code,
		vcpu->run ? vcpu->run->exit_reason : 0);
	if (rc >= 0 && vcpu->run)
		put_data(vcpu->run);
	if (vcpu->run) {
		memcpy(vcpu->before, vcpu->run, RUN_BYTES);
		vcpu->ran = true;
	}
	learn_memory();
	errno = code;
	return rc;
}

/* Bit 31 of a request says that the kernel writes to what its argument points to. */
static void put_result(unsigned long request, const void *argument)
{
	const struct kvm_regs *regs = argument;

	if (request >> 31 & 1 && argument) {
		fputs("\treturned((const unsigned char[]){", recorder.out);
		put_bytes(argument, size_of(request, argument));
		fprintf(recorder.out, "}, %zu);\n", size_of(request, argument));
	}
	if (request == KVM_GET_REGS)
		fprintf(recorder.out,
			"\tregisters(0x%llxull, 0x%llxull, 0x%llxull, 0x%llxull, 0x%llxull, "
			"0x%llxull);\n",
			regs->rax, regs->rbx, regs->rcx, regs->rdx, regs->rip, regs->rflags);
}

static int record(int fd, unsigned long request, void *argument)
{
	int at = index_of(fd), rc, code;
	void *before = NULL;
	size_t size;

	if (at < 0 || recorder.quiet)
		return recorder.below->ioctl(fd, request, argument);
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
	rc = recorder.below->ioctl(fd, request, argument);
	code = rc < 0 ? errno : 0;
	if (request == KVM_CREATE_VM || request == KVM_CREATE_VCPU) {
		int made = rc < 0 ? -1 : remember(rc, at);

		fprintf(recorder.out, "\tmake(%d, %d, %s, %" PRIuPTR ");\n", made, at,
			name_of(request), (uintptr_t)argument);
	} else if (!put_special(at, request, argument, rc, code)) {
		put_call(at, request, before ? before : argument, rc, code);
		put_result(request, argument);
	}
	free(before);
	errno = code;
	return rc;
}

static int record_open(const char *path, int flags)
{
	int fd = recorder.below->open(path, flags);

	if (fd >= 0 && !strcmp(path, "/dev/kvm"))
		fprintf(recorder.out, "\topen_kvm(%d);\n", remember(fd, -1));
	return fd;
}

static int record_close(int fd)
{
	int at = index_of(fd);

	if (at >= 0) {
		fprintf(recorder.out, "\tclose(fd[%d]);\n", at);
		recorder.fds[at].used = false;
	}
	return recorder.below->close(fd);
}

static void *record_mmap(void *address, size_t size, int protection, int flags, int fd,
			 off_t offset)
{
	void *map = recorder.below->mmap(address, size, protection, flags, fd, offset);
	int at = fd < 0 ? -1 : index_of(fd);

	if (at >= 0 && map != MAP_FAILED) {
		recorder.fds[at].run = map;
		fprintf(recorder.out, "\tmap_run(%d, %zu);\n", at, size);
	}
	return map;
}

static int record_munmap(void *address, size_t size)
{
	for (int i = 0; i < FDS; i++)
		if (recorder.fds[i].run == address)
			recorder.fds[i].run = NULL;
	for (int i = 0; i < SLOTS; i++)
		if (recorder.slots[i].used && recorder.slots[i].memory == address)
			forget_slot(&recorder.slots[i]);
	return recorder.below->munmap(address, size);
}

/* ---- what was expected ---------------------------------------------------------------------- */

static bool wants_nothing(void)
{
	return !recorder.out || recorder.judged;
}

/* While the VM is as it was when the check failed. */
__attribute__((format(printf, 1, 2))) static void judge(const char *format, ...)
{
	va_list args;

	putc('\t', recorder.out);
	va_start(args, format);
	vfprintf(recorder.out, format, args);
	va_end(args);
	fputs(";\n", recorder.out);
	recorder.judged = true;
}

void repro_wants_exit(int vcpu, const struct kvm_run *wanted)
{
	int at = index_of(vcpu);

	if (wants_nothing() || at < 0)
		return;
	if (wanted->exit_reason == KVM_EXIT_IO)
		judge("wants_port(%d, %u, 0x%x, %u, %u)", at,
			 wanted->io.direction, wanted->io.port, wanted->io.size, wanted->io.count);
	else if (wanted->exit_reason == KVM_EXIT_MMIO)
		judge("wants_mmio(%d, %u, 0x%llxull, %u)", at,
			 wanted->mmio.is_write, (unsigned long long)wanted->mmio.phys_addr, wanted->mmio.len);
	else
		judge("wants_exit(%d, %u)", at, wanted->exit_reason);
}

void repro_wants_trap(int vcpu, const struct repro_trap *trap)
{
	int at = index_of(vcpu);

	if (!wants_nothing() && at >= 0)
		judge("wants_trap(%d, %u, %u, %d, 0x%" PRIx64 "ull, %d, 0x%" PRIx64 "ull)", at, trap->word,
			 trap->vector, trap->has_error, trap->error, trap->has_ip, trap->ip);
}

void repro_wants_register(int vcpu, const char *expression, uint64_t value)
{
	static const char *const registers[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rsp", "rbp", "r8",
					    "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip", "rflags"};
	static const char prefix[] = "stage->regs.", lower[] = "(uint32_t)";
	bool half = !strncmp(expression, lower, sizeof(lower) - 1);
	int at = index_of(vcpu);

	expression += half ? sizeof(lower) - 1 : 0;
	if (wants_nothing() || at < 0 || strncmp(expression, prefix, sizeof(prefix) - 1))
		return;
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		if (!strcmp(expression + sizeof(prefix) - 1, registers[i]))
			judge("wants_register(%d, \"%s\", offsetof(struct kvm_regs, %s), 0x%xull, 0x%" PRIx64 "ull)",
				 at, registers[i], registers[i], half ? UINT32_MAX : 0, value);
}

/* "memory[0] + 0x1000", or within a vCPU's kvm_run; false: it lies elsewhere. */
static bool place_of(const void *seen, size_t size, char *text, size_t text_size)
{
	const uint8_t *at = seen;

	for (int i = 0; i < SLOTS; i++) {
		const struct slot *slot = &recorder.slots[i];

		if (slot->used && at >= slot->memory && at + size <= slot->memory + slot->size) {
			snprintf(text, text_size, "memory[%d] + 0x%zx", i, (size_t)(at - slot->memory));
			return true;
		}
	}
	for (int i = 0; i < FDS; i++) {
		const uint8_t *run = (const uint8_t *)recorder.fds[i].run;

		if (recorder.fds[i].used && run && at >= run && at + size <= run + RUN_BYTES) {
			snprintf(text, text_size, "(unsigned char *)run[%d] + 0x%zx", i, (size_t)(at - run));
			return true;
		}
	}
	return false;
}

#define WANTED_BYTES 64

void repro_wants_bytes(const void *seen, const void *wanted, size_t size)
{
	char place[60];

	if (wants_nothing() || !size || size > WANTED_BYTES || !place_of(seen, size, place, sizeof(place)))
		return;
	fprintf(recorder.out, "\twants_bytes(%s, (const unsigned char[]){", place);
	put_bytes(wanted, size);
	fprintf(recorder.out, "}, %zu);\n", size);
	recorder.judged = true;
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

/* A string of C. */
static void put_string(const char *text)
{
	putc('"', recorder.out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', recorder.out);
		putc((unsigned char)*text < ' ' ? '?' : *text, recorder.out);
	}
	putc('"', recorder.out);
}

void repro_begin(FILE *out, const struct repro_text *text)
{
	memset(&recorder, 0, sizeof(recorder));
	recorder.out = out;
	recorder.below = sys;
	fprintf(out,
		"/*\n * %s in %s\n * %s\n * by: %s\n * recorded on: %s\n *\n"
		" * cc -o repro repro.c && ./repro\n */\n",
		text->name, text->environment, text->title, text->manual, text->machine);
	fwrite(repro_preamble, 1, (size_t)(repro_preamble_end - repro_preamble), out);
	fputs("\nint main(void)\n{\n\tbegin();\n", out);
	recording_sys = *sys;
	recording_sys.ioctl = record;
	recording_sys.open = record_open;
	recording_sys.close = record_close;
	recording_sys.mmap = record_mmap;
	recording_sys.munmap = record_munmap;
	sys = &recording_sys;
}

void repro_end(const char *expected, const char *seen)
{
	sys = recorder.below;
	for (int i = 0; i < SLOTS; i++)
		forget_slot(&recorder.slots[i]);
	fputs("\treturn finish(", recorder.out);
	put_string(expected);
	fputs(", ", recorder.out);
	put_string(seen);
	fputs(");\n}\n", recorder.out);
	recorder.out = NULL;
}
