// SPDX-License-Identifier: GPL-2.0-only
/*
 * emit_bpf_glob.c - str ~ "glob" in eBPF
 *
 * A glob without a star, or with its only one at the end, is compared from the
 * string's beginning. All others run as a set of states, unrolled over a string
 * that must be short. What a set or an escape means is asked of glob.c, byte by
 * byte. Called by emit_bpf_string.c.
 */
#include "expr/emit_bpf.h"
#include "expr/glob.h"

#include <string.h>

#define MAX_PIECES EMIT_MAX_BYTES
#define MAX_STATES 30 /* bits that fit a positive 32-bit constant */

/* What one byte may be; NUL never is. */
struct piece {
	bool has[256];
	int only; /* the single byte that it is; -1: more or less than one */
};

struct pattern {
	struct piece pieces[MAX_PIECES];
	unsigned int nr;
	__u64 stars; /* bit j: a * stands before piece j, or behind all if j is nr */
};

/* Where the piece at @s, which is not '*', ends. As glob.c reads it. */
static const char *piece_end(const char *s)
{
	if (*s == '\\' && s[1])
		return s + 2;
	if (*s != '[')
		return s + 1;
	s += s[1] == '!' ? 2 : 1;
	do {
		s += s[1] == '-' && s[2] != ']' ? 3 : 1;
	} while (*s != ']');
	return s + 1;
}

static void piece_set(struct piece *piece, const char *glob)
{
	unsigned int nr = 0;

	piece->only = -1;
	for (int ch = 1; ch < 256; ch++) {
		char str = (char)ch;

		piece->has[ch] = glob_match(glob, &str, 1);
		if (!piece->has[ch])
			continue;
		piece->only = ch;
		nr++;
	}
	if (nr != 1)
		piece->only = -1;
}

static bool pattern_parse(struct emit *e, const char *glob, struct pattern *out)
{
	char text[256];

	out->nr = 0;
	out->stars = 0;
	for (const char *s = glob, *end; *s; s = end) {
		end = *s == '*' ? s + 1 : piece_end(s);
		if (*s == '*' && out->nr < MAX_PIECES) {
			out->stars |= 1ULL << out->nr;
			continue;
		}
		if (out->nr == MAX_PIECES - 1 || (size_t)(end - s) >= sizeof(text))
			return emit_refuse(e, "a glob of more than %d bytes", MAX_PIECES - 1);
		memcpy(text, s, end - s);
		text[end - s] = '\0';
		piece_set(&out->pieces[out->nr++], text);
	}
	return true;
}

/* The next run of bytes that @piece has, from @from on. false: no more. */
static bool piece_run(const struct piece *piece, int from, int *first, int *last)
{
	while (from < 256 && !piece->has[from])
		from++;
	*first = *last = from;
	while (*last < 255 && piece->has[*last + 1])
		++*last;
	return from < 256;
}

/* Goes on if the byte in r4 is one of @piece's, else to @no. */
static void emit_piece(struct emit *e, const struct piece *piece, struct emit_label *no)
{
	struct emit_label yes = { 0 };
	int first, last;

	for (int from = 1; piece_run(piece, from, &first, &last); from = last + 1) {
		emit_jump_k(e, BPF_JLT, BPF_REG_4, first, no); /* runs ascend */
		emit_jump_k(e, BPF_JLE, BPF_REG_4, last, &yes);
	}
	emit_goto(e, no);
	emit_here(e, &yes);
}

/* A glob that has no star, or ends in its only one. */
static bool emit_match_head(struct emit *e, const struct ir_insn *i, struct emit_source *s,
			    const struct pattern *p)
{
	bool is_whole = !p->stars && p->nr < s->limit; /* the byte behind must be NUL */
	struct emit_label no = { 0 };
	char bytes[MAX_PIECES];
	unsigned int len = 0;

	if (p->nr > s->limit) {
		emit_set(e, i->d, 0);
		return true;
	}
	if (!emit_source_open(e, s, p->nr + is_whole, 0))
		return false;
	emit_source_base(e, s);
	for (unsigned int at = 0; at < p->nr; at++) {
		if (p->pieces[at].only >= 0) {
			bytes[len++] = (char)p->pieces[at].only;
			continue;
		}
		emit_bytes(e, s, at - len, bytes, len, &no);
		len = 0;
		emit_byte(e, s, at, BPF_REG_4);
		emit_piece(e, &p->pieces[at], &no);
	}
	if (is_whole)
		bytes[len++] = '\0';
	emit_bytes(e, s, p->nr + is_whole - len, bytes, len, &no);
	emit_truth(e, i->d, &no);
	return true;
}

