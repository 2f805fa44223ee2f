/* SPDX-License-Identifier: MIT */
#include "measure/capability.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kvm.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "analysis/clock.h"
#include "analysis/quantile.h"
#include "kvm-harness/sys.h"
#include "measure/tracefs.h"

#if defined(__x86_64__)
#include "kvm-harness/arch/x86/ticks.h"
#define HAVE_TICKS 1
#else
#define HAVE_TICKS 0
#endif

/* Headers older than Linux 5.14 do not have it. */
#define OUR_CAP_BINARY_STATS_FD 203

/* What a perf ring for tracepoints and a small guest need together. */
#define MEMLOCK_WANTED (8ul << 20)

/* A counter that steps by more than this tells little about one operation. */
#define COARSE_STEP_TICKS 4

#define TICK_SAMPLES 4096

/* The probing of one machine: where it looks, and what one probe leaves for another. */
struct probe {
	const char *root;
	const struct machine *machine;
	bool live; /* root is this machine */
	int stats; /* KVM_CAP_BINARY_STATS_FD: 1, 0, or -1 when KVM could not be asked */
};

/* Sentences that do not fit end in "...". */
__attribute__((format(printf, 3, 0))) static void put(char *to, size_t size, const char *format,
						      va_list args)
{
	int n = vsnprintf(to, size, format, args);

	if (n >= (int)size)
		memcpy(to + size - 4, "...", 4);
}

__attribute__((format(printf, 3, 4))) static void
seen(struct capability *cap, enum capability_state state, const char *format, ...)
{
	va_list args;

	cap->state = state;
	va_start(args, format);
	put(cap->detail, sizeof(cap->detail), format, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3))) static void follows(struct capability *cap,
							  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(cap->consequence, sizeof(cap->consequence), format, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3))) static void fix(struct capability *cap, const char *format,
						      ...)
{
	va_list args;

	va_start(args, format);
	put(cap->fix, sizeof(cap->fix), format, args);
	va_end(args);
}

static bool not_live(const struct probe *probe, struct capability *cap)
{
	if (probe->live)
		return false;
	seen(cap, CAP_UNKNOWN, "not asked: this is a copy of a machine's files");
	return true;
}

