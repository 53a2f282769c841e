// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm.c - runs register code on a record
 *
 * The hot path of every expression that stays in user space: no allocation, no
 * copies, every load checked against the record's size, jumps forward only, so
 * it ends. Strings are pointers into the record; only names that the host makes
 * live here, in one buffer per string register. Called by expr.c.
 */
#include "expr/builtin.h"
#include "expr/glob.h"
#include "expr/ir.h"

#include <byteswap.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

struct string {
	const char *str; /* does not end with NUL */
	size_t len;
};

/* Where a field's bytes are in this record. false: not, or not all, in it. */
static bool array_find(const struct ir_array *array, const struct expr_record *rec, __u32 *at,
		       __u32 *len)
{
	__u32 locator;

	*at = array->offset;
	*len = array->size;
	if (array->where == EXPR_FIXED)
		return *at + *len <= rec->raw_size;
	if (*at + sizeof(locator) > rec->raw_size)
		return false;
	memcpy(&locator, (const char *)rec->raw + *at, sizeof(locator));
	*len = locator >> 16;
	*at = (locator & 0xffff) + (array->where == EXPR_REL_LOC ? *at + sizeof(locator) : 0);
	return *at + *len <= rec->raw_size;
}

static __u64 element_load(const struct ir_array *array, const struct expr_record *rec, __u64 index)
{
	unsigned int unused_bits = 64 - 8 * array->elem_size;
	__u64 value = 0;
	__u32 at, len;

	if (!array_find(array, rec, &at, &len) || index >= len / array->elem_size)
		return 0;
	memcpy(&value, (const char *)rec->raw + at + index * array->elem_size, array->elem_size);
	if (array->is_signed)
		value = (__u64)((__s64)(value << unused_bits) >> unused_bits);
	return value;
}

static struct string string_load(const struct ir_array *array, const struct expr_record *rec)
{
	struct string s = { "", 0 };
	__u32 at, len;

	if (array_find(array, rec, &at, &len) && len) {
		s.str = (const char *)rec->raw + at;
		s.len = strnlen(s.str, len);
	}
	return s;
}

static struct string string_made(const char *buf)
{
	return (struct string){ buf, strnlen(buf, IR_TEXT_SIZE - 1) };
}

static struct string string_comm(const struct expr_record *rec, char *buf)
{
	buf[0] = '\0';
	if (rec->host && rec->host->comm)
		rec->host->comm(rec->host->ctx, rec->pid, rec->tid, buf, IR_TEXT_SIZE);
	return string_made(buf);
}

static int string_compare(struct string a, struct string b, __u64 n)
{
	size_t a_len = a.len < n ? a.len : n, b_len = b.len < n ? b.len : n;
	int order = memcmp(a.str, b.str, a_len < b_len ? a_len : b_len);

	if (!order)
		order = (a_len > b_len) - (a_len < b_len);
	return (order > 0) - (order < 0);
}

static __u64 self_value(const struct expr_record *rec, enum self_id self)
{
	switch (self) {
	case SELF_CPU:
		return (__s32)rec->cpu;
	case SELF_PID:
		return (__s32)rec->pid;
	case SELF_TID:
		return (__s32)rec->tid;
	default:
		return rec->time_ns;
	}
}

static void text_copy(const struct vm_text *text, struct string s)
{
	size_t n = s.len < text->size - 1 ? s.len : text->size - 1;

	memcpy(text->buf, s.str, n);
	text->buf[n] = '\0';
}

/* The value's bytes that are printed, extended as the conversion reads them. */
static __u64 piece_value(const struct ir_piece *piece, __u64 value)
{
	unsigned int unused_bits = 64 - 8 * piece->bytes;

	value <<= unused_bits;
	return piece->is_signed ? (__u64)((__s64)value >> unused_bits) : value >> unused_bits;
}

static void format_print(const struct ir_format *format, const __u64 *r, const struct string *s,
			 const struct vm_text *text)
{
	size_t at = 0;

	for (__u32 i = 0; i < format->nr && at < text->size - 1; i++) {
		const struct ir_piece *piece = &format->pieces[i];
		struct vm_text rest = { text->buf + at, text->size - at };
		int n;

		text_copy(&rest, (struct string){ piece->text, piece->text_len });
		at += piece->text_len < rest.size - 1 ? piece->text_len : rest.size - 1;
		if (!piece->spec[0])
			continue;
		rest = (struct vm_text){ text->buf + at, text->size - at };
		/* the spec was made by irprintf.c from a checked conversion */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		if (piece->is_string) {
			size_t len = s[piece->reg].len;

			n = snprintf(rest.buf, rest.size, piece->spec,
				     (int)(len < piece->bytes ? len : piece->bytes),
				     s[piece->reg].str);
		} else if (piece->spec[strlen(piece->spec) - 1] == 'c') {
			n = snprintf(rest.buf, rest.size, piece->spec, (int)r[piece->reg]);
		} else {
			n = snprintf(rest.buf, rest.size, piece->spec,
				     piece_value(piece, r[piece->reg]));
		}
#pragma GCC diagnostic pop
		at += n < 0 ? 0 : (size_t)n < rest.size - 1 ? (size_t)n : rest.size - 1;
	}
}

