/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_TASK_H
#define MWPROF_TASK_H

/*
 * What is known of tasks while they live, kept for after they are gone: their
 * names, and which file is mapped where. Fed by the perf side-band records in
 * their order of time; a task never heard of is looked up in /proc once.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct tasks;

int tasks_new(struct tasks **out);    /* 0 or -ENOMEM */
void tasks_free(struct tasks *tasks); /* takes NULL */

/* The records. @exec: a new program, nothing of the old one is mapped any more. */
void tasks_comm(struct tasks *t, __u32 pid, __u32 tid, const char *comm, bool exec);
void tasks_fork(struct tasks *t, __u32 pid, __u32 tid, __u32 ppid, __u32 ptid);
void tasks_exit(struct tasks *t, __u32 pid, __u32 tid);
/* @pgoff in bytes. Over what was mapped there before. */
void tasks_mmap(struct tasks *t, __u32 pid, __u64 start, __u64 len, __u64 pgoff, const char *path);

/*
 * Name of @tid as a small number; 0: unknown, whose name is "". Past 65534 names all new ones
 * share a number, "[other]". tasks_comm_name() turns it back.
 */
__u16 tasks_comm_of(struct tasks *t, __u32 pid, __u32 tid);
const char *tasks_comm_name(const struct tasks *t, __u16 comm); /* borrowed until tasks_free */

/* Reads /proc/PID/maps once per process that nobody told about; cheap afterwards. */
void tasks_note_user_stack(struct tasks *t, __u32 pid);

/*
 * Which object is mapped at @addr in @pid. False: unknown. *@object is borrowed until
 * tasks_free and untrusted; *@offset is the offset in the file, in the mapping when there is no file.
 */
bool tasks_object_at(struct tasks *t, __u32 pid, __u64 addr, const char **object, __u64 *offset);

/*
 * A number that changes whenever what is mapped in @pid changes, by exec and end too;
 * 0: nothing is known of it.
 */
__u32 tasks_maps_id(const struct tasks *t, __u32 pid);

size_t tasks_bytes(const struct tasks *t);

#endif