/* A flag among those that machine_probe() keeps. */
static bool has_flag(const struct machine *machine, const char *flag)
{
	const char *at = machine->microarchitecture_flags;
	size_t length = strlen(flag);

	for (; (at = strstr(at, flag)); at += length)
		if ((at == machine->microarchitecture_flags || at[-1] == ' ') &&
		    (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

/* " (kvm_intel)", or nothing. */
static const char *module_note(const struct machine *machine, char *buffer, size_t size)
{
	if (!machine->kvm_module[0])
		return "";
	snprintf(buffer, size, " (%s)", machine->kvm_module);
	return buffer;
}

static void explain_kvm_open(struct capability *cap, const struct machine *machine, int code)
{
	follows(cap, "no guest can be run: only native figures can be measured");
	if (code == EACCES || code == EPERM) {
		seen(cap, CAP_NO, "present, but this user may not open it");
		fix(cap,
		    "join the group that owns it (often: usermod -aG kvm USER), or run as root");
	} else if (code == ENOENT && machine->substrate == SUBSTRATE_NONE &&
		   (has_flag(machine, "vmx") || has_flag(machine, "svm"))) {
		seen(cap, CAP_NO, "absent, although the CPU has hardware virtualization");
		fix(cap, "modprobe %s; if that fails, enable virtualization in the firmware",
		    has_flag(machine, "vmx") ? "kvm_intel" : "kvm_amd");
	} else if (code == ENOENT && machine->substrate != SUBSTRATE_NONE) {
		seen(cap, CAP_NO, "absent, although %s is loaded", machine->kvm_module);
		fix(cap, "in a container pass the device in (--device /dev/kvm)");
	} else if (code == ENOENT) {
		seen(cap, CAP_NO, "absent: no KVM module, and the CPU shows no VT-x or SVM");
		fix(cap, "enable virtualization in the firmware; in a VM enable nested "
			 "virtualization outside");
	} else if (code == ENODEV || code == ENXIO) {
		seen(cap, CAP_NO, "present, but no driver is behind it");
		fix(cap, "modprobe kvm_intel or kvm_amd");
	} else if (code == ENOTTY) {
		seen(cap, CAP_NO, "present, but it is no KVM device");
		fix(cap, "remove it and load the KVM module, which makes its own");
	} else {
		seen(cap, CAP_NO, "cannot be used: %s", strerror(code));
	}
}

static void explain_create(struct capability *cap, int code)
{
	follows(cap, "no guest can be run: only native figures can be measured");
	if (code == EBUSY) {
		seen(cap, CAP_NO, "busy: another hypervisor holds the CPU's virtualization");
		fix(cap, "stop it (VirtualBox, VMware, another KVM module) and unload its module");
		return;
	}
	seen(cap, CAP_NO, "a VM cannot be made: KVM_CREATE_VM: %s", strerror(code));
	fix(cap, "see what the kernel log says about kvm");
}

/* Opens, asks and makes a VM: only that shows that this KVM works now. */
static void probe_kvm(struct probe *probe, struct capability *cap)
{
	char path[PATH_MAX], note[40];
	int fd, version, vm;

	snprintf(path, sizeof(path), "%s/dev/kvm", probe->root);
	fd = sys->open(path, O_RDWR);
	if (fd < 0) {
		explain_kvm_open(cap, probe->machine, errno);
		return;
	}
	version = sys_ioctl(fd, KVM_GET_API_VERSION, NULL);
	if (version < 0) {
		explain_kvm_open(cap, probe->machine, errno);
		goto out;
	}
	if (version != KVM_API_VERSION) {
		seen(cap, CAP_NO, "API version %d instead of %d", version, KVM_API_VERSION);
		follows(cap, "no guest can be run: only native figures can be measured");
		goto out;
	}
	vm = sys_ioctl(fd, KVM_CREATE_VM, NULL);
	if (vm < 0) {
		explain_create(cap, errno);
		goto out;
	}
	probe->stats = sys_ioctl(vm, KVM_CHECK_EXTENSION, (void *)OUR_CAP_BINARY_STATS_FD) > 0;
	sys->close(vm);
	seen(cap, CAP_YES, "works, API version %d%s", version,
	     module_note(probe->machine, note, sizeof(note)));
	if (probe->machine->substrate == SUBSTRATE_OTHER)
		follows(cap, "its module is none that is known here: exits are counted, not named");
out:
	sys->close(fd);
}

static void probe_vt(struct probe *probe, struct capability *cap)
{
	const struct machine *machine = probe->machine;
	bool vmx = has_flag(machine, "vmx"), svm = has_flag(machine, "svm");

	if (vmx || svm) {
		const char *paging = vmx ? "ept" : "npt";
		bool has_paging = has_flag(machine, paging);

		seen(cap, CAP_YES, "%s, %s %s", vmx ? "vmx" : "svm",
		     has_paging ? "with" : "without", paging);
		if (!has_paging)
			follows(cap, "guest page tables are shadowed: every change of one exits");
		return;
	}
	seen(cap, CAP_NO, "the CPU shows neither vmx nor svm");
	if (machine->substrate == SUBSTRATE_PVM)
		follows(cap, "guests run by kvm_pvm's software: its figures are not those of VT-x "
			     "or SVM, and their exit reasons do not occur");
	else
		follows(cap, "no exit of VT-x or SVM can be measured here");
	fix(cap,
	    "a machine with VT-x or SVM enabled in the firmware; exitlab lab emulates one, where "
	    "exits are proven and instructions counted");
}

static const char *hypervisor_title(const char *signature)
{
	static const struct {
		const char *signature, *title;
	} known[] = {
		{"KVMKVMKVM", "KVM"},		{"Microsoft Hv", "Hyper-V"},
		{"VMwareVMware", "VMware"},	{"XenVMMXenVMM", "Xen"},
		{"TCGTCGTCGTCG", "QEMU's TCG"}, {"VBoxVBoxVBox", "VirtualBox"},
		{"bhyve bhyve ", "bhyve"},	{"ACRNACRNACRN", "ACRN"},
		{"Jailhouse", "Jailhouse"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(signature, known[i].signature))
			return known[i].title;
	return signature;
}

static void probe_metal(struct probe *probe, struct capability *cap)
{
	const struct machine *machine = probe->machine;

	if (!machine->hypervisor_present) {
		seen(cap, CAP_YES, "no hypervisor shows itself below this kernel");
		return;
	}
	if (machine->hypervisor[0])
		seen(cap, CAP_NO, "this host is itself a guest of %s",
		     hypervisor_title(machine->hypervisor));
	else
		seen(cap, CAP_NO, "this host is itself a guest");
	follows(cap, "native figures contain the outer hypervisor's exits%s; neighbours add noise",
		machine->nested ? ", and each exit here costs several outside" : "");
	fix(cap, "measure on the physical machine, if figures of hardware are wanted");
}

static void probe_real_cpu(struct probe *probe, struct capability *cap)
{
	if (!probe->machine->emulated) {
		seen(cap, CAP_YES, "no sign of an emulator (one that hides is not seen)");
		return;
	}
	seen(cap, CAP_NO, "the CPU is an emulator's");
	follows(cap, "time means nothing here; exit reasons and instruction counts do");
}

static void probe_nested(struct probe *probe, struct capability *cap)
{
	const char *parameters = probe->machine->kvm_parameters;
	const char *at = strstr(parameters, "nested=");

	/* Not the end of another parameter's name. */
	while (at && at != parameters && at[-1] != ' ')
		at = strstr(at + 1, "nested=");
	if (!(probe->machine->substrate & SUBSTRATE_HARDWARE)) {
		seen(cap, CAP_NO, "only kvm_intel and kvm_amd run guests of guests");
		follows(cap, "no hypervisor in a guest of this suite");
		return;
	}
	if (!at) {
		seen(cap, CAP_UNKNOWN, "%s does not say whether nested is on",
		     probe->machine->kvm_module);
		return;
	}
	at += strlen("nested=");
	if (*at == 'Y' || *at == '1') {
		seen(cap, CAP_YES, "%s has nested=%c", probe->machine->kvm_module, *at);
		return;
	}
	seen(cap, CAP_NO, "%s has nested=%c", probe->machine->kvm_module, *at);
	follows(cap, "operations of family nested/ are skipped");
	fix(cap, "modprobe -r %s && modprobe %s nested=1", probe->machine->kvm_module,
	    probe->machine->kvm_module);
}

/* The value of perf_event_paranoid as text, "?" when it cannot be read. */
static void read_paranoid(const char *root, char *text, size_t size)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(text, size, "?");
	snprintf(path, sizeof(path), "%s/proc/sys/kernel/perf_event_paranoid", root);
	file = fopen(path, "re");
	if (!file)
		return;
	if (!fgets(text, (int)size, file))
		snprintf(text, size, "?");
	text[strcspn(text, "\n")] = '\0';
	fclose(file);
}

/* The event sources that this kernel offers, as "cpu, msr, software". */
static void list_event_sources(const char *root, char *text, size_t size)
{
	struct dirent **names = NULL;
	char path[PATH_MAX];
	size_t used = 0;
	int n;

	text[0] = '\0';
	snprintf(path, sizeof(path), "%s/sys/bus/event_source/devices", root);
	n = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;

		if (name[0] != '.' && used + strlen(name) + 8 < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 name);
		else if (name[0] != '.' && used + 6 < size && !strstr(text, "..."))
			used += (size_t)snprintf(text + used, size - used, " ...");
		free(names[i]);
	}
	free(names);
	if (!used)
		snprintf(text, size, "none");
}

/* A descriptor that counts this thread's cycles, or -errno. */
static int open_cycles(bool kernel_too)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.exclude_kernel = !kernel_too,
		.exclude_hv = 1,
	};
	int fd = sys->perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Under some hypervisors the event opens and stays at 0: it must move. */
static bool cycles_move(int fd)
{
	uint64_t cycles = 0;

	for (unsigned i = 0; i < 100000; i++)
		__asm__ volatile("" : "+r"(i)); /* work that the compiler cannot leave out */
	return read(fd, &cycles, sizeof(cycles)) == sizeof(cycles) && cycles > 0;
}

static void explain_no_pmu(const struct probe *probe, struct capability *cap, int code)
{
	char sources[120], paranoid[16];

	follows(cap, "ticks cannot be told from cycles by counting; instructions and cache misses "
		     "per exit are missing");
	read_paranoid(probe->root, paranoid, sizeof(paranoid));
	list_event_sources(probe->root, sources, sizeof(sources));
	switch (code) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		seen(cap, CAP_NO, "no cycle counter; event sources: %s", sources);
		if (probe->machine->hypervisor_present)
			fix(cap, "give this VM a virtual PMU (QEMU: -cpu host,pmu=on)");
		return;
	case EACCES:
	case EPERM:
		seen(cap, CAP_NO, "not permitted: perf_event_paranoid is %s", paranoid);
		fix(cap, "sysctl kernel.perf_event_paranoid=1, or CAP_PERFMON, or run as root");
		return;
	case ENOSYS:
		seen(cap, CAP_NO, "this kernel has no perf events");
		fix(cap, "a kernel with CONFIG_PERF_EVENTS");
		return;
	default:
		seen(cap, CAP_UNKNOWN, "perf_event_open: %s", strerror(code));
	}
}

