// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracefs.c - format files of five kernels: fields, kinds, printed records
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/tracefs.h"
#include "mwprof/util.h"

#define FORMATS "tests/fixtures/tpformats"
#define NR_FORMATS 237

static size_t file_read(const char *path, char *buf, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t len;

	if (!file)
		fail_msg("%s: %s (run from the top of the tree)", path, strerror(errno));
	len = fread(buf, 1, size - 1, file);
	fclose(file);
	assert_true(len < size - 1);
	buf[len] = '\0';
	return len;
}

static const struct event_format *format_of_text(struct tracefs *t, const char *sys,
						 const char *text)
{
	const struct event_format *f;

	assert_int_equal(tracefs_add_format(t, sys, text, strlen(text), &f), 0);
	return f;
}

static const struct event_format *format_of_file(struct tracefs *t, const char *kernel,
						 const char *sys, const char *name)
{
	static char text[65536];
	char path[256];

	snprintf(path, sizeof(path), FORMATS "/%s/%s_%s.format", kernel, sys, name);
	file_read(path, text, sizeof(text));
	return format_of_text(t, sys, text);
}

/* Checks a field against its line, taken apart in another way than the code does. */
static void field_agrees(const char *path, const struct event_format *f, const char *line)
{
	char decl[200], last[100] = "", *word, *save, *bracket;
	int offset, size, is_signed;
	const struct expr_field *field;
	bool located, is_char, dimension = false;

	assert_int_equal(sscanf(line, " field:%199[^;]; offset:%d; size:%d; signed:%d;", decl,
				&offset, &size, &is_signed),
			 4);
	located = !strncmp(decl, "__data_loc", 10) || !strncmp(decl, "__rel_loc", 9);
	is_char = !strncmp(decl, "char ", 5) || strstr(decl, "loc char[] ");
	for (word = strtok_r(decl, " *", &save); word; word = strtok_r(NULL, " *", &save))
		snprintf(last, sizeof(last), "%s", word);
	bracket = strchr(last, '[');
	if (bracket) {
		*bracket = '\0';
		dimension = true;
	}
	field = event_format_field(f, last);
	if (!field)
		fail_msg("%s: no field '%s'", path, last);
	if (field->offset != offset || field->size != size || field->is_signed != is_signed)
		fail_msg("%s: %s: %d %d %d", path, last, field->offset, field->size,
			 field->is_signed);
	assert_int_equal(field->where != EXPR_FIXED, located);
	assert_int_equal(field->is_string, is_char && (located || dimension));
	assert_int_equal(field->is_array, !field->is_string && (located || dimension));
	if (!located && !dimension)
		assert_int_equal(field->elem_size, size);
}

static void every_field_of_every_kernel_is_where_its_line_says(void **state)
{
	static char text[65536];
	struct dirent *kernel, *entry;
	DIR *top = opendir(FORMATS), *dir;
	size_t nr_files = 0, nr_printing = 0, nr_lines;
	char path[600], *line, *next;

	(void)state;
	assert_non_null(top);
	while ((kernel = readdir(top))) {
		const struct event_format *f;
		struct tracefs *t;

		if (kernel->d_name[0] == '.')
			continue;
		assert_int_equal(tracefs_new_empty(&t), 0);
		snprintf(path, sizeof(path), FORMATS "/%s", kernel->d_name);
		dir = opendir(path);
		assert_non_null(dir);
		while ((entry = readdir(dir))) {
			if (!strstr(entry->d_name, ".format"))
				continue;
			snprintf(path, sizeof(path), FORMATS "/%s/%s", kernel->d_name,
				 entry->d_name);
			file_read(path, text, sizeof(text));
			f = format_of_text(t, "sys", text);
			nr_lines = 0;
			for (line = text; line; line = next) {
				next = strchr(line, '\n');
				if (next)
					*next++ = '\0';
				if (strncmp(line, "\tfield:", 7))
					continue;
				field_agrees(path, f, line);
				nr_lines++;
			}
			assert_int_equal(f->nr_fields, nr_lines);
			assert_string_equal(f->fields[0].name, "common_type");
			nr_printing += f->prints;
			nr_files++;
		}
		closedir(dir);
		tracefs_free(t);
	}
	closedir(top);
	assert_int_equal(nr_files, NR_FORMATS);
	assert_in_range(nr_printing, NR_FORMATS - 10,
			NR_FORMATS); /* how many is the library's matter */
	print_message("%zu of %zu print formats parsed\n", nr_printing, nr_files);
}

