/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_CMD_H
#define MWPROF_CMD_H

/*
 * Commands that are no profilers. argv[0] is the command's own name, argc
 * counts it. The answer is the exit status: 0, 1 (it went wrong), 2 (the
 * command line is wrong), after saying what is wrong.
 */
#include <stdbool.h>
#include "mwprof/option.h"

struct profiler;

struct command {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
	const struct option_row *options; /* its own; ends with a NULL name; NULL: none */
	bool takes_core_options;
	bool hidden; /* from help and completion */
};

extern const struct command commands[]; /* ends with a NULL name */

/* Exit status when options_parse() answered @err. */
int cmd_options_status(int err);

int cmd_list(int argc, char **argv);	 /* list [GLOB]: events, with -v their fields */
int cmd_caps(int argc, char **argv);	 /* caps: what can be used here */
int cmd_expr(int argc, char **argv);	 /* expr [-e EVENT] EXPR: one expression, tried out */
int cmd_complete(int argc, char **argv); /* complete WHAT [ARG]: words for the shell */

/* A profiler's command line: options, help, or a session. */
int cmd_run(const struct profiler *ops, int argc, char **argv);
/* "PROFILER --role EVENT help": the events that @lists name, [role] each, and a line to fill in. */
int cmd_help_events(const struct profiler *ops, char *const *lists);

extern const struct option_row list_options[], caps_options[], expr_options[];

#endif
