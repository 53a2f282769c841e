// SPDX-License-Identifier: GPL-2.0-only
/*
 * nearest.c - the name a person probably meant
 *
 * Edit distance with transpositions, for "did you mean". Called on errors
 * only, by resolve.c and by those who look up events, options and attributes.
 */
#include "expr/expr.h"

#include <string.h>

#define MAX_NAME 64 /* longer ones are not offered */
#define FAR 1000

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static unsigned int distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned int row[3][MAX_NAME + 1];
	unsigned int *before = row[0], *last = row[1], *now = row[2];

	if (a_len > MAX_NAME || b_len > MAX_NAME)
		return FAR;
	for (size_t j = 0; j <= b_len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned int *tmp = before;

		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			now[j] = min3(last[j] + 1, now[j - 1] + 1,
				      last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = tmp;
	}
	return last[b_len];
}

/* Twice the distance; one less for a name that @word is the beginning of. */
static unsigned int score(const char *word, size_t len, const char *name)
{
	size_t name_len = strlen(name);
	unsigned int limit = len / 3 ? len / 3 : 1;
	unsigned int d = distance(word, len, name, name_len);

	if (len >= 2 && name_len > len && !memcmp(word, name, len))
		return 1;
	/* a short word is not offered for something with no letter in common */
	if (d > limit || d >= len)
		return FAR;
	return 2 * d;
}

int expr_nearest(const char *word, size_t len, const char *const *names, size_t nr, size_t stride)
{
	unsigned int best_score = FAR;
	size_t best_len = 0;
	int best = -1;

	for (size_t i = 0; i < nr; i++) {
		const char *name = *(const char *const *)((const char *)names + i * stride);
		const char *colon = strchr(name, ':');
		unsigned int s = score(word, len, name);

		if (colon && !memchr(word, ':', len)) {
			unsigned int behind = score(word, len, colon + 1);

			s = behind < s ? behind : s;
		}
		if (s < best_score || (s == best_score && s < FAR && strlen(name) < best_len)) {
			best_score = s;
			best_len = strlen(name);
			best = i;
		}
	}
	return best;
}
