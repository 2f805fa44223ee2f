/* SPDX-License-Identifier: MIT */
/*
 * The template "lab": the hand-in of a course on virtualization. Each experiment has its question, its
 * method, the reader's own numbers and pictures, and what to discuss; the teacher's side is
 * docs/lab-manual.md. Numbers come from the files alone: nothing here is a result.
 */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "report/document/part.h"
#include "report/figure.h"
#include "report/markdown_part.h"
#include "report/matrix.h"
#include "report/text.h"

#define GLOBS	 12 /* with the NULL behind the last */
#define PICTURES 4
#define POINTS	 4

struct experiment {
	const char *title;
	const char *taught;   /* what the lecture says */
	const char *question;
	const char *method;
	const char *operations[GLOBS]; /* globs over names; NULL behind the last */
	struct {
		const char *kind, *operation;
	} pictures[PICTURES];
	bool matrix;	/* the table of sensitive instructions as well */
	const char *families[3]; /* of checks */
	const char *discuss[POINTS];
	const char *needs; /* what would measure it, where no file has it */
};

static const struct experiment experiments[] = {
	{
		.title = "An execution environment of its own",
		.taught = "Virtualization makes an execution environment that is separate from the one that hosts it.",
		.question = "Do the same instructions do the same in a guest, and what do they cost there?",
		.method = "The same bytes run at the same address natively and in a guest that has nothing but them: no "
			  "firmware, no operating system. Each operation runs in many fresh VMs.",
		.operations = {"base/*", "insn/rdtsc", "insn/pause", "insn/rdrand", "exit/cpuid"},
		.pictures = {{"native-vs-guest", NULL}},
		.discuss = {"Which operations cost the same in both? What do they have in common?",
			    "Which cost more, and by what factor? What had to happen outside of the guest?"},
		.needs = "exitlab run 'base/*' 'insn/*' 'exit/*'",
	},
	{
		.title = "A ladder of crossings",
		.taught = "Execution is virtualized at the level of the hardware, of the operating system, or of a language.",
		.question = "What does it cost to call something outside of one's own environment, from a function to a VM?",
		.method = "Each rung crosses one more boundary: into a function, into the kernel, out of a guest into KVM, out of "
			  "KVM into user space; at the top a whole VM is made.",
		.operations = {"base/call", "base/syscall", "exit/cpuid", "exit/hypercall", "io/port-out", "vm/null-run",
			       "vm/create", "vm/first-instruction"},
		.pictures = {{"ladder", NULL}},
		.discuss = {"By what factor does each rung exceed the one below? Where is the largest step, and why there?",
			    "Where on this ladder would a container be, and a program in a bytecode machine?"},
		.needs = "exitlab run 'base/*' 'exit/*' 'io/port-out' 'vm/*'",
	},
	{
		.title = "One request at each layer of the machine reference model",
		.taught = "Programs see an API, over an ABI, over an instruction set. A technique replaces one layer and "
			  "intercepts what is directed to it.",
		.question = "What does the same request cost at different layers: reading the time, and writing a byte?",
		.method = "Time: by an instruction (RDTSC), by shared memory (KVM's paravirtual clock), by a register that the "
			  "hypervisor answers (RDMSR). A byte: to a port, to memory that is a device, to an eventfd.",
		.operations = {"insn/rdtsc", "insn/pvclock", "exit/rdmsr", "base/syscall", "io/port-out", "io/mmio-write",
			       "io/port-ioeventfd", "io/mmio-ioeventfd", "io/port-coalesced"},
		.discuss = {"Which layer is intercepted in each row, and by whom?",
			    "Why does an interface that was made for guests (paravirtual) need fewer crossings?"},
		.needs = "exitlab run 'insn/*' 'io/*' 'exit/rdmsr'",
	},
	{
		.title = "Privileged instructions, and the trap",
		.taught = "Rings 0 to 3, at the least supervisor and user mode. A privileged instruction in user mode raises a "
			  "trap.",
		.question = "Does each privileged instruction trap in ring 3, and what does the trap cost natively and in a guest?",
		.method = "Each is executed in ring 3. Natively the kernel turns the trap into a signal; in a guest its own "
			  "handler takes it.",
		.operations = {"insn/privileged", "exc/*"},
		.families = {"privileged", "exception"},
		.discuss = {"Natively and in the guest, who handles the trap? Which way is shorter, and why?",
			    "Did every exception reach the guest without the hypervisor? How can one tell?"},
		.needs = "exitlab run 'insn/privileged' 'exc/*', and exitlab check 'privileged/*' 'exception/*' --format json",
	},
	{
		.title = "The 17 sensitive instructions of the original x86",
		.taught = "They read or change the machine's state and do not trap in user mode, so trapping alone cannot isolate a "
			  "guest (Robin and Irvine 2000; Popek and Goldberg 1974).",
		.question = "What does each do here, in ring 3 natively and in a guest: trap, tell the guest's state, tell the "
			    "host's, or silently do something else?",
		.method = "Each is executed once and its result classified, then timed.",
		.operations = {"sensitive/*"},
		.pictures = {{"matrix", NULL}},
		.matrix = true,
		.families = {"sensitive"},
		.discuss = {"Which are behaviour-sensitive, which control-sensitive?",
			    "Which rows would give a guest away that runs in user mode? Which does UMIP close?",
			    "On the emulated VT-x and SVM hosts no row has an exit. What did these make of the 17?"},
		.needs = "exitlab run 'sensitive/*'",
	},
	{
		.title = "The way of an exit",
		.taught = "A hypervisor conceptually runs above supervisor mode, and really within it.",
		.question = "Where does an exit spend its time: in the guest, in the kernel, in user space, on the way back?",
		.method = "Marks from the guest, from this program and from KVM's tracepoints cut an exit into legs. On emulated "
			  "hosts each instruction is counted and belongs to one leg.",
		.operations = {"exit/cpuid", "io/port-out", "io/port-in", "exit/hlt", "vm/null-run"},
		.pictures = {{"anatomy", NULL}},
		.discuss = {"How much of an exit to user space is user space itself?",
			    "What would an in-kernel device, or an ioeventfd, take away?"},
		.needs = "exitlab anatomy 'io/port-out' 'exit/cpuid'",
	},
	{
		.title = "Trap and emulate",
		.taught = "Historically a guest's operating system runs in user mode: plain instructions directly, sensitive ones "
			  "by trap and emulation.",
		.question = "What does a plain addition cost in guest ring 0, beside one in ring 3 and a native one?",
		.method = "A chain of dependent additions, and instructions that are emulated, in ring 3 and ring 0. Under kvm_pvm, "
			  "which has no VT-x or SVM, guest ring 0 is emulated instruction by instruction.",
		.operations = {"base/add-chain", "insn/real-mode", "insn/mov-from-cr", "insn/clts", "insn/invlpg", "exit/invd"},
		.discuss = {"Is ring 0 here executed or emulated? By what factor?",
			    "What did VT-x and SVM change for these rows? Compare with the emulated hosts."},
		.needs = "exitlab run 'base/*' 'insn/*'",
	},
	{
		.title = "Hardware help: memory",
		.taught = "Later extensions handle the memory of VMs: EPT and NPT translate a second time, in hardware.",
		.question = "What does the first touch of a page cost, by size and backing, and what does a TLB miss?",
		.method = "Pages of several kinds are touched for the first time; loads spread over memory are chained through a "
			  "growing footprint, by the guest's page size and the host's.",
		.operations = {"mem/first-touch", "mem/first-touch-populated", "mem/read-touch", "mem/walk", "mem/walk-small",
			       "mem/walk-giant", "insn/mov-to-cr3", "mem/page-table-write"},
		.pictures = {{"mem-faults", NULL}, {"walk", NULL}, {"footprint", NULL}},
		.discuss = {"How many references can one translation take natively, and in two dimensions: (g+1)(h+1)-1?",
			    "Compare EPT with shadow paging (ept=0): which operations got dearer, which cheaper, and why?"},
		.needs = "exitlab run 'mem/*'; exitlab lab --host intel --param ept=0",
	},
	{
		.title = "Hardware help: priority and interrupts",
		.taught = "VT-x adds capabilities for priority: the task priority register need not exit each time.",
		.question = "What does it cost to mask interrupts by priority, and to bring one into the guest?",
		.method = "The priority register by MOV CR8, with the APIC in KVM and in user space; interrupts from user space, from "
			  "an eventfd, from another vCPU, from timers.",
		.operations = {"insn/cr8", "exit/cr8", "io/lapic", "io/x2apic", "irq/*", "smp/ipi*"},
		.families = {"interrupt"},
		.discuss = {"Which ways into the guest need a detour through user space?",
			    "Does HLT wake exactly once? What would a guest see otherwise?"},
		.needs = "exitlab run 'irq/*' 'insn/cr8' 'exit/cr8' 'io/lapic'",
	},
	{
		.title = "Hardware help: migration",
		.taught = "VT-x adds capabilities for migration: a guest moves to another host while it runs.",
		.question = "What does it take to find what a running guest has written, to save it, and to move it?",
		.method = "Dirty pages by log and by ring; the vCPU's state saved and restored; a guest that writes moves into "
			  "another VM by pre-copy, with its downtime.",
		.operations = {"mem/dirty-*", "mem/log-switch", "vm/state", "vm/migrate", "vm/cpuid"},
		.families = {"state", "dirty", "cpuid"},
		.discuss = {"How long was the guest stopped, and what decides it?",
			    "Why does a guest have to see the same CPUID before and after?"},
		.needs = "exitlab run 'mem/dirty-*' 'vm/*', and exitlab check 'state/*' 'dirty/*' 'cpuid/*' --format json",
	},
	{
		.title = "I/O virtualization: queues and notifications",
		.taught = "VT-c improves I/O for network devices and switches; a virtual queue is how a guest talks to one.",
		.question = "What do the ways of telling a device, and of being told by it, cost?",
		.method = "A request by exit to user space, by ioeventfd; a completion by injected interrupt, by irqfd, by MSI; a "
			  "whole round through a virtqueue.",
		.operations = {"io/virtqueue", "io/port-out", "io/port-ioeventfd", "io/mmio-ioeventfd", "io/mmio-write",
			       "irq/inject", "irq/irqfd", "irq/msi", "irq/ioapic-line"},
		.discuss = {"How much does an ioeventfd save over an exit to user space?",
			    "How many exits does one request take with each? How would batching change it?"},
		.needs = "exitlab run 'io/*' 'irq/*'",
	},
	{
		.title = "Desktop virtualization: finding what has changed",
		.taught = "Desktops are virtualized by sending a screen over the network: what has changed must be found.",
		.question = "What does it cost to learn which pages of a framebuffer a guest has written?",
		.method = "The log of dirty pages is read; a page is written for the first time behind that.",
		.operations = {"mem/dirty-log", "mem/dirty-ring", "mem/dirty-write", "mem/log-switch"},
		.discuss = {"What does tracking cost the guest per page, and the host per reading?",
			    "At 60 pictures a second, what share of a CPU is that?"},
		.needs = "exitlab run 'mem/dirty-*'",
	},
	{
		.title = "Several vCPUs, several VMs",
		.taught = "Consolidation: many VMs share one machine.",
		.question = "Do two vCPUs do twice as much as one, and do two VMs?",
		.method = "The same operation on one and on several at once, within one VM and in several.",
		.operations = {"smp/parallel", "smp/vms", "smp/ipi", "smp/shootdown", "smp/store-wait"},
		.pictures = {{"scaling", NULL}},
		.discuss = {"Which operations scale, and which meet at a lock? Of one VM, or of the host?"},
		.needs = "exitlab run 'smp/*'",
	},
};

