/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_STACK_H
#define MWPROF_STACK_H

/*
 * Interned call stacks: equal stacks get equal ids, so that everything above
 * keeps four bytes per object instead of a list of frames.
 */
#include <linux/types.h>
#include <stddef.h>

typedef __u32 stack_id;

enum { STACK_NONE = 0, STACK_LOST = 1 }; /* no stack was asked for; one was, and is gone */

struct stack_frames {
	/* Innermost first, perf's context markers among them; borrowed until the next stack_intern(). */
	const __u64 *ip;
	unsigned int nr;
};

struct stack_table;

/* 0 or -ENOMEM. @max_bytes bounds frames and index together; memory is taken as it fills. */
int stack_table_new(struct stack_table **out, size_t max_bytes);
void stack_table_free(struct stack_table *table); /* takes NULL */

/* Never fails: past max_bytes it answers STACK_LOST and counts. */
stack_id stack_intern(struct stack_table *table, const __u64 *ip, unsigned int nr);
struct stack_frames stack_frames(const struct stack_table *table, stack_id id);

__u64 stack_table_lost(const struct stack_table *table);
size_t stack_table_bytes(const struct stack_table *table); /* memory in use now */
__u32 stack_table_nr(const struct stack_table *table);	   /* distinct stacks */

#endif
