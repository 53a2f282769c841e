// SPDX-License-Identifier: GPL-2.0-only
/*
 * emit_bpf.c - expressions as eBPF, feature by feature, with the values they must have
 */
#include "tests/unit/bpf_run.h"

#include <linux/perf_event.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#define NR_OF(a) (sizeof(a) / sizeof(*(a)))

static int why_not; /* errno of bpf_open() */

/* One for all tests; they find it in *state. */
static int world_new(void **state)
{
	struct bpf_world *w = malloc(sizeof(*w));

	if (!w)
		return -1;
	*state = w;
	why_not = bpf_open(w) ? 0 : errno;
	if (why_not)
		return 0; /* the tests skip */
	memcpy(w->record, &test_raw, sizeof(test_raw));
	return 0;
}

static int world_free(void **state)
{
	bpf_close(*state);
	free(*state);
	return 0;
}

static struct bpf_world *world(void **state)
{
	struct bpf_world *w = *state;

	if (w->map < 0) {
		printf("no eBPF programs can be loaded: %s\n", strerror(why_not));
		skip();
	}
	return w;
}

static __u64 value_in(struct bpf_world *w, const char *text, const struct expr_scope *scope)
{
	struct expr_error err;
	struct expr *e;
	__u64 value;
	int rc;

	if (expr_new(&e, text, strlen(text), scope, EXPR_VALUE, &err))
		fail_msg("%s: at %zu: %s", text, err.at, err.message);
	rc = bpf_compile(w, e, text);
	if (rc)
		fail_msg("%s: %d, %s", text, rc, w->why.message);
	value = bpf_run(w);
	expr_free(e);
	return value;
}

struct row {
	const char *text;
	__u64 value;
};

static void check_rows(struct bpf_world *w, const struct row *rows, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		__u64 value = value_in(w, rows[i].text, &test_scope);

		if (value != rows[i].value)
			fail_msg("%s: is 0x%llx, not 0x%llx", rows[i].text, value, rows[i].value);
	}
}

#define CHECK_ROWS(w, rows) check_rows(w, rows, NR_OF(rows))

static void fields_load_by_size_and_sign(void **state)
{
	static const struct row rows[] = {
		{ "common_type", 7 },
		{ "flags", 133 },
		{ "common_pid", 1234 },
		{ "call_site", 0xffffffff81000123 },
		{ "ret", -22 },
		{ "node", -1 },
		{ "order", 0x80000000 },
		{ "prio", -5 },
		{ "port", 0x5000 },
		{ "level", -128 },
		{ "byte", 200 },
		{ "args[1]", 20 },
		{ "args[node + 2]", 20 },
		{ "args[node]", 0 },
		{ "args[args[0] - 6]", 0 },
		{ "numbers[common_type - 6]", -2 },
		{ "numbers[3]", 0 },
		{ "name[8]", '6' },
		{ "name[11]", 0 },
		{ "comm[common_type - 5]", 's' },
	};

	CHECK_ROWS(world(state), rows);
}

