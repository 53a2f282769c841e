// SPDX-License-Identifier: GPL-2.0-only
/*
 * emit_bpf.c - register code to eBPF
 *
 * One pass: each instruction becomes a few, jumps forward are patched when their
 * target is reached. Only what the oldest verifiers take is used: no signed
 * division or extension, no loops, fixed offsets into context and stack. Where a
 * place in the record is known only at run time, a helper reads it. Strings are
 * in emit_bpf_string.c. Called by expr.c.
 */
#include "expr/emit_bpf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define NR_REAL_REGS 3
#define MAX_INSNS 32767 /* as far as a jump reaches */

static const __u8 real_regs[NR_REAL_REGS] = { BPF_REG_0, BPF_REG_2, BPF_REG_3 };

bool emit_refuse(struct emit *e, const char *fmt, ...)
{
	va_list ap;

	if (e->rc)
		return false;
	e->rc = -EOPNOTSUPP;
	va_start(ap, fmt);
	vsnprintf(e->why->message, sizeof(e->why->message), fmt, ap);
	va_end(ap);
	return false;
}

/* ---- single instructions ---- */

/* What nothing reaches is left out: the verifier wants no such code. */
static void put(struct emit *e, struct bpf_insn insn)
{
	if (e->is_dead)
		return;
	if (e->nr < e->max)
		e->out[e->nr] = insn;
	e->nr++;
}

static __u8 width(unsigned int bytes)
{
	return bytes == 1 ? BPF_B : bytes == 2 ? BPF_H : bytes == 4 ? BPF_W : BPF_DW;
}

void emit_alu_k(struct emit *e, __u8 op, __u8 dst, __s32 k)
{
	put(e, (struct bpf_insn){ .code = BPF_ALU64 | op | BPF_K, .dst_reg = dst, .imm = k });
}

void emit_alu(struct emit *e, __u8 op, __u8 dst, __u8 src)
{
	if (op == BPF_MOV && dst == src)
		return;
	put(e, (struct bpf_insn){ .code = BPF_ALU64 | op | BPF_X, .dst_reg = dst, .src_reg = src });
}

static void emit_negate(struct emit *e, __u8 dst)
{
	put(e, (struct bpf_insn){ .code = BPF_ALU64 | BPF_NEG, .dst_reg = dst });
}

static bool is_imm(__u64 k)
{
	return (__u64)(__s64)(__s32)k == k;
}

void emit_const(struct emit *e, __u8 dst, __u64 k)
{
	if (is_imm(k)) {
		emit_alu_k(e, BPF_MOV, dst, k);
		return;
	}
	put(e, (struct bpf_insn){ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = dst, .imm = k });
	put(e, (struct bpf_insn){ .imm = k >> 32 });
}

void emit_load(struct emit *e, unsigned int bytes, __u8 dst, __u8 base, int offset)
{
	put(e, (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | width(bytes),
				  .dst_reg = dst,
				  .src_reg = base,
				  .off = offset });
}

void emit_store(struct emit *e, int at, __u8 src)
{
	put(e, (struct bpf_insn){ .code = BPF_STX | BPF_MEM | BPF_DW,
				  .dst_reg = BPF_REG_10,
				  .src_reg = src,
				  .off = emit_scratch(e, at, 8) });
}

void emit_zero(struct emit *e, int offset)
{
	put(e, (struct bpf_insn){
		       .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = offset });
}

void emit_call(struct emit *e, enum bpf_func_id id)
{
	put(e, (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = id });
}

/* ---- jumps ---- */

static void put_jump(struct emit *e, struct bpf_insn insn, struct emit_label *label)
{
	if (e->is_dead)
		return;
	insn.off = label->last ? e->nr + 1 - label->last : 0;
	label->last = e->nr + 1;
	put(e, insn);
}

void emit_jump_k(struct emit *e, __u8 op, __u8 reg, __s32 k, struct emit_label *label)
{
	put_jump(e, (struct bpf_insn){ .code = BPF_JMP | op | BPF_K, .dst_reg = reg, .imm = k },
		 label);
}

void emit_jump(struct emit *e, __u8 op, __u8 a, __u8 b, struct emit_label *label)
{
	put_jump(e, (struct bpf_insn){ .code = BPF_JMP | op | BPF_X, .dst_reg = a, .src_reg = b },
		 label);
}

void emit_goto(struct emit *e, struct emit_label *label)
{
	put_jump(e, (struct bpf_insn){ .code = BPF_JMP | BPF_JA }, label);
	e->is_dead = true;
}

void emit_here(struct emit *e, struct emit_label *label)
{
	unsigned int next = label->last;

	if (next)
		e->is_dead = false;
	while (next && next <= e->max) {
		struct bpf_insn *jump = &e->out[next - 1];
		unsigned int before = jump->off ? next - jump->off : 0;

		jump->off = e->nr - next;
		next = before;
	}
	label->last = 0;
}

