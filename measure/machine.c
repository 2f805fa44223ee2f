/* SPDX-License-Identifier: MIT */
#include "measure/machine.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>

#include "kvm-harness/arch/x86/ticks.h"
#endif

#define CALIBRATION_NS	  20000000
#define CALIBRATION_TRIES 16

/* A list that is being put together in a buffer of fixed size; the end shows when it was cut. */
struct list {
	char *text;
	size_t size, used;
	bool cut;
};

static const char cut_mark[] = " ...";

/* Room for the mark is kept back until the end, so that it always fits. */
static void list_add(struct list *list, const char *separator, const char *entry)
{
	size_t need = (list->used ? strlen(separator) : 0) + strlen(entry);

	if (list->cut)
		return;
	if (list->used + need + sizeof(cut_mark) > list->size) {
		memcpy(list->text + list->used, cut_mark, sizeof(cut_mark));
		list->cut = true;
		return;
	}
	list->used += (size_t)snprintf(list->text + list->used, list->size - list->used, "%s%s",
				       list->used ? separator : "", entry);
}

/* One line without white space at its ends and without control characters; cut with "...". */
static void copy_text(char *to, size_t size, const char *from)
{
	size_t length;

	while (isspace((unsigned char)*from))
		from++;
	length = strlen(from);
	while (length && isspace((unsigned char)from[length - 1]))
		length--;
	if (length >= size) {
		length = size - 1;
		memcpy(to, from, length - 3);
		memcpy(to + length - 3, "...", 3);
	} else {
		memcpy(to, from, length);
	}
	to[length] = '\0';
	for (size_t i = 0; i < length; i++)
		if (iscntrl((unsigned char)to[i]))
			to[i] = ' ';
}

static int make_path(char *path, const char *root, const char *format, va_list args)
{
	int used = snprintf(path, PATH_MAX, "%s", root);
	int n;

	if (used < 0 || used >= PATH_MAX)
		return -ENAMETOOLONG;
	n = vsnprintf(path + used, (size_t)(PATH_MAX - used), format, args);
	return n < 0 || n >= PATH_MAX - used ? -ENAMETOOLONG : 0;
}

/*
 * The contents of a small file below root, as copy_text() makes it. On failure -errno, and an
 * empty text.
 */
__attribute__((format(printf, 4, 5))) static int read_text(const char *root, char *text,
							   size_t size, const char *format, ...)
{
	char path[PATH_MAX], raw[4096];
	va_list args;
	ssize_t n;
	int rc, fd;

	text[0] = '\0';
	va_start(args, format);
	rc = make_path(path, root, format, args);
	va_end(args);
	if (rc)
		return rc;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, raw, sizeof(raw) - 1);
	rc = n < 0 ? -errno : 0;
	close(fd);
	if (rc)
		return rc;
	raw[n] = '\0';
	copy_text(text, size, raw);
	return 0;
}

__attribute__((format(printf, 2, 3))) static bool exists(const char *root, const char *format, ...)
{
	char path[PATH_MAX];
	struct stat st;
	va_list args;
	int rc;

	va_start(args, format);
	rc = make_path(path, root, format, args);
	va_end(args);
	return !rc && !stat(path, &st);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/*
 * The names in a folder below root in byte order, so that two runs write the same text. A count
 * or -errno; freed with names_free().
 */
static int names_get(const char *root, const char *folder, struct dirent ***names)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s", root, folder);

	*names = NULL;
	if (n < 0 || n >= (int)sizeof(path))
		return -ENAMETOOLONG;
	n = scandir(path, names, is_visible, by_name);
	return n < 0 ? -errno : n;
}

static void names_free(struct dirent **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* Whether a list of words separated by blanks, which may be NULL, has the word. */
static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	while (words && *words) {
		size_t n = strcspn(words, " \t\n");

		if (n == length && !strncmp(words, word, n))
			return true;
		words += n;
		words += strspn(words, " \t\n");
	}
	return false;
}

/* The lines of /proc/cpuinfo that are too long for struct machine; owned, NULL when absent. */
struct cpu_flags {
	char *flags;
	char *vmx_flags;
};

