/* SPDX-License-Identifier: MIT */
/* The payload images, and whether what the operations declare is in them. */
#include "fake_kvm.h"

#include "kvm-harness/arch/x86/exit_names.h"
#include "kvm-harness/benchmark.h"
#include "kvm-harness/image.h"
#include "measure/plan.h"
#include "measure/trace.h"

static const unsigned widths[] = {16, 32, 64};

/* ---- hashes
 * ----------------------------------------------------------------------------------
 */

static void known_and_unknown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		const struct image *image = image_for(widths[i]);
		char hash[17] = "untouched";

		assert_int_equal(image->bits, widths[i]);
		assert_non_null(image_find(image, "base_empty"));
		assert_null(image_find(image, "base_empt"));
		assert_null(image_find(image, "base_empty_"));
		assert_int_equal(image_address(image, "nothing"), 0);
		image_hash(image, "nothing", hash);
		assert_string_equal(hash, "");
		image_hash(image, "base_empty", hash);
		assert_int_equal(strlen(hash), 16);
		assert_int_equal(strspn(hash, "0123456789abcdef"), 16);
	}
}

/* An image of our own: a runtime page, then one page an operation. */
struct made {
	uint8_t bytes[5 * 4096];
	struct image_symbol symbols[8];
	struct image image;
};

static void make(struct made *made, const char *const *names, const uint8_t *fill)
{
	const uint64_t base = 0x40000000;
	unsigned n = 0;

	memset(made, 0, sizeof(*made));
	memset(made->bytes, 0xf4, 4096);
	made->symbols[n++] = (struct image_symbol){"payload_start", base, 0};
	made->symbols[n++] = (struct image_symbol){"payload_runtime_end", base + 4096, 0};
	for (unsigned i = 0; names[i]; i++) {
		memset(made->bytes + 4096 * (i + 1), fill[i], 100);
		made->symbols[n++] = (struct image_symbol){names[i], base + 4096 * (i + 1), 100};
	}
	made->image = (struct image){.bits = 64,
				     .start = made->bytes,
				     .end = made->bytes + sizeof(made->bytes),
				     .symbols = made->symbols,
				     .flags = "-O2"};
}

static void hash_of(const struct made *made, const char *name, char *hash)
{
	/* The copy's own symbols and bytes. */
	struct image image = made->image;

	image.start = made->bytes;
	image.symbols = made->symbols;
	image_hash(&image, name, hash);
}

/* A growing catalogue must not make older results look as if another thing had
 * been measured. */
static void hash_is_the_operations_own(void **state)
{
	static struct made few, many;
	char before[17], after[17], other[17];

	(void)state;
	make(&few, (const char *const[]){"m", NULL}, (const uint8_t[]){1});
	make(&many, (const char *const[]){"a", "m", "z", NULL}, (const uint8_t[]){7, 1, 9});
	hash_of(&few, "m", before);
	hash_of(&many, "m", after);
	assert_string_equal(before, after);
	hash_of(&many, "a", other);
	assert_string_not_equal(after, other);
	/* What lies behind the operation in its page is padding. */
	many.bytes[2 * 4096 + 100] = 1;
	hash_of(&many, "m", after);
	assert_string_equal(before, after);
}

/* Each of these changes what is measured. */
static void hash_sees_every_change(void **state)
{
	static struct made made;
	char before[17], after[17];

	(void)state;
	make(&made, (const char *const[]){"m", NULL}, (const uint8_t[]){1});
	hash_of(&made, "m", before);
	made.bytes[4096 + 99] ^= 1;
	hash_of(&made, "m", after);
	assert_string_not_equal(before, after);
	made.bytes[4096 + 99] ^= 1;
	made.bytes[4095] ^= 1; /* the runtime */
	hash_of(&made, "m", after);
	assert_string_not_equal(before, after);
	made.bytes[4095] ^= 1;
	made.image.flags = "-O3";
	hash_of(&made, "m", after);
	assert_string_not_equal(before, after);
	made.image.flags = "-O2";
	hash_of(&made, "m", after);
	assert_string_equal(before, after);
}

/* ---- what is built in
 * ------------------------------------------------------------------------ */

/* Each operation begins a page of its own within the text, and none reaches
 * into the next. */
static void layout(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		const struct image *image = image_for(widths[i]);
		uint64_t start = image_address(image, "payload_start");
		uint64_t runtime_end = image_address(image, "payload_runtime_end");
		uint64_t text_end = image_address(image, "payload_text_end");
		uint64_t end = image_address(image, "payload_end");
		unsigned operations = 0;

		assert_int_equal(start, widths[i] == 16 ? GPA_IMAGE16 : GPA_IMAGE);
		assert_true(start < runtime_end && runtime_end <= text_end && text_end <= end);
		assert_int_equal((runtime_end | text_end | end) % 4096, 0);
		assert_int_equal(image->end - image->start, end - start);
		if (widths[i] == 16)
			assert_true(end <= LOW_MEMORY_SIZE);
		else
			assert_true(end <= GPA_IMAGE + IMAGE_SPACE);
		for (const struct image_symbol *a = image->symbols; a->name; a++) {
			if (a->address < runtime_end || a->address >= text_end || !a->size)
				continue;
			operations++;
			assert_int_equal(a->address % 4096, 0);
			for (const struct image_symbol *b = a + 1; b->name; b++)
				if (b->size && b->address >= runtime_end && b->address < text_end)
					assert_true(a->address + a->size <= b->address ||
						    b->address + b->size <= a->address);
		}
		assert_true(operations >= 10);
	}
}

