// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmemleak.c - who allocates and does not free
 *
 * Allocation events put an object on the books, free events take it off; what
 * stays is outstanding. This file is the book-keeping: what is an object, which
 * frees belong to which allocations, what a loss does to both.
 * kmemleak_report.c prints it.
 */
#include "profilers/kmemleak.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROLE_ALLOC, ROLE_FREE };
enum { ALLOC_PTR, ALLOC_SIZE, ALLOC_SPACE, ALLOC_SITE };
enum { FREE_PTR, FREE_SPACE };

static const struct role_attr alloc_attrs[] = {
	[ALLOC_PTR] = { "ptr", ATTR_REQUIRED, "ptr", "ptr= is the address of the object" },
	[ALLOC_SIZE] = { "size", 0, "bytes_alloc", "size= is the object's size in bytes" },
	[ALLOC_SPACE] = { "space", 0, NULL, "space= keeps equal ptr= of different spaces apart" },
	[ALLOC_SITE] = { "site", ATTR_HIDDEN, "call_site",
			 "site= is the code address that groups objects without stacks" },
	{ 0 },
};

static const struct role_attr free_attrs[] = {
	[FREE_PTR] = { "ptr", ATTR_REQUIRED, "ptr", "ptr= is the address of the object" },
	[FREE_SPACE] = { "space", 0, NULL, "space= keeps equal ptr= of different spaces apart" },
	{ 0 },
};

static const struct role roles[] = {
	[ROLE_ALLOC] = { "alloc", 0,
			 "events that allocate, each with ptr= and, if it can, size=; --kernel has "
			 "ready-made ones",
			 alloc_attrs, ROLE_REQUIRED | ROLE_STACK | ROLE_ONCE },
	[ROLE_FREE] = { "free", 0, "events that free, each with ptr=; watched in the whole system",
			free_attrs, ROLE_REQUIRED | ROLE_ANYWHERE | ROLE_ENDS | ROLE_ONCE },
	{ 0 },
};

static const char *const on_loss_names[] = { "mark", "reset", NULL };

#define OPT(member) OPTION_AT(struct kmemleak_options, member)

static const struct option_row options[] = {
	{ "kernel", 0, OPTION_LIST, OPT(kernel), .arg = "slab,page,percpu", .arg_optional = true,
	  .if_alone = "slab", .group = "Leaks",
	  .help = "ready-made --alloc and --free for this kernel; alone: slab" },
	{ "than", 0, OPTION_DURATION, OPT(than_ns), .arg = "T",
	  .help = "only objects older than T: 5s 20ms 7us 100ns" },
	{ "min-size", 0, OPTION_UINT, OPT(min_size), .arg = "BYTES",
	  .help = "only objects of at least BYTES bytes" },
	{ "top", 0, OPTION_UINT, OPT(top), .arg = "N", .min = 1,
	  .help = "only the N stacks with most bytes" },
	{ "comm", 0, OPTION_FLAG, OPT(comm), .help = "per stack, which commands allocated" },
	{ "flame-graph", 0, OPTION_STRING, OPT(flame_graph), .arg = "FILE",
	  .help = "also write folded stacks, weighted by bytes, to FILE.folded" },
	{ "on-loss", 0, OPTION_CHOICE, OPT(on_loss), .arg = "HOW", .choices = on_loss_names,
	  .set_by_default = "mark",
	  .help = "after events were lost: mark counts objects that may have been freed unseen "
		  "apart; reset reports at once and starts over" },
	{ "suspect-after", 0, OPTION_UINT, OPT(suspect_after), .arg = "K", .min = 1, .max = 1000000,
	  .set_by_default = "3",
	  .help = "with -i: a stack that grew in each of the last K intervals is a suspect" },
	{ 0 },
};

enum { UNKNOWN_FREES, MISSED_FREES, NO_ROOM, RESETS, BAD_SIZES, NO_COPY };

static const struct ledger_row ledger[] = {
	[UNKNOWN_FREES] = {
		"unknown_frees", LEDGER_NOTE,
		"frees of objects that are not on the books: allocated before tracing began, or not by "
		"what is traced; the figures stand",
	},
	[MISSED_FREES] = {
		"missed_frees", LEDGER_NOTE,
		"allocations at an address that was still on the books, so its free was not seen; the "
		"older object was taken off",
	},
	[NO_ROOM] = {
		"no_room", LEDGER_LOSS,
		"allocations for which mwprof had no memory left; they are missing from the figures",
	},
	[RESETS] = {
		"resets", LEDGER_NOTE,
		"times that the books were begun anew after a loss; the figures count from the last",
	},
	[BAD_SIZES] = {
		"bad_sizes", LEDGER_NOTE,
		"allocations whose size= is negative; they count as objects of 0 bytes",
	},
	[NO_COPY] = {
		"no_copy", LEDGER_LOSS,
		"objects that are not in the list of events, because mwprof had no memory for them; "
		"all other figures have them",
	},
	{ 0 },
};

