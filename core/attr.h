/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_ATTR_H
#define MWPROF_ATTR_H

/*
 * The one place that knows how records look: it fills perf_event_attr and
 * says where in the resulting records things are. See perf_event_open(2).
 */
#include <linux/perf_event.h>
#include <linux/types.h>
#include <stdbool.h>

/* PERF_FORMAT_LOST, since 6.0: older headers lack it. */
#define ATTR_FORMAT_LOST (1U << 4)

struct event_spec;
struct bound;

/* Every sample starts with these; a call chain and the raw record follow. */
struct attr_sample {
	struct perf_event_header header;
	__u64 id; /* of the perf event: PERF_EVENT_IOC_ID */
	__u32 pid, tid;
	__u64 time_ns;
};

/* Every other record ends with these (sample_id_all). */
struct attr_trailer {
	__u32 pid, tid;
	__u64 time_ns;
	__u64 id;
};

/* What read(2) of an event gives; lost only with attr_options.format_lost. */
struct attr_count {
	__u64 value, enabled_ns, lost;
};

struct attr_options {
	bool format_lost;    /* the kernel has PERF_FORMAT_LOST */
	bool inherit;	     /* for events of tasks */
	bool enable_on_exec; /* for events of the held command */
	bool comms, maps;    /* side band: names and forks; executable mappings */
	__u32 wakeup_bytes;  /* in the ring before the reader is woken */
};

/* The attr of a tracepoint event. */
void attr_tracepoint(struct perf_event_attr *attr, const struct event_spec *spec,
		     const struct bound *bound, const struct attr_options *options);

/* The attr of a CPU's first event: it counts nothing, owns the ring and carries the side band. */
void attr_ring_owner(struct perf_event_attr *attr, const struct attr_options *options);

/* Time of any record, 0 when it is too short to have one. */
__u64 attr_record_time(const struct perf_event_header *record);

/* The trailer of a record that is no sample; NULL when it is too short. */
const struct attr_trailer *attr_record_trailer(const struct perf_event_header *record);

#endif
