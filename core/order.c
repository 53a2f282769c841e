// SPDX-License-Identifier: GPL-2.0-only
/*
 * order.c - k-way merge of perf rings by time
 *
 * Each ring has a window: the next records, sorted by time, as pointers into
 * the ring. A heap of windows says whose first record is the oldest. Windows
 * persist from drain to drain, so a record that was not due stays where it is
 * and the ring is released only up to it. Owns windows and heap; source_perf.c
 * calls it whenever the kernel says that a ring is half full.
 */
#include "core/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The first record, the look-ahead, and the record behind it that may belong in front. */
#define WINDOW_MIN (ORDER_LOOKAHEAD + 2)
/* A window is filled again when half of it is gone. */
#define WINDOW_MAX (2 * WINDOW_MIN)

/* Far enough ahead for a miss to be over, near enough to stay in the first cache. */
#define PREFETCH_BYTES 1024

struct entry {
	__u64 time_ns;
	__u64 pos; /* in the ring */
	const struct perf_event_header *record;
};

struct window {
	struct ring *ring; /* borrowed */
	__u64 scanned;	   /* everything before has been through the window */
	__u64 due;	   /* head at the first reading */
	__u64 seen;	   /* head at the second */
	unsigned int first, nr;
	struct entry entries[WINDOW_MAX]; /* circular, oldest at first */
};

struct order {
	const struct order_ops *ops;
	void *ctx;
	struct window **windows; /* owned */
	unsigned int *heap;	 /* owned: indices of windows that hold records */
	unsigned int nr_windows, nr_heap;
	__u64 last_ns; /* time of the youngest record delivered */
	struct order_stats stats;
};

int order_new(struct order **out, const struct order_ops *ops, void *ctx)
{
	struct order *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->ops = ops;
	o->ctx = ctx;
	*out = o;
	return 0;
}

void order_free(struct order *o)
{
	if (!o)
		return;
	for (unsigned int i = 0; i < o->nr_windows; i++)
		free(o->windows[i]);
	free(o->windows);
	free(o->heap);
	free(o);
}

