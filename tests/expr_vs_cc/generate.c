// SPDX-License-Identifier: GPL-2.0-only
/*
 * generate.c - random expressions, twice
 *
 * Prints a C file with one random record layout and N random expressions: each
 * as the text that expr/ gets, and as a C function. Both come from one tree, so
 * parentheses are left out where precedence allows it. Only where this
 * language has rules of its own (zero divisors, shift counts, indices out of
 * bounds, strings) the C side calls a helper from helpers.h, chosen by the C
 * compiler's own type. No expression comes twice in a run: the hashes of those
 * that were are in a file. Used by run.sh: generate SEED N SEEN > chunk.c
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NR_FIELDS 14
#define MAX_TEXT 6000
#define MAX_NODES 4000
#define NR_OF(a) (sizeof(a) / sizeof(*(a)))
#define CHILD_HIGH 14 /* priority of unary operators */

enum kind { LEAF, INDEX, UNARY, CAST, BINARY, HELPED, COND, CALL1, CALL2, SIZEOF };

struct tree {
	enum kind kind;
	unsigned int priority;
	const char *op;	  /* as it stands in both texts, or the language's name */
	const char *in_c; /* the C side's, when it is another */
	char leaf[2][160];
	struct tree *kid[3];
};

struct field {
	char name[8];
	const char *type;
	unsigned int nr; /* elements; 0: a single integer */
};

static const struct binary {
	const char *op;
	unsigned int priority;
	const char *helper; /* NULL: C's own operator */
} binaries[] = {
	{ "*", 12, NULL },   { "+", 11, NULL },	  { "-", 11, NULL },   { "&", 7, NULL },
	{ "^", 6, NULL },    { "|", 5, NULL },	  { "==", 8, NULL },   { "!=", 8, NULL },
	{ "<", 9, NULL },    { "<=", 9, NULL },	  { ">", 9, NULL },    { ">=", 9, NULL },
	{ "&&", 4, NULL },   { "||", 3, NULL },	  { ",", 1, NULL },    { "/", 12, "DIV" },
	{ "%", 12, "MOD" },  { "<<", 10, "SHL" }, { ">>", 10, "SHR" }, { "/", 12, "DIV" },
	{ ">>", 10, "SHR" }, { "+", 11, NULL },	  { "-", 11, NULL },
};

static const char *const types[] = {
	"char",
	"signed char",
	"unsigned char",
	"short",
	"unsigned short",
	"int",
	"unsigned",
	"long",
	"unsigned long",
	"long long",
	"unsigned long long",
	"u8",
	"u16",
	"u32",
	"u64",
	"s8",
	"s16",
	"s32",
	"s64",
	"size_t",
	"bool",
	"__u32",
	"uint16_t",
	"int64_t",
	"short unsigned int",
	"long int",
	"int8_t",
	"unsigned int",
};

static const char *const field_types[] = { "s8",  "u8",	 "s16", "u16", "s32",
					   "u32", "s64", "u64", "u64", "s32" };

static const char *const globs[] = { "*",	 "b*",	    "*sh",     "*a*",
				     "b?sh",	 "[a-c]*",  "[!b]*",   "kmalloc-*",
				     "*-[0-9]*", "ba[rs]h", "*k*l*c*", "?",
				     "*[!0-9]",	 "bash",    "*6*4",    "[]x]*" };
static const char *const strings[] = { "bash", "kmalloc-64", "", "sda", "a", "kworker/0:1", "b" };

static struct tree nodes[MAX_NODES];
static size_t nr_nodes;
static struct field fields[NR_FIELDS];
static uint64_t random_state;

