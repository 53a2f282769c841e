/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_SYMBOL_H
#define MWPROF_SYMBOL_H

/*
 * Kernel symbols from /proc/kallsyms, modules and BPF programs included. Read
 * once, at the first question, and again never: a run that prints no frame
 * never pays for it.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct symbols;

struct symbol {
	const char *name;   /* borrowed from the table; untrusted */
	const char *module; /* "[kernel.kallsyms]", "[nf_tables]", "[bpf]" */
	__u64 offset;	    /* into the symbol */
};

/* @path NULL: /proc/kallsyms. Reads nothing yet. 0 or -ENOMEM. */
int symbols_new(struct symbols **out, const char *path);
void symbols_free(struct symbols *symbols); /* takes NULL */

/*
 * Reads the table now if it has not been read. Warns once, in words, when
 * kptr_restrict (or missing rights) hides the addresses. 0 or -errno; lookups then find nothing.
 */
int symbols_load(struct symbols *symbols);

/* False when @addr is in no known symbol. Loads at first use. */
bool symbol_find(struct symbols *symbols, __u64 addr, struct symbol *out);

#endif
