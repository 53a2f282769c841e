/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_TESTS_JSON_CHECK_H
#define MWPROF_TESTS_JSON_CHECK_H

/*
 * A strict JSON reader and the part of JSON schema that the report's schema
 * uses. A word of a schema that is not known here fails the check.
 */
#include <ctype.h>
#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mwprof/util.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	enum json_type type;
	char *name; /* of a member */
	char *text; /* string: decoded; number: as it stands; bool: "true", "false" */
	struct json *first, *next;
};

static void json_free(struct json *j)
{
	struct json *next;

	for (; j; j = next) {
		next = j->next;
		json_free(j->first);
		free(j->name);
		free(j->text);
		free(j);
	}
}

static void json_blank(const char **s)
{
	while (**s == ' ' || **s == '\t' || **s == '\n' || **s == '\r')
		(*s)++;
}

/* A string's contents; \u escapes below 0x80 are decoded, others become "?". NULL: not valid. */
static char *json_string(const char **s)
{
	char *out = malloc(strlen(*s) + 1), *o = out, hex[5];
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p = *s, *found;
	size_t len;
	__u32 c;

	if (*p++ != '"')
		goto bad;
	while (*p != '"') {
		if (*p != '\\') {
			len = utf8_char(p, &c);
			if (!len || c < 0x20)
				goto bad;
			memcpy(o, p, len);
			o += len;
			p += len;
			continue;
		}
		p++;
		if (*p == 'u') {
			len = strspn(p + 1, "0123456789abcdefABCDEF");
			if (len < 4)
				goto bad;
			memcpy(hex, p + 1, 4);
			hex[4] = '\0';
			c = strtoul(hex, NULL, 16);
			*o++ = c < 0x80 ? (char)c : '?';
			p += 5;
			continue;
		}
		found = *p ? strchr(from, *p) : NULL;
		if (!found)
			goto bad;
		*o++ = to[found - from];
		p++;
	}
	*o = '\0';
	*s = p + 1;
	return out;
bad:
	free(out);
	return NULL;
}

static struct json *json_value(const char **s);

/* Members or elements up to @close; false: not valid. */
static bool json_children(const char **s, struct json *parent, char close)
{
	struct json **last = &parent->first;
	char *name;

	(*s)++;
	json_blank(s);
	if (**s == close) {
		(*s)++;
		return true;
	}
	for (;;) {
		name = NULL;
		json_blank(s);
		if (close == '}') {
			name = json_string(s);
			json_blank(s);
			if (!name || *(*s)++ != ':') {
				free(name);
				return false;
			}
		}
		*last = json_value(s);
		if (!*last) {
			free(name);
			return false;
		}
		(*last)->name = name;
		last = &(*last)->next;
		json_blank(s);
		if (**s == close) {
			(*s)++;
			return true;
		}
		if (*(*s)++ != ',')
			return false;
	}
}

static bool json_number(const char **s, struct json *j)
{
	static const char pattern[] = "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?";
	regmatch_t match;
	regex_t regex;
	bool ok;

	if (regcomp(&regex, pattern, REG_EXTENDED))
		return false;
	ok = !regexec(&regex, *s, 1, &match, 0) && match.rm_eo > 0;
	regfree(&regex);
	if (ok) {
		j->text = strndup(*s, match.rm_eo);
		*s += match.rm_eo;
	}
	return ok;
}

static struct json *json_value(const char **s)
{
	static const char *const words[] = { "null", "true", "false" };
	struct json *j = calloc(1, sizeof(*j));
	bool ok = false;
	size_t i;

	json_blank(s);
	if (**s == '{' || **s == '[') {
		j->type = **s == '{' ? JSON_OBJECT : JSON_ARRAY;
		ok = json_children(s, j, **s == '{' ? '}' : ']');
	} else if (**s == '"') {
		j->type = JSON_STRING;
		j->text = json_string(s);
		ok = j->text;
	} else if (**s == '-' || isdigit((unsigned char)**s)) {
		j->type = JSON_NUMBER;
		ok = json_number(s, j);
	} else {
		for (i = 0; i < ARRAY_SIZE(words) && !ok; i++) {
			ok = !strncmp(*s, words[i], strlen(words[i]));
			if (!ok)
				continue;
			j->type = i ? JSON_BOOL : JSON_NULL;
			j->text = strdup(words[i]);
			*s += strlen(words[i]);
		}
	}
	if (ok)
		return j;
	json_free(j);
	return NULL;
}

