/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_ORDER_H
#define MWPROF_ORDER_H

/*
 * Merges the rings of all CPUs into one sequence in order of time, in place.
 *
 * How far a drain may go comes from causality, not from waiting. All heads are
 * read, and then all heads again. A record that was visible at the first reading
 * may be delivered, for whatever led to it had been published before and is
 * visible at the second. A record that came in between is delivered only when a
 * record of the first reading is younger.
 *
 * Inside one ring an interrupt can write its records between another record's
 * time stamp and its place in the ring. Such inversions are repaired as long as
 * no more than ORDER_LOOKAHEAD records lie between; what comes later still is
 * delivered at once and counted as late, as is what an interrupt wrote while a
 * write into the same ring was under way and another CPU already built upon.
 * Who pairs events across CPUs compares their times.
 */
#include <linux/perf_event.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/ring.h"

#define ORDER_LOOKAHEAD 64 /* records, at least */

struct order;

struct order_stats {
	__u64 repaired; /* records that stood behind younger ones in their ring */
	__u64 late;	/* records delivered after a younger one */
	__u64 broken; /* places in a ring that were no record: the rest of their ring up to then is skipped */
};

struct order_ops {
	/* Time of a record, CLOCK_MONOTONIC; called for every record. */
	__u64 (*time)(const struct perf_event_header *record);
	/* A record's turn. @ring: index. Non-zero ends the drain there, and is returned. */
	int (*deliver)(void *ctx, unsigned int ring, const struct perf_event_header *record,
		       __u64 time_ns);
};

/* 0 or -ENOMEM. */
int order_new(struct order **out, const struct order_ops *ops, void *ctx);
void order_free(struct order *o); /* takes NULL; the rings stay */

/* @ring is borrowed until order_free(). 0 or -ENOMEM. Its index is the number of rings before. */
int order_add(struct order *o, struct ring *ring);

/*
 * Delivers what is due and releases it. @all: everything that is in the rings,
 * for when nobody writes any more. 0, or what deliver() returned.
 */
int order_drain(struct order *o, bool all);

const struct order_stats *order_stats(const struct order *o);

#endif
