/* SPDX-License-Identifier: MIT */
/* What pictures of exits and of their structure are drawn from. Nothing is drawn here. */
#include "tests/unit/plot_fixture.h"

#include "analysis/anatomy.h"
#include "analysis/legs.h"
#include "analysis/profile.h"
#include "report/trace.h"

/* ---- exits ----------------------------------------------------------------------------------- */

static struct result *classified(struct result_set *set, const char *benchmark,
				 const char *environment, const char *verdict, const char *note)
{
	struct result *result = add(set, benchmark, "", environment, 10);

	result->outcome.known = true;
	COPY(result->outcome.verdict, verdict);
	COPY(result->outcome.note, note);
	return result;
}

static void matrix(void **state)
{
	struct result_set set = {0};
	char *text;

	(void)state;
	fixture_run(&set.run);
	classified(&set, "sensitive/popf", "native", "silently ignored",
		   "asked IF=0 IOPL=3, got IF=1 IOPL=0; twice");
	classified(&set, "sensitive/pushf", "guest", "guest state", "");
	classified(&set, "exit/cpuid", "prot32", "executes", "");
	fixture_status(fixture_add(&set, "sensitive/popf", "", "guest"), STATUS_KNOWN,
		       "it does not know POPF (docs); seen: internal error");
	fixture_status(fixture_add(&set, "sensitive/pushf", "", "native"), STATUS_SKIP,
		       "needs another CPU");
	text = written_of("matrix", &set);
	/* No column without a sensitive instruction. */
	fixture_assert_has(text, "# columns: 2\n");
	fixture_assert_has(text, "\npopf\t0\tnative\t0\tsilently\tsilently ignored\tgot IF=1 "
				 "IOPL=0\tnative (L1), ring 3\n");
	fixture_assert_has(text, "\npopf\t0\tguest\t1\tknown fault\tknown fault\tseen: internal "
				 "error\tguest, ring 0\n");
	fixture_assert_has(
		text,
		"\npushf\t1\tnative\t0\tnot measured\tskipped\t\xc2\xa0\tnative (L1), ring 3\n");
	fixture_assert_has(
		text, "\npushf\t1\tguest\t1\tas it should\tguest state\t\xc2\xa0\tguest, ring 0\n");
	free(text);
	text = written("matrix", &(const struct plot_input){.sets = &set,
							    .n_sets = 1,
							    .operation = "*/pushf",
							    .environment = "guest"});
	fixture_assert_has(text, "# columns: 1\n");
	fixture_assert_has(text, "\npushf\t0\tguest\t0\t");
	fixture_assert_lacks(text, "\npopf");
	free(text);
	assert_null(written("matrix", &(const struct plot_input){
					      .sets = &set, .n_sets = 1, .environment = "real16"}));
	result_set_clear(&set);
}

/* A hypervisor of tomorrow has more of them than a page. */
static void matrix_of_many(void **state)
{
	struct result_set set = {0};
	char *text;

	(void)state;
	fixture_run(&set.run);
	for (int i = 0; i < 35; i++) {
		char name[40];

		snprintf(name, sizeof(name), "sensitive/i%d", i);
		classified(&set, name, "guest", i == 31 ? "melts" : "executes", "");
	}
	text = written_of("matrix", &set);
	fixture_assert_has(text, "; 3 more, in the table of the run, are left out\n");
	fixture_assert_has(text, "\ni31\t31\tguest\t0\tother\tmelts\t");
	fixture_assert_lacks(text, "\ni32\t");
	free(text);
	result_set_clear(&set);
}

static struct profile *give_profile(struct result *result)
{
	static const struct profile_stack stacks[] = {
		{(char *)"guest", 10},		{(char *)"kvm`a", 20},
		{(char *)"kvm`a;kvm`b", 30},	{(char *)"kvm`a;kvm`b;vmlinux`c", 5},
		{(char *)"kvm`a;vmlinux`d", 7},
	};
	struct profile *profile = calloc(1, sizeof(*profile));

	profile->total_insns = 72;
	profile->guest_insns = 10;
	profile->kernel_insns = 62;
	profile->leg_insns[LEG_GUEST] = 10;
	profile->leg_insns[LEG_HANDLER] = 62;
	profile->n_stacks = sizeof(stacks) / sizeof(stacks[0]);
	profile->stacks = calloc(profile->n_stacks, sizeof(*profile->stacks));
	for (size_t i = 0; i < profile->n_stacks; i++)
		profile->stacks[i] =
			(struct profile_stack){strdup(stacks[i].text), stacks[i].insns};
	result->profile = profile;
	return profile;
}