static void probe_pmu(struct probe *probe, struct capability *cap)
{
	bool kernel_too = true;
	int fd;

	if (not_live(probe, cap))
		return;
	fd = open_cycles(kernel_too);
	if (fd == -EACCES || fd == -EPERM) {
		kernel_too = false;
		fd = open_cycles(kernel_too);
	}
	if (fd < 0) {
		explain_no_pmu(probe, cap, -fd);
		return;
	}
	if (!cycles_move(fd)) {
		seen(cap, CAP_NO, "the cycle counter opens and does not count");
		follows(cap, "counter values would be zeros, so none are reported");
		fix(cap, "%s",
		    probe->machine->hypervisor_present
			    ? "the outer hypervisor must give this VM a virtual PMU"
			    : "see whether another program (a watchdog) holds the counters");
	} else if (kernel_too) {
		seen(cap, CAP_YES, "cycles are counted, the kernel's too");
	} else {
		char paranoid[16];

		read_paranoid(probe->root, paranoid, sizeof(paranoid));
		seen(cap, CAP_YES,
		     "cycles are counted in user mode only: perf_event_paranoid is %s", paranoid);
		follows(cap, "the kernel's part of an exit is not counted");
		fix(cap, "sysctl kernel.perf_event_paranoid=1, or CAP_PERFMON, or run as root");
	}
	sys->close(fd);
}

