// SPDX-License-Identifier: GPL-2.0-only
/*
 * lexer.c - text to tokens
 *
 * One token at a time into the compilation's `token`. Literals are decoded and
 * typed here, as C types them where long has 64 bits. Every byte of the text
 * is part of a token, white space, or an error with its place. Called by
 * parser.c.
 */
#include "expr/ast.h"

#include <ctype.h>
#include <string.h>

static const struct punctuator {
	const char *text;
	enum token_kind kind; /* TOKEN_END: known, but not part of the language */
} punctuators[] = {
	/* the longest first, so that the first that fits is right */
	{ "<<=", TOKEN_END },	 { ">>=", TOKEN_END },	  { "++", TOKEN_END },
	{ "--", TOKEN_END },	 { "->", TOKEN_END },	  { "+=", TOKEN_END },
	{ "-=", TOKEN_END },	 { "*=", TOKEN_END },	  { "/=", TOKEN_END },
	{ "%=", TOKEN_END },	 { "&=", TOKEN_END },	  { "|=", TOKEN_END },
	{ "^=", TOKEN_END },	 { "<<", TOKEN_SHL },	  { ">>", TOKEN_SHR },
	{ "<=", TOKEN_LE },	 { ">=", TOKEN_GE },	  { "==", TOKEN_EQ },
	{ "!=", TOKEN_NE },	 { "&&", TOKEN_ANDAND },  { "||", TOKEN_OROR },
	{ "=", TOKEN_END },	 { "(", TOKEN_LPAREN },	  { ")", TOKEN_RPAREN },
	{ "[", TOKEN_LBRACKET }, { "]", TOKEN_RBRACKET }, { ".", TOKEN_DOT },
	{ "?", TOKEN_QUESTION }, { ":", TOKEN_COLON },	  { ",", TOKEN_COMMA },
	{ "+", TOKEN_PLUS },	 { "-", TOKEN_MINUS },	  { "*", TOKEN_STAR },
	{ "/", TOKEN_SLASH },	 { "%", TOKEN_PERCENT },  { "<", TOKEN_LT },
	{ ">", TOKEN_GT },	 { "&", TOKEN_AMP },	  { "^", TOKEN_CARET },
	{ "|", TOKEN_PIPE },	 { "~", TOKEN_TILDE },	  { "!", TOKEN_BANG },
};

static bool is_name_start(char ch)
{
	return isalpha((unsigned char)ch) || ch == '_';
}

static bool is_name_char(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_';
}

static char char_at(const struct compile *c, size_t at)
{
	return at < c->len ? c->text[at] : '\0';
}

static int digit_value(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	if (ch >= 'a' && ch <= 'f')
		return ch - 'a' + 10;
	if (ch >= 'A' && ch <= 'F')
		return ch - 'A' + 10;
	return 99;
}

/* U, L, LL in any order and case, but not "lL". false: not a suffix. */
static bool parse_suffix(const char *s, size_t len, bool *is_unsigned, unsigned int *nr_long)
{
	*is_unsigned = false;
	*nr_long = 0;
	while (len) {
		size_t n = 1;

		if ((*s == 'u' || *s == 'U') && !*is_unsigned) {
			*is_unsigned = true;
		} else if ((*s == 'l' || *s == 'L') && !*nr_long) {
			n = len > 1 && s[1] == *s ? 2 : 1;
			*nr_long = n;
		} else {
			return false;
		}
		s += n;
		len -= n;
	}
	return true;
}

/* C11 6.4.4.1: the first type of the list that can hold the value. */
static enum type_id literal_type(__u64 value, bool is_decimal, bool is_unsigned,
				 unsigned int nr_long)
{
	static const __u64 max[] = {
		[TYPE_INT] = 0x7fffffff, [TYPE_UINT] = 0xffffffff,  [TYPE_LONG] = ~0ULL >> 1,
		[TYPE_ULONG] = ~0ULL,	 [TYPE_LLONG] = ~0ULL >> 1, [TYPE_ULLONG] = ~0ULL,
	};
	enum type_id first = nr_long == 2 ? TYPE_LLONG : nr_long ? TYPE_LONG : TYPE_INT;

	for (enum type_id type = first; type <= TYPE_ULLONG; type++) {
		if (type_is_signed(type) ? is_unsigned : is_decimal && !is_unsigned)
			continue;
		if (value <= max[type])
			return type;
	}
	return TYPE_NONE;
}