/* ---- where values are ---- */

int emit_scratch(struct emit *e, int at, int bytes)
{
	if (at + bytes > e->opt->scratch_size)
		emit_refuse(e, "it needs more than the %u bytes of stack that there are",
			    e->opt->scratch_size);
	return e->opt->scratch_offset + at;
}

static bool is_real(const struct emit *e, unsigned int reg)
{
	return !e->all_slots && reg < NR_REAL_REGS;
}

static int slot_of(const struct emit *e, unsigned int reg)
{
	return e->slots + 8 * (e->all_slots ? reg : reg - NR_REAL_REGS);
}

__u8 emit_target(const struct emit *e, unsigned int reg, __u8 temp)
{
	return is_real(e, reg) ? real_regs[reg] : temp;
}

__u8 emit_read(struct emit *e, unsigned int reg, __u8 temp)
{
	if (is_real(e, reg))
		return real_regs[reg];
	emit_load(e, 8, temp, BPF_REG_10, emit_scratch(e, slot_of(e, reg), 8));
	return temp;
}

/* @reg into @dst, wherever it is. */
static void read_into(struct emit *e, unsigned int reg, __u8 dst)
{
	emit_alu(e, BPF_MOV, dst, emit_read(e, reg, dst));
}

void emit_write(struct emit *e, unsigned int reg, __u8 from)
{
	if (is_real(e, reg))
		emit_alu(e, BPF_MOV, real_regs[reg], from);
	else
		emit_store(e, slot_of(e, reg), from);
}

void emit_set(struct emit *e, unsigned int reg, __s32 k)
{
	if (is_real(e, reg))
		emit_alu_k(e, BPF_MOV, real_regs[reg], k);
	else
		put(e, (struct bpf_insn){ .code = BPF_ST | BPF_MEM | BPF_DW,
					  .dst_reg = BPF_REG_10,
					  .off = emit_scratch(e, slot_of(e, reg), 8),
					  .imm = k });
}

__u8 emit_context(struct emit *e)
{
	if (e->all_slots)
		emit_load(e, 8, BPF_REG_1, BPF_REG_10, emit_scratch(e, 0, 8));
	return BPF_REG_1;
}

bool emit_is_inside(const struct emit *e, unsigned int offset, unsigned int size)
{
	return e->opt->context != EXPR_BPF_MEMORY || offset + size <= e->opt->record_size;
}

/* ---- arithmetic ---- */

/* Signed division by magnitudes: the quotient's sign is both operands', the remainder's a's. */
static void emit_signed_division(struct emit *e, __u8 op, __u8 a, __u8 b)
{
	struct emit_label b_negative = { 0 }, a_negative = { 0 }, both = { 0 }, end = { 0 };

	emit_jump_k(e, BPF_JSLT, b, 0, &b_negative);
	emit_jump_k(e, BPF_JSLT, a, 0, &a_negative);
	emit_alu(e, op, a, b);
	emit_goto(e, &end);
	emit_here(e, &b_negative);
	emit_negate(e, b);
	emit_jump_k(e, BPF_JSLT, a, 0, op == BPF_DIV ? &both : &a_negative);
	emit_alu(e, op, a, b);
	if (op == BPF_DIV)
		emit_negate(e, a);
	emit_goto(e, &end);
	if (op == BPF_DIV) {
		emit_here(e, &both);
		emit_negate(e, a);
		emit_alu(e, op, a, b);
		emit_goto(e, &end);
	}
	emit_here(e, &a_negative);
	emit_negate(e, a);
	emit_alu(e, op, a, b);
	emit_negate(e, a);
	emit_here(e, &end);
}

static const struct {
	__u8 op;
	bool is_signed, is_shift, is_division;
} alus[] = {
	[IR_ADD] = { BPF_ADD, false, false, false }, [IR_SUB] = { BPF_SUB, false, false, false },
	[IR_MUL] = { BPF_MUL, false, false, false }, [IR_DIVU] = { BPF_DIV, false, false, true },
	[IR_DIVS] = { BPF_DIV, true, false, true },  [IR_MODU] = { BPF_MOD, false, false, true },
	[IR_MODS] = { BPF_MOD, true, false, true },  [IR_AND] = { BPF_AND, false, false, false },
	[IR_OR] = { BPF_OR, false, false, false },   [IR_XOR] = { BPF_XOR, false, false, false },
	[IR_SHL] = { BPF_LSH, false, true, false },  [IR_SHR] = { BPF_RSH, false, true, false },
	[IR_SAR] = { BPF_ARSH, false, true, false },
};

