/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

#define HUGE_PAGE (2ul << 20)

#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB (21 << 26)
#endif

/* Since Linux 6.8 and 6.18; the installed headers may be older. */
#define CAP_GUEST_MEMFD_FLAGS	244
#define GUEST_MEMFD_MMAP	(1u << 0)
#define GUEST_MEMFD_INIT_SHARED (1u << 1)
#define GUEST_MEMFD_FLAGS	(GUEST_MEMFD_MMAP | GUEST_MEMFD_INIT_SHARED)
#define MEM_GUEST_MEMFD		(1u << 2)

struct create_guest_memfd {
	uint64_t size, flags, reserved[6];
};
#define CREATE_GUEST_MEMFD _IOWR(KVMIO, 0xd4, struct create_guest_memfd)

struct memory_region2 {
	struct kvm_userspace_memory_region region;
	uint64_t guest_memfd_offset;
	uint32_t guest_memfd, pad1;
	uint64_t pad2[14];
};
#define SET_USER_MEMORY_REGION2 _IOW(KVMIO, 0x49, struct memory_region2)

/* An unnamed file: gone with its last mapping. -1 and errno. */
static int temporary_file(void)
{
	const char *const folders[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
	int fd = -1;

	errno = ENOENT;
	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]) && fd < 0; i++)
		if (folders[i] && *folders[i])
			fd = sys->open(folders[i], O_TMPFILE | O_RDWR);
	return fd;
}

static void *map_shared(int fd, size_t size)
{
	void *memory = MAP_FAILED;

	if (fd < 0)
		return NULL;
	memory = sys->mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return NULL;
	sys->madvise(memory, size, MADV_NOHUGEPAGE);
	return memory;
}

/* Of a new file, whose descriptor is not needed any more. */
static void *map_file(int fd, size_t size)
{
	void *memory = NULL;
	int error;

	if (fd < 0)
		return NULL;
	if (!sys->ftruncate(fd, (off_t)size))
		memory = map_shared(fd, size);
	error = errno;
	sys->close(fd);
	errno = error;
	return memory;
}

/* What is mapped with MAP_NORESERVE kills with SIGBUS when the pool is too small: without it, mmap
 * fails. */
