// SPDX-License-Identifier: GPL-2.0-only
/*
 * util.c, log.c - numbers, lists, files and untrusted text
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "mwprof/log.h"
#include "mwprof/util.h"

static void a_number_is_digits_and_nothing_else(void **state)
{
	static const char *const bad[] = { "",
					   " 1",
					   "1 ",
					   "+1",
					   "-1",
					   "0x10",
					   "1a",
					   "101",
					   "18446744073709551616",
					   "99999999999999999999999" };
	__u64 v = 7;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse_u64(bad[i], 100, &v), -EINVAL);
		assert_int_equal(v, 7);
	}
	assert_int_equal(parse_u64("100", 100, &v), 0);
	assert_int_equal(v, 100);
	assert_int_equal(parse_u64("18446744073709551615", ~0ULL, &v), 0);
	assert_true(v == ~0ULL);
	assert_int_equal(parse_u64("18446744073709551616", ~0ULL, &v), -EINVAL);
}

static void a_duration_has_a_unit_or_is_nanoseconds(void **state)
{
	static const struct {
		const char *text;
		__u64 ns;
	} good[] = { { "5s", 5000000000 }, { "20ms", 20000000 }, { "7us", 7000 },
		     { "100ns", 100 },	   { "100", 100 },	 { "0", 0 } };
	static const char *const bad[] = { "",	   "s",	  "5 s",	  "5m", "5sec",
					   "1.5s", "-1s", "18446744074s", "5ss" };
	__u64 v;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(parse_duration_ns(good[i].text, &v), 0);
		assert_true(v == good[i].ns);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse_duration_ns(bad[i], &v) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
}

static void a_list_is_sorted_and_without_duplicates(void **state)
{
	static const int wanted[] = { 0, 1, 2, 3, 8 };
	size_t nr, bad_at;
	int *list;

	(void)state;
	assert_int_equal(parse_list("8,2-3,0-3,8", &list, &nr, &bad_at), 0);
	assert_int_equal(nr, ARRAY_SIZE(wanted));
	assert_memory_equal(list, wanted, sizeof(wanted));
	free(list);
}

static void a_bad_list_says_where(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} bad[] = { { "", 0 },	 { "1,", 2 },	{ "1,,2", 2 },	       { "3-1", 2 },
		    { "0-", 2 }, { "1 ,2", 1 }, { "1,a", 2 },	       { "1-2-3", 3 },
		    { "-1", 0 }, { "7x", 1 },	{ "0-2000000000", 2 }, { "5,4294967296", 2 } };
	size_t nr, bad_at, i;
	int *list;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (parse_list(bad[i].text, &list, &nr, &bad_at) != -EINVAL)
			fail_msg("accepted: %s", bad[i].text);
		if (bad_at != bad[i].at)
			fail_msg("'%s': at %zu", bad[i].text, bad_at);
	}
}

static void a_file_is_read_whole_or_not_at_all(void **state)
{
	char path[] = "/tmp/mwprof-util-XXXXXX", buf[8];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "1234567", 7), 7);
	assert_int_equal(read_file(path, buf, sizeof(buf)), 7);
	assert_string_equal(buf, "1234567");
	assert_int_equal(read_file(path, buf, 7), -EFBIG);
	close(fd);
	unlink(path);
	assert_int_equal(read_file(path, buf, sizeof(buf)), -ENOENT);
	assert_int_equal(read_file("/", buf, sizeof(buf)), -EISDIR);
}

static void text_for_a_terminal_has_nothing_that_acts_on_it(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain text", "plain text" },
		{ "", "" },
		{ "a\033[31mb", "a\\x1b[31mb" },
		{ "tab\tnl\n\177", "tab\\x09nl\\x0a\\x7f" },
		{ "gr\303\274n \342\202\254 \360\237\230\200",
		  "gr\303\274n \342\202\254 \360\237\230\200" },
		{ "\302\233A", "\\xc2\\x9bA" },			/* C1: another ESC [ */
		{ "\342\200\256x", "\\xe2\\x80\\xaex" },	/* right-to-left override */
		{ "\303", "\\xc3" },				/* cut short */
		{ "\300\257", "\\xc0\\xaf" },			/* overlong */
		{ "\355\240\200", "\\xed\\xa0\\x80" },		/* a surrogate */
		{ "\364\220\200\200", "\\xf4\\x90\\x80\\x80" }, /* beyond U+10FFFF */
		{ "\377z", "\\xffz" },
	};
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_ptr_equal(escape_text(cases[i].in, out, sizeof(out)), out);
		assert_string_equal(out, cases[i].out);
	}
}

static void escaping_cuts_between_characters(void **state)
{
	char out[16];

	(void)state;
	assert_string_equal(escape_text("ab\303\274", out, 4), "ab");
	assert_string_equal(escape_text("ab\303\274", out, 5), "ab\303\274");
	assert_string_equal(escape_text("a\nb", out, 5), "a");
	assert_string_equal(escape_text("a\nb", out, 6), "a\\x0a");
	assert_string_equal(escape_text("abc", out, 1), "");
}

/* What @say writes to stderr. */
static void stderr_of(void (*say)(void), char *buf, size_t size)
{
	int fds[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	say();
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	n = read(fds[0], buf, size - 1);
	close(fds[0]);
	assert_true(n >= 0);
	buf[n] = '\0';
}

static void say_everything(void)
{
	errno = EXDEV;
	log_error("error %d", 1);
	log_warning("warning");
	log_notice("notice");
	log_verbose("verbose");
	log_debug("a\033b");
	assert_int_equal(errno, EXDEV);
}

static void the_level_decides_what_is_said(void **state)
{
	char buf[512];

	(void)state;
	stderr_of(say_everything, buf, sizeof(buf));
	assert_string_equal(buf, "mwprof: error 1\nmwprof: warning\nmwprof: notice\n");
	log_set_level(LOG_QUIET);
	stderr_of(say_everything, buf, sizeof(buf));
	assert_string_equal(buf, "mwprof: error 1\n");
	log_set_level(LOG_DEBUG);
	stderr_of(say_everything, buf, sizeof(buf));
	assert_string_equal(buf, "mwprof: error 1\nmwprof: warning\nmwprof: notice\n"
				 "mwprof: verbose\nmwprof: a\\x1bb\n");
	log_set_level(LOG_NORMAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_digits_and_nothing_else),
		cmocka_unit_test(a_duration_has_a_unit_or_is_nanoseconds),
		cmocka_unit_test(a_list_is_sorted_and_without_duplicates),
		cmocka_unit_test(a_bad_list_says_where),
		cmocka_unit_test(a_file_is_read_whole_or_not_at_all),
		cmocka_unit_test(text_for_a_terminal_has_nothing_that_acts_on_it),
		cmocka_unit_test(escaping_cuts_between_characters),
		cmocka_unit_test(the_level_decides_what_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
