/* JSON as json-glib reads it, which is not as RFC 8259 has it: texts may stand
 * between other quotes, numbers in other bases, and what stands between two
 * slashes is passed over. Assignments, fractions, halves of letters and NULs
 * are beyond this reader.
 *
 * Source: GNOME/json-glib, json-glib/json-scanner.c
 * (json_scanner_get_token_ll), json-glib/json-parser.c (json_parse_value,
 * json_parse_array, json_parse_object, json_parse_statement), tag 1.6.6.
 */
#include "config.h"
#include "utf8.h"

#include <string.h>

enum { DEPTH_MAX = 128 };

/* Tokens are letters, or: */
enum token { T_END = 256, T_TEXT, T_NUMBER, T_TRUE, T_FALSE, T_NULL, T_WRONG };

struct json {
	struct kf_bytes text;
	size_t pos;
	int token;		/* that comes next */
	struct kf_bytes value;	/* of a text */
	int64_t number;
	struct kf_config *in;
	unsigned depth;
	struct kf_config_text *out;
	struct kf_env *env;
	enum kf_status status;
};

static bool goes_on(const struct json *j)
{
	return j->status == KF_OK && j->out->result == KF_CONFIG_READ;
}

static void wrong(struct json *j)
{
	if (!goes_on(j))
		return;
	j->out->result = KF_CONFIG_WRONG;
	j->out->damage.field = "JSON";
	j->out->damage.at = j->pos;
}

static void beyond(struct json *j, const char *what)
{
	if (!goes_on(j))
		return;
	j->out->result = KF_CONFIG_BEYOND;
	j->out->beyond = what;
}

static int peek(const struct json *j, size_t ahead)
{
	return j->pos < j->text.len && ahead < j->text.len - j->pos
	       ? j->text.data[j->pos + ahead] : -1;
}

static unsigned digit_of(int c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)c - '0';
	return (c | 32) >= 'a' && (c | 32) <= 'z'
		? (unsigned)(c | 32) - 'a' + 10 : 99;
}

/* skip passes over blanks, and over what stands between two slashes. */
static void skip(struct json *j)
{
	for (;;) {
		int c = peek(j, 0);

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			j->pos++;
			continue;
		}
		if (c != '/')
			return;
		for (j->pos++; peek(j, 0) >= 0 && peek(j, 0) != '/';)
			j->pos++;
		if (peek(j, 0) < 0) {
			wrong(j);
			return;
		}
		j->pos++;
	}
}

/* unicode reads \u1234; without a digit it stands for nothing. */
static size_t unicode(uint8_t *out, struct json *j)
{
	uint32_t letter = 0;

	if (digit_of(peek(j, 2)) > 15) {
		j->pos += 2;
		return 0;
	}
	for (size_t i = 2; i < 6; i++) {
		if (digit_of(peek(j, i)) > 15) {
			beyond(j, "a short \\u in JSON");
			return 0;
		}
		letter = letter << 4 | digit_of(peek(j, i));
	}
	if (letter == 0 || (letter >= 0xd800 && letter <= 0xdfff) ||
	    letter >= 0xfffe)
		beyond(j, "half a letter, or none, in JSON");
	j->pos += 6;
	return kf_utf8_put(out, letter);
}

static bool is_octal(int c)
{
	return c >= '0' && c <= '7';
}

/* octal reads up to three digits. */
static size_t octal(uint8_t *out, struct json *j)
{
	unsigned value = 0;
	size_t i = 1;

	for (; i < 4 && is_octal(peek(j, i)); i++)
		value = value * 8 + digit_of(peek(j, i));
	if ((value & 0xff) == 0 || value > 0x7f)
		beyond(j, "a letter by an odd number in JSON");
	*out = (uint8_t)value;
	j->pos += i;
	return 1;
}

