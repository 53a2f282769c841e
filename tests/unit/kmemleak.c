// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmemleak.c - the books and what the reports say of them, fed with hand-made events
 */
#include "tests/unit/kmemleak_world.h"

static void what_is_freed_is_gone_and_what_is_not_is_reported_by_site(void **state)
{
	struct world w;

	(void)state;
	slab_world(&w);
	for (unsigned int i = 0; i < 100; i++)
		alloc(&w, i + 1, SLAB + 64 * i, 64, i % 4 ? SITE_A : SITE_B);
	for (unsigned int i = 0; i < 100; i += 2)
		free_at(&w, 100 + i, SLAB + 64 * i);
	report(&w, REPORT_FINAL, 1000);
	assert_int_equal(w.num, 50);
	assert_int_equal(w.alloc, 100);
	assert_int_equal(w.free, 50);
	row_is(&w, "leak", 0, 50 * 64, 50); /* the odd ones are all of site A */
	assert_null(row_of(&w, "leak", 1));
	assert_null(row_of(&w, "unsure", 0));
	assert_null(row_of(&w, "hidden", 0));
	assert_int_equal(stack_frames(w.s.stacks, row_of(&w, "leak", 0)->stack).ip[0], SITE_A);
	assert_int_equal(w.nr_events, 0);
	world_free(&w);
}

static void nothing_allocated_is_nothing_outstanding(void **state)
{
	struct world w;

	(void)state;
	slab_world(&w);
	report(&w, REPORT_FINAL, 1);
	assert_int_equal(w.num + w.alloc + w.free, 0);
	assert_null(row_of(&w, "leak", 0));
	assert_non_null(row_of(&w, "stats", 0));
	world_free(&w);
}

static void an_address_allocated_again_proves_a_missed_free(void **state)
{
	struct world w;

	(void)state;
	slab_world(&w);
	alloc(&w, 1, SLAB, 64, SITE_A);
	alloc(&w, 2, SLAB, 128, SITE_B);
	report(&w, REPORT_FINAL, 10);
	row_is(&w, "leak", 0, 128, 1);
	assert_null(row_of(&w, "leak", 1));
	assert_int_equal(ledger_of(&w, "missed_frees"), 1);
	assert_int_equal(w.alloc, 2);
	assert_int_equal(w.free, 1);
	free_at(&w, 11, SLAB);
	report(&w, REPORT_FINAL, 12);
	assert_int_equal(w.num, 0);
	assert_int_equal(ledger_of(&w, "unknown_frees"), 0);
	world_free(&w);
}

static void a_failed_allocation_is_no_object_and_freeing_nothing_is_nothing(void **state)
{
	static const __u64 none[] = { 0, (__u64)-1, (__u64)-12, (__u64)-4095, 16 };
	struct world w;

	(void)state;
	slab_world(&w);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		alloc(&w, 1, none[i], 64, SITE_A);
		free_at(&w, 2, none[i]);
	}
	report(&w, REPORT_FINAL, 10);
	assert_int_equal(w.alloc + w.free + w.num, 0);
	assert_int_equal(ledger_of(&w, "unknown_frees"), 0);
	alloc(&w, 1, (__u64)-4096, 64, SITE_A); /* the last address that is one */
	alloc(&w, 1, 17, 64, SITE_A);
	report(&w, REPORT_FINAL, 10);
	row_is(&w, "leak", 0, 128, 2);
	world_free(&w);
}

static void a_free_of_something_unknown_is_counted(void **state)
{
	struct world w;

	(void)state;
	slab_world(&w);
	free_at(&w, 1, SLAB);
	alloc(&w, 2, SLAB, 64, SITE_A);
	free_at(&w, 3, SLAB);
	free_at(&w, 4, SLAB);
	report(&w, REPORT_FINAL, 10);
	assert_int_equal(ledger_of(&w, "unknown_frees"), 2);
	assert_int_equal(ledger_losses(&w.s.ledger), 0); /* the figures stand */
	assert_int_equal(w.alloc, 1);
	assert_int_equal(w.free, 1);
	world_free(&w);
}