static void arithmetic_is_cs(void **state)
{
	static const struct row rows[] = {
		{ "ret / 5", -4 },
		{ "ret % 5", -2 },
		{ "ret / -5", 4 },
		{ "ret % -5", -2 },
		{ "22 / (prio + 0)", -4 },
		{ "ret / (node + 1)", 0 },
		{ "ret % (node + 1)", -22 },
		{ "ret / 0", 0 },
		{ "ret % 0", -22 },
		{ "(s64)(call_site & 0 | 1UL << 63) / node", 1ULL << 63 },
		{ "(s64)(call_site & 0 | 1UL << 63) % node", 0 },
		{ "(s64)(call_site & 0 | 1UL << 63) / (node - 1)", 1ULL << 62 },
		{ "(s64)(call_site & 0 | 1UL << 63) / (s64)(call_site & 0 | 1UL << 63)", 1 },
		{ "ret / (s64)(call_site & 0 | 1UL << 63)", 0 },
		{ "ret % (s64)(call_site & 0 | 1UL << 63)", -22 },
		{ "call_site / bytes_alloc", 0xffffffff81000123 / 96 },
		{ "1UL << (common_type + 57)", 1 },
		{ "node >> 40", -1 },
		{ "1 << (common_type + 25)", 0 },
		{ "bytes_alloc * 0x123456789a", 96 * 0x123456789aULL },
		{ "call_site == 0xffffffff81000123", 1 },
		{ "call_site > 0xffffffff81000123", 0 },
		{ "order > node", 0 },
		{ "(s64)order > node", 1 },
		{ "ntohs(port)", 0x50 },
		{ "ntohl(order)", 0x80 },
		{ "log2(call_site)", 63 },
		{ "log2(bytes_alloc)", 6 },
		{ "log2(bytes_alloc - 96)", 0 },
		{ "log2(order)", 31 },
		{ "min(prio, node)", -5 },
		{ "max(prio, bytes_alloc)", -5 },
		{ "abs(ret)", 22 },
		{ "(char)byte", -56 },
		{ "(bool)byte + !byte", 1 },
		{ "~node", 0 },
		{ "-level", 128 },
		{ "bytes_alloc > 64 && flags & 1 ? 3 : 4", 3 },
		{ "!(bytes_alloc > 64) || prio < 0", 1 },
	};

	CHECK_ROWS(world(state), rows);
}

static void values_that_find_no_register_live_on_the_stack(void **state)
{
	static const struct row rows[] = {
		{ "1 + (byte * (2 + (byte * (3 + (byte * (4 + (byte * (5 + byte)))))))) - 0",
		  (__u32)(1 + 200U * (2 + 200U * (3 + 200U * (4 + 200U * (5 + 200U))))) },
		{ "byte - (byte - (byte - (byte - (byte - (byte - ret / (prio % 3))))))", 11 },
		{ "byte ^ (node ^ (prio ^ (level ^ (args[1] ^ _pid * 0))))",
		  200 ^ (__u32)(-1 ^ (-5 ^ (-128 ^ 20))) },
	};

	CHECK_ROWS(world(state), rows);
}

static void strings_compare_as_in_user_space(void **state)
{
	static const struct row rows[] = {
		{ "comm == \"bash\"", 1 },
		{ "\"bas\" == comm", 0 },
		{ "comm != \"bashs\"", 1 },
		{ "comm == \"123456789\"", 0 },
		{ "name == \"kmalloc-64\"", 1 },
		{ "name == \"kmalloc-6\"", 0 },
		{ "name == \"kmalloc-640\"", 0 },
		{ "name == \"\"", 0 },
		{ "rel == \"sda\"", 1 },
		{ "comm == name", 0 },
		{ "comm == comm", 1 },
		{ "\"a\" == \"a\"", 1 },
		{ "strlen(comm)", 4 },
		{ "strncmp(name, \"kmalloc\", 7)", 0 },
		{ "strncmp(name, \"kmalloc\", 8)", 1 },
		{ "strncmp(\"kmalloc\", name, 8)", -1 },
		{ "strncmp(name, \"kn\", 2)", -1 },
		{ "strncmp(name, comm, 5)", 1 },
		{ "strncmp(name, comm, 0)", 0 },
		{ "strncmp(rel, \"sda\\xff\", 4)", -1 },
		{ "name ~ \"kmalloc-*\"", 1 },
		{ "name ~ \"kmalloc-64\"", 1 },
		{ "name ~ \"kmalloc-?\"", 0 },
		{ "name ~ \"?malloc-[0-9][!5]*\"", 1 },
		{ "comm ~ \"*s*\"", 1 },
		{ "comm ~ \"*sh\"", 1 },
		{ "comm ~ \"*s\"", 0 },
		{ "comm ~ \"????????\"", 0 },
		{ "comm ~ \"?????????*\"", 0 },
		{ "\"sda1\" ~ \"sd?*\" && rel ~ \"*\"", 1 },
		{ "(node, comm) == \"bash\"", 1 },
		{ "node && (order || comm == \"x\") && name == \"kmalloc-64\"", 1 },
	};

	CHECK_ROWS(world(state), rows);
}

