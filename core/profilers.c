// SPDX-License-Identifier: GPL-2.0-only
/*
 * profilers.c - the list of profilers
 *
 * The one place that names them all. main.c looks a command up here, help and
 * completion list it.
 */
#include "core/profilers.h"

#include <string.h>

extern const struct profiler kmemleak_profiler, trace_profiler;

const struct profiler *const profilers[] = {
	&kmemleak_profiler,
	&trace_profiler,
	NULL,
};

const struct profiler *profiler_find(const char *name)
{
	for (unsigned int i = 0; profilers[i]; i++)
		if (!strcmp(profilers[i]->name, name))
			return profilers[i];
	return NULL;
}
