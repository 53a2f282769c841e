// SPDX-License-Identifier: GPL-2.0-only
/*
 * compare.c - expr/ against a C compiler
 *
 * Loads a compiled chunk of cases, fills random records, and compares for every
 * case and record the value in 64 bits, and once per case size and sign of the
 * type. Used by run.sh: compare CHUNK.so SEED RECORDS; prints
 * "EVALUATIONS DIFFERENCES", each difference to stderr. Exit status 1 on any.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/expr.h"
#include "cases.h"

#define MAX_FIELDS 32
#define MAX_RECORD 1024
#define MAX_REPORTED 20

struct chunk {
	const struct cc_field *fields;
	const struct cc_case *cases;
	unsigned int nr_fields, nr_cases, record_size;
};

static uint64_t random_state;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void *symbol(void *lib, const char *name)
{
	void *p = dlsym(lib, name);

	if (!p) {
		fprintf(stderr, "compare: %s\n", dlerror());
		exit(2);
	}
	return p;
}

static struct chunk chunk_load(const char *path)
{
	void *lib = dlopen(path, RTLD_NOW);

	if (!lib) {
		fprintf(stderr, "compare: %s\n", dlerror());
		exit(2);
	}
	return (struct chunk){
		.fields = symbol(lib, "cc_fields"),
		.cases = symbol(lib, "cc_cases"),
		.nr_fields = *(unsigned int *)symbol(lib, "cc_nr_fields"),
		.nr_cases = *(unsigned int *)symbol(lib, "cc_nr_cases"),
		.record_size = *(unsigned int *)symbol(lib, "cc_record_size"),
	};
}

static struct expr_scope scope_make(const struct chunk *chunk, struct expr_field fields[MAX_FIELDS])
{
	for (unsigned int i = 0; i < chunk->nr_fields; i++) {
		const struct cc_field *f = &chunk->fields[i];

		fields[i] = (struct expr_field){
			.name = f->name,
			.offset = f->offset,
			.size = f->size,
			.elem_size = f->elem_size,
			.is_signed = f->is_signed,
			.is_array = f->kind == CC_INTEGERS,
			.is_string = f->kind >= CC_CHARS,
			.where = f->kind == CC_DATA_LOC	 ? EXPR_DATA_LOC
				 : f->kind == CC_REL_LOC ? EXPR_REL_LOC
							 : EXPR_FIXED,
		};
	}
	return (struct expr_scope){ .fields = fields, .nr_fields = chunk->nr_fields };
}

/* Mostly the values at which conversions go wrong. */
static uint64_t random_value(void)
{
	static const uint64_t edges[] = { 0,	      1,	 2,	    -1,		-2,
					  INT8_MIN,   INT8_MAX,	 UINT8_MAX, INT16_MIN,	INT16_MAX,
					  UINT16_MAX, INT32_MIN, INT32_MAX, UINT32_MAX, INT64_MIN,
					  INT64_MAX,  31,	 32,	    63,		64,
					  5 };

	if (random_next() % 2)
		return edges[random_next() % (sizeof(edges) / sizeof(*edges))];
	return random_next() >> random_next() % 64;
}

/* A random record into @raw; its size with the strings behind. */
static unsigned int record_fill(const struct chunk *chunk, unsigned char *raw)
{
	static const char *const strings[] = { "bash", "kmalloc-64",  "",    "sda",
					       "a",    "kworker/0:1", "xyz]" };
	unsigned int size = chunk->record_size;

	for (unsigned int i = 0; i < size; i++)
		raw[i] = random_next();
	for (unsigned int i = 0; i < chunk->nr_fields; i++) {
		const struct cc_field *f = &chunk->fields[i];
		const char *s = strings[random_next() % 7];
		uint32_t locator, base = f->kind == CC_REL_LOC ? f->offset + 4 : 0;
		uint64_t value;

		if (f->kind == CC_CHARS) {
			/* now and then full, without a NUL */
			if (random_next() % 4)
				strcpy((char *)raw + f->offset, s);
			else
				memset(raw + f->offset, 'a', f->size);
		} else if (f->kind > CC_CHARS) {
			locator = (uint32_t)(strlen(s) + random_next() % 2) << 16 | (size - base);
			memcpy(raw + f->offset, &locator, 4);
			memcpy(raw + size, s, strlen(s) + 1);
			size += locator >> 16;
		} else {
			for (unsigned int at = 0; at < f->size; at += f->elem_size) {
				value = random_value();
				memcpy(raw + f->offset + at, &value, f->elem_size);
			}
		}
	}
	return size;
}

