/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_BIND_H
#define MWPROF_BIND_H

/*
 * Event specs bound to the running kernel: wildcards resolved, fields found,
 * attributes and filters compiled. What the profiler sees of an event is its
 * struct event_spec; what only the core needs stands beside it, same index.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/spec.h"
#include "core/tracefs.h"
#include "expr/expr.h"
#include "mwprof/event.h"
#include "mwprof/profiler.h"

struct bound {
	char *label;			     /* owned */
	struct expr *attrs[EVENT_MAX_ATTRS]; /* owned */
	struct expr *filter;		     /* owned; NULL: none */
	char *kernel_filter; /* owned; the filter as the kernel takes it; NULL: it runs here */
	char why_here[160];  /* why the filter is not the kernel's */
	bool filter_here;    /* evaluate it for every record */
	__u32 raw_min;	     /* bytes that a record must have for its plain attributes */
	__u16 max_stack;     /* frames; 0: the kernel's limit */
	int *cpus;	     /* owned; cpus=; NULL: those of the target */
	size_t nr_cpus;
	bool anywhere;	    /* role's ROLE_ANYWHERE */
	bool ends;	    /* role's ROLE_ENDS */
	bool from_wildcard; /* nobody has named this very event */
	bool unusable;	    /* the kernel will not have it sampled: it is left out */
};

struct binding {
	struct tracefs *tracefs;  /* borrowed */
	struct session *session;  /* borrowed; for event_spec */
	struct event_spec *specs; /* owned */
	struct bound *bounds;	  /* owned */
	unsigned int nr;
	bool stacks; /* -g: roles with ROLE_STACK take stacks */
	bool comms;  /* an expression asks for names of commands */
};

/*
 * Binds every event of @list to role @index of @roles. 0; -EINVAL after a caret
 * under what is wrong; -ENOMEM; or another -errno of tracefs after saying so.
 * Pointers to specs are good once all lists are bound.
 */
int binding_add(struct binding *b, const struct role *role, unsigned int index,
		const struct spec_list *list);
void binding_fini(struct binding *b);

/* ev as the expression language sees it. */
struct expr_record bind_record(const struct event *ev);

#endif
