/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXPR_EMIT_BPF_H
#define EXPR_EMIT_BPF_H

/*
 * What the files of the eBPF back end share. Register code becomes eBPF one
 * instruction after the other. Two ways to keep registers: without calls the
 * first three are r0, r2 and r3, the rest are slots of the scratch area, and r1
 * stays the context; calls clobber all of these, so with calls everything is a
 * slot. r4 and r5 are free within one instruction, r3 too if all is slots.
 */
#include "expr/ir.h"

#include <linux/bpf.h>

#define EMIT_MAX_BYTES 64 /* of a string that must be seen whole, or of a constant and its NUL */
#define EMIT_MAX_STR 63	  /* of a string in kernel memory */
#define EMIT_MAX_COMM 15

/* The last jump to a place not yet reached; each one's `off` counts back to the one before. */
struct emit_label {
	unsigned int last; /* instruction + 1; 0: none */
};

struct emit {
	const struct ir_code *code;
	const struct expr_bpf_options *opt;
	struct bpf_insn *out;
	unsigned int max, nr;	   /* nr counts on past max */
	struct emit_label *labels; /* owned; one per instruction of the code, and its end */
	bool all_slots;
	bool is_dead;		   /* behind a goto: nothing comes here but by a label */
	int slots, addrs, buffers; /* in the scratch area: registers, addresses, two buffers */
	struct expr_error *why;
	int rc;
};

int emit_bpf(const struct ir_code *code, const struct expr_bpf_options *opt, struct bpf_insn *out,
	     unsigned int max, unsigned int *nr, struct expr_error *why);

/* Answers false so that a refusal is one line; the first one counts. */
bool emit_refuse(struct emit *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void emit_alu_k(struct emit *e, __u8 op, __u8 dst, __s32 k); /* op: BPF_ADD ... BPF_MOV */
void emit_alu(struct emit *e, __u8 op, __u8 dst, __u8 src);
void emit_const(struct emit *e, __u8 dst, __u64 k);
void emit_load(struct emit *e, unsigned int bytes, __u8 dst, __u8 base, int offset);
void emit_store(struct emit *e, int at, __u8 src); /* 8 bytes to the scratch area */
void emit_zero(struct emit *e, int offset);	   /* 8 bytes of it, from r10 */
void emit_call(struct emit *e, enum bpf_func_id id);

/* Jumps to @label if @reg compares so; BPF_JA: always. */
void emit_jump_k(struct emit *e, __u8 op, __u8 reg, __s32 k, struct emit_label *label);
void emit_jump(struct emit *e, __u8 op, __u8 a, __u8 b, struct emit_label *label);
void emit_goto(struct emit *e, struct emit_label *label);
void emit_here(struct emit *e, struct emit_label *label);

/* A register of the code: where it is, or @temp with its value; and written back from there. */
__u8 emit_read(struct emit *e, unsigned int reg, __u8 temp);
__u8 emit_target(const struct emit *e, unsigned int reg, __u8 temp);
void emit_write(struct emit *e, unsigned int reg, __u8 from);
void emit_set(struct emit *e, unsigned int reg, __s32 k);

__u8 emit_context(struct emit *e);		     /* r1, loaded if need be */
int emit_scratch(struct emit *e, int at, int bytes); /* offset from r10; refuses what is too much */
/* r3 = address of the located field, r2 = its bytes; jumps to @outside if not in the record. */
void emit_locate(struct emit *e, const struct ir_array *array, struct emit_label *outside);
/* Whether all of it is in every record. */
bool emit_is_inside(const struct emit *e, unsigned int offset, unsigned int size);

/* emit_bpf_load.c */
/* Register @d = the record's @bytes at @offset. */
bool emit_field(struct emit *e, unsigned int d, unsigned int offset, unsigned int bytes,
		bool is_signed);
bool emit_element(struct emit *e, const struct ir_insn *i);
void emit_self(struct emit *e, enum self_id self); /* r0 = it */
void emit_extend(struct emit *e, __u8 reg, unsigned int bytes, bool is_signed);
/* r0 = @bytes at the address in r3, 0 if there is no memory. All is in slots. */
void emit_kernel(struct emit *e, unsigned int bytes, bool is_signed);
bool emit_field_calls(const struct emit *e, unsigned int offset, unsigned int bytes);

/* A string as far as it is known now. */
struct emit_source {
	const struct ir_insn *def;	  /* the instruction that sets it */
	const struct ir_string *constant; /* or NULL: bytes at base + offset */
	unsigned int limit; /* it has at most so many bytes; the ones from there on read as 0 */
	__u8 base;
	int offset;
};

/* What string register @s holds at @use. */
bool emit_source_find(struct emit *e, const struct ir_insn *use, unsigned int s,
		      struct emit_source *out);
/* Makes the first @bytes readable; @which of two buffers may be used. Clobbers what calls do. */
bool emit_source_open(struct emit *e, struct emit_source *s, unsigned int bytes,
		      unsigned int which);
void emit_source_base(struct emit *e, const struct emit_source *s); /* after all that calls */
void emit_byte(struct emit *e, const struct emit_source *s, unsigned int at, __u8 dst);
/* Goes on if @s has exactly these bytes at @at, which are inside its limit; else to @no. */
void emit_bytes(struct emit *e, const struct emit_source *s, unsigned int at, const char *bytes,
		unsigned int len, struct emit_label *no);
void emit_truth(struct emit *e, unsigned int d, struct emit_label *no); /* d = 1 here, 0 at @no */

/* emit_bpf_glob.c */
bool emit_match(struct emit *e, const struct ir_insn *i);

/* emit_bpf_string.c: an instruction on strings; and whether it needs everything in slots. */
bool emit_string(struct emit *e, const struct ir_insn *i);
bool emit_string_calls(const struct ir_code *code, const struct ir_insn *i);

#endif