/* The whole text as one value; NULL: it is not valid JSON. */
static struct json *json_parse(const char *text)
{
	struct json *j = json_value(&text);

	json_blank(&text);
	if (j && *text) {
		json_free(j);
		return NULL;
	}
	return j;
}

static const struct json *json_get(const struct json *object, const char *name)
{
	const struct json *j;

	for (j = object ? object->first : NULL; j; j = j->next)
		if (j->name && !strcmp(j->name, name))
			return j;
	return NULL;
}

static bool json_is(const struct json *j, const char *type)
{
	static const char *const names[] = { "null",   "boolean", "number",
					     "string", "array",	  "object" };

	if (!strcmp(type, "integer"))
		return j->type == JSON_NUMBER && !strpbrk(j->text, ".eE");
	return !strcmp(names[j->type], type);
}

static bool schema_accepts(const struct json *root, const struct json *schema,
			   const struct json *j);

static unsigned int schema_count(const struct json *root, const struct json *list,
				 const struct json *j)
{
	unsigned int nr = 0;
	const struct json *s;

	for (s = list->first; s; s = s->next)
		nr += schema_accepts(root, s, j);
	return nr;
}

static bool same_scalar(const struct json *a, const struct json *b)
{
	return a->type == b->type && a->text && b->text && !strcmp(a->text, b->text);
}

static bool schema_members(const struct json *root, const struct json *schema, const struct json *j)
{
	const struct json *properties = json_get(schema, "properties");
	const struct json *others = json_get(schema, "additionalProperties"), *m, *s;

	for (m = j->type == JSON_OBJECT ? j->first : NULL; m; m = m->next) {
		s = json_get(properties, m->name);
		if (!s)
			s = others;
		if (s && !schema_accepts(root, s, m))
			return false;
	}
	return true;
}

static bool schema_word(const struct json *root, const struct json *word, const struct json *j)
{
	const char *name = word->name;
	const struct json *s;
	regex_t regex;
	bool ok = true;

	if (!strcmp(name, "$ref"))
		return schema_accepts(root, json_get(json_get(root, "$defs"), word->text + 8), j);
	if (!strcmp(name, "type") && word->type == JSON_STRING)
		return json_is(j, word->text);
	if (!strcmp(name, "type") || !strcmp(name, "enum")) {
		for (ok = false, s = word->first; s; s = s->next)
			ok |= name[0] == 't' ? json_is(j, s->text) : same_scalar(s, j);
		return ok;
	}
	if (!strcmp(name, "const"))
		return same_scalar(word, j);
	if (!strcmp(name, "required")) {
		for (s = word->first; s; s = s->next)
			ok &= json_get(j, s->text) != NULL;
		return ok;
	}
	if (!strcmp(name, "items")) {
		for (s = j->type == JSON_ARRAY ? j->first : NULL; s; s = s->next)
			ok &= schema_accepts(root, word, s);
		return ok;
	}
	if (!strcmp(name, "anyOf"))
		return schema_count(root, word, j) > 0;
	if (!strcmp(name, "oneOf"))
		return schema_count(root, word, j) == 1;
	if (!strcmp(name, "not"))
		return !schema_accepts(root, word, j);
	if (!strcmp(name, "minimum")) /* 0 is the only one in use */
		return !strcmp(word->text, "0") && (j->type != JSON_NUMBER || j->text[0] != '-');
	if (!strcmp(name, "pattern")) {
		if (regcomp(&regex, word->text, REG_EXTENDED | REG_NOSUB))
			return false;
		ok = j->type != JSON_STRING || !regexec(&regex, j->text, 0, NULL, 0);
		regfree(&regex);
		return ok;
	}
	return !strcmp(name, "properties") || !strcmp(name, "additionalProperties") ||
	       !strcmp(name, "description") || !strcmp(name, "title") || !strcmp(name, "$schema") ||
	       !strcmp(name, "$defs");
}

static bool schema_accepts(const struct json *root, const struct json *schema, const struct json *j)
{
	const struct json *word;

	if (!schema || schema->type == JSON_BOOL)
		return schema && !strcmp(schema->text, "true");
	for (word = schema->first; word; word = word->next)
		if (!schema_word(root, word, j))
			return false;
	return schema_members(root, schema, j);
}

#endif
