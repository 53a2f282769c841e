// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_text.c - the report as people read it
 *
 * A row is its template with the values put in, then its groups and its frames;
 * an event is a line as the kernel's own trace prints it. Names come from files,
 * tasks and symbol tables that anybody may have made: all are escaped.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/report_buf.h"
#include "core/report_sink.h"
#include "core/tracefs.h"
#include "mwprof/util.h"

#define LINE_WIDTH 80
#define FIELDS_SIZE 4096 /* of one event, as text */

struct text_sink {
	struct report_sink sink;
	struct report_buf buf;
};

static struct text_sink *text_sink(struct report_sink *sink)
{
	return (struct text_sink *)sink;
}

static void put_escaped(struct report_buf *buf, const char *text)
{
	char escaped[4 * FIELDS_SIZE];

	report_buf_puts(buf, escape_text(text, escaped, sizeof(escaped)));
}

static void put_value(struct report_buf *buf, const struct report_value *v)
{
	switch (v->kind) {
	case REPORT_KIND_U64:
		report_buf_printf(buf, "%llu", v->u);
		break;
	case REPORT_KIND_S64:
		report_buf_printf(buf, "%lld", v->s);
		break;
	case REPORT_KIND_SECONDS:
		report_buf_printf(buf, "%llu.%06llu", v->u / NSEC_PER_SEC,
				  v->u % NSEC_PER_SEC / NSEC_PER_USEC);
		break;
	case REPORT_KIND_STRING:
		put_escaped(buf, v->string ? v->string : "");
		break;
	case REPORT_KIND_BOOL:
		report_buf_puts(buf, v->u ? "yes" : "no");
		break;
	case REPORT_KIND_STACK:
	case REPORT_KIND_GROUPS:
		break; /* below the row */
	}
}

static const struct report_value *value_find(const struct report_item *item, const char *name,
					     size_t len)
{
	unsigned int i;

	for (i = 0; i < item->nr_values; i++)
		if (!strncmp(item->values[i].name, name, len) && !item->values[i].name[len])
			return &item->values[i];
	return NULL;
}

/* "{name}" stands for a value; braces around anything else stand for themselves. */
static void put_template(struct report_buf *buf, const struct report_item *item)
{
	const struct report_value *v;
	const char *at = item->text, *open, *close;

	while ((open = strchr(at, '{'))) {
		close = strchr(open, '}');
		v = close ? value_find(item, open + 1, close - open - 1) : NULL;
		report_buf_put(buf, at, open - at + !v);
		at = v ? close + 1 : open + 1;
		if (v)
			put_value(buf, v);
	}
	report_buf_puts(buf, at);
	report_buf_puts(buf, "\n");
}

static void put_groups(struct report_buf *buf, const struct report_value *v)
{
	__u32 i;

	if (!v->nr_groups)
		return;
	report_buf_printf(buf, "    %s:", v->name);
	for (i = 0; i < v->nr_groups; i++) {
		report_buf_puts(buf, " ");
		put_escaped(buf, v->groups[i].name);
		report_buf_printf(buf, "(%llu/%llu)", v->groups[i].bytes, v->groups[i].objects);
	}
	report_buf_puts(buf, "\n");
}

static void put_frame(void *ctx, const struct report_frame *frame)
{
	struct report_buf *buf = ctx;

	if (!frame->ip && frame->symbol) { /* no address: a word in the place of a frame */
		report_buf_printf(buf, "    %s\n", frame->symbol);
		return;
	}
	report_buf_printf(buf, "    %016llx ", frame->ip);
	if (frame->symbol) {
		put_escaped(buf, frame->symbol);
		report_buf_printf(buf, "+0x%llx ", frame->offset);
	}
	report_buf_puts(buf, "(");
	put_escaped(buf, frame->object ? frame->object : "[unknown]");
	if (frame->object && !frame->symbol)
		report_buf_printf(buf, "+0x%llx", frame->offset);
	report_buf_puts(buf, ")\n");
}

static void text_row(struct report_sink *sink, const struct report_item *item)
{
	struct report_buf *buf = &text_sink(sink)->buf;
	unsigned int i;

	if (!item->text)
		return;
	put_template(buf, item);
	for (i = 0; i < item->nr_values; i++) {
		const struct report_value *v = &item->values[i];

		if (v->kind == REPORT_KIND_GROUPS)
			put_groups(buf, v);
		else if (v->kind == REPORT_KIND_STACK)
			report_each_frame(sink->names, v->stack, put_frame, buf);
	}
	report_buf_relieve(buf);
}

static void text_heading(struct report_sink *sink, const char *text)
{
	struct report_buf *buf = &text_sink(sink)->buf;

	report_buf_puts(buf, text);
	report_buf_puts(buf, "\n");
}

