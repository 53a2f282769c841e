// SPDX-License-Identifier: GPL-2.0-only
/*
 * bind.c - event specs meet the running kernel
 *
 * Takes what spec.c took apart, finds the tracepoints, compiles filters and
 * attributes over their fields, and says with a caret what does not fit. Owns
 * the bound specs; the session asks for them, decode.c reads them hot.
 */
#include "core/bind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/place.h"
#include "core/target.h"
#include "mwprof/log.h"

/* Where in the user's text we are: what every message needs. */
struct binder {
	struct binding *binding;
	const struct role *role;
	const struct spec_list *list;
	const struct spec *spec;
	char option[64]; /* "--alloc" */
};

static int bind_error(const struct binder *b, size_t at, size_t len, const char *message,
		      const char *hint)
{
	caret_print(b->option, b->list->text, at, len, message, hint);
	return -EINVAL;
}

static int expr_error_print(const struct binder *b, const struct spec_text *text,
			    const struct expr_error *err)
{
	return bind_error(b, text->at + err->at, err->len, err->message, err->hint);
}

static int unknown_event(const struct binder *b)
{
	char message[256], hint[256], **names = NULL;
	size_t nr = 0;
	int nearest = -1;

	if (!tracefs_names(b->binding->tracefs, NULL, &names, &nr))
		nearest = expr_nearest(b->spec->name.text, strlen(b->spec->name.text),
				       (const char *const *)names, nr, sizeof(*names));
	snprintf(message, sizeof(message), "no tracepoint '%s' in this kernel", b->spec->name.text);
	if (nearest >= 0)
		snprintf(hint, sizeof(hint), "did you mean %s?", names[nearest]);
	else
		snprintf(hint, sizeof(hint), "'mwprof list' shows those it has");
	tracefs_names_free(names, nr);
	return bind_error(b, b->spec->name.at, b->spec->name.len, message, hint);
}

static int unknown_attr(const struct binder *b, const struct spec_attr *attr)
{
	static const char *const common[] = { "stack", "max-stack", "alias", "cpus" };
	const char *names[EVENT_MAX_ATTRS + ARRAY_SIZE(common)];
	char message[256], hint[512] = "";
	const struct role_attr *known;
	size_t nr = 0, used = 0;
	int nearest;

	for (known = b->role->attrs; known && known->name; known++)
		if (!(known->flags & ATTR_HIDDEN))
			names[nr++] = known->name;
	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		names[nr++] = common[i];
	nearest = expr_nearest(attr->name.text, strlen(attr->name.text), names, nr, sizeof(*names));
	if (nearest >= 0)
		used = snprintf(hint, sizeof(hint), "did you mean %s?\n", names[nearest]);
	used += snprintf(hint + used, sizeof(hint) - used, "attributes here:");
	for (size_t i = 0; i < nr; i++)
		used += snprintf(hint + used, sizeof(hint) - used, " %s", names[i]);
	snprintf(message, sizeof(message), "unknown attribute '%s'", attr->name.text);
	return bind_error(b, attr->name.at, attr->name.len, message, hint);
}

/* cpus=: any that may come online later are fine, as long as one is there now. */
static int bind_cpus(const struct binder *b, const struct spec_attr *attr, struct bound *bound)
{
	size_t bad_at = 0, nr_online = 0;
	int *online = NULL;
	bool any = false;
	int err = parse_list(attr->value.text, &bound->cpus, &bound->nr_cpus, &bad_at);

	if (err == -EINVAL)
		return bind_error(b, attr->value.at + bad_at, 1, "not a list of CPUs",
				  "a list looks like cpus=0-3,8");
	if (!err)
		err = target_online_cpus(&online, &nr_online);
	for (size_t i = 0; !err && !any && i < bound->nr_cpus; i++)
		any = target_lists(online, nr_online, bound->cpus[i]);
	free(online);
	if (err)
		return err == -EINVAL ? -EIO : err;
	return any ? 0
		   : bind_error(b, attr->value.at, attr->value.len, "none of these CPUs is online",
				NULL);
}

