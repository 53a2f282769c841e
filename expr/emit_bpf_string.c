// SPDX-License-Identifier: GPL-2.0-only
/*
 * emit_bpf_string.c - strings in eBPF
 *
 * A program has neither loops nor room, so a string register is only a note
 * where its string comes from: the instruction that set it. What uses it reads
 * as many bytes as it must see and is unrolled over them; a use that must see
 * all of a string needs one that is short by its nature. Strings that do not
 * stand at a fixed place are copied to one of two buffers first; bytes there
 * are 0 where the string has ended. Called by emit_bpf.c.
 */
#include "expr/emit_bpf.h"
#include "expr/builtin.h"

#include <string.h>

#define UNBOUNDED 0x10000U

bool emit_string_calls(const struct ir_code *code, const struct ir_insn *i)
{
	const char *star;

	switch (i->op) {
	case IR_S_FIELD:
		return code->arrays[i->x].where != EXPR_FIXED;
	case IR_S_COMM:
	case IR_S_MEM:
		return true;
	case IR_S_MATCH: /* no call, but r3 */
		star = strchr(code->strings[i->x].str, '*');
		return star && star[1];
	default:
		return false;
	}
}

/* ---- where a string comes from ---- */

static bool is_target(const struct ir_insn *i)
{
	return i->op == IR_JMP || (i->op >= IR_J_EQ && i->op < IR_LD_U8 && (i->op - IR_SET_EQ) & 2);
}

/* Whether a jump from before @from goes behind it, up to @to. */
static bool is_jumped_over(const struct ir_code *code, const struct ir_insn *from,
			   const struct ir_insn *to)
{
	for (const struct ir_insn *i = code->insns; i < from; i++) {
		if (is_target(i) && code->insns + i->x > from && code->insns + i->x <= to)
			return true;
	}
	return false;
}

static unsigned int field_limit(const struct emit *e, const struct ir_array *array)
{
	if (!emit_is_inside(e, array->offset, array->size))
		return 0;
	if (array->where == EXPR_FIXED)
		return array->size;
	return e->opt->context == EXPR_BPF_MEMORY ? e->opt->record_size : UNBOUNDED;
}

/* What string register @s holds at @use. */
bool emit_source_find(struct emit *e, const struct ir_insn *use, unsigned int s,
		      struct emit_source *out)
{
	const struct ir_insn *def = use - 1;

	while (def->op < IR_S_FIELD || def->op > IR_S_CALL || def->d != s)
		def--;
	if (is_jumped_over(e->code, def, use))
		return emit_refuse(e, "a string chosen by ?:");
	*out = (struct emit_source){ .def = def };
	switch (def->op) {
	case IR_S_CONST:
		out->constant = &e->code->strings[def->x];
		out->limit = out->constant->len;
		break;
	case IR_S_FIELD:
		out->limit = field_limit(e, &e->code->arrays[def->x]);
		break;
	case IR_S_COMM:
		out->limit = EMIT_MAX_COMM;
		break;
	default:
		out->limit = EMIT_MAX_STR;
	}
	return true;
}

static void point_r1(struct emit *e, int offset)
{
	emit_alu(e, BPF_MOV, BPF_REG_1, BPF_REG_10);
	emit_alu_k(e, BPF_ADD, BPF_REG_1, offset);
}

/* Copies up to @bytes of a located string to @buffer. */
static void copy_located(struct emit *e, const struct ir_array *array, int buffer,
			 unsigned int bytes)
{
	struct emit_label outside = { 0 }, fits = { 0 };

	emit_locate(e, array, &outside);
	emit_jump_k(e, BPF_JLE, BPF_REG_2, bytes, &fits);
	emit_alu_k(e, BPF_MOV, BPF_REG_2, bytes);
	emit_here(e, &fits);
	point_r1(e, buffer);
	emit_call(e, BPF_FUNC_probe_read_kernel);
	emit_here(e, &outside);
}

