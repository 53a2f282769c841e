// SPDX-License-Identifier: GPL-2.0-only
/*
 * option.c - what command lines set, what they are told, how --help reads
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/options.h"
#include "mwprof/util.h"

struct values {
	bool order, inherit, comm;
	unsigned int verbose, engine, graph;
	__u64 pages, than, interval;
	const char *output;
	char *alloc, *kernel;
};

static const char *const engines[] = { "auto", "perf", "bpf", NULL };
static const char *const graphs[] = { "none", "fp", "dwarf", NULL };

static const struct option_row rows[] = {
	{ .name = "order",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct values, order),
	  .help = "order by time",
	  .group = "Events" },
	{ .name = "inherit",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct values, inherit),
	  .set_by_default = "yes",
	  .help = "follow children" },
	{ .name = "mmap-pages",
	  .letter = 'm',
	  .type = OPTION_UINT,
	  OPTION_AT(struct values, pages),
	  .arg = "PAGES",
	  .min = 1,
	  .max = 4096,
	  .set_by_default = "64",
	  .help = "pages of each ring, a power of two; more of them lose fewer events when many "
		  "come at once" },
	{ .name = "call-graph",
	  .letter = 'g',
	  .type = OPTION_CHOICE,
	  OPTION_AT(struct values, graph),
	  .arg_optional = true,
	  .if_alone = "fp",
	  .choices = graphs,
	  .help = "take stacks" },
	{ .name = "than",
	  .type = OPTION_DURATION,
	  OPTION_AT(struct values, than),
	  .arg = "T",
	  .max = 3600 * NSEC_PER_SEC,
	  .help = "only older ones",
	  .group = "Report" },
	{ .name = "interval",
	  .letter = 'i',
	  .type = OPTION_MSEC,
	  OPTION_AT(struct values, interval),
	  .arg = "MS",
	  .min = 1000000,
	  .help = "report every MS" },
	{ .name = "output",
	  .letter = 'o',
	  .type = OPTION_STRING,
	  OPTION_AT(struct values, output),
	  .arg = "FILE",
	  .help = "write to FILE" },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPTION_COUNT,
	  OPTION_AT(struct values, verbose),
	  .help = "say more" },
	{ .name = "secret",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct values, comm),
	  .hidden = true,
	  .help = "hidden" },
	{ 0 },
};

static const struct option_row more_rows[] = {
	{ .name = "alloc",
	  .letter = 'a',
	  .type = OPTION_LIST,
	  OPTION_AT(struct values, alloc),
	  .arg = "LIST",
	  .help = "allocations" },
	{ .name = "kernel",
	  .type = OPTION_LIST,
	  OPTION_AT(struct values, kernel),
	  .arg = "WHAT",
	  .arg_optional = true,
	  .if_alone = "slab",
	  .set_by_default = "page",
	  .help = "ready-made" },
	{ .name = "engine",
	  .type = OPTION_CHOICE,
	  OPTION_AT(struct values, engine),
	  .choices = engines,
	  .set_by_default = "perf",
	  .help = "where it runs" },
	{ 0 },
};

struct run {
	struct values v, w;
	struct option_set sets[2];
	int err, rest, argc;
	char **words;
	size_t nr_words;
	char said[512]; /* what went to stderr */
	char line[256], *argv[32];
};

/* Parses @line's words; free with run_free(). */
static struct run *run(const char *text)
{
	struct run *r = calloc(1, sizeof(*r));
	int was = dup(STDERR_FILENO), file = memfd_create("stderr", 0);
	char *word;

	assert_non_null(r);
	r->sets[0] = (struct option_set){ rows, &r->v };
	r->sets[1] = (struct option_set){ more_rows, &r->w };
	snprintf(r->line, sizeof(r->line), "%s", text);
	for (word = strtok(r->line, " "); word; word = strtok(NULL, " "))
		r->argv[r->argc++] = word;
	assert_true(was >= 0 && file >= 0);
	dup2(file, STDERR_FILENO);
	r->err = options_parse(r->sets, 2, r->argc, r->argv, &r->rest, &r->words, &r->nr_words);
	dup2(was, STDERR_FILENO);
	assert_true(pread(file, r->said, sizeof(r->said) - 1, 0) >= 0);
	close(file);
	close(was);
	return r;
}

static void run_free(struct run *r)
{
	if (!r->err) {
		free(r->words);
		options_free(r->sets, 2);
	}
	free(r);
}

