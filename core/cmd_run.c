// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_run.c - the command line of a profiler
 *
 * Puts the options of the core, of the profiler and of its roles together,
 * parses them, and starts a session; or prints help: of the options, or, with a
 * trailing word "help", of the events that were named. main.c calls it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/cmd.h"
#include "core/options.h"
#include "core/session.h"

static const char *const format_names[] = { "text", "json", NULL };
static const char *const call_graph_names[] = { "none", "fp", NULL };
static const char *const engine_names[] = { "auto", "perf", NULL };

#define CORE(member) OPTION_AT(struct core_options, member)

const struct option_row core_options[] = {
	{ "cpu", 'C', OPTION_STRING, CORE(targets.cpus), .arg = "LIST", .group = "What is traced",
	  .help = "only what happens on these CPUs: 0-3,8" },
	{ "pid", 'p', OPTION_STRING, CORE(targets.pids), .arg = "PID[,PID...]",
	  .help = "only these processes, all their threads" },
	{ "tid", 't', OPTION_STRING, CORE(targets.tids), .arg = "TID[,TID...]",
	  .help = "only these threads" },
	{ "cgroups", 0, OPTION_STRING, CORE(targets.cgroups), .arg = "NAME[,NAME...]",
	  .help = "only tasks in these cgroups, named from the root of their hierarchy" },
	{ "all-cpus", 'a', OPTION_FLAG, CORE(all_cpus),
	  .help = "the whole system, also while a COMMAND runs" },
	{ "inherit", 0, OPTION_FLAG, CORE(inherit), .set_by_default = "yes",
	  .help = "follow new threads and children of the targets" },
	{ "call-graph", 'g', OPTION_CHOICE, CORE(call_graph), .arg = "HOW", .arg_optional = true,
	  .if_alone = "fp", .choices = call_graph_names, .group = "How it is traced",
	  .help = "take stacks: fp (by frame pointers; -g alone means this) or none" },
	{ "mmap-pages", 'm', OPTION_UINT, CORE(ring_pages), .arg = "PAGES", .min = 1,
	  .max = 1 << 20,
	  .help = "pages of each CPU's ring, a power of two (default: 8 MiB, less on small "
		  "machines)" },
	{ "order", 0, OPTION_FLAG, CORE(order),
	  .help = "order events by time across CPUs; always on, accepted as users write it" },
	{ "engine", 0, OPTION_CHOICE, CORE(engine), .arg = "WHICH", .choices = engine_names,
	  .help = "where events are reduced: auto or perf" },
	{ "events", 'N', OPTION_UINT, CORE(max_events), .arg = "N", .min = 1,
	  .group = "When it ends", .help = "stop after N events" },
	{ "duration", 'd', OPTION_UINT, CORE(duration_s), .arg = "SEC", .min = 1, .max = 1000000000,
	  .help = "stop after SEC seconds" },
	{ "interval", 'i', OPTION_MSEC, CORE(interval_ns), .arg = "MS", .min = 1000000,
	  .group = "What is printed", .help = "a report every MS milliseconds" },
	{ "output", 'o', OPTION_STRING, CORE(output), .arg = "FILE",
	  .help = "write the report to FILE instead of stdout" },
	{ "format", 0, OPTION_CHOICE, CORE(format), .arg = "HOW", .choices = format_names,
	  .help = "text, or json: a JSON object a line ('mwprof --json-schema')" },
	{ "strict", 0, OPTION_FLAG, CORE(strict),
	  .help = "exit with status 4 if anything was lost" },
	{ "verbose", 'v', OPTION_COUNT, CORE(verbose),
	  .help = "say on stderr what was chosen and why; more in the report" },
	{ "quiet", 'q', OPTION_FLAG, CORE(quiet), .help = "say nothing on stderr but errors" },
	{ "format-lost", 0, OPTION_FLAG, CORE(format_lost), .set_by_default = "yes", .hidden = true,
	  .help = "use the kernel's own count of lost records" },
	{ "help", 'h', OPTION_FLAG, CORE(help), .help = "this help" },
	{ 0 },
};

struct run {
	const struct profiler *ops;
	struct core_options core;
	char *lists[MAX_ROLES];
	struct option_row role_rows[MAX_ROLES + 1];
	struct option_set sets[3];
	size_t nr_sets;
};

