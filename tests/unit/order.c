// SPDX-License-Identifier: GPL-2.0-only
/*
 * order.c - the merge against a sort, while a model kernel goes on writing
 *
 * The model writes from inside the merge's own callbacks: between the two
 * readings of the heads (time()) and while records are delivered. Its clock
 * never goes back, so what must come out is known exactly.
 */
#include <pthread.h>
#include <sched.h>
#include "core/attr.h"
#include "core/order.h"
#include "tests/unit/engine_test.h"

#define MAX_RINGS 16
#define MAX_RECORDS 20000 /* of one ring */
#define STOPPED (-77)

struct rec {
	struct perf_event_header header;
	__u64 time_ns;
	__u32 ring, seq;
	__u64 rest[13]; /* as many as header.size says, each time_ns ^ seq */
};

struct mark {
	__u64 time_ns, pos;
	__u32 ring, seq;
};

struct world {
	__u64 seed, clock;
	unsigned int nr;
	struct test_ring rings[MAX_RINGS];
	struct order *order;
	struct mark *put, *got;
	size_t nr_put, nr_got;
	__u32 nr_in[MAX_RINGS];		  /* records put into it */
	__u32 first_due[MAX_RINGS];	  /* all before have been delivered */
	__u64 *pos[MAX_RINGS];		  /* [seq] */
	bool *delivered[MAX_RINGS];	  /* [seq] */
	bool writes;			  /* the kernel goes on in the callbacks */
	bool stops;			  /* deliver() ends the drain now and then */
	void (*at_time)(struct world *w); /* called once, from the first time() */
};

static struct world *the_world; /* time() is given nothing but the record */

static void world_new(struct world *w, unsigned int nr, __u64 size, const struct order_ops *ops)
{
	size_t most = (size_t)MAX_RECORDS * nr;

	*w = (struct world){ .seed = 0x1234567 + nr + size, .nr = nr };
	the_world = w;
	w->put = calloc(most, sizeof(*w->put));
	w->got = calloc(most, sizeof(*w->got));
	assert_non_null(w->put);
	assert_non_null(w->got);
	assert_int_equal(order_new(&w->order, ops, w), 0);
	for (unsigned int i = 0; i < nr; i++) {
		w->pos[i] = calloc(MAX_RECORDS, sizeof(**w->pos));
		w->delivered[i] = calloc(MAX_RECORDS, sizeof(**w->delivered));
		test_ring_new(&w->rings[i], size, chance_below(&w->seed, size) & ~7ULL);
		assert_int_equal(order_add(w->order, &w->rings[i].ring), 0);
	}
}

static void world_free(struct world *w)
{
	order_free(w->order);
	for (unsigned int i = 0; i < w->nr; i++) {
		test_ring_free(&w->rings[i]);
		free(w->pos[i]);
		free(w->delivered[i]);
	}
	free(w->put);
	free(w->got);
}

static bool put(struct world *w, unsigned int ring, __u64 time_ns)
{
	struct rec rec = { .time_ns = time_ns, .ring = ring, .seq = w->nr_in[ring] };
	__u64 nr_rest = chance_below(&w->seed, ARRAY_SIZE(rec.rest) + 1);
	__u64 pos = ring_head(&w->rings[ring].ring);

	if (w->nr_in[ring] == MAX_RECORDS)
		return false;
	rec.header = (struct perf_event_header){
		.type = PERF_RECORD_SAMPLE,
		.size = offsetof(struct rec, rest) + 8 * nr_rest,
	};
	for (__u64 i = 0; i < nr_rest; i++)
		rec.rest[i] = time_ns ^ rec.seq;
	w->pos[ring][rec.seq] = pos; /* before the reader can know of it */
	w->put[w->nr_put] = (struct mark){ time_ns, pos, ring, rec.seq };
	if (!test_ring_put(&w->rings[ring], &rec, rec.header.size))
		return false;
	w->nr_in[ring]++;
	w->nr_put++;
	return true;
}

/* A few records, wherever there is room. Each has a time of its own. */
static void burst(struct world *w, unsigned int most)
{
	for (__u64 n = chance_below(&w->seed, most + 1); n; n--)
		w->clock += put(w, chance_below(&w->seed, w->nr), w->clock + 1);
}

