// SPDX-License-Identifier: GPL-2.0-only
/*
 * type.c - types, and the casts C puts in
 *
 * Walks the tree from the leaves: names become fields, every node gets its
 * type, and where C converts, a cast is put in; so nothing after this stage
 * knows conversion rules. Constants are folded on the way (fold.c).
 * Called by expr.c; builtin.c types calls, suffix.c what only the kernel's
 * filter has.
 */
#include "expr/ast.h"
#include "expr/builtin.h"
#include "expr/suffix.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	unsigned int size;
} types[] = {
	[TYPE_NONE] = { "nothing", 0 },	   [TYPE_BOOL] = { "bool", 1 },
	[TYPE_CHAR] = { "char", 1 },	   [TYPE_UCHAR] = { "unsigned char", 1 },
	[TYPE_SHORT] = { "short", 2 },	   [TYPE_USHORT] = { "unsigned short", 2 },
	[TYPE_INT] = { "int", 4 },	   [TYPE_UINT] = { "unsigned int", 4 },
	[TYPE_LONG] = { "long", 8 },	   [TYPE_ULONG] = { "unsigned long", 8 },
	[TYPE_LLONG] = { "long long", 8 }, [TYPE_ULLONG] = { "unsigned long long", 8 },
	[TYPE_STRING] = { "string", 0 },
};

unsigned int type_size(enum type_id type)
{
	return types[type].size;
}

bool type_is_signed(enum type_id type)
{
	return !(type & 1);
}

const char *type_name(enum type_id type)
{
	return types[type].name;
}

enum type_id type_of_size(unsigned int size, bool is_signed)
{
	switch (size) {
	case 1:
		return is_signed ? TYPE_CHAR : TYPE_UCHAR;
	case 2:
		return is_signed ? TYPE_SHORT : TYPE_USHORT;
	case 4:
		return is_signed ? TYPE_INT : TYPE_UINT;
	case 8:
		return is_signed ? TYPE_LONG : TYPE_ULONG;
	default:
		return TYPE_NONE;
	}
}

enum type_id type_promote(enum type_id type)
{
	return type < TYPE_INT ? TYPE_INT : type;
}

/* C11 6.3.1.8. Of one rank the unsigned one; else the higher, made unsigned if it can't hold the lower. */
enum type_id type_common(enum type_id a, enum type_id b)
{
	enum type_id high, low;

	a = type_promote(a);
	b = type_promote(b);
	high = a > b ? a : b;
	low = a > b ? b : a;
	if (type_is_signed(high) && !type_is_signed(low) && type_size(high) == type_size(low))
		return high + 1;
	return high;
}

__u64 type_convert(enum type_id to, __u64 value)
{
	switch (to) {
	case TYPE_BOOL:
		return !!value;
	case TYPE_CHAR:
		return (__s8)value;
	case TYPE_UCHAR:
		return (__u8)value;
	case TYPE_SHORT:
		return (__s16)value;
	case TYPE_USHORT:
		return (__u16)value;
	case TYPE_INT:
		return (__s32)value;
	case TYPE_UINT:
		return (__u32)value;
	default:
		return value;
	}
}

struct node *type_cast(struct compile *c, struct node *n, enum type_id to)
{
	struct node *cast;

	if (n->type == to)
		return n;
	cast = compile_alloc(c, sizeof(*cast));
	if (!cast)
		return NULL;
	cast->kind = NODE_CAST;
	cast->type = to;
	cast->at = n->at;
	cast->len = n->len;
	cast->next = n->next;
	cast->a = n;
	return fold_node(cast);
}

static bool want_number(struct compile *c, const struct node *n, const struct node *op)
{
	int len = op->kind == NODE_COND || (op->op >= OP_ADD && op->op <= OP_LOR) ? 2 : 1;

	if (n->type != TYPE_STRING)
		return true;
	if (len == 2 && (op->op_at + 1 >= c->len || !strchr("=&|<>", c->text[op->op_at + 1])))
		len = 1;
	compile_fail(c, n->at, n->len, "a number is expected by '%.*s', this is a string", len,
		     c->text + op->op_at);
	if (op->op >= OP_LT && op->op <= OP_GE)
		compile_hint(c, "strings compare with == != ~ only; strncmp(a, b, n) orders them");
	else if (op->op == OP_LAND || op->op == OP_LOR || op->op == OP_NOT || op->op == OP_COND)
		compile_hint(c, "compare it: == \"...\" or ~ \"...*\"");
	return false;
}

