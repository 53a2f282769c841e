// SPDX-License-Identifier: GPL-2.0-only
#include "expr_test.h"

static const char *const names[] = { "bytes_alloc",
				     "bytes_req",
				     "call_site",
				     "gfp_flags",
				     "ptr",
				     "kmem:kmalloc",
				     "kmem:kmem_cache_alloc",
				     "kmem:kfree",
				     "sched:sched_switch",
				     "node" };

static const char *nearest(const char *word)
{
	int i = expr_nearest(word, strlen(word), names, sizeof(names) / sizeof(*names),
			     sizeof(*names));

	return i < 0 ? "" : names[i];
}

static void typing_errors_are_found(void **state)
{
	(void)state;
	assert_string_equal(nearest("bytes_aloc"), "bytes_alloc");
	assert_string_equal(nearest("byets_alloc"), "bytes_alloc");
	assert_string_equal(nearest("call_stie"), "call_site");
	assert_string_equal(nearest("prt"), "ptr");
	assert_string_equal(nearest("nod"), "node");
	assert_string_equal(nearest("kmem:kmaloc"), "kmem:kmalloc");
}

static void the_beginning_of_a_name_is_enough(void **state)
{
	(void)state;
	assert_string_equal(nearest("gfp"), "gfp_flags");
	assert_string_equal(nearest("kmem:kmem_c"), "kmem:kmem_cache_alloc");
	/* the shortest of several */
	assert_string_equal(nearest("bytes_"), "bytes_req");
}

static void an_event_is_found_without_its_system(void **state)
{
	(void)state;
	assert_string_equal(nearest("kmaloc"), "kmem:kmalloc");
	assert_string_equal(nearest("kfree"), "kmem:kfree");
	assert_string_equal(nearest("sched_swich"), "sched:sched_switch");
}

static void nothing_near_is_nothing(void **state)
{
	static const char *const none[] = { NULL };
	char word[200];

	(void)state;
	assert_string_equal(nearest("quantum"), "");
	assert_string_equal(nearest("x"), "");
	assert_string_equal(nearest(""), "");
	assert_int_equal(expr_nearest("a", 1, none, 0, sizeof(*none)), -1);
	memset(word, 'a', sizeof(word));
	assert_int_equal(expr_nearest(word, sizeof(word), names, 10, sizeof(*names)), -1);
}

static void names_may_lie_in_structures(void **state)
{
	static const struct {
		int before;
		const char *name;
		long after;
	} rows[] = { { 1, "alpha", 1 }, { 2, "beta", 2 }, { 3, "gamma", 3 } };

	(void)state;
	assert_int_equal(expr_nearest("gama", 4, &rows[0].name, 3, sizeof(rows[0])), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(typing_errors_are_found),
		cmocka_unit_test(the_beginning_of_a_name_is_enough),
		cmocka_unit_test(an_event_is_found_without_its_system),
		cmocka_unit_test(nothing_near_is_nothing),
		cmocka_unit_test(names_may_lie_in_structures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
