// SPDX-License-Identifier: GPL-2.0-only
/*
 * resolve.c - names to fields
 *
 * Looks names up in the scope and says, for those that are not there, what was
 * probably meant or what there is. Called by type.c.
 */
#include "expr/ast.h"
#include "expr/builtin.h"

#include <stdio.h>
#include <string.h>

static const struct self {
	const char *name;
	enum self_id id;
	enum type_id type;
} selves[] = {
	{ "_cpu", SELF_CPU, TYPE_INT },	     { "_pid", SELF_PID, TYPE_INT },
	{ "_tid", SELF_TID, TYPE_INT },	     { "_time", SELF_TIME, TYPE_ULLONG },
	{ "_comm", SELF_COMM, TYPE_STRING },
};

#define NR_SELVES (sizeof(selves) / sizeof(*selves))
#define NR_CANDIDATES 512

static enum type_id field_type(const struct expr_field *f)
{
	if (f->is_string)
		return TYPE_STRING;
	if (f->is_array || f->where != EXPR_FIXED)
		return TYPE_NONE;
	return type_of_size(f->size, f->is_signed);
}

const char *resolve_field_type(const struct expr_field *f, char *buf, size_t size)
{
	enum type_id type = type_of_size(f->elem_size ? f->elem_size : f->size, f->is_signed);

	if (f->type)
		return f->type;
	if (f->is_string)
		return "char[]";
	if (type && f->is_array)
		snprintf(buf, size, "%s[]", type_name(type));
	else if (type)
		return type_name(type);
	else
		snprintf(buf, size, "%u bytes", f->size);
	return buf;
}

/* "fields: unsigned long call_site, ...", as many as the buffer holds. */
static void hint_fields(struct compile *c)
{
	char list[sizeof(c->err->hint)], type[32];
	size_t n = 0, max = sizeof(list) - sizeof("fields: , ...");

	for (size_t i = 0; i < c->scope->nr_fields; i++) {
		const struct expr_field *f = &c->scope->fields[i];
		const char *t = resolve_field_type(f, type, sizeof(type));
		size_t need = strlen(t) + strlen(f->name) + sizeof(",  ");

		/* common_* are many and seldom meant */
		if (!strncmp(f->name, "common_", 7))
			continue;
		if (n + need > max) {
			n += snprintf(list + n, sizeof(list) - n, ", ...");
			break;
		}
		n += snprintf(list + n, sizeof(list) - n, "%s%s%s%s", n ? ", " : "", t,
			      t[strlen(t) - 1] == '*' ? "" : " ", f->name);
	}
	if (n)
		compile_hint(c, "fields: %s", list);
	else if (c->scope->has_self)
		compile_hint(c, "known: _pid, _tid, _cpu, _time, _comm");
}

static void hint_nearest(struct compile *c, const struct node *n)
{
	const char *names[NR_CANDIDATES];
	size_t nr = 0;
	bool is_call = n->kind == NODE_CALL;
	int i;

	for (size_t k = 0; is_call && builtin_name(k) && nr < NR_CANDIDATES; k++)
		names[nr++] = builtin_name(k);
	for (size_t k = 0; !is_call && k < c->scope->nr_fields && nr < NR_CANDIDATES; k++)
		names[nr++] = c->scope->fields[k].name;
	for (size_t k = 0; !is_call && c->scope->has_self && k < NR_SELVES && nr < NR_CANDIDATES;
	     k++)
		names[nr++] = selves[k].name;
	i = expr_nearest(n->str, n->str_len, names, nr, sizeof(*names));
	if (i >= 0)
		compile_hint(c, "did you mean %s%s?", names[i], is_call ? "()" : "");
	else if (is_call)
		compile_hint(
			c, "functions: printf ksymbol usymbol comm_get syscall_name strncmp strlen "
			   "ntohl ntohs htonl htons exit_reason_str min max abs log2 str");
	else
		hint_fields(c);
}

static struct node *fail_unknown(struct compile *c, const struct node *n)
{
	int len = n->str_len > 60 ? 60 : n->str_len;

	if (n->kind == NODE_CALL)
		compile_fail(c, n->at, n->str_len, "no function '%.*s'", len, n->str);
	else if (!c->scope->nr_fields && !c->scope->has_self)
		compile_fail(c, n->at, n->len,
			     "'%.*s' is not known: a constant expression has no fields", len,
			     n->str);
	else if (c->scope->what)
		compile_fail(c, n->at, n->len, "no field '%.*s' in %.60s", len, n->str,
			     c->scope->what);
	else
		compile_fail(c, n->at, n->len, "no field '%.*s'", len, n->str);
	if (n->kind != NODE_CALL && builtin_find(n->str))
		compile_hint(c, "%s is a function: %s(...)", n->str, n->str);
	else
		hint_nearest(c, n);
	return NULL;
}

static bool find_self(struct compile *c, struct node *n)
{
	if (!c->scope->has_self || n->str[0] != '_')
		return false;
	for (size_t i = 0; i < NR_SELVES; i++) {
		if (strcmp(selves[i].name, n->str))
			continue;
		n->kind = NODE_SELF;
		n->self = selves[i].id;
		n->type = selves[i].type;
		return true;
	}
	return false;
}

struct node *resolve_whole(struct compile *c, struct node *n)
{
	if (n->kind == NODE_CALL) {
		n->builtin = builtin_find(n->str);
		return n->builtin ? n : fail_unknown(c, n);
	}
	if (find_self(c, n))
		return n;
	for (size_t i = 0; i < c->scope->nr_fields; i++) {
		const struct expr_field *f = &c->scope->fields[i];

		if (strcmp(f->name, n->str))
			continue;
		n->field = f;
		n->type = field_type(f);
		n->kind = n->type ? NODE_FIELD : NODE_WHOLE;
		return n;
	}
	return fail_unknown(c, n);
}

struct node *resolve_name(struct compile *c, struct node *n)
{
	char type[32];

	n = resolve_whole(c, n);
	if (!n || n->kind != NODE_WHOLE)
		return n;
	if (n->field->is_array) {
		compile_fail(c, n->at, n->len, "'%.60s' is an array: it needs an index", n->str);
		compile_hint(c, "%s[0]", n->str);
		return NULL;
	}
	compile_fail(c, n->at, n->len,
		     "'%.60s' is neither a number nor a string: %.60s of %u bytes", n->str,
		     resolve_field_type(n->field, type, sizeof(type)), n->field->size);
	return NULL;
}