/* What an interrupt writes into a ring while it is being written comes late: times tell. */
static void a_free_before_its_late_allocation_is_its_free(void **state)
{
	struct world w;

	(void)state;
	slab_world(&w);
	free_at(&w, 20, SLAB);
	assert_int_equal(ledger_of(&w, "unknown_frees"), 1);
	alloc(&w, 10, SLAB, 64, SITE_A);
	report(&w, REPORT_FINAL, 30);
	assert_int_equal(w.num, 0);
	assert_int_equal(w.alloc, 1);
	assert_int_equal(w.free, 1);
	assert_int_equal(ledger_of(&w, "unknown_frees"), 0);
	alloc(&w, 15, SLAB, 64, SITE_A); /* one free frees once */
	report(&w, REPORT_FINAL, 31);
	row_is(&w, "leak", 0, 64, 1);
	world_free(&w);
}

static void a_free_of_nothing_frees_nothing_that_is_allocated_after_it(void **state)
{
	struct world w;

	(void)state;
	slab_world(&w);
	free_at(&w, 5, SLAB);
	alloc(&w, 50, SLAB + 64, 64, SITE_A);
	alloc(&w, 40, SLAB, 64, SITE_A); /* late, and still after that free */
	free_at(&w, 60, SLAB + 128);
	alloc(&w, 60, SLAB + 128, 64, SITE_A);
	report(&w, REPORT_FINAL, 70);
	row_is(&w, "leak", 0, 3 * 64, 3);
	assert_int_equal(ledger_of(&w, "unknown_frees"), 2);
	world_free(&w);
}

static void a_late_free_leaves_the_next_object_at_its_address(void **state)
{
	struct world w;

	(void)state;
	slab_world(&w);
	alloc(&w, 10, SLAB, 64, SITE_A);
	alloc(&w, 30, SLAB, 32, SITE_B);
	free_at(&w, 20, SLAB); /* the first one's, which was taken off already */
	report(&w, REPORT_FINAL, 40);
	row_is(&w, "leak", 0, 32, 1);
	assert_int_equal(w.alloc, 2);
	assert_int_equal(w.free, 1);
	free_at(&w, 41, SLAB);
	report(&w, REPORT_FINAL, 42);
	assert_int_equal(w.num, 0);
	world_free(&w);
}

static void objects_from_before_a_loss_are_unsure_and_stand_apart(void **state)
{
	struct world w;

	(void)state;
	slab_world(&w);
	alloc(&w, 10, SLAB, 64, SITE_A);
	alloc(&w, 20, SLAB + 64, 64, SITE_A);
	lose(&w, 5, 20);
	alloc(&w, 21, SLAB + 128, 64, SITE_A);
	alloc(&w, 22, SLAB + 192, 32, SITE_B);
	report(&w, REPORT_FINAL, 30);
	row_is(&w, "unsure", 0, 128, 2);
	row_is(&w, "leak", 0, 64, 1);
	row_is(&w, "leak", 1, 32, 1);
	lose(&w, 1, 15); /* an older interval, told of late, makes nothing surer */
	report(&w, REPORT_FINAL, 31);
	row_is(&w, "unsure", 0, 128, 2);
	free_at(&w, 32, SLAB); /* an unsure object that lives is freed like any other */
	lose(&w, 25, 40);
	report(&w, REPORT_FINAL, 41);
	row_is(&w, "unsure", 0, 128, 2);
	row_is(&w, "unsure", 1, 32, 1);
	assert_null(row_of(&w, "leak", 0));
	assert_int_equal(w.nr_reports, 3);
	world_free(&w);
}

static void with_reset_a_loss_reports_at_once_and_starts_over(void **state)
{
	struct world w;

	(void)state;
	slab_world(&w);
	w.options.on_loss = ON_LOSS_RESET;
	alloc(&w, 10, SLAB, 64, SITE_A);
	alloc(&w, 11, SLAB + 64, 64, SITE_A);
	lose(&w, 5, 20);
	assert_int_equal(w.nr_reports, 1);
	row_is(&w, "leak", 0, 128, 2);
	assert_int_equal(w.num, 2);
	assert_int_equal(ledger_of(&w, "resets"), 1);
	free_at(&w, 21, SLAB);
	assert_int_equal(ledger_of(&w, "unknown_frees"), 1);
	alloc(&w, 22, SLAB + 64, 32, SITE_B);
	assert_int_equal(ledger_of(&w, "missed_frees"), 0);
	report(&w, REPORT_FINAL, 30);
	row_is(&w, "leak", 0, 32, 1);
	assert_null(row_of(&w, "leak", 1));
	assert_null(row_of(&w, "unsure", 0));
	assert_int_equal(w.alloc, 1);
	assert_int_equal(w.free, 0);
	world_free(&w);
}

