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
	struct known_fd fds[FDS];
	struct slot slots[SLOTS];
	bool quiet; /* calls of the recorder itself */
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
		fprintf(out, "\tdirty_log(%d, %u);\n", at,
			((const struct kvm_dirty_log *)argument)->slot);
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

static int recorded_run(int fd, int at, void *argument)
{
	struct known_fd *vcpu = &recorder.fds[at];
	int rc, code;

	put_run(vcpu, at);
	rc = sys_real.ioctl(fd, KVM_RUN, argument);
	code = rc < 0 ? errno : 0;
	fprintf(recorder.out, "\tgo(%d, %d, %d, %u);\n", at, rc, code,
		vcpu->run ? vcpu->run->exit_reason : 0);
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
		return sys_real.ioctl(fd, request, argument);
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
	rc = sys_real.ioctl(fd, request, argument);
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
	int fd = sys_real.open(path, flags);

	if (fd >= 0 && !strcmp(path, "/dev/kvm"))
		fprintf(recorder.out, "\tfd[%d] = open(\"/dev/kvm\", O_RDWR);\n", remember(fd, -1));
	return fd;
}

static int record_close(int fd)
{
	int at = index_of(fd);

	if (at >= 0) {
		fprintf(recorder.out, "\tclose(fd[%d]);\n", at);
		recorder.fds[at].used = false;
	}
	return sys_real.close(fd);
}

static void *record_mmap(void *address, size_t size, int protection, int flags, int fd,
			 off_t offset)
{
	void *map = sys_real.mmap(address, size, protection, flags, fd, offset);
	int at = fd < 0 ? -1 : index_of(fd);

	if (at >= 0 && map != MAP_FAILED) {
		recorder.fds[at].run = map;
		fprintf(recorder.out,
			"\trun[%d] = mmap(NULL, %zu, PROT_READ | PROT_WRITE, MAP_SHARED, fd[%d], "
			"0);\n",
			at, size, at);
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
	return sys_real.munmap(address, size);
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
	fprintf(out,
		"/*\n * %s in %s\n * %s\n * by: %s\n * recorded on: %s\n *\n"
		" * cc -o repro repro.c && ./repro\n */\n",
		text->name, text->environment, text->title, text->manual, text->machine);
	fwrite(repro_preamble, 1, (size_t)(repro_preamble_end - repro_preamble), out);
	fputs("\nint main(void)\n{\n\tbegin();\n", out);
	recording_sys = sys_real;
	recording_sys.ioctl = record;
	recording_sys.open = record_open;
	recording_sys.close = record_close;
	recording_sys.mmap = record_mmap;
	recording_sys.munmap = record_munmap;
	sys = &recording_sys;
}

void repro_end(const char *expected, const char *seen)
{
	sys = &sys_real;
	for (int i = 0; i < SLOTS; i++)
		forget_slot(&recorder.slots[i]);
	fputs("\treturn finish(", recorder.out);
	put_string(expected);
	fputs(", ", recorder.out);
	put_string(seen);
	fputs(");\n}\n", recorder.out);
	recorder.out = NULL;
}
