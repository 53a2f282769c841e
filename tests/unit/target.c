// SPDX-License-Identifier: GPL-2.0-only
/*
 * target.c - lists of CPUs, processes, threads and cgroups of the machine the test runs on
 */
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "core/target.h"
#include "tests/unit/engine_test.h"

#define DEAD_PID "4194304" /* PID_MAX_LIMIT: never given out */

static void wanted(struct target *t, struct target_text text)
{
	assert_int_equal(target_init(t, &text), 0);
}

/* The user's words are at fault, and the message says @what. */
static void refused(struct target_text text, const char *what)
{
	struct heard heard;
	struct target t;

	hear(&heard);
	assert_int_equal(target_init(&t, &text), -EINVAL);
	hear_end(&heard);
	if (!strstr(heard.text, what))
		fail_msg("no '%s' in: %s", what, heard.text);
	target_fini(&t);
	target_fini(&t);
}

static const char *number(char *buf, size_t size, long n)
{
	snprintf(buf, size, "%ld", n);
	return buf;
}

static void nothing_given_is_the_whole_machine(void **state)
{
	struct target t;

	(void)state;
	wanted(&t, (struct target_text){ 0 });
	assert_int_equal(t.nr_cpus, sysconf(_SC_NPROCESSORS_ONLN));
	for (size_t i = 1; i < t.nr_cpus; i++)
		assert_true(t.cpus[i - 1] < t.cpus[i]);
	assert_false(t.cpus_given || target_is_narrow(&t) || target_is_gone(&t));
	assert_true(t.inherit);
	target_fini(&t);
	wanted(&t, (struct target_text){ .no_inherit = true });
	assert_false(t.inherit);
	target_fini(&t);
}

static void cpus_are_those_of_the_list(void **state)
{
	struct target t;
	int *online;
	char one[16];
	size_t nr;

	(void)state;
	assert_int_equal(target_read_online_cpus(-1, &online, &nr), -EBADF);
	assert_int_equal(target_online_cpus(&online, &nr), 0);
	wanted(&t, (struct target_text){ .cpus = number(one, sizeof(one), online[nr - 1]) });
	assert_int_equal(t.nr_cpus, 1);
	assert_int_equal(t.cpus[0], online[nr - 1]);
	assert_true(t.cpus_given);
	assert_false(target_is_narrow(&t)); /* on it, everybody is traced */
	target_fini(&t);
	free(online);
	refused((struct target_text){ .cpus = "99999" }, "CPU 99999 is not online");
	refused((struct target_text){ .cpus = "a" }, "not a list of numbers");
	refused((struct target_text){ .cpus = "0," }, "not a list of numbers");
	refused((struct target_text){ .cpus = "" }, "not a list of numbers");
}

struct waiting {
	pthread_barrier_t here, go;
	pid_t tid;
};

static void *wait_there(void *arg)
{
	struct waiting *w = arg;

	w->tid = syscall(SYS_gettid);
	pthread_barrier_wait(&w->here);
	pthread_barrier_wait(&w->go);
	return NULL;
}

static void a_process_is_all_its_threads_and_a_thread_is_one(void **state)
{
	struct waiting w;
	struct target t;
	pthread_t thread;
	char text[32];

	(void)state;
	pthread_barrier_init(&w.here, NULL, 2);
	pthread_barrier_init(&w.go, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, wait_there, &w), 0);
	pthread_barrier_wait(&w.here);
	wanted(&t, (struct target_text){ .pids = number(text, sizeof(text), getpid()) });
	assert_true(t.nr_tids >= 2); /* a sanitizer may have one of its own */
	assert_int_equal(t.nr_watched, 1);
	assert_true(target_is_narrow(&t));
	assert_false(target_is_gone(&t));
	for (size_t i = 0; i <= t.nr_tids; i++) {
		assert_true(i < t.nr_tids);
		if (t.tids[i] == w.tid)
			break;
	}
	target_fini(&t);
	/* One that leads no process, too. */
	wanted(&t, (struct target_text){ .tids = number(text, sizeof(text), w.tid) });
	assert_int_equal(t.nr_tids, 1);
	assert_int_equal(t.tids[0], w.tid);
	assert_false(target_is_gone(&t));
	pthread_barrier_wait(&w.go);
	pthread_join(thread, NULL);
	for (unsigned int i = 0; i < 1000 && !target_is_gone(&t); i++)
		usleep(1000); /* join returns a little before /proc knows */
	assert_true(target_is_gone(&t));
	target_fini(&t);
	pthread_barrier_destroy(&w.here);
	pthread_barrier_destroy(&w.go);
}

