// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_caps.c - "mwprof caps": what can be used here, and what is lost
 *
 * Prints core/caps.c's table for people. Never fails: a machine where nothing
 * works is what it is for. Called by main.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/caps.h"
#include "core/cmd.h"
#include "core/options.h"
#include "core/wrap.h"
#include "mwprof/log.h"

#define NAME_WIDTH 15
#define TEXT_COLUMN 22

static const char advice[] =
	"Not running as root, so some of this may be missing for want of rights. Run mwprof as "
	"root, or give it once what it needs:";

struct options {
	bool help;
};

const struct option_row caps_options[] = {
	{ .name = "help",
	  .letter = 'h',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct options, help),
	  .help = "show this" },
	{ 0 },
};

static void print_text(const char *before, const char *text)
{
	char line[256];

	snprintf(line, sizeof(line), "%s%s", before, text);
	wrap_print(stdout, line, strlen(line), TEXT_COLUMN);
}

static void print_cap(const struct cap *cap)
{
	printf("%-*s %-*s", NAME_WIDTH, cap->name, TEXT_COLUMN - NAME_WIDTH - 1,
	       cap->usable ? "yes" : "no");
	print_text("", cap->gives);
	if (cap->usable)
		return;
	printf("%*s", TEXT_COLUMN, "");
	print_text("why not: ", cap->reason);
	printf("%*s", TEXT_COLUMN, "");
	print_text("without: ", cap->without);
}

int cmd_caps(int argc, char **argv)
{
	struct options options = { 0 };
	struct option_set set = { caps_options, &options };
	struct cap cap;
	size_t nr_words;
	char **words;
	int rest, err, id;

	err = options_parse(&set, 1, argc - 1, argv + 1, &rest, &words, &nr_words);
	if (err)
		return cmd_options_status(err);
	free(words);
	if (options.help) {
		printf("usage: mwprof caps\n\nShows what mwprof can use on this machine as this "
		       "user, tried out just now.\n\n");
		options_help(stdout, caps_options);
		return 0;
	}
	if (nr_words || rest < argc - 1) {
		log_error("caps takes no arguments");
		return 2;
	}
	for (id = 0; id < CAPS_NR; id++) {
		caps_probe(id, &cap);
		print_cap(&cap);
	}
	if (geteuid()) {
		putchar('\n');
		wrap_print(stdout, advice, strlen(advice), 0);
		printf("    " CAPS_SETCAP "\n");
	}
	return 0;
}
