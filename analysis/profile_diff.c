/* SPDX-License-Identifier: MIT */
#include "analysis/profile_diff.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * What one kernel's compiler inlines, another's does not, or the code moved into a function of its
 * own: without this a change of name would hide what changed. Linux 6.1 and 6.12 of Debian; name
 * and module decide, so that another module's function of that name is left alone.
 */
static const struct {
	const char *module;
	const char *label;
	const char *members[4];
} groups[] = {
	{"kvm",
	 "kvm_arch_vcpu_ioctl_run+vcpu_run",
	 {"kvm_arch_vcpu_ioctl_run", "vcpu_run", "vcpu_enter_guest"}},
	{"kvm",
	 "gfn_to_hva_prot",
	 {"gfn_to_hva_prot", "gfn_to_hva_memslot_prot", "kvm_vcpu_gfn_to_hva_prot"}},
	{"kvm", "read_guest_page", {"kvm_vcpu_read_guest_page", "__kvm_read_guest_page"}},
	{"kvm_amd",
	 "svm_check_emulate_instruction",
	 {"svm_can_emulate_instruction", "svm_check_emulate_instruction"}},
	{"vmlinux", "copy_user", {"copy_user_generic_string", "rep_movs_alternative"}},
};

/* Bytes of a function's name in front of what the compiler appended. */
static size_t plain_length(const char *name)
{
	static const char *const suffixes[] = {".constprop.", ".isra.", ".part.", ".cold"};
	size_t n = strlen(name);

	for (size_t i = 0; i < COUNT(suffixes); i++) {
		const char *at = strstr(name, suffixes[i]);

		if (at && at != name && (size_t)(at - name) < n)
			n = (size_t)(at - name);
	}
	return n;
}

static const char *group_of(const struct profile_function *function, size_t length)
{
	for (size_t i = 0; i < COUNT(groups); i++) {
		if (strcmp(groups[i].module, function->module))
			continue;
		for (size_t j = 0; j < COUNT(groups[i].members) && groups[i].members[j]; j++)
			if (strlen(groups[i].members[j]) == length &&
			    !strncmp(groups[i].members[j], function->name, length))
				return groups[i].label;
	}
	return NULL;
}

static struct profile_change *change_of(struct profile_diff *diff,
					const struct profile_function *function)
{
	size_t length = plain_length(function->name);
	const char *label = group_of(function, length);
	struct profile_change *change = &diff->changes[diff->n_changes];
	char *name = label ? strdup(label) : strndup(function->name, length);

	if (!name)
		return NULL;
	for (size_t i = 0; i < diff->n_changes; i++) {
		if (strcmp(diff->changes[i].name, name) ||
		    strcmp(diff->changes[i].module, function->module))
			continue;
		free(name);
		return &diff->changes[i];
	}
	diff->n_changes++;
	change->name = name;
	change->module = strdup(function->module);
	return change->module ? change : NULL;
}

static int compare_changes(const void *a, const void *b)
{
	const struct profile_change *x = a, *y = b;
	uint64_t by_x = (uint64_t)llabs(x->delta), by_y = (uint64_t)llabs(y->delta);
	int names;

	if (by_x != by_y)
		return by_x > by_y ? -1 : 1;
	names = strcmp(x->name, y->name);
	return names ? names : strcmp(x->module, y->module);
}

static int collect_changes(const struct profile *before, const struct profile *after,
			   struct profile_diff *diff)
{
	diff->changes =
		calloc(before->n_functions + after->n_functions + 1, sizeof(*diff->changes));
	if (!diff->changes)
		return -ENOMEM;
	for (size_t i = 0; i < before->n_functions; i++) {
		struct profile_change *change = change_of(diff, &before->functions[i]);

		if (!change)
			return -ENOMEM;
		change->before += before->functions[i].insns;
	}
	for (size_t i = 0; i < after->n_functions; i++) {
		struct profile_change *change = change_of(diff, &after->functions[i]);

		if (!change)
			return -ENOMEM;
		change->after += after->functions[i].insns;
	}
	return 0;
}

int profile_diff(const struct profile *before, const struct profile *after,
		 struct profile_diff *diff, struct err *err)
{
	*diff = (struct profile_diff){
		.total_before = before->total_insns,
		.total_after = after->total_insns,
	};
	if (collect_changes(before, after, diff)) {
		profile_diff_clear(diff);
		return err_set(err, ENOMEM, "no memory to compare two profiles");
	}
	for (size_t i = 0; i < diff->n_changes; i++)
		diff->changes[i].delta =
			(int64_t)(diff->changes[i].after - diff->changes[i].before);
	qsort(diff->changes, diff->n_changes, sizeof(*diff->changes), compare_changes);
	return 0;
}

void profile_diff_clear(struct profile_diff *diff)
{
	for (size_t i = 0; i < diff->n_changes; i++) {
		free(diff->changes[i].name);
		free(diff->changes[i].module);
	}
	free(diff->changes);
	*diff = (struct profile_diff){0};
}