static void add_set(struct run *run, const struct option_row *rows, void *values)
{
	if (rows)
		run->sets[run->nr_sets++] = (struct option_set){ rows, values };
}

static void make_rows(struct run *run)
{
	const struct role *roles = run->ops->roles;

	for (unsigned int i = 0; roles && roles[i].name; i++)
		run->role_rows[i] = (struct option_row){
			.name = roles[i].name,
			.letter = roles[i].letter,
			.type = OPTION_LIST,
			.offset = i * sizeof(run->lists[0]),
			.arg = "EVENT[,EVENT...]",
			.help = roles[i].help,
			.group = i ? NULL : "Events",
		};
}

static void print_help(const struct run *run)
{
	printf("usage: mwprof %s [options] [-- COMMAND...]\n\n%s\n", run->ops->name,
	       run->ops->summary);
	for (size_t i = 0; i < run->nr_sets; i++)
		options_help(stdout, run->sets[i].rows);
	printf("\n'mwprof %s --%s EVENT help' shows an event's fields;\n"
	       "'man mwprof-%s' tells more.\n",
	       run->ops->name, run->ops->roles ? run->ops->roles[0].name : "event", run->ops->name);
}

static int check_core(const struct core_options *core, char **command)
{
	__u64 pages = core->ring_pages;

	if (pages & (pages - 1)) {
		__u64 below = 1;

		while (below * 2 < pages)
			below *= 2;
		log_error("-m: %llu is not a power of two; %llu and %llu are", pages, below,
			  below * 2);
		return -EINVAL;
	}
	if (core->all_cpus && (core->targets.pids || core->targets.tids || core->targets.cgroups)) {
		log_error("-a is the whole system; -p, -t and --cgroups are parts of it: give one");
		return -EINVAL;
	}
	if (command && (core->targets.pids || core->targets.tids)) {
		log_error(
			"give -p or -t, or a COMMAND: mwprof traces what it starts, or what runs");
		return -EINVAL;
	}
	return 0;
}

/* What is left between the options: nothing, or "help" at the end. */
static int check_words(const struct run *run, char **words, size_t nr, bool *want_help)
{
	*want_help = nr == 1 && !strcmp(words[0], "help");
	if (!nr || *want_help)
		return 0;
	log_error("'%s' is no option of %s; a command to run goes after '--'", words[0],
		  run->ops->name);
	return -EINVAL;
}

static int run_profiler(struct run *run, void *prof_options, int argc, char **argv)
{
	char **words = NULL, **command;
	size_t nr_words = 0;
	bool want_help;
	int rest = argc, status = EXIT_USAGE, err;

	make_rows(run);
	add_set(run, run->role_rows, run->lists);
	add_set(run, run->ops->options, prof_options);
	add_set(run, core_options, &run->core);
	err = options_parse(run->sets, run->nr_sets, argc, argv, &rest, &words, &nr_words);
	if (err) {
		status = cmd_options_status(err);
		goto out;
	}
	command = rest < argc ? argv + rest : NULL;
	if (!command && argc && !strcmp(argv[argc - 1], "--")) {
		log_error("'--' is followed by no command");
		goto out;
	}
	if (run->core.help) {
		print_help(run);
		status = EXIT_OK;
		goto out;
	}
	log_set_level(run->core.quiet ? LOG_QUIET : LOG_NORMAL + run->core.verbose);
	if (check_words(run, words, nr_words, &want_help) || check_core(&run->core, command))
		goto out;
	if (want_help)
		status = cmd_help_events(run->ops, run->lists);
	else
		status = session_run(run->ops, prof_options, &run->core, run->lists, command);
out:
	free(words);
	options_free(run->sets, run->nr_sets);
	return status;
}

int cmd_run(const struct profiler *ops, int argc, char **argv)
{
	struct run run = { .ops = ops };
	void *prof_options = calloc(1, ops->options_size ? ops->options_size : 1);
	int status = EXIT_FAILED;

	if (prof_options)
		status = run_profiler(&run, prof_options, argc - 1, argv + 1);
	else
		log_error("out of memory");
	free(prof_options);
	return status;
}
