/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_CORE_LEDGER_H
#define MWPROF_CORE_LEDGER_H

/*
 * The core's own rows of the ledger, and all rows that are not zero.
 */
#include <linux/types.h>
#include "mwprof/ledger.h"

enum ledger_core {
	LEDGER_LOST_RECORDS,
	LEDGER_CPU_GAPS,
	LEDGER_LOST_STACKS,
	LEDGER_BROKEN_RECORDS,
	LEDGER_UNKNOWN_RECORDS,
	LEDGER_THROTTLED,
	LEDGER_CUT_STACKS,
	NR_LEDGER_CORE,
};

extern const struct ledger_row ledger_core_rows[NR_LEDGER_CORE];

#define LEDGER_MAX_OWN 16 /* rows of one profiler */

struct ledger {
	__u64 core[NR_LEDGER_CORE];
	__u64 own[LEDGER_MAX_OWN];
	const struct ledger_row *own_rows; /* borrowed; may be NULL */
};

/* Rows that are not zero, losses first: how many. Room for NR_LEDGER_CORE + LEDGER_MAX_OWN. */
unsigned int ledger_nonzero(const struct ledger *l, const struct ledger_row **rows, __u64 *counts);
/* Sum of all losses. */
__u64 ledger_losses(const struct ledger *l);

#endif
