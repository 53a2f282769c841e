// SPDX-License-Identifier: GPL-2.0-only
/*
 * task_map.c - which file is mapped where in a process
 *
 * A sorted array of ranges that do not overlap, with a count of its owners: a
 * fork shares it, the first change copies it. Names are interned, so that a
 * thousand processes hold the C library's name once. Used by task.c alone.
 */
#include "core/task_map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct map {
	__u64 start, end, pgoff; /* pgoff in bytes */
	const char *path;	 /* borrowed from the paths */
};

struct maps {
	unsigned int owners;
	size_t nr, max;
	struct map map[];
};

/* --- names --- */

struct map_paths {
	char **slots; /* owned, and each of them */
	size_t nr_slots, nr, bytes;
};

#define FIRST_SLOTS 256

int map_paths_new(struct map_paths **out)
{
	struct map_paths *paths = calloc(1, sizeof(*paths));

	if (!paths)
		return -ENOMEM;
	paths->nr_slots = FIRST_SLOTS;
	paths->slots = calloc(paths->nr_slots, sizeof(*paths->slots));
	if (!paths->slots) {
		free(paths);
		return -ENOMEM;
	}
	*out = paths;
	return 0;
}

void map_paths_free(struct map_paths *paths)
{
	size_t i;

	if (!paths)
		return;
	for (i = 0; i < paths->nr_slots; i++)
		free(paths->slots[i]);
	free(paths->slots);
	free(paths);
}

size_t map_paths_bytes(const struct map_paths *paths)
{
	return sizeof(*paths) + paths->nr_slots * sizeof(*paths->slots) + paths->bytes;
}

static char **path_slot(char **slots, size_t nr_slots, const char *path)
{
	__u32 hash = 2166136261U; /* FNV-1a */
	const char *s;
	size_t i;

	for (s = path; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619U;
	for (i = hash & (nr_slots - 1); slots[i]; i = (i + 1) & (nr_slots - 1))
		if (!strcmp(slots[i], path))
			break;
	return &slots[i];
}

static bool paths_grow(struct map_paths *paths)
{
	size_t nr_slots = 2 * paths->nr_slots, i;
	char **slots = calloc(nr_slots, sizeof(*slots));

	if (!slots)
		return false;
	for (i = 0; i < paths->nr_slots; i++)
		if (paths->slots[i])
			*path_slot(slots, nr_slots, paths->slots[i]) = paths->slots[i];
	free(paths->slots);
	paths->slots = slots;
	paths->nr_slots = nr_slots;
	return true;
}

static const char *path_intern(struct map_paths *paths, const char *path)
{
	char **slot = path_slot(paths->slots, paths->nr_slots, path);

	if (*slot)
		return *slot;
	if (2 * (paths->nr + 1) > paths->nr_slots) {
		if (!paths_grow(paths))
			return NULL;
		slot = path_slot(paths->slots, paths->nr_slots, path);
	}
	*slot = strdup(path);
	if (*slot) {
		paths->nr++;
		paths->bytes += strlen(path) + 1;
	}
	return *slot;
}

/* --- ranges --- */

static size_t maps_size(const struct maps *maps)
{
	return maps ? sizeof(*maps) + maps->max * sizeof(maps->map[0]) : 0;
}

struct maps *maps_get(struct maps *maps)
{
	if (maps)
		maps->owners++;
	return maps;
}

size_t maps_put(struct maps *maps)
{
	size_t bytes = maps_size(maps);

	if (!maps || --maps->owners)
		return 0;
	free(maps);
	return bytes;
}

/* Makes @*maps one's own, with room for @room more. */
static bool maps_own(struct maps **maps, size_t room, size_t *grown)
{
	struct maps *old = *maps, *own;
	size_t nr = old ? old->nr : 0, max = old ? old->max : 16;

	if (old && old->owners == 1 && nr + room <= max)
		return true;
	while (nr + room > max)
		max *= 2;
	own = malloc(sizeof(*own) + max * sizeof(own->map[0]));
	if (!own)
		return false;
	own->owners = 1;
	own->nr = nr;
	own->max = max;
	if (nr)
		memcpy(own->map, old->map, nr * sizeof(own->map[0]));
	*maps = own;
	*grown = maps_size(own) - maps_put(old);
	return true;
}

/* Index of the first range that ends above @addr. */
static size_t map_index(const struct maps *maps, __u64 addr)
{
	size_t low = 0, high = maps->nr, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (maps->map[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Takes [start, end) out; of ranges that stick out on either side the rest stays. Needs room for one. */
static void range_clear(struct maps *maps, __u64 start, __u64 end)
{
	size_t first = map_index(maps, start), last;
	struct map *m = &maps->map[first];

	if (first < maps->nr && m->start < start && m->end > end) {
		memmove(m + 1, m, (maps->nr - first) * sizeof(*m));
		maps->nr++;
	}
	if (first < maps->nr && m->start < start) {
		m->end = start;
		first++;
	}
	for (last = first; last < maps->nr && maps->map[last].end <= end; last++)
		;
	m = &maps->map[last];
	if (last < maps->nr && m->start < end) {
		m->pgoff += end - m->start;
		m->start = end;
	}
	memmove(&maps->map[first], m, (maps->nr - last) * sizeof(*m));
	maps->nr -= last - first;
}

size_t maps_insert(struct maps **maps, struct map_paths *paths, __u64 start, __u64 len, __u64 pgoff,
		   const char *path)
{
	const char *name = path_intern(paths, path);
	size_t grown = 0, at;

	/* A split and the new one: two more. */
	if (!name || !len || start + len < start || !maps_own(maps, 2, &grown))
		return 0;
	range_clear(*maps, start, start + len);
	at = map_index(*maps, start);
	memmove(&(*maps)->map[at + 1], &(*maps)->map[at],
		((*maps)->nr - at) * sizeof((*maps)->map[0]));
	(*maps)->map[at] = (struct map){ start, start + len, pgoff, name };
	(*maps)->nr++;
	return grown;
}

size_t maps_read(struct maps **maps, struct map_paths *paths, __u32 pid)
{
	unsigned long long start, end, pgoff;
	char path[32], *line = NULL;
	size_t size = 0, grown = 0;
	char perms[5];
	FILE *file;
	int at;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		at = 0;
		if (sscanf(line, "%llx-%llx %4s %llx %*s %*s %n", &start, &end, perms, &pgoff,
			   &at) < 4 ||
		    !at || perms[2] != 'x')
			continue;
		grown += maps_insert(maps, paths, start, end - start, pgoff,
				     line[at] ? line + at : "//anon");
	}
	free(line);
	fclose(file);
	return grown;
}

bool maps_find(const struct maps *maps, __u64 addr, const char **object, __u64 *offset)
{
	const struct map *m;
	size_t i;

	if (!maps)
		return false;
	i = map_index(maps, addr);
	m = &maps->map[i];
	if (i == maps->nr || m->start > addr)
		return false;
	*object = m->path;
	*offset = addr - m->start;
	if (m->path[0] == '/' && m->path[1] != '/')
		*offset += m->pgoff;
	return true;
}
