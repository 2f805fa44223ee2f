/* SPDX-License-Identifier: MIT */
#include "tests/unit/test_analysis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/profile.h"
#include "analysis/profile_diff.h"
#include "analysis/symbols.h"
#include "report/profile.h"

#define KERNEL	    0xffffffff81000000u
#define RUN	    (KERNEL + 0x000) /* kvm_arch_vcpu_ioctl_run */
#define ENTER	    (KERNEL + 0x100) /* __svm_vcpu_run */
#define HANDLE	    (KERNEL + 0x200)
#define HELPER	    (KERNEL + 0x300)
#define TAIL	    (KERNEL + 0x400)
#define THUNK	    (KERNEL + 0x500) /* __x86_return_thunk */
#define FAULT	    (KERNEL + 0x600) /* asm_exc_page_fault */
#define SYSCALL	    (KERNEL + 0x700)
#define GUEST	    0x40001000u
#define USER	    0x401000u
#define CLOCK_FIRST (GUEST + 0x10)
#define CLOCK_LAST  (GUEST + 0x80)

static const char kallsyms[] = "ffffffff81000000 t kvm_arch_vcpu_ioctl_run\t[kvm]\n"
			       "ffffffff81000100 T __svm_vcpu_run\t[kvm_amd]\n"
			       "ffffffff81000200 t handle\t[kvm]\n"
			       "ffffffff81000300 T helper\n"
			       "ffffffff81000400 W tail\n"
			       "ffffffff81000500 T __x86_return_thunk\n"
			       "ffffffff81000600 T asm_exc_page_fault\n"
			       "ffffffff81000700 T entry_SYSCALL_64\n"
			       "ffffffff81000800 d data\n"
			       "0000000000000000 A fixed_percpu_data\n";

/* A trace that is being written. */
struct script {
	struct trace_insn insns[4096];
	size_t n;
};

static void add(struct script *script, uint64_t address, enum trace_kind kind)
{
	script->insns[script->n++] =
		(struct trace_insn){.address = address, .length = 4, .kind = (uint8_t)kind};
}

/* n instructions in a row from there. */
static void flow(struct script *script, uint64_t address, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		add(script, address + 4 * i, TRACE_OTHER);
}

/* An exit that is handled in the kernel, of EXIT_WINDOW instructions and some more. */
static void exit_window(struct script *script, unsigned more)
{
	add(script, CLOCK_FIRST, TRACE_CLOCK);
	flow(script, CLOCK_FIRST + 4, 3); /* the third is intercepted */
	flow(script, ENTER + 0x20, 2);
	add(script, ENTER + 0x28, TRACE_RETURN);
	flow(script, RUN + 0x44, 2 + more);
	add(script, RUN + 0x80, TRACE_CALL);
	flow(script, HANDLE, 5);
	add(script, HANDLE + 0x14, TRACE_CALL);
	flow(script, HELPER, 3);
	add(script, HELPER + 0xc, TRACE_RETURN);
	flow(script, HANDLE + 0x18, 1);
	add(script, HANDLE + 0x1c, TRACE_RETURN);
	flow(script, RUN + 0x84, 1);
	add(script, RUN + 0x40, TRACE_CALL); /* back in the loop */
	flow(script, ENTER, 4);
	flow(script, CLOCK_LAST - 4, 1);
	add(script, CLOCK_LAST, TRACE_CLOCK);
	flow(script, CLOCK_LAST + 4, 5); /* stores the sample */
}
#define EXIT_WINDOW 29u

static void parse(struct symbols *symbols)
{
	struct err err = {0};

	assert_int_equal(symbols_parse(symbols, kallsyms, sizeof(kallsyms) - 1, &err), 0);
}

static int build(const struct script *script, uint64_t ticks, struct profile *profile,
		 struct err *err)
{
	struct trace_window window;
	struct symbols symbols;
	int ret;

	parse(&symbols);
	assert_int_equal(trace_window_choose(script->insns, script->n, &window, err), 0);
	ret = profile_build(profile, &window, &symbols, ticks, err);
	trace_window_clear(&window);
	symbols_clear(&symbols);
	return ret;
}

static uint64_t stack_insns(const struct profile *profile, const char *text)
{
	for (size_t i = 0; i < profile->n_stacks; i++)
		if (!strcmp(profile->stacks[i].text, text))
			return profile->stacks[i].insns;
	return 0;
}