/* d = a op k; @op is the register form. */
static void emit_alu_const(struct emit *e, const struct ir_insn *i, enum ir_op op)
{
	__u8 d = emit_target(e, i->d, BPF_REG_4);
	__u64 k = alus[op].is_shift ? i->k & 63 : i->k;

	read_into(e, i->a, d);
	if (alus[op].is_division && !k) {
		if (alus[op].op == BPF_DIV)
			emit_alu_k(e, BPF_MOV, d, 0);
	} else if (is_imm(k) && !alus[op].is_signed) {
		emit_alu_k(e, alus[op].op, d, k);
	} else {
		emit_const(e, BPF_REG_5, k);
		if (alus[op].is_signed)
			emit_signed_division(e, alus[op].op, d, BPF_REG_5);
		else
			emit_alu(e, alus[op].op, d, BPF_REG_5);
	}
	emit_write(e, i->d, d);
}

static void emit_alu_regs(struct emit *e, const struct ir_insn *i, enum ir_op op)
{
	__u8 d = emit_target(e, i->d, BPF_REG_4), b = emit_read(e, i->b, BPF_REG_5);

	if (alus[op].is_signed || alus[op].is_shift || b == d) {
		emit_alu(e, BPF_MOV, BPF_REG_5, b);
		b = BPF_REG_5;
	}
	read_into(e, i->a, d);
	if (alus[op].is_shift)
		emit_alu_k(e, BPF_AND, b, 63);
	if (alus[op].is_signed)
		emit_signed_division(e, alus[op].op, d, b);
	else
		emit_alu(e, alus[op].op, d, b);
	emit_write(e, i->d, d);
}

/* ---- comparisons ---- */

static const __u8 compares[] = {
	[IR_SET_EQ] = BPF_JEQ,	 [IR_SET_NE] = BPF_JNE,	  [IR_SET_LTU] = BPF_JLT,
	[IR_SET_LEU] = BPF_JLE,	 [IR_SET_GTU] = BPF_JGT,  [IR_SET_GEU] = BPF_JGE,
	[IR_SET_LTS] = BPF_JSLT, [IR_SET_LES] = BPF_JSLE, [IR_SET_GTS] = BPF_JSGT,
	[IR_SET_GES] = BPF_JSGE,
};

static void emit_compare(struct emit *e, const struct ir_insn *i, __u8 op, bool has_k,
			 struct emit_label *label)
{
	__u8 a = emit_read(e, i->a, BPF_REG_4);

	if (has_k && is_imm(i->k)) {
		emit_jump_k(e, op, a, i->k, label);
		return;
	}
	if (has_k)
		emit_const(e, BPF_REG_5, i->k);
	emit_jump(e, op, a, has_k ? BPF_REG_5 : emit_read(e, i->b, BPF_REG_5), label);
}

static void emit_comparison(struct emit *e, const struct ir_insn *i)
{
	/* four operations each: set, set_k, jump, jump_k */
	unsigned int form = (i->op - IR_SET_EQ) % 4;
	struct emit_label yes = { 0 }, end = { 0 };
	__u8 op = compares[i->op - form];

	if (form & 2) {
		emit_compare(e, i, op, form & 1, &e->labels[i->x]);
		return;
	}
	emit_compare(e, i, op, form & 1, &yes);
	emit_set(e, i->d, 0);
	emit_goto(e, &end);
	emit_here(e, &yes);
	emit_set(e, i->d, 1);
	emit_here(e, &end);
}

/* ---- the rest ---- */

/* r5 = the number of the highest bit, by halves. */
static void emit_log2(struct emit *e, const struct ir_insn *i)
{
	struct emit_label low = { 0 };

	read_into(e, i->a, BPF_REG_4);
	emit_alu(e, BPF_MOV, BPF_REG_5, BPF_REG_4);
	emit_alu_k(e, BPF_RSH, BPF_REG_5, 32);
	emit_jump_k(e, BPF_JEQ, BPF_REG_5, 0, &low);
	emit_alu(e, BPF_MOV, BPF_REG_4, BPF_REG_5);
	emit_alu_k(e, BPF_MOV, BPF_REG_5, 32);
	emit_here(e, &low);
	for (int bits = 16; bits; bits /= 2) {
		emit_jump_k(e, BPF_JLT, BPF_REG_4, 1 << bits, &low);
		emit_alu_k(e, BPF_RSH, BPF_REG_4, bits);
		emit_alu_k(e, BPF_ADD, BPF_REG_5, bits);
		emit_here(e, &low);
	}
	emit_write(e, i->d, BPF_REG_5);
}

