/* SPDX-License-Identifier: MIT */
#include "cli/history_picture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_FOUND 127

int picture_check(const char *path, struct err *err)
{
	size_t length = path ? strlen(path) : 0;

	if (!path)
		return err_set(err, EINVAL, "history plot wants --output FILE.svg or FILE.png");
	if (length < 5 || (strcmp(path + length - 4, ".svg") && strcmp(path + length - 4, ".png")))
		return err_set(err, EINVAL, "--output: '%s' is neither .svg nor .png", path);
	return 0;
}

static int write_data(const char *path, const struct history *history,
		      const struct history_plot *plot, struct err *err)
{
	FILE *out = fopen(path, "we");
	int ret;

	if (!out)
		return err_sys(err, errno, "cannot write %s", path);
	ret = history_plot_write(out, history, plot, err);
	if (fclose(out) && !ret)
		ret = err_sys(err, errno, "cannot write %s", path);
	return ret;
}

/* The child: gnuplot reads the script from its standard input. Names are arguments, never text. */
static void become_gnuplot(int script, const char *data, const char *path)
{
	dup2(script, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execlp("gnuplot", "gnuplot", "-c", "/dev/stdin", data, path, (char *)NULL);
	_exit(NOT_FOUND);
}

static void feed(int to)
{
	const char *at = history_plot_script;

	while (at < history_plot_script_end) {
		ssize_t n = write(to, at, (size_t)(history_plot_script_end - at));

		if (n < 0 && errno != EINTR)
			return; /* it has ended: its status says why */
		at += n > 0 ? n : 0;
	}
}

static int run_gnuplot(const char *data, const char *path, int *status, struct err *err)
{
	void (*before)(int);
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC))
		return err_sys(err, errno, "cannot start gnuplot: pipe");
	child = fork();
	if (child < 0) {
		close(ends[0]);
		close(ends[1]);
		return err_sys(err, errno, "cannot start gnuplot: fork");
	}
	if (!child)
		become_gnuplot(ends[0], data, path);
	close(ends[0]);
	before = signal(SIGPIPE, SIG_IGN);
	feed(ends[1]);
	close(ends[1]);
	signal(SIGPIPE, before);
	while (waitpid(child, status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "waiting for gnuplot");
	return 0;
}

int picture_draw(const char *path, const struct history *history, const struct history_plot *plot,
		 struct err *err)
{
	char data[PATH_MAX];
	struct stat made;
	int status = 0, ret;

	if (snprintf(data, sizeof(data), "%.*s.tsv", (int)strlen(path) - 4, path) >= PATH_MAX)
		return err_set(err, ENAMETOOLONG, "--output: the path is too long");
	ret = write_data(data, history, plot, err);
	/* What an earlier call drew would hide that this one did not. */
	if (!ret && unlink(path) && errno != ENOENT)
		ret = err_sys(err, errno, "cannot replace %s", path);
	if (!ret)
		ret = run_gnuplot(data, path, &status, err);
	if (ret)
		return ret;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		return err_set(
			err, ENOENT,
			"gnuplot is not installed (apt-get install gnuplot-nox); the data are "
			"in %s",
			data);
	if (status || stat(path, &made) || !made.st_size)
		return err_set(err, EIO, "gnuplot could not draw %s; the data are in %s", path,
			       data);
	return 0;
}