static void profiles(void **state)
{
	struct result_set set = {0};
	char *text;

	(void)state;
	fixture_run(&set.run);
	give_profile(add(&set, "exit/cpuid", "leaf=0x0", "guest", 72));
	text = written_of("anatomy", &set);
	/* The legs add up, one behind the other. */
	fixture_assert_has(
		text,
		"# method: every instruction of one operation belongs to one leg; what the twin "
		"executes as well is not taken off\n");
	fixture_assert_has(text, "exit/cpuid leaf=0x0, guest\t0\tthe guest itself\t0\t0\t10\n");
	fixture_assert_has(text, "exit/cpuid leaf=0x0, guest\t0\tKVM's handler\t3\t10\t72\n");
	free(text);
	text = written_of("flame", &set);
	fixture_assert_has(text, "# total: 72\n");
	fixture_assert_has(text, "# depth: 3\n");
	/* A function is as wide as it and all that it calls, and begins where its first stack does.
	 */
	fixture_assert_has(text, "a\tkvm\t0\t10\t62\n");
	fixture_assert_has(text, "b\tkvm\t1\t30\t35\n");
	fixture_assert_has(text, "c\tvmlinux\t2\t60\t5\n");
	fixture_assert_has(text, "d\tvmlinux\t1\t65\t7\n");
	/* By the innermost function: 10, 20 + 30, 5 + 7 of 72. */
	fixture_assert_has(text,
			   "# method: 72 instructions, each in the function that executed it; "
			   "calls go upwards; "
			   "the guest 13.9%, KVM's modules 69.4%, the rest of the kernel 16.7%\n");
	free(text);
	result_set_clear(&set);
}

/* Which others there are is said, and what is asked for in vain. Without a choice it is one that
 * exits. */
static void flames_to_choose_from(void **state)
{
	struct result_set set = {0};
	char *text;

	(void)state;
	fixture_run(&set.run);
	give_profile(add(&set, "base/loop", "", "guest", 72))->kernel_insns = 0;
	give_profile(add(&set, "exit/cpuid", "leaf=0x0", "guest", 72));
	give_profile(add(&set, "exit/cpuid", "leaf=0x1", "guest", 72));
	for (int i = 0; i < 9; i++) {
		char name[40];

		snprintf(name, sizeof(name), "exit/n%d", i);
		give_profile(add(&set, name, "", "guest", 72));
	}
	text = written_of("flame", &set);
	fixture_assert_has(
		text, "# title: Where the instructions go: exit/cpuid leaf=0x0, guest, ring 0\n");
	fixture_assert_has(text, "; others by --operation: base/loop, exit/n0, exit/n1, exit/n2, "
				 "exit/n3, exit/n4, exit/n5, exit/n6 and 2 more\n");
	free(text);
	text = written("flame", &(const struct plot_input){
					.sets = &set, .n_sets = 1, .operation = "exit/n8"});
	fixture_assert_has(text, "# title: Where the instructions go: exit/n8, guest, ring 0\n");
	fixture_assert_lacks(text, "others");
	free(text);
	assert_null(written("flame", &(const struct plot_input){
					     .sets = &set, .n_sets = 1, .operation = "exit/hlt"}));
	fixture_assert_has(err.text, "of this file were base/loop, exit/cpuid, exit/n0");
	result_set_clear(&set);
}

static struct anatomy *give_anatomy(struct result *result, double in_guest, double in_kvm)
{
	struct anatomy *anatomy = calloc(1, sizeof(*anatomy));

	anatomy->n_legs = 3;
	anatomy->legs[0] =
		(struct anatomy_leg){.from = MARK_GUEST, .to = MARK_EXIT, .mean = in_guest};
	anatomy->legs[1] =
		(struct anatomy_leg){.from = MARK_EXIT, .to = MARK_ENTRY, .mean = in_kvm};
	/* What observing costs may be more than a leg: it is none then. */
	anatomy->legs[2] = (struct anatomy_leg){.from = MARK_ENTRY, .to = MARK_GUEST, .mean = -1};
	anatomy->batches = 90;
	result->anatomy = anatomy;
	return anatomy;
}

