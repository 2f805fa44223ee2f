/* SPDX-License-Identifier: MIT */
#include "emulated-hosts/model.h"

#include <string.h>

static const char *const host_names[] = {[LAB_INTEL] = "intel", [LAB_AMD] = "amd"};
static const char *const host_modules[] = {[LAB_INTEL] = "kvm_intel", [LAB_AMD] = "kvm_amd"};

const char *lab_host_name(enum lab_host host)
{
	return host_names[host];
}

const char *lab_host_module(enum lab_host host)
{
	return host_modules[host];
}

int lab_host_parse(const char *text)
{
	for (int i = 0; i < 2; i++)
		if (!strcmp(text, host_names[i]))
			return i;
	return -1;
}

/* RDRAND and RDSEED would bring the emulator's host's randomness into what must repeat itself. */
#define NO_ENTROPY ",-rdrand,-rdseed"

#define SVM	"+svm" NO_ENTROPY
#define SVM_NPT "+svm,+npt" NO_ENTROPY

const struct cpu_model cpu_models[] = {
	{LAB_INTEL, "core2_penryn_t9600", 2008, "Core 2 Duo T9600", "VT-x, without EPT and VPID"},
	{LAB_INTEL, "corei5_lynnfield_750", 2009, "Core i5 750", "EPT, VPID"},
	{LAB_INTEL, "corei5_arrandale_m520", 2010, "Core i5 M 520", "unrestricted guest"},
	{LAB_INTEL, "corei7_sandy_bridge_2600k", 2011, "Core i7-2600K",
	 "XSAVE, TSC deadline timer"},
	{LAB_INTEL, "corei7_ivy_bridge_3770k", 2012, "Core i7-3770K",
	 "virtual APIC registers and interrupt delivery"},
	{LAB_INTEL, "corei7_haswell_4770", 2013, "Core i7-4770", "EPT A/D bits, VMCS shadowing"},
	{LAB_INTEL, "broadwell_ult", 2014, "Core i5-5300U", "SMAP, RDSEED"},
	/*
	 * Its APICv is wrong: interrupts get lost. And its CPUID has the clock of the real one, 35
	 * times what the emulator's is, so that the kernel would wait 35 times as long.
	 */
	{LAB_INTEL, "corei7_skylake_x", 2017, "Core i9-7900X", "PML, TSC scaling",
	 .parameters = "enable_apicv=0", .command_line = "tsc_early_khz=100000"},
	{LAB_AMD, "Opteron_G1", 2003, "Opteron 240", "SVM, as little of it as KVM takes",
	 .features = SVM},
	{LAB_AMD, "Opteron_G3", 2007, "Opteron 23xx", "nested paging (NPT)", .features = SVM_NPT},
	/* Opteron_G4 and G5 have instructions that TCG does not: their kernels do not come up. */
	{LAB_AMD, "EPYC", 2017, "EPYC 7001", "XSAVE, AVX2, SMAP", .features = SVM_NPT},
	{LAB_AMD, "EPYC-Rome", 2019, "EPYC 7002", "UMIP", .features = SVM_NPT},
	{LAB_AMD, "EPYC-Milan", 2021, "EPYC 7003", "INVPCID, protection keys", .features = SVM_NPT},
	{.name = NULL},
};

const struct cpu_model *cpu_model_find(enum lab_host host, const char *name)
{
	static const char *const usual[] = {
		[LAB_INTEL] = "corei7_haswell_4770", [LAB_AMD] = "EPYC"};

	for (const struct cpu_model *model = cpu_models; model->name; model++)
		if (model->host == host && !strcmp(model->name, name ? name : usual[host]))
			return model;
	return NULL;
}
