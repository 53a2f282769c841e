// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_json.c, report_schema.c - every line, word for word and by the schema
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "json_check.h"
#include "report_world.h"

static struct json *schema;

static int schema_read(void **state)
{
	(void)state;
	schema = json_parse(report_json_schema);
	return schema ? 0 : -1;
}

static int schema_drop(void **state)
{
	(void)state;
	json_free(schema);
	return 0;
}

static bool accepted(const char *line)
{
	struct json *j = json_parse(line);
	bool ok = j && schema_accepts(schema, schema, j);

	json_free(j);
	return ok;
}

static void json_world(struct world *w)
{
	struct report_sink *sink;

	world_new(w);
	assert_int_equal(report_json_new(&sink, &w->names, w->stream), 0);
	report_add_sink(w->report, sink);
}

/* Ends the report; what came out is @wanted, and each of its lines is as the schema says. */
static void writes(struct world *w, const char *wanted)
{
	char *line, *next;

	assert_int_equal(report_end(w->report), 0);
	fflush(w->stream);
	assert_string_equal(w->out, wanted);
	for (line = w->out; *line; line = next) {
		next = strchr(line, '\n');
		assert_non_null(next);
		*next++ = '\0';
		if (!accepted(line))
			fail_msg("not as the schema says: %s", line);
	}
	world_free(w);
}

static void a_report_begins_with_why_and_when(void **state)
{
	struct world w;

	(void)state;
	json_world(&w);
	report_begin(w.report, REPORT_FINAL, 1);
	report_begin(w.report, REPORT_INTERVAL, 18446744073709551615ULL);
	report_begin(w.report, REPORT_SIGNAL, 0);
	writes(&w, "{\"type\":\"report\",\"why\":\"final\",\"time_ns\":1}\n"
		   "{\"type\":\"report\",\"why\":\"interval\",\"time_ns\":18446744073709551615}\n"
		   "{\"type\":\"report\",\"why\":\"signal\",\"time_ns\":0}\n");
}

static void a_row_has_every_value_by_its_name(void **state)
{
	const struct report_group comms[] = { { "bash", 10, 2 }, { "a\"b", 5, 1 } };
	struct world w;

	(void)state;
	json_world(&w);
	{
		const struct report_value v[] = {
			REPORT_U64("bytes", 9007199254740993ULL),
			REPORT_S64("growth", -7),
			REPORT_SECONDS("age", 1500),
			REPORT_STRING("event", "kmem:kmalloc"),
			REPORT_BOOL("suspect", true),
			REPORT_BOOL("unsure", false),
			REPORT_STRING("nothing", NULL),
			REPORT_GROUPS("comms", comms, 2),
			REPORT_GROUPS("none", comms, 0),
			REPORT_STACK(w.mixed_stack),
		};

		report_heading(w.report, "only for people");
		report_row(w.report, "leak", "text", v, 10);
		report_row(w.report, "total", NULL, NULL, 0);
	}
	writes(&w, "{\"type\":\"leak\",\"bytes\":9007199254740993,\"growth\":-7,\"age_ns\":1500,"
		   "\"event\":\"kmem:kmalloc\",\"suspect\":true,\"unsure\":false,\"nothing\":\"\","
		   "\"comms\":[{\"name\":\"bash\",\"bytes\":10,\"objects\":2},"
		   "{\"name\":\"a\\\"b\",\"bytes\":5,\"objects\":1}],"
		   "\"stack\":[{\"ip\":\"0xffffffffc0000010\",\"symbol\":\"mod_function\","
		   "\"offset\":16,\"object\":\"[mod]\"},"
		   "{\"ip\":\"0x55e032027205\",\"offset\":160261,\"object\":\"/usr/bin/app\"},"
		   "{\"ip\":\"0x55e032027300\",\"offset\":160512,\"object\":\"/usr/bin/app\"}]}\n"
		   "{\"type\":\"total\"}\n");
}

static void frames_say_what_is_known_of_them(void **state)
{
	const struct report_value lost = REPORT_STACK(STACK_LOST), none = REPORT_STACK(STACK_NONE);
	struct world w;

	(void)state;
	json_world(&w);
	{
		const struct report_value user = REPORT_STACK(w.user_stack);

		report_row(w.report, "a", NULL, &lost, 1);
		report_row(w.report, "a", NULL, &none, 1);
		report_row(w.report, "a", NULL, &user, 1);
	}
	writes(&w, "{\"type\":\"a\",\"stack\":[{\"ip\":\"0x0\",\"symbol\":\"[stack lost]\"}]}\n"
		   "{\"type\":\"a\"}\n"
		   "{\"type\":\"a\",\"stack\":[{\"ip\":\"0x55e032027205\",\"offset\":160261,"
		   "\"object\":\"/usr/bin/app\"}]}\n");
}

static const char *comm_of(void *ctx, const struct event *ev)
{
	(void)ev;
	return ctx;
}

