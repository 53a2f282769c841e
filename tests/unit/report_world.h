/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_TESTS_REPORT_WORLD_H
#define MWPROF_TESTS_REPORT_WORLD_H

/*
 * A small world for tests of the report: a symbol table, one process, three
 * stacks, one event; and a sink that writes to memory.
 */
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/frames.h"
#include "core/report_sink.h"
#include "core/symbol.h"
#include "core/task.h"
#include "core/tracefs.h"

#define WORLD_PID 0x40000001

struct world {
	char kallsyms[64];
	struct report_names names;
	stack_id kernel_stack, user_stack, mixed_stack;
	struct tracefs *tracefs;
	struct event_spec spec;
	struct event event;
	unsigned char raw[64];
	struct report *report;
	FILE *stream;
	char *out; /* what the sink has written */
	size_t out_len;
};

static const char world_table[] = "ffffffff81234510 T kmalloc\n"
				  "ffffffff81abcccc t some_function\n"
				  "ffffffff81abcdef T next_function\n"
				  "ffffffffc0000000 t mod_function\t[mod]\n";

static const char world_format[] =
	"name: kmalloc\nID: 7\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
	"\n"
	"\tfield:unsigned long call_site;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:const void * ptr;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:size_t bytes_req;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:int node;\toffset:32;\tsize:4;\tsigned:1;\n"
	"\tfield:char comm[8];\toffset:36;\tsize:8;\tsigned:0;\n"
	"\nprint fmt: \"call_site=%lx bytes_req=%zu comm=%s\", REC->call_site, REC->bytes_req, "
	"REC->comm\n";

static void world_stacks(struct world *w)
{
	const __u64 kernel = (__u64)PERF_CONTEXT_KERNEL, user = (__u64)PERF_CONTEXT_USER;
	/* some_function's call was its last instruction: the address is already the next one's. */
	const __u64 in_kernel[] = { kernel, 0xffffffff81234587, 0xffffffff81abcdef,
				    0xffffffffa0000000 };
	const __u64 in_user[] = { user, 0x55e032027205, 0x1234 };
	const __u64 mixed[] = { kernel, 0xffffffffc0000010, user, 0x55e032027205, 0x55e032027300 };

	w->kernel_stack = frames_intern(w->names.frames, WORLD_PID, in_kernel, 4);
	w->user_stack = frames_intern(w->names.frames, WORLD_PID, in_user, 3);
	w->mixed_stack = frames_intern(w->names.frames, WORLD_PID, mixed, 5);
}

static void world_event(struct world *w)
{
	const __u64 call_site = 0xc09f56b9, ptr = 0xf59a7600, bytes = 1024;
	const __u16 type = 7;
	const int node = -1;

	memcpy(w->raw, &type, 2);
	memcpy(w->raw + 8, &call_site, 8);
	memcpy(w->raw + 16, &ptr, 8);
	memcpy(w->raw + 24, &bytes, 8);
	memcpy(w->raw + 32, &node, 4);
	memcpy(w->raw + 36, "a\"\033\377z", 6);
	w->spec = (struct event_spec){ .sys = "kmem", .name = "kmalloc", .label = "kmem:kmalloc" };
	assert_int_equal(tracefs_new_empty(&w->tracefs), 0);
	assert_int_equal(tracefs_add_format(w->tracefs, "kmem", world_format, strlen(world_format),
					    &w->spec.format),
			 0);
	w->event = (struct event){ .spec = &w->spec,
				   .time_ns = 305266631999,
				   .pid = 4517,
				   .tid = 4518,
				   .raw = w->raw,
				   .raw_size = 44 };
}

/* A world without a sink; w->stream is where one may write. */
static void world_new(struct world *w)
{
	int fd;

	memset(w, 0, sizeof(*w));
	strcpy(w->kallsyms, "/tmp/mwprof-report-XXXXXX");
	fd = mkstemp(w->kallsyms);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, world_table, strlen(world_table)), strlen(world_table));
	close(fd);
	assert_int_equal(symbols_new(&w->names.symbols, w->kallsyms), 0);
	assert_int_equal(tasks_new(&w->names.tasks), 0);
	assert_int_equal(stack_table_new(&w->names.stacks, 1 << 20), 0);
	assert_int_equal(frames_new(&w->names.frames, w->names.stacks, w->names.tasks), 0);
	tasks_mmap(w->names.tasks, WORLD_PID, 0x55e032026000, 0x2000, 0x26000, "/usr/bin/app");
	world_stacks(w);
	world_event(w);
	assert_int_equal(report_new(&w->report), 0);
	w->stream = open_memstream(&w->out, &w->out_len);
	assert_non_null(w->stream);
}

static void world_free(struct world *w)
{
	report_free(w->report); /* closes the stream */
	tracefs_free(w->tracefs);
	frames_free(w->names.frames);
	stack_table_free(w->names.stacks);
	tasks_free(w->names.tasks);
	symbols_free(w->names.symbols);
	free(w->out);
	unlink(w->kallsyms);
}

#endif
