/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MWPROF_SYSCALL_H
#define MWPROF_SYSCALL_H

#include <linux/types.h>

/* Name of system call @nr of this machine's own ABI: "openat". NULL: there is none. */
const char *syscall_find(__u64 nr);

#endif
