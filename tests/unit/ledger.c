// SPDX-License-Identifier: GPL-2.0-only
/*
 * ledger.c - every way of losing something, in words, losses first
 */
#include "core/ledger.h"
#include "tests/unit/engine_test.h"

static const struct ledger_row own[] = {
	{ "own_note", LEDGER_NOTE, "means little" },
	{ "own_loss", LEDGER_LOSS, "means a lot" },
	{ 0 },
};

#define MAX_ROWS (NR_LEDGER_CORE + LEDGER_MAX_OWN)

static void every_row_of_the_core_has_a_name_of_its_own_and_a_meaning(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NR_LEDGER_CORE; i++) {
		const struct ledger_row *row = &ledger_core_rows[i];

		assert_non_null(row->name);
		assert_non_null(row->meaning);
		/* A key of JSON, and a sentence that goes on after the number. */
		assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz_"),
				 strlen(row->name));
		assert_true(strlen(row->meaning) > 20);
		assert_int_not_equal(row->meaning[strlen(row->meaning) - 1], '.');
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(row->name, ledger_core_rows[j].name);
	}
}

static void an_empty_ledger_has_no_rows_and_no_losses(void **state)
{
	struct ledger ledger = { .own_rows = own }, bare = { 0 };
	const struct ledger_row *rows[MAX_ROWS];
	__u64 counts[MAX_ROWS];

	(void)state;
	assert_int_equal(ledger_nonzero(&ledger, rows, counts), 0);
	assert_int_equal(ledger_nonzero(&bare, rows, counts), 0);
	assert_int_equal(ledger_losses(&ledger), 0);
}

static void losses_come_first_and_only_what_is_not_zero(void **state)
{
	struct ledger ledger = { .own_rows = own, .own = { 3, 4 } };
	const struct ledger_row *rows[MAX_ROWS];
	__u64 counts[MAX_ROWS];

	(void)state;
	ledger.core[LEDGER_CUT_STACKS] = 2;
	ledger.core[LEDGER_LOST_RECORDS] = 1;
	assert_int_equal(ledger_nonzero(&ledger, rows, counts), 4);
	assert_string_equal(rows[0]->name, "lost_records");
	assert_int_equal(counts[0], 1);
	assert_string_equal(rows[1]->name, "own_loss");
	assert_int_equal(counts[1], 4);
	assert_string_equal(rows[2]->name, "cut_stacks");
	assert_int_equal(counts[2], 2);
	assert_string_equal(rows[3]->name, "own_note");
	assert_int_equal(counts[3], 3);
	assert_int_equal(ledger_losses(&ledger), 5);
}

static void notes_are_no_losses_and_every_loss_counts(void **state)
{
	struct ledger ledger = { .own_rows = own, .own = { 1000, 0 } };
	__u64 losses = 0;

	(void)state;
	for (unsigned int i = 0; i < NR_LEDGER_CORE; i++) {
		ledger.core[i] = 10 + i;
		losses += ledger_core_rows[i].kind == LEDGER_LOSS ? 10 + i : 0;
		assert_int_equal(ledger_losses(&ledger), losses);
	}
}

static void a_full_ledger_fits(void **state)
{
	struct ledger_row rows_of_mine[LEDGER_MAX_OWN + 1];
	const struct ledger_row *rows[MAX_ROWS];
	struct ledger ledger = { .own_rows = rows_of_mine };
	__u64 counts[MAX_ROWS];

	(void)state;
	memset(rows_of_mine, 0, sizeof(rows_of_mine));
	for (unsigned int i = 0; i < LEDGER_MAX_OWN; i++) {
		rows_of_mine[i] = own[i % 2];
		ledger.own[i] = 1;
	}
	for (unsigned int i = 0; i < NR_LEDGER_CORE; i++)
		ledger.core[i] = 1;
	assert_int_equal(ledger_nonzero(&ledger, rows, counts), MAX_ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_the_core_has_a_name_of_its_own_and_a_meaning),
		cmocka_unit_test(an_empty_ledger_has_no_rows_and_no_losses),
		cmocka_unit_test(losses_come_first_and_only_what_is_not_zero),
		cmocka_unit_test(notes_are_no_losses_and_every_loss_counts),
		cmocka_unit_test(a_full_ledger_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
