// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_decode.c - any bytes at all as what the kernel has written into a ring
 *
 * The first two bytes say where in the ring they begin and how the reader is
 * interrupted; the rest goes through merge and decoder, with one event that has
 * stacks and one that is filtered here. What must hold whatever the bytes: all
 * is consumed, an event lies within its record, and the sanitizers are silent.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/bind.h"
#include "core/decode.h"
#include "core/order.h"
#include "core/session.h"
#include "core/task.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RING_BYTES 4096
#define NR_RINGS 2
enum { ALLOC_ID = 1, FREE_ID = 2 };

#define COMMON                                                                                     \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"                     \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"                               \
	"\tfield:unsigned long call_site;\toffset:8;\tsize:8;\tsigned:0;\n"                        \
	"\tfield:const void * ptr;\toffset:16;\tsize:8;\tsigned:0;\n"
#define PRINT "\nprint fmt: \"ptr=%p\", REC->ptr\n"

static const char alloc_format[] =
	"name: kmalloc\nID: 1\nformat:\n" COMMON
	"\tfield:unsigned int bytes_alloc;\toffset:24;\tsize:4;\tsigned:0;\n"
	"\tfield:__data_loc char[] name;\toffset:28;\tsize:4;\tsigned:0;\n" PRINT;
static const char free_format[] =
	"name: kfree\nID: 2\nformat:\n" COMMON
	"\tfield:__data_loc char[] name;\toffset:24;\tsize:4;\tsigned:0;\n" PRINT;

static const struct role_attr attrs[] = {
	{ "ptr", ATTR_REQUIRED, "ptr", "" },
	{ "size", 0, "bytes_alloc", "" },
	{ "shown", ATTR_DISPLAY, NULL, "" },
	{ 0 },
};
static const struct role role = { "event", 0, "", attrs, ROLE_STACK };

