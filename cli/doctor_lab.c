/* SPDX-License-Identifier: MIT */
#include "cli/doctor_lab.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "emulated-hosts/boot.h"
#include "emulated-hosts/files.h"
#include "emulated-hosts/model.h"

#define COPY(to, from) snprintf(to, sizeof(to), "%.*s", (int)sizeof(to) - 1, from)

/* The check's message ends in the command: "...: apt-get install bochs xorriso". */
static void emulator_of(struct capability *cap, enum lab_host host, const char *name)
{
	struct lab_machine machine = {.host = host, .cpus = 1};
	const struct cpu_model *model = cpu_model_find(host, NULL);
	struct err err = {0};
	const char *install;

	cap->name = name;
	COPY(machine.cpu_model, model->name);
	if (!lab_machine_check(&machine, NULL, &err)) {
		cap->state = CAP_YES;
		COPY(cap->detail, machine.emulator_version);
		return;
	}
	cap->state = CAP_NO;
	COPY(cap->detail, err.text);
	snprintf(cap->consequence, sizeof(cap->consequence),
		 "no exitlab lab --host %s: exits of %s are not proven on this machine",
		 lab_host_name(host), host == LAB_INTEL ? "VT-x" : "SVM");
	install = strstr(err.text, "apt-get install");
	COPY(cap->fix, "install what is missing");
	COPY(cap->command, install ? install : "");
}

static void kernel_of(struct capability *cap)
{
	char path[PATH_MAX];

	cap->name = "lab kernel";
	if (!files_kernel("stable", path, sizeof(path))) {
		cap->state = CAP_YES;
		COPY(cap->detail, "the distribution's is unpacked");
		return;
	}
	cap->state = CAP_NO;
	COPY(cap->detail, "the distribution's has not been fetched");
	COPY(cap->consequence, "the first exitlab lab fetches it, or wants --kernel");
	COPY(cap->fix, "fetch it now, from a checkout");
	COPY(cap->command, "make lab-kernel");
}

void doctor_lab(struct capability *out)
{
	memset(out, 0, DOCTOR_LAB_COUNT * sizeof(*out));
	emulator_of(&out[0], LAB_AMD, "lab for SVM");
	emulator_of(&out[1], LAB_INTEL, "lab for VT-x");
	kernel_of(&out[2]);
}
