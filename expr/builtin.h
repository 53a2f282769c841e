/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXPR_BUILTIN_H
#define EXPR_BUILTIN_H

/* The functions an expression can call: their table, their typing, their values. */
#include "expr/ast.h"

enum builtin_id {
	BUILTIN_PRINTF,
	BUILTIN_KSYMBOL,
	BUILTIN_USYMBOL,
	BUILTIN_COMM_GET,
	BUILTIN_SYSCALL_NAME,
	BUILTIN_EXIT_REASON_STR,
	BUILTIN_STRNCMP,
	BUILTIN_STRLEN,
	BUILTIN_NTOHL,
	BUILTIN_NTOHS,
	BUILTIN_HTONL,
	BUILTIN_HTONS,
	BUILTIN_MIN,
	BUILTIN_MAX,
	BUILTIN_ABS,
	BUILTIN_LOG2,
	BUILTIN_STR,
};

struct builtin {
	enum builtin_id id;
	const char *name;
	unsigned int nr_args; /* printf: at least */
	unsigned int needs;   /* enum expr_needs */
};

const struct builtin *builtin_find(const char *name);
/* Names of all builtins without their forms, for suggestions. */
const char *builtin_name(size_t i); /* NULL: past the last */

/* Types call @n, whose arguments are typed. NULL: an error was made. */
struct node *builtin_check(struct compile *c, struct node *n);

/* The value of integer builtin @id on integers. */
__u64 builtin_compute(enum builtin_id id, __u64 a, __u64 b, bool is_signed);
unsigned int builtin_log2(__u64 value); /* 0 of 0 */
/* The text of a string builtin; @buf gets a NUL. */
void builtin_text(enum builtin_id id, const struct expr_record *rec, __u64 a, __u64 b, char *buf,
		  size_t size);

/* printf.c: one conversion of a format. */
struct printf_conversion {
	const char *text; /* the literal text before it; "%%" stands there as it is */
	size_t text_len;
	char flags[6];
	int width, precision; /* -1: none */
	unsigned int bytes;   /* by h, hh: 2, 1; else 0: as the argument has */
	char conversion;      /* d i u x X o c p s; '\0': text only, the last one */
};

/* Takes the next conversion from *@fmt. false: what *@fmt starts with is not one. */
bool printf_next(const char **fmt, struct printf_conversion *out);
/* Types a printf() call. NULL: an error was made. */
struct node *printf_check(struct compile *c, struct node *n);

#endif
