// SPDX-License-Identifier: GPL-2.0-only
/*
 * filter.c - a filter as the kernel's trace event filter text
 *
 * Printed from the typed tree, never from the user's text, and only where the
 * kernel's predicate has exactly C's meaning: it compares a field in the field's
 * own type with a constant, and knows no conversions. Everything else gets a
 * reason. What the kernel does with strings is in filter_glob.c. Called by
 * expr.c.
 */
#include "expr/filter.h"
#include "expr/builtin.h"
#include "expr/filter_glob.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILTER 4095 /* the kernel takes less than a page */

struct printer {
	char *buf; /* owned until handed out */
	size_t len, size;
	const struct expr_scope *scope;
	struct expr_error *err;
	int rc;
};

static bool print_truth(struct printer *p, const struct node *n);

__attribute__((format(printf, 3, 4))) static bool refuse(struct printer *p, const struct node *n,
							 const char *fmt, ...)
{
	va_list ap;

	if (p->rc)
		return false;
	p->rc = -EOPNOTSUPP;
	p->err->at = n->at;
	p->err->len = n->len;
	va_start(ap, fmt);
	vsnprintf(p->err->message, sizeof(p->err->message), fmt, ap);
	va_end(ap);
	return false;
}

__attribute__((format(printf, 2, 3))) static bool put(struct printer *p, const char *fmt, ...)
{
	va_list ap;
	char *buf;
	int n;

	for (;;) {
		va_start(ap, fmt);
		n = vsnprintf(p->buf + p->len, p->size - p->len, fmt, ap);
		va_end(ap);
		if (p->len + n < p->size)
			break;
		p->size = 2 * (p->len + n + 1);
		buf = realloc(p->buf, p->size);
		if (!buf) {
			p->rc = -ENOMEM;
			return false;
		}
		p->buf = buf;
	}
	p->len += n;
	return true;
}

static bool event_has(const struct printer *p, const char *name)
{
	for (size_t i = 0; i < p->scope->nr_fields; i++) {
		if (!strcmp(p->scope->fields[i].name, name))
			return true;
	}
	return false;
}

/* The kernel compares what a char pointer points to, whatever the filter says. */
static bool is_char_pointer(const struct expr_field *f)
{
	const char *type = f->type ? f->type : "";

	return strstr(type, "char") && strchr(type, '*');
}

/* The kernel's name of integer @n; NULL: refused. */
static const char *number_name(struct printer *p, const struct node *n)
{
	if (n->type == TYPE_STRING) {
		refuse(p, n, "a string as it stands");
		return NULL;
	}
	if (n->kind == NODE_FIELD && is_char_pointer(n->field)) {
		refuse(p, n, "the kernel takes '%.60s' for a string", n->field->name);
		return NULL;
	}
	if (n->kind == NODE_FIELD)
		return n->field->name;
	if (n->kind == NODE_SELF && n->self == SELF_TID)
		return "common_pid";
	if (n->kind == NODE_SELF && n->self == SELF_CPU && !event_has(p, "CPU"))
		return "CPU";
	if (n->kind == NODE_SELF)
		refuse(p, n, n->self == SELF_PID ? "_pid" : n->self == SELF_CPU ? "_cpu" : "_time");
	else
		refuse(p, n,
		       n->kind == NODE_INDEX	? "an element of an array"
		       : n->kind == NODE_DEREF	? "memory read by *"
		       : n->kind == NODE_CALL	? "a function"
		       : n->kind == NODE_CAST	? "a cast"
		       : n->kind == NODE_NUMBER ? "a constant"
		       : n->kind == NODE_COND	? "?:"
						: "arithmetic");
	return NULL;
}

/* Takes widening casts off @n; *@keeps: every value of the field is still the same. */
static const struct node *strip_casts(const struct node *n, bool *keeps)
{
	*keeps = true;
	while (n->kind == NODE_CAST && n->type != TYPE_BOOL &&
	       type_size(n->type) >= type_size(n->a->type)) {
		bool to_signed = type_is_signed(n->type), from_signed = type_is_signed(n->a->type);

		if (from_signed ? !to_signed
				: to_signed && type_size(n->type) == type_size(n->a->type))
			*keeps = false;
		n = n->a;
	}
	return n;
}

/* Whether constant @k, typed, is a value of @type. */
static bool is_value_of(const struct node *k, enum type_id type)
{
	unsigned int bits = 8 * type_size(type) - type_is_signed(type);

	if (type_is_signed(k->type) && (__s64)k->value < 0)
		return type_is_signed(type) && (bits == 63 || (__s64)k->value >= -(1LL << bits));
	return bits == 64 || k->value < 1ULL << bits;
}

static bool put_number(struct printer *p, const struct node *k)
{
	return type_is_signed(k->type) ? put(p, "%lld", (__s64)k->value) : put(p, "%llu", k->value);
}

static bool print_number(struct printer *p, const struct node *field, const char *op,
			 const struct node *k)
{
	bool keeps, is_mask = !strcmp(op, "&");
	const struct node *n = strip_casts(field, &keeps);
	const char *name = number_name(p, n);

	if (!name)
		return false;
	if (!keeps && !is_mask)
		return refuse(p, field, "'%.60s' converted to %s", name, type_name(field->type));
	if (!is_value_of(k, n->type))
		return refuse(p, k, "the constant is no value of '%.60s'", name);
	if (is_mask && n->kind == NODE_SELF && n->self == SELF_CPU)
		return refuse(p, field, "a mask on _cpu");
	return put(p, "(%s %s ", name, op) && put_number(p, k) && put(p, ")");
}

