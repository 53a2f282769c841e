// SPDX-License-Identifier: GPL-2.0-only
/*
 * spec.c - the text of an event list, taken apart
 *
 * One pass from left to right, by cutting: the list at ',', an event at '/', an
 * attribute at '='. One scanner (scan_to) knows quotes and brackets, so every
 * cut obeys the same rule. Text is never rewritten, only cut: a place in a piece
 * plus the piece's own place is the place in what the user typed, which is what
 * carets need. Owns what it returns (spec_list_free). Called by bind.c, which
 * knows the kernel; nothing here does.
 */
#include "core/spec.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mwprof/util.h"

#define MAX_DEPTH 64
#define EVENT_FORMS "an event is sys:name, sys:name/filter/ or sys:name/filter/attribute=value/"
#define PAREN_RULE "in a filter or a value, '/' and ',' belong in parentheses or quotes: (a/8)"

/* A stretch [at, end) of the list's text. */
struct cut {
	size_t at, end;
};

struct parser {
	const char *text; /* borrowed: the list's copy */
	struct spec_error *err;
};

static int fail(struct parser *p, struct cut where, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static int fail(struct parser *p, struct cut where, const char *hint, const char *fmt, ...)
{
	va_list ap;

	p->err->at = where.at;
	p->err->len = where.end - where.at;
	va_start(ap, fmt);
	vsnprintf(p->err->message, sizeof(p->err->message), fmt, ap);
	va_end(ap);
	snprintf(p->err->hint, sizeof(p->err->hint), "%s", hint);
	return -EINVAL;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static struct cut trim(const struct parser *p, struct cut c)
{
	while (c.at < c.end && is_blank(p->text[c.at]))
		c.at++;
	while (c.end > c.at && is_blank(p->text[c.end - 1]))
		c.end--;
	return c;
}

static int length(struct cut c)
{
	return c.end - c.at;
}

/* Index of the quote that closes the one at @at; c.end when there is none. A backslash guards. */
static size_t quote_end(const struct parser *p, size_t at, size_t end)
{
	char quote = p->text[at];
	size_t i;

	for (i = at + 1; i < end && p->text[i] != quote; i++)
		if (p->text[i] == '\\' && i + 1 < end)
			i++;
	return i < end ? i : end;
}

static char closer_of(char opener)
{
	switch (opener) {
	case '(':
		return ')';
	case '[':
		return ']';
	case '{':
		return '}';
	}
	return 0;
}

/*
 * Finds the first @stop in @c outside quotes and brackets: *@found is its index,
 * c.end when there is none. Complains of quotes and brackets that don't pair.
 */
static int scan_to(struct parser *p, struct cut c, char stop, size_t *found)
{
	size_t open[MAX_DEPTH], depth = 0, i;

	for (i = c.at; i < c.end; i++) {
		struct cut here = { i, i + 1 };
		char ch = p->text[i];

		if (ch == stop && !depth)
			break;
		if (is_quote(ch)) {
			i = quote_end(p, i, c.end);
			if (i == c.end)
				return fail(p, here, "", "this %c is never closed", ch);
		} else if (closer_of(ch)) {
			if (depth == MAX_DEPTH)
				return fail(p, here, "", "more than %d brackets inside each other",
					    MAX_DEPTH);
			open[depth++] = i;
		} else if (ch == ')' || ch == ']' || ch == '}') {
			if (!depth)
				return fail(p, here, "", "this '%c' closes nothing", ch);
			if (closer_of(p->text[open[--depth]]) != ch)
				return fail(p, here, "", "'%c' where '%c' should close the '%c'",
					    ch, closer_of(p->text[open[depth]]),
					    p->text[open[depth]]);
		}
	}
	if (depth)
		return fail(p, (struct cut){ open[depth - 1], open[depth - 1] + 1 }, "",
			    "this '%c' is never closed", p->text[open[depth - 1]]);
	*found = i;
	return 0;
}

/* Is all of @c one quoted string? */
static bool is_quoted(const struct parser *p, struct cut c)
{
	return c.end - c.at >= 2 && is_quote(p->text[c.at]) &&
	       quote_end(p, c.at, c.end) == c.end - 1;
}

static struct cut unquote(const struct parser *p, struct cut c)
{
	return is_quoted(p, c) ? (struct cut){ c.at + 1, c.end - 1 } : c;
}

static int text_set(const struct parser *p, struct spec_text *out, struct cut c)
{
	out->text = strndup(p->text + c.at, c.end - c.at);
	if (!out->text)
		return -ENOMEM;
	out->at = c.at;
	out->len = c.end - c.at;
	return 0;
}

static const struct probe_kind {
	const char *prefix;
	enum spec_kind kind;
	bool has_file;
	const char *form;
} probe_kinds[] = {
	{ "kprobe", SPEC_KPROBE, false, "it is kprobe:function, as in kprobe:vfs_read" },
	{ "kretprobe", SPEC_KRETPROBE, false,
	  "it is kretprobe:function, as in kretprobe:vfs_read" },
	{ "uprobe", SPEC_UPROBE, true,
	  "it is uprobe:function@\"file\", as in uprobe:malloc@\"libc.so.6\"" },
	{ "uretprobe", SPEC_URETPROBE, true,
	  "it is uretprobe:function@\"file\", as in uretprobe:malloc@\"libc.so.6\"" },
	{ "usdt", SPEC_USDT, true,
	  "it is usdt:provider:name@\"file\", as in usdt:libc:setjmp@\"libc.so.6\"" },
};

static const struct probe_kind *probe_kind_find(const struct parser *p, struct cut sys)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(probe_kinds); i++) {
		const char *prefix = probe_kinds[i].prefix;

		if (strlen(prefix) == sys.end - sys.at &&
		    !memcmp(prefix, p->text + sys.at, sys.end - sys.at))
			return &probe_kinds[i];
	}
	return NULL;
}

