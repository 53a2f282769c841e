/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_PROFILERS_H
#define MWPROF_PROFILERS_H

/* All profilers there are: a new one is a row in profilers.c. */
#include "mwprof/profiler.h"

extern const struct profiler *const profilers[]; /* ends with NULL */
extern const struct profiler expr_profiler;	 /* behind `mwprof expr -e`; not in the list */

const struct profiler *profiler_find(const char *name); /* NULL: none of that name */

#endif