static struct node *type_unary(struct compile *c, struct node *n)
{
	n->a = type_node(c, n->a);
	if (!n->a || !want_number(c, n->a, n))
		return NULL;
	n->type = type_promote(n->a->type);
	if (n->op == OP_NOT)
		n->type = TYPE_INT;
	else
		n->a = type_cast(c, n->a, n->type);
	return n->a ? fold_node(n) : NULL;
}

static bool cast_both(struct compile *c, struct node *n, enum type_id to)
{
	n->a = type_cast(c, n->a, to);
	n->b = n->a ? type_cast(c, n->b, to) : NULL;
	return n->b;
}

/* !a == b, !a & b: C and the kernel read it differently, so nobody can be sure what was meant. */
static bool is_ambiguous(struct compile *c, const struct node *n)
{
	bool is_predicate = (n->op >= OP_EQ && n->op <= OP_MATCH) || n->op == OP_AND;
	const struct node *a = n->a;
	int len = n->op == OP_LT || n->op == OP_GT || n->op >= OP_MATCH || n->op == OP_AND ? 1 : 2;

	if (c->use != EXPR_FILTER || !is_predicate || a->kind != NODE_UNARY || a->op != OP_NOT ||
	    a->in_parens)
		return false;
	compile_fail(c, a->op_at, 1, "it is not clear how far '!' reaches here");
	compile_hint(c, "write !(a %.*s b) or (!a) %.*s b", len, c->text + n->op_at, len,
		     c->text + n->op_at);
	return true;
}

static struct node *type_comparison(struct compile *c, struct node *n, bool has_strings)
{
	n->type = TYPE_INT;
	if (has_strings && n->a->type == n->b->type && (n->op == OP_EQ || n->op == OP_NE))
		return n;
	if (!want_number(c, n->a, n) || !want_number(c, n->b, n))
		return NULL;
	return cast_both(c, n, type_common(n->a->type, n->b->type)) ? fold_node(n) : NULL;
}

/* comm == bash: the name is no field, but what is left of it is a string. */
static void hint_quotes(struct compile *c, const struct node *n, size_t b_at)
{
	size_t end = b_at;

	if (c->rc != -EINVAL || n->a->type != TYPE_STRING || c->err->at != b_at)
		return;
	while (end < c->len && !strchr(" \t\n()&|\"", c->text[end]))
		end++;
	compile_hint(c, "strings stand in quotes: \"%.*s\"",
		     (int)(end - b_at > 200 ? 200 : end - b_at), c->text + b_at);
}

static bool type_operands(struct compile *c, struct node *n)
{
	bool b_is_name;
	size_t b_at = n->b->at;

	b_is_name = c->text[b_at] != '"' && c->text[b_at] != '(';
	n->a = type_node(c, n->a);
	if (!n->a)
		return false;
	n->b = type_node(c, n->b);
	if (!n->b && b_is_name && (n->op == OP_EQ || n->op == OP_NE))
		hint_quotes(c, n, b_at);
	return n->b;
}

static struct node *type_match(struct compile *c, struct node *n)
{
	if (n->a->type != TYPE_STRING) {
		compile_fail(c, n->a->at, n->a->len, "a string is expected left of ~, this is %s",
			     type_name(n->a->type));
		return NULL;
	}
	for (const char *p = n->b->str; *p; p++) {
		const char *end;

		if (*p == '\\' && p[1]) {
			p++;
			continue;
		}
		if (*p != '[')
			continue;
		end = p + 1 + (p[1] == '!');
		end = *end ? strchr(end + 1, ']') : NULL;
		if (!end)
			return compile_fail(c, n->b->at, n->b->len,
					    "'[' without ']' in the pattern");
		p = end;
	}
	n->type = TYPE_INT;
	return n;
}