static __u64 rec_time(const struct perf_event_header *record)
{
	struct world *w = the_world;
	void (*at_time)(struct world *) = w->at_time;

	w->at_time = NULL;
	if (at_time)
		at_time(w);
	if (w->writes)
		burst(w, 2);
	return ((const struct rec *)record)->time_ns;
}

static int rec_deliver(void *ctx, unsigned int ring, const struct perf_event_header *record,
		       __u64 time_ns)
{
	const struct rec *rec = (const void *)record;
	struct world *w = ctx;

	assert_int_equal(rec->ring, ring);
	assert_int_equal(rec->time_ns, time_ns);
	assert_true(rec->seq < w->nr_in[ring]);
	assert_false(w->delivered[ring][rec->seq]);
	for (size_t i = 0; i < (record->size - offsetof(struct rec, rest)) / 8; i++)
		assert_int_equal(rec->rest[i], time_ns ^ rec->seq);
	w->delivered[ring][rec->seq] = true;
	while (w->first_due[ring] < w->nr_in[ring] && w->delivered[ring][w->first_due[ring]])
		w->first_due[ring]++;
	w->got[w->nr_got++] = (struct mark){ time_ns, w->pos[ring][rec->seq], ring, rec->seq };
	if (w->writes)
		burst(w, 2);
	return w->stops && !chance_below(&w->seed, 10) ? STOPPED : 0;
}

static const struct order_ops rec_ops = { rec_time, rec_deliver };

static int drain(struct world *w, bool all)
{
	int err = order_drain(w->order, all);

	for (unsigned int i = 0; i < w->nr; i++) {
		__u64 tail = test_ring_tail(&w->rings[i]);

		/* What was given back is delivered; what is delivered up to there is given back. */
		if (w->first_due[i] < w->nr_in[i])
			assert_int_equal(tail, w->pos[i][w->first_due[i]]);
		else
			assert_int_equal(tail, ring_head(&w->rings[i].ring));
		test_ring_scrub(&w->rings[i]);
	}
	return err;
}

static int compare_marks(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->ring != y->ring)
		return x->ring < y->ring ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void sort_put(struct world *w)
{
	qsort(w->put, w->nr_put, sizeof(*w->put), compare_marks);
}

static void got_what_was_put_in_its_order(const struct world *w)
{
	assert_int_equal(w->nr_got, w->nr_put);
	for (size_t i = 0; i < w->nr_put; i++)
		if (compare_marks(&w->put[i], &w->got[i]))
			fail_msg("record %zu: time %llu of ring %u, not %llu of %u", i,
				 w->got[i].time_ns, w->got[i].ring, w->put[i].time_ns,
				 w->put[i].ring);
}

static __u64 nr_late(const struct world *w)
{
	__u64 youngest = 0, late = 0;

	for (size_t i = 0; i < w->nr_got; i++) {
		late += w->got[i].time_ns < youngest;
		if (w->got[i].time_ns > youngest)
			youngest = w->got[i].time_ns;
	}
	return late;
}

static void batches(unsigned int nr_rings, __u64 size, bool stops)
{
	struct world w;
	int err;

	world_new(&w, nr_rings, size, &rec_ops);
	w.writes = true;
	w.stops = stops;
	for (unsigned int i = 0; i < 300; i++) {
		burst(&w, 4 * nr_rings);
		err = drain(&w, false);
		assert_true(!err || (stops && err == STOPPED));
	}
	w.writes = false;
	while (drain(&w, true))
		assert_true(stops);
	assert_true(w.nr_put > 300);
	/* The kernel's clock never went back, so the order of writing is the order of time. */
	got_what_was_put_in_its_order(&w);
	assert_int_equal(order_stats(w.order)->late, 0);
	assert_int_equal(order_stats(w.order)->repaired, 0);
	assert_int_equal(order_stats(w.order)->broken, 0);
	world_free(&w);
}

static void all_comes_once_and_in_order_while_the_kernel_writes(void **state)
{
	(void)state;
	for (unsigned int nr = 1; nr <= MAX_RINGS; nr++)
		batches(nr, nr % 2 ? 65536 : 16384, false);
}

static void rings_of_one_page_wrap_and_fill_up_and_lose_nothing(void **state)
{
	(void)state;
	for (unsigned int nr = 1; nr <= MAX_RINGS; nr += 3)
		batches(nr, 4096, false);
}