/* The same events that the proof needs: tracefs gives their numbers, perf must accept them. */
static int open_tracepoint(int id)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = (uint64_t)id,
		.disabled = 1,
	};
	int fd = sys->perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void explain_no_tracepoint(const struct probe *probe, struct capability *cap,
				  const char *event, int code)
{
	char paranoid[16];

	if (code == EACCES || code == EPERM) {
		read_paranoid(probe->root, paranoid, sizeof(paranoid));
		seen(cap, CAP_NO, "%s may not be opened: perf_event_paranoid is %s", event,
		     paranoid);
		fix(cap, "run as root, or with CAP_PERFMON and a readable tracefs");
		return;
	}
	seen(cap, CAP_NO, "%s cannot be opened: %s", event, strerror(code));
}

/*
 * Two entries from one directory: whether tracepoints work at all (kvm_userspace_exit exists with
 * every KVM), and whether there is one that names the hardware's exit reason.
 */
static void probe_tracepoints(struct probe *probe, struct capability *all, struct capability *exits)
{
	static const char no_proof[] = "which exits were taken is not seen: proofs rest on counts "
				       "and on what reaches user space";
	struct err err = {0};
	const char *mount;
	int dir, id, fd;

	if (not_live(probe, all)) {
		not_live(probe, exits);
		return;
	}
	mount = tracefs_mount_point();
	dir = tracefs_open(&err);
	if (dir < 0) {
		seen(all, CAP_NO, "%s", err.text);
		follows(all, "%s", no_proof);
		fix(all, "%s",
		    dir == -EACCES || dir == -EPERM ? "run as root" : "a kernel with tracefs");
		seen(exits, CAP_UNKNOWN, "tracefs cannot be read");
		follows(exits, "%s", no_proof);
		return;
	}

	id = tracefs_event_id(dir, "kvm/kvm_userspace_exit", &err);
	fd = id < 0 ? id : open_tracepoint(id);
	if (id < 0) {
		seen(all, CAP_NO, "%s", err.text);
		fix(all, "load a KVM module");
	} else if (fd < 0) {
		explain_no_tracepoint(probe, all, "kvm_userspace_exit", -fd);
	} else {
		sys->close(fd);
		if (mount)
			seen(all, CAP_YES, "tracefs is mounted at %s", mount);
		else
			seen(all, CAP_YES,
			     "tracefs is not mounted; one that is attached nowhere serves");
	}
	if (all->state != CAP_YES)
		follows(all, "%s", no_proof);

	id = tracefs_event_id(dir, "kvm/kvm_exit", &err);
	fd = id < 0 ? id : open_tracepoint(id);
	if (id < 0) {
		seen(exits, CAP_NO, "%s", err.text);
		fix(exits, "load a KVM module");
	} else if (fd < 0) {
		explain_no_tracepoint(probe, exits, "kvm_exit", -fd);
	} else {
		sys->close(fd);
		if (probe->machine->substrate == SUBSTRATE_PVM) {
			/* It is there, and nothing ever passes it. */
			seen(exits, CAP_NO, "kvm_exit exists, but kvm_pvm never fires it");
			fix(exits, "a host with kvm_intel or kvm_amd; exitlab lab emulates one");
		} else {
			seen(exits, CAP_YES, "kvm:kvm_exit can be opened");
		}
	}
	if (exits->state != CAP_YES)
		follows(exits, "%s",
			probe->machine->substrate == SUBSTRATE_PVM
				? "no exit reason of hardware: proofs rest on kvm_pio, "
				  "kvm_mmio, kvm_emulate_insn and kvm_userspace_exit"
				: no_proof);
	close(dir);
}

