// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode.c - hand-made records, whole and cut, into events and what is known of tasks
 *
 * Every record stands at the end of its own memory: under the sanitizers a read
 * past it is an error of the test.
 */
#include "core/attr.h"
#include "core/bind.h"
#include "core/decode.h"
#include "core/session.h"
#include "core/task.h"
#include "tests/unit/engine_test.h"

#define PID 0x40000001 /* above any pid that /proc may know */
#define MAX_STACK 5

enum { ALLOC, FREE, NR_SPECS };
enum { ALLOC_ID = 1000, FREE_ID = 1003, FREE_ID_TOO = 990 };

/* The tracepoint's own record of kmem:kmalloc and kmem:kfree, as 6.18 has it. */
struct raw_alloc {
	__u64 common, call_site, ptr, bytes_req, bytes_alloc, gfp_flags;
	__s32 node;
} __attribute__((packed));

struct raw_free {
	__u64 common, call_site, ptr;
};

static const struct role_attr attrs[] = {
	{ "ptr", ATTR_REQUIRED, "ptr", "" },
	{ "size", 0, "bytes_alloc", "" },
	{ 0 },
};
static const struct role roles[] = {
	{ "alloc", 0, "", attrs, ROLE_STACK },
	{ "free", 0, "", attrs, 0 },
};

struct world {
	struct session session;
	struct tracefs *tracefs;
	struct binding binding;
	struct tasks *tasks;
	struct decoder *decoder;
	unsigned int nr_events, nr_lost;
	struct event last; /* its raw and ips are gone: copied below */
	__u64 raw[16], ips[MAX_STACK];
	unsigned int lost_ring;
	__u64 lost, lost_until_ns;
	int answer; /* of both ops */
};

static int on_event(void *ctx, const struct event *ev)
{
	struct world *w = ctx;

	w->nr_events++;
	w->last = *ev;
	assert_true(ev->raw_size <= sizeof(w->raw));
	memcpy(w->raw, ev->raw, ev->raw_size);
	for (__u32 i = 0; i < ev->nr_ips; i++)
		w->ips[i % MAX_STACK] = ev->ips[i];
	return w->answer;
}

static int on_lost(void *ctx, unsigned int ring, __u64 nr, __u64 until_ns)
{
	struct world *w = ctx;

	w->nr_lost++;
	w->lost_ring = ring;
	w->lost = nr;
	w->lost_until_ns = until_ns;
	return w->answer;
}

static const struct decode_ops ops = { on_event, on_lost };

static void bind_list(struct world *w, unsigned int role, const char *text)
{
	struct spec_error error;
	struct spec_list *list;

	assert_int_equal(spec_list_new(&list, text, &error), 0);
	assert_int_equal(binding_add(&w->binding, &roles[role], role, list), 0);
	spec_list_free(list);
}

static void world_new(struct world *w)
{
	*w = (struct world){ 0 };
	assert_int_equal(tracefs_new_empty(&w->tracefs), 0);
	add_format(w->tracefs, HOST, "kmem", "kmalloc");
	add_format(w->tracefs, HOST, "kmem", "kfree");
	w->binding.tracefs = w->tracefs;
	w->binding.session = &w->session;
	bind_list(w, ALLOC, "kmem:kmalloc//stack/max-stack=5/");
	bind_list(w, FREE, "kmem:kfree/_pid!=7/"); /* the kernel has no _pid: it runs here */
	assert_true(w->binding.bounds[FREE].filter_here);
	assert_int_equal(tasks_new(&w->tasks), 0);
	assert_int_equal(decoder_new(&w->decoder, &w->binding, w->tasks, &ops, w), 0);
	assert_int_equal(decoder_add_id(w->decoder, ALLOC_ID, ALLOC), 0);
	assert_int_equal(decoder_add_id(w->decoder, FREE_ID, FREE), 0);
	assert_int_equal(decoder_add_id(w->decoder, FREE_ID_TOO, FREE), 0);
}

static void world_free(struct world *w)
{
	decoder_free(w->decoder);
	tasks_free(w->tasks);
	binding_fini(&w->binding);
	tracefs_free(w->tracefs);
}

