// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_expr.c - "mwprof expr": one expression, tried out
 *
 * Without an event it is evaluated once. With -e it is compiled against the
 * events' fields, so that errors show in the user's own text, then added to the
 * events as value= and handed to the expr profiler (profilers/expr.c), which is
 * an ordinary run. Called by main.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmd.h"
#include "core/options.h"
#include "core/profilers.h"
#include "core/session.h"
#include "core/spec.h"
#include "core/symbol.h"
#include "core/task.h"
#include "core/tracefs.h"
#include "expr/expr.h"
#include "mwprof/log.h"
#include "mwprof/util.h"

struct options {
	const char *event;
};

const struct option_row expr_options[] = {
	{ .name = "event",
	  .letter = 'e',
	  .type = OPTION_STRING,
	  OPTION_AT(struct options, event),
	  .arg = "EVENT[,EVENT...]",
	  .group = "Events",
	  .help = "print the value for each of these events as they come" },
	{ 0 },
};

static const char usage[] =
	"usage: mwprof expr [-v] EXPR\n"
	"       mwprof expr -e EVENT [options] EXPR [-- COMMAND...]\n"
	"\n"
	"Evaluates EXPR: once, or on live events. -v shows its type, where it could run,\n"
	"and its code. An EXPR that begins with '-' goes in parentheses: '(-1 >> 4)'.\n";

/* With -v: what became of the expression. */
static void explain_code(const struct expr *e)
{
	char *listing, *line, *next;

	log_verbose("type: %s", expr_type_name(e));
	if (expr_needs(e) & EXPR_NEEDS_KERNEL_MEMORY)
		log_verbose("runs: only inside the kernel, it reads memory there");
	else
		log_verbose("runs: in user space");
	if (expr_listing(e, &listing))
		return;
	for (line = listing; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		log_verbose("code: %s", line);
	}
	free(listing);
}

/* With -v: what would become of it as a filter. */
static void explain_filter(const char *text, const struct expr_scope *scope)
{
	struct expr_error error;
	struct expr *e;
	char *filter;
	int err = expr_new(&e, text, strlen(text), scope, EXPR_FILTER, &error);

	if (err == -EINVAL)
		log_verbose("as a filter: no: %s", error.message);
	if (err)
		return;
	err = expr_kernel_filter(e, &filter, &error);
	if (!err) {
		log_verbose("as a filter: in the kernel: %s", filter);
		free(filter);
	} else if (err == -EOPNOTSUPP) {
		log_verbose("as a filter: in user space: %s", error.message);
	}
	expr_free(e);
}

/* 0, or the exit status after saying what is wrong. */
static int compile(const char *text, const struct expr_scope *scope, struct expr **out)
{
	struct expr_error error;
	int err = expr_new(out, text, strlen(text), scope, EXPR_DISPLAY, &error);

	if (!err)
		return 0;
	if (err == -EINVAL) {
		caret_print(scope->what, text, error.at, error.len, error.message, error.hint);
		return EXIT_USAGE;
	}
	log_error("out of memory");
	return EXIT_FAILED;
}

/* Names can be asked for without an event: of a system call, a task, a kernel address. */
static int print_constant(const struct expr *e)
{
	struct session s = { 0 };
	struct expr_record record = { .host = &s.host };
	char value[4096];
	int err = tasks_new(&s.tasks);

	if (!err)
		err = symbols_new(&s.symbols, NULL);
	if (err) {
		log_error("out of memory");
	} else {
		session_init_host(&s);
		puts(expr_format(e, &record, value, sizeof(value)));
	}
	symbols_free(s.symbols);
	tasks_free(s.tasks);
	return err ? EXIT_FAILED : EXIT_OK;
}

static int evaluate_constant(const char *text)
{
	const struct expr_scope scope = { 0 };
	struct expr *e;
	int status = compile(text, &scope, &e);

	if (status)
		return status;
	if (expr_needs(e) & EXPR_NEEDS_KERNEL_MEMORY) {
		log_error("reading memory of the traced side can only run inside the kernel");
		status = EXIT_USAGE;
	} else {
		status = print_constant(e);
		explain_code(e);
	}
	expr_free(e);
	return status;
}

/*
 * Compiles @text against every event that @spec names. Events that are not
 * there are left for the run to complain of.
 */
static int check_event(struct tracefs *t, const struct spec *spec, const char *text)
{
	size_t nr = 0, i;
	char **names = NULL;
	int status = EXIT_OK;

	if (spec->kind != SPEC_TRACEPOINT || tracefs_names(t, spec->name.text, &names, &nr))
		return EXIT_OK;
	for (i = 0; i < nr && !status; i++) {
		char *colon = strchr(names[i], ':');
		const struct event_format *format;
		struct expr_scope scope = { .has_self = true };
		struct expr *e;

		*colon = '\0';
		if (tracefs_format(t, names[i], colon + 1, &format))
			continue;
		*colon = ':';
		scope.what = names[i];
		scope.fields = format->fields;
		scope.nr_fields = format->nr_fields;
		status = compile(text, &scope, &e);
		if (status)
			break;
		log_verbose("%s", names[i]);
		explain_code(e);
		explain_filter(text, &scope);
		expr_free(e);
	}
	tracefs_names_free(names, nr);
	return status;
}