/* Attributes that every role knows. 1: it was one of them; 0: not; or -errno. */
static int bind_common_attr(const struct binder *b, const struct spec_attr *attr,
			    struct event_spec *spec, struct bound *bound)
{
	const char *value = attr->value.text;
	__u64 n;
	int err;

	if (!strcmp(attr->name.text, "stack")) {
		if (value)
			return bind_error(b, attr->value.at, attr->value.len,
					  "stack takes no value", NULL);
		if (b->role->flags & ROLE_STACK)
			spec->stack = true;
		else
			log_verbose("%s: %s: no stacks are taken on these events", b->option,
				    spec->name);
		return 1;
	}
	if (strcmp(attr->name.text, "max-stack") && strcmp(attr->name.text, "alias") &&
	    strcmp(attr->name.text, "cpus"))
		return 0;
	if (!value)
		return bind_error(b, attr->name.at, attr->name.len, "this attribute needs a value",
				  NULL);
	if (!strcmp(attr->name.text, "alias")) {
		free(bound->label);
		bound->label = strdup(value);
		return bound->label ? 1 : -ENOMEM;
	}
	if (!strcmp(attr->name.text, "cpus")) {
		err = bind_cpus(b, attr, bound);
		return err ? err : 1;
	}
	if (parse_u64(value, 127, &n) || !n)
		return bind_error(b, attr->value.at, attr->value.len,
				  "max-stack is a number of frames from 1 to 127", NULL);
	bound->max_stack = n;
	return 1;
}

static void attr_set(struct event_spec *spec, struct bound *bound, unsigned int i,
		     struct expr *code)
{
	struct event_attr *attr = &spec->attr[i];
	const struct expr_field *field;

	bound->attrs[i] = code;
	attr->code = code;
	attr->kind = ATTR_CODE;
	if (!expr_plain_field(code, &field))
		return;
	attr->kind = ATTR_FIELD;
	attr->size = field->size;
	attr->is_signed = field->is_signed;
	attr->offset = field->offset;
	attr->field = field->name;
	if (bound->raw_min < (__u32)field->offset + field->size)
		bound->raw_min = field->offset + field->size;
}

static struct expr_scope scope_of(const struct event_format *format, const char *what)
{
	return (struct expr_scope){
		.fields = format->fields,
		.nr_fields = format->nr_fields,
		.has_self = true,
		.what = what,
	};
}

static int bind_role_attr(const struct binder *b, const struct spec_attr *attr,
			  struct event_spec *spec, struct bound *bound)
{
	struct expr_scope scope = scope_of(spec->format, bound->label);
	const struct role_attr *known = b->role->attrs;
	struct expr_error error = { 0 };
	struct expr *code;
	unsigned int i;
	int err;

	for (i = 0; known && known[i].name && strcmp(known[i].name, attr->name.text); i++)
		;
	if (!known || !known[i].name)
		return unknown_attr(b, attr);
	if (!attr->value.text)
		return bind_error(b, attr->name.at, attr->name.len, "this attribute needs a value",
				  known[i].help);
	err = expr_new(&code, attr->value.text, strlen(attr->value.text), &scope,
		       known[i].flags & ATTR_DISPLAY ? EXPR_DISPLAY : EXPR_VALUE, &error);
	if (err)
		return err == -EINVAL ? expr_error_print(b, &attr->value, &error) : err;
	if (expr_needs(code) & EXPR_NEEDS_KERNEL_MEMORY) {
		expr_free(code);
		return bind_error(
			b, attr->value.at, attr->value.len,
			"reading memory of the traced side can only run inside the kernel",
			"the perf engine runs expressions in user space, on the event's fields");
	}
	if (expr_needs(code) & EXPR_NEEDS_COMM)
		b->binding->comms = true;
	attr_set(spec, bound, i, code);
	return 0;
}