/* Made once: specs and formats do not change. */
struct world {
	struct session session;
	struct tracefs *tracefs;
	struct binding binding;
	char *memory[NR_RINGS];
	/* For one input. */
	struct tasks *tasks;
	struct decoder *decoder;
	const struct perf_event_header *record;
	unsigned int stop_every, nr_events;
	__u64 nr_delivered;
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void world_bind(struct world *w)
{
	const char *text = "kmem:kmalloc//stack/max-stack=4/shown=name/,"
			   "kmem:kfree/name~\"a*\"||_pid+ptr==call_site/size=ptr%call_site+_cpu/"
			   "shown=printf(\"%s %d\",name,common_pid)/";
	const struct event_format *format;
	struct spec_error error;
	struct spec_list *list;

	check(!tracefs_new_empty(&w->tracefs));
	check(!tracefs_add_format(w->tracefs, "kmem", alloc_format, strlen(alloc_format), &format));
	check(!tracefs_add_format(w->tracefs, "kmem", free_format, strlen(free_format), &format));
	w->binding.tracefs = w->tracefs;
	w->binding.session = &w->session;
	check(!spec_list_new(&list, text, &error));
	check(!binding_add(&w->binding, &role, 0, list));
	spec_list_free(list);
	check(w->binding.nr == 2 && w->binding.specs[0].stack && w->binding.bounds[1].filter_here);
	for (unsigned int i = 0; i < NR_RINGS; i++) {
		w->memory[i] = malloc(sysconf(_SC_PAGESIZE) + RING_BYTES);
		check(w->memory[i] != NULL);
	}
}

static void within_record(const struct world *w, const void *at, size_t size)
{
	const char *begin = (const char *)w->record, *end = begin + w->record->size;

	check((const char *)at >= begin && (const char *)at <= end);
	check(size <= (size_t)(end - (const char *)at));
}

static int on_event(void *ctx, const struct event *ev)
{
	struct world *w = ctx;
	struct event_copy *copy;
	char text[64];

	within_record(w, ev->raw, ev->raw_size);
	if (ev->spec->stack)
		within_record(w, ev->ips, ev->nr_ips * sizeof(*ev->ips));
	else
		check(!ev->ips && !ev->nr_ips);
	for (unsigned int i = 0; i < 2; i++)
		event_value(ev, i);
	event_format_attr(ev, 2, text, sizeof(text));
	check(memchr(text, 0, sizeof(text)) != NULL);
	tracefs_print(ev->spec->format, ev->raw, ev->raw_size, text, sizeof(text));
	copy = event_copy_new(ev);
	check(copy && event_copy_bytes(copy) >= ev->raw_size);
	free(copy);
	return w->stop_every && ++w->nr_events % w->stop_every == 0;
}

static int on_lost(void *ctx, unsigned int ring, __u64 nr, __u64 until_ns)
{
	struct world *w = ctx;

	(void)nr, (void)until_ns;
	check(ring < NR_RINGS);
	return w->stop_every && ++w->nr_events % w->stop_every == 0;
}

static int on_record(void *ctx, unsigned int ring, const struct perf_event_header *record,
		     __u64 time_ns)
{
	struct world *w = ctx;
	struct perf_event_header *exact;
	int err;

	check(time_ns == attr_record_time(record));
	check(record->size >= sizeof(*record) && record->size <= RING_BYTES);
	w->nr_delivered += record->size;
	/* A copy with nothing behind it: what is read past its end is seen. */
	exact = malloc(record->size);
	check(exact != NULL);
	memcpy(exact, record, record->size);
	w->record = exact;
	err = decode_record(w->decoder, ring, ring, exact);
	free(exact);
	return err;
}

static void fill(struct ring *ring, const uint8_t *data, size_t size, __u64 start)
{
	__u64 head = start + size;

	memset(ring->page, 0, sizeof(*ring->page));
	ring->page->data_head = head;
	ring->page->data_tail = ring->released = start;
	memset((char *)ring->data, 0xee, RING_BYTES);
	for (size_t i = 0; i < size; i++)
		((char *)ring->data)[(start + i) & (RING_BYTES - 1)] = data[i];
}

static const struct decode_ops decode_ops = { on_event, on_lost };
static const struct order_ops order_ops = { attr_record_time, on_record };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world world;
	struct world *w = &world;
	struct ring rings[NR_RINGS];
	struct order *order;
	size_t half;
	__u64 start;

	if (!w->tracefs)
		world_bind(w);
	if (size < 2 || size > 2 + NR_RINGS * RING_BYTES)
		return 0;
	start = data[0] * 16ULL;
	w->stop_every = data[1] & 3;
	w->nr_events = 0;
	w->nr_delivered = 0;
	data += 2;
	size -= 2;
	check(!tasks_new(&w->tasks));
	w->session.tasks = w->tasks;
	check(!decoder_new(&w->decoder, &w->binding, w->tasks, &decode_ops, w));
	check(!decoder_add_id(w->decoder, ALLOC_ID, 0) && !decoder_add_id(w->decoder, FREE_ID, 1));
	check(!order_new(&order, &order_ops, w));
	half = size / 2 & ~(size_t)7; /* heads are multiples of 8, whatever the kernel writes */
	for (unsigned int i = 0; i < NR_RINGS; i++) {
		check(!ring_over(&rings[i], w->memory[i], RING_BYTES));
		fill(&rings[i], data + i * half, half, start);
		check(!order_add(order, &rings[i]));
	}
	while (order_drain(order, true))
		check(w->stop_every);
	check(w->nr_delivered <= NR_RINGS * half);
	check(order_stats(order)->broken || w->nr_delivered == NR_RINGS * half);
	for (unsigned int i = 0; i < NR_RINGS; i++) {
		check(rings[i].page->data_tail == start + half);
		ring_fini(&rings[i]);
	}
	order_free(order);
	decoder_free(w->decoder);
	tasks_free(w->tasks);
	return 0;
}
