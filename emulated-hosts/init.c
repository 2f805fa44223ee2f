/* SPDX-License-Identifier: MIT */
#include "emulated-hosts/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulated-hosts/frame.h"

/* The parallel port: data, and a control register whose strobe says that a byte is there. */
#define LPT_DATA    0x378
#define LPT_CONTROL 0x37a
#define LPT_IDLE    0x0c /* initialized, selected */
#define LPT_STROBE  0x0d

/* How an emulator is told to end: Bochs reads a word here, QEMU's isa-debug-exit a number there. */
#define BOCHS_PORT 0x8900
#define QEMU_PORT  0x501

static uint32_t frame_number;
static struct frame_exit result;

static void send_frame(enum frame_type type, const void *contents, size_t length)
{
	uint8_t frame[FRAME_SIZE_MAX];
	size_t n = frame_encode(frame, type, frame_number++, contents, length);

	for (size_t i = 0; i < n; i++) {
		outb(frame[i], LPT_DATA);
		outb(LPT_STROBE, LPT_CONTROL);
		outb(LPT_IDLE, LPT_CONTROL);
	}
	if (type == FRAME_RESULT) {
		result.result_bytes += length;
		result.result_crc = frame_crc(result.result_crc, contents, length);
	}
}

static void power_off(void) __attribute__((noreturn));
static void power_off(void)
{
	for (const char *c = "Shutdown"; *c; c++)
		outb((unsigned char)*c, BOCHS_PORT);
	outl(0, QEMU_PORT);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void fail(const char *format, ...)
{
	char text[500];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	send_frame(FRAME_FAILURE, text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1);
	power_off();
}

static void mount_one(const char *type, const char *where)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, NULL) && errno != EBUSY)
		fail("its kernel cannot mount %s: %s", type, strerror(errno));
}

/*
 * The kernel's random numbers are to be the same in every boot, and to be there at once: without a
 * source it would make its own from the jitter of a clock that has none, for seconds.
 */
static void pin_entropy(void)
{
	/* 32 zeros, counted as 256 bits. */
	union {
		struct rand_pool_info info;
		uint8_t bytes[sizeof(struct rand_pool_info) + 32];
	} pool = {.info = {.entropy_count = 256, .buf_size = 32}};
	int fd = open("/dev/random", O_WRONLY | O_CLOEXEC);

	/* Where it fails, only the seconds are lost. */
	if (fd >= 0 && ioctl(fd, RNDADDENTROPY, &pool))
		fprintf(stderr, "RNDADDENTROPY: %s\n", strerror(errno));
	close(fd);
}

/* Off by default in a machine this small; operations ask for them. */
static void allow_huge_pages(void)
{
	int fd = open("/sys/kernel/mm/transparent_hugepage/enabled", O_WRONLY | O_CLOEXEC);

	/* Where it fails, the operations say so. */
	if (fd >= 0 && write(fd, "madvise", 7) < 0)
		perror("transparent_hugepage");
	close(fd);
}

/* The port first: without it nothing can be said. */
static void prepare(void)
{
	struct utsname name;

	if (iopl(3))
		_exit(1);
	outb(LPT_IDLE, LPT_CONTROL);
	uname(&name);
	send_frame(FRAME_HELLO, name.release, strlen(name.release));
	mount_one("proc", "/proc");
	mount_one("sysfs", "/sys");
	mount_one("devtmpfs", "/dev");
	mount_one("tmpfs", "/tmp");
	pin_entropy();
	allow_huge_pages();
}

/* What the kernel's refusal of a vendor's module means. */
static const char *meaning_of(int error)
{
	switch (error) {
	case EOPNOTSUPP:
	case EIO:
	case ENODEV:
		return " (the CPU model lacks what it needs: VT-x or SVM)";
	case ENOEXEC:
	case EINVAL:
		return " (it is for another kernel, or a parameter is unknown)";
	case ENOENT:
		return " (it needs a symbol that this kernel does not have, or an unknown "
		       "parameter)";
	default:
		return "";
	}
}

/* "kvm-amd.ko" is kvm_amd in /sys. */
static void module_name(const char *file, char *name, size_t size)
{
	const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;

	snprintf(name, size, "%.*s", (int)strcspn(base, "."), base);
	for (char *at = name; *at; at++)
		if (*at == '-')
			*at = '_';
}

/* A kernel takes a parameter that its module does not have, and only logs that it ignores it. */
static void check_parameters(const char *file, const char *parameters)
{
	char module[60], path[200];

	module_name(file, module, sizeof(module));
	for (const char *at = parameters; *at; at += strspn(at, " ")) {
		int length = (int)strcspn(at, "= ");

		snprintf(path, sizeof(path), "/sys/module/%s/parameters/%.*s", module, length, at);
		if (length && access(path, F_OK))
			fail("the module %s of its kernel has no parameter '%.*s' (modinfo -p lists them)", module,
			     length, at);
		at += strcspn(at, " ");
	}
}

