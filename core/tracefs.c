// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracefs.c - tracepoints as tracefs describes them
 *
 * Finds tracefs, lists its events by directory names alone, and reads the
 * format files of the events that are wanted, no others: starting must stay
 * quick on a kernel with thousands. The field lines are taken apart by
 * tracefs_field.c, not by libtraceevent, so that an event whose print fmt (or a
 * type of which) the library cannot parse still has all its fields. The library
 * prints records.
 * Called by bind.c and list (formats, names) and by the report's back ends (print).
 */
#include "core/tracefs.h"
#include "core/caps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <traceevent/event-parse.h>
#include <tracefs/tracefs.h>

#include "core/tracefs_field.h"
#include "mwprof/log.h"
#include "mwprof/util.h"

#define TRACEFS_DIR "/sys/kernel/tracing"

typedef const char *symbol_find_fn(void *ctx, __u64 addr, __u64 *start);

struct tracefs {
	char *events_dir; /* owned; NULL: no kernel behind it */
	struct tep_handle *tep;
	struct trace_seq seq;	 /* what the library prints into */
	struct format **formats; /* owned, each on its own: pointers to them stay good */
	size_t nr_formats, max_formats;
	symbol_find_fn *find;
	void *find_ctx;
};

/* What stands behind an event_format's lib pointer. */
struct format {
	struct event_format pub;
	struct tracefs *owner;
	char *text; /* owned; sys, names and types point into it */
};

/* --- finding it --- */

static int events_dir_set(struct tracefs *t, const char *tracing)
{
	return asprintf(&t->events_dir, "%s/events", tracing) < 0 ? -ENOMEM : 0;
}

static int access_explain(const char *dir, int error)
{
	if (error == EACCES || error == EPERM) {
		log_error("no permission to read %s: CAP_DAC_READ_SEARCH is missing", dir);
		log_error("run it as root, or give it the capabilities once: %s", CAPS_SETCAP);
	} else {
		log_error("tracefs is not mounted on " TRACEFS_DIR
			  "; try: mount -t tracefs tracefs " TRACEFS_DIR);
	}
	return -error;
}

/* The library's answer counts only when events are there: it has been seen to name an empty directory. */
static int tracing_find(struct tracefs *t)
{
	const char *dir;
	struct stat st;
	int err;

	tracefs_set_loglevel(TEP_LOG_NONE);
	dir = tracefs_tracing_dir();
	err = events_dir_set(t, dir ? dir : TRACEFS_DIR);
	if (err)
		return err;
	if (stat(t->events_dir, &st)) {
		err = errno;
		if (err == ENOENT && !mount("tracefs", TRACEFS_DIR, "tracefs", 0, NULL)) {
			free(t->events_dir);
			t->events_dir = NULL;
			err = events_dir_set(t, TRACEFS_DIR);
			if (err)
				return err;
		} else {
			return access_explain(dir ? dir : TRACEFS_DIR, err);
		}
	}
	/* By effective rights: a capability of the program counts. */
	if (faccessat(AT_FDCWD, t->events_dir, R_OK | X_OK, AT_EACCESS))
		return access_explain(t->events_dir, errno);
	return 0;
}

static char *symbol_resolve(void *priv, unsigned long long *addr, char **module)
{
	struct tracefs *t = priv;
	__u64 start = *addr;
	const char *name = t->find ? t->find(t->find_ctx, *addr, &start) : NULL;

	*module = NULL;
	if (name)
		*addr = start;
	return (char *)name;
}