static struct run *good(const char *text)
{
	struct run *r = run(text);

	assert_string_equal(r->said, "");
	assert_int_equal(r->err, 0);
	return r;
}

static void refused(const char *text, const char *said)
{
	struct run *r = run(text);
	char want[512];

	snprintf(want, sizeof(want), "mwprof: %s\n", said);
	assert_string_equal(r->said, want);
	assert_int_equal(r->err, -EINVAL);
	run_free(r);
}

static void defaults_hold_when_nothing_is_given(void **state)
{
	struct run *r = good("");

	assert_false(r->v.order);
	assert_true(r->v.inherit);
	assert_int_equal(r->v.pages, 64);
	assert_int_equal(r->v.than, 0);
	assert_null(r->v.output);
	assert_null(r->w.alloc);
	assert_string_equal(r->w.kernel, "page");
	assert_int_equal(r->w.engine, 1);
	assert_int_equal(r->rest, 0);
	assert_int_equal(r->nr_words, 0);
	run_free(r);
	(void)state;
}

static void arguments_come_attached_or_apart(void **state)
{
	struct run *r = good("--than=5ms --mmap-pages 128 -i100 -o out --engine bpf");

	assert_int_equal(r->v.than, 5000000);
	assert_int_equal(r->v.pages, 128);
	assert_int_equal(r->v.interval, 100000000);
	assert_string_equal(r->v.output, "out");
	assert_int_equal(r->w.engine, 2);
	run_free(r);
	r = good("-m256 --output=");
	assert_int_equal(r->v.pages, 256);
	assert_string_equal(r->v.output, "");
	run_free(r);
	(void)state;
}

static void an_optional_argument_is_never_the_next_word(void **state)
{
	struct run *r = good("-g dwarf");

	assert_int_equal(r->v.graph, 1);
	assert_int_equal(r->nr_words, 1);
	assert_string_equal(r->words[0], "dwarf");
	run_free(r);
	r = good("--call-graph=dwarf --kernel");
	assert_int_equal(r->v.graph, 2);
	assert_string_equal(r->w.kernel, "slab");
	run_free(r);
	(void)state;
}

static void letters_cluster(void **state)
{
	struct run *r = good("-gvv -v");

	assert_int_equal(r->v.graph, 1);
	assert_int_equal(r->v.verbose, 3);
	run_free(r);
	r = good("-vgdwarf");
	assert_int_equal(r->v.graph, 2);
	assert_int_equal(r->v.verbose, 1);
	run_free(r);
	r = good("-vm8");
	assert_int_equal(r->v.pages, 8);
	run_free(r);
	r = good("-g=none -vi 5");
	assert_int_equal(r->v.graph, 0);
	assert_int_equal(r->v.interval, 5000000);
	run_free(r);
	(void)state;
}

static void flags_can_be_taken_back(void **state)
{
	struct run *r = good("--order --no-order --no-inherit --secret");

	assert_false(r->v.order);
	assert_false(r->v.inherit);
	assert_true(r->v.comm);
	run_free(r);
	(void)state;
}

static void repeated_lists_are_joined_and_replace_the_default(void **state)
{
	struct run *r = good("-a a:b --alloc=c:d --alloc e:f --kernel=slab,percpu");

	assert_string_equal(r->w.alloc, "a:b,c:d,e:f");
	assert_string_equal(r->w.kernel, "slab,percpu");
	run_free(r);
	(void)state;
}

static void the_command_follows_two_dashes(void **state)
{
	struct run *r = good("help -v - -- ls -l");

	assert_int_equal(r->rest, 4);
	assert_int_equal(r->nr_words, 2);
	assert_string_equal(r->words[0], "help");
	assert_string_equal(r->words[1], "-");
	assert_string_equal(r->argv[r->rest], "ls");
	run_free(r);
	r = good("-v --");
	assert_int_equal(r->rest, 2);
	run_free(r);
	(void)state;
}

static void unknown_options_name_the_nearest(void **state)
{
	refused("--thann 5", "unknown option --thann; did you mean --than?");
	refused("--thann=5", "unknown option --thann; did you mean --than?");
	refused("--xyzzyplugh", "unknown option --xyzzyplugh; --help lists them");
	refused("-vz", "unknown option -z; --help lists them");
	(void)state;
}

