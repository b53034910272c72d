/* Writes hex digits, and compares with them.
 */
#include "hex.h"

static const char digits[] = "0123456789abcdef";

void kf_hex(void *out, struct kf_bytes bytes)
{
	char *to = out;

	for (size_t i = 0; i < bytes.len; i++) {
		*to++ = digits[bytes.data[i] >> 4];
		*to++ = digits[bytes.data[i] & 15];
	}
}

bool kf_hex_spells(struct kf_bytes text, struct kf_bytes bytes)
{
	if (text.len != 2 * bytes.len)
		return false;
	for (size_t i = 0; i < bytes.len; i++)
		if (text.data[2 * i] != digits[bytes.data[i] >> 4] ||
		    text.data[2 * i + 1] != digits[bytes.data[i] & 15])
			return false;
	return true;
}