/* A record so short that located strings need not be cut. */
static void a_short_records_strings_are_seen_whole(void **state)
{
	static const struct expr_field fields[] = {
		{ "name", NULL, 0, 4, 1, false, true, false, EXPR_DATA_LOC },
		{ "full", NULL, 4, 8, 1, false, true, false, EXPR_FIXED },
	};
	static const struct expr_scope scope = { fields, 2, false, NULL };
	static const struct {
		const char *glob, *str;
		bool is_like;
	} rows[] = {
		{ "*", "", true },
		{ "", "", true },
		{ "", "a", false },
		{ "?", "", false },
		{ "a*c", "abc", true },
		{ "a*c", "abcd", false },
		{ "*b*", "abc", true },
		{ "*ab", "aab", true },
		{ "*ab*ab", "abxab", true },
		{ "*ab*ab", "ab", false },
		{ "*[!abc]", "d", true },
		{ "*[!abc]", "a", false },
		{ "*[a-c]x", "bx", true },
		{ "[c-a]*b", "b", false },
		{ "*[]]", "]", true },
		{ "*[!]]", "]", false },
		{ "*[a-]*[a-]", "a-", true },
		{ "*\\\\*", "b*", true },
		{ "*\\\\*", "ba", false },
		{ "**a**", "bab", true },
		{ "*a*a*a*b", "aaaa", false },
		{ "*[\\xe0-\\xff]", "\xe9", true },
		{ "*[\\x01-\\xff]", "", false },
		{ "a?*?c", "abbc", true },
	};
	struct bpf_world *w = world(state);
	char text[100];

	w->options.record_size = 64;
	for (size_t i = 0; i < NR_OF(rows); i++) {
		__u32 locator = (strlen(rows[i].str) + i % 2) << 16 | 16;

		memset(w->record, 'x', 64);
		memcpy(w->record, &locator, 4);
		strcpy((char *)w->record + 16, rows[i].str);
		snprintf(text, sizeof(text), "name ~ \"%s\"", rows[i].glob);
		if (value_in(w, text, &scope) != rows[i].is_like)
			fail_msg("\"%s\": %s: is not %d", rows[i].str, text, rows[i].is_like);
		assert_int_equal(value_in(w, "strlen(name)", &scope), strlen(rows[i].str));
	}
	assert_int_equal(value_in(w, "strlen(full)", &scope), 8);
	assert_int_equal(value_in(w, "full == \"xxxxxxxx\"", &scope), 1);
	assert_int_equal(value_in(w, "full ~ \"*xx\"", &scope), 1);
	w->options.record_size = 10; /* not all of it is there */
	assert_int_equal(value_in(w, "strlen(full) + strlen(name)", &scope), 0);
	assert_int_equal(value_in(w, "full == \"\"", &scope), 1);
	w->options.record_size = sizeof(test_raw);
	memcpy(w->record, &test_raw, sizeof(test_raw));
}

static void the_records_own_values_are_the_threads(void **state)
{
	struct bpf_world *w = world(state);
	struct timespec before, after;
	cpu_set_t cpus, one;
	__u64 time;

	assert_int_equal(prctl(PR_SET_NAME, "emit_bpf"), 0);
	assert_int_equal(value_in(w, "_pid", &test_scope), getpid());
	assert_int_equal(value_in(w, "_tid", &test_scope), syscall(__NR_gettid));
	assert_int_equal(value_in(w, "_comm == \"emit_bpf\"", &test_scope), 1);
	assert_int_equal(value_in(w, "_comm ~ \"*_bp?\"", &test_scope), 1);
	assert_int_equal(value_in(w, "strlen(_comm)", &test_scope), 8);
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &cpus))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
		assert_int_equal(value_in(w, "_cpu", &test_scope), cpu);
	}
	sched_setaffinity(0, sizeof(cpus), &cpus);
	clock_gettime(CLOCK_MONOTONIC, &before);
	time = value_in(w, "_time", &test_scope);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_in_range(time, before.tv_sec * 1000000000ULL + before.tv_nsec,
			after.tv_sec * 1000000000ULL + after.tv_nsec);
}

