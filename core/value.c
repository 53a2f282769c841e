// SPDX-License-Identifier: GPL-2.0-only
/*
 * value.c - values of an event's attributes, and copies of events
 *
 * The slow half of event_value(): fields that are not 8 bytes wide, compiled
 * expressions, values for display. Copies keep a record for a report that comes
 * later. Profilers call these through mwprof/event.h and mwprof/profiler.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/session.h"
#include "core/symbol.h"
#include "core/syscall.h"
#include "core/task.h"

static void host_comm(void *ctx, __u32 pid, __u32 tid, char *buf, size_t size)
{
	struct session *s = ctx;
	const char *name = tasks_comm_name(s->tasks, tasks_comm_of(s->tasks, pid, tid));

	snprintf(buf, size, "%s", name ? name : "");
}

static void host_ksymbol(void *ctx, __u64 addr, char *buf, size_t size)
{
	struct session *s = ctx;
	struct symbol symbol;

	if (symbol_find(s->symbols, addr, &symbol))
		snprintf(buf, size, "%s+0x%llx", symbol.name, symbol.offset);
	else
		snprintf(buf, size, "0x%llx", addr);
}

static void host_usymbol(void *ctx, __u32 pid, __u64 addr, char *buf, size_t size)
{
	struct session *s = ctx;
	const char *object;
	__u64 offset;

	tasks_note_user_stack(s->tasks, pid);
	if (tasks_object_at(s->tasks, pid, addr, &object, &offset))
		snprintf(buf, size, "%s+0x%llx", object, offset);
	else
		snprintf(buf, size, "0x%llx", addr);
}

static void host_syscall_name(void *ctx, __u64 nr, char *buf, size_t size)
{
	const char *name = syscall_find(nr);

	(void)ctx;
	if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "syscall_%llu", nr);
}

struct expr_record bind_record(const struct event *ev)
{
	return (struct expr_record){
		.raw = ev->raw,
		.raw_size = ev->raw_size,
		.pid = ev->pid,
		.tid = ev->tid,
		.cpu = ev->cpu,
		.time_ns = ev->time_ns,
		.host = &ev->spec->session->host,
	};
}

void session_init_host(struct session *s)
{
	s->host = (struct expr_host){
		.ctx = s,
		.comm = host_comm,
		.ksymbol = host_ksymbol,
		.usymbol = host_usymbol,
		.syscall_name = host_syscall_name,
	};
}

static __u64 load_field(const struct event_attr *attr, const char *at)
{
	__u64 v = 0;
	unsigned int unused = 64 - 8 * attr->size;

	memcpy(&v, at, attr->size);
	return attr->is_signed ? (__u64)((__s64)(v << unused) >> unused) : v;
}

__u64 event_value_code(const struct event *ev, unsigned int attr)
{
	const struct event_attr *a = &ev->spec->attr[attr];
	struct expr_record rec;

	if (a->kind == ATTR_FIELD)
		return load_field(a, (const char *)ev->raw + a->offset);
	rec = bind_record(ev);
	return expr_eval(a->code, &rec);
}

const char *event_format_attr(const struct event *ev, unsigned int attr, char *buf, size_t size)
{
	struct expr_record rec = bind_record(ev);

	return expr_format(ev->spec->attr[attr].code, &rec, buf, size);
}

struct event_copy {
	struct event ev; /* spec, raw and ips are filled in by the view */
	__u32 spec;
	char raw[];
};

struct event_copy *event_copy_new(const struct event *ev)
{
	struct event_copy *copy = malloc(sizeof(*copy) + ev->raw_size);

	if (!copy)
		return NULL;
	copy->ev = *ev;
	copy->spec = ev->spec->index;
	copy->ev.ips = NULL;
	copy->ev.nr_ips = 0;
	memcpy(copy->raw, ev->raw, ev->raw_size);
	return copy;
}

void event_copy_view(const struct event_copy *copy, const struct prof *prof, struct event *out)
{
	*out = copy->ev;
	out->spec = &prof->specs[copy->spec];
	out->raw = copy->raw;
}

size_t event_copy_bytes(const struct event_copy *copy)
{
	return sizeof(*copy) + copy->ev.raw_size;
}
