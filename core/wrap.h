/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_WRAP_H
#define MWPROF_WRAP_H

/*
 * Text for people, in 80 columns.
 */
#include <stddef.h>
#include <stdio.h>

#define WRAP_WIDTH 80

/*
 * Prints the words of @text[0 .. len) from column @indent, where the cursor
 * stands already and where further lines begin, and ends the line. A word that
 * is too long for a line stays whole, so that it can be copied.
 */
void wrap_print(FILE *out, const char *text, size_t len, size_t indent);

#endif
