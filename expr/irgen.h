/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXPR_IRGEN_H
#define EXPR_IRGEN_H

/* What the files that generate register code share. All answer false or NULL after an error. */
#include "expr/ir.h"

struct gen {
	struct compile *c;
	struct ir_code *code;
	unsigned int max_insns;
	unsigned int nr_regs, nr_strings; /* in use: the ones above are free */
};

struct ir_insn *gen_emit(struct gen *g, enum ir_op op, unsigned int d, unsigned int a);
bool gen_value(struct gen *g, const struct node *n, unsigned int d); /* integer @n to register @d */
bool gen_string(struct gen *g, const struct node *n,
		unsigned int d); /* string @n to string register @d */
struct ir_format *gen_add_format(struct gen *g);

/* irprintf.c */
bool gen_printf(struct gen *g, const struct node *n);

#endif
