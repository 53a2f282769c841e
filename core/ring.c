// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring.c - one perf ring buffer
 *
 * Records are handed out where the kernel wrote them; only the one that goes
 * round the end of the buffer is copied. perf.c maps rings, order.c reads them
 * and releases what it has consumed, once per drain.
 */
#include "core/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* perf_event_header.size is 16 bits wide. */
#define RECORD_MAX_BYTES 65536

int ring_over(struct ring *ring, void *memory, __u64 data_bytes)
{
	size_t page_bytes = sysconf(_SC_PAGESIZE);

	*ring = (struct ring){
		.page = memory,
		.data = (char *)memory + page_bytes,
		.size = data_bytes,
	};
	ring->wrapped = malloc(RECORD_MAX_BYTES);
	if (!ring->wrapped)
		return -ENOMEM;
	ring->released = ring->page->data_tail;
	return 0;
}

int ring_map(struct ring *ring, int fd, size_t nr_pages)
{
	size_t page_bytes = sysconf(_SC_PAGESIZE);
	size_t map_bytes = (1 + nr_pages) * page_bytes;
	void *memory = mmap(NULL, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	int err;

	if (memory == MAP_FAILED)
		return -errno;
	err = ring_over(ring, memory, nr_pages * page_bytes);
	if (err) {
		munmap(memory, map_bytes);
		*ring = (struct ring){ 0 };
		return err;
	}
	ring->map_bytes = map_bytes;
	return 0;
}

void ring_fini(struct ring *ring)
{
	if (ring->map_bytes)
		munmap(ring->page, ring->map_bytes);
	free(ring->wrapped);
	*ring = (struct ring){ 0 };
}

__u64 ring_head(const struct ring *ring)
{
	/* Pairs with the kernel's smp_wmb() before it stores data_head. */
	return __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
}

const struct perf_event_header *ring_record(struct ring *ring, __u64 pos, __u64 limit)
{
	__u64 at = pos & (ring->size - 1);
	/* Records are multiples of 8 bytes, so a header never wraps. */
	const struct perf_event_header *header = (const void *)(ring->data + at);
	__u64 size = header->size;

	if (size < sizeof(*header) || size % 8 || size > limit - pos || size > ring->size)
		return NULL;
	if (at + size <= ring->size)
		return header;
	memcpy(ring->wrapped, header, ring->size - at);
	memcpy(ring->wrapped + (ring->size - at), ring->data, size - (ring->size - at));
	return (const void *)ring->wrapped;
}

void ring_release(struct ring *ring, __u64 pos)
{
	if (pos == ring->released)
		return;
	ring->released = pos;
	/* All reads of the records come before the kernel may write over them. */
	__atomic_store_n(&ring->page->data_tail, pos, __ATOMIC_RELEASE);
}
