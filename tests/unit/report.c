// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c, report_text.c, report_folded.c - the report, word for word
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "report_world.h"

static void text_world(struct world *w)
{
	struct report_sink *sink;

	world_new(w);
	assert_int_equal(report_text_new(&sink, &w->names, w->stream), 0);
	report_add_sink(w->report, sink);
	report_begin(w->report, REPORT_FINAL, 1);
}

/* Ends the report; what came out is @wanted. */
static void prints(struct world *w, const char *wanted)
{
	assert_int_equal(report_end(w->report), 0);
	fflush(w->stream);
	assert_string_equal(w->out, wanted);
	world_free(w);
}

static void a_leak_reads_as_users_and_scripts_know_it(void **state)
{
	const struct report_group comms[] = { { "kworker/0:1", 409600, 300 },
					      { "systemd", 81920, 150 },
					      { "bash", 32768, 62 } };
	struct world w;

	(void)state;
	text_world(&w);
	{
		const struct report_value v[] = {
			REPORT_U64("bytes", 524288),
			REPORT_U64("objects", 512),
			REPORT_GROUPS("comms", comms, 3),
			REPORT_STACK(w.kernel_stack),
		};

		report_heading(w.report, "LEAKED BYTES REPORT:");
		report_row(w.report, "leak",
			   "Leak of {bytes} bytes in {objects} objects allocated from:", v, 4);
	}
	prints(&w, "LEAKED BYTES REPORT:\n"
		   "Leak of 524288 bytes in 512 objects allocated from:\n"
		   "    comms: kworker/0:1(409600/300) systemd(81920/150) bash(32768/62)\n"
		   "    ffffffff81234587 kmalloc+0x77 ([kernel.kallsyms])\n"
		   "    ffffffff81abcdef some_function+0x123 ([kernel.kallsyms])\n"
		   "    ffffffffa0000000 ([unknown])\n");
}

static void user_frames_show_object_and_offset(void **state)
{
	struct world w;

	(void)state;
	text_world(&w);
	{
		const struct report_value user = REPORT_STACK(w.user_stack);
		const struct report_value mixed = REPORT_STACK(w.mixed_stack);

		report_row(w.report, "a", "user:", &user, 1);
		report_row(w.report, "a", "mixed:", &mixed, 1);
	}
	prints(&w, "user:\n"
		   "    000055e032027205 (/usr/bin/app+0x27205)\n"
		   "mixed:\n"
		   "    ffffffffc0000010 mod_function+0x10 ([mod])\n"
		   "    000055e032027205 (/usr/bin/app+0x27205)\n"
		   "    000055e032027300 (/usr/bin/app+0x27300)\n");
}

static void a_lost_stack_is_named_and_no_stack_is_nothing(void **state)
{
	const struct report_value lost = REPORT_STACK(STACK_LOST), none = REPORT_STACK(STACK_NONE);
	struct world w;

	(void)state;
	text_world(&w);
	report_row(w.report, "a", "lost:", &lost, 1);
	report_row(w.report, "a", "none:", &none, 1);
	prints(&w, "lost:\n    [stack lost]\nnone:\n");
}

static void every_kind_of_value_fills_its_place(void **state)
{
	const struct report_value v[] = {
		REPORT_U64("u", ~0ULL),		 REPORT_S64("s", -5),
		REPORT_SECONDS("t", 1234567890), REPORT_STRING("name", "a\033b"),
		REPORT_BOOL("yes", true),	 REPORT_BOOL("no", 0),
		REPORT_STRING("null", NULL),
	};
	struct world w;

	(void)state;
	text_world(&w);
	report_row(w.report, "a", "{u} {s} {t} {name} {yes} {no} [{null}] {unknown} {un {s}{", v,
		   7);
	report_row(w.report, "a", NULL, v, 7); /* for JSON only */
	report_heading(w.report, "");
	report_row(w.report, "a", "no values", NULL, 0);
	prints(&w, "18446744073709551615 -5 1.234567 a\\x1bb yes no [] {unknown} {un -5{\n"
		   "\n"
		   "no values\n");
}

static const char *comm_of(void *ctx, const struct event *ev)
{
	assert_int_equal(ev->tid, 4518);
	return ctx;
}

static void an_event_prints_as_the_kernel_prints_it(void **state)
{
	static const char *const fields[] = { "node", "nonsense", "ptr", NULL };
	struct world w;

	(void)state;
	text_world(&w);
	report_set_comm(w.report, comm_of, "kworker/0:1");
	report_event(w.report, &w.event, false, NULL, w.kernel_stack);
	report_event(w.report, &w.event, true, fields, STACK_NONE);
	w.spec.label = "my alloc";
	w.event.time_ns = 9999999999000000;
	w.event.cpu = 127;
	w.event.tid = 4518;
	report_event(w.report, &w.event, false, fields, STACK_NONE);
	prints(&w, "      305.266631  4518 [000] kmalloc: call_site=c09f56b9 bytes_req=1024 "
		   "comm=a\"\\x1b\\xffz\n"
		   "    ffffffff81234587 kmalloc+0x77 ([kernel.kallsyms])\n"
		   "    ffffffff81abcdef some_function+0x123 ([kernel.kallsyms])\n"
		   "    ffffffffa0000000 ([unknown])\n"
		   "      305.266631      kworker/0:1  4518 [000] kmalloc: node=-1 ptr=0xf59a7600\n"
		   "  9999999.999000  4518 [127] my alloc: node=-1 ptr=0xf59a7600\n");
}

