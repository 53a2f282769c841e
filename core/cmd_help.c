// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_help.c - "mwprof PROFILER --ROLE EVENT help"
 *
 * For somebody who knows the event and not yet its fields: a command line to
 * fill in, then each event's fields with their types. Called by cmd_run.c when
 * the command line ends in "help".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/cmd.h"
#include "core/session.h"
#include "core/spec.h"
#include "core/tracefs.h"

static void print_fields(const struct event_format *format)
{
	char text[256];

	printf("%s:%s\n", format->sys, format->name);
	for (size_t i = 0; i < format->nr_fields; i++)
		printf("    %s\n", event_field_declaration(&format->fields[i], text, sizeof(text)));
}

/* "ptr=EXPR" as the user would begin it: with the default where the event has it. */
static void print_attr(const struct role_attr *attr, const struct event_format *format)
{
	bool has_default = attr->default_field && event_format_field(format, attr->default_field);

	if (attr->flags & ATTR_HIDDEN)
		return;
	if (has_default)
		printf("%s=%s/", attr->name, attr->default_field);
	else if (attr->flags & ATTR_REQUIRED)
		printf("%s=.../", attr->name);
}

static int for_each_event(struct tracefs *tracefs, const struct role *role,
			  const struct spec_list *list,
			  void (*each)(const struct role *role, const struct event_format *format))
{
	int err = 0;

	for (size_t i = 0; !err && i < list->nr; i++) {
		const char *glob = list->specs[i].name.text;
		char **names = NULL;
		size_t nr = 0;

		err = tracefs_names(tracefs, glob, &names, &nr);
		if (!err && !nr) {
			log_error("--%s: no tracepoint '%s' in this kernel; 'mwprof list' shows "
				  "those it "
				  "has",
				  role->name, glob);
			err = -EINVAL;
		}
		for (size_t j = 0; !err && j < nr; j++) {
			const struct event_format *format;
			char *name = strchr(names[j], ':');

			*name++ = 0;
			if (!tracefs_format(tracefs, names[j], name, &format))
				each(role, format);
		}
		tracefs_names_free(names, nr);
	}
	return err;
}

static void each_attrs(const struct role *role, const struct event_format *format)
{
	printf(" --%s '%s:%s//", role->name, format->sys, format->name);
	for (const struct role_attr *attr = role->attrs; attr && attr->name; attr++)
		print_attr(attr, format);
	printf("'");
}

static void each_fields(const struct role *role, const struct event_format *format)
{
	(void)role;
	print_fields(format);
}

static int parse_lists(const struct profiler *ops, char *const *lists, struct spec_list **parsed)
{
	int err = 0;

	for (unsigned int i = 0; !err && ops->roles && ops->roles[i].name; i++) {
		struct spec_error error = { 0 };
		char option[64];

		if (!lists[i])
			continue;
		err = spec_list_new(&parsed[i], lists[i], &error);
		snprintf(option, sizeof(option), "--%s", ops->roles[i].name);
		if (err == -EINVAL)
			caret_print(option, lists[i], error.at, error.len, error.message,
				    error.hint);
	}
	return err;
}

int cmd_help_events(const struct profiler *ops, char *const *lists)
{
	struct spec_list *parsed[MAX_ROLES] = { NULL };
	struct tracefs *tracefs = NULL;
	bool any = false;
	int err;

	err = parse_lists(ops, lists, parsed);
	if (!err)
		err = tracefs_new(&tracefs) ? -EIO : 0;
	if (!err)
		printf("mwprof %s", ops->name);
	for (unsigned int i = 0; !err && ops->roles[i].name; i++) {
		if (parsed[i])
			err = for_each_event(tracefs, &ops->roles[i], parsed[i], each_attrs);
		else if (ops->roles[i].flags & ROLE_REQUIRED)
			printf(" --%s EVENT", ops->roles[i].name);
		any = any || parsed[i];
	}
	if (!err)
		printf("%s\n\n", any ? " [-g]" : "");
	for (unsigned int i = 0; !err && ops->roles[i].name; i++)
		if (parsed[i])
			err = for_each_event(tracefs, &ops->roles[i], parsed[i], each_fields);
	for (unsigned int i = 0; i < MAX_ROLES; i++)
		spec_list_free(parsed[i]);
	tracefs_free(tracefs);
	return err == -EINVAL ? EXIT_USAGE : err ? EXIT_FAILED : EXIT_OK;
}