static const struct profile_function *function_of(const struct profile *profile, const char *name)
{
	for (size_t i = 0; i < profile->n_functions; i++)
		if (!strcmp(profile->functions[i].name, name))
			return &profile->functions[i];
	fail_msg("no function %s", name);
	return NULL;
}

static void assert_adds_up(const struct profile *profile)
{
	uint64_t functions = 0, stacks = 0;

	for (size_t i = 0; i < profile->n_functions; i++) {
		functions += profile->functions[i].insns;
		assert_true(i == 0 ||
			    profile->functions[i - 1].insns >= profile->functions[i].insns);
	}
	for (size_t i = 0; i < profile->n_stacks; i++) {
		stacks += profile->stacks[i].insns;
		assert_true(i == 0 ||
			    strcmp(profile->stacks[i - 1].text, profile->stacks[i].text) < 0);
	}
	assert_int_equal(functions, profile->total_insns);
	assert_int_equal(stacks, profile->total_insns);
	assert_int_equal(profile->guest_insns + profile->kernel_insns + profile->user_insns,
			 profile->total_insns);
}

static void build_exits(struct profile *profile, uint64_t ticks)
{
	struct script script = {0};
	struct err err = {0};

	for (int i = 0; i < 4; i++)
		exit_window(&script, 0);
	assert_int_equal(build(&script, ticks, profile, &err), 0);
	assert_adds_up(profile);
}

static void everything_adds_up_to_the_clock(void **state)
{
	struct profile profile = {0};

	(void)state;
	build_exits(&profile, EXIT_WINDOW);
	assert_int_equal(profile.total_insns, EXIT_WINDOW);
	assert_int_equal(profile.guest_insns, 5);
	assert_int_equal(profile.user_insns, 0);
	assert_int_equal(profile.uncounted_insns, 0);
	assert_int_equal(profile.windows, 4);
	assert_int_equal(profile.windows_equal, 4);
	profile_clear(&profile);
	profile_clear(&profile);
}

static void an_intercepted_instruction_may_be_uncounted(void **state)
{
	struct profile profile = {0};

	(void)state;
	build_exits(&profile, EXIT_WINDOW - 1);
	assert_int_equal(profile.total_insns, EXIT_WINDOW - 1);
	assert_int_equal(profile.uncounted_insns, 1);
	assert_int_equal(profile.guest_insns, 4);
	profile_clear(&profile);
}

static void a_clock_that_disagrees_is_refused(void **state)
{
	static const uint64_t wrong[] = {0, EXIT_WINDOW - 2, EXIT_WINDOW + 1, UINT64_MAX};
	struct profile profile = {0};
	struct script script = {0};

	(void)state;
	exit_window(&script, 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err err = {0};

		assert_int_equal(build(&script, wrong[i], &profile, &err), -ERANGE);
		assert_non_null(strstr(err.text, "undisturbed"));
		assert_int_equal(profile.n_functions, 0);
	}
}

static void calls_and_callers_are_rebuilt(void **state)
{
	struct profile profile = {0};

	(void)state;
	build_exits(&profile, EXIT_WINDOW);
	assert_int_equal(stack_insns(&profile, "kvm`kvm_arch_vcpu_ioctl_run"), 5);
	assert_int_equal(stack_insns(&profile, "kvm`kvm_arch_vcpu_ioctl_run;kvm`handle"), 8);
	assert_int_equal(
		stack_insns(&profile, "kvm`kvm_arch_vcpu_ioctl_run;kvm`handle;vmlinux`helper"), 4);
	/* What runs behind the exit stands where it was called before the entry. */
	assert_int_equal(
		stack_insns(&profile, "kvm`kvm_arch_vcpu_ioctl_run;kvm_amd`__svm_vcpu_run"), 7);
	assert_int_equal(stack_insns(&profile, "guest"), 5);
	assert_int_equal(function_of(&profile, "helper")->calls, 1);
	assert_int_equal(function_of(&profile, "__svm_vcpu_run")->calls, 1);
	assert_int_equal(function_of(&profile, "kvm_arch_vcpu_ioctl_run")->calls, 0);
	assert_int_equal(function_of(&profile, "guest")->calls, 1);
	profile_clear(&profile);
}

