// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_buf.c - the output buffer of a sink
 *
 * A report is written with one write, so that a reader at the other end of a
 * pipe never sees half a one because the profiler was busy; a flood of event
 * rows goes out in pieces of MUCH. Used by report_text.c and report_json.c.
 */
#include "core/report_buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MUCH (64UL << 10)

static bool has_room(struct report_buf *buf, size_t more)
{
	size_t max = buf->max ? buf->max : 4096;
	char *data;

	if (buf->error)
		return false;
	if (more <= buf->max - buf->len)
		return true;
	while (max - buf->len < more)
		max *= 2;
	data = realloc(buf->data, max);
	if (!data) {
		buf->error = -ENOMEM;
		return false;
	}
	buf->data = data;
	buf->max = max;
	return true;
}

void report_buf_put(struct report_buf *buf, const char *data, size_t len)
{
	if (!len || !has_room(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

void report_buf_puts(struct report_buf *buf, const char *text)
{
	report_buf_put(buf, text, strlen(text));
}

void report_buf_printf(struct report_buf *buf, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0 || !has_room(buf, len + 1))
		return;
	va_start(args, fmt);
	vsnprintf(buf->data + buf->len, len + 1, fmt, args);
	va_end(args);
	buf->len += len;
}

/* errno of a failed write may be lost in a close or a free: it is taken at once. */
static void buf_write(struct report_buf *buf)
{
	errno = 0;
	if (!buf->error && buf->len &&
	    (fwrite(buf->data, 1, buf->len, buf->stream) != buf->len || fflush(buf->stream))) {
		buf->error = errno ? -errno : -EIO;
		clearerr(buf->stream);
	}
	buf->len = 0;
}

void report_buf_relieve(struct report_buf *buf)
{
	if (buf->len > MUCH)
		buf_write(buf);
}

int report_buf_end(struct report_buf *buf)
{
	int error;

	buf_write(buf);
	error = buf->error;
	buf->error = 0;
	return error;
}

void report_buf_fini(struct report_buf *buf)
{
	free(buf->data);
	if (buf->stream && buf->stream != stdout)
		fclose(buf->stream);
	buf->data = NULL;
	buf->stream = NULL;
}
