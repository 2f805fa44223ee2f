/* SPDX-License-Identifier: MIT */
/*
 * A plugin of QEMU's TCG that writes which instructions were executed between two markers. The
 * marker is `xchg %bx,%bx` (66 87 db), which does nothing else; it begins a series and ends it.
 *
 *	gcc -O2 -shared -fPIC plugin.c -o plugin.so
 *	qemu-system-x86_64 -plugin ./plugin.so,out=FILE ...
 *
 * FILE is a sequence of 64-bit little-endian words: HEADER once, and per series BEGIN, a word an
 * instruction, END with the number of instructions. The layout of a word is in insn_trace.h,
 * which is not included because this is built alone, for the emulator and not for the program;
 * tests/unit/test_insn_trace.c holds the two together.
 *
 * Debian packages no header of the API, so what is needed of it is declared here. A plugin is made
 * for one version of it: -DPLUGIN_API=1 (the default) is for QEMU before 8.2, 2 is for 8.2 and 9.0,
 * 3 is for 9.1 and later. QEMU itself refuses one of a version that it does not support, says so
 * and ends with status 1 before the machine starts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef PLUGIN_API
#define PLUGIN_API 1
#endif

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

struct qemu_info;

enum { CB_NO_REGS };

typedef void (*tb_trans_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*vcpu_udata_cb)(unsigned int vcpu, void *userdata);
typedef void (*udata_cb)(qemu_plugin_id_t id, void *userdata);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_cb cb);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, vcpu_udata_cb cb,
					    int flags, void *userdata);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, udata_cb cb, void *userdata);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
#if PLUGIN_API >= 3
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest, size_t size);
#else
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
#endif

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = PLUGIN_API;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc,
			       char **argv);

/* The words; see insn_trace.h. */
#define WORD_HEADER 0x3145434152544c58ull /* "XLTRACE1" */
#define WORD_INSN   0x49
#define WORD_BEGIN  0x42
#define WORD_END    0x45
#define KIND_OTHER  0
#define KIND_CALL   1
#define KIND_RETURN 2
#define KIND_CLOCK  3

#define ADDRESS_BITS 48
#define ADDRESS_MASK ((1ull << ADDRESS_BITS) - 1)

static int out = -1;
static bool active;
static uint64_t executed; /* in this series */
static uint64_t buffer[1 << 16];
static size_t used;

static void flush_buffer(void)
{
	const char *at = (const char *)buffer;
	size_t left = used * sizeof(buffer[0]);

	used = 0;
	while (left) {
		ssize_t n = write(out, at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			/* The reader counts: it sees that the series is cut. */
			fprintf(stderr, "exitlab plugin: cannot write: %s\n", strerror(errno));
			active = false;
			return;
		}
		at += n;
		left -= (size_t)n;
	}
}

static void put(uint64_t word)
{
	buffer[used++] = word;
	if (used == sizeof(buffer) / sizeof(buffer[0]))
		flush_buffer();
}

/* The word was made when the instruction was translated. */
static void on_insn(unsigned int vcpu, void *word)
{
	(void)vcpu;
	if (!active)
		return;
	executed++;
	put((uint64_t)(uintptr_t)word);
}

static void on_marker(unsigned int vcpu, void *unused)
{
	(void)vcpu;
	(void)unused;
	if (active) {
		put((uint64_t)WORD_END << 56 | (executed & ADDRESS_MASK));
		flush_buffer();
	} else {
		put((uint64_t)WORD_BEGIN << 56);
	}
	executed = 0;
	active = !active;
}

/* Copies up to room bytes of the instruction; returns how many it has. */
static size_t insn_bytes(const struct qemu_plugin_insn *insn, uint8_t *bytes, size_t room)
{
	size_t size = qemu_plugin_insn_size(insn);

	if (size > room)
		size = room;
#if PLUGIN_API >= 3
	return qemu_plugin_insn_data(insn, bytes, size);
#else
	memcpy(bytes, qemu_plugin_insn_data(insn), size);
	return size;
#endif
}

/* Instruction bytes that stand before the opcode. */
static size_t prefixes(const uint8_t *bytes, size_t n)
{
	size_t i = 0;

	while (i < n &&
	       (bytes[i] == 0x66 || bytes[i] == 0x67 || bytes[i] == 0xf0 || bytes[i] == 0xf2 ||
		bytes[i] == 0xf3 || bytes[i] == 0x2e || bytes[i] == 0x36 || bytes[i] == 0x3e ||
		bytes[i] == 0x26 || bytes[i] == 0x64 || bytes[i] == 0x65))
		i++;
	return i;
}

static unsigned kind_of_bytes(const uint8_t *bytes, size_t n)
{
	size_t i = prefixes(bytes, n);

	/*
	 * 40..4f are REX prefixes in 64-bit code alone; in other modes they are instructions of
	 * one byte, behind which there is nothing.
	 */
	if (i + 1 < n && (bytes[i] & 0xf0) == 0x40)
		i++;
	if (i >= n)
		return KIND_OTHER;
	switch (bytes[i]) {
	case 0xe8:
	case 0x9a:
		return KIND_CALL;
	case 0xff:
		return i + 1 < n && ((bytes[i + 1] >> 3 & 7) == 2 || (bytes[i + 1] >> 3 & 7) == 3)
			       ? KIND_CALL
			       : KIND_OTHER;
	case 0xc2:
	case 0xc3:
	case 0xca:
	case 0xcb:
	case 0xcf:
		return KIND_RETURN;
	case 0x0f:
		return i + 1 < n && bytes[i + 1] == 0x31 ? KIND_CLOCK : KIND_OTHER;
	default:
		return KIND_OTHER;
	}
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);
		uint8_t bytes[16];
		size_t size = insn_bytes(insn, bytes, sizeof(bytes));
		uint64_t word;

		if (size == 3 && bytes[0] == 0x66 && bytes[1] == 0x87 && bytes[2] == 0xdb) {
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_marker, CB_NO_REGS, NULL);
			continue;
		}
		word = (uint64_t)WORD_INSN << 56 | (uint64_t)kind_of_bytes(bytes, size) << 52 |
		       (uint64_t)size << 48 | (address & ADDRESS_MASK);
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_insn, CB_NO_REGS,
						       (void *)(uintptr_t)word);
	}
}

static void on_end(qemu_plugin_id_t id, void *unused)
{
	(void)id;
	(void)unused;
	flush_buffer();
	close(out);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
	const char *path = NULL;

	(void)info;
	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			path = argv[i] + 4;
	if (!path || !*path) {
		fprintf(stderr, "exitlab plugin: needs out=FILE\n");
		return -1;
	}
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0) {
		fprintf(stderr, "exitlab plugin: cannot open %s: %s\n", path, strerror(errno));
		return -1;
	}
	put(WORD_HEADER);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, on_end, NULL);
	return 0;
}
