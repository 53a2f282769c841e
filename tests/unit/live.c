// SPDX-License-Identifier: GPL-2.0-only
/*
 * live.c - the table of living objects against a plain array that knows them all
 */
#include "mwprof/event.h"
#include "mwprof/live.h"
#include "mwprof/profiler.h"
#include "tests/unit/engine_test.h"

#define NR_SPACES 3
#define NR_KEYS 3000
#define NR_OPS 150000
#define NOW ((__u64)-1) /* younger than any object */

struct model {
	struct live *live;
	bool there[NR_SPACES][NR_KEYS];
	struct live_object objects[NR_SPACES][NR_KEYS];
	__u32 index[NR_SPACES][NR_KEYS]; /* as live_add() said */
	__u64 nr;
};

/* Addresses as allocators give them out; the same in every space. */
static __u64 key_of(unsigned int k)
{
	return 0xffff888000000000 + 64 * k;
}

static struct live_object object_of(unsigned int space, unsigned int k, __u64 salt)
{
	return (struct live_object){ .key = key_of(k),
				     .space = space,
				     .time_ns = salt,
				     .size = salt * 3,
				     .tid = salt * 5,
				     .stack = salt * 7,
				     .comm = salt,
				     .spec = salt + 1 };
}

static void same(const struct live_object *a, const struct live_object *b)
{
	assert_memory_equal(a, b, sizeof(*a)); /* no padding: eight fields, 40 bytes */
}

static void model_add(struct model *m, unsigned int space, unsigned int k, __u64 salt)
{
	struct live_object object = object_of(space, k, salt), old;
	bool replaced, *there = &m->there[space][k];
	__u32 index;

	assert_int_equal(live_add(m->live, &object, &old, &replaced, &index), 0);
	assert_int_equal(replaced, *there);
	if (replaced) {
		same(&old, &m->objects[space][k]);
		assert_int_equal(index, m->index[space][k]);
	}
	same(live_at(m->live, index), &object);
	m->nr += !*there;
	*there = true;
	m->objects[space][k] = object;
	m->index[space][k] = index;
}

static void model_remove(struct model *m, unsigned int space, unsigned int k)
{
	struct live_object old;
	bool *there = &m->there[space][k];

	assert_int_equal(live_remove(m->live, space, key_of(k), NOW, &old), *there);
	if (*there)
		same(&old, &m->objects[space][k]);
	m->nr -= *there;
	*there = false;
}

/* The walk meets every object once, and no other. */
static void model_agrees(const struct model *m)
{
	__u64 nr = 0;

	for (__u32 i = live_first(m->live); i != LIVE_END; i = live_next(m->live, i)) {
		const struct live_object *o = live_at(m->live, i);
		unsigned int k = (o->key - key_of(0)) / 64;

		assert_true(o->space < NR_SPACES && k < NR_KEYS && m->there[o->space][k]);
		assert_int_equal(m->index[o->space][k], i);
		same(o, &m->objects[o->space][k]);
		nr++;
	}
	assert_int_equal(nr, m->nr);
	assert_int_equal(live_nr(m->live), m->nr);
}

static void random_operations_agree_with_the_model(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	__u64 seed = 11;

	(void)state;
	assert_int_equal(live_new(&m->live, false), 0);
	model_agrees(m);
	for (unsigned int i = 0; i < NR_OPS; i++) {
		/* Few keys for a while, then many; now the table fills, now it empties. */
		unsigned int k = chance_below(&seed, i / 10000 % 2 ? NR_KEYS : 90);
		unsigned int space = chance_below(&seed, NR_SPACES);
		bool fills = i / 25000 % 2 == 0;

		if (chance_below(&seed, 10) < (fills ? 7 : 3))
			model_add(m, space, k, i);
		else
			model_remove(m, space, k);
		if (i % 1000 == 0)
			model_agrees(m);
		if (i % 60000 == 59999) {
			live_clear(m->live);
			memset(m->there, 0, sizeof(m->there));
			m->nr = 0;
			model_agrees(m);
		}
	}
	model_agrees(m);
	live_free(m->live);
	free(m);
}