static void put_fields(struct report_buf *buf, const struct event *ev, const char *const *fields)
{
	const struct event_format *format = ev->spec->format;
	const struct expr_field *field;
	char text[FIELDS_SIZE];
	bool is_number;

	if (!fields) {
		tracefs_print(format, ev->raw, ev->raw_size, text, sizeof(text));
		report_buf_puts(buf, *text ? " " : "");
		put_escaped(buf, text);
		return;
	}
	for (; *fields; fields++) {
		field = event_format_field(format, *fields);
		if (!field) /* one of several events has it */
			continue;
		tracefs_print_field(format, field, ev->raw, ev->raw_size, text, sizeof(text),
				    &is_number);
		report_buf_printf(buf, " %s=", *fields);
		put_escaped(buf, text);
	}
}

/* The event's own name, as the kernel prints it, unless the user gave it another. */
static const char *event_name(const struct event_spec *spec)
{
	size_t len = strlen(spec->sys);

	if (!strncmp(spec->label, spec->sys, len) && spec->label[len] == ':' &&
	    !strcmp(spec->label + len + 1, spec->name))
		return spec->name;
	return spec->label;
}

static void text_event(struct report_sink *sink, const struct report_event_item *item)
{
	struct report_buf *buf = &text_sink(sink)->buf;
	const struct event *ev = item->ev;
	char comm[4 * 16 + 1];

	report_buf_printf(buf, "%9llu.%06llu", ev->time_ns / NSEC_PER_SEC,
			  ev->time_ns % NSEC_PER_SEC / NSEC_PER_USEC);
	if (item->comm)
		report_buf_printf(buf, " %16s", escape_text(item->comm, comm, sizeof(comm)));
	report_buf_printf(buf, " %5u [%03u] ", ev->tid, ev->cpu);
	put_escaped(buf, event_name(ev->spec));
	report_buf_puts(buf, ":");
	put_fields(buf, ev, item->fields);
	report_buf_puts(buf, "\n");
	report_each_frame(sink->names, item->stack, put_frame, buf);
	report_buf_relieve(buf);
}

/* "  name N: meaning", wrapped, later lines under the meaning's indent. */
static void put_ledger_row(struct report_buf *buf, const struct ledger_row *row, __u64 count)
{
	const char *word = row->meaning;
	size_t column, len;
	char head[128];

	snprintf(head, sizeof(head), "  %s %llu%s:", row->name, count,
		 row->kind == LEDGER_NOTE ? " (note)" : "");
	report_buf_puts(buf, head);
	for (column = strlen(head); *word; word += len + strspn(word + len, " ")) {
		len = strcspn(word, " ");
		if (column + 1 + len > LINE_WIDTH) {
			report_buf_puts(buf, "\n     ");
			column = 5;
		}
		report_buf_puts(buf, " ");
		report_buf_put(buf, word, len);
		column += 1 + len;
	}
	report_buf_puts(buf, "\n");
}

static void put_ledger_kind(struct report_buf *buf, const struct ledger_row *const *rows,
			    const __u64 *counts, unsigned int nr, enum ledger_kind kind,
			    const char *heading)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!counts[i] || rows[i]->kind != kind)
			continue;
		report_buf_puts(buf, heading);
		heading = "";
		put_ledger_row(buf, rows[i], counts[i]);
	}
}

static void text_ledger(struct report_sink *sink, const struct ledger_row *const *rows,
			const __u64 *counts, unsigned int nr)
{
	struct report_buf *buf = &text_sink(sink)->buf;
	size_t before = buf->len;

	put_ledger_kind(buf, rows, counts, nr, LEDGER_LOSS,
			"\nLEDGER: what was missed, and what it means\n");
	put_ledger_kind(buf, rows, counts, nr, LEDGER_NOTE,
			buf->len > before ? "" : "\nNOTES: nothing was missed; worth knowing\n");
}

static int text_end(struct report_sink *sink)
{
	return report_buf_end(&text_sink(sink)->buf);
}

static void text_free(struct report_sink *sink)
{
	report_buf_fini(&text_sink(sink)->buf);
	free(sink);
}

static const struct report_sink_ops text_ops = {
	.row = text_row,
	.heading = text_heading,
	.event = text_event,
	.ledger = text_ledger,
	.end = text_end,
	.free = text_free,
};

int report_text_new(struct report_sink **out, const struct report_names *names, FILE *stream)
{
	struct text_sink *text = calloc(1, sizeof(*text));

	if (!text)
		return -ENOMEM;
	text->sink.ops = &text_ops;
	text->sink.names = names;
	text->buf.stream = stream;
	*out = &text->sink;
	return 0;
}
