// SPDX-License-Identifier: GPL-2.0-only
/*
 * stack.c - interned call stacks
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/perf_event.h>
#include <cmocka.h>

#include "mwprof/stack.h"

#define KERNEL ((__u64)PERF_CONTEXT_KERNEL)
#define USER ((__u64)PERF_CONTEXT_USER)

static const __u64 A[] = { KERNEL, 2, 3 }, B[] = { KERNEL, 2, 4 };

static void equal_stacks_share_an_id(void **state)
{
	struct stack_table *t;
	struct stack_frames frames;
	stack_id a;

	(void)state;
	assert_int_equal(stack_table_new(&t, 65536), 0);
	a = stack_intern(t, A, 3);
	assert_int_not_equal(a, STACK_NONE);
	assert_int_not_equal(a, STACK_LOST);
	assert_int_equal(stack_intern(t, A, 3), a);
	assert_int_not_equal(stack_intern(t, B, 3), a);
	assert_int_not_equal(stack_intern(t, A, 2), a); /* a prefix is another stack */
	assert_int_equal(stack_table_nr(t), 3);
	frames = stack_frames(t, a);
	assert_int_equal(frames.nr, 3);
	assert_memory_equal(frames.ip, A, sizeof(A));
	stack_table_free(t);
}

static void an_empty_chain_is_a_stack_too(void **state)
{
	struct stack_table *t;
	stack_id e;

	(void)state;
	assert_int_equal(stack_table_new(&t, 65536), 0);
	e = stack_intern(t, A, 0);
	assert_int_not_equal(e, STACK_LOST);
	assert_int_equal(stack_intern(t, B, 0), e);
	assert_int_equal(stack_frames(t, e).nr, 0);
	stack_table_free(t);
}

static void ids_stay_good_while_the_table_grows(void **state)
{
	enum { NR = 20000 };
	static stack_id ids[NR];
	struct stack_table *t;
	__u64 ip[40] = { KERNEL };
	size_t small;
	int i;

	(void)state;
	assert_int_equal(stack_table_new(&t, 64 << 20), 0);
	stack_intern(t, ip, 1);
	small = stack_table_bytes(t);
	assert_true(small < 4096);
	for (i = 0; i < NR; i++) {
		ip[1] = i + 1;
		ids[i] = stack_intern(t, ip, 2 + i % 38);
	}
	assert_int_equal(stack_table_nr(t), NR + 1);
	assert_int_equal(stack_table_lost(t), 0);
	for (i = 0; i < NR; i++) {
		struct stack_frames f = stack_frames(t, ids[i]);

		ip[1] = i + 1;
		assert_int_equal(f.nr, 2 + i % 38);
		assert_memory_equal(f.ip, ip, f.nr * sizeof(*ip));
		assert_int_equal(stack_intern(t, ip, f.nr), ids[i]);
	}
	stack_table_free(t);
}

static void a_full_table_says_so_and_keeps_what_it_has(void **state)
{
	static const size_t bounds[] = { 1024, 5000, 65536, 1 << 20 };
	struct stack_table *t;
	__u64 ip[16] = { 0 }, lost;
	stack_id first;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_int_equal(stack_table_new(&t, bounds[i]), 0);
		ip[0] = 0;
		first = stack_intern(t, ip, 16);
		for (lost = 0, ip[0] = 1; ip[0] < 20000; ip[0]++)
			lost += stack_intern(t, ip, 16) == STACK_LOST;
		assert_true(lost > 0);
		assert_int_equal(stack_table_lost(t), lost);
		assert_int_equal(stack_table_nr(t) + lost, 20000);
		ip[0] = 0;
		assert_int_equal(stack_intern(t, ip, 16), first);
		assert_true(stack_table_bytes(t) <= bounds[i] + 256);
		/* Most of the bound is used before anything is lost. */
		assert_true(stack_table_nr(t) * 17 * sizeof(__u64) > bounds[i] / 2);
		stack_table_free(t);
	}
}

static void a_bound_too_small_for_anything_loses_everything(void **state)
{
	struct stack_table *t;

	(void)state;
	assert_int_equal(stack_table_new(&t, 0), 0);
	assert_int_equal(stack_intern(t, A, 3), STACK_LOST);
	assert_int_equal(stack_intern(t, A, 3), STACK_LOST);
	assert_int_equal(stack_table_lost(t), 2);
	stack_table_free(t);
	stack_table_free(NULL);
}

static void no_stack_and_a_lost_one_have_no_frames(void **state)
{
	struct stack_table *t;

	(void)state;
	assert_int_equal(stack_table_new(&t, 65536), 0);
	assert_int_equal(stack_frames(t, STACK_NONE).nr, 0);
	assert_int_equal(stack_frames(t, STACK_LOST).nr, 0);
	assert_int_equal(stack_frames(t, 12345).nr, 0);
	stack_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_stacks_share_an_id),
		cmocka_unit_test(an_empty_chain_is_a_stack_too),
		cmocka_unit_test(ids_stay_good_while_the_table_grows),
		cmocka_unit_test(a_full_table_says_so_and_keeps_what_it_has),
		cmocka_unit_test(a_bound_too_small_for_anything_loses_everything),
		cmocka_unit_test(no_stack_and_a_lost_one_have_no_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
