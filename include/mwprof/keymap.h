/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_KEYMAP_H
#define MWPROF_KEYMAP_H

/*
 * Numbers the distinct keys it is shown: 0, 1, 2, ... So that groups, sums and
 * the like can stand in a plain array.
 */
#include <linux/types.h>
#include <stddef.h>

struct keymap {
	struct keymap_slot {
		__u64 key;
		__u32 number; /* + 1; 0: empty */
	} * slots;	      /* owned */
	__u32 nr_slots, nr;
};

/* All zero is an empty map. */
void keymap_fini(struct keymap *map);

/* The number of @key; a new one when it equals what map->nr was before. 0 or -ENOMEM. */
int keymap_number(struct keymap *map, __u64 key, __u32 *number);

#endif
