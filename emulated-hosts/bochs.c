/* SPDX-License-Identifier: MIT */
/*
 * VT-x by Bochs. It executes one instruction after the other, and its time-stamp counter counts
 * them. It boots from media alone: a CD with a boot loader is made for every boot.
 */
#include "emulated-hosts/emulator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIOS	 "/usr/share/bochs/BIOS-bochs-latest"
#define VGA_BIOS "/usr/share/bochs/VGABIOS-lgpl-latest"
#define ISOLINUX "/usr/lib/ISOLINUX/isolinux.bin"
#define LDLINUX	 "/usr/lib/syslinux/modules/bios/ldlinux.c32"

/* A rate at which the timer interrupt is rare and KVM's own delays are what they are elsewhere. */
#define INSTRUCTIONS_PER_SECOND "100000000"

/* Bochs itself would only say that its configuration is malformed. */
static int check_model(const struct lab_machine *machine, struct err *err)
{
	const char *const list[] = {"sh", "-c", "exec \"$0\" --help cpu 2>&1", machine->emulator,
				    NULL};
	char *text = NULL, line[80];
	size_t size;
	bool known;
	int rc = tool_run(list, &text, &size, err);

	if (rc)
		return rc;
	snprintf(line, sizeof(line), "\n%s\n", machine->cpu_model);
	known = strstr(text, line);
	free(text);
	return known ? 0
		     : err_set(err, EINVAL,
			       "--cpu-model: Bochs has no model '%s'; see exitlab lab "
			       "--list-models and "
			       "bochs --help cpu",
			       machine->cpu_model);
}

static int check(struct lab_machine *machine, struct err *err)
{
	const struct tool tools[] = {
		{machine->emulator, "bochs"}, {BIOS, "bochsbios"},	    {VGA_BIOS, "vgabios"},
		{ISOLINUX, "isolinux"},	      {LDLINUX, "syslinux-common"}, {"xorriso", "xorriso"},
	};
	/* It explains itself on standard error. */
	const char *const help[] = {"sh", "-c", "exec \"$0\" --help 2>&1", machine->emulator, NULL};
	char *text = NULL, *at;
	size_t size;
	int rc = tool_need(tools, sizeof(tools) / sizeof(tools[0]), "an emulated host with VT-x",
			   err);

	if (rc)
		return rc;
	rc = tool_run(help, &text, &size, err);
	if (rc)
		return rc;
	machine->has_debugger = strstr(text, "-rc ") != NULL;
	at = strstr(text, "Bochs x86 Emulator");
	snprintf(machine->emulator_version, sizeof(machine->emulator_version), "%.*s",
		 at ? (int)strcspn(at, "\r\n") : 5, at ? at : "Bochs");
	free(text);
	return check_model(machine, err);
}

static int make_disc(const struct boot *boot, struct err *err)
{
	char folder[100], loader[120], kernel[120], initramfs[120], disc[100], config[900];
	const char *const copy_loader[] = {"cp", "--", ISOLINUX, LDLINUX, loader, NULL};
	const char *const copy_kernel[] = {"cp", "--", boot->machine->kernel->image, kernel, NULL};
	const char *const make[] = {"xorriso",
				    "-as",
				    "mkisofs",
				    "-quiet",
				    "-o",
				    disc,
				    "-b",
				    "isolinux/isolinux.bin",
				    "-c",
				    "isolinux/boot.cat",
				    "-no-emul-boot",
				    "-boot-load-size",
				    "4",
				    "-boot-info-table",
				    folder,
				    NULL};
	char from[120];
	int rc;

	snprintf(folder, sizeof(folder), "%s/disc", boot->folder);
	snprintf(loader, sizeof(loader), "%s/isolinux", folder);
	snprintf(kernel, sizeof(kernel), "%s/kernel", folder);
	snprintf(initramfs, sizeof(initramfs), "%s/initramfs", folder);
	snprintf(from, sizeof(from), "%s/" BOOT_INITRAMFS, boot->folder);
	snprintf(disc, sizeof(disc), "%s/disc.iso", boot->folder);
	if (mkdir(folder, 0700) || mkdir(loader, 0700))
		return err_sys(err, errno, "cannot make the folder %s", loader);
	snprintf(config, sizeof(config),
		 "default exitlab\nprompt 0\nlabel exitlab\n kernel /kernel\n append "
		 "initrd=/initramfs %s\n",
		 boot->machine->command_line);
	rc = boot_write_file(boot, "disc/isolinux/isolinux.cfg", config, err);
	if (!rc && rename(from, initramfs))
		rc = err_sys(err, errno, "cannot move %s", from);
	if (!rc)
		rc = tool_run(copy_loader, NULL, NULL, err);
	if (!rc)
		rc = tool_run(copy_kernel, NULL, NULL, err);
	return rc ? rc : tool_run(make, NULL, NULL, err);
}

