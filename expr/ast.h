/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXPR_AST_H
#define EXPR_AST_H

/*
 * What the stages of the compiler share: the compilation's state, tokens, types
 * and the tree. Everything the tree points to lives in the compilation's arena,
 * which the finished expression keeps, because the kernel filter is printed
 * from the tree.
 */
#include "expr/expr.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *head; /* owned chain */
};

void *arena_alloc(struct arena *arena, size_t size); /* zeroed; NULL: no memory */
void arena_fini(struct arena *arena);

/*
 * Types. The order is C's ranking: rank = id / 2, odd ids are unsigned, so that
 * the usual arithmetic conversions are arithmetic on ids.
 */
enum type_id {
	TYPE_NONE,
	TYPE_BOOL,
	TYPE_CHAR,
	TYPE_UCHAR,
	TYPE_SHORT,
	TYPE_USHORT,
	TYPE_INT,
	TYPE_UINT,
	TYPE_LONG,
	TYPE_ULONG,
	TYPE_LLONG,
	TYPE_ULLONG,
	TYPE_STRING,
};

unsigned int type_size(enum type_id type); /* bytes; 0 for strings */
bool type_is_signed(enum type_id type);
const char *type_name(enum type_id type);
enum type_id type_of_size(unsigned int size, bool is_signed); /* TYPE_NONE: no such integer */
enum type_id type_promote(enum type_id type);
enum type_id type_common(enum type_id a, enum type_id b); /* usual arithmetic conversions */
__u64 type_convert(enum type_id to, __u64 value);	  /* of a value extended to 64 bits */

enum token_kind {
	TOKEN_END,
	TOKEN_NUMBER,
	TOKEN_STRING,
	TOKEN_NAME,
	TOKEN_CPUS, /* CPUS{...}, filters only */
	TOKEN_LPAREN,
	TOKEN_RPAREN,
	TOKEN_LBRACKET,
	TOKEN_RBRACKET,
	TOKEN_DOT,
	TOKEN_QUESTION,
	TOKEN_COLON,
	TOKEN_COMMA,
	TOKEN_PLUS,
	TOKEN_MINUS,
	TOKEN_STAR,
	TOKEN_SLASH,
	TOKEN_PERCENT,
	TOKEN_SHL,
	TOKEN_SHR,
	TOKEN_LT,
	TOKEN_LE,
	TOKEN_GT,
	TOKEN_GE,
	TOKEN_EQ,
	TOKEN_NE,
	TOKEN_AMP,
	TOKEN_CARET,
	TOKEN_PIPE,
	TOKEN_ANDAND,
	TOKEN_OROR,
	TOKEN_TILDE,
	TOKEN_BANG,
};

struct token {
	enum token_kind kind;
	size_t at, len;
	enum type_id type; /* of a number */
	__u64 value;	   /* of a number */
	const char
		*str; /* of a string: decoded; of a name: itself; both end with NUL, in the arena */
	size_t str_len;
};

enum op {
	OP_NONE,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_SHL,
	OP_SHR,
	OP_AND,
	OP_OR,
	OP_XOR,
	OP_EQ, /* the six comparisons stand together */
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_MATCH,
	OP_LAND,
	OP_LOR,
	OP_COMMA,
	OP_COND,
	OP_NEG, /* unary from here */
	OP_PLUS,
	OP_NOT,
	OP_BNOT,
};

enum node_kind {
	NODE_NUMBER,   /* value */
	NODE_STRING,   /* str */
	NODE_NAME,     /* str; until names are resolved */
	NODE_FIELD,    /* field: an integer or a string as it stands */
	NODE_WHOLE,    /* field: an array or a structure; only under index, sizeof and CPUS */
	NODE_SELF,     /* self: _pid ... */
	NODE_INDEX,    /* a = the field, b = the index */
	NODE_UNARY,    /* op a */
	NODE_BINARY,   /* a op b, also && || and the comma */
	NODE_COND,     /* a ? b : c */
	NODE_CAST,     /* (type)a */
	NODE_POINTER,  /* (type *)a, only under NODE_DEREF */
	NODE_DEREF,    /* *a, of `type` */
	NODE_SIZEOF,   /* of a, or of the type in value */
	NODE_CALL,     /* builtin(a, a->next, ...) */
	NODE_FUNCTION, /* a.function op str */
	NODE_USTRING,  /* a.ustring op str */
	NODE_CPUS,     /* a op CPUS{str}; a NULL until it is bound to its operator */
	NODE_SUFFIX,   /* a.str; until it is bound to its operator */
};

enum self_id { SELF_CPU, SELF_PID, SELF_TID, SELF_TIME, SELF_COMM };

struct builtin;

struct node {
	enum node_kind kind;
	enum op op;
	enum type_id type;
	enum self_id self;
	bool in_parens;	     /* the user wrote parentheses around it */
	unsigned int height; /* of the tree under it: bounds every walk's recursion */
	size_t at, len;	     /* its place in the text */
	size_t op_at;	     /* the operator's, for operators */
	__u64 value;
	const char *str;
	size_t str_len;
	struct node *a, *b, *c;
	struct node *next; /* argument list */
	const struct expr_field *field;
	const struct builtin *builtin;
};

/* The state of one compilation. */
struct compile {
	const char *text;
	size_t len, pos;    /* pos: the lexer's */
	struct token token; /* the one to be looked at next */
	unsigned int depth;
	const struct expr_scope *scope;
	enum expr_use use;
	struct expr_error *err; /* filled once, by the first error */
	int rc;			/* 0, -EINVAL or -ENOMEM: set by whoever fails first */
	struct arena arena;
};

/* Both answer NULL so that a failure is one line; the first one counts. */
void *compile_fail(struct compile *c, size_t at, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void *compile_no_memory(struct compile *c);
/* Adds to the error just made. */
void compile_hint(struct compile *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void *compile_alloc(struct compile *c, size_t size);
char *compile_strdup(struct compile *c, const char *str, size_t len);

/* lexer.c: reads the next token into c->token. false: an error was made. */
bool lexer_next(struct compile *c);

/* parser.c: the whole text as a tree. NULL: an error was made. */
struct node *parser_parse(struct compile *c);
/* A type's name as the user may write it, one word: "u32". TYPE_NONE: no such type. */
enum type_id parser_type_word(const char *word);

/* type.c: names, types, casts. NULL: an error was made. */
struct node *type_check(struct compile *c, struct node *root);
struct node *type_node(struct compile *c, struct node *n); /* of one argument, for builtin.c */
struct node *type_cast(struct compile *c, struct node *n, enum type_id to);

/* resolve.c: the name in @n becomes a field or a value of the record. NULL: an error was made. */
struct node *resolve_name(struct compile *c, struct node *n);
/* As resolve_name(), but arrays and structures are taken as they are. */
struct node *resolve_whole(struct compile *c, struct node *n);
const char *resolve_field_type(const struct expr_field *f, char *buf, size_t size);

/* fold.c: @n as a number when its operands are. Never fails: gives back @n. */
struct node *fold_node(struct node *n);

#endif
