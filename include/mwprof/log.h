/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_LOG_H
#define MWPROF_LOG_H

/*
 * Everything that is not data goes to stderr through here, one line a call,
 * "mwprof: " in front. Data goes to stdout through a report.
 */
enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE, LOG_DEBUG };

void log_set_level(enum log_level level);

#define LOG_PRINTF __attribute__((format(printf, 1, 2)))
void log_error(const char *fmt, ...) LOG_PRINTF;   /* always */
void log_warning(const char *fmt, ...) LOG_PRINTF; /* not with -q */
void log_notice(const char *fmt, ...) LOG_PRINTF;  /* not with -q: "tracing ..." */
void log_verbose(const char *fmt, ...) LOG_PRINTF; /* -v */
void log_debug(const char *fmt, ...) LOG_PRINTF;   /* -v -v */

#endif
