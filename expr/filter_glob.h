/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXPR_FILTER_GLOB_H
#define EXPR_FILTER_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#define FILTER_STRING_SIZE 256 /* the kernel's limit, with the NUL */

/* A string constant of a filter and the field it is compared with. */
struct filter_string {
	const char *str;
	size_t len;
	size_t max_len;	 /* bytes the field has; 0: it has its own length */
	bool is_bounded; /* the field is an array in the record: nothing ends it but its size */
	bool is_glob;	 /* in: written with ~; out: to be printed with ~ */
};

/* How the kernel must be told, into @out. NULL, or why it can't be told. */
const char *filter_string_print(struct filter_string *s, char out[FILTER_STRING_SIZE]);
/* NULL, or why this constant can't stand in a kernel filter. */
const char *filter_string_check(const char *str, size_t len, bool is_glob);

#endif