static void a_drain_that_was_stopped_goes_on_where_it_was(void **state)
{
	(void)state;
	for (unsigned int nr = 1; nr <= 6; nr++)
		batches(nr, nr % 2 ? 4096 : 32768, true);
}

struct writer {
	struct world *world;
	bool done;
};

static void *write_on(void *arg)
{
	struct writer *writer = arg;
	struct world *w = writer->world;

	while (w->clock < 40000) {
		if (put(w, chance_below(&w->seed, w->nr), w->clock + 1))
			w->clock++;
		else
			sched_yield();
	}
	__atomic_store_n(&writer->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static int count_deliver(void *ctx, unsigned int ring, const struct perf_event_header *record,
			 __u64 time_ns)
{
	const struct rec *rec = (const void *)record;
	struct world *w = ctx;

	assert_int_equal(rec->ring, ring);
	assert_int_equal(rec->time_ns, time_ns);
	assert_int_equal(time_ns, ++w->nr_got);
	return 0;
}

static __u64 plain_time(const struct perf_event_header *record)
{
	return ((const struct rec *)record)->time_ns;
}

static void a_writer_on_another_cpu_changes_nothing(void **state)
{
	static const struct order_ops ops = { plain_time, count_deliver };
	struct writer writer;
	pthread_t thread;
	struct world w;

	(void)state;
	world_new(&w, 5, 4096, &ops);
	writer = (struct writer){ .world = &w };
	assert_int_equal(pthread_create(&thread, NULL, write_on, &writer), 0);
	while (!__atomic_load_n(&writer.done, __ATOMIC_ACQUIRE)) {
		assert_int_equal(order_drain(w.order, false), 0);
		sched_yield();
	}
	pthread_join(thread, NULL);
	assert_int_equal(order_drain(w.order, true), 0);
	assert_int_equal(w.nr_got, 40000);
	assert_int_equal(order_stats(w.order)->late, 0);
	world_free(&w);
}

/* Times of one ring in order, then each stretch of @stretch records thoroughly mixed. */
static void put_mixed(struct world *w, unsigned int ring, unsigned int nr, unsigned int stretch)
{
	__u64 *times = malloc(nr * sizeof(*times)), time_ns = 1000;

	for (unsigned int i = 0; i < nr; i++)
		times[i] = time_ns += chance_below(&w->seed, 3); /* many are equal */
	for (unsigned int i = 0; i < nr; i++) {
		unsigned int first = i / stretch * stretch;
		unsigned int other = first + chance_below(&w->seed, i - first + 1);
		__u64 tmp = times[i];

		times[i] = times[other];
		times[other] = tmp;
	}
	for (unsigned int i = 0; i < nr; i++)
		assert_true(put(w, ring, times[i]));
	free(times);
}

/* Records that stand behind a younger one of their ring. */
static __u64 nr_inverted(const struct world *w)
{
	__u64 youngest[MAX_RINGS] = { 0 }, nr = 0;

	for (size_t i = 0; i < w->nr_put; i++) {
		const struct mark *m = &w->put[i];

		nr += m->time_ns < youngest[m->ring];
		if (m->time_ns > youngest[m->ring])
			youngest[m->ring] = m->time_ns;
	}
	return nr;
}

static void inversions_within_the_look_ahead_come_out_as_from_a_stable_sort(void **state)
{
	struct world w;
	__u64 inverted;

	(void)state;
	for (unsigned int nr = 1; nr <= MAX_RINGS; nr += 5) {
		world_new(&w, nr, 1 << 18, &rec_ops);
		for (unsigned int i = 0; i < nr; i++) /* first and last: LOOKAHEAD between them */
			put_mixed(&w, i, 1000, ORDER_LOOKAHEAD + 2 - 13 * (i % 5));
		inverted = nr_inverted(&w);
		assert_true(inverted > 0);
		assert_int_equal(drain(&w, true), 0);
		sort_put(&w);
		got_what_was_put_in_its_order(&w);
		assert_int_equal(order_stats(w.order)->late, 0);
		assert_int_equal(order_stats(w.order)->repaired, inverted);
		world_free(&w);
	}
}

/* One old record stands behind @between + 1 younger ones, at each place of the window in turn. */
static void one_inversion(unsigned int between, bool late)
{
	struct world w;

	for (unsigned int at = 0; at < 300; at += 7) {
		world_new(&w, 1, 1 << 17, &rec_ops);
		for (unsigned int i = 0; i < 700; i++) {
			if (i == at + between + 1)
				assert_true(put(&w, 0, 10 * at + 5));
			assert_true(put(&w, 0, 10 * (i + 1)));
		}
		assert_int_equal(drain(&w, true), 0);
		assert_int_equal(w.nr_got, w.nr_put);
		assert_int_equal(order_stats(w.order)->late, late);
		assert_int_equal(nr_late(&w), late);
		if (!late) {
			sort_put(&w);
			got_what_was_put_in_its_order(&w);
		}
		world_free(&w);
	}
}

static void an_inversion_as_wide_as_the_look_ahead_is_repaired(void **state)
{
	(void)state;
	one_inversion(1, false);
	one_inversion(ORDER_LOOKAHEAD - 1, false);
	one_inversion(ORDER_LOOKAHEAD, false);
}

static void an_inversion_beyond_the_window_is_delivered_once_and_counted_late(void **state)
{
	struct world w;

	(void)state;
	one_inversion(3 * ORDER_LOOKAHEAD, true);
	world_new(&w, 4, 1 << 18, &rec_ops);
	for (unsigned int i = 0; i < 4; i++)
		put_mixed(&w, i, 2000, 600);
	assert_int_equal(drain(&w, true), 0);
	assert_int_equal(w.nr_got, w.nr_put);
	assert_true(nr_late(&w) > 0);
	assert_int_equal(order_stats(w.order)->late, nr_late(&w));
	world_free(&w);
}

static void equal_times_come_ring_by_ring_and_as_they_stand(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, 7, 16384, &rec_ops);
	for (unsigned int i = 0; i < 400; i++)
		put(&w, chance_below(&w.seed, 7), 5 + i / 200);
	assert_int_equal(drain(&w, true), 0);
	sort_put(&w);
	got_what_was_put_in_its_order(&w);
	assert_int_equal(order_stats(w.order)->late, 0);
	world_free(&w);
}

static void an_empty_ring_holds_nobody_back(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, 8, 4096, &rec_ops);
	for (unsigned int i = 0; i < 20; i++)
		assert_true(put(&w, 3, i));
	assert_int_equal(drain(&w, false), 0);
	assert_int_equal(w.nr_got, 20);
	assert_true(put(&w, 5, 100));
	assert_int_equal(drain(&w, false), 0);
	assert_int_equal(w.nr_got, 21);
	assert_int_equal(drain(&w, false), 0);
	assert_int_equal(drain(&w, true), 0);
	assert_int_equal(w.nr_got, 21);
	world_free(&w);
}

