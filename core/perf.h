/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_PERF_H
#define MWPROF_PERF_H

/*
 * The perf engine: one ring per CPU, shared by all events that happen there,
 * merged in order of time.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>
#include "core/decode.h"
#include "core/order.h"
#include "core/source.h"

struct binding;
struct target;
struct tasks;

struct perf_options {
	size_t ring_pages; /* of each ring, a power of two; 0: chosen here */
	bool comms, maps;  /* which side band the tasks want */
	pid_t held; /* the command that waits to be run: its events begin with its exec; 0: none */
	bool no_format_lost; /* as if the kernel had no PERF_FORMAT_LOST; for tests */
};

/*
 * Opens everything, enables nothing; threads that processes of -p start meanwhile
 * are added to @target. Everything is borrowed until the source is
 * freed. 0, or -errno after saying what could not be opened and what to do.
 */
int perf_source_new(struct source **out, struct binding *binding, struct target *target,
		    struct tasks *tasks, const struct perf_options *options,
		    const struct source_events *events);

#endif
