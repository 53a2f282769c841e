/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_OPTIONS_H
#define MWPROF_OPTIONS_H

/*
 * Rows of options (mwprof/option.h) put to work: one parser, one --help.
 * Several sets of rows can be parsed together, each into its own struct.
 */
#include <stdio.h>
#include "mwprof/option.h"

struct option_set {
	const struct option_row *rows; /* ends with a NULL name */
	void *values;		       /* offsets count from here */
};

/*
 * Parses argv[0 .. argc-1] (no program name). Defaults first, then arguments.
 * A word "--" ends the options; *@rest = index of what follows it, argc when there is none.
 * Words that are no options are collected in *@words (owned by the caller, free()), *@nr_words.
 * 0; or, after saying it, -EINVAL for what the user typed (with the nearest
 * option for an unknown one), or -ENOMEM. The values then own nothing.
 */
int options_parse(const struct option_set *sets, size_t nr_sets, int argc, char **argv, int *rest,
		  char ***words, size_t *nr_words);

/* Frees what OPTION_LIST rows own. */
void options_free(const struct option_set *sets, size_t nr_sets);

/* The rows as --help shows them: 80 columns, grouped. */
void options_help(FILE *out, const struct option_row *rows);

/* One line a row for completion: "--name" or "--name=" (takes an argument), then "-x". */
void options_complete(FILE *out, const struct option_row *rows);

#endif
