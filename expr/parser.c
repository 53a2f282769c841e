// SPDX-License-Identifier: GPL-2.0-only
/*
 * parser.c - tokens to a tree
 *
 * A Pratt parser: one table says how tightly each operator binds, one loop
 * climbs it. Names are not looked up here, but for one question: whether a word
 * in parentheses is a type. Nesting and the tree's height are limited here, so
 * that every later walk may recurse. Called by expr.c.
 */
#include "expr/ast.h"

#include <ctype.h>
#include <string.h>

#define MAX_NESTING 64
#define MAX_HEIGHT 1000

static const struct infix {
	enum token_kind token;
	enum op op;
	unsigned int priority; /* higher binds tighter */
} infixes[] = {
	{ TOKEN_COMMA, OP_COMMA, 1 }, { TOKEN_QUESTION, OP_COND, 2 }, { TOKEN_OROR, OP_LOR, 3 },
	{ TOKEN_ANDAND, OP_LAND, 4 }, { TOKEN_PIPE, OP_OR, 5 },	      { TOKEN_CARET, OP_XOR, 6 },
	{ TOKEN_AMP, OP_AND, 7 },     { TOKEN_EQ, OP_EQ, 8 },	      { TOKEN_NE, OP_NE, 8 },
	{ TOKEN_LT, OP_LT, 9 },	      { TOKEN_LE, OP_LE, 9 },	      { TOKEN_GT, OP_GT, 9 },
	{ TOKEN_GE, OP_GE, 9 },	      { TOKEN_TILDE, OP_MATCH, 9 },   { TOKEN_SHL, OP_SHL, 10 },
	{ TOKEN_SHR, OP_SHR, 10 },    { TOKEN_PLUS, OP_ADD, 11 },     { TOKEN_MINUS, OP_SUB, 11 },
	{ TOKEN_STAR, OP_MUL, 12 },   { TOKEN_SLASH, OP_DIV, 12 },    { TOKEN_PERCENT, OP_MOD, 12 },
};

#define PRIORITY_COMMA 1
#define PRIORITY_COND 2

static const struct {
	const char *word;
	enum type_id type;
} type_words[] = {
	{ "u8", TYPE_UCHAR },	   { "u16", TYPE_USHORT },     { "u32", TYPE_UINT },
	{ "u64", TYPE_ULLONG },	   { "s8", TYPE_CHAR },	       { "s16", TYPE_SHORT },
	{ "s32", TYPE_INT },	   { "s64", TYPE_LLONG },      { "__u8", TYPE_UCHAR },
	{ "__u16", TYPE_USHORT },  { "__u32", TYPE_UINT },     { "__u64", TYPE_ULLONG },
	{ "__s8", TYPE_CHAR },	   { "__s16", TYPE_SHORT },    { "__s32", TYPE_INT },
	{ "__s64", TYPE_LLONG },   { "uint8_t", TYPE_UCHAR },  { "uint16_t", TYPE_USHORT },
	{ "uint32_t", TYPE_UINT }, { "uint64_t", TYPE_ULONG }, { "int8_t", TYPE_CHAR },
	{ "int16_t", TYPE_SHORT }, { "int32_t", TYPE_INT },    { "int64_t", TYPE_LONG },
	{ "size_t", TYPE_ULONG },  { "bool", TYPE_BOOL },      { "_Bool", TYPE_BOOL },
};

static struct node *parse_expr(struct compile *c, unsigned int min_priority);
static struct node *parse_unary(struct compile *c);

enum type_id parser_type_word(const char *word)
{
	for (size_t i = 0; i < sizeof(type_words) / sizeof(*type_words); i++) {
		if (!strcmp(type_words[i].word, word))
			return type_words[i].type;
	}
	return TYPE_NONE;
}

static bool is_keyword(const char *word)
{
	static const char *const words[] = { "char", "short", "int", "long", "signed", "unsigned" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!strcmp(words[i], word))
			return true;
	}
	return false;
}

/* A field may well be called "u8"; none can be called "int". */
static bool is_type(const struct compile *c)
{
	if (c->token.kind != TOKEN_NAME)
		return false;
	if (is_keyword(c->token.str))
		return true;
	if (!parser_type_word(c->token.str))
		return false;
	for (size_t i = 0; i < c->scope->nr_fields; i++) {
		if (!strcmp(c->scope->fields[i].name, c->token.str))
			return false;
	}
	return true;
}

static struct node *node_new(struct compile *c, enum node_kind kind, size_t at)
{
	struct node *n = compile_alloc(c, sizeof(*n));

