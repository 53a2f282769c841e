/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_EXPR_H
#define MWPROF_EXPR_H

/*
 * Expressions over the fields of one event: C expressions over 64-bit values
 * with C's conversions (docs/expr.md). Text is compiled once to a register code
 * with forward jumps only, which the VM here runs on a record; the same code is
 * what an eBPF back end emits. Evaluation cannot fail, loop or write.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* Where a field's bytes are. */
enum expr_where {
	EXPR_FIXED,    /* at offset, size bytes */
	EXPR_DATA_LOC, /* at offset is __data_loc: u32 = length << 16 | offset in the record */
	EXPR_REL_LOC,  /* at offset is __rel_loc: the same, counted from the locator's end */
};

/* A field of an event's record. Everything is borrowed: the scope outlives the expr. */
struct expr_field {
	const char *name;
	const char
		*type; /* as the kernel's format file says it, for messages; NULL: made from size */
	__u16 offset, size; /* bytes; of a locator: 4 */
	__u8 elem_size;	    /* bytes of one element: 1, 2, 4, 8; equals size for a single integer */
	bool is_signed;
	bool is_string; /* char array, inline or located */
	bool is_array;	/* of integers: needs an index */
	__u8 where;	/* enum expr_where */
};

struct expr_scope {
	const struct expr_field *fields; /* NULL, 0: a constant expression */
	size_t nr_fields;
	bool has_self;	  /* _pid _tid _cpu _time _comm exist */
	const char *what; /* "kmem:kmalloc", for messages; may be NULL */
};

/* How names for display are found; each writes at most @size bytes with a NUL. Any may be NULL. */
struct expr_host {
	void *ctx;
	void (*comm)(void *ctx, __u32 pid, __u32 tid, char *buf, size_t size);
	void (*ksymbol)(void *ctx, __u64 addr, char *buf, size_t size);
	void (*usymbol)(void *ctx, __u32 pid, __u64 addr, char *buf, size_t size);
	void (*syscall_name)(void *ctx, __u64 nr, char *buf, size_t size);
};

/* One record to evaluate on. Reading past raw_size gives 0 or an empty string, never a fault. */
struct expr_record {
	const void *raw;
	__u32 raw_size;
	__u32 pid, tid, cpu;
	__u64 time_ns;
	const struct expr_host *host; /* NULL: names are empty strings */
};

enum expr_use {
	EXPR_VALUE, /* ptr=, size=: an integer */
	EXPR_FILTER, /* an integer as truth; the kernel's filter grammar (.function, .ustring, CPUS{}) is allowed too */
	EXPR_DISPLAY, /* integer or string, printf() allowed: to be shown */
};

/* What is wrong and where: offsets count in the compiled text. */
struct expr_error {
	size_t at, len;	   /* the place; len 0: just before at */
	char message[160]; /* "no field 'bytes_aloc'" */
	char hint[512];	   /* "did you mean bytes_alloc?"; empty: none */
};

struct expr;

/* 0, -ENOMEM, or -EINVAL with *@err filled. @text need not end with NUL. */
int expr_new(struct expr **out, const char *text, size_t len, const struct expr_scope *scope,
	     enum expr_use use, struct expr_error *err);
void expr_free(struct expr *e); /* takes NULL */

/* Integer result, sign- or zero-extended to 64 bits as its type says. Not for strings. */
__u64 expr_eval(const struct expr *e, const struct expr_record *rec);

/* Result as text: a string, printf()'s output, or a number as its type prints. Returns @buf. */
const char *expr_format(const struct expr *e, const struct expr_record *rec, char *buf,
			size_t size);

/* A plain integer field, read as it stands: the caller may load it inline. */
bool expr_plain_field(const struct expr *e, const struct expr_field **out);

/* "unsigned long", "string": borrowed. */
const char *expr_type_name(const struct expr *e);
bool expr_is_string(const struct expr *e);

/* What keeps an expression from running in user space; empty set: nothing does. */
enum expr_needs {
	EXPR_NEEDS_KERNEL_MEMORY = 1, /* *(type *)p, str(p) */
	EXPR_NEEDS_KERNEL_FILTER = 2, /* .function .ustring CPUS{} */
	EXPR_NEEDS_HOST = 4,	      /* calls comm_get(), ksymbol() ...: user space only */
	EXPR_NEEDS_COMM = 8,	      /* uses _comm or comm_get() */
	EXPR_NEEDS_TID = 16,	      /* uses _tid */
};
unsigned int expr_needs(const struct expr *e);

/*
 * The filter as the kernel's trace event filter text, owned by the caller, for
 * filters whose meaning there is exactly the meaning here. 0, -ENOMEM, or
 * -EOPNOTSUPP with err->message saying why not ("arithmetic", "_pid").
 */
int expr_kernel_filter(const struct expr *e, char **out, struct expr_error *err);

/* What r1 points to where compiled code begins. */
enum expr_bpf_context {
	EXPR_BPF_TRACEPOINT, /* a classic tracepoint's context: the record but its first 8 bytes */
	EXPR_BPF_MEMORY,     /* a copy of the record, record_size bytes: stack or map value */
	EXPR_BPF_ARGS,	     /* a raw tracepoint's context: __u64 args[] */
};

/* Where a raw tracepoint has the value of a field: in an argument, or behind a pointer. */
struct expr_bpf_arg {
	__u16 offset; /* the field's in the record, as expr_field has it */
	__u8 arg;     /* number of the argument, from 0 */
	__u8 size;    /* bytes of the argument or member: 1, 2, 4, 8 */
	bool is_signed;
	bool is_pointer; /* the value is at @member bytes behind what the argument points to */
	__u16 member;
};

/* The program around the code. */
struct expr_bpf_options {
	enum expr_bpf_context context;
	__u32 record_size;		 /* EXPR_BPF_MEMORY: what lies outside reads as 0 */
	__u16 event_type;		 /* value of common_type, where the context has none */
	const struct expr_bpf_arg *args; /* EXPR_BPF_ARGS; borrowed during the call */
	size_t nr_args;
	/* Stack that the code may use: scratch_size bytes up from r10 + scratch_offset. */
	__s16 scratch_offset; /* negative, a multiple of 8 */
	__u16 scratch_size;
};

struct bpf_insn;

/*
 * Compiles to eBPF for programs with bpf_probe_read_kernel() (5.5), to be put
 * into a program: r1 is the context on entry, r0 the result where the code
 * ends, which is just behind its last instruction. Jumps go forward and stay
 * inside, r1-r5 are clobbered, r6-r9 are left alone. The value is the one
 * expr_eval() has for the same record; *(type *)p and str(p) read kernel memory,
 * str() up to 63 bytes of it.
 *
 * 0 with *nr instructions in @out; -EOPNOTSUPP: it can't run there; -ENOSPC: it
 * needs *nr instructions and @max are too few; -ENOMEM. All but the last with
 * why->message, which names no place in the text.
 */
int expr_emit_bpf(const struct expr *e, const struct expr_bpf_options *options,
		  struct bpf_insn *out, unsigned int max, unsigned int *nr, struct expr_error *why);

/* The register code, a line an instruction, owned by the caller: 0 or -ENOMEM. */
int expr_listing(const struct expr *e, char **out);

/* Names of all builtins with their forms, for help and completion; NULL-terminated. */
const char *const *expr_builtins(void);

/*
 * The nearest of @names to @word by edit distance, near enough to be offered to
 * a person; -1: none. stride is the distance between two pointers in bytes.
 */
int expr_nearest(const char *word, size_t len, const char *const *names, size_t nr, size_t stride);

#endif
