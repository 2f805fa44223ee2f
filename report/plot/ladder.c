/* SPDX-License-Identifier: MIT */
/* What it costs to cross from one execution environment into another. */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"

/* Each rung: the crossing, and the operation in the environment that is one. The first that matches is shown. */
static const struct {
	const char *crossing, *operation, *environment;
} rungs[] = {
	{"a function, and back", "base/call", "native"},
	{"the kernel: a system call", "base/syscall", "native"},
	{"the kernel: a trap, as a signal", "exc/ud", "native"},
	{"the guest's own kernel: a trap", "exc/ud", "guest-user"},
	{"an instruction that the hypervisor need not see", "insn/rdtsc", "guest"},
	{"the hypervisor: CPUID", "exit/cpuid leaf=0x0", "guest"},
	{"the hypervisor: a hypercall", "exit/hypercall", "guest"},
	{"the hypervisor: a register (RDMSR)", "exit/rdmsr", "guest"},
	{"a device in the hypervisor: a port", "io/port-kernel-out*", "guest"},
	{"a device behind an eventfd: a port", "io/port-ioeventfd*", "guest"},
	{"user space: a port", "io/port-out width=8", "guest"},
	{"user space: memory that is a device", "io/mmio-write*", "guest"},
	{"into the guest: an interrupt", "irq/inject*", "guest"},
	{"another vCPU: an interrupt", "smp/ipi", "guest"},
	{"a page that the host must find", "mem/first-touch backing=4k", "guest"},
	{"into the hypervisor, from outside (KVM_RUN)", "vm/null-run*", "host"},
	{"a new VM", "vm/create what=vm", "host"},
	{"a new VM, up to its first exit", "vm/first-instruction*", "host"},
};

static const struct result *find(const struct result_set *set, size_t rung)
{
	char label[128];

	for (size_t i = 0; i < set->n_results; i++) {
		const struct result *result = &set->results[i];

		if (!strcmp(result->environment, rungs[rung].environment) && figure_positive(result) &&
		    !fnmatch(rungs[rung].operation, plot_label(result, label, sizeof(label)), 0))
			return result;
	}
	return NULL;
}

#define RUNGS (sizeof(rungs) / sizeof(rungs[0]))

int plot_ladder(FILE *out, const struct plot_input *input, struct err *err)
{
	const struct result_set *set = &input->sets[0];
	const struct result *found[RUNGS];
	size_t order[RUNGS], n = 0;
	char label[128];

	for (size_t i = 0; i < RUNGS; i++) {
		size_t at;

		found[i] = find(set, i);
		if (!found[i])
			continue;
		for (at = n; at > 0 && found[order[at - 1]]->estimate.point > found[i]->estimate.point; at--)
			order[at] = order[at - 1];
		order[at] = i;
		n++;
	}
	if (n < 2)
		return err_set(err, ENODATA, "fewer than two kinds of crossing were measured");
	plot_begin(out, "A ladder of crossings", set, NULL);
	plot_header(out, "native", plot_place(set, "native"));
	fputs("# crossing\toperation\tin\tticks\tlo\thi\n", out);
	for (size_t i = 0; i < n; i++) {
		plot_text(out, rungs[order[i]].crossing);
		putc('\t', out);
		plot_text(out, plot_label(found[order[i]], label, sizeof(label)));
		fprintf(out, "\t%s", rungs[order[i]].environment);
		plot_estimate(out, found[order[i]]);
		putc('\n', out);
	}
	return 0;
}
