/* SPDX-License-Identifier: MIT */
/* The doctor's entries for emulated hosts: what `exitlab lab` needs. */
#ifndef CLI_DOCTOR_LAB_H
#define CLI_DOCTOR_LAB_H

#include "analysis/capability.h"

#define DOCTOR_LAB_COUNT 3

/* Fills in DOCTOR_LAB_COUNT entries: an emulator for each vendor, and a kernel. */
void doctor_lab(struct capability *out);

#endif