/* The kernel's part of a window is up to the test; the guest's is 1 before and 1 behind it. */
static void window_around(struct script *script, const struct script *kernel)
{
	add(script, CLOCK_FIRST, TRACE_CLOCK);
	flow(script, CLOCK_FIRST + 4, 1);
	memcpy(&script->insns[script->n], kernel->insns, kernel->n * sizeof(kernel->insns[0]));
	script->n += kernel->n;
	add(script, CLOCK_LAST, TRACE_CLOCK);
}

static void build_around(struct profile *profile, const struct script *kernel)
{
	struct script script = {0};
	struct err err = {0};

	window_around(&script, kernel);
	window_around(&script, kernel);
	assert_int_equal(build(&script, kernel->n + 2, profile, &err), 0);
	assert_adds_up(profile);
}

static void a_tail_call_takes_the_place_of_its_caller(void **state)
{
	struct script kernel = {0};
	struct profile profile = {0};

	(void)state;
	add(&kernel, RUN + 0x80, TRACE_CALL);
	flow(&kernel, HANDLE, 2); /* then jumps */
	flow(&kernel, TAIL, 3);
	add(&kernel, TAIL + 0xc, TRACE_RETURN);
	flow(&kernel, RUN + 0x84, 2);
	build_around(&profile, &kernel);
	assert_int_equal(stack_insns(&profile, "kvm`kvm_arch_vcpu_ioctl_run;kvm`handle"), 2);
	assert_int_equal(stack_insns(&profile, "kvm`kvm_arch_vcpu_ioctl_run;vmlinux`tail"), 4);
	assert_int_equal(stack_insns(&profile, "kvm`kvm_arch_vcpu_ioctl_run"), 3);
	assert_int_equal(function_of(&profile, "tail")->calls, 1);
	profile_clear(&profile);
}

static void a_return_thunk_returns(void **state)
{
	struct script kernel = {0};
	struct profile profile = {0};

	(void)state;
	add(&kernel, RUN + 0x80, TRACE_CALL);
	flow(&kernel, HANDLE, 1);
	add(&kernel, HANDLE + 4, TRACE_CALL);
	flow(&kernel, HELPER, 2); /* jumps to the thunk, which itself ends in a jump */
	flow(&kernel, THUNK, 1);
	flow(&kernel, HANDLE + 8, 2);
	flow(&kernel, THUNK, 1);
	flow(&kernel, RUN + 0x84, 2);
	build_around(&profile, &kernel);
	assert_int_equal(stack_insns(&profile, "kvm`kvm_arch_vcpu_ioctl_run"), 3);
	assert_int_equal(stack_insns(&profile, "kvm`kvm_arch_vcpu_ioctl_run;kvm`handle"), 4);
	assert_int_equal(
		stack_insns(&profile,
			    "kvm`kvm_arch_vcpu_ioctl_run;kvm`handle;vmlinux`__x86_return_thunk"),
		1);
	assert_int_equal(
		stack_insns(&profile, "kvm`kvm_arch_vcpu_ioctl_run;vmlinux`__x86_return_thunk"), 1);
	profile_clear(&profile);
}

static void a_fault_goes_back_to_what_faulted(void **state)
{
	struct script kernel = {0}, script = {0};
	struct profile profile = {0};
	struct err err = {0};

	(void)state;
	flow(&kernel, RUN + 0x40, 2); /* the second faults */
	flow(&kernel, FAULT, 3);
	flow(&kernel, RUN + 0x44, 2);
	build_around(&profile, &kernel);
	assert_int_equal(stack_insns(&profile, "kvm`kvm_arch_vcpu_ioctl_run"), 4);
	assert_int_equal(
		stack_insns(&profile, "kvm`kvm_arch_vcpu_ioctl_run;vmlinux`asm_exc_page_fault"), 3);
	profile_clear(&profile);
	/* Where the clock counts neither it nor the intercepted one, each is left out once. */
	window_around(&script, &kernel);
	window_around(&script, &kernel);
	assert_int_equal(build(&script, kernel.n, &profile, &err), 0);
	assert_adds_up(&profile);
	assert_int_equal(profile.uncounted_insns, 2);
	assert_int_equal(profile.guest_insns, 1);
	assert_int_equal(stack_insns(&profile, "kvm`kvm_arch_vcpu_ioctl_run"), 3);
	profile_clear(&profile);
}

