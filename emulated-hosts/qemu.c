/* SPDX-License-Identifier: MIT */
/*
 * SVM by QEMU's TCG. With -icount shift=0 one instruction takes one nanosecond of the emulated
 * time, and the time-stamp counter counts nanoseconds: instructions.
 */
#include "emulated-hosts/emulator.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int check(struct lab_machine *machine, struct err *err)
{
	const struct tool tools[] = {{machine->emulator, "qemu-system-x86"}};
	int rc = tool_need(tools, 1, "an emulated host with SVM", err);

	if (rc)
		return rc;
	return emulator_version(machine->emulator, "--version", machine->emulator_version,
				sizeof(machine->emulator_version), err);
}

static int prepare(const struct boot *boot, struct arguments *args, struct err *err)
{
	const struct lab_machine *machine = boot->machine;

	arguments_add(args, "-accel");
	arguments_add(args, "tcg,thread=single");
	/* Counting, a second processor does not come up (7.2): then the clock is only a clock. */
	if (machine->cpus == 1) {
		arguments_add(args, "-icount");
		arguments_add(args, "shift=0,sleep=off");
	}
	arguments_add(args, "-seed");
	arguments_format(args, "%u", boot->options.number);
	arguments_add(args, "-rtc");
	arguments_add(args, "base=2026-01-01,clock=vm");
	arguments_add(args, "-machine");
	arguments_add(args, "q35");
	arguments_add(args, "-cpu");
	arguments_format(args, "%s,%s", machine->cpu_model, machine->cpu_features);
	arguments_add(args, "-m");
	arguments_format(args, "%d", EMULATED_MEMORY_MIB);
	arguments_add(args, "-smp");
	arguments_format(args, "%u", machine->cpus);
	arguments_add(args, "-nodefaults");
	arguments_add(args, "-display");
	arguments_add(args, "none");
	arguments_add(args, "-no-reboot");
	arguments_add(args, "-serial");
	arguments_format(args, "file:%s/" BOOT_CONSOLE, boot->folder);
	arguments_add(args, "-parallel");
	arguments_format(args, "file:%s/" BOOT_PORT, boot->folder);
	arguments_add(args, "-device");
	arguments_add(args, "isa-debug-exit");
	arguments_add(args, "-kernel");
	arguments_add(args, machine->kernel->image);
	arguments_add(args, "-initrd");
	arguments_format(args, "%s/" BOOT_INITRAMFS, boot->folder);
	arguments_add(args, "-append");
	arguments_add(args, machine->command_line);
	if (!boot->options.traced)
		return 0;
	if (access(machine->plugin, R_OK))
		return err_sys(err, errno, "cannot read QEMU's tracing plugin %s", machine->plugin);
	arguments_add(args, "-plugin");
	arguments_format(args, "%s,out=%s/" BOOT_TRACE, machine->plugin, boot->folder);
	return 0;
}

const struct emulator emulator_qemu = {"qemu-system-x86_64", check, prepare};