static void timed_legs(void **state)
{
	struct result_set set = {0};
	struct anatomy *anatomy;
	char *text;

	(void)state;
	fixture_run(&set.run);
	give_anatomy(add(&set, "exit/cpuid", "leaf=0x0", "real16", 100), 1, 2);
	give_anatomy(add(&set, "exit/cpuid", "leaf=0x0", "guest", 100), 40, 60);
	anatomy = give_anatomy(add(&set, "exit/hlt", "", "guest", 100), 10, 20);
	anatomy->batches = 324;
	anatomy->corrected = true;
	COPY(anatomy->unseen, "SKIP(substrate): kvm_pvm has none");
	COPY(give_anatomy(add(&set, "exit/invd", "", "guest", 100), 1, 2)->refused, "too much");
	/* Taken apart without a figure of its own: a bar all the same. */
	result_clear(&set.results[1]);
	COPY(set.results[1].benchmark, "exit/cpuid");
	COPY(set.results[1].environment, "guest");
	give_anatomy(&set.results[1], 40, 60);
	text = written_of("anatomy", &set);
	fixture_assert_has(
		text,
		"# method: means over the middle nine tenths of batches; 90 to "
		"324 batches each; what observing costs is taken off 1 of 2 bars, "
		"where it is over a tenth, and within the others; it was more than "
		"a leg of 1 bars, which is not drawn; 1 more refused: observing "
		"changes them too much; 1 more bars, by --operation and --env, are left out\n");
	fixture_assert_has(text, "exit/cpuid, guest\t0\tguest and exit\t0\t0\t40\nexit/cpuid, "
				 "guest\t0\tKVM handles the exit\t1\t40\t100\n"
				 "exit/hlt, guest\t1\tguest and exit\t0\t0\t10\n");
	fixture_assert_lacks(text, "exit/invd");
	fixture_assert_lacks(text, "\t5\t");
	free(text);
	text = written("anatomy", &(const struct plot_input){
					  .sets = &set, .n_sets = 1, .operation = "exit/hlt"});
	fixture_assert_has(text, "; kvm_pvm has none\n");
	free(text);
	text = written("anatomy", &(const struct plot_input){
					  .sets = &set, .n_sets = 1, .environment = "real16"});
	fixture_assert_has(text, "exit/cpuid leaf=0x0, real16\t0\t");
	free(text);
	assert_null(written(
		"anatomy",
		&(const struct plot_input){.sets = &set, .n_sets = 1, .operation = "exit/invd"}));
	result_set_clear(&set);
}

/* The same operation's bars stand together, whole operations are left out, and a name says which
 * host it is. */
static void bars_of_several(void **state)
{
	static const char *const labels[] = {"first", "second"};
	struct result_set sets[2] = {{{0}}};
	const struct plot_input input = {.sets = sets, .labels = labels, .n_sets = 2};
	char *text;

	(void)state;
	for (int i = 0; i < 2; i++) {
		fixture_run(&sets[i].run);
		for (int j = 0; j < 13; j++) {
			char name[40];

			snprintf(name, sizeof(name), "exit/n%d", j);
			if (i != 1 || j != 12)
				give_profile(add(&sets[i], name, "", "guest", 72));
			/* Other parameters come behind other operations, other modes behind both.
			 */
			if (j == 0) {
				give_profile(add(&sets[i], name, "other=1", "guest", 72));
				give_profile(add(&sets[i], name, "", "real16", 72));
			}
		}
	}
	text = written("anatomy", &input);
	/* 24 fit: twelve operations of both, and not the one that only one has. */
	fixture_assert_has(text, "; 5 more bars, ");
	fixture_assert_lacks(text, "other=1");
	fixture_assert_lacks(text, "real16");
	fixture_assert_has(text, "exit/n0, guest (first)\t0\t");
	fixture_assert_has(text, "exit/n0, guest (second)\t1\t");
	fixture_assert_has(text, "exit/n11, guest (second)\t23\t");
	fixture_assert_lacks(text, "exit/n12");
	free(text);
	COPY(sets[1].run.machine.kernel, "6.12.95+deb12 #1");
	text = written("anatomy", &input);
	fixture_assert_has(text, "exit/n0, guest (Linux 6.12.95)\t1\t");
	free(text);
	sets[1].run.machine.substrate = SUBSTRATE_SVM;
	text = written("anatomy", &input);
	fixture_assert_has(text, "exit/n0, guest (svm, Linux 6.12.95)\t1\t");
	free(text);
	sets[1].run.machine.emulated = true;
	fixture_environment(&sets[1].run, "guest", true);
	sets[1].run.environments[0].sentinel_ticks_per_add = 1;
	assert_null(written("anatomy", &input));
	fixture_assert_has(err.text, "first has TSC ticks and second has instructions");
	result_set_clear(&sets[0]);
	result_set_clear(&sets[1]);
}

