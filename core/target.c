// SPDX-License-Identifier: GPL-2.0-only
/*
 * target.c - what is traced
 *
 * Turns the user's lists of CPUs, processes, threads and cgroups into numbers
 * and file descriptors, and says in the user's words what does not exist.
 * perf.c opens events over them; the session asks whether they still live.
 */
#include "core/target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/spec.h"
#include "mwprof/log.h"
#include "mwprof/util.h"

int target_read_online_cpus(int fd, int **cpus, size_t *nr)
{
	char text[4096];
	size_t bad_at;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = 0;
	text[strcspn(text, "\n")] = 0;
	return parse_list(text, cpus, nr, &bad_at);
}

int target_online_cpus(int **cpus, size_t *nr)
{
	int fd = open(TARGET_ONLINE_CPUS, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = target_read_online_cpus(fd, cpus, nr);
	close(fd);
	return err;
}

/* PROC_PID_INIT_INO of the kernel's proc_ns.h: the first namespace has this number for ever. */
bool target_in_pid_namespace(void)
{
	char name[64];
	ssize_t len = readlink("/proc/self/ns/pid", name, sizeof(name) - 1);

	if (len < 0)
		return false; /* a kernel without them */
	name[len] = 0;
	return strcmp(name, "pid:[4026531836]") != 0;
}

bool target_lists(const int *list, size_t nr, int n)
{
	for (size_t i = 0; i < nr; i++)
		if (list[i] == n)
			return true;
	return false;
}

/* A list of numbers that the user gave to @option; caret on what is no list. */
static int user_list(const char *option, const char *text, int **out, size_t *nr)
{
	size_t bad_at = 0;
	int err = parse_list(text, out, nr, &bad_at);

	if (err == -EINVAL)
		caret_print(option, text, bad_at, 1, "not a list of numbers",
			    "a list looks like 0-3,8");
	return err;
}

static int init_cpus(struct target *t, const char *text)
{
	int *online = NULL;
	size_t nr_online;
	int err = target_online_cpus(&online, &nr_online);

	if (err) {
		log_error("cannot tell which CPUs are online: %s", strerror(-err));
		return err == -EINVAL ? -EIO : err;
	}
	if (!text) {
		t->cpus = online;
		t->nr_cpus = nr_online;
		return 0;
	}
	t->cpus_given = true;
	err = user_list("-C", text, &t->cpus, &t->nr_cpus);
	for (size_t i = 0; !err && i < t->nr_cpus; i++) {
		if (target_lists(online, nr_online, t->cpus[i]))
			continue;
		log_error("-C: CPU %d is not online; this machine has %zu online, up to CPU %d",
			  t->cpus[i], nr_online, online[nr_online - 1]);
		err = -EINVAL;
	}
	free(online);
	return err;
}

/* Unless it is there already. */
static int append(pid_t **list, size_t *nr, pid_t n)
{
	pid_t *grown;

	if (target_lists(*list, *nr, n))
		return 0;
	grown = realloc(*list, (*nr + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[(*nr)++] = n;
	*list = grown;
	return 0;
}

int target_add_task(struct target *t, pid_t tid)
{
	return append(&t->tids, &t->nr_tids, tid);
}

/* All threads of @pid: -ENOENT when there is no such process. */
static int add_process(struct target *t, pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOMEM ? -ENOMEM : -ENOENT;
	while (!err && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			err = target_add_task(t, atoi(entry->d_name));
	}
	closedir(dir);
	return err;
}

int target_add_new_threads(struct target *t, unsigned int *nr)
{
	size_t nr_before = t->nr_tids;
	int err = 0;

	for (size_t i = 0; !err && i < t->nr_pids; i++) {
		err = add_process(t, t->pids[i]);
		if (err == -ENOENT)
			err = 0;
	}
	*nr = t->nr_tids - nr_before;
	return err;
}

static bool task_lives(pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", tid, tid);
	if (!access(path, F_OK))
		return true;
	/* A thread that leads no process stands in /proc too, though no listing shows it. */
	snprintf(path, sizeof(path), "/proc/%d", tid);
	return !access(path, F_OK);
}

static int init_tasks(struct target *t, const char *option, const char *text, bool whole)
{
	int *list = NULL;
	size_t nr = 0;
	int err = user_list(option, text, &list, &nr);

	for (size_t i = 0; !err && i < nr; i++) {
		if (whole)
			err = add_process(t, list[i]);
		else
			err = task_lives(list[i]) ? target_add_task(t, list[i]) : -ENOENT;
		if (err == -ENOENT) {
			log_error("%s: no %s %d; it may have ended", option,
				  whole ? "process" : "thread", list[i]);
			err = -EINVAL;
		}
		if (!err && whole)
			err = append(&t->pids, &t->nr_pids, list[i]);
		if (!err)
			err = append(&t->watched, &t->nr_watched, list[i]);
	}
	free(list);
	return err;
}

/*
 * Where cgroups of perf events live: the cgroup v1 hierarchy of perf_event if
 * there is one, else v2, whose every cgroup can be given to perf.
 */
static int cgroup_root(char *out, size_t size)
{
	char line[4096], dir[PATH_MAX], type[32], options[1024], v2[PATH_MAX] = "";
	FILE *mounts = fopen("/proc/self/mounts", "re");
	int err = -ENOENT;

	if (!mounts)
		return -errno;
	while (err && fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%*s %4095s %31s %1023s", dir, type, options) != 3)
			continue;
		if (!strcmp(type, "cgroup2") && !*v2)
			snprintf(v2, sizeof(v2), "%s", dir);
		if (!strcmp(type, "cgroup") && strstr(options, "perf_event")) {
			snprintf(out, size, "%s", dir);
			err = 0;
		}
	}
	fclose(mounts);
	if (err && *v2) {
		snprintf(out, size, "%s", v2);
		err = 0;
	}
	return err;
}

static int add_cgroup(struct target *t, const char *root, const char *name)
{
	struct target_cgroup *grown = realloc(t->cgroups,
					      (t->nr_cgroups + 1) * sizeof(*t->cgroups));
	struct target_cgroup *cgroup;
	char path[2 * PATH_MAX];

	if (!grown)
		return -ENOMEM;
	t->cgroups = grown;
	cgroup = &grown[t->nr_cgroups];
	snprintf(path, sizeof(path), "%s/%s", root, name);
	cgroup->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup->fd < 0) {
		log_error("--cgroups: no cgroup '%s' below %s: %s", name, root, strerror(errno));
		return -EINVAL;
	}
	cgroup->name = strdup(name);
	t->nr_cgroups++;
	return cgroup->name ? 0 : -ENOMEM;
}

static int cgroup_path(const struct target_cgroup *cgroup, char *out, size_t size)
{
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", cgroup->fd);
	len = readlink(link, out, size - 1);
	if (len < 0)
		return -errno;
	out[len] = 0;
	return 0;
}

/* Is @path @top, or below it? */
static bool is_within(const char *path, const char *top)
{
	size_t len = strlen(top);

	return !strncmp(path, top, len) && (!path[len] || path[len] == '/');
}

/* The cgroup, other than @i, that has everything that @i has; of two that are one, the first. */
static const struct target_cgroup *cgroup_around(const struct target *t, size_t i)
{
	char path[PATH_MAX], other[PATH_MAX];

	if (cgroup_path(&t->cgroups[i], path, sizeof(path)))
		return NULL;
	for (size_t j = 0; j < t->nr_cgroups; j++) {
		if (j == i || cgroup_path(&t->cgroups[j], other, sizeof(other)))
			continue;
		if (is_within(path, other) && (strcmp(path, other) || j < i))
			return &t->cgroups[j];
	}
	return NULL;
}

/* A cgroup has all that is below it: what is named twice would be traced twice. */
static void drop_nested_cgroups(struct target *t)
{
	for (size_t i = t->nr_cgroups; i-- > 0;) {
		const struct target_cgroup *around = cgroup_around(t, i);

		if (!around)
			continue;
		log_notice("--cgroups: '%s' is in '%s' already", t->cgroups[i].name, around->name);
		close(t->cgroups[i].fd);
		free(t->cgroups[i].name);
		t->nr_cgroups--;
		memmove(&t->cgroups[i], &t->cgroups[i + 1],
			(t->nr_cgroups - i) * sizeof(*t->cgroups));
	}
}

static int init_cgroups(struct target *t, const char *text)
{
	char root[PATH_MAX], *copy, *rest, *name;
	int err = cgroup_root(root, sizeof(root));

	if (err) {
		log_error("--cgroups: no cgroup hierarchy that perf events can use is mounted");
		return -EINVAL;
	}
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	for (rest = copy; !err && (name = strsep(&rest, ","));) {
		if (!*name) {
			log_error("--cgroups: an empty name in '%s'", text);
			err = -EINVAL;
			break;
		}
		err = add_cgroup(t, root, name);
	}
	if (!err)
		drop_nested_cgroups(t);
	free(copy);
	return err;
}

int target_init(struct target *t, const struct target_text *text)
{
	int err;

	*t = (struct target){ .inherit = !text->no_inherit };
	if (text->cgroups && (text->pids || text->tids)) {
		log_error("--cgroups and -p/-t are two ways to choose tasks: give one of them");
		return -EINVAL;
	}
	err = init_cpus(t, text->cpus);
	if (!err && text->pids)
		err = init_tasks(t, "-p", text->pids, true);
	if (!err && text->tids)
		err = init_tasks(t, "-t", text->tids, false);
	if (!err && text->cgroups)
		err = init_cgroups(t, text->cgroups);
	return err;
}

void target_fini(struct target *t)
{
	for (size_t i = 0; i < t->nr_cgroups; i++) {
		close(t->cgroups[i].fd);
		free(t->cgroups[i].name);
	}
	free(t->cgroups);
	free(t->cpus);
	free(t->tids);
	free(t->pids);
	free(t->watched);
	*t = (struct target){ 0 };
}

bool target_is_narrow(const struct target *t)
{
	return t->nr_tids || t->nr_cgroups;
}

bool target_is_gone(const struct target *t)
{
	for (size_t i = 0; i < t->nr_watched; i++)
		if (task_lives(t->watched[i]))
			return false;
	return t->nr_watched;
}
