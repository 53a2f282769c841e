/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_RING_H
#define MWPROF_RING_H

/*
 * One perf ring buffer, read in place. Positions are the kernel's: bytes since
 * the ring was made, never wrapped; see perf_event_open(2), "MMAP layout".
 */
#include <linux/perf_event.h>
#include <linux/types.h>
#include <stddef.h>

struct ring {
	struct perf_event_mmap_page *page; /* the mapping: control page, then data */
	const char *data;
	size_t map_bytes; /* 0: not a mapping of ours */
	__u64 size;	  /* of data, a power of two */
	__u64 released;	  /* data_tail as last told to the kernel */
	char *wrapped;	  /* owned: the copy of a record that goes round the end */
};

/* Maps 1 + @nr_pages pages of @fd (power of two). 0 or -errno. */
int ring_map(struct ring *ring, int fd, size_t nr_pages);
/* The same over memory of the caller, for tests. 0 or -ENOMEM. */
int ring_over(struct ring *ring, void *memory, __u64 data_bytes);
void ring_fini(struct ring *ring);

/* How far the kernel has written; all up to there may be read. */
__u64 ring_head(const struct ring *ring);

/*
 * The record at @pos, wholly before @limit. NULL when what stands there is no
 * record (a size that cannot be). A record that wraps is copied: there is at
 * most one between tail and head, so the copy is good until that is released.
 */
const struct perf_event_header *ring_record(struct ring *ring, __u64 pos, __u64 limit);

/* Hints that the 256 bytes from @pos on will be read soon; any position is fine. */
static inline void ring_prefetch(const struct ring *ring, __u64 pos)
{
	for (unsigned int line = 0; line < 256; line += 64)
		__builtin_prefetch(ring->data + ((pos + line) & (ring->size - 1)));
}

/* Gives everything before @pos back to the kernel. */
void ring_release(struct ring *ring, __u64 pos);

#endif
