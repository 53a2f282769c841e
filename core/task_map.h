/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_TASK_MAP_H
#define MWPROF_TASK_MAP_H

/*
 * Which file is mapped where in one process: a sorted list that parent and
 * child share until one of them changes it. Used by task.c alone.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* Distinct names of mapped objects, each kept once until the end. */
struct map_paths;
int map_paths_new(struct map_paths **out);    /* 0 or -ENOMEM */
void map_paths_free(struct map_paths *paths); /* takes NULL */
size_t map_paths_bytes(const struct map_paths *paths);

/* A list with a count of its owners; NULL is an empty one. */
struct maps;
struct maps *maps_get(struct maps *maps);
size_t maps_put(struct maps *maps); /* bytes that were freed by it */

/*
 * Puts a mapping over what stood there. @*maps is replaced when it is shared or
 * NULL. Bytes that the lists hold more than before; when memory is out, 0 and nothing happens.
 */
size_t maps_insert(struct maps **maps, struct map_paths *paths, __u64 start, __u64 len, __u64 pgoff,
		   const char *path);

/* Puts the executable mappings of /proc/PID/maps over what is known. Bytes, as above. */
size_t maps_read(struct maps **maps, struct map_paths *paths, __u32 pid);

/* What is at @addr; *@offset counts in the file, or in the mapping where there is no file. */
bool maps_find(const struct maps *maps, __u64 addr, const char **object, __u64 *offset);

#endif
