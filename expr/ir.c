// SPDX-License-Identifier: GPL-2.0-only
/*
 * ir.c - the typed tree to register code
 *
 * Registers are given out like a stack: a node's value goes to register d, its
 * operands to d and above. Truth values become jumps, so && || ! ?: cost no
 * more than they must. Values are kept extended as their type says; an
 * operation that can leave its type's range is followed by an IR_EXT_. Called
 * by expr.c.
 */
/* long: a few lines for each kind of node, all over the same register stack */
#include "expr/ir.h"
#include "expr/builtin.h"
#include "expr/irgen.h"

#include <string.h>

#define NO_FIXUP ~0U /* ends the chain of a label's jumps, which runs through their x */

struct label {
	__u32 fixups;
};

static bool gen_jump(struct gen *g, const struct node *n, bool sense, struct label *target);

enum ir_op ir_op_of(enum op op, bool is_signed)
{
	switch (op) {
	case OP_ADD:
		return IR_ADD;
	case OP_SUB:
		return IR_SUB;
	case OP_MUL:
		return IR_MUL;
	case OP_DIV:
		return is_signed ? IR_DIVS : IR_DIVU;
	case OP_MOD:
		return is_signed ? IR_MODS : IR_MODU;
	case OP_SHL:
		return IR_SHL;
	case OP_SHR:
		return is_signed ? IR_SAR : IR_SHR;
	case OP_AND:
		return IR_AND;
	case OP_OR:
		return IR_OR;
	case OP_XOR:
		return IR_XOR;
	case OP_EQ:
		return IR_SET_EQ;
	case OP_LT:
		return is_signed ? IR_SET_LTS : IR_SET_LTU;
	case OP_LE:
		return is_signed ? IR_SET_LES : IR_SET_LEU;
	case OP_GT:
		return is_signed ? IR_SET_GTS : IR_SET_GTU;
	case OP_GE:
		return is_signed ? IR_SET_GES : IR_SET_GEU;
	default:
		return IR_SET_NE;
	}
}

/* ---- tables that grow in the arena ---- */

struct ir_insn *gen_emit(struct gen *g, enum ir_op op, unsigned int d, unsigned int a)
{
	struct ir_insn *insn;

	if (g->code->nr_insns == IR_MAX_INSNS)
		return compile_fail(g->c, 0, g->c->len,
				    "the expression is too long: more than %d instructions",
				    IR_MAX_INSNS);
	if (g->code->nr_insns == g->max_insns) {
		unsigned int max = g->max_insns ? 2 * g->max_insns : 32;
		struct ir_insn *insns = compile_alloc(g->c, max * sizeof(*insns));

		if (!insns)
			return NULL;
		if (g->max_insns)
			memcpy(insns, g->code->insns, g->max_insns * sizeof(*insns));
		g->code->insns = insns;
		g->max_insns = max;
	}
	insn = &g->code->insns[g->code->nr_insns++];
	*insn = (struct ir_insn){ .op = op, .d = d, .a = a };
	return insn;
}

/* d = a op k */
static bool emit_k(struct gen *g, enum ir_op op, unsigned int d, unsigned int a, __u64 k)
{
	struct ir_insn *insn = gen_emit(g, op, d, a);

	if (insn)
		insn->k = k;
	return insn;
}

static bool emit_x(struct gen *g, enum ir_op op, unsigned int d, unsigned int a, __u32 x)
{
	struct ir_insn *insn = gen_emit(g, op, d, a);

	if (insn)
		insn->x = x;
	return insn;
}

/* A table doubles when its length reaches a power of two. */
static void *table_grow(struct gen *g, void *table, __u32 nr, size_t size)
{
	void *bigger;

	if (nr & (nr - 1))
		return table;
	bigger = compile_alloc(g->c, (nr ? 2 * nr : 1) * size);
	if (bigger && nr)
		memcpy(bigger, table, nr * size);
	return bigger;
}

