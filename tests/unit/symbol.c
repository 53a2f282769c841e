// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbol.c - kernel symbols by address
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/symbol.h"
#include "mwprof/log.h"

static char path[] = "/tmp/mwprof-symbol-XXXXXX";

/* A table that reads @text. */
static struct symbols *symbols_of(const char *text)
{
	struct symbols *s;
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(symbols_new(&s, path), 0);
	return s;
}

static void finds(struct symbols *s, __u64 addr, const char *name, __u64 offset, const char *module)
{
	struct symbol found;

	if (!symbol_find(s, addr, &found))
		fail_msg("%llx not found", addr);
	assert_string_equal(found.name, name);
	assert_int_equal(found.offset, offset);
	assert_string_equal(found.module, module);
}

static void finds_nothing(struct symbols *s, __u64 addr)
{
	struct symbol found;

	assert_false(symbol_find(s, addr, &found));
}

static const char TABLE[] = "0000000000000000 A fixed_percpu_data\n"
			    "0000000000001000 D data_low\n"
			    "ffffffff81000000 t local_start\n"
			    "ffffffff81000000 T _stext\n"
			    "ffffffff81000000 T _text\n"
			    "ffffffff81000040 t first_local\n"
			    "ffffffff81000040 t second_local\n"
			    "ffffffff81000080 W weak_one\n"
			    "ffffffff81000090 D data_between\n"
			    "ffffffff810000c0 T _etext\n"
			    "ffffffffc0200000 t mod_b\t[zeta]\n"
			    "ffffffffc0100000 t mod_a\t[alpha]\n"
			    "ffffffffc0100020 T mod_a2\t[alpha]\n"
			    "ffffffffc0300000 t bpf_prog_6deef7357e7b4530_sd_devices\t[bpf]\n";

static void an_address_is_in_the_function_that_begins_before_it(void **state)
{
	struct symbols *s = symbols_of(TABLE);

	(void)state;
	finds(s, 0xffffffff81000041, "first_local", 1, "[kernel.kallsyms]");
	finds(s, 0xffffffff8100007f, "first_local", 0x3f, "[kernel.kallsyms]");
	finds(s, 0xffffffff81000080, "weak_one", 0, "[kernel.kallsyms]");
	/* Data does not cut a function. */
	finds(s, 0xffffffff810000bf, "weak_one", 0x3f, "[kernel.kallsyms]");
	symbols_free(s);
}

static void modules_and_bpf_programs_are_found_in_any_order(void **state)
{
	struct symbols *s = symbols_of(TABLE);

	(void)state;
	finds(s, 0xffffffffc0100010, "mod_a", 0x10, "[alpha]");
	finds(s, 0xffffffffc0100021, "mod_a2", 1, "[alpha]");
	finds(s, 0xffffffffc0200000, "mod_b", 0, "[zeta]");
	finds(s, 0xffffffffc0300077, "bpf_prog_6deef7357e7b4530_sd_devices", 0x77, "[bpf]");
	symbols_free(s);
}

static void of_several_names_the_first_global_one_is_taken(void **state)
{
	struct symbols *s = symbols_of(TABLE);

	(void)state;
	finds(s, 0xffffffff81000000, "_stext", 0, "[kernel.kallsyms]");
	finds(s, 0xffffffff81000040, "first_local", 0, "[kernel.kallsyms]");
	symbols_free(s);
}

static void an_address_in_no_function_is_not_found(void **state)
{
	struct symbols *s = symbols_of(TABLE);

	(void)state;
	finds_nothing(s, 0);
	finds_nothing(s, 0x1000);
	finds_nothing(s, 0x7fffffffffff);
	finds_nothing(s, 0xffffffff80ffffff);
	finds_nothing(s, 0xffffffffa0000000); /* between the kernel's end and the modules */
	finds(s, 0xffffffffc0400000, "bpf_prog_6deef7357e7b4530_sd_devices", 0x100000, "[bpf]");
	finds_nothing(s, 0xffffffffc0400001);
	symbols_free(s);
}

static void damaged_lines_are_passed_over(void **state)
{
	struct symbols *s = symbols_of("\n"
				       "garbage\n"
				       "ffffffff81000000\n"
				       "ffffffff81000010 T\n"
				       "ffffffff81000020 T ok\n"
				       "ffffffff81000030 T no_newline");

	(void)state;
	finds_nothing(s, 0xffffffff81000010);
	finds(s, 0xffffffff81000021, "ok", 1, "[kernel.kallsyms]");
	finds(s, 0xffffffff81000030, "no_newline", 0, "[kernel.kallsyms]");
	symbols_free(s);
}

/* What loading @s and looking something up says on stderr. */
static int stderr_of_load(struct symbols *s, char *buf, size_t size)
{
	int fds[2], saved = dup(STDERR_FILENO), err;
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	err = symbols_load(s);
	finds_nothing(s, 0xffffffff81000000);
	finds_nothing(s, 0xffffffff81000001);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	n = read(fds[0], buf, size - 1);
	close(fds[0]);
	buf[n > 0 ? n : 0] = '\0';
	return err;
}

static void hidden_addresses_are_told_once_with_the_cure(void **state)
{
	struct symbols *s = symbols_of("0000000000000000 T _text\n0000000000000000 T second\n");
	char said[1024], *cure;

	(void)state;
	assert_int_equal(stderr_of_load(s, said, sizeof(said)), -EPERM);
	assert_int_equal(strncmp(said, "mwprof: kernel addresses are hidden (kptr_restrict=", 51),
			 0);
	cure = strstr(said, "), frames are shown as addresses: CAP_SYSLOG is missing");
	assert_non_null(cure);
	assert_ptr_equal(strchr(said, '\n') + 1, said + strlen(said)); /* one line */
	symbols_free(s);
}

static void a_missing_table_is_told_once(void **state)
{
	struct symbols *s;
	char said[1024];

	(void)state;
	assert_int_equal(symbols_new(&s, "/nowhere/kallsyms"), 0);
	assert_int_equal(stderr_of_load(s, said, sizeof(said)), -ENOENT);
	assert_string_equal(said,
			    "mwprof: cannot read /nowhere/kallsyms: No such file or directory; "
			    "frames are shown as addresses\n");
	symbols_free(s);
	symbols_free(NULL);
}

static int temp_make(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int temp_remove(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_in_the_function_that_begins_before_it),
		cmocka_unit_test(modules_and_bpf_programs_are_found_in_any_order),
		cmocka_unit_test(of_several_names_the_first_global_one_is_taken),
		cmocka_unit_test(an_address_in_no_function_is_not_found),
		cmocka_unit_test(damaged_lines_are_passed_over),
		cmocka_unit_test(hidden_addresses_are_told_once_with_the_cure),
		cmocka_unit_test(a_missing_table_is_told_once),
	};

	return cmocka_run_group_tests(tests, temp_make, temp_remove);
}
