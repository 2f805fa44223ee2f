/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

#define HUGE_PAGE (2ul << 20)

#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB (21 << 26)
#endif

void *memory_map(size_t size, enum backing backing)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	char *memory, *aligned;

	if (backing == BACKING_HUGETLB) {
		memory = sys->mmap(NULL, size, PROT_READ | PROT_WRITE,
				   flags | MAP_HUGETLB | MAP_HUGE_2MB, -1, 0);
		return memory == MAP_FAILED ? NULL : memory;
	}
	/* KVM maps huge pages only where host and guest address agree modulo their size. */
	memory = sys->mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
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

static int set_region(struct vm *vm, unsigned slot, uint64_t size, struct err *err)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = size ? vm->slots[slot].flags : 0,
		.guest_phys_addr = vm->slots[slot].gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)vm->slots[slot].host,
	};

	if (sys_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		return err_sys(err, errno, "ioctl KVM_SET_USER_MEMORY_REGION, slot %u", slot);
	return 0;
}

int memory_slot_add(struct vm *vm, unsigned slot, uint64_t gpa, size_t size, enum backing backing,
		    struct err *err)
{
	void *memory = memory_map(size, backing);
	int rc;

	if (!memory)
		return err_sys(err, errno, "mmap of %zu KiB of %s guest memory", size >> 10,
			       backing == BACKING_HUGETLB
				       ? "huge page (see /proc/sys/vm/nr_hugepages)"
				       : "anonymous");
	vm->slots[slot] = (struct vm_slot){.host = memory, .size = size, .gpa = gpa};
	rc = set_region(vm, slot, size, err);
	if (rc) {
		memory_unmap(memory, size);
		vm->slots[slot].host = NULL;
	}
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
	for (unsigned i = 0; i < VM_SLOTS; i++) {
		memory_unmap(vm->slots[i].host, vm->slots[i].size);
		vm->slots[i].host = NULL;
	}
}
