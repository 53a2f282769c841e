// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_complete.c - words for the shell's completion
 *
 * "mwprof complete WHAT [ARG...]", one word or group of words a line. The shell
 * function (completion/mwprof.bash) knows nothing of profilers and events by
 * itself and asks here. Called by main.c.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmd.h"
#include "core/options.h"
#include "core/profilers.h"
#include "core/session.h"
#include "core/tracefs.h"
#include "mwprof/log.h"
#include "mwprof/util.h"

static int complete_commands(char **args)
{
	size_t i;

	(void)args;
	for (i = 0; profilers[i]; i++)
		puts(profilers[i]->name);
	for (i = 0; commands[i].name; i++)
		if (!commands[i].hidden)
			puts(commands[i].name);
	return 0;
}

static const struct command *command_find(const char *name)
{
	size_t i;

	for (i = 0; commands[i].name; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* Of a profiler: what the user may give as --ROLE; "mwprof expr -e" is a role, too. */
static const struct profiler *profiler_of(const char *name)
{
	return strcmp(name, expr_profiler.name) ? profiler_find(name) : &expr_profiler;
}

static int complete_options(char **args)
{
	const struct profiler *ops = profiler_find(args[0]);
	const struct command *command = command_find(args[0]);
	const struct role *role;

	for (role = ops ? ops->roles : NULL; role && role->name; role++) {
		printf("--%s=", role->name);
		if (role->letter)
			printf(" -%c", role->letter);
		putchar('\n');
	}
	if (ops && ops->options)
		options_complete(stdout, ops->options);
	if (command && command->options)
		options_complete(stdout, command->options);
	if (ops || (command && command->takes_core_options))
		options_complete(stdout, core_options);
	return 0;
}

/* The options whose argument is a list of events. */
static int complete_roles(char **args)
{
	const struct profiler *ops = profiler_of(args[0]);
	const struct role *role;

	for (role = ops ? ops->roles : NULL; role && role->name; role++) {
		printf("--%s\n", role->name);
		if (role->letter)
			printf("-%c\n", role->letter);
	}
	return 0;
}

/* Is @option, as the user gives it, the one of @role? */
static bool is_role_option(const struct role *role, const char *option)
{
	if (option[0] != '-')
		return false;
	return option[1] == '-' ? !strcmp(role->name, option + 2)
				: role->letter && option[1] == role->letter && !option[2];
}

/* What may stand between the '/' of an event of option args[1], "--alloc" or "-e". */
static int complete_attributes(char **args)
{
	const struct profiler *ops = profiler_of(args[0]);
	const struct role_attr *attr;
	const struct role *role;

	for (role = ops ? ops->roles : NULL; role && role->name; role++) {
		if (!is_role_option(role, args[1]))
			continue;
		for (attr = role->attrs; attr && attr->name; attr++)
			if (!(attr->flags & ATTR_HIDDEN))
				printf("%s=\n", attr->name);
	}
	puts("stack/\nmax-stack=\nalias=\ncpus=");
	return 0;
}

/* The part of @name before ':', once for names that come sorted. */
static void print_system(const char *name, const char **last)
{
	size_t len = strcspn(name, ":") + 1;

	if (!*last || strncmp(*last, name, len))
		printf("%.*s\n", (int)len, name);
	*last = name;
}

/*
 * Names that begin with args[0]: systems ("kmem:") until there is a ':', then
 * events, "sys:*" first. With a '*' in it: the names it matches.
 */
static int complete_events(char **args)
{
	const char *prefix = args[0], *last = NULL;
	size_t len = strlen(prefix), nr, i;
	bool glob = strpbrk(prefix, "*?[");
	struct tracefs *t = NULL;
	char **names;

	if (tracefs_new(&t) || tracefs_names(t, NULL, &names, &nr)) {
		tracefs_free(t);
		return 1;
	}
	if (!glob && len && prefix[len - 1] == ':')
		printf("%s*\n", prefix);
	for (i = 0; i < nr; i++) {
		if (glob ? fnmatch(prefix, names[i], 0) : strncmp(names[i], prefix, len))
			continue;
		if (glob || strchr(prefix, ':'))
			puts(names[i]);
		else
			print_system(names[i], &last);
	}
	tracefs_names_free(names, nr);
	tracefs_free(t);
	return 0;
}

/* Fields of the first event that args[0] matches, and the names that every event has. */
static int complete_fields(char **args)
{
	const struct event_format *format;
	struct tracefs *t = NULL;
	char **names = NULL, *colon;
	size_t nr = 0, i;
	int status = 1;

	if (tracefs_new(&t) || tracefs_names(t, args[0], &names, &nr) || !nr)
		goto out;
	colon = strchr(names[0], ':');
	*colon = '\0';
	if (tracefs_format(t, names[0], colon + 1, &format))
		goto out;
	for (i = 0; i < format->nr_fields; i++)
		if (strncmp(format->fields[i].name, "common_", 7))
			puts(format->fields[i].name);
	puts("_cpu\n_pid\n_tid\n_comm\n_time");
	status = 0;
out:
	tracefs_names_free(names, nr);
	tracefs_free(t);
	return status;
}

static const struct {
	const char *name;
	int nr_args;
	int (*complete)(char **args);
} kinds[] = {
	{ "commands", 0, complete_commands }, { "options", 1, complete_options },
	{ "roles", 1, complete_roles },	      { "attributes", 2, complete_attributes },
	{ "events", 1, complete_events },     { "fields", 1, complete_fields },
};

int cmd_complete(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, argv[1]) && argc == 2 + kinds[i].nr_args)
			return kinds[i].complete(argv + 2);
	log_error(
		"complete: commands, options PROFILER, roles PROFILER, attributes PROFILER --ROLE, "
		"events PREFIX, or fields SYS:NAME");
	return 2;
}