/*
 * Kernel addresses, page frames, per-CPU offsets and each process's addresses
 * are numbers that may be equal and mean different things.
 */
enum key_space {
	SPACE_KERNEL,
	SPACE_PAGE,
	SPACE_PERCPU,
	SPACE_PROCESS,		/* | pid << 2; pids have at most 22 bits (PID_MAX_LIMIT) */
	SPACE_GIVEN = 1U << 30, /* | number of the space= value */
	SPACE_BY_VALUE = 0xfffffffe,
};

static __u32 space_rule(const struct prof *prof, const struct event_spec *spec)
{
	if (prof_event_exists(prof, spec->sys, spec->name, "pfn"))
		return SPACE_PAGE;
	return strcmp(spec->sys, "percpu") ? SPACE_BY_VALUE : SPACE_PERCPU;
}

static __u32 given_space(struct kmemleak *k, __u64 value)
{
	__u32 number;

	if (keymap_number(&k->given_spaces, value, &number) || number >= SPACE_GIVEN)
		number = SPACE_GIVEN - 1; /* one for all those that find no number any more */
	return SPACE_GIVEN | number;
}

static __u32 space_of(struct kmemleak *k, const struct event *ev, __u64 ptr,
		      unsigned int space_attr)
{
	__u32 rule = k->space_of[ev->spec->index];

	if (event_has(ev->spec, space_attr))
		return given_space(k, event_value(ev, space_attr));
	if (rule != SPACE_BY_VALUE)
		return rule;
	/* Kernel addresses have the top bit set on all 64-bit architectures. */
	return ptr >> 63 ? SPACE_KERNEL : SPACE_PROCESS | ev->pid << 2;
}

/*
 * NULL, MAP_FAILED and errors as pointers (include/linux/err.h: the last 4095
 * values) are failed allocations, and freeing them is nothing. So is 16, which
 * kmalloc(0) returns (ZERO_SIZE_PTR in include/linux/slab.h).
 */
static bool is_object(const struct kmemleak *k, const struct event *ev, __u64 ptr)
{
	if (!ptr || ptr >= (__u64)-4095)
		return false;
	return ptr != 16 || k->space_of[ev->spec->index] != SPACE_BY_VALUE ||
	       strcmp(ev->spec->sys, "kmem");
}

/* Without stacks the call site is the stack, one frame deep. */
static stack_id object_stack(struct prof *prof, const struct event *ev)
{
	if (ev->spec->stack)
		return prof_stack(prof, ev);
	if (!event_has(ev->spec, ALLOC_SITE))
		return STACK_NONE;
	return prof_site(prof, ev, event_value(ev, ALLOC_SITE));
}

/*
 * Records can come late: what an interrupt writes while it interrupts a write into
 * the same ring is seen only when that one ends, and the object may have gone to another
 * CPU in between. Then a free stands before its allocation, or behind the
 * next one at the same address. Times tell. Frees that found nothing are remembered for as
 * long as nothing else falls on their place: thousands of frees, when a late
 * record is late by microseconds.
 */
#define EARLY_FREES 8192

struct early_free {
	__u64 key, time_ns;
	__u32 space;
};

static struct early_free *early_free_at(const struct kmemleak *k, __u32 space, __u64 key)
{
	return &k->early_frees[((key ^ space) * 0x9e3779b97f4a7c15ULL >> 32) % EARLY_FREES];
}

/* Has the object of this late allocation come to its end by what was delivered before it? */
static bool is_freed_already(struct prof *prof, const struct event *ev, __u32 space, __u64 key)
{
	struct kmemleak *k = prof->state;
	struct early_free *early = early_free_at(k, space, key);
	struct live_object old;

	if (early->key == key && early->space == space && early->time_ns >= ev->time_ns) {
		*early = (struct early_free){ 0 };
		prof_ledger_add(prof, UNKNOWN_FREES, -1);
		return true;
	}
	switch (live_remove(k->live, space, key, ev->time_ns, &old)) {
	case LIVE_YOUNGER: /* its address is in use again */
		prof_ledger_add(prof, MISSED_FREES, 1);
		return true;
	case LIVE_REMOVED:
		prof_ledger_add(prof, MISSED_FREES, 1);
		k->nr_frees++;
		return false;
	case LIVE_NONE:
		break;
	}
	return false;
}

static __u64 object_size(struct prof *prof, const struct event *ev)
{
	__u64 size = event_value(ev, ALLOC_SIZE);

	if (!(size >> 63))
		return size;
	prof_ledger_add(prof, BAD_SIZES, 1);
	return 0;
}

