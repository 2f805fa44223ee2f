/* SPDX-License-Identifier: MIT */
/* The manifest and the capabilities of machines that are folders: Intel, AMD, a pvm guest, none. */
#include "measure/capability.h"
#include "measure/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kvm-harness/sys.h"

static char root[64];

/* Writes a file below root and makes the folders on the way. */
static void file(const char *name, const char *text)
{
	char path[512];
	FILE *out;

	snprintf(path, sizeof(path), "%s%s", root, name);
	for (char *slash = strchr(path + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/test_machine.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	sys = &sys_real;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void common_files(void)
{
	file("/proc/sys/kernel/osrelease", "6.12.0-test\n");
	file("/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC\n");
	/* What must never be looked at. */
	file("/proc/sys/kernel/hostname", "secret-host\n");
	file("/proc/cmdline", "root=/dev/secret-disk\n");
	file("/proc/meminfo", "MemTotal:       16303428 kB\nMemFree:         1 kB\n");
	file("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
	file("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
}

#define VULNERABILITIES "/sys/devices/system/cpu/vulnerabilities/"

static void intel_files(void)
{
	common_files();
	file("/proc/cpuinfo",
	     "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n"
	     "model name\t: Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz\nstepping\t: 4\n"
	     "microcode\t: 0x2006e05\n"
	     "flags\t\t: fpu vme constant_tsc nonstop_tsc vmx ept vpid ept_ad smep\n"
	     "vmx flags\t: vnmi unrestricted_guest vapic_reg vid pml ept_ad\n\n"
	     "processor\t: 1\nvendor_id\t: GenuineIntel\nmodel name\t: another\n\n"
	     "processor\t: 2\n\nprocessor\t: 3\n\n");
	file("/dev/kvm", "");
	file("/sys/module/kvm_intel/initstate", "live\n");
	file("/sys/module/kvm_intel/parameters/nested", "Y\n");
	file("/sys/module/kvm_intel/parameters/ept", "Y\n");
	file("/sys/module/kvm_intel/parameters/ple_gap", "128\n");
	file("/sys/module/kvm/parameters/halt_poll_ns", "200000\n");
	file("/sys/module/kvm/parameters/report_ignored_msrs", "Y\n");
	file("/sys/devices/system/cpu/smt/active", "1\n");
	file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
	file("/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "performance\n");
	file(VULNERABILITIES "spectre_v2", "Mitigation: IBRS; IBPB: conditional; STIBP: on\n");
	file(VULNERABILITIES "meltdown", "Mitigation: PTI\n");
	file(VULNERABILITIES "retbleed", "Not affected\n");
	file(VULNERABILITIES "srbds", "Not affected\n");
}

static void intel(void **state)
{
	struct machine machine;
	struct err err = {0};

	(void)state;
	intel_files();
	memset(&machine, 0xaa, sizeof(machine));
	assert_int_equal(machine_probe_files(root, &machine, &err), 0);
	assert_string_equal(machine.id, "");
	assert_string_equal(machine.cpu_vendor, "GenuineIntel");
	assert_string_equal(machine.cpu_model, "Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz");
	assert_int_equal(machine.cpu_family, 6);
	assert_int_equal(machine.cpu_model_number, 85);
	assert_int_equal(machine.cpu_stepping, 4);
	assert_string_equal(machine.microcode, "0x2006e05");
	assert_int_equal(machine.cpus_online, 4);
	assert_true(machine.smt_active);
	assert_false(machine.hypervisor_present);
	assert_string_equal(machine.kernel, "6.12.0-test #1 SMP PREEMPT_DYNAMIC");
	assert_int_equal(machine.substrate, SUBSTRATE_VMX);
	assert_false(machine.emulated);
	assert_false(machine.nested);
	assert_string_equal(machine.kvm_module, "kvm_intel");
	assert_string_equal(machine.kvm_parameters,
			    "ept=Y nested=Y ple_gap=128 kvm.halt_poll_ns=200000");
	assert_string_equal(machine.mitigations,
			    "meltdown: Mitigation: PTI; "
			    "spectre_v2: Mitigation: IBRS, IBPB: conditional, STIBP: on; "
			    "not affected: retbleed, srbds");
	assert_string_equal(machine.governor, "performance");
	assert_string_equal(machine.clocksource, "tsc");
	assert_string_equal(machine.thp, "madvise");
	assert_string_equal(machine.microarchitecture_flags,
			    "vmx ept vpid vapic_reg vid vnmi pml ept_ad unrestricted_guest smep");
	assert_true(machine.tsc_invariant);
	assert_int_equal(machine.mem_total_kib, 16303428);
}

/* An EPYC that is itself a VM, with kvm_amd; kvm_intel is built in and unusable. */
static void amd_nested(void **state)
{
	struct machine machine;

	(void)state;
	common_files();
	file("/proc/cpuinfo", "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\n"
			      "model\t\t: 1\nmodel name\t: AMD EPYC\nstepping\t: 1\n"
			      "flags\t\t: constant_tsc svm npt nrip_save hypervisor\n\n");
	file("/sys/module/kvm_intel/parameters/nested", "N\n");
	file("/sys/module/kvm_amd/initstate", "live\n");
	file("/sys/module/kvm_amd/parameters/nested", "0\n");
	file("/sys/devices/system/cpu/smt/active", "0\n");
	file("/sys/devices/system/cpu/cpu0/microcode/version", "0xa0011d5\n");
	file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
	file("/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "schedutil\n");
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_int_equal(machine.substrate, SUBSTRATE_SVM);
	assert_string_equal(machine.kvm_module, "kvm_amd");
	assert_string_equal(machine.kvm_parameters, "nested=0");
	assert_true(machine.hypervisor_present);
	assert_true(machine.nested);
	assert_false(machine.smt_active);
	assert_string_equal(machine.microcode, "0xa0011d5");
	assert_string_equal(machine.governor, "mixed");
	assert_string_equal(machine.microarchitecture_flags, "svm hypervisor npt nrip_save");
	/* constant_tsc without nonstop_tsc */
	assert_false(machine.tsc_invariant);
}

/* Both are built in: the CPU decides, whichever it is. */
static void both_built_in(void **state)
{
	struct machine machine;

	(void)state;
	file("/sys/module/kvm_intel/parameters/nested", "N\n");
	file("/sys/module/kvm_amd/parameters/nested", "1\n");
	file("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vmx\n\n");
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_int_equal(machine.substrate, SUBSTRATE_VMX);
	assert_string_equal(machine.kvm_parameters, "nested=N");

	file("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu svm svm_lock\n\n");
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_int_equal(machine.substrate, SUBSTRATE_SVM);

	/* A flag that merely begins alike is none. */
	file("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu svm_lock vmxnet\n\n");
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_int_equal(machine.substrate, SUBSTRATE_NONE);
	assert_string_equal(machine.kvm_module, "");
}

static void pvm_files(void)
{
	common_files();
	file("/proc/cpuinfo", "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\n"
			      "model\t\t: 2\nmodel name\t: AMD EPYC\nstepping\t: 1\n"
			      "flags\t\t: constant_tsc nonstop_tsc hypervisor umip\n\n");
	file("/dev/kvm", "");
	file("/sys/module/kvm_pvm/initstate", "live\n");
	file("/sys/module/kvm_amd/parameters/nested", "1\n");
	file("/proc/sys/kernel/perf_event_paranoid", "2\n");
}

static void pvm(void **state)
{
	struct machine machine;

	(void)state;
	pvm_files();
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_int_equal(machine.substrate, SUBSTRATE_PVM);
	assert_string_equal(machine.kvm_module, "kvm_pvm");
	assert_true(machine.hypervisor_present);
	/* Nested is hardware that another hypervisor provides; here there is no hardware. */
	assert_false(machine.nested);
	assert_string_equal(machine.governor, "");
	assert_string_equal(machine.mitigations, "");
	assert_string_equal(machine.kvm_parameters, "");

	/* A loaded module was accepted; a built-in one that could work was not. */
	file("/proc/cpuinfo", "processor\t: 0\nflags\t\t: hypervisor svm npt\n\n");
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_int_equal(machine.substrate, SUBSTRATE_PVM);
}

static void no_kvm(void **state)
{
	struct machine machine;

	(void)state;
	common_files();
	file("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vmx\n\n");
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_int_equal(machine.substrate, SUBSTRATE_NONE);

	file("/dev/kvm", "");
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_int_equal(machine.substrate, SUBSTRATE_OTHER);
	assert_string_equal(machine.kvm_module, "");
}

static void bochs(void **state)
{
	struct machine machine;

	(void)state;
	intel_files();
	file("/sys/class/dmi/id/bios_vendor", "The Bochs Project\n");
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_true(machine.emulated);
	/* An emulator that claims to be a hypervisor is no outer hypervisor. */
	file("/proc/cpuinfo", "processor\t: 0\nflags\t\t: vmx hypervisor\n\n");
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_true(machine.hypervisor_present);
	assert_false(machine.nested);
	/* The firmware of old QEMU/KVM guests. */
	file("/sys/class/dmi/id/bios_vendor", "Bochs\n");
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_false(machine.emulated);
}

static void nothing_there(void **state)
{
	struct machine machine, empty;
	struct err err = {0};

	(void)state;
	memset(&machine, 0xaa, sizeof(machine));
	memset(&empty, 0, sizeof(empty));
	assert_int_equal(machine_probe_files(root, &machine, &err), -ENOENT);
	assert_int_equal(err.code, ENOENT);
	assert_non_null(strstr(err.text, "/proc/cpuinfo"));
	assert_string_equal(machine.kernel, "");
	assert_string_equal(machine.cpu_model, "");
	assert_int_equal(machine.cpus_online, 0);
	assert_int_equal(machine.substrate, SUBSTRATE_NONE);
	assert_int_equal(machine.tsc_hz, 0);

	/* Files that are there and empty. */
	file("/proc/cpuinfo", "");
	file("/proc/meminfo", "");
	file("/sys/kernel/mm/transparent_hugepage/enabled", "always\n");
	file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "");
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_string_equal(machine.thp, "");
	assert_string_equal(machine.governor, "");
	assert_int_equal(machine.mem_total_kib, 0);
}

static bool ends_in_dots(const char *text)
{
	size_t length = strlen(text);

	return length >= 3 && !strcmp(text + length - 3, "...");
}

/* What does not fit shows that it was cut, and nothing is written past a field. */
static void cut_visibly(void **state)
{
	char line[4000], name[256];
	struct machine machine;

	(void)state;
	intel_files();
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	memcpy(line, "processor\t: 0\nmodel name\t: ", 27);
	file("/proc/cpuinfo", line);
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "/sys/module/kvm_intel/parameters/parameter_%02d", i);
		file(name, "0123456789\n");
		snprintf(name, sizeof(name), VULNERABILITIES "weakness_%02d", i);
		file(name,
		     i % 2 ? "Not affected\n" : "Mitigation: a sentence of some length; on\n");
	}
	memset(line, 'y', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	file("/sys/devices/system/clocksource/clocksource0/current_clocksource", line);
	file("/proc/sys/kernel/version", line);
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_true(ends_in_dots(machine.cpu_model));
	assert_int_equal(strlen(machine.cpu_model), sizeof(machine.cpu_model) - 1);
	assert_true(ends_in_dots(machine.clocksource));
	assert_true(ends_in_dots(machine.kernel));
	assert_true(ends_in_dots(machine.kvm_parameters));
	assert_true(ends_in_dots(machine.mitigations));
	assert_true(strlen(machine.kvm_parameters) < sizeof(machine.kvm_parameters));
	assert_true(strlen(machine.mitigations) < sizeof(machine.mitigations));
	/* Whole entries only. */
	assert_non_null(strstr(machine.kvm_parameters, "=0123456789 ..."));
}

/* The mark fits wherever the list happens to be cut, and nothing follows it. */
static void cut_anywhere(void **state)
{
	char name[128], value[64];
	struct machine machine;

	(void)state;
	intel_files();
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "/sys/module/kvm_intel/parameters/q_%02d", i);
		file(name, "012345678901234567890123456789\n");
	}
	file("/sys/module/kvm_intel/parameters/z", "1\n");
	for (int length = 1; length < 60; length++) {
		memset(value, 'v', sizeof(value));
		value[length] = '\0';
		file("/sys/module/kvm_intel/parameters/a", value);
		assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
		assert_true(strlen(machine.kvm_parameters) < sizeof(machine.kvm_parameters));
		assert_true(ends_in_dots(machine.kvm_parameters));
		assert_null(strstr(machine.kvm_parameters, " z=1"));
	}
}

/* No byte of the whole manifest comes from the host's name or the command line. */
static void no_names(void **state)
{
	static struct machine machine;

	(void)state;
	intel_files();
	assert_int_equal(machine_probe_files(root, &machine, NULL), 0);
	assert_null(memmem(&machine, sizeof(machine), "secret", 6));
}

static void real_cpu(void **state)
{
	struct machine machine;
	struct err err = {0};

	(void)state;
	if (machine_probe("", &machine, &err)) {
		print_message("SKIP real_cpu: %s\n", err.text);
		skip();
	}
	assert_true(machine.arch[0]);
	assert_true(machine.kernel[0]);
	assert_true(machine.cpus_online > 0);
#if defined(__x86_64__)
	/* No x86-64 CPU is outside; an emulated one may be. */
	if (!machine.emulated)
		assert_in_range(machine.tsc_hz, 100000000ull, 20000000000ull);
#endif
	for (const char *c = machine.hypervisor; *c; c++)
		assert_true(*c >= ' ' && *c <= '~');
}

/* A KVM that answers as told. */
static int fake_open_code, fake_create_code, fake_api = 12, fake_stats = 1, fake_fds;

static int fake_open(const char *path, int flags)
{
	(void)flags;
	assert_non_null(strstr(path, "/dev/kvm"));
	errno = fake_open_code;
	if (fake_open_code)
		return -1;
	fake_fds++;
	return 1000;
}

static int fake_close(int fd)
{
	assert_true(fd == 1000 || fd == 1001);
	fake_fds--;
	return 0;
}

static int fake_ioctl(int fd, unsigned long request, void *argument)
{
	switch (request) {
	case KVM_GET_API_VERSION:
		return fake_api;
	case KVM_CREATE_VM:
		errno = fake_create_code;
		if (fake_create_code)
			return -1;
		fake_fds++;
		return 1001;
	case KVM_CHECK_EXTENSION:
		assert_int_equal(fd, 1001);
		assert_ptr_equal(argument, (void *)203);
		return fake_stats;
	}
	fail_msg("unexpected ioctl %lx", request);
	return -1;
}

static const struct sys fake_sys = {
	.open = fake_open,
	.close = fake_close,
	.ioctl = fake_ioctl,
};

static struct capability caps[CAPABILITY_COUNT];

static const struct capability *probe_one(const struct machine *machine, const char *name)
{
	const struct capability *cap;
	int n;

	memset(caps, 0xaa, sizeof(caps));
	n = capability_list(root, machine, caps, CAPABILITY_COUNT);
	assert_int_equal(n, CAPABILITY_COUNT);
	assert_int_equal(fake_fds, 0);
	for (int i = 0; i < n; i++) {
		assert_true(caps[i].detail[0]);
		assert_null(strchr(caps[i].detail, '\n'));
		/* A refusal is never left without its consequence. */
		if (caps[i].state == CAP_NO)
			assert_true(caps[i].consequence[0]);
		assert_false(ends_in_dots(caps[i].consequence));
		assert_false(ends_in_dots(caps[i].fix));
		assert_false(ends_in_dots(caps[i].command));
		/* A command is said in words as well. */
		assert_true(caps[i].fix[0] || !caps[i].command[0]);
	}
	cap = capability_find(caps, (size_t)n, name);
	assert_non_null(cap);
	return cap;
}

static void kvm_states(void **state)
{
	const struct capability *cap;
	struct machine machine;

	(void)state;
	intel_files();
	machine_probe_files(root, &machine, NULL);
	sys = &fake_sys;

	cap = probe_one(&machine, CAPABILITY_KVM);
	assert_int_equal(cap->state, CAP_YES);
	assert_non_null(strstr(cap->detail, "kvm_intel"));
	assert_int_equal(probe_one(&machine, CAPABILITY_STATISTICS)->state, CAP_YES);

	fake_stats = 0;
	assert_int_equal(probe_one(&machine, CAPABILITY_STATISTICS)->state, CAP_NO);
	fake_stats = 1;

	fake_create_code = EBUSY;
	cap = probe_one(&machine, CAPABILITY_KVM);
	assert_int_equal(cap->state, CAP_NO);
	assert_non_null(strstr(cap->detail, "busy"));
	assert_int_equal(probe_one(&machine, CAPABILITY_STATISTICS)->state, CAP_UNKNOWN);
	fake_create_code = 0;

	fake_api = 11;
	cap = probe_one(&machine, CAPABILITY_KVM);
	assert_int_equal(cap->state, CAP_NO);
	assert_non_null(strstr(cap->detail, "11"));
	fake_api = 12;

	fake_open_code = EACCES;
	cap = probe_one(&machine, CAPABILITY_KVM);
	assert_int_equal(cap->state, CAP_NO);
	assert_non_null(strstr(cap->fix, "kvm"));

	fake_open_code = ENOENT;
	machine.substrate = SUBSTRATE_NONE;
	machine.kvm_module[0] = '\0';
	cap = probe_one(&machine, CAPABILITY_KVM);
	assert_int_equal(cap->state, CAP_NO);
	assert_string_equal(cap->command, "modprobe kvm_intel");
	machine.microarchitecture_flags[0] = '\0';
	cap = probe_one(&machine, CAPABILITY_KVM);
	assert_non_null(strstr(cap->detail, "no KVM module"));
	fake_open_code = 0;

	/* A plain file is no KVM. */
	sys = &sys_real;
	cap = probe_one(&machine, CAPABILITY_KVM);
	assert_int_equal(cap->state, CAP_NO);
	assert_non_null(strstr(cap->detail, "no KVM device"));
}

static void capabilities_of_files(void **state)
{
	const struct capability *cap;
	struct machine machine;

	(void)state;
	intel_files();
	machine_probe_files(root, &machine, NULL);
	assert_non_null(strstr(probe_one(&machine, CAPABILITY_VT)->detail, "with ept"));
	assert_int_equal(probe_one(&machine, CAPABILITY_METAL)->state, CAP_YES);
	assert_int_equal(probe_one(&machine, CAPABILITY_NESTED)->state, CAP_YES);
	assert_int_equal(probe_one(&machine, CAPABILITY_TSC)->state, CAP_YES);
	assert_int_equal(probe_one(&machine, CAPABILITY_TWO_CPUS)->state, CAP_YES);
	assert_int_equal(probe_one(&machine, CAPABILITY_GOVERNOR)->state, CAP_YES);
	/* What only a running machine can answer is not guessed. */
	assert_int_equal(probe_one(&machine, CAPABILITY_PMU)->state, CAP_UNKNOWN);
	assert_int_equal(probe_one(&machine, CAPABILITY_TRACEPOINTS)->state, CAP_UNKNOWN);
	assert_int_equal(probe_one(&machine, CAPABILITY_KVM_EXIT)->state, CAP_UNKNOWN);
	assert_int_equal(probe_one(&machine, CAPABILITY_RESOLUTION)->state, CAP_UNKNOWN);

	/* Another parameter whose name ends alike does not count. */
	snprintf(machine.kvm_parameters, sizeof(machine.kvm_parameters), "unnested=Y nested=N");
	cap = probe_one(&machine, CAPABILITY_NESTED);
	assert_int_equal(cap->state, CAP_NO);
	assert_string_equal(cap->command, "modprobe -r kvm_intel && modprobe kvm_intel nested=1");

	snprintf(machine.hypervisor, sizeof(machine.hypervisor), "Microsoft Hv");
	machine.hypervisor_present = true;
	machine.nested = true;
	cap = probe_one(&machine, CAPABILITY_METAL);
	assert_int_equal(cap->state, CAP_NO);
	assert_non_null(strstr(cap->detail, "Hyper-V"));

	snprintf(machine.clocksource, sizeof(machine.clocksource), "hpet");
	assert_int_equal(probe_one(&machine, CAPABILITY_TSC)->state, CAP_NO);
	snprintf(machine.governor, sizeof(machine.governor), "powersave");
	assert_int_equal(probe_one(&machine, CAPABILITY_GOVERNOR)->state, CAP_NO);
	machine.emulated = true;
	assert_int_equal(probe_one(&machine, CAPABILITY_REAL_CPU)->state, CAP_NO);
	machine.cpus_online = 1;
	assert_int_equal(probe_one(&machine, CAPABILITY_TWO_CPUS)->state, CAP_NO);

	/* Fewer when there is no room for all. */
	assert_int_equal(capability_list(root, &machine, caps, 2), 2);
	assert_null(capability_find(caps, 2, CAPABILITY_GOVERNOR));
}

/* What else runs on the machine, and what this process may have of it. */
static void limits_of_files(void **state)
{
	const struct capability *cap;
	struct machine machine;

	(void)state;
	intel_files();
	machine_probe_files(root, &machine, NULL);
	/* What is not there is not guessed; no limit is none. */
	assert_int_equal(probe_one(&machine, CAPABILITY_TURBO)->state, CAP_UNKNOWN);
	assert_int_equal(probe_one(&machine, CAPABILITY_LOCKDOWN)->state, CAP_YES);
	assert_int_equal(probe_one(&machine, CAPABILITY_QUOTA)->state, CAP_YES);
	assert_int_equal(probe_one(&machine, CAPABILITY_MEMORY)->state, CAP_UNKNOWN);
	assert_int_equal(probe_one(&machine, CAPABILITY_QUIET)->state, CAP_UNKNOWN);
	assert_int_equal(probe_one(&machine, CAPABILITY_SMT)->state, CAP_NO);
	assert_int_equal(probe_one(&machine, CAPABILITY_ISOLATION)->state, CAP_NO);

	file("/sys/devices/system/cpu/cpufreq/boost", "1\n");
	cap = probe_one(&machine, CAPABILITY_TURBO);
	assert_int_equal(cap->state, CAP_NO);
	assert_string_equal(cap->command, "echo 0 > /sys/devices/system/cpu/cpufreq/boost");
	file("/sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
	cap = probe_one(&machine, CAPABILITY_TURBO);
	assert_string_equal(cap->command, "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo");
	file("/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
	assert_int_equal(probe_one(&machine, CAPABILITY_TURBO)->state, CAP_YES);

	file("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	assert_int_equal(probe_one(&machine, CAPABILITY_LOCKDOWN)->state, CAP_YES);
	file("/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	assert_int_equal(probe_one(&machine, CAPABILITY_LOCKDOWN)->state, CAP_NO);

	file("/sys/devices/system/cpu/isolated", "2-3\n");
	file("/sys/devices/system/cpu/offline", "4-7\n");
	cap = probe_one(&machine, CAPABILITY_ISOLATION);
	assert_int_equal(cap->state, CAP_YES);
	assert_string_equal(cap->detail, "isolated: 2-3; offline: 4-7");

	snprintf(machine.thp, sizeof(machine.thp), "never");
	assert_int_equal(probe_one(&machine, CAPABILITY_HUGE_PAGES)->state, CAP_NO);
}

/* The limit of any level counts, the lowest one. */
static void limits_of_cgroups(void **state)
{
	const struct capability *cap;
	struct machine machine;

	(void)state;
	intel_files();
	machine_probe_files(root, &machine, NULL);
	file("/proc/self/cgroup", "1:name=systemd:/old\n0::/kubepods/pod7\n");
	file("/sys/fs/cgroup/kubepods/pod7/cpu.max", "max 100000\n");
	file("/sys/fs/cgroup/kubepods/pod7/memory.max", "max\n");
	assert_int_equal(probe_one(&machine, CAPABILITY_QUOTA)->state, CAP_YES);
	file("/sys/fs/cgroup/kubepods/cpu.max", "150000 100000\n");
	cap = probe_one(&machine, CAPABILITY_QUOTA);
	assert_int_equal(cap->state, CAP_NO);
	assert_string_equal(cap->detail, "a cgroup allows 1.50 CPUs");
	file("/sys/fs/cgroup/kubepods/pod7/cpu.max", "50000 100000\n");
	assert_string_equal(probe_one(&machine, CAPABILITY_QUOTA)->detail,
			    "a cgroup allows 0.50 CPUs");

	file("/proc/meminfo", "MemTotal: 16303428 kB\nMemAvailable: 8388608 kB\n");
	cap = probe_one(&machine, CAPABILITY_MEMORY);
	assert_int_equal(cap->state, CAP_YES);
	assert_string_equal(cap->detail, "8192 MiB are available");
	file("/sys/fs/cgroup/kubepods/memory.max", "104857600\n");
	cap = probe_one(&machine, CAPABILITY_MEMORY);
	assert_int_equal(cap->state, CAP_NO);
	assert_string_equal(cap->detail, "100 MiB are available");
}

/* What times are worth follows from the strongest objection. */
static void worth_of_times(void **state)
{
	struct capability list[] = {{.name = CAPABILITY_KVM, .state = CAP_YES},
				    {.name = CAPABILITY_TSC, .state = CAP_YES},
				    {.name = CAPABILITY_GOVERNOR, .state = CAP_YES}};
	struct machine machine = {.substrate = SUBSTRATE_VMX};
	const char *sentence = NULL;

	(void)state;
	assert_int_equal(capability_timing(&machine, list, 3, &sentence), TIMING_HARDWARE);
	assert_non_null(strstr(sentence, "between runs and machines"));
	list[2].state = CAP_NO;
	assert_int_equal(capability_timing(&machine, list, 3, &sentence), TIMING_HARDWARE);
	assert_non_null(strstr(sentence, "wider intervals"));
	machine.nested = true;
	assert_int_equal(capability_timing(&machine, list, 3, &sentence), TIMING_COMPARABLE);
	machine.substrate = SUBSTRATE_PVM;
	assert_int_equal(capability_timing(&machine, list, 3, &sentence), TIMING_COMPARABLE);
	list[1].state = CAP_NO;
	assert_int_equal(capability_timing(&machine, list, 3, &sentence), TIMING_WORTHLESS);
	assert_non_null(strstr(sentence, "TSC"));
	list[1].state = CAP_YES;
	machine.emulated = true;
	assert_int_equal(capability_timing(&machine, list, 3, &sentence), TIMING_WORTHLESS);
	list[0].state = CAP_NO;
	assert_int_equal(capability_timing(&machine, list, 3, &sentence), TIMING_NO_GUESTS);
	assert_string_equal(timing_worth_name(TIMING_NO_GUESTS), "no guests");
}

static void pvm_capabilities(void **state)
{
	struct machine machine;

	(void)state;
	pvm_files();
	machine_probe_files(root, &machine, NULL);
	assert_int_equal(probe_one(&machine, CAPABILITY_VT)->state, CAP_NO);
	assert_non_null(strstr(probe_one(&machine, CAPABILITY_VT)->consequence, "kvm_pvm"));
	assert_int_equal(probe_one(&machine, CAPABILITY_NESTED)->state, CAP_NO);
}

/* The running machine, whatever it is: every entry says something, and no descriptor is left. */
static void real_capabilities(void **state)
{
	int before = dup(0), after;
	struct machine machine;

	(void)state;
	close(before);
	if (machine_probe("", &machine, NULL)) {
		print_message("SKIP real_capabilities: /proc cannot be read\n");
		skip();
	}
	assert_int_equal(capability_list("", &machine, caps, CAPABILITY_COUNT), CAPABILITY_COUNT);
	for (int i = 0; i < CAPABILITY_COUNT; i++) {
		assert_true(caps[i].detail[0]);
		assert_true(capability_state_name(caps[i].state)[0]);
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

#define WITH_ROOT(function) cmocka_unit_test_setup_teardown(function, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ROOT(intel),
		WITH_ROOT(amd_nested),
		WITH_ROOT(both_built_in),
		WITH_ROOT(pvm),
		WITH_ROOT(no_kvm),
		WITH_ROOT(bochs),
		WITH_ROOT(nothing_there),
		WITH_ROOT(cut_visibly),
		WITH_ROOT(cut_anywhere),
		WITH_ROOT(no_names),
		cmocka_unit_test(real_cpu),
		WITH_ROOT(kvm_states),
		WITH_ROOT(capabilities_of_files),
		WITH_ROOT(limits_of_files),
		WITH_ROOT(limits_of_cgroups),
		cmocka_unit_test(worth_of_times),
		WITH_ROOT(pvm_capabilities),
		cmocka_unit_test(real_capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