	if (n) {
		n->kind = kind;
		n->at = at;
		n->len = c->token.len;
		n->height = 1;
	}
	return n;
}

/* Hangs @kid under @n, at one of n's places. */
static bool node_adopt(struct compile *c, struct node *n, struct node **place, struct node *kid)
{
	*place = kid;
	if (!kid)
		return false;
	if (n->height <= kid->height)
		n->height = kid->height + 1;
	if (n->height > MAX_HEIGHT) {
		compile_fail(c, n->op_at, 1, "the expression is too long");
		return false;
	}
	return true;
}

static const char *token_text(const struct compile *c, char buf[64])
{
	size_t n = c->token.len < 60 ? c->token.len : 60;

	if (c->token.kind == TOKEN_END)
		return "the end";
	buf[0] = '\'';
	memcpy(buf + 1, c->text + c->token.at, n);
	buf[n + 1] = '\'';
	buf[n + 2] = '\0';
	return buf;
}

static bool expect(struct compile *c, enum token_kind kind, const char *text, size_t opened_at)
{
	char buf[64];

	if (c->token.kind == kind)
		return lexer_next(c);
	compile_fail(c, c->token.at, c->token.len, "%s is expected before %s", text,
		     token_text(c, buf));
	if (c->token.kind == TOKEN_END && kind != TOKEN_COLON)
		compile_hint(c, "the '%c' in column %zu is still open", c->text[opened_at],
			     opened_at + 1);
	return false;
}

/* "unsigned long long", "u32": the words C allows together. TYPE_NONE: an error was made. */
static enum type_id parse_type(struct compile *c)
{
	unsigned int nr_char = 0, nr_short = 0, nr_int = 0, nr_long = 0, nr_signed = 0;
	unsigned int nr_unsigned = 0;
	size_t at = c->token.at, end = at;
	enum type_id type;

	if (!is_keyword(c->token.str)) {
		type = parser_type_word(c->token.str);
		return lexer_next(c) ? type : TYPE_NONE;
	}
	while (c->token.kind == TOKEN_NAME && is_keyword(c->token.str)) {
		const char *word = c->token.str;

		nr_char += !strcmp(word, "char");
		nr_short += !strcmp(word, "short");
		nr_int += !strcmp(word, "int");
		nr_long += !strcmp(word, "long");
		nr_signed += !strcmp(word, "signed");
		nr_unsigned += !strcmp(word, "unsigned");
		end = c->token.at + c->token.len;
		if (!lexer_next(c))
			return TYPE_NONE;
	}
	if (nr_char > 1 || nr_short > 1 || nr_int > 1 || nr_long > 2 ||
	    nr_signed + nr_unsigned > 1 || !!nr_char + !!nr_short + !!nr_long > 1 ||
	    (nr_char && nr_int)) {
		compile_fail(c, at, end - at, "no such type");
		return TYPE_NONE;
	}
	type = nr_char	      ? TYPE_CHAR
	       : nr_short     ? TYPE_SHORT
	       : nr_long == 2 ? TYPE_LLONG
	       : nr_long      ? TYPE_LONG
			      : TYPE_INT;
	return nr_unsigned ? type + 1 : type;
}

/* After '(' and a type's first word: a cast, or the pointer cast that * wants. */
static struct node *parse_cast(struct compile *c, size_t at)
{
	struct node *n = node_new(c, NODE_CAST, at);

	if (!n)
		return NULL;
	n->type = parse_type(c);
	if (!n->type)
		return NULL;
	if (c->token.kind == TOKEN_STAR) {
		n->kind = NODE_POINTER;
		if (!lexer_next(c))
			return NULL;
	}
	n->len = c->token.at + c->token.len - at;
	n->op_at = at;
	if (!expect(c, TOKEN_RPAREN, "')'", at))
		return NULL;
	if (!node_adopt(c, n, &n->a, parse_unary(c)))
		return NULL;
	n->len = n->a->at + n->a->len - at;
	return n;
}

static struct node *parse_sizeof(struct compile *c, size_t at)
{
	struct node *n = node_new(c, NODE_SIZEOF, at);
	size_t paren = c->token.at, pos = c->pos;
	struct token token = c->token;

	if (!n)
		return NULL;
	n->op_at = at;
	if (token.kind == TOKEN_LPAREN) {
		if (!lexer_next(c))
			return NULL;
		if (is_type(c)) {
			n->value = parse_type(c);
			n->len = c->token.at + c->token.len - at;
			return n->value && expect(c, TOKEN_RPAREN, "')'", paren) ? n : NULL;
		}
		c->token = token;
		c->pos = pos;
	}
	if (!node_adopt(c, n, &n->a, parse_unary(c)))
		return NULL;
	n->len = n->a->at + n->a->len - at;
	return n;
}

