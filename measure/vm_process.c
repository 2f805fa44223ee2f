/* SPDX-License-Identifier: MIT */
#include "measure/vm_process.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What KVM_CREATE_VCPU returns is called so: "anon_inode:kvm-vcpu:0", without the number before
 * Linux 4.16. */
#define VCPU_FILE "anon_inode:kvm-vcpu"

static DIR *open_folder(const char *root, pid_t pid, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/%d/%s", root, (int)pid, name);
	return opendir(path);
}

static bool is_vcpu(int folder, const char *name)
{
	char target[64];
	ssize_t n = readlinkat(folder, name, target, sizeof(target) - 1);

	if (n < 0)
		return false;
	target[n] = '\0';
	return !strncmp(target, VCPU_FILE, strlen(VCPU_FILE));
}

/* The process of which pid is a thread; pid itself, also when that cannot be read. */
static pid_t process_of(const char *root, pid_t pid)
{
	char path[PATH_MAX], line[128];
	int process = pid;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/%d/status", root, (int)pid);
	file = fopen(path, "re");
	if (!file)
		return pid;
	while (fgets(line, sizeof(line), file) && sscanf(line, "Tgid: %d", &process) != 1)
		;
	fclose(file);
	return process;
}

static int cannot_look(pid_t pid, int code, struct err *err)
{
	if (code == ENOENT || code == ESRCH)
		return err_set(
			err, ESRCH,
			"there is no process %d: -p wants the number of a running VM's process "
			"(pgrep -a qemu)",
			(int)pid);
	if (code == EACCES || code == EPERM)
		return err_set(err, EACCES,
			       "process %d belongs to somebody else, and its files cannot be seen: "
			       "run as root",
			       (int)pid);
	return err_sys(err, code, "process %d cannot be looked at", (int)pid);
}

int vm_process_check(const char *root, pid_t pid, struct err *err)
{
	pid_t process = process_of(root, pid);
	struct dirent *entry;
	bool found = false;
	DIR *folder;

	if (process != pid)
		return err_set(err, ESRCH,
			       "%d is a thread of process %d: -p wants that number, and traces all "
			       "of its threads",
			       (int)pid, (int)process);
	folder = open_folder(root, pid, "fd");
	if (!folder)
		return cannot_look(pid, errno, err);
	while (!found && (entry = readdir(folder)))
		found = is_vcpu(dirfd(folder), entry->d_name);
	closedir(folder);
	if (!found)
		return err_set(
			err, ENOTTY,
			"process %d runs no VM: it has no vCPU of /dev/kvm open (now; one that "
			"is about to start can be traced with exitlab trace -- COMMAND)",
			(int)pid);
	return 0;
}

static int ascending(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int add(pid_t **tids, size_t *n, size_t *room, pid_t tid)
{
	if (*n == *room) {
		size_t more = *room ? 2 * *room : 64;
		pid_t *grown = reallocarray(*tids, more, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		*tids = grown;
		*room = more;
	}
	(*tids)[(*n)++] = tid;
	return 0;
}

int vm_process_threads(const char *root, pid_t pid, pid_t **tids, struct err *err)
{
	DIR *folder = open_folder(root, pid, "task");
	size_t n = 0, room = 0;
	struct dirent *entry;
	int ret = 0;

	*tids = NULL;
	if (!folder)
		return cannot_look(pid, errno, err);
	while (!ret && (entry = readdir(folder))) {
		int tid = atoi(entry->d_name);

		if (tid > 0)
			ret = add(tids, &n, &room, tid);
	}
	closedir(folder);
	if (ret || !n) {
		free(*tids);
		*tids = NULL;
		return ret ? err_set(err, -ret, "no memory for the threads of process %d", (int)pid)
			   : cannot_look(pid, ESRCH, err);
	}
	qsort(*tids, n, sizeof(**tids), ascending);
	return (int)n;
}
