// SPDX-License-Identifier: GPL-2.0-only
#include "expr_test.h"

static void name_comm(void *ctx, __u32 pid, __u32 tid, char *buf, size_t size)
{
	snprintf(buf, size, "%s%u/%u", (const char *)ctx, pid, tid);
}

static void name_symbol(void *ctx, __u64 addr, char *buf, size_t size)
{
	snprintf(buf, size, "%ssym_%llx", (const char *)ctx, addr);
}

static void name_user(void *ctx, __u32 pid, __u64 addr, char *buf, size_t size)
{
	snprintf(buf, size, "%suser_%u_%llx", (const char *)ctx, pid, addr);
}

static void integer_builtins_have_cs_types(void **state)
{
	static const struct test_row rows[] = {
		{ "min(node, 3)", "int", "-1" },
		{ "min(node, 3U)", "unsigned int", "3" },
		{ "max(node, bytes_alloc)", "unsigned long", "18446744073709551615" },
		{ "max(level, byte)", "int", "200" },
		{ "abs(ret)", "long", "22" },
		{ "abs(level)", "int", "128" },
		{ "abs(order)", "unsigned int", "2147483648" },
		{ "log2(bytes_alloc)", "int", "6" },
		{ "log2(0)", "int", "0" },
		{ "log2(1)", "int", "0" },
		{ "log2(ret)", "int", "63" },
		{ "ntohs(port)", "unsigned short", "80" },
		{ "htons(80)", "unsigned short", "20480" },
		{ "ntohl(args[0])", "unsigned int", "167772160" },
		{ "htonl(0x01020304)", "unsigned int", "67305985" },
		{ "ntohs(0x123456)", "unsigned short", "22068" },
		{ "min(max(1, 2), max(node, 4) + min(7, 3))", "int", "2" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_VALUE);
}

static void names_come_from_the_host(void **state)
{
	static const struct expr_host host = { "h:", name_comm, name_symbol, name_user,
					       name_symbol };
	static const struct test_row rows[] = {
		{ "_comm", "string", "h:100/101" },
		{ "comm_get(7)", "string", "h:7/7" },
		{ "ksymbol(ptr)", "string", "h:sym_ffff888000001000" },
		{ "usymbol(16)", "string", "h:user_100_10" },
		{ "syscall_name(1)", "string", "h:sym_1" },
		{ "_comm == \"h:100/101\" && ksymbol(1) ~ \"h:*_1\" && ksymbol(2) != ksymbol(3)",
		  "int", "1" },
		{ "printf(\"%s|%s|%s\", _comm, ksymbol(1), comm_get(2))", "string",
		  "h:100/101|h:sym_1|h:2/2" },
		{ "node ? ksymbol(1) : comm", "string", "h:sym_1" },
	};
	struct expr_record rec = test_rec;

	(void)state;
	rec.host = &host;
	test_rows(rows, sizeof(rows) / sizeof(*rows), EXPR_DISPLAY, &rec);
}

static void without_a_host_names_are_empty(void **state)
{
	static const struct expr_host nothing;
	static const struct test_row rows[] = {
		{ "_comm", "string", "" },	     { "comm_get(7)", "string", "" },
		{ "ksymbol(ptr)", "string", "" },    { "usymbol(1)", "string", "" },
		{ "syscall_name(1)", "string", "" },
	};
	struct expr_record rec = test_rec;

	(void)state;
	TEST_ROWS(rows, EXPR_DISPLAY);
	rec.host = &nothing;
	test_rows(rows, sizeof(rows) / sizeof(*rows), EXPR_DISPLAY, &rec);
}

static void exit_reasons_have_names(void **state)
{
	static const struct test_row rows[] = {
		{ "exit_reason_str(1, 12)", "string", "HLT" },
		{ "exit_reason_str(1, 48)", "string", "EPT_VIOLATION" },
		{ "exit_reason_str(1, 0x80000021)", "string", "INVALID_STATE" },
		{ "exit_reason_str(2, 0x78)", "string", "HLT" },
		{ "exit_reason_str(2, 0x400)", "string", "NPF" },
		{ "exit_reason_str(2, 0x4e)", "string", "EXCP_PF" },
		{ "exit_reason_str(1, 999)", "string", "999" },
		{ "exit_reason_str(3, 12)", "string", "12" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_DISPLAY);
}

static void printf_prints_as_c_does(void **state)
{
	static const struct test_row rows[] = {
		{ "printf(\"\")", "string", "" },
		{ "printf(\"100%%\\n\")", "string", "100%\n" },
		{ "printf(\"%d %i\", node, ret)", "string", "-1 -22" },
		{ "printf(\"%u %x %X %o\", node, node, 0xabc, 8)", "string",
		  "4294967295 ffffffff ABC 10" },
		{ "printf(\"%lu %llx %ld\", bytes_alloc, ptr, ret)", "string",
		  "96 ffff888000001000 -22" },
		{ "printf(\"%d\", bytes_alloc << 40)", "string", "105553116266496" },
		{ "printf(\"%hhd %hx\", 511, -1)", "string", "-1 ffff" },
		{ "printf(\"[%5d|%-5d|%05d|%+d|%#x]\", 42, 42, 42, 42, 42)", "string",
		  "[   42|42   |00042|+42|0x2a]" },
		{ "printf(\"[%8s|%-8s|%.2s|%6.3s]\", comm, comm, comm, comm)", "string",
		  "[    bash|bash    |ba|   bas]" },
		{ "printf(\"%c%c\", comm[0], 'x')", "string", "bx" },
		{ "printf(\"%p\", ptr)", "string", "0xffff888000001000" },
		{ "printf(\"%d%%%s%%\", 5, \"%d\")", "string", "5%%d%" },
		{ "node ? printf(\"a%d\", 1) : printf(\"b\")", "string", "a1" },
		{ "node > 0 ? printf(\"a%d\", 1) : comm", "string", "bash" },
		{ "1, printf(\"%s-%d\", name, node)", "string", "kmalloc-64--1" },
		{ "printf(\"%d %d\", node && ret, node ? 2 : 3)", "string", "1 2" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_DISPLAY);
}

static void output_is_cut_to_the_buffer(void **state)
{
	static const char *const texts[] = { "printf(\"ab%s%d\", name, 12345)", "name", "12345678",
					     "printf(\"0123456789\")", "printf(\"%50d\", 1)" };
	char buf[16];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct expr *e = test_new(texts[i], EXPR_DISPLAY);

		for (size_t size = 1; size <= 8; size++) {
			memset(buf, 'z', sizeof(buf));
			assert_ptr_equal(expr_format(e, &test_rec, buf, size), buf);
			assert_int_equal(strlen(buf), size - 1 < 8 ? size - 1 : 8);
			assert_int_equal(buf[size], 'z');
		}
		expr_free(e);
	}
}

static void numbers_show_as_their_type(void **state)
{
	static const struct test_row rows[] = {
		{ "ptr", "unsigned long", "0xffff888000001000" },
		{ "ptr + 0", "unsigned long", "18446612682070036480" },
		{ "text", "unsigned long", "0x0" },
		{ "ret", "long", "-22" },
		{ "(u64)ret", "unsigned long long", "18446744073709551594" },
	};

	(void)state;
	TEST_ROWS(rows, EXPR_DISPLAY);
}

static void every_builtin_has_a_form_that_compiles(void **state)
{
	static const char *const calls[] = { "printf(\"x\")",
					     "ksymbol(1)",
					     "usymbol(1)",
					     "comm_get(1)",
					     "syscall_name(1)",
					     "exit_reason_str(1, 2)",
					     "strncmp(comm, name, 2)",
					     "strlen(comm)",
					     "ntohl(1)",
					     "ntohs(1)",
					     "htonl(1)",
					     "htons(1)",
					     "min(1, 2)",
					     "max(1, 2)",
					     "abs(1)",
					     "log2(1)",
					     "str(1)" };
	size_t nr = 0;

	(void)state;
	for (const char *const *form = expr_builtins(); *form; form++, nr++) {
		size_t name = strcspn(*form, "(");

		assert_true(nr < sizeof(calls) / sizeof(*calls));
		assert_memory_equal(*form, calls[nr], name + 1);
		expr_free(test_new(calls[nr], EXPR_DISPLAY));
	}
	assert_int_equal(nr, sizeof(calls) / sizeof(*calls));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integer_builtins_have_cs_types),
		cmocka_unit_test(names_come_from_the_host),
		cmocka_unit_test(without_a_host_names_are_empty),
		cmocka_unit_test(exit_reasons_have_names),
		cmocka_unit_test(printf_prints_as_c_does),
		cmocka_unit_test(output_is_cut_to_the_buffer),
		cmocka_unit_test(numbers_show_as_their_type),
		cmocka_unit_test(every_builtin_has_a_form_that_compiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