static void equal_addresses_of_different_processes_are_different_objects(void **state)
{
	const __u64 ptr = 0x555500001000;
	struct world w;

	(void)state;
	slab_world(&w);
	SEND(&w, 0, 1, 100, { 16, ptr }, { 32, 64 });
	SEND(&w, 0, 2, 200, { 16, ptr }, { 32, 32 });
	SEND(&w, 1, 3, 300, { 16, ptr }); /* a third one has none */
	assert_int_equal(ledger_of(&w, "missed_frees"), 0);
	assert_int_equal(ledger_of(&w, "unknown_frees"), 1);
	SEND(&w, 1, 4, 100, { 16, ptr });
	report(&w, REPORT_FINAL, 10);
	row_is(&w, "leak", 0, 32, 1);
	/* A kernel address is the same one whoever frees it. */
	SEND(&w, 0, 11, 100, { 16, SLAB }, { 32, 64 });
	SEND(&w, 1, 12, 200, { 16, SLAB });
	report(&w, REPORT_FINAL, 13);
	row_is(&w, "leak", 0, 32, 1);
	world_free(&w);
}

static void addresses_pages_and_per_cpu_offsets_never_mix(void **state)
{
	static const __u64 numbers[] = { 0x1234, SLAB };
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		__u64 n = numbers[i];

		world_begin(&w, HOST);
		world_init(&w,
			   "kmem:kmalloc,kmem:mm_page_alloc//ptr=pfn/size=4096<<order/,"
			   "percpu:percpu_alloc_percpu",
			   "kmem:kfree,kmem:mm_page_free//ptr=pfn/,percpu:percpu_free_percpu");
		SEND(&w, 0, 1, 1, { 8, SITE_A }, { 16, n }, { 32, 64 });
		SEND(&w, 1, 2, 1, { 8, n }, { 16, 2 });
		SEND(&w, 2, 3, 1, { 8, SITE_B }, { 56, n }, { 64, 16 });
		assert_int_equal(ledger_of(&w, "missed_frees"), 0);
		report(&w, REPORT_FINAL, 10);
		assert_int_equal(w.num, 3);
		row_is(&w, "leak", 0, 4096 << 2, 1);
		SEND(&w, 4, 11, 2, { 8, n }); /* a page is freed by whoever */
		report(&w, REPORT_FINAL, 12);
		row_is(&w, "leak", 0, 64, 1);
		SEND(&w, 3, 13, 1, { 16, n });
		report(&w, REPORT_FINAL, 14);
		row_is(&w, "leak", 0, 16, 1);
		SEND(&w, 5, 15, 2, { 24, n });
		report(&w, REPORT_FINAL, 16);
		assert_int_equal(w.num, 0);
		assert_int_equal(ledger_of(&w, "unknown_frees"), 0);
		world_free(&w);
	}
}

static void a_space_that_the_user_names_keeps_equal_addresses_apart(void **state)
{
	struct world w;

	(void)state;
	world_begin(&w, HOST);
	world_init(&w, "kmem:kmalloc//space=gfp_flags/", "kmem:kfree//space=call_site/");
	SEND(&w, 0, 1, 1, { 16, SLAB }, { 32, 64 }, { 40, 5 });
	SEND(&w, 0, 2, 1, { 16, SLAB }, { 32, 32 }, { 40, 6 });
	SEND(&w, 1, 3, 9, { 16, SLAB }, { 8, 5 });
	report(&w, REPORT_FINAL, 10);
	row_is(&w, "leak", 0, 32, 1);
	world_free(&w);
}