/* With every key gone in turn, all that were pushed past the end of the slots are still found. */
static void removal_closes_its_gap_also_round_the_end(void **state)
{
	struct model *m = calloc(1, sizeof(*m));

	(void)state;
	assert_int_equal(live_new(&m->live, false), 0);
	for (unsigned int round = 0; round < 40; round++) {
		/* 190 of 256 slots: long runs, some of them round the end. */
		for (unsigned int k = 0; k < 190; k++)
			model_add(m, 0, round * 70 + k, k);
		for (unsigned int k = 0; k < 190; k++) {
			unsigned int gone = round * 70 + k * 7 % 190;

			model_remove(m, 0, gone);
			for (unsigned int other = 0; other < 190; other += 3)
				if (m->there[0][round * 70 + other])
					model_add(m, 0, round * 70 + other, k + other);
		}
		model_agrees(m);
		assert_int_equal(m->nr, 0);
	}
	live_free(m->live);
	free(m);
}

static void equal_keys_of_different_spaces_never_meet(void **state)
{
	struct live_object a = { .key = 5, .space = 0, .size = 1 }, b = { .key = 5, .space = 3 },
			   old;
	struct live *live;
	bool replaced;
	__u32 index;

	(void)state;
	assert_int_equal(live_new(&live, false), 0);
	assert_int_equal(live_add(live, &a, &old, &replaced, &index), 0);
	assert_int_equal(live_add(live, &b, &old, &replaced, &index), 0);
	assert_false(replaced);
	assert_int_equal(live_remove(live, 2, 5, NOW, &old), LIVE_NONE);
	assert_int_equal(live_remove(live, 3, 5, NOW, &old), LIVE_REMOVED);
	assert_int_equal(old.size, 0);
	assert_int_equal(live_remove(live, 0, 5, NOW, &old), LIVE_REMOVED);
	assert_int_equal(old.size, 1);
	assert_int_equal(live_first(live), LIVE_END);
	live_free(live);
	live_free(NULL);
}

static void an_object_that_began_later_is_not_the_one_that_ended(void **state)
{
	struct live_object o = { .key = 5, .time_ns = 100, .size = 7 }, old = { .size = 1 };
	struct live *live;
	bool replaced;
	__u32 index;

	(void)state;
	assert_int_equal(live_new(&live, false), 0);
	assert_int_equal(live_remove(live, 0, 5, 99, &old), LIVE_NONE);
	assert_int_equal(live_add(live, &o, &old, &replaced, &index), 0);
	assert_int_equal(live_remove(live, 0, 5, 99, &old), LIVE_YOUNGER);
	assert_int_equal(old.size, 1);
	assert_int_equal(live_nr(live), 1);
	assert_int_equal(live_remove(live, 0, 5, 100, &old), LIVE_REMOVED);
	assert_int_equal(old.size, 7);
	assert_int_equal(live_nr(live), 0);
	live_free(live);
}

static void places_of_ended_objects_are_used_again(void **state)
{
	struct live_object old;
	struct live *live;
	size_t bytes;
	bool replaced;
	__u32 index;
	unsigned int first = 0;

	(void)state;
	assert_int_equal(live_new(&live, false), 0);
	for (unsigned int i = 0; i < 1000; i++) {
		struct live_object o = object_of(0, i, i);

		assert_int_equal(live_add(live, &o, &old, &replaced, &index), 0);
	}
	bytes = live_bytes(live);
	/* One by one, then hundreds at a time. */
	for (unsigned int batch = 1; batch < 1000; batch += 37) {
		for (unsigned int k = first; k < first + batch; k++)
			assert_int_equal(live_remove(live, 0, key_of(k), NOW, &old), LIVE_REMOVED);
		for (unsigned int k = first; k < first + batch; k++) {
			struct live_object o = object_of(0, k + 1000, k);

			assert_int_equal(live_add(live, &o, &old, &replaced, &index), 0);
			assert_false(replaced);
			assert_true(index < 1000);
		}
		first += batch;
	}
	assert_int_equal(live_bytes(live), bytes);
	live_free(live);
}

