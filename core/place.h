/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_PLACE_H
#define MWPROF_PLACE_H

/*
 * Where a filter runs, and why: the kernel's own filter when it says the same,
 * else here, before dispatch. Never nowhere.
 */
#include <stdbool.h>

struct bound;
struct expr_error;

/*
 * Decides for @bound->filter. @in_pid_namespace: the kernel's filter knows tasks by other numbers
 * than we do. 0, -ENOMEM, or -EOPNOTSUPP with *@err: no place can run it.
 */
int place_filter(struct bound *bound, bool in_pid_namespace, struct expr_error *err);

/*
 * The kernel has refused the filter that place_filter() chose. 0: it runs here
 * now; -EOPNOTSUPP with *@err: only the kernel could have run it.
 */
int place_filter_refused(struct bound *bound, struct expr_error *err);

#endif