static bool add_string(struct gen *g, const struct node *n, __u32 *index)
{
	struct ir_code *code = g->code;

	code->strings = table_grow(g, code->strings, code->nr_strings, sizeof(*code->strings));
	if (!code->strings)
		return false;
	*index = code->nr_strings++;
	code->strings[*index] = (struct ir_string){ .str = n->str, .len = n->str_len };
	return true;
}

static bool add_array(struct gen *g, const struct expr_field *f, enum type_id element, __u32 *index)
{
	struct ir_code *code = g->code;

	code->arrays = table_grow(g, code->arrays, code->nr_arrays, sizeof(*code->arrays));
	if (!code->arrays)
		return false;
	*index = code->nr_arrays++;
	code->arrays[*index] = (struct ir_array){ .offset = f->offset,
						  .size = f->size,
						  .elem_size = type_size(element),
						  .is_signed = type_is_signed(element),
						  .where = f->where };
	return true;
}

struct ir_format *gen_add_format(struct gen *g)
{
	struct ir_code *code = g->code;

	code->formats = table_grow(g, code->formats, code->nr_formats, sizeof(*code->formats));
	return code->formats ? &code->formats[code->nr_formats++] : NULL;
}

/* ---- labels ---- */

static bool emit_jump(struct gen *g, enum ir_op op, unsigned int a, struct label *target)
{
	if (!emit_x(g, op, 0, a, target->fixups))
		return false;
	target->fixups = g->code->nr_insns - 1;
	return true;
}

static void label_here(struct gen *g, struct label *label)
{
	for (__u32 i = label->fixups, next; i != NO_FIXUP; i = next) {
		next = g->code->insns[i].x;
		g->code->insns[i].x = g->code->nr_insns;
	}
	label->fixups = NO_FIXUP;
}

/* ---- values ---- */

static bool want_register(struct gen *g, const struct node *n, unsigned int d, unsigned int max)
{
	if (d < max)
		return true;
	compile_fail(g->c, n->at, n->len, "the expression needs more than %u %s at once", max,
		     max == IR_NR_REGS ? "values" : "strings");
	compile_hint(g->c, "fewer parentheses to the right need fewer");
	return false;
}

static bool gen_extend(struct gen *g, enum type_id type, unsigned int d, unsigned int a)
{
	switch (type) {
	case TYPE_BOOL:
		return emit_k(g, IR_SET_NE_K, d, a, 0);
	case TYPE_CHAR:
		return gen_emit(g, IR_EXT_S8, d, a);
	case TYPE_UCHAR:
		return gen_emit(g, IR_EXT_U8, d, a);
	case TYPE_SHORT:
		return gen_emit(g, IR_EXT_S16, d, a);
	case TYPE_USHORT:
		return gen_emit(g, IR_EXT_U16, d, a);
	case TYPE_INT:
		return gen_emit(g, IR_EXT_S32, d, a);
	case TYPE_UINT:
		return gen_emit(g, IR_EXT_U32, d, a);
	default:
		return d == a || gen_emit(g, IR_MOV, d, a);
	}
}

/* Whether every value of @from is one of @to, so that the bits in the register stay the same. */
static bool is_free_cast(enum type_id from, enum type_id to)
{
	if (to == TYPE_BOOL)
		return from == TYPE_BOOL;
	if (type_size(to) == 8)
		return true;
	if (type_is_signed(from) == type_is_signed(to))
		return type_size(from) <= type_size(to);
	return type_is_signed(to) && type_size(from) < type_size(to);
}

static bool gen_load(struct gen *g, enum type_id type, unsigned int d, __u32 offset)
{
	static const enum ir_op loads[] = {
		[TYPE_CHAR] = IR_LD_S8,	   [TYPE_UCHAR] = IR_LD_U8,  [TYPE_SHORT] = IR_LD_S16,
		[TYPE_USHORT] = IR_LD_U16, [TYPE_INT] = IR_LD_S32,   [TYPE_UINT] = IR_LD_U32,
		[TYPE_LONG] = IR_LD_U64,   [TYPE_ULONG] = IR_LD_U64,
	};

	return emit_x(g, loads[type], d, 0, offset);
}