/* A record as it is put together; header.size follows. */
struct record {
	size_t size;
	char bytes[1024] __attribute__((aligned(8)));
};

static void add(struct record *r, const void *bytes, size_t size)
{
	memcpy(r->bytes + r->size, bytes, size);
	r->size += size;
}

static void begin(struct record *r, __u32 type, __u16 misc)
{
	struct perf_event_header header = { .type = type, .misc = misc };

	memset(r, 0, sizeof(*r));
	add(r, &header, sizeof(header));
}

static void add_u64(struct record *r, __u64 v)
{
	add(r, &v, sizeof(v));
}

static void add_u32s(struct record *r, __u32 a, __u32 b)
{
	add(r, &a, sizeof(a));
	add(r, &b, sizeof(b));
}

static void add_trailer(struct record *r, __u64 time_ns)
{
	const struct attr_trailer trailer = { .pid = PID, .tid = PID, .time_ns = time_ns };

	r->size = (r->size + 7) & ~7ULL;
	add(r, &trailer, sizeof(trailer));
}

static void begin_sample(struct record *r, __u64 id, __u32 pid)
{
	begin(r, PERF_RECORD_SAMPLE, 0);
	add_u64(r, id);
	add_u32s(r, pid, pid + 1);
	add_u64(r, 123456789);
}

/* As perf writes a raw record: length, bytes, padding counted in the length. */
static void add_raw(struct record *r, const void *raw, __u32 size)
{
	__u32 padded = ((size + sizeof(__u32) + 7) & ~7U) - sizeof(__u32);

	add(r, &padded, sizeof(padded));
	add(r, raw, size);
	r->size += padded - size;
}

static int decode_cut(struct world *w, const struct record *r, size_t size)
{
	struct perf_event_header *copy = copy_exactly(r->bytes, size);
	int err;

	copy->size = size;
	err = decode_record(w->decoder, 3, 2, copy);
	free(copy);
	return err;
}

static int decode(struct world *w, const struct record *r)
{
	assert_int_equal(r->size % 8, 0);
	return decode_cut(w, r, r->size);
}

static const struct raw_alloc an_alloc = {
	.ptr = 0xffff888000001000, .bytes_req = 100, .bytes_alloc = 128, .node = -1
};
static const struct raw_free a_free = { .call_site = 7, .ptr = 0xffff888000001000 };

static void sample_alloc(struct record *r, unsigned int nr_ips)
{
	begin_sample(r, ALLOC_ID, PID);
	add_u64(r, nr_ips);
	for (unsigned int i = 0; i < nr_ips; i++)
		add_u64(r, 0xffffffff81000000 + i);
	add_raw(r, &an_alloc, sizeof(an_alloc));
}

static void sample_free(struct record *r, __u64 id, __u32 pid)
{
	begin_sample(r, id, pid);
	add_raw(r, &a_free, sizeof(a_free));
}

static void a_sample_with_a_call_chain_is_an_event_that_has_one(void **state)
{
	struct record r;
	struct world w;

	(void)state;
	world_new(&w);
	sample_alloc(&r, 3);
	assert_int_equal(decode(&w, &r), 0);
	assert_int_equal(w.nr_events, 1);
	assert_ptr_equal(w.last.spec, &w.binding.specs[ALLOC]);
	assert_int_equal(w.last.time_ns, 123456789);
	assert_int_equal(w.last.pid, PID);
	assert_int_equal(w.last.tid, PID + 1);
	assert_int_equal(w.last.cpu, 2);
	assert_int_equal(w.last.nr_ips, 3);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(w.ips[i], 0xffffffff81000000 + i);
	w.last.raw = w.raw;
	assert_int_equal(event_value(&w.last, 0), an_alloc.ptr);
	assert_int_equal(event_value(&w.last, 1), 128);
	assert_int_equal(decoder_stats(w.decoder)->samples, 1);
	assert_int_equal(decoder_stats(w.decoder)->broken, 0);
	assert_int_equal(decoder_stats(w.decoder)->cut_stacks, 0);
	world_free(&w);
}

