/* Texts and values of XML: what their escapes stand for, and how libxmlb mends
 * their lines.
 *
 * Source: GNOME/glib, glib/gmarkup.c (unescape_gstring_inplace), tag 2.74.6;
 * hughsie/libxmlb, src/xb-builder-node.c (xb_builder_node_parse_literal_text),
 * tag 0.3.22.
 */
#include "markup_text.h"

#include "utf8.h"

#include <string.h>

/* text is one under way. */
struct text {
	struct kf_markup_text *out;
	struct kf_env *env;
};

static bool goes_on(const struct text *r)
{
	return r->out->status == KF_OK && !r->out->wrong && !r->out->beyond;
}

static void wrong(struct text *r, const char *what)
{
	if (goes_on(r))
		r->out->wrong = what;
}

static void beyond(struct text *r, const char *what)
{
	if (goes_on(r))
		r->out->beyond = what;
}

static bool is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_alpha(uint8_t c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static void *take(struct text *r, size_t len)
{
	void *p = kf_arena_take(r->env->arena, len);

	if (!p)
		r->out->status = KF_NO_MEMORY;
	return p;
}

static unsigned digit_of(uint8_t c)
{
	return c >= '0' && c <= '9' ? (unsigned)c - '0'
	       : is_alpha(c) ? (unsigned)(c | 32) - 'a' + 10 : 99;
}

static bool starts(struct kf_bytes all, const char *with)
{
	struct kf_bytes w = kf_text(with);

	return kf_equal(kf_part_of(all, 0, w.len), w);
}

/* is_odd tells what strtoul takes in front of digits. */
static bool is_odd(struct kf_bytes from, size_t i, unsigned base)
{
	uint8_t c = i < from.len ? from.data[i] : 0;

	return is_space(c) || c == '+' || c == '-' || c == '\v' ||
	       c == '\f' || (base == 16 && i + 1 < from.len &&
			     (from.data[i + 1] | 32) == 'x');
}

/* is_permitted tells which letters a number may stand for. */
static bool is_permitted(uint64_t letter)
{
	return letter > 0 && letter <= 0x10ffff &&
	       !(letter >= 0xd800 && letter <= 0xdfff) &&
	       letter != 0xfffe && letter != 0xffff;
}

/* reference reads the number of a letter: `from` is its text behind "&#", up
 * to the end. Returns how much it takes; 0: it is none. */
static size_t reference(uint64_t *out, struct text *r,
			struct kf_bytes from)
{
	size_t i = starts(from, "x"), first = i;
	unsigned base = i ? 16 : 10;

	*out = 0;
	if (is_odd(from, i, base)) {
		beyond(r, "a letter of XML by an odd number");
		return 0;
	}
	for (; i < from.len && digit_of(from.data[i]) < base; i++)
		if (*out <= 0x10ffff)
			*out = *out * base + digit_of(from.data[i]);
	if (i == first || i == from.len || from.data[i] != ';')
		return 0;
	return is_permitted(*out) ? i + 1 : 0;
}

/* entity writes what "&...;" stands for, and returns how much of the text it
 * takes; 0: nothing. */
static size_t entity(uint8_t *to, size_t *made, struct text *r,
		     struct kf_bytes from)
{
	static const struct {
		const char *name;
		uint8_t is;
	} known[] = { { "lt;", '<' }, { "gt;", '>' }, { "amp;", '&' },
		      { "quot;", '"' }, { "apos;", '\'' } };
	uint64_t letter;
	size_t len;

	if (from.len > 1 && from.data[1] == '#') {
		len = reference(&letter, r, kf_part_of(from, 2,
						       from.len - 2));
		if (len)
			*made = kf_utf8_put(to, letter);
		return len ? len + 2 : 0;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct kf_bytes name = kf_text(known[i].name);

		if (kf_equal(kf_part_of(from, 1, name.len), name)) {
			*to = known[i].is;
			*made = 1;
			return name.len + 1;
		}
	}
	return 0;
}

/* plain writes one letter that stands for itself, or for the end of a line. */
static size_t plain(uint8_t *to, struct kf_bytes from, size_t i, bool value)
{
	uint8_t c = from.data[i];

	*to = value && (c == '\t' || c == '\n') ? ' ' : c;
	if (c != '\r')
		return 1;
	*to = value ? ' ' : '\n';
	return i + 1 < from.len && from.data[i + 1] == '\n' ? 2 : 1;
}

/* one takes one letter of a text, and returns how much that is. */
static size_t one(uint8_t *to, size_t *made, struct text *r,
		  struct kf_bytes from, size_t i, bool value)
{
	size_t used = 1;

	*made = 1;
	if (from.data[i] == 0)
		beyond(r, "a NUL in XML");
	else if (from.data[i] != '&')
		return plain(to, from, i, value);
	else
		used = entity(to, made, r,
			      kf_part_of(from, i, from.len - i));
	if (used == 0)
		wrong(r, "entity");
	return used;
}

/* unescape gives what it stands for. */
static void unescape(struct text *r, struct kf_bytes from, bool value)
{
	struct kf_bytes *out = &r->out->bytes;
	uint8_t *to = take(r, from.len + 1);
	size_t made;

	out->data = to;
	out->len = 0;
	for (size_t i = 0; to && i < from.len && goes_on(r);) {
		i += one(to + out->len, &made, r, from, i, value);
		out->len += made;
	}
	if (to && goes_on(r) && !kf_is_utf8(*out))
		wrong(r, "UTF-8");
}

void kf_markup_value(struct kf_markup_text *out, struct kf_bytes from,
		     struct kf_env *env)
{
	struct text r = { out, env };

	memset(out, 0, sizeof(*out));
	unescape(&r, from, true);
}

static bool is_blank(struct kf_bytes t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!is_space(t.data[i]) && t.data[i] != '\v' &&
		    t.data[i] != '\f')
			return false;
	return true;
}

/* append adds to a text that has room. */
static size_t append(uint8_t *to, size_t len, struct kf_bytes more)
{
	if (more.len)
		memcpy(to + len, more.data, more.len);
	return len + more.len;
}

/* mend makes paragraphs out of lines. */
static struct kf_bytes mend(struct text *r, struct kf_bytes t)
{
	uint8_t *to = take(r, t.len * 2 + 2);
	size_t len = 0, newlines = 0, from = 0;

	for (size_t i = 0; to && i <= t.len; i++) {
		if (i < t.len && t.data[i] != '\n')
			continue;
		if (i == from) {
			newlines++;
		} else {
			if (newlines == 1 && len)
				len = append(to, len, kf_text(" "));
			if (newlines > 1)
				len = append(to, len, kf_text("\n\n"));
			len = append(to, len, kf_part_of(t, from, i - from));
			newlines = 1;
		}
		from = i + 1;
	}
	return kf_view(to, to ? len : 0);
}

static bool has_line(struct kf_bytes t)
{
	return t.len && memchr(t.data, '\n', t.len);
}

void kf_markup_content(struct kf_markup_text *out, struct kf_bytes from,
		       struct kf_env *env)
{
	struct kf_bytes none = { NULL, 0 };
	struct text r = { NULL, env };

	memset(out, 0, sizeof(*out));
	r.out = out;
	unescape(&r, from, false);
	if (!goes_on(&r))
		return;
	if (is_blank(out->bytes))
		out->bytes = none;
	else if (has_line(out->bytes))
		out->bytes = mend(&r, out->bytes);
}
