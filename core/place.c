// SPDX-License-Identifier: GPL-2.0-only
/*
 * place.c - where each filter runs, and why
 *
 * The kernel drops an event for less than we pay to read it, so a filter goes
 * there whenever its meaning there is its meaning here; expr/ decides that.
 * Called by bind.c, and by perf.c when the kernel turns a filter down.
 */
#include "core/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/bind.h"

static int no_place(struct bound *bound, struct expr_error *err)
{
	unsigned int needs = expr_needs(bound->filter);

	if (needs & EXPR_NEEDS_KERNEL_MEMORY)
		snprintf(err->message, sizeof(err->message),
			 "reading memory of the traced side can only run inside the kernel");
	else if (needs & EXPR_NEEDS_KERNEL_FILTER)
		snprintf(err->message, sizeof(err->message),
			 "only the kernel's own filter can do this, and it will not: %.80s",
			 bound->why_here);
	else
		return 0;
	*err->hint = 0;
	err->at = 0;
	err->len = 1;
	return -EOPNOTSUPP;
}

int place_filter(struct bound *bound, bool in_pid_namespace, struct expr_error *err)
{
	struct expr_error why = { .message = "_tid in a pid namespace" };
	int ret = -EOPNOTSUPP;

	if (!in_pid_namespace || !(expr_needs(bound->filter) & EXPR_NEEDS_TID))
		ret = expr_kernel_filter(bound->filter, &bound->kernel_filter, &why);

	if (!ret || ret == -ENOMEM)
		return ret;
	bound->filter_here = true;
	snprintf(bound->why_here, sizeof(bound->why_here), "%s", why.message);
	return no_place(bound, err);
}

int place_filter_refused(struct bound *bound, struct expr_error *err)
{
	snprintf(bound->why_here, sizeof(bound->why_here), "the kernel refuses '%.120s'",
		 bound->kernel_filter);
	free(bound->kernel_filter);
	bound->kernel_filter = NULL;
	bound->filter_here = true;
	return no_place(bound, err);
}