static void the_ladder_rises(void **state)
{
	struct result_set set = {0};
	char *text;

	(void)state;
	fixture_run(&set.run);
	add(&set, "io/port-out", "width=8", "guest", 3000);
	add(&set, "base/syscall", "", "native", 300);
	add(&set, "exit/cpuid", "leaf=0x0", "guest", 1500);
	add(&set, "exit/cpuid", "leaf=0x0", "native", 1);
	/* A fault is a crossing where it is what is measured, and there alone. */
	add(&set, "exc/de", "", "native", 6000)->outcome.faulted = true;
	add(&set, "exc/de", "", "guest-user", 7000);
	add(&set, "exit/rdmsr", "", "guest", 8000)->outcome.faulted = true;
	text = written_of("ladder", &set);
	fixture_assert_has(text, "\nthe kernel: a fault, as a signal, and "
				 "back\texc/de\tnative\t6000\t5940\t6060\tmeasured\n");
	fixture_assert_lacks(text, "\t7000\t");
	fixture_assert_lacks(text, "\t8000\t");
	assert_true(strstr(text, "base/syscall") < strstr(text, "exit/cpuid") &&
		    strstr(text, "exit/cpuid") < strstr(text, "io/port-out"));
	assert_string_equal(cell(text, "the hypervisor: CPUID", 3), "1500");
	free(text);
	result_set_clear(&set);
}

static void generations_need_counts(void **state)
{
	static const char *const labels[] = {"a", "b"};
	struct result_set sets[2] = {{{0}}};
	const struct plot_input input = {.sets = sets, .labels = labels, .n_sets = 2};
	char *text;

	(void)state;
	for (int i = 0; i < 2; i++) {
		fixture_run(&sets[i].run);
		add(&sets[i], "exit/cpuid", "leaf=0x0", "guest", 1000 + i);
	}
	assert_null(written("generations", &input));
	fixture_assert_has(err.text, "a is of no emulated host");
	for (int i = 0; i < 2; i++) {
		sets[i].run.machine.emulated = true;
		fixture_environment(&sets[i].run, "guest", true);
		sets[i].run.environments[0].sentinel_ticks_per_add = 1;
		COPY(sets[i].run.emulated_host.emulated_cpu, "corei7_haswell_4770");
		COPY(sets[i].run.machine.kernel, "6.1.0-9-cloud");
	}
	text = written("generations", &input);
	fixture_assert_has(text, "# host 1: haswell_4770|Linux 6.1\n");
	fixture_assert_has(text, "exit/cpuid leaf=0x0\t0\thaswell_4770|Linux 6.1\t1000\t~1,000\n");
	fixture_assert_has(text, "exit/cpuid leaf=0x0\t1\thaswell_4770|Linux 6.1\t1001\t~1,001\n");
	fixture_assert_has(text, "; ~: not shown to be the same");
	free(text);
	result_set_clear(&sets[0]);
	result_set_clear(&sets[1]);
}

static void emulated_run(struct run_info *run)
{
	fixture_run(run);
	run->machine.emulated = true;
	fixture_environment(run, "guest", true);
	run->environments[0].sentinel_ticks_per_add = 1;
	COPY(run->machine.kernel, "6.1.0-9-cloud");
}

static struct result *exactly(struct result_set *set, const char *benchmark, const char *parameters,
			      double insns)
{
	struct result *result = add(set, benchmark, parameters, "guest", insns);

	result->estimate.exact = true;
	return result;
}

/* The common ones, and those that changed most; what is no exit and what one host alone counted is
 * in no line. */
