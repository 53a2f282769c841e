// SPDX-License-Identifier: GPL-2.0-only
/*
 * spec.c - the event language: what it accepts, and where its errors point
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/spec.h"
#include "mwprof/util.h"

static struct spec_list *parsed(const char *text)
{
	struct spec_error err;
	struct spec_list *list = NULL;

	if (spec_list_new(&list, text, &err))
		fail_msg("'%s': %s at %zu", text, err.message, err.at);
	return list;
}

/* The text is refused, the caret under the first @place of it, @message among the words. */
static void refused(const char *text, const char *place, const char *message)
{
	struct spec_list *list = NULL;
	struct spec_error err;
	const char *at = strstr(text, place);

	if (!spec_list_new(&list, text, &err))
		fail_msg("'%s' was accepted", text);
	if (!strstr(err.message, message))
		fail_msg("'%s': '%s' does not say '%s'", text, err.message, message);
	assert_non_null(at);
	assert_int_equal(err.at, at - text);
	assert_int_equal(err.len, strlen(place));
}

static void expect_text(const struct spec_list *list, const struct spec_text *t, const char *want)
{
	assert_non_null(t->text);
	assert_string_equal(t->text, want);
	assert_int_equal(t->len, strlen(want));
	assert_memory_equal(list->text + t->at, want, t->len);
}

static void a_bare_name_is_an_event(void **state)
{
	struct spec_list *l = parsed("kmem:kmalloc");

	assert_int_equal(l->nr, 1);
	assert_int_equal(l->specs[0].kind, SPEC_TRACEPOINT);
	expect_text(l, &l->specs[0].name, "kmem:kmalloc");
	expect_text(l, &l->specs[0].sys, "kmem");
	expect_text(l, &l->specs[0].event, "kmalloc");
	assert_null(l->specs[0].filter.text);
	assert_int_equal(l->specs[0].nr_attrs, 0);
	assert_false(l->specs[0].has_wildcard);
	spec_list_free(l);
	(void)state;
}

static void filter_and_attributes_are_cut_at_slashes(void **state)
{
	struct spec_list *l =
		parsed("kmem:kmalloc/bytes_alloc>64/ptr=ptr/size=bytes_alloc/stack/,kmem:kfree//");
	const struct spec *s = &l->specs[0];

	assert_int_equal(l->nr, 2);
	expect_text(l, &s->whole, "kmem:kmalloc/bytes_alloc>64/ptr=ptr/size=bytes_alloc/stack/");
	expect_text(l, &s->filter, "bytes_alloc>64");
	assert_int_equal(s->nr_attrs, 3);
	expect_text(l, &s->attrs[0].name, "ptr");
	expect_text(l, &s->attrs[0].value, "ptr");
	expect_text(l, &s->attrs[1].value, "bytes_alloc");
	expect_text(l, &s->attrs[2].name, "stack");
	assert_null(s->attrs[2].value.text);
	expect_text(l, &l->specs[1].name, "kmem:kfree");
	assert_null(l->specs[1].filter.text);
	spec_list_free(l);
	(void)state;
}

static void the_last_slash_may_be_left_out(void **state)
{
	struct spec_list *l = parsed("kmem:kmalloc/a>1,kmem:kfree//ptr=ptr,kmem:mm/");

	assert_int_equal(l->nr, 3);
	expect_text(l, &l->specs[0].filter, "a>1");
	expect_text(l, &l->specs[1].attrs[0].value, "ptr");
	assert_null(l->specs[2].filter.text);
	spec_list_free(l);
	(void)state;
}

static void separators_in_brackets_and_quotes_are_text(void **state)
{
	struct spec_list *l = parsed(
		"a:b/(x/2)>1 && CPUS{0,2/3} && c ~ \"/,=*\"/size=(a/8)/"
		"alias=\"a/8,=\"/printkey=printf(\"%d,%d\\\"/\",a,b)/idx=v[1,2]/");
	const struct spec *s = &l->specs[0];

	assert_int_equal(l->nr, 1);
	expect_text(l, &s->filter, "(x/2)>1 && CPUS{0,2/3} && c ~ \"/,=*\"");
	assert_int_equal(s->nr_attrs, 4);
	expect_text(l, &s->attrs[0].value, "(a/8)");
	expect_text(l, &s->attrs[1].value, "a/8,=");
	expect_text(l, &s->attrs[2].value, "printf(\"%d,%d\\\"/\",a,b)");
	expect_text(l, &s->attrs[3].value, "v[1,2]");
	spec_list_free(l);
	(void)state;
}

static void one_pair_of_outer_quotes_comes_off(void **state)
{
	struct spec_list *l = parsed("'a:b/\"x > 1\"/v=\"y\"/', \"c:d//w=(1,2)/\"");

	assert_int_equal(l->nr, 2);
	expect_text(l, &l->specs[0].filter, "x > 1");
	expect_text(l, &l->specs[0].attrs[0].value, "y");
	expect_text(l, &l->specs[1].attrs[0].value, "(1,2)");
	spec_list_free(l);
	(void)state;
}

