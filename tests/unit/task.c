// SPDX-License-Identifier: GPL-2.0-only
/*
 * task.c, task_map.c - names and maps of tasks, also of those that are gone
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/task.h"

/* Ids that no kernel gives out: above PID_MAX_LIMIT. */
enum { P = 0x40000000 };

static struct tasks *tasks_made(void)
{
	struct tasks *t;

	assert_int_equal(tasks_new(&t), 0);
	return t;
}

static void is_named(struct tasks *t, __u32 pid, __u32 tid, const char *name)
{
	assert_string_equal(tasks_comm_name(t, tasks_comm_of(t, pid, tid)), name);
}

static void maps_to(struct tasks *t, __u32 pid, __u64 addr, const char *object, __u64 offset)
{
	const char *found;
	__u64 at;

	if (!tasks_object_at(t, pid, addr, &found, &at))
		fail_msg("%llx of %u: nothing", addr, pid);
	assert_string_equal(found, object);
	assert_int_equal(at, offset);
}

static void maps_to_nothing(struct tasks *t, __u32 pid, __u64 addr)
{
	const char *found;
	__u64 at;

	assert_false(tasks_object_at(t, pid, addr, &found, &at));
}

static void equal_names_have_equal_numbers(void **state)
{
	struct tasks *t = tasks_made();
	__u16 a;

	(void)state;
	tasks_comm(t, P + 1, P + 1, "bash", false);
	tasks_comm(t, P + 2, P + 2, "bash", false);
	tasks_comm(t, P + 3, P + 3, "dash", false);
	a = tasks_comm_of(t, P + 1, P + 1);
	assert_int_not_equal(a, 0);
	assert_int_equal(tasks_comm_of(t, P + 2, P + 2), a);
	assert_int_not_equal(tasks_comm_of(t, P + 3, P + 3), a);
	is_named(t, P + 3, P + 3, "dash");
	is_named(t, 0, 0, "swapper");
	tasks_comm(t, P + 1, P + 1, "a-name-that-is-too-long", false);
	is_named(t, P + 1, P + 1, "a-name-that-is-");
	tasks_free(t);
	tasks_free(NULL);
}

static void a_task_nobody_told_about_is_asked_of_proc_once(void **state)
{
	struct tasks *t = tasks_made();
	char old[16];

	(void)state;
	prctl(PR_GET_NAME, old);
	prctl(PR_SET_NAME, "first name");
	is_named(t, getpid(), gettid(), "first name");
	prctl(PR_SET_NAME, "second name"); /* only a record would tell */
	is_named(t, getpid(), gettid(), "first name");
	tasks_comm(t, getpid(), gettid(), "second name", false);
	is_named(t, getpid(), gettid(), "second name");
	prctl(PR_SET_NAME, old);
	tasks_free(t);
}

static void a_kworker_is_named_as_in_the_records(void **state)
{
	struct tasks *t = tasks_made();
	char old[16];

	(void)state;
	prctl(PR_GET_NAME, old);
	prctl(PR_SET_NAME, "kworker/0:1-eve");
	is_named(t, getpid(), gettid(), "kworker/0:1");
	prctl(PR_SET_NAME, "kworker/R-a-b");
	tasks_fork(t, getpid(), gettid(), P + 7, P + 7); /* forgets the name: P + 7 has none */
	is_named(t, getpid(), gettid(), "kworker/R-a-b");
	prctl(PR_SET_NAME, old);
	tasks_free(t);
}

static void what_nobody_knows_stays_unknown_until_a_record_says(void **state)
{
	struct tasks *t = tasks_made();

	(void)state;
	assert_int_equal(tasks_comm_of(t, P + 1, P + 1), 0);
	assert_int_equal(tasks_comm_of(t, P + 1, P + 1), 0);
	assert_string_equal(tasks_comm_name(t, 0), "");
	tasks_comm(t, P + 1, P + 1, "known", false);
	is_named(t, P + 1, P + 1, "known");
	tasks_free(t);
}

static void a_child_has_its_parents_name_and_maps_until_it_execs(void **state)
{
	struct tasks *t = tasks_made();

	(void)state;
	tasks_comm(t, P, P, "parent", true);
	tasks_mmap(t, P, 0x1000, 0x1000, 0x3000, "/bin/parent");
	tasks_fork(t, P + 1, P + 1, P, P);
	is_named(t, P + 1, P + 1, "parent");
	maps_to(t, P + 1, 0x1010, "/bin/parent", 0x3010);

	tasks_mmap(t, P + 1, 0x8000, 0x1000, 0, "/lib/child.so"); /* the child's alone */
	maps_to(t, P + 1, 0x8000, "/lib/child.so", 0);
	maps_to_nothing(t, P, 0x8000);

	tasks_comm(t, P + 1, P + 1, "child", true);
	is_named(t, P + 1, P + 1, "child");
	maps_to_nothing(t, P + 1, 0x1010);
	maps_to(t, P, 0x1010, "/bin/parent", 0x3010);
	tasks_free(t);
}