static size_t find_char(const struct parser *p, struct cut c, char ch)
{
	const char *found = memchr(p->text + c.at, ch, c.end - c.at);

	return found ? (size_t)(found - p->text) : c.end;
}

/* Blanks have no place in a name, and are mostly a ',' or a '/' forgotten. */
static int check_blanks(struct parser *p, struct cut name)
{
	size_t i;

	for (i = name.at; i < name.end; i++)
		if (is_blank(p->text[i]))
			return fail(p, (struct cut){ i, i + 1 },
				    "events are separated by ',', and a '/' ends an event's name",
				    "a blank in an event's name");
	return 0;
}

static int parse_tracepoint(struct parser *p, struct spec *spec, struct cut name, size_t colon)
{
	struct cut sys = { name.at, colon }, event = { colon + 1, name.end };
	size_t i;
	int err;

	for (i = name.at; i < name.end; i++) {
		char ch = p->text[i];

		if (is_alnum(ch) || i == colon || strchr("_-.*?[]!^", ch))
			continue;
		return fail(p, (struct cut){ i, i + 1 }, EVENT_FORMS,
			    ch == ':'	   ? "a second ':' in a tracepoint's name"
			    : is_quote(ch) ? "quotes go around a whole event, not in its name"
					   : "a tracepoint's name can't hold this");
	}
	if (sys.at == sys.end)
		return fail(p, (struct cut){ colon, colon + 1 }, EVENT_FORMS, "no name before ':'");
	if (event.at == event.end)
		return fail(p, (struct cut){ colon, colon + 1 }, EVENT_FORMS, "no name after ':'");
	spec->kind = SPEC_TRACEPOINT;
	spec->has_wildcard = strcspn(p->text + name.at, "*?[") < name.end - name.at;
	err = text_set(p, &spec->sys, sys);
	return err ? err : text_set(p, &spec->event, event);
}

static int parse_probe_file(struct parser *p, struct spec *spec, const struct probe_kind *kind,
			    struct cut file)
{
	struct cut inner = unquote(p, file);
	size_t close;

	if (inner.at == inner.end)
		return fail(p, (struct cut){ file.at - 1, file.end },
			    "a path goes in quotes: @\"/usr/lib/libfoo.so\"", "no file after '@'");
	if (!is_quoted(p, file) && is_quote(p->text[file.at])) {
		close = quote_end(p, file.at, file.end);
		return fail(p, (struct cut){ close + 1, file.end }, kind->form,
			    "text left over after the file");
	}
	return text_set(p, &spec->file, inner);
}

static int parse_probe(struct parser *p, struct spec *spec, const struct probe_kind *kind,
		       struct cut name, size_t colon)
{
	struct cut func = { colon + 1, name.end };
	size_t at_sign, second;
	int err = scan_to(p, func, '@', &at_sign);