static void kernel_memory_is_read(void **state)
{
	static const struct row rows[] = {
		{ "*(u32 *)ptr", 0x80000000 },
		{ "*(int *)ptr", (__s32)0x80000000 },
		{ "*(s16 *)(ptr + 4)", -5 },
		{ "*(u8 *)(ptr + 9)", 200 },
		{ "*(u64 *)(text - 24)", 0xffffffff81000123 },
		{ "*(u64 *)(ptr * 0 + 8)", 0 }, /* nothing is there */
		{ "str(ptr + 10) == \"bash\"", 1 },
		{ "str(ptr + 10) ~ \"*as?\"", 1 },
		{ "strlen(str(ptr + 10))", 4 },
		{ "str(ptr + 10) == comm", 1 },
		{ "str(ptr + 10) == str(ptr + 10)", 1 },
		{ "str(ptr + 10) == str(ptr + 11)", 0 },
		{ "strlen(str(ptr * 0 + 8))", 0 },
	};
	struct test_record *r;
	struct bpf_world *w = world(state);

	value_in(w, "byte", &test_scope); /* tells where the record is */
	r = (struct test_record *)w->record;
	r->ptr = w->shared->record + offsetof(struct test_record, order);
	r->text = w->shared->record + offsetof(struct test_record, call_site) + 24;
	CHECK_ROWS(w, rows);
	memcpy(w->record, &test_raw, sizeof(test_raw));
}

static void a_long_string_in_memory_is_cut(void **state)
{
	struct bpf_world *w = world(state);
	struct test_record *r = (struct test_record *)w->record;

	value_in(w, "byte", &test_scope);
	memset(w->record + 1000, 'a', 100);
	r->ptr = w->shared->record + 1000;
	assert_int_equal(value_in(w, "strlen(str(ptr))", &test_scope), 63);
	assert_int_equal(value_in(w, "str(ptr) ~ \"*aab\"", &test_scope), 0);
	assert_int_equal(value_in(w, "str(ptr) ~ \"aa*\"", &test_scope), 1);
	memcpy(w->record, &test_raw, sizeof(test_raw));
}

static void arguments_convert_to_their_fields(void **state)
{
	static const struct expr_bpf_arg args[] = {
		{ .offset = offsetof(struct test_record, ret),
		  .arg = 2,
		  .size = 4,
		  .is_signed = true },
		{ .offset = offsetof(struct test_record, call_site), .arg = 3, .size = 4 },
		{ .offset = offsetof(struct test_record, ptr), .arg = 11, .size = 8 },
		{ .offset = offsetof(struct test_record, prio), .arg = 3, .size = 8 },
		{ .offset = offsetof(struct test_record, bytes_alloc),
		  .arg = 0,
		  .size = 4,
		  .is_pointer = true,
		  .member = offsetof(struct test_record, order) },
		{ .offset = offsetof(struct test_record, node),
		  .arg = 0,
		  .size = 1,
		  .is_signed = true,
		  .is_pointer = true,
		  .member = offsetof(struct test_record, level) },
	};
	static const struct row rows[] = {
		{ "ret", -2 },
		{ "call_site", 0xfffffffe },
		{ "prio", -2 },
		{ "ptr", 0x1234567890abcdef },
		{ "bytes_alloc", 0x80000000 },
		{ "node", -128 },
		{ "node + ret + (prio + common_type)", -125 },
		{ "bytes_alloc ? _pid * 0 + 5 : 6", 5 },
	};
	struct bpf_world *w = world(state);
	struct expr_bpf_options options = w->options;

	value_in(w, "byte", &test_scope);
	w->args[0] = w->shared->record;
	w->args[3] = 0xabcdef00fffffffe;
	w->args[2] = w->args[3];
	w->args[11] = 0x1234567890abcdef;
	w->options.context = EXPR_BPF_ARGS;
	w->options.args = args;
	w->options.nr_args = NR_OF(args);
	CHECK_ROWS(w, rows);
	assert_int_equal(value_in(w, "common_pid", &test_scope), syscall(__NR_gettid));
	w->options = options;
}

