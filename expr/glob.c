// SPDX-License-Identifier: GPL-2.0-only
/*
 * glob.c - str ~ "glob"
 *
 * One pass with one place to go back to: after a mismatch, the last * takes
 * one more byte; earlier ones need never be tried again. Linear in most cases,
 * length times length at worst. Called by vm.c.
 */
#include "expr/glob.h"

/* Whether @ch is in the set at @set, just behind its '['; *@end: behind its ']'. */
static bool set_has(const char *set, unsigned char ch, const char **end)
{
	bool inverted = *set == '!', found = false;
	const char *s = set + inverted;

	do {
		unsigned char from = *s++, to = from;

		if (s[0] == '-' && s[1] != ']') {
			to = s[1];
			s += 2;
		}
		found |= from <= ch && ch <= to;
	} while (*s != ']');
	*end = s + 1;
	return found != inverted;
}

/* Whether one byte fits what @glob starts with, which is not '*'; *@end: what follows it. */
static bool byte_match(const char *glob, unsigned char ch, const char **end)
{
	*end = glob + 1;
	if (*glob == '?')
		return true;
	if (*glob == '[')
		return set_has(glob + 1, ch, end);
	if (*glob == '\\' && glob[1]) {
		*end = glob + 2;
		return (unsigned char)glob[1] == ch;
	}
	return *glob && (unsigned char)*glob == ch;
}

bool glob_match(const char *glob, const char *str, size_t len)
{
	const char *back_glob = NULL, *after;
	size_t back = 0, i = 0;

	for (;;) {
		if (*glob == '*') {
			back_glob = ++glob;
			back = i;
		} else if (i == len) {
			return !*glob;
		} else if (byte_match(glob, str[i], &after)) {
			glob = after;
			i++;
		} else if (back_glob) {
			glob = back_glob;
			i = ++back;
		} else {
			return false;
		}
	}
}
