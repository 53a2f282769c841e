/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXPR_TEST_H
#define EXPR_TEST_H

/* An event to compile against and one record of it, for all tests of expr/. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "expr/expr.h"

struct test_record {
	__u16 common_type;
	__u8 flags;
	__u8 pad;
	__s32 common_pid;
	__u64 call_site, ptr, text, bytes_alloc;
	__s64 ret;
	__s32 node;
	__u32 order;
	__s16 prio;
	__u16 port;
	__s8 level;
	__u8 byte;
	char comm[8];
	__u32 name, rel, numbers, cpus;
	__u32 args[4];
	char pair[12];
	char tail[32];
} __attribute__((packed));

#define TEST_FIELD(m, t, sign)                                                                     \
	{                                                                                          \
		.name = #m, .type = t, .offset = offsetof(struct test_record, m),                  \
		.size = sizeof(((struct test_record *)0)->m),                                      \
		.elem_size = sizeof(((struct test_record *)0)->m), .is_signed = sign               \
	}

static const struct expr_field test_fields[] = {
	TEST_FIELD(common_type, "unsigned short", false),
	TEST_FIELD(common_pid, "int", true),
	TEST_FIELD(flags, "unsigned char", false),
	TEST_FIELD(call_site, "unsigned long", false),
	TEST_FIELD(ptr, "const void *", false),
	TEST_FIELD(text, "const char *", false),
	TEST_FIELD(bytes_alloc, "size_t", false),
	TEST_FIELD(ret, "long", true),
	TEST_FIELD(node, "int", true),
	TEST_FIELD(order, "unsigned int", false),
	TEST_FIELD(prio, "short", true),
	TEST_FIELD(port, "__u16", false),
	TEST_FIELD(level, "s8", true),
	TEST_FIELD(byte, "u8", false),
	{ "comm", "char[8]", offsetof(struct test_record, comm), 8, 1, false, true, false,
	  EXPR_FIXED },
	{ "name", "__data_loc char[]", offsetof(struct test_record, name), 4, 1, false, true, false,
	  EXPR_DATA_LOC },
	{ "rel", "__rel_loc char[]", offsetof(struct test_record, rel), 4, 1, false, true, false,
	  EXPR_REL_LOC },
	{ "numbers", "__data_loc s16[]", offsetof(struct test_record, numbers), 4, 2, true, false,
	  true, EXPR_DATA_LOC },
	{ "cpus", "__data_loc cpumask_t", offsetof(struct test_record, cpus), 4, 8, false, false,
	  false, EXPR_DATA_LOC },
	{ "args", "unsigned int[4]", offsetof(struct test_record, args), 16, 4, false, false, true,
	  EXPR_FIXED },
	{ "pair", "struct pair", offsetof(struct test_record, pair), 12, 12, false, false, false,
	  EXPR_FIXED },
};

static const struct expr_scope test_scope = {
	.fields = test_fields,
	.nr_fields = sizeof(test_fields) / sizeof(*test_fields),
	.has_self = true,
	.what = "test:event",
};

#define TEST_TAIL offsetof(struct test_record, tail)

static const struct test_record test_raw = {
	.common_type = 7,
	.flags = 0x85,
	.common_pid = 1234,
	.call_site = 0xffffffff81000123,
	.ptr = 0xffff888000001000,
	.bytes_alloc = 96,
	.ret = -22,
	.node = -1,
	.order = 0x80000000,
	.prio = -5,
	.port = 0x5000,
	.level = -128,
	.byte = 200,
	.comm = "bash",
	.name = 11 << 16 | TEST_TAIL,
	.rel = 3 << 16 | (TEST_TAIL + 11 - offsetof(struct test_record, rel) - 4),
	.numbers = 6 << 16 | (TEST_TAIL + 14),
	.args = { 10, 20, 30, 0xffffffff },
	.tail = "kmalloc-64\0sda\1\0\xfe\xff\3\0",
};

static const struct expr_record test_rec = {
	.raw = &test_raw,
	.raw_size = sizeof(test_raw),
	.pid = 100,
	.tid = 101,
	.cpu = 3,
	.time_ns = 5000000000,
};

/* Compiled, or the test fails with the error. */
static inline struct expr *test_new(const char *text, enum expr_use use)
{
	struct expr_error err;
	struct expr *e = NULL;
	int rc = expr_new(&e, text, strlen(text), &test_scope, use, &err);

	if (rc)
		fail_msg("%s: %d, at %zu: %s", text, rc, err.at, err.message);
	return e;
}

static inline __u64 test_value(const char *text)
{
	struct expr *e = test_new(text, EXPR_VALUE);
	__u64 value = expr_eval(e, &test_rec);

	expr_free(e);
	return value;
}

/* Text, type and result as a person would see them. */
struct test_row {
	const char *text, *type, *shown;
};

static inline void test_rows(const struct test_row *rows, size_t nr, enum expr_use use,
			     const struct expr_record *rec)
{
	char buf[256];

	for (size_t i = 0; i < nr; i++) {
		struct expr *e = test_new(rows[i].text, use);

		expr_format(e, rec, buf, sizeof(buf));
		if (strcmp(buf, rows[i].shown) || strcmp(expr_type_name(e), rows[i].type))
			fail_msg("%s: is %s %s, not %s %s", rows[i].text, expr_type_name(e), buf,
				 rows[i].type, rows[i].shown);
		expr_free(e);
	}
}

#define TEST_ROWS(rows, use) test_rows(rows, sizeof(rows) / sizeof(*(rows)), use, &test_rec)

/* An error as the person sees it: the text, a line with carets, message, hint. */
static inline const char *test_error(const char *text, const struct expr_scope *scope,
				     enum expr_use use, char *buf, size_t size)
{
	struct expr_error err;
	struct expr *e = NULL;
	char carets[256] = "";

	assert_int_equal(expr_new(&e, text, strlen(text), scope, use, &err), -EINVAL);
	assert_null(e);
	assert_true(err.at <= strlen(text) && err.len <= strlen(text) - err.at);
	memset(carets, ' ', err.at);
	memset(carets + err.at, '^', err.len ? err.len : 1);
	snprintf(buf, size, "%s\n%s\n%s\n%s", text, carets, err.message, err.hint);
	return buf;
}

#endif