static bool lex_number(struct compile *c)
{
	size_t at = c->pos, end = at, digits = at;
	unsigned int base = 10, nr_long;
	bool is_unsigned, overflow = false;
	__u64 value = 0;

	while (is_name_char(char_at(c, end)))
		end++;
	if (char_at(c, at) == '0') {
		char second = char_at(c, at + 1);

		base = second == 'x' || second == 'X' ? 16 : second == 'b' || second == 'B' ? 2 : 8;
		digits = base == 8 ? at : at + 2;
	}
	c->pos = digits;
	for (; c->pos < end && digit_value(c->text[c->pos]) < (int)base; c->pos++) {
		unsigned int digit = digit_value(c->text[c->pos]);

		overflow |= __builtin_mul_overflow(value, (__u64)base, &value);
		overflow |= __builtin_add_overflow(value, (__u64)digit, &value);
	}
	if (c->pos == digits ||
	    !parse_suffix(c->text + c->pos, end - c->pos, &is_unsigned, &nr_long)) {
		compile_fail(c, at, end - at, "'%.*s' is not a number",
			     (int)(end - at > 60 ? 60 : end - at), c->text + at);
		compile_hint(c, "numbers are 10, 0x1f, 017 or 0b11, with U, L or LL behind");
		return false;
	}
	if (char_at(c, end) == '.') {
		compile_fail(c, at, end - at + 1, "only integers are known here");
		return false;
	}
	if (overflow) {
		compile_fail(c, at, end - at, "the number does not fit 64 bits");
		return false;
	}
	c->token.type = literal_type(value, base == 10, is_unsigned, nr_long);
	if (c->token.type == TYPE_NONE) {
		compile_fail(c, at, end - at, "the number does not fit a signed 64-bit integer");
		compile_hint(c, "%.*sU is unsigned", (int)(c->pos - at), c->text + at);
		return false;
	}
	c->token.kind = TOKEN_NUMBER;
	c->token.value = value;
	c->pos = end;
	return true;
}

static const char simple_escapes[] = "n\nt\tr\ra\ab\bf\fv\ve\033\\\\''\"\"??";

/* The escape whose backslash is at c->pos: one byte into *@out, pos behind it. */
static bool lex_escape(struct compile *c, unsigned char *out)
{
	size_t at = c->pos++;
	char ch = char_at(c, c->pos);
	unsigned int value = 0, n = 0;

	for (const char *e = simple_escapes; *e; e += 2) {
		if (*e == ch) {
			*out = e[1];
			c->pos++;
			return true;
		}
	}
	if (ch == 'x') {
		c->pos++;
		for (; digit_value(char_at(c, c->pos)) < 16; n++)
			value = (value & 0xfff) * 16 + digit_value(c->text[c->pos++]);
	} else {
		for (; n < 3 && digit_value(char_at(c, c->pos)) < 8; n++)
			value = value * 8 + digit_value(c->text[c->pos++]);
	}
	if (!n || value > 255) {
		if (!n && c->pos < c->len && ch != 'x')
			c->pos++;
		compile_fail(c, at, c->pos - at,
			     n ? "the escape does not fit a byte" : "unknown escape");
		compile_hint(c, "escapes are \\n \\t \\r \\a \\b \\f \\v \\e \\\\ \\' \\\" \\? "
				"\\123 \\x1f");
		return false;
	}
	*out = value;
	return true;
}

static bool lex_char(struct compile *c)
{
	size_t at = c->pos++, end;
	unsigned char byte;

	if (char_at(c, c->pos) == '\\') {
		if (!lex_escape(c, &byte))
			return false;
	} else {
		byte = char_at(c, c->pos++);
	}
	if (c->pos <= c->len && char_at(c, c->pos) == '\'' && !(c->pos == at + 2 && byte == '\'')) {
		c->pos++;
		c->token.kind = TOKEN_NUMBER;
		c->token.type = TYPE_INT;
		c->token.value = (__s64)(signed char)byte;
		return true;
	}
	for (end = at + 1; end < c->len && c->text[end] != '\'';)
		end++;
	if (end >= c->len) {
		compile_fail(c, at, c->len - at, "the character constant has no end");
		compile_hint(c, "a ' is missing");
		return false;
	}
	compile_fail(c, at, end + 1 - at, "a character constant holds one character");
	compile_hint(c, "strings stand in double quotes: \"%.*s\"",
		     (int)(end - at - 1 > 60 ? 60 : end - at - 1), c->text + at + 1);
	return false;
}

