/* SPDX-License-Identifier: MIT */
#include "report/figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/hierarchy.h"

bool figure_usable(const struct result *result)
{
	return result && result_usable(result);
}

bool figure_positive(const struct result *result)
{
	return figure_usable(result) && result->estimate.point > 0 && result->estimate.lo > 0;
}

const char *figure_count(uint64_t count, char text[FIGURE_SIZE])
{
	char digits[24];
	size_t n, at = 0;

	snprintf(digits, sizeof(digits), "%" PRIu64, count);
	n = strlen(digits);
	for (size_t i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = digits[i];
	}
	text[at] = '\0';
	return text;
}

const char *figure_change(int64_t change, char text[FIGURE_SIZE])
{
	char size[FIGURE_SIZE];

	snprintf(text, FIGURE_SIZE, "%c%.30s", change < 0 ? '-' : '+',
		 figure_count(change < 0 ? -(uint64_t)change : (uint64_t)change, size));
	return text;
}

/* Three significant digits of value, which lies in [1, 1000) but for its rounding. */
static void three_digits(double value, const char *suffix, char text[FIGURE_SIZE])
{
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

	snprintf(text, FIGURE_SIZE, "%.*f%s", decimals, value, suffix);
}

/* With a suffix for thousands; value >= 999.5. */
static void si_suffixed(double value, char text[FIGURE_SIZE])
{
	static const char suffixes[] = "kMGTPE";
	char suffix[2] = "";
	size_t i = 0;

	for (value /= 1000; value >= 999.5 && suffixes[i + 1]; i++)
		value /= 1000;
	suffix[0] = suffixes[i];
	if (value >= 999.5)
		snprintf(text, FIGURE_SIZE, ">999%s", suffix);
	else
		three_digits(value, suffix, text);
}

const char *figure_ticks(double ticks, char text[FIGURE_SIZE])
{
	char size[FIGURE_SIZE];
	double value = fabs(ticks);

	if (!isfinite(ticks))
		snprintf(size, sizeof(size), "?");
	else if (value != 0 && value < 0.005)
		return strcpy(text, "~0");
	else if (value < 99.95)
		snprintf(size, sizeof(size), "%.*f", value < 9.995 ? 2 : 1, value);
	else if (value < 999999.5)
		figure_count((uint64_t)(value + 0.5), size);
	else
		si_suffixed(value, size);
	snprintf(text, FIGURE_SIZE, "%s%.30s", ticks < 0 && isfinite(ticks) ? "-" : "", size);
	return text;
}

const char *figure_point(const struct estimate *estimate, char text[FIGURE_SIZE])
{
	double value = fabs(estimate->point);
	char size[FIGURE_SIZE];

	if (!estimate->exact || value >= 999999.5 || value != floor(value))
		return figure_ticks(estimate->point, text);
	snprintf(text, FIGURE_SIZE, "%s%.30s", estimate->point < 0 ? "-" : "",
		 figure_count((uint64_t)value, size));
	return text;
}

const char *figure_short(double value, char text[FIGURE_SIZE])
{
	if (!isfinite(value))
		text[0] = '\0';
	else if (value > 0 && value < 0.005)
		snprintf(text, FIGURE_SIZE, "<0.01");
	else if (value < 999.5)
		three_digits(value, "", text);
	else
		si_suffixed(value, text);
	return text;
}

bool figure_counts_instructions(const struct run_info *run)
{
	bool any = false;

	if (!run->machine.emulated)
		return false;
	for (unsigned i = 0; i < run->n_environments; i++) {
		double ticks = run->environments[i].sentinel_ticks_per_add;

		if (ticks > 0 && fabs(ticks - 1) > 0.01)
			return false;
		any |= ticks > 0;
	}
	return any;
}

double figure_instance(const struct result *result, const struct instance_samples *instance)
{
	return result->exactness.instances && instance->has_mode ? (double)instance->mode_ticks : instance->point_ticks;
}