static void beginnings_of_names_are_not_names(void **state)
{
	struct run *r = run("--inter 5");

	assert_int_equal(r->err, -EINVAL);
	run_free(r);
	r = run("--no-than");
	assert_int_equal(r->err, -EINVAL);
	run_free(r);
	(void)state;
}

static void missing_and_needless_arguments_are_errors(void **state)
{
	refused("--than", "--than needs an argument T");
	refused("--than --order", "--than needs an argument T");
	refused("-m", "-m needs an argument PAGES");
	refused("-o -- ls", "-o needs an argument FILE");
	refused("--order=yes", "--order takes no argument");
	(void)state;
}

static void bad_values_are_told_what_would_be_good(void **state)
{
	refused("-m 0", "-m: '0' is not a number from 1 to 4096");
	refused("-m4k", "-m: '4k' is not a number from 1 to 4096");
	refused("--mmap-pages=", "--mmap-pages: '' is not a number from 1 to 4096");
	refused("-i 0", "-i: '0' is not a number of milliseconds of 1 or more");
	refused("-i 99999999999999999", "-i: '99999999999999999' is not a number of milliseconds "
					"of 1 or more");
	refused("--than 5x", "--than: '5x' is not a time: 5s 20ms 7us 100ns");
	refused("--than 2h", "--than: '2h' is not a time: 5s 20ms 7us 100ns");
	refused("--than 3601s", "--than: '3601s' is not a time from 0ns to 3600s");
	refused("--engine=perv", "--engine: 'perv' is none of auto, perf, bpf; did you mean perf?");
	refused("--engine=xyzzyplugh", "--engine: 'xyzzyplugh' is none of auto, perf, bpf");
	(void)state;
}

static char *help_of(void (*print)(FILE *, const struct option_row *), const struct option_row *r)
{
	char *buf = NULL;
	size_t size;
	FILE *out = open_memstream(&buf, &size);

	assert_non_null(out);
	print(out, r);
	fclose(out);
	return buf;
}

static void help_is_grouped_and_wrapped(void **state)
{
	char *text = help_of(options_help, rows);

	assert_string_equal(
		text,
		"\nEvents:\n"
		"      --order                 order by time\n"
		"      --[no-]inherit          follow children (on by default)\n"
		"  -m, --mmap-pages=PAGES      pages of each ring, a power of two; more of them\n"
		"                              lose fewer events when many come at once (default:\n"
		"                              64)\n"
		"  -g, --call-graph[=none|fp|dwarf]\n"
		"                              take stacks\n"
		"\nReport:\n"
		"      --than=T                only older ones\n"
		"  -i, --interval=MS           report every MS\n"
		"  -o, --output=FILE           write to FILE\n"
		"  -v, --verbose               say more\n");
	free(text);
	(void)state;
}

static void completion_shows_what_takes_an_argument(void **state)
{
	char *text = help_of(options_complete, rows);

	assert_string_equal(text,
			    "--order\n--no-inherit\n--mmap-pages= -m\n--call-graph -g\n--than=\n"
			    "--interval= -i\n--output= -o\n--verbose -v\n");
	free(text);
	(void)state;
}

static void an_argument_without_a_name_is_shown_as_its_choices(void **state)
{
	char *text = help_of(options_help, more_rows);

	assert_string_equal(text, "  -a, --alloc=LIST            allocations\n"
				  "      --kernel[=WHAT]         ready-made (default: page)\n"
				  "      --engine=auto|perf|bpf  where it runs (default: perf)\n");
	free(text);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_hold_when_nothing_is_given),
		cmocka_unit_test(arguments_come_attached_or_apart),
		cmocka_unit_test(an_optional_argument_is_never_the_next_word),
		cmocka_unit_test(letters_cluster),
		cmocka_unit_test(flags_can_be_taken_back),
		cmocka_unit_test(repeated_lists_are_joined_and_replace_the_default),
		cmocka_unit_test(the_command_follows_two_dashes),
		cmocka_unit_test(unknown_options_name_the_nearest),
		cmocka_unit_test(beginnings_of_names_are_not_names),
		cmocka_unit_test(missing_and_needless_arguments_are_errors),
		cmocka_unit_test(bad_values_are_told_what_would_be_good),
		cmocka_unit_test(help_is_grouped_and_wrapped),
		cmocka_unit_test(completion_shows_what_takes_an_argument),
		cmocka_unit_test(an_argument_without_a_name_is_shown_as_its_choices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