static struct node *type_binary(struct compile *c, struct node *n)
{
	bool is_comparison = n->op >= OP_EQ && n->op <= OP_GE;

	if (is_ambiguous(c, n))
		return NULL;
	if (suffix_wanted(n))
		return suffix_bind(c, n);
	if (!type_operands(c, n))
		return NULL;
	if (n->op == OP_MATCH)
		return type_match(c, n);
	if (n->op == OP_COMMA) {
		n->type = n->b->type;
		return fold_node(n);
	}
	if (is_comparison)
		return type_comparison(c, n,
				       n->a->type == TYPE_STRING || n->b->type == TYPE_STRING);
	if (!want_number(c, n->a, n) || !want_number(c, n->b, n))
		return NULL;
	if (n->op == OP_LAND || n->op == OP_LOR) {
		n->type = TYPE_INT;
		return fold_node(n);
	}
	if (n->op == OP_SHL || n->op == OP_SHR) {
		/* the count keeps its own type: it is taken modulo 64 */
		n->type = type_promote(n->a->type);
		n->a = type_cast(c, n->a, n->type);
		return n->a ? fold_node(n) : NULL;
	}
	n->type = type_common(n->a->type, n->b->type);
	return cast_both(c, n, n->type) ? fold_node(n) : NULL;
}

static struct node *type_cond(struct compile *c, struct node *n)
{
	n->a = type_node(c, n->a);
	if (!n->a || !want_number(c, n->a, n))
		return NULL;
	n->b = type_node(c, n->b);
	n->c = n->b ? type_node(c, n->c) : NULL;
	if (!n->c)
		return NULL;
	if (n->b->type == TYPE_STRING && n->c->type == TYPE_STRING) {
		n->type = TYPE_STRING;
		return fold_node(n);
	}
	if (n->b->type == TYPE_STRING || n->c->type == TYPE_STRING)
		return compile_fail(c, n->at, n->len, "one branch is a string, the other a number");
	n->type = type_common(n->b->type, n->c->type);
	n->b = type_cast(c, n->b, n->type);
	n->c = n->b ? type_cast(c, n->c, n->type) : NULL;
	return n->c ? fold_node(n) : NULL;
}

static struct node *type_index(struct compile *c, struct node *n)
{
	if (n->a->kind != NODE_NAME || !resolve_whole(c, n->a))
		return compile_fail(c, n->a->at, n->a->len, "only fields have elements");
	if (n->a->kind == NODE_FIELD && n->a->type == TYPE_STRING) {
		n->type = TYPE_CHAR; /* on every kernel, whatever its char arrays are */
	} else if (n->a->kind == NODE_WHOLE && n->a->field->is_array) {
		n->type = type_of_size(n->a->field->elem_size, n->a->field->is_signed);
		if (!n->type)
			return compile_fail(
				c, n->a->at, n->a->len,
				"the elements of '%.60s' are no integers: %u bytes each", n->a->str,
				n->a->field->elem_size);
	} else {
		return compile_fail(c, n->a->at, n->a->len, "'%.60s' is not an array", n->a->str);
	}
	n->b = type_node(c, n->b);
	if (!n->b)
		return NULL;
	if (n->b->type == TYPE_STRING)
		return compile_fail(c, n->b->at, n->b->len,
				    "an index is a number, this is a string");
	return n;
}

static struct node *type_sizeof(struct compile *c, struct node *n)
{
	__u64 size = type_size(n->value);
	struct node *a = n->a;

	if (a) {
		a = a->kind == NODE_NAME ? resolve_whole(c, a) : type_node(c, a);
		if (!a)
			return NULL;
		size = type_size(a->type);
		if (a->kind == NODE_STRING)
			size = a->str_len + 1;
		else if (a->field && a->kind != NODE_INDEX && a->field->where == EXPR_FIXED)
			size = a->field->size;
		if (!size)
			return compile_fail(c, a->at, a->len,
					    "its size is not known before it is there");
	}
	n->kind = NODE_NUMBER;
	n->type = TYPE_ULONG;
	n->value = size;
	n->a = NULL;
	return n;
}

