// SPDX-License-Identifier: GPL-2.0-only
/*
 * expr.c - the value of one expression for every event
 *
 * Stands behind "mwprof expr -e EVENT EXPR": the command adds the expression to
 * the events as value=, and the ordinary way of a profiler does the rest. Not in
 * the list of profilers; core/cmd_expr.c runs it. Keeps no state.
 */
#include "mwprof/profiler.h"

enum { VALUE };

static const struct role_attr event_attrs[] = {
	[VALUE] = { "value", ATTR_REQUIRED | ATTR_DISPLAY, NULL, "what to print of each event" },
	{ 0 },
};

static const struct role roles[] = {
	{ "event", 'e', "events to evaluate the expression on", event_attrs,
	  ROLE_REQUIRED | ROLE_STACK },
	{ 0 },
};

static int expr_event(struct prof *prof, const struct event *ev)
{
	char text[1024];
	const struct report_value values[] = {
		REPORT_STRING("value", event_format_attr(ev, VALUE, text, sizeof(text))),
		REPORT_STRING("event", ev->spec->label),
		REPORT_SECONDS("time", ev->time_ns),
		REPORT_U64("cpu", ev->cpu),
		REPORT_U64("pid", ev->pid),
		REPORT_U64("tid", ev->tid),
		REPORT_STACK(prof_stack(prof, ev)),
	};

	report_row(prof_stream(prof), "value", "{value}", values, ARRAY_SIZE(values));
	return 0;
}

const struct profiler expr_profiler = {
	.name = "expr",
	.summary = "The value of an expression for every event.",
	.roles = roles,
	.flags = PROF_STREAM,
	.event = expr_event,
};
