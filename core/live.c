// SPDX-License-Identifier: GPL-2.0-only
/*
 * live.c - objects between their begin and their end
 *
 * Objects stand in one array, places of ended ones are used again. They are
 * found through open addressing with linear probing over slots of 8 bytes that
 * hold half of the hash, so that a search touches an object only when it is
 * (all but surely) the right one. Slots grow by a quarter at three quarters full:
 * 11 to 13 bytes an object, where doubling would take up to 21. Profilers
 * that pair events own a table each.
 */
#include "mwprof/live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "mwprof/profiler.h"

#define SPACE_FREE                                                                                 \
	0xffffffffU /* in space of a place that holds no object; key is the next free place */
#define FIRST_SLOTS 256
#define FIRST_OBJECTS 128

struct slot {
	__u32 hash;  /* decides the home slot */
	__u32 index; /* LIVE_END: empty */
};

struct live {
	struct live_object *objects; /* owned */
	struct event_copy **copies;  /* owned; NULL: not kept */
	struct slot *slots;	     /* owned */
	__u32 nr_slots;
	__u32 nr_places, max_places; /* ever used; allocated */
	__u32 free_place;	     /* LIVE_END: none */
	__u32 nr;
	bool keep_copies;
	size_t copy_bytes;
};

static __u32 key_hash(__u32 space, __u64 key)
{
	__u64 h = (key ^ ((__u64)space << 32 | space)) * 0x9e3779b97f4a7c15ULL;

	return (h ^ (h >> 29)) * 0xbf58476d1ce4e5b9ULL >> 32;
}

static __u32 home(const struct live *l, __u32 hash)
{
	return (__u64)hash * l->nr_slots >> 32;
}

static __u32 slot_next(const struct live *l, __u32 i)
{
	return i + 1 == l->nr_slots ? 0 : i + 1;
}

