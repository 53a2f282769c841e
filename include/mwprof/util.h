/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_UTIL_H
#define MWPROF_UTIL_H

/*
 * Small things that everybody needs and that own nothing.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NSEC_PER_SEC 1000000000ULL
#define NSEC_PER_USEC 1000ULL

/* CLOCK_MONOTONIC: the clock of every time stamp in mwprof. */
__u64 now_ns(void);

/*
 * Decimal number in the whole of @text, at most @max: 0, or -EINVAL. Blanks,
 * signs and trailing text are errors.
 */
int parse_u64(const char *text, __u64 max, __u64 *out);

/* "5s" "20ms" "7us" "100ns" "100" (bare: ns) -> nanoseconds: 0, or -EINVAL. */
int parse_duration_ns(const char *text, __u64 *out);

/*
 * "0-3,8" -> a sorted array without duplicates, owned by the caller (free()).
 * 0, -ENOMEM, or -EINVAL with *@bad_at = offset of what is wrong.
 */
int parse_list(const char *text, int **out, size_t *nr, size_t *bad_at);

/*
 * A whole small file (/proc, /sys), NUL-terminated: length, or -errno; -EFBIG when
 * it is longer than size - 1. @buf owned by caller.
 */
int read_file(const char *path, char *buf, size_t size);

/* Bytes of the valid UTF-8 character at @text, its number in *@code; 0: not valid UTF-8. */
size_t utf8_char(const char *text, __u32 *code);

/*
 * Copies @in (NUL-terminated, untrusted: a symbol, a comm, a path) to @out so
 * that no terminal acts on it: control bytes and broken UTF-8 become \xNN. Always
 * NUL-terminates. Returns @out.
 */
const char *escape_text(const char *in, char *out, size_t size);

#endif
