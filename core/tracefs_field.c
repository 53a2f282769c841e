// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracefs_field.c - one field of a tracepoint's record
 *
 * Takes a "field:" line of a format file apart and says by the type's text what
 * kind of field it is; finds a field's bytes in a record, never outside it, and
 * prints them. Knows no library and no kernel. Called by tracefs.c.
 */
#include "core/tracefs_field.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tracefs.h"
#include "mwprof/util.h"

/* Is @type (of @len bytes) exactly the words @name, "const" and "volatile" not counted? */
static bool type_is(const char *type, size_t len, const char *name)
{
	static const char *const skip[] = { "const ", "volatile " };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(skip); i++) {
		size_t n = strlen(skip[i]);

		while (len > n && !strncmp(type, skip[i], n)) {
			type += n;
			len -= n;
		}
	}
	while (len && type[len - 1] == ' ')
		len--;
	return len == strlen(name) && !strncmp(type, name, len);
}

/* Bytes of one element where only the type's name tells: located and flexible arrays. 0: no integer that we know. */
static __u8 type_size(const char *type, size_t len)
{
	static const struct {
		__u8 size;
		const char *names[16];
	} known[] = {
		{ 1,
		  { "char", "unsigned char", "signed char", "bool", "u8", "s8", "__u8", "__s8",
		    "uint8_t", "int8_t" } },
		{ 2,
		  { "short", "unsigned short", "u16", "s16", "__u16", "__s16", "__le16", "__be16",
		    "uint16_t", "int16_t" } },
		{ 4,
		  { "int", "unsigned int", "unsigned", "u32", "s32", "__u32", "__s32", "__le32",
		    "__be32", "uint32_t", "int32_t", "pid_t" } },
		{ 8,
		  { "long long", "unsigned long long", "u64", "s64", "__u64", "__s64", "__le64",
		    "__be64", "uint64_t", "int64_t" } },
		{ sizeof(long), { "long", "unsigned long", "size_t", "cpumask_t" } },
	};
	size_t i, j;

	if (memchr(type, '*', len))
		return sizeof(long);
	for (i = 0; i < ARRAY_SIZE(known); i++)
		for (j = 0; j < ARRAY_SIZE(known[i].names) && known[i].names[j]; j++)
			if (type_is(type, len, known[i].names[j]))
				return known[i].size;
	return 0;
}

static bool is_integer_size(unsigned long n)
{
	return n == 1 || n == 2 || n == 4 || n == 8;
}

static bool type_is_aggregate(const char *type, size_t len)
{
	return !memchr(type, '*', len) &&
	       (!strncmp(type, "struct ", 7) || !strncmp(type, "union ", 6));
}

/*
 * What kind of field it is, by its type's text; the kernel's signed: is no help
 * for strings (char became unsigned in 6.2). @dim: what stands in the brackets
 * after the name, NULL: none.
 */
static void field_classify(struct expr_field *f, const char *dim)
{
	const char *type = f->type, *bracket;
	size_t len = strlen(type);

	if (!strncmp(type, "__data_loc ", 11) || !strncmp(type, "__rel_loc ", 10)) {
		f->where = type[2] == 'd' ? EXPR_DATA_LOC : EXPR_REL_LOC;
		type = strchr(type, ' ') + 1;
		bracket = strchr(type, '[');
		len = bracket ? (size_t)(bracket - type) : strlen(type);
		f->is_string = type_is(type, len, "char");
		f->is_array = !f->is_string;
		f->elem_size = type_size(type, len);
	} else if (dim) {
		unsigned long nr = strtoul(dim, NULL, 10), each = nr ? f->size / nr : 0;

		f->is_string = type_is(type, len, "char");
		f->is_array = !f->is_string;
		if (nr && each * nr == f->size && is_integer_size(each))
			f->elem_size = each;
		else
			f->elem_size = type_size(type, len);
	} else {
		f->elem_size = is_integer_size(f->size) ? f->size : 0;
	}
	if (type_is_aggregate(type, len))
		f->elem_size = 0;
}

