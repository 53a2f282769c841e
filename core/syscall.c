// SPDX-License-Identifier: GPL-2.0-only
/*
 * syscall.c - names of system calls
 *
 * The table is made at build time from the C library's own header, for the
 * architecture that mwprof runs on. value.c asks for syscall_name().
 */
#include "core/syscall.h"

#include <stddef.h>
#include "mwprof/util.h"

static const char *const names[] = {
#include "core/syscall_table.h"
};

const char *syscall_find(__u64 nr)
{
	return nr < ARRAY_SIZE(names) ? names[nr] : NULL;
}
