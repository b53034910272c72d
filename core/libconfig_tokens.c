/* libconfig's scanner: of all that could stand here, the longest.
 *
 * Source: hyperrealm/libconfig, lib/scanner.l, tags v1.5 and v1.7.3.
 */
#include "libconfig_tokens.h"

#include <string.h>

enum { DIGITS_MAX = 18 };

void kf_tokens_start(struct kf_tokens *out, struct kf_bytes text, bool later)
{
	memset(out, 0, sizeof(*out));
	out->text = text;
	out->later = later;
}

/* peek is the byte `ahead` of the place; -1: the text ends before it. */
static int peek(const struct kf_tokens *t, size_t ahead)
{
	return ahead < t->text.len - t->pos ? t->text.data[t->pos + ahead] : -1;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int hex(int c)
{
	if (is_digit(c))
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

/* line_comment is the length of a comment at the place; 0: there is none. The
 * older scanner wants the line to end. */
static size_t line_comment(const struct kf_tokens *t)
{
	size_t n = peek(t, 0) == '#' ? 1
		 : peek(t, 0) == '/' && peek(t, 1) == '/' ? 2 : 0;

	if (n == 0)
		return 0;
	while (peek(t, n) >= 0 && peek(t, n) != '\n')
		n++;
	return peek(t, n) < 0 && !t->later ? 0 : n;
}

/* block_comment is so for one that lines do not end. */
static size_t block_comment(const struct kf_tokens *t)
{
	size_t n = 2;

	if (peek(t, 0) != '/' || peek(t, 1) != '*')
		return 0;
	while (peek(t, n) >= 0 && !(peek(t, n) == '*' && peek(t, n + 1) == '/'))
		n++;
	return peek(t, n) < 0 ? n : n + 2;
}

static size_t blank(const struct kf_tokens *t)
{
	int c = peek(t, 0);

	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* skip steps over what means nothing. */
static void skip(struct kf_tokens *t)
{
	size_t n;

	do {
		n = blank(t);
		if (!n)
			n = line_comment(t);
		if (!n)
			n = block_comment(t);
		t->pos += n;
	} while (n);
}

/* digits counts the decimal digits from `ahead` on. */
static size_t digits(const struct kf_tokens *t, size_t ahead)
{
	size_t n = 0;

	while (is_digit(peek(t, ahead + n)))
		n++;
	return n;
}

/* exponent is the length of one from `ahead` on; 0: there is none. */
static size_t exponent(const struct kf_tokens *t, size_t ahead)
{
	size_t n = 1, num;

	if ((peek(t, ahead) | 32) != 'e')
		return 0;
	if (peek(t, ahead + 1) == '+' || peek(t, ahead + 1) == '-')
		n++;
	num = digits(t, ahead + n);
	return num ? n + num : 0;
}

/* long_mark counts the letters L behind a number, two at most. */
static size_t long_mark(const struct kf_tokens *t, size_t ahead)
{
	size_t n = 0;

	while (n < 2 && peek(t, ahead + n) == 'L')
		n++;
	return n;
}

/* set_number gives a token its integer. Without an L the older library cuts it
 * to 32 bits, the later one keeps it wide where it has to. */
static void set_number(struct kf_token *out, uint64_t value, bool negative,
		       bool wide)
{
	out->kind = KF_TOKEN_VALUE;
	out->number = negative ? -(int64_t)value : (int64_t)value;
	out->type = wide ? KF_CONFIG_INT64 : KF_CONFIG_INT;
	if (!wide)
		out->number = (int32_t)(uint32_t)(uint64_t)out->number;
}

/* hex_number reads 0x1F, and 0x1FL. Without the L it is cut to 32 bits. */
static size_t hex_number(struct kf_token *out, struct kf_tokens *t)
{
	uint64_t value = 0;
	size_t n = 2, wide;

	if (peek(t, 0) != '0' || (peek(t, 1) | 32) != 'x' ||
	    hex(peek(t, 2)) < 0)
		return 0;
	for (; hex(peek(t, n)) >= 0; n++)
		value = value << 4 | (unsigned)hex(peek(t, n));
	wide = long_mark(t, n);
	if (n > 2 + 16 || (value >> 63))
		t->beyond = "a number of more than 63 bits in sw-description";
	set_number(out, value, false, wide);
	return n + wide;
}

/* fraction is the length of a number that is none of integers; 0: it is one, or
 * none at all. */
static size_t fraction(const struct kf_tokens *t)
{
	size_t sign = peek(t, 0) == '+' || peek(t, 0) == '-';
	size_t whole = digits(t, sign), n = sign + whole, more;

	if (peek(t, n) == '.') {
		n += 1 + digits(t, n + 1);
		return n + exponent(t, n);
	}
	more = whole ? exponent(t, n) : 0;
	return more ? n + more : 0;
}

/* number reads a decimal number; 0: there is none. */
static size_t number(struct kf_token *out, struct kf_tokens *t)
{
	size_t sign = peek(t, 0) == '+' || peek(t, 0) == '-';
	size_t whole = digits(t, sign), n = fraction(t);
	uint64_t value = 0;

	if (n) {
		out->kind = KF_TOKEN_VALUE;
		out->type = KF_CONFIG_FLOAT;
		return n;
	}
	if (!whole)
		return 0;
	if (whole > DIGITS_MAX)
		t->beyond = "a number of more than 18 digits in sw-description";
	for (size_t i = 0; i < whole && i < DIGITS_MAX; i++)
		value = value * 10 + (unsigned)(peek(t, sign + i) - '0');
	n = long_mark(t, sign + whole);
	set_number(out, value, peek(t, 0) == '-',
		   n || (t->later && value > INT32_MAX));
	return sign + whole + n;
}

/* word_is compares letters without their case. */
static bool word_is(struct kf_bytes word, const char *with)
{
	for (size_t i = 0; i < word.len; i++)
		if ((word.data[i] | 32) != with[i])
			return false;
	return with[word.len] == '\0';
}

static size_t word(struct kf_token *out, struct kf_tokens *t)
{
	size_t n = 0;

	if (!is_letter(peek(t, 0)))
		return 0;
	while (is_letter(peek(t, n)) || is_digit(peek(t, n)) ||
	       peek(t, n) == '-' || peek(t, n) == '_')
		n++;
	out->text = kf_part_of(t->text, t->pos, n);
	out->kind = KF_TOKEN_NAME;
	if ((n == 4 && word_is(out->text, "true")) ||
	    (n == 5 && word_is(out->text, "false"))) {
		out->kind = KF_TOKEN_VALUE;
		out->type = KF_CONFIG_BOOL;
		out->number = n == 4;
	}
	return n;
}

/* escape is what the letters at the place stand for in a text, and how many
 * they are. A backslash that escapes nothing stands for itself. */
static size_t escape(uint8_t *out, struct kf_tokens *t)
{
	static const char from[] = "nrtf\\\"", to[] = "\n\r\t\f\\\"";
	int c = peek(t, 1), high = hex(peek(t, 2)), low = hex(peek(t, 3));

	*out = '\\';
	for (size_t i = 0; from[i]; i++)
		if (c == from[i]) {
			*out = (uint8_t)to[i];
			return 2;
		}
	if ((c | 32) != 'x' || high < 0 || low < 0)
		return 1;
	*out = (uint8_t)(high << 4 | low);
	if (*out == 0)
		t->beyond = "a NUL in a text of sw-description";
	return 4;
}

/* lost is how much of a text a NUL hides: up to the next backslash or quote,
 * where the scanner starts its next piece. */
static size_t lost(const struct kf_tokens *t)
{
	size_t n = 0;

	while (peek(t, n) >= 0 && peek(t, n) != '"' && peek(t, n) != '\\')
		n++;
	return n;
}

/* quoted reads a text in quotes; without its end the file ends. */
static enum kf_status quoted(struct kf_token *out, struct kf_tokens *t,
			     struct kf_env *env)
{
	size_t end = t->pos + 1, len = 0;
	uint8_t *text;

	while (end < t->text.len && t->text.data[end] != '"')
		end += t->text.data[end] == '\\' ? 2 : 1;
	if (end >= t->text.len) {
		t->pos = t->text.len;
		out->kind = KF_TOKEN_END;
		return KF_OK;
	}
	text = kf_arena_take(env->arena, end - t->pos);
	if (!text)
		return KF_NO_MEMORY;
	t->pos++;
	while (peek(t, 0) != '"' && t->pos < end) {
		size_t n = 1;

		if (peek(t, 0) == 0) {
			t->pos += lost(t);
			continue;
		}
		text[len] = (uint8_t)peek(t, 0);
		if (peek(t, 0) == '\\')
			n = escape(&text[len], t);
		len++;
		t->pos += n;
	}
	t->pos++;
	out->kind = KF_TOKEN_VALUE;
	out->type = KF_CONFIG_TEXT;
	out->text = kf_view(text, len);
	return KF_OK;
}

/* includes tells whether another file is named here: at the start of a line,
 * with blanks and a quote behind the word. */
static bool includes(const struct kf_tokens *t)
{
	struct kf_bytes word = kf_text("@include");
	size_t at = t->pos, n = word.len;

	while (at > 0 && (t->text.data[at - 1] == ' ' ||
			  t->text.data[at - 1] == '\t'))
		at--;
	if ((at > 0 && t->text.data[at - 1] != '\n') ||
	    !kf_equal(kf_part_of(t->text, t->pos, word.len), word))
		return false;
	while (peek(t, n) == ' ' || peek(t, n) == '\t')
		n++;
	return n > word.len && peek(t, n) == '"';
}

/* mark reads one of the letters that mean something by themselves. */
static void mark(struct kf_token *out, struct kf_tokens *t)
{
	static const char marks[] = "=:,;{}()[]";
	int c = peek(t, 0);

	out->kind = KF_TOKEN_GARBAGE;
	for (size_t i = 0; marks[i]; i++)
		if (c == marks[i])
			out->kind = c == ':' ? '=' : (unsigned)c;
	if (c == '@' && includes(t))
		t->beyond = "another file that sw-description includes";
	t->pos++;
}

enum kf_status kf_tokens_next(struct kf_token *out, struct kf_tokens *t,
			      struct kf_env *env)
{
	size_t before = t->pos, n;

	memset(out, 0, sizeof(*out));
	skip(t);
	out->at = t->pos;
	if (!kf_spend(env, t->pos - before + 1))
		return KF_TOO_MUCH;
	if (t->pos == t->text.len)
		return KF_OK;
	if (peek(t, 0) == '"')
		return quoted(out, t, env);
	n = word(out, t);
	if (!n)
		n = hex_number(out, t);
	if (!n)
		n = number(out, t);
	t->pos += n;
	if (!n)
		mark(out, t);
	return KF_OK;
}

enum kf_status kf_tokens_join(struct kf_bytes *text, struct kf_bytes more,
			      struct kf_env *env)
{
	size_t len = text->len + more.len;
	uint8_t *both = kf_arena_take(env->arena, len + 1);

	if (!both)
		return KF_NO_MEMORY;
	if (text->len)
		memcpy(both, text->data, text->len);
	if (more.len)
		memcpy(both + text->len, more.data, more.len);
	*text = kf_view(both, len);
	return KF_OK;
}
