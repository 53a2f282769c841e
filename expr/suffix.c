// SPDX-License-Identifier: GPL-2.0-only
/*
 * suffix.c - what only the kernel's filter can do
 *
 * field.function == symbol, field.ustring == "text", field & CPUS{0-3}: taken
 * apart and checked here, printed as they were by filter.c, and never evaluated
 * in user space. Called by type.c.
 */
#include "expr/suffix.h"

#include <ctype.h>
#include <string.h>

bool suffix_wanted(const struct node *n)
{
	return n->a->kind == NODE_SUFFIX || n->b->kind == NODE_SUFFIX || n->a->kind == NODE_CPUS ||
	       n->b->kind == NODE_CPUS;
}

struct node *suffix_fail_alone(struct compile *c, const struct node *n)
{
	if (n->kind == NODE_CPUS) {
		compile_fail(c, n->at, n->len, "CPUS{} is compared with a field");
		compile_hint(c, "like _cpu & CPUS{%.60s}", n->str);
		return NULL;
	}
	if (!strcmp(n->str, "function") || !strcmp(n->str, "ustring")) {
		compile_fail(c, n->at, n->len, ".%s stands left of a comparison", n->str);
		compile_hint(c, !strcmp(n->str, "function") ? "like call_site.function == kfree"
							    : "like filename.ustring ~ \"/tmp/*\"");
		return NULL;
	}
	compile_fail(c, n->op_at, n->at + n->len - n->op_at, "fields have no '.%.60s'", n->str);
	compile_hint(c, "there are .function and .ustring");
	return NULL;
}

static bool is_symbol(const char *s)
{
	if (!*s || isdigit((unsigned char)*s))
		return false;
	for (; *s; s++) {
		if (!isalnum((unsigned char)*s) && *s != '_' && *s != '.' && *s != '$')
			return false;
	}
	return true;
}

static struct node *bind_function(struct compile *c, struct node *n)
{
	struct node *b = n->b;

	if (n->op != OP_EQ && n->op != OP_NE)
		return compile_fail(c, n->op_at, 1, ".function compares with == and != only");
	if ((b->kind == NODE_NAME || b->kind == NODE_STRING) && is_symbol(b->str)) {
		n->str = b->str;
	} else if (b->kind == NODE_NUMBER) {
		n->value = b->value;
		n->str = NULL;
	} else {
		compile_fail(c, b->at, b->len, "a kernel function or its address is expected");
		compile_hint(c, "like .function == kfree");
		return NULL;
	}
	n->kind = NODE_FUNCTION;
	return n;
}

static struct node *bind_ustring(struct compile *c, struct node *n)
{
	if (n->op != OP_EQ && n->op != OP_NE && n->op != OP_MATCH)
		return compile_fail(c, n->op_at, 1, ".ustring compares with ==, != and ~ only");
	if (n->b->kind != NODE_STRING) {
		compile_fail(c, n->b->at, n->b->len, "a string in quotes is expected");
		return NULL;
	}
	n->str = n->b->str;
	n->str_len = n->b->str_len;
	n->kind = NODE_USTRING;
	return n;
}

static struct node *bind_suffix(struct compile *c, struct node *n)
{
	struct node *suffix = n->a, *field = suffix->a;

	if (strcmp(suffix->str, "function") && strcmp(suffix->str, "ustring"))
		return suffix_fail_alone(c, suffix);
	if (field->kind != NODE_NAME)
		return compile_fail(c, field->at, field->len, ".%s belongs to a field",
				    suffix->str);
	if (!resolve_name(c, field))
		return NULL;
	if (field->kind != NODE_FIELD || type_size(field->type) != 8)
		return compile_fail(c, field->at, field->len,
				    ".%s needs an address; '%.60s' is none", suffix->str,
				    field->str);
	n = suffix->str[0] == 'f' ? bind_function(c, n) : bind_ustring(c, n);
	if (n) {
		n->a = field;
		n->b = NULL;
	}
	return n;
}

static struct node *bind_cpus(struct compile *c, struct node *n)
{
	struct node *cpus = n->a->kind == NODE_CPUS ? n->a : n->b;
	struct node *field = cpus == n->a ? n->b : n->a;

	if (n->op != OP_AND && n->op != OP_EQ && n->op != OP_NE)
		return suffix_fail_alone(c, cpus);
	if (field->kind != NODE_NAME)
		return suffix_fail_alone(c, cpus);
	if (!resolve_whole(c, field))
		return NULL;
	if (field->type == TYPE_STRING || (field->kind == NODE_SELF && field->self != SELF_CPU))
		return compile_fail(c, field->at, field->len,
				    "'%.60s' is no CPU and no set of CPUs", field->str);
	n->kind = NODE_CPUS;
	n->str = cpus->str;
	n->a = field;
	n->b = NULL;
	return n;
}

struct node *suffix_bind(struct compile *c, struct node *n)
{
	n->type = TYPE_INT;
	if (n->a->kind == NODE_CPUS || n->b->kind == NODE_CPUS)
		return bind_cpus(c, n);
	if (n->a->kind != NODE_SUFFIX)
		return suffix_fail_alone(c, n->b);
	return bind_suffix(c, n);
}