static const char not_measured[] =
	"VT-d (a device assigned to a VM) and SR-IOV (a virtual function of a network card) are not measured: they need "
	"a device behind an IOMMU, and exitlab has no experiment for them.";

static bool wanted(const struct experiment *experiment, const char *benchmark)
{
	for (size_t i = 0; experiment->operations[i]; i++)
		if (!fnmatch(experiment->operations[i], benchmark, 0))
			return true;
	return false;
}

/* Of all rows those that the experiment is about; false: none. */
static bool rows_of(const struct experiment *experiment, const struct result_set *set, struct rows *rows)
{
	size_t n = 0;

	if (rows_build(set, rows))
		return false;
	for (size_t i = 0; i < rows->n; i++)
		if (wanted(experiment, rows->rows[i].benchmark) && !row_skipped(&rows->rows[i]))
			rows->rows[n++] = rows->rows[i];
	rows->n = n;
	return n > 0;
}

static bool write_numbers(struct document *document, const struct experiment *experiment)
{
	const struct document_input *input = document->input;
	bool any = false;

	for (size_t i = 0; i < input->n_sets; i++) {
		const struct result_set *set = &input->sets[i];
		struct rows rows;

		if (!document_is_timed(set))
			continue;
		if (rows_of(experiment, set, &rows)) {
			markdown_operations(document->out, set, &rows, true);
			markdown_host(document->out, set, &rows, 0);
			any = true;
		}
		rows_clear(&rows);
	}
	return document_emulated_table(document, experiment->operations) || any;
}

