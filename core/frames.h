/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_FRAMES_H
#define MWPROF_FRAMES_H

/*
 * Call chains as perf delivers them, made comparable: a user frame becomes "this
 * place of this file" while it is known what was mapped where. So processes that
 * run the same code share their stacks, and a later exec or exit changes nothing.
 *
 * An interned stack holds kernel frames as addresses (top bit set) and user
 * frames as words that frames_place() understands; perf's markers are gone.
 */
#include <linux/types.h>
#include <stdbool.h>
#include "mwprof/stack.h"

struct frames;
struct tasks;

/* Both borrowed. 0 or -ENOMEM. */
int frames_new(struct frames **out, struct stack_table *stacks, struct tasks *tasks);
void frames_free(struct frames *f); /* takes NULL */

/*
 * The chain @ips of a task of @pid, innermost first, as a stack. A user frame
 * that lies in no mapping ends the walk: it has left the stack.
 * STACK_NONE for a chain without frames.
 */
stack_id frames_intern(struct frames *f, __u32 pid, const __u64 *ips, unsigned int nr);

/* A single address of @pid, as a stack of one frame. */
stack_id frames_intern_one(struct frames *f, __u32 pid, __u64 ip);

struct frame_place {
	__u64 ip;	    /* an address where the object was first seen, for people; 0: unknown */
	const char *object; /* untrusted, borrowed until tasks_free(); NULL: unknown */
	__u64 offset;	    /* in the object */
};

/* What a word of a stack stands for; false: a kernel address. */
bool frames_place(const struct frames *f, __u64 word, struct frame_place *out);

size_t frames_bytes(const struct frames *f);

#endif
