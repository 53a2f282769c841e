// SPDX-License-Identifier: GPL-2.0-only
/*
 * filter_glob.c - string constants for the kernel's filter
 *
 * The kernel sorts globs into kinds (filter_parse_regex()) and matches each in
 * its own way: "abc*" compares the beginning, "*abc" counts from the end of the
 * field, not of the string, "*abc*" searches past the string's NUL, and one
 * that starts with a digit is no glob at all. Only a glob with '?', '[' or an
 * inner '*' gets the real matcher, which needs a NUL to stop. Called by
 * filter.c.
 */
#include "expr/filter_glob.h"

#include <ctype.h>
#include <string.h>

const char *filter_string_check(const char *str, size_t len, bool is_glob)
{
	if (len >= FILTER_STRING_SIZE)
		return "a string longer than the kernel takes";
	for (size_t i = 0; i < len; i++) {
		if (!isascii((unsigned char)str[i]) || !isprint((unsigned char)str[i]) ||
		    strchr("\"'\\", str[i]))
			return "a character that the kernel's filter has no quotes for";
	}
	if (!is_glob)
		return NULL;
	if (isdigit((unsigned char)str[0]) || str[0] == '!')
		return "the kernel reads a glob with this first character differently";
	if (strstr(str, "[!"))
		return "[!set] in a glob"; /* kernels before 5.19 let it match the end */
	return NULL;
}

/* Whether the kernel uses its full matcher. */
static bool is_full_glob(const char *str, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (str[i] == '?' || str[i] == '[')
			return true;
		if (str[i] == '*' && i == len - 1)
			return false;
		if (str[i] == '*' && i)
			return true;
	}
	return false;
}

const char *filter_string_print(struct filter_string *s, char out[FILTER_STRING_SIZE])
{
	size_t special = strcspn(s->str, "*?["), literal;
	const char *why;

	if (special == s->len)
		s->is_glob = false;
	why = filter_string_check(s->str, s->len, s->is_glob);
	if (why)
		return why;
	memcpy(out, s->str, s->len + 1);
	if (!s->is_glob)
		return s->max_len && s->len > s->max_len ? "a string longer than the field" : NULL;
	if (special && special == s->len - 1 && s->str[special] == '*')
		return NULL;
	if (s->is_bounded)
		return "such a glob on an array: the kernel does not stop at the string's end";
	if (is_full_glob(s->str, s->len))
		return NULL;
	/* one letter as a set of one: the same glob, and the kernel's full matcher */
	for (literal = 0; s->str[literal] && !isalnum((unsigned char)s->str[literal]);)
		literal++;
	if (literal == s->len || s->len + 2 >= FILTER_STRING_SIZE)
		return "a glob without letters";
	out[literal] = '[';
	out[literal + 1] = s->str[literal];
	out[literal + 2] = ']';
	memcpy(out + literal + 3, s->str + literal + 1, s->len - literal);
	return NULL;
}
