// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_folded.c - stacks as flame graph tools take them
 *
 * "root;...;leaf weight", one line for each distinct stack by name: the user's
 * frames first, the kernel's behind them marked "_[k]". Holds the last report's
 * stacks; at its end they go to a file beside the wanted one, which then takes
 * its place: a reader finds a whole file or the one before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/report_buf.h"
#include "core/report_sink.h"
#include "mwprof/util.h"

struct line {
	char *stack; /* owned */
	__u64 weight;
};

struct folded_sink {
	struct report_sink sink;
	char *path, *weight_by; /* owned */
	struct line *lines;	/* owned */
	size_t nr, max;
	int error; /* the first since begin */
	enum report_why why;
};

/* The frames of one stack, innermost first as they come. */
struct fold {
	struct report_buf names; /* NUL after each */
	size_t nr;
};

static struct folded_sink *folded_sink(struct report_sink *sink)
{
	return (struct folded_sink *)sink;
}

/* The format's own separators, and what a terminal would act on, are taken out of a name. */
static void put_name(struct report_buf *buf, const char *name)
{
	char escaped[1024], *s;

	escape_text(name, escaped, sizeof(escaped));
	for (s = escaped; *s; s++) {
		if (*s == ';')
			*s = ':';
		else if (*s == ' ')
			*s = '_';
	}
	report_buf_puts(buf, escaped);
}

static void fold_frame(void *ctx, const struct report_frame *frame)
{
	struct fold *fold = ctx;
	struct report_buf *buf = &fold->names;
	const char *base;

	if (!frame->ip && frame->symbol) { /* "[stack lost]" */
		report_buf_puts(buf, frame->symbol);
	} else if (frame->symbol) {
		put_name(buf, frame->symbol);
	} else if (frame->object) {
		base = strrchr(frame->object, '/');
		put_name(buf, base ? base + 1 : frame->object);
		report_buf_printf(buf, "+0x%llx", frame->offset);
	} else {
		report_buf_puts(buf, "[unknown]");
	}
	if (frame->kernel)
		report_buf_puts(buf, "_[k]");
	report_buf_put(buf, "", 1);
	fold->nr++;
}

/* Turns the list of names round: "root;...;leaf", owned by the caller. NULL when memory is out. */
static char *fold_join(const struct fold *fold)
{
	size_t left = fold->names.len, len;
	const char *name = fold->names.data;
	char *joined;

	if (fold->names.error)
		return NULL;
	if (!fold->nr)
		return strdup("[no stack]");
	joined = malloc(left);
	for (; joined && left; name += len, left -= len) {
		len = strlen(name) + 1;
		memcpy(joined + left - len, name, len);
		if (name != fold->names.data)
			joined[left - 1] = ';';
	}
	return joined;
}

static int line_add(struct folded_sink *f, stack_id stack, __u64 weight)
{
	struct fold fold = { 0 };
	size_t max = f->max ? 2 * f->max : 64;
	char *joined;
	void *p;

	if (f->nr == f->max) {
		p = reallocarray(f->lines, max, sizeof(*f->lines));
		if (!p)
			return -ENOMEM;
		f->lines = p;
		f->max = max;
	}
	report_each_frame(f->sink.names, stack, fold_frame, &fold);
	joined = fold_join(&fold);
	report_buf_fini(&fold.names);
	if (!joined)
		return -ENOMEM;
	f->lines[f->nr++] = (struct line){ joined, weight };
	return 0;
}

static void lines_drop(struct folded_sink *f)
{
	while (f->nr)
		free(f->lines[--f->nr].stack);
}

static void folded_begin(struct report_sink *sink, enum report_why why,
			 __u64 time_ns __attribute__((unused)))
{
	struct folded_sink *f = folded_sink(sink);

	lines_drop(f);
	f->why = why;
	f->error = 0;
}

