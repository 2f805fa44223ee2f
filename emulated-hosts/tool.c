/* SPDX-License-Identifier: MIT */
#include "emulated-hosts/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

bool tool_find(const char *name, char *path, size_t size)
{
	const char *at = getenv("PATH");

	if (strchr(name, '/')) {
		snprintf(path, size, "%s", name);
		return !access(name, X_OK);
	}
	for (at = at ? at : "/usr/local/bin:/usr/bin:/bin"; *at; at += *at == ':') {
		size_t n = strcspn(at, ":");

		snprintf(path, size, "%.*s/%s", (int)n, at, name);
		at += n;
		if (n && !access(path, X_OK))
			return true;
	}
	return false;
}

static bool is_there(const struct tool *tool)
{
	char path[PATH_MAX];

	return tool->file[0] == '/' ? !access(tool->file, R_OK)
				    : tool_find(tool->file, path, sizeof(path));
}

int tool_need(const struct tool *tools, size_t n, const char *purpose, struct err *err)
{
	char files[200] = "", packages[200] = "";

	for (size_t i = 0; i < n; i++) {
		size_t used = strlen(files);

		if (is_there(&tools[i]))
			continue;
		snprintf(files + used, sizeof(files) - used, "%s%s", used ? ", " : "",
			 tools[i].file);
		used = strlen(packages);
		if (!strstr(packages, tools[i].package))
			snprintf(packages + used, sizeof(packages) - used, " %s", tools[i].package);
	}
	if (!files[0])
		return 0;
	return err_set(err, ENOENT, "%s needs %s, which is not installed: apt-get install%s",
		       purpose, files, packages);
}

/* What has been printed; grows. */
struct text {
	char *data;
	size_t size, room;
};

static int text_add(struct text *text, const char *bytes, size_t n)
{
	if (text->size + n + 1 > text->room) {
		size_t room = 2 * (text->size + n + 1);
		char *grown = realloc(text->data, room);

		if (!grown)
			return -ENOMEM;
		text->data = grown;
		text->room = room;
	}
	memcpy(text->data + text->size, bytes, n);
	text->size += n;
	text->data[text->size] = '\0';
	return 0;
}

static void run_child(const char *const argv[], int out, int errors)
{
	int null = open("/dev/null", O_RDONLY);

	if (dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(errors, STDERR_FILENO) < 0)
		_exit(126);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Reads both until both are closed. */
static int drain(int out, int errors, struct text texts[2])
{
	struct pollfd fds[2] = {{.fd = out, .events = POLLIN}, {.fd = errors, .events = POLLIN}};
	int rc = 0;

	while ((fds[0].fd >= 0 || fds[1].fd >= 0) && !rc) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < 2 && !rc; i++) {
			char part[65536];
			ssize_t n;

			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			n = read(fds[i].fd, part, sizeof(part));
			if (n > 0)
				rc = text_add(&texts[i], part, (size_t)n);
			else if (!n || errno != EINTR)
				fds[i].fd = -1;
		}
	}
	return rc;
}

/* The last line that is not empty. */
static const char *last_words(struct text *text)
{
	while (text->size && strchr(" \n", text->data[text->size - 1]))
		text->data[--text->size] = '\0';
	if (!text->size)
		return "it said nothing";
	return strrchr(text->data, '\n') ? strrchr(text->data, '\n') + 1 : text->data;
}

static int judge(const char *name, int status, struct text *errors, struct err *err)
{
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(err, ENOENT, "%s cannot be started: it is not on the PATH", name);
	return err_set(err, EIO, "%s failed: %.300s", name, last_words(errors));
}

int tool_run(const char *const argv[], char **out, size_t *size, struct err *err)
{
	struct text texts[2] = {{0}};
	int pipes[2][2], status = 0, rc;
	pid_t pid;

	if (pipe2(pipes[0], O_CLOEXEC))
		return err_sys(err, errno, "pipe");
	if (pipe2(pipes[1], O_CLOEXEC)) {
		rc = err_sys(err, errno, "pipe");
		goto out_first;
	}
	pid = fork();
	if (!pid)
		run_child(argv, pipes[0][1], pipes[1][1]);
	close(pipes[0][1]);
	close(pipes[1][1]);
	pipes[0][1] = pipes[1][1] = -1;
	if (pid < 0) {
		rc = err_sys(err, errno, "fork");
		goto out;
	}
	rc = drain(pipes[0][0], pipes[1][0], texts);
	if (rc)
		err_sys(err, -rc, "read what %s prints", argv[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!rc)
		rc = judge(argv[0], status, &texts[1], err);
	if (!rc && out) {
		if (!texts[0].data)
			rc = text_add(&texts[0], "", 0);
		*out = texts[0].data;
		*size = texts[0].size;
		texts[0].data = NULL;
	}
out:
	close(pipes[1][0]);
	if (pipes[1][1] >= 0)
		close(pipes[1][1]);
out_first:
	close(pipes[0][0]);
	if (pipes[0][1] >= 0)
		close(pipes[0][1]);
	free(texts[0].data);
	free(texts[1].data);
	return rc;
}

int tool_sha256(const char *path, char hex[65], struct err *err)
{
	const char *const argv[] = {"sha256sum", "--", path, NULL};
	char *text = NULL;
	size_t size;
	int rc = tool_run(argv, &text, &size, err);

	/* A name with odd characters is announced by a backslash. */
	if (!rc && sscanf(text + (*text == '\\'), "%64[0-9a-f]", hex) != 1)
		rc = err_set(err, EIO, "sha256sum said '%.60s' of %s", text, path);
	free(text);
	return rc;
}

int tool_read_file(const char *path, char **data, size_t *size, struct err *err)
{
	struct text text = {0};
	char part[65536];
	FILE *in = fopen(path, "re");
	size_t n;
	int rc = 0;

	if (!in)
		return err_sys(err, errno, "cannot read %s", path);
	while ((n = fread(part, 1, sizeof(part), in)) && !rc)
		rc = text_add(&text, part, n);
	if (!rc && ferror(in))
		rc = err_sys(err, EIO, "cannot read %s", path);
	else if (!rc && !text.data)
		rc = text_add(&text, "", 0);
	if (rc == -ENOMEM)
		err_set(err, ENOMEM, "no memory for %s", path);
	fclose(in);
	if (rc) {
		free(text.data);
		return rc;
	}
	*data = text.data;
	*size = text.size;
	return 0;
}