static bool gen_index(struct gen *g, const struct node *n, unsigned int d)
{
	const struct expr_field *f = n->a->field;
	__u64 index = n->b->value;
	__u32 x;

	if (n->b->kind == NODE_NUMBER && f->where == EXPR_FIXED) {
		if (index >= f->size / type_size(n->type))
			return emit_k(g, IR_MOV_K, d, 0, 0);
		return gen_load(g, n->type, d, f->offset + index * type_size(n->type));
	}
	return gen_value(g, n->b, d) && add_array(g, f, n->type, &x) && emit_x(g, IR_LDX, d, d, x);
}

/* a op b where b may be a constant. */
static bool gen_operands(struct gen *g, const struct node *a, const struct node *b, enum ir_op op,
			 unsigned int d)
{
	struct ir_insn *insn;

	if (!gen_value(g, a, d))
		return false;
	if (b->kind == NODE_NUMBER)
		return emit_k(g, op + 1, d, d, b->value);
	if (!gen_value(g, b, d + 1))
		return false;
	insn = gen_emit(g, op, d, d);
	if (insn)
		insn->b = d + 1;
	return insn;
}

static bool gen_strings(struct gen *g, const struct node *n, unsigned int d)
{
	struct ir_insn *insn;
	__u32 x;

	if (!gen_string(g, n->a, g->nr_strings))
		return false;
	if (n->op == OP_MATCH)
		return add_string(g, n->b, &x) && emit_x(g, IR_S_MATCH, d, g->nr_strings, x);
	g->nr_strings++;
	if (!gen_string(g, n->b, g->nr_strings))
		return false;
	g->nr_strings--;
	insn = gen_emit(g, IR_S_EQ, d, g->nr_strings);
	if (!insn)
		return false;
	insn->b = g->nr_strings + 1;
	return n->op == OP_EQ || emit_k(g, IR_SET_EQ_K, d, d, 0);
}

/* d = truth of @n */
static bool gen_truth(struct gen *g, const struct node *n, unsigned int d)
{
	struct label no = { NO_FIXUP }, end = { NO_FIXUP };

	if (!gen_jump(g, n, false, &no) || !emit_k(g, IR_MOV_K, d, 0, 1) ||
	    !emit_jump(g, IR_JMP, 0, &end))
		return false;
	label_here(g, &no);
	if (!emit_k(g, IR_MOV_K, d, 0, 0))
		return false;
	label_here(g, &end);
	return true;
}

static bool gen_binary(struct gen *g, const struct node *n, unsigned int d)
{
	bool is_signed = type_is_signed(n->a->type);
	enum ir_op op = ir_op_of(n->op, is_signed);

	if (n->op == OP_LAND || n->op == OP_LOR)
		return gen_truth(g, n, d);
	if (n->op == OP_COMMA) {
		if (n->a->type == TYPE_STRING ? !gen_string(g, n->a, g->nr_strings)
					      : !gen_value(g, n->a, d))
			return false;
		return gen_value(g, n->b, d);
	}
	if (n->a->type == TYPE_STRING)
		return gen_strings(g, n, d);
	if (!gen_operands(g, n->a, n->b, op, d))
		return false;
	switch (n->op) {
	case OP_ADD:
	case OP_SUB:
	case OP_MUL:
	case OP_SHL:
		return gen_extend(g, n->type, d, d);
	case OP_DIV: /* the smallest int by -1 */
		return !is_signed || gen_extend(g, n->type, d, d);
	default:
		return true;
	}
}

