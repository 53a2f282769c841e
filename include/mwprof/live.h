/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_LIVE_H
#define MWPROF_LIVE_H

/*
 * Objects that something began and nothing has ended yet, found by a key: the
 * core of pairing. 40 bytes an object and 11 to 13 for finding it.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "mwprof/stack.h"

struct live_object {
	__u64 key;     /* an address, a page frame number, ... */
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 size;    /* bytes; 0 where nobody says */
	__u32 space;   /* keys of different spaces never meet */
	__u32 tid;
	stack_id stack;
	__u16 comm; /* prof_comm(), or 0 */
	__u16 spec; /* index of the event spec that began it; below LIVE_MAX_SPECS */
};

#define LIVE_MAX_SPECS 0xffff

struct live;
struct event_copy;

/* @copies: objects can have a copy of their event beside them (8 bytes more each). 0 or -ENOMEM. */
int live_new(struct live **out, bool copies);
void live_free(struct live *live); /* takes NULL; frees copies too */

/*
 * Puts @object on the books. An object with its key that is there already is
 * replaced, and *@replaced says so, with what it was in *@old. *@index is its
 * place, good until it is removed. 0, or -ENOMEM and nothing has changed.
 */
int live_add(struct live *live, const struct live_object *object, struct live_object *old,
	     bool *replaced, __u32 *index);

/*
 * Takes off the object with this key if it began at @by_ns or before; *@old is what it
 * was. A younger one stays: what ended was another object.
 */
enum live_removal { LIVE_NONE, LIVE_REMOVED, LIVE_YOUNGER };
enum live_removal live_remove(struct live *live, __u32 space, __u64 key, __u64 by_ns,
			      struct live_object *old);

/* Takes all off. */
void live_clear(struct live *live);

/* live_add()'s index may have a copy; the table owns it from then on. Needs live_new(copies). */
void live_set_copy(struct live *live, __u32 index, struct event_copy *copy);
const struct event_copy *live_copy(const struct live *live, __u32 index);

/*
 * Walk: for (i = live_first(l); i != LIVE_END; i = live_next(l, i)). No order.
 * The object is borrowed until the next live_add().
 */
#define LIVE_END 0xffffffffU
__u32 live_first(const struct live *live);
__u32 live_next(const struct live *live, __u32 index);
const struct live_object *live_at(const struct live *live, __u32 index);

__u64 live_nr(const struct live *live);
size_t live_bytes(const struct live *live); /* memory in use, copies too */

#endif