static void quotes_that_do_not_enclose_everything_stay(void **state)
{
	struct spec_list *l = parsed("a:b/\"x\"==comm && comm!=\"y\"/v='\\'' == c/w=\"\"\"\"/");

	expect_text(l, &l->specs[0].filter, "\"x\"==comm && comm!=\"y\"");
	expect_text(l, &l->specs[0].attrs[0].value, "'\\'' == c");
	expect_text(l, &l->specs[0].attrs[1].value, "\"\"\"\"");
	spec_list_free(l);
	(void)state;
}

static void an_attribute_is_cut_at_its_first_equals_sign(void **state)
{
	struct spec_list *l = parsed("a:b//v=x==1/");

	expect_text(l, &l->specs[0].attrs[0].name, "v");
	expect_text(l, &l->specs[0].attrs[0].value, "x==1");
	spec_list_free(l);
	(void)state;
}

static void wildcards_are_noticed_in_both_parts(void **state)
{
	struct spec_list *l = parsed("kmem:k*,k?em:x,[jk]mem:x,kmem:kmalloc/a ~ \"*\"/");

	assert_true(l->specs[0].has_wildcard);
	assert_true(l->specs[1].has_wildcard);
	assert_true(l->specs[2].has_wildcard);
	assert_false(l->specs[3].has_wildcard);
	spec_list_free(l);
	(void)state;
}

static void blanks_around_the_pieces_do_not_count(void **state)
{
	struct spec_list *l =
		parsed(" kmem:kmalloc / a > 1 / ptr = x + 1 / stack /\n, kmem:kfree ");

	expect_text(l, &l->specs[0].name, "kmem:kmalloc");
	expect_text(l, &l->specs[0].filter, "a > 1");
	expect_text(l, &l->specs[0].attrs[0].name, "ptr");
	expect_text(l, &l->specs[0].attrs[0].value, "x + 1");
	assert_int_equal(l->specs[0].nr_attrs, 2);
	expect_text(l, &l->specs[1].name, "kmem:kfree");
	spec_list_free(l);
	(void)state;
}

static void probes_are_told_by_their_first_word(void **state)
{
	struct spec_list *l = parsed("kprobe:vfs_read+4,kretprobe:vfs_read//v=retval/,"
				     "uprobe:malloc@\"/lib/a,b/c d.so\"/x>1/,"
				     "uretprobe:malloc@libc.so.6//ptr=retval/,"
				     "usdt:libc:setjmp@'libc.so.6'//");

	assert_int_equal(l->nr, 5);
	assert_int_equal(l->specs[0].kind, SPEC_KPROBE);
	expect_text(l, &l->specs[0].event, "vfs_read+4");
	assert_int_equal(l->specs[1].kind, SPEC_KRETPROBE);
	assert_int_equal(l->specs[2].kind, SPEC_UPROBE);
	expect_text(l, &l->specs[2].file, "/lib/a,b/c d.so");
	expect_text(l, &l->specs[2].filter, "x>1");
	assert_int_equal(l->specs[3].kind, SPEC_URETPROBE);
	expect_text(l, &l->specs[3].file, "libc.so.6");
	assert_int_equal(l->specs[4].kind, SPEC_USDT);
	expect_text(l, &l->specs[4].sys, "libc");
	expect_text(l, &l->specs[4].event, "setjmp");
	expect_text(l, &l->specs[4].file, "libc.so.6");
	spec_list_free(l);
	(void)state;
}

static void holes_in_the_list_are_errors(void **state)
{
	refused("", "", "empty");
	refused(" \t", "", "empty");
	refused(",a:b", ",", "before this ','");
	(void)state;
}

static void an_empty_element_is_pointed_at(void **state)
{
	struct spec_list *l = NULL;
	struct spec_error err;

	assert_int_equal(spec_list_new(&l, "a:b,,c:d", &err), -EINVAL);
	assert_int_equal(err.at, 4);
	assert_int_equal(spec_list_new(&l, "a:b,", &err), -EINVAL);
	assert_int_equal(err.at, 4);
	assert_int_equal(err.len, 0);
	assert_int_equal(spec_list_new(&l, "a:b,\" \"", &err), -EINVAL);
	assert_int_equal(err.at, 6);
	(void)state;
}

static void bad_names_are_errors(void **state)
{
	refused("kmalloc//ptr=ptr/", "kmalloc", "no ':'");
	refused("kmem://", ":", "after ':'");
	refused(":kmalloc", ":", "before ':'");
	refused("/x>1/", "", "before '/'");
	refused("kmem: kmalloc", " ", "blank");
	refused("kmem kmalloc", " ", "blank");
	refused("kmem:kmalloc kmem:kfree", " ", "blank");
	refused("a:b=c", "=", "can't hold");
	refused("kmem:\"kmalloc\"", "\"", "quotes");
	(void)state;
}