/* ---- what can't be compiled ---- */

static void check_refusal(const char *text, enum expr_use use,
			  const struct expr_bpf_options *options, unsigned int max, int want,
			  const char *why)
{
	struct expr *e = test_new(text, use);
	struct bpf_insn out[512];
	struct expr_error err;
	unsigned int nr;
	int rc = expr_emit_bpf(e, options, out, max, &nr, &err);

	if (rc != want || strcmp(err.message, why))
		fail_msg("%s: is %d, '%s', not '%s'", text, rc, err.message, why);
	expr_free(e);
}

static void what_cant_run_there_says_why(void **state)
{
	static const struct expr_bpf_options memory = { .context = EXPR_BPF_MEMORY,
							.record_size = 146,
							.scratch_offset = -256,
							.scratch_size = 256 },
					     tracepoint = { .context = EXPR_BPF_TRACEPOINT,
							    .scratch_offset = -256,
							    .scratch_size = 256 },
					     args = { .context = EXPR_BPF_ARGS,
						      .scratch_offset = -64,
						      .scratch_size = 64 },
					     small = { .context = EXPR_BPF_MEMORY,
						       .record_size = 146,
						       .scratch_offset = -16,
						       .scratch_size = 16 };
	static const struct {
		const char *text;
		enum expr_use use;
		const struct expr_bpf_options *options;
		const char *why;
	} rows[] = {
		{ "printf(\"%d\", node)", EXPR_DISPLAY, &memory,
		  "text for display is made in user space" },
		{ "comm", EXPR_DISPLAY, &memory, "text for display is made in user space" },
		{ "ksymbol(ptr) == \"f\"", EXPR_VALUE, &memory,
		  "ksymbol() finds names in user space" },
		{ "(node ? comm : name) == \"x\"", EXPR_VALUE, &memory, "a string chosen by ?:" },
		{ "strncmp(comm, name, node)", EXPR_VALUE, &memory,
		  "strncmp() of a number of bytes that is not constant" },
		{ "strncmp(comm, name, node ? 1 : 2)", EXPR_VALUE, &memory,
		  "strncmp() of a number of bytes that is not constant" },
		{ "strlen(name)", EXPR_VALUE, &tracepoint,
		  "the length of a string that may have more than 64 bytes" },
		{ "name == rel", EXPR_VALUE, &tracepoint, "two strings of unknown length" },
		{ "name ~ \"*b\"", EXPR_VALUE, &tracepoint,
		  "such a glob on a string that may have more than 64 bytes; \"text*\" works" },
		{ "flags", EXPR_VALUE, &tracepoint,
		  "common_flags and common_preempt_count can't be read there" },
		{ "order", EXPR_VALUE, &args, "a field that is no argument of the raw tracepoint" },
		{ "comm == \"a\"", EXPR_VALUE, &args,
		  "a string is no argument of a raw tracepoint" },
		{ "args[_cpu]", EXPR_VALUE, &args, "an array is no argument of a raw tracepoint" },
		{ "ptr.function == kfree", EXPR_FILTER, &memory,
		  "only the kernel's filter has .function, .ustring and CPUS{}" },
		{ "args[node]", EXPR_VALUE, &small,
		  "it needs more than the 16 bytes of stack that there are" },
	};

	(void)state;
	for (size_t i = 0; i < NR_OF(rows); i++)
		check_refusal(rows[i].text, rows[i].use, rows[i].options, 512, -EOPNOTSUPP,
			      rows[i].why);
	check_refusal("ptr", EXPR_VALUE, &memory, 0, -ENOSPC,
		      "it needs 1 instructions, there is room for 0");
	check_refusal("name ~ \"kmalloc-*\" || byte / prio", EXPR_VALUE, &memory, 9, -ENOSPC,
		      "it needs 66 instructions, there is room for 9");
}

