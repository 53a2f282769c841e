/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_SESSION_H
#define MWPROF_SESSION_H

/*
 * One run of one profiler, from specs to exit status. Owns everything that a
 * run needs; session.c sets up and tears down, session_loop.c runs,
 * session_prof.c is what a profiler may ask (mwprof/profiler.h).
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include "core/bind.h"
#include "core/ledger.h"
#include "core/report_sink.h"
#include "core/source.h"
#include "core/spec.h"
#include "core/target.h"
#include "core/workload.h"
#include "mwprof/option.h"
#include "mwprof/profiler.h"

enum exit_status {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_LOST = 4, /* --strict, and something was lost */
};

enum output_format { FORMAT_TEXT, FORMAT_JSON };
enum call_graph { CALL_GRAPH_NONE, CALL_GRAPH_FP };

/* What every profiler's command line takes. */
struct core_options {
	struct target_text targets;
	bool all_cpus, inherit, order, strict, quiet, help, format_lost;
	__u64 ring_pages, max_events;
	__u64 duration_s, interval_ns;
	const char *output;
	unsigned int verbose, format, call_graph, engine;
};
extern const struct option_row core_options[]; /* ends with a NULL name */

#define MAX_ROLES 4

struct session {
	struct prof prof;
	const struct core_options *options; /* borrowed */
	char **command;			    /* borrowed; NULL: none */

	struct spec_list **lists; /* owned; all that were parsed, in order */
	unsigned int *list_roles; /* owned */
	size_t nr_lists;

	struct tracefs *tracefs;
	struct symbols *symbols;
	struct tasks *tasks;
	struct stack_table *stacks;
	struct frames *frames;
	struct binding binding;
	struct target target;
	struct workload workload;
	struct source *source;

	struct report_names names;
	struct report *report;
	struct ledger ledger;
	struct expr_host host; /* names for expressions */

	int epoll_fd, signal_fd;
	__u64 nr_events; /* delivered */
	__u64 now_ns;	 /* prof_now_ns() */
	__u64 started_ns;
	bool done, report_asked, winding_down;
	bool failed;	   /* the report could not be written */
	bool failed_early; /* tracing broke off, and that was said */
};

/*
 * Runs @ops over the lists of specs that the user gave, [role] each, NULL where
 * none. The exit status, everything said.
 */
int session_run(const struct profiler *ops, void *prof_options, const struct core_options *options,
		char *const *role_lists, char **command);

/* Opens tracefs when first needed: 0, or -errno after saying it. */
int session_tracefs(struct session *s);
/* Parses a list for a role, keeps it: 0, -EINVAL after a caret, -ENOMEM. */
int session_add_list(struct session *s, unsigned int role, const char *text);

/* session_loop.c: until the end, with the last report. 0 or -errno. */
int session_loop(struct session *s);
/* Blocks the signals that the loop reads. 0 or -errno. */
int session_signals(struct session *s);

/* value.c: how expressions find names. */
void session_init_host(struct session *s);

/* Callbacks of the source. */
int session_event(void *ctx, const struct event *ev);
int session_lost(void *ctx, const struct lost *lost);

#endif