static void generations_that_tell(void **state)
{
	static const char *const labels[] = {"a", "b", "c"};
	struct result_set sets[3] = {{{0}}};
	const struct plot_input input = {.sets = sets, .labels = labels, .n_sets = 3};
	char *text;

	(void)state;
	for (int i = 0; i < 3; i++) {
		emulated_run(&sets[i].run);
		exactly(&sets[i], "exit/hypercall", "", 900);
		/* Common ones that do not change: six of them are shown, these are the eighth and
		 * ninth. */
		exactly(&sets[i], "exit/rdmsr", "", 910);
		exactly(&sets[i], "exit/wbinvd", "", 920);
		exactly(&sets[i], "io/port-out", "width=8", 930);
		exactly(&sets[i], "io/mmio-write", "", 940);
		exactly(&sets[i], "exit/hlt", "", 950);
		exactly(&sets[i], "mem/first-touch", "backing=4k", 960);
		exactly(&sets[i], "irq/inject", "", 970);
		exactly(&sets[i], "insn/nop", "", 1 + i);
		for (int j = 0; j < 14; j++) {
			char name[40];

			snprintf(name, sizeof(name), "exit/n%d", j);
			/* n13 changes most; n9 is not counted on the host in the middle. */
			if (i != 1 || j != 9)
				exactly(&sets[i], name, "", 100 + j * i);
		}
		add(&sets[i], "exit/cpuid", "leaf=0x0", "guest-user", 5000);
	}
	exactly(&sets[0], "exit/alone", "", 7);
	text = written("generations", &input);
	fixture_assert_has(text, "# method: instructions of guest and host for one operation, "
				 "guest, ring 0; 10 operations that change less are left out\n");
	fixture_assert_has(text, "exit/hypercall\t2\t");
	fixture_assert_has(text, "exit/n8\t");
	fixture_assert_has(text, "irq/inject\t");
	fixture_assert_lacks(text, "exit/rdmsr");
	fixture_assert_lacks(text, "exit/n7\t");
	fixture_assert_lacks(text, "insn/nop");
	fixture_assert_lacks(text, "guest-user");
	fixture_assert_lacks(text, "exit/alone");
	/* The dearest on the last host first. */
	assert_true(strstr(text, "exit/hypercall") < strstr(text, "exit/n13\t") &&
		    strstr(text, "exit/n13\t") < strstr(text, "exit/n12\t"));
	/* A blank line breaks what is drawn where a host has no count. */
	fixture_assert_has(text, "exit/n9\t0\tAMD EPYC 9B45|Linux 6.1\t100\t100\n\nexit/n9\t2\t");
	free(text);
	text = written("generations",
		       &(const struct plot_input){
			       .sets = sets, .labels = labels, .n_sets = 3, .operation = "insn/*"});
	fixture_assert_has(text, "insn/nop\t2\tAMD EPYC 9B45|Linux 6.1\t3\t3\n");
	free(text);
	assert_null(written("generations", &(const struct plot_input){.sets = sets,
								      .labels = labels,
								      .n_sets = 3,
								      .operation = "exit/alone"}));
	for (int i = 0; i < 3; i++)
		result_set_clear(&sets[i]);
}

#define WHOLE_TRACE "{\"type\":\"trace\",\"schema_version\":1,\"seconds\":1,\"machine\":{}}\n"

static void a_trace_is_read_back(void **state)
{
	struct trace_row rows[] = {
		{.kind = TRACE_ROW_EXIT,
		 .isa = SUBSTRATE_SVM,
		 .code = 0x7b,
		 .name = "IOIO",
		 .count = 30,
		 .timed = 30,
		 .total_ns = 750,
		 .p50_ns = 20,
		 .p99_ns = 40,
		 .max_ns = 50,
		 .share = 0.5},
		{.kind = TRACE_ROW_EXIT,
		 .isa = SUBSTRATE_SVM,
		 .code = 0x72,
		 .name = "CPUID",
		 .count = 100,
		 .timed = 100,
		 .total_ns = 250,
		 .p50_ns = 2,
		 .p99_ns = 3,
		 .max_ns = 4,
		 .share = 0.2},
		{.kind = TRACE_ROW_USER, .code = 2, .name = "IO", .count = 30},
	};
	const struct trace_result trace = {.started = "2026-01-02T03:04:05Z",
					   .seconds = 2,
					   .vcpu_threads = 1,
					   .end = TRACE_END_TIME,
					   .rows = rows,
					   .n_rows = 3,
					   .machine = {.substrate = SUBSTRATE_SVM},
					   .cost = {.why = "not known"}};
	struct trace_result read;
	char *first = NULL, *second = NULL, *text;
	const char *path;

	(void)state;
	FIXTURE_WRITE(first,
		      trace_write_json(out, &(const struct trace_report){.result = &trace}, &err));
	path = keep(first);
	assert_int_equal(trace_read(path, &read, &err), 0);
	FIXTURE_WRITE(second,
		      trace_write_json(out, &(const struct trace_report){.result = &read}, &err));
	assert_string_equal(first, second);
	trace_result_clear(&read);
	/* By time: three quarters, and all. */
	text = written("pareto", &(const struct plot_input){.path = path});
	assert_string_equal(cell(text, "IOIO", 3), "75");
	assert_string_equal(cell(text, "CPUID", 4), "100");
	fixture_assert_lacks(text, "\nIO\t");
	free(text);
	remove(path);
	free(first);
	free(second);
}

