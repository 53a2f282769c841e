/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_TESTS_KMEMLEAK_WORLD_H
#define MWPROF_TESTS_KMEMLEAK_WORLD_H

/*
 * A session of kmemleak without a kernel: formats from files, events as the
 * source would deliver them, a sink that keeps the rows of the last report.
 * After every report the sum over all rows must be what is outstanding.
 */
#include "core/frames.h"
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

static inline void note_value(struct world *w, struct row *row, const struct report_value *v)
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

static inline struct world *world_of(struct report_sink *sink)
{
	return (struct world *)((char *)sink - offsetof(struct world, sink));
}

static inline void sink_begin(struct report_sink *sink, enum report_why why, __u64 time_ns)
{
	struct world *w = world_of(sink);

	(void)why, (void)time_ns;
	w->nr_rows = w->nr_events = 0;
	w->nr_reports++;
}

static inline void sink_row(struct report_sink *sink, const struct report_item *item)
{
	struct world *w = world_of(sink);
	struct row *row = &w->rows[w->nr_rows++];

	assert_true(w->nr_rows < MAX_ROWS);
	*row = (struct row){ .in_text = item->text };
	snprintf(row->type, sizeof(row->type), "%s", item->type);
	for (unsigned int i = 0; i < item->nr_values; i++)
		note_value(w, row, &item->values[i]);
}

static inline void sink_event(struct report_sink *sink, const struct report_event_item *item)
{
	struct world *w = world_of(sink);

	assert_non_null(item->ev->raw);
	w->nr_events++;
}

static inline int sink_end(struct report_sink *sink)
{
	(void)sink;
	return 0;
}

static inline void sink_free(struct report_sink *sink)
{
	(void)sink;
}

static const struct report_sink_ops sink_ops = { .begin = sink_begin,
						 .row = sink_row,
						 .event = sink_event,
						 .end = sink_end,
						 .free = sink_free };

static inline void source_ledger(const struct source *source, __u64 *counts)
{
	(void)source, (void)counts;
}

static const struct source_ops source_ops = { .ledger = source_ledger };

/* A session up to where kernel @kernel's formats are known. */
static inline void world_begin(struct world *w, const char *kernel)
{
	static const char *const events[] = { "kmem kmalloc",
					      "kmem kfree",
					      "kmem mm_page_alloc",
					      "kmem mm_page_free",
					      "kmem kmem_cache_alloc",
					      "kmem kmem_cache_free",
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
	assert_int_equal(frames_new(&w->s.frames, w->s.stacks, w->s.tasks), 0);
	assert_int_equal(tracefs_new_empty(&w->s.tracefs), 0);
	for (size_t i = 0; kernel && i < ARRAY_SIZE(events); i++) {
		assert_int_equal(sscanf(events[i], "%15s %39s", sys, name), 2);
		add_format(w->s.tracefs, kernel, sys, name);
	}
	assert_int_equal(report_new(&w->s.report), 0);
	report_add_sink(w->s.report, &w->sink);
}

/* Binds what setup() and session_add_list() have added. */
static inline void world_bind(struct world *w)
{
	struct session *s = &w->s;

	s->binding.tracefs = s->tracefs;
	s->binding.session = s;
	s->binding.stacks = w->core.call_graph != CALL_GRAPH_NONE;
	for (size_t i = 0; i < s->nr_lists; i++)
		assert_int_equal(binding_add(&s->binding,
					     &kmemleak_profiler.roles[s->list_roles[i]],
					     s->list_roles[i], s->lists[i]),
				 0);
	s->prof.specs = s->binding.specs;
	s->prof.nr_specs = s->binding.nr;
	assert_int_equal(kmemleak_profiler.init(&s->prof), 0);
}

static inline void world_init(struct world *w, const char *allocs, const char *frees)
{
	assert_int_equal(kmemleak_profiler.setup(&w->s.prof), 0);
	assert_int_equal(session_add_list(&w->s, 0, allocs), 0);
	assert_int_equal(session_add_list(&w->s, 1, frees), 0);
	world_bind(w);
}

static inline void slab_world(struct world *w)
{
	world_begin(w, HOST);
	world_init(w, "kmem:kmalloc", "kmem:kfree");
}

static inline void world_free(struct world *w)
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
	frames_free(s->frames);
	tasks_free(s->tasks);
	stack_table_free(s->stacks);
	free(s->prof.state);
}

static inline __u64 ledger_of(const struct world *w, const char *name)
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

static inline struct event event_of(const struct world *w, unsigned int spec, __u64 time_ns,
				    __u32 pid, char *raw, const struct at *values, unsigned int nr)
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

#define SEND(w, spec, time_ns, pid, ...)                                                           \
	do {                                                                                       \
		const struct at at_[] = { __VA_ARGS__ };                                           \
		char raw_[96];                                                                     \
		struct event ev_ = event_of(w, spec, time_ns, pid, raw_, at_, ARRAY_SIZE(at_));    \
		assert_int_equal(session_event(&(w)->s, &ev_), 0);                                 \
	} while (0)

/* Specs 0 and 1 of slab_world(). */
static inline void alloc(struct world *w, __u64 time_ns, __u64 ptr, __u64 size, __u64 site)
{
	SEND(w, 0, time_ns, 1, { 8, site }, { 16, ptr }, { 24, size - 1 }, { 32, size });
}

static inline void free_at(struct world *w, __u64 time_ns, __u64 ptr)
{
	SEND(w, 1, time_ns, 1, { 16, ptr });
}

static inline void lose(struct world *w, __u64 since_ns, __u64 until_ns)
{
	struct lost lost = { .nr = 1, .since_ns = since_ns, .until_ns = until_ns };

	assert_int_equal(session_lost(&w->s, &lost), 0);
}

/* Sum over rows = outstanding = allocated - freed, in objects and in bytes. */
static inline void sums_hold(const struct world *w)
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

static inline void report(struct world *w, enum report_why why, __u64 time_ns)
{
	w->s.now_ns = time_ns;
	report_begin(w->s.report, why, time_ns);
	assert_int_equal(kmemleak_profiler.report(&w->s.prof, w->s.report, why), 0);
	assert_int_equal(report_end(w->s.report), 0);
	if (why != REPORT_SIGNAL)
		sums_hold(w);
}

/* Row number @nr of a type in the last report, NULL: there are fewer. */
static inline const struct row *row_of(const struct world *w, const char *type, unsigned int nr)
{
	for (unsigned int i = 0; i < w->nr_rows; i++)
		if (!strcmp(w->rows[i].type, type) && !nr--)
			return &w->rows[i];
	return NULL;
}

static inline void row_is(const struct world *w, const char *type, unsigned int nr, __u64 bytes,
			  __u64 objects)
{
	const struct row *row = row_of(w, type, nr);

	if (!row || row->bytes != bytes || row->objects != objects)
		fail_msg("%s %u is %lld/%lld, not %llu/%llu", type, nr,
			 row ? (long long)row->bytes : -1, row ? (long long)row->objects : -1,
			 bytes, objects);
}

#endif
