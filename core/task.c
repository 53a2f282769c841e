// SPDX-License-Identifier: GPL-2.0-only
/*
 * task.c - names and maps of tasks, kept for after they are gone
 *
 * One open-addressing table by thread id: 24 bytes a task. A name is a number
 * into a table of distinct names; the list of maps hangs on the entry of the
 * process' first thread and is shared with its parent until one of them maps
 * something. Tasks that have ended, and those that nobody knows, stay in the
 * table until MAX_GONE others have ended after them. Fed by the session with
 * side-band records; asked on the hot path (tasks_comm_of) and at report time.
 */
#include "core/task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/task_map.h"
#include "mwprof/util.h"

#define MAX_GONE 65536
#define FIRST_SLOTS 1024
#define MAX_COMMS 65535
#define COMM_SIZE 16 /* the kernel's TASK_COMM_LEN, NUL counted */

struct task {
	struct maps *maps; /* one reference; NULL: none known */
	__u32 tid;
	__u32 gone_at; /* gone: its number among those */
	__u32 maps_id; /* tasks_maps_id(); of a process */
	__u16 comm;    /* 0: unknown */
	bool used;
	bool asked : 1;	   /* comm says what there is to know, even when it is 0 */
	bool gone : 1;	   /* has ended, or /proc knows nothing of it */
	bool has_maps : 1; /* maps is complete: nothing to be read from /proc */
};

struct tasks {
	struct task *slots;	  /* owned */
	size_t nr_slots, nr;	  /* a power of two; entries in use */
	__u32 *gone;		  /* owned; ring of tids by gone_at */
	__u32 nr_gone;		  /* counts on, wraps */
	char (*comms)[COMM_SIZE]; /* owned, MAX_COMMS + 1 reserved: pointers to names stay good */
	__u32 nr_comms;
	__u16 *comm_slots; /* owned; 2 * (MAX_COMMS + 1), 0 = empty */
	struct map_paths *paths;
	size_t map_bytes;
	__u32 last_maps_id;
};

/* --- names as numbers --- */

#define COMM_SLOTS (2U * (MAX_COMMS + 1))

static __u16 comm_intern(struct tasks *t, const char *name)
{
	char key[COMM_SIZE] = { 0 };
	__u32 hash = 2166136261U, i; /* FNV-1a: names are short */
	size_t len = strnlen(name, COMM_SIZE - 1);

	memcpy(key, name, len);
	for (i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)key[i]) * 16777619U;
	for (i = hash % COMM_SLOTS; t->comm_slots[i]; i = (i + 1) % COMM_SLOTS)
		if (!memcmp(t->comms[t->comm_slots[i]], key, sizeof(key)))
			return t->comm_slots[i];
	if (t->nr_comms == MAX_COMMS)
		return MAX_COMMS; /* "[other]" */
	memcpy(t->comms[t->nr_comms], key, sizeof(key));
	t->comm_slots[i] = t->nr_comms;
	return t->nr_comms++;
}

const char *tasks_comm_name(const struct tasks *t, __u16 comm)
{
	return comm == MAX_COMMS || comm < t->nr_comms ? t->comms[comm] : t->comms[0];
}

/* --- the table --- */

static size_t tid_slot(const struct tasks *t, __u32 tid)
{
	return (tid * 0x9e3779b97f4a7c15ULL >> 32) & (t->nr_slots - 1);
}

static struct task *task_find(const struct tasks *t, __u32 tid)
{
	size_t i = tid_slot(t, tid);

	for (; t->slots[i].used; i = (i + 1) & (t->nr_slots - 1))
		if (t->slots[i].tid == tid)
			return &t->slots[i];
	return NULL;
}

static bool table_grow(struct tasks *t)
{
	struct task *old = t->slots;
	size_t nr_old = t->nr_slots, i, at;
	struct task *slots = calloc(2 * nr_old, sizeof(*slots));

	if (!slots)
		return false;
	t->slots = slots;
	t->nr_slots = 2 * nr_old;
	for (i = 0; i < nr_old; i++) {
		if (!old[i].used)
			continue;
		at = tid_slot(t, old[i].tid);
		while (slots[at].used)
			at = (at + 1) & (t->nr_slots - 1);
		slots[at] = old[i];
	}
	free(old);
	return true;
}