/* Size and sign of a type by its name. */
static bool type_of(const char *name, unsigned int *size, bool *is_signed)
{
	static const struct {
		const char *name;
		unsigned int size;
		bool is_signed;
	} types[] = {
		{ "bool", 1, false },
		{ "char", 1, true },
		{ "unsigned char", 1, false },
		{ "short", 2, true },
		{ "unsigned short", 2, false },
		{ "int", 4, true },
		{ "unsigned int", 4, false },
		{ "long", 8, true },
		{ "unsigned long", 8, false },
		{ "long long", 8, true },
		{ "unsigned long long", 8, false },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(types[i].name, name))
			continue;
		*size = types[i].size;
		*is_signed = types[i].is_signed;
		return true;
	}
	return false;
}

static unsigned long long nr_differences;

static bool report(void)
{
	return nr_differences++ < MAX_REPORTED;
}

static void case_compare(const struct cc_case *cc, const struct expr_scope *scope,
			 const struct expr_record *records, unsigned int nr)
{
	unsigned int size = 0, cc_size;
	bool is_signed = false, cc_signed;
	struct expr_error err;
	struct expr *e;

	if (expr_new(&e, cc->text, strlen(cc->text), scope, EXPR_VALUE, &err)) {
		if (report())
			fprintf(stderr, "%s\n\tat %zu: %s\n", cc->text, err.at, err.message);
		return;
	}
	for (unsigned int i = 0; i < nr; i++) {
		unsigned long long want = cc->run(records[i].raw, &cc_size, &cc_signed);
		unsigned long long got = expr_eval(e, &records[i]);

		if (got != want && report())
			fprintf(stderr, "%s\n\tis 0x%llx, the compiler says 0x%llx\n", cc->text,
				got, want);
	}
	if (!type_of(expr_type_name(e), &size, &is_signed) || size != cc_size ||
	    is_signed != cc_signed) {
		if (report())
			fprintf(stderr, "%s\n\tis %s, the compiler says %u bytes, %s\n", cc->text,
				expr_type_name(e), cc_size, cc_signed ? "signed" : "unsigned");
	}
	expr_free(e);
}

int main(int argc, char **argv)
{
	struct expr_field fields[MAX_FIELDS];
	struct expr_record *records;
	struct expr_scope scope;
	struct chunk chunk;
	unsigned int nr;

	if (argc != 4) {
		fprintf(stderr, "usage: compare CHUNK.so SEED RECORDS\n");
		return 2;
	}
	chunk = chunk_load(argv[1]);
	random_state = strtoull(argv[2], NULL, 0) * 2 + 1;
	nr = strtoul(argv[3], NULL, 0);
	scope = scope_make(&chunk, fields);
	records = calloc(nr, sizeof(*records));
	for (unsigned int i = 0; records && i < nr; i++) {
		unsigned char *raw = malloc(MAX_RECORD);

		if (!raw)
			return 2;
		records[i] = (struct expr_record){ .raw = raw,
						   .raw_size = record_fill(&chunk, raw) };
	}
	for (unsigned int i = 0; records && i < chunk.nr_cases; i++)
		case_compare(&chunk.cases[i], &scope, records, nr);
	for (unsigned int i = 0; records && i < nr; i++)
		free((void *)records[i].raw);
	free(records);
	printf("%llu %llu\n", records ? (unsigned long long)chunk.nr_cases * nr : 0,
	       nr_differences);
	return nr_differences != 0;
}
