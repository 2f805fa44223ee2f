/* SPDX-License-Identifier: MIT */
#include "report/csv.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analysis/histogram.h"
#include "report/figure.h"

static const char header[] =
	"benchmark,parameters,environment,substrate,emulated,nested,status,reason,control,method,"
	"kind,point_ticks,lo_ticks,hi_ticks,confidence,instances,"
	"operations_per_second,bytes_per_second,"
	"latency_n,p50_ticks,p90_ticks,p99_ticks,p999_ticks,max_ticks,timer_pair_p50_ticks,"
	"proof,proof_why,exits,proof_iterations,"
	"outcome,outcome_note,outcome_value,outcome_vector,outcome_error_code,"
	"involuntary_switches,migrations,steal_ms,outliers,payload_hash\n";

struct csv {
	FILE *out;
	bool begun; /* a cell of this row was written */
};

static void next_cell(struct csv *csv)
{
	if (csv->begun)
		putc(',', csv->out);
	csv->begun = true;
}

/* What would act on a terminal is not shown. */
static void put_character(FILE *out, char c)
{
	bool acts = ((unsigned char)c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;

	putc(acts ? '?' : c, out);
}

void csv_cell(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		for (; *text; text++)
			put_character(out, *text);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		put_character(out, *text);
	}
	putc('"', out);
}

static void add_text(struct csv *csv, const char *text)
{
	next_cell(csv);
	csv_cell(csv->out, text);
}

static void add_count(struct csv *csv, bool present, uint64_t value)
{
	next_cell(csv);
	if (present)
		fprintf(csv->out, "%" PRIu64, value);
}

static void add_hex(struct csv *csv, bool present, uint64_t value)
{
	next_cell(csv);
	if (present)
		fprintf(csv->out, "0x%" PRIx64, value);
}

static void add_bool(struct csv *csv, bool value)
{
	add_text(csv, value ? "true" : "false");
}

static void add_real(struct csv *csv, bool present, double value)
{
	char text[FIGURE_SIZE];

	next_cell(csv);
	if (present)
		fputs(figure_exactly(value, text), csv->out);
}

static void add_estimate(struct csv *csv, const struct result *result, bool shown)
{
	const struct estimate *estimate = &result->estimate;
	bool present = shown && estimate->valid && isfinite(estimate->point);

	add_text(csv, !present ? "" : estimate->exact ? "exact" : "timed");
	add_real(csv, present, estimate->point);
	add_real(csv, present, estimate->lo);
	add_real(csv, present, estimate->hi);
	add_real(csv, present, estimate->confidence);
	add_count(csv, present, estimate->n);
}

static void add_throughput(struct csv *csv, const struct run_info *run, const struct result *result)
{
	double rate = 0;
	bool present = figure_rate(run, result, &rate);

	add_real(csv, present, rate);
	add_real(csv, present && result->bytes_per_iteration, rate * result->bytes_per_iteration);
}

static void add_latency(struct csv *csv, const struct sample_set *samples, bool shown)
{
	static const double quantiles[] = {0.5, 0.9, 0.99, 0.999, 1.0};
	bool present = shown && samples->single.total;

	add_count(csv, present, samples->single.total);
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		add_count(csv, present, histogram_quantile(&samples->single, quantiles[i]));
	add_count(csv, present && samples->single_twin.total,
		  histogram_quantile(&samples->single_twin, 0.5));
}

static void add_proof(struct csv *csv, const struct proof *proof)
{
	add_text(csv, proof_verdict_name(proof->verdict));
	add_text(csv, proof->why);
	add_text(csv, proof->exits);
	add_count(csv, proof->iterations > 0, proof->iterations);
}

static void add_outcome(struct csv *csv, const struct outcome *outcome)
{
	add_text(csv, outcome->known ? outcome->verdict : "");
	add_text(csv, outcome->known || outcome->faulted ? outcome->note : "");
	add_hex(csv, outcome->known && !outcome->faulted, outcome->value);
	add_count(csv, outcome->faulted, outcome->vector);
	add_hex(csv, outcome->faulted, outcome->error_code);
}

static void add_noise(struct csv *csv, const struct noise *noise, bool measured)
{
	add_count(csv, measured, noise->involuntary_switches);
	add_count(csv, measured, noise->migrations);
	add_count(csv, measured, noise->steal_ms);
	add_count(csv, measured, noise->outliers);
}

static void write_row(FILE *out, const struct run_info *run, const struct result *result)
{
	struct csv csv = {.out = out};
	bool shown = result->proof.verdict != PROOF_REFUTED;

	add_text(&csv, result->benchmark);
	add_text(&csv, result->parameters);
	add_text(&csv, result->environment);
	add_text(&csv, substrate_name(result->substrate));
	add_bool(&csv, run->machine.emulated);
	add_bool(&csv, run->machine.nested);
	add_text(&csv, status_name(result->status));
	add_text(&csv, result->reason);
	add_bool(&csv, result->control);
	add_text(&csv, result->method);
	add_estimate(&csv, result, shown);
	add_throughput(&csv, run, result);
	add_latency(&csv, &result->samples, shown);
	add_proof(&csv, &result->proof);
	add_outcome(&csv, &result->outcome);
	add_noise(&csv, &result->noise, result->estimate.valid);
	add_text(&csv, result->payload_hash);
	putc('\n', out);
}

int csv_write(FILE *out, const struct result_set *set, struct err *err)
{
	fputs(header, out);
	for (size_t i = 0; i < set->n_results; i++)
		write_row(out, &set->run, &set->results[i]);
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the CSV");
	return 0;
}
