// SPDX-License-Identifier: GPL-2.0-only
/*
 * printf.c - the format of printf()
 *
 * Takes a format apart and checks the arguments against it. A conversion says
 * base and sign; how wide a number is, its own type says: "%d" is right for
 * every integer, "%lx" too. Called by builtin.c (types) and irprintf.c (code).
 */
#include "expr/builtin.h"

#include <ctype.h>
#include <string.h>

#define MAX_WIDTH 255

/* Digits at *@s. -1: none; -2: too many. */
static int parse_number(const char **s)
{
	int value = isdigit((unsigned char)**s) ? 0 : -1;

	for (; isdigit((unsigned char)**s); ++*s) {
		if (value >= 0)
			value = value * 10 + (**s - '0');
		if (value > MAX_WIDTH)
			value = -2;
	}
	return value;
}

bool printf_next(const char **fmt, struct printf_conversion *out)
{
	const char *s = *fmt + strcspn(*fmt, "%");
	size_t nr_flags = 0;

	*out = (struct printf_conversion){
		.text = *fmt, .text_len = s - *fmt, .width = -1, .precision = -1
	};
	*fmt = s;
	if (!*s)
		return true;
	if (s[1] == '%') {
		out->text_len++;
		*fmt = s + 2;
		return true;
	}
	for (s++; *s && strchr("-+ #0", *s); s++) {
		if (!strchr(out->flags, *s))
			out->flags[nr_flags++] = *s;
	}
	out->width = parse_number(&s);
	if (*s == '.') {
		s++;
		out->precision = parse_number(&s);
		if (out->precision == -1)
			out->precision = 0;
	}
	if (out->width == -2 || out->precision == -2)
		return false;
	if (s[0] == 'h') {
		out->bytes = s[1] == 'h' ? 1 : 2;
		s += s[1] == 'h' ? 2 : 1;
	} else {
		s += s[0] == 'l' && s[1] == 'l' ? 2 : *s && strchr("ljzt", *s) ? 1 : 0;
	}
	if (!*s || !strchr("diuxXocps", *s))
		return false;
	out->conversion = *s;
	*fmt = s + 1;
	return true;
}

static bool check_argument(struct compile *c, const struct printf_conversion *conv,
			   const struct node *arg)
{
	bool is_string = arg->type == TYPE_STRING;

	if (is_string == (conv->conversion == 's'))
		return true;
	compile_fail(c, arg->at, arg->len, "%%%c prints %s, this is %s", conv->conversion,
		     is_string ? "a number" : "a string",
		     is_string ? "a string" : type_name(arg->type));
	compile_hint(c, is_string ? "%%s prints strings" : "%%d, %%u and %%x print numbers");
	return false;
}

struct node *printf_check(struct compile *c, struct node *n)
{
	struct node *fmt = n->a, **arg = &n->a->next;
	struct printf_conversion conv;
	const char *s = fmt->str;

	if (fmt->kind != NODE_STRING)
		return compile_fail(c, fmt->at, fmt->len, "a format in quotes is expected");
	while (*s) {
		const char *from = s;

		if (!printf_next(&s, &conv)) {
			compile_fail(c, fmt->at, fmt->len,
				     "unknown conversion '%.*s' in the format",
				     (int)(1 + strcspn(s + 1, " %,;:")) & 31, s);
			compile_hint(c, "conversions are %%d %%u %%x %%lx %%llu %%s %%c %%p and "
					"%%%%, widths to 255");
			return NULL;
		}
		if (!conv.conversion)
			continue;
		if (!*arg)
			return compile_fail(c, fmt->at, fmt->len, "no argument is left for '%.*s'",
					    (int)(s - from - conv.text_len) & 31,
					    from + conv.text_len);
		if (!check_argument(c, &conv, *arg))
			return NULL;
		if ((*arg)->type != TYPE_STRING) {
			*arg = type_cast(c, *arg, type_promote((*arg)->type));
			if (!*arg)
				return NULL;
		}
		arg = &(*arg)->next;
	}
	if (*arg)
		return compile_fail(c, (*arg)->at, (*arg)->len,
				    "the format has no conversion for this argument");
	n->type = TYPE_STRING;
	return n;
}