int tracefs_new_empty(struct tracefs **out)
{
	struct tracefs *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	tep_set_loglevel(TEP_LOG_NONE);
	t->tep = tep_alloc();
	if (!t->tep) {
		free(t);
		return -ENOMEM;
	}
	tep_set_long_size(t->tep, sizeof(long));
	tep_set_page_size(t->tep, sysconf(_SC_PAGESIZE));
	tep_set_file_bigendian(t->tep, tep_is_bigendian() ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	tep_set_function_resolver(t->tep, symbol_resolve, t);
	trace_seq_init(&t->seq);
	*out = t;
	return 0;
}

int tracefs_new(struct tracefs **out)
{
	struct tracefs *t;
	int err = tracefs_new_empty(&t);

	if (err)
		return err;
	err = tracing_find(t);
	if (err)
		tracefs_free(t);
	else
		*out = t;
	return err;
}

static void format_free(struct format *f)
{
	if (!f)
		return;
	free(f->pub.fields);
	free(f->text);
	free(f);
}

void tracefs_free(struct tracefs *t)
{
	size_t i;

	if (!t)
		return;
	for (i = 0; i < t->nr_formats; i++)
		format_free(t->formats[i]);
	free(t->formats);
	trace_seq_destroy(&t->seq);
	tep_free(t->tep); /* and the library's side of every format */
	free(t->events_dir);
	free(t);
}

/* --- format files --- */

static int format_parse(struct format *f, char *text)
{
	struct event_format *pub = &f->pub;
	char *line, *next = text;
	bool has_id = false;
	size_t max = 0;
	int err;

	while ((line = strsep(&next, "\n"))) {
		if (!strncmp(line, "name: ", 6)) {
			pub->name = line + 6;
		} else if (!strncmp(line, "ID: ", 4)) {
			has_id = !parse_u64(line + 4, 0xffff, &pub->id);
		} else if (!strncmp(line, "\tfield:", 7)) {
			if (pub->nr_fields == max) {
				size_t want = max ? 2 * max : 16;
				void *p = reallocarray(pub->fields, want, sizeof(*pub->fields));

				if (!p)
					return -ENOMEM;
				pub->fields = p;
				max = want;
			}
			memset(&pub->fields[pub->nr_fields], 0, sizeof(*pub->fields));
			err = tracefs_field_parse(line, &pub->fields[pub->nr_fields]);
			if (err)
				return err;
			pub->nr_fields++;
		} else if (!strncmp(line, "print fmt:", 10)) {
			break;
		}
	}
	return pub->name && *pub->name && has_id && pub->nr_fields ? 0 : -EINVAL;
}

static int format_keep(struct tracefs *t, struct format *f)
{
	if (t->nr_formats == t->max_formats) {
		size_t want = t->max_formats ? 2 * t->max_formats : 16;
		void *p = reallocarray(t->formats, want, sizeof(*t->formats));

		if (!p)
			return -ENOMEM;
		t->formats = p;
		t->max_formats = want;
	}
	t->formats[t->nr_formats++] = f;
	return 0;
}

int tracefs_add_format(struct tracefs *t, const char *sys, const char *text, size_t len,
		       const struct event_format **out)
{
	struct format *f = calloc(1, sizeof(*f));
	struct tep_event *event = NULL;
	size_t sys_len = strlen(sys);
	int err = -ENOMEM;

	if (!f)
		return -ENOMEM;
	f->owner = t;
	f->text = malloc(sys_len + 1 + len + 1);
	if (!f->text)
		goto out;
	memcpy(f->text, sys, sys_len + 1);
	memcpy(f->text + sys_len + 1, text, len);
	f->text[sys_len + 1 + len] = '\0';
	f->pub.sys = f->text;
	err = format_parse(f, f->text + sys_len + 1);
	if (err)
		goto out;
	/* The event belongs to the library's handle from here on, whether its print fmt was parsed or not. */
	tep_parse_format(t->tep, &event, text, len, sys);
	f->pub.prints = event && !(event->flags & TEP_EVENT_FL_FAILED);
	f->pub.lib = f;
	err = format_keep(t, f);
out:
	if (err)
		format_free(f);
	else
		*out = &f->pub;
	return err;
}

/* A file of unknown length (tracefs says 0): owned by the caller. */
static int file_slurp(const char *path, char **out, size_t *len)
{
	size_t used = 0, max = 8192;
	char *buf = malloc(max), *bigger;
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = -ENOMEM;
	ssize_t n;

	if (fd < 0) {
		err = -errno;
		goto out;
	}
	if (!buf)
		goto out;
	while ((n = read(fd, buf + used, max - used)) > 0) {
		used += n;
		if (used < max)
			continue;
		bigger = realloc(buf, max *= 2);
		if (!bigger)
			goto out;
		buf = bigger;
	}
	err = n < 0 ? -errno : 0;
out:
	if (fd >= 0)
		close(fd);
	if (err) {
		free(buf);
		return err;
	}
	*out = buf;
	*len = used;
	return 0;
}

int tracefs_format(struct tracefs *t, const char *sys, const char *name,
		   const struct event_format **out)
{
	char *path, *text;
	size_t len, i;
	int err;

	for (i = 0; i < t->nr_formats; i++) {
		const struct event_format *f = &t->formats[i]->pub;

		if (!strcmp(f->name, name) && !strcmp(f->sys, sys)) {
			*out = f;
			return 0;
		}
	}
	if (!t->events_dir || !*sys || !*name || strchr(sys, '/') || strchr(name, '/'))
		return -ENOENT;
	if (asprintf(&path, "%s/%s/%s/format", t->events_dir, sys, name) < 0)
		return -ENOMEM;
	err = file_slurp(path, &text, &len);
	free(path);
	if (err)
		return err == -ENOTDIR ? -ENOENT : err;
	err = tracefs_add_format(t, sys, text, len, out);
	free(text);
	return err;
}

const struct expr_field *event_format_field(const struct event_format *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->nr_fields; i++)
		if (!strcmp(f->fields[i].name, name))
			return &f->fields[i];
	return NULL;
}

/* --- names --- */