static void no_trace(void **state)
{
	static const struct {
		const char *content, *why;
	} bad[] = {
		{"{\"type\":\"trace_row\",\"schema_version\":1}\n",
		 ":1: begins with a record of type \"trace_row\""},
		{WHOLE_TRACE WHOLE_TRACE, ":2: a second trace begins here"},
		{WHOLE_TRACE "{\"type\":\"trace_row\",\"schema_version\":1,\"kind\":\"entry\","
			     "\"name\":\"X\",\"count\":1}\n",
		 ":2: "},
		{WHOLE_TRACE
		 "{\"type\":\"trace_row\",\"schema_version\":1,\"kind\":\"exit\",\"count\":1}\n",
		 ":2: "},
		{WHOLE_TRACE "{\"type\":\"trace_row\",\"schema_version\":1,\"kind\":\"exit\","
			     "\"name\":\"X\",\"count\":-1}\n",
		 ":2: "},
		{WHOLE_TRACE "{\"type\":\"trace_row\",\n", ":2: "},
	};
	struct trace_result read;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *path = keep(bad[i].content);

		err = (struct err){0};
		if (trace_read(path, &read, &err) != -EPROTO || !strstr(err.text, bad[i].why))
			fail_msg("%zu: '%s'", i, err.text);
		trace_result_clear(&read);
		remove(path);
	}
}

/* What was recorded, and what is written of what was read of it, byte for byte. */
static void recorded_traces(void **state)
{
	static const char *const names[] = {"datasets/recorded/trace-amd-npt-stable.jsonl",
					    "datasets/recorded/trace-pvm-2026-11.jsonl"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[100], command[120], *written_text = NULL, *was = NULL;
		struct trace_result read;
		size_t size;
		FILE *in, *unpacked = open_memstream(&was, &size);

		snprintf(path, sizeof(path), "%s.gz", names[i]);
		snprintf(command, sizeof(command), "gzip -dc %s", path);
		in = popen(command, "r");
		for (int c; (c = getc(in)) != EOF;)
			putc(c, unpacked);
		assert_int_equal(pclose(in), 0);
		fclose(unpacked);
		assert_int_equal(trace_read(path, &read, &err), 0);
		FIXTURE_WRITE(
			written_text,
			trace_write_json(out, &(const struct trace_report){.result = &read}, &err));
		assert_string_equal(was, written_text);
		trace_result_clear(&read);
		free(written_text);
		free(was);
	}
}

static void pareto_by_count_or_time(void **state)
{
	struct trace_row rows[20] = {0};
	struct trace_result trace = {.started = "2026-01-02T03:04:05Z",
				     .seconds = 2,
				     .vcpu_threads = 2,
				     .lost = 7,
				     .rows = rows,
				     .n_rows = 20,
				     .machine = {.substrate = SUBSTRATE_SVM}};
	char *file = NULL, *text;
	const char *path;

	(void)state;
	for (int i = 0; i < 20; i++) {
		rows[i] = (struct trace_row){.kind = TRACE_ROW_EXIT,
					     .isa = SUBSTRATE_SVM,
					     .count = 100,
					     .timed = 99,
					     .total_ns = 1000 - i};
		snprintf(rows[i].name, sizeof(rows[i].name), "R%d", i);
	}
	/* The exit that ends a VM is not followed by an entry. */
	rows[19].timed = rows[19].total_ns = 0;
	rows[19].count = 1;
	FIXTURE_WRITE(file,
		      trace_write_json(out, &(const struct trace_report){.result = &trace}, &err));
	path = keep(file);
	text = written("pareto", &(const struct plot_input){.path = path});
	fixture_assert_has(text, "; bars by time; 20 of them without a time; 7 records were lost; "
				 "2 more kinds are left out\n");
	fixture_assert_has(text, "# spans: time from exit to entry\n");
	assert_string_equal(cell(text, "R0\t", 2), "0.001");
	free(text);
	remove(path);
	free(file);
	file = NULL;
	trace.machine.emulated = true;
	rows[3].count = 1000;
	FIXTURE_WRITE(file,
		      trace_write_json(out, &(const struct trace_report){.result = &trace}, &err));
	path = keep(file);
	text = written("pareto", &(const struct plot_input){.path = path});
	fixture_assert_has(text, "; bars by count; an emulated host's time means nothing; ");
	fixture_assert_has(text, "# unit: exits\n");
	/* 1000 of 18 * 100 + 1000 + 1. */
	assert_true(fabs(atof(cell(text, "R3\t", 3)) - 100000.0 / 2801) < 1e-9);
	assert_string_equal(cell(text, "R3\t", 2), "?");
	assert_true(strstr(text, "R3\t") < strstr(text, "R0\t"));
	free(text);
	remove(path);
	free(file);
}

