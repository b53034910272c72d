/* Letters in UTF-8: as short as they can be, and none that stands for half of
 * another one.
 */
#include "utf8.h"

/* first is what the first byte of a letter says: its length, and the range of
 * the second byte. */
static const struct first {
	uint8_t from, to, len, low, high;
} firsts[] = {
	{ 0x00, 0x7f, 1, 0, 0 },	{ 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf },	{ 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f },	{ 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf },	{ 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};

static bool follows(const struct first *f, struct kf_bytes text, size_t at)
{
	if (f->len > text.len - at)
		return false;
	for (size_t i = 1; i < f->len; i++) {
		uint8_t c = text.data[at + i];

		if ((c & 0xc0) != 0x80 ||
		    (i == 1 && (c < f->low || c > f->high)))
			return false;
	}
	return true;
}

size_t kf_utf8_letter(struct kf_bytes text, size_t at)
{
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		const struct first *f = &firsts[i];

		if (text.data[at] >= f->from && text.data[at] <= f->to)
			return follows(f, text, at) ? f->len : 0;
	}
	return 0;
}

bool kf_is_utf8(struct kf_bytes text)
{
	size_t len;

	for (size_t i = 0; i < text.len; i += len) {
		len = kf_utf8_letter(text, i);
		if (len == 0)
			return false;
	}
	return true;
}

size_t kf_utf8_put(uint8_t *to, uint64_t letter)
{
	static const uint8_t marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len = letter < 0x80 ? 1 : letter < 0x800 ? 2
		: letter < 0x10000 ? 3 : 4;

	for (size_t i = len; i > 1; i--) {
		to[i - 1] = (uint8_t)(0x80 | (letter & 0x3f));
		letter >>= 6;
	}
	to[0] = (uint8_t)(marks[len] | letter);
	return len;
}