static bool gen_unary(struct gen *g, const struct node *n, unsigned int d)
{
	if (!gen_value(g, n->a, d))
		return false;
	switch (n->op) {
	case OP_NEG:
		return gen_emit(g, IR_NEG, d, d) && gen_extend(g, n->type, d, d);
	case OP_BNOT:
		return emit_k(g, IR_XOR_K, d, d, ~0ULL) &&
		       (type_is_signed(n->type) || gen_extend(g, n->type, d, d));
	case OP_NOT:
		return emit_k(g, IR_SET_EQ_K, d, d, 0);
	default:
		return true;
	}
}

static bool gen_cond(struct gen *g, const struct node *n, unsigned int d)
{
	struct label no = { NO_FIXUP }, end = { NO_FIXUP };

	if (!gen_jump(g, n->a, false, &no) || !gen_value(g, n->b, d) ||
	    !emit_jump(g, IR_JMP, 0, &end))
		return false;
	label_here(g, &no);
	if (!gen_value(g, n->c, d))
		return false;
	label_here(g, &end);
	return true;
}

static bool gen_strncmp(struct gen *g, const struct node *n, unsigned int d)
{
	const struct node *a = n->a, *b = a->next;
	unsigned int s = g->nr_strings;
	struct ir_insn *insn;
	bool ok;

	ok = gen_string(g, a, g->nr_strings++) && gen_string(g, b, g->nr_strings++) &&
	     gen_value(g, b->next, d);
	g->nr_strings = s;
	insn = ok ? gen_emit(g, IR_S_NCMP, d, s) : NULL;
	if (!insn)
		return false;
	insn->b = s + 1;
	insn->x = d;
	return true;
}

/* d = d if it compares so with the register above or with 0, else what is done next */
static bool gen_pick(struct gen *g, const struct node *n, unsigned int d)
{
	bool is_signed = type_is_signed(n->type), is_min = n->builtin->id == BUILTIN_MIN;
	struct label end = { NO_FIXUP };

	if (!gen_value(g, n->a, d))
		return false;
	if (n->builtin->id == BUILTIN_ABS) {
		if (!is_signed)
			return true;
		if (!emit_jump(g, IR_J_GES_K, d, &end) || !gen_emit(g, IR_NEG, d, d) ||
		    !gen_extend(g, n->type, d, d))
			return false;
	} else {
		if (!gen_value(g, n->a->next, d + 1) ||
		    !emit_jump(g,
			       is_signed ? is_min ? IR_J_LES : IR_J_GES
			       : is_min	 ? IR_J_LEU
					 : IR_J_GEU,
			       d, &end))
			return false;
		g->code->insns[g->code->nr_insns - 1].b = d + 1;
		if (!gen_emit(g, IR_MOV, d, d + 1))
			return false;
	}
	label_here(g, &end);
	return true;
}

static bool gen_call(struct gen *g, const struct node *n, unsigned int d)
{
	switch (n->builtin->id) {
	case BUILTIN_STRNCMP:
		return gen_strncmp(g, n, d);
	case BUILTIN_STRLEN:
		return gen_string(g, n->a, g->nr_strings) &&
		       gen_emit(g, IR_S_LEN, d, g->nr_strings);
	case BUILTIN_NTOHL:
	case BUILTIN_HTONL:
		return gen_value(g, n->a, d) && gen_emit(g, IR_BSWAP32, d, d);
	case BUILTIN_NTOHS:
	case BUILTIN_HTONS:
		return gen_value(g, n->a, d) && gen_emit(g, IR_BSWAP16, d, d);
	case BUILTIN_LOG2:
		return gen_value(g, n->a, d) && gen_emit(g, IR_LOG2, d, d);
	default:
		return gen_pick(g, n, d);
	}
}

