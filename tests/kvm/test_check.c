/* SPDX-License-Identifier: MIT */
/*
 * The checks on a real /dev/kvm: they hold, the faults of this host that are known are found, faults
 * that are planted are caught by the checks that are for them, and nothing is left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "kvm-harness/arch/x86/planted.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/arch/x86/repro.h"
#include "measure/checker.h"
#include "measure/machine.h"

static struct machine machine;

static bool no_kvm(void)
{
	struct kvm_host *host;
	struct err err = {0};

	if (!kvm_host_get(&host, &err))
		return false;
	print_message("# SKIP: %s\n", err.text);
	return true;
}

/* What matches, run once; the caller clears set. */
static void run(const char *pattern, struct check_set *set)
{
	const char *patterns[] = {pattern};
	const struct checker_options options = {
		.patterns = patterns, .n_patterns = pattern ? 1 : 0, .repeat = 1};
	struct checker checker;
	struct err err = {0};

	*set = (struct check_set){.machine = machine};
	if (checker_choose(&checker, &options, &err))
		fail_msg("%s", err.text);
	assert_int_equal(checker_run(&checker, &options, set, &err), 0);
	checker_clear(&checker);
}

static unsigned open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned n = 0;

	while (folder && readdir(folder))
		n++;
	closedir(folder);
	return n;
}

static void all_hold(void **state)
{
	size_t counts[STATUS_COUNT];
	struct check_set set;
	unsigned files;

	(void)state;
	if (no_kvm())
		skip();
	files = open_files();
	run(NULL, &set);
	for (size_t i = 0; i < set.n_verdicts; i++) {
		const struct check_verdict *v = &set.verdicts[i];

		if (v->status == STATUS_FAIL || v->status == STATUS_ERROR)
			print_error("%s in %s: expected %s, seen %s\n", v->name, v->environment,
				    v->expected, v->seen);
	}
	check_set_count(&set, counts);
	assert_int_equal(counts[STATUS_FAIL], 0);
	assert_int_equal(counts[STATUS_ERROR], 0);
	assert_true(counts[STATUS_OK] > 500);
	assert_int_equal(open_files(), files);
	check_set_clear(&set);
}

/* Faults of kvm_pvm that were known before there were checks. */
static const char *const known[] = {"hypercall/unknown/own-vendor@guest", "tsc/offset@guest",
				    "cpuid/mask/hypervisor@guest-user"};

static void known_faults_are_found(void **state)
{
	(void)state;
	if (no_kvm())
		skip();
	if (machine.substrate != SUBSTRATE_PVM) {
		print_message("# SKIP: they are kvm_pvm's\n");
		skip();
	}
	for (unsigned i = 0; i < 3; i++) {
		struct check_set set;

		run(known[i], &set);
		assert_int_equal(set.n_verdicts, 1);
		assert_int_equal(set.verdicts[0].status, STATUS_KNOWN);
		assert_int_equal(set.verdicts[0].failures, 1);
		check_set_clear(&set);
	}
}

