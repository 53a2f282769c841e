/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_WORKLOAD_H
#define MWPROF_WORKLOAD_H

/*
 * The command after "--": started at once, held before its exec until tracing
 * is on, so that nothing it does is missed.
 */
#include <stdbool.h>
#include <sys/types.h>

struct workload {
	pid_t pid;	/* 0: none */
	int release_fd; /* closing it without a byte lets the child go home quietly */
	int failed_fd;	/* the exec's errno comes out here, nothing when it succeeded */
	bool ended;
	bool failed_to_run; /* the exec failed: said already */
	int status;	    /* as of waitpid(2), once ended */
};

/* Forks and holds. @argv is borrowed. 0 or -errno. */
int workload_start(struct workload *w, char **argv);

/*
 * Lets it run. 0; or the exec's -errno, after saying it: workload_exit_code() is then 127
 * (not found) or 126, as shells have it.
 */
int workload_release(struct workload *w, const char *name);

/* Has it ended? Reaps it then. Never waits. */
bool workload_ended(struct workload *w);

/* SIGTERM if it still runs, and waits for two seconds at most. Idempotent; also the way out before release. */
void workload_end(struct workload *w);

/* Its exit status as a shell says it: 128 + signal for one that was killed. */
int workload_exit_code(const struct workload *w);

#endif