static void cpuinfo_line(struct machine *machine, struct cpu_flags *flags, const char *key,
			 const char *value)
{
	if (!strcmp(key, "vendor_id"))
		copy_text(machine->cpu_vendor, sizeof(machine->cpu_vendor), value);
	else if (!strcmp(key, "model name"))
		copy_text(machine->cpu_model, sizeof(machine->cpu_model), value);
	else if (!strcmp(key, "cpu family"))
		machine->cpu_family = (uint32_t)strtoul(value, NULL, 10);
	else if (!strcmp(key, "model"))
		machine->cpu_model_number = (uint32_t)strtoul(value, NULL, 10);
	else if (!strcmp(key, "stepping"))
		machine->cpu_stepping = (uint32_t)strtoul(value, NULL, 10);
	else if (!strcmp(key, "microcode"))
		copy_text(machine->microcode, sizeof(machine->microcode), value);
	else if (!strcmp(key, "flags") && !flags->flags)
		flags->flags = strdup(value);
	else if (!strcmp(key, "vmx flags") && !flags->vmx_flags)
		flags->vmx_flags = strdup(value);
}

/* The first CPU stands for all; the others are counted. */
static int read_cpuinfo(const char *root, struct machine *machine, struct cpu_flags *flags)
{
	char path[PATH_MAX], *line = NULL;
	size_t capacity = 0;
	FILE *file;
	int n;

	n = snprintf(path, sizeof(path), "%s/proc/cpuinfo", root);
	if (n < 0 || n >= (int)sizeof(path))
		return -ENAMETOOLONG;
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (getline(&line, &capacity, file) >= 0) {
		char *colon = strchr(line, ':');
		char *end = colon;

		if (!colon)
			continue;
		while (end > line && isspace((unsigned char)end[-1]))
			end--;
		*end = '\0';
		if (!strcmp(line, "processor"))
			machine->cpus_online++;
		else if (machine->cpus_online <= 1)
			cpuinfo_line(machine, flags, line, colon + 1);
	}
	free(line);
	fclose(file);
	return 0;
}

/*
 * The flags that change what an exit costs or whether there is one, the most important first: the
 * end of the list is what is cut.
 */
static const char *const interesting_flags[] = {
	"vmx",		 "svm",		"hypervisor",
	"ept",		 "npt",		"vpid",
	"apicv",	 "vapic_reg",	"vid",
	"posted_intr",	 "avic",	"x2avic",
	"vnmi",		 "vgif",	"pml",
	"ept_ad",	 "shadow_vmcs", "unrestricted_guest",
	"tsc_scaling",	 "tscratemsr",	"nrip_save",
	"decodeassists", "flushbyasid", "v_spec_ctrl",
	"idle_hlt",	 "ipi_virt",	"umip",
	"pcid",		 "invpcid",	"smep",
	"smap",		 "x2apic",	"tsc_deadline_timer",
	"la57",		 "rdtscp",
};

static void select_flags(struct machine *machine, const struct cpu_flags *flags)
{
	struct list list = {.text = machine->microarchitecture_flags,
			    .size = sizeof(machine->microarchitecture_flags)};

	for (size_t i = 0; i < sizeof(interesting_flags) / sizeof(interesting_flags[0]); i++) {
		const char *flag = interesting_flags[i];

		if (has_word(flags->flags, flag) || has_word(flags->vmx_flags, flag))
			list_add(&list, " ", flag);
	}
	machine->hypervisor_present = has_word(flags->flags, "hypervisor");
	/* The counter runs at one rate, and runs on in deep sleep: invariant needs both. */
	machine->tsc_invariant =
		has_word(flags->flags, "constant_tsc") && has_word(flags->flags, "nonstop_tsc");
}

static const struct module {
	const char *name;
	const char *flag; /* the CPU flag without which it cannot work, or NULL */
	enum substrate substrate;
} modules[] = {
	{"kvm_intel", "vmx", SUBSTRATE_VMX},
	{"kvm_amd", "svm", SUBSTRATE_SVM},
	{"kvm_pvm", NULL, SUBSTRATE_PVM},
};

