/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXPR_SUFFIX_H
#define EXPR_SUFFIX_H

/* The parts of a filter that only the kernel can evaluate: .function .ustring CPUS{}. */
#include "expr/ast.h"

/* Whether operator @n has one of them as an operand. */
bool suffix_wanted(const struct node *n);
/* Types such an operator as a node of its own. NULL: an error was made. */
struct node *suffix_bind(struct compile *c, struct node *n);
/* The error for one that is no operand of a comparison. NULL. */
struct node *suffix_fail_alone(struct compile *c, const struct node *n);

#endif
