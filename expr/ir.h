/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXPR_IR_H
#define EXPR_IR_H

/*
 * The register code: 64-bit registers, integers always held sign- or zero-
 * extended as their type says, loads from the record, jumps forward only. Made
 * by ir.c, run by vm.c; shaped so that each operation is a few eBPF
 * instructions (an _K operation takes its second operand from `k`).
 */
#include "expr/ast.h"

#define IR_NR_REGS 32
#define IR_NR_STRINGS 8	 /* string registers */
#define IR_TEXT_SIZE 256 /* bytes of a name made at run time, with its NUL */
#define IR_MAX_INSNS 4096

#define IR_FOR_ALU(X)                                                                              \
	X(ADD)                                                                                     \
	X(SUB) X(MUL) X(DIVU) X(DIVS) X(MODU) X(MODS) X(AND) X(OR) X(XOR) X(SHL) X(SHR) X(SAR)
#define IR_FOR_COMPARE(X) X(EQ) X(NE) X(LTU) X(LEU) X(GTU) X(GEU) X(LTS) X(LES) X(GTS) X(GES)
#define IR_FOR_INT(X)                                                                              \
	X(U8, __u8)                                                                                \
	X(U16, __u16) X(U32, __u32) X(U64, __u64) X(S8, __s8) X(S16, __s16) X(S32, __s32)

#define IR_ALU_OPS(n) IR_##n, IR_##n##_K, /* d = a op b|k */
#define IR_COMPARE_OPS(n)                                                                          \
	IR_SET_##n, IR_SET_##n##_K, IR_J_##n, IR_J_##n##_K, /* d = a op b|k; jump to x if */
#define IR_INT_OPS(n, t) IR_LD_##n, IR_EXT_##n,		    /* d = record at x; d = (t)a */

enum ir_op {
	IR_FOR_ALU(IR_ALU_OPS) IR_FOR_COMPARE(IR_COMPARE_OPS) IR_FOR_INT(IR_INT_OPS)
		IR_MOV, /* d = a */
	IR_MOV_K,	/* d = k */
	IR_NEG,		/* d = -a */
	IR_BSWAP16,
	IR_BSWAP32, /* d = low bytes of a, turned round */
	IR_LOG2,    /* d = number of a's highest bit; 0 of 0 */
	IR_LDX,	    /* d = element a of the array arrays[x] */
	IR_SELF,    /* d = value of the record itself; x: enum self_id */
	IR_LDM,	    /* d = kernel memory at a; x = bytes, b = signed */
	IR_JMP,	    /* to x */
	IR_RET,	    /* a */
	/* strings: d, a, b number string registers where they stand for strings */
	IR_S_FIELD,  /* s[d] = string field arrays[x] */
	IR_S_CONST,  /* s[d] = strings[x] */
	IR_S_COMM,   /* s[d] = _comm */
	IR_S_MEM,    /* s[d] = string in kernel memory at a */
	IR_S_CALL,   /* s[d] = builtin x of registers a, b */
	IR_S_EQ,     /* d = s[a] equals s[b] */
	IR_S_MATCH,  /* d = s[a] is like the glob strings[x] */
	IR_S_LEN,    /* d = length of s[a] */
	IR_S_NCMP,   /* d = strncmp(s[a], s[b], register x) */
	IR_S_RET,    /* s[a] */
	IR_S_PRINTF, /* formats[x], and return what it makes */
};

struct ir_insn {
	__u8 op, d, a, b;
	__u32 x; /* place, target or index, as the operation says */
	__u64 k;
};

struct ir_string {
	const char *str;
	__u32 len;
};

/* A field that is more than one integer. */
struct ir_array {
	__u16 offset, size;
	__u8 elem_size;
	bool is_signed;
	__u8 where; /* enum expr_where */
};

/* One stretch of a printf format: literal text, then perhaps a conversion. */
struct ir_piece {
	const char *text; /* in the arena */
	__u32 text_len;
	char spec[48];	/* for snprintf(): "%-8llx", "%.3s", "%c"; empty: none */
	__u8 reg;	/* the argument's register or string register */
	__u32 bytes;	/* of the value to print; of a string: at most */
	bool is_signed; /* how these bytes are extended */
	bool is_string;
};

struct ir_format {
	struct ir_piece *pieces;
	__u32 nr;
};

/* Tables are in the arena. */
struct ir_code {
	struct ir_insn *insns;
	struct ir_string *strings;
	struct ir_array *arrays;
	struct ir_format *formats;
	__u32 nr_insns, nr_strings, nr_arrays, nr_formats;
	unsigned int needs; /* enum expr_needs */
};

/* false: an error was made. */
bool ir_generate(struct compile *c, const struct node *root, struct ir_code *code);
const char *ir_op_name(enum ir_op op);
int ir_listing(const struct ir_code *code, char **out);

/* Where text results go. str points into buf or to something that outlives the record. */
struct vm_text {
	char *buf;
	size_t size; /* bytes, at least 1 */
};

/* The result if it is an integer; text NULL: nobody wants the string. */
__u64 vm_run(const struct ir_code *code, const struct expr_record *rec, const struct vm_text *text);

/* x/0 is 0, x%0 is x; the smallest number by -1 wraps. As eBPF has it. */
static inline __u64 ir_divs(__u64 a, __u64 b)
{
	if (b + 1 < 2) /* 0 and -1 */
		return b ? -a : 0;
	return (__u64)((__s64)a / (__s64)b);
}

static inline __u64 ir_mods(__u64 a, __u64 b)
{
	if (b + 1 < 2)
		return b ? 0 : a;
	return (__u64)((__s64)a % (__s64)b);
}

#define IR_DO_ADD(a, b) ((a) + (b))
#define IR_DO_SUB(a, b) ((a) - (b))
#define IR_DO_MUL(a, b) ((a) * (b))
#define IR_DO_DIVU(a, b) ((b) ? (a) / (b) : 0)
#define IR_DO_DIVS(a, b) ir_divs(a, b)
#define IR_DO_MODU(a, b) ((b) ? (a) % (b) : (a))
#define IR_DO_MODS(a, b) ir_mods(a, b)
#define IR_DO_AND(a, b) ((a) & (b))
#define IR_DO_OR(a, b) ((a) | (b))
#define IR_DO_XOR(a, b) ((a) ^ (b))
#define IR_DO_SHL(a, b) ((a) << ((b)&63))
#define IR_DO_SHR(a, b) ((a) >> ((b)&63))
#define IR_DO_SAR(a, b) ((__u64)((__s64)(a) >> ((b)&63)))
#define IR_DO_EQ(a, b) ((a) == (b))
#define IR_DO_NE(a, b) ((a) != (b))
#define IR_DO_LTU(a, b) ((a) < (b))
#define IR_DO_LEU(a, b) ((a) <= (b))
#define IR_DO_GTU(a, b) ((a) > (b))
#define IR_DO_GEU(a, b) ((a) >= (b))
#define IR_DO_LTS(a, b) ((__s64)(a) < (__s64)(b))
#define IR_DO_LES(a, b) ((__s64)(a) <= (__s64)(b))
#define IR_DO_GTS(a, b) ((__s64)(a) > (__s64)(b))
#define IR_DO_GES(a, b) ((__s64)(a) >= (__s64)(b))

/* The operation that a typed operator is, in its register form (X_K is X + 1). */
enum ir_op ir_op_of(enum op op, bool is_signed);

#endif
