// SPDX-License-Identifier: GPL-2.0-only
/*
 * log.c - everything that is not data
 *
 * One line a call to stderr, in one write(2), so that lines of several
 * processes on one terminal do not mix and nothing waits in a buffer when the
 * program dies. The level is the only state. Called from everywhere.
 */
#include "mwprof/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mwprof/util.h"

static enum log_level log_level = LOG_NORMAL;

void log_set_level(enum log_level level)
{
	log_level = level;
}

/* What users typed and what the kernel said may be in it: no terminal shall act on it. errno stays. */
static void line_write(const char *fmt, va_list args)
{
	static const char prefix[] = "mwprof: ";
	char text[2048], line[sizeof(prefix) + sizeof(text) + 1];
	size_t len = sizeof(prefix) - 1;
	int saved = errno;

	memcpy(line, prefix, len);
	vsnprintf(text, sizeof(text), fmt, args);
	escape_text(text, line + len, sizeof(line) - len - 1);
	len += strlen(line + len);
	line[len++] = '\n';
	/* Where stderr is closed there is nobody to tell. */
	if (write(STDERR_FILENO, line, len) < 0)
		errno = saved;
	errno = saved;
}

#define LOG_AT(name, level)                                                                        \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list args;                                                                      \
                                                                                                   \
		if (log_level < (level))                                                           \
			return;                                                                    \
		va_start(args, fmt);                                                               \
		line_write(fmt, args);                                                             \
		va_end(args);                                                                      \
	}

LOG_AT(log_error, LOG_QUIET)
LOG_AT(log_warning, LOG_NORMAL)
LOG_AT(log_notice, LOG_NORMAL)
LOG_AT(log_verbose, LOG_VERBOSE)
LOG_AT(log_debug, LOG_DEBUG)
