// SPDX-License-Identifier: GPL-2.0-only
#include "expr_test.h"

struct row {
	const char *text;
	const char *kernel; /* NULL: not placeable */
	const char *why;
};

static void expect(const struct row *rows, size_t nr, const struct expr_scope *scope)
{
	for (size_t i = 0; i < nr; i++) {
		struct expr_error err;
		struct expr *e = NULL;
		char *text = NULL;
		int rc;

		if (expr_new(&e, rows[i].text, strlen(rows[i].text), scope, EXPR_FILTER, &err))
			fail_msg("%s: %s", rows[i].text, err.message);
		rc = expr_kernel_filter(e, &text, &err);
		if (rows[i].kernel) {
			if (rc)
				fail_msg("%s: %d, %s", rows[i].text, rc, err.message);
			assert_string_equal(text, rows[i].kernel);
		} else {
			if (rc != -EOPNOTSUPP)
				fail_msg("%s: %d, %s", rows[i].text, rc, text ? text : "");
			assert_string_equal(err.message, rows[i].why);
			assert_true(err.at + err.len <= strlen(rows[i].text));
		}
		free(text);
		expr_free(e);
	}
}

#define EXPECT(rows) expect(rows, sizeof(rows) / sizeof(*(rows)), &test_scope)

static void comparisons_with_constants_are_placed(void **state)
{
	static const struct row rows[] = {
		{ "bytes_alloc > 64", "(bytes_alloc > 64)", NULL },
		{ "64 < bytes_alloc", "(bytes_alloc > 64)", NULL },
		{ "5 >= node", "(node <= 5)", NULL },
		{ "5 == node", "(node == 5)", NULL },
		{ "node == -1", "(node == -1)", NULL },
		{ "node != 1 << 4", "(node != 16)", NULL },
		{ "prio < -5", "(prio < -5)", NULL },
		{ "port == htons(80)", "(port == 20480)", NULL },
		{ "ptr == 0xffff888000000000", "(ptr == 18446612682070032384)", NULL },
		{ "order == -1", "(order == 4294967295)", NULL },
		{ "bytes_alloc == -1", "(bytes_alloc == 18446744073709551615)", NULL },
		{ "ret < -4095", "(ret < -4095)", NULL },
		{ "ret == -9223372036854775807 - 1", "(ret == -9223372036854775808)", NULL },
		{ "level == -128", "(level == -128)", NULL },
		{ "byte == 255", "(byte == 255)", NULL },
		{ "order < 5", "(order < 5)", NULL },
		{ "order < 5L", "(order < 5)", NULL },
		{ "(long)node > 7", "(node > 7)", NULL },
	};

	(void)state;
	EXPECT(rows);
}

static void truths_and_their_trees_are_placed(void **state)
{
	static const struct row rows[] = {
		{ "node", "(node != 0)", NULL },
		{ "!node", "!(node != 0)", NULL },
		{ "!!node", "!!(node != 0)", NULL },
		{ "!node && order", "(!(node != 0) && (order != 0))", NULL },
		{ "!(flags & 4)", "!(flags & 4)", NULL },
		{ "flags & 1", "(flags & 1)", NULL },
		{ "1 & flags", "(flags & 1)", NULL },
		{ "(flags & 1) != 0", "(flags & 1)", NULL },
		{ "(flags & 1) == 0", "!(flags & 1)", NULL },
		{ "(node && order) == 0", "!((node != 0) && (order != 0))", NULL },
		{ "node & -2", "(node & -2)", NULL },
		{ "node && order || prio", "(((node != 0) && (order != 0)) || (prio != 0))", NULL },
		{ "node && (order || prio)", "((node != 0) && ((order != 0) || (prio != 0)))",
		  NULL },
		{ "!(node == 1 || flags & 6)", "!((node == 1) || (flags & 6))", NULL },
		{ "1 ? node : order", "(node != 0)", NULL },
		{ "(long)node", "(node != 0)", NULL },
	};

	(void)state;
	EXPECT(rows);
}