static void on_alloc(struct prof *prof, const struct event *ev)
{
	const struct kmemleak_options *o = prof->options;
	struct kmemleak *k = prof->state;
	__u64 ptr = event_value(ev, ALLOC_PTR);
	struct live_object object, old;
	struct event_copy *copy;
	bool replaced;
	__u32 index, space;

	if (!is_object(k, ev, ptr))
		return;
	space = space_of(k, ev, ptr, ALLOC_SPACE);
	if (ev->time_ns < prof_now_ns(prof) && is_freed_already(prof, ev, space, ptr)) {
		k->nr_allocs++;
		k->nr_frees++;
		return;
	}
	object = (struct live_object){
		.key = ptr,
		.time_ns = ev->time_ns,
		.size = object_size(prof, ev),
		.space = space,
		.tid = ev->tid,
		.stack = object_stack(prof, ev),
		.comm = o->comm ? prof_comm(prof, ev->pid, ev->tid) : COMM_UNKNOWN,
		.spec = ev->spec->index,
	};
	if (live_add(k->live, &object, &old, &replaced, &index)) {
		prof_ledger_add(prof, NO_ROOM, 1);
		return;
	}
	k->nr_allocs++;
	if (replaced) {
		k->nr_frees++;
		prof_ledger_add(prof, MISSED_FREES, 1);
	}
	if (!k->keep_events)
		return;
	copy = event_copy_new(ev);
	if (!copy)
		prof_ledger_add(prof, NO_COPY, 1);
	live_set_copy(k->live, index, copy);
}

static void on_free(struct prof *prof, const struct event *ev)
{
	struct kmemleak *k = prof->state;
	__u64 ptr = event_value(ev, FREE_PTR);
	struct live_object old;
	__u32 space;

	if (!is_object(k, ev, ptr))
		return;
	space = space_of(k, ev, ptr, FREE_SPACE);
	switch (live_remove(k->live, space, ptr, ev->time_ns, &old)) {
	case LIVE_REMOVED:
		k->nr_frees++;
		break;
	case LIVE_YOUNGER:
		/* It was the object before, which was taken off when this one came. */
		prof_ledger_add(prof, UNKNOWN_FREES, 1);
		break;
	case LIVE_NONE:
		prof_ledger_add(prof, UNKNOWN_FREES, 1);
		*early_free_at(k, space, ptr) = (struct early_free){
			.key = ptr,
			.time_ns = ev->time_ns,
			.space = space,
		};
		break;
	}
}

static int kmemleak_event(struct prof *prof, const struct event *ev)
{
	if (ev->spec->role == ROLE_ALLOC)
		on_alloc(prof, ev);
	else
		on_free(prof, ev);
	return 0;
}

static void kmemleak_lost(struct prof *prof, const struct lost *lost)
{
	const struct kmemleak_options *o = prof->options;
	struct kmemleak *k = prof->state;

	if (o->on_loss == ON_LOSS_RESET) {
		k->reset_pending = true;
		prof_ledger_add(prof, RESETS, 1);
		prof_report_now(prof);
	} else if (lost->until_ns > k->lost_until_ns) {
		k->lost_until_ns = lost->until_ns;
	}
}

/* Events of one kind of memory; those that this kernel lacks are left out. */
struct ready_made {
	const char *kind;
	unsigned int role;
	const char *sys, *name, *attrs;
	const char *if_field; /* the line is for kernels whose event has this field; NULL: any */
};

static const struct ready_made ready_made[] = {
	{ "slab", ROLE_ALLOC, "kmem", "kmalloc", "ptr=ptr/size=bytes_alloc", NULL },
	{ "slab", ROLE_ALLOC, "kmem", "kmalloc_node", "ptr=ptr/size=bytes_alloc", NULL },
	{ "slab", ROLE_ALLOC, "kmem", "kmem_cache_alloc", "ptr=ptr/size=bytes_alloc", NULL },
	{ "slab", ROLE_ALLOC, "kmem", "kmem_cache_alloc_node", "ptr=ptr/size=bytes_alloc", NULL },
	{ "slab", ROLE_FREE, "kmem", "kfree", "ptr=ptr", NULL },
	{ "slab", ROLE_FREE, "kmem", "kmem_cache_free", "ptr=ptr", NULL },
	{ "page", ROLE_ALLOC, "kmem", "mm_page_alloc", "ptr=pfn/size=%ld<<order", "pfn" },
	{ "page", ROLE_FREE, "kmem", "mm_page_free", "ptr=pfn", "pfn" },
	{ "percpu", ROLE_ALLOC, "percpu", "percpu_alloc_percpu", "ptr=ptr/size=bytes_alloc",
	  "bytes_alloc" },
	{ "percpu", ROLE_ALLOC, "percpu", "percpu_alloc_percpu", "ptr=ptr/size=size", "size" },
	{ "percpu", ROLE_FREE, "percpu", "percpu_free_percpu", "ptr=ptr", NULL },
};

