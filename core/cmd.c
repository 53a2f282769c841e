// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd.c - the list of commands that are no profilers
 *
 * main.c looks a command up here after the profilers; help and completion list
 * it.
 */
#include "core/cmd.h"

#include <errno.h>
#include <stddef.h>

#include "core/session.h"

const struct command commands[] = {
	{ "list", "events of this kernel, with -v their fields", cmd_list, list_options, false,
	  false },
	{ "caps", "what can be used on this machine as this user", cmd_caps, caps_options, false,
	  false },
	{ "expr", "one expression, tried out on constants or on live events", cmd_expr,
	  expr_options, true, false },
	{ "complete", "words for the shell's completion", cmd_complete, NULL, false, true },
	{ 0 },
};

int cmd_options_status(int err)
{
	return err == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
}