static void limits_of_the_user_hide_objects_but_not_their_sum(void **state)
{
	struct world w;

	(void)state;
	slab_world(&w);
	for (unsigned int i = 0; i < 10; i++)
		alloc(&w, 100 * (i + 1), SLAB + 64 * i, 10 * (i + 1), SITE_A + i);
	w.options.than_ns = 500;
	report(&w, REPORT_FINAL, 1000); /* 100 ... 400 are older than 500 */
	row_is(&w, "hidden", 0, 50 + 60 + 70 + 80 + 90 + 100, 6);
	w.options.than_ns = 0;
	w.options.min_size = 80;
	report(&w, REPORT_FINAL, 1000);
	row_is(&w, "leak", 0, 100, 1);
	row_is(&w, "leak", 2, 80, 1);
	assert_null(row_of(&w, "leak", 3));
	row_is(&w, "hidden", 0, 10 + 20 + 30 + 40 + 50 + 60 + 70, 7);
	w.options.top = 1;
	report(&w, REPORT_FINAL, 1000);
	row_is(&w, "leak", 0, 100, 1);
	assert_null(row_of(&w, "leak", 1));
	row_is(&w, "hidden", 0, 550 - 100, 9);
	w.options.min_size = 0;
	w.options.top = 10;
	report(&w, REPORT_FINAL, 1000);
	assert_null(row_of(&w, "hidden", 0));
	world_free(&w);
}

static void unsure_groups_count_for_top_too(void **state)
{
	struct world w;

	(void)state;
	slab_world(&w);
	w.options.top = 1;
	alloc(&w, 1, SLAB, 1000, SITE_A);
	lose(&w, 1, 2);
	alloc(&w, 3, SLAB + 4096, 999, SITE_B);
	report(&w, REPORT_FINAL, 10);
	row_is(&w, "unsure", 0, 1000, 1);
	row_is(&w, "hidden", 0, 999, 1);
	world_free(&w);
}

static void commands_of_a_group_come_most_bytes_first(void **state)
{
	const __u32 pid = 0x40000001;
	const struct row *row;
	struct world w;

	(void)state;
	world_begin(&w, HOST);
	w.options.comm = true;
	world_init(&w, "kmem:kmalloc", "kmem:kfree");
	assert_true(w.s.prof.comms);
	tasks_comm(w.s.tasks, pid, pid, "few", false);
	tasks_comm(w.s.tasks, pid + 1, pid + 1, "many", false);
	tasks_comm(w.s.tasks, pid + 2, pid + 2, "other", false);
	for (unsigned int i = 0; i < 30; i++)
		SEND(&w, 0, i + 1, pid + (i % 3 != 0), { 8, SITE_A }, { 16, SLAB + 64 * i },
		     { 32, 10 });
	SEND(&w, 0, 50, pid + 2, { 8, SITE_B }, { 16, SLAB + 65536 }, { 32, 1 });
	/* Who frees does not matter; the name is that of the time of the allocation. */
	SEND(&w, 1, 51, pid + 2, { 16, SLAB + 64 });
	tasks_comm(w.s.tasks, pid, pid, "renamed", false);
	report(&w, REPORT_FINAL, 100);
	row = row_of(&w, "leak", 0);
	assert_int_equal(row->nr_comms, 2);
	assert_string_equal(row->comms[0], "many");
	assert_int_equal(row->comm_bytes[0], 190);
	assert_int_equal(row->comm_objects[0], 19);
	assert_string_equal(row->comms[1], "few");
	assert_int_equal(row->comm_bytes[1], 100);
	row = row_of(&w, "leak", 1);
	assert_int_equal(row->nr_comms, 1);
	assert_string_equal(row->comms[0], "other");
	world_free(&w);
}

static void growth_is_told_and_who_grows_every_time_is_a_suspect(void **state)
{
	const struct row *row;
	struct world w;

	(void)state;
	slab_world(&w);
	w.core.interval_ns = 1000;
	/* A fills once and stays; B grows in each of four intervals, then shrinks. */
	for (unsigned int i = 0; i < 8; i++)
		alloc(&w, 1 + i, SLAB + 1024 * i, 1000, SITE_A);
	for (unsigned int i = 1; i <= 4; i++) {
		alloc(&w, 1000 * i - 1, SLAB + 65536 + 64 * i, 64, SITE_B);
		report(&w, REPORT_SIGNAL, 1000 * i - 1); /* looks, and changes nothing */
		report(&w, REPORT_INTERVAL, 1000 * i);
		row = row_of(&w, "leak", 0);
		assert_int_equal(row->changed_bytes, i == 1 ? 8000 : 0);
		assert_int_equal(row->changed_objects, i == 1 ? 8 : 0);
		assert_int_equal(row->oldest, 1000 * i - 1);
		assert_false(row->suspect);
		row = row_of(&w, "leak", 1);
		assert_int_equal(row->changed_bytes, 64);
		assert_int_equal(row->suspect, i >= 3);
	}
	free_at(&w, 4500, SLAB + 65536 + 64);
	report(&w, REPORT_INTERVAL, 5000);
	row = row_of(&w, "leak", 1);
	assert_int_equal(row->changed_bytes, -64);
	assert_int_equal(row->changed_objects, -1);
	assert_false(row->suspect);
	world_free(&w);
}

