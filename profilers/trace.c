// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.c - prints events
 *
 * The smallest profiler: one list of events, one option, a row for each event
 * as it comes. docs/design.md walks through this file line by line for whoever
 * writes the next one.
 */
#include "mwprof/profiler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct trace_options {
	char *fields; /* owned by the option parser */
};

struct trace {
	char *copy;	     /* owned: fields, cut at the commas */
	const char **fields; /* owned; NULL-terminated; NULL: all fields */
};

static const struct role roles[] = {
	{ "event", 'e', "events to print", NULL, ROLE_REQUIRED | ROLE_STACK },
	{ 0 },
};

static const struct option_row options[] = {
	{ "fields", 0, OPTION_LIST, OPTION_AT(struct trace_options, fields),
	  .arg = "NAME[,NAME...]", .group = "Trace", .help = "print these fields only" },
	{ 0 },
};

/* Each of them is a field of at least one of the events. */
static int check_fields(const struct prof *prof, const char **fields)
{
	for (; *fields; fields++) {
		bool found = false;

		for (unsigned int i = 0; !found && i < prof->nr_specs; i++)
			found = prof_event_exists(prof, prof->specs[i].sys, prof->specs[i].name,
						  *fields);
		if (found)
			continue;
		log_error(
			"--fields: no event here has a field '%s'; 'mwprof trace -e %s help' shows "
			"the fields",
			*fields, prof->specs[0].label);
		return -EINVAL;
	}
	return 0;
}

static int trace_init(struct prof *prof)
{
	const struct trace_options *o = prof->options;
	struct trace *t = prof->state;
	char *rest, *name;
	size_t nr = 0;

	prof->comms = true;
	if (!o->fields)
		return 0;
	t->copy = strdup(o->fields);
	t->fields = calloc(strlen(o->fields) + 2, sizeof(*t->fields));
	if (!t->copy || !t->fields)
		return -ENOMEM;
	for (rest = t->copy; (name = strsep(&rest, ","));)
		t->fields[nr++] = name;
	return check_fields(prof, t->fields);
}

static int trace_event(struct prof *prof, const struct event *ev)
{
	struct trace *t = prof->state;

	report_event(prof_stream(prof), ev, true, t->fields, prof_stack(prof, ev));
	return 0;
}

static void trace_fini(struct prof *prof)
{
	struct trace *t = prof->state;

	free(t->copy);
	free(t->fields);
}

const struct profiler trace_profiler = {
	.name = "trace",
	.summary = "Prints events as they happen, in order of time.",
	.options = options,
	.roles = roles,
	.flags = PROF_STREAM,
	.options_size = sizeof(struct trace_options),
	.state_size = sizeof(struct trace),
	.init = trace_init,
	.event = trace_event,
	.fini = trace_fini,
};
