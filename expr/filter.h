/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXPR_FILTER_H
#define EXPR_FILTER_H

#include "expr/ast.h"

/* As expr_kernel_filter(). */
int filter_print(const struct node *root, const struct expr_scope *scope, char **out,
		 struct expr_error *err);

#endif
