// SPDX-License-Identifier: GPL-2.0-only
#include "expr_test.h"

/* Each as the person sees it: the text, carets, what is wrong, what helps. */
struct golden {
	const char *text, *carets, *message, *hint;
};

static void expect(const struct golden *rows, size_t nr, const struct expr_scope *scope,
		   enum expr_use use)
{
	char want[1024], got[1024];

	for (size_t i = 0; i < nr; i++) {
		const struct golden *g = &rows[i];

		snprintf(want, sizeof(want), "%s\n%s\n%s\n%s", g->text, g->carets, g->message,
			 g->hint);
		assert_string_equal(test_error(g->text, scope, use, got, sizeof(got)), want);
	}
}

#define EXPECT(rows, scope, use) expect(rows, sizeof(rows) / sizeof(*(rows)), scope, use)

static void words_that_are_no_tokens(void **state)
{
	static const struct golden rows[] = {
		{ "node @ 1", "     ^", "unknown character '@'", "" },
		{ "node \xc3\xa4", "     ^", "unknown character 0xc3", "" },
		{ "0x", "^^", "'0x' is not a number",
		  "numbers are 10, 0x1f, 017 or 0b11, with U, L or LL behind" },
		{ "1 + 089", "    ^^^", "'089' is not a number",
		  "numbers are 10, 0x1f, 017 or 0b11, with U, L or LL behind" },
		{ "12lL", "^^^^", "'12lL' is not a number",
		  "numbers are 10, 0x1f, 017 or 0b11, with U, L or LL behind" },
		{ "99999999999999999999", "^^^^^^^^^^^^^^^^^^^^", "the number does not fit 64 bits",
		  "" },
		{ "9223372036854775808", "^^^^^^^^^^^^^^^^^^^",
		  "the number does not fit a signed 64-bit integer",
		  "9223372036854775808U is unsigned" },
		{ "\"abc", "^^^^", "the string has no end", "a \" is missing" },
		{ "1 + 'a", "    ^^", "the character constant has no end", "a ' is missing" },
		{ "comm == 'bash'", "        ^^^^^^", "a character constant holds one character",
		  "strings stand in double quotes: \"bash\"" },
		{ "''", "^^", "a character constant holds one character",
		  "strings stand in double quotes: \"\"" },
		{ "\"\\q\"", " ^^", "unknown escape",
		  "escapes are \\n \\t \\r \\a \\b \\f \\v \\e \\\\ \\' \\\" \\? \\123 \\x1f" },
		{ "\"a\\0b\"", "  ^^", "a string can't hold a zero byte", "" },
		{ "node = 1", "     ^", "'=' is not part of expressions",
		  "nothing can be assigned; == compares" },
		{ "node += 1", "     ^^", "'+=' is not part of expressions",
		  "nothing can be assigned; == compares" },
		{ "node++", "    ^^", "'++' is not part of expressions",
		  "nothing can be changed; to add or negate twice, leave a space" },
		{ "ptr->x", "   ^^", "'->' is not part of expressions",
		  "memory is read with *(type *)expr" },
	};

	(void)state;
	EXPECT(rows, &test_scope, EXPR_FILTER);
}

static void texts_that_are_no_expressions(void **state)
{
	static const struct golden rows[] = {
		{ "", "^", "the expression is empty", "" },
		{ "  ", "^^", "the expression is empty", "" },
		{ "1 2", "  ^", "an operator is expected before '2'", "" },
		{ "node node", "     ^^^^", "an operator is expected before 'node'", "" },
		{ "1 +", "   ^", "a value is expected before the end", "" },
		{ "* 2 +", "     ^", "a value is expected before the end", "" },
		{ "1 + * / 2", "      ^", "a value is expected before '/'", "" },
		{ "(node", "     ^", "')' is expected before the end",
		  "the '(' in column 1 is still open" },
		{ "1 + (2 * (3 + 4)", "                ^", "')' is expected before the end",
		  "the '(' in column 5 is still open" },
		{ "node)", "    ^", "')' closes nothing", "" },
		{ "args[1", "      ^", "']' is expected before the end",
		  "the '[' in column 5 is still open" },
		{ "node ? 1", "        ^", "':' is expected before the end", "" },
		{ "min(1,)", "      ^", "an argument is expected behind the comma", "" },
		{ "()", " ^", "a value is expected before ')'", "" },
		{ "(long long long)1", " ^^^^^^^^^^^^^^", "no such type", "" },
		{ "(unsigned signed)1", " ^^^^^^^^^^^^^^^", "no such type", "" },
		{ "node + u32", "       ^^^", "the type 'u32' stands where a value is expected",
		  "a cast is (u32)value" },
		{ "&node", "^", "fields have no address", "" },
	};

	(void)state;
	EXPECT(rows, &test_scope, EXPR_VALUE);
}

