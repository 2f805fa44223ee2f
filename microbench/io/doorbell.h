/* SPDX-License-Identifier: MIT */
/* What a guest rings and KVM answers alone: eventfds on ports and addresses. */
#ifndef IO_DOORBELL_H
#define IO_DOORBELL_H

#include "microbench/bench.h"

/* Ways to match a write. In the order of the operations' axes. */
#define DOORBELL_LENGTH	  0 /* writes of four bytes */
#define DOORBELL_DATA	  1 /* of four bytes, with one value */
#define DOORBELL_WILDCARD 2 /* of any length: KVM need not look at the instruction */

/* The value that rings. */
#define DOORBELL_VALUE 7

#if HOSTED
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

/* *fd, when asked for, is closed with the VM. */
static inline int doorbell_hang(struct instance *instance, uint64_t address, uint64_t match,
				uint32_t flags, int *fd, struct err *err)
{
	struct kvm_ioeventfd bell = {
		.datamatch = DOORBELL_VALUE,
		.addr = address,
		.len = match == DOORBELL_WILDCARD ? 0 : 4,
		.flags = flags | (match == DOORBELL_DATA ? KVM_IOEVENTFD_FLAG_DATAMATCH : 0),
	};
	int rc;

	bell.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bell.fd < 0)
		return err_sys(err, errno, "eventfd");
	if (sys_ioctl(instance->vm->fd, KVM_IOEVENTFD, &bell)) {
		rc = err_sys(err, errno, "ioctl KVM_IOEVENTFD");
		sys->close(bell.fd);
		return rc;
	}
	if (fd)
		*fd = bell.fd;
	return vm_own_fd(instance->vm, bell.fd, err);
}
#endif
#endif