	if (err)
		return err;
	spec->kind = kind->kind;
	func.end = at_sign;
	if (kind->kind == SPEC_USDT) {
		second = find_char(p, func, ':');
		if (second == func.end || second == func.at)
			return fail(p, name, kind->form, "%s needs a provider and a name",
				    kind->prefix);
		err = text_set(p, &spec->sys, (struct cut){ func.at, second });
		func.at = second + 1;
	}
	if (!err && func.at == func.end)
		return fail(p, name, kind->form, "%s needs a %s", kind->prefix,
			    kind->kind == SPEC_USDT ? "name" : "function");
	if (!err)
		err = check_blanks(p, func);
	if (!err)
		err = text_set(p, &spec->event, func);
	if (err)
		return err;
	if (kind->has_file && at_sign == name.end)
		return fail(p, name, kind->form, "%s needs a file", kind->prefix);
	if (!kind->has_file && at_sign < name.end)
		return fail(p, (struct cut){ at_sign, name.end }, kind->form, "%s takes no file",
			    kind->prefix);
	if (!kind->has_file)
		return 0;
	return parse_probe_file(p, spec, kind, (struct cut){ at_sign + 1, name.end });
}

static int parse_name(struct parser *p, struct spec *spec, struct cut name)
{
	const struct probe_kind *kind;
	size_t colon = find_char(p, name, ':');
	int err;

	if (name.at == name.end)
		return fail(p, name, EVENT_FORMS, "no event's name before '/'");
	kind = colon < name.end ? probe_kind_find(p, (struct cut){ name.at, colon }) : NULL;
	err = kind ? 0 : check_blanks(p, name);
	if (err)
		return err;
	if (colon == name.end)
		return fail(p, name, EVENT_FORMS, "no ':' in this event's name");
	err = text_set(p, &spec->name, name);
	if (err)
		return err;
	return kind ? parse_probe(p, spec, kind, name, colon)
		    : parse_tracepoint(p, spec, name, colon);
}

static bool is_attr_name(const struct parser *p, struct cut c)
{
	size_t i;

	if (c.at == c.end || !is_alnum(p->text[c.at]) ||
	    (p->text[c.at] >= '0' && p->text[c.at] <= '9'))
		return false;
	for (i = c.at; i < c.end; i++)
		if (!is_alnum(p->text[i]) && p->text[i] != '_' && p->text[i] != '-')
			return false;
	return true;
}

/* @closed: a '/' follows. */
static int check_attr_name(struct parser *p, const struct spec *spec, struct cut whole,
			   struct cut name, bool has_value, bool closed)
{
	size_t i;

	if (whole.at == whole.end)
		return fail(p, (struct cut){ whole.at, whole.at + closed },
			    "attributes are name=value/ or word/", "an attribute is missing here");
	if (name.at == name.end)
		return fail(p, whole, "attributes are name=value/ or word/",
			    "no attribute's name before '='");
	if (!is_attr_name(p, name)) {
		if (!closed && !has_value)
			return fail(p, whole,
				    "attributes are name=value/ or word/, events are separated by "
				    "','\n" PAREN_RULE,
				    "text left over after the last '/'");
		return fail(p, name, PAREN_RULE, "this is not an attribute's name");
	}
	for (i = 0; i < spec->nr_attrs; i++)
		if (spec->attrs[i].name.len == name.end - name.at &&
		    !memcmp(spec->attrs[i].name.text, p->text + name.at, name.end - name.at))
			return fail(p, name, "", "%.*s is given twice for this event", length(name),
				    p->text + name.at);
	return 0;
}

static int parse_attr(struct parser *p, struct spec *spec, struct cut whole, bool closed)
{
	struct cut c = trim(p, whole), name = c, value;
	struct spec_attr *attrs, *attr;
	size_t eq;
	int err;

	/* An empty one is pointed at where its '/' stands. */
	if (c.at == c.end)
		c = name = (struct cut){ whole.end, whole.end };
	err = scan_to(p, c, '=', &eq);
	if (err)
		return err;
	name.end = eq;
	name = trim(p, name);
	err = check_attr_name(p, spec, c, name, eq < c.end, closed);
	if (err)
		return err;
	attrs = realloc(spec->attrs, (spec->nr_attrs + 1) * sizeof(*attrs));
	if (!attrs)
		return -ENOMEM;
	spec->attrs = attrs;
	attr = &attrs[spec->nr_attrs++];
	memset(attr, 0, sizeof(*attr));
	err = text_set(p, &attr->name, name);
	if (err || eq == c.end)
		return err;
	value = unquote(p, trim(p, (struct cut){ eq + 1, c.end }));
	if (value.at == value.end)
		return fail(p, c, "", "no value after %s=", attr->name.text);
	return text_set(p, &attr->value, value);
}

