/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_EVENT_H
#define MWPROF_EVENT_H

/*
 * What a profiler sees of an event: which spec it belongs to, where and when it
 * happened, its attributes' values (ptr=, size=, ...), its call chain.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <string.h>

#define EVENT_MAX_ATTRS 8 /* of one role */

enum attr_kind { ATTR_NONE, ATTR_FIELD, ATTR_CODE };

struct expr;

/* A bound attribute. ATTR_FIELD is the common case: a plain integer field, one load. */
struct event_attr {
	__u8 kind; /* enum attr_kind */
	__u8 size; /* ATTR_FIELD: 1, 2, 4, 8 */
	bool is_signed;
	__u16 offset;		 /* in raw */
	const char *field;	 /* ATTR_FIELD: its name; borrowed from the spec */
	const struct expr *code; /* ATTR_CODE */
};

struct event_format;
struct session;

/* One event as opened: a wildcard gives several. Read-only once init() is called. */
struct event_spec {
	const char *sys, *name;			 /* "kmem", "kmalloc" */
	const char *label;			 /* alias=, else "sys:name" */
	__u32 index;				 /* 0 .. nr_specs - 1 */
	__u32 role;				 /* index into the profiler's roles */
	bool stack;				 /* its records carry a call chain */
	struct event_attr attr[EVENT_MAX_ATTRS]; /* in the order of the role's attrs */
	const struct event_format *format;
	struct session *session;
};

/* One record, decoded: a borrowed view, valid until the callback returns. */
struct event {
	const struct event_spec *spec;
	__u64 time_ns;	/* CLOCK_MONOTONIC */
	__u32 pid, tid; /* as the kernel's first pid namespace of the perf event says */
	__u32 cpu;
	__u32 raw_size;
	const void *raw;  /* the tracepoint's record */
	const __u64 *ips; /* call chain with perf's context markers, innermost first */
	__u32 nr_ips;
};

/* The slow way of event_value(): runs the compiled expression. */
__u64 event_value_code(const struct event *ev, unsigned int attr);

/*
 * The attribute as text: for a role's ATTR_DISPLAY attributes a string or
 * printf()'s output, else the number as its type prints. Returns @buf.
 */
const char *event_format_attr(const struct event *ev, unsigned int attr, char *buf, size_t size);

static inline bool event_has(const struct event_spec *spec, unsigned int attr)
{
	return spec->attr[attr].kind != ATTR_NONE;
}

/* Value of attribute @attr; 0 when the spec has none. Sign-extended to 64 bits. */
static inline __u64 event_value(const struct event *ev, unsigned int attr)
{
	const struct event_attr *a = &ev->spec->attr[attr];
	const char *at = (const char *)ev->raw + a->offset;

	if (__builtin_expect(a->kind == ATTR_FIELD && a->size == 8, 1)) {
		__u64 v;

		memcpy(&v, at, sizeof(v));
		return v;
	}
	return a->kind == ATTR_NONE ? 0 : event_value_code(ev, attr);
}

#endif
