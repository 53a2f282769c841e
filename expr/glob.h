/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXPR_GLOB_H
#define EXPR_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* Whether all of @str is like @glob: * ? [set] [a-z] [!set], \ takes the next as it is. */
bool glob_match(const char *glob, const char *str, size_t len);

#endif