/* NAME [ '/' [FILTER] '/' { ATTR '/' } ], the last '/' may be left out. */
static int parse_event(struct parser *p, struct spec *spec, struct cut c)
{
	struct cut piece;
	size_t slash;
	int err = scan_to(p, c, '/', &slash);

	if (!err)
		err = text_set(p, &spec->whole, c);
	if (!err)
		err = parse_name(p, spec, trim(p, (struct cut){ c.at, slash }));
	if (err || slash == c.end)
		return err;

	piece = (struct cut){ slash + 1, c.end };
	err = scan_to(p, piece, '/', &slash);
	if (err)
		return err;
	piece.end = slash;
	piece = unquote(p, trim(p, piece));
	if (piece.at < piece.end)
		err = text_set(p, &spec->filter, piece);

	while (!err && slash < c.end && slash + 1 < c.end) {
		piece = (struct cut){ slash + 1, c.end };
		err = scan_to(p, piece, '/', &slash);
		if (err)
			return err;
		piece.end = slash;
		err = parse_attr(p, spec, piece, slash < c.end);
	}
	return err;
}

static int parse_element(struct parser *p, struct spec *spec, struct cut c)
{
	size_t close, comma;
	int err;

	if (is_quote(p->text[c.at])) {
		close = quote_end(p, c.at, c.end);
		if (close + 1 < c.end)
			return fail(p, (struct cut){ close + 1, c.end },
				    "quotes go around a whole event, a filter, a value or a file",
				    "text left over after the closing quote");
		c = trim(p, unquote(p, c));
		if (c.at == c.end)
			return fail(p, c, EVENT_FORMS, "no event between the quotes");
		err = scan_to(p, c, ',', &comma);
		if (err)
			return err;
		if (comma < c.end)
			return fail(p, (struct cut){ comma, comma + 1 },
				    "quotes go around one event: end them before the ','",
				    "a ',' inside a quoted event");
	}
	return parse_event(p, spec, c);
}

static int parse_events(struct parser *p, struct spec_list *list)
{
	struct cut rest = { 0, strlen(p->text) }, c;
	struct spec *specs;
	size_t comma = 0;
	int err;

	c = trim(p, rest);
	if (c.at == c.end)
		return fail(p, (struct cut){ 0, 0 }, EVENT_FORMS "; several are separated by ','",
			    "the list of events is empty");
	for (;; rest.at = comma + 1) {
		err = scan_to(p, rest, ',', &comma);
		if (err)
			return err;
		c = trim(p, (struct cut){ rest.at, comma });
		if (c.at == c.end)
			return fail(p, (struct cut){ comma, comma + (comma < rest.end) },
				    EVENT_FORMS,
				    comma < rest.end ? "an event is missing before this ','"
						     : "an event is missing after the last ','");
		specs = realloc(list->specs, (list->nr + 1) * sizeof(*specs));
		if (!specs)
			return -ENOMEM;
		list->specs = specs;
		memset(&specs[list->nr], 0, sizeof(*specs));
		err = parse_element(p, &specs[list->nr++], c);
		if (err || comma == rest.end)
			return err;
	}
}

int spec_list_new(struct spec_list **out, const char *text, struct spec_error *err)
{
	struct spec_list *list = calloc(1, sizeof(*list));
	struct parser p = { .err = err };
	int ret = -ENOMEM;

	if (!list)
		return -ENOMEM;
	list->text = strdup(text);
	if (!list->text)
		goto out;
	p.text = list->text;
	ret = parse_events(&p, list);
out:
	if (ret)
		spec_list_free(list);
	else
		*out = list;
	return ret;
}

static void spec_fini(struct spec *spec)
{
	size_t i;

	free(spec->whole.text);
	free(spec->name.text);
	free(spec->sys.text);
	free(spec->event.text);
	free(spec->file.text);
	free(spec->filter.text);
	for (i = 0; i < spec->nr_attrs; i++) {
		free(spec->attrs[i].name.text);
		free(spec->attrs[i].value.text);
	}
	free(spec->attrs);
}

void spec_list_free(struct spec_list *list)
{
	size_t i;

	if (!list)
		return;
	for (i = 0; i < list->nr; i++)
		spec_fini(&list->specs[i]);
	free(list->specs);
	free(list->text);
	free(list);
}
