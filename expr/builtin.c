// SPDX-License-Identifier: GPL-2.0-only
/*
 * builtin.c - functions
 *
 * One table says what there is; typing and values are a switch each. A new
 * function is a row here and a case in each. Called by type.c, fold.c, ir.c
 * and vm.c.
 */
#include "expr/builtin.h"
#include "expr/exit_reason.h"

#include <byteswap.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

static const struct builtin builtins[] = {
	{ BUILTIN_PRINTF, "printf", 1, 0 },
	{ BUILTIN_KSYMBOL, "ksymbol", 1, EXPR_NEEDS_HOST },
	{ BUILTIN_USYMBOL, "usymbol", 1, EXPR_NEEDS_HOST },
	{ BUILTIN_COMM_GET, "comm_get", 1, EXPR_NEEDS_HOST | EXPR_NEEDS_COMM },
	{ BUILTIN_SYSCALL_NAME, "syscall_name", 1, EXPR_NEEDS_HOST },
	{ BUILTIN_EXIT_REASON_STR, "exit_reason_str", 2, EXPR_NEEDS_HOST },
	{ BUILTIN_STRNCMP, "strncmp", 3, 0 },
	{ BUILTIN_STRLEN, "strlen", 1, 0 },
	{ BUILTIN_NTOHL, "ntohl", 1, 0 },
	{ BUILTIN_NTOHS, "ntohs", 1, 0 },
	{ BUILTIN_HTONL, "htonl", 1, 0 },
	{ BUILTIN_HTONS, "htons", 1, 0 },
	{ BUILTIN_MIN, "min", 2, 0 },
	{ BUILTIN_MAX, "max", 2, 0 },
	{ BUILTIN_ABS, "abs", 1, 0 },
	{ BUILTIN_LOG2, "log2", 1, 0 },
	{ BUILTIN_STR, "str", 1, EXPR_NEEDS_KERNEL_MEMORY },
};

static const char *const forms[] = {
	[BUILTIN_PRINTF] = "printf(format, ...)",
	[BUILTIN_KSYMBOL] = "ksymbol(addr)",
	[BUILTIN_USYMBOL] = "usymbol(addr)",
	[BUILTIN_COMM_GET] = "comm_get(pid)",
	[BUILTIN_SYSCALL_NAME] = "syscall_name(nr)",
	[BUILTIN_EXIT_REASON_STR] = "exit_reason_str(isa, reason)",
	[BUILTIN_STRNCMP] = "strncmp(a, b, n)",
	[BUILTIN_STRLEN] = "strlen(s)",
	[BUILTIN_NTOHL] = "ntohl(x)",
	[BUILTIN_NTOHS] = "ntohs(x)",
	[BUILTIN_HTONL] = "htonl(x)",
	[BUILTIN_HTONS] = "htons(x)",
	[BUILTIN_MIN] = "min(a, b)",
	[BUILTIN_MAX] = "max(a, b)",
	[BUILTIN_ABS] = "abs(x)",
	[BUILTIN_LOG2] = "log2(x)",
	[BUILTIN_STR] = "str(addr)",
	NULL,
};

#define NR_BUILTINS (sizeof(builtins) / sizeof(*builtins))

const char *const *expr_builtins(void)
{
	return forms;
}

const char *builtin_name(size_t i)
{
	return i < NR_BUILTINS ? builtins[i].name : NULL;
}

const struct builtin *builtin_find(const char *name)
{
	for (size_t i = 0; i < NR_BUILTINS; i++) {
		if (!strcmp(builtins[i].name, name))
			return &builtins[i];
	}
	return NULL;
}

static bool check_nr_args(struct compile *c, const struct node *n)
{
	unsigned int nr = 0;

	for (const struct node *arg = n->a; arg; arg = arg->next)
		nr++;
	if (nr == n->builtin->nr_args ||
	    (nr > n->builtin->nr_args && n->builtin->id == BUILTIN_PRINTF))
		return true;
	compile_fail(c, n->at, n->len, "%s() takes %u argument%s, not %u", n->builtin->name,
		     n->builtin->nr_args, n->builtin->nr_args == 1 ? "" : "s", nr);
	compile_hint(c, "%s", forms[n->builtin->id]);
	return false;
}

/* Argument @place as @type, or just as some number (TYPE_NONE). */
static bool want(struct compile *c, const struct node *call, struct node **place, enum type_id type)
{
	struct node *arg = *place;

	if ((arg->type == TYPE_STRING) != (type == TYPE_STRING)) {
		compile_fail(c, arg->at, arg->len, "%s() takes a %s here, this is %s",
			     call->builtin->name, type == TYPE_STRING ? "string" : "number",
			     arg->type == TYPE_STRING ? "a string" : type_name(arg->type));
		compile_hint(c, "%s", forms[call->builtin->id]);
		return false;
	}
	if (type)
		*place = type_cast(c, arg, type);
	return *place;
}