/*
 * Which module is behind /dev/kvm. KVM accepts one at a time. A loaded one (it has an initstate)
 * would not be loaded had it not been accepted; a built-in one has its folder whether it was or
 * not, so it counts only when the CPU has what it needs. Among several the CPU's flags decide.
 */
static const struct module *find_module(const char *root, const struct cpu_flags *flags)
{
	const struct module *best = NULL;
	int best_points = 0;

	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		const struct module *module = &modules[i];
		bool loaded, able;
		int points;

		if (!exists(root, "/sys/module/%s", module->name))
			continue;
		loaded = exists(root, "/sys/module/%s/initstate", module->name);
		able = !module->flag || has_word(flags->flags, module->flag);
		if (!loaded && !able)
			continue;
		points = 2 * loaded + (able && module->flag ? 1 : 0) + 1;
		if (points > best_points) {
			best = module;
			best_points = points;
		}
	}
	return best;
}

static void add_parameter(struct list *list, const char *root, const char *module,
			  const char *prefix, const char *name)
{
	char value[128], entry[256];

	/* Some are readable by root only, some not at all: those are not there. */
	if (read_text(root, value, sizeof(value), "/sys/module/%s/parameters/%s", module, name))
		return;
	for (char *c = value; *c; c++)
		if (*c == ' ')
			*c = ','; /* the blank separates parameters */
	snprintf(entry, sizeof(entry), "%s%.100s=%s", prefix, name, value);
	list_add(list, " ", entry);
}

/* All of the vendor module's, and those of kvm.ko that change an exit's path. */
static void read_parameters(const char *root, struct machine *machine)
{
	static const char *const common[] = {"enable_pmu", "halt_poll_ns", "ignore_msrs", "mmio_caching",
					     "nx_huge_pages", "tdp_mmu"};
	struct list list = {.text = machine->kvm_parameters,
			    .size = sizeof(machine->kvm_parameters)};
	struct dirent **names;
	char folder[128];
	int n;

	snprintf(folder, sizeof(folder), "/sys/module/%s/parameters", machine->kvm_module);
	n = names_get(root, folder, &names);
	for (int i = 0; i < n; i++)
		add_parameter(&list, root, machine->kvm_module, "", names[i]->d_name);
	names_free(names, n);
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		add_parameter(&list, root, "kvm", "kvm.", common[i]);
}

/* An ELF note: sizes of name and content, type, "GNU", content. */
#define NOTE_HEADER 16

/* What tells two builds of a module apart. One that is built in has none: the kernel's version is.
 */
static void add_build(struct list *list, const char *root, const char *module)
{
	unsigned char note[NOTE_HEADER + 20];
	char path[256], entry[80];
	size_t n, used;
	FILE *in;

	snprintf(path, sizeof(path), "%s/sys/module/%s/notes/.note.gnu.build-id", root, module);
	in = fopen(path, "re");
	if (!in)
		return;
	n = fread(note, 1, sizeof(note), in);
	fclose(in);
	used = (size_t)snprintf(entry, sizeof(entry), "%.32s=", module);
	for (size_t i = NOTE_HEADER; i < n; i++)
		used += (size_t)snprintf(entry + used, sizeof(entry) - used, "%02x", note[i]);
	if (n > NOTE_HEADER)
		list_add(list, " ", entry);
}

static void read_builds(const char *root, struct machine *machine)
{
	struct list list = {.text = machine->kvm_build, .size = sizeof(machine->kvm_build)};

	add_build(&list, root, "kvm");
	add_build(&list, root, machine->kvm_module);
}

static void read_kvm(const char *root, struct machine *machine, const struct cpu_flags *flags)
{
	const struct module *module = find_module(root, flags);

	if (module) {
		machine->substrate = module->substrate;
		snprintf(machine->kvm_module, sizeof(machine->kvm_module), "%s", module->name);
		read_parameters(root, machine);
		read_builds(root, machine);
		return;
	}
	machine->substrate = exists(root, "/dev/kvm") ? SUBSTRATE_OTHER : SUBSTRATE_NONE;
}

/*
 * Those that concern this CPU first, each as "name: what the kernel does"; the others by name
 * only. Semicolons within become commas: a semicolon ends an entry.
 */