static void assert_payload(const struct benchmark *benchmark, const struct environment *environment,
			   const char *payload)
{
	if (!image_find(image_for(environment->bits), payload))
		fail_msg("%s: the %u-bit image has no %s, which %s needs", benchmark->name,
			 environment->bits, payload, environment->name);
}

static void one_payload_of(const struct benchmark *benchmark, const struct environment *environment)
{
	bool chosen_by_axis = false;

	for (unsigned a = 0; a < BENCHMARK_AXES && benchmark->axes[a].name; a++)
		for (unsigned v = 0; v < BENCHMARK_PARAMS && benchmark->axes[a].values[v].label;
		     v++)
			if (benchmark->axes[a].values[v].payload) {
				chosen_by_axis = true;
				assert_payload(benchmark, environment,
					       benchmark->axes[a].values[v].payload);
			}
	if (benchmark->payload_intel)
		assert_payload(benchmark, environment, benchmark->payload_intel);
	if (benchmark->payload_amd)
		assert_payload(benchmark, environment, benchmark->payload_amd);
	if (benchmark->payload)
		assert_payload(benchmark, environment, benchmark->payload);
	else
		assert_true(chosen_by_axis || (benchmark->payload_intel && benchmark->payload_amd));
	if (benchmark->partner)
		assert_payload(benchmark, environment, benchmark->partner);
}

static void every_payload_exists(void **state)
{
	(void)state;
	for (size_t i = 0; i < benchmark_count(); i++) {
		const struct benchmark *benchmark = benchmark_get(i);

		assert_true(benchmark->environments);
		assert_int_equal(benchmark->environments & ~(ENV_NATIVE | ENV_GUESTS | ENV_HOST),
				 0);
		/* A host operation has a hook and no payload, and all others the reverse.
		 */
		assert_int_equal(!!benchmark->host, benchmark->environments == ENV_HOST);
		for (unsigned e = 0; environments[e]; e++)
			if (environments[e]->bit & benchmark->environments && !benchmark->host)
				one_payload_of(benchmark, environments[e]);
	}
}

/* ---- declarations
 * ----------------------------------------------------------------------------
 */

static void names_and_texts(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	(void)state;
	assert_true(benchmark_count() >= 15);
	assert_null(benchmark_get(benchmark_count()));
	for (size_t i = 0; i < benchmark_count(); i++) {
		const struct benchmark *benchmark = benchmark_get(i);
		const char *name = benchmark->name;
		size_t family = strspn(name, letters);

		if (i && strcmp(benchmark_get(i - 1)->name, name) >= 0)
			fail_msg("%s is there twice, or not in order", name);
		if (!family || name[family] != '/' || !name[family + 1] ||
		    name[family + 1 + strspn(name + family + 1, letters)])
			fail_msg("'%s' is not of the form family/name", name);
		assert_true(strlen(name) < sizeof(((struct result *)0)->benchmark));
		if (!benchmark->title || !*benchmark->title || !benchmark->what ||
		    !*benchmark->what)
			fail_msg("%s has no title or does not say what it is", name);
		/* One line, and a sentence. */
		assert_null(strchr(benchmark->title, '\n'));
		assert_null(strchr(benchmark->what, '\n'));
		assert_int_equal(benchmark->what[strlen(benchmark->what) - 1], '.');
	}
}

static void axes(void **state)
{
	(void)state;
	for (size_t i = 0; i < benchmark_count(); i++) {
		const struct benchmark *benchmark = benchmark_get(i);
		size_t longest = 0;

		for (unsigned a = 0; a < BENCHMARK_AXES && benchmark->axes[a].name; a++) {
			const struct axis *axis = &benchmark->axes[a];
			size_t widest = 0;

			assert_true(axis->arg < 4);
			assert_non_null(axis->values[0].label);
			for (unsigned v = 0; v < BENCHMARK_PARAMS && axis->values[v].label; v++) {
				if (strlen(axis->values[v].label) > widest)
					widest = strlen(axis->values[v].label);
				for (unsigned w = 0; w < v; w++)
					assert_string_not_equal(axis->values[v].label,
								axis->values[w].label);
			}
			longest += strlen(axis->name) + widest + 2;
		}
		assert_true(longest < sizeof(((struct result *)0)->parameters));
	}
}

