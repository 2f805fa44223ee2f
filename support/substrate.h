/* SPDX-License-Identifier: MIT */
/* What executes the guest: the implementation behind /dev/kvm. On every result. */
#ifndef SUPPORT_SUBSTRATE_H
#define SUPPORT_SUBSTRATE_H

/* Bits, so that a declaration can name several at once. */
enum substrate {
	SUBSTRATE_NONE = 0,	  /* no usable KVM: the native environment alone */
	SUBSTRATE_VMX = 1 << 0,	  /* kvm_intel: VT-x */
	SUBSTRATE_SVM = 1 << 1,	  /* kvm_amd: SVM */
	SUBSTRATE_PVM = 1 << 2,	  /* kvm_pvm: software, guest ring 0 emulated */
	SUBSTRATE_OTHER = 1 << 3, /* a KVM whose module this program does not know */
};

#define SUBSTRATE_HARDWARE (SUBSTRATE_VMX | SUBSTRATE_SVM)
#define SUBSTRATE_ANY	   (SUBSTRATE_VMX | SUBSTRATE_SVM | SUBSTRATE_PVM | SUBSTRATE_OTHER)

/* "none", "vmx", "svm", "pvm", "other". Static storage. */
const char *substrate_name(enum substrate substrate);
/* -1 when the text is none of them. */
int substrate_parse(const char *name);

#endif
