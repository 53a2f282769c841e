/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_PROFILER_H
#define MWPROF_PROFILER_H

/*
 * The contract between the core and a profiler: some rows of data and a few
 * hooks. A profiler includes headers of this folder only, never prints (it adds
 * rows to a report), never opens an event, never exits.
 *
 * Order of calls: setup, init, then event/lost/tick in order of time, report whenever
 * it is asked for (a tick, SIGUSR1, the end), fini. All in one thread.
 */
#include "mwprof/event.h"
#include "mwprof/ledger.h"
#include "mwprof/log.h"
#include "mwprof/option.h"
#include "mwprof/report.h"
#include "mwprof/stack.h"
#include "mwprof/util.h"

enum role_attr_flags {
	ATTR_REQUIRED = 1, /* an error when neither given nor found by default_field */
	ATTR_HIDDEN = 2,   /* taken by default_field; users may give it, help does not show it */
	ATTR_DISPLAY = 4,  /* to be shown (event_format_attr): may be a string or printf() */
};

struct role_attr {
	const char *name;	   /* "ptr" */
	unsigned int flags;	   /* enum role_attr_flags */
	const char *default_field; /* field that serves when the user gives nothing; may be NULL */
	const char *help;
};

enum role_flags {
	ROLE_REQUIRED = 1,
	ROLE_STACK = 2,	   /* "-g" means this role */
	ROLE_ANYWHERE = 4, /* traced in the whole system even when targets are given */
	ROLE_ENDS = 8,	   /* ends what another role began: enabled first, disabled last */
	ROLE_ONCE = 16,	   /* an event may be named once: a second time would count twice */
};

/* One list of specs that the user gives: --alloc LIST. */
struct role {
	const char *name; /* the option's name */
	char letter;	  /* or 0 */
	const char *help;
	const struct role_attr *attrs; /* up to EVENT_MAX_ATTRS; ends with a NULL name */
	unsigned int flags;	       /* enum role_flags */
};

/* Records lost on one ring: whatever happened there between the two times is unknown. */
struct lost {
	__u32 cpu;
	__u64 nr;		  /* records */
	__u64 since_ns, until_ns; /* CLOCK_MONOTONIC */
};

struct prof;

enum prof_flags {
	PROF_STREAM = 1, /* rows go out as events come in: rings are drained often */
};

struct profiler {
	const char *name, *summary;
	const struct option_row *options; /* ends with a NULL name */
	const struct role *roles;	  /* ends with a NULL name */
	const struct ledger_row *ledger;  /* ends with a NULL name; may be NULL */
	unsigned int flags;
	size_t options_size, state_size; /* allocated and zeroed by the core */

	/* Optional: options parsed, nothing else done. May add specs (prof_add_specs). 0, or -EINVAL after log_error(). */
	int (*setup)(struct prof *prof);
	/* Optional. Specs bound, nothing opened. 0 or -errno; says what is wrong itself. */
	int (*init)(struct prof *prof);
	/* Hot. 0, or -errno to end the session. */
	int (*event)(struct prof *prof, const struct event *ev);
	/* Optional. Comes in its place in the order of events. */
	void (*lost)(struct prof *prof, const struct lost *lost);
	/* Optional. Every interval (-i), after the events up to then; the report follows by itself. */
	int (*tick)(struct prof *prof, __u64 now_ns);
	/* Optional, for one whose rows go out in event(). 0 or -errno. */
	int (*report)(struct prof *prof, struct report *report, enum report_why why);
	/* Optional. Takes a half-made state: also called when init failed. */
	void (*fini)(struct prof *prof);
};

/* A running instance. */
struct prof {
	const struct profiler *ops;
	void *options, *state;		/* owned by the core */
	const struct event_spec *specs; /* bound; nr_specs of them */
	unsigned int nr_specs;
	struct stack_table *stacks; /* owned by the core */
	struct session *session;
	bool comms; /* set in setup() or init(): prof_comm() will be asked, also about tasks that have ended */
	bool stop; /* set in event(): ends the session in good order, nothing more is delivered */
};

/* Counts @nr under row @row of the profiler's own ledger; a negative one takes back. */
void prof_ledger_add(struct prof *prof, unsigned int row, __s64 nr);

/*
 * Interned call chain of @ev. STACK_NONE when its spec takes none. Processes that run the same
 * code have the same stacks, wherever it is mapped.
 */
stack_id prof_stack(struct prof *prof, const struct event *ev);

/* A code address of @ev's task (a call site) as a stack of one frame. */
stack_id prof_site(struct prof *prof, const struct event *ev, __u64 address);

/*
 * The name of a task, as a small number that stays good for the session; equal
 * names have equal numbers. COMM_UNKNOWN when nobody knows it any more.
 */
enum { COMM_UNKNOWN = 0 };
__u16 prof_comm(struct prof *prof, __u32 pid, __u32 tid);
const char *prof_comm_name(struct prof *prof, __u16 comm); /* borrowed for the session */

/* Now, as far as events go: the last one's time, at an interval and at the end the clock's. CLOCK_MONOTONIC. */
__u64 prof_now_ns(const struct prof *prof);

/* In setup(): a list of specs as if the user had given --ROLE @list. 0 or -errno. */
int prof_add_specs(struct prof *prof, unsigned int role, const char *list);

/* In setup(), before the next: can this kernel's events be read? 0, or -errno after saying why not. */
int prof_need_events(struct prof *prof);

/* Does this kernel have tracepoint @sys:@name, with field @field (NULL: any)? */
bool prof_event_exists(const struct prof *prof, const char *sys, const char *name,
		       const char *field);

/* Writes the report to a second place as folded stacks weighted by value @weight_by: 0 or -errno. */
int prof_fold_to(struct prof *prof, const char *path, const char *weight_by);

/* Was -v given? What is the interval, 0 for none? */
bool prof_verbose(const struct prof *prof);
__u64 prof_interval_ns(const struct prof *prof);

/* Where rows of a PROF_STREAM profiler go while events come in: in event(). */
struct report *prof_stream(struct prof *prof);

/* In lost(): asks for a report now, before the next event. */
void prof_report_now(struct prof *prof);

/* A copy of @ev's record, to be given to report_event() later. NULL when memory is out. free() it. */
struct event_copy;
struct event_copy *event_copy_new(const struct event *ev);
void event_copy_view(const struct event_copy *copy, const struct prof *prof, struct event *out);
size_t event_copy_bytes(const struct event_copy *copy);

#endif
