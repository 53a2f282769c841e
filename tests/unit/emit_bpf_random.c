// SPDX-License-Identifier: GPL-2.0-only
/*
 * emit_bpf_random.c - the kernel computes what the VM does
 *
 * Random expressions over random records, each run in both. Every program that
 * is made must pass the verifier, as a tracepoint program too.
 */
#include "tests/unit/bpf_run.h"

#include <sys/prctl.h>

#define NR_EXPRS 4000
#define NR_RECORDS 250
#define NR_OF(a) (sizeof(a) / sizeof(*(a)))
#define MAX_TEXT 1500

static __u64 random_state = 0x1234567;

static __u64 random_next(void)
{
	__u64 z = (random_state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static unsigned int below(unsigned int n)
{
	return random_next() % n;
}

#define PICK(a) ((a)[below(NR_OF(a))])

static __u64 random_value(void)
{
	static const __u64 edges[] = { 0,	   1,	      2,	  5,	     7,
				       31,	   32,	      63,	  64,	     -1,
				       -2,	   -5,	      INT8_MIN,	  INT8_MAX,  UINT8_MAX,
				       INT16_MIN,  INT16_MAX, UINT16_MAX, INT32_MIN, INT32_MAX,
				       UINT32_MAX, INT64_MIN, INT64_MAX };

	return below(2) ? PICK(edges) : random_next() >> below(64);
}

/* ---- expressions ---- */

struct text {
	char buf[MAX_TEXT];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->len += vsnprintf(t->buf + t->len, t->len < MAX_TEXT ? MAX_TEXT - t->len : 0, fmt, ap);
	va_end(ap);
	if (t->len >= MAX_TEXT)
		t->len = MAX_TEXT - 1;
}

static void put_string(struct text *t)
{
	static const char *const names[] = { "comm", "name", "rel", "_comm", "comm" };
	static const char *const globs[] = { "*",	"b*",	  "*sh",      "*a*",  "b?sh",
					     "[a-c]*",	"[!b]*",  "kma*",     "*-*",  "ba[rs]h",
					     "*k*l*c*", "?",	  "*[!0-9]",  "bash", "*6*4",
					     "[]x]*",	"*\\\\*", "k?[a-z]*", "",     "???*" };
	static const char *const strings[] = {
		"bash", "kmalloc-64", "", "sda", "a", "b", "bas", "bat", "emit_bpf-test", "12345678"
	};
	const char *name = PICK(names);

	switch (below(6)) {
	case 0:
	case 1:
		put(t, "(%s ~ \"%s\")", name, PICK(globs));
		break;
	case 2:
		put(t, "strlen(%s)", name);
		break;
	case 3:
		if (below(2))
			put(t, "strncmp(%s, \"%s\", %u)", name, PICK(strings), below(12));
		else
			put(t, "strncmp(\"%s\", %s, %u)", PICK(strings), name, below(12));
		break;
	case 4:
		if (below(2))
			put(t, "(%s %s %s)", name, below(2) ? "==" : "!=", PICK(names));
		else
			put(t, "strncmp(%s, %s, %u)", name, PICK(names), below(70));
		break;
	default:
		put(t, "(%s %s \"%s\")", name, below(2) ? "==" : "!=", PICK(strings));
	}
}

static void put_tree(struct text *t, unsigned int depth);

static void put_leaf(struct text *t, unsigned int depth)
{
	static const char *const fields[] = { "common_type", "common_pid",  "call_site", "ptr",
					      "text",	     "bytes_alloc", "ret",	 "node",
					      "order",	     "prio",	    "port",	 "level",
					      "byte",	     "_pid",	    "_tid",	 "flags" };
	static const char *const arrays[] = { "args", "numbers", "comm", "name", "rel" };

	switch (below(12)) {
	case 0:
	case 1:
	case 2:
		put(t, "%lluU%s", random_value(), below(2) ? "L" : "");
		break;
	case 3:
		put(t, "%s[", PICK(arrays));
		if (depth && below(2))
			put_tree(t, depth - 1);
		else
			put(t, "%d", (int)below(14) - 2);
		put(t, "]");
		break;
	case 4:
		put_string(t);
		break;
	default:
		put(t, "%s", fields[below(NR_OF(fields) - (below(8) != 0) * 3)]);
	}
}

static void put_call(struct text *t, unsigned int depth)
{
	static const char *const calls[] = { "abs(", "log2(", "ntohl(", "ntohs(", "min(", "max(" };
	unsigned int i = below(NR_OF(calls));

	put(t, "%s", calls[i]);
	put_tree(t, depth - 1);
	if (i >= 4) {
		put(t, ", ");
		put_tree(t, depth - 1);
	}
	put(t, ")");
}

static void put_tree(struct text *t, unsigned int depth)
{
	static const char *const binaries[] = { "+",  "-",  "*",  "/",	"/",  "%", "%",	 "<<",
						">>", "&",  "|",  "^",	"==", "<", "<=", ">",
						">=", "!=", "&&", "||", ",",  "/", "%",	 "&&" };
	static const char *const unaries[] = { "-",	"~",	   "!",	    "(char)",
					       "(u8)",	"(short)", "(u16)", "(int)",
					       "(u32)", "(s64)",   "(u64)", "(bool)" };

	if (!depth || !below(6)) {
		put_leaf(t, depth);
		return;
	}
	switch (below(8)) {
	case 0:
		put_call(t, depth);
		return;
	case 1:
		put(t, "%s(", PICK(unaries));
		put_tree(t, depth - 1);
		break;
	case 2:
		put(t, "((");
		put_tree(t, depth - 1);
		put(t, ") ? ");
		put_tree(t, depth - 1);
		put(t, " : ");
		put_tree(t, depth - 1);
		break;
	default:
		put(t, "(");
		put_tree(t, depth - 1);
		put(t, " %s ", PICK(binaries));
		put_tree(t, depth - 1);
	}
	put(t, ")");
}

/* ---- records ---- */

static void fill(unsigned char *raw, size_t offset, size_t size)
{
	__u64 value = random_value();

	memcpy(raw + offset, &value, size);
}

/* Strings of every length in the tail, locators that are right, short, or anything. */
static void record_fill(unsigned char *raw)
{
	static const char *const strings[] = { "bash",		"kmalloc-64", "",
					       "sda",		"a",	      "kworker/0:1",
					       "emit_bpf-test", "12345678" };
	struct test_record *r = (struct test_record *)raw;
	const char *s;

	for (size_t i = 0; i < sizeof(*r); i++)
		raw[i] = random_next();
	for (size_t i = 0; i < sizeof(test_fields) / sizeof(*test_fields); i++) {
		if (!test_fields[i].is_string && test_fields[i].size <= 8)
			fill(raw, test_fields[i].offset, test_fields[i].size);
	}
	for (size_t i = 0; i < 4; i++)
		fill(raw, offsetof(struct test_record, args) + 4 * i, 4);
	r->common_type = test_raw.common_type;
	r->common_pid = syscall(__NR_gettid);
	s = PICK(strings);
	memset(r->comm, 0, sizeof(r->comm));
	memcpy(r->comm, s, strnlen(s, below(9)));
	strcpy(r->tail, PICK(strings));
	if (below(8))
		strcpy(r->tail + 16, PICK(strings));
	r->name = below(17) << 16 | TEST_TAIL;
	r->rel = below(17) << 16 | (TEST_TAIL + 16 - offsetof(struct test_record, rel) - 4);
	r->numbers = below(9) << 16 | (TEST_TAIL + below(8));
	if (!below(20))
		r->name = random_next();
	if (!below(20))
		r->rel = r->numbers = random_next();
}

static void name_comm(void *ctx, __u32 pid, __u32 tid, char *buf, size_t size)
{
	(void)ctx;
	(void)pid;
	(void)tid;
	snprintf(buf, size, "emit_bpf-test");
}

/* ---- the tests ---- */

struct counts {
	unsigned int exprs, placed, too_long, evaluations, nonzero;
};

static void compare(struct bpf_world *w, const struct expr *e, const char *text,
		    const struct expr_record *rec, struct counts *counts)
{
	__u64 want = expr_eval(e, rec), got = bpf_run(w);
	char *listing;

	counts->evaluations++;
	counts->nonzero += !!want;
	if (got == want)
		return;
	if (!expr_listing(e, &listing))
		printf("%s", listing);
	fail_msg("%s: is 0x%llx, the VM says 0x%llx (record of %u bytes)", text, got, want,
		 rec->raw_size);
}

static struct expr *random_expr(struct text *t)
{
	struct expr_error err;
	struct expr *e;

	do {
		t->len = 0;
		put_tree(t, 1 + below(5));
	} while (t->len == MAX_TEXT - 1 ||
		 expr_new(&e, t->buf, t->len, &test_scope, EXPR_VALUE, &err));
	return e;
}

/* Says whether there is a program for @e now. */
static bool place(struct bpf_world *w, const struct expr *e, const char *text,
		  struct counts *counts)
{
	int rc = bpf_compile(w, e, text);

	counts->exprs++;
	counts->placed += !rc;
	counts->too_long += rc == -ENOSPC;
	if (rc && (!w->why.message[0] || (rc != -EOPNOTSUPP && rc != -ENOSPC)))
		fail_msg("%s: %d, '%s'", text, rc, w->why.message);
	return !rc;
}

static void said(const char *what, const struct counts *c)
{
	printf("%s: %u of %u expressions compiled (%u too long), %u evaluations, %u not 0, "
	       "0 differences\n",
	       what, c->placed, c->exprs, c->too_long, c->evaluations, c->nonzero);
}

static struct expr_record random_record(const struct bpf_world *w)
{
	static const struct expr_host host = { .comm = name_comm };

	return (struct expr_record){ .raw = w->record,
				     .raw_size = w->options.record_size,
				     .pid = getpid(),
				     .tid = syscall(__NR_gettid),
				     .host = &host };
}

/* NULL: no programs here, and why has been printed. */
static struct bpf_world *world_new(void)
{
	struct bpf_world *w = malloc(sizeof(*w));

	assert_non_null(w);
	if (bpf_open(w))
		return w;
	printf("no eBPF programs can be loaded: %s\n", strerror(errno));
	free(w);
	return NULL;
}

static void a_million_values_are_the_vms(void **state)
{
	struct bpf_world *w = world_new();
	struct counts memory = { 0 }, tracepoint = { 0 };
	struct text t;

	(void)state;
	if (!w)
		skip();
	prctl(PR_SET_NAME, "emit_bpf-test");
	while (memory.evaluations < NR_EXPRS * NR_RECORDS) {
		struct expr *e = random_expr(&t);
		struct expr_record rec;

		/* mostly a record of full length, or one where fields and strings are cut off */
		w->options.context = EXPR_BPF_MEMORY;
		w->options.record_size = below(4) ? sizeof(struct test_record)
						  : below(sizeof(struct test_record));
		rec = random_record(w);
		if (place(w, e, t.buf, &memory)) {
			for (unsigned int i = 0; i < NR_RECORDS; i++) {
				record_fill(w->record);
				compare(w, e, t.buf, &rec, &memory);
			}
		}
		w->options.context = EXPR_BPF_TRACEPOINT;
		place(w, e, t.buf, &tracepoint);
		expr_free(e);
	}
	said("a record in memory", &memory);
	said("a tracepoint's context", &tracepoint);
	assert_true(memory.placed > memory.exprs / 2);
	assert_true(tracepoint.placed > tracepoint.exprs / 2);
	assert_true(memory.nonzero > memory.evaluations / 3);
	bpf_close(w);
	free(w);
}

static void arguments_stand_for_fields(void **state)
{
	struct bpf_world *w = world_new();
	struct expr_bpf_arg args[BPF_NR_ARGS];
	struct counts counts = { 0 };
	unsigned int nr = 0;
	struct text t;

	(void)state;
	if (!w)
		skip();
	prctl(PR_SET_NAME, "emit_bpf-test");
	for (size_t i = 0; i < sizeof(test_fields) / sizeof(*test_fields); i++) {
		const struct expr_field *f = &test_fields[i];

		if (f->offset >= 8 && f->where == EXPR_FIXED && f->size == f->elem_size &&
		    f->size <= 8)
			args[nr] = (struct expr_bpf_arg){ .offset = f->offset,
							  .arg = nr,
							  .size = f->size,
							  .is_signed = f->is_signed },
			nr++;
	}
	w->options.context = EXPR_BPF_ARGS;
	w->options.args = args;
	w->options.nr_args = nr;
	for (unsigned int n = 0; n < NR_EXPRS / 4; n++) {
		struct expr *e = random_expr(&t);
		struct expr_record rec = random_record(w);

		if (place(w, e, t.buf, &counts)) {
			for (unsigned int i = 0; i < NR_RECORDS / 5; i++) {
				record_fill(w->record);
				for (unsigned int k = 0; k < nr; k++) {
					/* what is above an argument's bytes is anything */
					w->args[k] = random_next();
					memcpy(&w->args[k], w->record + args[k].offset,
					       args[k].size);
				}
				compare(w, e, t.buf, &rec, &counts);
			}
		}
		expr_free(e);
	}
	said("a raw tracepoint's arguments", &counts);
	assert_true(counts.placed > counts.exprs / 4);
	bpf_close(w);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million_values_are_the_vms),
		cmocka_unit_test(arguments_stand_for_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
