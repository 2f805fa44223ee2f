/* SPDX-License-Identifier: MIT */
#include "cli/save_repro.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/repro_listing.h"
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
		.capability = one->cells->check->capability,
		.disassemble = repro_listing,
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
	char trial[600];
	int fd;

	if (mkdir(folder, 0777) && errno != EEXIST)
		return err_sys(err, errno, "--save-repro: cannot make the folder %s", folder);
	snprintf(trial, sizeof(trial), "%.500s/.exitlab-XXXXXX", folder);
	fd = mkstemp(trial);
	if (fd < 0)
		return err_sys(err, errno, "--save-repro: cannot write into the folder %s", folder);
	close(fd);
	unlink(trial);
	return 0;
}

static void say_left_out(size_t known)
{
	if (known)
		fprintf(stderr, "%zu known fault%s: add --strict to have %s\n", known,
			known > 1 ? "s" : "", known > 1 ? "programs of them" : "a program of it");
}

int save_repro(const char *folder, struct checker *checker, const struct check_set *set, bool known,
	       struct err *err)
{
	size_t left_out = 0;
	int rc = 0;

	for (size_t i = 0; i < set->n_verdicts && !rc; i++) {
		struct check_verdict verdict = set->verdicts[i];
		struct checker one = {&checker->cells[i], &verdict, 1};
		char name[120], path[600];

		left_out += !known && verdict.status == STATUS_KNOWN;
		if (verdict.status != STATUS_FAIL && !(known && verdict.status == STATUS_KNOWN))
			continue;
		file_name(&verdict, name, sizeof(name));
		snprintf(path, sizeof(path), "%.400s/%s", folder, name);
		rc = save_one(path, &one, set, err);
	}
	say_left_out(left_out);
	return rc;
}