#define FIGURE(id, topic, operation, alike, value, year, more)                                  \
	"{\"id\":\"" id "\",\"topic\":\"" topic "\",\"operation\":\"" operation "\"" alike      \
	",\"value\":" value ",\"unit\":\"cycles\",\"substrate\":\"vmx\",\"machine\":\"m\"" year \
	",\"year\":2012," more "}"
#define SOURCE(name) "\"source\":\"" name "\",\"seen\":\"memory\",\"verified\":false"
#define SURE(name)   "\"source\":\"" name "\",\"seen\":\"source\",\"verified\":true"
#define OF_KVM(name) "\"hypervisor\":\"KVM\"," SOURCE(name)
#define ALIKE	     ",\"exitlab\":\"exit/hypercall\""
#define YEAR(year)   ",\"processor_year\":" year
#define LITERATURE(figures)                                                                      \
	"{\"schema_version\":1,\"sources\":{\"s\":{\"authors\":\"a\",\"title\":\"t\",\"venue\":" \
	"\"v\",\"year\":2012},"                                                                  \
	"\"q\":{\"authors\":\"b\",\"title\":\"u\",\"venue\":\"w\",\"year\":2013}},\"figures\":"  \
	"[" figures "]}"

static void published_figures(void **state)
{
	const char *path = keep(LITERATURE(FIGURE("x", "round-trip", "null hypercall", ALIKE, "12", YEAR("2010"), OF_KVM("s")) "," FIGURE(
		"x2", "round-trip", "vmcall", ALIKE, "18",
		YEAR("2010"),
		OF_KVM("q")) "," FIGURE("x3", "round-trip", "vmcall", ALIKE, "20", YEAR("2011"),
					OF_KVM("q")) "," FIGURE("y", "round-trip", "null hypercall",
								ALIKE, "13", YEAR("2010"),
								"\"hypervisor\":"
								"\"Xen\"," SOURCE(
									"s")) "," FIGURE("w",
											 "r"
											 "o"
											 "u"
											 "n"
											 "d"
											 "-"
											 "t"
											 "r"
											 "i"
											 "p",
											 "n"
											 "u"
											 "l"
											 "l"
											 " "
											 "h"
											 "y"
											 "p"
											 "e"
											 "r"
											 "c"
											 "a"
											 "l"
											 "l",
											 ALIKE,
											 "1"
											 "5",
											 "",
											 OF_KVM("s")) "," FIGURE("v",
														 "hardware",
														 "VMRESUME",
														 "",
														 "16",
														 YEAR("2008"),
														 SURE("q")) "," FIGURE("z",
																       "round-trip",
																       "VM switch",
																       "",
																       "14",
																       YEAR("2010"),
																       OF_KVM("s"))));
	struct plot_input input = {.path = path};
	struct result_set sets[3] = {{{0}}};
	char *text;

	(void)state;
	text = written("literature", &input);
	/* Numbered as they come up, and listed. */
	fixture_assert_has(text,
			   "# sources: 2\n# source 1: b, u, w 2013\n# source 2: a, t, v 2012\n");
	fixture_assert_has(text, "hardware: VMRESUME\t2008\t16\t16\t16\tverified\tm\t1\t[1]\n");
	/* A line goes through the median of the year, where its sources stand once. */
	fixture_assert_has(text,
			   "with KVM: a hypercall\t2010\t12\t12\t15\tnot verified\tm\t2\t[1, 2]\n"
			   "with KVM: a hypercall\t2010\t18\t18\t?\tnot verified\tm\t1\t\xc2\xa0\n"
			   "with KVM: a hypercall\t2011\t20\t20\t20\tnot verified\tm\t1\t[1]\n");
	/* What another hypervisor cost, and another operation, are not in a series of KVM's
	 * hypercalls. */
	fixture_assert_lacks(text, "\t13\t");
	fixture_assert_lacks(text, "\t14\t");
	fixture_assert_has(text, "# method: hollow: published; 1 whose processor's year is not "
				 "known are left out\n");
	free(text);
	input.operation = "exit/hypercall";
	text = written("literature", &input);
	fixture_assert_lacks(text, "VMRESUME");
	free(text);
	input.operation = "no/such";
	assert_null(written("literature", &input));
	/* A run's own figure, where its exits are the hardware's; otherwise why there is none. */
	for (int i = 0; i < 3; i++) {
		fixture_run(&sets[i].run);
		add(&sets[i], "exit/hypercall", "", "guest", 1000 + i);
	}
	sets[1].run.machine.emulated = true;
	sets[2].run.machine.substrate = SUBSTRATE_VMX;
	input = (struct plot_input){.path = path, .sets = sets, .n_sets = 3};
	text = written("literature", &input);
	fixture_assert_has(
		text,
		"with KVM: a hypercall\t2026\t1002\t1002\t?\tthis report\tAMD EPYC 9B45\t0\t");
	fixture_assert_lacks(text, "\t1000\t");
	fixture_assert_lacks(text, "\t1001\t");
	fixture_assert_has(text, "; no mark of 1 emulated host: instructions are not cycles; no "
				 "mark of 1 run without VT-x or SVM (kvm_pvm): ");
	free(text);
	for (int i = 0; i < 3; i++)
		result_set_clear(&sets[i]);
	remove(path);
}