static void conversions_keep_c_and_kernel_apart(void **state)
{
	static const struct row rows[] = {
		{ "node < 5U", NULL, "'node' converted to unsigned int" },
		{ "node == 0xffffffff", NULL, "'node' converted to unsigned int" },
		{ "ret > 5UL", NULL, "'ret' converted to unsigned long" },
		{ "(long)bytes_alloc < 0", NULL, "'bytes_alloc' converted to long" },
		{ "port < -1", NULL, "the constant is no value of 'port'" },
		{ "port == 65536", NULL, "the constant is no value of 'port'" },
		{ "level == 128", NULL, "the constant is no value of 'level'" },
		{ "level == -129", NULL, "the constant is no value of 'level'" },
		{ "byte == 256", NULL, "the constant is no value of 'byte'" },
		{ "node == 0x80000000L", NULL, "the constant is no value of 'node'" },
		{ "node & 0x80000000", NULL, "the constant is no value of 'node'" },
		{ "(u8)node == 1", NULL, "a cast" },
		{ "(u8)node", NULL, "a cast" },
		{ "(bool)node", NULL, "a cast" },
	};

	(void)state;
	EXPECT(rows);
}

static void what_the_kernel_lacks_is_refused(void **state)
{
	static const struct row rows[] = {
		{ "node + 1 > 5", NULL, "arithmetic" },
		{ "-node", NULL, "arithmetic" },
		{ "node == order", NULL, "two values that change" },
		{ "node & order", NULL, "two values that change" },
		{ "(node & 3) == 1", NULL, "arithmetic" },
		{ "node | 1", NULL, "arithmetic" },
		{ "1", NULL, "a constant" },
		{ "node && 5", NULL, "a constant" },
		{ "node, 5", NULL, "the comma" },
		{ "node ? order : prio", NULL, "?:" },
		{ "args[1] == 5", NULL, "an element of an array" },
		{ "min(node, order) == 5", NULL, "a function" },
		{ "strlen(comm) == 5", NULL, "a function" },
		{ "*(int *)ptr == 5", NULL, "memory read by *" },
		{ "str(text) == \"x\"", NULL, "a string that is no field" },
		{ "text == 5", NULL, "the kernel takes 'text' for a string" },
		{ "_pid == 5", NULL, "_pid" },
		{ "_time > 5", NULL, "_time" },
		{ "_cpu & 1", NULL, "a mask on _cpu" },
		{ "node == 1 && _pid == 5", NULL, "_pid" },
	};

	(void)state;
	EXPECT(rows);
}

static void strings_are_placed_where_the_kernel_matches_alike(void **state)
{
	static const struct row rows[] = {
		{ "comm == \"bash\"", "(comm == \"bash\")", NULL },
		{ "\"bash\" != comm", "(comm != \"bash\")", NULL },
		{ "comm == \"\"", "(comm == \"\")", NULL },
		{ "comm == \"a*\"", "(comm == \"a*\")", NULL },
		{ "comm == \"12345678\"", "(comm == \"12345678\")", NULL },
		{ "comm == \"123456789\"", NULL, "a string longer than the field" },
		{ "name == \"123456789\"", "(name == \"123456789\")", NULL },
		{ "comm ~ \"ba*\"", "(comm ~ \"ba*\")", NULL },
		{ "comm ~ \"bash\"", "(comm == \"bash\")", NULL },
		{ "comm ~ \"*sh\"", NULL,
		  "such a glob on an array: the kernel does not stop at the string's end" },
		{ "comm ~ \"b?sh\"", NULL,
		  "such a glob on an array: the kernel does not stop at the string's end" },
		{ "name ~ \"*64\"", "(name ~ \"*[6]4\")", NULL },
		{ "name ~ \"*alloc*\"", "(name ~ \"*[a]lloc*\")", NULL },
		{ "rel ~ \"s?a\"", "(rel ~ \"s?a\")", NULL },
		{ "name ~ \"k*c-[0-9]*\"", "(name ~ \"k*c-[0-9]*\")", NULL },
		{ "name ~ \"*-*\"", NULL, "a glob without letters" },
		{ "name ~ \"[!k]*\"", NULL, "[!set] in a glob" },
		{ "name ~ \"6*\"", NULL,
		  "the kernel reads a glob with this first character differently" },
		{ "name ~ \"!a*\"", NULL,
		  "the kernel reads a glob with this first character differently" },
		{ "name ~ \"64\"", "(name == \"64\")", NULL },
		{ "name == \"a\\\"b\"", NULL,
		  "a character that the kernel's filter has no quotes for" },
		{ "name == \"a'b\"", NULL,
		  "a character that the kernel's filter has no quotes for" },
		{ "name == \"a\\\\b\"", NULL,
		  "a character that the kernel's filter has no quotes for" },
		{ "name == \"a\\nb\"", NULL,
		  "a character that the kernel's filter has no quotes for" },
		{ "name == \"\\xe4\"", NULL,
		  "a character that the kernel's filter has no quotes for" },
		{ "name == rel", NULL, "two strings that change" },
		{ "!(name == \"x\") && comm != \"y\"", "(!(name == \"x\") && (comm != \"y\"))",
		  NULL },
	};

	(void)state;
	EXPECT(rows);
}

