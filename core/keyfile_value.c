/* Values of a GKeyFile: texts, lists, truths and numbers.
 *
 * Source: see keyfile.h.
 */
#include "keyfile.h"

#include <string.h>

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* utf8_form tells how long a character is by its first byte. */
static size_t utf8_form(uint8_t first)
{
	static const struct { uint8_t from; uint8_t len; } forms[] = {
		{ 0xf5, 0 }, { 0xf0, 4 }, { 0xe0, 3 }, { 0xc2, 2 },
		{ 0x80, 0 }, { 0, 1 },
	};
	size_t i = 0;

	while (first < forms[i].from)
		i++;
	return forms[i].len;
}

/* is_scalar tells whether a number is a character, and one that needs as many
 * bytes. */
static bool is_scalar(uint32_t c, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return c >= least[len] && c <= 0x10ffff &&
	       (c < 0xd800 || c >= 0xe000);
}

/* utf8_len is the length of a character that g_utf8_validate takes; 0: it is
 * none. */
static size_t utf8_len(struct kf_bytes s)
{
	size_t len = utf8_form(s.data[0]);
	uint32_t c = s.data[0];

	if (len == 0 || len > s.len)
		return 0;
	if (len > 1)
		c &= 0x7fu >> len;
	for (size_t i = 1; i < len; i++) {
		if ((s.data[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s.data[i] & 0x3f);
	}
	return is_scalar(c, len) ? len : 0;
}

static bool is_utf8(struct kf_bytes s)
{
	size_t len;

	for (; s.len; s = kf_view(s.data + len, s.len - len)) {
		len = utf8_len(s);
		if (len == 0)
			return false;
	}
	return true;
}

/* escaped is what stands for a letter behind a backslash; 0: nothing does. */
static uint8_t escaped(uint8_t letter)
{
	static const char from[] = "sntr\\", to[] = " \n\t\r\\";
	const char *at = letter ? memchr(from, letter, sizeof(from) - 1)
				: NULL;

	return at ? (uint8_t)to[at - from] : 0;
}

/* unescape_one undoes one escape; `*at` stands on what follows the backslash,
 * and moves behind it. False: it is none, and both stay as they are; behind
 * the last byte there is nothing. */
static bool unescape_one(uint8_t *out, size_t *len, struct kf_bytes value,
			 size_t *at, uint8_t separator)
{
	uint8_t letter, c;

	if (*at == value.len)
		return false;
	letter = value.data[(*at)++];
	c = escaped(letter);
	if (!c && separator && letter == separator)
		c = separator;
	if (!c)
		out[(*len)++] = '\\';
	out[(*len)++] = c ? c : letter;
	return c;
}

/* unescape: g_key_file_parse_value_as_string, up to a separator where there
 * is one (0: none). `*at` moves behind it. */
static bool unescape(uint8_t *out, size_t *len, struct kf_bytes value,
		     size_t *at, uint8_t separator)
{
	bool good = true;

	*len = 0;
	while (*at < value.len) {
		uint8_t c = value.data[(*at)++];

		if (separator && c == separator)
			break;
		if (c == '\\')
			good = unescape_one(out, len, value, at, separator) &&
			       good;
		else
			out[(*len)++] = c;
	}
	return good;
}

/* g_key_file_get_string sets an error where an escape is none; up to 2.74 it
 * gives the text all the same, and RAUC looks at the text alone. */
enum kf_value kf_keyfile_text(struct kf_bytes *out, struct kf_bytes value,
			      bool strict, struct kf_arena *arena)
{
	uint8_t *text = kf_arena_take(arena, value.len + 1);
	size_t len, at = 0;

	*out = kf_view(NULL, 0);
	if (!text)
		return KF_VALUE_FULL;
	if (!is_utf8(value) ||
	    (!unescape(text, &len, value, &at, 0) && strict))
		return KF_VALUE_BAD;
	text[len] = 0;
	*out = kf_view(text, len);
	return KF_VALUE_GOOD;
}

/* trimmed is a value without blanks at its end. */
static struct kf_bytes trimmed(struct kf_bytes value)
{
	while (value.len && is_space(value.data[value.len - 1]))
		value.len--;
	return value;
}

enum kf_value kf_keyfile_truth(bool *out, struct kf_bytes value)
{
	struct kf_bytes word = trimmed(value);

	*out = kf_equal(word, kf_text("true")) || kf_equal(word, kf_text("1"));
	return *out || kf_equal(word, kf_text("false")) ||
	       kf_equal(word, kf_text("0")) ? KF_VALUE_GOOD : KF_VALUE_BAD;
}

/* digits reads a number in front of a text; `*len` is how far it went. One
 * that does not fit is the largest that does, as with strtoull. */
static void digits(uint64_t *out, struct kf_bytes text, size_t *len)
{
	uint64_t value = 0;
	bool fits = true;

	for (*len = 0; *len < text.len; (*len)++) {
		unsigned digit = text.data[*len] - (unsigned)'0';

		if (digit > 9)
			break;
		fits = fits && value <= (UINT64_MAX - digit) / 10;
		value = value * 10 + digit;
	}
	*out = fits ? value : UINT64_MAX;
}

/* signed_number reads a number with its sign; `*rest` is what follows it.
 * False: there is none. */
static bool signed_number(uint64_t *out, bool *negative,
			  struct kf_bytes value, struct kf_bytes *rest)
{
	struct kf_bytes text = value;
	size_t len;

	*negative = text.len && text.data[0] == '-';
	if (text.len && (text.data[0] == '-' || text.data[0] == '+'))
		text = kf_part_of(text, 1, text.len - 1);
	digits(out, text, &len);
	*rest = kf_part_of(text, len, text.len - len);
	return len > 0;
}

/* g_key_file_get_uint64: nothing may follow, not even blanks. */
enum kf_value kf_keyfile_number(uint64_t *out, struct kf_bytes value)
{
	struct kf_bytes rest;
	bool negative;

	if (!signed_number(out, &negative, value, &rest) || rest.len)
		return KF_VALUE_BAD;
	if (negative && *out != UINT64_MAX)
		*out = UINT64_C(0) - *out;
	return KF_VALUE_GOOD;
}

/* g_key_file_parse_value_as_integer: a blank may follow, and then whatever
 * there is. */
enum kf_value kf_keyfile_integer(int32_t *out, struct kf_bytes value)
{
	struct kf_bytes rest;
	uint64_t number;
	bool negative;

	if (!signed_number(&number, &negative, value, &rest) ||
	    (rest.len && !is_space(rest.data[0])) ||
	    number > (uint64_t)INT32_MAX + (negative ? 1 : 0))
		return KF_VALUE_BAD;
	*out = negative ? (int32_t)(INT64_C(0) - (int64_t)number)
			: (int32_t)number;
	return KF_VALUE_GOOD;
}

enum kf_value kf_keyfile_list(struct kf_bytes **out, size_t *num,
			      struct kf_bytes value, struct kf_arena *arena)
{
	uint8_t *text = kf_arena_take(arena, value.len + 1);
	struct kf_bytes *item;
	size_t most = 1, at = 0;

	for (size_t i = 0; i < value.len; i++)
		most += value.data[i] == ';';
	item = kf_arena_take(arena, most * sizeof(*item));
	*num = 0;
	if (!text || !item)
		return KF_VALUE_FULL;
	*out = item;
	if (!is_utf8(value))
		return KF_VALUE_BAD;
	while (at < value.len) {
		size_t len;

		if (!unescape(text, &len, value, &at, ';'))
			return KF_VALUE_BAD;
		item[(*num)++] = kf_view(text, len);
		text += len;
	}
	return KF_VALUE_GOOD;
}