static void a_sample_without_one_has_none(void **state)
{
	struct record r;
	struct world w;

	(void)state;
	world_new(&w);
	sample_free(&r, FREE_ID, PID);
	assert_int_equal(decode(&w, &r), 0);
	assert_int_equal(w.nr_events, 1);
	assert_ptr_equal(w.last.spec, &w.binding.specs[FREE]);
	assert_null(w.last.ips);
	assert_int_equal(w.last.nr_ips, 0);
	w.last.raw = w.raw;
	assert_int_equal(event_value(&w.last, 0), a_free.ptr);
	assert_int_equal(event_value(&w.last, 1), 0); /* it has no size */
	world_free(&w);
}

static void a_call_chain_as_long_as_the_limit_is_counted_as_cut(void **state)
{
	struct record r;
	struct world w;

	(void)state;
	world_new(&w);
	/* One entry of a chain is the marker in front of its frames. */
	for (unsigned int nr = 0; nr <= MAX_STACK + 1; nr++) {
		sample_alloc(&r, nr);
		assert_int_equal(decode(&w, &r), 0);
		assert_int_equal(w.last.nr_ips, nr);
		assert_int_equal(decoder_stats(w.decoder)->cut_stacks, nr == MAX_STACK + 1);
	}
	assert_int_equal(w.nr_events, MAX_STACK + 2);
	world_free(&w);
}

static void a_sample_cut_anywhere_is_broken_and_no_event(void **state)
{
	size_t whole, needed;
	struct record r;
	struct world w;

	(void)state;
	world_new(&w);
	for (unsigned int i = 0; i < 2; i++) {
		if (i)
			sample_alloc(&r, 3);
		else
			sample_free(&r, FREE_ID, PID);
		whole = r.size;
		for (needed = 8; needed < whole; needed += 8)
			assert_int_equal(decode_cut(&w, &r, needed), 0);
		assert_int_equal(w.nr_events, i);
		assert_int_equal(decode(&w, &r), 0);
		assert_int_equal(w.nr_events, i + 1);
	}
	assert_true(decoder_stats(w.decoder)->broken > 10);
	assert_int_equal(decoder_stats(w.decoder)->unknown, 0);
	world_free(&w);
}

static void lengths_that_lie_are_broken(void **state)
{
	static const __u64 chains[] = { 12,	    13,		1000,
					1ULL << 32, 1ULL << 61, (1ULL << 61) + 3,
					(__u64)-1 };
	static const __u32 raws[] = { 0, 8, 16, 23, 60, 1000, (__u32)-1, (__u32)-4 };
	struct record r;
	struct world w;
	__u64 nr = 0;

	(void)state;
	world_new(&w);
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++, nr++) {
		sample_alloc(&r, 3);
		memcpy(r.bytes + sizeof(struct attr_sample), &chains[i], sizeof(chains[i]));
		assert_int_equal(decode(&w, &r), 0);
		assert_int_equal(decoder_stats(w.decoder)->broken, nr + 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(raws); i++, nr++) {
		sample_free(&r, FREE_ID, PID); /* 24 bytes of raw are needed for ptr */
		memcpy(r.bytes + sizeof(struct attr_sample), &raws[i], sizeof(raws[i]));
		assert_int_equal(decode(&w, &r), 0);
		assert_int_equal(decoder_stats(w.decoder)->broken, nr + 1);
	}
	assert_int_equal(w.nr_events, 0);
	world_free(&w);
}

static void an_id_that_nobody_added_is_unknown(void **state)
{
	static const __u64 ids[] = { 0,	       989, 991, 999, 1001, 1002, 1004, 1ULL << 32 | 1000,
				     (__u64)-1 };
	struct decoder *fresh;
	struct record r;
	struct world w;

	(void)state;
	world_new(&w);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		sample_free(&r, ids[i], PID);
		assert_int_equal(decode(&w, &r), 0);
		assert_int_equal(decoder_stats(w.decoder)->unknown, i + 1);
	}
	assert_int_equal(w.nr_events, 0);
	sample_free(&r, FREE_ID_TOO, PID);
	assert_int_equal(decode(&w, &r), 0);
	assert_int_equal(w.nr_events, 1);
	assert_int_equal(decoder_new(&fresh, &w.binding, NULL, &ops, &w), 0);
	assert_int_equal(decode_record(fresh, 0, 0, (void *)r.bytes), 0);
	decoder_free(fresh);
	decoder_free(NULL);
	world_free(&w);
}

