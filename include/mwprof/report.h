/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_REPORT_H
#define MWPROF_REPORT_H

/*
 * A profiler answers in rows; back ends (text, JSON lines, folded stacks) say
 * how a row looks. One call, every output:
 *
 *	struct report_value v[] = {
 *		REPORT_U64("bytes", bytes), REPORT_U64("objects", nr), REPORT_STACK(stack),
 *	};
 *	report_row(report, "leak", "Leak of {bytes} bytes in {objects} objects allocated from:", v, 3);
 *
 * Text prints the template with the values put in, then what a value of kind
 * STACK or GROUPS adds below it. JSON prints {"type":"leak","bytes":...}. Folded prints the
 * stack with the value called weight_by, when the row has both.
 */
#include <linux/types.h>
#include <stdbool.h>
#include "mwprof/stack.h"

enum report_why {
	REPORT_FINAL,
	REPORT_INTERVAL, /* -i */
	REPORT_SIGNAL,	 /* SIGUSR1 */
	REPORT_LOSS,	 /* prof_report_now() */
};

enum report_kind {
	REPORT_KIND_U64,
	REPORT_KIND_S64,
	REPORT_KIND_SECONDS, /* nanoseconds in u; text: seconds with 6 digits; JSON: number of ns, name + "_ns" */
	REPORT_KIND_STRING, /* escaped by the back end */
	REPORT_KIND_BOOL,
	REPORT_KIND_STACK,  /* text: frames below the row; JSON: array "stack" */
	REPORT_KIND_GROUPS, /* array of struct report_group, e.g. comms: bytes and objects */
};

struct report_group {
	const char *name; /* borrowed for the call; escaped by the back end */
	__u64 bytes, objects;
};

struct report_value {
	/* JSON key, and {name} in the template; a value that the template does not name is in JSON only. */
	const char *name;
	enum report_kind kind;
	union {
		__u64 u;
		__s64 s;
		const char *string; /* borrowed for the call */
		stack_id stack;
		const struct report_group *groups;
	};
	__u32 nr_groups;
};

/* clang-format off */
#define REPORT_U64(n, v) { .name = (n), .kind = REPORT_KIND_U64, .u = (v) }
#define REPORT_S64(n, v) { .name = (n), .kind = REPORT_KIND_S64, .s = (v) }
#define REPORT_SECONDS(n, v) { .name = (n), .kind = REPORT_KIND_SECONDS, .u = (v) }
#define REPORT_STRING(n, v) { .name = (n), .kind = REPORT_KIND_STRING, .string = (v) }
#define REPORT_BOOL(n, v) { .name = (n), .kind = REPORT_KIND_BOOL, .u = (v) }
#define REPORT_STACK(id) { .name = "stack", .kind = REPORT_KIND_STACK, .stack = (id) }
#define REPORT_GROUPS(n, g, nr) { .name = (n), .kind = REPORT_KIND_GROUPS, .groups = (g), .nr_groups = (nr) }
/* clang-format on */

struct report;
struct event;

/* @text NULL: the row is for JSON only. Errors of writing are kept and met at the end. */
void report_row(struct report *report, const char *type, const char *text,
		const struct report_value *values, unsigned int nr);

/* A line that only text shows: a heading, an empty line. */
void report_heading(struct report *report, const char *text);

/*
 * An event as the kernel would print it. @with_comm puts the command's name
 * beside the tid; @fields (NULL: all, the kernel's way) are the names to print;
 * @stack: below it, may be STACK_NONE.
 */
void report_event(struct report *report, const struct event *ev, bool with_comm,
		  const char *const *fields, stack_id stack);

#endif
