// SPDX-License-Identifier: GPL-2.0-only
/*
 * emit_bpf_load.c - fields, elements and memory in eBPF
 *
 * What has a fixed place in the context is loaded from there, in aligned
 * pieces; what has its place at run time is read by a helper, because a
 * context takes no variable offset. A raw tracepoint's arguments take the place
 * of fields. Called by emit_bpf.c and emit_bpf_string.c.
 */
#include "expr/emit_bpf.h"

#define COMMON_BYTES 8	       /* of a record's head, which a tracepoint program can't read */
#define MAX_CONTEXT_BYTES 2048 /* that all kernels let a tracepoint program read */

/* Extends the low @bytes of @reg. */
void emit_extend(struct emit *e, __u8 reg, unsigned int bytes, bool is_signed)
{
	unsigned int unused_bits = 64 - 8 * bytes;

	if (!unused_bits)
		return;
	if (!is_signed && bytes < 4) {
		emit_alu_k(e, BPF_AND, reg, (1 << 8 * bytes) - 1);
		return;
	}
	emit_alu_k(e, BPF_LSH, reg, unused_bits);
	emit_alu_k(e, is_signed ? BPF_ARSH : BPF_RSH, reg, unused_bits);
}

/* In aligned pieces, as the verifier wants them. Neither @dst nor @base is r5. */
static void load_aligned(struct emit *e, __u8 dst, __u8 base, unsigned int offset,
			 unsigned int bytes)
{
	unsigned int piece = bytes, shift;

	while (offset % piece)
		piece /= 2;
	emit_load(e, piece, dst, base, offset);
	if (piece < bytes && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		emit_alu_k(e, BPF_LSH, dst, 8 * (bytes - piece));
	for (unsigned int at = piece; at < bytes; at += piece) {
		shift = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? bytes - piece - at : at;
		emit_load(e, piece, BPF_REG_5, base, offset + at);
		if (shift)
			emit_alu_k(e, BPF_LSH, BPF_REG_5, 8 * shift);
		emit_alu(e, BPF_OR, dst, BPF_REG_5);
	}
}

/* r0 = @bytes at the address in r3, 0 if there is no memory. All is in slots. */
void emit_kernel(struct emit *e, unsigned int bytes, bool is_signed)
{
	int buffer = emit_scratch(e, e->buffers, 8);

	emit_alu(e, BPF_MOV, BPF_REG_1, BPF_REG_10);
	emit_alu_k(e, BPF_ADD, BPF_REG_1, buffer);
	emit_alu_k(e, BPF_MOV, BPF_REG_2, bytes);
	emit_call(e, BPF_FUNC_probe_read_kernel);
	emit_load(e, bytes, BPF_REG_0, BPF_REG_10, buffer);
	if (is_signed)
		emit_extend(e, BPF_REG_0, bytes, true);
}

void emit_locate(struct emit *e, const struct ir_array *array, struct emit_label *outside)
{
	bool is_rel = array->where == EXPR_REL_LOC;

	load_aligned(e, BPF_REG_3, emit_context(e), array->offset, 4);
	emit_alu(e, BPF_MOV, BPF_REG_2, BPF_REG_3);
	emit_alu_k(e, BPF_RSH, BPF_REG_2, 16);
	emit_alu_k(e, BPF_AND, BPF_REG_3, 0xffff);
	if (is_rel)
		emit_alu_k(e, BPF_ADD, BPF_REG_3, array->offset + 4);
	if (e->opt->context == EXPR_BPF_MEMORY) {
		emit_alu(e, BPF_MOV, BPF_REG_4, BPF_REG_3);
		emit_alu(e, BPF_ADD, BPF_REG_4, BPF_REG_2);
		emit_jump_k(e, BPF_JGT, BPF_REG_4, e->opt->record_size, outside);
	}
	emit_alu(e, BPF_ADD, BPF_REG_3, BPF_REG_1);
}

static const struct expr_bpf_arg *find_arg(const struct emit *e, unsigned int offset)
{
	for (size_t i = 0; e->opt->context == EXPR_BPF_ARGS && i < e->opt->nr_args; i++) {
		if (e->opt->args[i].offset == offset)
			return &e->opt->args[i];
	}
	return NULL;
}

static bool is_common_pid(const struct emit *e, unsigned int offset, unsigned int bytes)
{
	return e->opt->context != EXPR_BPF_MEMORY && offset == 4 && bytes == 4;
}

void emit_self(struct emit *e, enum self_id self)
{
	switch (self) {
	case SELF_CPU:
		emit_call(e, BPF_FUNC_get_smp_processor_id);
		break;
	case SELF_TIME:
		emit_call(e, BPF_FUNC_ktime_get_ns);
		break;
	default:
		emit_call(e, BPF_FUNC_get_current_pid_tgid);
		if (self == SELF_TID)
			emit_extend(e, BPF_REG_0, 4, true);
		else
			emit_alu_k(e, BPF_ARSH, BPF_REG_0, 32);
	}
}

static bool emit_arg(struct emit *e, unsigned int d, unsigned int offset, unsigned int bytes,
		     bool is_signed)
{
	const struct expr_bpf_arg *arg = find_arg(e, offset);
	__u8 dst = emit_target(e, d, BPF_REG_4);

	if (!arg)
		return emit_refuse(e, "a field that is no argument of the raw tracepoint");
	emit_load(e, 8, arg->is_pointer ? BPF_REG_3 : dst, emit_context(e), 8 * arg->arg);
	if (arg->is_pointer) {
		emit_alu_k(e, BPF_ADD, BPF_REG_3, arg->member);
		emit_kernel(e, arg->size, arg->is_signed);
		dst = BPF_REG_0;
	} else if (arg->size < bytes) {
		emit_extend(e, dst, arg->size, arg->is_signed);
	}
	emit_extend(e, dst, bytes, is_signed);
	emit_write(e, d, dst);
	return true;
}

/* Register @d = the record's @bytes at @offset. */
bool emit_field(struct emit *e, unsigned int d, unsigned int offset, unsigned int bytes,
		bool is_signed)
{
	__u8 dst = emit_target(e, d, BPF_REG_4);

	if (!emit_is_inside(e, offset, bytes)) {
		emit_set(e, d, 0);
		return true;
	}
	if (is_common_pid(e, offset, bytes)) {
		emit_self(e, SELF_TID);
		emit_write(e, d, BPF_REG_0);
		return true;
	}
	if (e->opt->context != EXPR_BPF_MEMORY && offset == 0 && bytes == 2) {
		emit_set(e, d, e->opt->event_type);
		return true;
	}
	if (e->opt->context != EXPR_BPF_MEMORY && offset < COMMON_BYTES)
		return emit_refuse(e, "common_flags and common_preempt_count can't be read there");
	if (e->opt->context == EXPR_BPF_ARGS)
		return emit_arg(e, d, offset, bytes, is_signed);
	if (e->opt->context == EXPR_BPF_TRACEPOINT && offset + bytes > MAX_CONTEXT_BYTES)
		return emit_refuse(e, "a field farther than %d bytes into the record",
				   MAX_CONTEXT_BYTES);
	load_aligned(e, dst, emit_context(e), offset, bytes);
	if (is_signed)
		emit_extend(e, dst, bytes, true);
	emit_write(e, d, dst);
	return true;
}

/* As vm.c has it: an index outside gives 0, and so does an array that is not all in the record. */
bool emit_element(struct emit *e, const struct ir_insn *i)
{
	const struct ir_array *array = &e->code->arrays[i->x];
	unsigned int shift = __builtin_ctz(array->elem_size);
	struct emit_label outside = { 0 };

	if (e->opt->context == EXPR_BPF_ARGS)
		return emit_refuse(e, "an array is no argument of a raw tracepoint");
	emit_alu_k(e, BPF_MOV, BPF_REG_0, 0);
	if (!emit_is_inside(e, array->offset, array->size)) {
		emit_write(e, i->d, BPF_REG_0);
		return true;
	}
	if (array->where == EXPR_FIXED) {
		emit_alu(e, BPF_MOV, BPF_REG_3, emit_context(e));
		emit_alu_k(e, BPF_ADD, BPF_REG_3, array->offset);
		emit_read(e, i->a, BPF_REG_5);
		emit_jump_k(e, BPF_JGE, BPF_REG_5, array->size >> shift, &outside);
	} else {
		emit_locate(e, array, &outside);
		emit_alu_k(e, BPF_RSH, BPF_REG_2, shift);
		emit_read(e, i->a, BPF_REG_5);
		emit_jump(e, BPF_JGE, BPF_REG_5, BPF_REG_2, &outside);
		/* older verifiers learn no bounds from two registers */
		emit_alu_k(e, BPF_AND, BPF_REG_5, 0xffff);
	}
	emit_alu_k(e, BPF_LSH, BPF_REG_5, shift);
	emit_alu(e, BPF_ADD, BPF_REG_3, BPF_REG_5);
	emit_kernel(e, array->elem_size, array->is_signed);
	emit_here(e, &outside);
	emit_write(e, i->d, BPF_REG_0);
	return true;
}

bool emit_field_calls(const struct emit *e, unsigned int offset, unsigned int bytes)
{
	const struct expr_bpf_arg *arg = find_arg(e, offset);

	return is_common_pid(e, offset, bytes) || (arg && arg->is_pointer);
}