static void ids_too_far_apart_are_refused_and_change_nothing(void **state)
{
	struct record r;
	struct world w;

	(void)state;
	world_new(&w);
	assert_int_equal(decoder_add_id(w.decoder, 1ULL << 40, ALLOC), -ENOMEM);
	assert_int_equal(decoder_add_id(w.decoder, FREE_ID + 100000, FREE), 0);
	sample_free(&r, FREE_ID, PID);
	assert_int_equal(decode(&w, &r), 0);
	sample_free(&r, FREE_ID + 100000, PID);
	assert_int_equal(decode(&w, &r), 0);
	assert_int_equal(w.nr_events, 2);
	world_free(&w);
}

static void a_filter_that_runs_here_lets_through_what_it_says(void **state)
{
	struct record r;
	struct world w;

	(void)state;
	world_new(&w);
	sample_free(&r, FREE_ID, 7);
	assert_int_equal(decode(&w, &r), 0);
	assert_int_equal(w.nr_events, 0);
	sample_free(&r, FREE_ID, 8);
	assert_int_equal(decode(&w, &r), 0);
	assert_int_equal(w.nr_events, 1);
	assert_int_equal(decoder_stats(w.decoder)->samples, 2);
	world_free(&w);
}

static void comm(struct record *r, __u32 pid, __u32 tid, const char *name, __u16 misc)
{
	begin(r, PERF_RECORD_COMM, misc);
	add_u32s(r, pid, tid);
	add(r, name, strlen(name) + 1);
	add_trailer(r, 5);
}

static void task(struct record *r, __u32 type, __u32 pid, __u32 ppid)
{
	begin(r, type, 0);
	add_u32s(r, pid, ppid);
	add_u32s(r, pid, ppid);
	add_u64(r, 5);
	add_trailer(r, 5);
}

static void mmap2(struct record *r, __u64 start, const char *path)
{
	begin(r, PERF_RECORD_MMAP2, 0);
	add_u32s(r, PID, PID);
	add_u64(r, start);
	add_u64(r, 0x1000);
	add_u64(r, 0x3000);
	for (unsigned int i = 0; i < 3; i++)
		add_u64(r, i);
	add_u32s(r, 5, 2);
	add(r, path, strlen(path) + 1);
	add_trailer(r, 5);
}

static const char *name_of(const struct world *w, __u32 pid)
{
	return tasks_comm_name(w->tasks, tasks_comm_of(w->tasks, pid, pid));
}

static void side_band_records_tell_of_tasks(void **state)
{
	const char *object;
	struct record r;
	struct world w;
	__u64 offset;

	(void)state;
	world_new(&w);
	comm(&r, PID, PID, "first", 0);
	assert_int_equal(decode(&w, &r), 0);
	assert_string_equal(name_of(&w, PID), "first");
	task(&r, PERF_RECORD_FORK, PID + 2, PID);
	assert_int_equal(decode(&w, &r), 0);
	assert_string_equal(name_of(&w, PID + 2), "first");
	comm(&r, PID + 2, PID + 2, "fifteen letters", PERF_RECORD_MISC_COMM_EXEC);
	assert_int_equal(decode(&w, &r), 0);
	assert_string_equal(name_of(&w, PID + 2), "fifteen letters");
	assert_string_equal(name_of(&w, PID), "first");
	task(&r, PERF_RECORD_EXIT, PID + 2, PID);
	assert_int_equal(decode(&w, &r), 0);
	assert_string_equal(name_of(&w, PID + 2), "fifteen letters");
	mmap2(&r, 0x500000, "/usr/lib/some.so");
	assert_int_equal(decode(&w, &r), 0);
	assert_true(tasks_object_at(w.tasks, PID, 0x500123, &object, &offset));
	assert_string_equal(object, "/usr/lib/some.so");
	assert_int_equal(offset, 0x3123);
	assert_int_equal(w.nr_events, 0);
	assert_int_equal(decoder_stats(w.decoder)->broken, 0);
	assert_int_equal(decoder_stats(w.decoder)->samples, 0);
	world_free(&w);
}