static void user_space_ends_the_kernels_stack(void **state)
{
	struct script kernel = {0};
	struct profile profile = {0};

	(void)state;
	flow(&kernel, RUN + 0x40, 2);
	flow(&kernel, USER, 7);
	flow(&kernel, SYSCALL, 2);
	add(&kernel, SYSCALL + 8, TRACE_CALL);
	flow(&kernel, RUN, 3);
	build_around(&profile, &kernel);
	assert_int_equal(profile.user_insns, 7);
	assert_int_equal(stack_insns(&profile, "exitlab"), 7);
	assert_int_equal(stack_insns(&profile, "vmlinux`entry_SYSCALL_64"), 3);
	/* The exit is seen where the last entry into the guest left the stack. */
	assert_int_equal(
		stack_insns(&profile, "vmlinux`entry_SYSCALL_64;kvm`kvm_arch_vcpu_ioctl_run"), 5);
	assert_int_equal(function_of(&profile, "exitlab")->calls, 1);
	assert_int_equal(function_of(&profile, "kvm_arch_vcpu_ioctl_run")->calls, 1);
	profile_clear(&profile);
}

static void returning_to_an_unknown_caller_starts_anew(void **state)
{
	struct script kernel = {0};
	struct profile profile = {0};

	(void)state;
	flow(&kernel, HELPER + 0x40, 2);
	add(&kernel, HELPER + 0x48, TRACE_RETURN);
	flow(&kernel, HANDLE + 0x40, 2);
	build_around(&profile, &kernel);
	assert_int_equal(stack_insns(&profile, "vmlinux`helper"), 3);
	assert_int_equal(stack_insns(&profile, "kvm`handle"), 2);
	profile_clear(&profile);
}

/* ---- windows ---- */

static void disturbed_windows_are_not_chosen(void **state)
{
	struct script script = {0};
	struct trace_window window;
	struct err err = {0};

	(void)state;
	exit_window(&script, 9);
	exit_window(&script, 0);
	exit_window(&script, 0);
	exit_window(&script, 9);
	exit_window(&script, 0);
	assert_int_equal(trace_window_choose(script.insns, script.n, &window, &err), 0);
	assert_int_equal(window.n, EXIT_WINDOW);
	assert_int_equal(window.windows, 5);
	assert_int_equal(window.at_length, 3);
	assert_int_equal(window.equal, 3);
	assert_int_equal(window.sequences, 1);
	assert_true(window.insns[0].address == CLOCK_FIRST + 4);
	assert_true(window.insns[window.n - 1].address == CLOCK_LAST);
	trace_window_clear(&window);
	trace_window_clear(&window);
}

static void of_several_sequences_the_most_frequent(void **state)
{
	struct script script = {0};
	struct trace_window window;
	struct err err = {0};

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		size_t start = script.n;

		exit_window(&script, 0);
		if (i == 0 || i == 3)
			script.insns[start + 6].address += 0x40 + i;
	}
	assert_int_equal(trace_window_choose(script.insns, script.n, &window, &err), 0);
	assert_int_equal(window.at_length, 5);
	assert_int_equal(window.equal, 3);
	assert_int_equal(window.sequences, 3);
	trace_window_clear(&window);
}

static void of_lengths_as_frequent_the_shortest(void **state)
{
	struct script script = {0};
	struct trace_window window;
	struct err err = {0};

	(void)state;
	exit_window(&script, 2);
	exit_window(&script, 0);
	assert_int_equal(trace_window_choose(script.insns, script.n, &window, &err), 0);
	assert_int_equal(window.n, EXIT_WINDOW);
	trace_window_clear(&window);
}

/*
 * An operation that reads the clock, and an interrupt handler at a lower address; the host reads it
 * as well, and so does this program.
 */
static void readings_inside_a_window_do_not_end_it(void **state)
{
	struct script script = {0};
	struct profile profile = {0};
	struct err err = {0};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		add(&script, CLOCK_FIRST, TRACE_CLOCK);
		flow(&script, CLOCK_FIRST + 4, 2);
		add(&script, CLOCK_FIRST + 0x20, TRACE_CLOCK);
		add(&script, GUEST, TRACE_CLOCK);
		add(&script, CLOCK_LAST, TRACE_CLOCK);
		add(&script, HELPER + 0x10, TRACE_CLOCK);
		add(&script, USER, TRACE_CLOCK);
	}
	assert_int_equal(build(&script, 5, &profile, &err), 0);
	assert_adds_up(&profile);
	assert_int_equal(profile.guest_insns, 5);
	assert_int_equal(profile.windows, 3);
	profile_clear(&profile);
}

