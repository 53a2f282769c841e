/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_TESTS_ENGINE_TEST_H
#define MWPROF_TESTS_ENGINE_TEST_H

/*
 * What tests of the engine share: chance that repeats, a ring that a model
 * kernel writes, records at the very end of their memory, formats of other
 * kernels, and what was said on stderr.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/ring.h"
#include "core/tracefs.h"
#include "mwprof/util.h"

#define FORMATS "tests/fixtures/tpformats"
#define HOST "host-6.18.44"

/* xorshift64*: the same sequence on every machine. */
static inline __u64 chance(__u64 *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 0x2545f4914f6cdd1dULL;
}

static inline __u64 chance_below(__u64 *seed, __u64 end)
{
	return (chance(seed) >> 16) % end;
}

/* A ring over memory, and how far the model kernel has written. */
struct test_ring {
	struct ring ring;
	char *memory; /* page and data, each byte of it known to the sanitizer */
	__u64 size;
};

static inline void test_ring_new(struct test_ring *t, __u64 size, __u64 start)
{
	struct perf_event_mmap_page *page;
	size_t page_bytes = sysconf(_SC_PAGESIZE);

	t->size = size;
	t->memory = aligned_alloc(page_bytes, page_bytes + size);
	assert_non_null(t->memory);
	memset(t->memory, 0xee, page_bytes + size);
	page = (void *)t->memory;
	page->data_head = page->data_tail = start;
	assert_int_equal(ring_over(&t->ring, t->memory, size), 0);
}

static inline void test_ring_free(struct test_ring *t)
{
	ring_fini(&t->ring);
	free(t->memory);
}

static inline __u64 test_ring_tail(const struct test_ring *t)
{
	const struct perf_event_mmap_page *page = (void *)t->memory;

	return __atomic_load_n(&page->data_tail, __ATOMIC_ACQUIRE);
}

static inline __u64 test_ring_room(const struct test_ring *t)
{
	const struct perf_event_mmap_page *page = (void *)t->memory;

	return t->size - (page->data_head - test_ring_tail(t));
}

static inline char *test_ring_at(const struct test_ring *t, __u64 pos)
{
	return t->memory + sysconf(_SC_PAGESIZE) + (pos & (t->size - 1));
}

/* As the kernel does: writes, then publishes; false when there is no room, and nothing is written. */
static inline bool test_ring_put(struct test_ring *t, const void *record, size_t size)
{
	struct perf_event_mmap_page *page = (void *)t->memory;
	size_t first;

	if (size > test_ring_room(t))
		return false;
	first = t->size - (page->data_head & (t->size - 1));
	if (first > size)
		first = size;
	memcpy(test_ring_at(t, page->data_head), record, first);
	memcpy(test_ring_at(t, 0), (const char *)record + first, size - first);
	__atomic_store_n(&page->data_head, page->data_head + size, __ATOMIC_RELEASE);
	return true;
}

/* What has been given back is gone: whoever still reads there finds rubbish. */
static inline void test_ring_scrub(struct test_ring *t)
{
	const struct perf_event_mmap_page *page = (void *)t->memory;
	__u64 pos, end = test_ring_tail(t) + t->size;

	for (pos = page->data_head; pos < end; pos++)
		*test_ring_at(t, pos) = 0xee;
}

/* A copy with nothing readable behind it. */
static inline void *copy_exactly(const void *bytes, size_t size)
{
	void *copy = malloc(size);

	assert_non_null(copy);
	return memcpy(copy, bytes, size);
}

static inline const struct event_format *add_format(struct tracefs *t, const char *kernel,
						    const char *sys, const char *name)
{
	const struct event_format *format;
	char path[256], text[16384];
	int len;

	snprintf(path, sizeof(path), FORMATS "/%s/%s_%s.format", kernel, sys, name);
	len = read_file(path, text, sizeof(text));
	if (len <= 0)
		fail_msg("%s: %s (run from the top of the tree)", path, strerror(-len));
	assert_int_equal(tracefs_add_format(t, sys, text, len, &format), 0);
	return format;
}

/* What is said on stderr between the two, at most 4095 bytes of it. */
struct heard {
	FILE *file;
	int stderr_fd;
	char text[4096];
};

static inline void hear(struct heard *h)
{
	fflush(stderr);
	h->file = tmpfile();
	assert_non_null(h->file);
	h->stderr_fd = dup(STDERR_FILENO);
	dup2(fileno(h->file), STDERR_FILENO);
}

static inline const char *hear_end(struct heard *h)
{
	size_t len;

	fflush(stderr);
	dup2(h->stderr_fd, STDERR_FILENO);
	close(h->stderr_fd);
	rewind(h->file);
	len = fread(h->text, 1, sizeof(h->text) - 1, h->file);
	h->text[len] = '\0';
	fclose(h->file);
	return h->text;
}

#endif
