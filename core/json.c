/* JSON as a tree of settings.
 *
 * json-c, which SWUpdate reads it with, takes much that RFC 8259 does not:
 * comments, other quotes, commas at the end. That is beyond this reader. A text
 * that ends too early is wrong for both.
 *
 * Source: RFC 8259; json-c/json-c, json_tokener.c (json_tokener_parse_ex),
 * tag json-c-0.16-20220414.
 */
#include "config.h"

#include <string.h>

enum { DEPTH_MAX = 31, DIGITS_MAX = 18 };	/* json-c's own depth is 32 */

struct json {
	struct kf_bytes text;
	size_t pos;
	struct kf_config *in;	/* what is open; NULL: the top is not there */
	unsigned depth;
	bool group;		/* the top is an object */
	bool done;		/* the top has ended */
	struct kf_config_text *out;
	struct kf_env *env;
	enum kf_status status;
};

static bool goes_on(const struct json *j)
{
	return j->status == KF_OK && j->out->result == KF_CONFIG_READ;
}

static int peek(const struct json *j, size_t ahead)
{
	return j->pos < j->text.len && ahead < j->text.len - j->pos
	       ? j->text.data[j->pos + ahead] : -1;
}

/* odd: something that RFC 8259 has not; at the end of the text, json-c has not
 * either. What is no object tells nobody anything. */
static void odd(struct json *j)
{
	if (!goes_on(j))
		return;
	if (peek(j, 0) < 0 || !j->group) {
		j->out->result = KF_CONFIG_WRONG;
		j->out->damage.field = "end";
		j->out->damage.at = j->pos;
		return;
	}
	j->out->result = KF_CONFIG_BEYOND;
	j->out->beyond = "JSON that is not as RFC 8259 has it";
}

static void skip(struct json *j)
{
	while (peek(j, 0) == ' ' || peek(j, 0) == '\t' || peek(j, 0) == '\n' ||
	       peek(j, 0) == '\r')
		j->pos++;
}

static int hex(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* four is the number that \u1234 names; -1: none of a letter by itself. */
static int32_t four(const struct json *j)
{
	int32_t value = 0;

	for (size_t i = 2; i < 6; i++) {
		if (hex(peek(j, i)) < 0)
			return -1;
		value = value << 4 | hex(peek(j, i));
	}
	return value > 0 && (value < 0xd800 || value > 0xdfff) ? value : -1;
}

/* put_letter writes one as UTF-8, and returns its length. */
static size_t put_letter(uint8_t *out, int32_t letter)
{
	if (letter < 0x80) {
		out[0] = (uint8_t)letter;
		return 1;
	}
	if (letter < 0x800) {
		out[0] = (uint8_t)(0xc0 | letter >> 6);
		out[1] = (uint8_t)(0x80 | (letter & 0x3f));
		return 2;
	}
	out[0] = (uint8_t)(0xe0 | letter >> 12);
	out[1] = (uint8_t)(0x80 | (letter >> 6 & 0x3f));
	out[2] = (uint8_t)(0x80 | (letter & 0x3f));
	return 3;
}

/* escape takes one behind a backslash, and returns what it wrote. */
static size_t escape(uint8_t *out, struct json *j)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = peek(j, 1);

	for (size_t i = 0; from[i]; i++)
		if (c == from[i]) {
			*out = (uint8_t)to[i];
			j->pos += 2;
			return 1;
		}
	if (c != 'u' || four(j) < 0) {
		odd(j);
		return 0;
	}
	c = four(j);
	j->pos += 6;
	return put_letter(out, c);
}

static struct kf_bytes text(struct json *j)
{
	uint8_t *out;
	size_t end = j->pos + 1, len = 0;

	while (end < j->text.len && j->text.data[end] != '"')
		end += j->text.data[end] == '\\' ? 2 : 1;
	if (end >= j->text.len) {
		j->pos = j->text.len;
		odd(j);
		return kf_view(NULL, 0);
	}
	out = kf_arena_take(j->env->arena, end - j->pos);
	if (!out) {
		j->status = KF_NO_MEMORY;
		return kf_view(NULL, 0);
	}
	j->pos++;
	while (goes_on(j) && peek(j, 0) != '"') {
		if (peek(j, 0) == '\\')
			len += escape(out + len, j);
		else if (peek(j, 0) < 0x20)
			odd(j);
		else
			out[len++] = j->text.data[j->pos++];
	}
	j->pos++;
	return kf_view(out, len);
}

/* word takes a word whole; false: it is not there. */
static bool word(struct json *j, const char *with)
{
	struct kf_bytes w = kf_text(with);

	if (!kf_equal(kf_part_of(j->text, j->pos, w.len), w))
		return false;
	j->pos += w.len;
	return true;
}

