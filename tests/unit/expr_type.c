// SPDX-License-Identifier: GPL-2.0-only
#include "expr_test.h"

static void small_types_are_promoted(void **state)
{
	static const struct test_row rows[] = {
		{ "byte", "unsigned char", "200" },   { "+byte", "int", "200" },
		{ "-byte", "int", "-200" },	      { "~byte", "int", "-201" },
		{ "byte + byte", "int", "400" },      { "level * 2", "int", "-256" },
		{ "byte << 1", "int", "400" },	      { "!byte", "int", "0" },
		{ "1 ? byte : level", "int", "200" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void mixed_types_meet_as_in_c(void **state)
{
	static const struct test_row rows[] = {
		{ "node + order", "unsigned int", "2147483647" },
		{ "node + bytes_alloc", "unsigned long", "95" },
		{ "order + ret", "long", "2147483626" },
		{ "ret + 1ULL", "unsigned long long", "18446744073709551595" },
		{ "1UL + 1LL", "unsigned long long", "2" },
		{ "node < order", "int", "0" },
		{ "-1 < 1U", "int", "0" },
		{ "-1 < 1L", "int", "1" },
		{ "level < byte", "int", "1" },
		{ "node == 0xffffffff", "int", "1" },
		{ "ret == 0xffffffea", "int", "0" },
		{ "node ? 1 : 2UL", "unsigned long", "1" },
		{ "0 ? 1U : -1", "unsigned int", "4294967295" },
		{ "node >> 1", "int", "-1" },
		{ "order >> 31", "unsigned int", "1" },
		{ "1 << 3UL", "int", "8" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void casts_truncate_and_extend(void **state)
{
	static const struct test_row rows[] = {
		{ "(u8)ret", "unsigned char", "234" },
		{ "(s8)byte", "char", "-56" },
		{ "(short)0x18000", "short", "-32768" },
		{ "(unsigned int)ret", "unsigned int", "4294967274" },
		{ "(u64)node", "unsigned long long", "18446744073709551615" },
		{ "(u64)order", "unsigned long long", "2147483648" },
		{ "(int)order", "int", "-2147483648" },
		{ "(long)(int)order", "long", "-2147483648" },
		{ "(bool)ret", "bool", "1" },
		{ "(bool)0x100", "bool", "1" },
		{ "(bool)(u8)0x100", "bool", "0" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void overflow_wraps_in_the_result_type(void **state)
{
	static const struct test_row rows[] = {
		{ "2147483647 + 1", "int", "-2147483648" },
		{ "2147483647 + node + 2", "int", "-2147483648" },
		{ "0x7fffffffffffffff + 1", "long", "-9223372036854775808" },
		{ "0U - 1", "unsigned int", "4294967295" },
		{ "order * 2", "unsigned int", "0" },
		{ "order * 2L", "long", "4294967296" },
		{ "65536 * 65536", "int", "0" },
		{ "-(-2147483647 - 1)", "int", "-2147483648" },
		{ "abs(-2147483647 - 1)", "int", "-2147483648" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void zero_divisors_have_rules(void **state)
{
	static const struct test_row rows[] = {
		{ "5 / 0", "int", "0" },
		{ "-5 % 0", "int", "-5" },
		{ "bytes_alloc / (node + 1)", "unsigned long", "0" },
		{ "bytes_alloc % (node + 1)", "unsigned long", "96" },
		{ "node % (node + 1)", "int", "-1" },
		{ "(-2147483647 - 1) / -1", "int", "-2147483648" },
		{ "(int)order / node", "int", "-2147483648" },
		{ "(int)order % node", "int", "0" },
		{ "(-9223372036854775807 - 1) / node", "long", "-9223372036854775808" },
		{ "(-9223372036854775807 - 1) % node", "long", "0" },
		{ "-7 / 2", "int", "-3" },
		{ "-7 % 2", "int", "-1" },
		{ "ret / 7", "long", "-3" },
		{ "7U / node", "unsigned int", "0" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void shift_counts_are_modulo_64_whatever_the_type(void **state)
{
	static const struct test_row rows[] = {
		{ "1 << 31", "int", "-2147483648" },
		{ "1 << 32", "int", "0" },
		{ "1 << 64", "int", "1" },
		{ "1L << 63", "long", "-9223372036854775808" },
		{ "1L << 65", "long", "2" },
		{ "-1 >> 40", "int", "-1" },
		{ "5 >> 40", "int", "0" },
		{ "0xffffffff >> 32", "unsigned int", "0" },
		{ "1UL << -1", "unsigned long", "9223372036854775808" },
		{ "order << (order >> 26)", "unsigned int", "0" },
		{ "node >> bytes_alloc", "int", "-1" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void sizeof_knows_types_expressions_and_fields(void **state)
{
	static const struct test_row rows[] = {
		{ "sizeof(int)", "unsigned long", "4" },
		{ "sizeof(unsigned long long)", "unsigned long", "8" },
		{ "sizeof byte", "unsigned long", "1" },
		{ "sizeof +byte", "unsigned long", "4" },
		{ "sizeof(byte + 1L)", "unsigned long", "8" },
		{ "sizeof comm", "unsigned long", "8" },
		{ "sizeof args", "unsigned long", "16" },
		{ "sizeof args[9]", "unsigned long", "4" },
		{ "sizeof comm[0]", "unsigned long", "1" },
		{ "sizeof(pair)", "unsigned long", "12" },
		{ "sizeof \"abc\"", "unsigned long", "4" },
		{ "sizeof 'a'", "unsigned long", "4" },
		{ "sizeof(_pid)", "unsigned long", "4" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
	/* as in C, this is no cast */
	assert_int_equal(test_value("sizeof (u8)-1"), 0);
}

static void logic_gives_zero_or_one(void **state)
{
	static const struct test_row rows[] = {
		{ "node && 5", "int", "1" },
		{ "node && 0", "int", "0" },
		{ "0 || node", "int", "1" },
		{ "!node", "int", "0" },
		{ "!!node", "int", "1" },
		{ "node && !(ret || 1)", "int", "0" },
		{ "(node && ret) + (ret && 1)", "int", "2" },
		{ "(node == -1) + (node != -1) * 2", "int", "1" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void constants_are_folded(void **state)
{
	struct expr *e =
		test_new("(3 * 7 + htons(80) ? 1 << 4 : node) + strlen(\"ab\") * (0 && node)",
			 EXPR_VALUE);
	char *text;

	(void)state;
	assert_int_equal(expr_listing(e, &text), 0);
	assert_string_equal(text, "   0  MOV       r0, 16\n   1  RET       r0\n");
	free(text);
	expr_free(e);
}

static void plain_fields_are_seen_as_such(void **state)
{
	static const struct {
		const char *text, *field;
	} rows[] = { { "ptr", "ptr" },	   { "(bytes_alloc)", "bytes_alloc" },
		     { "level", "level" }, { "ptr + 0", NULL },
		     { "comm", NULL },	   { "args[0]", NULL },
		     { "_pid", NULL },	   { "(u8)ptr", NULL } };
	const struct expr_field *f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct expr *e = test_new(rows[i].text, EXPR_DISPLAY);

		assert_int_equal(expr_plain_field(e, &f), rows[i].field != NULL);
		if (rows[i].field)
			assert_string_equal(f->name, rows[i].field);
		expr_free(e);
	}
}

static void needs_say_what_keeps_it_from_user_space(void **state)
{
	static const struct {
		const char *text;
		unsigned int needs;
	} rows[] = {
		{ "node", 0 },
		{ "*(int *)ptr", EXPR_NEEDS_KERNEL_MEMORY },
		{ "str(text) == \"a\"", EXPR_NEEDS_KERNEL_MEMORY },
		{ "call_site.function == kfree", EXPR_NEEDS_KERNEL_FILTER },
		{ "text.ustring ~ \"a*\" || _cpu & CPUS{0}", EXPR_NEEDS_KERNEL_FILTER },
		{ "ksymbol(ptr) ~ \"k*\"", EXPR_NEEDS_HOST },
		{ "comm_get(node) == \"a\"", EXPR_NEEDS_HOST | EXPR_NEEDS_COMM },
		{ "_comm == \"a\"", EXPR_NEEDS_COMM },
		{ "0 && *(int *)ptr", 0 },
		{ "sizeof(*(int *)ptr)", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct expr *e = test_new(rows[i].text, EXPR_FILTER);

		assert_int_equal(expr_needs(e), rows[i].needs);
		expr_free(e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_types_are_promoted),
		cmocka_unit_test(mixed_types_meet_as_in_c),
		cmocka_unit_test(casts_truncate_and_extend),
		cmocka_unit_test(overflow_wraps_in_the_result_type),
		cmocka_unit_test(zero_divisors_have_rules),
		cmocka_unit_test(shift_counts_are_modulo_64_whatever_the_type),
		cmocka_unit_test(sizeof_knows_types_expressions_and_fields),
		cmocka_unit_test(logic_gives_zero_or_one),
		cmocka_unit_test(constants_are_folded),
		cmocka_unit_test(plain_fields_are_seen_as_such),
		cmocka_unit_test(needs_say_what_keeps_it_from_user_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
