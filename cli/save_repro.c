/* SPDX-License-Identifier: MIT */
#include "cli/save_repro.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/arch/x86/repro.h"
#include "report/figure.h"

/* "io-out-width=8-guest-user.c" */
static void file_name(const struct check_verdict *verdict, char *name, size_t size)
{
	snprintf(name, size, "%s-%s.c", verdict->name, verdict->environment);
	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '-';
}

/* The program, if the check fails once more: one that is right now and then is not for a report. */
static int save_one(const char *path, struct checker *one, const struct check_set *set,
		    struct err *err)
{
	const struct checker_options once = {.repeat = 1};
	struct check_verdict *verdict = one->verdicts;
	char machine[600];
	const struct repro_text text = {
		.name = verdict->name,
		.environment = verdict->environment,
		.title = verdict->title,
		.manual = verdict->manual,
		.machine = figure_machine(&set->machine, machine, sizeof(machine)),
	};
	FILE *out = fopen(path, "we");
	bool failed;
	int rc = 0;

	if (!out)
		return err_sys(err, errno, "cannot write %s", path);
	/* /dev/kvm is opened anew, so that the program does it as well. */
	kvm_host_put_all();
	repro_begin(out, &text);
	verdict->runs = verdict->failures = 0;
	checker_run_one(one, 0, &once, &set->machine);
	kvm_host_put_all();
	repro_end(verdict->expected, verdict->seen);
	failed = verdict->failures;
	if (ferror(out) | fclose(out))
		rc = err_sys(err, errno ? errno : EIO, "cannot write %s", path);
	if (rc || !failed)
		unlink(path);
	if (!rc && failed)
		fprintf(stderr, "%s\n", path);
	else if (!rc)
		fprintf(stderr, "%s in %s did not fail again: no program\n", verdict->name,
			verdict->environment);
	return rc;
}

int save_repro_prepare(const char *folder, struct err *err)
{
	if (mkdir(folder, 0777) && errno != EEXIST)
		return err_sys(err, errno, "--save-repro: cannot make the folder %s", folder);
	if (access(folder, W_OK | X_OK))
		return err_sys(err, errno, "--save-repro: cannot write into %s", folder);
	return 0;
}

/* Known faults get no program unless they are asked for: say so, or nothing seems to have come of it. */
static void name_known(const struct check_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n_verdicts; i++)
		n += set->verdicts[i].status == STATUS_KNOWN;
	if (n)
		fprintf(stderr, "%zu known fault%s: with --strict there are programs of %s, too\n", n,
			n == 1 ? "" : "s", n == 1 ? "it" : "them");
}

int save_repro(const char *folder, struct checker *checker, const struct check_set *set, bool known,
	       struct err *err)
{
	int rc = 0;

	if (!known)
		name_known(set);
	for (size_t i = 0; i < set->n_verdicts && !rc; i++) {
		struct check_verdict verdict = set->verdicts[i];
		struct checker one = {&checker->cells[i], &verdict, 1};
		char name[120], path[600];

		if (verdict.status != STATUS_FAIL && !(known && verdict.status == STATUS_KNOWN))
			continue;
		file_name(&verdict, name, sizeof(name));
		snprintf(path, sizeof(path), "%.400s/%s", folder, name);
		rc = save_one(path, &one, set, err);
	}
	return rc;
}
