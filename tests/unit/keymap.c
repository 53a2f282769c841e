// SPDX-License-Identifier: GPL-2.0-only
/*
 * keymap.c - numbers for keys
 */
#include "mwprof/keymap.h"
#include "tests/unit/engine_test.h"

static void keys_are_numbered_in_the_order_they_come(void **state)
{
	static const __u64 keys[] = { 7, 0, (__u64)-1, 1ULL << 32, 7, 0, 1, 1ULL << 32 };
	static const __u32 numbers[] = { 0, 1, 2, 3, 0, 1, 4, 3 };
	struct keymap map = { 0 };
	__u32 number;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		assert_int_equal(keymap_number(&map, keys[i], &number), 0);
		assert_int_equal(number, numbers[i]);
	}
	assert_int_equal(map.nr, 5);
	keymap_fini(&map);
}

/* Keys that a model knows by another way: key i is i scrambled by an odd factor, so all differ. */
static void many_keys_keep_their_numbers_as_the_map_grows(void **state)
{
	static const __u64 factors[] = { 1, 8, 4096, 1ULL << 32, 0x10001, 0x9e3779b97f4a7c15 };
	__u64 seed = 5;
	__u32 number;

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(factors); f++) {
		struct keymap map = { 0 };

		for (__u64 i = 0; i < 50000; i++) {
			__u64 old = chance_below(&seed, i + 1);

			assert_int_equal(map.nr, i);
			assert_int_equal(keymap_number(&map, i * factors[f], &number), 0);
			assert_int_equal(number, i);
			assert_int_equal(keymap_number(&map, old * factors[f], &number), 0);
			assert_int_equal(number, old);
		}
		assert_int_equal(map.nr, 50000);
		keymap_fini(&map);
	}
}

static void a_map_that_ended_is_empty_and_may_begin_again(void **state)
{
	struct keymap map = { 0 };
	__u32 number;

	(void)state;
	keymap_fini(&map);
	assert_int_equal(keymap_number(&map, 1, &number), 0);
	assert_int_equal(keymap_number(&map, 2, &number), 0);
	keymap_fini(&map);
	assert_int_equal(map.nr, 0);
	assert_int_equal(keymap_number(&map, 2, &number), 0);
	assert_int_equal(number, 0);
	keymap_fini(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_numbered_in_the_order_they_come),
		cmocka_unit_test(many_keys_keep_their_numbers_as_the_map_grows),
		cmocka_unit_test(a_map_that_ended_is_empty_and_may_begin_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
