// SPDX-License-Identifier: GPL-2.0-only
/*
 * util.c - small things that everybody needs and that own nothing
 *
 * Numbers, durations and lists as users type them, whole small files, and text
 * of unknown origin made safe for a terminal. Called from everywhere.
 */
#include "mwprof/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* More CPUs or pids than any kernel has (PID_MAX_LIMIT): "0-2000000000" shall not eat the memory. */
#define LIST_MAX (4U << 20)

__u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* Digits at @*text, which moves past them. False: none, or above @max. */
static bool digits_take(const char **text, __u64 max, __u64 *out)
{
	const char *s = *text;
	__u64 v = 0;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *s - '0', &v))
			return false;
	*text = s;
	*out = v;
	return v <= max;
}

int parse_u64(const char *text, __u64 max, __u64 *out)
{
	__u64 v;

	if (!digits_take(&text, max, &v) || *text)
		return -EINVAL;
	*out = v;
	return 0;
}

int parse_duration_ns(const char *text, __u64 *out)
{
	static const struct {
		const char *name;
		__u64 ns;
	} units[] = { { "", 1 },
		      { "ns", 1 },
		      { "us", NSEC_PER_USEC },
		      { "ms", 1000 * NSEC_PER_USEC },
		      { "s", NSEC_PER_SEC } };
	__u64 v;
	size_t i;

	if (!digits_take(&text, ~0ULL, &v))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(text, units[i].name))
			return __builtin_mul_overflow(v, units[i].ns, out) ? -EINVAL : 0;
	return -EINVAL;
}

static int int_compare(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static size_t sorted_unique(int *v, size_t nr)
{
	size_t kept = 1, i;

	qsort(v, nr, sizeof(*v), int_compare);
	for (i = 1; i < nr; i++)
		if (v[i] != v[kept - 1])
			v[kept++] = v[i];
	return kept;
}

int parse_list(const char *text, int **out, size_t *nr, size_t *bad_at)
{
	const char *s = text, *item;
	size_t used = 0, i;
	int *list = NULL, *bigger;
	__u64 from, to;

	do {
		item = s;
		if (!digits_take(&s, INT_MAX, &from))
			goto bad;
		to = from;
		if (*s == '-') {
			item = ++s;
			if (!digits_take(&s, INT_MAX, &to) || to < from)
				goto bad;
		}
		if (to - from >= LIST_MAX - used)
			goto bad;
		bigger = reallocarray(list, used + (to - from) + 1, sizeof(*list));
		if (!bigger) {
			free(list);
			return -ENOMEM;
		}
		list = bigger;
		for (i = 0; i <= to - from; i++)
			list[used++] = from + i;
		item = s;
	} while (*s++ == ',');
	if (s[-1])
		goto bad;
	*nr = sorted_unique(list, used);
	*out = list;
	return 0;
bad:
	free(list);
	*bad_at = item - text;
	return -EINVAL;
}

int read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	size_t used = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	while (n > 0 && used < size) {
		n = read(fd, buf + used, size - used);
		if (n < 0)
			err = errno == EINTR ? 0 : -errno;
		if (n < 0 && !err)
			n = 1;
		else if (n > 0)
			used += n;
	}
	close(fd);
	if (err)
		return err;
	if (used == size)
		return -EFBIG;
	buf[used] = '\0';
	return used;
}

size_t utf8_char(const char *text, __u32 *code)
{
	static const __u32 smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)text;
	size_t len, i;
	__u32 c;

	if (s[0] < 0x80)
		len = 1;
	else if (s[0] >= 0xc2 && s[0] < 0xe0)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		len = 4;
	else
		return 0;
	c = len == 1 ? s[0] : s[0] & (0x7f >> len);
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < smallest[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*code = c;
	return len;
}

/* Control characters (C1 too: a terminal takes U+009B for ESC [), and those that turn the reading direction. */
static bool acts_on_terminal(__u32 c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

const char *escape_text(const char *in, char *out, size_t size)
{
	size_t used = 0, len, i;
	__u32 c = 0;

	if (!size)
		return out;
	while (*in) {
		len = utf8_char(in, &c);
		if (len && !acts_on_terminal(c)) {
			if (used + len >= size)
				break;
			memcpy(out + used, in, len);
			used += len;
			in += len;
			continue;
		}
		if (!len)
			len = 1;
		if (used + 4 * len >= size)
			break;
		for (i = 0; i < len; i++, used += 4)
			snprintf(out + used, size - used, "\\x%02x", (unsigned char)*in++);
	}
	out[used] = '\0';
	return out;
}
