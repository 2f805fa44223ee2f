/* SPDX-License-Identifier: MIT */
#include "kvm-harness/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 5.3; the number is the same on every architecture. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

static int real_open(const char *path, int flags)
{
	/* The mode is for files without a name: O_TMPFILE. */
	return open(path, flags | O_CLOEXEC, 0600);
}

static int real_ioctl(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument);
}

static int real_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
				unsigned long flags)
{
	return (int)syscall(SYS_perf_event_open, attr, pid, cpu, group, flags);
}

static int real_pidfd_open(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static int real_thread_create(void *(*start)(void *), void *argument, unsigned long *thread)
{
	return pthread_create(thread, NULL, start, argument);
}

static int real_thread_join(unsigned long thread)
{
	return pthread_join(thread, NULL);
}

const struct sys sys_real = {
	.open = real_open,
	.close = close,
	.read = read,
	.pread = pread,
	.poll = poll,
	.pidfd_open = real_pidfd_open,
	.ioctl = real_ioctl,
	.mmap = mmap,
	.munmap = munmap,
	.madvise = madvise,
	.memfd_create = memfd_create,
	.ftruncate = ftruncate,
	.perf_event_open = real_perf_event_open,
	.timer_create = timer_create,
	.timer_settime = timer_settime,
	.timer_delete = timer_delete,
	.thread_create = real_thread_create,
	.thread_join = real_thread_join,
};

const struct sys *sys = &sys_real;

__thread const volatile sig_atomic_t *sys_stop;

int sys_ioctl(int fd, unsigned long request, void *argument)
{
	int rc;

	do {
		rc = sys->ioctl(fd, request, argument);
	} while (rc < 0 && errno == EINTR && !(sys_stop && *sys_stop));
	return rc;
}