static void a_task_that_is_named_twice_is_one(void **state)
{
	char text[64];
	struct target t;

	(void)state;
	snprintf(text, sizeof(text), "%d,%d", getppid(), getppid());
	wanted(&t, (struct target_text){ .pids = text, .tids = text });
	assert_int_equal(t.nr_watched, 1);
	for (size_t i = 0; i < t.nr_tids; i++)
		assert_false(target_lists(t.tids, i, t.tids[i]));
	target_fini(&t);
	wanted(&t, (struct target_text){ .tids = text });
	assert_int_equal(t.nr_tids, 1);
	assert_int_equal(target_add_task(&t, t.tids[0]), 0);
	assert_int_equal(t.nr_tids, 1);
	target_fini(&t);
}

static void threads_that_a_process_has_started_since_are_added(void **state)
{
	unsigned int nr = 77;
	struct waiting w;
	struct target t;
	pthread_t thread;
	char text[32];

	(void)state;
	wanted(&t, (struct target_text){ .pids = number(text, sizeof(text), getpid()) });
	assert_int_equal(target_add_new_threads(&t, &nr), 0);
	assert_int_equal(nr, 0);
	pthread_barrier_init(&w.here, NULL, 2);
	pthread_barrier_init(&w.go, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, wait_there, &w), 0);
	pthread_barrier_wait(&w.here);
	assert_int_equal(target_add_new_threads(&t, &nr), 0);
	assert_true(nr >= 1);
	assert_true(target_lists(t.tids, t.nr_tids, w.tid));
	assert_int_equal(target_add_new_threads(&t, &nr), 0);
	assert_int_equal(nr, 0);
	target_fini(&t);
	/* -t is that thread and no other. */
	wanted(&t, (struct target_text){ .tids = text });
	assert_int_equal(target_add_new_threads(&t, &nr), 0);
	assert_int_equal(nr, 0);
	target_fini(&t);
	pthread_barrier_wait(&w.go);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&w.here);
	pthread_barrier_destroy(&w.go);
}

static void targets_are_gone_when_the_last_has_ended(void **state)
{
	struct target t;
	char text[64];
	pid_t child[2];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		child[i] = fork();
		if (!child[i])
			for (;;)
				pause();
	}
	snprintf(text, sizeof(text), "%d,%d", child[0], child[1]);
	wanted(&t, (struct target_text){ .pids = text });
	for (unsigned int i = 0; i < 2; i++) {
		assert_false(target_is_gone(&t));
		kill(child[i], SIGKILL);
		waitpid(child[i], NULL, 0);
	}
	assert_true(target_is_gone(&t));
	target_fini(&t);
	refused((struct target_text){ .pids = text }, "no process");
	refused((struct target_text){ .tids = text }, "no thread");
}

static void tasks_that_do_not_exist_are_named(void **state)
{
	(void)state;
	refused((struct target_text){ .pids = DEAD_PID }, "-p: no process " DEAD_PID);
	refused((struct target_text){ .tids = DEAD_PID }, "-t: no thread " DEAD_PID);
	refused((struct target_text){ .pids = "1,x" }, "not a list of numbers");
	refused((struct target_text){ .tids = "-5" }, "not a list of numbers");
	refused((struct target_text){ .pids = "1", .cgroups = "x" }, "two ways");
	refused((struct target_text){ .tids = "1", .cgroups = "x" }, "two ways");
}

static void a_held_command_is_a_target_that_nobody_watches(void **state)
{
	struct target t;

	(void)state;
	wanted(&t, (struct target_text){ 0 });
	assert_int_equal(target_add_task(&t, 77), 0);
	assert_int_equal(t.nr_tids, 1);
	assert_int_equal(t.tids[0], 77);
	assert_true(target_is_narrow(&t));
	assert_false(target_is_gone(&t));
	target_fini(&t);
}