static void read_mitigations(const char *root, struct machine *machine)
{
	static const char folder[] = "/sys/devices/system/cpu/vulnerabilities";
	struct list list = {.text = machine->mitigations, .size = sizeof(machine->mitigations)};
	char names_text[600] = "";
	struct list unaffected = {.text = names_text, .size = sizeof(names_text)};
	struct dirent **names;
	int n = names_get(root, folder, &names);

	for (int i = 0; i < n; i++) {
		char value[400], entry[512];

		if (read_text(root, value, sizeof(value), "%s/%s", folder, names[i]->d_name))
			continue;
		if (!strcmp(value, "Not affected")) {
			list_add(&unaffected, ", ", names[i]->d_name);
			continue;
		}
		for (char *c = value; *c; c++)
			if (*c == ';')
				*c = ',';
		snprintf(entry, sizeof(entry), "%.100s: %s", names[i]->d_name, value);
		list_add(&list, "; ", entry);
	}
	names_free(names, n);
	if (unaffected.used) {
		char entry[sizeof(names_text) + 16];

		snprintf(entry, sizeof(entry), "not affected: %s", names_text);
		list_add(&list, "; ", entry);
	}
}

/* One governor for all CPUs, or "mixed". */
static void read_governor(const char *root, struct machine *machine)
{
	struct dirent **names;
	int n = names_get(root, "/sys/devices/system/cpu", &names);

	for (int i = 0; i < n; i++) {
		char value[sizeof(machine->governor)];
		const char *name = names[i]->d_name;

		if (strncmp(name, "cpu", 3) || !isdigit((unsigned char)name[3]))
			continue;
		if (read_text(root, value, sizeof(value),
			      "/sys/devices/system/cpu/%s/cpufreq/scaling_governor", name))
			continue;
		if (!machine->governor[0])
			memcpy(machine->governor, value, sizeof(value));
		else if (strcmp(machine->governor, value))
			snprintf(machine->governor, sizeof(machine->governor), "mixed");
	}
	names_free(names, n);
}

/* "always [madvise] never": the one in brackets is in force. */
static void read_thp(const char *root, struct machine *machine)
{
	char text[64], *open, *close;

	if (read_text(root, text, sizeof(text), "/sys/kernel/mm/transparent_hugepage/enabled"))
		return;
	open = strchr(text, '[');
	close = open ? strchr(open, ']') : NULL;
	if (!close)
		return;
	*close = '\0';
	copy_text(machine->thp, sizeof(machine->thp), open + 1);
}

static void read_memory(const char *root, struct machine *machine)
{
	char text[2048];
	const char *at;

	if (read_text(root, text, sizeof(text), "/proc/meminfo"))
		return;
	at = strstr(text, "MemTotal:");
	if (at)
		machine->mem_total_kib = strtoull(at + strlen("MemTotal:"), NULL, 10);
}

/* As uname(2) has them, from files, so that a test can say what they are. */
static void read_kernel(const char *root, struct machine *machine)
{
	char release[80], version[160], both[sizeof(release) + sizeof(version)];

	read_text(root, release, sizeof(release), "/proc/sys/kernel/osrelease");
	read_text(root, version, sizeof(version), "/proc/sys/kernel/version");
	snprintf(both, sizeof(both), "%s %s", release, version);
	copy_text(machine->kernel, sizeof(machine->kernel), both);
}

/*
 * Bochs shows neither the hypervisor bit nor a signature of its own, and its CPU models carry the
 * brand strings of the real ones. Its BIOS names itself in the DMI tables: "The Bochs Project".
 * A bare "Bochs" proves nothing: firmware of old QEMU/KVM guests says that too. Without DMI, or
 * with another BIOS, only the user can say that a machine is emulated.
 */
static bool has_bochs_bios(const char *root)
{
	char vendor[64];

	return !read_text(root, vendor, sizeof(vendor), "/sys/class/dmi/id/bios_vendor") &&
	       !strcmp(vendor, "The Bochs Project");
}

/*
 * Hardware virtualization inside a guest is another hypervisor's work. An emulator that claims to
 * be a hypervisor (QEMU's TCG) is not one: there `emulated` says it all.
 */
