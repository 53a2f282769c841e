// SPDX-License-Identifier: GPL-2.0-only
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/frames.h"
#include "core/task.h"

#define KERNEL ((__u64)PERF_CONTEXT_KERNEL)
#define USER ((__u64)PERF_CONTEXT_USER)
#define K1 0xffffffff81000010ULL
#define K2 0xffffffff81000020ULL

/* Above PID_MAX_LIMIT: nobody in /proc has these. */
enum { A = 0x40000001, B, C };

struct world {
	struct stack_table *stacks;
	struct tasks *tasks;
	struct frames *frames;
};

static void world_new(struct world *w)
{
	assert_int_equal(stack_table_new(&w->stacks, 1 << 20), 0);
	assert_int_equal(tasks_new(&w->tasks), 0);
	assert_int_equal(frames_new(&w->frames, w->stacks, w->tasks), 0);
	tasks_mmap(w->tasks, A, 0x7f0000001000, 0x2000, 0x1000, "/lib/libc");
	tasks_mmap(w->tasks, B, 0x7fff00005000, 0x2000, 0x1000, "/lib/libc");
}

static void world_free(struct world *w)
{
	frames_free(w->frames);
	tasks_free(w->tasks);
	stack_table_free(w->stacks);
}

static void kernel_frames_are_kept_and_markers_go(void **state)
{
	const __u64 chain[] = { KERNEL, K1, K2 };
	struct stack_frames frames;
	struct frame_place place;
	struct world w;
	stack_id id;

	(void)state;
	world_new(&w);
	id = frames_intern(w.frames, A, chain, 3);
	assert_int_equal(frames_intern(w.frames, B, chain, 3), id);
	frames = stack_frames(w.stacks, id);
	assert_int_equal(frames.nr, 2);
	assert_int_equal(frames.ip[0], K1);
	assert_int_equal(frames.ip[1], K2);
	assert_false(frames_place(w.frames, frames.ip[0], &place));
	assert_int_equal(frames_intern(w.frames, A, chain, 1), STACK_NONE);
	assert_int_equal(frames_intern(w.frames, A, chain, 0), STACK_NONE);
	world_free(&w);
}

static void processes_that_run_the_same_code_share_a_stack(void **state)
{
	const __u64 in_a[] = { KERNEL, K1, USER, 0x7f0000001234, 0x7f0000002345 };
	const __u64 in_b[] = { KERNEL, K1, USER, 0x7fff00005234, 0x7fff00006345 };
	const __u64 other[] = { KERNEL, K1, USER, 0x7fff00005235, 0x7fff00006345 };
	struct frame_place place;
	struct world w;
	stack_id id;

	(void)state;
	world_new(&w);
	id = frames_intern(w.frames, A, in_a, 5);
	assert_int_equal(frames_intern(w.frames, A, in_a, 5), id);
	assert_int_equal(frames_intern(w.frames, B, in_b, 5), id);
	assert_int_not_equal(frames_intern(w.frames, B, other, 5), id);
	assert_int_equal(stack_frames(w.stacks, id).nr, 3);
	assert_true(frames_place(w.frames, stack_frames(w.stacks, id).ip[1], &place));
	assert_string_equal(place.object, "/lib/libc");
	assert_int_equal(place.offset, 0x1234);
	assert_int_equal(place.ip, 0x7f0000001234);
	world_free(&w);
}

static void frames_keep_their_object_when_the_process_execs(void **state)
{
	const __u64 chain[] = { USER, 0x401000 };
	struct frame_place place;
	stack_id before, after;
	struct world w;

	(void)state;
	world_new(&w);
	tasks_mmap(w.tasks, C, 0x400000, 0x2000, 0, "/bin/before");
	before = frames_intern(w.frames, C, chain, 2);
	assert_int_equal(frames_intern(w.frames, C, chain, 2), before);
	tasks_comm(w.tasks, C, C, "after", true);
	tasks_mmap(w.tasks, C, 0x400000, 0x2000, 0, "/bin/after");
	after = frames_intern(w.frames, C, chain, 2);
	assert_int_not_equal(after, before);
	assert_true(frames_place(w.frames, stack_frames(w.stacks, before).ip[0], &place));
	assert_string_equal(place.object, "/bin/before");
	assert_true(frames_place(w.frames, stack_frames(w.stacks, after).ip[0], &place));
	assert_string_equal(place.object, "/bin/after");
	world_free(&w);
}

