/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXPR_VS_CC_HELPERS_H
#define EXPR_VS_CC_HELPERS_H

/*
 * The C side of the comparison: this language's own rules, for each type that
 * arithmetic can have, chosen by the C compiler with _Generic. And what a
 * chunk of generated cases hands to compare.c.
 */
#include <fnmatch.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cases.h"

typedef uint8_t u8, __u8;
typedef uint16_t u16, __u16;
typedef uint32_t u32, __u32;
typedef unsigned long long u64, __u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

#define CC_OF_TYPE(T, n)                                                                           \
	static inline T cc_div_##n(T a, T b)                                                       \
	{                                                                                          \
		return !b ? 0 : (T)-1 < 0 && b == (T)-1 ? -a : a / b;                              \
	}                                                                                          \
	static inline T cc_mod_##n(T a, T b)                                                       \
	{                                                                                          \
		return !b ? a : (T)-1 < 0 && b == (T)-1 ? 0 : a % b;                               \
	}                                                                                          \
	static inline T cc_shl_##n(T a, u64 count)                                                 \
	{                                                                                          \
		return (T)((u64)a << (count % 64));                                                \
	}                                                                                          \
	static inline T cc_shr_##n(T a, u64 count)                                                 \
	{                                                                                          \
		return (T)-1 < 0 ? (T)((s64)a >> (count % 64)) : (T)((u64)a >> (count % 64));      \
	}                                                                                          \
	static inline T cc_min_##n(T a, T b)                                                       \
	{                                                                                          \
		return a < b ? a : b;                                                              \
	}                                                                                          \
	static inline T cc_max_##n(T a, T b)                                                       \
	{                                                                                          \
		return a > b ? a : b;                                                              \
	}                                                                                          \
	static inline T cc_abs_##n(T a)                                                            \
	{                                                                                          \
		return a < 0 ? -a : a;                                                             \
	}
CC_OF_TYPE(int, i)
CC_OF_TYPE(unsigned int, u)
CC_OF_TYPE(long, l)
CC_OF_TYPE(unsigned long, ul)
CC_OF_TYPE(long long, ll)
CC_OF_TYPE(unsigned long long, ull)

#define CC_BY_TYPE(x, f)                                                                           \
	_Generic((x), int                                                                          \
		 : f##_i, unsigned int                                                             \
		 : f##_u, long                                                                     \
		 : f##_l, unsigned long                                                            \
		 : f##_ul, long long                                                               \
		 : f##_ll, unsigned long long                                                      \
		 : f##_ull)
#define DIV(a, b) CC_BY_TYPE((a) + (b), cc_div)(a, b)
#define MOD(a, b) CC_BY_TYPE((a) + (b), cc_mod)(a, b)
#define MIN(a, b) CC_BY_TYPE((a) + (b), cc_min)(a, b)
#define MAX(a, b) CC_BY_TYPE((a) + (b), cc_max)(a, b)
#define SHL(a, b) CC_BY_TYPE(+(a), cc_shl)(a, b)
#define SHR(a, b) CC_BY_TYPE(+(a), cc_shr)(a, b)
#define ABS(a) CC_BY_TYPE(+(a), cc_abs)(a)

static inline int cc_log2(unsigned long x)
{
	int n = 0;

	while (x >>= 1)
		n++;
	return n;
}

static inline bool cc_bool(u64 x)
{
	return x;
}

static inline u32 cc_swap32(u32 x)
{
	return x >> 24 | (x >> 8 & 0xff00) | (x & 0xff00) << 8 | x << 24;
}

static inline u16 cc_swap16(u16 x)
{
	return x >> 8 | x << 8;
}

static inline int cc_like(const char *s, const char *glob)
{
	return !fnmatch(glob, s, 0);
}

static inline int cc_strncmp(const char *a, const char *b, size_t n)
{
	int order = strncmp(a, b, n);

	return (order > 0) - (order < 0);
}

struct rec;

/* Strings of a record, with the NUL they may lack. */
static inline const char *cc_copy(const char *s, size_t len, char *buf)
{
	memcpy(buf, s, len);
	buf[len] = '\0';
	return buf;
}

#define CC_STRINGS                                                                                 \
	static const char *cc_comm(const struct rec *r)                                            \
	{                                                                                          \
		static char buf[17];                                                               \
		return cc_copy(r->comm, 16, buf);                                                  \
	}                                                                                          \
	static const char *cc_name(const struct rec *r)                                            \
	{                                                                                          \
		static char buf[65536];                                                            \
		return cc_copy((const char *)r + (r->name & 0xffff), r->name >> 16, buf);          \
	}                                                                                          \
	static const char *cc_rel(const struct rec *r)                                             \
	{                                                                                          \
		static char buf[65536];                                                            \
		return cc_copy((const char *)(&r->rel + 1) + (r->rel & 0xffff), r->rel >> 16,      \
			       buf);                                                               \
	}

#define CC_MEMBER(m) ((struct rec *)0)->m
#define CC_FIELD(m, T)                                                                             \
	{                                                                                          \
#m, offsetof(struct rec, m), sizeof(CC_MEMBER(m)), sizeof(T), (T)-1 < 0,           \
			CC_INTEGER                                                                 \
	}
#define CC_ARRAY(m, T)                                                                             \
	{                                                                                          \
#m, offsetof(struct rec, m), sizeof(CC_MEMBER(m)), sizeof(T), (T)-1 < 0,           \
			CC_INTEGERS                                                                \
	}
#define CC_STRING_FIELDS                                                                           \
	{ "comm", offsetof(struct rec, comm), 16, 1, 0, CC_CHARS },                                \
		{ "name", offsetof(struct rec, name), 4, 1, 0, CC_DATA_LOC },                      \
		{ "rel", offsetof(struct rec, rel), 4, 1, 0, CC_REL_LOC },

#define CC_INDEX(m, T)                                                                             \
	static T cc_##m(const struct rec *r, u64 i)                                                \
	{                                                                                          \
		return i < sizeof(r->m) / sizeof(T) ? r->m[i] : 0;                                 \
	}

/* The type is the expression's own: __auto_type does not promote. */
#define CASE(n, e)                                                                                 \
	static u64 case_##n(const struct rec *r, unsigned int *size, bool *is_signed)              \
	{                                                                                          \
		__auto_type v = e;                                                                 \
		*size = sizeof(v);                                                                 \
		*is_signed = (__typeof__(v))-1 < (__typeof__(v))1;                                 \
		return v;                                                                          \
	}

#endif