struct name_list {
	char **names;
	size_t nr, max;
};

static int name_add(struct name_list *list, const char *sys, const char *name)
{
	if (list->nr == list->max) {
		size_t want = list->max ? 2 * list->max : 512;
		void *p = reallocarray(list->names, want, sizeof(*list->names));

		if (!p)
			return -ENOMEM;
		list->names = p;
		list->max = want;
	}
	if (asprintf(&list->names[list->nr], "%s:%s", sys, name) < 0)
		return -ENOMEM;
	list->nr++;
	return 0;
}

static bool is_dir(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

static int system_names(struct tracefs *t, const char *sys, const char *glob,
			struct name_list *list)
{
	struct dirent *entry;
	char *path;
	DIR *dir;
	int err = 0;

	if (asprintf(&path, "%s/%s", t->events_dir, sys) < 0)
		return -ENOMEM;
	dir = opendir(path);
	free(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno; /* a module went away meanwhile */
	while (!err && (entry = readdir(dir)))
		if (is_dir(entry) && (!glob || !fnmatch(glob, entry->d_name, 0)))
			err = name_add(list, sys, entry->d_name);
	closedir(dir);
	return err;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int tracefs_names(struct tracefs *t, const char *glob, char ***names, size_t *nr)
{
	const char *colon = glob ? strchr(glob, ':') : NULL;
	char *sys_glob = glob ? strndup(glob, colon ? (size_t)(colon - glob) : strlen(glob)) : NULL;
	struct name_list list = { 0 };
	struct dirent *entry;
	DIR *dir = NULL;
	int err = 0;

	if (glob && !sys_glob)
		return -ENOMEM;
	if (!t->events_dir)
		goto out;
	dir = opendir(t->events_dir);
	if (!dir) {
		err = -errno;
		goto out;
	}
	/* "ftrace" describes the tracers' own records: nothing that can be opened. */
	while (!err && (entry = readdir(dir)))
		if (is_dir(entry) && strcmp(entry->d_name, "ftrace") &&
		    (!glob || !fnmatch(sys_glob, entry->d_name, 0)))
			err = system_names(t, entry->d_name, colon ? colon + 1 : NULL, &list);
out:
	if (dir)
		closedir(dir);
	free(sys_glob);
	if (err) {
		tracefs_names_free(list.names, list.nr);
		return err;
	}
	if (list.nr)
		qsort(list.names, list.nr, sizeof(*list.names), name_compare);
	*names = list.names;
	*nr = list.nr;
	return 0;
}

void tracefs_names_free(char **names, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		free(names[i]);
	free(names);
}

/* --- printing --- */

void tracefs_set_symbol(struct tracefs *t, symbol_find_fn *find, void *ctx)
{
	t->find = find;
	t->find_ctx = ctx;
}

static bool field_is_common(const struct expr_field *f)
{
	return !strncmp(f->name, "common_", 7);
}

static void fields_print(const struct event_format *f, const void *raw, __u32 raw_size, char *buf,
			 size_t size)
{
	size_t used = 0, i;
	bool is_number;

	*buf = '\0';
	for (i = 0; i < f->nr_fields && used < size; i++) {
		const struct expr_field *field = &f->fields[i];

		if (field_is_common(field))
			continue;
		used += snprintf(buf + used, size - used, "%s%s=", used ? " " : "", field->name);
		if (used >= size)
			break;
		tracefs_print_field(f, field, raw, raw_size, buf + used, size - used, &is_number);
		used += strlen(buf + used);
	}
}

/* The library trusts its records: what a short or damaged one would make it read outside is kept from it. */
static bool record_is_whole(const struct format *f, const void *raw, __u32 raw_size)
{
	const unsigned char *at;
	__u32 len;
	__u16 type;
	size_t i;

	for (i = 0; i < f->pub.nr_fields; i++) {
		const struct expr_field *field = &f->pub.fields[i];

		if (!tracefs_field_bytes(field, raw, raw_size, &at, &len))
			return false;
		if (field->where != EXPR_FIXED && field->is_string && len && at[len - 1])
			return false;
	}
	memcpy(&type, raw, sizeof(type));
	return type == f->pub.id;
}

void tracefs_print(const struct event_format *f, const void *raw, __u32 raw_size, char *buf,
		   size_t size)
{
	struct format *format = f->lib;
	struct trace_seq *seq = &format->owner->seq;
	struct tep_record record = { .data = (void *)raw,
				     .size = raw_size,
				     .record_size = raw_size };

	if (!size)
		return;
	if (!f->prints || !record_is_whole(format, raw, raw_size)) {
		fields_print(f, raw, raw_size, buf, size);
		return;
	}
	trace_seq_reset(seq);
	tep_print_event(format->owner->tep, seq, &record, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(seq);
	snprintf(buf, size, "%s", seq->buffer);
}