static struct node *type_deref(struct compile *c, struct node *n)
{
	struct node *pointer = n->a;

	if (pointer->kind != NODE_POINTER) {
		compile_fail(c, n->op_at, 1, "what kind of memory is read here?");
		compile_hint(c, "*(type *)expr reads memory, like *(unsigned int *)%.*s",
			     (int)(pointer->len > 60 ? 60 : pointer->len), c->text + pointer->at);
		return NULL;
	}
	n->type = pointer->type;
	n->a = type_node(c, pointer->a);
	if (!n->a)
		return NULL;
	if (n->a->type == TYPE_STRING)
		return compile_fail(c, n->a->at, n->a->len,
				    "an address is a number, this is a string");
	return n;
}

static struct node *type_call(struct compile *c, struct node *n)
{
	if (!resolve_whole(c, n))
		return NULL;
	for (struct node **arg = &n->a; *arg; arg = &(*arg)->next) {
		struct node *next = (*arg)->next;
		struct node *typed = type_node(c, *arg);

		if (!typed)
			return NULL;
		typed->next = next;
		*arg = typed;
	}
	n = builtin_check(c, n);
	return n ? fold_node(n) : NULL;
}

struct node *type_node(struct compile *c, struct node *n)
{
	switch (n->kind) {
	case NODE_STRING:
		n->type = TYPE_STRING;
		return n;
	case NODE_NAME:
		return resolve_name(c, n);
	case NODE_INDEX:
		return type_index(c, n);
	case NODE_UNARY:
		return type_unary(c, n);
	case NODE_BINARY:
		return type_binary(c, n);
	case NODE_COND:
		return type_cond(c, n);
	case NODE_CAST:
		n->a = type_node(c, n->a);
		if (!n->a)
			return NULL;
		if (n->a->type == TYPE_STRING)
			return compile_fail(c, n->a->at, n->a->len, "a string can't be cast to %s",
					    type_name(n->type));
		return fold_node(n);
	case NODE_POINTER:
		compile_fail(c, n->at, n->len, "a pointer is good for reading memory only");
		compile_hint(c, "put * before it: *%.*s", (int)(n->len > 60 ? 60 : n->len),
			     c->text + n->at);
		return NULL;
	case NODE_DEREF:
		return type_deref(c, n);
	case NODE_SIZEOF:
		return type_sizeof(c, n);
	case NODE_CALL:
		return type_call(c, n);
	case NODE_SUFFIX:
	case NODE_CPUS:
		return suffix_fail_alone(c, n);
	default:
		return n;
	}
}

/* printf() prints: it has no value that could be compared or passed on. */
static bool check_printf(struct compile *c, const struct node *n, bool is_result)
{
	bool is_branch = n->kind == NODE_COND || (n->kind == NODE_BINARY && n->op == OP_COMMA);

	if (n->kind == NODE_CALL && n->builtin->id == BUILTIN_PRINTF && !is_result) {
		compile_fail(c, n->at, n->len, "printf() has no value");
		compile_hint(c, "it is the whole expression, or a branch of ?:");
		return false;
	}
	for (const struct node *arg = n->kind == NODE_CALL ? n->a : NULL; arg; arg = arg->next) {
		if (!check_printf(c, arg, false))
			return false;
	}
	return n->kind == NODE_CALL || ((!n->a || check_printf(c, n->a, false)) &&
					(!n->b || check_printf(c, n->b, is_result && is_branch)) &&
					(!n->c || check_printf(c, n->c, is_result && is_branch)));
}

struct node *type_check(struct compile *c, struct node *root)
{
	root = type_node(c, root);
	if (!root || !check_printf(c, root, true))
		return NULL;
	if (root->type != TYPE_STRING || c->use == EXPR_DISPLAY)
		return root;
	compile_fail(c, root->at, root->len, "a number is expected, this is a string");
	if (c->use == EXPR_FILTER)
		compile_hint(c, "compare it: == \"...\" or ~ \"...*\"");
	return NULL;
}
