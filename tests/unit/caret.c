// SPDX-License-Identifier: GPL-2.0-only
/*
 * caret.c - where the caret stands, and what of the text is shown
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/spec.h"

/* What caret_print() wrote to stderr: owned by the caller. */
static char *printed(const char *where, const char *text, size_t at, size_t len, const char *hint)
{
	char *buf = calloc(1, 4096);
	int was = dup(STDERR_FILENO), file = memfd_create("stderr", 0);

	assert_true(buf && was >= 0 && file >= 0);
	dup2(file, STDERR_FILENO);
	caret_print(where, text, at, len, "wrong", hint);
	dup2(was, STDERR_FILENO);
	assert_true(pread(file, buf, 4095, 0) > 0);
	close(file);
	close(was);
	return buf;
}

static void expect(const char *text, size_t at, size_t len, const char *hint, const char *want)
{
	char *got = printed("--alloc", text, at, len, hint);

	assert_string_equal(got, want);
	free(got);
}

/* Line @nr (from 0) of @text, without its end: owned by the caller. */
static char *line(const char *text, int nr)
{
	while (nr--)
		text = strchr(text, '\n') + 1;
	return strndup(text, strcspn(text, "\n"));
}

static void the_place_is_underlined(void **state)
{
	expect("kmem:kmaloc//ptr=ptr/", 0, 11, "did you mean kmem:kmalloc?",
	       "mwprof: --alloc: wrong\n"
	       "    kmem:kmaloc//ptr=ptr/\n"
	       "    ^~~~~~~~~~~\n"
	       "    did you mean kmem:kmalloc?\n");
	expect("a:b//x=1/", 5, 1, "", "mwprof: --alloc: wrong\n    a:b//x=1/\n         ^\n");
	(void)state;
}

static void without_where_or_hint_their_parts_are_missing(void **state)
{
	char *got = printed(NULL, "ab", 1, 1, NULL);

	assert_string_equal(got, "mwprof: wrong\n    ab\n     ^\n");
	free(got);
	(void)state;
}

static void an_empty_place_gets_one_caret_even_past_the_end(void **state)
{
	expect("a:b,", 4, 0, "", "mwprof: --alloc: wrong\n    a:b,\n        ^\n");
	expect("", 0, 0, "", "mwprof: --alloc: wrong\n    \n    ^\n");
	expect("ab", 0, 0, "", "mwprof: --alloc: wrong\n    ab\n    ^\n");
	expect("ab", 77, 99, "", "mwprof: --alloc: wrong\n    ab\n      ^\n");
	(void)state;
}

static void the_caret_counts_characters_not_bytes(void **state)
{
	expect("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80x", 9, 1, "",
	       "mwprof: --alloc: wrong\n    \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80x\n       ^\n");
	expect("\xc3\xa4\xc3\xb6", 0, 4, "",
	       "mwprof: --alloc: wrong\n    \xc3\xa4\xc3\xb6\n    ^~\n");
	(void)state;
}

static void a_terminal_gets_nothing_to_act_on(void **state)
{
	/* control, tab, DEL, C1, stray and cut-off UTF-8, an overlong form, a surrogate */
	expect("a\x1b[m\tb\x7f\xc2\x9b\x80\xc0\xaf\xed\xa0\x80\xe2\x82", 6, 1, "x\x1by",
	       "mwprof: --alloc: wrong\n"
	       "    a?[m b?????????"
	       "?\n"
	       "          ^\n"
	       "    x?y\n");
	(void)state;
}

static void a_long_text_is_shown_around_the_place(void **state)
{
	char text[401], *got, *shown, *mark;
	size_t at;

	for (at = 0; at < 400; at++)
		text[at] = 'a' + at % 26;
	text[400] = '\0';
	for (at = 0; at <= 400; at++) {
		got = printed(NULL, text, at, 5, NULL);
		shown = line(got, 1);
		mark = line(got, 2);
		assert_true(strlen(shown) <= 80);
		assert_true(strlen(mark) <= 80);
		assert_true(strlen(mark) <= strlen(shown) + 1);
		if (at < 400) /* the caret stands under the very character */
			assert_int_equal(shown[strcspn(mark, "^")], 'a' + at % 26);
		assert_int_equal(!strncmp(shown, "    ...", 7), at > 35);
		free(got);
		free(shown);
		free(mark);
	}
	(void)state;
}

static void a_long_place_is_cut_at_the_margin(void **state)
{
	char text[301], *got, *shown, *mark;

	memset(text, 'x', 300);
	text[300] = '\0';
	got = printed(NULL, text, 100, 150, NULL);
	shown = line(got, 1);
	mark = line(got, 2);
	assert_int_equal(strlen(shown), 80);
	assert_string_equal(shown + 77, "...");
	assert_int_equal(strlen(mark), 77);
	free(got);
	free(shown);
	free(mark);
	(void)state;
}

static void a_hint_is_wrapped_and_keeps_its_lines(void **state)
{
	expect("x", 0, 1,
	       "fields of kmem:kmalloc:\n"
	       "  unsigned long call_site\n"
	       "one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
	       "fifteen\n"
	       "/a/word/that/is/longer/than/a/line/stays/whole/because/people/copy/it/from/the/"
	       "terminal",
	       "mwprof: --alloc: wrong\n    x\n    ^\n"
	       "    fields of kmem:kmalloc:\n"
	       "      unsigned long call_site\n"
	       "    one two three four five six seven eight nine ten eleven twelve thirteen\n"
	       "    fourteen fifteen\n"
	       "    /a/word/that/is/longer/than/a/line/stays/whole/because/people/copy/it/from/the/"
	       "terminal\n");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_place_is_underlined),
		cmocka_unit_test(without_where_or_hint_their_parts_are_missing),
		cmocka_unit_test(an_empty_place_gets_one_caret_even_past_the_end),
		cmocka_unit_test(the_caret_counts_characters_not_bytes),
		cmocka_unit_test(a_terminal_gets_nothing_to_act_on),
		cmocka_unit_test(a_long_text_is_shown_around_the_place),
		cmocka_unit_test(a_long_place_is_cut_at_the_margin),
		cmocka_unit_test(a_hint_is_wrapped_and_keeps_its_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
