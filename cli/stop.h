/* SPDX-License-Identifier: MIT */
/* SIGINT and SIGTERM: the first one ends what goes on in good order, the second one the program. */
#ifndef CLI_STOP_H
#define CLI_STOP_H

#include <signal.h>

/* The signal that came; 0: none. */
extern volatile sig_atomic_t stop_signal;

void stop_catch(void);

/* From here on neither signal does anything more: something must be finished. */
void stop_hold(void);

#endif
