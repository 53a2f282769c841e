/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_SPEC_H
#define MWPROF_SPEC_H

/*
 * The text of an event list, taken apart: names, filters and attributes as the
 * user wrote them, with their places for carets. Nothing here knows the kernel.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

enum spec_kind {
	SPEC_TRACEPOINT,
	SPEC_KPROBE,
	SPEC_KRETPROBE,
	SPEC_UPROBE,
	SPEC_URETPROBE,
	SPEC_USDT
};

/* A piece of the list's text: what it says once quotes are taken off, and where it stands. */
struct spec_text {
	char *text;	/* owned by the list; NULL: not there */
	size_t at, len; /* in the list's text, of what `text` was made from, quotes not counted */
};

struct spec_attr {
	struct spec_text name, value; /* value.text NULL: a bare word */
};

struct spec {
	enum spec_kind kind;
	struct spec_text whole; /* this event's text */
	struct spec_text name;	/* "kmem:kmalloc", "kprobe:vfs_read" */
	struct spec_text sys,
		event; /* tracepoint: around ':', may hold * ? [..]; probe: event = function; usdt: sys = provider */
	struct spec_text file; /* after '@' */
	bool has_wildcard;
	struct spec_text filter; /* text NULL: none */
	struct spec_attr *attrs; /* owned */
	size_t nr_attrs;
};

struct spec_list {
	char *text;	    /* owned: the list as given */
	struct spec *specs; /* owned */
	size_t nr;
};

struct spec_error {
	size_t at, len;
	char message[160];
	char hint[512];
};

/* 0, -ENOMEM, or -EINVAL with *@err filled. */
int spec_list_new(struct spec_list **out, const char *text, struct spec_error *err);
void spec_list_free(struct spec_list *list); /* takes NULL */

/*
 * Prints an error about a piece of the user's text to stderr, 80 columns wide:
 *
 *	mwprof: --alloc: no such tracepoint
 *	    kmem:kmaloc//ptr=ptr/
 *	    ^~~~~~~~~~~
 *	    did you mean kmem:kmalloc?
 *
 * A long text is shown around the place, with "..." where it was cut; control bytes show as
 * '?', and the caret stands right under multi-byte characters too.
 */
void caret_print(const char *where, const char *text, size_t at, size_t len, const char *message,
		 const char *hint);

#endif