/* @list, with %s for a cgroup that exists, is one cgroup, the one called @left; the rest is told of. */
static void one_cgroup(const char *list, const char *name, const char *left)
{
	char text[256], want[128];
	struct heard heard;
	struct target t;

	snprintf(text, sizeof(text), list, name, name);
	snprintf(want, sizeof(want), left, name);
	hear(&heard);
	assert_int_equal(target_init(&t, &(struct target_text){ .cgroups = text }), 0);
	hear_end(&heard);
	assert_int_equal(t.nr_cgroups, 1);
	assert_string_equal(t.cgroups[0].name, want);
	assert_non_null(strstr(heard.text, "already"));
	target_fini(&t);
}

static void cgroups_within_each_other(const char *root)
{
	char name[32], path[2][2100];
	struct target t;
	char text[128];

	snprintf(name, sizeof(name), "mwprof-unit-%d", getpid());
	snprintf(path[0], sizeof(path[0]), "%s/%s", root, name);
	snprintf(path[1], sizeof(path[1]), "%s/%s2", root, name);
	one_cgroup("/,/", name, "/");
	if (mkdir(path[0], 0755))
		skip(); /* nobody but root may */
	assert_int_equal(mkdir(path[1], 0755), 0);
	one_cgroup("%s,/", name, "/");
	one_cgroup("/,%s", name, "/");
	one_cgroup("%s,/%s/.", name, "%s");
	snprintf(text, sizeof(text), "%s,%s2", name, name);
	wanted(&t, (struct target_text){ .cgroups = text });
	assert_int_equal(t.nr_cgroups, 2); /* side by side, whatever their names begin with */
	target_fini(&t);
	rmdir(path[0]);
	rmdir(path[1]);
}

static void cgroups_are_named_from_their_root(void **state)
{
	struct stat found;
	char line[4096], dir[2048], type[32], options[1024];
	bool mounted = false;
	struct target t;
	FILE *mounts = fopen("/proc/self/mounts", "re");

	(void)state;
	assert_non_null(mounts);
	while (!mounted && fgets(line, sizeof(line), mounts))
		mounted = sscanf(line, "%*s %2047s %31s %1023s", dir, type, options) == 3 &&
			  (!strcmp(type, "cgroup2") ||
			   (!strcmp(type, "cgroup") && strstr(options, "perf_event")));
	fclose(mounts);
	if (!mounted) {
		refused((struct target_text){ .cgroups = "/" }, "no cgroup hierarchy");
		return;
	}
	wanted(&t, (struct target_text){ .cgroups = "/" });
	assert_int_equal(t.nr_cgroups, 1);
	assert_string_equal(t.cgroups[0].name, "/");
	assert_true(target_is_narrow(&t));
	assert_int_equal(fstat(t.cgroups[0].fd, &found), 0);
	assert_true(S_ISDIR(found.st_mode));
	target_fini(&t);
	refused((struct target_text){ .cgroups = "no/such/group" }, "no cgroup 'no/such/group'");
	refused((struct target_text){ .cgroups = "/,no/such/group" }, "no cgroup 'no/such/group'");
	refused((struct target_text){ .cgroups = "/,,/" }, "an empty name");
	refused((struct target_text){ .cgroups = "" }, "an empty name");
	cgroups_within_each_other(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given_is_the_whole_machine),
		cmocka_unit_test(cpus_are_those_of_the_list),
		cmocka_unit_test(a_process_is_all_its_threads_and_a_thread_is_one),
		cmocka_unit_test(a_task_that_is_named_twice_is_one),
		cmocka_unit_test(threads_that_a_process_has_started_since_are_added),
		cmocka_unit_test(targets_are_gone_when_the_last_has_ended),
		cmocka_unit_test(tasks_that_do_not_exist_are_named),
		cmocka_unit_test(a_held_command_is_a_target_that_nobody_watches),
		cmocka_unit_test(cgroups_are_named_from_their_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