static bool lex_string(struct compile *c)
{
	size_t at = c->pos++, n = 0;
	char *str = compile_alloc(c, c->len - at + 1);

	if (!str)
		return false;
	while (c->pos < c->len && c->text[c->pos] != '"') {
		size_t from = c->pos;
		unsigned char byte = c->text[c->pos];

		if (byte != '\\')
			c->pos++;
		else if (!lex_escape(c, &byte))
			return false;
		if (!byte) {
			compile_fail(c, from, c->pos - from, "a string can't hold a zero byte");
			return false;
		}
		str[n++] = byte;
	}
	if (c->pos >= c->len) {
		compile_fail(c, at, c->len - at, "the string has no end");
		compile_hint(c, "a \" is missing");
		return false;
	}
	c->pos++;
	c->token.kind = TOKEN_STRING;
	c->token.str = str;
	c->token.str_len = n;
	return true;
}

/* CPUS{0-3,5}: the text between the braces, as the kernel's list of CPUs. */
static bool lex_cpus(struct compile *c, size_t at)
{
	size_t from = ++c->pos;

	while (isalnum((unsigned char)char_at(c, c->pos)) ||
	       (char_at(c, c->pos) && strchr(",-:/", char_at(c, c->pos))))
		c->pos++;
	if (char_at(c, c->pos) != '}' || c->pos == from) {
		compile_fail(c, at, c->pos - at, "a list of CPUs is expected");
		compile_hint(c, "like CPUS{0-3,5}");
		return false;
	}
	c->token.kind = TOKEN_CPUS;
	c->token.str_len = c->pos - from;
	c->token.str = compile_strdup(c, c->text + from, c->pos - from);
	c->pos++;
	return c->token.str;
}

static bool lex_name(struct compile *c)
{
	size_t at = c->pos;

	while (is_name_char(char_at(c, c->pos)))
		c->pos++;
	if (c->use == EXPR_FILTER && c->pos - at == 4 && !memcmp(c->text + at, "CPUS", 4) &&
	    char_at(c, c->pos) == '{')
		return lex_cpus(c, at);
	c->token.kind = TOKEN_NAME;
	c->token.str_len = c->pos - at;
	c->token.str = compile_strdup(c, c->text + at, c->pos - at);
	return c->token.str;
}

static bool lex_punctuator(struct compile *c)
{
	size_t at = c->pos;

	for (size_t i = 0; i < sizeof(punctuators) / sizeof(*punctuators); i++) {
		const struct punctuator *p = &punctuators[i];
		size_t n = strlen(p->text);

		if (c->len - at < n || memcmp(c->text + at, p->text, n))
			continue;
		c->pos += n;
		c->token.kind = p->kind;
		if (p->kind != TOKEN_END)
			return true;
		compile_fail(c, at, n, "'%s' is not part of expressions", p->text);
		if (!strcmp(p->text, "->"))
			compile_hint(c, "memory is read with *(type *)expr");
		else if (p->text[n - 1] == '=')
			compile_hint(c, "nothing can be assigned; == compares");
		else
			compile_hint(
				c, "nothing can be changed; to add or negate twice, leave a space");
		return false;
	}
	if (isprint((unsigned char)c->text[at]))
		compile_fail(c, at, 1, "unknown character '%c'", c->text[at]);
	else
		compile_fail(c, at, 1, "unknown character 0x%02x", (unsigned char)c->text[at]);
	return false;
}

bool lexer_next(struct compile *c)
{
	bool ok;
	char ch;

	while (c->pos < c->len && isspace((unsigned char)c->text[c->pos]))
		c->pos++;
	c->token = (struct token){ .kind = TOKEN_END, .at = c->pos };
	if (c->pos >= c->len)
		return true;

	ch = c->text[c->pos];
	if (isdigit((unsigned char)ch))
		ok = lex_number(c);
	else if (is_name_start(ch))
		ok = lex_name(c);
	else if (ch == '"')
		ok = lex_string(c);
	else if (ch == '\'')
		ok = lex_char(c);
	else
		ok = lex_punctuator(c);
	c->token.len = c->pos - c->token.at;
	return ok;
}