/* NULL when memory is out: the task stays unknown. */
static struct task *task_get(struct tasks *t, __u32 tid)
{
	struct task *task = task_find(t, tid);
	size_t i;

	if (task)
		return task;
	if (2 * (t->nr + 1) > t->nr_slots && !table_grow(t))
		return NULL;
	i = tid_slot(t, tid);
	while (t->slots[i].used)
		i = (i + 1) & (t->nr_slots - 1);
	t->slots[i] = (struct task){ .tid = tid, .used = true };
	t->nr++;
	return &t->slots[i];
}

static void task_maps_changed(struct tasks *t, struct task *task)
{
	task->maps_id = ++t->last_maps_id ? t->last_maps_id : ++t->last_maps_id;
}

static void task_drop_maps(struct tasks *t, struct task *task)
{
	t->map_bytes -= maps_put(task->maps);
	task->maps = NULL;
	task->has_maps = false;
	task_maps_changed(t, task);
}

/* Entries behind the hole move up, so that no search ends too early. */
static void task_remove(struct tasks *t, struct task *task)
{
	size_t mask = t->nr_slots - 1, hole = task - t->slots, i = hole;

	task_drop_maps(t, task);
	for (;;) {
		i = (i + 1) & mask;
		if (!t->slots[i].used)
			break;
		if (((i - tid_slot(t, t->slots[i].tid)) & mask) < ((i - hole) & mask))
			continue;
		t->slots[hole] = t->slots[i];
		hole = i;
	}
	t->slots[hole].used = false;
	t->slots[hole].maps = NULL;
	t->nr--;
}

/* Invalidates pointers to other tasks: one of them may be removed. */
static void task_set_gone(struct tasks *t, struct task *task)
{
	__u32 now = ++t->nr_gone, *slot = &t->gone[now % MAX_GONE];
	__u32 oldest = *slot;
	struct task *other;

	task->gone = true;
	task->gone_at = now;
	*slot = task->tid;
	other = now > MAX_GONE ? task_find(t, oldest) : NULL;
	if (other && other->gone && other->gone_at == now - MAX_GONE)
		task_remove(t, other);
}

int tasks_new(struct tasks **out)
{
	struct tasks *t = calloc(1, sizeof(*t));
	int err = -ENOMEM;

	if (!t)
		return -ENOMEM;
	t->slots = calloc(FIRST_SLOTS, sizeof(*t->slots));
	t->nr_slots = FIRST_SLOTS;
	/* Reserved, not used: pages come as they are written. */
	t->gone = calloc(MAX_GONE, sizeof(*t->gone));
	t->comms = calloc(MAX_COMMS + 1, sizeof(*t->comms));
	t->comm_slots = calloc(COMM_SLOTS, sizeof(*t->comm_slots));
	if (!t->slots || !t->gone || !t->comms || !t->comm_slots)
		goto out;
	err = map_paths_new(&t->paths);
	if (err)
		goto out;
	t->nr_comms = 1; /* 0 is "" = unknown */
	strcpy(t->comms[MAX_COMMS], "[other]");
	tasks_comm(t, 0, 0, "swapper", false);
	*out = t;
out:
	if (err)
		tasks_free(t);
	return err;
}

void tasks_free(struct tasks *t)
{
	size_t i;

	if (!t)
		return;
	for (i = 0; t->slots && i < t->nr_slots; i++)
		if (t->slots[i].used)
			maps_put(t->slots[i].maps);
	map_paths_free(t->paths);
	free(t->comm_slots);
	free(t->comms);
	free(t->gone);
	free(t->slots);
	free(t);
}

/* --- what the records say --- */

void tasks_comm(struct tasks *t, __u32 pid, __u32 tid, const char *comm, bool exec)
{
	struct task *task = task_get(t, tid);

	if (!task)
		return;
	task->comm = comm_intern(t, comm);
	task->asked = true;
	task->gone = false;
	if (!exec)
		return;
	/* A new program: its maps come as records. They belong to the process. */
	task = task_get(t, pid);
	if (!task)
		return;
	task_drop_maps(t, task);
	task->has_maps = true;
}