/* escape takes one, and returns how much it wrote. */
static size_t escape(uint8_t *out, struct json *j)
{
	static const char from[] = "ntrbf", to[] = "\n\t\r\b\f";
	int c = peek(j, 1);

	if (c < 0) {
		wrong(j);
		return 0;
	}
	if (c == 'u')
		return unicode(out, j);
	if (is_octal(c))
		return octal(out, j);
	*out = (uint8_t)c;
	for (size_t i = 0; from[i]; i++)
		if (c == from[i])
			*out = (uint8_t)to[i];
	j->pos += 2;
	return 1;
}

/* text_len is how long a text may become: no more comes out than goes in, up
 * to the quote. */
static size_t text_len(const struct json *j, int quote)
{
	size_t i = 1;

	while (peek(j, i) >= 0 && peek(j, i) != quote)
		i += quote == '"' && peek(j, i) == '\\' ? 2 : 1;
	return i + 4;
}

static void text(struct json *j)
{
	int quote = peek(j, 0);
	uint8_t *out = kf_arena_take(j->env->arena, text_len(j, quote));
	size_t len = 0;

	if (!out) {
		j->status = KF_NO_MEMORY;
		return;
	}
	j->pos++;
	while (goes_on(j) && peek(j, 0) >= 0 && peek(j, 0) != quote) {
		if (quote == '"' && peek(j, 0) == '\\')
			len += escape(out + len, j);
		else
			out[len++] = j->text.data[j->pos++];
	}
	if (peek(j, 0) < 0)
		wrong(j);
	j->pos++;
	/* An empty text is there all the same. */
	j->value.data = out;
	j->value.len = len;
	j->token = T_TEXT;
}

/* base_of tells in which base a number is written, and steps over what says
 * so. */
static unsigned base_of(struct json *j)
{
	int c = peek(j, 0), next = peek(j, 1) | 32;

	if (c == '$') {
		j->pos++;
		return 16;
	}
	if (c != '0')
		return 10;
	if (next == 'x' || next == 'b') {
		j->pos += 2;
		return next == 'x' ? 16 : 2;
	}
	return 8;
}

static void number(struct json *j)
{
	unsigned base = base_of(j);
	uint64_t value = 0;
	size_t digits = 0;
	bool full = false;

	for (; digit_of(peek(j, 0)) < base; j->pos++, digits++) {
		unsigned digit = digit_of(peek(j, 0));

		full |= value > (UINT64_MAX - digit) / base;
		value = value * base + digit;
	}
	if (peek(j, 0) == '.' || (peek(j, 0) | 32) == 'e')
		beyond(j, "a fraction in JSON");
	else if (digits == 0 || digit_of(peek(j, 0)) < 36)
		wrong(j);
	j->number = (int64_t)(full ? UINT64_MAX : value);
	j->token = T_NUMBER;
}

static bool is_word(int c)
{
	return digit_of(c) < 36 || c == '-' || c == '_';
}

static void word(struct json *j)
{
	static const struct {
		const char *word;
		int token;
	} known[] = { { "true", T_TRUE }, { "false", T_FALSE },
		      { "null", T_NULL } };
	size_t len = 1;
	struct kf_bytes w;

	while (is_word(peek(j, len)))
		len++;
	w = kf_part_of(j->text, j->pos, len);
	j->pos += len;
	for (size_t i = 0; i < 3; i++)
		if (kf_equal(w, kf_text(known[i].word))) {
			j->token = known[i].token;
			return;
		}
	if (kf_equal(w, kf_text("var")))
		beyond(j, "an assignment in place of JSON");
	j->token = T_WRONG;
}

static bool is_quote(int c)
{
	return c == '"' || c == '\'';
}

/* next reads the next token. */
static void next(struct json *j)
{
	int c;

	skip(j);
	c = peek(j, 0);
	if (c < 0) {
		j->token = T_END;
	} else if (is_quote(c)) {
		text(j);
	} else if (digit_of(c) < 10 || c == '$') {
		number(j);
	} else if (c == '.') {
		beyond(j, "a fraction in JSON");
	} else if (c == '_' || digit_of(c) < 36) {
		word(j);
	} else {
		j->token = c;
		j->pos++;
	}
	if (!goes_on(j))
		j->token = T_WRONG;
}

