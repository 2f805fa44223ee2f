/* SPDX-License-Identifier: MIT */
#include "cli/stop.h"

#include <stddef.h>

volatile sig_atomic_t stop_signal;

static void on_stop(int signal)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	stop_signal = signal;
	sigaction(signal, &action, NULL);
}

void stop_catch(void)
{
	struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void remember(int signal)
{
	stop_signal = signal;
}

void stop_hold(void)
{
	struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}