static void probe_tsc(struct probe *probe, struct capability *cap)
{
	const struct machine *machine = probe->machine;
	bool source = !strcmp(machine->clocksource, "tsc");
	const char *clock = machine->clocksource[0] ? machine->clocksource : "unknown";

	if (machine->tsc_invariant && source) {
		seen(cap, CAP_YES, "invariant, and the kernel's clock source; %.3f MHz",
		     (double)machine->tsc_hz / 1e6);
		return;
	}
	seen(cap, CAP_NO, "%s; the kernel's clock source is %s",
	     machine->tsc_invariant ? "invariant" : "not invariant", clock);
	if (!machine->tsc_invariant) {
		follows(cap, "ticks change with frequency or stop in sleep: times are not "
			     "comparable between runs");
		fix(cap, "fix the frequency and disable deep C-states");
	} else {
		follows(cap, "the kernel does not trust or does not use the TSC: check that it "
			     "agrees between CPUs before comparing them");
		fix(cap, "see why in the kernel log (tsc, clocksource)");
	}
}

#if HAVE_TICKS
/* On some machines the counter moves by tens of ticks at a time. The overhead is the median. */
static void measure_ticks(uint64_t *step, uint64_t *overhead)
{
	static uint64_t deltas[TICK_SAMPLES];

	for (size_t i = 0; i < TICK_SAMPLES; i++) {
		uint64_t before = ticks_now();

		deltas[i] = ticks_now() - before;
	}
	*step = clock_granularity(deltas, TICK_SAMPLES);
	*overhead = quantile_median_u64(deltas, TICK_SAMPLES);
}
#else
static void measure_ticks(uint64_t *step, uint64_t *overhead)
{
	*step = 0;
	*overhead = 0;
}
#endif

static void probe_resolution(struct probe *probe, struct capability *cap)
{
	uint64_t step, overhead;
	char ns[32] = "";

	if (not_live(probe, cap))
		return;
	measure_ticks(&step, &overhead);
	if (!step) {
		seen(cap, CAP_UNKNOWN, "the counter did not move between readings");
		return;
	}
	if (probe->machine->tsc_hz)
		snprintf(ns, sizeof(ns), " (%.1f ns)",
			 (double)step * 1e9 / (double)probe->machine->tsc_hz);
	seen(cap, step > COARSE_STEP_TICKS ? CAP_NO : CAP_YES,
	     "it steps by %llu tick%s%s; an empty timed pair takes %llu", (unsigned long long)step,
	     step == 1 ? "" : "s", ns, (unsigned long long)overhead);
	if (cap->state == CAP_NO)
		follows(cap,
			"a single operation is known to %llu ticks only; figures come from "
			"batches, where that error is divided",
			(unsigned long long)step);
}

static void probe_statistics(struct probe *probe, struct capability *cap)
{
	if (probe->stats > 0) {
		seen(cap, CAP_YES, "KVM counts the exits of each vCPU");
		return;
	}
	if (probe->stats < 0)
		seen(cap, CAP_UNKNOWN, "KVM could not be asked");
	else
		seen(cap, CAP_NO, "this KVM has no KVM_CAP_BINARY_STATS_FD");
	follows(cap, "the number of exits in a timed batch cannot be bounded");
	if (!probe->stats)
		fix(cap, "Linux 5.14 or newer");
}