static void a_string_without_an_end_is_broken_and_not_believed(void **state)
{
	const char *object;
	struct record r;
	struct world w;
	__u64 offset, broken = 0;

	(void)state;
	world_new(&w);
	comm(&r, PID, PID, "first", 0);
	assert_int_equal(decode(&w, &r), 0);
	comm(&r, PID, PID, "not the name", 0);
	memset(r.bytes + 16, 'x', r.size - 16 - sizeof(struct attr_trailer));
	assert_int_equal(decode(&w, &r), 0);
	assert_int_equal(decoder_stats(w.decoder)->broken, ++broken);
	/* Cut: the trailer, whatever stands there, is never part of the string. */
	comm(&r, PID, PID, "not the name", 0);
	for (size_t size = 8; size <= 16 + sizeof(struct attr_trailer); size += 8) {
		assert_int_equal(decode_cut(&w, &r, size), 0);
		assert_int_equal(decoder_stats(w.decoder)->broken, ++broken);
	}
	assert_string_equal(name_of(&w, PID), "first");
	mmap2(&r, 0x500000, "/usr/lib/some.so");
	memset(r.bytes + 72, 'x', r.size - 72 - sizeof(struct attr_trailer));
	assert_int_equal(decode(&w, &r), 0);
	assert_int_equal(decoder_stats(w.decoder)->broken, ++broken);
	for (size_t size = 8; size <= 72 + sizeof(struct attr_trailer); size += 8) {
		assert_int_equal(decode_cut(&w, &r, size), 0);
		assert_int_equal(decoder_stats(w.decoder)->broken, ++broken);
	}
	assert_false(tasks_object_at(w.tasks, PID, 0x500123, &object, &offset));
	world_free(&w);
}

static void records_of_tasks_that_are_cut_are_broken(void **state)
{
	struct record r;
	struct world w;

	(void)state;
	world_new(&w);
	task(&r, PERF_RECORD_FORK, PID + 2, PID);
	for (size_t size = 8; size < 32; size += 8)
		assert_int_equal(decode_cut(&w, &r, size), 0);
	assert_int_equal(decoder_stats(w.decoder)->broken, 3);
	world_free(&w);
}

static void lost_records_say_how_many_where_and_until_when(void **state)
{
	struct record r;
	struct world w;

	(void)state;
	world_new(&w);
	begin(&r, PERF_RECORD_LOST, 0);
	add_u64(&r, ALLOC_ID);
	add_u64(&r, 1234);
	add_trailer(&r, 99);
	assert_int_equal(decode(&w, &r), 0);
	assert_int_equal(w.nr_lost, 1);
	assert_int_equal(w.lost_ring, 3);
	assert_int_equal(w.lost, 1234);
	assert_int_equal(w.lost_until_ns, 99);
	assert_int_equal(decode_cut(&w, &r, 8), 0);
	assert_int_equal(decode_cut(&w, &r, 16), 0);
	assert_int_equal(decode_cut(&w, &r, 24), 0);
	assert_int_equal(w.nr_lost, 1);
	assert_int_equal(decoder_stats(w.decoder)->broken, 3);
	world_free(&w);
}

static void throttling_is_counted_and_other_records_are_let_pass(void **state)
{
	struct record r;
	struct world w;

	(void)state;
	world_new(&w);
	for (__u32 type = 0; type < 64; type++) {
		if (type == PERF_RECORD_SAMPLE || type == PERF_RECORD_LOST ||
		    type == PERF_RECORD_COMM || type == PERF_RECORD_FORK ||
		    type == PERF_RECORD_EXIT || type == PERF_RECORD_MMAP2)
			continue;
		begin(&r, type, 0);
		add_trailer(&r, 5);
		assert_int_equal(decode(&w, &r), 0);
	}
	assert_int_equal(decoder_stats(w.decoder)->throttled, 1);
	assert_int_equal(decoder_stats(w.decoder)->broken, 0);
	assert_int_equal(w.nr_events + w.nr_lost, 0);
	world_free(&w);
}