/* What the user did not give and the event has under its usual name. */
static int bind_defaults(const struct binder *b, struct event_spec *spec, struct bound *bound)
{
	struct expr_scope scope = scope_of(spec->format, bound->label);
	const struct role_attr *known = b->role->attrs;
	char message[256], hint[256];
	struct expr_error error;

	for (unsigned int i = 0; known && known[i].name; i++) {
		const char *field = known[i].default_field;
		struct expr *code;
		int err;

		if (spec->attr[i].kind != ATTR_NONE)
			continue;
		if (field && event_format_field(spec->format, field)) {
			err = expr_new(&code, field, strlen(field), &scope, EXPR_VALUE, &error);
			if (err == -ENOMEM)
				return err;
			if (!err) {
				attr_set(spec, bound, i, code);
				continue;
			}
		}
		if (!(known[i].flags & ATTR_REQUIRED))
			continue;
		snprintf(message, sizeof(message), "%s:%s needs %s=", spec->sys, spec->name,
			 known[i].name);
		snprintf(hint, sizeof(hint), "%s; '%s %s help' shows the event's fields",
			 known[i].help, b->option, b->spec->name.text);
		return bind_error(b, b->spec->whole.at, b->spec->whole.len, message, hint);
	}
	return 0;
}

static int bind_filter(const struct binder *b, struct event_spec *spec, struct bound *bound)
{
	struct expr_scope scope = scope_of(spec->format, bound->label);
	struct expr_error error = { 0 };
	const char *text = b->spec->filter.text;
	int err;

	if (!text)
		return 0;
	err = expr_new(&bound->filter, text, strlen(text), &scope, EXPR_FILTER, &error);
	if (err)
		return err == -EINVAL ? expr_error_print(b, &b->spec->filter, &error) : err;
	if (expr_needs(bound->filter) & EXPR_NEEDS_COMM)
		b->binding->comms = true;
	err = place_filter(bound, target_in_pid_namespace(), &error);
	if (err == -EOPNOTSUPP)
		return expr_error_print(b, &b->spec->filter, &error);
	return err;
}

static int bind_one(const struct binder *b, unsigned int role_index,
		    const struct event_format *format, struct event_spec *spec, struct bound *bound)
{
	int err = 0;

	spec->sys = format->sys;
	spec->name = format->name;
	spec->format = format;
	spec->role = role_index;
	spec->session = b->binding->session;
	spec->stack = b->binding->stacks && b->role->flags & ROLE_STACK;
	bound->anywhere = b->role->flags & ROLE_ANYWHERE;
	bound->ends = b->role->flags & ROLE_ENDS;
	bound->from_wildcard = b->spec->has_wildcard;
	if (asprintf(&bound->label, "%s:%s", format->sys, format->name) < 0) {
		bound->label = NULL;
		return -ENOMEM;
	}
	for (size_t i = 0; !err && i < b->spec->nr_attrs; i++) {
		err = bind_common_attr(b, &b->spec->attrs[i], spec, bound);
		if (!err)
			err = bind_role_attr(b, &b->spec->attrs[i], spec, bound);
		if (err > 0)
			err = 0;
	}
	if (!err)
		err = bind_defaults(b, spec, bound);
	if (!err)
		err = bind_filter(b, spec, bound);
	spec->label = bound->label;
	return err;
}

static int grow(struct binding *b)
{
	struct event_spec *specs = realloc(b->specs, (b->nr + 1) * sizeof(*specs));
	struct bound *bounds;

	if (!specs)
		return -ENOMEM;
	b->specs = specs;
	bounds = realloc(b->bounds, (b->nr + 1) * sizeof(*bounds));
	if (!bounds)
		return -ENOMEM;
	b->bounds = bounds;
	memset(&specs[b->nr], 0, sizeof(*specs));
	memset(&bounds[b->nr], 0, sizeof(*bounds));
	specs[b->nr].index = b->nr;
	b->nr++;
	return 0;
}

