/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_SOURCE_H
#define MWPROF_SOURCE_H

/*
 * Where records come from. The session drives a source through these verbs, in
 * the order in which they stand here, and never asks what kind it is.
 */
#include <linux/types.h>
#include <stdbool.h>
#include "mwprof/profiler.h"

struct source;
struct report;

struct source_ops {
	/* All that can fail has failed before. From here on events happen. 0 or -errno. */
	int (*enable)(struct source *s);
	/* Adds what wakes the reader to an epoll set. 0 or -errno. */
	int (*watch)(struct source *s, int epoll_fd);
	/* Delivers what is due; @all: everything that there is. 0, or what a callback returned. */
	int (*drain)(struct source *s, bool all);
	/* Delivers losses that no record has told of yet: before a report. 0, or what a callback returned. */
	int (*settle)(struct source *s);
	/* About once a second: CPUs come and go. 0 or -errno. */
	int (*housekeep)(struct source *s);
	/* Nothing begins any more; what ends something (ROLE_ENDS) is still seen. */
	void (*wind_down)(struct source *s);
	void (*disable)(struct source *s);
	/* Fills the source's counters of enum ledger_core. */
	void (*ledger)(const struct source *s, __u64 *counts);
	/* The source's own rows for SIGUSR2. */
	void (*status)(struct source *s, struct report *report);
	void (*free)(struct source *s);
};

struct source {
	const struct source_ops *ops;
};

/* Who is told. Non-zero ends the drain. */
struct source_events {
	int (*event)(void *ctx, const struct event *ev);
	int (*lost)(void *ctx, const struct lost *lost);
	void *ctx;
};

#endif