static uint64_t random_next(void)
{
	uint64_t z = (random_state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static unsigned int below(unsigned int n)
{
	return random_next() % n;
}

static struct tree *tree_new(enum kind kind, unsigned int priority)
{
	struct tree *t = &nodes[nr_nodes++];

	if (nr_nodes == MAX_NODES)
		abort();
	*t = (struct tree){ .kind = kind, .priority = priority };
	return t;
}

__attribute__((format(printf, 2, 3))) static void leaf_both(struct tree *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->leaf[0], sizeof(t->leaf[0]), fmt, ap);
	va_end(ap);
	strcpy(t->leaf[1], t->leaf[0]);
}

static struct tree *make_literal(void)
{
	static const char *const suffixes[] = {
		"", "", "", "U", "L", "UL", "LL", "ull", "lu", "u"
	};
	static const char *const chars[] = { "'a'",	"'\\n'", "'\\xff'", "'\\0'",
					     "'\\177'", "'\\''", "'~'" };
	static const uint64_t edges[] = { 0,	      1,	2,	    7,		127,
					  128,	      255,	256,	    32767,	32768,
					  65535,      65536,	2147483647, 2147483648, 4294967295,
					  4294967296, INT64_MAX };
	struct tree *t = tree_new(LEAF, 20);
	const char *suffix = suffixes[below(NR_OF(suffixes))];
	uint64_t value = below(3) ? edges[below(NR_OF(edges))] : random_next() >> below(64);

	switch (below(10)) {
	case 0:
		leaf_both(t, "%s", chars[below(NR_OF(chars))]);
		break;
	case 1:
	case 2:
		leaf_both(t, "0x%llx%s", (unsigned long long)value, suffix);
		break;
	case 3:
		leaf_both(t, "0%llo%s", (unsigned long long)value, suffix);
		break;
	case 4:
		leaf_both(t, "0b%d%d%d%d%s", below(2), below(2), below(2), below(2), suffix);
		break;
	default:
		/* gcc gives a larger decimal without U a type of 128 bits */
		if (value > INT64_MAX && !strpbrk(suffix, "uU"))
			value >>= 1;
		leaf_both(t, "%llu%s", (unsigned long long)value, suffix);
	}
	return t;
}

static struct tree *make_string(void)
{
	static const char *const names[] = { "comm", "name", "rel" };
	struct tree *t = tree_new(LEAF, 9);
	const char *field = names[below(NR_OF(names))];
	const char *s = strings[below(NR_OF(strings))];
	unsigned int n = below(12);

	switch (below(6)) {
	case 0:
		s = globs[below(NR_OF(globs))];
		snprintf(t->leaf[0], sizeof(t->leaf[0]), "%s ~ \"%s\"", field, s);
		snprintf(t->leaf[1], sizeof(t->leaf[1]), "cc_like(cc_%s(r), \"%s\")", field, s);
		break;
	case 1:
		t->priority = 20;
		snprintf(t->leaf[0], sizeof(t->leaf[0]), "strlen(%s)", field);
		snprintf(t->leaf[1], sizeof(t->leaf[1]), "strlen(cc_%s(r))", field);
		break;
	case 2:
		t->priority = 20;
		snprintf(t->leaf[0], sizeof(t->leaf[0]), "strncmp(%s, \"%s\", %u)", field, s, n);
		snprintf(t->leaf[1], sizeof(t->leaf[1]), "cc_strncmp(cc_%s(r), \"%s\", %u)", field,
			 s, n);
		break;
	case 3:
		t->priority = 8;
		snprintf(t->leaf[0], sizeof(t->leaf[0]), "%s != %s", field, names[n % 3]);
		snprintf(t->leaf[1], sizeof(t->leaf[1]), "(strcmp(cc_%s(r), cc_%s(r)) != 0)", field,
			 names[n % 3]);
		break;
	default:
		t->priority = 8;
		snprintf(t->leaf[0], sizeof(t->leaf[0]), "\"%s\" == %s", s, field);
		snprintf(t->leaf[1], sizeof(t->leaf[1]), "(strcmp(cc_%s(r), \"%s\") == 0)", field,
			 s);
	}
	return t;
}

static struct tree *make_tree(unsigned int depth);

static struct tree *make_leaf(unsigned int depth)
{
	const struct field *f = &fields[below(NR_FIELDS)];
	struct tree *t;

	if (!below(4))
		return make_literal();
	if (!below(12))
		return make_string();
	t = tree_new(f->nr ? INDEX : LEAF, 20);
	if (f->nr) {
		t->op = f->name;
		t->kid[0] = below(3) && depth ? make_tree(depth - 1) : make_literal();
		return t;
	}
	snprintf(t->leaf[0], sizeof(t->leaf[0]), "%s", f->name);
	snprintf(t->leaf[1], sizeof(t->leaf[1]), "r->%s", f->name);
	return t;
}

static struct tree *make_call(unsigned int depth)
{
	static const struct {
		const char *name, *in_c;
		int nr;
	} calls[] = { { "min", "MIN", 2 },	   { "max", "MAX", 2 },
		      { "abs", "ABS", 1 },	   { "log2", "cc_log2", 1 },
		      { "ntohl", "cc_swap32", 1 }, { "htonl", "cc_swap32", 1 },
		      { "ntohs", "cc_swap16", 1 }, { "htons", "cc_swap16", 1 } };
	unsigned int i = below(NR_OF(calls));
	struct tree *t = tree_new(calls[i].nr == 2 ? CALL2 : CALL1, 20);

	t->op = calls[i].name;
	t->in_c = calls[i].in_c;
	t->kid[0] = make_tree(depth - 1);
	if (calls[i].nr == 2)
		t->kid[1] = make_tree(depth - 1);
	return t;
}

static struct tree *make_unary(unsigned int depth)
{
	static const char *const ops[] = { "-", "~", "!", "+", "-", "~" };
	struct tree *t;

	switch (below(7)) {
	case 0:
		t = tree_new(SIZEOF, CHILD_HIGH);
		if (below(2))
			t->op = types[below(NR_OF(types))];
		else
			t->kid[0] = make_tree(depth - 1);
		return t;
	case 1:
	case 2:
	case 3:
		t = tree_new(CAST, CHILD_HIGH);
		t->op = types[below(NR_OF(types))];
		break;
	default:
		t = tree_new(UNARY, CHILD_HIGH);
		t->op = ops[below(NR_OF(ops))];
	}
	t->kid[0] = make_tree(depth - 1);
	return t;
}

static struct tree *make_tree(unsigned int depth)
{
	const struct binary *b;
	struct tree *t;

	if (!depth || !below(8))
		return make_leaf(depth);
	switch (below(10)) {
	case 0:
		t = tree_new(COND, 2);
		for (int i = 0; i < 3; i++)
			t->kid[i] = make_tree(depth - 1);
		return t;
	case 1:
		return make_call(depth);
	case 2:
	case 3:
		return make_unary(depth);
	default:
		b = &binaries[below(NR_OF(binaries))];
		t = tree_new(b->helper ? HELPED : BINARY, b->priority);
		t->op = b->op;
		t->in_c = b->helper;
		t->kid[0] = make_tree(depth - 1);
		t->kid[1] = make_tree(depth - 1);
		return t;
	}
}

struct text {
	char buf[MAX_TEXT];
	size_t len;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *out, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out->buf + out->len, sizeof(out->buf) - out->len, fmt, ap);
	va_end(ap);
	if (out->len + n >= sizeof(out->buf))
		out->full = true;
	else
		out->len += n;
}