static void load_module(const char *file, const char *parameters)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail("%s: %s", file, strerror(errno));
	if (syscall(SYS_finit_module, fd, parameters, 0) && errno != EEXIST)
		fail("its kernel refuses the module %s%s%s: %s%s", file + strlen("/lab/"),
		     *parameters ? " with " : "", parameters, strerror(errno), meaning_of(errno));
	close(fd);
	check_parameters(file, parameters);
}

static void load_modules(void)
{
	char line[600];
	FILE *list = fopen(INIT_MODULES, "re");

	while (list && fgets(line, sizeof(line), list)) {
		char file[100], *parameters;

		line[strcspn(line, "\n")] = '\0';
		parameters = line + strcspn(line, " ");
		snprintf(file, sizeof(file), "/lab/%.*s", (int)(parameters - line), line);
		load_module(file, parameters + strspn(parameters, " "));
	}
	if (list)
		fclose(list);
	if (access("/dev/kvm", F_OK))
		fail("it has no /dev/kvm: no modules were given and its kernel has no KVM built in "
		     "for this CPU model");
}

/* The command's arguments, ended by NULL. They stay: this process ends with the machine. */
static char **read_args(void)
{
	static char text[8192];
	static char *args[128];
	int fd = open(INIT_ARGS, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	size_t count = 0;

	close(fd);
	for (ssize_t at = 0; at < n && count < 127; at += (ssize_t)strlen(text + at) + 1)
		args[count++] = text + at;
	return args;
}

#define RESULT_FD 3

static void run_command(char **args, int pipes[3][2]) __attribute__((noreturn));
static void run_command(char **args, int pipes[3][2])
{
	/* Away from the numbers that they shall have. */
	for (int i = 0; i < 3; i++)
		pipes[i][1] = fcntl(pipes[i][1], F_DUPFD_CLOEXEC, 10);
	dup2(pipes[0][1], STDOUT_FILENO);
	dup2(pipes[1][1], STDERR_FILENO);
	dup2(pipes[2][1], RESULT_FD);
	execv("/init", args);
	_exit(127);
}

/* What the command writes goes out as it comes. */
static void forward(int pipes[3][2])
{
	static const enum frame_type types[] = {FRAME_STDOUT, FRAME_STDERR, FRAME_RESULT};
	struct pollfd fds[3];
	int open_fds = 3;

	for (int i = 0; i < 3; i++)
		fds[i] = (struct pollfd){.fd = pipes[i][0], .events = POLLIN};
	while (open_fds) {
		if (poll(fds, 3, -1) < 0)
			continue;
		for (int i = 0; i < 3; i++) {
			char part[FRAME_CONTENTS_MAX];
			ssize_t n;

			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			n = read(fds[i].fd, part, sizeof(part));
			if (n > 0) {
				send_frame(types[i], part, (size_t)n);
			} else {
				fds[i].fd = -1;
				open_fds--;
			}
		}
	}
}

/* Functions only: the data's symbols would double it. */
static void send_symbols(void)
{
	FILE *in = fopen("/proc/kallsyms", "re");
	char part[FRAME_CONTENTS_MAX], line[300];
	size_t used = 0;

	while (in && fgets(line, sizeof(line), in)) {
		const char *type = strchr(line, ' ');
		size_t n = strlen(line);

		if (!type || !strchr("tTwW", type[1]))
			continue;
		if (used + n > sizeof(part)) {
			send_frame(FRAME_SYMBOLS, part, used);
			used = 0;
		}
		memcpy(part + used, line, n);
		used += n;
	}
	send_frame(FRAME_SYMBOLS, part, used);
	if (in)
		fclose(in);
}

bool init_is_wanted(const char *program)
{
	return getpid() == 1 && !strcmp(program, "/init") && !access(INIT_ARGS, F_OK);
}

void init_run(void)
{
	char text[FRAME_EXIT_TEXT];
	int pipes[3][2];
	pid_t pid;

	prepare();
	load_modules();
	for (int i = 0; i < 3; i++)
		if (pipe2(pipes[i], O_CLOEXEC))
			fail("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid)
		run_command(read_args(), pipes);
	if (pid < 0)
		fail("fork: %s", strerror(errno));
	for (int i = 0; i < 3; i++)
		close(pipes[i][1]);
	forward(pipes);
	while (waitpid(pid, &result.status, 0) < 0 && errno == EINTR)
		;
	if (!access(INIT_SYMBOLS, F_OK))
		send_symbols();
	send_frame(FRAME_EXIT, text, frame_exit_encode(&result, text));
	power_off();
}
