// SPDX-License-Identifier: GPL-2.0-only
/*
 * fold.c - constants computed at compile time
 *
 * Called by type.c on every node it has typed, so operands are folded before
 * their operator. Uses the very operations of the VM (ir.h): a constant cannot
 * mean something else than the same value in a field.
 */
#include "expr/ast.h"
#include "expr/builtin.h"
#include "expr/ir.h"

static bool is_number(const struct node *n)
{
	return n->kind == NODE_NUMBER;
}

/* Turns @n into a number where it stands: others point to it. */
static struct node *make_number(struct node *n, __u64 value)
{
	n->kind = NODE_NUMBER;
	n->op = OP_NONE;
	n->value = type_convert(n->type, value);
	n->a = n->b = n->c = NULL;
	return n;
}

/* What the VM does, on constants. */
static __u64 compute(enum ir_op op, __u64 a, __u64 b)
{
	switch (op) {
#define COMPUTE_ALU(n)                                                                             \
	case IR_##n:                                                                               \
		return IR_DO_##n(a, b);
#define COMPUTE_COMPARE(n)                                                                         \
	case IR_SET_##n:                                                                           \
		return IR_DO_##n(a, b);
		IR_FOR_ALU(COMPUTE_ALU)
		IR_FOR_COMPARE(COMPUTE_COMPARE)
	default:
		return 0;
	}
}

static struct node *fold_logic(struct node *n)
{
	bool is_and = n->op == OP_LAND;

	if (!is_number(n->a))
		return n;
	if (!!n->a->value != is_and) /* decided by the left one */
		return make_number(n, !is_and);
	return is_number(n->b) ? make_number(n, !!n->b->value) : n;
}

static struct node *fold_binary(struct node *n)
{
	if (n->op == OP_LAND || n->op == OP_LOR)
		return fold_logic(n);
	if (n->op == OP_COMMA)
		return is_number(n->a) ? n->b : n;
	if (!is_number(n->a) || !is_number(n->b))
		return n;
	return make_number(n, compute(ir_op_of(n->op, type_is_signed(n->a->type)), n->a->value,
				      n->b->value));
}

static struct node *fold_unary(struct node *n)
{
	if (!is_number(n->a))
		return n;
	switch (n->op) {
	case OP_NEG:
		return make_number(n, -n->a->value);
	case OP_NOT:
		return make_number(n, !n->a->value);
	case OP_BNOT:
		return make_number(n, ~n->a->value);
	default:
		return make_number(n, n->a->value);
	}
}

static struct node *fold_call(struct node *n)
{
	const struct node *a = n->a, *b = a ? a->next : NULL;

	if (n->builtin->id == BUILTIN_STRLEN)
		return a->kind == NODE_STRING ? make_number(n, a->str_len) : n;
	if (n->builtin->id < BUILTIN_NTOHL || n->builtin->id > BUILTIN_LOG2)
		return n;
	if (!is_number(a) || (b && !is_number(b)))
		return n;
	return make_number(n, builtin_compute(n->builtin->id, a->value, b ? b->value : 0,
					      type_is_signed(a->type)));
}

struct node *fold_node(struct node *n)
{
	switch (n->kind) {
	case NODE_CAST:
		return is_number(n->a) ? make_number(n, n->a->value) : n;
	case NODE_UNARY:
		return fold_unary(n);
	case NODE_BINARY:
		return fold_binary(n);
	case NODE_COND:
		return !is_number(n->a) ? n : n->a->value ? n->b : n->c;
	case NODE_CALL:
		return fold_call(n);
	default:
		return n;
	}
}