static void folded_row(struct report_sink *sink, const struct report_item *item)
{
	struct folded_sink *f = folded_sink(sink);
	const struct report_value *stack = NULL, *weight = NULL;
	unsigned int i;
	int err;

	for (i = 0; i < item->nr_values; i++) {
		const struct report_value *v = &item->values[i];

		if (v->kind == REPORT_KIND_STACK)
			stack = v;
		else if (v->kind <= REPORT_KIND_SECONDS && !strcmp(v->name, f->weight_by))
			weight = v;
	}
	/* What shrank (a negative weight) has no place in a flame graph. */
	if (!stack || !weight || !weight->u || (weight->kind == REPORT_KIND_S64 && weight->s < 0))
		return;
	err = line_add(f, stack->stack, weight->u);
	if (err && !f->error)
		f->error = err;
}

static int line_compare(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->stack, ((const struct line *)b)->stack);
}

static void lines_write(struct folded_sink *f, struct report_buf *buf)
{
	__u64 weight = 0;
	size_t i;

	if (f->nr)
		qsort(f->lines, f->nr, sizeof(*f->lines), line_compare);
	for (i = 0; i < f->nr; i++) {
		weight += f->lines[i].weight;
		if (i + 1 < f->nr && !line_compare(&f->lines[i], &f->lines[i + 1]))
			continue;
		report_buf_printf(buf, "%s %llu\n", f->lines[i].stack, weight);
		report_buf_relieve(buf);
		weight = 0;
	}
}

/* Beside the file, so that renaming it replaces the file as a whole. *@temp is the caller's to free. */
static int temp_open(const struct folded_sink *f, char **temp)
{
	int fd;

	if (asprintf(temp, "%s.%d.tmp", f->path, (int)getpid()) < 0) {
		*temp = NULL;
		return -ENOMEM;
	}
	fd = open(*temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
	return fd < 0 ? -errno : fd;
}

static int file_replace(struct folded_sink *f)
{
	struct report_buf buf = { 0 };
	char *temp;
	int fd = temp_open(f, &temp), err = fd < 0 ? fd : 0;

	if (err)
		goto out;
	buf.stream = fdopen(fd, "w");
	if (!buf.stream) {
		err = -errno;
		close(fd);
		goto out;
	}
	lines_write(f, &buf);
	err = report_buf_end(&buf);
	if (!err && rename(temp, f->path))
		err = -errno;
out:
	report_buf_fini(&buf);
	if (err && fd >= 0)
		unlink(temp);
	free(temp);
	return err;
}

/* Better to hear of it now than after the whole run. */
static int check_writable(const struct folded_sink *f)
{
	char *temp;
	int fd = temp_open(f, &temp);

	if (fd >= 0) {
		close(fd);
		unlink(temp);
	}
	free(temp);
	return fd < 0 ? fd : 0;
}

static int folded_end(struct report_sink *sink)
{
	struct folded_sink *f = folded_sink(sink);

	if (f->error)
		return f->error;
	/* A word in between on the state of things has no stacks: the last report's stay. */
	return f->why == REPORT_SIGNAL ? 0 : file_replace(f);
}

static void folded_free(struct report_sink *sink)
{
	struct folded_sink *f = folded_sink(sink);

	lines_drop(f);
	free(f->lines);
	free(f->path);
	free(f->weight_by);
	free(f);
}

static const struct report_sink_ops folded_ops = {
	.begin = folded_begin,
	.row = folded_row,
	.end = folded_end,
	.free = folded_free,
};

int report_folded_new(struct report_sink **out, const struct report_names *names, const char *path,
		      const char *weight_by)
{
	struct folded_sink *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->sink.ops = &folded_ops;
	f->sink.names = names;
	f->path = strdup(path);
	f->weight_by = strdup(weight_by);
	if (!f->path || !f->weight_by) {
		folded_free(&f->sink);
		return -ENOMEM;
	}
	err = check_writable(f);
	if (err)
		folded_free(&f->sink);
	else
		*out = &f->sink;
	return err;
}
