// SPDX-License-Identifier: GPL-2.0-only
#include "expr_test.h"

static void fields_load_by_size_and_sign(void **state)
{
	static const struct test_row rows[] = {
		{ "common_type", "unsigned short", "7" },
		{ "flags", "unsigned char", "133" },
		{ "common_pid", "int", "1234" },
		{ "call_site", "unsigned long", "18446744071578845475" },
		{ "ret", "long", "-22" },
		{ "node", "int", "-1" },
		{ "order", "unsigned int", "2147483648" },
		{ "prio", "short", "-5" },
		{ "port", "unsigned short", "20480" },
		{ "level", "char", "-128" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void self_names_are_the_records_own(void **state)
{
	static const struct test_row rows[] = {
		{ "_pid", "int", "100" },
		{ "_tid", "int", "101" },
		{ "_cpu", "int", "3" },
		{ "_time", "unsigned long long", "5000000000" },
		{ "_time / 1000000000 + _cpu", "unsigned long long", "8" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void indices_are_bounds_checked(void **state)
{
	static const struct test_row rows[] = {
		{ "args[0]", "unsigned int", "10" },
		{ "args[3]", "unsigned int", "4294967295" },
		{ "args[4]", "unsigned int", "0" },
		{ "args[-1]", "unsigned int", "0" },
		{ "args[1 + 1]", "unsigned int", "30" },
		{ "args[node]", "unsigned int", "0" },
		{ "args[node + 2]", "unsigned int", "20" },
		{ "args[bytes_alloc]", "unsigned int", "0" },
		{ "args[0x100000000]", "unsigned int", "0" },
		{ "args[args[args[9]] - 9]", "unsigned int", "20" },
		{ "numbers[0]", "short", "1" },
		{ "numbers[1]", "short", "-2" },
		{ "numbers[3]", "short", "0" },
		{ "comm[0]", "char", "98" },
		{ "comm[7]", "char", "0" },
		{ "comm[8]", "char", "0" },
		{ "name[8]", "char", "54" },
		{ "name[11]", "char", "0" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void strings_come_from_all_three_places(void **state)
{
	static const struct test_row rows[] = {
		{ "comm", "string", "bash" },
		{ "name", "string", "kmalloc-64" },
		{ "rel", "string", "sda" },
		{ "node ? name : comm", "string", "kmalloc-64" },
		{ "node == 5 ? \"five\" : \"other\"", "string", "other" },
		{ "1, comm", "string", "bash" },
		{ "node, comm", "string", "bash" },
		{ "comm, node", "int", "-1" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_DISPLAY);
}

static void strings_compare_by_contents(void **state)
{
	static const struct test_row rows[] = {
		{ "comm == \"bash\"", "int", "1" },
		{ "\"bash\" == comm", "int", "1" },
		{ "comm == \"bas\"", "int", "0" },
		{ "comm == \"bashs\"", "int", "0" },
		{ "comm != \"bash\"", "int", "0" },
		{ "comm == name", "int", "0" },
		{ "name == name", "int", "1" },
		{ "(node ? comm : name) == \"bash\"", "int", "1" },
		{ "strlen(name)", "unsigned long", "10" },
		{ "strlen(\"a\\tb\")", "unsigned long", "3" },
		{ "strncmp(name, \"kmalloc\", 7)", "int", "0" },
		{ "strncmp(name, \"kmalloc\", 8)", "int", "1" },
		{ "strncmp(\"kmalloc\", name, -1)", "int", "-1" },
		{ "strncmp(name, comm, 0)", "int", "0" },
		{ "strncmp(\"a\", \"\\xff\", 1)", "int", "-1" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void globs_match_whole_strings(void **state)
{
	static const struct {
		const char *glob, *str;
		bool is_like;
	} rows[] = {
		{ "*", "", true },
		{ "", "", true },
		{ "", "a", false },
		{ "?", "", false },
		{ "?", "a", true },
		{ "a*", "a", true },
		{ "a*c", "abc", true },
		{ "a*c", "abcd", false },
		{ "*b*", "abc", true },
		{ "*ab", "aab", true },
		{ "*ab*ab", "abxab", true },
		{ "*ab*ab", "ab", false },
		{ "[abc]", "b", true },
		{ "[abc]", "d", false },
		{ "[!abc]", "d", true },
		{ "[!abc]", "a", false },
		{ "[!a]", "", false },
		{ "[a-c]x", "bx", true },
		{ "[c-a]", "b", false },
		{ "[]]", "]", true },
		{ "[!]]", "]", false },
		{ "[a-]", "-", true },
		{ "[-a]", "-", true },
		{ "[a!]", "!", true },
		{ "a[0-9][0-9]", "a42", true },
		{ "\\\\*", "*", true },
		{ "\\\\*", "a", false },
		{ "\\\\[a]", "[a]", true },
		{ "**a**", "bab", true },
		{ "*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaa", false },
		{ "[\\xe0-\\xff]", "\\xe9", true },
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(text, sizeof(text), "(node ? \"%s\" : comm) ~ \"%s\"", rows[i].str,
			 rows[i].glob);
		if (test_value(text) != rows[i].is_like)
			fail_msg("%s: is not %d", text, rows[i].is_like);
	}
}

static void a_string_in_an_array_needs_no_nul(void **state)
{
	struct test_record raw = test_raw;
	struct expr_record rec = { .raw = &raw, .raw_size = sizeof(raw) };
	static const struct test_row rows[] = {
		{ "comm == \"12345678\"", "int", "1" },
		{ "comm ~ \"*8\"", "int", "1" },
		{ "strlen(comm)", "unsigned long", "8" },
		{ "printf(\"%s\", comm)", "string", "12345678" },
		{ "comm", "string", "12345678" },
	};

	(void)state;
	memcpy(raw.comm, "12345678", 8);
	raw.name = 0x41414141;
	test_rows(rows, sizeof(rows) / sizeof(*rows), EXPR_DISPLAY, &rec);
}

/* Every cut of the record, in a block of its own so that a byte too far is seen. */
static void a_short_record_gives_zeros_and_never_faults(void **state)
{
	static const char *const texts[] = { "call_site + args[3] + args[node] + numbers[1] + byte",
					     "strlen(comm) + strlen(name) + strlen(rel)",
					     "name ~ \"*\" && rel == \"sda\" || comm[3]",
					     "printf(\"%s %s %s %d\", comm, name, rel, node)" };
	char buf[100];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct expr *e = test_new(texts[i], EXPR_DISPLAY);

		for (__u32 size = 0; size <= sizeof(test_raw); size++) {
			void *raw = malloc(size + !size);
			struct expr_record rec = { .raw = raw, .raw_size = size };

			assert_non_null(raw);
			memcpy(raw, &test_raw, size);
			expr_eval(e, &rec);
			expr_format(e, &rec, buf, sizeof(buf));
			if (!size && i < 3)
				assert_string_equal(buf, "0");
			if (!size && i == 3)
				assert_string_equal(buf, "   0");
			free(raw);
		}
		expr_free(e);
	}
}

static void locators_out_of_bounds_are_empty(void **state)
{
	static const __u32 locators[] = { 0xffffffff, 0x0001ffff, 0xffff0000,
					  0x00100000 | sizeof(test_raw), 0 };
	struct test_record raw = test_raw;
	struct expr_record rec = { .raw = &raw, .raw_size = sizeof(raw) };
	struct expr *e = test_new("strlen(name) + strlen(rel) + numbers[0] + name[0]", EXPR_VALUE);

	(void)state;
	for (size_t i = 0; i < sizeof(locators) / sizeof(*locators); i++) {
		raw.name = raw.rel = raw.numbers = locators[i];
		assert_int_equal(expr_eval(e, &rec), 0);
	}
	expr_free(e);
}

static void kernel_memory_reads_as_nothing_here(void **state)
{
	static const struct test_row rows[] = {
		{ "*(int *)ptr", "int", "0" },
		{ "*(u64 *)(ptr + 8) + 1", "unsigned long long", "1" },
		{ "str(ptr)", "string", "" },
		{ "strlen(str(ptr))", "unsigned long", "0" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_DISPLAY);
}

static void logic_stops_where_it_is_decided(void **state)
{
	struct expr *e = test_new("bytes_alloc > 64 && flags & 1", EXPR_FILTER);
	char *text;

	(void)state;
	assert_int_equal(expr_eval(e, &test_rec), 1);
	assert_int_equal(expr_listing(e, &text), 0);
	assert_string_equal(text, "   0  LD_U64    r0, [32]\n"
				  "   1  J_LEU     r0, 64, 7\n"
				  "   2  LD_U8     r0, [2]\n"
				  "   3  AND       r0, r0, 1\n"
				  "   4  J_EQ      r0, 0, 7\n"
				  "   5  MOV       r0, 1\n"
				  "   6  JMP       8\n"
				  "   7  MOV       r0, 0\n"
				  "   8  RET       r0\n");
	free(text);
	expr_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_load_by_size_and_sign),
		cmocka_unit_test(self_names_are_the_records_own),
		cmocka_unit_test(indices_are_bounds_checked),
		cmocka_unit_test(strings_come_from_all_three_places),
		cmocka_unit_test(strings_compare_by_contents),
		cmocka_unit_test(globs_match_whole_strings),
		cmocka_unit_test(a_string_in_an_array_needs_no_nul),
		cmocka_unit_test(a_short_record_gives_zeros_and_never_faults),
		cmocka_unit_test(locators_out_of_bounds_are_empty),
		cmocka_unit_test(kernel_memory_reads_as_nothing_here),
		cmocka_unit_test(logic_stops_where_it_is_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