/*
 * @whole with the attribute value=(@text) added: what has to stand between
 * depends on how many of its '/' the user left out. Owned by the caller;
 * NULL when no way gives an event with one more attribute, or memory is out.
 */
static char *add_value(const struct spec *spec, const char *text)
{
	static const char *const between[] = { "//", "/", "" };
	struct spec_error error;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(between); i++) {
		struct spec_list *list;
		char *event;
		bool good;

		if (asprintf(&event, "%s%svalue=(%s)/", spec->whole.text, between[i], text) < 0)
			return NULL;
		if (!spec_list_new(&list, event, &error)) {
			good = list->nr == 1 && list->specs[0].nr_attrs == spec->nr_attrs + 1 &&
			       !list->specs[0].filter.text == !spec->filter.text;
			spec_list_free(list);
			if (good)
				return event;
		}
		free(event);
	}
	return NULL;
}

/* The list with the expression added to each event: *@out is owned by the caller. */
static int make_list(const char *events, const char *text, char **out)
{
	struct spec_list *list = NULL;
	struct spec_error error;
	struct tracefs *t = NULL;
	char *joined = NULL, *event, *longer;
	int status = EXIT_FAILED, err = spec_list_new(&list, events, &error);
	size_t i;

	if (err == -EINVAL) {
		caret_print("--event", events, error.at, error.len, error.message, error.hint);
		return EXIT_USAGE;
	}
	if (err || tracefs_new(&t))
		goto out;
	for (i = 0; i < list->nr; i++) {
		status = check_event(t, &list->specs[i], text);
		if (status)
			goto out;
		event = add_value(&list->specs[i], text);
		if (!event) {
			log_error("--event: no expression can be added to '%s': it has value= "
				  "already, or its quotes are in the way",
				  list->specs[i].whole.text);
			status = EXIT_USAGE;
			goto out;
		}
		err = asprintf(&longer, "%s%s%s", joined ? joined : "", joined ? "," : "", event);
		free(event);
		if (err < 0) {
			status = EXIT_FAILED;
			goto out;
		}
		free(joined);
		joined = longer;
	}
	*out = joined;
	joined = NULL;
out:
	if (err < 0)
		log_error("out of memory");
	free(joined);
	tracefs_free(t);
	spec_list_free(list);
	return status;
}

/*
 * Runs the profiler with the user's own command line, but for the expression,
 * which goes, and the event list, which is replaced where it stands: an argument
 * of its own or the end of one ("-eLIST", "--event=LIST").
 */
static int run_live(int argc, char **argv, const char *events, char *text)
{
	char **args = calloc(argc + 1, sizeof(*args)), *list = NULL, *changed = NULL;
	int status = make_list(events, text, &list), nr = 0, i;

	if (status)
		goto out;
	status = EXIT_FAILED;
	if (!args)
		goto out;
	for (i = 0; i < argc; i++) {
		char *arg = argv[i];
		size_t len = strlen(arg);

		if (arg == text)
			continue;
		if (!changed && events >= arg && events <= arg + len) {
			if (asprintf(&changed, "%.*s%s", (int)(events - arg), arg, list) < 0)
				goto out;
			arg = changed;
		}
		args[nr++] = arg;
	}
	status = cmd_run(&expr_profiler, nr, args);
out:
	free(changed);
	free(list);
	free(args);
	return status;
}

int cmd_expr(int argc, char **argv)
{
	struct options options = { 0 };
	struct core_options core = { 0 };
	struct option_set sets[] = { { expr_options, &options }, { core_options, &core } };
	char **words = NULL;
	size_t nr_words = 0;
	int rest, status = EXIT_USAGE, err;

	err = options_parse(sets, 2, argc - 1, argv + 1, &rest, &words, &nr_words);
	if (err)
		return cmd_options_status(err);
	log_set_level(core.quiet ? LOG_QUIET : LOG_NORMAL + core.verbose);
	if (core.help) {
		fputs(usage, stdout);
		fputs("\nBuiltins:", stdout);
		for (const char *const *form = expr_builtins(); *form; form++)
			printf("\n  %s", *form);
		putchar('\n');
		options_help(stdout, expr_options);
		options_help(stdout, core_options);
		status = EXIT_OK;
	} else if (nr_words != 1) {
		log_error(nr_words ? "more than one expression: quote it, so that the shell leaves "
				     "it in one piece"
				   : "no expression given; mwprof expr --help shows how");
	} else if (options.event) {
		status = run_live(argc, argv, options.event, words[0]);
	} else if (rest < argc - 1) {
		log_error("a command needs events to be traced: -e EVENT");
	} else {
		status = evaluate_constant(words[0]);
	}
	free(words);
	options_free(sets, 2);
	return status;
}