static void code_is_short_and_masks_shift_counts(void **state)
{
	static const struct expr_bpf_options options = { .context = EXPR_BPF_TRACEPOINT };
	static const struct bpf_insn shift[] = {
		{ BPF_LDX | BPF_MEM | BPF_DW, 0, 1, offsetof(struct test_record, ptr), 0 },
		{ BPF_LDX | BPF_MEM | BPF_W, 2, 1, offsetof(struct test_record, order), 0 },
		{ BPF_ALU64 | BPF_MOV | BPF_X, 5, 2, 0, 0 },
		{ BPF_ALU64 | BPF_AND | BPF_K, 5, 0, 0, 63 },
		{ BPF_ALU64 | BPF_LSH | BPF_X, 0, 5, 0, 0 },
	};
	struct bpf_insn out[16];
	struct expr_error why;
	unsigned int nr;
	struct expr *e;

	(void)state;
	e = test_new("ptr", EXPR_VALUE);
	assert_int_equal(expr_emit_bpf(e, &options, out, NR_OF(out), &nr, &why), 0);
	assert_int_equal(nr, 1);
	assert_memory_equal(out, shift, sizeof(*out));
	expr_free(e);
	e = test_new("ptr << order", EXPR_VALUE);
	assert_int_equal(expr_emit_bpf(e, &options, out, NR_OF(out), &nr, &why), 0);
	assert_int_equal(nr, NR_OF(shift));
	assert_memory_equal(out, shift, sizeof(shift));
	expr_free(e);
}

/* ---- a real tracepoint ---- */

struct live {
	struct expr_field fields[16];
	char names[16][32];
	struct expr_scope scope;
	int id;
};

/* Fields and id of a tracepoint, from where the kernel tells. false: it does not. */
static bool live_read(struct live *l, const char *event)
{
	char path[128], line[256], declaration[128];
	unsigned int offset, size;
	FILE *f;
	int sign;

	*l = (struct live){ .scope = { .fields = l->fields, .has_self = true } };
	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/%s/format", event);
	f = fopen(path, "r");
	if (!f) {
		printf("%s: %s\n", path, strerror(errno));
		return false;
	}
	while (fgets(line, sizeof(line), f) && l->scope.nr_fields < NR_OF(l->fields)) {
		size_t n = l->scope.nr_fields;
		char *name;

		sscanf(line, "ID: %d", &l->id);
		if (sscanf(line, " field:%127[^;]; offset:%u; size:%u; signed:%d", declaration,
			   &offset, &size, &sign) != 4)
			continue;
		name = strrchr(declaration, ' ') + 1;
		snprintf(l->names[n], sizeof(l->names[n]), "%.*s", (int)strcspn(name, "["), name);
		l->fields[n] = (struct expr_field){
			.name = l->names[n],
			.offset = offset,
			.size = size,
			.elem_size = strstr(declaration, "char") ? 1 : size,
			.is_signed = sign,
			.is_string = strstr(declaration, "char") && size > 1,
			.where = strstr(declaration, "__data_loc") ? EXPR_DATA_LOC : EXPR_FIXED,
		};
		l->scope.nr_fields++;
	}
	fclose(f);
	return true;
}