bool figure_under_hypervisor(const struct machine *machine)
{
	return machine->hypervisor_present && !machine->emulated;
}

const char *figure_time(double ticks, uint64_t tsc_hz, char text[FIGURE_SIZE])
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	char size[FIGURE_SIZE];
	double value;
	size_t i = 0;

	text[0] = '\0';
	if (!tsc_hz || !isfinite(ticks))
		return text;
	value = ticks * 1e9 / (double)tsc_hz;
	/* Five digits before the unit changes, as for ticks. */
	while (fabs(value) >= 99999.5 && i < 3) {
		value /= 1000;
		i++;
	}
	snprintf(text, FIGURE_SIZE, "%.30s %s", figure_ticks(value, size), units[i]);
	return text;
}

const char *figure_exactly(double value, char text[FIGURE_SIZE])
{
	text[0] = '\0';
	if (!isfinite(value))
		return text;
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(text, FIGURE_SIZE, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return text;
}

const char *figure_interval(const struct estimate *estimate, char text[FIGURE_SIZE])
{
	double half, percent;
	char size[FIGURE_SIZE];

	text[0] = '\0';
	if (!estimate->valid || !isfinite(estimate->lo) || !isfinite(estimate->hi))
		return text;
	if (estimate->exact) {
		snprintf(text, FIGURE_SIZE, "exact");
		return text;
	}
	/* One instance has no width; it is not that it has none left. */
	if (estimate->confidence <= 0) {
		snprintf(text, FIGURE_SIZE, "?");
		return text;
	}
	half = (estimate->hi - estimate->lo) / 2;
	percent = estimate->point != 0 ? 100 * half / fabs(estimate->point) : HUGE_VAL;
	if (percent < 9.95)
		snprintf(text, FIGURE_SIZE, "%.1f%%", percent);
	else if (percent < 99.5)
		snprintf(text, FIGURE_SIZE, "%.0f%%", percent);
	else
		snprintf(text, FIGURE_SIZE, "%.30st", figure_ticks(half, size));
	return text;
}

/* What the operation ended in. The note has it in words, "#GP(0)"; the vector is the fallback. */
static void fault_name(const struct outcome *outcome, char text[FIGURE_SIZE])
{
	static const char *const names[] = {
		"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", NULL,  "#TS",
		"#NP", "#SS", "#GP", "#PF", NULL,  "#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
	};
	size_t n = strcspn(outcome->note, "( ,;");

	if (outcome->note[0] == '#' && n >= 2 && n <= 6)
		snprintf(text, FIGURE_SIZE, "%.*s", (int)n, outcome->note);
	else if (outcome->vector < sizeof(names) / sizeof(names[0]) && names[outcome->vector])
		snprintf(text, FIGURE_SIZE, "%s", names[outcome->vector]);
	else if (outcome->vector < 1000)
		snprintf(text, FIGURE_SIZE, "trap %" PRIu32, outcome->vector);
	else
		snprintf(text, FIGURE_SIZE, "fault");
}

const char *figure_cell(const struct result *result, char text[FIGURE_SIZE])
{
	if (!result)
		text[0] = '\0';
	else if (result->proof.verdict == PROOF_REFUTED)
		snprintf(text, FIGURE_SIZE, "refuted");
	else if (result->outcome.faulted)
		fault_name(&result->outcome, text);
	else if (figure_usable(result))
		figure_point(&result->estimate, text);
	else
		snprintf(text, FIGURE_SIZE, "-");
	return text;
}

bool figure_rate(const struct run_info *run, const struct result *result, double *per_second)
{
	if (!figure_positive(result) || !run->machine.tsc_hz || run->machine.emulated)
		return false;
	*per_second = (double)run->machine.tsc_hz / result->estimate.point;
	return isfinite(*per_second);
}

bool figure_ratio(const struct result *numerator, const struct result *denominator, double *ratio)
{
	struct estimate paired;

	if (!figure_positive(numerator) || !figure_positive(denominator))
		return false;
	/* Counts are compared as they are shown; times by instances that ran in the same rounds. */
	if (numerator->exactness.instances && denominator->exactness.instances) {
		*ratio = numerator->estimate.point / denominator->estimate.point;
		return isfinite(*ratio);
	}
	hierarchy_ratio(&numerator->samples, &denominator->samples, 0.95, 1, &paired);
	*ratio = paired.valid ? paired.point
			      : numerator->estimate.point / denominator->estimate.point;
	return isfinite(*ratio);
}

const char *figure_parameters(const struct emulated_host *host, const char *before, char *text, size_t size)
{
	text[0] = '\0';
	for (const char *at = host->module_parameters; *at; at += strspn(at, " ")) {
		int length = (int)strcspn(at, " ");
		size_t used = strlen(text);
		char one[80];

		snprintf(one, sizeof(one), "%s%.*s", before, length, at);
		if (!strstr(text, one))
			snprintf(text + used, size - used, "%s", one);
		at += length;
	}
	return text;
}

static void append(char *text, size_t size, const char *part)
{
	size_t used = strlen(text);

	if (part[0])
		snprintf(text + used, size - used, "%s%s", used ? ", " : "", part);
}

const char *figure_machine(const struct machine *machine, char *text, size_t size)
{
	char part[200];

	text[0] = '\0';
	append(text, size, machine->id);
	snprintf(part, sizeof(part), "substrate %s%s%s%s%s", substrate_name(machine->substrate),
		 machine->kvm_module[0] ? " by " : "", machine->kvm_module,
		 machine->nested ? ", nested" : "", machine->emulated ? ", emulated" : "");
	append(text, size, part);
	append(text, size, machine->cpu_model);
	if (machine->tsc_hz && !machine->emulated) {
		snprintf(part, sizeof(part), "TSC %.2f GHz", (double)machine->tsc_hz / 1e9);
		append(text, size, part);
	}
	if (machine->kernel[0]) {
		/* The version after the release is a build date: of no use in a heading. */
		snprintf(part, sizeof(part), "Linux %.*s", (int)strcspn(machine->kernel, " "),
			 machine->kernel);
		append(text, size, part);
	}
	if (figure_under_hypervisor(machine)) {
		snprintf(part, sizeof(part), "itself a guest%s%s%s",
			 machine->hypervisor[0] ? " (" : "", machine->hypervisor,
			 machine->hypervisor[0] ? ")" : "");
		append(text, size, part);
	}
	return text;
}

const char *figure_replication(const struct result_set *set, char *text, size_t size)
{
	unsigned least = 0, most = 0;
	double confidence = 0, best = 0;
	char range[32];

	text[0] = '\0';
	for (size_t i = 0; i < set->n_results; i++) {
		const struct estimate *estimate = &set->results[i].estimate;

		if (!estimate->valid)
			continue;
		if (!most || estimate->n < least)
			least = estimate->n;
		if (estimate->n > most)
			most = estimate->n;
		/* Order statistics give the coverage that their ranks have, 95% or some more. */
		if (!(confidence > 0) || estimate->confidence < confidence)
			confidence = estimate->confidence;
		if (estimate->confidence > best)
			best = estimate->confidence;
	}
	if (!most)
		return text;
	snprintf(range, sizeof(range), least == most ? "%u" : "%u to %u", least, most);
	snprintf(text, size, "%s VM instances", range);
	if (set->run.emulated_host.boots) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, " in %" PRIu32 " boots",
			 set->run.emulated_host.boots);
	} else if (confidence > 0 && !set->run.machine.emulated) {
		size_t used = strlen(text);

		snprintf(text + used, size - used,
			 best > confidence ? ", intervals of %.3g%% or more" : ", %.3g%% intervals",
			 100 * confidence);
	}
	return text;
}
