// SPDX-License-Identifier: GPL-2.0-only
/*
 * place.c - where a filter runs: in the kernel when it says the same there, else here, never nowhere
 */
#include "core/bind.h"
#include "core/place.h"
#include "tests/unit/engine_test.h"

struct world {
	struct tracefs *tracefs;
	struct bound bound;
	struct expr_error error;
};

static int place_in(struct world *w, const char *kernel, const char *filter, bool in_pid_namespace)
{
	const struct event_format *format;
	struct expr_scope scope;

	*w = (struct world){ 0 };
	assert_int_equal(tracefs_new_empty(&w->tracefs), 0);
	format = add_format(w->tracefs, kernel, "kmem", "kmalloc");
	scope = (struct expr_scope){ format->fields, format->nr_fields, true, "kmem:kmalloc" };
	if (expr_new(&w->bound.filter, filter, strlen(filter), &scope, EXPR_FILTER, &w->error))
		fail_msg("%s: %s", filter, w->error.message);
	w->error = (struct expr_error){ 0 };
	return place_filter(&w->bound, in_pid_namespace, &w->error);
}

static int place(struct world *w, const char *kernel, const char *filter)
{
	return place_in(w, kernel, filter, false);
}

static void world_free(struct world *w)
{
	expr_free(w->bound.filter);
	free(w->bound.kernel_filter);
	tracefs_free(w->tracefs);
}

static void in_the_kernel(const struct world *w)
{
	assert_non_null(w->bound.kernel_filter);
	assert_false(w->bound.filter_here);
	assert_string_equal(w->bound.why_here, "");
}

static void here(const struct world *w)
{
	assert_null(w->bound.kernel_filter);
	assert_true(w->bound.filter_here);
	assert_string_not_equal(w->bound.why_here, "");
}

static void what_the_kernel_understands_alike_runs_there(void **state)
{
	static const char *const filters[] = { "bytes_alloc>64", "ptr!=0&&bytes_req<=4096",
					       "common_pid==1||common_pid==2",
					       "call_site.function==kfree" };
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		assert_int_equal(place(&w, HOST, filters[i]), 0);
		in_the_kernel(&w);
		world_free(&w);
	}
	assert_int_equal(place(&w, HOST, "bytes_alloc>64"), 0);
	assert_string_equal(w.bound.kernel_filter, "(bytes_alloc > 64)");
	world_free(&w);
}

static void what_it_does_not_runs_here_and_says_why(void **state)
{
	static const struct {
		const char *filter, *why;
	} rows[] = {
		{ "bytes_req+1>64", "arithmetic" },
		{ "_pid==3", "_pid" },
		{ "bytes_alloc>64&&_pid==3", "_pid" },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(place(&w, HOST, rows[i].filter), 0);
		here(&w);
		if (!strstr(w.bound.why_here, rows[i].why))
			fail_msg("%s: %s", rows[i].filter, w.bound.why_here);
		world_free(&w);
	}
}

/* The kernel's filter has the first namespace's numbers, records have ours. */
static void in_a_pid_namespace_a_filter_by_tid_runs_here(void **state)
{
	struct world w;

	(void)state;
	assert_int_equal(place(&w, HOST, "bytes_alloc>64&&_tid==3"), 0);
	in_the_kernel(&w);
	world_free(&w);
	assert_int_equal(place_in(&w, HOST, "bytes_alloc>64&&_tid==3", true), 0);
	here(&w);
	assert_string_equal(w.bound.why_here, "_tid in a pid namespace");
	world_free(&w);
	assert_int_equal(place_in(&w, HOST, "bytes_alloc>64&&common_pid==3", true), 0);
	in_the_kernel(&w); /* a field of the record is the same number on both sides */
	world_free(&w);
	assert_int_equal(place_in(&w, HOST, "call_site.function==kfree&&_tid==3", true),
			 -EOPNOTSUPP);
	assert_non_null(strstr(w.error.message, "_tid in a pid namespace"));
	world_free(&w);
}

static void what_only_the_kernel_could_run_and_will_not_is_an_error(void **state)
{
	static const char *const filters[] = { "call_site.function==kfree&&_pid==3",
					       "*(int *)ptr==3" };
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		assert_int_equal(place(&w, HOST, filters[i]), -EOPNOTSUPP);
		assert_string_not_equal(w.error.message, "");
		assert_true(w.error.at + w.error.len <= strlen(filters[i]));
		world_free(&w);
	}
}

static void a_filter_that_the_kernel_turns_down_runs_here(void **state)
{
	struct world w;

	(void)state;
	assert_int_equal(place(&w, "5.10.0-46-cloud-amd64", "bytes_alloc>64"), 0);
	in_the_kernel(&w);
	assert_int_equal(place_filter_refused(&w.bound, &w.error), 0);
	here(&w);
	assert_non_null(strstr(w.bound.why_here, "(bytes_alloc > 64)"));
	world_free(&w);
}

static void one_that_only_the_kernel_could_run_is_then_an_error(void **state)
{
	struct world w;

	(void)state;
	assert_int_equal(place(&w, HOST, "call_site.function==kfree"), 0);
	assert_int_equal(place_filter_refused(&w.bound, &w.error), -EOPNOTSUPP);
	assert_non_null(strstr(w.error.message, "only the kernel"));
	assert_null(w.bound.kernel_filter);
	world_free(&w);
}

/* However long: what is kept of it is cut, not written past its end. */
static void a_long_filter_is_quoted_in_part(void **state)
{
	char filter[2000] = "bytes_alloc>0";
	struct world w;

	(void)state;
	while (strlen(filter) < sizeof(filter) - 40)
		strcat(filter, "&&bytes_alloc>1");
	assert_int_equal(place(&w, HOST, filter), 0);
	in_the_kernel(&w);
	assert_int_equal(place_filter_refused(&w.bound, &w.error), 0);
	assert_true(strlen(w.bound.why_here) < sizeof(w.bound.why_here));
	here(&w);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_kernel_understands_alike_runs_there),
		cmocka_unit_test(what_it_does_not_runs_here_and_says_why),
		cmocka_unit_test(in_a_pid_namespace_a_filter_by_tid_runs_here),
		cmocka_unit_test(what_only_the_kernel_could_run_and_will_not_is_an_error),
		cmocka_unit_test(a_filter_that_the_kernel_turns_down_runs_here),
		cmocka_unit_test(one_that_only_the_kernel_could_run_is_then_an_error),
		cmocka_unit_test(a_long_filter_is_quoted_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
