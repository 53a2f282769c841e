// SPDX-License-Identifier: GPL-2.0-only
#include "expr_test.h"

static void numbers_have_four_bases(void **state)
{
	static const struct test_row rows[] = {
		{ "10", "int", "10" },
		{ "0x1F", "int", "31" },
		{ "017", "int", "15" },
		{ "0b101", "int", "5" },
		{ "0", "int", "0" },
		{ "00", "int", "0" },
		{ "0XffU", "unsigned int", "255" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void numbers_have_the_types_c_gives_them(void **state)
{
	static const struct test_row rows[] = {
		{ "2147483647", "int", "2147483647" },
		{ "2147483648", "long", "2147483648" },
		{ "0x7fffffff", "int", "2147483647" },
		{ "0x80000000", "unsigned int", "2147483648" },
		{ "0x100000000", "long", "4294967296" },
		{ "0xffffffffffffffff", "unsigned long", "18446744073709551615" },
		{ "01777777777777777777777", "unsigned long", "18446744073709551615" },
		{ "18446744073709551615U", "unsigned long", "18446744073709551615" },
		{ "4294967295u", "unsigned int", "4294967295" },
		{ "1L", "long", "1" },
		{ "1ul", "unsigned long", "1" },
		{ "1LU", "unsigned long", "1" },
		{ "1ll", "long long", "1" },
		{ "1uLL", "unsigned long long", "1" },
		{ "0xffffffffffffffffLL", "unsigned long long", "18446744073709551615" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void characters_are_signed_ints(void **state)
{
	static const struct test_row rows[] = {
		{ "'a'", "int", "97" },	    { "'\\n'", "int", "10" },	{ "'\\0'", "int", "0" },
		{ "'\\xff'", "int", "-1" }, { "'\\377'", "int", "-1" }, { "'\\''", "int", "39" },
		{ "'\"'", "int", "34" },    { "'\\\\'", "int", "92" },	{ "'\\e'", "int", "27" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void strings_know_the_escapes_of_c(void **state)
{
	static const struct test_row rows[] = {
		{ "\"\"", "string", "" },
		{ "\"a b\"", "string", "a b" },
		{ "\"\\t\\x41\\102\\\"'\"", "string", "\tAB\"'" },
		{ "\"// no comment\"", "string", "// no comment" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_DISPLAY);
}

static void space_may_stand_anywhere_between_tokens(void **state)
{
	(void)state;
	assert_int_equal(test_value(" \t1\n+ 2 "), 3);
	assert_int_equal(test_value("1+2"), 3);
	assert_int_equal(test_value("( unsigned\tchar ) -1"), 255);
}

static void text_ends_where_its_length_says(void **state)
{
	struct expr_error err;
	struct expr *e;

	(void)state;
	assert_int_equal(expr_new(&e, "12garbage", 2, NULL, EXPR_VALUE, &err), 0);
	assert_int_equal(expr_eval(e, &test_rec), 12);
	expr_free(e);
	/* a NUL inside the text is no end */
	assert_int_equal(expr_new(&e, "1\0+1", 4, NULL, EXPR_VALUE, &err), -EINVAL);
	assert_int_equal(err.at, 1);
	assert_string_equal(err.message, "unknown character 0x00");
	assert_int_equal(expr_new(&e, "comm ~ \0\"a\"", 11, &test_scope, EXPR_FILTER, &err),
			 -EINVAL);
	assert_int_equal(expr_new(&e, "_cpu & CPUS{1\0}", 15, &test_scope, EXPR_FILTER, &err),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_four_bases),
		cmocka_unit_test(numbers_have_the_types_c_gives_them),
		cmocka_unit_test(characters_are_signed_ints),
		cmocka_unit_test(strings_know_the_escapes_of_c),
		cmocka_unit_test(space_may_stand_anywhere_between_tokens),
		cmocka_unit_test(text_ends_where_its_length_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
