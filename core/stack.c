// SPDX-License-Identifier: GPL-2.0-only
/*
 * stack.c - interned call stacks
 *
 * One arena of frames, append only, and an open-addressing index over it. A
 * stack is stored once, as its length followed by its frames; its id is
 * where it stands in the arena, so looking one up is an addition and a load.
 * Both grow by doubling up to the caller's bound; past it a new stack is
 * counted as lost, and those that are known are still found.
 * Called on the hot path (stack_intern) by frames.c, at report time
 * (stack_frames) by report_frame.c.
 */
#include "mwprof/stack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* The index keeps part of the hash: most misses need no look at the frames, and growing needs none. */
struct slot {
	stack_id id; /* STACK_NONE = empty */
	__u32 hash;
};

/* Stacks seen last, found without hashing all frames: most events have one of a few stacks. */
#define NR_RECENT 32

struct stack_table {
	__u64 *arena;		/* owned; [id] = length, [id + 1 ...] = frames */
	size_t nr_used, nr_max; /* in words */
	struct slot *slots;	/* owned */
	size_t nr_slots;	/* a power of two, or 0 */
	size_t max_bytes;
	__u64 nr_lost;
	__u32 nr;
	stack_id recent[NR_RECENT]; /* by recent_of(); STACK_NONE = empty */
};

/* Ids below this are taken by STACK_NONE and STACK_LOST. */
#define FIRST_ID 2
#define FIRST_WORDS 64
#define FIRST_SLOTS 16
/* An id is 32 bits. */
#define MAX_WORDS (1ULL << 32)

int stack_table_new(struct stack_table **out, size_t max_bytes)
{
	struct stack_table *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->nr_used = FIRST_ID;
	table->max_bytes = max_bytes;
	*out = table;
	return 0;
}

void stack_table_free(struct stack_table *table)
{
	if (!table)
		return;
	free(table->arena);
	free(table->slots);
	free(table);
}

static bool index_grow(struct stack_table *table)
{
	size_t nr_slots = table->nr_slots ? 2 * table->nr_slots : FIRST_SLOTS, i, at;
	struct slot *slots;

	if (table->nr_used * sizeof(*table->arena) + nr_slots * sizeof(*slots) > table->max_bytes)
		return false;
	slots = calloc(nr_slots, sizeof(*slots));
	if (!slots)
		return false;
	for (i = 0; i < table->nr_slots; i++) {
		if (table->slots[i].id == STACK_NONE)
			continue;
		at = table->slots[i].hash & (nr_slots - 1);
		while (slots[at].id != STACK_NONE)
			at = (at + 1) & (nr_slots - 1);
		slots[at] = table->slots[i];
	}
	free(table->slots);
	table->slots = slots;
	table->nr_slots = nr_slots;
	return true;
}

/* Doubles; near the bound takes what is left of it. */
static bool arena_grow(struct stack_table *table, size_t words)
{
	size_t index_bytes = table->nr_slots * sizeof(*table->slots);
	/* Room for the index to double once more is left: frames nobody can find are no use. */
	size_t bound = table->max_bytes > 2 * index_bytes
			       ? (table->max_bytes - 2 * index_bytes) / sizeof(*table->arena)
			       : 0;
	size_t nr_max = table->nr_max ? 2 * table->nr_max : FIRST_WORDS;
	__u64 *arena;

	if (bound > MAX_WORDS)
		bound = MAX_WORDS;
	while (nr_max < words)
		nr_max *= 2;
	if (nr_max > bound)
		nr_max = bound;
	if (words > nr_max)
		return false;
	arena = realloc(table->arena, nr_max * sizeof(*arena));
	if (!arena)
		return false;
	table->arena = arena;
	table->nr_max = nr_max;
	return true;
}

/* Three quarters full at most: a search for a stack that is not there stays short. */
static bool has_room(struct stack_table *table, unsigned int nr)
{
	if (4 * ((size_t)table->nr + 1) > 3 * table->nr_slots && !index_grow(table))
		return false;
	return table->nr_used + 1 + nr <= table->nr_max ||
	       arena_grow(table, table->nr_used + 1 + nr);
}

static size_t slot_find(const struct stack_table *table, __u32 hash, const __u64 *ip,
			unsigned int nr)
{
	size_t mask = table->nr_slots - 1, i = hash & mask;

	for (; table->slots[i].id != STACK_NONE; i = (i + 1) & mask) {
		const __u64 *stored = &table->arena[table->slots[i].id];

		if (table->slots[i].hash == hash && stored[0] == nr &&
		    !memcmp(stored + 1, ip, nr * sizeof(*ip)))
			break;
	}
	return i;
}

/* A few frames tell most stacks apart; the rest take turns. */
static stack_id *recent_of(struct stack_table *table, const __u64 *ip, unsigned int nr)
{
	__u64 mix = nr ? ip[0] ^ 3 * ip[nr / 2] ^ 5 * ip[nr - 1] ^ 7 * ip[nr / 4] : 0;

	return &table->recent[(mix + nr) * 0x9e3779b97f4a7c15ULL >> 59];
}

static bool is_stack(const struct stack_table *table, stack_id id, const __u64 *ip, unsigned int nr)
{
	const __u64 *stored = &table->arena[id];

	return stored[0] == nr && !memcmp(stored + 1, ip, nr * sizeof(*ip));
}

static stack_id intern(struct stack_table *table, const __u64 *ip, unsigned int nr)
{
	__u32 hash = XXH3_64bits(ip, nr * sizeof(*ip));
	stack_id id;
	size_t i;

	if (table->nr_slots) {
		i = slot_find(table, hash, ip, nr);
		if (table->slots[i].id != STACK_NONE)
			return table->slots[i].id;
	}
	if (!has_room(table, nr)) {
		table->nr_lost++;
		return STACK_LOST;
	}
	i = slot_find(table, hash, ip, nr); /* the index may have grown */
	id = table->nr_used;
	table->arena[id] = nr;
	memcpy(&table->arena[id + 1], ip, nr * sizeof(*ip));
	table->nr_used += 1 + nr;
	table->slots[i] = (struct slot){ .id = id, .hash = hash };
	table->nr++;
	return id;
}

stack_id stack_intern(struct stack_table *table, const __u64 *ip, unsigned int nr)
{
	stack_id *recent = recent_of(table, ip, nr);
	stack_id id;

	if (*recent != STACK_NONE && is_stack(table, *recent, ip, nr))
		return *recent;
	id = intern(table, ip, nr);
	if (id != STACK_LOST)
		*recent = id;
	return id;
}

struct stack_frames stack_frames(const struct stack_table *table, stack_id id)
{
	const __u64 *stored;

	if (id < FIRST_ID || id >= table->nr_used)
		return (struct stack_frames){ 0 };
	stored = &table->arena[id];
	return (struct stack_frames){ .ip = stored + 1, .nr = *stored };
}

__u64 stack_table_lost(const struct stack_table *table)
{
	return table->nr_lost;
}

size_t stack_table_bytes(const struct stack_table *table)
{
	return sizeof(*table) + table->nr_used * sizeof(*table->arena) +
	       table->nr_slots * sizeof(*table->slots);
}

__u32 stack_table_nr(const struct stack_table *table)
{
	return table->nr;
}
