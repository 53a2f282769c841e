/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_TRACEFS_H
#define MWPROF_TRACEFS_H

/*
 * Tracepoints as tracefs describes them. The only user of libtracefs and
 * libtraceevent: formats are parsed here into expr_fields, and records printed
 * here as the kernel would.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "expr/expr.h"

struct tracefs;

/* One event's format file, parsed. Owned by the tracefs, good until tracefs_free(). */
struct event_format {
	const char *sys, *name;
	__u64 id;		   /* attr.config of its perf event */
	struct expr_field *fields; /* common_* first */
	size_t nr_fields;
	bool prints; /* print fmt could be parsed: else the line is made field by field */
	void *lib;   /* tracefs.c's own */
};

/*
 * Finds tracefs, mounts it where the kernel wants it when it is not mounted.
 * 0, or -errno after saying what is wrong and what to do.
 */
int tracefs_new(struct tracefs **out);
/* A tracefs without a kernel behind it, for tests: formats come from tracefs_add_format(). */
int tracefs_new_empty(struct tracefs **out);
void tracefs_free(struct tracefs *t); /* takes NULL */

/* 0, -ENOENT (no such event), -EACCES, -ENOMEM, -EINVAL (no format file that we can read). Says nothing. */
int tracefs_format(struct tracefs *t, const char *sys, const char *name,
		   const struct event_format **out);
int tracefs_add_format(struct tracefs *t, const char *sys, const char *text, size_t len,
		       const struct event_format **out);

const struct expr_field *event_format_field(const struct event_format *f, const char *name);

/* A field as C declares it: "char comm[16]". Returns @buf. */
const char *event_field_declaration(const struct expr_field *field, char *buf, size_t size);

/*
 * All "sys:name" of this kernel, sorted, matching @glob (NULL: all; "sys:name" with * ? [..]).
 * Owned by the caller: tracefs_names_free(). 0 or -errno.
 */
int tracefs_names(struct tracefs *t, const char *glob, char ***names, size_t *nr);
void tracefs_names_free(char **names, size_t nr);

/* How addresses become names in tracefs_print(). */
void tracefs_set_symbol(struct tracefs *t, const char *(*find)(void *ctx, __u64 addr, __u64 *start),
			void *ctx);

/*
 * The event's fields as the kernel's own trace prints them ("call_site=... ptr=..."), NUL-terminated,
 * cut to @size; field by field ("name=value") where its print fmt is beyond us or the record is damaged.
 * Not escaped.
 */
void tracefs_print(const struct event_format *f, const void *raw, __u32 raw_size, char *buf,
		   size_t size);

/*
 * One field as text, for JSON and --fields: *@is_number says whether it needs no quotes (addresses
 * do). Arrays are "{1,2}"; what the record does not hold is "(cut)". Not escaped.
 */
void tracefs_print_field(const struct event_format *f, const struct expr_field *field,
			 const void *raw, __u32 raw_size, char *buf, size_t size, bool *is_number);

#endif
