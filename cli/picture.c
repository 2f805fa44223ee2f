/* SPDX-License-Identifier: MIT */
#include "cli/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_FOUND 127

int picture_check(const char *path, struct err *err)
{
	static const char *const endings[] = {".svg", ".png", ".pdf"};
	size_t length = path ? strlen(path) : 0;

	if (!path)
		return err_set(err, EINVAL, "a picture wants --output FILE.svg, FILE.png or FILE.pdf");
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (length > 4 && !strcmp(path + length - 4, endings[i]))
			return 0;
	return err_set(err, EINVAL, "--output: '%s' ends in none of .svg, .png, .pdf", path);
}

int picture_data_path(const char *path, char data[PICTURE_PATH], struct err *err)
{
	if (snprintf(data, PICTURE_PATH, "%.*s.tsv", (int)strlen(path) - 4, path) >= PICTURE_PATH)
		return err_set(err, ENAMETOOLONG, "--output: the path is too long");
	return 0;
}

/*
 * The child. The script comes from standard input, names are arguments, never text. A locale would
 * change how numbers are written.
 */
static void become_gnuplot(int script, const char *data, const char *path)
{
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TZ", "UTC", 1);
	dup2(script, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execlp("gnuplot", "gnuplot", "-c", "/dev/stdin", data, path, (char *)NULL);
	_exit(NOT_FOUND);
}

/*
 * Without any font gnuplot draws a .png or .pdf that has no text, and says nothing. A system on which
 * fontconfig's program cannot be asked is taken to have one. An .svg names a font, which its reader has.
 */
static bool lacks_fonts(const char *path)
{
	FILE *list;
	int first;

	if (!strcmp(path + strlen(path) - 4, ".svg"))
		return false;
	list = popen("fc-list : family 2> /dev/null", "re");
	if (!list)
		return false;
	first = getc(list);
	while (getc(list) != EOF)
		;
	return !pclose(list) && first == EOF;
}

static void feed(int to, const struct picture_script *script)
{
	const char *at = script->begin;

	while (at < script->end) {
		ssize_t n = write(to, at, (size_t)(script->end - at));

		if (n < 0 && errno != EINTR)
			return; /* it has ended: its status says why */
		at += n > 0 ? n : 0;
	}
}

pid_t picture_begin(const struct picture_script *scripts, size_t n, const char *data, const char *path,
		    struct err *err)
{
	void (*before)(int);
	int ends[2];
	pid_t child;

	/* What an earlier call drew would hide that this one did not. */
	if (unlink(path) && errno != ENOENT)
		return err_sys(err, errno, "cannot replace %s", path);
	if (lacks_fonts(path))
		return err_set(err, ENOENT,
			       "no font is installed, so %s would have no text (apt-get install fonts-dejavu-core; "
			       "an .svg needs none); the data are in %s",
			       path, data);
	if (pipe2(ends, O_CLOEXEC))
		return err_sys(err, errno, "cannot start gnuplot: pipe");
	child = fork();
	if (child < 0) {
		int error = errno;

		close(ends[0]);
		close(ends[1]);
		return err_sys(err, error, "cannot start gnuplot: fork");
	}
	if (!child)
		become_gnuplot(ends[0], data, path);
	close(ends[0]);
	before = signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < n; i++)
		feed(ends[1], &scripts[i]);
	close(ends[1]);
	signal(SIGPIPE, before);
	return child;
}

/*
 * A PDF says when it was made, and gnuplot offers no way to say otherwise. The same data give the
 * same bytes: the date becomes a fixed one of the same length.
 */
static int fix_date(const char *path, struct err *err)
{
	static const char name[] = "/CreationDate (D:", date[] = "20000101000000";
	FILE *file = fopen(path, "r+e");
	size_t at = 0;
	int c, rc = 0;

	if (!file)
		return err_sys(err, errno, "cannot open %s", path);
	while ((c = getc(file)) != EOF && name[at])
		at = c == name[at] ? at + 1 : c == name[0];
	if (!name[at] && (fseek(file, -1, SEEK_CUR) || fputs(date, file) == EOF))
		rc = err_sys(err, errno, "cannot write %s", path);
	if (fclose(file) && !rc)
		rc = err_sys(err, errno, "cannot write %s", path);
	return rc;
}

int picture_end(pid_t child, const char *data, const char *path, struct err *err)
{
	struct stat made;
	int status = 0;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "waiting for gnuplot");
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		return err_set(err, ENOENT,
			       "gnuplot is not installed (apt-get install gnuplot-nox); the data are in %s", data);
	if (status || stat(path, &made) || !made.st_size) {
		unlink(path); /* what there is of it is none */
		return err_set(err, EIO, "gnuplot could not draw %s; the data are in %s", path, data);
	}
	return strcmp(path + strlen(path) - 4, ".pdf") ? 0 : fix_date(path, err);
}

int picture_draw(const struct picture_script *scripts, size_t n, const char *data, const char *path,
		 struct err *err)
{
	pid_t child = picture_begin(scripts, n, data, path, err);

	return child < 0 ? child : picture_end(child, data, path, err);
}
