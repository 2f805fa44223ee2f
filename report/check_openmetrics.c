/* SPDX-License-Identifier: MIT */
#include "report/check.h"
#include "report/metric.h"

/* Names of their own: in one folder of files for Prometheus a family has one description. */
static void put_run(FILE *out, const struct check_set *set)
{
	const struct metric_label labels[] = {
		{"version", set->program_version},
		{"cpu", set->machine.cpu_model},
		{"kernel", set->machine.kernel},
		{"substrate", substrate_name(set->machine.substrate)},
		{"emulated", set->machine.emulated ? "true" : "false"},
		{"stopped", set->signal ? "true" : "false"},
	};

	metric_family(out, "exitlab_check_run_info", NULL,
		      "The run of the checks that all of this is from.");
	metric_sample(out, "exitlab_check_run_info", labels, sizeof(labels) / sizeof(labels[0]), 1);
	metric_time(out, "exitlab_check_run_start_timestamp_seconds", "When the checks began.",
		    set->started);
}

int check_write_openmetrics(FILE *out, const struct check_set *set, struct err *err)
{
	size_t counts[STATUS_COUNT];

	(void)err;
	put_run(out, set);
	metric_family(out, "exitlab_check_info", NULL, "Each check, and how it ended.");
	for (size_t i = 0; i < set->n_verdicts; i++) {
		const struct metric_label labels[] = {
			{"check", set->verdicts[i].name},
			{"environment", set->verdicts[i].environment},
			{"status", status_name(set->verdicts[i].status)},
		};

		metric_sample(out, "exitlab_check_info", labels, 3, 1);
	}
	check_set_count(set, counts);
	metric_statuses(out, "exitlab_checks", "Checks by how they ended.", counts);
	metric_finish(out);
	return 0;
}
