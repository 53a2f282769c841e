/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_KMEMLEAK_H
#define MWPROF_KMEMLEAK_H

/*
 * What the two halves of kmemleak share: kmemleak.c keeps the books,
 * kmemleak_report.c reads them.
 */
#include "mwprof/keymap.h"
#include "mwprof/live.h"
#include "mwprof/profiler.h"

struct kmemleak_options {
	char *kernel; /* owned by the option parser */
	__u64 than_ns, min_size, top, suspect_after;
	bool comm;
	const char *flame_graph;
	unsigned int on_loss;
};

enum on_loss { ON_LOSS_MARK, ON_LOSS_RESET };

/* Objects that are reported together: same stack, or same event where there is none. */
struct group {
	stack_id stack;
	__u16 spec;
	__u64 bytes, objects, oldest_ns;
	__u64 unsure_bytes, unsure_objects;
	__u64 prev_bytes, prev_objects; /* at the last interval, unsure ones too */
	__u32 grew; /* in so many intervals, one after another, up to the last */
};

struct kmemleak {
	struct live *live;
	__u64 nr_allocs, nr_frees;
	__u64 lost_until_ns; /* an object from before may have been freed unseen; 0: none */
	struct early_free *early_frees; /* owned; see on_free() */
	bool reset_pending;		/* the books are begun anew after the next report */
	bool has_sizes;			/* every allocation event has a size */
	bool keep_events;		/* the event report is wanted */
	struct keymap given_spaces;	/* values of space= */
	__u32 *space_of;		/* owned: [spec], enum key_space or SPACE_BY_VALUE */

	/* For the reports; kept for growth from one to the next. */
	struct keymap group_numbers; /* of stacks, and of events where there are none */
	struct group *groups;	     /* owned */
	__u32 max_groups;
};

int kmemleak_report(struct prof *prof, struct report *report, enum report_why why);
void kmemleak_report_fini(struct kmemleak *k);

#endif
