/* SPDX-License-Identifier: MIT */
#include "kvm-harness/arch/x86/planted.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm-harness/arch/x86/planted_fault.h"
#include "kvm-harness/sys.h"

/* ---- what is known of the VMs that go through here ------------------------------------------ */

#define RUNS  16
#define SLOTS 16

static struct {
	int fd;
	struct kvm_run *run;
} runs[RUNS];

static struct kvm_userspace_memory_region slots[SLOTS];

static struct sys planted_sys;
static unsigned long hits;
int planted_counter;

static struct kvm_run *run_of(int fd)
{
	for (unsigned i = 0; i < RUNS; i++)
		if (runs[i].run && runs[i].fd == fd)
			return runs[i].run;
	return NULL;
}

uint8_t *planted_memory(uint64_t gpa)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (gpa - slots[i].guest_phys_addr < slots[i].memory_size)
			return (uint8_t *)(uintptr_t)slots[i].userspace_addr +
			       (gpa - slots[i].guest_phys_addr);
	return NULL;
}

int planted_really(int fd, unsigned long request, void *argument)
{
	return sys_real.ioctl(fd, request, argument);
}

int planted_hit(int rc)
{
	hits++;
	return rc;
}

/* ---- calls that come again --------------------------------------------------------------- */

static struct {
	int fd;
	unsigned runs; /* until then; 0: nothing waits */
	unsigned long request;
	uint8_t argument[sizeof(struct kvm_msi)];
} again;

void planted_again(unsigned runs_until, int fd, unsigned long request, const void *argument,
		   size_t size)
{
	again.fd = fd;
	again.request = request;
	again.runs = runs_until;
	if (size)
		memcpy(again.argument, argument, size);
}

static void come_again(void)
{
	if (again.runs && !--again.runs)
		planted_really(again.fd, again.request, again.argument);
}

/* ---- the seam ------------------------------------------------------------------------------- */

static const struct planted_fault *planted;

static void note_slot(const struct kvm_userspace_memory_region *region)
{
	unsigned slot = region->slot;

	if (slot < SLOTS)
		slots[slot] = *region;
}

static int through_fault(int fd, unsigned long request, void *argument)
{
	struct call call = {fd, argument, request == KVM_RUN ? run_of(fd) : NULL};
	bool meant = request == planted->request;
	int rc = GO_ON;

	if (request == KVM_RUN)
		come_again();
	if (meant && planted->before)
		rc = planted->before(&call);
	if (rc == GO_ON)
		rc = planted_really(fd, request, argument);
	if (rc >= 0 && request == KVM_SET_USER_MEMORY_REGION)
		note_slot(argument);
	if (rc >= 0 && meant && planted->after)
		rc = planted->after(&call, rc);
	return rc;
}

static void *note_run(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	void *map = sys_real.mmap(address, size, protection, flags, fd, offset);

	for (unsigned i = 0; i < RUNS && fd >= 0 && map != MAP_FAILED; i++)
		if (!runs[i].run) {
			runs[i].fd = fd;
			runs[i].run = map;
			break;
		}
	return map;
}

static int forget_run(void *address, size_t size)
{
	for (unsigned i = 0; i < RUNS; i++)
		if (runs[i].run == address)
			runs[i].run = NULL;
	return sys_real.munmap(address, size);
}

const char *planted_name(size_t index)
{
	return index < planted_count ? planted_faults[index].name : NULL;
}

const char *planted_what(size_t index)
{
	return index < planted_count ? planted_faults[index].what : NULL;
}

void planted_insert(size_t index)
{
	planted = &planted_faults[index];
	memset(runs, 0, sizeof(runs));
	memset(slots, 0, sizeof(slots));
	hits = 0;
	planted_counter = 0;
	again.runs = 0;
	planted_sys = sys_real;
	planted_sys.ioctl = through_fault;
	planted_sys.mmap = note_run;
	planted_sys.munmap = forget_run;
	sys = &planted_sys;
}

void planted_remove(void)
{
	sys = &sys_real;
}

unsigned long planted_hits(void)
{
	return hits;
}
