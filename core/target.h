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
	pid_t *pids; /* owned; processes of -p: all their threads are among the tids */
	size_t nr_pids;
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

/* Adds one task, the held command; one that is there already stays one. 0 or -ENOMEM. */
int target_add_task(struct target *t, pid_t tid);

/* True when only some tasks or cgroups are wanted: allocations of others are not seen. */
bool target_is_narrow(const struct target *t);

/* True when every task that -p and -t named has ended. */
bool target_is_gone(const struct target *t);

/*
 * Adds the threads that the processes of -p have now and that are not among the
 * tids yet. *@nr: how many those are. 0 or -ENOMEM; a process that has ended adds none.
 */
int target_add_new_threads(struct target *t, unsigned int *nr);

/* CPUs online now, sorted, owned by the caller: 0 or -errno. */
int target_online_cpus(int **cpus, size_t *nr);
/* The same from TARGET_ONLINE_CPUS, opened before: works when no descriptor is left. */
#define TARGET_ONLINE_CPUS "/sys/devices/system/cpu/online"
int target_read_online_cpus(int fd, int **cpus, size_t *nr);

/* Is @n in @list? */
bool target_lists(const int *list, size_t nr, int n);

/* Are we in a pid namespace other than the first? Others' tasks are then 0 in what perf says. */
bool target_in_pid_namespace(void);

#endif