int tracefs_field_parse(char *line, struct expr_field *f)
{
	char *decl = line + strlen("\tfield:"), *end = strchr(decl, ';'), *dim = NULL, *name;
	unsigned int offset, size;
	int is_signed;

	if (!end ||
	    sscanf(end, "; offset:%u; size:%u; signed:%d;", &offset, &size, &is_signed) != 3 ||
	    offset > 0xffff || size > 0xffff)
		return -EINVAL;
	*end = '\0';
	if (end > decl && end[-1] == ']') {
		dim = strrchr(decl, '[');
		if (!dim)
			return -EINVAL;
		*dim++ = '\0';
	}
	name = decl + strlen(decl);
	while (name > decl && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
		name--;
	if (name == decl || !*name)
		return -EINVAL;
	f->name = name;
	f->type = decl;
	f->offset = offset;
	f->size = size;
	f->is_signed = is_signed;
	/* "void *name" has no blank between: the type moves one to the left, over the end of "field:" */
	if (name[-1] != ' ') {
		memmove(decl - 1, decl, name - decl);
		f->type = decl - 1;
	}
	name[-1] = '\0';
	field_classify(f, dim);
	return 0;
}

bool tracefs_field_bytes(const struct expr_field *f, const void *raw, __u32 raw_size,
			 const unsigned char **at, __u32 *len)
{
	__u32 loc, offset = f->offset, size = f->size;

	if (offset > raw_size || size > raw_size - offset)
		return false;
	if (f->where != EXPR_FIXED) {
		memcpy(&loc, (const char *)raw + offset, sizeof(loc));
		offset = (loc & 0xffff) + (f->where == EXPR_REL_LOC ? offset + 4 : 0);
		size = loc >> 16;
		if (offset > raw_size || size > raw_size - offset)
			return false;
	}
	*at = (const unsigned char *)raw + offset;
	*len = size;
	return true;
}

static __u64 integer_load(const unsigned char *at, unsigned int size, bool is_signed)
{
	union {
		__u8 u8;
		__u16 u16;
		__u32 u32;
		__u64 u64;
	} v = { 0 };

	memcpy(&v, at, size);
	switch (size) {
	case 1:
		return is_signed ? (__u64)(__s8)v.u8 : v.u8;
	case 2:
		return is_signed ? (__u64)(__s16)v.u16 : v.u16;
	case 4:
		return is_signed ? (__u64)(__s32)v.u32 : v.u32;
	default:
		return v.u64;
	}
}

static int integer_print(const struct expr_field *f, const unsigned char *at, char *buf,
			 size_t size)
{
	__u64 v = integer_load(at, f->elem_size, f->is_signed);

	if (strchr(f->type, '*'))
		return snprintf(buf, size, "0x%llx", v);
	return snprintf(buf, size, f->is_signed ? "%lld" : "%llu", v);
}

/* "{1,2,3}"; what is no integer (a struct): its bytes in hex. */
static void array_print(const struct expr_field *f, const unsigned char *at, __u32 len, char *buf,
			size_t size)
{
	size_t used = snprintf(buf, size, "{");
	__u32 step = f->elem_size ? f->elem_size : 1, i;

	for (i = 0; i + step <= len && used < size; i += step) {
		if (i && f->elem_size)
			used += snprintf(buf + used, size - used, ",");
		if (used >= size)
			break;
		used += f->elem_size ? (size_t)integer_print(f, at + i, buf + used, size - used)
				     : (size_t)snprintf(buf + used, size - used, "%02x", at[i]);
	}
	if (used < size)
		snprintf(buf + used, size - used, "}");
}

void tracefs_print_field(const struct event_format *f __attribute__((unused)),
			 const struct expr_field *field, const void *raw, __u32 raw_size, char *buf,
			 size_t size, bool *is_number)
{
	const unsigned char *at;
	__u32 len;

	*is_number = false;
	if (!size)
		return;
	if (!tracefs_field_bytes(field, raw, raw_size, &at, &len)) {
		snprintf(buf, size, "(cut)");
	} else if (field->is_string) {
		snprintf(buf, size, "%.*s", (int)len, (const char *)at);
	} else if (field->is_array || !field->elem_size) {
		array_print(field, at, len, buf, size);
	} else {
		*is_number = !strchr(field->type, '*');
		integer_print(field, at, buf, size);
	}
}

const char *event_field_declaration(const struct expr_field *field, char *buf, size_t size)
{
	bool is_inline_array = field->where == EXPR_FIXED && (field->is_string || field->is_array);
	unsigned int nr = field->elem_size ? field->size / field->elem_size : 0;

	if (is_inline_array && nr)
		snprintf(buf, size, "%s %s[%u]", field->type, field->name, nr);
	else
		snprintf(buf, size, "%s %s", field->type, field->name);
	return buf;
}