/* The bits of all pieces like piece @j; 0: one before it is, so they are done. */
static __u32 pattern_bits(const struct pattern *p, unsigned int j)
{
	__u32 bits = 0;

	for (unsigned int k = 0; k < p->nr; k++) {
		if (memcmp(p->pieces[k].has, p->pieces[j].has, sizeof(p->pieces[j].has)))
			continue;
		if (k < j)
			return 0;
		bits |= 1U << k;
	}
	return bits;
}

/* r5 = the pieces that the byte in r4 may be, a bit each. */
static void emit_bits(struct emit *e, const struct pattern *p)
{
	int first, last;

	emit_alu_k(e, BPF_MOV, BPF_REG_5, 0);
	for (unsigned int j = 0; j < p->nr; j++) {
		__u32 bits = pattern_bits(p, j);

		for (int from = 1; bits && piece_run(&p->pieces[j], from, &first, &last);
		     from = last + 1) {
			struct emit_label other = { 0 };

			if (first > 1)
				emit_jump_k(e, first == last ? BPF_JNE : BPF_JLT, BPF_REG_4, first,
					    &other);
			if (first != last && last < 255)
				emit_jump_k(e, BPF_JGT, BPF_REG_4, last, &other);
			emit_alu_k(e, BPF_OR, BPF_REG_5, (__s32)bits);
			emit_here(e, &other);
		}
	}
}

/*
 * Any glob: r3 has a bit for every number of pieces that what has been seen may
 * be. A byte moves each on by one if the piece there has it; where a star
 * stands it stays as well.
 */
static bool emit_match_all(struct emit *e, const struct ir_insn *i, struct emit_source *s,
			   const struct pattern *p)
{
	struct emit_label no = { 0 }, end = { 0 };

	if (s->limit > EMIT_MAX_BYTES)
		return emit_refuse(
			e,
			"such a glob on a string that may have more than %d bytes; \"text*\" works",
			EMIT_MAX_BYTES);
	if (p->nr > MAX_STATES)
		return emit_refuse(e, "a glob of more than %d bytes with * inside", MAX_STATES);
	if (!emit_source_open(e, s, s->limit, 0))
		return false;
	emit_source_base(e, s);
	emit_alu_k(e, BPF_MOV, BPF_REG_3, 1);
	for (unsigned int at = 0; at < s->limit; at++) {
		emit_byte(e, s, at, BPF_REG_4);
		emit_jump_k(e, BPF_JEQ, BPF_REG_4, 0, &end);
		emit_bits(e, p);
		emit_alu(e, BPF_AND, BPF_REG_5, BPF_REG_3);
		emit_alu_k(e, BPF_LSH, BPF_REG_5, 1);
		emit_alu_k(e, BPF_AND, BPF_REG_3, (__s32)p->stars);
		emit_alu(e, BPF_OR, BPF_REG_3, BPF_REG_5);
	}
	emit_here(e, &end);
	emit_alu_k(e, BPF_AND, BPF_REG_3, 1 << p->nr);
	emit_jump_k(e, BPF_JEQ, BPF_REG_3, 0, &no);
	emit_truth(e, i->d, &no);
	return true;
}

bool emit_match(struct emit *e, const struct ir_insn *i)
{
	const char *glob = e->code->strings[i->x].str;
	struct pattern p;
	struct emit_source s;

	if (!emit_source_find(e, i, i->a, &s))
		return false;
	if (s.constant) {
		emit_set(e, i->d, glob_match(glob, s.constant->str, s.limit));
		return true;
	}
	if (!pattern_parse(e, glob, &p))
		return false;
	if (!(p.stars & ~(1ULL << p.nr)))
		return emit_match_head(e, i, &s, &p);
	return emit_match_all(e, i, &s, &p);
}