static struct node *check_pair(struct compile *c, struct node *n)
{
	if (!want(c, n, &n->a, TYPE_NONE) || !want(c, n, &n->a->next, TYPE_NONE))
		return NULL;
	n->type = type_common(n->a->type, n->a->next->type);
	return want(c, n, &n->a, n->type) && want(c, n, &n->a->next, n->type) ? n : NULL;
}

static struct node *check_numbers(struct compile *c, struct node *n, enum type_id arg,
				  enum type_id result)
{
	for (struct node **place = &n->a; *place; place = &(*place)->next) {
		if (!want(c, n, place, arg))
			return NULL;
	}
	n->type = result;
	return n;
}

struct node *builtin_check(struct compile *c, struct node *n)
{
	if (!check_nr_args(c, n))
		return NULL;
	switch (n->builtin->id) {
	case BUILTIN_PRINTF:
		if (c->use == EXPR_DISPLAY)
			return printf_check(c, n);
		return compile_fail(c, n->at, n->len,
				    "printf() is for what is displayed; a number is needed here");
	case BUILTIN_STRNCMP:
		n->type = TYPE_INT;
		return want(c, n, &n->a, TYPE_STRING) && want(c, n, &n->a->next, TYPE_STRING) &&
				       want(c, n, &n->a->next->next, TYPE_ULONG)
			       ? n
			       : NULL;
	case BUILTIN_STRLEN:
		n->type = TYPE_ULONG;
		return want(c, n, &n->a, TYPE_STRING) ? n : NULL;
	case BUILTIN_NTOHL:
	case BUILTIN_HTONL:
		return check_numbers(c, n, TYPE_UINT, TYPE_UINT);
	case BUILTIN_NTOHS:
	case BUILTIN_HTONS:
		return check_numbers(c, n, TYPE_USHORT, TYPE_USHORT);
	case BUILTIN_MIN:
	case BUILTIN_MAX:
		return check_pair(c, n);
	case BUILTIN_ABS:
		if (!want(c, n, &n->a, TYPE_NONE))
			return NULL;
		n->type = type_promote(n->a->type);
		return want(c, n, &n->a, n->type) ? n : NULL;
	case BUILTIN_LOG2:
		return check_numbers(c, n, TYPE_ULONG, TYPE_INT);
	default:
		return check_numbers(c, n, TYPE_ULONG, TYPE_STRING);
	}
}

unsigned int builtin_log2(__u64 value)
{
	return value ? 63 - __builtin_clzll(value) : 0;
}

__u64 builtin_compute(enum builtin_id id, __u64 a, __u64 b, bool is_signed)
{
	bool a_is_less = is_signed ? (__s64)a < (__s64)b : a < b;

	switch (id) {
	case BUILTIN_NTOHL:
	case BUILTIN_HTONL:
		return htobe32(a);
	case BUILTIN_NTOHS:
	case BUILTIN_HTONS:
		return htobe16(a);
	case BUILTIN_MIN:
		return a_is_less ? a : b;
	case BUILTIN_MAX:
		return a_is_less ? b : a;
	case BUILTIN_ABS:
		return is_signed && (__s64)a < 0 ? -a : a;
	case BUILTIN_LOG2:
		return builtin_log2(a);
	default:
		return 0;
	}
}

void builtin_text(enum builtin_id id, const struct expr_record *rec, __u64 a, __u64 b, char *buf,
		  size_t size)
{
	const struct expr_host *host = rec->host;
	const char *name;

	buf[0] = '\0';
	if (id == BUILTIN_EXIT_REASON_STR) {
		name = exit_reason_name(a, b);
		if (name)
			snprintf(buf, size, "%s", name);
		else
			snprintf(buf, size, "%llu", b);
		return;
	}
	if (!host)
		return;
	if (id == BUILTIN_KSYMBOL && host->ksymbol)
		host->ksymbol(host->ctx, a, buf, size);
	else if (id == BUILTIN_USYMBOL && host->usymbol)
		host->usymbol(host->ctx, rec->pid, a, buf, size);
	else if (id == BUILTIN_COMM_GET && host->comm)
		host->comm(host->ctx, a, a, buf, size);
	else if (id == BUILTIN_SYSCALL_NAME && host->syscall_name)
		host->syscall_name(host->ctx, a, buf, size);
}