static void decide_nested(struct machine *machine)
{
	machine->nested = machine->hypervisor_present && !machine->emulated &&
			  (machine->substrate & SUBSTRATE_HARDWARE);
}

int machine_probe_files(const char *root, struct machine *machine, struct err *err)
{
	struct cpu_flags flags = {0};
	char text[16];
	int rc;

	memset(machine, 0, sizeof(*machine));
	rc = read_cpuinfo(root, machine, &flags);
	select_flags(machine, &flags);
	if (!machine->microcode[0])
		read_text(root, machine->microcode, sizeof(machine->microcode),
			  "/sys/devices/system/cpu/cpu0/microcode/version");
	read_kvm(root, machine, &flags);
	free(flags.flags);
	free(flags.vmx_flags);

	read_text(root, text, sizeof(text), "/sys/devices/system/cpu/smt/active");
	machine->smt_active = !strcmp(text, "1");
	read_text(root, machine->clocksource, sizeof(machine->clocksource),
		  "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	read_kernel(root, machine);
	read_mitigations(root, machine);
	read_governor(root, machine);
	read_thp(root, machine);
	read_memory(root, machine);
	machine->emulated = has_bochs_bios(root);
	decide_nested(machine);
	if (rc)
		return err_sys(err, -rc, "read %s/proc/cpuinfo", root);
	return 0;
}

#if defined(__x86_64__)
/* A moment on both clocks: the counter before and after the other clock is read. */
struct moment {
	uint64_t ticks, width;
	int64_t ns;
};

/* Of several readings the one with the narrowest bracket: nothing came between. */
static bool read_moment(struct moment *best)
{
	best->width = UINT64_MAX;
	for (int i = 0; i < CALIBRATION_TRIES; i++) {
		struct timespec now;
		uint64_t before = ticks_now(), after;

		if (clock_gettime(CLOCK_MONOTONIC_RAW, &now))
			return false;
		after = ticks_now();
		if (after < before || after - before >= best->width)
			continue;
		best->width = after - before;
		best->ticks = before + best->width / 2;
		best->ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	}
	return best->width != UINT64_MAX;
}

static uint64_t measure_tsc_hz(void)
{
	const struct timespec pause = {.tv_nsec = CALIBRATION_NS};
	struct moment start, end;

	if (!read_moment(&start))
		return 0;
	nanosleep(&pause, NULL);
	if (!read_moment(&end) || end.ns <= start.ns || end.ticks <= start.ticks)
		return 0;
	return (uint64_t)((unsigned __int128)(end.ticks - start.ticks) * 1000000000u /
			  (uint64_t)(end.ns - start.ns));
}

/* Leaf 0x40000000, by convention: twelve characters in ebx, ecx and edx. */
static void read_signature(struct machine *machine)
{
	unsigned eax, part[3];
	char raw[sizeof(part)];
	size_t used = 0;

	__cpuid(0x40000000, eax, part[0], part[1], part[2]);
	memcpy(raw, part, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		if (isprint((unsigned char)raw[i]))
			machine->hypervisor[used++] = raw[i];
	machine->hypervisor[used] = '\0';
}

static void probe_x86(struct machine *machine)
{
	unsigned eax, ebx, ecx, edx;

	if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & (1u << 31)))
		machine->hypervisor_present = true;
	/* Without the bit the leaf returns what the highest basic leaf has: no signature. */
	if (machine->hypervisor_present)
		read_signature(machine);
	if (!strcmp(machine->hypervisor, "TCGTCGTCGTCG"))
		machine->emulated = true;
	if (__get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx))
		machine->tsc_invariant = edx & (1u << 8);
	machine->tsc_hz = measure_tsc_hz();
}
#else
static void probe_x86(struct machine *machine)
{
	(void)machine;
}
#endif

void machine_probe_cpu(struct machine *machine)
{
	struct utsname name;

	if (!uname(&name))
		copy_text(machine->arch, sizeof(machine->arch), name.machine);
	probe_x86(machine);
	decide_nested(machine);
}

int machine_probe(const char *root, struct machine *machine, struct err *err)
{
	int rc = machine_probe_files(root, machine, err);

	machine_probe_cpu(machine);
	return rc;
}