static void *map_hugetlb(size_t size)
{
	void *memory = sys->mmap(NULL, size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void *memory_map(size_t size, enum backing backing)
{
	char *memory, *aligned;

	switch (backing) {
	case BACKING_HUGETLB:
		return map_hugetlb(size);
	case BACKING_MEMFD:
		return map_file(sys->memfd_create("exitlab", MFD_CLOEXEC), size);
	case BACKING_FILE:
		return map_file(temporary_file(), size);
	default:
		break;
	}
	/* KVM maps huge pages only where host and guest address agree modulo their size. */
	memory = sys->mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	aligned = (char *)(((uintptr_t)memory + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
	if (aligned > memory)
		sys->munmap(memory, (size_t)(aligned - memory));
	sys->munmap(aligned + size, (size_t)(memory + HUGE_PAGE - aligned));
	/* Without transparent huge pages in the kernel both calls fail, and nothing is huge. */
	sys->madvise(aligned, size, backing == BACKING_THP ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return aligned;
}

void memory_unmap(void *memory, size_t size)
{
	if (memory)
		sys->munmap(memory, size);
}

int memory_give_back(void *memory, size_t size, enum backing backing, struct err *err)
{
	bool shared = backing == BACKING_MEMFD || backing == BACKING_FILE ||
		      backing == BACKING_GUEST_MEMFD;

	/* Pages of a file outlive their mapping: there must be a hole where they were. */
	if (sys->madvise(memory, size, shared ? MADV_REMOVE : MADV_DONTNEED))
		return err_sys(err, errno, "madvise %s of the test memory",
			       shared ? "MADV_REMOVE" : "MADV_DONTNEED");
	return 0;
}

static const char *backing_title(enum backing backing)
{
	switch (backing) {
	case BACKING_HUGETLB:
		return "hugetlb memory (the pool of huge pages is too small: echo 64 > "
		       "/proc/sys/vm/nr_hugepages)";
	case BACKING_MEMFD:
		return "memfd memory";
	case BACKING_FILE:
		return "file memory (TMPDIR names another folder)";
	case BACKING_GUEST_MEMFD:
		return "guest_memfd memory";
	default:
		return "anonymous memory";
	}
}

int memory_supported(enum backing backing, bool guest, struct err *err)
{
	/* A pool is reserved as a whole; of a file one page tells whether there can be one. */
	size_t size = backing == BACKING_HUGETLB ? TEST_MEMORY_SIZE : 4096;
	void *memory;

	switch (backing) {
	case BACKING_GUEST_MEMFD:
		if (!guest)
			return err_set(err, ENOTSUP, "a guest alone can have guest_memfd");
		if ((kvm_host_capability(CAP_GUEST_MEMFD_FLAGS) & GUEST_MEMFD_FLAGS) ==
		    GUEST_MEMFD_FLAGS)
			return 0;
		return err_set(err, ENOTSUP,
			       "this KVM has no guest_memfd that user space can map (Linux 6.18)");
	case BACKING_HUGETLB:
	case BACKING_MEMFD:
	case BACKING_FILE:
		memory = memory_map(size, backing);
		if (!memory)
			return err_sys(err, errno, "mmap of %zu KiB of %s", size >> 10,
				       backing_title(backing));
		memory_unmap(memory, size);
		return 0;
	default:
		return 0;
	}
}

static int set_region(struct vm *vm, unsigned slot, uint64_t size, struct err *err)
{
	const struct vm_slot *at = &vm->slots[slot];
	struct memory_region2 region = {
		.region =
			{
				.slot = slot,
				.flags = size ? at->flags : 0,
				.guest_phys_addr = at->gpa,
				.memory_size = size,
				.userspace_addr = (uintptr_t)at->host,
			},
		.guest_memfd = (uint32_t)at->guest_memfd,
	};
	unsigned long request = KVM_SET_USER_MEMORY_REGION;

	if (at->is_guest_memfd && size) {
		region.region.flags |= MEM_GUEST_MEMFD;
		request = SET_USER_MEMORY_REGION2;
	}
	if (sys_ioctl(vm->fd, request, &region))
		return err_sys(err, errno, "ioctl KVM_SET_USER_MEMORY_REGION%s, slot %u",
			       request == SET_USER_MEMORY_REGION2 ? "2" : "", slot);
	return 0;
}

static void slot_free(struct vm_slot *slot)
{
	memory_unmap(slot->host, slot->size);
	slot->host = NULL;
	if (slot->is_guest_memfd)
		sys->close(slot->guest_memfd);
	slot->is_guest_memfd = false;
}

static int slot_map_guest_memfd(struct vm *vm, struct vm_slot *slot, struct err *err)
{
	struct create_guest_memfd create = {.size = slot->size, .flags = GUEST_MEMFD_FLAGS};
	int fd = sys_ioctl(vm->fd, CREATE_GUEST_MEMFD, &create);

	if (fd < 0)
		return err_sys(err, errno, "ioctl KVM_CREATE_GUEST_MEMFD");
	slot->guest_memfd = fd;
	slot->is_guest_memfd = true;
	slot->host = map_shared(fd, slot->size);
	return 0;
}

int memory_slot_add(struct vm *vm, unsigned slot, uint64_t gpa, size_t size, enum backing backing,
		    struct err *err)
{
	struct vm_slot *at = &vm->slots[slot];
	int rc = 0;

	*at = (struct vm_slot){.size = size, .gpa = gpa};
	if (backing == BACKING_GUEST_MEMFD)
		rc = slot_map_guest_memfd(vm, at, err);
	else
		at->host = memory_map(size, backing);
	if (!rc && !at->host)
		rc = err_sys(err, errno, "mmap of %zu KiB of %s for a guest", size >> 10,
			     backing_title(backing));
	if (!rc)
		rc = set_region(vm, slot, size, err);
	if (rc)
		slot_free(at);
	return rc;
}

int memory_slot_flags(struct vm *vm, unsigned slot, uint32_t flags, struct err *err)
{
	uint32_t before = vm->slots[slot].flags;
	int rc;

	vm->slots[slot].flags = flags;
	rc = set_region(vm, slot, vm->slots[slot].size, err);
	if (rc)
		vm->slots[slot].flags = before;
	return rc;
}

int memory_slot_renew(struct vm *vm, unsigned slot, struct err *err)
{
	int rc = set_region(vm, slot, 0, err);

	return rc ? rc : set_region(vm, slot, vm->slots[slot].size, err);
}

void *memory_host(struct vm *vm, uint64_t gpa)
{
	for (unsigned i = 0; i < VM_SLOTS; i++) {
		const struct vm_slot *slot = &vm->slots[i];

		if (slot->host && gpa >= slot->gpa && gpa - slot->gpa < slot->size)
			return (char *)slot->host + (gpa - slot->gpa);
	}
	return NULL;
}

void memory_free_all(struct vm *vm)
{
	for (unsigned i = 0; i < VM_SLOTS; i++)
		slot_free(&vm->slots[i]);
}