static bool gen_node(struct gen *g, const struct node *n, unsigned int d)
{
	struct ir_insn *insn;

	switch (n->kind) {
	case NODE_NUMBER:
		return emit_k(g, IR_MOV_K, d, 0, n->value);
	case NODE_FIELD:
		return gen_load(g, n->type, d, n->field->offset);
	case NODE_SELF:
		if (n->self == SELF_TID)
			g->code->needs |= EXPR_NEEDS_TID;
		return emit_x(g, IR_SELF, d, 0, n->self);
	case NODE_INDEX:
		return gen_index(g, n, d);
	case NODE_UNARY:
		return gen_unary(g, n, d);
	case NODE_BINARY:
		return gen_binary(g, n, d);
	case NODE_COND:
		return gen_cond(g, n, d);
	case NODE_CAST:
		return gen_value(g, n->a, d) &&
		       (is_free_cast(n->a->type, n->type) || gen_extend(g, n->type, d, d));
	case NODE_DEREF:
		g->code->needs |= EXPR_NEEDS_KERNEL_MEMORY;
		if (!gen_value(g, n->a, d))
			return false;
		insn = gen_emit(g, IR_LDM, d, d);
		if (!insn)
			return false;
		insn->x = type_size(n->type);
		insn->b = type_is_signed(n->type);
		return true;
	case NODE_CALL:
		return gen_call(g, n, d);
	default: /* .function .ustring CPUS{}: not for user space */
		g->code->needs |= EXPR_NEEDS_KERNEL_FILTER;
		return emit_k(g, IR_MOV_K, d, 0, 0);
	}
}

bool gen_value(struct gen *g, const struct node *n, unsigned int d)
{
	unsigned int nr_regs = g->nr_regs;
	bool ok;

	if (!want_register(g, n, d, IR_NR_REGS))
		return false;
	g->nr_regs = d; /* jumps and strings under it use d and above */
	ok = gen_node(g, n, d);
	g->nr_regs = nr_regs;
	return ok;
}

bool gen_string(struct gen *g, const struct node *n, unsigned int d)
{
	struct label no = { NO_FIXUP }, end = { NO_FIXUP };
	const struct node *b = n->a ? n->a->next : NULL;
	struct ir_insn *insn;
	bool ok;
	__u32 x;

	if (!want_register(g, n, d, IR_NR_STRINGS))
		return false;
	switch (n->kind) {
	case NODE_STRING:
		return add_string(g, n, &x) && emit_x(g, IR_S_CONST, d, 0, x);
	case NODE_FIELD:
		return add_array(g, n->field, TYPE_CHAR, &x) && emit_x(g, IR_S_FIELD, d, 0, x);
	case NODE_SELF:
		g->code->needs |= EXPR_NEEDS_COMM;
		return gen_emit(g, IR_S_COMM, d, 0);
	case NODE_BINARY: /* the comma */
		if (n->a->type == TYPE_STRING ? !gen_string(g, n->a, d)
					      : !gen_value(g, n->a, g->nr_regs))
			return false;
		return gen_string(g, n->b, d);
	case NODE_COND:
		if (!gen_jump(g, n->a, false, &no) || !gen_string(g, n->b, d) ||
		    !emit_jump(g, IR_JMP, 0, &end))
			return false;
		label_here(g, &no);
		if (!gen_string(g, n->c, d))
			return false;
		label_here(g, &end);
		return true;
	default:
		break;
	}
	/* calls: str() and those that make a name */
	g->code->needs |= n->builtin->needs;
	ok = gen_value(g, n->a, g->nr_regs) && (!b || gen_value(g, b, g->nr_regs + 1));
	insn = ok ? gen_emit(g, n->builtin->id == BUILTIN_STR ? IR_S_MEM : IR_S_CALL, d, g->nr_regs)
		  : NULL;
	if (!insn)
		return false;
	insn->b = b ? g->nr_regs + 1 : 0;
	insn->x = n->builtin->id;
	return true;
}

static enum ir_op invert(enum ir_op op)
{
	static const enum ir_op inverse[][2] = {
		{ IR_SET_EQ, IR_SET_NE },   { IR_SET_LTU, IR_SET_GEU }, { IR_SET_LEU, IR_SET_GTU },
		{ IR_SET_LTS, IR_SET_GES }, { IR_SET_LES, IR_SET_GTS },
	};

