// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_frame.c - frames of a stack with their names
 *
 * Walks an interned stack and asks symbol.c what stands at each kernel address;
 * user frames know their place (frames.c). Only what a report prints is ever
 * looked up. Called by the sinks.
 */
#include "core/frames.h"
#include "core/report_sink.h"
#include "core/symbol.h"

/*
 * @caller: the address is one to return to. When the call was the last thing
 * in its function (it never returns), that address is already the next
 * function's: so what is looked up is the byte before.
 */
static void kernel_frame(const struct report_names *names, bool caller, struct report_frame *frame)
{
	struct symbol symbol;

	frame->kernel = true;
	if (!names->symbols || !symbol_find(names->symbols, frame->ip - caller, &symbol))
		return;
	frame->symbol = symbol.name;
	frame->offset = symbol.offset + caller;
	frame->object = symbol.module;
}

void report_each_frame(const struct report_names *names, stack_id stack,
		       void (*each)(void *ctx, const struct report_frame *frame), void *ctx)
{
	static const struct report_frame lost = { .symbol = "[stack lost]" };
	struct stack_frames frames;
	struct frame_place place;

	if (stack == STACK_LOST) {
		each(ctx, &lost);
		return;
	}
	if (stack == STACK_NONE || !names->stacks)
		return;
	frames = stack_frames(names->stacks, stack);
	for (unsigned int i = 0; i < frames.nr; i++) {
		struct report_frame frame = { .ip = frames.ip[i] };

		if (names->frames && frames_place(names->frames, frame.ip, &place)) {
			frame.ip = place.ip;
			frame.object = place.object;
			frame.offset = place.offset;
		} else {
			kernel_frame(names, i, &frame);
		}
		each(ctx, &frame);
	}
}