/* scalar fills a value that holds no others. */
static void scalar(struct json *j, struct kf_config *c)
{
	bool minus = j->token == '-';

	if (minus)
		next(j);
	if (minus && j->token != T_NUMBER)
		j->token = T_WRONG;
	switch (j->token) {
	case T_TEXT:
		c->type = KF_CONFIG_TEXT;
		c->text = j->value;
		break;
	case T_NUMBER:
		c->type = KF_CONFIG_INT64;
		c->number = minus ? (int64_t)(0 - (uint64_t)j->number)
				  : j->number;
		break;
	case T_TRUE:
	case T_FALSE:
		c->type = KF_CONFIG_BOOL;
		c->number = j->token == T_TRUE;
		break;
	case T_NULL:
		break;
	default:
		wrong(j);
	}
}

/* value reads one; what holds others is opened. */
static void value(struct json *j, struct kf_bytes name)
{
	struct kf_config *c = kf_config_new(j->in, j->env);

	if (!c) {
		j->status = KF_NO_MEMORY;
		return;
	}
	c->name = name;
	c->at = j->pos;
	if (!j->in && !j->out->root)
		j->out->root = c;
	if (j->token != '{' && j->token != '[') {
		scalar(j, c);
		if (goes_on(j))
			next(j);
		return;
	}
	c->type = j->token == '{' ? KF_CONFIG_GROUP : KF_CONFIG_LIST;
	j->in = c;
	if (++j->depth > DEPTH_MAX)
		beyond(j, "very deep JSON");
	next(j);
}

/* separated tells whether what follows a value may do so, and steps over a
 * comma. In a group other things than a text are left to what comes next. */
static bool separated(struct json *j)
{
	bool group = j->in->type == KF_CONFIG_GROUP;

	if (!j->in->first || j->token == (group ? '}' : ']'))
		return true;
	if (j->token != ',')
		return group && j->token != T_TEXT;
	next(j);
	return j->token != (group ? '}' : ']');
}

static struct kf_bytes member(struct json *j)
{
	struct kf_bytes name = j->value;

	if (j->token != T_TEXT) {
		wrong(j);
		return name;
	}
	next(j);
	if (j->token != ':')
		wrong(j);
	next(j);
	return name;
}

/* step takes one thing of what is open, or its end. */
static void step(struct json *j)
{
	struct kf_bytes name = { NULL, 0 };

	if (!separated(j)) {
		wrong(j);
		return;
	}
	if (j->token == (j->in->type == KF_CONFIG_GROUP ? '}' : ']')) {
		j->in = j->in->parent;
		j->depth--;
		next(j);
		return;
	}
	if (j->in->type == KF_CONFIG_GROUP)
		name = member(j);
	if (goes_on(j))
		value(j, name);
}

/* statement begins what stands at the top: a group or a list at any time, and
 * another value when nothing was there yet. */
static void statement(struct json *j)
{
	struct kf_bytes none = { NULL, 0 };

	if (j->out->root && j->token != '{' && j->token != '[')
		wrong(j);
	else
		value(j, none);
}

enum kf_status kf_json_glib(struct kf_config_text *out, struct kf_bytes text,
			    struct kf_env *env)
{
	struct json j = { .text = text, .out = out, .env = env };

	out->result = KF_CONFIG_READ;
	out->root = NULL;
	next(&j);
	while (goes_on(&j) && (j.in || j.token != T_END)) {
		size_t before = j.pos;

		if (j.in)
			step(&j);
		else
			statement(&j);
		if (!kf_spend(env, 16 + (j.pos - before)))
			return KF_TOO_MUCH;
	}
	return j.status;
}