static void a_series_without_a_pair_has_no_window(void **state)
{
	struct script script = {0};
	struct trace_window window;
	struct err err = {0};

	(void)state;
	assert_int_equal(trace_window_choose(NULL, 0, &window, &err), -ENOENT);
	add(&script, CLOCK_FIRST, TRACE_CLOCK);
	flow(&script, HELPER, 10);
	assert_int_equal(trace_window_choose(script.insns, script.n, &window, &err), -ENOENT);
	assert_non_null(strstr(err.text, "clock"));
	assert_null(window.insns);
}

/* ---- symbols ---- */

static const struct symbol *find(const struct symbols *symbols, uint64_t address)
{
	const struct symbol *symbol = symbols_find(symbols, address);

	assert_non_null(symbol);
	return symbol;
}

static void symbols_are_found_by_address(void **state)
{
	struct symbols symbols;

	(void)state;
	parse(&symbols);
	assert_int_equal(symbols.n, 8);
	assert_null(symbols_find(&symbols, KERNEL - 1));
	assert_string_equal(find(&symbols, RUN)->name, "kvm_arch_vcpu_ioctl_run");
	assert_string_equal(find(&symbols, ENTER - 1)->module, "kvm");
	assert_string_equal(find(&symbols, ENTER)->module, "kvm_amd");
	assert_string_equal(find(&symbols, HELPER + 4)->module, "vmlinux");
	assert_string_equal(find(&symbols, UINT64_MAX)->name, "entry_SYSCALL_64");
	symbols_clear(&symbols);
	symbols_clear(&symbols);
}

static void of_aliases_the_plainest_is_used(void **state)
{
	static const char *const orders[] = {
		"ffffffff81000000 T __longer\nffffffff81000000 T plain_b\n"
		"ffffffff81000000 t plain_a\nffffffff81000000 T .dot\nffffffff81000000 T "
		"longer_one\n",
		"ffffffff81000000 T longer_one\nffffffff81000000 t plain_a\n"
		"ffffffff81000000 T .dot\nffffffff81000000 T plain_b\nffffffff81000000 T __longer",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct symbols symbols;
		struct err err = {0};

		assert_int_equal(symbols_parse(&symbols, orders[i], strlen(orders[i]), &err), 0);
		assert_int_equal(symbols.n, 1);
		assert_string_equal(find(&symbols, KERNEL)->name, "plain_a");
		symbols_clear(&symbols);
	}
}