static void print_tree(struct text *out, const struct tree *t, bool in_c,
		       unsigned int min_priority);

static void print_call(struct text *out, const struct tree *t, bool in_c)
{
	put(out, "%s(", in_c ? t->in_c : t->op);
	print_tree(out, t->kid[0], in_c, 2);
	if (t->kid[1]) {
		put(out, ", ");
		print_tree(out, t->kid[1], in_c, 2);
	}
	put(out, ")");
}

static void print_inside(struct text *out, const struct tree *t, bool in_c)
{
	switch (t->kind) {
	case LEAF:
		put(out, "%s", t->leaf[in_c]);
		break;
	case INDEX:
		put(out, in_c ? "cc_%s(r, " : "%s[", t->op);
		print_tree(out, t->kid[0], in_c, in_c ? 2 : 0);
		put(out, in_c ? ")" : "]");
		break;
	case UNARY:
		put(out, "%s ", t->op);
		print_tree(out, t->kid[0], in_c, CHILD_HIGH);
		break;
	case CAST:
		if (in_c && !strcmp(t->op, "bool")) {
			put(out, "cc_bool("); /* gcc 12 crashes on 1 | (bool)(2, 3) */
			print_tree(out, t->kid[0], in_c, 2);
			put(out, ")");
			break;
		}
		put(out, "(%s)", t->op);
		print_tree(out, t->kid[0], in_c, CHILD_HIGH);
		break;
	case SIZEOF:
		put(out, t->op ? "sizeof(%s)" : "sizeof ", t->op);
		if (!t->op)
			print_tree(out, t->kid[0], in_c, t->kid[0]->kind == CAST ? 99 : CHILD_HIGH);
		break;
	case COND:
		print_tree(out, t->kid[0], in_c, 3);
		put(out, " ? ");
		print_tree(out, t->kid[1], in_c,
			   in_c ? 2 : 0); /* helpers are macros: no bare comma */
		put(out, " : ");
		print_tree(out, t->kid[2], in_c, 2);
		break;
	case HELPED:
		if (in_c) {
			print_call(out, t, in_c);
			break;
		}
		/* fall through */
	case BINARY:
		print_tree(out, t->kid[0], in_c, t->priority);
		put(out, " %s ", t->op);
		print_tree(out, t->kid[1], in_c, t->priority + 1);
		break;
	default:
		print_call(out, t, in_c);
	}
}

static void print_tree(struct text *out, const struct tree *t, bool in_c, unsigned int min_priority)
{
	bool parens = t->priority < min_priority;

	put(out, parens ? "(" : "");
	print_inside(out, t, in_c);
	put(out, parens ? ")" : "");
}

