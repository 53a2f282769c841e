// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode.c - perf records become events
 *
 * A sample becomes a borrowed view of itself; side-band records feed the task
 * table in their place in time, so that names are those of the moment. Owns the
 * table from perf's ids to specs. order.c delivers to it, through the perf
 * source; it hands on to the session.
 */
#include "core/decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/attr.h"
#include "core/bind.h"
#include "core/task.h"
#include "mwprof/util.h"

#define SPEC_NONE 0xffff
/* The kernel numbers perf events one after another; more of other people's between ours than this is absurd. */
#define MAX_ID_RANGE (1U << 24)
/* kernel.perf_event_max_stack where it cannot be read. */
#define DEFAULT_MAX_STACK 127

struct decoder {
	const struct binding *binding; /* borrowed */
	struct tasks *tasks;	       /* borrowed, may be NULL */
	const struct decode_ops *ops;
	void *ctx;
	__u16 *spec_of; /* owned: [id - first_id] */
	__u64 first_id;
	size_t nr_ids;
	unsigned int max_stack; /* frames, where a spec sets no limit of its own */
	struct decode_stats stats;
};

static unsigned int kernel_max_stack(void)
{
	char text[32];
	__u64 nr;

	if (read_file("/proc/sys/kernel/perf_event_max_stack", text, sizeof(text)) <= 0)
		return DEFAULT_MAX_STACK;
	text[strcspn(text, "\n")] = 0;
	return parse_u64(text, 65536, &nr) ? DEFAULT_MAX_STACK : nr;
}

int decoder_new(struct decoder **out, const struct binding *binding, struct tasks *tasks,
		const struct decode_ops *ops, void *ctx)
{
	struct decoder *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->binding = binding;
	d->tasks = tasks;
	d->ops = ops;
	d->ctx = ctx;
	d->max_stack = kernel_max_stack();
	*out = d;
	return 0;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	free(d->spec_of);
	free(d);
}

