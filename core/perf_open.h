/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_PERF_OPEN_H
#define MWPROF_PERF_OPEN_H

/*
 * What perf.c and perf_open.c share: the perf engine from the inside.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/decode.h"
#include "core/order.h"
#include "core/perf.h"
#include "core/ring.h"
#include "core/source.h"

#define PERF_SPEC_OWNER 0xffffffff /* of a perf_fd: no event, the ring's owner */

struct perf_fd {
	int fd;
	__u32 spec; /* index into the binding, or PERF_SPEC_OWNER */
	unsigned int ring;
	bool whole_cpu; /* not of a task: ends when its CPU goes offline */
	bool on_exec;	/* the held command's exec enables it */
};

struct perf_ring {
	struct ring ring;
	__u32 cpu;
	int owner_fd; /* also among the fds */
	int live_fd;  /* counts as long as the CPU's events live: the owner, or who came after it */
	__u64 live_ns;		/* its time at the last look */
	__u64 last_ns;		/* time of the last record that was delivered */
	__u64 recorded;		/* lost, by PERF_RECORD_LOST */
	__u64 counted;		/* lost, by PERF_FORMAT_LOST of all events, at the last settle */
	__u64 counted_closed;	/* of events that were closed since */
	__u64 accounted;	/* lost, as told to the session */
	__u64 offline_since_ns; /* 0: online */
};

struct perf {
	struct source source;
	struct binding *binding; /* borrowed */
	struct target *target;	 /* borrowed */
	struct perf_options options;
	struct source_events events;
	struct perf_ring *rings;	  /* owned */
	unsigned int nr_rings, max_rings; /* max: CPUs that can ever be */
	struct perf_fd *fds;		  /* owned */
	size_t nr_fds;
	struct order *order;	 /* owned */
	struct decoder *decoder; /* owned */
	bool format_lost;
	int epoll_fd;
	int online_fd; /* TARGET_ONLINE_CPUS */
	bool soft_failure_said;
	__u64 enabled_ns, checked_ns, lost, cpu_gaps;
};

extern const struct source_ops perf_ops;

int perf_deliver(void *ctx, unsigned int index, const struct perf_event_header *record,
		 __u64 time_ns);
int perf_pass_event(void *ctx, const struct event *ev);
int perf_lost_record(void *ctx, unsigned int index, __u64 nr, __u64 until_ns);

/* What an event has counted since it was opened; lost is 0 where the kernel does not count it. */
struct attr_count perf_count(int fd);

/* Is this CPU wanted, by an event or by the side band? */
bool perf_wants_cpu(const struct perf *p, int cpu);

/* A ring, the last, for a CPU that was not there at the start. 0 or -errno, and then no ring. */
int perf_add_cpu(struct perf *p, int cpu);

/* All events on the CPU of @ring. 0, or -errno after saying it. */
int perf_open_cpu(struct perf *p, unsigned int ring);

/* Opens again what ended when the CPU of @ring went offline. 0 or -errno. */
int perf_reopen_cpu(struct perf *p, unsigned int ring);

#endif
