// SPDX-License-Identifier: GPL-2.0-only
/*
 * keymap.c - numbers for keys
 *
 * An open-addressing table that is made for being filled while a report is put
 * together. Profilers use it to group.
 */
#include "mwprof/keymap.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_SLOTS 64

void keymap_fini(struct keymap *map)
{
	free(map->slots);
	*map = (struct keymap){ 0 };
}

static struct keymap_slot *find(struct keymap_slot *slots, __u32 nr_slots, __u64 key)
{
	__u32 i = (key * 0x9e3779b97f4a7c15ULL >> 32) & (nr_slots - 1);

	while (slots[i].number && slots[i].key != key)
		i = (i + 1) & (nr_slots - 1);
	return &slots[i];
}

static int grow(struct keymap *map)
{
	__u32 nr = map->nr_slots ? 2 * map->nr_slots : FIRST_SLOTS;
	struct keymap_slot *slots = calloc(nr, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (__u32 i = 0; i < map->nr_slots; i++)
		if (map->slots[i].number)
			*find(slots, nr, map->slots[i].key) = map->slots[i];
	free(map->slots);
	map->slots = slots;
	map->nr_slots = nr;
	return 0;
}

int keymap_number(struct keymap *map, __u64 key, __u32 *number)
{
	struct keymap_slot *slot;

	if (2 * map->nr >= map->nr_slots && grow(map))
		return -ENOMEM;
	slot = find(map->slots, map->nr_slots, key);
	if (!slot->number)
		*slot = (struct keymap_slot){ .key = key, .number = ++map->nr };
	*number = slot->number - 1;
	return 0;
}