static void a_second_colon_is_an_error(void **state)
{
	struct spec_list *l = NULL;
	struct spec_error err;

	assert_int_equal(spec_list_new(&l, "a:b:c", &err), -EINVAL);
	assert_int_equal(err.at, 3);
	(void)state;
}

static void unpaired_quotes_and_brackets_are_errors(void **state)
{
	refused("a:b/comm==\"x/", "\"", "never closed");
	refused("a:b//v='x/,c:d", "'", "never closed");
	refused("a:b/(x>1/", "(", "never closed");
	refused("a:b/((x)>1/", "(", "never closed");
	refused("a:b/x)>1/", ")", "closes nothing");
	refused("a:b/(x]>1/", "]", "where ')' should");
	refused("a:[b", "[", "never closed");
	refused("a:b/\"x\\\"/", "\"", "never closed");
	(void)state;
}

static void bad_attributes_are_errors(void **state)
{
	refused("a:b//=5/", "=5", "before '='");
	refused("a:b//ptr=/", "ptr=", "no value after ptr=");
	refused("a:b//ptr=\"\"/", "ptr=\"\"", "no value after ptr=");
	refused("a:b//9x=1/", "9x", "not an attribute's name");
	refused("a:b//top by=1/", "top by", "not an attribute's name");
	refused("a:b/x/8>1/ptr=ptr/", "8>1", "not an attribute's name");
	refused("a:b//stack/ c:d", "c:d", "left over");
	refused("a:b//stack/)", ")", "closes nothing");
	refused("\"a:b//stack/\" c:d", " c:d", "left over");
	refused("\"a:b,c:d\"", ",", "inside a quoted event");
	(void)state;
}

static void an_attribute_given_twice_is_pointed_at(void **state)
{
	struct spec_list *l = NULL;
	struct spec_error err;

	assert_int_equal(spec_list_new(&l, "a:b//ptr=x/ptr=y/", &err), -EINVAL);
	assert_int_equal(err.at, 11);
	assert_int_equal(err.len, 3);
	assert_int_equal(spec_list_new(&l, "a:b///", &err), -EINVAL);
	assert_int_equal(err.at, 5);
	(void)state;
}

static void bad_probes_are_errors(void **state)
{
	refused("uprobe:malloc//", "uprobe:malloc", "needs a file");
	refused("uprobe:malloc@//", "@", "no file");
	refused("uprobe:malloc@\"\"//", "@\"\"", "no file");
	refused("uprobe:malloc@/lib/x.so//", "@", "no file");
	refused("uprobe:malloc@\"x\"y//", "y", "left over");
	refused("uprobe:@\"x\"//", "uprobe:@\"x\"", "needs a function");
	refused("kprobe:", "kprobe:", "needs a function");
	refused("kprobe:f@\"x\"", "@\"x\"", "takes no file");
	refused("usdt:setjmp@\"x\"", "usdt:setjmp@\"x\"", "provider");
	refused("usdt:libc:@\"x\"", "usdt:libc:@\"x\"", "needs a name");
	refused("kprobe:vfs read", " ", "blank");
	(void)state;
}

static void deep_brackets_are_refused_not_followed(void **state)
{
	char text[300] = "a:b/";
	struct spec_list *l = NULL;
	struct spec_error err;

	memset(text + 4, '(', 100);
	memset(text + 104, ')', 100);
	assert_int_equal(spec_list_new(&l, text, &err), -EINVAL);
	assert_non_null(strstr(err.message, "64"));
	memset(text + 4, 0, sizeof(text) - 4);
	memset(text + 4, '(', 64);
	memset(text + 68, ')', 64);
	l = parsed(text);
	assert_int_equal(l->specs[0].filter.len, 128);
	spec_list_free(l);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_name_is_an_event),
		cmocka_unit_test(filter_and_attributes_are_cut_at_slashes),
		cmocka_unit_test(the_last_slash_may_be_left_out),
		cmocka_unit_test(separators_in_brackets_and_quotes_are_text),
		cmocka_unit_test(one_pair_of_outer_quotes_comes_off),
		cmocka_unit_test(quotes_that_do_not_enclose_everything_stay),
		cmocka_unit_test(an_attribute_is_cut_at_its_first_equals_sign),
		cmocka_unit_test(wildcards_are_noticed_in_both_parts),
		cmocka_unit_test(blanks_around_the_pieces_do_not_count),
		cmocka_unit_test(probes_are_told_by_their_first_word),
		cmocka_unit_test(holes_in_the_list_are_errors),
		cmocka_unit_test(an_empty_element_is_pointed_at),
		cmocka_unit_test(bad_names_are_errors),
		cmocka_unit_test(a_second_colon_is_an_error),
		cmocka_unit_test(unpaired_quotes_and_brackets_are_errors),
		cmocka_unit_test(bad_attributes_are_errors),
		cmocka_unit_test(an_attribute_given_twice_is_pointed_at),
		cmocka_unit_test(bad_probes_are_errors),
		cmocka_unit_test(deep_brackets_are_refused_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