static void emit_unary(struct emit *e, const struct ir_insn *i)
{
	__u8 d = emit_target(e, i->d, BPF_REG_4);

	read_into(e, i->a, d);
	switch (i->op) {
	case IR_NEG:
		emit_negate(e, d);
		break;
	case IR_BSWAP16:
	case IR_BSWAP32: /* cuts to the size it turns round */
		put(e, (struct bpf_insn){ .code = BPF_ALU | BPF_END | BPF_TO_BE,
					  .dst_reg = d,
					  .imm = i->op == IR_BSWAP16 ? 16 : 32 });
		break;
#define EXTEND(n, t)                                                                               \
	case IR_EXT_##n:                                                                           \
		emit_extend(e, d, sizeof(t), (t)-1 < (t)1);                                        \
		break;
		IR_FOR_INT(EXTEND)
	default: /* IR_MOV */
		break;
	}
	emit_write(e, i->d, d);
}

static bool emit_insn(struct emit *e, const struct ir_insn *i)
{
	__u8 reg;

	if (i->op < IR_SET_EQ) {
		if (i->op & 1)
			emit_alu_const(e, i, i->op - 1);
		else
			emit_alu_regs(e, i, i->op);
		return true;
	}
	if (i->op < IR_LD_U8) {
		emit_comparison(e, i);
		return true;
	}
	switch ((enum ir_op)i->op) {
#define LOAD(n, t)                                                                                 \
	case IR_LD_##n:                                                                            \
		return emit_field(e, i->d, i->x, sizeof(t), (t)-1 < (t)1);
		IR_FOR_INT(LOAD)
	case IR_MOV_K:
		reg = emit_target(e, i->d, BPF_REG_4);
		emit_const(e, reg, i->k);
		emit_write(e, i->d, reg);
		return true;
	case IR_LOG2:
		emit_log2(e, i);
		return true;
	case IR_LDX:
		return emit_element(e, i);
	case IR_SELF:
		emit_self(e, i->x);
		emit_write(e, i->d, BPF_REG_0);
		return true;
	case IR_LDM:
		read_into(e, i->a, BPF_REG_3);
		emit_kernel(e, i->x, i->b);
		emit_write(e, i->d, BPF_REG_0);
		return true;
	case IR_JMP:
		emit_goto(e, &e->labels[i->x]);
		return true;
	case IR_RET: /* a number's is its code's last */
		read_into(e, i->a, BPF_REG_0);
		return true;
	default:
		if (i->op >= IR_S_FIELD)
			return emit_string(e, i);
		emit_unary(e, i);
		return true;
	}
}

/* ---- the whole code ---- */

/* Whether helpers are called for @i, which clobber r0-r5. */
static bool has_call(const struct emit *e, const struct ir_insn *i)
{
	switch (i->op) {
#define LOAD_CALLS(n, t)                                                                           \
	case IR_LD_##n:                                                                            \
		return emit_field_calls(e, i->x, sizeof(t));
		IR_FOR_INT(LOAD_CALLS)
	case IR_SELF:
	case IR_LDX:
	case IR_LDM:
		return true;
	default:
		return i->op >= IR_S_FIELD && emit_string_calls(e->code, i);
	}
}

/* Shares the scratch area out. */
static void lay_out(struct emit *e)
{
	unsigned int nr_regs = 1, nr_strings = 0;

	for (__u32 n = 0; n < e->code->nr_insns; n++) {
		const struct ir_insn *i = &e->code->insns[n];

		if (i->op == IR_S_MEM && i->d >= nr_strings)
			nr_strings = i->d + 1;
		else if (i->op < IR_S_FIELD && i->d >= nr_regs)
			nr_regs = i->d + 1;
		if (has_call(e, i))
			e->all_slots = true;
	}
	if (!e->all_slots)
		return;
	e->slots = 8; /* before them the context */
	e->addrs = e->slots + 8 * nr_regs;
	e->buffers = e->addrs + 8 * nr_strings;
}

int emit_bpf(const struct ir_code *code, const struct expr_bpf_options *opt, struct bpf_insn *out,
	     unsigned int max, unsigned int *nr, struct expr_error *why)
{
	struct emit e = { .code = code, .opt = opt, .out = out, .max = max, .why = why };

	if (e.max > MAX_INSNS)
		e.max = MAX_INSNS;
	*why = (struct expr_error){ 0 };
	e.labels = calloc(code->nr_insns + 1, sizeof(*e.labels));
	if (!e.labels)
		return -ENOMEM;
	if (code->needs & EXPR_NEEDS_KERNEL_FILTER)
		emit_refuse(&e, "only the kernel's filter has .function, .ustring and CPUS{}");
	lay_out(&e);
	if (e.all_slots)
		emit_store(&e, 0, BPF_REG_1);
	for (__u32 i = 0; !e.rc && i < code->nr_insns; i++) {
		emit_here(&e, &e.labels[i]);
		emit_insn(&e, &code->insns[i]);
	}
	free(e.labels);
	*nr = e.nr;
	if (!e.rc && e.nr > e.max) {
		snprintf(why->message, sizeof(why->message),
			 "it needs %u instructions, there is room for %u", e.nr, e.max);
		return -ENOSPC;
	}
	return e.rc;
}