static void an_event_has_its_fields_as_numbers_and_strings(void **state)
{
	static const char *const fields[] = { "node", "nonsense", "ptr", NULL };
	struct world w;

	(void)state;
	json_world(&w);
	report_set_comm(w.report, comm_of, "ba\303sh");
	report_event(w.report, &w.event, false, NULL, STACK_NONE);
	w.spec.label = "mine";
	report_event(w.report, &w.event, true, fields, w.kernel_stack);
	writes(&w,
	       "{\"type\":\"event\",\"time_ns\":305266631999,\"pid\":4517,\"tid\":4518,\"cpu\":0,"
	       "\"event\":\"kmem:kmalloc\",\"fields\":{\"call_site\":3231667897,"
	       "\"ptr\":\"0xf59a7600\",\"bytes_req\":1024,\"node\":-1,"
	       "\"comm\":\"a\\\"\\u001b\\ufffdz\"}}\n"
	       "{\"type\":\"event\",\"time_ns\":305266631999,\"pid\":4517,\"tid\":4518,\"cpu\":0,"
	       "\"comm\":\"ba\\ufffdsh\",\"event\":\"kmem:kmalloc\",\"alias\":\"mine\","
	       "\"fields\":{\"ptr\":\"0xf59a7600\",\"node\":-1},"
	       "\"stack\":[{\"ip\":\"0xffffffff81234587\",\"symbol\":\"kmalloc\",\"offset\":119,"
	       "\"object\":\"[kernel.kallsyms]\"},{\"ip\":\"0xffffffff81abcdef\","
	       "\"symbol\":\"some_function\",\"offset\":291,\"object\":\"[kernel.kallsyms]\"},"
	       "{\"ip\":\"0xffffffffa0000000\"}]}\n");
}

static const struct ledger_row ROWS[] = {
	{ "lost_events", LEDGER_LOSS, "records lost" },
	{ "worth_it", LEDGER_NOTE, "a \"note\"" },
	{ "lost_more", LEDGER_LOSS, "more lost" },
};
static const struct ledger_row *const LEDGER[] = { &ROWS[0], &ROWS[1], &ROWS[2] };

static void the_ledger_ends_with_its_sums(void **state)
{
	const __u64 counts[] = { 63, 2, 7 };
	struct world w;

	(void)state;
	json_world(&w);
	report_ledger(w.report, LEDGER, counts, 3);
	writes(&w, "{\"type\":\"ledger\",\"kind\":\"loss\",\"name\":\"lost_events\",\"count\":63,"
		   "\"meaning\":\"records lost\"}\n"
		   "{\"type\":\"ledger\",\"kind\":\"note\",\"name\":\"worth_it\",\"count\":2,"
		   "\"meaning\":\"a \\\"note\\\"\"}\n"
		   "{\"type\":\"ledger\",\"kind\":\"loss\",\"name\":\"lost_more\",\"count\":7,"
		   "\"meaning\":\"more lost\"}\n"
		   "{\"type\":\"ledger_total\",\"losses\":70,\"notes\":2}\n");
}

static void a_clean_sheet_is_said_aloud(void **state)
{
	struct world w;

	(void)state;
	json_world(&w);
	report_ledger(w.report, NULL, NULL, 0);
	writes(&w, "{\"type\":\"ledger_total\",\"losses\":0,\"notes\":0}\n");
}

static void any_bytes_make_a_valid_string(void **state)
{
	char name[256 + 64], wanted_rest[] = "gr\303\274n \360\237\230\200 \\\\ \\ufffd";
	struct report_value v = REPORT_STRING("s", name);
	struct world w;
	int i;

	(void)state;
	for (i = 1; i < 256; i++)
		name[i - 1] = i;
	strcpy(name + 255, "gr\303\274n \360\237\230\200 \\ \355\240\200");
	json_world(&w);
	report_row(w.report, "a", NULL, &v, 1);
	assert_int_equal(report_end(w.report), 0);
	fflush(w.stream);
	w.out[w.out_len - 1] = '\0';
	assert_true(accepted(w.out));
	assert_non_null(strstr(w.out, wanted_rest));
	assert_non_null(strstr(w.out, "{\"type\":\"a\",\"s\":\"\\u0001\\u0002"));
	world_free(&w);
}

/* The check itself: what must not pass does not. */
static void the_schema_refuses_what_is_wrong(void **state)
{
	static const char *const good[] = {
		"{\"type\":\"ledger_total\",\"losses\":0,\"notes\":0}",
		"{\"type\":\"leak\",\"bytes\":1,\"stack\":[{\"ip\":\"0x1\"}]}",
	};
	static const char *const bad[] = {
		"{\"type\":\"ledger_total\",\"losses\":0}",
		"{\"type\":\"ledger_total\",\"losses\":0,\"notes\":-1}",
		"{\"type\":\"ledger_total\",\"losses\":0,\"notes\":\"0\"}",
		"{\"type\":\"ledger_total\",\"losses\":0,\"notes\":0,\"more\":1}",
		"{\"type\":\"report\",\"why\":\"because\",\"time_ns\":1}",
		"{\"type\":\"leak\",\"bytes\":1.5}",
		"{\"type\":\"leak\",\"stack\":[{\"ip\":\"1\"}]}",
		"{\"type\":\"leak\",\"stack\":[{\"symbol\":\"x\"}]}",
		"{\"type\":\"leak\",\"value\":null}",
		"{\"type\":\"event\",\"time_ns\":1,\"pid\":1,\"tid\":1,\"cpu\":0,\"event\":\"a\"}",
		"{\"type\":7}",
		"{\"bytes\":1}",
		"[]",
		"{\"type\":\"leak\",}",
		"{\"type\":\"leak\"} x",
		"{\"type\":\"le\001ak\"}",
		"{\"type\":\"leak\",\"bytes\":01}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++)
		if (!accepted(good[i]))
			fail_msg("refused: %s", good[i]);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (accepted(bad[i]))
			fail_msg("accepted: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_begins_with_why_and_when),
		cmocka_unit_test(a_row_has_every_value_by_its_name),
		cmocka_unit_test(frames_say_what_is_known_of_them),
		cmocka_unit_test(an_event_has_its_fields_as_numbers_and_strings),
		cmocka_unit_test(the_ledger_ends_with_its_sums),
		cmocka_unit_test(a_clean_sheet_is_said_aloud),
		cmocka_unit_test(any_bytes_make_a_valid_string),
		cmocka_unit_test(the_schema_refuses_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, schema_read, schema_drop);
}
