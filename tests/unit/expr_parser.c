// SPDX-License-Identifier: GPL-2.0-only
#include "expr_test.h"

/* Both texts give the same, and each pair can tell right from wrong grouping. */
static void operators_bind_as_in_c(void **state)
{
	static const char *const pairs[][2] = {
		{ "2 + 3 * 4", "2 + (3 * 4)" },
		{ "20 - 5 - 3", "(20 - 5) - 3" },
		{ "100 / 10 / 5", "(100 / 10) / 5" },
		{ "17 % 10 * 3", "(17 % 10) * 3" },
		{ "1 << 2 + 3", "1 << (2 + 3)" },
		{ "256 >> 2 << 1", "(256 >> 2) << 1" },
		{ "4 < 1 << 3", "4 < (1 << 3)" },
		{ "3 > 2 > 1", "(3 > 2) > 1" },
		{ "2 == 1 < 3", "2 == (1 < 3)" },
		{ "6 & 4 == 4", "6 & (4 == 4)" },
		{ "6 ^ 2 & 3", "6 ^ (2 & 3)" },
		{ "4 | 6 ^ 6", "4 | (6 ^ 6)" },
		{ "0 && 0 | 1", "0 && (0 | 1)" },
		{ "1 || 0 && 0", "1 || (0 && 0)" },
		{ "1 ? 2 : 0 ? 3 : 4", "1 ? 2 : (0 ? 3 : 4)" },
		{ "0 || 1 ? 2 : 3", "(0 || 1) ? 2 : 3" },
		{ "1 ? 2, 3 : 4", "1 ? (2, 3) : 4" },
		{ "1, 2 ? 3 : 4", "1, (2 ? 3 : 4)" },
		{ "-2 * 3", "(-2) * 3" },
		{ "!0 == 0", "(!0) == 0" },
		{ "~1 & 3", "(~1) & 3" },
		{ "(u8)300 + 1", "((u8)300) + 1" },
		{ "sizeof(int) * 2", "(sizeof(int)) * 2" },
		{ "sizeof(char) + 300", "(sizeof(char)) + 300" },
		{ "-args[1]", "-(args[1])" },
		{ "(u8)args[3]", "(u8)(args[3])" },
		{ "1 + (comm ~ \"b*\" == 1)", "1 + ((comm ~ \"b*\") == 1)" },
		{ "- - 5", "5" },
		{ "- -~!0", "-(-(~(!0)))" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		__u64 a = test_value(pairs[i][0]), b = test_value(pairs[i][1]);

		if (a != b)
			fail_msg("%s: is %lld, not %lld", pairs[i][0], a, b);
	}
	assert_int_equal(test_value("20 - 5 - 3"), 12);
	assert_int_equal(test_value("6 & 4 == 4"), 0);
	assert_int_equal(test_value("1, 2, 3"), 3);
}

static void types_are_spelled_as_in_c(void **state)
{
	static const struct test_row rows[] = {
		{ "(unsigned)1", "unsigned int", "1" },
		{ "(long unsigned int)1", "unsigned long", "1" },
		{ "(int long long unsigned)1", "unsigned long long", "1" },
		{ "(short int)1", "short", "1" },
		{ "(signed char)1", "char", "1" },
		{ "(bool)5", "bool", "1" },
		{ "(__u16)-1", "unsigned short", "65535" },
		{ "(int8_t)255", "char", "-1" },
		{ "(uint64_t)1", "unsigned long", "1" },
		{ "(s64)1", "long long", "1" },
		{ "(size_t)1", "unsigned long", "1" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void a_field_may_have_the_name_of_a_type(void **state)
{
	static const struct expr_field field = { "u8", "int", 0,     4,		4,
						 true, false, false, EXPR_FIXED };
	static const struct expr_scope scope = { .fields = &field, .nr_fields = 1 };
	static const __s32 value = 41;
	struct expr_record rec = { .raw = &value, .raw_size = sizeof(value) };
	struct expr_error err;
	struct expr *e;

	(void)state;
	assert_int_equal(expr_new(&e, "(u8) + 1", 8, &scope, EXPR_VALUE, &err), 0);
	assert_int_equal(expr_eval(e, &rec), 42);
	expr_free(e);
	assert_int_equal(expr_new(&e, "(u16)-1", 7, &scope, EXPR_VALUE, &err), 0);
	assert_int_equal(expr_eval(e, &rec), 65535);
	expr_free(e);
}

static char *repeated(const char *head, const char *part, size_t n, const char *tail)
{
	char *text = malloc(strlen(head) + n * strlen(part) + n + strlen(tail) + 1);

	assert_non_null(text);
	strcpy(text, head);
	while (n--)
		strcat(text, part);
	return strcat(text, tail);
}

static void expect_error(char *text, const char *message)
{
	struct expr_error err;
	struct expr *e;

	assert_int_equal(expr_new(&e, text, strlen(text), &test_scope, EXPR_VALUE, &err), -EINVAL);
	assert_string_equal(err.message, message);
	free(text);
}

static void nesting_has_a_limit_and_no_fault(void **state)
{
	char text[200] = "";

	(void)state;
	for (int i = 0; i < 63; i++)
		strcat(text, "(");
	strcat(text, "7");
	for (int i = 0; i < 63; i++)
		strcat(text, ")");
	assert_int_equal(test_value(text), 7);

	expect_error(repeated("", "(", 100000, "1"), "nested deeper than 64");
	expect_error(repeated("", "!", 100000, "1"), "nested deeper than 64");
	expect_error(repeated("", "- ", 100000, "1"), "nested deeper than 64");
	expect_error(repeated("", "node ? 1 : ", 50000, "1"), "nested deeper than 64");
	expect_error(repeated("", "args[", 50000, "1"), "nested deeper than 64");
	expect_error(repeated("", "min(1,", 50000, "1"), "nested deeper than 64");
	expect_error(repeated("", "(int)", 50000, "1"), "nested deeper than 64");
	expect_error(repeated("", "sizeof ", 50000, "1"), "nested deeper than 64");
}

static void length_has_a_limit_and_no_fault(void **state)
{
	char *text = repeated("node", "+node", 500, "");

	(void)state;
	assert_int_equal(test_value(text), -501);
	free(text);
	expect_error(repeated("node", "+node", 50000, ""), "the expression is too long");
	expect_error(repeated("node", "[1]", 50000, ""), "the expression is too long");
}

static void registers_have_a_limit(void **state)
{
	char text[1000] = "";

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(text, "node+(");
	strcat(text, "node");
	for (int i = 0; i < 40; i++)
		strcat(text, ")");
	expect_error(strdup(text), "the expression needs more than 32 values at once");
}

static void instructions_have_a_limit(void **state)
{
	char *head = repeated("", "node+node*2-node/3+args[node]+", 900, "1");
	char *list = malloc(8 * strlen(head));

	(void)state;
	/* many moderately long branches: no tree is high, but there is much code */
	assert_non_null(list);
	strcpy(list, "min(1, 0)");
	for (int i = 0; i < 5; i++) {
		strcat(list, ",(");
		strncat(list, head, 240 * 30);
		strcat(list, "1)");
	}
	free(head);
	expect_error(list, "the expression is too long: more than 4096 instructions");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_bind_as_in_c),
		cmocka_unit_test(types_are_spelled_as_in_c),
		cmocka_unit_test(a_field_may_have_the_name_of_a_type),
		cmocka_unit_test(nesting_has_a_limit_and_no_fault),
		cmocka_unit_test(length_has_a_limit_and_no_fault),
		cmocka_unit_test(registers_have_a_limit),
		cmocka_unit_test(instructions_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
