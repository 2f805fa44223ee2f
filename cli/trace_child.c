/* SPDX-License-Identifier: MIT */
#include "cli/trace_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/seconds.h"

/* How long one that was told to stop may take for it. */
#define GRACE_SECONDS 10

static void wait_and_become(int go, int said, const char *const *argv)
{
	char byte;
	int code;

	if (read(go, &byte, 1) != 1)
		_exit(127);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(argv[0], (char *const *)(const void *)argv);
	code = errno;
	if (write(said, &code, sizeof(code)) != sizeof(code))
		_exit(126);
	_exit(127);
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int trace_child_make(struct trace_child *child, const char *const argv[], struct err *err)
{
	int go[2], said[2];

	*child = (struct trace_child){.pid = 0, .go = -1, .said = -1};
	if (pipe2(go, O_CLOEXEC))
		return err_sys(err, errno, "cannot run %s: pipe", argv[0]);
	if (pipe2(said, O_CLOEXEC)) {
		int code = errno;

		close(go[0]);
		close(go[1]);
		return err_sys(err, code, "cannot run %s: pipe", argv[0]);
	}
	child->pid = fork();
	if (!child->pid) {
		close(go[1]);
		close(said[0]);
		wait_and_become(go[0], said[1], argv);
	}
	close(go[0]);
	close(said[1]);
	child->go = go[1];
	child->said = said[0];
	if (child->pid > 0)
		return 0;
	child->pid = 0;
	trace_child_end(child);
	return err_sys(err, EAGAIN, "cannot run %s: fork", argv[0]);
}

int trace_child_go(struct trace_child *child, const char *name, struct err *err)
{
	bool told = write(child->go, "", 1) == 1;
	ssize_t n = -1;
	int code = 0;

	close_one(&child->go);
	/* Until it has become the program, which closes its end, or says why it has not. */
	while (told && n < 0) {
		n = read(child->said, &code, sizeof(code));
		if (n < 0 && errno != EINTR)
			break;
	}
	close_one(&child->said);
	if (!n)
		return 0;
	trace_child_end(child);
	return err_sys(err, code ? code : EIO, "cannot run %s", name);
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int trace_child_end(struct trace_child *child)
{
	const struct timespec moment = {.tv_nsec = 10000000};
	double end = seconds_now() + GRACE_SECONDS;
	pid_t pid = child->pid, gone;
	int status = 0;

	close_one(&child->go);
	close_one(&child->said);
	child->pid = 0;
	if (pid <= 0)
		return 0;
	gone = waitpid(pid, &status, WNOHANG);
	if (!gone)
		kill(pid, SIGTERM);
	while (!gone && seconds_now() < end) {
		nanosleep(&moment, NULL);
		gone = waitpid(pid, &status, WNOHANG);
	}
	if (!gone) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return status_of(status);
}