static void bad_kallsyms_are_refused(void **state)
{
	static const struct {
		const char *text;
		int ret;
		const char *says;
	} cases[] = {
		{"", -EPROTO, "no function"},
		{"ffffffff81000000 T a\n\nnonsense\n", -EPROTO, "line 3"},
		{"ffffffff81000000 T\n", -EPROTO, "line 1"},
		{"ffffffff8100000g T a\n", -EPROTO, "line 1"},
		{"0ffffffff81000000 T a\n", -EPROTO, "line 1"},
		{"ffffffff81000000 TT a\n", -EPROTO, "line 1"},
		{"ffffffff81000000 T a\tkvm\n", -EPROTO, "line 1"},
		{"ffffffff81000000 T a\t[]\n", -EPROTO, "line 1"},
		{"   \n", -EPROTO, "line 1"},
		{"ffffffff81000000 D a\n", -EPROTO, "no function"},
		{"0000000000000000 T a\n0000000000000000 T b\n", -EPERM, "kptr_restrict"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct symbols symbols;
		struct err err = {0};

		assert_int_equal(
			symbols_parse(&symbols, cases[i].text, strlen(cases[i].text), &err),
			cases[i].ret);
		assert_non_null(strstr(err.text, cases[i].says));
		assert_int_equal(symbols.n, 0);
		assert_null(symbols.text);
	}
}

static void addresses_tell_who_executes(void **state)
{
	(void)state;
	assert_int_equal(trace_region(0x10000), TRACE_GUEST);
	assert_int_equal(trace_region(0x3fffff), TRACE_GUEST);
	assert_int_equal(trace_region(0x400000), TRACE_USER);
	assert_int_equal(trace_region(0x3fffffff), TRACE_USER);
	assert_int_equal(trace_region(0x40000000), TRACE_GUEST);
	assert_int_equal(trace_region(0x41000000), TRACE_USER);
	assert_int_equal(trace_region(0x7fffffffffff), TRACE_USER);
	assert_int_equal(trace_region(KERNEL), TRACE_KERNEL);
}

/* ---- comparing ---- */

static struct profile profile_of(const struct profile_function *functions, size_t n)
{
	struct profile profile = {.environment = "guest", .benchmark = "exit/cpuid"};

	profile.functions = calloc(n, sizeof(*functions));
	assert_non_null(profile.functions);
	profile.n_functions = n;
	for (size_t i = 0; i < n; i++) {
		profile.functions[i] = functions[i];
		profile.functions[i].name = strdup(functions[i].name);
		profile.functions[i].module = strdup(functions[i].module);
		profile.total_insns += functions[i].insns;
	}
	return profile;
}

static const struct profile_change *change_named(const struct profile_diff *diff, const char *name)
{
	for (size_t i = 0; i < diff->n_changes; i++)
		if (!strcmp(diff->changes[i].name, name))
			return &diff->changes[i];
	fail_msg("no change of %s", name);
	return NULL;
}

static void make_two(struct profile *before, struct profile *after)
{
	static const struct profile_function old[] = {
		{"kvm_arch_vcpu_ioctl_run", "kvm", 165, 0},
		{"gone.part.0", "kvm", 30, 1},
		{"same.isra.0", "kvm", 20, 1},
		{"copy_user_generic_string", "vmlinux", 9, 1},
		{"vcpu_run", "other", 5, 1},
		{"odd.name", "kvm", 4, 1},
	};
	static const struct profile_function new[] = {
		{"vcpu_run", "kvm", 120, 1},
		{"kvm_arch_vcpu_ioctl_run", "kvm", 40, 1},
		{"same.constprop.0.isra.0", "kvm", 12, 1},
		{"same.cold", "kvm", 8, 1},
		{"rep_movs_alternative", "vmlinux", 15, 1},
		{"fresh", "vmlinux", 60, 2},
	};

	*before = profile_of(old, sizeof(old) / sizeof(old[0]));
	*after = profile_of(new, sizeof(new) / sizeof(new[0]));
}

static void changes_add_up_and_are_grouped(void **state)
{
	struct profile before, after;
	struct profile_diff diff;
	struct err err = {0};
	int64_t sum = 0;

	(void)state;
	make_two(&before, &after);
	assert_int_equal(profile_diff(&before, &after, &diff, &err), 0);
	for (size_t i = 0; i < diff.n_changes; i++) {
		sum += diff.changes[i].delta;
		assert_true(i == 0 ||
			    llabs(diff.changes[i - 1].delta) >= llabs(diff.changes[i].delta));
	}
	assert_int_equal(sum, (int64_t)after.total_insns - (int64_t)before.total_insns);
	assert_int_equal(change_named(&diff, "kvm_arch_vcpu_ioctl_run+vcpu_run")->delta, -5);
	assert_int_equal(change_named(&diff, "copy_user")->delta, 6);
	assert_int_equal(change_named(&diff, "same")->delta, 0);
	assert_int_equal(change_named(&diff, "gone")->delta, -30);
	assert_int_equal(change_named(&diff, "vcpu_run")->before, 5);
	assert_int_equal(change_named(&diff, "odd.name")->delta, -4);
	assert_string_equal(diff.changes[0].name, "fresh");
	assert_int_equal(diff.n_changes, 7);
	profile_diff_clear(&diff);
	profile_diff_clear(&diff);
	profile_clear(&before);
	profile_clear(&after);
}

/* ---- report ---- */

#define WRITE(text, call)                                    \
	do {                                                 \
		size_t size_;                                \
		FILE *out = open_memstream(&(text), &size_); \
                                                             \
		assert_non_null(out);                        \
		assert_int_equal(call, 0);                   \
		assert_int_equal(fclose(out), 0);            \
	} while (0)

static void assert_narrow(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		assert_true(n <= 100);
		text += n + (text[n] == '\n');
	}
}

/* Wrapped text as one line. */
static void unwrap(char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			*text = ' ';
}

static void name_it(struct profile *profile)
{
	strcpy(profile->benchmark, "exit/cpuid");
	strcpy(profile->parameters, "leaf=0x1");
	strcpy(profile->environment, "guest");
	profile->substrate = SUBSTRATE_SVM;
}