void tasks_fork(struct tasks *t, __u32 pid, __u32 tid, __u32 ppid, __u32 ptid)
{
	__u16 comm = tasks_comm_of(t, ppid, ptid);
	struct task *child = task_get(t, tid), *parent;

	if (!child)
		return;
	parent = task_find(t, ppid);
	task_drop_maps(t, child); /* another task that had this id before */
	child->gone = false;
	child->comm = comm;
	child->asked = comm != 0;
	if (pid == ppid || tid != pid || !parent || parent == child)
		return;
	child->maps = maps_get(parent->maps);
	child->has_maps = parent->has_maps;
	task_maps_changed(t, child);
}

void tasks_exit(struct tasks *t, __u32 pid __attribute__((unused)), __u32 tid)
{
	struct task *task = task_find(t, tid);

	if (task && !task->gone && tid)
		task_set_gone(t, task);
}

void tasks_mmap(struct tasks *t, __u32 pid, __u64 start, __u64 len, __u64 pgoff, const char *path)
{
	struct task *task;

	if (pid == ~0U) /* the kernel's own text and modules: symbol.c knows better */
		return;
	task = task_get(t, pid);
	if (!task)
		return;
	t->map_bytes += maps_insert(&task->maps, t->paths, start, len, pgoff, path);
	task_maps_changed(t, task);
}

/* --- what /proc says --- */

/*
 * A kworker's name in /proc has what it works on behind it ("kworker/0:1-events"),
 * in side-band records it has not: one name for both. A rescuer's name
 * ("kworker/R-xfs") is whole.
 */
static void comm_trim(char *comm)
{
	size_t len = strcspn(comm, "\n");

	comm[len] = '\0';
	if (!strncmp(comm, "kworker/", 8) && comm[8] != 'R')
		comm[8 + strcspn(comm + 8, "-+")] = '\0';
}

static bool proc_comm(__u32 pid, __u32 tid, char *comm, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/task/%u/comm", pid, tid);
	if (read_file(path, comm, size) <= 0) {
		snprintf(path, sizeof(path), "/proc/%u/comm", tid);
		if (read_file(path, comm, size) <= 0)
			return false;
	}
	comm_trim(comm);
	return *comm != '\0';
}

static __attribute__((noinline)) __u16 comm_ask(struct tasks *t, __u32 pid, __u32 tid)
{
	struct task *task = task_get(t, tid);
	char comm[128];

	if (!task)
		return 0;
	task->asked = true;
	if (proc_comm(pid, tid, comm, sizeof(comm)))
		return task->comm = comm_intern(t, comm);
	if (!task->gone)
		task_set_gone(t, task);
	return 0;
}

__u16 tasks_comm_of(struct tasks *t, __u32 pid, __u32 tid)
{
	const struct task *task = task_find(t, tid);

	return task && task->asked ? task->comm : comm_ask(t, pid, tid);
}

void tasks_note_user_stack(struct tasks *t, __u32 pid)
{
	struct task *task = task_find(t, pid);

	if (task && task->has_maps)
		return;
	task = task_get(t, pid);
	if (!task)
		return;
	task->has_maps = true; /* once, whatever comes of it */
	t->map_bytes += maps_read(&task->maps, t->paths, pid);
	task_maps_changed(t, task);
}

__u32 tasks_maps_id(const struct tasks *t, __u32 pid)
{
	const struct task *task = task_find(t, pid);

	return task ? task->maps_id : 0;
}

bool tasks_object_at(struct tasks *t, __u32 pid, __u64 addr, const char **object, __u64 *offset)
{
	const struct task *task = task_find(t, pid);

	return task && maps_find(task->maps, addr, object, offset);
}

size_t tasks_bytes(const struct tasks *t)
{
	__u32 gone = t->nr_gone < MAX_GONE ? t->nr_gone : MAX_GONE;

	return sizeof(*t) + t->nr_slots * sizeof(*t->slots) + gone * sizeof(*t->gone) +
	       t->nr_comms * (sizeof(*t->comms) + 2 * sizeof(*t->comm_slots)) + t->map_bytes +
	       map_paths_bytes(t->paths);
}
