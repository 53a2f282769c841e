// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbol.c - kernel symbols by address
 *
 * Owns one copy of the function names of /proc/kallsyms, packed into the very
 * buffer they were read into, and an array of addresses sorted for a binary
 * search. The kernel writes that file slowly; so it is read once, at the first
 * question, and never in a run that prints no frame. Called by report_frame.c
 * and, for %pS in a print fmt, by the session.
 */
#include "core/symbol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mwprof/log.h"
#include "mwprof/util.h"

#define KALLSYMS "/proc/kallsyms"
#define FIRST_BYTES (8UL << 20) /* of 120 000 lines; doubled when it is too small */

/* No function is longer: an address farther away belongs to a hole behind the symbol. */
#define MAX_FUNCTION_BYTES (1UL << 20)

struct entry {
	__u64 addr;
	__u32 name, module; /* offsets in text; module 0 = the kernel itself */
};

struct symbols {
	char *path; /* owned */
	bool loaded;
	int error;  /* of the one load */
	char *text; /* owned: names, each NUL-terminated; starts with an empty one */
	size_t text_bytes;
	struct entry *entries; /* owned; sorted by address, one an address */
	size_t nr, max;
};

int symbols_new(struct symbols **out, const char *path)
{
	struct symbols *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->path = strdup(path ? path : KALLSYMS);
	if (!s->path) {
		free(s);
		return -ENOMEM;
	}
	*out = s;
	return 0;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	free(s->path);
	free(s->text);
	free(s->entries);
	free(s);
}