static void equal_addresses_of_two_processes_do_not_mix(void **state)
{
	const __u64 chain[] = { USER, 0x7f0000001234 };
	struct world w;
	stack_id id;

	(void)state;
	world_new(&w);
	tasks_mmap(w.tasks, C, 0x7f0000001000, 0x1000, 0, "/lib/other");
	id = frames_intern(w.frames, A, chain, 2);
	assert_int_not_equal(frames_intern(w.frames, C, chain, 2), id);
	assert_int_equal(frames_intern(w.frames, A, chain, 2), id);
	world_free(&w);
}

static void a_frame_in_no_mapping_ends_the_walk(void **state)
{
	const __u64 derailed[] = { KERNEL, K1, USER, 0x7f0000001234, 0x10, 0x7f0000001334 };
	const __u64 good[] = { KERNEL, K1, USER, 0x7f0000001234 };
	const __u64 zero[] = { KERNEL, K1, USER, 0x7f0000001234, 0 };
	const __u64 unknown[] = { KERNEL, K1, USER, 0x10, 0x20 };
	struct frame_place place;
	struct stack_frames frames;
	struct world w;
	stack_id id;

	(void)state;
	world_new(&w);
	id = frames_intern(w.frames, A, good, 4);
	assert_int_equal(frames_intern(w.frames, A, derailed, 6), id);
	assert_int_equal(frames_intern(w.frames, A, zero, 5), id);
	frames = stack_frames(w.stacks, frames_intern(w.frames, A, unknown, 5));
	assert_int_equal(frames.nr, 2);
	assert_true(frames_place(w.frames, frames.ip[1], &place));
	assert_null(place.object);
	world_free(&w);
}

static void a_single_address_is_a_stack_of_one_frame(void **state)
{
	struct frame_place place;
	struct stack_frames frames;
	struct world w;

	(void)state;
	world_new(&w);
	frames = stack_frames(w.stacks, frames_intern_one(w.frames, A, K1));
	assert_int_equal(frames.nr, 1);
	assert_int_equal(frames.ip[0], K1);
	frames = stack_frames(w.stacks, frames_intern_one(w.frames, A, 0x7f0000001234));
	assert_int_equal(frames.nr, 1);
	assert_true(frames_place(w.frames, frames.ip[0], &place));
	assert_int_equal(place.offset, 0x1234);
	world_free(&w);
}

/* Longer than what is kept as it came, and more of them than are kept. */
static void long_chains_and_many_chains_come_out_the_same_each_time(void **state)
{
	__u64 chain[200] = { KERNEL };
	stack_id ids[5000];
	struct world w;

	(void)state;
	world_new(&w);
	for (unsigned int i = 1; i < 200; i++)
		chain[i] = K1 + 8 * i;
	ids[0] = frames_intern(w.frames, A, chain, 200);
	assert_int_equal(stack_frames(w.stacks, ids[0]).nr, 199);
	assert_int_equal(frames_intern(w.frames, A, chain, 200), ids[0]);
	for (unsigned int i = 0; i < 5000; i++) {
		chain[5] = K2 + i;
		ids[i] = frames_intern(w.frames, A, chain, 10);
	}
	for (unsigned int i = 0; i < 5000; i++) {
		chain[5] = K2 + i;
		assert_int_equal(frames_intern(w.frames, A, chain, 10), ids[i]);
	}
	assert_true(stack_table_nr(w.stacks) <= 5001);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_frames_are_kept_and_markers_go),
		cmocka_unit_test(processes_that_run_the_same_code_share_a_stack),
		cmocka_unit_test(frames_keep_their_object_when_the_process_execs),
		cmocka_unit_test(equal_addresses_of_two_processes_do_not_mix),
		cmocka_unit_test(a_frame_in_no_mapping_ends_the_walk),
		cmocka_unit_test(a_single_address_is_a_stack_of_one_frame),
		cmocka_unit_test(long_chains_and_many_chains_come_out_the_same_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