static const struct ledger_row ROWS[] = {
	{ "worth_it", LEDGER_NOTE, "a note that needs no more than one line" },
	{ "lost_events", LEDGER_LOSS,
	  "records lost because a ring was full; objects allocated or freed meanwhile are counted "
	  "wrong, so take the figures above as a lower bound and give larger rings (-m)" },
	{ "zero", LEDGER_LOSS, "never seen" },
};
static const struct ledger_row *const LEDGER[] = { &ROWS[0], &ROWS[1], &ROWS[2] };

static void the_ledger_speaks_only_when_there_is_something_to_say(void **state)
{
	const __u64 clean[] = { 0, 0, 0 };
	struct world w;

	(void)state;
	text_world(&w);
	report_ledger(w.report, LEDGER, clean, 3);
	report_ledger(w.report, NULL, NULL, 0);
	prints(&w, "");
}

static void the_ledger_names_losses_first_and_wraps(void **state)
{
	const __u64 counts[] = { 3, 63, 0 };
	struct world w;

	(void)state;
	text_world(&w);
	report_ledger(w.report, LEDGER, counts, 3);
	prints(&w, "\n"
		   "LEDGER: what was missed, and what it means\n"
		   "  lost_events 63: records lost because a ring was full; objects allocated or\n"
		   "      freed meanwhile are counted wrong, so take the figures above as a lower\n"
		   "      bound and give larger rings (-m)\n"
		   "  worth_it 3 (note): a note that needs no more than one line\n");
}

static void a_ledger_of_notes_alone_says_that_nothing_was_missed(void **state)
{
	const __u64 counts[] = { 3, 0, 0 };
	struct world w;

	(void)state;
	text_world(&w);
	report_ledger(w.report, LEDGER, counts, 3);
	prints(&w, "\n"
		   "NOTES: nothing was missed; worth knowing\n"
		   "  worth_it 3 (note): a note that needs no more than one line\n");
}

static void nothing_is_written_before_the_end_but_a_flood_is(void **state)
{
	struct world w;
	int i;

	(void)state;
	text_world(&w);
	report_heading(w.report, "short");
	fflush(w.stream);
	assert_int_equal(w.out_len, 0);
	for (i = 0; i < 2000; i++)
		report_event(w.report, &w.event, false, NULL, STACK_NONE);
	fflush(w.stream);
	assert_in_range(w.out_len, 64 << 10, 2000 * 100);
	assert_int_equal(report_end(w.report), 0);
	assert_int_equal(w.out_len, 6 + 2000 * (strchr(w.out + 6, '\n') + 1 - (w.out + 6)));
	world_free(&w);
}

static void a_write_error_is_met_at_the_end(void **state)
{
	struct report_sink *sink;
	struct world w;
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	text_world(&w);
	assert_int_equal(report_text_new(&sink, &w.names, fopen("/dev/full", "we")), 0);
	report_add_sink(w.report, sink);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(report_text_new(&sink, &w.names, fdopen(fds[1], "w")), 0);
	report_add_sink(w.report, sink);
	report_heading(w.report, "lost on two of three");
	assert_int_equal(report_end(w.report), -ENOSPC); /* the first of them */
	assert_string_equal(w.out, "lost on two of three\n");
	world_free(&w);
	report_free(NULL);

	text_world(&w);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(report_text_new(&sink, &w.names, fdopen(fds[1], "w")), 0);
	report_add_sink(w.report, sink);
	report_heading(w.report, "lost");
	assert_int_equal(report_end(w.report), -EPIPE);
	world_free(&w);
}

static void a_report_to_nobody_is_no_error(void **state)
{
	struct report *report;
	struct world w;

	(void)state;
	assert_int_equal(report_new(&report), 0);
	report_heading(report, "to nobody");
	assert_int_equal(report_end(report), 0);
	report_free(report);
	text_world(&w);
	prints(&w, "");
}

/* --- folded stacks --- */

static char folded_path[] = "/tmp/mwprof-folded-XXXXXX";