/* The whole file behind one spare byte, with a NUL after it. */
static int text_read(struct symbols *s)
{
	size_t used = 1, max = FIRST_BYTES;
	char *text = malloc(max), *bigger;
	int fd = open(s->path, O_RDONLY | O_CLOEXEC), err = 0;
	ssize_t n;

	if (fd < 0)
		err = -errno;
	else if (!text)
		err = -ENOMEM;
	while (!err) {
		if (used + 1 == max) {
			bigger = realloc(text, max *= 2);
			if (!bigger) {
				err = -ENOMEM;
				break;
			}
			text = bigger;
		}
		n = read(fd, text + used, max - used - 1);
		if (n < 0 && errno != EINTR)
			err = -errno;
		if (n == 0)
			break;
		if (n > 0)
			used += n;
	}
	if (fd >= 0)
		close(fd);
	if (err) {
		free(text);
		return err;
	}
	text[0] = text[used] = '\0';
	s->text = text;
	s->text_bytes = used;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Code only: data symbols (with CONFIG_KALLSYMS_ALL) would split functions in per-CPU address ranges. */
static bool is_function(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

static struct entry *entry_add(struct symbols *s)
{
	size_t max = s->max ? 2 * s->max : 1 << 16;
	void *p;

	if (s->nr == s->max) {
		p = reallocarray(s->entries, max, sizeof(*s->entries));
		if (!p)
			return NULL;
		s->entries = p;
		s->max = max;
	}
	return &s->entries[s->nr++];
}

/* Moves [from, from + len) down to @*pack with a NUL; its new place. */
static __u32 text_pack(struct symbols *s, size_t *pack, const char *from, size_t len)
{
	__u32 at = *pack;

	memmove(s->text + at, from, len);
	s->text[at + len] = '\0';
	*pack += len + 1;
	return at;
}

/*
 * Lines are "ADDRESS TYPE NAME[\t[MODULE]]\n". What is kept of a line is shorter
 * than the line, so it is packed to the front of the same buffer while reading
 * on. Global symbols carry the top bit of @module until aliases are sorted out.
 */
#define GLOBAL (1U << 31)

static int text_parse(struct symbols *s, bool *any)
{
	const char *p = s->text + 1, *name, *end;
	size_t pack = 1;
	__u32 module = 0;
	struct entry *e;
	char type;
	__u64 addr;

	while (*p) {
		for (addr = 0; hex_digit(*p) >= 0; p++)
			addr = addr << 4 | hex_digit(*p);
		*any |= addr != 0;
		end = strchrnul(p, '\n');
		if (end - p < 4 || p[0] != ' ' || p[2] != ' ' || !is_function(p[1]) || !addr) {
			p = *end ? end + 1 : end;
			continue;
		}
		type = p[1];
		for (name = p += 3; p < end && *p != '\t' && *p != ' '; p++)
			;
		e = entry_add(s);
		if (!e)
			return -ENOMEM;
		e->addr = addr;
		e->name = text_pack(s, &pack, name, p - name);
		e->module = 0;
		if (p < end) {
			for (p++; p < end && (*p == ' ' || *p == '\t'); p++)
				;
			/* Symbols of a module stand together: its name is kept once. */
			if (!module || strlen(s->text + module) != (size_t)(end - p) ||
			    memcmp(s->text + module, p, end - p))
				module = text_pack(s, &pack, p, end - p);
			e->module = module;
		}
		if (type == 'T' || type == 'W')
			e->module |= GLOBAL;
		p = *end ? end + 1 : end;
	}
	s->text_bytes = pack;
	return 0;
}

/* In the file's order where addresses are equal: names are packed in that order. */
static int entry_compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static bool is_sorted(const struct symbols *s)
{
	size_t i;

	for (i = 1; i < s->nr; i++)
		if (s->entries[i].addr < s->entries[i - 1].addr)
			return false;
	return true;
}

/* One name an address: the first global one, else the first. */
static void aliases_drop(struct symbols *s)
{
	size_t kept = 0, i;

	for (i = 0; i < s->nr; i++) {
		const struct entry *e = &s->entries[i];
		struct entry *last = kept ? &s->entries[kept - 1] : NULL;

		if (!last || last->addr != e->addr)
			s->entries[kept++] = *e;
		else if (!(last->module & GLOBAL) && (e->module & GLOBAL))
			*last = *e;
	}
	s->nr = kept;
	for (i = 0; i < s->nr; i++)
		s->entries[i].module &= ~GLOBAL;
}

static void memory_trim(struct symbols *s)
{
	void *p = realloc(s->text, s->text_bytes);

	if (p)
		s->text = p;
	p = s->nr ? realloc(s->entries, s->nr * sizeof(*s->entries)) : NULL;
	if (p)
		s->entries = p;
}

static void hidden_warn(void)
{
	char value[16];
	int len = read_file("/proc/sys/kernel/kptr_restrict", value, sizeof(value));

	if (len > 0 && value[len - 1] == '\n')
		value[len - 1] = '\0';
	log_warning(
		"kernel addresses are hidden (kptr_restrict=%s), frames are shown as addresses: "
		"CAP_SYSLOG is missing%s; root has it",
		len > 0 ? value : "?",
		len > 0 && *value == '2' ? ", and kernel.kptr_restrict=2 hides them from all" : "");
}

int symbols_load(struct symbols *s)
{
	bool any = false;
	int err;

	if (s->loaded)
		return s->error;
	s->loaded = true;
	err = text_read(s);
	if (err) {
		log_warning("cannot read %s: %s; frames are shown as addresses", s->path,
			    strerror(-err));
		goto out;
	}
	err = text_parse(s, &any);
	if (err)
		goto out;
	if (!any) {
		hidden_warn();
		err = -EPERM;
		goto out;
	}
	if (!is_sorted(s))
		qsort(s->entries, s->nr, sizeof(*s->entries), entry_compare);
	aliases_drop(s);
	memory_trim(s);
out:
	if (err)
		s->nr = 0;
	s->error = err;
	return err;
}

bool symbol_find(struct symbols *s, __u64 addr, struct symbol *out)
{
	size_t low = 0, high, mid;
	const struct entry *e;

	if (!(addr >> 63) || symbols_load(s))
		return false;
	/* The last entry that is not above addr is at low - 1. */
	for (high = s->nr; low < high;) {
		mid = low + (high - low) / 2;
		if (s->entries[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || addr - s->entries[low - 1].addr > MAX_FUNCTION_BYTES)
		return false;
	e = &s->entries[low - 1];
	out->name = s->text + e->name;
	out->module = e->module ? s->text + e->module : "[kernel.kallsyms]";
	out->offset = addr - e->addr;
	return true;
}
