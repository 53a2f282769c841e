// SPDX-License-Identifier: GPL-2.0-only
/*
 * caret.c - an error shown under the user's own text
 *
 * The text becomes a row of cells, one a code point, so that a caret can stand
 * under any of them; what a terminal would act on becomes '?'. Everything goes
 * out in one write, so that lines of other processes don't come between. Called
 * by whoever finds an error in what the user typed. Owns nothing.
 */
#include "core/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/wrap.h"
#include "mwprof/log.h"

#define INDENT "    "
#define WIDTH (WRAP_WIDTH - (sizeof(INDENT) - 1)) /* cells after the indent */
#define DOTS "..."
#define NR_DOTS (sizeof(DOTS) - 1)

/* One cell as it is printed; @at is the byte of the user's text where it begins. */
struct cell {
	char bytes[5];
	size_t at;
};

/* Bytes of the well-formed UTF-8 sequence at @s; 0: none. */
static size_t utf8_length(const unsigned char *s)
{
	size_t nr = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2, i;

	if ((s[0] >= 0x80 && s[0] < 0xc2) || s[0] > 0xf4)
		return 0;
	for (i = 1; i < nr; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, past the last code point */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
		return 0;
	return nr;
}

/* Makes the cell for what stands at @s: returns how many bytes it took. */
static size_t cell_read(const char *s, struct cell *cell)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t nr = utf8_length(u);

	memset(cell->bytes, 0, sizeof(cell->bytes));
	if (*u == '\t' || *u == '\n') {
		cell->bytes[0] = ' ';
	} else if (!nr || *u < ' ' || *u == 0x7f || (*u == 0xc2 && u[1] < 0xa0)) {
		cell->bytes[0] = '?';
		return nr ? nr : 1;
	} else {
		memcpy(cell->bytes, s, nr);
	}
	return nr;
}

static void put_cells(FILE *out, const struct cell *cells, size_t from, size_t to)
{
	for (; from < to; from++)
		fputs(cells[from].bytes, out);
}

static void put_repeated(FILE *out, char ch, size_t nr)
{
	while (nr--)
		fputc(ch, out);
}

/* First cell to show so that the caret's start stands well inside. */
static size_t window_start(size_t nr_all, size_t caret, size_t nr_caret)
{
	size_t shown = nr_caret < WIDTH / 2 ? nr_caret : WIDTH / 2;
	size_t before = (WIDTH - shown) / 2;

	if (nr_all <= WIDTH || caret <= before)
		return 0;
	return caret - before < nr_all - WIDTH ? caret - before : nr_all - WIDTH;
}

static void put_text(FILE *out, const struct cell *cells, size_t nr, size_t caret, size_t nr_caret)
{
	size_t nr_all = caret + nr_caret > nr ? caret + nr_caret : nr;
	size_t start = window_start(nr_all, caret, nr_caret);
	size_t end = start + WIDTH < nr ? start + WIDTH : nr;
	bool cut_left = start > 0, cut_right = end < nr;
	size_t last = cut_right ? end - NR_DOTS : end;

	fputs(INDENT, out);
	if (cut_left)
		fputs(DOTS, out);
	put_cells(out, cells, cut_left ? start + NR_DOTS : start, last);
	if (cut_right)
		fputs(DOTS, out);
	fputs("\n" INDENT, out);
	put_repeated(out, ' ', caret - start);
	fputc('^', out);
	if (caret + nr_caret < last || !cut_right)
		last = caret + nr_caret;
	put_repeated(out, '~', last > caret + 1 ? last - caret - 1 : 0);
	fputc('\n', out);
}

/* Prints @text[0 .. len) with nothing in it that a terminal would act on. */
static void put_clean(FILE *out, const char *text, size_t len)
{
	struct cell cell;
	size_t i = 0;

	while (i < len) {
		i += cell_read(text + i, &cell);
		fputs(cell.bytes, out);
	}
}

/* Its lines stay, blanks that begin them too; each is wrapped. */
static void put_hint(FILE *out, const char *hint)
{
	size_t len, lead, size;
	char *clean;
	FILE *line;

	for (; *hint; hint += len + (hint[len] == '\n')) {
		len = strcspn(hint, "\n");
		lead = strspn(hint, " ");
		line = open_memstream(&clean, &size);
		if (!line)
			return;
		put_clean(line, hint + lead, len - lead);
		fclose(line);
		fprintf(out, INDENT "%*s", (int)lead, "");
		wrap_print(out, clean, size, sizeof(INDENT) - 1 + lead);
		free(clean);
	}
}

/* Cells of @text: an array owned by the caller, NULL when memory is out. */
static struct cell *cells_new(const char *text, size_t *nr)
{
	struct cell *cells = calloc(strlen(text) + 1, sizeof(*cells));
	size_t i = 0, n = 0;

	if (!cells)
		return NULL;
	while (text[i]) {
		cells[n].at = i;
		i += cell_read(text + i, &cells[n++]);
	}
	cells[n].at = i;
	*nr = n;
	return cells;
}

void caret_print(const char *where, const char *text, size_t at, size_t len, const char *message,
		 const char *hint)
{
	size_t nr, caret = 0, after, size;
	struct cell *cells = cells_new(text, &nr);
	char *buf = NULL;
	FILE *out = open_memstream(&buf, &size);

	if (!cells || !out) {
		log_error("%s%s%s", where ? where : "", where ? ": " : "", message);
		goto out;
	}
	while (caret < nr && cells[caret + 1].at <= at)
		caret++;
	for (after = caret + 1; after < nr && cells[after].at < at + len;)
		after++;

	fputs("mwprof: ", out);
	if (where) {
		put_clean(out, where, strlen(where));
		fputs(": ", out);
	}
	put_clean(out, message, strlen(message));
	fputc('\n', out);
	put_text(out, cells, nr, caret, after - caret);
	if (hint)
		put_hint(out, hint);
out:
	if (out && !fclose(out) && cells)
		fwrite(buf, 1, size, stderr);
	free(buf);
	free(cells);
}
