/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "report/gate.h"
#include "report/json_put.h"
#include "report/jsonl.h"

static const char *const findings[] = {
	[FINDING_NONE] = "",
	[FINDING_NEW] = "new",
	[FINDING_CODE] = "other code",
	[FINDING_VANISHED] = "vanished",
	[FINDING_STATUS] = "status",
	[FINDING_OUTCOME] = "outcome",
	[FINDING_PROOF] = "unproven",
	[FINDING_EXITS] = "exits",
	[FINDING_MORE] = "more instructions",
	[FINDING_FEWER] = "fewer instructions",
	[FINDING_SOMETIMES] = "sometimes",
	[FINDING_INEXACT] = "inexact",
	[FINDING_VARIES] = "varies",
};

static int put_point(json_t *object, const char *key, const struct result *result, struct err *err)
{
	if (!result || !result_usable(result))
		return 0;
	return json_put_real(object, key, result->estimate.point, err);
}

static int put_figures(json_t *object, const struct gate_report *report,
		       const struct comparison_row *row, struct err *err)
{
	int ret;

	if (report->gate->comparison->exact) {
		ret = put_point(object, "base_insns", row->base, err);
		return ret ? ret : put_point(object, "new_insns", row->new, err);
	}
	if (!row->timed) {
		ret = put_point(object, "base_ticks", row->base, err);
		return ret ? ret : put_point(object, "new_ticks", row->new, err);
	}
	ret = json_put_real(object, "base_ticks", row->base_ticks, err);
	if (!ret)
		ret = json_put_real(object, "new_ticks", row->new_ticks, err);
	if (!ret)
		ret = json_put_real(object, "ratio", row->ratio.point, err);
	if (!ret)
		ret = json_put_real(object, "ratio_lo", row->ratio.lo, err);
	if (!ret)
		ret = json_put_real(object, "ratio_hi", row->ratio.hi, err);
	if (!ret)
		ret = json_put_real(object, "confidence", row->ratio.confidence, err);
	if (!ret)
		ret = json_put_u64(object, "values_base", row->n_base, err);
	return ret ? ret : json_put_u64(object, "values_new", row->n_new, err);
}

static int put_verdict(json_t *object, const struct gate_row *row, struct err *err)
{
	int ret = json_put_text(object, "verdict", gate_verdict_name(row->verdict), err);

	if (!ret)
		ret = json_put_real(object, "margin", row->delta, err);
	if (!ret)
		ret = json_put_real(object, "p_slower", row->p_slower, err);
	if (!ret)
		ret = json_put_real(object, "p_slower_holm", row->p_holm, err);
	if (!ret)
		ret = json_put_real(object, "p_within", row->p_within, err);
	if (!ret && row->needed)
		ret = json_put_u64(object, "values_needed", row->needed, err);
	return ret;
}

static int put_row(json_t *rows, const struct gate_report *report, const struct gate_row *row,
		   struct err *err)
{
	const struct result *result = comparison_row_result(row->row);
	json_t *object = json_object();
	int ret = json_put_text(object, "benchmark", result->benchmark, err);

	if (!ret)
		ret = json_put_text(object, "parameters", result->parameters, err);
	if (!ret)
		ret = json_put_text(object, "environment", result->environment, err);
	if (!ret && row->row->base)
		ret = json_put_text(object, "exits", row->row->base->proof.exits, err);
	if (!ret)
		ret = put_figures(object, report, row->row, err);
	if (!ret)
		ret = json_put_text(object, "finding", findings[row->row->finding], err);
	if (!ret)
		ret = json_put_text(object, "why", report->verdicts ? row->why : row->row->why,
				    err);
	if (!ret && report->verdicts)
		ret = put_verdict(object, row, err);
	if (ret)
		json_decref(object);
	else if (json_array_append_new(rows, object))
		ret = err_set(err, ENOMEM, "no memory for the comparison");
	return ret;
}

static int put_head(json_t *record, const struct gate_report *report, struct err *err)
{
	const struct gate *gate = report->gate;
	const struct comparison *comparison = gate->comparison;
	char text[600];
	int ret = json_put_text(record, "type", "comparison", err);

	if (!ret)
		ret = json_put_u64(record, "schema_version", JSONL_SCHEMA_VERSION, err);
	if (!ret)
		ret = json_put_text(record, "program_version", EXITLAB_VERSION, err);
	if (!ret && report->verdicts)
		ret = json_put_text(record, "verdict", gate_verdict_name(gate->verdict), err);
	if (!ret)
		ret = json_put_text(record, "sentence",
				    gate_verdict_sentence(report, text, sizeof(text)), err);
	if (!ret)
		ret = json_put_text(record, "unit", comparison_unit_name(comparison->unit), err);
	if (!ret)
		ret = json_put_u64(record, "sets_base", comparison->sets_base, err);
	if (!ret)
		ret = json_put_u64(record, "sets_new", comparison->sets_new, err);
	if (!ret)
		ret = json_put_text(record, "differences", comparison->differences, err);
	if (!ret && report->forced)
		ret = json_put_text(record, "forced", report->forced, err);
	if (!ret)
		ret = json_put_text(record, "objection", gate->objection, err);
	if (!ret && report->verdicts)
		ret = json_put_real(record, "delta", report->options->delta, err);
	if (!ret && report->verdicts)
		ret = json_put_real(record, "alpha", report->options->alpha, err);
	return ret;
}

int gate_write_json(FILE *out, const struct gate_report *report, struct err *err)
{
	size_t *order = gate_order(report->gate);
	json_t *record = json_object(), *rows = json_array();
	char *line;
	int ret = order ? put_head(record, report, err)
			: err_set(err, ENOMEM, "no memory for the comparison");

	for (size_t i = 0; !ret && i < report->gate->comparison->n_rows; i++)
		ret = put_row(rows, report, &report->gate->rows[order[i]], err);
	if (!ret)
		ret = json_put(record, "results", json_incref(rows), err);
	line = ret ? NULL : json_line(record);
	if (!ret && !line)
		ret = err_set(err, ENOMEM, "no memory for the comparison");
	if (!ret)
		fprintf(out, "%s\n", line);
	if (!ret && (fflush(out) || ferror(out)))
		ret = err_sys(err, errno ? errno : EIO, "cannot write the comparison");
	free(line);
	json_decref(rows);
	json_decref(record);
	free(order);
	return ret;
}