static void the_table_shows_all_parts(void **state)
{
	struct profile profile = {0};
	struct err err = {0};
	char *text = NULL;

	(void)state;
	build_exits(&profile, EXIT_WINDOW - 1);
	name_it(&profile);
	WRITE(text, profile_write(out, &profile, 0, &err));
	assert_narrow(text);
	unwrap(text);
	assert_non_null(
		strstr(text, "exit/cpuid leaf=0x1 in guest, substrate svm: 28 instructions"));
	assert_non_null(strstr(text, "guest 4, kernel 24, user space 0"));
	assert_non_null(strstr(text, "By module: kvm 13, kvm_amd 7, guest 4, vmlinux 4."));
	assert_non_null(strstr(text, "4 of 4 traced operations"));
	assert_non_null(strstr(text, "stands 1 that the host intercepted"));
	assert_non_null(strstr(text, "28.6%"));
	free(text);
	profile_clear(&profile);
}

static void folded_lines_add_up(void **state)
{
	struct profile profile = {0};
	struct err err = {0};
	char *text = NULL, *rest, *line;
	uint64_t sum = 0;

	(void)state;
	build_exits(&profile, EXIT_WINDOW);
	WRITE(text, profile_write_folded(out, &profile, &err));
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL && *line)
		sum += strtoull(strrchr(line, ' '), NULL, 10);
	assert_int_equal(sum, EXIT_WINDOW);
	free(text);
	profile_clear(&profile);
}

static void the_comparison_shows_what_changed(void **state)
{
	struct profile before, after;
	struct err err = {0};
	char *text = NULL;

	(void)state;
	make_two(&before, &after);
	WRITE(text, profile_write_diff(out, &before, "Linux 6.1", &after, "Linux 6.12", 0, &err));
	assert_narrow(text);
	unwrap(text);
	assert_non_null(strstr(text, "233 instructions before (Linux 6.1), 255 after (Linux 6.12): "
				     "+22 "));
	assert_non_null(strstr(text, "+60"));
	assert_null(strstr(text, "same"));
	assert_non_null(strstr(text, "Unchanged: 1 function."));
	free(text);
	profile_clear(&before);
	profile_clear(&after);
}

static void a_record_reads_back_the_same(void **state)
{
	struct profile profile = {0}, back;
	struct err err = {0};
	json_t *record, *again;

	(void)state;
	build_exits(&profile, EXIT_WINDOW - 1);
	name_it(&profile);
	record = profile_to_json(&profile);
	assert_non_null(record);
	assert_string_equal(json_string_value(json_object_get(record, "type")), "profile");
	assert_int_equal(profile_from_json(record, &back, &err), 0);
	assert_adds_up(&back);
	again = profile_to_json(&back);
	assert_true(json_equal(record, again));
	json_decref(record);
	json_decref(again);
	profile_clear(&profile);
	profile_clear(&back);
}

static void a_count_that_no_reader_holds_is_not_written(void **state)
{
	struct profile profile = {.total_insns = UINT64_MAX};

	(void)state;
	assert_null(profile_to_json(&profile));
}

static const char record_text[] =
	"{'type':'profile','schema_version':1,'benchmark':'exit/cpuid','parameters':'',"
	"'environment':'guest','substrate':'svm','total_insns':10,'guest_insns':3,"
	"'kernel_insns':6,'user_insns':1,'uncounted_insns':1,'windows':16,'windows_equal':15,"
	"'functions':[{'name':'f','module':'kvm','insns':9,'calls':1},"
	"{'name':'g','module':'kvm','insns':1,'calls':0}],'stacks':[['kvm`f',10]]}";

/* The record with the first from in it replaced. */
static json_t *record_with(const char *from, const char *to)
{
	char text[2048];
	const char *at = strstr(record_text, from);
	json_error_t why;
	json_t *record;

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - record_text), record_text, to,
		 at + strlen(from));
	for (char *quote = text; *quote; quote++)
		if (*quote == '\'')
			*quote = '"';
	record = json_loads(text, 0, &why);
	assert_non_null(record);
	return record;
}

