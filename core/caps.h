/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_CAPS_H
#define MWPROF_CAPS_H

/*
 * What this kernel lets this user do, found out by doing it, and in words what
 * to do about a refusal.
 */
#include <stdbool.h>
#include <stddef.h>

/* What a person types, once, so that mwprof works without being root. */
#define CAPS_LIST "cap_perfmon,cap_ipc_lock,cap_dac_read_search,cap_syslog"
#define CAPS_SETCAP "setcap " CAPS_LIST "+ep $(command -v mwprof)"

enum caps_id {
	CAPS_PERF,
	CAPS_TRACEPOINTS,
	CAPS_TRACEFS,
	CAPS_CLOCK,
	CAPS_LOST_COUNT,
	CAPS_BIG_RINGS,
	CAPS_KERNEL_SYMBOLS,
	CAPS_CGROUPS,
	CAPS_KPROBES,
	CAPS_UPROBES,
	CAPS_REGISTERS,
	CAPS_BTF,
	CAPS_BPF_TRACEPOINT,
	CAPS_BPF_RAW_TRACEPOINT,
	CAPS_NR,
};

struct cap {
	const char *name;    /* one word */
	const char *gives;   /* what it is good for */
	const char *without; /* what is lost when it is missing */
	bool usable;
	char reason[160]; /* why it is not usable */
};

/* Tries @id now; nothing of it stays behind. Never fails: what can't be tried is not usable. */
void caps_probe(enum caps_id id, struct cap *out);

/* May this process trace the whole system, as far as capabilities and perf_event_paranoid go? */
bool caps_may_trace(void);

/*
 * Says why opening an event failed and what to do about it. @what: the event or
 * what else was to be opened, in the user's words; @err: the negative errno of
 * perf_event_open(). Returns @err.
 */
int caps_explain_open(int err, const char *what);

#endif
