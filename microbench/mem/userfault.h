/* SPDX-License-Identifier: MIT */
/* Another thread that provides the guest's pages (userfaultfd): a pager, one a VM. */
#ifndef MEM_USERFAULT_H
#define MEM_USERFAULT_H

#include "microbench/mem/touch.h"

/* For a page of a file the exit itself waits, and is the only one. */
#define EXPECT_MEMFD_TOUCH                                                                    \
	{SUBSTRATE_VMX, .when = "memfd", .paging = PAGING_SHADOW,                             \
	 .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},                                       \
	{SUBSTRATE_SVM, .when = "memfd", .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, \
	 .count = 1},                                                                         \
	{SUBSTRATE_VMX, .when = "memfd", .reason = EXIT_VMX_EPT_VIOLATION, .count = 1},       \
	{SUBSTRATE_SVM, .when = "memfd", .reason = EXIT_SVM_NPF, .count = 1}

#if HOSTED
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

/* Since Linux 5.14; the installed headers may be older. */
#define FEATURE_MINOR_SHMEM	(1 << 10)
#define REGISTER_MODE_MINOR	((uint64_t)1 << 2)
#define PAGEFAULT_FLAG_MINOR	(1 << 2)
struct uffdio_continue_range {
	struct uffdio_range range;
	uint64_t mode;
	int64_t mapped;
};
#define IOCTL_CONTINUE _IOWR(UFFDIO, 0x07, struct uffdio_continue_range)

/* The thread that puts in what is missing, and how it is told to end. */
struct pager {
	int fault_fd, end_fd;
	unsigned long thread;
};

static inline int open_userfaultfd(void)
{
	struct uffdio_api api = {.api = UFFD_API, .features = FEATURE_MINOR_SHMEM};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api)) {
		close(fd);
		return -1;
	}
	return fd;
}

static inline int userfault_supported(struct err *err)
{
	int fd = open_userfaultfd();

	if (fd < 0)
		return err_set(err, ENOTSUP,
			       "userfaultfd cannot be had (%s): run as root, or sysctl "
			       "vm.unprivileged_userfaultfd=1",
			       errno == ENOSYS || errno == EINVAL ? "not in this kernel: Linux 5.14"
								  : "not permitted");
	close(fd);
	return 0;
}

static inline void *serve_faults(void *data)
{
	struct pager *pager = data;
	struct pollfd fds[2] = {{.fd = pager->fault_fd, .events = POLLIN},
				{.fd = pager->end_fd, .events = POLLIN}};
	struct uffd_msg message;

	while (poll(fds, 2, -1) >= 0 && !fds[1].revents) {
		struct uffdio_zeropage zero = {.range = {.len = 4096}};
		struct uffdio_continue_range there = {.range = {.len = 4096}};

		if (read(pager->fault_fd, &message, sizeof(message)) != sizeof(message) ||
		    message.event != UFFD_EVENT_PAGEFAULT)
			continue;
		zero.range.start = there.range.start = message.arg.pagefault.address & ~4095ull;
		/* EEXIST: another thread was first; nothing else can be done from here. */
		if (message.arg.pagefault.flags & PAGEFAULT_FLAG_MINOR)
			ioctl(pager->fault_fd, IOCTL_CONTINUE, &there);
		else
			ioctl(pager->fault_fd, UFFDIO_ZEROPAGE, &zero);
	}
	return NULL;
}

static inline void end_pager(void *data)
{
	struct pager *pager = data;
	uint64_t one = 1;

	if (pager->thread && write(pager->end_fd, &one, sizeof(one)) == sizeof(one))
		sys->thread_join(pager->thread);
	if (pager->fault_fd >= 0)
		sys->close(pager->fault_fd);
	if (pager->end_fd >= 0)
		sys->close(pager->end_fd);
	free(pager);
}

/* mode: UFFDIO_REGISTER_MODE_MISSING, or REGISTER_MODE_MINOR. */
static inline int start_pager(struct instance *instance, uint64_t mode, struct err *err)
{
	struct uffdio_register range = {
		.range = {.start = (uintptr_t)instance->test_memory, .len = TEST_MEMORY_SIZE},
		.mode = mode,
	};
	struct pager *pager = calloc(1, sizeof(*pager));
	int rc;

	if (!pager)
		return err_set(err, ENOMEM, "no memory for a pager");
	pager->fault_fd = open_userfaultfd();
	pager->end_fd = eventfd(0, EFD_CLOEXEC);
	rc = vm_at_close(instance->vm, end_pager, pager, err);
	if (rc)
		return rc;
	if (pager->fault_fd < 0 || pager->end_fd < 0)
		return err_sys(err, errno, "userfaultfd and eventfd");
	if (ioctl(pager->fault_fd, UFFDIO_REGISTER, &range))
		return err_sys(err, errno, "ioctl UFFDIO_REGISTER of the test memory");
	rc = sys->thread_create(serve_faults, pager, &pager->thread);
	if (rc) {
		pager->thread = 0;
		return err_sys(err, rc, "pthread_create of a pager");
	}
	return 0;
}
#endif

#endif
