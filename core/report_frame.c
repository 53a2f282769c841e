// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_frame.c - frames of a stack with their names
 *
 * Walks an interned stack, takes perf's context markers away, and asks symbol.c
 * or task.c what stands at each address. Only what a report prints is ever
 * looked up. Called by the sinks.
 */
#include <linux/perf_event.h>

#include "core/report_sink.h"
#include "core/symbol.h"
#include "core/task.h"

#define MARKER_MIN ((__u64)PERF_CONTEXT_MAX)

/*
 * @caller: the address is one to return to. When the call was the last thing
 * in its function (it never returns), that address is already the next
 * function's: so what is looked up is the byte before.
 */
static void frame_resolve(const struct report_names *names, __u32 pid, bool caller,
			  struct report_frame *frame)
{
	__u64 at = frame->ip - (caller && frame->ip), back = frame->ip - at;
	struct symbol symbol;

	if (frame->kernel) {
		if (names->symbols && symbol_find(names->symbols, at, &symbol)) {
			frame->symbol = symbol.name;
			frame->offset = symbol.offset + back;
			frame->object = symbol.module;
		}
	} else if (names->tasks &&
		   tasks_object_at(names->tasks, pid, at, &frame->object, &frame->offset)) {
		frame->offset += back;
	}
}

void report_each_frame(const struct report_names *names, stack_id stack,
		       void (*each)(void *ctx, const struct report_frame *frame), void *ctx)
{
	static const struct report_frame lost = { .symbol = "[stack lost]" };
	struct stack_frames frames;
	bool caller = false, user = false;
	unsigned int i;

	if (stack == STACK_LOST) {
		each(ctx, &lost);
		return;
	}
	if (stack == STACK_NONE || !names->stacks)
		return;
	frames = stack_frames(names->stacks, stack);
	for (i = 0; i < frames.nr; i++) {
		struct report_frame frame = { .ip = frames.ip[i] };

		if (frame.ip >= MARKER_MIN) {
			user = frame.ip == (__u64)PERF_CONTEXT_USER;
			caller =
				false; /* the first address of each part is where it was, not where it returns to */
			continue;
		}
		if (user && !frame.ip)
			continue; /* the end of a walk by frame pointers, not a place */
		frame.kernel = !user && frame.ip >> 63;
		frame_resolve(names, frames.pid, caller, &frame);
		each(ctx, &frame);
		caller = true;
	}
}
