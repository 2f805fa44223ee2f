/* SPDX-License-Identifier: MIT */
/*
 * The seam between this program and the kernel: every system call that the harness and the
 * measurement make goes through `sys`, so that a test can put a fake KVM behind it or make the
 * n-th call fail. Same arguments, return values and errno as the calls of the same names.
 */
#ifndef KVM_HARNESS_SYS_H
#define KVM_HARNESS_SYS_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct perf_event_attr;
struct pollfd;
struct sigevent;

struct sys {
	int (*open)(const char *path, int flags);
	int (*close)(int fd);
	ssize_t (*read)(int fd, void *buffer, size_t size);
	ssize_t (*pread)(int fd, void *buffer, size_t size, off_t offset);
	int (*poll)(struct pollfd *fds, unsigned long n, int timeout_ms);
	int (*pidfd_open)(pid_t pid, unsigned flags);
	int (*ioctl)(int fd, unsigned long request, void *argument);
	void *(*mmap)(void *address, size_t size, int protection, int flags, int fd, off_t offset);
	int (*munmap)(void *address, size_t size);
	int (*madvise)(void *address, size_t size, int advice);
	int (*memfd_create)(const char *name, unsigned flags);
	int (*ftruncate)(int fd, off_t size);
	int (*perf_event_open)(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
			       unsigned long flags);
	int (*timer_create)(clockid_t clock, struct sigevent *event, timer_t *timer);
	int (*timer_settime)(timer_t timer, int flags, const struct itimerspec *value,
			     struct itimerspec *old);
	int (*timer_delete)(timer_t timer);
	int (*thread_create)(void *(*start)(void *), void *argument, unsigned long *thread);
	int (*thread_join)(unsigned long thread);
};

/* The real system calls unless a test replaced it. Never NULL. */
extern const struct sys *sys;
extern const struct sys sys_real;

/*
 * An ioctl that is repeated when a signal interrupts it (not for KVM_RUN, whose EINTR means
 * something), unless *sys_stop says that the thread is to come to an end: the watchdog's.
 */
extern __thread const volatile sig_atomic_t *sys_stop;
int sys_ioctl(int fd, unsigned long request, void *argument);

#endif