static size_t digits(const struct json *j, size_t ahead)
{
	size_t n = 0;

	while (peek(j, ahead + n) >= '0' && peek(j, ahead + n) <= '9')
		n++;
	return n;
}

/* is_whole tells whether an integer of `n` digits stands here, and no more of a
 * number behind it. */
static bool is_whole(const struct json *j, size_t sign, size_t n)
{
	int after = peek(j, sign + n);

	return n > 0 && n <= DIGITS_MAX && after != '.' &&
	       (after | 32) != 'e' && (n == 1 || peek(j, sign) != '0');
}

/* number takes an integer; a fraction is none that anybody asks for. */
static void number(struct json *j, struct kf_config *c)
{
	size_t sign = peek(j, 0) == '-', n = digits(j, sign);

	if (!is_whole(j, sign, n)) {
		odd(j);
		return;
	}
	for (size_t i = 0; i < n; i++)
		c->number = c->number * 10 + (peek(j, sign + i) - '0');
	if (sign)
		c->number = -c->number;
	c->type = c->number > INT32_MAX || c->number < INT32_MIN
		? KF_CONFIG_INT64 : KF_CONFIG_INT;
	j->pos += sign + n;
}

/* down opens a group or a list. */
static void down(struct json *j, struct kf_config *c, enum kf_config_type type)
{
	c->type = type;
	j->in = c;
	j->pos++;
	if (++j->depth <= DEPTH_MAX)
		return;
	j->out->result = KF_CONFIG_WRONG;
	j->out->damage.field = "depth";
	j->out->damage.at = j->pos;
}

static void value(struct json *j, struct kf_bytes name)
{
	struct kf_config *c = kf_config_new(j->in, j->env);

	if (!c) {
		j->status = KF_NO_MEMORY;
		return;
	}
	c->name = name;
	c->at = j->pos;
	if (!j->out->root)
		j->out->root = c;
	if (peek(j, 0) == '{') {
		down(j, c, KF_CONFIG_GROUP);
		return;
	}
	if (peek(j, 0) == '[') {
		down(j, c, KF_CONFIG_LIST);
		return;
	}
	if (peek(j, 0) == '"') {
		c->type = KF_CONFIG_TEXT;
		c->text = text(j);
	} else if (word(j, "true")) {
		c->type = KF_CONFIG_BOOL;
		c->number = 1;
	} else if (word(j, "false")) {
		c->type = KF_CONFIG_BOOL;
	} else if (!word(j, "null")) {
		number(j, c);
	}
	j->done = !j->in;
}

/* up closes what is open, when its end stands here. */
static bool up(struct json *j)
{
	int end = j->in->type == KF_CONFIG_GROUP ? '}' : ']';

	if (peek(j, 0) != end)
		return false;
	j->pos++;
	j->depth--;
	j->in = j->in->parent;
	j->done = !j->in;
	return true;
}

/* member takes a name and its colon. */
static struct kf_bytes member(struct json *j)
{
	struct kf_bytes name = { NULL, 0 };

	if (peek(j, 0) != '"') {
		odd(j);
		return name;
	}
	name = text(j);
	skip(j);
	if (peek(j, 0) != ':')
		odd(j);
	j->pos++;
	skip(j);
	return name;
}

/* step takes one thing of what is open. */
static void step(struct json *j)
{
	struct kf_bytes name = { NULL, 0 };

	if (j->in && up(j))
		return;
	if (j->in && j->in->first) {
		if (peek(j, 0) != ',')
			odd(j);
		j->pos++;
		skip(j);
	}
	if (goes_on(j) && j->in && j->in->type == KF_CONFIG_GROUP)
		name = member(j);
	if (goes_on(j))
		value(j, name);
}

/* begin looks at what is at the top. A comment in front is json-c's alone. */
static void begin(struct json *j)
{
	skip(j);
	j->group = peek(j, 0) == '{';
	if (peek(j, 0) != '/')
		return;
	j->out->result = KF_CONFIG_BEYOND;
	j->out->beyond = "a comment in front of JSON";
}

enum kf_status kf_json_tree(struct kf_config_text *out, struct kf_bytes text,
			    struct kf_env *env)
{
	struct json j = { .text = text, .out = out, .env = env };

	const uint8_t *nul = text.len ? memchr(text.data, 0, text.len) : NULL;

	/* json-c is handed a text of C, which ends there. */
	if (nul)
		j.text.len = (size_t)(nul - text.data);
	out->result = KF_CONFIG_READ;
	out->root = NULL;
	begin(&j);
	while (goes_on(&j) && !j.done) {
		size_t before = j.pos;

		skip(&j);
		if (peek(&j, 0) < 0) {
			odd(&j);
			break;
		}
		step(&j);
		if (!kf_spend(env, 16 + (j.pos - before)))
			return KF_TOO_MUCH;
	}
	out->end = j.pos;
	return j.status;
}
