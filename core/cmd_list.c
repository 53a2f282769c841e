// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_list.c - "mwprof list": the events of this kernel
 *
 * Names, sorted, one a line; with -v the fields of each, which is what filters
 * and attributes are made of. Called by main.c.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmd.h"
#include "core/options.h"
#include "core/tracefs.h"
#include "expr/expr.h"
#include "mwprof/log.h"
#include "mwprof/util.h"

struct options {
	bool help;
	unsigned int verbose;
};

const struct option_row list_options[] = {
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPTION_COUNT,
	  OPTION_AT(struct options, verbose),
	  .help = "show the fields of each event" },
	{ .name = "help",
	  .letter = 'h',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct options, help),
	  .help = "show this" },
	{ 0 },
};

static const char usage[] =
	"usage: mwprof list [-v] [GLOB]\n"
	"\n"
	"Lists the tracepoints of this kernel. GLOB is sys:name with * ? and [..] in\n"
	"either part; without ':' it may be either part: kmem, 'kmalloc*'.\n"
	"\n";

static void print_fields(struct tracefs *t, const char *name)
{
	const char *colon = strchr(name, ':');
	char *sys = strndup(name, colon - name);
	const struct event_format *format;
	size_t i;
	int err = sys ? tracefs_format(t, sys, colon + 1, &format) : -ENOMEM;

	free(sys);
	if (err) {
		log_warning("%s: its fields can't be read: %s", name, strerror(-err));
		return;
	}
	for (i = 0; i < format->nr_fields; i++) {
		const struct expr_field *field = &format->fields[i];
		char text[256];

		if (strncmp(field->name, "common_", 7))
			printf("    %s\n", event_field_declaration(field, text, sizeof(text)));
	}
}

static bool name_matches(const char *name, const char *glob)
{
	const char *colon = strchr(name, ':');
	char sys[128];

	if (!glob)
		return true;
	if (strchr(glob, ':'))
		return !fnmatch(glob, name, 0);
	snprintf(sys, sizeof(sys), "%.*s", (int)(colon - name), name);
	return !fnmatch(glob, sys, 0) || !fnmatch(glob, colon + 1, 0);
}

/* What @glob was meant to be, of @names: borrowed from them; NULL: nothing is near. Cuts @names at ':'. */
static const char *nearest_name(char **names, size_t nr, const char *glob)
{
	bool whole = strchr(glob, ':');
	const char **all = calloc(2 * nr + 1, sizeof(*all)), *found = NULL;
	size_t nr_all = 0, i;
	int nearest;

	if (!all)
		return NULL;
	for (i = 0; i < nr; i++) {
		char *colon = strchr(names[i], ':');

		all[nr_all++] = names[i];
		if (whole)
			continue;
		all[nr_all++] = colon + 1;
		*colon = '\0';
	}
	nearest = expr_nearest(glob, strlen(glob), all, nr_all, sizeof(*all));
	if (nearest >= 0)
		found = all[nearest];
	free(all);
	return found;
}

static bool is_probe(const char *glob)
{
	static const char *const kinds[] = { "kprobe:", "kretprobe:", "uprobe:", "uretprobe:",
					     "usdt:" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strncmp(glob, kinds[i], strlen(kinds[i])))
			return true;
	return false;
}

static int list_events(struct tracefs *t, const char *glob, bool verbose)
{
	size_t nr, nr_shown = 0, i;
	const char *nearest;
	char **names;
	int err = tracefs_names(t, NULL, &names, &nr);

	if (err) {
		log_error("cannot read the list of events: %s", strerror(-err));
		return 1;
	}
	for (i = 0; i < nr; i++) {
		if (!name_matches(names[i], glob))
			continue;
		nr_shown++;
		puts(names[i]);
		if (verbose)
			print_fields(t, names[i]);
	}
	if (!nr_shown && glob) {
		nearest = nearest_name(names, nr, glob);
		if (nearest)
			log_error("no event matches '%s'; did you mean %s?", glob, nearest);
		else
			log_error("no event matches '%s'; mwprof list shows all", glob);
	}
	tracefs_names_free(names, nr);
	return nr_shown ? 0 : 1;
}

int cmd_list(int argc, char **argv)
{
	struct options options = { 0 };
	struct option_set set = { list_options, &options };
	struct tracefs *t = NULL;
	size_t nr_words;
	char **words;
	int rest, status = 2, err;

	err = options_parse(&set, 1, argc - 1, argv + 1, &rest, &words, &nr_words);
	if (err)
		return cmd_options_status(err);
	if (options.help) {
		fputs(usage, stdout);
		options_help(stdout, list_options);
		status = 0;
	} else if (nr_words > 1 || rest < argc - 1) {
		log_error("list takes one GLOB; quote it, so that the shell leaves it alone");
	} else if (nr_words && is_probe(words[0])) {
		log_error("'%s': only tracepoints are listed", words[0]);
		status = 1;
	} else {
		err = tracefs_new(&t);
		if (err == -ENOMEM)
			log_error("out of memory");
		status = err ? 1 : list_events(t, nr_words ? words[0] : NULL, options.verbose);
	}
	tracefs_free(t);
	free(words);
	return status;
}
