// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_expr.c - expressions from anywhere on records from anywhere
 *
 * The first byte chooses scope and use; the text goes up to the first NUL, what
 * follows is the record. Whatever happens, nothing may fault, an error must
 * point into the text, and what compiles must evaluate, print and list. Build
 * with -fsanitize=fuzzer,address,undefined and expr/; seeds in corpus/expr/.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct expr_field fields[] = {
	{ "common_type", "unsigned short", 0, 2, 2, false, false, false, EXPR_FIXED },
	{ "common_pid", "int", 4, 4, 4, true, false, false, EXPR_FIXED },
	{ "call_site", "unsigned long", 8, 8, 8, false, false, false, EXPR_FIXED },
	{ "ptr", "const void *", 16, 8, 8, false, false, false, EXPR_FIXED },
	{ "text", "const char *", 24, 8, 8, false, false, false, EXPR_FIXED },
	{ "s8", "s8", 32, 1, 1, true, false, false, EXPR_FIXED },
	{ "b", "bool", 33, 1, 1, false, false, false, EXPR_FIXED },
	{ "h", NULL, 34, 2, 2, true, false, false, EXPR_FIXED },
	{ "comm", "char[8]", 36, 8, 1, false, true, false, EXPR_FIXED },
	{ "name", "__data_loc char[]", 44, 4, 1, false, true, false, EXPR_DATA_LOC },
	{ "rel", "__rel_loc char[]", 48, 4, 1, false, true, false, EXPR_REL_LOC },
	{ "args", "unsigned long[3]", 52, 24, 8, false, false, true, EXPR_FIXED },
	{ "shorts", "__data_loc s16[]", 76, 4, 2, true, false, true, EXPR_DATA_LOC },
	{ "cpus", "__data_loc cpumask_t", 80, 4, 8, false, false, false, EXPR_DATA_LOC },
	{ "pair", "struct pair", 84, 12, 12, false, false, false, EXPR_FIXED },
	{ "threes", NULL, 96, 9, 3, false, false, true, EXPR_FIXED },
};

static const struct expr_scope scopes[] = {
	{ fields, sizeof(fields) / sizeof(*fields), true, "fuzz:event" },
	{ fields, 8, false, NULL },
	{ NULL, 0, false, NULL },
	{ NULL, 0, true, NULL },
};

static void name_comm(void *ctx, __u32 pid, __u32 tid, char *buf, size_t size)
{
	(void)ctx;
	snprintf(buf, size, "comm-%u-%u", pid, tid);
}

static void name_long(void *ctx, __u64 addr, char *buf, size_t size)
{
	(void)ctx;
	memset(buf, 'k', size - 1);
	buf[size - 1] = '\0';
	if (addr % 2)
		buf[0] = '\0';
}

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void run(const struct expr *e, const uint8_t *raw, size_t raw_size)
{
	static const struct expr_host host = { NULL, name_comm, name_long, NULL, name_long };
	struct expr_record rec = { .raw = raw, .raw_size = raw_size, .pid = 1, .tid = 2, .cpu = 3 };
	const struct expr_field *plain;
	struct expr_error err;
	char buf[64], tiny[1], *text;

	expr_eval(e, &rec);
	rec.host = raw_size % 2 ? &host : NULL;
	check(strlen(expr_format(e, &rec, buf, sizeof(buf))) < sizeof(buf));
	check(!*expr_format(e, &rec, tiny, sizeof(tiny)));
	check(*expr_type_name(e));
	if (expr_plain_field(e, &plain))
		check(!expr_is_string(e) && plain->size <= 8);
	check(!expr_listing(e, &text));
	free(text);
	switch (expr_kernel_filter(e, &text, &err)) {
	case 0:
		check(*text && strlen(text) < 4096);
		free(text);
		break;
	case -EOPNOTSUPP:
		check(*err.message);
		break;
	default:
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end;
	struct expr_error err;
	struct expr *e;
	size_t len;
	char *text;
	uint8_t *raw;
	int rc;

	if (!size)
		return 0;
	end = memchr(data + 1, '\0', size - 1);
	len = end ? (size_t)(end - data - 1) : size - 1;
	/* blocks of their own, so that a byte too far is seen */
	text = malloc(len + !len);
	raw = malloc(size - len);
	check(text && raw);
	memcpy(text, data + 1, len);
	memcpy(raw, data + 1 + len, size - 1 - len);

	rc = expr_new(&e, text, len, &scopes[data[0] & 3], (data[0] >> 2) % 3, &err);
	if (!rc) {
		run(e, raw, size - 1 - len);
		expr_free(e);
	} else {
		check(rc == -EINVAL && *err.message && err.at <= len && err.len <= len - err.at);
	}
	free(text);
	free(raw);
	return 0;
}