int order_add(struct order *o, struct ring *ring)
{
	struct window **windows;
	unsigned int *heap;
	struct window *w;

	windows = realloc(o->windows, (o->nr_windows + 1) * sizeof(*windows));
	if (!windows)
		return -ENOMEM;
	o->windows = windows;
	heap = realloc(o->heap, (o->nr_windows + 1) * sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	o->heap = heap;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->ring = ring;
	w->scanned = ring->released;
	o->windows[o->nr_windows++] = w;
	return 0;
}

static struct entry *window_entry(struct window *w, unsigned int i)
{
	return &w->entries[(w->first + i) % WINDOW_MAX];
}

/* Puts a record in its place; those of the same time stay in the order of the ring. */
static void window_insert(struct order *o, struct window *w, const struct entry *new)
{
	unsigned int i = w->nr++;

	if (i && window_entry(w, i - 1)->time_ns > new->time_ns) {
		o->stats.repaired++;
		for (; i && window_entry(w, i - 1)->time_ns > new->time_ns; i--)
			*window_entry(w, i) = *window_entry(w, i - 1);
	}
	*window_entry(w, i) = *new;
}

static void window_fill(struct order *o, struct window *w)
{
	while (w->nr < WINDOW_MAX && w->scanned < w->seen) {
		const struct perf_event_header *record = ring_record(w->ring, w->scanned, w->seen);
		struct entry new = { .pos = w->scanned, .record = record };

		/*
		 * The records come out of the cache of the CPU that wrote them. Ask for
		 * those that are next but a few while there is something to do.
		 */
		ring_prefetch(w->ring, w->scanned + PREFETCH_BYTES);
		if (!record) {
			/* Memory that we do not understand: nothing behind it can be trusted. */
			o->stats.broken++;
			w->scanned = w->seen;
			return;
		}
		new.time_ns = o->ops->time(record);
		w->scanned += record->size;
		window_insert(o, w, &new);
	}
}

/* Oldest first; rings in their order where times are equal, so that the merge is a stable sort. */
static bool window_before(const struct order *o, unsigned int a, unsigned int b)
{
	__u64 ta = window_entry(o->windows[a], 0)->time_ns;
	__u64 tb = window_entry(o->windows[b], 0)->time_ns;

	return ta < tb || (ta == tb && a < b);
}

static void heap_down(struct order *o, unsigned int i)
{
	for (;;) {
		unsigned int child = 2 * i + 1, tmp;

		if (child >= o->nr_heap)
			return;
		if (child + 1 < o->nr_heap && window_before(o, o->heap[child + 1], o->heap[child]))
			child++;
		if (!window_before(o, o->heap[child], o->heap[i]))
			return;
		tmp = o->heap[i];
		o->heap[i] = o->heap[child];
		o->heap[child] = tmp;
		i = child;
	}
}

static void heap_make(struct order *o)
{
	o->nr_heap = 0;
	for (unsigned int i = 0; i < o->nr_windows; i++)
		if (o->windows[i]->nr)
			o->heap[o->nr_heap++] = i;
	for (unsigned int i = o->nr_heap / 2; i-- > 0;)
		heap_down(o, i);
}

/* The heap's second best, or its only one. */
static unsigned int heap_second(const struct order *o)
{
	if (o->nr_heap < 2)
		return o->heap[0];
	if (o->nr_heap == 2 || window_before(o, o->heap[1], o->heap[2]))
		return o->heap[1];
	return o->heap[2];
}

static int deliver_first(struct order *o, unsigned int index, __u64 *due_bytes)
{
	struct window *w = o->windows[index];
	struct entry *e = window_entry(w, 0);
	int err;

	if (e->time_ns < o->last_ns)
		o->stats.late++;
	else
		o->last_ns = e->time_ns;
	if (e->pos < w->due)
		*due_bytes -= e->record->size;
	err = o->ops->deliver(o->ctx, index, e->record, e->time_ns);
	w->first = (w->first + 1) % WINDOW_MAX;
	w->nr--;
	if (w->nr < WINDOW_MIN)
		window_fill(o, w);
	return err;
}

/* Bytes that were there at the first reading and have not been delivered. */
static __u64 count_due(const struct order *o)
{
	__u64 due_bytes = 0;

	for (unsigned int i = 0; i < o->nr_windows; i++) {
		struct window *w = o->windows[i];

		for (unsigned int j = 0; j < w->nr; j++)
			if (window_entry(w, j)->pos < w->due)
				due_bytes += window_entry(w, j)->record->size;
		if (w->scanned < w->due)
			due_bytes += w->due - w->scanned;
	}
	return due_bytes;
}

/* Both readings of the heads. */
static void read_heads(struct order *o, bool all)
{
	for (unsigned int i = 0; i < o->nr_windows; i++)
		o->windows[i]->due = ring_head(o->windows[i]->ring);
	for (unsigned int i = 0; i < o->nr_windows; i++) {
		struct window *w = o->windows[i];

		w->seen = ring_head(w->ring);
		if (all)
			w->due = w->seen;
		window_fill(o, w);
	}
}

/* What stands in the window has not been delivered; everything else has. */
static void release(struct order *o)
{
	for (unsigned int i = 0; i < o->nr_windows; i++) {
		struct window *w = o->windows[i];
		__u64 pos = w->scanned;

		for (unsigned int j = 0; j < w->nr; j++)
			if (window_entry(w, j)->pos < pos)
				pos = window_entry(w, j)->pos;
		ring_release(w->ring, pos);
	}
}

int order_drain(struct order *o, bool all)
{
	__u64 due_bytes;
	int err = 0;

	read_heads(o, all);
	due_bytes = count_due(o);
	heap_make(o);
	while (!err && due_bytes && o->nr_heap) {
		unsigned int best = o->heap[0], second = heap_second(o);
		__u64 broken = o->stats.broken;

		/* Neighbours in time are mostly neighbours in a ring: stay there while it is oldest. */
		do {
			err = deliver_first(o, best, &due_bytes);
			if (o->stats.broken != broken)
				due_bytes = count_due(o); /* without those that were skipped */
			broken = o->stats.broken;
		} while (!err && due_bytes && o->windows[best]->nr &&
			 (second == best || window_before(o, best, second)));
		if (!o->windows[best]->nr)
			o->heap[0] = o->heap[--o->nr_heap];
		heap_down(o, 0);
	}
	release(o);
	return err;
}

const struct order_stats *order_stats(const struct order *o)
{
	return &o->stats;
}
