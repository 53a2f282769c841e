/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_OPTION_H
#define MWPROF_OPTION_H

/*
 * An option is a row of data. Parsing, --help, completion and the man page's
 * OPTIONS all come from the rows, so they cannot disagree.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

enum option_type {
	OPTION_FLAG,	 /* bool: true when given; "--no-NAME" makes it false */
	OPTION_COUNT,	 /* unsigned int: how often it was given (-v -v) */
	OPTION_UINT,	 /* __u64, decimal, min..max */
	OPTION_DURATION, /* __u64 nanoseconds: 5s 20ms 7us 100ns, bare = ns */
	OPTION_MSEC,	 /* __u64 nanoseconds, given as a bare number of milliseconds */
	OPTION_STRING,	 /* const char *, borrowed from argv */
	OPTION_LIST, /* char *, owned by the options (options_free): repeated ones joined with ',' */
	OPTION_CHOICE, /* unsigned int: index into choices */
};

struct option_row {
	const char *name;  /* long name, without "--" */
	char letter;	   /* short name, or 0 */
	__u8 type;	   /* enum option_type */
	bool arg_optional; /* "--name" alone is allowed: the value is then if_alone */
	bool hidden;	   /* accepted, not shown */
	size_t offset;	   /* of the value in its options struct */
	const char *arg;   /* what --help calls the argument: "MS" */
	const char *if_alone;
	const char *const *choices; /* OPTION_CHOICE: NULL-terminated */
	__u64 min,
		max; /* of the value: OPTION_UINT, _DURATION and _MSEC (both in ns); max 0 = no bound */
	const char *
		set_by_default; /* text of the default, parsed like an argument (a flag: "yes"); NULL = zero */
	const char *help;  /* one sentence, lower case, no full stop */
	const char *group; /* heading in --help, on the first row of the group */
};

#define OPTION_AT(type, member) .offset = offsetof(type, member)

#endif
