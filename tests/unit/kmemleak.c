// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmemleak.c - the books and what the reports say of them, fed with hand-made events
 *
 * A session without a kernel: formats of 6.18, events as the source would
 * deliver them, a sink that keeps the rows of the last report. After every
 * report the sum over all rows must be what is outstanding.
 */
#include "core/session.h"
#include "core/task.h"
#include "profilers/kmemleak.h"
#include "tests/unit/engine_test.h"

extern const struct profiler kmemleak_profiler;

#define SLAB 0xffff888000001000ULL
#define SITE_A 0xffffffff81000010ULL
#define SITE_B 0xffffffff81000020ULL
#define MAX_ROWS 64

struct row {
	char type[16], event[40], comms[3][16];
	bool in_text, suspect;
	__u64 bytes, objects, oldest, comm_bytes[3], comm_objects[3];
	__s64 changed_bytes, changed_objects;
	stack_id stack;
	unsigned int nr_comms;
};

struct world {
	struct session s;
	struct core_options core;
	struct kmemleak_options options;
	struct source source;
	struct report_sink sink;
	struct row rows[MAX_ROWS]; /* of the last report */
	unsigned int nr_rows, nr_events, nr_reports;
	__u64 num, mem, alloc, free; /* its statistics */
};

static void note_value(struct world *w, struct row *row, const struct report_value *v)
{
	const struct {
		const char *name;
		void *to;
	} places[] = {
		{ "bytes", &row->bytes },
		{ "objects", &row->objects },
		{ "oldest", &row->oldest },
		{ "changed_bytes", &row->changed_bytes },
		{ "changed_objects", &row->changed_objects },
		{ "num", &w->num },
		{ "mem", &w->mem },
		{ "alloc", &w->alloc },
		{ "free", &w->free },
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (!strcmp(v->name, places[i].name))
			memcpy(places[i].to, &v->u, sizeof(v->u));
	if (v->kind == REPORT_KIND_STACK)
		row->stack = v->stack;
	if (v->kind == REPORT_KIND_STRING)
		snprintf(row->event, sizeof(row->event), "%s", v->string);
	if (v->kind == REPORT_KIND_BOOL)
		row->suspect = v->u;
	for (__u32 i = 0; v->kind == REPORT_KIND_GROUPS && i < v->nr_groups; i++) {
		assert_true(i < ARRAY_SIZE(row->comms));
		snprintf(row->comms[i], sizeof(row->comms[i]), "%s", v->groups[i].name);
		row->comm_bytes[i] = v->groups[i].bytes;
		row->comm_objects[i] = v->groups[i].objects;
		row->nr_comms++;
	}
}

static void sink_begin(struct report_sink *sink, enum report_why why, __u64 time_ns)
{
	struct world *w = container_of(sink, struct world, sink);

	(void)why, (void)time_ns;
	w->nr_rows = w->nr_events = 0;
	w->nr_reports++;
}

static void sink_row(struct report_sink *sink, const struct report_item *item)
{
	struct world *w = container_of(sink, struct world, sink);
	struct row *row = &w->rows[w->nr_rows++];

	assert_true(w->nr_rows < MAX_ROWS);
	*row = (struct row){ .in_text = item->text };
	snprintf(row->type, sizeof(row->type), "%s", item->type);
	for (unsigned int i = 0; i < item->nr_values; i++)
		note_value(w, row, &item->values[i]);
}

static void sink_event(struct report_sink *sink, const struct report_event_item *item)
{
	struct world *w = container_of(sink, struct world, sink);

	assert_non_null(item->ev->raw);
	w->nr_events++;
}

static int sink_end(struct report_sink *sink)
{
	(void)sink;
	return 0;
}

static void sink_free(struct report_sink *sink)
{
	(void)sink;
}

static const struct report_sink_ops sink_ops = {
	.begin = sink_begin, .row = sink_row, .event = sink_event, .end = sink_end, .free = sink_free
};

static void source_ledger(const struct source *source, __u64 *counts)
{
	(void)source, (void)counts;
}

static const struct source_ops source_ops = { .ledger = source_ledger };

/* A session up to where kernel @kernel's formats are known. */
static void world_begin(struct world *w, const char *kernel)
{
	static const char *const events[] = { "kmem kmalloc",		"kmem kfree",
					      "kmem mm_page_alloc",	"kmem mm_page_free",
					      "kmem kmem_cache_alloc",	"kmem kmem_cache_free",
					      "percpu percpu_alloc_percpu",
					      "percpu percpu_free_percpu" };
	char sys[16], name[40];

	*w = (struct world){ .options.suspect_after = 3,
			     .source.ops = &source_ops,
			     .sink.ops = &sink_ops };
	w->s = (struct session){
		.prof = { .ops = &kmemleak_profiler, .options = &w->options, .session = &w->s },
		.options = &w->core,
		.source = &w->source,
		.ledger.own_rows = kmemleak_profiler.ledger,
	};
	w->s.prof.state = calloc(1, kmemleak_profiler.state_size);
	assert_non_null(w->s.prof.state);
	assert_int_equal(stack_table_new(&w->s.stacks, 1 << 24), 0);
	w->s.prof.stacks = w->s.stacks;
	assert_int_equal(tasks_new(&w->s.tasks), 0);
	assert_int_equal(tracefs_new_empty(&w->s.tracefs), 0);
	for (size_t i = 0; kernel && i < ARRAY_SIZE(events); i++) {
		assert_int_equal(sscanf(events[i], "%15s %39s", sys, name), 2);
		add_format(w->s.tracefs, kernel, sys, name);
	}
	assert_int_equal(report_new(&w->s.report), 0);
	report_add_sink(w->s.report, &w->sink);
}

/* Binds what setup() and session_add_list() have added. */
static void world_bind(struct world *w)
{
	struct session *s = &w->s;

	s->binding.tracefs = s->tracefs;
	s->binding.session = s;
	s->binding.stacks = w->core.call_graph != CALL_GRAPH_NONE;
	for (size_t i = 0; i < s->nr_lists; i++)
		assert_int_equal(binding_add(&s->binding, &kmemleak_profiler.roles[s->list_roles[i]],
					     s->list_roles[i], s->lists[i]),
				 0);
	s->prof.specs = s->binding.specs;
	s->prof.nr_specs = s->binding.nr;
	assert_int_equal(kmemleak_profiler.init(&s->prof), 0);
}

static void world_init(struct world *w, const char *allocs, const char *frees)
{
	assert_int_equal(kmemleak_profiler.setup(&w->s.prof), 0);
	assert_int_equal(session_add_list(&w->s, 0, allocs), 0);
	assert_int_equal(session_add_list(&w->s, 1, frees), 0);
	world_bind(w);
}

static void slab_world(struct world *w)
{
	world_begin(w, HOST);
	world_init(w, "kmem:kmalloc", "kmem:kfree");
}

static void world_free(struct world *w)
{
	struct session *s = &w->s;

	kmemleak_profiler.fini(&s->prof);
	report_free(s->report);
	binding_fini(&s->binding);
	for (size_t i = 0; i < s->nr_lists; i++)
		spec_list_free(s->lists[i]);
	free(s->lists);
	free(s->list_roles);
	tracefs_free(s->tracefs);
	tasks_free(s->tasks);
	stack_table_free(s->stacks);
	free(s->prof.state);
}

static __u64 ledger_of(const struct world *w, const char *name)
{
	const struct ledger_row *rows = kmemleak_profiler.ledger;

	for (unsigned int i = 0; rows[i].name; i++)
		if (!strcmp(rows[i].name, name))
			return w->s.ledger.own[i];
	fail_msg("the ledger has no row %s", name);
	return 0;
}

/* An event of a spec: 8-byte values at offsets of its format, the rest is zero. */
struct at {
	unsigned int offset;
	__u64 value;
};

static struct event event_of(const struct world *w, unsigned int spec, __u64 time_ns, __u32 pid,
			     char *raw, const struct at *values, unsigned int nr)
{
	memset(raw, 0, 96);
	for (unsigned int i = 0; i < nr; i++)
		memcpy(raw + values[i].offset, &values[i].value, sizeof(values[i].value));
	return (struct event){ .spec = &w->s.prof.specs[spec],
			       .time_ns = time_ns,
			       .pid = pid,
			       .tid = pid,
			       .raw = raw,
			       .raw_size = 96 };
}

#define SEND(w, spec, time_ns, pid, ...)                                                      \
	do {                                                                                  \
		const struct at at_[] = { __VA_ARGS__ };                                      \
		char raw_[96];                                                                \
		struct event ev_ =                                                            \
			event_of(w, spec, time_ns, pid, raw_, at_, ARRAY_SIZE(at_));          \
		assert_int_equal(session_event(&(w)->s, &ev_), 0);                            \
	} while (0)

/* Specs 0 and 1 of slab_world(). */
static void alloc(struct world *w, __u64 time_ns, __u64 ptr, __u64 size, __u64 site)
{
	SEND(w, 0, time_ns, 1, { 8, site }, { 16, ptr }, { 24, size - 1 }, { 32, size });
}

static void free_at(struct world *w, __u64 time_ns, __u64 ptr)
{
	SEND(w, 1, time_ns, 1, { 16, ptr });
}

static void lose(struct world *w, __u64 since_ns, __u64 until_ns)
{
	struct lost lost = { .nr = 1, .since_ns = since_ns, .until_ns = until_ns };

	assert_int_equal(session_lost(&w->s, &lost), 0);
}

/* Sum over rows = outstanding = allocated - freed, in objects and in bytes. */
static void sums_hold(const struct world *w)
{
	const struct kmemleak *k = w->s.prof.state;
	__u64 bytes = 0, objects = 0, held = 0;

	for (unsigned int i = 0; i < w->nr_rows; i++) {
		const struct row *row = &w->rows[i];

		if (strcmp(row->type, "leak") && strcmp(row->type, "unsure") &&
		    strcmp(row->type, "hidden"))
			continue;
		bytes += row->bytes;
		objects += row->objects;
	}
	assert_int_equal(objects, w->num);
	assert_int_equal(objects, w->alloc - w->free);
	for (__u32 i = live_first(k->live); i != LIVE_END; i = live_next(k->live, i))
		held += live_at(k->live, i)->size;
	assert_int_equal(bytes, held);
}

static void report(struct world *w, enum report_why why, __u64 time_ns)
{
	w->s.now_ns = time_ns;
	report_begin(w->s.report, why, time_ns);
	assert_int_equal(kmemleak_profiler.report(&w->s.prof, w->s.report, why), 0);
	assert_int_equal(report_end(w->s.report), 0);
	if (why != REPORT_SIGNAL)
		sums_hold(w);
}

/* Row number @nr of a type in the last report, NULL: there are fewer. */
static const struct row *row_of(const struct world *w, const char *type, unsigned int nr)
{
	for (unsigned int i = 0; i < w->nr_rows; i++)
		if (!strcmp(w->rows[i].type, type) && !nr--)
			return &w->rows[i];
	return NULL;
}

static void row_is(const struct world *w, const char *type, unsigned int nr, __u64 bytes,
		   __u64 objects)
{
	const struct row *row = row_of(w, type, nr);

	if (!row || row->bytes != bytes || row->objects != objects)
		fail_msg("%s %u is %lld/%lld, not %llu/%llu", type, nr,
			 row ? (long long)row->bytes : -1, row ? (long long)row->objects : -1,
			 bytes, objects);
}

static void what_is_freed_is_gone_and_what_is_not_is_reported_by_site(void **state)
{
	struct world w;

	(void)state;
	slab_world(&w);
	for (unsigned int i = 0; i < 100; i++)
		alloc(&w, i, SLAB + 64 * i, 64, i % 4 ? SITE_A : SITE_B);
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
	sums_hold(&(struct world){ .num = 0, .s.prof.state = w.s.prof.state }); /* books are empty */
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
		SEND(&w, 0, 1, 1, { 16, n }, { 32, 64 });
		SEND(&w, 1, 2, 1, { 8, n }, { 16, 2 });
		SEND(&w, 2, 3, 1, { 56, n }, { 64, 16 });
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
		SEND(&w, 0, i, pid + (i % 3 != 0), { 8, SITE_A }, { 16, SLAB + 64 * i }, { 32, 10 });
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
		SEND(&w, 0, i, 1, { 16, SLAB + 64 * i });
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

		ev = event_of(&w, 0, i, 1, raw, values, ARRAY_SIZE(values));
		ev.ips = ips;
		ev.nr_ips = i < 4 ? 3 : 2; /* one site, two ways to it */
		assert_int_equal(session_event(&w.s, &ev), 0);
	}
	report(&w, REPORT_FINAL, 20);
	row_is(&w, "leak", 0, 40, 4);
	row_is(&w, "leak", 1, 20, 2);
	assert_int_equal(stack_frames(w.s.stacks, row_of(&w, "leak", 0)->stack).nr, 3);
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
