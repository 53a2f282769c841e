// SPDX-License-Identifier: GPL-2.0-only
/*
 * listing.c - register code as text
 *
 * For `mwprof expr -v` and tests: a line an instruction, in the order they run.
 * Called by expr.c.
 */
#include "expr/builtin.h"
#include "expr/ir.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const char *ir_op_name(enum ir_op op)
{
#define ALU_NAMES(n) [IR_##n] = #n, [IR_##n##_K] = #n,
#define COMPARE_NAMES(n)                                                                           \
	[IR_SET_##n] = "SET_" #n, [IR_SET_##n##_K] = "SET_" #n, [IR_J_##n] = "J_" #n,              \
	[IR_J_##n##_K] = "J_" #n,
#define INT_NAMES(n, t) [IR_LD_##n] = "LD_" #n, [IR_EXT_##n] = "EXT_" #n,
	static const char *const names[] = {
		IR_FOR_ALU(ALU_NAMES) IR_FOR_COMPARE(COMPARE_NAMES)
			IR_FOR_INT(INT_NAMES)[IR_MOV] = "MOV",
		[IR_MOV_K] = "MOV",
		[IR_NEG] = "NEG",
		[IR_BSWAP16] = "BSWAP16",
		[IR_BSWAP32] = "BSWAP32",
		[IR_LOG2] = "LOG2",
		[IR_LDX] = "LDX",
		[IR_SELF] = "SELF",
		[IR_LDM] = "LDM",
		[IR_JMP] = "JMP",
		[IR_RET] = "RET",
		[IR_S_FIELD] = "S_FIELD",
		[IR_S_CONST] = "S_CONST",
		[IR_S_COMM] = "S_COMM",
		[IR_S_MEM] = "S_MEM",
		[IR_S_CALL] = "S_CALL",
		[IR_S_EQ] = "S_EQ",
		[IR_S_MATCH] = "S_MATCH",
		[IR_S_LEN] = "S_LEN",
		[IR_S_NCMP] = "S_NCMP",
		[IR_S_RET] = "S_RET",
		[IR_S_PRINTF] = "S_PRINTF",
	};

	return names[op];
}

static void print_operands(FILE *f, const struct ir_code *code, const struct ir_insn *i)
{
	static const char *const selves[] = { "_cpu", "_pid", "_tid", "_time", "_comm" };
	/* the _K form follows the register form */
	bool has_k = i->op < IR_LD_U8 && (i->op & 1);

	if (i->op < IR_SET_EQ && has_k)
		fprintf(f, "r%u, r%u, %lld", i->d, i->a, (__s64)i->k);
	else if (i->op < IR_SET_EQ)
		fprintf(f, "r%u, r%u, r%u", i->d, i->a, i->b);
	else if (i->op < IR_LD_U8 && ((i->op - IR_SET_EQ) & 2))
		has_k ? fprintf(f, "r%u, %lld, %u", i->a, (__s64)i->k, i->x)
		      : fprintf(f, "r%u, r%u, %u", i->a, i->b, i->x);
	else if (i->op < IR_LD_U8)
		has_k ? fprintf(f, "r%u, r%u, %lld", i->d, i->a, (__s64)i->k)
		      : fprintf(f, "r%u, r%u, r%u", i->d, i->a, i->b);
	else if (i->op < IR_MOV && !((i->op - IR_LD_U8) & 1))
		fprintf(f, "r%u, [%u]", i->d, i->x);
	else if (i->op == IR_MOV_K)
		fprintf(f, "r%u, %lld", i->d, (__s64)i->k);
	else if (i->op == IR_LDX)
		fprintf(f, "r%u, [%u + r%u * %u]", i->d, code->arrays[i->x].offset, i->a,
			code->arrays[i->x].elem_size);
	else if (i->op == IR_SELF)
		fprintf(f, "r%u, %s", i->d, selves[i->x]);
	else if (i->op == IR_LDM)
		fprintf(f, "r%u, %c%u at r%u", i->d, i->b ? 's' : 'u', 8 * i->x, i->a);
	else if (i->op == IR_JMP)
		fprintf(f, "%u", i->x);
	else if (i->op == IR_RET)
		fprintf(f, "r%u", i->a);
	else if (i->op < IR_LDX)
		fprintf(f, "r%u, r%u", i->d, i->a);
}

/* A constant as C would write it, so that a line of the listing stays a line. */
static void print_quoted(FILE *f, const char *str)
{
	fputc('"', f);
	for (; *str; str++) {
		if (isprint((unsigned char)*str) && *str != '"' && *str != '\\')
			fputc(*str, f);
		else
			fprintf(f, "\\%03o", (unsigned char)*str);
	}
	fputc('"', f);
}

static void print_strings(FILE *f, const struct ir_code *code, const struct ir_insn *i)
{
	switch ((enum ir_op)i->op) {
	case IR_S_FIELD:
		fprintf(f, "s%u, [%u]", i->d, code->arrays[i->x].offset);
		break;
	case IR_S_CONST:
		fprintf(f, "s%u, ", i->d);
		print_quoted(f, code->strings[i->x].str);
		break;
	case IR_S_COMM:
		fprintf(f, "s%u", i->d);
		break;
	case IR_S_MEM:
		fprintf(f, "s%u, r%u", i->d, i->a);
		break;
	case IR_S_CALL:
		fprintf(f, "s%u, %s, r%u, r%u", i->d, builtin_name(i->x), i->a, i->b);
		break;
	case IR_S_EQ:
		fprintf(f, "r%u, s%u, s%u", i->d, i->a, i->b);
		break;
	case IR_S_MATCH:
		fprintf(f, "r%u, s%u, ", i->d, i->a);
		print_quoted(f, code->strings[i->x].str);
		break;
	case IR_S_LEN:
		fprintf(f, "r%u, s%u", i->d, i->a);
		break;
	case IR_S_NCMP:
		fprintf(f, "r%u, s%u, s%u, r%u", i->d, i->a, i->b, i->x);
		break;
	case IR_S_RET:
		fprintf(f, "s%u", i->a);
		break;
	case IR_S_PRINTF:
		fprintf(f, "%u pieces", code->formats[i->x].nr);
		break;
	default:
		break;
	}
}

int ir_listing(const struct ir_code *code, char **out)
{
	size_t size;
	FILE *f = open_memstream(out, &size);

	if (!f)
		return -ENOMEM;
	for (__u32 n = 0; n < code->nr_insns; n++) {
		const struct ir_insn *i = &code->insns[n];

		fprintf(f, "%4u  %-9s ", n, ir_op_name(i->op));
		if (i->op < IR_S_FIELD)
			print_operands(f, code, i);
		else
			print_strings(f, code, i);
		fputc('\n', f);
	}
	if (!fclose(f))
		return 0;
	free(*out);
	*out = NULL;
	return -ENOMEM;
}
