/* The alphabet of base64, which PEM and others are written in, and texts that
 * are base64 from end to end.
 */
#include "base64.h"

unsigned kf_base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)c - 'A';
	if (c >= 'a' && c <= 'z')
		return (unsigned)c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* padding counts what stands for no byte at the end. */
static size_t padding(struct kf_bytes text)
{
	size_t pad = 0;

	while (pad < 2 && pad < text.len &&
	       text.data[text.len - 1 - pad] == '=')
		pad++;
	return pad;
}

/* group takes four characters, of which the last `pad` are padding. The bits
 * that no byte needs have to be 0: else one value would have several texts. */
static bool group(uint32_t *out, const uint8_t *four, size_t pad)
{
	*out = 0;
	for (size_t k = 0; k < 4; k++) {
		unsigned value = k < 4 - pad ? kf_base64_digit(four[k]) : 0;

		if (value == 64)
			return false;
		*out = *out << 6 | value;
	}
	return (*out & ((UINT32_C(1) << 8 * pad) - 1)) == 0;
}

bool kf_base64_strict(uint8_t *room, size_t size, size_t *len,
		      struct kf_bytes text)
{
	size_t pad = padding(text);

	*len = 0;
	if (text.len % 4 != 0 || text.len / 4 * 3 - pad > size)
		return false;
	for (size_t i = 0; i < text.len; i += 4) {
		size_t none = i + 4 == text.len ? pad : 0;
		uint32_t three;

		if (!group(&three, text.data + i, none))
			return false;
		for (size_t k = 0; k < 3 - none; k++)
			room[(*len)++] = (uint8_t)(three >> (16 - 8 * k));
	}
	return true;
}

void kf_base64_four(char out[4], struct kf_bytes three)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t value = 0;

	for (size_t k = 0; k < 3; k++)
		value = value << 8 | (k < three.len ? three.data[k] : 0);
	for (size_t k = 0; k < 4; k++)
		out[k] = k > three.len ? '='
			: digits[value >> (18 - 6 * k) & 63];
}