/* The sanitizers would find a copy that is freed twice or never. */
static void a_copy_goes_with_its_object(void **state)
{
	const char raw[200] = "an event";
	struct event_spec spec = { .index = 4 };
	struct event ev = { .spec = &spec, .raw = raw, .raw_size = sizeof(raw) };
	struct live_object old;
	struct live *live;
	size_t empty, one;
	bool replaced;
	__u32 index[300];

	(void)state;
	assert_int_equal(live_new(&live, true), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(index); i++) {
		struct live_object o = object_of(0, i, i);

		assert_int_equal(live_add(live, &o, &old, &replaced, &index[i]), 0);
		assert_null(live_copy(live, index[i]));
	}
	empty = live_bytes(live);
	for (unsigned int i = 0; i < ARRAY_SIZE(index); i++)
		live_set_copy(live, index[i], event_copy_new(&ev));
	one = event_copy_bytes(live_copy(live, index[0]));
	assert_true(one >= sizeof(raw));
	assert_int_equal(live_bytes(live), empty + 300 * one);
	/* Replaced: the old event's copy is not the new one's. */
	struct live_object again = object_of(0, 7, 9);

	assert_int_equal(live_add(live, &again, &old, &replaced, &index[7]), 0);
	assert_true(replaced);
	assert_null(live_copy(live, index[7]));
	live_set_copy(live, index[7], NULL);
	live_set_copy(live, index[8], event_copy_new(&ev));
	for (unsigned int i = 100; i < 200; i++)
		assert_int_equal(live_remove(live, 0, key_of(i), NOW, &old), LIVE_REMOVED);
	assert_int_equal(live_bytes(live), empty + 199 * one);
	/* A place used again has no copy left from before. */
	again = object_of(1, 0, 0);
	assert_int_equal(live_add(live, &again, &old, &replaced, &index[0]), 0);
	assert_null(live_copy(live, index[0]));
	live_clear(live);
	assert_int_equal(live_nr(live), 0);
	assert_true(live_bytes(live) < empty);
	for (unsigned int i = 0; i < 5; i++) {
		struct live_object o = object_of(0, i, i);

		assert_int_equal(live_add(live, &o, &old, &replaced, &index[i]), 0);
		assert_null(live_copy(live, index[i]));
		live_set_copy(live, index[i], event_copy_new(&ev));
	}
	live_free(live);
}

static void an_object_costs_at_most_56_bytes_up_to_a_million(void **state)
{
	struct live_object o = { 0 }, old;
	struct live *live;
	bool replaced;
	__u32 index;

	(void)state;
	assert_int_equal(sizeof(struct live_object), 40);
	assert_int_equal(live_new(&live, false), 0);
	for (__u64 nr = 1; nr <= 1000000; nr++) {
		o.key = 0xffff888000000000 + 32 * nr;
		assert_int_equal(live_add(live, &o, &old, &replaced, &index), 0);
		if (nr >= 1000 && live_bytes(live) > 56 * nr + 256)
			fail_msg("%zu bytes for %llu objects", live_bytes(live), nr);
	}
	assert_int_equal(live_nr(live), 1000000);
	assert_true(live_bytes(live) <= 56 * 1000000);
	for (__u64 nr = 1; nr <= 1000000; nr++)
		assert_int_equal(live_remove(live, 0, 0xffff888000000000 + 32 * nr, NOW, &old),
				 LIVE_REMOVED);
	assert_int_equal(live_nr(live), 0);
	live_free(live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations_agree_with_the_model),
		cmocka_unit_test(removal_closes_its_gap_also_round_the_end),
		cmocka_unit_test(equal_keys_of_different_spaces_never_meet),
		cmocka_unit_test(an_object_that_began_later_is_not_the_one_that_ended),
		cmocka_unit_test(places_of_ended_objects_are_used_again),
		cmocka_unit_test(a_copy_goes_with_its_object),
		cmocka_unit_test(an_object_costs_at_most_56_bytes_up_to_a_million),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
