/* SPDX-License-Identifier: MIT */
#include "emulated-hosts/boot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "emulated-hosts/emulator.h"
#include "support/seconds.h"
#include "support/tail.h"

/* ---- the emulator's process -------------------------------------------------------------------
 */

static int open_terminal(struct boot *boot, char *name, size_t size, struct err *err)
{
	struct winsize window = {.ws_row = 25, .ws_col = 100};
	struct termios settings;

	boot->terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (boot->terminal < 0 || grantpt(boot->terminal) || unlockpt(boot->terminal) ||
	    ptsname_r(boot->terminal, name, size))
		return err_sys(err, errno, "cannot get a pseudo terminal for the emulator");
	ioctl(boot->terminal, TIOCSWINSZ, &window);
	if (!tcgetattr(boot->terminal, &settings)) {
		cfmakeraw(&settings);
		tcsetattr(boot->terminal, TCSANOW, &settings);
	}
	return 0;
}

/* In a session and process group of its own, that ends with this process. */
static void run_emulator(const struct boot *boot, const struct arguments *arguments,
			 const char *terminal, pid_t parent) __attribute__((noreturn));
static void run_emulator(const struct boot *boot, const struct arguments *arguments,
			 const char *terminal, pid_t parent)
{
	int fd;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	fd = open(terminal, O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	setenv("TERM", "vt100", 1);
	execv(boot->machine->emulator, (char *const *)(uintptr_t)arguments->argv);
	dprintf(STDERR_FILENO, "%s: %s\n", boot->machine->emulator, strerror(errno));
	_exit(127);
}

static int start_emulator(struct boot *boot, const struct arguments *arguments, struct err *err)
{
	pid_t parent = getpid();
	char terminal[64];
	int rc = open_terminal(boot, terminal, sizeof(terminal), err);

	if (rc)
		return rc;
	boot->emulator = fork();
	if (!boot->emulator)
		run_emulator(boot, arguments, terminal, parent);
	if (boot->emulator < 0) {
		boot->emulator = 0;
		return err_sys(err, errno, "fork");
	}
	return 0;
}

static int open_streams(struct boot *boot, struct err *err)
{
	boot->out = open_memstream(&boot->out_text, &boot->out_size);
	boot->errors = open_memstream(&boot->errors_text, &boot->errors_size);
	boot->result = open_memstream(&boot->result_text, &boot->result_size);
	boot->symbols = open_memstream(&boot->symbols_text, &boot->symbols_size);
	if (!boot->out || !boot->errors || !boot->result || !boot->symbols)
		return err_set(err, ENOMEM, "no memory for an emulated host");
	return 0;
}

static int make_folder(struct boot *boot, struct err *err)
{
	const char *base = getenv("TMPDIR");

	if (!base || strlen(base) > 30)
		base = "/tmp";
	snprintf(boot->folder, sizeof(boot->folder), "%s/exitlab-lab-XXXXXX", base);
	if (mkdtemp(boot->folder))
		return 0;
	boot->folder[0] = '\0';
	return err_sys(err, errno, "cannot make a temporary folder in %s", base);
}

int boot_start(struct boot *boot, const struct lab_machine *machine,
	       const struct boot_options *options, struct err *err)
{
	struct arguments arguments = {0};
	char path[PATH_MAX];
	int rc;

	*boot = (struct boot){.machine = machine, .options = *options, .terminal = -1, .port = -1};
	rc = make_folder(boot, err);
	if (!rc)
		rc = open_streams(boot, err);
	if (!rc)
		rc = initramfs_write(boot, err);
	arguments_add(&arguments, machine->emulator);
	if (!rc)
		rc = emulator_of(machine)->prepare(boot, &arguments, err);
	insn_trace_init(&boot->trace,
			machine->host == LAB_INTEL ? INSN_TRACE_BOCHS : INSN_TRACE_QEMU);
	/* Made before it is waited for, so that the emulator need not be there first. */
	if (!rc)
		rc = boot_write_file(boot, BOOT_PORT, "", err);
	boot_path(boot, BOOT_PORT, path, sizeof(path));
	if (!rc) {
		boot->port = open(path, O_RDONLY | O_CLOEXEC);
		if (boot->port < 0)
			rc = err_sys(err, errno, "cannot read %s", path);
	}
	boot->started = seconds_now();
	if (!rc)
		rc = start_emulator(boot, &arguments, err);
	if (rc)
		boot->state = BOOT_FAILED;
	return rc;
}

double boot_seconds(const struct boot *boot)
{
	return seconds_now() - boot->started;
}

/* ---- what comes back --------------------------------------------------------------------------
 */

static enum boot_state failed(struct boot *boot)
{
	boot->state = BOOT_FAILED;
	return boot->state;
}

static void keep_last_line(struct boot *boot, const uint8_t *text, size_t n)
{
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	for (size_t i = n; i > 0; i--)
		if (text[i - 1] == '\n') {
			text += i;
			n -= i;
			break;
		}
	if (n)
		snprintf(boot->last_line, sizeof(boot->last_line), "%.*s", (int)n, text);
}

static int on_frame(void *data, enum frame_type type, const uint8_t *contents, size_t length)
{
	struct boot *boot = data;

	switch (type) {
	case FRAME_HELLO:
		boot->state = BOOT_RUNNING;
		snprintf(boot->release, sizeof(boot->release), "%.*s", (int)length, contents);
		break;
	case FRAME_STDOUT:
		fwrite(contents, 1, length, boot->out);
		break;
	case FRAME_STDERR:
		fwrite(contents, 1, length, boot->errors);
		keep_last_line(boot, contents, length);
		break;
	case FRAME_RESULT:
		fwrite(contents, 1, length, boot->result);
		boot->result_bytes += length;
		boot->result_crc = frame_crc(boot->result_crc, contents, length);
		break;
	case FRAME_SYMBOLS:
		fwrite(contents, 1, length, boot->symbols);
		break;
	case FRAME_FAILURE:
		boot->state = BOOT_FAILED;
		err_set(&boot->err, EPROTO, "the emulated host cannot be used: %.*s", (int)length,
			contents);
		return 1;
	case FRAME_EXIT:
		boot->has_exit = !frame_exit_decode((const char *)contents, length, &boot->exit);
		break;
	}
	return 0;
}

/* How many bytes came. */
static size_t read_port(struct boot *boot)
{
	uint8_t part[65536];
	size_t total = 0;
	ssize_t n;

	while ((n = read(boot->port, part, sizeof(part))) > 0) {
		total += (size_t)n;
		if (frame_feed(&boot->reader, part, (size_t)n, on_frame, boot))
			break;
	}
	return total;
}

static void keep_tail(struct boot *boot, const char *text, size_t n)
{
	boot->tail_used = tail_add(boot->tail, sizeof(boot->tail), boot->tail_used, text, n);
}

/* Of each series that is whole, the window that stands for it: the rest is not kept. */
static int take_windows(struct boot *boot)
{
	struct trace_series series;
	int rc = 0;

	while (!rc && insn_trace_take(&boot->trace, &series)) {
		struct trace_window *grown =
			reallocarray(boot->windows, boot->n_windows + 1, sizeof(*boot->windows));

		if (!grown) {
			rc = err_set(&boot->err, ENOMEM, "no memory for a record of instructions");
		} else {
			boot->windows = grown;
			grown[boot->n_windows] = (struct trace_window){0};
			/* Of a series that is not whole nothing is said. */
			if (!series.cut && !series.lost)
				rc = trace_window_choose(series.insns, series.n,
							 &grown[boot->n_windows], &boot->err);
			boot->n_windows++;
			/* An operation may have none; it has no profile then. */
			if (rc == -ENOENT)
				rc = 0;
		}
		trace_series_clear(&series);
	}
	return rc;
}

static int feed_trace(struct boot *boot, const void *bytes, size_t n)
{
	int rc = insn_trace_feed(&boot->trace, bytes, n, &boot->err);

	return rc ? rc : take_windows(boot);
}

/* Bounded: a recording emulator prints without end. 0, or -errno of the record. */
static int read_terminal(struct boot *boot)
{
	static char part[65536];
	ssize_t n;
	int rc = 0;

	for (int i = 0; i < 256 && !rc && (n = read(boot->terminal, part, sizeof(part))) > 0; i++) {
		keep_tail(boot, part, (size_t)n);
		if (boot->options.traced && boot->machine->host == LAB_INTEL)
			rc = feed_trace(boot, part, (size_t)n);
	}
	return rc;
}

/* What QEMU's plugin wrote, at the end. */
static int read_trace(struct boot *boot)
{
	static char part[1 << 20];
	char path[PATH_MAX];
	ssize_t n = 0;
	int fd, rc = 0;

	if (!boot->options.traced)
		return 0;
	if (boot->machine->host == LAB_AMD) {
		boot_path(boot, BOOT_TRACE, path, sizeof(path));
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return err_sys(&boot->err, errno,
				       "the emulator left no record of instructions");
		while (!rc && (n = read(fd, part, sizeof(part))) > 0)
			rc = feed_trace(boot, part, (size_t)n);
		close(fd);
	}
	if (!rc)
		rc = insn_trace_end(&boot->trace, &boot->err);
	return rc ? rc : take_windows(boot);
}

/* The last bytes of the console, ended by a 0. */
static void console_tail(const struct boot *boot, char *text, size_t size)
{
	char path[PATH_MAX];
	struct stat st;
	ssize_t n = 0;
	int fd;

	boot_path(boot, BOOT_CONSOLE, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && !fstat(fd, &st)) {
		off_t from = st.st_size > (off_t)size - 1 ? st.st_size - (off_t)size + 1 : 0;

		n = pread(fd, text, size - 1, from);
	}
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (ssize_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = ' ';
}

/* Only to say why nothing more will come; no result is taken from there. */
static bool has_panicked(struct boot *boot)
{
	char text[16384];
	const char *at;

	console_tail(boot, text, sizeof(text));
	at = strstr(text, "Kernel panic - not syncing");
	if (!at)
		return false;
	err_set(&boot->err, EIO, "the emulated host's kernel panicked %s: %.*s",
		boot->state == BOOT_STARTING ? "before it could run anything"
					     : "during the command",
		(int)strcspn(at, "\r\n"), at);
	return true;
}

/* Without escape sequences and with blanks for all that cannot be printed: the last line. */
static const char *last_words(struct boot *boot)
{
	char *last = boot->tail, *to = boot->tail;

	for (char *from = boot->tail; *from; from++) {
		if (*from == '\033') {
			while (from[1] && !strchr("ABCDHJKhlmr", from[1]))
				from++;
			from += from[1] != '\0';
		} else if (*from >= ' ' || *from == '\n') {
			*to++ = *from;
		}
	}
	*to = '\0';
	while (to > boot->tail && strchr(" \n", to[-1]))
		*--to = '\0';
	/* Bochs says it once more in the end, in a frame. */
	if (strstr(boot->tail, "following message:\n")) {
		last = strstr(boot->tail, "following message:\n") + strlen("following message:\n");
		last[strcspn(last, "\n")] = '\0';
		return last;
	}
	for (char *c = boot->tail; *c; c++)
		if (*c == '\n' && strspn(c, " \n") < strlen(c))
			last = c + 1;
	return last;
}

/* The emulator has ended, and everything that it wrote has been read. */
static enum boot_state judge_end(struct boot *boot, int status)
{
	if (boot->has_exit) {
		if (boot->reader.lost_frames || boot->exit.result_bytes != boot->result_bytes ||
		    boot->exit.result_crc != boot->result_crc) {
			err_set(&boot->err, EPROTO,
				"what the emulated host sent arrived damaged: %llu of %llu bytes "
				"of "
				"the result, %llu frames lost (is the disk full?)",
				(unsigned long long)boot->result_bytes,
				(unsigned long long)boot->exit.result_bytes,
				(unsigned long long)boot->reader.lost_frames);
			return failed(boot);
		}
		if (read_trace(boot))
			return failed(boot);
		boot->state = BOOT_DONE;
		return boot->state;
	}
	if (has_panicked(boot))
		return failed(boot);
	if (WIFSIGNALED(status))
		err_set(&boot->err, EIO,
			"%s was killed by signal %d (%s) before the command had ended",
			boot->machine->emulator, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		err_set(&boot->err, EIO, "%s ended (status %d) before the command had: %.300s",
			boot->machine->emulator, WEXITSTATUS(status), last_words(boot));
	return failed(boot);
}

/* A kernel that has not started init by then never will: ten times what the slowest takes. */
#define START_SECONDS 100
/* How long after the command's end the emulator may take for its own. */
#define GRACE_SECONDS 20

static void stop_emulator(struct boot *boot, int *status)
{
	if (!boot->emulator)
		return;
	kill(-boot->emulator, SIGKILL);
	kill(boot->emulator, SIGKILL);
	while (waitpid(boot->emulator, status, 0) < 0 && errno == EINTR)
		;
	boot->emulator = 0;
}

enum boot_state boot_poll(struct boot *boot)
{
	int status = 0;

	if (boot->state == BOOT_DONE || boot->state == BOOT_FAILED)
		return boot->state;
	if (read_terminal(boot))
		return failed(boot);
	read_port(boot);
	if (boot->state == BOOT_FAILED)
		return boot->state;
	if (waitpid(boot->emulator, &status, WNOHANG) == boot->emulator) {
		boot->emulator = 0;
		while (read_port(boot))
			;
		if (read_terminal(boot))
			return failed(boot);
		return judge_end(boot, status);
	}
	/* Powering off is the emulator's business; what counts has arrived. */
	if (boot->has_exit && boot_seconds(boot) > boot->machine->max_seconds + GRACE_SECONDS) {
		stop_emulator(boot, &status);
		return judge_end(boot, status);
	}
	if (!boot->has_exit && has_panicked(boot))
		return failed(boot);
	if (boot->state == BOOT_STARTING && boot_seconds(boot) > START_SECONDS) {
		err_set(&boot->err, ETIMEDOUT,
			"nothing was heard of the emulated host for %d s: its kernel does not come "
			"up "
			"on the CPU model %s",
			START_SECONDS, boot->machine->cpu_model);
		return failed(boot);
	}
	if (!boot->has_exit && boot_seconds(boot) > boot->machine->max_seconds) {
		err_set(&boot->err, ETIMEDOUT,
			"the emulated host did not end within %.0f s (--time-limit): %s",
			boot->machine->max_seconds,
			boot->state == BOOT_STARTING ? "it did not come up"
			: boot->last_line[0]	     ? boot->last_line
						     : "its command said nothing");
		return failed(boot);
	}
	return boot->state;
}

void boot_console(struct boot *boot, FILE *to)
{
	char path[PATH_MAX], part[4096];
	size_t n;
	FILE *in;

	boot_path(boot, BOOT_CONSOLE, path, sizeof(path));
	in = fopen(path, "re");
	if (!in)
		return;
	if (!fseek(in, boot->console_shown, SEEK_SET)) {
		while ((n = fread(part, 1, sizeof(part), in))) {
			fwrite(part, 1, n, to);
			boot->console_shown += (long)n;
		}
	}
	fclose(in);
}

/* ---- the end ----------------------------------------------------------------------------------
 */

static void remove_folder(const char *folder)
{
	char *const roots[] = {(char *)(uintptr_t)folder, NULL};
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	while (fts && (entry = fts_read(fts)))
		if (entry->fts_info == FTS_DP)
			rmdir(entry->fts_path);
		else if (entry->fts_info != FTS_D)
			unlink(entry->fts_path);
	if (fts)
		fts_close(fts);
}

void boot_end(struct boot *boot)
{
	int status;

	stop_emulator(boot, &status);
	if (boot->terminal >= 0)
		close(boot->terminal);
	if (boot->port >= 0)
		close(boot->port);
	boot->terminal = boot->port = -1;
	if (boot->folder[0])
		remove_folder(boot->folder);
	boot->folder[0] = '\0';
	/* Closed streams leave their texts behind, whole. */
	if (boot->out)
		fclose(boot->out);
	if (boot->errors)
		fclose(boot->errors);
	if (boot->result)
		fclose(boot->result);
	if (boot->symbols)
		fclose(boot->symbols);
	boot->out = boot->errors = boot->result = boot->symbols = NULL;
}

void boot_clear(struct boot *boot)
{
	boot_end(boot);
	free(boot->out_text);
	free(boot->errors_text);
	free(boot->result_text);
	free(boot->symbols_text);
	boot->out_text = boot->errors_text = boot->result_text = boot->symbols_text = NULL;
	for (size_t i = 0; i < boot->n_windows; i++)
		trace_window_clear(&boot->windows[i]);
	free(boot->windows);
	boot->windows = NULL;
	boot->n_windows = 0;
	insn_trace_clear(&boot->trace);
}
