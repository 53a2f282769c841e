// SPDX-License-Identifier: GPL-2.0-only
/*
 * irprintf.c - printf() to register code
 *
 * Arguments go to registers, the format to a list of pieces, each with a
 * conversion that snprintf() can take as it is. Called by ir.c.
 */
#include "expr/builtin.h"
#include "expr/irgen.h"

#include <stdio.h>
#include <string.h>

static void piece_set_spec(struct ir_piece *piece, const struct printf_conversion *conv)
{
	const char *length = strchr("cs", conv->conversion) ? "" : "ll";
	bool is_pointer = conv->conversion == 'p';
	char width[16] = "", precision[16] = "";

	if (conv->width >= 0)
		snprintf(width, sizeof(width), "%d", conv->width);
	if (conv->conversion == 's')
		strcpy(precision, ".*"); /* strings end by their length */
	else if (conv->precision >= 0)
		snprintf(precision, sizeof(precision), ".%d", conv->precision);
	snprintf(piece->spec, sizeof(piece->spec), "%%%s%s%s%s%s%c", conv->flags,
		 is_pointer && !strchr(conv->flags, '#') ? "#" : "", width, precision, length,
		 is_pointer ? 'x' : conv->conversion);
}

static bool gen_argument(struct gen *g, const struct node *arg,
			 const struct printf_conversion *conv, struct ir_piece *piece)
{
	piece->text = conv->text;
	piece->text_len = conv->text_len;
	if (!conv->conversion)
		return true;
	piece_set_spec(piece, conv);
	piece->is_signed = strchr("dic", conv->conversion);
	if (arg->type == TYPE_STRING) {
		piece->reg = g->nr_strings;
		piece->bytes = conv->precision >= 0 ? (__u32)conv->precision : ~0U;
		piece->is_string = true;
		return gen_string(g, arg, g->nr_strings++);
	}
	piece->reg = g->nr_regs;
	piece->bytes = conv->bytes ? conv->bytes : type_size(arg->type);
	return gen_value(g, arg, g->nr_regs++);
}

bool gen_printf(struct gen *g, const struct node *n)
{
	const struct node *arg = n->a->next;
	struct ir_format *format = gen_add_format(g);
	struct printf_conversion conv;
	const char *s = n->a->str;
	struct ir_insn *insn;
	__u32 x;

	if (!format)
		return false;
	x = g->code->nr_formats - 1;
	/* every piece but the last has a '%' */
	format->pieces = compile_alloc(g->c, (n->a->str_len + 1) * sizeof(*format->pieces));
	if (!format->pieces)
		return false;
	while (*s) {
		printf_next(&s, &conv); /* the format was checked */
		if (!gen_argument(g, arg, &conv, &format->pieces[format->nr++]))
			return false;
		if (conv.conversion)
			arg = arg->next;
	}
	g->nr_regs = g->nr_strings = 0;
	insn = gen_emit(g, IR_S_PRINTF, 0, 0);
	if (insn)
		insn->x = x;
	return insn;
}
