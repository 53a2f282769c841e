/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_DECODE_H
#define MWPROF_DECODE_H

/*
 * perf records -> events, losses and what is known of tasks. Records are not
 * trusted: whatever the bytes say, nothing outside the record is read.
 */
#include <linux/perf_event.h>
#include <linux/types.h>
#include <stdbool.h>
#include "mwprof/event.h"
#include "mwprof/profiler.h"

struct decoder;
struct binding;
struct tasks;

struct decode_ops {
	/* An event that passed its filter. 0, or non-zero to stop. */
	int (*event)(void *ctx, const struct event *ev);
	/* Records were lost on @ring; the kernel says how many. 0, or non-zero to stop. */
	int (*lost)(void *ctx, unsigned int ring, __u64 nr, __u64 until_ns);
};

struct decode_stats {
	__u64 samples;	  /* records of events, filtered ones too */
	__u64 unknown;	  /* samples of no event of ours */
	__u64 broken;	  /* records too short for what they claim to hold */
	__u64 throttled;  /* PERF_RECORD_THROTTLE */
	__u64 cut_stacks; /* call chains as long as the limit */
};

/* @tasks: NULL when nobody wants names. All borrowed. 0 or -ENOMEM. */
int decoder_new(struct decoder **out, const struct binding *binding, struct tasks *tasks,
		const struct decode_ops *ops, void *ctx);
void decoder_free(struct decoder *d); /* takes NULL */

/* Samples with this id belong to spec @spec. 0 or -ENOMEM. */
int decoder_add_id(struct decoder *d, __u64 id, unsigned int spec);

/* 0, or what an op returned. @cpu is the ring's. */
int decode_record(struct decoder *d, unsigned int ring, __u32 cpu,
		  const struct perf_event_header *record);

const struct decode_stats *decoder_stats(const struct decoder *d);

#endif