static const char KINDS[] =
	"name: kinds\nID: 77\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\n"
	"\tfield:char plain;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield:char old_comm[16];\toffset:16;\tsize:16;\tsigned:1;\n"
	"\tfield:char new_comm[16];\toffset:32;\tsize:16;\tsigned:0;\n"
	"\tfield:unsigned char mac[6];\toffset:48;\tsize:6;\tsigned:0;\n"
	"\tfield:u8 addr[16];\toffset:56;\tsize:16;\tsigned:0;\n"
	"\tfield:unsigned long args[6];\toffset:72;\tsize:48;\tsigned:0;\n"
	"\tfield:__data_loc char[] name;\toffset:120;\tsize:4;\tsigned:0;\n"
	"\tfield:__rel_loc char[] rel;\toffset:124;\tsize:4;\tsigned:1;\n"
	"\tfield:__data_loc unsigned long[] longs;\toffset:128;\tsize:4;\tsigned:0;\n"
	"\tfield:__data_loc cpumask_t cpus;\toffset:132;\tsize:4;\tsigned:0;\n"
	"\tfield:__data_loc u8[] bytes;\toffset:136;\tsize:4;\tsigned:0;\n"
	"\tfield:const char *ptr;\toffset:144;\tsize:8;\tsigned:0;\n"
	"\tfield:void __seg_gs * percpu;\toffset:152;\tsize:8;\tsigned:0;\n"
	"\tfield:struct timespec64 when;\toffset:160;\tsize:16;\tsigned:0;\n"
	"\tfield:const char *const * argv;\toffset:176;\tsize:8;\tsigned:0;\n"
	"\tfield:s64 pair[2];\toffset:184;\tsize:16;\tsigned:1;\n"
	"\nprint fmt: \"%s\", weird(REC->plain) .. nonsense\n";

static void a_field_is_what_its_type_says(void **state)
{
	static const struct {
		const char *name, *type;
		int elem_size, is_string, is_array, where;
	} wanted[] = {
		{ "plain", "char", 1, 0, 0, EXPR_FIXED },
		{ "old_comm", "char", 1, 1, 0, EXPR_FIXED },
		{ "new_comm", "char", 1, 1, 0, EXPR_FIXED },
		{ "mac", "unsigned char", 1, 0, 1, EXPR_FIXED },
		{ "addr", "u8", 1, 0, 1, EXPR_FIXED },
		{ "args", "unsigned long", 8, 0, 1, EXPR_FIXED },
		{ "name", "__data_loc char[]", 1, 1, 0, EXPR_DATA_LOC },
		{ "rel", "__rel_loc char[]", 1, 1, 0, EXPR_REL_LOC },
		{ "longs", "__data_loc unsigned long[]", 8, 0, 1, EXPR_DATA_LOC },
		{ "cpus", "__data_loc cpumask_t", 8, 0, 1, EXPR_DATA_LOC },
		{ "bytes", "__data_loc u8[]", 1, 0, 1, EXPR_DATA_LOC },
		{ "ptr", "const char *", 8, 0, 0, EXPR_FIXED },
		{ "percpu", "void __seg_gs *", 8, 0, 0, EXPR_FIXED },
		{ "when", "struct timespec64", 0, 0, 0, EXPR_FIXED },
		{ "argv", "const char *const *", 8, 0, 0, EXPR_FIXED },
		{ "pair", "s64", 8, 0, 1, EXPR_FIXED },
	};
	const struct event_format *f;
	struct tracefs *t;
	size_t i;

	(void)state;
	assert_int_equal(tracefs_new_empty(&t), 0);
	f = format_of_text(t, "test", KINDS);
	assert_string_equal(f->sys, "test");
	assert_string_equal(f->name, "kinds");
	assert_int_equal(f->id, 77);
	assert_int_equal(f->nr_fields, 1 + ARRAY_SIZE(wanted));
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		const struct expr_field *field = event_format_field(f, wanted[i].name);

		assert_non_null(field);
		assert_string_equal(field->type, wanted[i].type);
		assert_int_equal(field->elem_size, wanted[i].elem_size);
		assert_int_equal(field->is_string, wanted[i].is_string);
		assert_int_equal(field->is_array, wanted[i].is_array);
		assert_int_equal(field->where, wanted[i].where);
	}
	assert_null(event_format_field(f, "nothing"));
	tracefs_free(t);
}

