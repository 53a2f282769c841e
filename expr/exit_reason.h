/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXPR_EXIT_REASON_H
#define EXPR_EXIT_REASON_H

#include <linux/types.h>

/* As kvm:kvm_exit says it in its field isa. */
enum { EXIT_ISA_VMX = 1, EXIT_ISA_SVM = 2 };

/* "HLT"; NULL: no name is known. */
const char *exit_reason_name(__u64 isa, __u64 value);

#endif