/* The first run on a real machine draws; else the first of an emulated host. */
static bool drawing_set(const struct document_input *input, const char *kind, size_t *set)
{
	bool anatomy = !strcmp(kind, "anatomy");

	for (int emulated = 0; emulated < 2; emulated++)
		for (size_t i = 0; i < input->n_sets; i++) {
			const struct result_set *one = &input->sets[i];

			if (document_is_emulated(one) != emulated ||
			    (anatomy && !document_has_anatomy(one) && !document_has_profile(one)) ||
			    (!anatomy && (document_has_anatomy(one) || document_has_profile(one))))
				continue;
			*set = i;
			return true;
		}
	return false;
}

static void write_pictures(struct document *document, const struct experiment *experiment)
{
	for (size_t i = 0; i < PICTURES && experiment->pictures[i].kind; i++) {
		const char *kind = experiment->pictures[i].kind;
		const struct plot_kind *drawn = plot_find(kind);
		char sentence[200];
		size_t set;

		if (!drawn || !drawing_set(document->input, kind, &set))
			continue;
		snprintf(sentence, sizeof(sentence), "%c%s.", toupper((unsigned char)drawn->what[0]), drawn->what + 1);
		document_picture_of(document, kind, set, "", experiment->pictures[i].operation, NULL, sentence);
	}
}