/* Makes the first @bytes of @s readable; @which buffer may be used. Clobbers what calls do. */
bool emit_source_open(struct emit *e, struct emit_source *s, unsigned int bytes, unsigned int which)
{
	bool is_field = s->def->op == IR_S_FIELD;
	const struct ir_array *array = is_field ? &e->code->arrays[s->def->x] : NULL;
	int at = e->buffers + which * EMIT_MAX_BYTES, buffer;

	if (bytes > s->limit)
		bytes = s->limit;
	if (s->constant || !bytes)
		return true;
	if (e->opt->context == EXPR_BPF_ARGS && is_field)
		return emit_refuse(e, "a string is no argument of a raw tracepoint");
	if (is_field && array->where == EXPR_FIXED) {
		s->base = BPF_REG_1;
		s->offset = array->offset;
		return true;
	}
	if (bytes > EMIT_MAX_BYTES)
		return emit_refuse(e, "more than %d bytes of a string", EMIT_MAX_BYTES);
	s->base = BPF_REG_10;
	if (is_field) {
		s->offset = buffer = emit_scratch(e, at, (bytes + 7) & ~7);
		for (unsigned int zero = 0; zero < bytes; zero += 8)
			emit_zero(e, buffer + zero);
		copy_located(e, array, buffer, bytes);
	} else if (s->def->op == IR_S_COMM) {
		s->offset = buffer = emit_scratch(e, at, EMIT_MAX_COMM + 1);
		point_r1(e, buffer);
		emit_alu_k(e, BPF_MOV, BPF_REG_2, EMIT_MAX_COMM + 1);
		emit_call(e, BPF_FUNC_get_current_comm);
	} else { /* the last byte becomes NUL */
		s->offset = buffer = emit_scratch(e, at, bytes + 1);
		point_r1(e, buffer);
		emit_alu_k(e, BPF_MOV, BPF_REG_2, bytes + 1);
		emit_load(e, 8, BPF_REG_3, BPF_REG_10,
			  emit_scratch(e, e->addrs + 8 * s->def->d, 8));
		emit_call(e, BPF_FUNC_probe_read_kernel_str);
	}
	return true;
}

void emit_byte(struct emit *e, const struct emit_source *s, unsigned int at, __u8 dst)
{
	if (s->constant)
		emit_alu_k(e, BPF_MOV, dst, at < s->limit ? (__u8)s->constant->str[at] : 0);
	else if (at < s->limit)
		emit_load(e, 1, dst, s->base, s->offset + (int)at);
	else
		emit_alu_k(e, BPF_MOV, dst, 0);
}

/* Loads the context if @s stands there: after all that calls. */
void emit_source_base(struct emit *e, const struct emit_source *s)
{
	if (s->base == BPF_REG_1)
		emit_context(e);
}

/* ---- comparisons ---- */

/* Goes on if @s has exactly these bytes at @at, which are inside its limit; else to @no. */
void emit_bytes(struct emit *e, const struct emit_source *s, unsigned int at, const char *bytes,
		unsigned int len, struct emit_label *no)
{
	unsigned int piece;
	__u32 k32;
	__u64 k;

	for (unsigned int i = 0; i < len; i += piece) {
		const char *p = bytes + i;

		for (piece = 8; piece > 1; piece /= 2) {
			if (piece <= len - i && (s->offset + (int)(at + i)) % (int)piece == 0)
				break;
		}
		emit_load(e, piece, BPF_REG_4, s->base, s->offset + (int)(at + i));
		if (piece == 8)
			memcpy(&k, p, 8);
		else if (piece == 4)
			k = (memcpy(&k32, p, 4), k32);
		else if (piece == 2)
			k = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? (__u8)p[0] << 8 | (__u8)p[1]
								   : (__u8)p[1] << 8 | (__u8)p[0];
		else
			k = (__u8)p[0];
		if (k <= 0x7fffffff) {
			emit_jump_k(e, BPF_JNE, BPF_REG_4, k, no);
		} else {
			emit_const(e, BPF_REG_5, k);
			emit_jump(e, BPF_JNE, BPF_REG_4, BPF_REG_5, no);
		}
	}
}

/* d = 1 here, 0 at @no. */
void emit_truth(struct emit *e, unsigned int d, struct emit_label *no)
{
	struct emit_label end = { 0 };

	emit_set(e, d, 1);
	emit_goto(e, &end);
	emit_here(e, no);
	emit_set(e, d, 0);
	emit_here(e, &end);
}

static bool emit_equals_constant(struct emit *e, const struct ir_insn *i, struct emit_source *s,
				 const struct ir_string *k)
{
	struct emit_label no = { 0 };

	if (k->len > s->limit) {
		emit_set(e, i->d, 0);
		return true;
	}
	if (!emit_source_open(e, s, k->len + 1, 0))
		return false;
	emit_source_base(e, s);
	/* the NUL behind is in the constant, too */
	emit_bytes(e, s, 0, k->str, k->len + (k->len < s->limit), &no);
	emit_truth(e, i->d, &no);
	return true;
}

