/* SPDX-License-Identifier: MIT */
/* Emulated hosts with VT-x or SVM: instructions instead of times. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/document/part.h"
#include "report/lab_diff.h"
#include "report/markdown_part.h"
#include "report/side_by_side.h"

/* The sets of one substrate that hold, or do not hold, profiles. */
static size_t choose(const struct document_input *input, enum substrate substrate, bool profiles,
		     size_t *chosen, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < input->n_sets && n < most; i++) {
		const struct result_set *set = &input->sets[i];

		if (document_is_emulated(set) && set->run.machine.substrate == substrate &&
		    document_has_profile(set) == profiles)
			chosen[n++] = i;
	}
	return n;
}

/* What one operation takes on each of these hosts; only operations that match, unless NULL. */
static bool write_table(struct document *document, const size_t *chosen, size_t n,
			const char *const *operations)
{
	struct side_by_side *side = calloc(1, sizeof(*side));
	bool present;

	if (!side) {
		document->failed = err_set(document->err, ENOMEM, "no memory for the report");
		return false;
	}
	side->n = n;
	side->environments = "guest,host";
	side->operations = operations;
	for (size_t i = 0; i < n; i++) {
		side->sets[i] = &document->input->sets[chosen[i]];
		side_label(&side->sets[i]->run, side->labels[i], sizeof(side->labels[i]));
	}
	present = side_present(side);
	if (present) {
		document->failed = side_write(document->out, side, true, document->err);
		putc('\n', document->out);
	}
	free(side);
	return present;
}

bool document_emulated_table(struct document *document, const char *const *operations)
{
	static const struct {
		enum substrate substrate;
		const char *caption;
	} hosts[] = {
		{SUBSTRATE_VMX, "Instructions per operation on emulated hosts with VT-x (kvm_intel under Bochs); no time."},
		{SUBSTRATE_SVM, "Instructions per operation on emulated hosts with SVM (kvm_amd under QEMU); no time."},
	};
	size_t chosen[SIDE_BY_SIDE_MAX];
	bool any = false;

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]) && !document->failed; i++) {
		size_t n = choose(document->input, hosts[i].substrate, false, chosen, SIDE_BY_SIDE_MAX);

		if (!n)
			continue;
		document_say(document, hosts[i].caption);
		any |= write_table(document, chosen, n, operations);
	}
	return any;
}

/* A picture of several sets, which lie apart in the input. */
static void picture_of_several(struct document *document, const char *kind, const size_t *chosen, size_t n,
			       const char *name, const char *how_to_read)
{
	struct result_set *sets = calloc(n ? n : 1, sizeof(*sets));
	const char **labels = calloc(n ? n : 1, sizeof(*labels));
	const struct plot_input input = {.sets = sets, .labels = labels, .n_sets = n};

	/* Shallow copies: what they own stays with the input. */
	for (size_t i = 0; i < n && sets && labels; i++) {
		sets[i] = document->input->sets[chosen[i]];
		labels[i] = document->input->labels[chosen[i]];
	}
	if (!sets || !labels)
		document->failed = err_set(document->err, ENOMEM, "no memory for the report");
	else if (n)
		document_picture(document, kind, &input, name, how_to_read);
	free(labels);
	free(sets);
}

static void write_profiles(struct document *document, const char *name, const size_t *chosen, size_t n)
{
	const struct lab_diff_options diff = {.markdown = true};
	const struct result_set *sets = document->input->sets;

	picture_of_several(document, "anatomy", chosen, n, name,
			   "Every instruction of an exit belongs to one leg of its way; the legs add up to the whole.");
	document_picture_of(document, "flame", chosen[0], name, "exit/cpuid*", "guest",
			    "One exit's instructions by function of the host's kernel: what is above another is called by "
			    "it, and as wide as the instructions that were executed in it.");
	if (n < 2 || document->failed)
		return;
	document_heading(document, 2, "Where the instructions went between the two kernels");
	document->failed = lab_diff_write(document->out, &sets[chosen[0]], &sets[chosen[1]], &diff, document->err);
	putc('\n', document->out);
}

static void write_substrate(struct document *document, enum substrate substrate, const char *name,
			    const char *heading)
{
	size_t chosen[SIDE_BY_SIDE_MAX], profiles[SIDE_BY_SIDE_MAX];
	size_t n = choose(document->input, substrate, false, chosen, SIDE_BY_SIDE_MAX);
	size_t n_profiles = choose(document->input, substrate, true, profiles, SIDE_BY_SIDE_MAX);

	if (!n && !n_profiles)
		return;
	document_heading(document, 1, heading);
	if (n) {
		picture_of_several(document, "generations", chosen, n, name,
				   "Instructions of guest and host for one operation, from host to host: a line that "
				   "rises is an exit that got longer, or an operation that did not exit before, as "
				   "many without EPT or NPT.");
		write_table(document, chosen, n, NULL);
	}
	if (n_profiles)
		write_profiles(document, name, profiles, n_profiles);
}

void document_emulated(struct document *document)
{
	bool any = false;

	for (size_t i = 0; i < document->input->n_sets; i++)
		any |= document_is_emulated(&document->input->sets[i]);
	if (!any)
		return;
	document_heading(document, 0, "Emulated hosts: VT-x and SVM, in instructions");
	document_say(document,
		     "A real kernel with its real kvm_intel or kvm_amd on an emulated processor. A figure is how many "
		     "instructions guest and host executed for one operation in ring 0 of a 64-bit guest, the loop around "
		     "it subtracted; `~`: not the same in all instances of all boots, whose median it is. It is no time. Exits are "
		     "proven by the module's own tracepoints; where \"differ\" stands they are below the figures. QEMU's SVM has no "
		     "next-RIP save, so kvm_amd decodes instructions itself, which hardware spares it; and it reports INVD as "
		     "WBINVD.");
	write_substrate(document, SUBSTRATE_VMX, "intel", "VT-x: kvm_intel under Bochs");
	write_substrate(document, SUBSTRATE_SVM, "amd", "SVM: kvm_amd under QEMU");
}
