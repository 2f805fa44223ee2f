/* SPDX-License-Identifier: MIT */
#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/stop.h"
#include "support/seconds.h"
#include "support/tail.h"

/* How long one that was told to stop may take for it. */
#define GRACE_SECONDS 20

static void become(const char *const argv[], int output)
{
	int nothing = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	dup2(nothing, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execvp(argv[0], (char *const *)(const void *)argv);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* The end of what was said, which is the most of use. */
struct words {
	char text[400];
	size_t n;
};

static void hear(struct words *words, const char *bytes, size_t n)
{
	words->n = tail_add(words->text, sizeof(words->text), words->n, bytes, n);
}

/* Its last line that is not empty. */
static void last_line(struct words *words, char *said, size_t size)
{
	char *line;

	while (words->n && strchr("\n\r ", words->text[words->n - 1]))
		words->text[--words->n] = '\0';
	line = strrchr(words->text, '\n');
	snprintf(said, size, "%s", line ? line + 1 : words->text);
	for (; *said; said++)
		if ((unsigned char)*said < 0x20)
			*said = '?';
}

/* Until the pipe is closed and the child is gone, or the time is up. */
static int attend(pid_t child, int output, double seconds, bool deaf, struct words *words,
		  int *status)
{
	double end = seconds_now() + seconds;
	bool open = true, stopped = false;

	for (;;) {
		struct pollfd fd = {.fd = open ? output : -1, .events = POLLIN};
		char bytes[4096];
		pid_t gone = waitpid(child, status, WNOHANG);

		if (gone == child) {
			ssize_t n;

			/* What it said before; whom it left behind may hold the pipe open. */
			fcntl(output, F_SETFL, O_NONBLOCK);
			while ((n = read(output, bytes, sizeof(bytes))) > 0)
				hear(words, bytes, (size_t)n);
			return stopped ? -EINTR : 0;
		}
		if (stop_signal && !deaf && !stopped) {
			stopped = true;
			kill(-child, stop_signal);
			end = seconds_now() + GRACE_SECONDS;
		}
		if (seconds_now() >= end) {
			kill(-child, SIGKILL);
			waitpid(child, status, 0);
			return stopped ? -EINTR : -ETIMEDOUT;
		}
		if (poll(&fd, 1, 20) > 0) {
			ssize_t n = read(output, bytes, sizeof(bytes));

			if (n > 0)
				hear(words, bytes, (size_t)n);
			else if (!n)
				open = false;
		}
	}
}

int child_run(const char *const argv[], double seconds, bool deaf, char *said, size_t size,
	      struct err *err)
{
	struct words words = {.n = 0};
	int fds[2], status = 0, ret;
	pid_t child;

	if (pipe2(fds, O_CLOEXEC))
		return err_sys(err, errno, "cannot run %s: pipe", argv[0]);
	child = fork();
	if (!child)
		become(argv, fds[1]);
	ret = errno;
	close(fds[1]);
	if (child < 0) {
		close(fds[0]);
		return err_sys(err, ret, "cannot run %s: fork", argv[0]);
	}
	setpgid(child, child);
	ret = attend(child, fds[0], seconds, deaf, &words, &status);
	close(fds[0]);
	last_line(&words, said, size);
	if (ret == -ETIMEDOUT)
		return err_set(err, ETIMEDOUT, "it did not end within %.0f s, and was killed",
			       seconds);
	if (ret)
		return err_set(err, -ret, "it was stopped");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