	for (size_t i = 0; i < sizeof(inverse) / sizeof(*inverse); i++) {
		if (inverse[i][0] == op)
			return inverse[i][1];
		if (inverse[i][1] == op)
			return inverse[i][0];
	}
	return op;
}

/* From a register setting comparison to the jump on it. */
static enum ir_op jump_op(enum ir_op set)
{
	return set + (IR_J_EQ - IR_SET_EQ);
}

static bool gen_jump_logic(struct gen *g, const struct node *n, bool sense, struct label *target)
{
	struct label through = { NO_FIXUP };
	bool is_and = n->op == OP_LAND;

	/* a false left side of && decides "false", a true one of || "true" */
	if (is_and != sense)
		return gen_jump(g, n->a, sense, target) && gen_jump(g, n->b, sense, target);
	if (!gen_jump(g, n->a, !sense, &through) || !gen_jump(g, n->b, sense, target))
		return false;
	label_here(g, &through);
	return true;
}

static bool gen_jump_compare(struct gen *g, const struct node *n, bool sense, struct label *target)
{
	enum ir_op op = ir_op_of(n->op, type_is_signed(n->a->type));
	unsigned int d = g->nr_regs;
	__u64 k = n->b->value;

	op = jump_op(sense ? op : invert(op));
	if (!gen_value(g, n->a, d))
		return false;
	if (n->b->kind != NODE_NUMBER) {
		if (!gen_value(g, n->b, d + 1) || !emit_jump(g, op, d, target))
			return false;
		g->code->insns[g->code->nr_insns - 1].b = d + 1;
		return true;
	}
	if (!emit_jump(g, op + 1, d, target))
		return false;
	g->code->insns[g->code->nr_insns - 1].k = k;
	return true;
}

/* Jumps to @target if the truth of @n is @sense; else goes on. */
static bool gen_jump(struct gen *g, const struct node *n, bool sense, struct label *target)
{
	bool is_binary = n->kind == NODE_BINARY;

	if (n->kind == NODE_UNARY && n->op == OP_NOT)
		return gen_jump(g, n->a, !sense, target);
	if (is_binary && (n->op == OP_LAND || n->op == OP_LOR))
		return gen_jump_logic(g, n, sense, target);
	if (is_binary && n->op >= OP_EQ && n->op <= OP_GE && n->a->type != TYPE_STRING)
		return gen_jump_compare(g, n, sense, target);
	return gen_value(g, n, g->nr_regs) &&
	       emit_jump(g, sense ? IR_J_NE_K : IR_J_EQ_K, g->nr_regs, target);
}

/* The whole expression's end: every branch of a ?: returns by itself. */
static bool gen_result(struct gen *g, const struct node *n)
{
	struct label no = { NO_FIXUP };

	g->nr_regs = 0;
	if (n->type != TYPE_STRING)
		return gen_value(g, n, 0) && gen_emit(g, IR_RET, 0, 0);
	if (n->kind == NODE_COND) {
		if (!gen_jump(g, n->a, false, &no) || !gen_result(g, n->b))
			return false;
		label_here(g, &no);
		return gen_result(g, n->c);
	}
	if (n->kind == NODE_BINARY) {
		if (n->a->type == TYPE_STRING ? !gen_string(g, n->a, 0) : !gen_value(g, n->a, 0))
			return false;
		return gen_result(g, n->b);
	}
	if (n->kind == NODE_CALL && n->builtin->id == BUILTIN_PRINTF)
		return gen_printf(g, n);
	return gen_string(g, n, 0) && gen_emit(g, IR_S_RET, 0, 0);
}

bool ir_generate(struct compile *c, const struct node *root, struct ir_code *code)
{
	struct gen g = { .c = c, .code = code };

	return gen_result(&g, root);
}
