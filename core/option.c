// SPDX-License-Identifier: GPL-2.0-only
/*
 * option.c - rows of options put to work
 *
 * Parses argv against the rows, complaining in the user's words, and prints the
 * same rows as --help (which man pages take over) and for completion. An
 * option's value is written where its row says, in the struct of the row's set.
 * Owns nothing but the strings of OPTION_LIST rows, which options_free() gives
 * back. Called by the cmd_*.c.
 */
#include "core/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/wrap.h"
#include "expr/expr.h"
#include "mwprof/log.h"
#include "mwprof/util.h"

#define HELP_COLUMN 30
#define NSEC_PER_MSEC 1000000ULL

struct parser {
	const struct option_set *sets;
	size_t nr_sets;
	int argc, at; /* at: the next word */
	char **argv;
};

/* A row that an argument names. */
struct match {
	const struct option_row *row; /* NULL: none */
	void *value;
	bool off;	  /* --no-NAME */
	const char *said; /* as the user said it: "--than", "-m"; borrowed */
};

static bool is_word_type(const struct option_row *row)
{
	return row->type != OPTION_FLAG && row->type != OPTION_COUNT;
}

static bool takes_argument(const struct option_row *row)
{
	return is_word_type(row) && !row->arg_optional;
}

static bool is_on_by_default(const struct option_row *row)
{
	return row->type == OPTION_FLAG && row->set_by_default;
}

/* 5000000 -> "5ms": the largest unit that divides it. */
static const char *duration_text(__u64 ns, char *buf, size_t size)
{
	static const struct {
		__u64 ns;
		const char *name;
	} units[] = { { NSEC_PER_SEC, "s" }, { NSEC_PER_MSEC, "ms" }, { NSEC_PER_USEC, "us" } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (ns && ns % units[i].ns == 0) {
			snprintf(buf, size, "%llu%s", ns / units[i].ns, units[i].name);
			return buf;
		}
	snprintf(buf, size, "%lluns", ns);
	return buf;
}

/* " from 1 to 4096", " of 1 or more", or nothing. */
static const char *range_text(const struct option_row *row, char *buf, size_t size)
{
	__u64 unit = row->type == OPTION_MSEC ? NSEC_PER_MSEC : 1;
	char low[32], high[32];

	if (row->type == OPTION_DURATION) {
		duration_text(row->min, low, sizeof(low));
		duration_text(row->max, high, sizeof(high));
	} else {
		snprintf(low, sizeof(low), "%llu", row->min / unit);
		snprintf(high, sizeof(high), "%llu", row->max / unit);
	}
	buf[0] = '\0';
	if (row->max)
		snprintf(buf, size, " from %s to %s", low, high);
	else if (row->min)
		snprintf(buf, size, " of %s or more", low);
	return buf;
}

static bool in_range(const struct option_row *row, __u64 v)
{
	return v >= row->min && (!row->max || v <= row->max);
}

static int set_number(const struct match *m, const char *text)
{
	const struct option_row *row = m->row;
	__u64 unit = row->type == OPTION_MSEC ? NSEC_PER_MSEC : 1, v;
	char range[96];

	if (parse_u64(text, ~0ULL / unit, &v) || !in_range(row, v * unit)) {
		log_error("%s: '%s' is not a number%s%s", m->said, text,
			  row->type == OPTION_MSEC ? " of milliseconds" : "",
			  range_text(row, range, sizeof(range)));
		return -EINVAL;
	}
	*(__u64 *)m->value = v * unit;
	return 0;
}

static int set_duration(const struct match *m, const char *text)
{
	char range[96];
	__u64 v;

	if (parse_duration_ns(text, &v)) {
		log_error("%s: '%s' is not a time: 5s 20ms 7us 100ns", m->said, text);
		return -EINVAL;
	}
	if (!in_range(m->row, v)) {
		log_error("%s: '%s' is not a time%s", m->said, text,
			  range_text(m->row, range, sizeof(range)));
		return -EINVAL;
	}
	*(__u64 *)m->value = v;
	return 0;
}

/* "auto, perf, bpf", cut to @size. */
static const char *choices_text(const char *const *choices, const char *between, char *buf,
				size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (; *choices && len < size; choices++)
		len += snprintf(buf + len, size - len, "%s%s", len ? between : "", *choices);
	return buf;
}

static int set_choice(const struct match *m, const char *text)
{
	const char *const *choices = m->row->choices;
	char all[256];
	unsigned int nr;
	int near;

	for (nr = 0; choices[nr]; nr++)
		if (!strcmp(choices[nr], text)) {
			*(unsigned int *)m->value = nr;
			return 0;
		}
	choices_text(choices, ", ", all, sizeof(all));
	near = expr_nearest(text, strlen(text), choices, nr, sizeof(*choices));
	if (near >= 0)
		log_error("%s: '%s' is none of %s; did you mean %s?", m->said, text, all,
			  choices[near]);
	else
		log_error("%s: '%s' is none of %s", m->said, text, all);
	return -EINVAL;
}

static int set_list(const struct match *m, const char *text)
{
	char **value = m->value, *joined;

	if (*value) {
		if (asprintf(&joined, "%s,%s", *value, text) < 0)
			return -ENOMEM;
	} else {
		joined = strdup(text);
		if (!joined)
			return -ENOMEM;
	}
	free(*value);
	*value = joined;
	return 0;
}

/* @text is NULL for flags and counts only. */
static int set_value(const struct match *m, const char *text)
{
	switch (m->row->type) {
	case OPTION_FLAG:
		*(bool *)m->value = !m->off;
		return 0;
	case OPTION_COUNT:
		++*(unsigned int *)m->value;
		return 0;
	case OPTION_UINT:
	case OPTION_MSEC:
		return set_number(m, text);
	case OPTION_DURATION:
		return set_duration(m, text);
	case OPTION_STRING:
		*(const char **)m->value = text;
		return 0;
	case OPTION_LIST:
		return set_list(m, text);
	case OPTION_CHOICE:
		return set_choice(m, text);
	}
	return -EINVAL;
}

static void clear_value(const struct option_row *row, void *value)
{
	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)value = false;
		break;
	case OPTION_COUNT:
	case OPTION_CHOICE:
		*(unsigned int *)value = 0;
		break;
	case OPTION_UINT:
	case OPTION_MSEC:
	case OPTION_DURATION:
		*(__u64 *)value = 0;
		break;
	case OPTION_STRING:
	case OPTION_LIST:
		*(char **)value = NULL;
		break;
	}
}

