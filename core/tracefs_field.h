/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_TRACEFS_FIELD_H
#define MWPROF_TRACEFS_FIELD_H

/*
 * One field of a tracepoint's record: its line in the format file, its bytes.
 */
#include <linux/types.h>
#include <stdbool.h>
#include "expr/expr.h"

/*
 * One "\tfield:TYPE NAME[DIM];\toffset:N;\tsize:N;\tsigned:N;" line, cut apart in
 * place: @f (zeroed by the caller) points into it. The type keeps its own
 * brackets and loses the name's. 0, or -EINVAL.
 */
int tracefs_field_parse(char *line, struct expr_field *f);

/* The bytes of a field in a record, locators followed; false when the record does not hold them all. */
bool tracefs_field_bytes(const struct expr_field *f, const void *raw, __u32 raw_size,
			 const unsigned char **at, __u32 *len);

#endif