static struct node *parse_parens(struct compile *c)
{
	size_t at = c->token.at;
	struct node *n;

	if (!lexer_next(c))
		return NULL;
	if (is_type(c))
		return parse_cast(c, at);
	n = parse_expr(c, PRIORITY_COMMA);
	if (!n)
		return NULL;
	n->in_parens = true;
	n->at = at;
	n->len = c->token.at + c->token.len - at;
	return expect(c, TOKEN_RPAREN, "')'", at) ? n : NULL;
}

static struct node *parse_call(struct compile *c, struct node *name)
{
	size_t paren = c->token.at;
	struct node **tail = &name->a;

	name->kind = NODE_CALL;
	if (!lexer_next(c))
		return NULL;
	while (c->token.kind != TOKEN_RPAREN) {
		if (!node_adopt(c, name, tail, parse_expr(c, PRIORITY_COND)))
			return NULL;
		tail = &(*tail)->next;
		if (c->token.kind != TOKEN_COMMA)
			break;
		if (!lexer_next(c))
			return NULL;
		if (c->token.kind == TOKEN_RPAREN)
			return compile_fail(c, c->token.at, c->token.len,
					    "an argument is expected behind the comma");
	}
	name->len = c->token.at + c->token.len - name->at;
	return expect(c, TOKEN_RPAREN, "')'", paren) ? name : NULL;
}

/* a[i], a.function: what may stand behind @left. */
static struct node *parse_postfix(struct compile *c, struct node *left)
{
	while (left && (c->token.kind == TOKEN_LBRACKET || c->token.kind == TOKEN_DOT)) {
		bool is_index = c->token.kind == TOKEN_LBRACKET;
		struct node *n = node_new(c, is_index ? NODE_INDEX : NODE_SUFFIX, left->at);
		size_t at = c->token.at;

		if (!n)
			return NULL;
		n->op_at = at;
		if (!node_adopt(c, n, &n->a, left) || !lexer_next(c))
			return NULL;
		if (is_index) {
			if (!node_adopt(c, n, &n->b, parse_expr(c, PRIORITY_COMMA)))
				return NULL;
			n->len = c->token.at + c->token.len - n->at;
			if (!expect(c, TOKEN_RBRACKET, "']'", at))
				return NULL;
		} else {
			if (c->token.kind != TOKEN_NAME || c->use != EXPR_FILTER)
				return compile_fail(c, at, 1,
						    "fields have no parts: '.' means nothing here");
			n->str = c->token.str;
			n->len = c->token.at + c->token.len - n->at;
			if (!lexer_next(c))
				return NULL;
		}
		left = n;
	}
	return left;
}

static struct node *parse_primary(struct compile *c)
{
	struct token token = c->token;
	struct node *n;
	char buf[64];

	switch (token.kind) {
	case TOKEN_LPAREN:
		return parse_parens(c);
	case TOKEN_NUMBER:
	case TOKEN_STRING:
	case TOKEN_NAME:
	case TOKEN_CPUS:
		n = node_new(c,
			     token.kind == TOKEN_NUMBER	  ? NODE_NUMBER
			     : token.kind == TOKEN_STRING ? NODE_STRING
			     : token.kind == TOKEN_CPUS	  ? NODE_CPUS
							  : NODE_NAME,
			     token.at);
		if (!n)
			return NULL;
		n->type = token.type;
		n->value = token.value;
		n->str = token.str;
		n->str_len = token.str_len;
		if (token.kind == TOKEN_NAME && is_type(c)) {
			compile_fail(c, token.at, token.len,
				     "the type '%s' stands where a value is expected", token.str);
			compile_hint(c, "a cast is (%s)value", token.str);
			return NULL;
		}
		if (!lexer_next(c))
			return NULL;
		return n->kind == NODE_NAME && c->token.kind == TOKEN_LPAREN ? parse_call(c, n) : n;
	default:
		return compile_fail(c, token.at, token.len, "a value is expected before %s",
				    token_text(c, buf));
	}
}

static struct node *parse_prefix(struct compile *c)
{
	size_t at = c->token.at;
	enum op op = OP_NONE;
	struct node *n;

