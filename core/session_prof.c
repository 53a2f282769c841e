// SPDX-License-Identifier: GPL-2.0-only
/*
 * session_prof.c - what a profiler may ask of the core
 *
 * The functions of mwprof/profiler.h: thin, over what the session owns. Only
 * profilers call them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/frames.h"
#include "core/session.h"
#include "core/task.h"

void prof_ledger_add(struct prof *prof, unsigned int row, __s64 nr)
{
	prof->session->ledger.own[row] += nr;
}

stack_id prof_stack(struct prof *prof, const struct event *ev)
{
	return frames_intern(prof->session->frames, ev->pid, ev->ips, ev->nr_ips);
}

stack_id prof_site(struct prof *prof, const struct event *ev, __u64 address)
{
	return frames_intern_one(prof->session->frames, ev->pid, address);
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

int prof_need_events(struct prof *prof)
{
	int err = session_tracefs(prof->session);

	return err == -EINVAL ? -EIO : err;
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
