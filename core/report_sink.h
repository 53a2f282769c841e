/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_REPORT_SINK_H
#define MWPROF_REPORT_SINK_H

/*
 * The other side of mwprof/report.h: where rows go. report.c hands each row to
 * every sink; a sink embeds struct report_sink and writes to its own stream.
 */
#include <stdio.h>
#include "mwprof/event.h"
#include "mwprof/ledger.h"
#include "mwprof/report.h"

struct report_sink;

/* A whole row as given to report_row(), or an event. */
struct report_item {
	const char *type;
	const char *text; /* NULL: text does not show it */
	const struct report_value *values;
	unsigned int nr_values;
};

struct report_event_item {
	const struct event *ev;
	const char *comm;	   /* NULL: not asked for */
	const char *const *fields; /* NULL: all */
	stack_id stack;
};

struct report_sink_ops {
	/* A report begins: after this its rows come. Optional. */
	void (*begin)(struct report_sink *sink, enum report_why why, __u64 now_ns);
	void (*row)(struct report_sink *sink, const struct report_item *item);
	void (*heading)(struct report_sink *sink, const char *text); /* optional */
	void (*event)(struct report_sink *sink,
		      const struct report_event_item *item); /* optional */
	/* Ledger rows that are not zero, once a report, after its rows: nr may be 0. Optional. */
	void (*ledger)(struct report_sink *sink, const struct ledger_row *const *rows,
		       const __u64 *counts, unsigned int nr);
	/* The report is complete: write it. 0 or -errno. */
	int (*end)(struct report_sink *sink);
	void (*free)(struct report_sink *sink);
};

/* What a sink needs to know about frames and events; the session fills it. All borrowed. */
struct report_names {
	struct symbols *symbols;
	struct tasks *tasks;
	struct stack_table *stacks;
	struct frames *frames;
};

struct report_sink {
	const struct report_sink_ops *ops;
	const struct report_names *names;
	struct report_sink *next; /* owned by the report */
};

/* One frame, resolved: what every sink prints of it. Strings are borrowed until the next call and NOT escaped. */
struct report_frame {
	__u64 ip;
	const char *symbol; /* NULL: unknown */
	__u64 offset;	    /* in the symbol; in the object when symbol is NULL */
	const char *object; /* "[kernel.kallsyms]", "/usr/bin/app"; NULL: unknown */
	bool kernel;
};

/*
 * Frames of a stack, context markers resolved away: calls @each innermost first.
 * STACK_LOST gives one frame with symbol "[stack lost]", ip 0.
 */
void report_each_frame(const struct report_names *names, stack_id stack,
		       void (*each)(void *ctx, const struct report_frame *frame), void *ctx);

/* Sinks write to @stream, which they close in the end unless it is stdout. 0 or -ENOMEM, @stream then the caller's. */
int report_text_new(struct report_sink **out, const struct report_names *names, FILE *stream);
int report_json_new(struct report_sink **out, const struct report_names *names, FILE *stream);
/*
 * Folded stacks of the last report only: file @path is replaced as a whole (rename) at each end().
 * Rows count that have both a stack and a number called @weight_by.
 */
int report_folded_new(struct report_sink **out, const struct report_names *names, const char *path,
		      const char *weight_by);

/* report.c: the report itself. */
int report_new(struct report **out);
void report_free(struct report *report); /* with its sinks; takes NULL */
void report_add_sink(struct report *report, struct report_sink *sink); /* takes ownership */
void report_begin(struct report *report, enum report_why why, __u64 now_ns);
void report_ledger(struct report *report, const struct ledger_row *const *rows, const __u64 *counts,
		   unsigned int nr);
int report_end(struct report *report); /* 0, or the first -errno of any sink (EPIPE, ENOSPC) */
/* For report_event(): the name of a task, set by the session. */
void report_set_comm(struct report *report, const char *(*comm)(void *ctx, const struct event *ev),
		     void *ctx);

/* The JSON schema of every line that report_json writes, as one JSON document. */
extern const char report_json_schema[];

#endif