static void the_kernels_own_names_are_used(void **state)
{
	static const struct row rows[] = {
		{ "_cpu == 1", "(CPU == 1)", NULL },
		{ "_cpu", "(CPU != 0)", NULL },
		{ "_tid == 5", "(common_pid == 5)", NULL },
		{ "_comm == \"bash\"", "(COMM == \"bash\")", NULL },
		{ "_comm ~ \"*sh\"", "(COMM ~ \"*[s]h\")", NULL },
	};
	static const struct expr_field own[] = {
		{ "CPU", "int", 0, 4, 4, true, false, false, EXPR_FIXED },
		{ "COMM", "char[16]", 4, 16, 1, false, true, false, EXPR_FIXED },
	};
	static const struct expr_scope scope = { .fields = own, .nr_fields = 2, .has_self = true };
	static const struct row shadowed[] = {
		{ "_cpu == 1", NULL, "_cpu" },
		{ "_comm == \"x\"", NULL, "_comm" },
		{ "CPU == 1", "(CPU == 1)", NULL },
	};

	(void)state;
	EXPECT(rows);
	expect(shadowed, sizeof(shadowed) / sizeof(*shadowed), &scope);
}

static void kernel_only_predicates_are_printed_as_they_were(void **state)
{
	static const struct row rows[] = {
		/* the kernel reads a symbol up to a space: without it, to the parenthesis */
		{ "call_site.function == kfree", "(call_site.function == kfree )", NULL },
		{ "call_site.function != \"kfree.part.0\"", "(call_site.function != kfree.part.0 )",
		  NULL },
		{ "call_site.function==0xffffffff81000123",
		  "(call_site.function == 0xffffffff81000123)", NULL },
		{ "text.ustring ~ \"*tmp*\"", "(text.ustring ~ \"*tmp*\")", NULL },
		{ "text.ustring == \"/etc\"", "(text.ustring == \"/etc\")", NULL },
		{ "_cpu & CPUS{1-2,5}", "(CPU & CPUS{1-2,5})", NULL },
		{ "CPUS{1} == node", "(node == CPUS{1})", NULL },
		{ "cpus & CPUS{0-3}", "(cpus & CPUS{0-3})", NULL },
		{ "cpus != CPUS{0-3} && node == 1", "((cpus != CPUS{0-3}) && (node == 1))", NULL },
		{ "!(_cpu & CPUS{1})", "!(CPU & CPUS{1})", NULL },
		{ "text.ustring ~ \"[!a]*\"", NULL, "[!set] in a glob" },
		{ "call_site.function == kfree && _pid == 1", NULL, "_pid" },
	};

	(void)state;
	EXPECT(rows);
}

static void a_filter_longer_than_a_page_is_refused(void **state)
{
	struct row row = { .why = "more than the kernel takes: 4095 bytes" };
	char text[8000] = "bytes_alloc == 1";

	(void)state;
	for (int i = 0; i < 300; i++)
		strcat(text, "||bytes_alloc==1");
	row.text = text;
	expect(&row, 1, &test_scope);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparisons_with_constants_are_placed),
		cmocka_unit_test(truths_and_their_trees_are_placed),
		cmocka_unit_test(conversions_keep_c_and_kernel_apart),
		cmocka_unit_test(what_the_kernel_lacks_is_refused),
		cmocka_unit_test(strings_are_placed_where_the_kernel_matches_alike),
		cmocka_unit_test(the_kernels_own_names_are_used),
		cmocka_unit_test(kernel_only_predicates_are_printed_as_they_were),
		cmocka_unit_test(a_filter_longer_than_a_page_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
