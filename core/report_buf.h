/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_REPORT_BUF_H
#define MWPROF_REPORT_BUF_H

/*
 * What a sink has to say, gathered in memory and written in one go. Errors are
 * kept: the first one silences the rest and is met at the end.
 */
#include <stddef.h>
#include <stdio.h>

struct report_buf {
	FILE *stream; /* closed by report_buf_fini() unless it is stdout */
	char *data;   /* owned; len bytes, not NUL-terminated */
	size_t len, max;
	int error; /* the first -errno since the last report_buf_end() */
};

void report_buf_put(struct report_buf *buf, const char *data, size_t len);
void report_buf_puts(struct report_buf *buf, const char *text);
void report_buf_printf(struct report_buf *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes what has gathered if it is much: memory stays bounded however long the report. */
void report_buf_relieve(struct report_buf *buf);

/* Writes all of it: 0, or the first -errno since the last call. */
int report_buf_end(struct report_buf *buf);

/* What was not written is dropped. */
void report_buf_fini(struct report_buf *buf);

#endif