static void unknown_names(void **state)
{
	static const struct golden rows[] = {
		{ "bytes_aloc > 1", "^^^^^^^^^^", "no field 'bytes_aloc' in test:event",
		  "did you mean bytes_alloc?" },
		{ "_pidd", "^^^^^", "no field '_pidd' in test:event", "did you mean _pid?" },
		{ "xyzzy", "^^^^^", "no field 'xyzzy' in test:event",
		  "fields: unsigned char flags, unsigned long call_site, const void *ptr, const "
		  "char *text, "
		  "size_t bytes_alloc, long ret, int node, unsigned int order, short prio, __u16 "
		  "port, s8 level, "
		  "u8 byte, char[8] comm, __data_loc char[] name, __rel_loc char[] rel, __data_loc "
		  "s16[] numbers, "
		  "__data_loc cpumask_t cpus, unsigned int[4] args, struct pair pair" },
		{ "strln(comm)", "^^^^^", "no function 'strln'", "did you mean strlen()?" },
		{ "strlen + 1", "^^^^^^", "no field 'strlen' in test:event",
		  "strlen is a function: strlen(...)" },
	};
	static const struct golden constant[] = {
		{ "1 + node", "    ^^^^",
		  "'node' is not known: a constant expression has no fields", "" },
	};

	(void)state;
	EXPECT(rows, &test_scope, EXPR_VALUE);
	EXPECT(constant, NULL, EXPR_VALUE);
}

static void a_long_list_of_fields_is_cut(void **state)
{
	static char names[100][24];
	struct expr_field fields[100];
	struct expr_scope scope = { .fields = fields, .nr_fields = 100 };
	struct expr_error err;
	struct expr *e;

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(names[i], sizeof(names[i]), "a_field_%d", i);
		fields[i] = (struct expr_field){
			.name = names[i], .size = 4, .elem_size = 4, .offset = 4 * i
		};
	}
	assert_int_equal(expr_new(&e, "q", 1, &scope, EXPR_VALUE, &err), -EINVAL);
	assert_string_equal(err.message, "no field 'q'");
	assert_memory_equal(err.hint, "fields: unsigned int a_field_0, unsigned int a_field_1, ",
			    56);
	assert_true(strlen(err.hint) > 450 && strlen(err.hint) < sizeof(err.hint));
	assert_string_equal(err.hint + strlen(err.hint) - 5, ", ...");
}

static void values_of_the_wrong_type(void **state)
{
	static const struct golden rows[] = {
		{ "comm + 1", "^^^^", "a number is expected by '+', this is a string", "" },
		{ "1 << comm", "     ^^^^", "a number is expected by '<<', this is a string", "" },
		{ "comm == 5", "^^^^", "a number is expected by '==', this is a string", "" },
		{ "comm < \"x\"", "^^^^", "a number is expected by '<', this is a string",
		  "strings compare with == != ~ only; strncmp(a, b, n) orders them" },
		{ "comm && 1", "^^^^", "a number is expected by '&&', this is a string",
		  "compare it: == \"...\" or ~ \"...*\"" },
		{ "!comm", " ^^^^", "a number is expected by '!', this is a string",
		  "compare it: == \"...\" or ~ \"...*\"" },
		{ "node ~ \"a*\"", "^^^^", "a string is expected left of ~, this is int", "" },
		{ "comm ~ \"[a\"", "       ^^^^", "'[' without ']' in the pattern", "" },
		{ "node ? comm : 1", "^^^^^^^^^^^^^^^",
		  "one branch is a string, the other a number", "" },
		{ "(int)comm", "     ^^^^", "a string can't be cast to int", "" },
		{ "args", "^^^^", "'args' is an array: it needs an index", "args[0]" },
		{ "node[1]", "^^^^", "'node' is not an array", "" },
		{ "pair[1]", "^^^^", "'pair' is not an array", "" },
		{ "(node)[1]", "^^^^^^", "'node' is not an array", "" },
		{ "args[comm]", "     ^^^^", "an index is a number, this is a string", "" },
		{ "pair", "^^^^",
		  "'pair' is neither a number nor a string: struct pair of 12 bytes", "" },
		{ "cpus", "^^^^",
		  "'cpus' is neither a number nor a string: __data_loc cpumask_t of 4 bytes", "" },
		{ "*ptr", "^", "what kind of memory is read here?",
		  "*(type *)expr reads memory, like *(unsigned int *)ptr" },
		{ "(int *)ptr", "^^^^^^^^^^", "a pointer is good for reading memory only",
		  "put * before it: *(int *)ptr" },
		{ "sizeof name", "       ^^^^", "its size is not known before it is there", "" },
		{ "comm", "^^^^", "a number is expected, this is a string", "" },
		{ "strlen(5)", "       ^", "strlen() takes a string here, this is int",
		  "strlen(s)" },
		{ "log2(comm)", "     ^^^^", "log2() takes a number here, this is a string",
		  "log2(x)" },
		{ "min(1)", "^^^^^^", "min() takes 2 arguments, not 1", "min(a, b)" },
		{ "printf(\"x\")", "^^^^^^^^^^^",
		  "printf() is for what is displayed; a number is needed here", "" },
	};

	(void)state;
	EXPECT(rows, &test_scope, EXPR_VALUE);
}