static void clear_values(const struct option_set *sets, size_t nr_sets)
{
	const struct option_row *row;
	size_t i;

	for (i = 0; i < nr_sets; i++)
		for (row = sets[i].rows; row->name; row++)
			clear_value(row, (char *)sets[i].values + row->offset);
}

/*
 * Defaults. Those of lists come after the arguments (@lists), so that what the
 * user says replaces them instead of being added to them.
 */
static int set_defaults(const struct option_set *sets, size_t nr_sets, bool lists)
{
	const struct option_row *row;
	size_t i;
	int err;

	for (i = 0; i < nr_sets; i++)
		for (row = sets[i].rows; row->name; row++) {
			struct match m = { row, (char *)sets[i].values + row->offset, false,
					   row->name };

			if (!row->set_by_default || (row->type == OPTION_LIST) != lists)
				continue;
			if (lists && *(char **)m.value)
				continue;
			err = set_value(&m, row->set_by_default);
			if (err)
				return err;
		}
	return 0;
}

static bool row_matches(const struct option_row *row, const char *name, size_t len, bool *off)
{
	*off = false;
	if (strlen(row->name) == len && !memcmp(row->name, name, len))
		return true;
	*off = true;
	return row->type == OPTION_FLAG && len > 3 && !memcmp(name, "no-", 3) &&
	       strlen(row->name) == len - 3 && !memcmp(row->name, name + 3, len - 3);
}

