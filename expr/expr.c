// SPDX-License-Identifier: GPL-2.0-only
/*
 * expr.c - the public side of expressions
 *
 * Drives the stages - parser, types, register code - and owns what they leave:
 * the arena with tree, strings and code. Everything in expr.h that is not in a
 * file of its own is here; so is the compilation's error.
 */
#include "expr/ir.h"
#include "expr/emit_bpf.h"
#include "expr/filter.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct expr {
	struct ir_code code;
	const struct node *root;	/* in the arena */
	const struct expr_field *plain; /* borrowed: the field that this expression is, or NULL */
	bool shows_pointer;
	const struct expr_scope *scope; /* borrowed */
	struct arena arena;
};

/* ---- the arena ---- */

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	_Alignas(16) char bytes[];
};

#define CHUNK_BYTES 4000

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->head;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (!chunk || chunk->size - chunk->used < size) {
		size_t bytes = size > CHUNK_BYTES ? size : CHUNK_BYTES;

		chunk = calloc(1, sizeof(*chunk) + bytes);
		if (!chunk)
			return NULL;
		chunk->size = bytes;
		chunk->next = arena->head;
		arena->head = chunk;
	}
	p = chunk->bytes + chunk->used;
	chunk->used += size;
	return p;
}

void arena_fini(struct arena *arena)
{
	while (arena->head) {
		struct arena_chunk *next = arena->head->next;

		free(arena->head);
		arena->head = next;
	}
}

/* ---- the compilation ---- */

void *compile_fail(struct compile *c, size_t at, size_t len, const char *fmt, ...)
{
	va_list ap;

	if (c->rc)
		return NULL;
	c->rc = -EINVAL;
	c->err->at = at;
	c->err->len = at > c->len ? 0 : len > c->len - at ? c->len - at : len;
	c->err->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(c->err->message, sizeof(c->err->message), fmt, ap);
	va_end(ap);
	return NULL;
}

void *compile_no_memory(struct compile *c)
{
	if (!c->rc)
		c->rc = -ENOMEM;
	return NULL;
}

void compile_hint(struct compile *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->err->hint, sizeof(c->err->hint), fmt, ap);
	va_end(ap);
}

void *compile_alloc(struct compile *c, size_t size)
{
	void *p = arena_alloc(&c->arena, size);

	return p ? p : compile_no_memory(c);
}

char *compile_strdup(struct compile *c, const char *str, size_t len)
{
	char *copy = compile_alloc(c, len + 1);

	if (copy)
		memcpy(copy, str, len);
	return copy;
}

/* ---- expressions ---- */

static const struct expr_field *plain_field(const struct node *root)
{
	return root->kind == NODE_FIELD && root->type != TYPE_STRING ? root->field : NULL;
}

int expr_new(struct expr **out, const char *text, size_t len, const struct expr_scope *scope,
	     enum expr_use use, struct expr_error *err)
{
	static const struct expr_scope no_scope;
	struct compile c = {
		.text = text, .len = len, .scope = scope ? scope : &no_scope, .use = use, .err = err
	};
	struct expr *e = NULL;
	struct node *root;

	*err = (struct expr_error){ 0 };
	root = parser_parse(&c);
	root = root ? type_check(&c, root) : NULL;
	if (!root)
		goto out;
	e = calloc(1, sizeof(*e));
	if (!e) {
		compile_no_memory(&c);
		goto out;
	}
	if (!ir_generate(&c, root, &e->code))
		goto out;
	e->root = root;
	e->scope = c.scope;
	e->plain = plain_field(root);
	e->shows_pointer = e->plain && e->plain->type && strchr(e->plain->type, '*');
	e->arena = c.arena;
	*out = e;
	return 0;

out:
	free(e);
	arena_fini(&c.arena);
	return c.rc;
}

void expr_free(struct expr *e)
{
	if (!e)
		return;
	arena_fini(&e->arena);
	free(e);
}

__u64 expr_eval(const struct expr *e, const struct expr_record *rec)
{
	return vm_run(&e->code, rec, NULL);
}

const char *expr_format(const struct expr *e, const struct expr_record *rec, char *buf, size_t size)
{
	struct vm_text text = { .buf = buf, .size = size };
	__u64 value;

	if (!size)
		return buf;
	buf[0] = '\0';
	value = vm_run(&e->code, rec, &text);
	if (e->shows_pointer)
		snprintf(buf, size, "0x%llx", value);
	else if (e->root->type != TYPE_STRING)
		snprintf(buf, size, type_is_signed(e->root->type) ? "%lld" : "%llu", value);
	return buf;
}

bool expr_plain_field(const struct expr *e, const struct expr_field **out)
{
	*out = e->plain;
	return e->plain;
}

const char *expr_type_name(const struct expr *e)
{
	return type_name(e->root->type);
}

bool expr_is_string(const struct expr *e)
{
	return e->root->type == TYPE_STRING;
}

unsigned int expr_needs(const struct expr *e)
{
	return e->code.needs;
}

int expr_kernel_filter(const struct expr *e, char **out, struct expr_error *err)
{
	return filter_print(e->root, e->scope, out, err);
}

int expr_emit_bpf(const struct expr *e, const struct expr_bpf_options *options,
		  struct bpf_insn *out, unsigned int max, unsigned int *nr, struct expr_error *why)
{
	return emit_bpf(&e->code, options, out, max, nr, why);
}

int expr_listing(const struct expr *e, char **out)
{
	return ir_listing(&e->code, out);
}