int decoder_add_id(struct decoder *d, __u64 id, unsigned int spec)
{
	__u64 first = d->nr_ids && d->first_id < id ? d->first_id : id;
	__u64 end = d->nr_ids && d->first_id + d->nr_ids > id + 1 ? d->first_id + d->nr_ids
								  : id + 1;
	__u16 *grown;

	if (end - first > MAX_ID_RANGE)
		return -ENOMEM;
	if (end - first > d->nr_ids) {
		grown = malloc((end - first) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memset(grown, 0xff, (end - first) * sizeof(*grown));
		if (d->nr_ids)
			memcpy(grown + (d->first_id - first), d->spec_of,
			       d->nr_ids * sizeof(*grown));
		free(d->spec_of);
		d->spec_of = grown;
		d->first_id = first;
		d->nr_ids = end - first;
	}
	d->spec_of[id - first] = spec;
	return 0;
}

/* The call chain at @at, if it fits: bytes it takes, 0 if it does not. */
static size_t decode_chain(struct decoder *d, const char *at, size_t room, unsigned int limit,
			   struct event *ev)
{
	__u64 nr;

	if (room < sizeof(nr))
		return 0;
	memcpy(&nr, at, sizeof(nr));
	if (nr > (room - sizeof(nr)) / sizeof(__u64))
		return 0;
	ev->ips = (const __u64 *)(at + sizeof(nr));
	ev->nr_ips = nr;
	if (nr > limit) /* the frames, and a marker in front of them */
		d->stats.cut_stacks++;
	return sizeof(nr) + nr * sizeof(__u64);
}

static int decode_sample(struct decoder *d, __u32 cpu, const struct perf_event_header *record)
{
	const struct attr_sample *sample = (const void *)record;
	const char *at = (const char *)(sample + 1);
	const struct bound *bound;
	struct event ev;
	unsigned int spec;
	size_t room, taken;

	if (record->size < sizeof(*sample))
		goto broken;
	d->stats.samples++;
	if (sample->id - d->first_id >= d->nr_ids ||
	    (spec = d->spec_of[sample->id - d->first_id]) == SPEC_NONE) {
		d->stats.unknown++;
		return 0;
	}
	bound = &d->binding->bounds[spec];
	ev.spec = &d->binding->specs[spec];
	ev.time_ns = sample->time_ns;
	ev.pid = sample->pid;
	ev.tid = sample->tid;
	ev.cpu = cpu;
	ev.ips = NULL;
	ev.nr_ips = 0;
	room = record->size - sizeof(*sample);
	if (ev.spec->stack) {
		taken = decode_chain(d, at, room,
				     bound->max_stack ? bound->max_stack : d->max_stack, &ev);
		if (!taken)
			goto broken;
		at += taken;
		room -= taken;
	}
	if (room < sizeof(ev.raw_size))
		goto broken;
	memcpy(&ev.raw_size, at, sizeof(ev.raw_size));
	if (ev.raw_size > room - sizeof(ev.raw_size) || ev.raw_size < bound->raw_min)
		goto broken;
	ev.raw = at + sizeof(ev.raw_size);
	if (bound->filter_here) {
		struct expr_record rec = bind_record(&ev);

		if (!expr_eval(bound->filter, &rec))
			return 0;
	}
	return d->ops->event(d->ctx, &ev);

broken:
	d->stats.broken++;
	return 0;
}

/* The string that stands between @at and the record's trailer, ended by a NUL. */
static const char *record_string(const struct perf_event_header *record, const char *at)
{
	const char *end = (const char *)attr_record_trailer(record);

	return at < end && memchr(at, 0, end - at) ? at : NULL;
}

static void decode_comm(struct decoder *d, const struct perf_event_header *record)
{
	const struct {
		struct perf_event_header header;
		__u32 pid, tid;
		char comm[];
	} *comm = (const void *)record;
	const char *name = record_string(record, comm->comm);

	if (name)
		tasks_comm(d->tasks, comm->pid, comm->tid, name,
			   record->misc & PERF_RECORD_MISC_COMM_EXEC);
	else
		d->stats.broken++;
}

static void decode_task(struct decoder *d, const struct perf_event_header *record)
{
	const struct {
		struct perf_event_header header;
		__u32 pid, ppid, tid, ptid;
		__u64 time_ns;
	} *task = (const void *)record;

	if (record->size < sizeof(*task))
		d->stats.broken++;
	else if (record->type == PERF_RECORD_FORK)
		tasks_fork(d->tasks, task->pid, task->tid, task->ppid, task->ptid);
	else
		tasks_exit(d->tasks, task->pid, task->tid);
}

static void decode_mmap2(struct decoder *d, const struct perf_event_header *record)
{
	const struct {
		struct perf_event_header header;
		__u32 pid, tid;
		__u64 start, len, pgoff;
		__u64 file[3]; /* device and inode, or the build id */
		__u32 prot, flags;
		char path[];
	} *map = (const void *)record;
	const char *path = record_string(record, map->path);

	if (path)
		tasks_mmap(d->tasks, map->pid, map->start, map->len, map->pgoff, path);
	else
		d->stats.broken++;
}

static int decode_lost(struct decoder *d, unsigned int ring, const struct perf_event_header *record)
{
	const struct {
		struct perf_event_header header;
		__u64 id, lost;
	} *lost = (const void *)record;

	if (record->size < sizeof(*lost)) {
		d->stats.broken++;
		return 0;
	}
	return d->ops->lost(d->ctx, ring, lost->lost, attr_record_time(record));
}

int decode_record(struct decoder *d, unsigned int ring, __u32 cpu,
		  const struct perf_event_header *record)
{
	if (record->type == PERF_RECORD_SAMPLE)
		return decode_sample(d, cpu, record);
	if (!attr_record_trailer(record)) {
		d->stats.broken++;
		return 0;
	}
	switch (record->type) {
	case PERF_RECORD_LOST:
		return decode_lost(d, ring, record);
	case PERF_RECORD_THROTTLE:
		d->stats.throttled++;
		return 0;
	case PERF_RECORD_COMM:
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
	case PERF_RECORD_MMAP2:
		break;
	default:
		return 0; /* nothing that was asked for, nothing that matters */
	}
	if (!d->tasks)
		return 0;
	if (record->type == PERF_RECORD_COMM)
		decode_comm(d, record);
	else if (record->type == PERF_RECORD_MMAP2)
		decode_mmap2(d, record);
	else
		decode_task(d, record);
	return 0;
}

const struct decode_stats *decoder_stats(const struct decoder *d)
{
	return &d->stats;
}
