// SPDX-License-Identifier: GPL-2.0-only
/*
 * frames.c - call chains made comparable
 *
 * Looking up where each user frame lies costs microseconds, so the last chains
 * are kept as they came, with the stacks that they became: a chain that comes
 * again costs a comparison. A kept chain is good as long as its process's
 * mappings are the same. Owns that cache and the numbers of mapped objects;
 * called hot through prof_stack(), at report time by report_frame.c.
 */
#include "core/frames.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include "core/task.h"
#include "mwprof/keymap.h"
#include "mwprof/util.h"

/* A user frame: top bit clear, the object's number, the offset in it. */
#define OFFSET_BITS 44 /* 16 TiB */
#define MAX_OBJECTS (1U << 19)
#define WORD_UNKNOWN 0 /* objects count from 1 */

#define MAX_FRAMES 1024 /* kernel.perf_event_max_stack and its contexts, for who has raised them */
#define NR_CHAINS 2048
#define MAX_CHAIN 62 /* longer ones are looked up each time */

struct chain {
	__u32 nr; /* 0: empty */
	stack_id stack;
	__u32 pid, maps_id; /* maps_id 0: kernel frames only, of whatever process */
	__u64 ips[MAX_CHAIN];
};

struct object {
	const char *path; /* borrowed from the tasks */
	__u64 base;	  /* address less offset, where it was first seen */
};

struct frames {
	struct stack_table *stacks; /* borrowed */
	struct tasks *tasks;	    /* borrowed */
	struct chain *chains;	    /* owned: NR_CHAINS; pages come as they are used */
	struct keymap numbers;	    /* of paths, which stand at one address each */
	struct object *objects;	    /* owned: [number] */
	__u32 max_objects;
};

int frames_new(struct frames **out, struct stack_table *stacks, struct tasks *tasks)
{
	struct frames *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->stacks = stacks;
	f->tasks = tasks;
	f->chains = calloc(NR_CHAINS, sizeof(*f->chains));
	if (!f->chains) {
		frames_free(f);
		return -ENOMEM;
	}
	*out = f;
	return 0;
}

void frames_free(struct frames *f)
{
	if (!f)
		return;
	keymap_fini(&f->numbers);
	free(f->chains);
	free(f->objects);
	free(f);
}

/* WORD_UNKNOWN when there is no number left. */
static __u64 object_word(struct frames *f, const char *path, __u64 ip, __u64 offset)
{
	__u32 number, nr_before = f->numbers.nr;
	struct object *grown;

	if (nr_before + 1 >= MAX_OBJECTS || offset >> OFFSET_BITS)
		return WORD_UNKNOWN;
	/* Room first: whatever has a number has an object. */
	if (nr_before >= f->max_objects) {
		grown = realloc(f->objects, 2 * (nr_before + 1) * sizeof(*grown));
		if (!grown)
			return WORD_UNKNOWN;
		f->objects = grown;
		f->max_objects = 2 * (nr_before + 1);
	}
	if (keymap_number(&f->numbers, (unsigned long)path, &number))
		return WORD_UNKNOWN;
	if (number == nr_before)
		f->objects[number] = (struct object){ .path = path, .base = ip - offset };
	return (__u64)(number + 1) << OFFSET_BITS | offset;
}

static __u64 user_word(struct frames *f, __u32 pid, __u64 ip)
{
	const char *path;
	__u64 offset;

	if (!tasks_object_at(f->tasks, pid, ip, &path, &offset))
		return WORD_UNKNOWN;
	return object_word(f, path, ip, offset);
}

static unsigned int translate(struct frames *f, __u32 pid, const __u64 *ips, unsigned int nr,
			      __u64 *words, bool *has_user)
{
	unsigned int nr_words = 0, nr_user = 0;

	*has_user = false;
	for (unsigned int i = 0; i < nr; i++) {
		if (ips[i] >= (__u64)PERF_CONTEXT_MAX) {
			if (ips[i] == (__u64)PERF_CONTEXT_USER) {
				*has_user = true;
				tasks_note_user_stack(f->tasks, pid);
			}
		} else if (!*has_user) {
			words[nr_words++] = ips[i];
		} else if (ips[i]) { /* 0 is the end of a walk by frame pointers, not a place */
			words[nr_words] = user_word(f, pid, ips[i]);
			nr_user += words[nr_words] != WORD_UNKNOWN;
			/* Off the stack. Worth a word only where nothing else is known. */
			if (words[nr_words] == WORD_UNKNOWN)
				return nr_words + !nr_user;
			nr_words++;
		}
	}
	return nr_words;
}

static struct chain *chain_of(struct frames *f, const __u64 *ips, unsigned int nr)
{
	__u64 mix = ips[0] ^ 3 * ips[nr / 4] ^ 5 * ips[nr / 2] ^ 7 * ips[nr - 1] ^
		    11 * ips[nr * 3 / 4];

	return &f->chains[(mix + nr) * 0x9e3779b97f4a7c15ULL >> 32 & (NR_CHAINS - 1)];
}

static bool is_chain(const struct frames *f, const struct chain *c, __u32 pid, const __u64 *ips,
		     unsigned int nr)
{
	if (c->nr != nr || memcmp(c->ips, ips, nr * sizeof(*ips)))
		return false;
	return !c->maps_id || (c->pid == pid && c->maps_id == tasks_maps_id(f->tasks, pid));
}

stack_id frames_intern(struct frames *f, __u32 pid, const __u64 *ips, unsigned int nr)
{
	__u64 words[MAX_FRAMES];
	struct chain *c;
	unsigned int nr_words;
	bool has_user;
	stack_id stack;

	if (!nr)
		return STACK_NONE;
	c = chain_of(f, ips, nr);
	if (is_chain(f, c, pid, ips, nr))
		return c->stack;
	nr_words = translate(f, pid, ips, nr < MAX_FRAMES ? nr : MAX_FRAMES, words, &has_user);
	if (!nr_words)
		return STACK_NONE;
	stack = stack_intern(f->stacks, words, nr_words);
	if (stack == STACK_LOST || nr > MAX_CHAIN)
		return stack;
	c->maps_id = has_user ? tasks_maps_id(f->tasks, pid) : 0;
	if (has_user && !c->maps_id) {
		c->nr = 0; /* nothing is known of the process: it may be in a moment */
		return stack;
	}
	c->nr = nr;
	c->stack = stack;
	c->pid = pid;
	memcpy(c->ips, ips, nr * sizeof(*ips));
	return stack;
}

stack_id frames_intern_one(struct frames *f, __u32 pid, __u64 ip)
{
	const __u64 chain[] = { PERF_CONTEXT_USER, ip };

	/* Kernel addresses have the top bit set on all 64-bit architectures. */
	return ip >> 63 ? stack_intern(f->stacks, &ip, 1) : frames_intern(f, pid, chain, 2);
}

bool frames_place(const struct frames *f, __u64 word, struct frame_place *out)
{
	__u64 number = word >> OFFSET_BITS;

	if (word >> 63)
		return false;
	*out = (struct frame_place){ 0 };
	if (!number || number > f->numbers.nr)
		return true;
	out->object = f->objects[number - 1].path;
	out->offset = word & ((1ULL << OFFSET_BITS) - 1);
	out->ip = f->objects[number - 1].base + out->offset;
	return true;
}

size_t frames_bytes(const struct frames *f)
{
	return sizeof(*f) + NR_CHAINS * sizeof(*f->chains) + f->max_objects * sizeof(*f->objects) +
	       f->numbers.nr_slots * sizeof(*f->numbers.slots);
}