static void write_younger(struct world *w)
{
	assert_true(put(w, 1, 20));
}

static void write_older(struct world *w)
{
	assert_true(put(w, 1, 5));
}

static void between_the_readings(void (*write)(struct world *), bool all, size_t nr_due)
{
	struct world w;

	world_new(&w, 2, 4096, &rec_ops);
	assert_true(put(&w, 0, 10));
	w.at_time = write; /* ring 1's first reading is over, its second is not */
	assert_int_equal(drain(&w, all), 0);
	assert_int_equal(w.nr_got, nr_due);
	assert_int_equal(drain(&w, false), 0);
	sort_put(&w);
	got_what_was_put_in_its_order(&w);
	world_free(&w);
}

static void what_comes_between_the_readings_waits_unless_something_due_is_younger(void **state)
{
	(void)state;
	between_the_readings(write_younger, false, 1);
	between_the_readings(write_older, false, 2);
	between_the_readings(write_younger, true, 2);
	between_the_readings(write_older, true, 2);
}

static void put_broken(struct world *w, unsigned int ring)
{
	struct perf_event_header header = { .type = PERF_RECORD_SAMPLE, .size = 4 };

	assert_true(test_ring_put(&w->rings[ring], &header, sizeof(header)));
}

/* @good records stand before the broken one, in the window at once or far behind it. */
static void break_after(unsigned int good, bool all)
{
	/* Behind the broken one: nobody can know where it begins. */
	const struct rec hidden = { .header = { PERF_RECORD_SAMPLE, 0, 24 } };
	struct world w;

	world_new(&w, 3, 1 << 16, &rec_ops);
	for (unsigned int i = 0; i < good; i++)
		assert_true(put(&w, 1, 10 * i + 1));
	put_broken(&w, 1);
	for (unsigned int i = 0; i < 300; i++) {
		assert_true(put(&w, 0, 10 * i));
		assert_true(put(&w, 2, 10 * i + 2));
	}
	sort_put(&w);
	assert_true(test_ring_put(&w.rings[1], &hidden, hidden.header.size));
	assert_int_equal(order_drain(w.order, all), 0);
	got_what_was_put_in_its_order(&w);
	assert_int_equal(order_stats(w.order)->broken, 1);
	/* The place is left behind; what is written after it is read again. */
	assert_int_equal(test_ring_tail(&w.rings[1]), ring_head(&w.rings[1].ring));
	assert_true(put(&w, 1, 100000));
	assert_int_equal(order_drain(w.order, all), 0);
	got_what_was_put_in_its_order(&w);
	assert_int_equal(order_stats(w.order)->broken, 1);
	world_free(&w);
}