static void a_thread_has_a_name_of_its_own_and_the_process_maps(void **state)
{
	struct tasks *t = tasks_made();

	(void)state;
	tasks_comm(t, P, P, "main", true);
	tasks_mmap(t, P, 0x1000, 0x1000, 0, "/bin/main");
	tasks_fork(t, P, P + 1, P, P);
	is_named(t, P, P + 1, "main");
	tasks_comm(t, P, P + 1, "worker", false);
	is_named(t, P, P + 1, "worker");
	is_named(t, P, P, "main");
	maps_to(t, P, 0x1fff, "/bin/main", 0xfff);
	tasks_free(t);
}

static void the_dead_keep_their_name_and_maps_until_their_id_is_used_again(void **state)
{
	struct tasks *t = tasks_made();

	(void)state;
	tasks_comm(t, P, P, "mortal", true);
	tasks_mmap(t, P, 0x1000, 0x1000, 0, "/bin/mortal");
	tasks_exit(t, P, P);
	tasks_exit(t, P, P);
	is_named(t, P, P, "mortal");
	maps_to(t, P, 0x1000, "/bin/mortal", 0);

	tasks_comm(t, P + 9, P + 9, "other", true);
	tasks_fork(t, P, P, P + 9, P + 9);
	is_named(t, P, P, "other");
	maps_to_nothing(t, P, 0x1000);
	tasks_free(t);
}

static void the_dead_are_forgotten_oldest_first(void **state)
{
	enum { KEPT = 65536, MORE = 5000 };
	struct tasks *t = tasks_made();
	size_t full, after;
	__u32 i;

	(void)state;
	tasks_comm(t, P, P, "alive", true);
	for (i = 1; i <= KEPT; i++) {
		tasks_comm(t, P + i, P + i, "dead", true);
		tasks_mmap(t, P + i, 0x1000, 0x1000, 0, "/bin/dead");
		tasks_exit(t, P + i, P + i);
	}
	is_named(t, P + 1, P + 1, "dead");
	/* One of the old ones comes back to life: it is not dropped with its generation. */
	tasks_comm(t, P + 2, P + 2, "risen", false);
	full = tasks_bytes(t);
	for (; i <= KEPT + MORE; i++) {
		tasks_comm(t, P + i, P + i, "dead", true);
		tasks_mmap(t, P + i, 0x1000, 0x1000, 0, "/bin/dead");
		tasks_exit(t, P + i, P + i);
	}
	after = tasks_bytes(t);
	assert_in_range(after, full - 65536, full + 65536);
	maps_to_nothing(t, P + 1, 0x1000);
	maps_to_nothing(t, P + MORE, 0x1000);
	is_named(t, P + 1, P + 1, "");
	is_named(t, P + 2, P + 2, "risen");
	is_named(t, P + KEPT, P + KEPT, "dead");
	is_named(t, P, P, "alive");
	tasks_free(t);
}

static void more_names_than_numbers_share_the_last_one(void **state)
{
	struct tasks *t = tasks_made();
	char name[16];
	__u32 i;

	(void)state;
	for (i = 0; i < 70000; i++) {
		snprintf(name, sizeof(name), "name-%u", i);
		tasks_comm(t, P, P, name, false);
		if (i == 60000)
			is_named(t, P, P, "name-60000");
	}
	is_named(t, P, P, "[other]");
	tasks_comm(t, P, P, "name-5", false);
	is_named(t, P, P, "name-5");
	tasks_free(t);
}