	switch (c->token.kind) {
	case TOKEN_PLUS:
		op = OP_PLUS;
		break;
	case TOKEN_MINUS:
		op = OP_NEG;
		break;
	case TOKEN_BANG:
		op = OP_NOT;
		break;
	case TOKEN_TILDE:
		op = OP_BNOT;
		break;
	case TOKEN_STAR:
		break;
	case TOKEN_AMP:
		return compile_fail(c, at, 1, "fields have no address");
	case TOKEN_NAME:
		if (!strcmp(c->token.str, "sizeof"))
			return lexer_next(c) ? parse_sizeof(c, at) : NULL;
		/* fall through */
	default:
		return parse_postfix(c, parse_primary(c));
	}
	n = node_new(c, op ? NODE_UNARY : NODE_DEREF, at);
	if (!n || !lexer_next(c))
		return NULL;
	n->op = op;
	n->op_at = at;
	if (!node_adopt(c, n, &n->a, parse_unary(c)))
		return NULL;
	n->len = n->a->at + n->a->len - at;
	return n;
}

static bool nest(struct compile *c)
{
	if (c->depth++ < MAX_NESTING)
		return true;
	compile_fail(c, c->token.at, c->token.len, "nested deeper than %d", MAX_NESTING);
	return false;
}

static struct node *parse_unary(struct compile *c)
{
	struct node *n = nest(c) ? parse_prefix(c) : NULL;

	c->depth--;
	return n;
}

static const struct infix *infix_find(enum token_kind token)
{
	for (size_t i = 0; i < sizeof(infixes) / sizeof(*infixes); i++) {
		if (infixes[i].token == token)
			return &infixes[i];
	}
	return NULL;
}

/* name ~ kmalloc-*: the kernel takes the word, but only quotes say where it ends. */
static struct node *fail_unquoted(struct compile *c)
{
	size_t end = c->token.at;

	while (end < c->len && !strchr(" \t\n()&|\"", c->text[end]))
		end++;
	compile_fail(c, c->token.at, end - c->token.at, "a string is expected behind ~");
	if (end > c->token.at)
		compile_hint(c, "in quotes: \"%.*s\"",
			     (int)(end - c->token.at > 200 ? 200 : end - c->token.at),
			     c->text + c->token.at);
	return NULL;
}

/* b : c of a ? b : c. They nest to the right, so they count as nesting. */
static bool parse_branches(struct compile *c, struct node *n)
{
	bool ok = nest(c) && node_adopt(c, n, &n->b, parse_expr(c, PRIORITY_COMMA)) &&
		  expect(c, TOKEN_COLON, "':'", n->op_at) &&
		  node_adopt(c, n, &n->c, parse_expr(c, PRIORITY_COND));

	c->depth--;
	return ok;
}

/* @left op ..., the operator being the current token. */
static struct node *parse_infix(struct compile *c, const struct infix *infix, struct node *left)
{
	struct node *n = node_new(c, infix->op == OP_COND ? NODE_COND : NODE_BINARY, left->at);
	size_t at = c->token.at;
	struct node *last;

	if (!n)
		return NULL;
	n->op = infix->op;
	n->op_at = at;
	if (!node_adopt(c, n, &n->a, left))
		return NULL;
	if (infix->op == OP_MATCH) {
		/* the lexer may stumble over an unquoted glob: look before it does */
		while (c->pos < c->len && isspace((unsigned char)c->text[c->pos]))
			c->pos++;
		if (c->pos < c->len && c->text[c->pos] != '"') {
			c->token.at = c->pos;
			return fail_unquoted(c);
		}
	}
	if (!lexer_next(c))
		return NULL;
	if (infix->op == OP_COND) {
		if (!parse_branches(c, n))
			return NULL;
		last = n->c;
	} else {
		if (!node_adopt(c, n, &n->b, parse_expr(c, infix->priority + 1)))
			return NULL;
		last = n->b;
	}
	n->len = last->at + last->len - n->at;
	return n;
}

static struct node *parse_expr(struct compile *c, unsigned int min_priority)
{
	struct node *left = parse_unary(c);
	const struct infix *infix;

	while (left && (infix = infix_find(c->token.kind)) && infix->priority >= min_priority)
		left = parse_infix(c, infix, left);
	return left;
}

struct node *parser_parse(struct compile *c)
{
	struct node *root;
	char buf[64];

	if (!lexer_next(c))
		return NULL;
	if (c->token.kind == TOKEN_END)
		return compile_fail(c, 0, c->len, "the expression is empty");
	root = parse_expr(c, PRIORITY_COMMA);
	if (!root)
		return NULL;
	if (c->token.kind == TOKEN_RPAREN || c->token.kind == TOKEN_RBRACKET)
		return compile_fail(c, c->token.at, 1, "'%c' closes nothing", c->text[c->token.at]);
	if (c->token.kind != TOKEN_END)
		return compile_fail(c, c->token.at, c->token.len,
				    "an operator is expected before %s", token_text(c, buf));
	return root;
}