static bool one_expectation_is_sound(const struct benchmark *benchmark, const struct expect *expect)
{
	uint32_t hardware = expect->on & SUBSTRATE_HARDWARE;

	if (expect->none && (expect->count || expect->user_count))
		return false;
	/* A number means one thing on VT-x and another one on SVM. */
	if (expect->count && hardware == SUBSTRATE_HARDWARE)
		return false;
	if (expect->count && hardware == SUBSTRATE_VMX && !exit_name_vmx(expect->reason))
		return false;
	if (expect->count && hardware == SUBSTRATE_SVM && !exit_name_svm(expect->reason))
		return false;
	if (expect->user_count && !exit_name_kvm(expect->user))
		return false;
	if (expect->user_count && expect->user >= JOB_EXITS - 1)
		return false;
	/* One that is not counted would be refuted wherever it is traced. */
	if (expect->event && trace_event_index(expect->event) < 0)
		return false;
	if (expect->event_count && !expect->event)
		return false;
	if (expect->in & ~benchmark->environments & ~ENV_GUESTS)
		return false;
	return !expect->known || expect->link;
}

static void expectations_are_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < benchmark_count(); i++) {
		const struct benchmark *benchmark = benchmark_get(i);

		for (unsigned e = 0; e < BENCHMARK_EXPECTS && benchmark->expect[e].on; e++)
			if (!one_expectation_is_sound(benchmark, &benchmark->expect[e]))
				fail_msg("%s: expectation %u contradicts itself", benchmark->name,
					 e);
	}
}

static const struct machine machines[] = {
	{.cpu_vendor = "GenuineIntel",
	 .substrate = SUBSTRATE_VMX,
	 .cpus_online = 4,
	 .thp = "always"},
	{.cpu_vendor = "AuthenticAMD",
	 .substrate = SUBSTRATE_SVM,
	 .cpus_online = 4,
	 .thp = "always"},
	{.cpu_vendor = "AuthenticAMD",
	 .substrate = SUBSTRATE_PVM,
	 .cpus_online = 4,
	 .thp = "always"},
};

static bool is_for(const struct benchmark *benchmark, const struct machine *machine)
{
	bool amd = !strcmp(machine->cpu_vendor, "AuthenticAMD");

	return !(benchmark->needs & (amd ? NEED_INTEL : NEED_AMD));
}

/*
 * Deliberately without a declaration. Where ring 0 is emulated, every turn of a loop that waits for
 * another CPU counts, and nobody can say how many there are.
 */
static const struct {
	const char *name;
	enum substrate substrate;
	unsigned in;
} undeclared[] = {
	{"smp/store-wait", SUBSTRATE_PVM, ENV_GUEST},
};

static bool may_be_undeclared(const struct cell *cell, enum substrate substrate)
{
	for (size_t i = 0; i < sizeof(undeclared) / sizeof(undeclared[0]); i++)
		if (!strcmp(undeclared[i].name, cell->benchmark->name) &&
		    undeclared[i].substrate == substrate &&
		    undeclared[i].in & cell->environment->bit)
			return true;
	return false;
}

/* Some operations fault, and declare that alone. */
static const struct expect *declared(const struct cell *cell, enum substrate substrate)
{
	const struct expect *expect = plan_expect(cell, substrate);

	return expect ? expect : plan_expect_trap(cell, substrate);
}

/* On every substrate, in every guest environment, with every parameter. */
static void every_guest_cell_is_declared(void **state)
{
	const struct plan_options options = {.environments = ~0u};

	(void)state;
	for (unsigned m = 0; m < 3; m++) {
		struct plan plan;
		struct err err = {0};

		assert_int_equal(plan_build(&plan, &options, &machines[m], &err), 0);
		for (size_t i = 0; i < plan.n_cells; i++) {
			const struct cell *cell = &plan.cells[i];
			const struct expect *expect = declared(cell, machines[m].substrate);

			if (cell->result.status == STATUS_ERROR)
				fail_msg("%s %s in %s: %s", cell->benchmark->name,
					 cell->result.parameters, cell->environment->name,
					 cell->result.reason);
			if (!(cell->environment->bit & ENV_GUESTS) ||
			    !is_for(cell->benchmark, &machines[m]))
				continue;
			if (!expect && may_be_undeclared(cell, machines[m].substrate))
				continue;
			if (!expect)
				fail_msg("%s %s declares nothing for %s in %s",
					 cell->benchmark->name, cell->result.parameters,
					 substrate_name(machines[m].substrate),
					 cell->environment->name);
			if (cell->result.control && machines[m].substrate & SUBSTRATE_HARDWARE)
				assert_true(expect->none || expect->known);
			assert_int_equal(strlen(cell->result.payload_hash), 16);
		}
		plan_clear(&plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_and_unknown),
		cmocka_unit_test(hash_is_the_operations_own),
		cmocka_unit_test(hash_sees_every_change),
		cmocka_unit_test(layout),
		cmocka_unit_test(every_payload_exists),
		cmocka_unit_test(names_and_texts),
		cmocka_unit_test(axes),
		cmocka_unit_test(expectations_are_sound),
		cmocka_unit_test_setup_teardown(every_guest_cell_is_declared, fake_reset,
						fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