static void a_new_mapping_takes_the_place_of_what_was_there(void **state)
{
	struct tasks *t = tasks_made();

	(void)state;
	tasks_mmap(t, P, 0x10000, 0x10000, 0x1000, "/a");
	tasks_mmap(t, P, 0x14000, 0x1000, 0, "/b"); /* in the middle: /a is split */
	maps_to(t, P, 0x13fff, "/a", 0x4fff);
	maps_to(t, P, 0x14fff, "/b", 0xfff);
	maps_to(t, P, 0x15000, "/a", 0x6000);
	tasks_mmap(t, P, 0xf000, 0x2000, 0, "/c"); /* over its beginning */
	maps_to(t, P, 0x10fff, "/c", 0x1fff);
	maps_to(t, P, 0x11000, "/a", 0x2000);
	tasks_mmap(t, P, 0x1f000, 0x2000, 0, "/d"); /* over its end */
	maps_to(t, P, 0x1efff, "/a", 0xffff);
	maps_to(t, P, 0x1f000, "/d", 0);
	tasks_mmap(t, P, 0x0, 0x100000, 0, "/e"); /* over everything */
	maps_to(t, P, 0x14000, "/e", 0x14000);
	maps_to_nothing(t, P, 0x100000);
	tasks_mmap(t, P, ~0ULL - 10, 20, 0, "/wraps");
	maps_to_nothing(t, P, ~0ULL - 5);
	tasks_free(t);
}

static void maps_agree_with_a_plain_table_of_bytes(void **state)
{
	enum { SPACE = 200 };
	static const char *const names[] = { "/0", "/1", "/2", "/3", "/4" };
	int owner[SPACE], since[SPACE];
	struct tasks *t = tasks_made();
	unsigned int seed = 1, round, i;
	const char *found;
	__u64 offset;

	(void)state;
	memset(owner, -1, sizeof(owner));
	for (round = 0; round < 2000; round++) {
		unsigned int start = rand_r(&seed) % (SPACE - 30), len = 1 + rand_r(&seed) % 30;
		int name = rand_r(&seed) % 5;

		tasks_mmap(t, P, start, len, 1000, names[name]);
		for (i = start; i < start + len; i++) {
			owner[i] = name;
			since[i] = start;
		}
		for (i = 0; i < SPACE; i++) {
			bool is = tasks_object_at(t, P, i, &found, &offset);

			assert_int_equal(is, owner[i] >= 0);
			if (!is)
				continue;
			assert_string_equal(found, names[owner[i]]);
			assert_int_equal(offset, 1000 + i - since[i]);
		}
	}
	tasks_free(t);
}

static void what_is_no_file_counts_from_its_own_beginning(void **state)
{
	struct tasks *t = tasks_made();

	(void)state;
	tasks_mmap(t, P, 0x1000, 0x1000, 0x1000, "//anon");
	tasks_mmap(t, P, 0x3000, 0x1000, 0x3000, "[vdso]");
	tasks_mmap(t, ~0U, 0xffffffff81000000, 0x1000, 0, "[kernel.kallsyms]_text");
	maps_to(t, P, 0x1234, "//anon", 0x234);
	maps_to(t, P, 0x3010, "[vdso]", 0x10);
	maps_to_nothing(t, ~0U, 0xffffffff81000000);
	tasks_free(t);
}

static void maps_of_a_running_process_are_read_once(void **state)
{
	struct tasks *t = tasks_made();
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	__u64 here = (__u64)(uintptr_t)maps_of_a_running_process_are_read_once, offset;
	const char *object;

	(void)state;
	assert_true(len > 0);
	self[len] = '\0';
	maps_to_nothing(t, getpid(), here);
	tasks_note_user_stack(t, getpid());
	assert_true(tasks_object_at(t, getpid(), here, &object, &offset));
	assert_string_equal(object, self);
	tasks_comm(t, getpid(), getpid(), "x",
		   true); /* it execs: what was read is not true any more */
	tasks_note_user_stack(t, getpid());
	maps_to_nothing(t, getpid(), here);
	tasks_note_user_stack(t, P); /* no such process: no harm */
	maps_to_nothing(t, P, here);
	tasks_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_names_have_equal_numbers),
		cmocka_unit_test(a_task_nobody_told_about_is_asked_of_proc_once),
		cmocka_unit_test(a_kworker_is_named_as_in_the_records),
		cmocka_unit_test(what_nobody_knows_stays_unknown_until_a_record_says),
		cmocka_unit_test(a_child_has_its_parents_name_and_maps_until_it_execs),
		cmocka_unit_test(a_thread_has_a_name_of_its_own_and_the_process_maps),
		cmocka_unit_test(the_dead_keep_their_name_and_maps_until_their_id_is_used_again),
		cmocka_unit_test(the_dead_are_forgotten_oldest_first),
		cmocka_unit_test(more_names_than_numbers_share_the_last_one),
		cmocka_unit_test(a_new_mapping_takes_the_place_of_what_was_there),
		cmocka_unit_test(maps_agree_with_a_plain_table_of_bytes),
		cmocka_unit_test(what_is_no_file_counts_from_its_own_beginning),
		cmocka_unit_test(maps_of_a_running_process_are_read_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
