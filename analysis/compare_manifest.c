/* SPDX-License-Identifier: MIT */
/* Two manifests: may their results be compared, and what differs. */
#include "analysis/compare.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int other(struct err *err, const char *what, const char *a, const char *b)
{
	return err_set(err, EXDEV,
		       "these cannot be compared: %s %s against %s; --force does it anyway", what,
		       a, b);
}

static int allowed(const struct machine *a, const struct machine *b, struct err *err)
{
	char of_a[48], of_b[48];

	if (a->substrate != b->substrate)
		return other(err, "substrate", substrate_name(a->substrate),
			     substrate_name(b->substrate));
	if (a->emulated != b->emulated)
		return other(err, "host", a->emulated ? "emulated" : "real",
			     b->emulated ? "emulated" : "real");
	if (strcmp(a->arch, b->arch) != 0)
		return other(err, "architecture", a->arch, b->arch);
	if (strcmp(a->cpu_model, b->cpu_model) != 0)
		return other(err, "processor", a->cpu_model, b->cpu_model);
	snprintf(of_a, sizeof(of_a), "%u/%u/%u", a->cpu_family, a->cpu_model_number,
		 a->cpu_stepping);
	snprintf(of_b, sizeof(of_b), "%u/%u/%u", b->cpu_family, b->cpu_model_number,
		 b->cpu_stepping);
	if (strcmp(of_a, of_b) != 0)
		return other(err, "family/model/stepping", of_a, of_b);
	return 0;
}

int comparison_allowed(const struct side *base, const struct side *new, struct err *err)
{
	const struct machine *first = &base->sets[0].run.machine;
	int ret = 0;

	for (size_t i = 1; i < base->n && !ret; i++)
		ret = allowed(first, &base->sets[i].run.machine, err);
	for (size_t i = 0; i < new->n && !ret; i++)
		ret = allowed(first, &new->sets[i].run.machine, err);
	return ret;
}

/* Of a hash so many digits tell it from others. */
#define HASH_SHOWN 12

/* A copy in which long hexadecimal numbers are cut. */
static const char *shorten(const char *text, char *to, size_t size)
{
	size_t digits = 0, used = 0;

	for (; *text && used + 1 < size; text++) {
		digits = strchr("0123456789abcdef", *text) ? digits + 1 : 0;
		if (digits <= HASH_SHOWN || strspn(text - digits + 1, "0123456789abcdef") < 32)
			to[used++] = *text;
	}
	to[used] = '\0';
	return to;
}

struct text {
	char *text;
	size_t size;
};

static void differ(struct text *to, const char *what, const char *a, const char *b)
{
	size_t used = strlen(to->text);
	char before[400], after[400];

	if (strcmp(a, b) != 0)
		snprintf(to->text + used, to->size - used, "%s%s: %s, now %s", used ? "; " : "",
			 what, *a ? shorten(a, before, sizeof(before)) : "(none)",
			 *b ? shorten(b, after, sizeof(after)) : "(none)");
}

/* Is it one of the list's words, whole? */
static bool has_word(const char *list, const char *separator, const char *word)
{
	char copy[1300], *rest = copy, *one;

	snprintf(copy, sizeof(copy), "%s", list);
	while ((one = strsep(&rest, separator)))
		if (!strcmp(one + strspn(one, " "), word))
			return true;
	return false;
}

/* Words of a that are not in b, and the other way around: what a list's change comes down to. */
static void differ_in_words(struct text *to, const char *what, const char *separator, const char *a,
			    const char *b)
{
	const char *sides[] = {a, b, a};
	char lists[2][300] = {"", ""};

	for (unsigned side = 0; side < 2; side++) {
		char copy[1300], *rest = copy, *word;

		snprintf(copy, sizeof(copy), "%s", sides[side]);
		while ((word = strsep(&rest, separator))) {
			size_t used = strlen(lists[side]);

			while (*word == ' ')
				word++;
			if (*word && !has_word(sides[side + 1], separator, word))
				snprintf(lists[side] + used, sizeof(lists[side]) - used, "%s%s",
					 used ? ", " : "", word);
		}
	}
	differ(to, what, lists[0], lists[1]);
}

void comparison_differences(const struct run_info *a, const struct run_info *b, char *text,
			    size_t size)
{
	struct text written = {text, size}, *to = &written;
	const struct machine *old = &a->machine, *new = &b->machine;

	text[0] = '\0';
	differ(to, "kernel", old->kernel, new->kernel);
	differ(to, "KVM", old->kvm_module, new->kvm_module);
	differ(to, "KVM's build", old->kvm_build, new->kvm_build);
	differ_in_words(to, "parameters", " ", old->kvm_parameters, new->kvm_parameters);
	differ(to, "asked for", a->emulated_host.module_parameters,
	       b->emulated_host.module_parameters);
	differ(to, "modules", a->emulated_host.modules_sha256, b->emulated_host.modules_sha256);
	differ_in_words(to, "mitigations", ";", old->mitigations, new->mitigations);
	differ(to, "microcode", old->microcode, new->microcode);
	differ(to, "governor", old->governor, new->governor);
	differ(to, "transparent huge pages", old->thp, new->thp);
	differ(to, "clock source", old->clocksource, new->clocksource);
	differ(to, "SMT", old->smt_active ? "on" : "off", new->smt_active ? "on" : "off");
	differ(to, "the machine's name", old->id, new->id);
	differ(to, "exitlab", a->program_version, b->program_version);
}
