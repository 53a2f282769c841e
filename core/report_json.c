// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_json.c - the report as JSON lines
 *
 * One object a line; report_schema.c says what may stand in it. Strings are
 * valid UTF-8 whatever bytes a name was made of, addresses are strings (no
 * reader's floating point may round them), every report ends with its
 * ledger's total, so that silence is never taken for a clean sheet.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/report_buf.h"
#include "core/report_sink.h"
#include "core/tracefs.h"
#include "mwprof/util.h"

#define FIELD_SIZE 4096 /* of one event's field, as text */

struct json_sink {
	struct report_sink sink;
	struct report_buf buf;
};

static struct report_buf *sink_buf(struct report_sink *sink)
{
	return &((struct json_sink *)sink)->buf;
}

static void put_string(struct report_buf *buf, const char *text)
{
	const char *plain = text;
	size_t len;
	__u32 c = 0;

	report_buf_puts(buf, "\"");
	for (; *text; text += len ? len : 1) {
		len = utf8_char(text, &c);
		if (len && c >= 0x20 && c != '"' && c != '\\')
			continue;
		report_buf_put(buf, plain, text - plain);
		plain = text + (len ? len : 1);
		if (!len)
			report_buf_puts(buf, "\\ufffd");
		else if (c < 0x20)
			report_buf_printf(buf, "\\u%04x", c);
		else
			report_buf_printf(buf, "\\%c", (char)c);
	}
	report_buf_put(buf, plain, text - plain);
	report_buf_puts(buf, "\"");
}

/* A member that is not the first of its object: every object here begins with a fixed one. */
static void put_key(struct report_buf *buf, const char *name, const char *suffix)
{
	report_buf_printf(buf, ",\"%s%s\":", name, suffix);
}

static void put_member(struct report_buf *buf, const char *name, const char *text)
{
	put_key(buf, name, "");
	put_string(buf, text);
}

static void put_frame(void *ctx, const struct report_frame *frame)
{
	struct report_buf *buf = ctx;

	report_buf_printf(buf, "%s{\"ip\":\"0x%llx\"",
			  !buf->len || buf->data[buf->len - 1] == '[' ? "" : ",", frame->ip);
	if (frame->symbol)
		put_member(buf, "symbol", frame->symbol);
	if (frame->ip && (frame->symbol || frame->object))
		report_buf_printf(buf, ",\"offset\":%llu", frame->offset);
	if (frame->object)
		put_member(buf, "object", frame->object);
	report_buf_puts(buf, "}");
}

static void put_stack(struct report_sink *sink, const char *name, stack_id stack)
{
	struct report_buf *buf = sink_buf(sink);

	if (stack == STACK_NONE)
		return;
	put_key(buf, name, "");
	report_buf_puts(buf, "[");
	report_each_frame(sink->names, stack, put_frame, buf);
	report_buf_puts(buf, "]");
}

static void put_groups(struct report_buf *buf, const struct report_value *v)
{
	__u32 i;

	if (!v->nr_groups)
		return;
	put_key(buf, v->name, "");
	for (i = 0; i < v->nr_groups; i++) {
		report_buf_puts(buf, i ? ",{\"name\":" : "[{\"name\":");
		put_string(buf, v->groups[i].name);
		report_buf_printf(buf, ",\"bytes\":%llu,\"objects\":%llu}", v->groups[i].bytes,
				  v->groups[i].objects);
	}
	report_buf_puts(buf, "]");
}

static void put_value(struct report_sink *sink, const struct report_value *v)
{
	struct report_buf *buf = sink_buf(sink);

	switch (v->kind) {
	case REPORT_KIND_U64:
	case REPORT_KIND_SECONDS:
		put_key(buf, v->name, v->kind == REPORT_KIND_SECONDS ? "_ns" : "");
		report_buf_printf(buf, "%llu", v->u);
		break;
	case REPORT_KIND_S64:
		put_key(buf, v->name, "");
		report_buf_printf(buf, "%lld", v->s);
		break;
	case REPORT_KIND_STRING:
		put_member(buf, v->name, v->string ? v->string : "");
		break;
	case REPORT_KIND_BOOL:
		put_key(buf, v->name, "");
		report_buf_puts(buf, v->u ? "true" : "false");
		break;
	case REPORT_KIND_STACK:
		put_stack(sink, v->name, v->stack);
		break;
	case REPORT_KIND_GROUPS:
		put_groups(buf, v);
		break;
	}
}

static void json_begin(struct report_sink *sink, enum report_why why, __u64 time_ns)
{
	static const char *const whys[] = {
		[REPORT_FINAL] = "final",
		[REPORT_INTERVAL] = "interval",
		[REPORT_SIGNAL] = "signal",
		[REPORT_LOSS] = "loss",
	};

	report_buf_printf(sink_buf(sink), "{\"type\":\"report\",\"why\":\"%s\",\"time_ns\":%llu}\n",
			  whys[why], time_ns);
}

static void json_row(struct report_sink *sink, const struct report_item *item)
{
	struct report_buf *buf = sink_buf(sink);
	unsigned int i;

	report_buf_printf(buf, "{\"type\":\"%s\"", item->type);
	for (i = 0; i < item->nr_values; i++)
		put_value(sink, &item->values[i]);
	report_buf_puts(buf, "}\n");
	report_buf_relieve(buf);
}

static bool field_is_wanted(const struct expr_field *field, const char *const *wanted)
{
	if (!wanted)
		return strncmp(field->name, "common_", 7) != 0;
	for (; *wanted; wanted++)
		if (!strcmp(*wanted, field->name))
			return true;
	return false;
}

static void put_fields(struct report_buf *buf, const struct event *ev, const char *const *wanted)
{
	const struct event_format *format = ev->spec->format;
	const char *separator = "";
	char text[FIELD_SIZE];
	bool is_number;
	size_t i;

	report_buf_puts(buf, ",\"fields\":{");
	for (i = 0; i < format->nr_fields; i++) {
		const struct expr_field *field = &format->fields[i];

		if (!field_is_wanted(field, wanted))
			continue;
		report_buf_printf(buf, "%s\"%s\":", separator, field->name);
		separator = ",";
		tracefs_print_field(format, field, ev->raw, ev->raw_size, text, sizeof(text),
				    &is_number);
		if (is_number)
			report_buf_puts(buf, text);
		else
			put_string(buf, text);
	}
	report_buf_puts(buf, "}");
}

static void json_event(struct report_sink *sink, const struct report_event_item *item)
{
	struct report_buf *buf = sink_buf(sink);
	const struct event *ev = item->ev;
	const struct event_spec *spec = ev->spec;
	char name[256];

	report_buf_printf(buf,
			  "{\"type\":\"event\",\"time_ns\":%llu,\"pid\":%u,\"tid\":%u,\"cpu\":%u",
			  ev->time_ns, ev->pid, ev->tid, ev->cpu);
	if (item->comm && *item->comm)
		put_member(buf, "comm", item->comm);
	snprintf(name, sizeof(name), "%s:%s", spec->sys, spec->name);
	put_member(buf, "event", name);
	if (strcmp(spec->label, name))
		put_member(buf, "alias", spec->label);
	put_fields(buf, ev, item->fields);
	put_stack(sink, "stack", item->stack);
	report_buf_puts(buf, "}\n");
	report_buf_relieve(buf);
}

static void json_ledger(struct report_sink *sink, const struct ledger_row *const *rows,
			const __u64 *counts, unsigned int nr)
{
	struct report_buf *buf = sink_buf(sink);
	__u64 losses = 0, notes = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		bool is_note = rows[i]->kind == LEDGER_NOTE;

		if (!counts[i])
			continue;
		*(is_note ? &notes : &losses) += counts[i];
		report_buf_printf(buf, "{\"type\":\"ledger\",\"kind\":\"%s\"",
				  is_note ? "note" : "loss");
		put_member(buf, "name", rows[i]->name);
		report_buf_printf(buf, ",\"count\":%llu", counts[i]);
		put_member(buf, "meaning", rows[i]->meaning);
		report_buf_puts(buf, "}\n");
	}
	report_buf_printf(buf, "{\"type\":\"ledger_total\",\"losses\":%llu,\"notes\":%llu}\n",
			  losses, notes);
}

static int json_end(struct report_sink *sink)
{
	return report_buf_end(sink_buf(sink));
}

static void json_free(struct report_sink *sink)
{
	report_buf_fini(sink_buf(sink));
	free(sink);
}

static const struct report_sink_ops json_ops = {
	.begin = json_begin,
	.row = json_row,
	.event = json_event,
	.ledger = json_ledger,
	.end = json_end,
	.free = json_free,
};

int report_json_new(struct report_sink **out, const struct report_names *names, FILE *stream)
{
	struct json_sink *json = calloc(1, sizeof(*json));

	if (!json)
		return -ENOMEM;
	json->sink.ops = &json_ops;
	json->sink.names = names;
	json->buf.stream = stream;
	*out = &json->sink;
	return 0;
}