static void a_broken_record_costs_the_rest_of_its_ring_and_no_other(void **state)
{
	static const unsigned int good[] = { 0, 1, 5, 127, 128, 129, 250 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		break_after(good[i], true);
		break_after(good[i], false);
	}
}

static int note_type(void *ctx, unsigned int ring, const struct perf_event_header *record,
		     __u64 time_ns)
{
	struct world *w = ctx;

	w->got[w->nr_got++] = (struct mark){ time_ns, record->type, ring, 0 };
	return 0;
}

static void lost_records_keep_their_place_in_time(void **state)
{
	static const struct order_ops ops = { attr_record_time, note_type };
	static const struct mark expected[] = {
		{ 1, PERF_RECORD_SAMPLE, 1, 0 }, { 2, PERF_RECORD_SAMPLE, 0, 0 },
		{ 3, PERF_RECORD_LOST, 0, 0 },	 { 4, PERF_RECORD_SAMPLE, 1, 0 },
		{ 5, PERF_RECORD_SAMPLE, 0, 0 }, { 6, PERF_RECORD_LOST, 1, 0 },
	};
	struct world w;

	(void)state;
	world_new(&w, 2, 4096, &ops);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		struct {
			struct perf_event_header header;
			__u64 id, lost;
			struct attr_trailer trailer;
		} lost = { .header = { PERF_RECORD_LOST, 0, sizeof(lost) },
			   .trailer.time_ns = expected[i].time_ns };
		struct attr_sample sample = { .header = { PERF_RECORD_SAMPLE, 0, sizeof(sample) },
					      .time_ns = expected[i].time_ns };
		bool is_lost = expected[i].pos == PERF_RECORD_LOST;

		assert_true(test_ring_put(&w.rings[expected[i].ring],
					  is_lost ? (void *)&lost : (void *)&sample,
					  is_lost ? sizeof(lost) : sizeof(sample)));
	}
	assert_int_equal(order_drain(w.order, false), 0);
	assert_int_equal(w.nr_got, ARRAY_SIZE(expected));
	assert_memory_equal(w.got, expected, sizeof(expected));
	world_free(&w);
}

static void no_ring_at_all_is_nothing_to_do(void **state)
{
	struct order *order;

	(void)state;
	assert_int_equal(order_new(&order, &rec_ops, NULL), 0);
	assert_int_equal(order_drain(order, true), 0);
	order_free(order);
	order_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_comes_once_and_in_order_while_the_kernel_writes),
		cmocka_unit_test(rings_of_one_page_wrap_and_fill_up_and_lose_nothing),
		cmocka_unit_test(a_drain_that_was_stopped_goes_on_where_it_was),
		cmocka_unit_test(a_writer_on_another_cpu_changes_nothing),
		cmocka_unit_test(inversions_within_the_look_ahead_come_out_as_from_a_stable_sort),
		cmocka_unit_test(an_inversion_as_wide_as_the_look_ahead_is_repaired),
		cmocka_unit_test(an_inversion_beyond_the_window_is_delivered_once_and_counted_late),
		cmocka_unit_test(equal_times_come_ring_by_ring_and_as_they_stand),
		cmocka_unit_test(an_empty_ring_holds_nobody_back),
		cmocka_unit_test(
			what_comes_between_the_readings_waits_unless_something_due_is_younger),
		cmocka_unit_test(a_broken_record_costs_the_rest_of_its_ring_and_no_other),
		cmocka_unit_test(lost_records_keep_their_place_in_time),
		cmocka_unit_test(no_ring_at_all_is_nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