/* Is @format bound for this role already? Then *@first. */
static bool is_bound(const struct binder *b, unsigned int role_index,
		     const struct event_format *format, unsigned int *first)
{
	for (*first = 0; *first < b->binding->nr; ++*first)
		if (b->binding->specs[*first].role == role_index &&
		    b->binding->specs[*first].format == format)
			return true;
	return false;
}

/* An event that ROLE_ONCE forbids a second time. 0: a wildcard brought it about, the first counts. */
static int bind_again(const struct binder *b, const struct event_format *format,
		      const struct bound *first)
{
	char message[256];

	if (!b->spec->has_wildcard && !first->from_wildcard) {
		snprintf(message, sizeof(message), "%s:%s is named twice: it would count twice",
			 format->sys, format->name);
		return bind_error(
			b, b->spec->whole.at, b->spec->whole.len, message,
			"two filters of one event are joined by ||; ready-made events count too");
	}
	if (b->spec->has_wildcard)
		log_verbose("%s: %s:%s is there already", b->option, format->sys, format->name);
	else
		log_notice("%s: %s:%s is there already, by a wildcard before it: '%s' adds nothing",
			   b->option, format->sys, format->name, b->spec->whole.text);
	return 0;
}

static int bind_named(const struct binder *b, unsigned int role_index, const char *sys,
		      const char *name)
{
	const struct event_format *format;
	unsigned int first;
	int err = tracefs_format(b->binding->tracefs, sys, name, &format);

	if (err == -ENOENT)
		return unknown_event(b);
	if (err) {
		log_error("%s: cannot read the format of %s:%s: %s", b->option, sys, name,
			  strerror(-err));
		return err == -EINVAL ? -EIO : err;
	}
	if (b->role->flags & ROLE_ONCE && is_bound(b, role_index, format, &first))
		return bind_again(b, format, &b->binding->bounds[first]);
	err = grow(b->binding);
	if (err)
		return err;
	return bind_one(b, role_index, format, &b->binding->specs[b->binding->nr - 1],
			&b->binding->bounds[b->binding->nr - 1]);
}

static int bind_wildcard(const struct binder *b, unsigned int role_index)
{
	char **names = NULL;
	size_t nr = 0;
	int err = tracefs_names(b->binding->tracefs, b->spec->name.text, &names, &nr);

	if (!err && !nr)
		err = bind_error(b, b->spec->name.at, b->spec->name.len,
				 "no tracepoint of this kernel matches",
				 "'mwprof list' shows those it has");
	for (size_t i = 0; !err && i < nr; i++) {
		char *name = strchr(names[i], ':');

		*name++ = 0;
		err = bind_named(b, role_index, names[i], name);
	}
	tracefs_names_free(names, nr);
	return err;
}

int binding_add(struct binding *binding, const struct role *role, unsigned int index,
		const struct spec_list *list)
{
	struct binder b = { .binding = binding, .role = role, .list = list };
	int err = 0;

	snprintf(b.option, sizeof(b.option), "--%s", role->name);
	for (size_t i = 0; !err && i < list->nr; i++) {
		b.spec = &list->specs[i];
		if (b.spec->kind != SPEC_TRACEPOINT)
			err = bind_error(
				&b, b.spec->name.at, b.spec->name.len,
				"this mwprof traces tracepoints only",
				"a tracepoint is written sys:name; 'mwprof list' shows them");
		else if (b.spec->has_wildcard)
			err = bind_wildcard(&b, index);
		else
			err = bind_named(&b, index, b.spec->sys.text, b.spec->event.text);
	}
	return err;
}

void binding_fini(struct binding *b)
{
	for (unsigned int i = 0; i < b->nr; i++) {
		struct bound *bound = &b->bounds[i];

		for (unsigned int j = 0; j < EVENT_MAX_ATTRS; j++)
			expr_free(bound->attrs[j]);
		expr_free(bound->filter);
		free(bound->kernel_filter);
		free(bound->label);
		free(bound->cpus);
	}
	free(b->specs);
	free(b->bounds);
	b->specs = NULL;
	b->bounds = NULL;
	b->nr = 0;
}
