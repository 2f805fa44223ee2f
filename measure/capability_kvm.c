/* SPDX-License-Identifier: MIT */
/* What KVM and the processor offer. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

#include "kvm-harness/sys.h"
#include "measure/capability_probe.h"

/* Headers older than Linux 5.14 do not have it. */
#define OUR_CAP_BINARY_STATS_FD 203

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
		    "join the group that owns it (often: kvm) and log in again, or run as root");
		command(cap, "usermod -aG kvm \"$USER\"");
	} else if (code == ENOENT && machine->substrate == SUBSTRATE_NONE &&
		   (has_flag(machine, "vmx") || has_flag(machine, "svm"))) {
		seen(cap, CAP_NO, "absent, although the CPU has hardware virtualization");
		fix(cap, "load the module; if that fails, enable virtualization in the firmware");
		command(cap, "modprobe %s", has_flag(machine, "vmx") ? "kvm_intel" : "kvm_amd");
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
void probe_kvm(struct probe *probe, struct capability *cap)
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

void probe_vt(struct probe *probe, struct capability *cap)
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

void probe_metal(struct probe *probe, struct capability *cap)
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

void probe_real_cpu(struct probe *probe, struct capability *cap)
{
	if (!probe->machine->emulated) {
		seen(cap, CAP_YES, "no sign of an emulator (one that hides is not seen)");
		return;
	}
	seen(cap, CAP_NO, "the CPU is an emulator's");
	follows(cap, "time means nothing here; exit reasons and instruction counts do");
}

void probe_nested(struct probe *probe, struct capability *cap)
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
	fix(cap, "reload the module with nested=1, while no guest runs");
	command(cap, "modprobe -r %s && modprobe %s nested=1", probe->machine->kvm_module,
		probe->machine->kvm_module);
}

void probe_statistics(struct probe *probe, struct capability *cap)
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