static void without_sizes_each_object_is_reported_with_its_event(void **state)
{
	struct world w;

	(void)state;
	world_begin(&w, HOST);
	world_init(&w, "kmem:kfree", "kmem:kmalloc"); /* an allocation event that has no size */
	for (unsigned int i = 0; i < 5; i++)
		SEND(&w, 0, i + 1, 1, { 16, SLAB + 64 * i });
	SEND(&w, 1, 10, 1, { 16, SLAB });
	report(&w, REPORT_FINAL, 20);
	assert_int_equal(w.nr_events, 4);
	row_is(&w, "objects", 0, 0, 4);
	assert_false(row_of(&w, "leak", 0)->in_text);
	world_free(&w);
	/* With sizes: only when -v asks for it. */
	world_begin(&w, HOST);
	w.core.verbose = 1;
	world_init(&w, "kmem:kmalloc", "kmem:kfree");
	alloc(&w, 1, SLAB, 64, SITE_A);
	lose(&w, 1, 2);
	alloc(&w, 3, SLAB + 64, 64, SITE_A);
	report(&w, REPORT_FINAL, 20);
	assert_int_equal(w.nr_events, 2);
	row_is(&w, "objects", 0, 0, 1);
	assert_non_null(row_of(&w, "objects", 1));
	assert_true(row_of(&w, "leak", 0)->in_text);
	world_free(&w);
}

static void stacks_group_where_they_are_taken_and_events_where_nothing_else_does(void **state)
{
	const __u64 ips[] = { (__u64)PERF_CONTEXT_KERNEL, 1, 2 };
	char raw[96] = "";
	struct event ev;
	struct world w;

	(void)state;
	world_begin(&w, HOST);
	w.core.call_graph = CALL_GRAPH_FP;
	world_init(&w, "kmem:kmalloc", "kmem:kfree");
	for (unsigned int i = 0; i < 6; i++) {
		const struct at values[] = { { 8, SITE_A }, { 16, SLAB + 64 * i }, { 32, 10 } };

		ev = event_of(&w, 0, i + 1, 1, raw, values, ARRAY_SIZE(values));
		ev.ips = ips;
		ev.nr_ips = i < 4 ? 3 : 2; /* one site, two ways to it */
		assert_int_equal(session_event(&w.s, &ev), 0);
	}
	report(&w, REPORT_FINAL, 20);
	row_is(&w, "leak", 0, 40, 4);
	row_is(&w, "leak", 1, 20, 2);
	assert_int_equal(stack_frames(w.s.stacks, row_of(&w, "leak", 0)->stack).nr, 2);
	world_free(&w);
	/* mm_page_alloc has no call site: the event is the group. */
	world_begin(&w, HOST);
	world_init(&w, "kmem:mm_page_alloc//ptr=pfn/size=4096<<order/", "kmem:kfree");
	SEND(&w, 0, 1, 1, { 8, 77 });
	SEND(&w, 0, 2, 1, { 8, 78 });
	report(&w, REPORT_FINAL, 20);
	row_is(&w, "leak", 0, 8192, 2);
	assert_int_equal(row_of(&w, "leak", 0)->stack, STACK_NONE);
	assert_string_equal(row_of(&w, "leak", 0)->event, "kmem:mm_page_alloc");
	world_free(&w);
}

