// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - a report and its sinks
 *
 * Hands everything that a profiler reports to each sink in turn, and keeps the
 * first error of any of them for the end: a broken pipe on stdout does not keep
 * the flame graph from being written. Profilers call report_row() and its
 * like, the session the rest.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/report_sink.h"

struct report {
	struct report_sink *sinks; /* owned, in the order they came */
	const char *(*comm)(void *ctx, const struct event *ev);
	void *comm_ctx;
};

int report_new(struct report **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void report_free(struct report *report)
{
	struct report_sink *sink, *next;

	if (!report)
		return;
	for (sink = report->sinks; sink; sink = next) {
		next = sink->next;
		sink->ops->free(sink);
	}
	free(report);
}

void report_add_sink(struct report *report, struct report_sink *sink)
{
	struct report_sink **last = &report->sinks;

	while (*last)
		last = &(*last)->next;
	sink->next = NULL;
	*last = sink;
}

void report_set_comm(struct report *report, const char *(*comm)(void *ctx, const struct event *ev),
		     void *ctx)
{
	report->comm = comm;
	report->comm_ctx = ctx;
}

void report_begin(struct report *report, enum report_why why, __u64 time_ns)
{
	struct report_sink *sink;

	for (sink = report->sinks; sink; sink = sink->next)
		if (sink->ops->begin)
			sink->ops->begin(sink, why, time_ns);
}

void report_row(struct report *report, const char *type, const char *text,
		const struct report_value *values, unsigned int nr)
{
	const struct report_item item = {
		.type = type, .text = text, .values = values, .nr_values = nr
	};
	struct report_sink *sink;

	for (sink = report->sinks; sink; sink = sink->next)
		sink->ops->row(sink, &item);
}

void report_heading(struct report *report, const char *text)
{
	struct report_sink *sink;

	for (sink = report->sinks; sink; sink = sink->next)
		if (sink->ops->heading)
			sink->ops->heading(sink, text);
}

void report_event(struct report *report, const struct event *ev, bool with_comm,
		  const char *const *fields, stack_id stack)
{
	const struct report_event_item item = {
		.ev = ev,
		.comm = with_comm && report->comm ? report->comm(report->comm_ctx, ev) : NULL,
		.fields = fields,
		.stack = stack,
	};
	struct report_sink *sink;

	for (sink = report->sinks; sink; sink = sink->next)
		if (sink->ops->event)
			sink->ops->event(sink, &item);
}

void report_ledger(struct report *report, const struct ledger_row *const *rows, const __u64 *counts,
		   unsigned int nr)
{
	struct report_sink *sink;

	for (sink = report->sinks; sink; sink = sink->next)
		if (sink->ops->ledger)
			sink->ops->ledger(sink, rows, counts, nr);
}

int report_end(struct report *report)
{
	struct report_sink *sink;
	int first = 0, err;

	for (sink = report->sinks; sink; sink = sink->next) {
		err = sink->ops->end(sink);
		if (!first)
			first = err;
	}
	return first;
}