static int slots_new(struct slot **out, __u32 nr)
{
	*out = malloc(nr * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (__u32 i = 0; i < nr; i++)
		(*out)[i].index = LIVE_END;
	return 0;
}

int live_new(struct live **out, bool copies)
{
	struct live *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->free_place = LIVE_END;
	l->keep_copies = copies;
	l->nr_slots = FIRST_SLOTS;
	if (slots_new(&l->slots, l->nr_slots)) {
		live_free(l);
		return -ENOMEM;
	}
	*out = l;
	return 0;
}

static void drop_copy(struct live *l, __u32 index)
{
	if (!l->copies || !l->copies[index])
		return;
	l->copy_bytes -= event_copy_bytes(l->copies[index]);
	free(l->copies[index]);
	l->copies[index] = NULL;
}

void live_free(struct live *l)
{
	if (!l)
		return;
	for (__u32 i = 0; i < l->nr_places; i++)
		drop_copy(l, i);
	free(l->objects);
	free(l->copies);
	free(l->slots);
	free(l);
}

static void slot_put(struct live *l, __u32 hash, __u32 index)
{
	__u32 i = home(l, hash);

	while (l->slots[i].index != LIVE_END)
		i = slot_next(l, i);
	l->slots[i] = (struct slot){ hash, index };
}

static int grow_slots(struct live *l)
{
	struct slot *old = l->slots;
	__u32 nr_old = l->nr_slots;
	int err = slots_new(&l->slots, nr_old + nr_old / 4);

	if (err) {
		l->slots = old;
		return err;
	}
	l->nr_slots = nr_old + nr_old / 4;
	for (__u32 i = 0; i < nr_old; i++)
		if (old[i].index != LIVE_END)
			slot_put(l, old[i].hash, old[i].index);
	free(old);
	return 0;
}

/* Large arrays move by remapping their pages, and pages that are not used yet cost nothing. */
static int grow_objects(struct live *l)
{
	__u32 max = l->max_places ? 2 * l->max_places : FIRST_OBJECTS;
	struct live_object *objects;
	struct event_copy **copies;

	if (max < l->max_places)
		return -ENOMEM;
	objects = realloc(l->objects, max * sizeof(*objects));
	if (!objects)
		return -ENOMEM;
	l->objects = objects;
	if (l->keep_copies) {
		copies = realloc(l->copies, max * sizeof(*copies));
		if (!copies)
			return -ENOMEM;
		l->copies = copies;
		memset(copies + l->max_places, 0, (max - l->max_places) * sizeof(*copies));
	}
	l->max_places = max;
	return 0;
}

/* The slot of an object, or nr_slots. */
static __u32 slot_find(const struct live *l, __u32 hash, __u32 space, __u64 key)
{
	for (__u32 i = home(l, hash); l->slots[i].index != LIVE_END; i = slot_next(l, i)) {
		const struct live_object *o = &l->objects[l->slots[i].index];

		if (l->slots[i].hash == hash && o->key == key && o->space == space)
			return i;
	}
	return l->nr_slots;
}

int live_add(struct live *l, const struct live_object *object, struct live_object *old,
	     bool *replaced, __u32 *index)
{
	__u32 hash = key_hash(object->space, object->key);
	__u32 slot = slot_find(l, hash, object->space, object->key), place;

	*replaced = slot != l->nr_slots;
	if (*replaced) {
		place = l->slots[slot].index;
		*old = l->objects[place];
		drop_copy(l, place);
	} else {
		if (l->nr >= l->nr_slots / 4 * 3 && grow_slots(l))
			return -ENOMEM;
		if (l->free_place == LIVE_END && l->nr_places == l->max_places && grow_objects(l))
			return -ENOMEM;
		place = l->free_place;
		if (place == LIVE_END)
			place = l->nr_places++;
		else
			l->free_place = l->objects[place].key;
		slot_put(l, hash, place);
		l->nr++;
	}
	l->objects[place] = *object;
	*index = place;
	return 0;
}

/* Closes the gap, so that every object can be reached from its home without a break. */
static void slot_remove(struct live *l, __u32 gap)
{
	__u32 i = gap;

	for (;;) {
		__u32 at_home, distance, to_gap;

		i = slot_next(l, i);
		if (l->slots[i].index == LIVE_END)
			break;
		at_home = home(l, l->slots[i].hash);
		distance = i >= at_home ? i - at_home : i + l->nr_slots - at_home;
		to_gap = i >= gap ? i - gap : i + l->nr_slots - gap;
		if (distance < to_gap)
			continue;
		l->slots[gap] = l->slots[i];
		gap = i;
	}
	l->slots[gap].index = LIVE_END;
}

enum live_removal live_remove(struct live *l, __u32 space, __u64 key, __u64 by_ns,
			      struct live_object *old)
{
	__u32 slot = slot_find(l, key_hash(space, key), space, key), place;

	if (slot == l->nr_slots)
		return LIVE_NONE;
	place = l->slots[slot].index;
	if (l->objects[place].time_ns > by_ns)
		return LIVE_YOUNGER;
	*old = l->objects[place];
	drop_copy(l, place);
	slot_remove(l, slot);
	l->objects[place].space = SPACE_FREE;
	l->objects[place].key = l->free_place;
	l->free_place = place;
	l->nr--;
	return LIVE_REMOVED;
}

void live_clear(struct live *l)
{
	for (__u32 i = 0; i < l->nr_places; i++)
		drop_copy(l, i);
	for (__u32 i = 0; i < l->nr_slots; i++)
		l->slots[i].index = LIVE_END;
	l->nr = 0;
	l->nr_places = 0;
	l->free_place = LIVE_END;
}

void live_set_copy(struct live *l, __u32 index, struct event_copy *copy)
{
	drop_copy(l, index);
	l->copies[index] = copy;
	if (copy)
		l->copy_bytes += event_copy_bytes(copy);
}

const struct event_copy *live_copy(const struct live *l, __u32 index)
{
	return l->copies ? l->copies[index] : NULL;
}

static __u32 live_from(const struct live *l, __u32 index)
{
	while (index < l->nr_places && l->objects[index].space == SPACE_FREE)
		index++;
	return index < l->nr_places ? index : LIVE_END;
}

__u32 live_first(const struct live *l)
{
	return live_from(l, 0);
}

__u32 live_next(const struct live *l, __u32 index)
{
	return live_from(l, index + 1);
}

const struct live_object *live_at(const struct live *l, __u32 index)
{
	return &l->objects[index];
}

__u64 live_nr(const struct live *l)
{
	return l->nr;
}

size_t live_bytes(const struct live *l)
{
	size_t places = l->nr_places * sizeof(*l->objects);

	if (l->copies)
		places += l->nr_places * sizeof(*l->copies);
	return sizeof(*l) + l->nr_slots * sizeof(*l->slots) + places + l->copy_bytes;
}