static void formats_that_do_not_fit(void **state)
{
	static const struct golden rows[] = {
		{ "printf(\"%d\", comm)", "             ^^^^",
		  "%d prints a number, this is a string", "%s prints strings" },
		{ "printf(\"%s\", node)", "             ^^^^", "%s prints a string, this is int",
		  "%d, %u and %x print numbers" },
		{ "printf(\"%d %d\", 1)", "       ^^^^^^^", "no argument is left for '%d'", "" },
		{ "printf(\"%d\", 1, 2)", "                ^",
		  "the format has no conversion for this argument", "" },
		{ "printf(\"%q\", 1)", "       ^^^^", "unknown conversion '%q' in the format",
		  "conversions are %d %u %x %lx %llu %s %c %p and %%, widths to 255" },
		{ "printf(\"%999d\", 1)", "       ^^^^^^^",
		  "unknown conversion '%999d' in the format",
		  "conversions are %d %u %x %lx %llu %s %c %p and %%, widths to 255" },
		{ "printf(\"%n\", 1)", "       ^^^^", "unknown conversion '%n' in the format",
		  "conversions are %d %u %x %lx %llu %s %c %p and %%, widths to 255" },
		{ "printf(comm)", "       ^^^^", "a format in quotes is expected", "" },
		{ "printf()", "^^^^^^^^", "printf() takes 1 argument, not 0",
		  "printf(format, ...)" },
		{ "strlen(printf(\"x\"))", "       ^^^^^^^^^^^", "printf() has no value",
		  "it is the whole expression, or a branch of ?:" },
	};

	(void)state;
	EXPECT(rows, &test_scope, EXPR_DISPLAY);
}

static void filters_the_kernel_would_read_differently(void **state)
{
	static const struct golden rows[] = {
		{ "comm == bash", "        ^^^^", "no field 'bash' in test:event",
		  "strings stand in quotes: \"bash\"" },
		{ "(comm != kworker/0) && 1", "         ^^^^^^^",
		  "no field 'kworker' in test:event", "strings stand in quotes: \"kworker/0\"" },
		{ "name ~ kmalloc-*", "       ^^^^^^^^^", "a string is expected behind ~",
		  "in quotes: \"kmalloc-*\"" },
		{ "name ~ ", "       ^", "a value is expected before the end", "" },
		{ "!node == 1", "^", "it is not clear how far '!' reaches here",
		  "write !(a == b) or (!a) == b" },
		{ "!flags & 4", "^", "it is not clear how far '!' reaches here",
		  "write !(a & b) or (!a) & b" },
		{ "node || !order <= 4", "        ^", "it is not clear how far '!' reaches here",
		  "write !(a <= b) or (!a) <= b" },
		{ "!comm ~ \"a*\"", "^", "it is not clear how far '!' reaches here",
		  "write !(a ~ b) or (!a) ~ b" },
		{ "!cpus & CPUS{1}", "^", "it is not clear how far '!' reaches here",
		  "write !(a & b) or (!a) & b" },
		{ "!call_site.function == kfree", "^", "it is not clear how far '!' reaches here",
		  "write !(a == b) or (!a) == b" },
		{ "comm", "^^^^", "a number is expected, this is a string",
		  "compare it: == \"...\" or ~ \"...*\"" },
		{ "call_site.foo == 1", "         ^^^^", "fields have no '.foo'",
		  "there are .function and .ustring" },
		{ "call_site.function", "^^^^^^^^^^^^^^^^^^",
		  ".function stands left of a comparison", "like call_site.function == kfree" },
		{ "1 == call_site.function", "     ^^^^^^^^^^^^^^^^^^",
		  ".function stands left of a comparison", "like call_site.function == kfree" },
		{ "call_site.function < kfree", "                   ^",
		  ".function compares with == and != only", "" },
		{ "node.function == kfree", "^^^^", ".function needs an address; 'node' is none",
		  "" },
		{ "text.ustring == 5", "                ^", "a string in quotes is expected", "" },
		{ "CPUS{1}", "^^^^^^^", "CPUS{} is compared with a field", "like _cpu & CPUS{1}" },
		{ "_cpu & CPUS{}", "       ^^^^^", "a list of CPUs is expected",
		  "like CPUS{0-3,5}" },
		{ "_pid & CPUS{1}", "^^^^", "'_pid' is no CPU and no set of CPUs", "" },
	};
	static const struct golden elsewhere[] = {
		{ "call_site.function", "         ^",
		  "fields have no parts: '.' means nothing here", "" },
		{ "CPUS{1}", "    ^", "unknown character '{'", "" },
	};

	(void)state;
	EXPECT(rows, &test_scope, EXPR_FILTER);
	EXPECT(elsewhere, &test_scope, EXPR_VALUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_that_are_no_tokens),
		cmocka_unit_test(texts_that_are_no_expressions),
		cmocka_unit_test(unknown_names),
		cmocka_unit_test(a_long_list_of_fields_is_cut),
		cmocka_unit_test(values_of_the_wrong_type),
		cmocka_unit_test(formats_that_do_not_fit),
		cmocka_unit_test(filters_the_kernel_would_read_differently),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