static void folded_world(struct world *w, const char *weight_by)
{
	struct report_sink *sink;
	int fd;

	world_new(w);
	fclose(w->stream);
	strcpy(folded_path + strlen(folded_path) - 6, "XXXXXX");
	fd = mkstemp(folded_path);
	assert_int_equal(write(fd, "old\n", 4), 4);
	close(fd);
	assert_int_equal(report_folded_new(&sink, &w->names, folded_path, weight_by), 0);
	report_add_sink(w->report, sink);
	report_begin(w->report, REPORT_FINAL, 1);
}

static void holds(const char *wanted)
{
	char buf[4096];
	FILE *file = fopen(folded_path, "re");

	assert_non_null(file);
	buf[fread(buf, 1, sizeof(buf) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(buf, wanted);
}

static void row(struct world *w, stack_id stack, __u64 bytes)
{
	const struct report_value v[] = { REPORT_U64("bytes", bytes), REPORT_U64("objects", 1),
					  REPORT_STACK(stack) };

	report_row(w->report, "leak", "text", v, 3);
}

static void stacks_fold_root_first_and_sum_up(void **state)
{
	const struct report_value no_stack[] = { REPORT_U64("bytes", 1000000) };
	struct world w;

	(void)state;
	folded_world(&w, "bytes");
	row(&w, w.mixed_stack, 100);
	row(&w, w.kernel_stack, 7);
	row(&w, w.mixed_stack, 23);
	row(&w, STACK_LOST, 5);
	row(&w, STACK_NONE, 4);
	row(&w, w.user_stack, 0);
	report_row(w.report, "total", "text", no_stack, 1);
	holds("old\n"); /* until the end */
	assert_int_equal(report_end(w.report), 0);
	holds("[no stack] 4\n"
	      "[stack lost] 5\n"
	      "[unknown]_[k];some_function_[k];kmalloc_[k] 7\n"
	      "app+0x27300;app+0x27205;mod_function_[k] 123\n");

	report_begin(w.report, REPORT_INTERVAL, 2);
	row(&w, w.user_stack, 9);
	assert_int_equal(report_end(w.report), 0);
	holds("app+0x27205 9\n");
	world_free(&w);
	unlink(folded_path);
}

static void a_name_cannot_break_the_format(void **state)
{
	const __u64 ips[] = { (__u64)PERF_CONTEXT_USER, 0x5010 };
	struct world w;

	(void)state;
	folded_world(&w, "objects");
	tasks_mmap(w.names.tasks, WORLD_PID, 0x5000, 0x1000, 0, "/tmp/a;b c\n9");
	row(&w, frames_intern(w.names.frames, WORLD_PID, ips, 2), 9);
	assert_int_equal(report_end(w.report), 0);
	holds("a:b_c\\x0a9+0x10 1\n");
	world_free(&w);
	unlink(folded_path);
}

static void a_folded_file_that_cannot_be_written_is_an_error_at_once(void **state)
{
	struct report_sink *sink;
	struct world w;

	(void)state;
	world_new(&w);
	fclose(w.stream);
	assert_int_equal(report_folded_new(&sink, &w.names, "/nowhere/at/all", "bytes"), -ENOENT);
	world_free(&w);
}

static void a_folded_file_whose_directory_has_gone_is_an_error_at_the_end(void **state)
{
	char dir[] = "/tmp/mwprof-folded-XXXXXX", path[64];
	struct report_sink *sink;
	struct world w;

	(void)state;
	world_new(&w);
	fclose(w.stream);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/out", dir);
	assert_int_equal(report_folded_new(&sink, &w.names, path, "bytes"), 0);
	report_add_sink(w.report, sink);
	assert_int_equal(rmdir(dir), 0); /* the first look left nothing in it */
	report_begin(w.report, REPORT_FINAL, 1);
	row(&w, w.user_stack, 9);
	assert_int_equal(report_end(w.report), -ENOENT);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leak_reads_as_users_and_scripts_know_it),
		cmocka_unit_test(user_frames_show_object_and_offset),
		cmocka_unit_test(a_lost_stack_is_named_and_no_stack_is_nothing),
		cmocka_unit_test(every_kind_of_value_fills_its_place),
		cmocka_unit_test(an_event_prints_as_the_kernel_prints_it),
		cmocka_unit_test(the_ledger_speaks_only_when_there_is_something_to_say),
		cmocka_unit_test(the_ledger_names_losses_first_and_wraps),
		cmocka_unit_test(a_ledger_of_notes_alone_says_that_nothing_was_missed),
		cmocka_unit_test(nothing_is_written_before_the_end_but_a_flood_is),
		cmocka_unit_test(a_write_error_is_met_at_the_end),
		cmocka_unit_test(a_report_to_nobody_is_no_error),
		cmocka_unit_test(stacks_fold_root_first_and_sum_up),
		cmocka_unit_test(a_name_cannot_break_the_format),
		cmocka_unit_test(a_folded_file_that_cannot_be_written_is_an_error_at_once),
		cmocka_unit_test(a_folded_file_whose_directory_has_gone_is_an_error_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