static int write_config(const struct boot *boot, struct err *err)
{
	const struct lab_machine *machine = boot->machine;
	const char *folder = boot->folder;
	char text[2400];

	snprintf(text, sizeof(text),
		 "display_library: term\n"
		 "cpu: model=%s, count=%u, ips=" INSTRUCTIONS_PER_SECOND
		 ", reset_on_triple_fault=0\n"
		 "memory: guest=%d, host=%d\n"
		 "romimage: file=" BIOS "\n"
		 "vgaromimage: file=" VGA_BIOS "\n"
		 "ata0-master: type=cdrom, path=%s/disc.iso, status=inserted\n"
		 "boot: cdrom\n"
		 "com1: enabled=1, mode=file, dev=%s/" BOOT_CONSOLE "\n"
		 "parport1: enabled=1, file=%s/" BOOT_PORT "\n"
		 "clock: sync=none, time0=" EMULATED_EPOCH "\n"
		 "log: %s/bochs.log\n"
		 "panic: action=fatal\n"
		 "error: action=ignore\n"
		 "info: action=ignore\n"
		 "debug: action=ignore\n"
		 "%s",
		 machine->cpu_model, machine->cpus, EMULATED_MEMORY_MIB, EMULATED_MEMORY_MIB,
		 folder, folder, folder, folder,
		 boot->options.traced ? "magic_break: enabled=1\n" : "");
	return boot_write_file(boot, "bochsrc", text, err);
}

/* What the debugger is told: to go on; and at every marker to begin or to end a record. */
static int write_commands(const struct boot *boot, struct err *err)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int rc = 0;

	if (!out)
		return err_set(err, ENOMEM, "no memory for the debugger's commands");
	if (boot->options.traced)
		rc = insn_trace_bochs_commands(out, boot->options.traced, err);
	else
		fputs("c\n", out);
	if (fclose(out) && !rc)
		rc = err_set(err, ENOMEM, "no memory for the debugger's commands");
	if (!rc)
		rc = boot_write_file(boot, "commands", text, err);
	free(text);
	return rc;
}

static int prepare(const struct boot *boot, struct arguments *args, struct err *err)
{
	int rc;

	if (boot->options.traced && !boot->machine->has_debugger)
		return err_set(err, ENOTSUP,
			       "%s was built without its debugger, which is what records "
			       "instructions: use Debian's, or one built with --enable-debugger",
			       boot->machine->emulator);
	rc = make_disc(boot, err);
	if (!rc)
		rc = write_config(boot, err);
	if (!rc && boot->machine->has_debugger)
		rc = write_commands(boot, err);
	arguments_add(args, "-q");
	arguments_add(args, "-f");
	arguments_format(args, "%s/bochsrc", boot->folder);
	if (boot->machine->has_debugger) {
		arguments_add(args, "-rc");
		arguments_format(args, "%s/commands", boot->folder);
	}
	return rc;
}

const struct emulator emulator_bochs = {"bochs", check, prepare};