/* One function of one file, mapped at two places: to a reader it is one stack. */
static void stacks_that_read_the_same_in_two_processes_are_one_group(void **state)
{
	const __u32 pid = 0x40000001;
	char raw[96] = "";
	struct event ev;
	struct world w;

	(void)state;
	world_begin(&w, HOST);
	w.core.call_graph = CALL_GRAPH_FP;
	world_init(&w, "kmem:kmalloc", "kmem:kfree");
	for (unsigned int i = 0; i < 4; i++) {
		const __u64 ips[] = { (__u64)PERF_CONTEXT_KERNEL, SITE_A, (__u64)PERF_CONTEXT_USER,
				      0x100000 * (i + 1) + (i == 3 ? 0x20 : 0x10) };
		const struct at values[] = { { 16, SLAB + 64 * i }, { 32, 10 } };

		tasks_comm(w.s.tasks, pid + i, pid + i, "app", true);
		tasks_mmap(w.s.tasks, pid + i, 0x100000 * (i + 1), 0x1000, 0, "/usr/bin/app");
		ev = event_of(&w, 0, i + 1, pid + i, raw, values, ARRAY_SIZE(values));
		ev.ips = ips;
		ev.nr_ips = ARRAY_SIZE(ips);
		assert_int_equal(session_event(&w.s, &ev), 0);
	}
	report(&w, REPORT_FINAL, 20);
	row_is(&w, "leak", 0, 30, 3);
	row_is(&w, "leak", 1, 10, 1); /* another place in the file */
	world_free(&w);
}

/* What the books must say, kept in the plainest way. */
struct model {
	__u64 size[512], time_ns[512];
	unsigned int site[512];
	__u64 nr_allocs, nr_frees, missed, unknown, lost_until_ns;
};

static void model_agrees(struct world *w, const struct model *m)
{
	__u64 bytes[4] = { 0 }, objects[4] = { 0 }, unsure[4] = { 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(m->size); i++) {
		bool sure = m->time_ns[i] > m->lost_until_ns;

		if (!m->size[i])
			continue;
		bytes[m->site[i]] += sure ? m->size[i] : 0;
		objects[m->site[i]] += sure;
		unsure[m->site[i]] += !sure;
	}
	assert_int_equal(w->alloc, m->nr_allocs);
	assert_int_equal(w->free, m->nr_frees);
	assert_int_equal(ledger_of(w, "missed_frees"), m->missed);
	assert_int_equal(ledger_of(w, "unknown_frees"), m->unknown);
	for (unsigned int i = 0; i < w->nr_rows; i++) {
		const struct row *row = &w->rows[i];
		__u64 site;

		if (strcmp(row->type, "leak") && strcmp(row->type, "unsure"))
			continue;
		site = *stack_frames(w->s.stacks, row->stack).ip - SITE_A;
		assert_true(site < 4);
		if (!strcmp(row->type, "unsure")) {
			assert_int_equal(row->objects, unsure[site]);
			unsure[site] = 0;
			continue;
		}
		assert_int_equal(row->objects, objects[site]);
		assert_int_equal(row->bytes, bytes[site]);
		objects[site] = 0;
	}
	for (unsigned int i = 0; i < 4; i++) /* and no group is missing */
		assert_int_equal(objects[i] + unsure[i], 0);
}

static void random_events_and_losses_agree_with_a_plain_model(void **state)
{
	struct model m = { 0 };
	struct world w;
	__u64 seed = 77;

	(void)state;
	slab_world(&w);
	for (__u64 now = 1; now <= 40000; now++) {
		unsigned int i = chance_below(&seed, ARRAY_SIZE(m.size));
		__u64 what = chance_below(&seed, 1000);

		if (what < 3) {
			m.lost_until_ns = now;
			lose(&w, now - 1, now);
		} else if (what < 550) {
			m.missed += m.size[i] != 0;
			m.nr_frees += m.size[i] != 0;
			m.nr_allocs++;
			m.size[i] = 8 + chance_below(&seed, 1000);
			m.site[i] = chance_below(&seed, 4);
			m.time_ns[i] = now;
			alloc(&w, now, SLAB + 64 * i, m.size[i], SITE_A + m.site[i]);
		} else {
			m.unknown += !m.size[i];
			m.nr_frees += m.size[i] != 0;
			m.size[i] = 0;
			free_at(&w, now, SLAB + 64 * i);
		}
		if (now % 500)
			continue;
		report(&w, now % 1000 ? REPORT_FINAL : REPORT_INTERVAL, now);
		model_agrees(&w, &m);
	}
	world_free(&w);
}

