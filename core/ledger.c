// SPDX-License-Identifier: GPL-2.0-only
/*
 * ledger.c - what the core can lose, in words
 *
 * Every way in which the perf engine can lose something has a row; what a
 * number means for the figures stands beside it, because that is what the
 * reader of a report needs. The session fills the counters before a report.
 */
#include "core/ledger.h"

#include <stddef.h>

const struct ledger_row ledger_core_rows[NR_LEDGER_CORE] = {
	[LEDGER_LOST_RECORDS] = {
		"lost_records", LEDGER_LOSS,
		"events that found their ring full and were not seen; a larger ring (-m) or a filter "
		"loses fewer",
	},
	[LEDGER_CPU_GAPS] = {
		"cpu_gaps", LEDGER_LOSS,
		"times that a CPU came online and ran for up to a second untraced; its events of "
		"that time were not seen",
	},
	[LEDGER_LOST_STACKS] = {
		"lost_stacks", LEDGER_LOSS,
		"events whose stack found no room; they count, under [stack lost]",
	},
	[LEDGER_BROKEN_RECORDS] = {
		"broken_records", LEDGER_LOSS,
		"records that made no sense and were skipped, with what stood behind them in their ring",
	},
	[LEDGER_UNKNOWN_RECORDS] = {
		"unknown_records", LEDGER_LOSS,
		"records of an event that nobody opened; they were skipped",
	},
	[LEDGER_THROTTLED] = {
		"throttled", LEDGER_LOSS,
		"times that the kernel held an event back because it came too often",
	},
	[LEDGER_CUT_STACKS] = {
		"cut_stacks", LEDGER_NOTE,
		"stacks as deep as the limit (max-stack=, kernel.perf_event_max_stack); outer frames "
		"may be missing",
	},
};

static unsigned int add_rows(const struct ledger_row *all, const __u64 *all_counts, unsigned int nr,
			     enum ledger_kind kind, const struct ledger_row **rows, __u64 *counts)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (!all_counts[i] || all[i].kind != kind)
			continue;
		rows[n] = &all[i];
		counts[n++] = all_counts[i];
	}
	return n;
}

static unsigned int nr_own(const struct ledger *l)
{
	unsigned int nr = 0;

	while (l->own_rows && l->own_rows[nr].name)
		nr++;
	return nr;
}

unsigned int ledger_nonzero(const struct ledger *l, const struct ledger_row **rows, __u64 *counts)
{
	static const enum ledger_kind kinds[] = { LEDGER_LOSS, LEDGER_NOTE };
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		n += add_rows(ledger_core_rows, l->core, NR_LEDGER_CORE, kinds[i], rows + n,
			      counts + n);
		n += add_rows(l->own_rows, l->own, nr_own(l), kinds[i], rows + n, counts + n);
	}
	return n;
}

__u64 ledger_losses(const struct ledger *l)
{
	const struct ledger_row *rows[NR_LEDGER_CORE + LEDGER_MAX_OWN];
	__u64 counts[NR_LEDGER_CORE + LEDGER_MAX_OWN], sum = 0;
	unsigned int nr = ledger_nonzero(l, rows, counts);

	for (unsigned int i = 0; i < nr; i++)
		if (rows[i]->kind == LEDGER_LOSS)
			sum += counts[i];
	return sum;
}
