/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_LEDGER_H
#define MWPROF_LEDGER_H

/*
 * The ledger: one counter per way of losing or doubting something. A row says
 * in words what a number means for the figures above it. The core has rows of
 * its own (core/ledger.c); a profiler adds its rows in struct profiler.
 */
#include <linux/types.h>
#include <stdbool.h>

enum ledger_kind {
	LEDGER_LOSS, /* figures may be wrong: --strict fails */
	LEDGER_NOTE, /* worth knowing, figures stand */
};

struct ledger_row {
	const char *name; /* JSON key and first word: "lost_events" */
	enum ledger_kind kind;
	/* One sentence after the number: what it is and what it does to the figures. */
	const char *meaning;
};

#endif