/* Rungs of a run, and published ones among them. */
static void a_ladder_beside_others(void **state)
{
	const char *path = keep(
		LITERATURE(FIGURE("x", "ladder", "getpid", "", "100", "", SOURCE("q")) "," FIGURE(
			"y", "ladder", "trap", "", "2000", "",
			"\"value_hi\":2500," SURE("s")) "," FIGURE("z", "hardware", "VMRESUME", "",
								   "7", "", SOURCE("s"))));
	struct result_set set = {0};
	const struct plot_input input = {.path = path, .sets = &set, .n_sets = 1};
	char *text;

	(void)state;
	fixture_run(&set.run);
	add(&set, "base/syscall", "", "native", 300);
	assert_null(written("ladder", &input));
	add(&set, "exit/cpuid", "leaf=0x0", "guest", 1500);
	text = written("ladder", &input);
	fixture_assert_has(text, "# source 1: b, u, w 2013\n# source 2: a, t, v 2012\n");
	fixture_assert_has(
		text,
		"\ngetpid\tm, 2012 [1]\tvmx\t100\t100\t100\tnot verified\n"
		"the kernel: a system call\tbase/syscall\tnative\t300\t297\t303\tmeasured\n"
		"the hypervisor: CPUID\texit/cpuid leaf=0x0\tguest\t1500\t1485\t1515\tmeasured\n"
		"trap\tm, 2012 [2]\tvmx\t2000\t2000\t2500\tverified\n");
	fixture_assert_lacks(text, "VMRESUME");
	free(text);
	/* Cycles have no place among instructions. */
	set.run.machine.emulated = true;
	fixture_environment(&set.run, "guest", true);
	set.run.environments[0].sentinel_ticks_per_add = 1;
	text = written("ladder", &input);
	fixture_assert_lacks(text, "getpid");
	fixture_assert_has(text, "# sources: 0\n");
	fixture_assert_has(text, "published figures are cycles, which instructions are not");
	free(text);
	remove(path);
	result_set_clear(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matrix),
		cmocka_unit_test(matrix_of_many),
		cmocka_unit_test(profiles),
		cmocka_unit_test(flames_to_choose_from),
		cmocka_unit_test(timed_legs),
		cmocka_unit_test(bars_of_several),
		cmocka_unit_test(the_ladder_rises),
		cmocka_unit_test(generations_need_counts),
		cmocka_unit_test(generations_that_tell),
		cmocka_unit_test(a_trace_is_read_back),
		cmocka_unit_test(no_trace),
		cmocka_unit_test(recorded_traces),
		cmocka_unit_test(pareto_by_count_or_time),
		cmocka_unit_test(published_figures),
		cmocka_unit_test(a_ladder_beside_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
