/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BPF_RUN_H
#define BPF_RUN_H

/*
 * Runs compiled expressions in the kernel, by bpf(2) alone: a program around the
 * code, and a map in memory that both sides see, with the record to run on and
 * the result. A test skips if bpf_open() answers false.
 */
#include "tests/unit/expr_test.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BPF_MAP_BYTES 4096
#define BPF_RECORD_AT 64
#define BPF_MAX_CODE 8192
#define BPF_NR_ARGS 12

/* The map's value. */
struct bpf_shared {
	__u64 result, nr_results;
	__u64 record; /* the kernel's address of what is at BPF_RECORD_AT */
};

struct bpf_world {
	int map, prog;
	struct bpf_shared *shared;
	unsigned char *record;
	struct expr_bpf_options options;
	struct expr_error why;
	struct bpf_insn insns[BPF_MAX_CODE + 32];
	unsigned int at, nr; /* where the code is in insns, and how long */
	__u64 args[BPF_NR_ARGS];
};

static inline long bpf_sys(int cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

/* Whether this process may load the programs that tests need. */
static inline bool bpf_may_load(void)
{
	static const struct bpf_insn nothing[] = {
		{ BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0 },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};
	union bpf_attr attr = { 0 };
	int fd;

	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	attr.insns = (__u64)(unsigned long)nothing;
	attr.insn_cnt = 2;
	attr.license = (__u64)(unsigned long)"GPL";
	fd = bpf_sys(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* false: programs can't be had, errno says why. */
static inline bool bpf_open(struct bpf_world *w)
{
	union bpf_attr attr = { 0 };

	memset(w, 0, sizeof(*w));
	w->prog = w->map = -1;
	w->options = (struct expr_bpf_options){ .context = EXPR_BPF_MEMORY,
						.record_size = sizeof(struct test_record),
						.event_type = test_raw.common_type,
						.scratch_offset = -400,
						.scratch_size = 400 };
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = BPF_MAP_BYTES;
	attr.max_entries = 1;
	attr.map_flags = BPF_F_MMAPABLE;
	if (!bpf_may_load())
		return false;
	w->map = bpf_sys(BPF_MAP_CREATE, &attr);
	if (w->map < 0)
		return false;
	w->shared = mmap(NULL, BPF_MAP_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, w->map, 0);
	assert_ptr_not_equal(w->shared, MAP_FAILED);
	w->record = (unsigned char *)w->shared + BPF_RECORD_AT;
	return true;
}

static inline void bpf_unload(struct bpf_world *w)
{
	if (w->prog >= 0)
		close(w->prog);
	w->prog = -1;
}

static inline void bpf_close(struct bpf_world *w)
{
	bpf_unload(w);
	if (w->map >= 0) {
		munmap(w->shared, BPF_MAP_BYTES);
		close(w->map);
	}
}

static inline void bpf_put(struct bpf_insn **at, __u8 code, __u8 dst, __u8 src, __s16 off,
			   __s32 imm)
{
	*(*at)++ = (struct bpf_insn){ code, dst, src, off, imm };
}

/* r6 = the map's value, r1 = the context; registers that must survive hold pointers. */
static inline void bpf_put_head(const struct bpf_world *w, struct bpf_insn **at)
{
	bpf_put(at, BPF_ALU64 | BPF_MOV | BPF_X, 7, 1, 0, 0);
	bpf_put(at, BPF_LD | BPF_DW | BPF_IMM, 6, BPF_PSEUDO_MAP_VALUE, 0, w->map);
	bpf_put(at, 0, 0, 0, 0, 0);
	bpf_put(at, BPF_ALU64 | BPF_MOV | BPF_X, 8, 6, 0, 0);
	bpf_put(at, BPF_ALU64 | BPF_ADD | BPF_K, 8, 0, 0, BPF_RECORD_AT);
	bpf_put(at, BPF_STX | BPF_MEM | BPF_DW, 6, 8, offsetof(struct bpf_shared, record), 0);
	bpf_put(at, BPF_ALU64 | BPF_MOV | BPF_X, 1, w->options.context == EXPR_BPF_MEMORY ? 8 : 7,
		0, 0);
}

/* Results of 0 don't count: a tracepoint is hit by others too. Never return 0 from one. */
static inline void bpf_put_tail(struct bpf_insn **at)
{
	bpf_put(at, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 4, 0);
	bpf_put(at, BPF_STX | BPF_MEM | BPF_DW, 6, 0, offsetof(struct bpf_shared, result), 0);
	bpf_put(at, BPF_LDX | BPF_MEM | BPF_DW, 1, 6, offsetof(struct bpf_shared, nr_results), 0);
	bpf_put(at, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, 1);
	bpf_put(at, BPF_STX | BPF_MEM | BPF_DW, 6, 1, offsetof(struct bpf_shared, nr_results), 0);
	bpf_put(at, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	bpf_put(at, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* What a hole promises: r6-r9 stay, no jump leaves or goes back. */
static inline void bpf_check_code(const struct bpf_world *w, const char *text)
{
	for (unsigned int i = 0; i < w->nr; i++) {
		const struct bpf_insn *insn = &w->insns[w->at + i];
		__u8 class = BPF_CLASS(insn->code);
		bool is_jump = class == BPF_JMP && BPF_OP(insn->code) != BPF_CALL;

		if (class <= BPF_LDX || class == BPF_ALU || class == BPF_ALU64)
			if (insn->dst_reg >= 6)
				fail_msg("%s: instruction %u sets r%u", text, i, insn->dst_reg);
		if (is_jump && (insn->off < 0 || i + 1 + insn->off > w->nr))
			fail_msg("%s: instruction %u jumps by %d", text, i, insn->off);
		if ((class == BPF_ST || class == BPF_STX) &&
		    (insn->dst_reg != 10 || insn->off < w->options.scratch_offset))
			fail_msg("%s: instruction %u writes elsewhere", text, i);
		if (insn->code == (BPF_LD | BPF_DW | BPF_IMM))
			i++;
	}
}

/* Loads the program; the verifier's words are printed when it says no. */
static inline void bpf_load(struct bpf_world *w, unsigned int nr, const char *text)
{
	bool is_tracepoint = w->options.context == EXPR_BPF_TRACEPOINT;
	union bpf_attr attr = { 0 };
	char *log;

	attr.prog_type = is_tracepoint ? BPF_PROG_TYPE_TRACEPOINT : BPF_PROG_TYPE_RAW_TRACEPOINT;
	attr.insns = (__u64)(unsigned long)w->insns;
	attr.insn_cnt = nr;
	attr.license = (__u64)(unsigned long)"GPL";
	w->prog = bpf_sys(BPF_PROG_LOAD, &attr);
	if (w->prog >= 0)
		return;
	log = calloc(1, 1 << 20);
	assert_non_null(log);
	attr.log_buf = (__u64)(unsigned long)log;
	attr.log_size = 1 << 20;
	attr.log_level = 1;
	w->prog = bpf_sys(BPF_PROG_LOAD, &attr);
	printf("%s\n%.20000s\n", text, log);
	free(log);
	fail_msg("%s: the verifier refuses it", text);
}

/* 0 and the program is loaded, or what expr_emit_bpf() said. */
static inline int bpf_compile(struct bpf_world *w, const struct expr *e, const char *text)
{
	struct bpf_insn *at = w->insns;
	int rc;

	bpf_unload(w);
	bpf_put_head(w, &at);
	w->at = at - w->insns;
	rc = expr_emit_bpf(e, &w->options, at, BPF_MAX_CODE, &w->nr, &w->why);
	if (rc)
		return rc;
	bpf_check_code(w, text);
	at += w->nr;
	bpf_put_tail(&at);
	bpf_load(w, at - w->insns, text);
	return 0;
}

/* The value on what is in w->record or w->args now. */
static inline __u64 bpf_run(struct bpf_world *w)
{
	union bpf_attr attr = { 0 };

	attr.test.prog_fd = w->prog;
	attr.test.ctx_in = (__u64)(unsigned long)w->args;
	attr.test.ctx_size_in = sizeof(w->args);
	w->shared->result = 0;
	if (bpf_sys(BPF_PROG_TEST_RUN, &attr))
		fail_msg("the program does not run: %s", strerror(errno));
	return *(volatile __u64 *)&w->shared->result;
}

#endif