/* A fault, and the checks that are for it. */
static const struct {
	const char *fault, *checks;
} planted[] = {
	{"out-size", "port/value/out-dx/*"},
	{"out-bit", "port/value/out-dx/*"},
	{"out-port", "port/value/out-dx/*"},
	{"in-is-out", "port/value/in-dx/*"},
	{"in-stale", "port/string/ins/width=8"},
	{"in-narrow", "port/value/in-dx/*"},
	{"string-short", "port/string/ins/*"},
	{"string-order", "port/string/ins/width=8"},
	{"out-swallowed", "port/value/out-dx/*"},
	{"out-doubled", "port/value/out-dx/*"},
	{"mmio-length", "mmio/value/store/width=64/aligned"},
	{"mmio-address", "mmio/value/store/*"},
	{"mmio-read-byte", "mmio/value/load/*"},
	{"mmio-write-is-read", "mmio/value/store/*"},
	{"mmio-swallowed", "mmio/value/store/*"},
	{"mmio-doubled", "mmio/value/store/*"},
	{"mmio-bytes", "mmio/value/store/width=16/aligned"},
	{"regs-stale", "api/completed"},
	{"regs-upper", "mmio/value/load/width=8/aligned"},
	{"regs-flags", "state/regs"},
	{"regs-r15", "cpuid/registers"},
	{"regs-rcx", "interrupt/registers"},
	{"cr2", "paging/fault/absent-*"},
	{"cr8", "state/sregs"},
	{"fs-base", "msr/value/fs-base"},
	{"error-code", "exception/*"},
	{"error-code-write", "paging/fault/*"},
	{"vector", "exception/*"},
	{"fault-address", "exception/injected/gp"},
	{"pushed-flags", "interrupt/delivered"},
	{"pushed-ring", "exception/vector/de"},
	{"fault-effect", "privileged/*"},
	{"shutdown-is-halt", "exception/triple"},
	{"interrupt-lost", "interrupt/count/once"},
	{"interrupt-doubled", "interrupt/count/once"},
	{"nmi-doubled", "interrupt/nmi-return"},
	{"msi-doubled", "apic/msi"},
	{"interrupt-vector", "interrupt/count/once"},
	{"nmi-lost", "interrupt/nmi"},
	{"window-early", "interrupt/masked"},
	{"window-never", "interrupt/window"},
	{"if-flag", "interrupt/masked"},
	{"msi-lost", "apic/halt"},
	{"halt-doubled", "halt/count"},
	{"halt-swallowed", "halt/count"},
	{"dirty-missing", "dirty/log/*"},
	{"dirty-last-missing", "dirty/log/*"},
	{"dirty-once", "dirty/log/*"},
	{"dirty-extra", "dirty/log/mov"},
	{"dirty-neighbour", "dirty/log/*"},
	{"dirty-not-cleared", "dirty/clear"},
	{"read-only-ignored", "memory/read-only"},
	{"slot-stays", "memory/deleted"},
	{"slot-overlap", "memory/refused/overlap"},
	{"cpuid-not-set", "cpuid/mask/*"},
	{"cpuid-bit", "cpuid/stable"},
	{"msr-set", "msr/value/*"},
	{"msr-get", "msr/value/sysenter-cs"},
	{"msr-not-taken", "msr/value/cstar"},
	{"msr-exit-index", "msr/filter/read"},
	{"msr-not-refused", "msr/user-space/read-refused"},
	{"msr-filter", "msr/filter/read"},
	{"fpu-register", "state/fpu"},
	{"fpu-lost", "state/fpu"},
	{"xsave-register", "state/xsave"},
	{"xsave-lost", "state/moved/first-round"},
	{"nmi-mask", "interrupt/nmi"},
	{"events-error", "exception/injected/gp"},
	{"events-lost", "exception/injected/*"},
	{"lapic-priority", "state/lapic"},
	{"lapic-lost", "state/lapic"},
	{"tsc-behind", "tsc/place"},
	{"debug-status", "debug/*"},
	{"debug-lost", "debug/breakpoint/*"},
	{"debug-place", "debug/user-*"},
	{"guest-debug-lost", "debug/user-*"},
	{"not-immediate", "api/immediate-exit"},
	{"bell-value", "api/ioeventfd/*"},
	{"bell-lost", "api/ioeventfd/port"},
	{"coalesced-lost", "api/coalesced"},
	{"signal-mask-lost", "api/signal-mask"},
	{"sync-stale", "api/sync-regs"},
	{"translate", "api/translate"},
	{"internal-is-halt", "api/emulation-failure"},
};

#define PLANTED (sizeof(planted) / sizeof(planted[0]))

static size_t index_of(const char *name)
{
	for (size_t i = 0; planted_name(i); i++)
		if (!strcmp(planted_name(i), name))
			return i;
	fail_msg("there is no fault %s", name);
	return 0;
}

