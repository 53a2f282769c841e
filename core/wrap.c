// SPDX-License-Identifier: GPL-2.0-only
/*
 * wrap.c - text for people, in 80 columns
 *
 * One column a code point, which is right for what --help and hints are made
 * of. Owns nothing. Called by option.c, caret.c and cmd_caps.c.
 */
#include "core/wrap.h"

/* Columns of @text[0 .. len): its bytes but those that continue a code point. */
static size_t columns(const char *text, size_t len)
{
	size_t nr = 0, i;

	for (i = 0; i < len; i++)
		nr += (text[i] & 0xc0) != 0x80;
	return nr;
}

void wrap_print(FILE *out, const char *text, size_t len, size_t indent)
{
	size_t column = indent, at = 0;

	while (at < len) {
		size_t end = at, width;

		while (end < len && text[end] != ' ')
			end++;
		width = columns(text + at, end - at);
		if (column > indent && column + 1 + width > WRAP_WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text + at, 1, end - at, out);
		column += width;
		for (at = end; at < len && text[at] == ' ';)
			at++;
	}
	fputc('\n', out);
}