/* Opens both strings of a comparison of @bytes. */
static bool open_both(struct emit *e, struct emit_source *a, struct emit_source *b,
		      unsigned int bytes)
{
	if (bytes > EMIT_MAX_BYTES + 1)
		return emit_refuse(e, "two strings of unknown length");
	if (!emit_source_open(e, a, bytes, 0) || !emit_source_open(e, b, bytes, 1))
		return false;
	emit_source_base(e, a);
	if (a->base != BPF_REG_1)
		emit_source_base(e, b);
	return true;
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static bool emit_equals(struct emit *e, const struct ir_insn *i)
{
	struct emit_label no = { 0 }, yes = { 0 };
	struct emit_source a, b;
	unsigned int nr;

	if (!emit_source_find(e, i, i->a, &a) || !emit_source_find(e, i, i->b, &b))
		return false;
	if (a.constant && b.constant) {
		emit_set(e, i->d,
			 a.limit == b.limit && !memcmp(a.constant->str, b.constant->str, a.limit));
		return true;
	}
	if (a.constant || b.constant)
		return a.constant ? emit_equals_constant(e, i, &b, a.constant)
				  : emit_equals_constant(e, i, &a, b.constant);
	nr = least(a.limit, b.limit) + 1;
	if (!open_both(e, &a, &b, nr))
		return false;
	for (unsigned int at = 0; at < nr; at++) {
		emit_byte(e, &a, at, BPF_REG_4);
		emit_byte(e, &b, at, BPF_REG_5);
		emit_jump(e, BPF_JNE, BPF_REG_4, BPF_REG_5, &no);
		if (at < nr - 1)
			emit_jump_k(e, BPF_JEQ, BPF_REG_4, 0, &yes);
	}
	emit_here(e, &yes);
	emit_truth(e, i->d, &no);
	return true;
}

/* The count of strncmp(), if it is a constant. */
static bool constant_count(struct emit *e, const struct ir_insn *i, __u64 *n)
{
	const struct ir_insn *before = i - 1;

	if (before->op != IR_MOV_K || before->d != i->x || is_jumped_over(e->code, before, i))
		return emit_refuse(e, "strncmp() of a number of bytes that is not constant");
	*n = before->k;
	return true;
}

static bool emit_strncmp(struct emit *e, const struct ir_insn *i)
{
	struct emit_label less = { 0 }, greater = { 0 }, equal = { 0 }, end = { 0 };
	struct emit_source a, b;
	unsigned int nr;
	__u64 n = 0;

	if (!emit_source_find(e, i, i->a, &a) || !emit_source_find(e, i, i->b, &b) ||
	    !constant_count(e, i, &n))
		return false;
	nr = least(a.limit, b.limit) + 1;
	if (n < nr)
		nr = n;
	if (!open_both(e, &a, &b, nr))
		return false;
	for (unsigned int at = 0; at < nr; at++) {
		emit_byte(e, &a, at, BPF_REG_4);
		emit_byte(e, &b, at, BPF_REG_5);
		emit_jump(e, BPF_JLT, BPF_REG_4, BPF_REG_5, &less);
		emit_jump(e, BPF_JGT, BPF_REG_4, BPF_REG_5, &greater);
		emit_jump_k(e, BPF_JEQ, BPF_REG_4, 0, &equal);
	}
	emit_here(e, &equal);
	emit_set(e, i->d, 0);
	emit_goto(e, &end);
	emit_here(e, &less);
	emit_set(e, i->d, -1);
	emit_goto(e, &end);
	emit_here(e, &greater);
	emit_set(e, i->d, 1);
	emit_here(e, &end);
	return true;
}

static bool emit_length(struct emit *e, const struct ir_insn *i)
{
	struct emit_label end = { 0 };
	struct emit_source s;

	if (!emit_source_find(e, i, i->a, &s))
		return false;
	if (s.constant) {
		emit_set(e, i->d, s.limit);
		return true;
	}
	if (s.limit > EMIT_MAX_BYTES)
		return emit_refuse(e, "the length of a string that may have more than %d bytes",
				   EMIT_MAX_BYTES);
	if (!emit_source_open(e, &s, s.limit, 0))
		return false;
	emit_source_base(e, &s);
	for (unsigned int at = 0; at < s.limit; at++) {
		emit_alu_k(e, BPF_MOV, BPF_REG_5, at);
		emit_byte(e, &s, at, BPF_REG_4);
		emit_jump_k(e, BPF_JEQ, BPF_REG_4, 0, &end);
	}
	emit_alu_k(e, BPF_MOV, BPF_REG_5, s.limit);
	emit_here(e, &end);
	emit_write(e, i->d, BPF_REG_5);
	return true;
}

bool emit_string(struct emit *e, const struct ir_insn *i)
{
	switch (i->op) {
	case IR_S_FIELD:
	case IR_S_CONST:
	case IR_S_COMM:
		return true;
	case IR_S_MEM: /* its register may have another value when the string is read */
		emit_store(e, e->addrs + 8 * i->d, emit_read(e, i->a, BPF_REG_4));
		return true;
	case IR_S_CALL:
		return emit_refuse(e, "%s() finds names in user space", builtin_name(i->x));
	case IR_S_EQ:
		return emit_equals(e, i);
	case IR_S_MATCH:
		return emit_match(e, i);
	case IR_S_LEN:
		return emit_length(e, i);
	case IR_S_NCMP:
		return emit_strncmp(e, i);
	default:
		return emit_refuse(e, "text for display is made in user space");
	}
}
