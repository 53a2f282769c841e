// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmemleak_report.c - the books, read
 *
 * Groups what is outstanding by stack, keeps apart what may have been freed
 * unseen, and says what the user's own limits have left out, so that the sum
 * over all rows is what is outstanding: allocations minus frees. Called through
 * kmemleak.c's ops, for the end, an interval, SIGUSR1 and after a loss.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "profilers/kmemleak.h"

/* Objects that a limit of the user's leaves out. */
struct hidden {
	__u64 bytes, objects;
};

/* What one command holds of one group. */
struct share {
	__u32 group;
	__u16 comm;
	__u64 bytes, objects;
};

struct shares {
	struct keymap numbers;
	struct share *all; /* owned; sorted by group, then most bytes, by shares_sort() */
	__u32 max;
};

void kmemleak_report_fini(struct kmemleak *k)
{
	keymap_fini(&k->group_numbers);
	free(k->groups);
}

/* An array with room for number @nr: grows it by doubling. */
static int make_room(void **array, __u32 *max, __u32 nr, size_t each)
{
	__u32 grown = *max ? *max : 64;
	void *more;

	if (nr < *max)
		return 0;
	while (grown <= nr)
		grown *= 2;
	more = realloc(*array, grown * each);
	if (!more)
		return -ENOMEM;
	*array = more;
	*max = grown;
	return 0;
}

static int group_of(struct kmemleak *k, const struct live_object *o, __u32 *group)
{
	/* Events without a stack have keys of their own above all stacks. */
	__u64 key = o->stack == STACK_NONE ? 1ULL << 32 | o->spec : o->stack;
	__u32 nr_before = k->group_numbers.nr;
	/* Room first: whatever has a number has a group. */
	int err = make_room((void **)&k->groups, &k->max_groups, nr_before, sizeof(*k->groups));

	if (!err)
		err = keymap_number(&k->group_numbers, key, group);
	if (err || *group < nr_before)
		return err;
	k->groups[*group] = (struct group){
		.stack = o->stack,
		.spec = o->spec,
		.oldest_ns = (__u64)-1,
	};
	return 0;
}

static bool is_unsure(const struct kmemleak *k, const struct live_object *o)
{
	return o->time_ns <= k->lost_until_ns;
}

static bool is_hidden(const struct prof *prof, const struct live_object *o)
{
	const struct kmemleak_options *opt = prof->options;
	__u64 now = prof_now_ns(prof);

	if (opt->than_ns && (o->time_ns > now || now - o->time_ns <= opt->than_ns))
		return true;
	return o->size < opt->min_size;
}

static int share_add(struct shares *s, __u32 group, const struct live_object *o)
{
	__u32 number, nr_before = s->numbers.nr;
	int err = keymap_number(&s->numbers, (__u64)group << 16 | o->comm, &number);

	if (!err)
		err = make_room((void **)&s->all, &s->max, number, sizeof(*s->all));
	if (err)
		return err;
	if (number == nr_before)
		s->all[number] = (struct share){ .group = group, .comm = o->comm };
	s->all[number].bytes += o->size;
	s->all[number].objects++;
	return 0;
}

static int compare_shares(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	if (x->objects != y->objects)
		return x->objects > y->objects ? -1 : 1;
	return x->comm < y->comm ? -1 : x->comm > y->comm;
}

/* One pass over everything outstanding. */
static int gather(struct prof *prof, struct shares *shares, struct hidden *hidden)
{
	const struct kmemleak_options *opt = prof->options;
	struct kmemleak *k = prof->state;
	__u32 i, number;
	int err = 0;

	for (i = 0; i < k->group_numbers.nr; i++) {
		struct group *g = &k->groups[i];

		g->bytes = g->objects = g->unsure_bytes = g->unsure_objects = 0;
		g->oldest_ns = (__u64)-1;
	}
	for (i = live_first(k->live); !err && i != LIVE_END; i = live_next(k->live, i)) {
		const struct live_object *o = live_at(k->live, i);
		struct group *g;

		if (is_hidden(prof, o)) {
			hidden->bytes += o->size;
			hidden->objects++;
			continue;
		}
		err = group_of(k, o, &number);
		if (err)
			break;
		g = &k->groups[number];
		if (o->time_ns < g->oldest_ns)
			g->oldest_ns = o->time_ns;
		if (is_unsure(k, o)) {
			g->unsure_bytes += o->size;
			g->unsure_objects++;
			continue;
		}
		g->bytes += o->size;
		g->objects++;
		if (opt->comm)
			err = share_add(shares, number, o);
	}
	return err;
}