/* A fault that cannot show itself on this host is not caught, and has not been there. */
static void planted_faults_are_caught(void **state)
{
	unsigned missed = 0, absent = 0;

	(void)state;
	if (no_kvm())
		skip();
	watchdog_seconds = 0.25;
	for (size_t i = 0; i < PLANTED; i++) {
		size_t counts[STATUS_COUNT];
		struct check_set set;
		unsigned long hits;

		planted_insert(index_of(planted[i].fault));
		run(planted[i].checks, &set);
		hits = planted_hits();
		planted_remove();
		check_set_count(&set, counts);
		check_set_clear(&set);
		if (counts[STATUS_FAIL] + counts[STATUS_ERROR])
			continue;
		hits ? missed++ : absent++;
		if (hits)
			print_error("%s is not caught by %s\n", planted[i].fault, planted[i].checks);
	}
	watchdog_seconds = 1.0;
	assert_int_equal(missed, 0);
	/* KVMs that are older than what a fault is in may be without it. */
	assert_true(absent <= (machine.substrate == SUBSTRATE_PVM ? 0 : 3));
}

/* The table above has all of them. */
static void every_fault_has_a_check(void **state)
{
	size_t n = 0;

	(void)state;
	while (planted_name(n))
		n++;
	assert_int_equal(n, PLANTED);
	assert_true(n >= 40);
	for (size_t i = 0; i < PLANTED; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(planted[i].fault, planted[j].fault);
}

/* What a host is set to, or its clock, takes from some checks what they look at. */
static void what_the_host_lacks_is_skipped(void **state)
{
	const struct machine before = machine;
	struct check_set set;

	(void)state;
	if (no_kvm())
		skip();
	snprintf(machine.kvm_parameters, sizeof(machine.kvm_parameters), "kvm.ignore_msrs=Y");
	snprintf(machine.clocksource, sizeof(machine.clocksource), "hpet");
	run("msr/unknown", &set);
	assert_int_equal(set.verdicts[0].status, STATUS_SKIP);
	assert_non_null(strstr(set.verdicts[0].seen, "kvm.ignore_msrs=Y"));
	check_set_clear(&set);
	run("tsc/place@guest", &set);
	assert_int_equal(set.verdicts[0].status, STATUS_SKIP);
	assert_non_null(strstr(set.verdicts[0].seen, "clocksource"));
	check_set_clear(&set);
	machine = before;
	run("msr/unknown", &set);
	assert_int_equal(set.verdicts[0].status, STATUS_OK);
	check_set_clear(&set);
}

/* ---- programs of --save-repro ---- */

#define COMPILE "${CC:-cc} -std=c99 -Wall -Wextra -Werror -o repro repro.c"

/* A recording of one check into folder/repro.c, as cli/save_repro.c makes it. */
static void record(const char *folder, const char *check, struct check_set *set)
{
	const struct repro_text text = {"a", "b", "c", "d", "e", 0, NULL};
	char path[60];
	FILE *out;

	snprintf(path, sizeof(path), "%s/repro.c", folder);
	out = fopen(path, "w");
	assert_non_null(out);
	kvm_host_put_all();
	repro_begin(out, &text);
	run(check, set);
	assert_int_equal(set->n_verdicts, 1);
	kvm_host_put_all();
	repro_end(set->verdicts[0].expected, set->verdicts[0].seen);
	assert_int_equal(fclose(out), 0);
}

static int in_folder(const char *folder, const char *command)
{
	char text[500];
	int status;

	snprintf(text, sizeof(text), "cd %s && %s", folder, command);
	status = system(text);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Compiled and run; its exit status. out is what it printed. */
static int compiled_and_run(const char *folder)
{
	assert_int_equal(in_folder(folder, COMPILE), 0);
	return in_folder(folder, "timeout 20 ./repro > out");
}

static char *new_folder(char *name)
{
	strcpy(name, "/tmp/test_check.XXXXXX");
	assert_non_null(mkdtemp(name));
	return name;
}

static void remove_folder(const char *folder)
{
	char command[60];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
}

/* Where a check did not fail, the program is compared with the recording: an exit, a value. */
static void another_recording_is_not_reproduced(void **state)
{
	struct check_set set;
	char folder[30];

	(void)state;
	if (no_kvm())
		skip();
	new_folder(folder);
	record(folder, "port/string/ins/width=16@guest-user", &set);
	check_set_clear(&set);
	assert_int_equal(in_folder(folder, "grep -q 'Guest memory from 0x1000: page tables' repro.c"), 0);
	assert_int_equal(compiled_and_run(folder), 2);
	assert_int_equal(in_folder(folder, "grep -q 'is as recorded, every value as well' out"), 0);
	assert_int_equal(in_folder(folder, "sed -i 's/\\tport(2, 0, /\\tport(2, 1, /' repro.c"), 0);
	assert_int_equal(compiled_and_run(folder), 2);
	assert_int_equal(in_folder(folder, "grep -q '^not reproduced' out"), 0);
	remove_folder(folder);
}

/* Faults of each kind that an expectation can be about. */
static const struct {
	const char *fault, *check;
} recorded[] = {
	{"regs-upper", "mmio/value/load/width=8/aligned@guest"}, /* a register */
	{"regs-r15", "cpuid/registers@guest-user"},
	{"out-size", "port/value/out-dx/width=16@guest"},	 /* an exit */
	{"read-only-ignored", "memory/read-only@guest"},
	{"out-bit", "port/value/out-dx/width=8@real16"},	 /* its data */
	{"in-stale", "port/value/in-dx/width=8@guest"},
	{"vector", "exception/injected/ss@guest-user"},		 /* an exception */
	{"error-code", "exception/injected/gp@guest"},
	{"slot-overlap", "memory/refused/overlap@guest"},	 /* errno of a call */
	{"fpu-register", "state/fpu@guest"},			 /* what a call gives back */
	{"dirty-missing", "dirty/log/mov@guest"},		 /* a dirty bit */
	{"fault-effect", "privileged/ring3/hlt@guest-user"},
};

static void a_program_says_fail_where_the_fault_is(void **state)
{
	(void)state;
	if (no_kvm())
		skip();
	if (machine.substrate != SUBSTRATE_PVM) {
		print_message("# SKIP: the known faults are kvm_pvm's\n");
		skip();
	}
	for (unsigned i = 0; i < 3; i++) {
		struct check_set set;
		char folder[30];

		new_folder(folder);
		record(folder, known[i], &set);
		check_set_clear(&set);
		assert_int_equal(compiled_and_run(folder), 1);
		assert_int_equal(in_folder(folder, "grep -q '^FAIL: expected' out"), 0);
		remove_folder(folder);
	}
}

/* The fault is not in KVM: the program says that there KVM is right. */
static void a_program_says_ok_where_the_fault_is_not(void **state)
{
	(void)state;
	if (no_kvm())
		skip();
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
		struct check_set set;
		char folder[30];
		int status;

		new_folder(folder);
		planted_insert(index_of(recorded[i].fault));
		record(folder, recorded[i].check, &set);
		planted_remove();
		if (set.verdicts[0].status != STATUS_FAIL)
			fail_msg("%s is not caught by %s", recorded[i].fault, recorded[i].check);
		check_set_clear(&set);
		status = compiled_and_run(folder);
		if (status != 0 || in_folder(folder, "grep -q '^ok: expected' out"))
			fail_msg("%s, %s: exit status %d of %s", recorded[i].fault,
				 recorded[i].check, status, folder);
		remove_folder(folder);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_hold),
		cmocka_unit_test(known_faults_are_found),
		cmocka_unit_test(planted_faults_are_caught),
		cmocka_unit_test(every_fault_has_a_check),
		cmocka_unit_test(another_recording_is_not_reproduced),
		cmocka_unit_test(a_program_says_fail_where_the_fault_is),
		cmocka_unit_test(a_program_says_ok_where_the_fault_is_not),
		cmocka_unit_test(what_the_host_lacks_is_skipped),
	};
	struct err err = {0};

	machine_probe("", &machine, &err);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