static int add_ready_made(struct prof *prof, const char *kind)
{
	char taken[ARRAY_SIZE(ready_made)] = "";
	bool known = false, found = false;

	for (unsigned int i = 0; i < ARRAY_SIZE(ready_made); i++) {
		const struct ready_made *r = &ready_made[i];
		char attrs[64], spec[160];
		int err;

		if (strcmp(r->kind, kind))
			continue;
		known = true;
		if (i && taken[i - 1] && !strcmp(r->name, ready_made[i - 1].name))
			continue; /* the kernel's event has both fields: the first line serves */
		if (!prof_event_exists(prof, r->sys, r->name, r->if_field))
			continue;
		taken[i] = 1;
		found = true;
		snprintf(attrs, sizeof(attrs), r->attrs, sysconf(_SC_PAGESIZE));
		snprintf(spec, sizeof(spec), "%s:%s//%s/", r->sys, r->name, attrs);
		log_verbose("--kernel=%s: --%s '%s'", kind, roles[r->role].name, spec);
		err = prof_add_specs(prof, r->role, spec);
		if (err)
			return err;
	}
	if (found)
		return 0;
	if (known)
		log_error("--kernel=%s: this kernel has no such events", kind);
	else
		log_error("--kernel: '%s' is none of slab, page, percpu", kind);
	return -EINVAL;
}

/* @kinds: those before @kind, a NUL after each. */
static bool is_named_before(const char *kinds, const char *kind)
{
	for (; kinds < kind; kinds += strlen(kinds) + 1)
		if (!strcmp(kinds, kind))
			return true;
	return false;
}

static int kmemleak_setup(struct prof *prof)
{
	struct kmemleak_options *o = prof->options;
	char *copy, *rest, *kind;
	int err = 0;

	prof->comms = o->comm;
	if (!o->kernel)
		return 0;
	err = prof_need_events(prof);
	if (err)
		return err;
	copy = strdup(o->kernel);
	if (!copy)
		return -ENOMEM;
	for (rest = copy; !err && (kind = strsep(&rest, ","));)
		if (!is_named_before(copy, kind))
			err = add_ready_made(prof, kind);
	free(copy);
	return err;
}

static int kmemleak_init(struct prof *prof)
{
	const struct kmemleak_options *o = prof->options;
	struct kmemleak *k = prof->state;
	char *path;
	int err;

	k->has_sizes = true;
	k->space_of = calloc(prof->nr_specs, sizeof(*k->space_of));
	k->early_frees = calloc(EARLY_FREES, sizeof(*k->early_frees));
	if (!k->space_of || !k->early_frees)
		return -ENOMEM;
	for (unsigned int i = 0; i < prof->nr_specs; i++) {
		k->space_of[i] = space_rule(prof, &prof->specs[i]);
		if (prof->specs[i].role == ROLE_ALLOC && !event_has(&prof->specs[i], ALLOC_SIZE))
			k->has_sizes = false;
	}
	if (prof->nr_specs >= LIVE_MAX_SPECS) {
		log_error("%u events are more than kmemleak can tell apart", prof->nr_specs);
		return -EINVAL;
	}
	k->keep_events = !k->has_sizes || prof_verbose(prof);
	err = live_new(&k->live, k->keep_events);
	if (err || !o->flame_graph)
		return err;
	if (asprintf(&path, "%s.folded", o->flame_graph) < 0)
		return -ENOMEM;
	err = prof_fold_to(prof, path, k->has_sizes ? "bytes" : "objects");
	free(path);
	return err;
}

static void kmemleak_fini(struct prof *prof)
{
	struct kmemleak *k = prof->state;

	live_free(k->live);
	keymap_fini(&k->given_spaces);
	free(k->space_of);
	free(k->early_frees);
	kmemleak_report_fini(k);
}

const struct profiler kmemleak_profiler = {
	.name = "kmemleak",
	.summary = "Finds memory that is allocated and not freed, and who allocated it.",
	.options = options,
	.roles = roles,
	.ledger = ledger,
	.options_size = sizeof(struct kmemleak_options),
	.state_size = sizeof(struct kmemleak),
	.setup = kmemleak_setup,
	.init = kmemleak_init,
	.event = kmemleak_event,
	.lost = kmemleak_lost,
	.report = kmemleak_report,
	.fini = kmemleak_fini,
};