/* Growth since the last interval, and for how many of them in a row. */
static void note_growth(struct kmemleak *k)
{
	for (__u32 i = 0; i < k->group_numbers.nr; i++) {
		struct group *g = &k->groups[i];
		__u64 bytes = g->bytes + g->unsure_bytes;
		__u64 objects = g->objects + g->unsure_objects;

		g->grew = bytes > g->prev_bytes || objects > g->prev_objects ? g->grew + 1 : 0;
	}
}

static void remember(struct kmemleak *k)
{
	for (__u32 i = 0; i < k->group_numbers.nr; i++) {
		k->groups[i].prev_bytes = k->groups[i].bytes + k->groups[i].unsure_bytes;
		k->groups[i].prev_objects = k->groups[i].objects + k->groups[i].unsure_objects;
	}
}

static void forget(struct kmemleak *k)
{
	for (__u32 i = 0; i < k->group_numbers.nr; i++)
		k->groups[i].prev_bytes = k->groups[i].prev_objects = k->groups[i].grew = 0;
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = *(const struct group *const *)a;
	const struct group *y = *(const struct group *const *)b;
	__u64 x_bytes = x->bytes + x->unsure_bytes, y_bytes = y->bytes + y->unsure_bytes;
	__u64 x_objects = x->objects + x->unsure_objects,
	      y_objects = y->objects + y->unsure_objects;

	if (x_bytes != y_bytes)
		return x_bytes > y_bytes ? -1 : 1;
	if (x_objects != y_objects)
		return x_objects > y_objects ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* The commands of one group as the report takes them: pointers into @out. */
static __u32 group_comms(struct prof *prof, const struct shares *shares, __u32 group,
			 struct report_group *out)
{
	__u32 low = 0, high = shares->numbers.nr, nr = 0;

	while (low < high) {
		__u32 middle = low + (high - low) / 2;

		if (shares->all[middle].group < group)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < shares->numbers.nr && shares->all[low].group == group; low++) {
		const struct share *s = &shares->all[low];
		const char *name = prof_comm_name(prof, s->comm);

		out[nr++] = (struct report_group){
			.name = *name ? name : "[unknown]",
			.bytes = s->bytes,
			.objects = s->objects,
		};
	}
	return nr;
}

/*
 * "Leak of {bytes} bytes in {objects} objects allocated from:" and its likes: by what
 * the events have, and with a line on growth when there are intervals.
 */
static const char *group_text(const struct prof *prof, const struct group *g, bool unsure,
			      char *text, size_t size)
{
	const struct kmemleak *k = prof->state;

	snprintf(text, size, "%s %s{objects} objects %sallocated %s%s",
		 unsure ? "Unsure:" : "Leak of", k->has_sizes ? "{bytes} bytes in " : "",
		 unsure ? "that may have been freed unseen, " : "",
		 g->stack == STACK_NONE ? "by {event}" : "from:",
		 unsure || !prof_interval_ns(prof)
			 ? ""
			 : "\n    change: {changed_bytes} bytes, {changed_objects} objects since "
			   "the last "
			   "report; oldest {oldest} s; suspect: {suspect}");
	return text;
}

static void report_group(struct prof *prof, struct report *report, const struct group *g,
			 const struct report_group *comms, __u32 nr_comms, bool as_text)
{
	const struct kmemleak_options *opt = prof->options;
	__u64 now = prof_now_ns(prof);
	const struct report_value values[] = {
		REPORT_U64("bytes", g->bytes),
		REPORT_U64("objects", g->objects),
		REPORT_STRING("event", prof->specs[g->spec].label),
		REPORT_SECONDS("oldest", now > g->oldest_ns ? now - g->oldest_ns : 0),
		REPORT_S64("changed_bytes", g->bytes + g->unsure_bytes - g->prev_bytes),
		REPORT_S64("changed_objects", g->objects + g->unsure_objects - g->prev_objects),
		REPORT_BOOL("suspect", g->grew >= opt->suspect_after),
		REPORT_GROUPS("comms", comms, nr_comms),
		REPORT_STACK(g->stack),
	};
	const struct report_value unsure[] = {
		REPORT_U64("bytes", g->unsure_bytes),
		REPORT_U64("objects", g->unsure_objects),
		REPORT_STRING("event", prof->specs[g->spec].label),
		REPORT_STACK(g->stack),
	};
	char text[256];

	if (g->objects)
		report_row(report, "leak",
			   as_text ? group_text(prof, g, false, text, sizeof(text)) : NULL, values,
			   ARRAY_SIZE(values));
	if (g->unsure_objects)
		report_row(report, "unsure",
			   as_text ? group_text(prof, g, true, text, sizeof(text)) : NULL, unsure,
			   ARRAY_SIZE(unsure));
}

static void report_hidden(struct report *report, const struct hidden *hidden, const char *by)
{
	const struct report_value values[] = {
		REPORT_U64("bytes", hidden->bytes),
		REPORT_U64("objects", hidden->objects),
		REPORT_STRING("by", by),
	};

	if (hidden->objects)
		report_row(report, "hidden", "Not shown: {bytes} bytes in {objects} objects ({by})",
			   values, ARRAY_SIZE(values));
}

static void report_heads(const struct kmemleak *k, struct report *report, __u32 nr_groups)
{
	report_heading(report, k->has_sizes ? "LEAKED BYTES REPORT:" : "LEAKED OBJECTS REPORT:");
	if (!nr_groups)
		report_heading(report, live_nr(k->live) ? "No object is within the limits."
							: "No object is outstanding.");
}

/*
 * Groups that have objects, most bytes first, and what of @hidden and --top is not among them.
 * Without sizes only intervals show them as text: the event report has each object.
 */
static int report_groups(struct prof *prof, struct report *report, const struct shares *shares,
			 struct hidden *hidden)
{
	const struct kmemleak_options *opt = prof->options;
	struct kmemleak *k = prof->state;
	struct group **sorted = malloc((k->group_numbers.nr + 1) * sizeof(*sorted));
	struct report_group *comms = malloc((shares->numbers.nr + 1) * sizeof(*comms));
	bool as_text = k->has_sizes || prof_interval_ns(prof);
	__u32 nr = 0, i;
	int err = sorted && comms ? 0 : -ENOMEM;

	for (i = 0; !err && i < k->group_numbers.nr; i++)
		if (k->groups[i].objects || k->groups[i].unsure_objects)
			sorted[nr++] = &k->groups[i];
	if (!err) {
		qsort(sorted, nr, sizeof(*sorted), compare_groups);
		if (as_text)
			report_heads(k, report, nr);
	}
	for (i = 0; !err && i < nr; i++) {
		const struct group *g = sorted[i];

		if (!opt->top || i < opt->top || !as_text) {
			report_group(prof, report, g, comms,
				     group_comms(prof, shares, g - k->groups, comms), as_text);
			continue;
		}
		hidden->bytes += g->bytes + g->unsure_bytes;
		hidden->objects += g->objects + g->unsure_objects;
	}
	if (!err)
		report_hidden(report, hidden,
			      as_text ? "--than, --min-size, --top" : "--than, --min-size");
	free(sorted);
	free(comms);
	return err;
}

static int compare_times(const void *a, const void *b, void *live)
{
	const struct live_object *x = live_at(live, *(const __u32 *)a);
	const struct live_object *y = live_at(live, *(const __u32 *)b);

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return *(const __u32 *)a < *(const __u32 *)b ? -1 : 1;
}

static void report_objects(struct prof *prof, struct report *report, const __u32 *indices, __u32 nr,
			   bool unsure)
{
	const struct kmemleak_options *opt = prof->options;
	struct kmemleak *k = prof->state;

	for (__u32 i = 0; i < nr; i++) {
		const struct live_object *o = live_at(k->live, indices[i]);
		const struct event_copy *copy = live_copy(k->live, indices[i]);
		struct event ev;

		if (!copy || is_unsure(k, o) != unsure)
			continue;
		event_copy_view(copy, prof, &ev);
		report_event(report, &ev, opt->comm, NULL, ev.spec->stack ? o->stack : STACK_NONE);
	}
}

/* Each outstanding object by itself, oldest first, as the kernel would print its event. */
static int report_events(struct prof *prof, struct report *report)
{
	struct kmemleak *k = prof->state;
	__u32 *indices = malloc((live_nr(k->live) + 1) * sizeof(*indices)), nr = 0, nr_unsure = 0;

	if (!indices)
		return -ENOMEM;
	for (__u32 i = live_first(k->live); i != LIVE_END; i = live_next(k->live, i)) {
		if (is_hidden(prof, live_at(k->live, i)))
			continue;
		nr_unsure += is_unsure(k, live_at(k->live, i));
		indices[nr++] = i;
	}
	qsort_r(indices, nr, sizeof(*indices), compare_times, k->live);
	struct report_value values[] = {
		REPORT_U64("objects", nr - nr_unsure),
		REPORT_U64("unsure", nr_unsure),
	};
	report_row(report, "objects", "KMEMLEAK REPORT: {objects}", values, ARRAY_SIZE(values));
	report_objects(prof, report, indices, nr, false);
	if (nr_unsure) {
		report_row(report, "objects",
			   "KMEMLEAK UNSURE: {unsure} objects that may have been freed unseen",
			   values, ARRAY_SIZE(values));
		report_objects(prof, report, indices, nr, true);
	}
	free(indices);
	return 0;
}

static void report_stats(struct prof *prof, struct report *report, bool with_list)
{
	struct kmemleak *k = prof->state;
	struct report_value values[] = {
		REPORT_U64("num", live_nr(k->live)),
		REPORT_U64("mem", live_bytes(k->live) + stack_table_bytes(prof->stacks)),
		REPORT_U64("alloc", k->nr_allocs),
		REPORT_U64("free", k->nr_frees),
	};

	report_row(report, "stats",
		   with_list ? "KMEMLEAK STATS:\nALLOC LIST num {num} mem {mem}\n"
			       "TOTAL alloc {alloc} free {free}"
			     : "KMEMLEAK STATS:\nTOTAL alloc {alloc} free {free}",
		   values, ARRAY_SIZE(values));
}

static int report_leaks(struct prof *prof, struct report *report, enum report_why why)
{
	struct kmemleak *k = prof->state;
	struct shares shares = { 0 };
	struct hidden hidden = { 0 };
	int err = gather(prof, &shares, &hidden);

	if (err)
		goto out;
	if (shares.numbers.nr)
		qsort(shares.all, shares.numbers.nr, sizeof(*shares.all), compare_shares);
	if (why == REPORT_INTERVAL)
		note_growth(k);
	err = report_groups(prof, report, &shares, &hidden);
	if (!err && k->keep_events)
		err = report_events(prof, report);
	if (why == REPORT_INTERVAL)
		remember(k);
out:
	keymap_fini(&shares.numbers);
	free(shares.all);
	return err;
}

int kmemleak_report(struct prof *prof, struct report *report, enum report_why why)
{
	struct kmemleak *k = prof->state;
	int err = why == REPORT_SIGNAL ? 0 : report_leaks(prof, report, why);

	if (err)
		return err;
	report_stats(prof, report, why != REPORT_FINAL);
	if (k->reset_pending) {
		live_clear(k->live);
		k->nr_allocs = k->nr_frees = 0;
		forget(k);
		k->reset_pending = false;
	}
	return 0;
}