/* The value of @text at a tracepoint that @act hits; 0: it had none. */
static __u64 live_value(struct bpf_world *w, const struct live *l, const char *text,
			void (*act)(void))
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT,
					.size = sizeof(attr),
					.config = l->id,
					.sample_period = 1 };
	struct expr_bpf_options options = w->options;
	struct expr_error err;
	struct expr *e;
	int fd;

	if (expr_new(&e, text, strlen(text), &l->scope, EXPR_VALUE, &err))
		fail_msg("%s: at %zu: %s", text, err.at, err.message);
	w->options.context = EXPR_BPF_TRACEPOINT;
	w->options.event_type = l->id;
	if (bpf_compile(w, e, text))
		fail_msg("%s: %s", text, w->why.message);
	fd = syscall(__NR_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	assert_true(fd >= 0);
	w->shared->result = 0;
	assert_int_equal(ioctl(fd, PERF_EVENT_IOC_SET_BPF, w->prog), 0);
	assert_int_equal(ioctl(fd, PERF_EVENT_IOC_ENABLE, 0), 0);
	act();
	close(fd);
	expr_free(e);
	w->options = options;
	return *(volatile __u64 *)&w->shared->result;
}

static void rename_thread(void)
{
	prctl(PR_SET_NAME, "emit_old");
	prctl(PR_SET_NAME, "emit_new");
}

static void run_program(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		execl("/bin/../bin/true", "true", NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_tracepoints_record_is_its_context(void **state)
{
	struct bpf_world *w = world(state);
	struct live l;
	char text[200];

	if (!live_read(&l, "task/task_rename"))
		skip();
	snprintf(text, sizeof(text),
		 "oldcomm == \"emit_old\" && newcomm ~ \"*_n?w\" && pid == %ld && _pid == %d ? "
		 "common_pid * 1000L + strlen(newcomm) : 0",
		 (long)syscall(__NR_gettid), getpid());
	assert_int_equal(live_value(w, &l, text, rename_thread),
			 syscall(__NR_gettid) * 1000 + strlen("emit_new"));
	assert_int_equal(live_value(w, &l, "newcomm == \"emit_new\" ? common_type : 0",
				    rename_thread),
			 l.id);
	assert_int_equal(live_value(w, &l, "newcomm == \"emit_ne\"", rename_thread), 0);
}

static void a_tracepoints_located_strings_are_read(void **state)
{
	struct bpf_world *w = world(state);
	struct live l;

	if (!live_read(&l, "sched/sched_process_exec"))
		skip();
	assert_int_equal(live_value(w, &l, "filename == \"/bin/../bin/true\" ? pid == _pid : 0",
				    run_program),
			 1);
	assert_int_equal(live_value(w, &l,
				    "filename ~ \"/bin/../[b]?n/*\" ? filename[13] * (_tid == "
				    "common_pid) : 0",
				    run_program),
			 'r');
	assert_int_equal(live_value(w, &l, "filename == \"/bin/../bin/tru\"", run_program), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_load_by_size_and_sign),
		cmocka_unit_test(arithmetic_is_cs),
		cmocka_unit_test(values_that_find_no_register_live_on_the_stack),
		cmocka_unit_test(strings_compare_as_in_user_space),
		cmocka_unit_test(a_short_records_strings_are_seen_whole),
		cmocka_unit_test(the_records_own_values_are_the_threads),
		cmocka_unit_test(kernel_memory_is_read),
		cmocka_unit_test(a_long_string_in_memory_is_cut),
		cmocka_unit_test(arguments_convert_to_their_fields),
		cmocka_unit_test(what_cant_run_there_says_why),
		cmocka_unit_test(code_is_short_and_masks_shift_counts),
		cmocka_unit_test(a_tracepoints_record_is_its_context),
		cmocka_unit_test(a_tracepoints_located_strings_are_read),
	};

	return cmocka_run_group_tests(tests, world_new, world_free);
}
