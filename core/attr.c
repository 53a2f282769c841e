// SPDX-License-Identifier: GPL-2.0-only
/*
 * attr.c - what is asked of the kernel, and how the answer is laid out
 *
 * One layout for all events, so that the reader finds id and time of a record
 * without knowing its event: PERF_SAMPLE_IDENTIFIER puts the id first. The CPU
 * is not sampled: it is the ring's. Called by perf_open.c; decode.c reads by it.
 */
#include "core/attr.h"

#include <time.h>
#include "core/bind.h"

#define SAMPLE_TYPE (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME)

static void attr_common(struct perf_event_attr *attr, const struct attr_options *options)
{
	*attr = (struct perf_event_attr){
		.size = sizeof(*attr),
		.sample_type = SAMPLE_TYPE,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED |
			       (options->format_lost ? ATTR_FORMAT_LOST : 0),
		.disabled = 1,
		.sample_id_all = 1,
		.watermark = 1,
		.wakeup_watermark = options->wakeup_bytes,
		/* One clock for all CPUs, and the one that user space can read. */
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
}

void attr_tracepoint(struct perf_event_attr *attr, const struct event_spec *spec,
		     const struct bound *bound, const struct attr_options *options)
{
	attr_common(attr, options);
	attr->type = PERF_TYPE_TRACEPOINT;
	attr->config = spec->format->id;
	attr->sample_period = 1;
	attr->sample_type |= PERF_SAMPLE_RAW;
	attr->inherit = options->inherit;
	attr->enable_on_exec = options->enable_on_exec;
	if (!spec->stack)
		return;
	attr->sample_type |= PERF_SAMPLE_CALLCHAIN;
	attr->sample_max_stack = bound->max_stack;
}

void attr_ring_owner(struct perf_event_attr *attr, const struct attr_options *options)
{
	attr_common(attr, options);
	attr->type = PERF_TYPE_SOFTWARE;
	attr->config = PERF_COUNT_SW_DUMMY;
	attr->comm = options->comms;
	attr->comm_exec = options->comms;
	attr->task = options->comms || options->maps;
	attr->mmap = options->maps;
	attr->mmap2 = options->maps;
}

const struct attr_trailer *attr_record_trailer(const struct perf_event_header *record)
{
	if (record->size < sizeof(*record) + sizeof(struct attr_trailer))
		return NULL;
	return (const void *)((const char *)record + record->size - sizeof(struct attr_trailer));
}

__u64 attr_record_time(const struct perf_event_header *record)
{
	const struct attr_trailer *trailer;

	if (record->type == PERF_RECORD_SAMPLE) {
		if (record->size < sizeof(struct attr_sample))
			return 0;
		return ((const struct attr_sample *)record)->time_ns;
	}
	trailer = attr_record_trailer(record);
	return trailer ? trailer->time_ns : 0;
}