static bool has_spec(const struct world *w, unsigned int role, const char *name, const char *size)
{
	for (unsigned int i = 0; i < w->s.prof.nr_specs; i++) {
		const struct event_spec *spec = &w->s.prof.specs[i];

		if (spec->role != role || strcmp(spec->name, name))
			continue;
		return !size ||
		       (spec->attr[1].kind == ATTR_FIELD ? !strcmp(spec->attr[1].field, size)
							 : !strcmp(size, "computed"));
	}
	return false;
}

static void ready_made_pairs(const char *kernel, const char *percpu_size)
{
	struct world w;

	world_begin(&w, kernel);
	w.options.kernel = "slab,page,percpu";
	assert_int_equal(kmemleak_profiler.setup(&w.s.prof), 0);
	world_bind(&w);
	assert_int_equal(w.s.prof.nr_specs, 8);
	assert_true(has_spec(&w, 0, "kmalloc", "bytes_alloc"));
	assert_true(has_spec(&w, 0, "kmem_cache_alloc", "bytes_alloc"));
	assert_true(has_spec(&w, 0, "mm_page_alloc", "computed"));
	assert_true(has_spec(&w, 0, "percpu_alloc_percpu", percpu_size));
	assert_true(has_spec(&w, 1, "kfree", NULL));
	assert_true(has_spec(&w, 1, "kmem_cache_free", NULL));
	assert_true(has_spec(&w, 1, "mm_page_free", NULL));
	assert_true(has_spec(&w, 1, "percpu_free_percpu", NULL));
	world_free(&w);
}

static void ready_made_pairs_fit_the_kernel_they_run_on(void **state)
{
	(void)state;
	ready_made_pairs(HOST, "bytes_alloc");
	ready_made_pairs("6.1.0-56-cloud-amd64", "bytes_alloc");
	ready_made_pairs("5.10.0-46-cloud-amd64", "size"); /* it has no bytes_alloc yet */
}

static void a_pair_that_nobody_has_is_an_error(void **state)
{
	static const char *const kinds[] = { "slab", "page", "slabs", "", "slab,,page" };
	struct heard heard;
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		world_begin(&w, i < 2 ? NULL : HOST); /* NULL: a kernel without any event */
		w.options.kernel = (char *)kinds[i];
		hear(&heard);
		assert_int_equal(kmemleak_profiler.setup(&w.s.prof), -EINVAL);
		assert_non_null(strstr(hear_end(&heard), "--kernel"));
		world_free(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_freed_is_gone_and_what_is_not_is_reported_by_site),
		cmocka_unit_test(nothing_allocated_is_nothing_outstanding),
		cmocka_unit_test(an_address_allocated_again_proves_a_missed_free),
		cmocka_unit_test(a_failed_allocation_is_no_object_and_freeing_nothing_is_nothing),
		cmocka_unit_test(a_free_of_something_unknown_is_counted),
		cmocka_unit_test(a_free_before_its_late_allocation_is_its_free),
		cmocka_unit_test(a_free_of_nothing_frees_nothing_that_is_allocated_after_it),
		cmocka_unit_test(a_late_free_leaves_the_next_object_at_its_address),
		cmocka_unit_test(objects_from_before_a_loss_are_unsure_and_stand_apart),
		cmocka_unit_test(with_reset_a_loss_reports_at_once_and_starts_over),
		cmocka_unit_test(equal_addresses_of_different_processes_are_different_objects),
		cmocka_unit_test(addresses_pages_and_per_cpu_offsets_never_mix),
		cmocka_unit_test(a_space_that_the_user_names_keeps_equal_addresses_apart),
		cmocka_unit_test(limits_of_the_user_hide_objects_but_not_their_sum),
		cmocka_unit_test(unsure_groups_count_for_top_too),
		cmocka_unit_test(commands_of_a_group_come_most_bytes_first),
		cmocka_unit_test(growth_is_told_and_who_grows_every_time_is_a_suspect),
		cmocka_unit_test(without_sizes_each_object_is_reported_with_its_event),
		cmocka_unit_test(
			stacks_group_where_they_are_taken_and_events_where_nothing_else_does),
		cmocka_unit_test(stacks_that_read_the_same_in_two_processes_are_one_group),
		cmocka_unit_test(random_events_and_losses_agree_with_a_plain_model),
		cmocka_unit_test(ready_made_pairs_fit_the_kernel_they_run_on),
		cmocka_unit_test(a_pair_that_nobody_has_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