/* By long name, or by letter when @letter is not 0. */
static struct match find_row(const struct parser *p, const char *name, size_t len, char letter)
{
	const struct option_row *row;
	size_t i;

	for (i = 0; i < p->nr_sets; i++)
		for (row = p->sets[i].rows; row->name; row++) {
			struct match m = { row, (char *)p->sets[i].values + row->offset, false,
					   NULL };

			if (letter ? row->letter == letter : row_matches(row, name, len, &m.off))
				return m;
		}
	return (struct match){ 0 };
}

static int unknown_option(const struct parser *p, const char *name, size_t len)
{
	const struct option_row *row;
	size_t nr = 0, i;
	const char **names;
	int near;

	for (i = 0; i < p->nr_sets; i++)
		for (row = p->sets[i].rows; row->name; row++)
			nr++;
	names = calloc(nr + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	nr = 0;
	for (i = 0; i < p->nr_sets; i++)
		for (row = p->sets[i].rows; row->name; row++)
			if (!row->hidden)
				names[nr++] = row->name;
	near = expr_nearest(name, len, names, nr, sizeof(*names));
	if (near >= 0)
		log_error("unknown option --%.*s; did you mean --%s?", (int)len, name, names[near]);
	else
		log_error("unknown option --%.*s; --help lists them", (int)len, name);
	free(names);
	return -EINVAL;
}

/*
 * The argument in the next word. A word that looks like an option is not taken:
 * "-o --json" forgot the file far more often than it means one of that name.
 */
static int set_from_next(struct parser *p, const struct match *m)
{
	const char *next = p->at < p->argc ? p->argv[p->at] : NULL;

	if (!next || (next[0] == '-' && next[1])) {
		log_error("%s needs an argument %s", m->said, m->row->arg ? m->row->arg : "");
		return -EINVAL;
	}
	p->at++;
	return set_value(m, next);
}

/* @word is what follows "--". */
static int parse_long(struct parser *p, const char *word)
{
	size_t len = strcspn(word, "=");
	const char *given = word[len] ? word + len + 1 : NULL;
	struct match m = find_row(p, word, len, 0);
	char *said;
	int err;

	if (!m.row)
		return unknown_option(p, word, len);
	if (asprintf(&said, "--%.*s", (int)len, word) < 0)
		return -ENOMEM;
	m.said = said;
	if (given && !is_word_type(m.row)) {
		log_error("%s takes no argument", said);
		err = -EINVAL;
	} else if (given) {
		err = set_value(&m, given);
	} else if (takes_argument(m.row)) {
		err = set_from_next(p, &m);
	} else {
		err = set_value(&m, m.row->if_alone);
	}
	free(said);
	return err;
}

/*
 * What is attached to a letter whose argument may be left out: after '=', or
 * when it is one of the choices. "-gfp" is -g with fp, "-gv" is -g and -v.
 */
static const char *attached(const struct option_row *row, const char *text)
{
	const char *const *choice = row->type == OPTION_CHOICE ? row->choices : NULL;

	if (*text == '=')
		return text + 1;
	for (; choice && *choice; choice++)
		if (!strcmp(*choice, text))
			return text;
	return NULL;
}

/* @word is what follows "-": letters of flags, the last one with an argument perhaps. */
static int parse_letters(struct parser *p, const char *word)
{
	char said[3] = "-";
	int err = 0;

	for (; *word && !err; word++) {
		struct match m = find_row(p, NULL, 0, *word);
		const char *given = NULL;

		if (!m.row) {
			log_error("unknown option -%c; --help lists them", *word);
			return -EINVAL;
		}
		said[1] = *word;
		m.said = said;
		if (takes_argument(m.row))
			return word[1] ? set_value(&m, word + 1) : set_from_next(p, &m);
		if (m.row->arg_optional)
			given = attached(m.row, word + 1);
		if (given)
			return set_value(&m, given);
		err = set_value(&m, m.row->if_alone);
	}
	return err;
}

int options_parse(const struct option_set *sets, size_t nr_sets, int argc, char **argv, int *rest,
		  char ***words, size_t *nr_words)
{
	struct parser p = { sets, nr_sets, argc, 0, argv };
	char **found = calloc(argc + 1, sizeof(*found));
	size_t nr = 0;
	int err;

	clear_values(sets, nr_sets);
	err = found ? set_defaults(sets, nr_sets, false) : -ENOMEM;
	*rest = argc;
	while (!err && p.at < argc) {
		char *word = argv[p.at++];

		if (!strcmp(word, "--")) {
			*rest = p.at;
			break;
		}
		if (word[0] != '-' || !word[1])
			found[nr++] = word;
		else if (word[1] == '-')
			err = parse_long(&p, word + 2);
		else
			err = parse_letters(&p, word + 1);
	}
	if (!err)
		err = set_defaults(sets, nr_sets, true);
	if (err) {
		if (err == -ENOMEM)
			log_error("out of memory");
		free(found);
		options_free(sets, nr_sets);
		return err;
	}
	*words = found;
	*nr_words = nr;
	return 0;
}

void options_free(const struct option_set *sets, size_t nr_sets)
{
	const struct option_row *row;
	size_t i;

	for (i = 0; i < nr_sets; i++)
		for (row = sets[i].rows; row->name; row++)
			if (row->type == OPTION_LIST) {
				char **value = (char **)((char *)sets[i].values + row->offset);

				free(*value);
				*value = NULL;
			}
}

/* "PAGES", "auto|perf|bpf", "" */
static const char *arg_text(const struct option_row *row, char *buf, size_t size)
{
	if (!is_word_type(row))
		return "";
	if (row->arg)
		return row->arg;
	return row->choices ? choices_text(row->choices, "|", buf, size) : "ARG";
}

/* "--mmap-pages=PAGES", "--call-graph[=fp|dwarf]", "--[no-]order" */
static const char *long_text(const struct option_row *row, char *buf, size_t size)
{
	char arg[128];

	snprintf(buf, size, "--%s%s%s%s%s", is_on_by_default(row) ? "[no-]" : "", row->name,
		 !is_word_type(row)  ? ""
		 : row->arg_optional ? "[="
				     : "=",
		 arg_text(row, arg, sizeof(arg)),
		 is_word_type(row) && row->arg_optional ? "]" : "");
	return buf;
}

/* The help's sentence with its default: owned by the caller, NULL when memory is out. */
static char *sentence_new(const struct option_row *row)
{
	char *text = NULL;
	int n;

	if (is_on_by_default(row))
		n = asprintf(&text, "%s (on by default)", row->help);
	else if (row->set_by_default)
		n = asprintf(&text, "%s (default: %s)", row->help, row->set_by_default);
	else
		return strdup(row->help);
	return n < 0 ? NULL : text;
}

void options_help(FILE *out, const struct option_row *rows)
{
	const struct option_row *row;
	const char *text;
	char left[256];
	char *sentence;
	size_t column;

	for (row = rows; row->name; row++) {
		if (row->group)
			fprintf(out, "\n%s:\n", row->group);
		if (row->hidden)
			continue;
		sentence = sentence_new(row);
		long_text(row, left, sizeof(left));
		if (row->letter)
			fprintf(out, "  -%c, %s", row->letter, left);
		else
			fprintf(out, "      %s", left);
		column = 6 + strlen(left);
		if (column + 2 > HELP_COLUMN) {
			fputc('\n', out);
			column = 0;
		}
		fprintf(out, "%*s", (int)(HELP_COLUMN - column), "");
		text = sentence ? sentence : row->help;
		wrap_print(out, text, strlen(text), HELP_COLUMN);
		free(sentence);
	}
}

void options_complete(FILE *out, const struct option_row *rows)
{
	const struct option_row *row;

	for (row = rows; row->name; row++) {
		if (row->hidden)
			continue;
		fprintf(out, "--%s%s%s", is_on_by_default(row) ? "no-" : "", row->name,
			takes_argument(row) ? "=" : "");
		if (row->letter)
			fprintf(out, " -%c", row->letter);
		fputc('\n', out);
	}
}