/* long: one case for each operation, a table to read */
__u64 vm_run(const struct ir_code *code, const struct expr_record *rec, const struct vm_text *text)
{
	const char *raw = rec->raw;
	__u32 raw_size = rec->raw_size;
	const struct ir_insn *insns = code->insns, *i = insns;
	char texts[IR_NR_STRINGS][IR_TEXT_SIZE];
	struct string s[IR_NR_STRINGS];
	__u64 r[IR_NR_REGS];

	for (;; i++) {
		switch ((enum ir_op)i->op) {
#define RUN_ALU(n)                                                                                 \
	case IR_##n:                                                                               \
		r[i->d] = IR_DO_##n(r[i->a], r[i->b]);                                             \
		continue;                                                                          \
	case IR_##n##_K:                                                                           \
		r[i->d] = IR_DO_##n(r[i->a], i->k);                                                \
		continue;
#define RUN_COMPARE(n)                                                                             \
	case IR_SET_##n:                                                                           \
		r[i->d] = IR_DO_##n(r[i->a], r[i->b]);                                             \
		continue;                                                                          \
	case IR_SET_##n##_K:                                                                       \
		r[i->d] = IR_DO_##n(r[i->a], i->k);                                                \
		continue;                                                                          \
	case IR_J_##n:                                                                             \
		if (IR_DO_##n(r[i->a], r[i->b]))                                                   \
			i = insns + i->x - 1;                                                      \
		continue;                                                                          \
	case IR_J_##n##_K:                                                                         \
		if (IR_DO_##n(r[i->a], i->k))                                                      \
			i = insns + i->x - 1;                                                      \
		continue;
#define RUN_INT(n, t)                                                                              \
	case IR_LD_##n: {                                                                          \
		t value = 0;                                                                       \
		if (i->x + sizeof(value) <= raw_size)                                              \
			memcpy(&value, raw + i->x, sizeof(value));                                 \
		r[i->d] = (__u64)value;                                                            \
		continue;                                                                          \
	}                                                                                          \
	case IR_EXT_##n:                                                                           \
		r[i->d] = (__u64)(t)r[i->a];                                                       \
		continue;
			IR_FOR_ALU(RUN_ALU)
			IR_FOR_COMPARE(RUN_COMPARE)
			IR_FOR_INT(RUN_INT)
		case IR_MOV:
			r[i->d] = r[i->a];
			continue;
		case IR_MOV_K:
			r[i->d] = i->k;
			continue;
		case IR_NEG:
			r[i->d] = -r[i->a];
			continue;
		case IR_BSWAP16:
			r[i->d] = htobe16((__u16)r[i->a]);
			continue;
		case IR_BSWAP32:
			r[i->d] = htobe32((__u32)r[i->a]);
			continue;
		case IR_LOG2:
			r[i->d] = builtin_log2(r[i->a]);
			continue;
		case IR_LDX:
			r[i->d] = element_load(&code->arrays[i->x], rec, r[i->a]);
			continue;
		case IR_SELF:
			r[i->d] = self_value(rec, i->x);
			continue;
		case IR_LDM: /* kernel memory: not from here */
			r[i->d] = 0;
			continue;
		case IR_JMP:
			i = insns + i->x - 1;
			continue;
		case IR_RET:
			return r[i->a];
		case IR_S_FIELD:
			s[i->d] = string_load(&code->arrays[i->x], rec);
			continue;
		case IR_S_CONST:
			s[i->d] = (struct string){ code->strings[i->x].str,
						   code->strings[i->x].len };
			continue;
		case IR_S_COMM:
			s[i->d] = string_comm(rec, texts[i->d]);
			continue;
		case IR_S_MEM:
			s[i->d] = (struct string){ "", 0 };
			continue;
		case IR_S_CALL:
			builtin_text(i->x, rec, r[i->a], r[i->b], texts[i->d], IR_TEXT_SIZE);
			s[i->d] = string_made(texts[i->d]);
			continue;
		case IR_S_EQ:
			r[i->d] = s[i->a].len == s[i->b].len &&
				  !memcmp(s[i->a].str, s[i->b].str, s[i->a].len);
			continue;
		case IR_S_MATCH:
			r[i->d] = glob_match(code->strings[i->x].str, s[i->a].str, s[i->a].len);
			continue;
		case IR_S_LEN:
			r[i->d] = s[i->a].len;
			continue;
		case IR_S_NCMP:
			r[i->d] = (__s64)string_compare(s[i->a], s[i->b], r[i->x]);
			continue;
		case IR_S_RET:
			if (text)
				text_copy(text, s[i->a]);
			return 0;
		case IR_S_PRINTF:
			if (text)
				format_print(&code->formats[i->x], r, s, text);
			return 0;
		}
	}
}