static bool print_strings(struct printer *p, const struct node *n)
{
	const struct node *a = n->a, *b = n->b;
	const char *op = n->op == OP_NE ? "!=" : "==", *why;
	char pattern[FILTER_STRING_SIZE];
	struct filter_string s;

	if (a->kind == NODE_STRING) {
		a = n->b;
		b = n->a;
	}
	if (b->kind != NODE_STRING || (a->kind != NODE_FIELD && a->kind != NODE_SELF))
		return refuse(p, n,
			      b->kind == NODE_STRING ? "a string that is no field"
						     : "two strings that change");
	if (a->kind == NODE_SELF && event_has(p, "COMM"))
		return refuse(p, a, "_comm");
	s = (struct filter_string){
		.str = b->str,
		.len = b->str_len,
		.max_len = a->kind == NODE_SELF		   ? 16
			   : a->field->where == EXPR_FIXED ? a->field->size
							   : 0,
		.is_bounded = a->kind == NODE_FIELD && a->field->where == EXPR_FIXED,
		.is_glob = n->op == OP_MATCH,
	};
	why = filter_string_print(&s, pattern);
	if (why)
		return refuse(p, b, "%s", why);
	return put(p, "(%s %s \"%s\")", a->kind == NODE_SELF ? "COMM" : a->field->name,
		   s.is_glob ? "~" : op, pattern);
}

static bool print_comparison(struct printer *p, const struct node *n)
{
	static const char *const names[] = { "==", "!=", "<", "<=", ">", ">=" };
	static const char *const swapped[] = { "==", "!=", ">", ">=", "<", "<=" };
	const struct node *a = n->a, *b = n->b;
	const char *op = names[n->op - OP_EQ];
	bool keeps;

	if (a->type == TYPE_STRING)
		return print_strings(p, n);
	if (a->kind == NODE_NUMBER) {
		op = swapped[n->op - OP_EQ];
		a = n->b;
		b = n->a;
	}
	if (b->kind != NODE_NUMBER)
		return refuse(p, n, "two values that change");
	/* (flags & 1) == 0 and the like are truths */
	if (!b->value && (n->op == OP_EQ || n->op == OP_NE) &&
	    strip_casts(a, &keeps)->kind == NODE_BINARY)
		return (n->op == OP_NE || put(p, "!")) && print_truth(p, strip_casts(a, &keeps));
	return print_number(p, a, op, b);
}

static bool print_mask(struct printer *p, const struct node *n)
{
	const struct node *k = n->b->kind == NODE_NUMBER ? n->b : n->a;

	if (k->kind != NODE_NUMBER)
		return refuse(p, n, "two values that change");
	return print_number(p, k == n->b ? n->a : n->b, "&", k);
}

static bool print_kernel_only(struct printer *p, const struct node *n)
{
	const char *op = n->op == OP_EQ	     ? "=="
			 : n->op == OP_NE    ? "!="
			 : n->op == OP_MATCH ? "~"
					     : "&";
	const char *why, *name;

	if (n->kind == NODE_CPUS) {
		name = n->a->kind == NODE_WHOLE ? n->a->field->name : number_name(p, n->a);
		return name && put(p, "(%s %s CPUS{%s})", name, op, n->str);
	}
	if (n->kind == NODE_USTRING) {
		why = filter_string_check(n->str, n->str_len, n->op == OP_MATCH);
		if (why)
			return refuse(p, n, "%s", why);
		return put(p, "(%s.ustring %s \"%s\")", n->a->field->name, op, n->str);
	}
	/* the kernel reads a symbol up to the next space */
	if (n->str)
		return put(p, "(%s.function %s %s )", n->a->field->name, op, n->str);
	return put(p, "(%s.function %s 0x%llx)", n->a->field->name, op, n->value);
}

static bool print_binary(struct printer *p, const struct node *n)
{
	if (n->op == OP_LAND || n->op == OP_LOR)
		return put(p, "(") && print_truth(p, n->a) &&
		       put(p, n->op == OP_LAND ? " && " : " || ") && print_truth(p, n->b) &&
		       put(p, ")");
	if (n->op == OP_MATCH)
		return print_strings(p, n);
	if (n->op >= OP_EQ && n->op <= OP_GE)
		return print_comparison(p, n);
	if (n->op == OP_AND)
		return print_mask(p, n);
	return refuse(p, n, n->op == OP_COMMA ? "the comma" : "arithmetic");
}

static bool print_truth(struct printer *p, const struct node *n)
{
	static const struct node zero = { .kind = NODE_NUMBER, .type = TYPE_INT };
	bool keeps;

	switch (n->kind) {
	case NODE_UNARY:
		if (n->op != OP_NOT)
			return refuse(p, n, "arithmetic");
		return put(p, "!") && print_truth(p, n->a);
	case NODE_BINARY:
		return print_binary(p, n);
	case NODE_FUNCTION:
	case NODE_USTRING:
	case NODE_CPUS:
		return print_kernel_only(p, n);
	case NODE_CAST:
		/* a widening cast changes no truth */
		if (strip_casts(n, &keeps) != n)
			return print_truth(p, strip_casts(n, &keeps));
		return refuse(p, n, "a cast");
	default:
		return print_number(p, n, "!=", &zero);
	}
}

int filter_print(const struct node *root, const struct expr_scope *scope, char **out,
		 struct expr_error *err)
{
	struct printer p = { .scope = scope, .err = err, .size = 256 };

	*err = (struct expr_error){ 0 };
	p.buf = malloc(p.size);
	if (!p.buf)
		return -ENOMEM;
	if (print_truth(&p, root) && p.len > MAX_FILTER)
		refuse(&p, root, "more than the kernel takes: %d bytes", MAX_FILTER);
	if (p.rc) {
		free(p.buf);
		return p.rc;
	}
	*out = p.buf;
	return 0;
}