static void a_damaged_format_file_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"name: x\nID: 1\nformat:\n",
		"ID: 1\nformat:\n\tfield:int a;\toffset:0;\tsize:4;\tsigned:1;\n",
		"name: x\nformat:\n\tfield:int a;\toffset:0;\tsize:4;\tsigned:1;\n",
		"name: x\nID: 1\nformat:\n\tfield:int a;\toffset:0;\tsize:4;\n",
		"name: x\nID: 1\nformat:\n\tfield:int a;\toffset:70000;\tsize:4;\tsigned:1;\n",
		"name: x\nID: 1\nformat:\n\tfield:;\toffset:0;\tsize:4;\tsigned:1;\n",
		"name: x\nID: 1\nformat:\n\tfield:]];\toffset:0;\tsize:4;\tsigned:1;\n",
		"name: x\nID: 1\nformat:\n\tfield:int a",
	};
	const struct event_format *f;
	struct tracefs *t;
	size_t i;

	(void)state;
	assert_int_equal(tracefs_new_empty(&t), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (tracefs_add_format(t, "sys", bad[i], strlen(bad[i]), &f) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
	tracefs_free(t);
}

static void set(const struct event_format *f, char *raw, const char *name, __u64 value)
{
	const struct expr_field *field = event_format_field(f, name);

	assert_non_null(field);
	memcpy(raw + field->offset, &value, field->size);
}

static const char *find_symbol(void *ctx, __u64 addr, __u64 *start)
{
	assert_ptr_equal(ctx, find_symbol);
	if (addr < 0xffffffff81000000 || addr >= 0xffffffff81001000)
		return NULL;
	*start = 0xffffffff81000000;
	return "start_kernel";
}

static void records_print_as_the_kernel_prints_them(void **state)
{
	const struct event_format *f;
	char raw[128] = { 0 }, out[512];
	struct tracefs *t;

	(void)state;
	assert_int_equal(tracefs_new_empty(&t), 0);
	tracefs_set_symbol(t, find_symbol, find_symbol);

	f = format_of_file(t, "host-6.18.44", "kmem", "kmalloc");
	set(f, raw, "common_type", f->id);
	set(f, raw, "call_site", 0xffffffff81000010);
	set(f, raw, "ptr", 0xffff888012345678);
	set(f, raw, "bytes_req", 100);
	set(f, raw, "bytes_alloc", 128);
	set(f, raw, "gfp_flags", 0xcc0);
	set(f, raw, "node", -1);
	tracefs_print(f, raw, 52, out, sizeof(out));
	assert_string_equal(out, "call_site=start_kernel+0x10 ptr=0xffff888012345678 bytes_req=100 "
				 "bytes_alloc=128 gfp_flags=GFP_KERNEL node=-1 accounted=false");

	memset(raw, 0, sizeof(raw));
	f = format_of_file(t, "host-6.18.44", "sched", "sched_process_exec");
	set(f, raw, "common_type", f->id);
	set(f, raw, "filename", 8 << 16 | 20);
	set(f, raw, "pid", 41);
	set(f, raw, "old_pid", 40);
	memcpy(raw + 20, "/bin/ls", 8);
	tracefs_print(f, raw, 28, out, sizeof(out));
	assert_string_equal(out, "filename=/bin/ls pid=41 old_pid=40");

	tracefs_print(f, raw, 28, out, 13);
	assert_string_equal(out, "filename=/bi");
	tracefs_free(t);
}

static void an_event_whose_print_fmt_is_beyond_us_prints_field_by_field(void **state)
{
	const struct event_format *f;
	char raw[256] = { 0 }, out[1024];
	struct tracefs *t;

	(void)state;
	assert_int_equal(tracefs_new_empty(&t), 0);
	f = format_of_text(t, "test", KINDS);
	assert_false(f->prints);
	set(f, raw, "common_type", 77);
	set(f, raw, "plain", -3);
	memcpy(raw + 16, "sixteen bytes ok", 16); /* no NUL behind it */
	strcpy(raw + 32, "short");
	memcpy(raw + 48, "\1\2\3\4\5\377", 6);
	set(f, raw, "name", 4 << 16 | 200);
	memcpy(raw + 200, "far", 4);
	set(f, raw, "rel", 3 << 16 | (204 - 128));
	memcpy(raw + 204, "re", 3);
	set(f, raw, "longs", 16 << 16 | 208);
	raw[208] = 7;
	raw[216] = 9;
	set(f, raw, "ptr", 0xabc);
	memset(raw + 184, 0xff, 8);
	tracefs_print(f, raw, sizeof(raw), out, sizeof(out));
	assert_string_equal(
		out, "plain=-3 old_comm=sixteen bytes ok new_comm=short mac={1,2,3,4,5,255} "
		     "addr={0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0} args={0,0,0,0,0,0} name=far rel=re "
		     "longs={7,9} cpus={} bytes={} ptr=0xabc percpu=0x0 "
		     "when={00000000000000000000000000000000} argv=0x0 pair={-1,0}");
	tracefs_free(t);
}

static void a_record_that_was_cut_is_not_read_beyond_its_end(void **state)
{
	const struct event_format *f;
	char *raw = calloc(1, 16), out[256]; /* on the heap: a sanitizer sees the end */
	struct tracefs *t;

	(void)state;
	assert_int_equal(tracefs_new_empty(&t), 0);
	f = format_of_file(t, "host-6.18.44", "sched", "sched_process_exec");
	set(f, raw, "common_type", f->id);
	set(f, raw, "pid", 5);
	set(f, raw, "filename", 100 << 16 | 8);
	tracefs_print(f, raw, 16, out, sizeof(out));
	assert_string_equal(out, "filename=(cut) pid=5 old_pid=(cut)");
	free(raw);
	tracefs_free(t);
}

static void one_field_says_whether_it_is_a_number(void **state)
{
	const struct event_format *f;
	char raw[256] = { 0 }, out[64];
	struct tracefs *t;
	bool is_number;

	(void)state;
	assert_int_equal(tracefs_new_empty(&t), 0);
	f = format_of_text(t, "test", KINDS);
	set(f, raw, "plain", 'A');
	tracefs_print_field(f, event_format_field(f, "plain"), raw, sizeof(raw), out, sizeof(out),
			    &is_number);
	assert_string_equal(out, "65");
	assert_true(is_number);
	set(f, raw, "ptr", 0xffff888000000000);
	tracefs_print_field(f, event_format_field(f, "ptr"), raw, sizeof(raw), out, sizeof(out),
			    &is_number);
	assert_string_equal(out, "0xffff888000000000");
	assert_false(is_number);
	tracefs_print_field(f, event_format_field(f, "args"), raw, sizeof(raw), out, 8, &is_number);
	assert_string_equal(out, "{0,0,0,");
	assert_false(is_number);
	tracefs_free(t);
}

static void an_empty_tracefs_knows_what_was_added_and_nothing_else(void **state)
{
	const struct event_format *f, *again;
	struct tracefs *t;
	char **names;
	size_t nr;

	(void)state;
	assert_int_equal(tracefs_new_empty(&t), 0);
	f = format_of_text(t, "test", KINDS);
	assert_int_equal(tracefs_format(t, "test", "kinds", &again), 0);
	assert_ptr_equal(f, again);
	assert_int_equal(tracefs_format(t, "test", "other", &again), -ENOENT);
	assert_int_equal(tracefs_names(t, NULL, &names, &nr), 0);
	assert_int_equal(nr, 0);
	tracefs_names_free(names, nr);
	tracefs_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_every_kernel_is_where_its_line_says),
		cmocka_unit_test(a_field_is_what_its_type_says),
		cmocka_unit_test(a_damaged_format_file_is_refused),
		cmocka_unit_test(records_print_as_the_kernel_prints_them),
		cmocka_unit_test(an_event_whose_print_fmt_is_beyond_us_prints_field_by_field),
		cmocka_unit_test(a_record_that_was_cut_is_not_read_beyond_its_end),
		cmocka_unit_test(one_field_says_whether_it_is_a_number),
		cmocka_unit_test(an_empty_tracefs_knows_what_was_added_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