static void probe_cpus(struct probe *probe, struct capability *cap)
{
	unsigned usable = probe->machine->cpus_online;
	cpu_set_t set;

	/* Fewer may be allowed than there are. More than 1024 do not fit, and are enough. */
	if (probe->live && !sched_getaffinity(0, sizeof(set), &set))
		usable = (unsigned)CPU_COUNT(&set);
	seen(cap, usable >= 2 ? CAP_YES : CAP_NO, "%u of %u online can be used%s", usable,
	     probe->machine->cpus_online, probe->machine->smt_active ? ", SMT is on" : "");
	if (usable < 2) {
		follows(cap, "operations between two vCPUs (IPIs, wake-ups) are skipped");
		fix(cap, "allow a second CPU (taskset, cpuset), or give the VM one");
	}
}

static void probe_memlock(struct probe *probe, struct capability *cap)
{
	struct rlimit limit;

	if (not_live(probe, cap))
		return;
	if (getrlimit(RLIMIT_MEMLOCK, &limit)) {
		seen(cap, CAP_UNKNOWN, "getrlimit: %s", strerror(errno));
		return;
	}
	if (limit.rlim_cur == RLIM_INFINITY || !geteuid()) {
		seen(cap, CAP_YES, "%s", geteuid() ? "unlimited" : "root is not limited");
		return;
	}
	seen(cap, limit.rlim_cur >= MEMLOCK_WANTED ? CAP_YES : CAP_NO, "limited to %llu KiB",
	     (unsigned long long)limit.rlim_cur / 1024);
	if (cap->state == CAP_NO) {
		follows(cap, "trace buffers may be refused and guest memory may be paged out");
		fix(cap, "ulimit -l %lu, or run as root", MEMLOCK_WANTED / 1024);
	}
}

static void probe_governor(struct probe *probe, struct capability *cap)
{
	const char *governor = probe->machine->governor;

	if (!governor[0]) {
		seen(cap, CAP_UNKNOWN,
		     "no cpufreq here: the frequency is not this kernel's affair");
		follows(cap, "it may change unseen; the sentinel in each run shows whether ticks "
			     "stay in proportion to cycles");
		return;
	}
	if (!strcmp(governor, "performance")) {
		seen(cap, CAP_YES, "the governor is performance");
		return;
	}
	seen(cap, CAP_NO, "the governor is %s", governor);
	follows(cap, "the frequency moves while measuring: wider intervals, and ticks that are not "
		     "cycles");
	fix(cap, "cpupower frequency-set -g performance");
}

int capability_list(const char *root, const struct machine *machine, struct capability *out,
		    size_t max)
{
	static const char *const names[CAPABILITY_COUNT] = {
		CAPABILITY_KVM,		CAPABILITY_VT,	       CAPABILITY_METAL,
		CAPABILITY_REAL_CPU,	CAPABILITY_NESTED,     CAPABILITY_PMU,
		CAPABILITY_TRACEPOINTS, CAPABILITY_KVM_EXIT,   CAPABILITY_TSC,
		CAPABILITY_RESOLUTION,	CAPABILITY_STATISTICS, CAPABILITY_TWO_CPUS,
		CAPABILITY_MEMLOCK,	CAPABILITY_GOVERNOR,
	};
	struct probe probe = {.root = root, .machine = machine, .live = !root[0], .stats = -1};
	struct capability all[CAPABILITY_COUNT] = {0};
	size_t n = max < CAPABILITY_COUNT ? max : CAPABILITY_COUNT;
	struct capability *cap = all;

	for (size_t i = 0; i < CAPABILITY_COUNT; i++)
		all[i].name = names[i];
	probe_kvm(&probe, cap++);
	probe_vt(&probe, cap++);
	probe_metal(&probe, cap++);
	probe_real_cpu(&probe, cap++);
	probe_nested(&probe, cap++);
	probe_pmu(&probe, cap++);
	probe_tracepoints(&probe, cap, cap + 1);
	cap += 2;
	probe_tsc(&probe, cap++);
	probe_resolution(&probe, cap++);
	probe_statistics(&probe, cap++);
	probe_cpus(&probe, cap++);
	probe_memlock(&probe, cap++);
	probe_governor(&probe, cap++);
	memcpy(out, all, n * sizeof(*out));
	return (int)n;
}

const struct capability *capability_find(const struct capability *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

const char *capability_state_name(enum capability_state state)
{
	switch (state) {
	case CAP_YES:
		return "yes";
	case CAP_NO:
		return "no";
	case CAP_UNKNOWN:
		break;
	}
	return "unknown";
}
