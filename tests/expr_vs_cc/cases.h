/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXPR_VS_CC_CASES_H
#define EXPR_VS_CC_CASES_H

/* What a chunk of generated cases exports: cc_fields, cc_cases and their numbers. */
#include <stdbool.h>

enum cc_kind { CC_INTEGER, CC_INTEGERS, CC_CHARS, CC_DATA_LOC, CC_REL_LOC };

struct cc_field {
	const char *name;
	unsigned int offset, size, elem_size;
	bool is_signed;
	enum cc_kind kind;
};

struct rec;

struct cc_case {
	const char *text; /* for expr/ */
	unsigned long long (*run)(const struct rec *r, unsigned int *size, bool *is_signed);
};

#endif