static void print_layout(void)
{
	printf("#include \"helpers.h\"\nstruct rec {\n");
	for (unsigned int i = 0; i < NR_FIELDS; i++) {
		struct field *f = &fields[i];

		f->type = i < 8 ? field_types[i] : field_types[below(NR_OF(field_types))];
		f->nr = i >= 8 && below(2) ? 1 + below(8) : 0;
		snprintf(f->name, sizeof(f->name), "f%u", i);
		if (below(3) == 0) /* nothing is aligned */
			printf("\tchar pad%u[%u];\n", i, 1 + below(7));
		if (f->nr)
			printf("\t%s f%u[%u];\n", f->type, i, f->nr);
		else
			printf("\t%s f%u;\n", f->type, i);
	}
	printf("\tchar comm[16];\n\tu32 name;\n\tu32 rel;\n} __attribute__((packed));\n");
	printf("CC_STRINGS\nconst struct cc_field cc_fields[] = {\n");
	for (unsigned int i = 0; i < NR_FIELDS; i++)
		printf("\tCC_%s(f%u, %s),\n", fields[i].nr ? "ARRAY" : "FIELD", i, fields[i].type);
	printf("\tCC_STRING_FIELDS\n};\nconst unsigned int cc_nr_fields = %u + 3;\n", NR_FIELDS);
	printf("const unsigned int cc_record_size = sizeof(struct rec);\n");
	for (unsigned int i = 0; i < NR_FIELDS; i++) {
		if (fields[i].nr)
			printf("CC_INDEX(f%u, %s)\n", i, fields[i].type);
	}
}

static void print_quoted(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
	putchar('"');
}

static struct text ours, c_text;

/* Hashes of the texts that this run has had, open addressing; 0: a free slot. */
static uint64_t *seen;
static size_t nr_slots;

/* Whether @hash is new; it is not afterwards. */
static bool seen_add(uint64_t hash)
{
	size_t i = hash % nr_slots;

	for (; seen[i]; i = (i + 1) % nr_slots) {
		if (seen[i] == hash)
			return false;
	}
	seen[i] = hash;
	return true;
}

/* Reads what earlier chunks had, with room for @nr more. What is new is appended to the file. */
static FILE *seen_open(const char *path, size_t nr)
{
	FILE *f = fopen(path, "a+b");
	uint64_t hash;
	long size;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0)
		abort();
	nr_slots = 2 * (size / sizeof(hash) + nr) + 1;
	seen = calloc(nr_slots, sizeof(*seen));
	if (!seen)
		abort();
	rewind(f);
	while (fread(&hash, sizeof(hash), 1, f) == 1)
		seen_add(hash);
	return f;
}

/* FNV-1a, never 0. Two texts of one hash cost one of them its place, no more. */
static uint64_t text_hash(const char *s)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3ULL;
	return hash ? hash : 1;
}

static void print_cases(unsigned int nr, FILE *seen_file)
{
	char **texts = calloc(nr, sizeof(*texts));

	if (!texts)
		abort();
	for (unsigned int i = 0; i < nr;) {
		struct tree *t;
		uint64_t hash;

		nr_nodes = 0;
		ours.len = c_text.len = ours.full = c_text.full = 0;
		t = make_tree(1 + below(5));
		print_tree(&ours, t, false, 0);
		print_tree(&c_text, t, true, 0);
		if (ours.full || c_text.full || ours.len > 600)
			continue;
		hash = text_hash(ours.buf);
		if (!seen_add(hash))
			continue;
		if (fwrite(&hash, sizeof(hash), 1, seen_file) != 1)
			abort();
		printf("CASE(%u, (%s))\n", i, c_text.buf);
		texts[i] = strdup(ours.buf);
		if (!texts[i++])
			abort();
	}
	printf("const struct cc_case cc_cases[] = {\n");
	for (unsigned int i = 0; i < nr; i++) {
		printf("\t{ ");
		print_quoted(texts[i]);
		printf(", case_%u },\n", i);
		free(texts[i]);
	}
	printf("};\nconst unsigned int cc_nr_cases = %u;\n", nr);
	free(texts);
}

int main(int argc, char **argv)
{
	unsigned long nr;
	FILE *seen_file;

	if (argc != 4) {
		fprintf(stderr, "usage: generate SEED N SEEN\n");
		return 2;
	}
	random_state = strtoull(argv[1], NULL, 0);
	nr = strtoul(argv[2], NULL, 0);
	seen_file = seen_open(argv[3], nr);
	print_layout();
	print_cases(nr, seen_file);
	free(seen);
	return fclose(seen_file) || fflush(stdout) ? 2 : 0;
}