static void without_a_table_of_tasks_their_records_are_nothing(void **state)
{
	struct decoder *decoder;
	struct record r;
	struct world w;

	(void)state;
	world_new(&w);
	assert_int_equal(decoder_new(&decoder, &w.binding, NULL, &ops, &w), 0);
	comm(&r, PID, PID, "first", 0);
	((struct perf_event_header *)r.bytes)->size = r.size;
	assert_int_equal(decode_record(decoder, 0, 0, (void *)r.bytes), 0);
	assert_string_equal(name_of(&w, PID), "");
	decoder_free(decoder);
	world_free(&w);
}

static void what_the_receiver_answers_is_passed_on(void **state)
{
	struct record r;
	struct world w;

	(void)state;
	world_new(&w);
	w.answer = -EPIPE;
	sample_free(&r, FREE_ID, PID);
	assert_int_equal(decode(&w, &r), -EPIPE);
	begin(&r, PERF_RECORD_LOST, 0);
	add_u64(&r, ALLOC_ID);
	add_u64(&r, 1);
	add_trailer(&r, 99);
	w.answer = 1;
	assert_int_equal(decode(&w, &r), 1);
	world_free(&w);
}

/* Whatever the bytes: nothing outside the record is read (the sanitizers look), nothing is invented. */
static void rubbish_is_survived(void **state)
{
	static const __u32 types[] = { PERF_RECORD_SAMPLE, PERF_RECORD_COMM,  PERF_RECORD_FORK,
				       PERF_RECORD_EXIT,   PERF_RECORD_MMAP2, PERF_RECORD_LOST };
	struct record r;
	struct world w;
	__u64 seed = 42;

	(void)state;
	world_new(&w);
	for (unsigned int i = 0; i < 20000; i++) {
		size_t size = 8 * (1 + chance_below(&seed, 24));

		begin(&r, types[chance_below(&seed, ARRAY_SIZE(types))], chance(&seed));
		for (size_t at = 8; at < size; at += 8)
			add_u64(&r,
				chance_below(&seed, 2) ? chance(&seed) : chance_below(&seed, 64));
		if (chance_below(&seed, 2))
			memcpy(r.bytes + 8, &(__u64){ ALLOC_ID + 3 * (i % 2) }, sizeof(__u64));
		if (r.size >= 24)
			memset(r.bytes + 16, PID >> 24, 1); /* keeps /proc out of it */
		decode_cut(&w, &r, size);
	}
	assert_true(decoder_stats(w.decoder)->broken > 100);
	assert_true(decoder_stats(w.decoder)->unknown > 100);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_with_a_call_chain_is_an_event_that_has_one),
		cmocka_unit_test(a_sample_without_one_has_none),
		cmocka_unit_test(a_call_chain_as_long_as_the_limit_is_counted_as_cut),
		cmocka_unit_test(a_sample_cut_anywhere_is_broken_and_no_event),
		cmocka_unit_test(lengths_that_lie_are_broken),
		cmocka_unit_test(an_id_that_nobody_added_is_unknown),
		cmocka_unit_test(ids_too_far_apart_are_refused_and_change_nothing),
		cmocka_unit_test(a_filter_that_runs_here_lets_through_what_it_says),
		cmocka_unit_test(side_band_records_tell_of_tasks),
		cmocka_unit_test(a_string_without_an_end_is_broken_and_not_believed),
		cmocka_unit_test(records_of_tasks_that_are_cut_are_broken),
		cmocka_unit_test(lost_records_say_how_many_where_and_until_when),
		cmocka_unit_test(throttling_is_counted_and_other_records_are_let_pass),
		cmocka_unit_test(without_a_table_of_tasks_their_records_are_nothing),
		cmocka_unit_test(what_the_receiver_answers_is_passed_on),
		cmocka_unit_test(rubbish_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
