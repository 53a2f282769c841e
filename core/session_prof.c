// SPDX-License-Identifier: GPL-2.0-only
/*
 * session_prof.c - what a profiler may ask of the core
 *
 * The functions of mwprof/profiler.h: thin, over what the session owns. Only
 * profilers call them.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/session.h"
#include "core/task.h"

/* kernel.perf_event_max_stack and its contexts, with room for who has raised them. */
#define MAX_FRAMES 1024
/* Shapes are numbered in a table of their own; stack ids stay below this as long as stacks take less than 16 GiB. */
#define SHAPE 0x80000000U

void prof_ledger_add(struct prof *prof, unsigned int row, __u64 nr)
{
	prof->session->ledger.own[row] += nr;
}

stack_id prof_stack(struct prof *prof, const struct event *ev)
{
	struct session *s = prof->session;
	__u32 nr_before = stack_table_nr(s->stacks);
	stack_id id;

	if (!ev->nr_ips)
		return STACK_NONE;
	id = stack_intern(s->stacks, ev->ips, ev->nr_ips, ev->pid);
	/* New here: while its process lives, note what is mapped where. */
	if (stack_table_nr(s->stacks) != nr_before && stack_frames(s->stacks, id).pid)
		tasks_note_user_stack(s->tasks, ev->pid);
	return id;
}

/* Two words a frame: which object, where in it. An object's name stands at one address for all processes. */
static unsigned int shape_frames(struct session *s, const struct stack_frames *frames, __u64 *out)
{
	bool user = false;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < frames->nr; i++) {
		__u64 ip = frames->ip[i], offset = ip;
		const char *object = NULL;

		if (ip >= (__u64)PERF_CONTEXT_MAX)
			user = ip == (__u64)PERF_CONTEXT_USER;
		else if (user && !tasks_object_at(s->tasks, frames->pid, ip, &object, &offset))
			object = (const char *)(uintptr_t)frames->pid; /* nobody else's then */
		out[nr++] = (uintptr_t)object;
		out[nr++] = user && ip == (__u64)PERF_CONTEXT_USER ? 0 : offset;
	}
	return nr;
}

stack_id prof_stack_shape(struct prof *prof, stack_id stack)
{
	struct stack_frames frames = stack_frames(prof->stacks, stack);
	__u64 shape[2 * MAX_FRAMES];

	if (!frames.pid || frames.nr > MAX_FRAMES)
		return stack;
	return SHAPE | stack_intern(prof->session->shapes, shape,
				    shape_frames(prof->session, &frames, shape), 0);
}

__u16 prof_comm(struct prof *prof, __u32 pid, __u32 tid)
{
	return tasks_comm_of(prof->session->tasks, pid, tid);
}

const char *prof_comm_name(struct prof *prof, __u16 comm)
{
	return tasks_comm_name(prof->session->tasks, comm);
}

__u64 prof_now_ns(const struct prof *prof)
{
	return prof->session->now_ns;
}

int prof_add_specs(struct prof *prof, unsigned int role, const char *list)
{
	return session_add_list(prof->session, role, list);
}

bool prof_event_exists(const struct prof *prof, const char *sys, const char *name,
		       const char *field)
{
	const struct event_format *format;

	if (session_tracefs(prof->session) ||
	    tracefs_format(prof->session->tracefs, sys, name, &format))
		return false;
	return !field || event_format_field(format, field);
}

int prof_fold_to(struct prof *prof, const char *path, const char *weight_by)
{
	struct session *s = prof->session;
	struct report_sink *sink;
	int err = report_folded_new(&sink, &s->names, path, weight_by);

	if (!err) {
		report_add_sink(s->report, sink);
		return 0;
	}
	if (err == -ENOMEM)
		return err;
	log_error("cannot write '%s': %s", path, strerror(-err));
	return -EIO;
}

bool prof_verbose(const struct prof *prof)
{
	return prof->session->options->verbose;
}

__u64 prof_interval_ns(const struct prof *prof)
{
	return prof->session->options->interval_ns;
}

struct report *prof_stream(struct prof *prof)
{
	return prof->session->report;
}

void prof_report_now(struct prof *prof)
{
	prof->session->report_asked = true;
}