static void write_matrix(struct document *document)
{
	const struct matrix_options options = {.markdown = true};
	size_t set;

	if (!drawing_set(document->input, "matrix", &set) || document->failed)
		return;
	document->failed = matrix_write(document->out, &document->input->sets[set], &options, document->err);
	putc('\n', document->out);
}

static void write_family(struct document *document, const struct check_set *checks, const char *label,
			 const char *family)
{
	size_t counts[STATUS_COUNT] = {0}, n = 0, length = strlen(family);
	char text[200];

	for (size_t i = 0; i < checks->n_verdicts; i++) {
		const struct check_verdict *verdict = &checks->verdicts[i];

		if (strncmp(verdict->name, family, length) || verdict->name[length] != '/')
			continue;
		counts[verdict->status]++;
		n++;
	}
	if (!n)
		return;
	snprintf(text, sizeof(text), "exitlab check '%s/*', %s: %zu of %zu as promised, %zu KNOWN, %zu SKIP, %zu FAIL.",
		 family, label, counts[STATUS_OK], n, counts[STATUS_KNOWN], counts[STATUS_SKIP],
		 counts[STATUS_FAIL] + counts[STATUS_ERROR]);
	markdown_wrapped(document->out, "- ", text);
}

static void write_families(struct document *document, const struct experiment *experiment)
{
	const struct document_input *input = document->input;

	if (!experiment->families[0] || !input->n_checks)
		return;
	for (size_t i = 0; i < 3 && experiment->families[i]; i++)
		for (size_t j = 0; j < input->n_checks; j++)
			write_family(document, &input->checks[j], input->check_labels[j], experiment->families[i]);
	putc('\n', document->out);
}

static void write_experiment(struct document *document, size_t number)
{
	const struct experiment *experiment = &experiments[number];
	char text[400];

	snprintf(text, sizeof(text), "%zu. %s", number + 1, experiment->title);
	document_heading(document, 0, text);
	document_say(document, experiment->taught);
	fputs("**Question.** ", document->out);
	document_say(document, experiment->question);
	fputs("**Method.** ", document->out);
	document_say(document, experiment->method);
	document_heading(document, 1, "Numbers");
	if (!write_numbers(document, experiment)) {
		snprintf(text, sizeof(text), "No file has any of these operations. They are measured by: %s.",
			 experiment->needs);
		markdown_wrapped(document->out, "", text);
		putc('\n', document->out);
	}
	write_pictures(document, experiment);
	if (experiment->matrix)
		write_matrix(document);
	write_families(document, experiment);
	document_heading(document, 1, "To conclude and discuss");
	for (size_t i = 0; i < POINTS && experiment->discuss[i]; i++)
		text_wrap(document->out, "- ", experiment->discuss[i], MARKDOWN_WIDTH);
	fputs("\n> \n\n", document->out); /* room for the answer */
}

static void write_machines(struct document *document)
{
	const struct document_input *input = document->input;

	document_heading(document, 0, "Machines and method");
	for (size_t i = 0; i < input->n_sets; i++) {
		if (!document_is_timed(&input->sets[i]))
			continue;
		markdown_method(document->out, &input->sets[i]);
		putc('\n', document->out);
		document_heading(document, 1, "Threats to validity");
		markdown_threats(document->out, &input->sets[i]);
		putc('\n', document->out);
		document_heading(document, 1, "What was not measured, or not as it should be");
		markdown_missing(document->out, &input->sets[i]);
		putc('\n', document->out);
	}
	document_say(document, not_measured);
}

int document_lab(FILE *out, const struct document_input *input, struct err *err)
{
	struct document document;

	document_begin(&document, out, input, err);
	markdown_heading(out, 1, input->title ? input->title : "Virtualization: lab report");
	if (input->author) {
		markdown_wrapped(out, "", input->author);
		putc('\n', out);
	}
	document_say(&document,
		     "Each experiment has a question, a method, the numbers of this report's own machine, and what to "
		     "discuss; answers go into the quoted lines. Numbers and pictures come from the recorded files alone.");
	document_say(&document,
		     "A figure is the median over VM instances, the loop around the operation subtracted, with half its "
		     "interval in % (in ticks where it ends in t). Exits are those that one operation was seen to take.");
	for (size_t i = 0; i < sizeof(experiments) / sizeof(experiments[0]) && !document.failed; i++)
		write_experiment(&document, i);
	write_machines(&document);
	document_undrawn(&document);
	document_files(&document);
	return document_end(&document);
}
