/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_TARGET_H
#define MWPROF_TARGET_H

/*
 * What is traced: CPUs (-C), tasks (-p, -t, a command), cgroups, or everything.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct target_cgroup {
	char *name; /* owned; as the user wrote it */
	int fd;	    /* its directory */
};

struct target {
	int *cpus; /* owned; sorted; what -C says, else all that are online */
	size_t nr_cpus;
	bool cpus_given;
	pid_t *tids; /* owned; threads of -p and -t and the command */
	size_t nr_tids;
	pid_t *watched; /* owned; what -p and -t named: when all are gone the session ends */
	size_t nr_watched;
	struct target_cgroup *cgroups; /* owned */
	size_t nr_cgroups;
	bool inherit; /* new threads and children are followed */
};

/* As the user wrote them; NULL: not given. */
struct target_text {
	const char *cpus, *pids, *tids, *cgroups;
	bool no_inherit;
};

/* 0, -EINVAL after saying what is wrong (no such CPU, process, cgroup), or -errno. */
int target_init(struct target *t, const struct target_text *text);
void target_fini(struct target *t);

/* Adds one task, the held command. 0 or -ENOMEM. */
int target_add_task(struct target *t, pid_t tid);

/* True when only some tasks or cgroups are wanted: allocations of others are not seen. */
bool target_is_narrow(const struct target *t);

/* True when every task that -p and -t named has ended. */
bool target_is_gone(const struct target *t);

/* CPUs online now, sorted, owned by the caller: 0 or -errno. */
int target_online_cpus(int **cpus, size_t *nr);

#endif