static void hostile_records_are_refused_by_name(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} cases[] = {
		{"'benchmark':'exit/cpuid',", "", "\"benchmark\" is missing"},
		{"'exit/cpuid'", "7", "\"benchmark\" is not text"},
		{"'exit/cpuid'", "'exit\\u001b[31m'", "\"benchmark\" has a control"},
		{"'guest','sub", "'an environment that is much too long','sub",
		 "\"environment\" is too long"},
		{"'svm'", "null", "\"substrate\" is not text"},
		{"'total_insns':10", "'total_insns':-1", "\"total_insns\" is not a non-neg"},
		{"'total_insns':10", "'total_insns':10.0", "\"total_insns\" is not a non-neg"},
		{"'total_insns':10", "'total_insns':11", "\"total_insns\" is not the sum"},
		{"'guest_insns':3", "'guest_insns':9223372036854775807", "is not the sum"},
		{"'user_insns':1,", "", "\"user_insns\" is missing"},
		{"'windows':16", "'windows':4294967296", "\"windows\" is too large"},
		{"'windows':16", "'windows':14", "\"windows_equal\" is more"},
		{"'functions':[", "'x':[", "\"functions\" is missing"},
		{"[{'name':'f',", "[3,{'name':'f',", "\"functions\" holds what is not an object"},
		{"'name':'f'", "'name':''", "\"name\" is empty"},
		{"'name':'f'", "'name':['f']", "\"name\" is not text"},
		{"'module':'kvm','insns':9", "'insns':9", "\"module\" is missing"},
		{"'insns':9", "'insns':9223372036854775807", "\"insns\" is too large"},
		{"'insns':9", "'insns':8", "\"functions\" does not add up"},
		{"'calls':1", "'calls':'1'", "\"calls\" is not a non-neg"},
		{"'stacks':[['kvm`f',10]]", "'stacks':{}", "\"stacks\" is not an array"},
		{"['kvm`f',10]", "['kvm`f']", "\"stacks\" holds what is not"},
		{"['kvm`f',10]", "['kvm`f\\n',10]", "\"stacks\" has a control"},
		{"['kvm`f',10]", "['kvm`f',9]", "\"stacks\" does not add up"},
		{"['kvm`f',10]", "['kvm`f',10],['a',1]", "\"stacks\" is too large"},
	};
	struct profile profile;
	json_t *record = record_with("'svm'", "'vmx'"), *text = json_string("profile");
	struct err err = {0};

	(void)state;
	assert_int_equal(profile_from_json(record, &profile, &err), 0);
	assert_int_equal(profile.substrate, SUBSTRATE_VMX);
	profile_clear(&profile);
	json_decref(record);
	assert_int_equal(profile_from_json(NULL, &profile, &err), -EPROTO);
	assert_int_equal(profile_from_json(text, &profile, &err), -EPROTO);
	json_decref(text);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		record = record_with(cases[i].from, cases[i].to);
		memset(&err, 0, sizeof(err));
		assert_int_equal(profile_from_json(record, &profile, &err), -EPROTO);
		if (!strstr(err.text, cases[i].says))
			fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].says);
		assert_int_equal(profile.n_functions, 0);
		assert_null(profile.functions);
		json_decref(record);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_adds_up_to_the_clock),
		cmocka_unit_test(an_intercepted_instruction_may_be_uncounted),
		cmocka_unit_test(a_clock_that_disagrees_is_refused),
		cmocka_unit_test(calls_and_callers_are_rebuilt),
		cmocka_unit_test(a_tail_call_takes_the_place_of_its_caller),
		cmocka_unit_test(a_return_thunk_returns),
		cmocka_unit_test(a_fault_goes_back_to_what_faulted),
		cmocka_unit_test(user_space_ends_the_kernels_stack),
		cmocka_unit_test(returning_to_an_unknown_caller_starts_anew),
		cmocka_unit_test(disturbed_windows_are_not_chosen),
		cmocka_unit_test(of_several_sequences_the_most_frequent),
		cmocka_unit_test(of_lengths_as_frequent_the_shortest),
		cmocka_unit_test(readings_inside_a_window_do_not_end_it),
		cmocka_unit_test(a_series_without_a_pair_has_no_window),
		cmocka_unit_test(symbols_are_found_by_address),
		cmocka_unit_test(of_aliases_the_plainest_is_used),
		cmocka_unit_test(bad_kallsyms_are_refused),
		cmocka_unit_test(addresses_tell_who_executes),
		cmocka_unit_test(changes_add_up_and_are_grouped),
		cmocka_unit_test(the_table_shows_all_parts),
		cmocka_unit_test(folded_lines_add_up),
		cmocka_unit_test(the_comparison_shows_what_changed),
		cmocka_unit_test(a_record_reads_back_the_same),
		cmocka_unit_test(a_count_that_no_reader_holds_is_not_written),
		cmocka_unit_test(hostile_records_are_refused_by_name),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
