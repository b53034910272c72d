/* What older versions of OpenSSL parse and this machine's may not.
 *
 * 1.1.1 keeps names with code points that Unicode does not have, or of the
 * type ENUMERATED; 3.0 refuses a signature for one such name. Where a firmware
 * carries 1.1.1, such values become NumericStrings in a copy: the name then
 * parses, and equals none of another type. Its certificate's own signature no
 * longer verifies, so a chain through it counts as none.
 *
 * Source: openssl/openssl, crypto/asn1/a_mbstr.c:out_utf8, cpy_utf8, at 1.1.1n
 * and 3.0.22; crypto/asn1/tasn_dec.c:tag2bit.
 */
#include "crypto_openssl.h"

enum {
	TAG_OID = 0x06,
	TAG_ENUMERATED = 0x0a,
	TAG_UTF8 = 0x0c,
	TAG_NUMERIC = 0x12,
	TAG_UNIVERSAL = 0x1c,
	TAG_BMP = 0x1e,
};

static bool is_unicode(uint32_t value)
{
	return value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
}

static bool wide_ok(struct kf_bytes b, size_t width)
{
	for (size_t i = 0; i + width <= b.len; i += width) {
		uint32_t value = 0;

		for (size_t j = 0; j < width; j++)
			value = value << 8 | b.data[i + j];
		if (!is_unicode(value))
			return false;
	}
	return true;
}

/* utf8_len is the length of a sequence by its first byte, up to the six bytes
 * that 1.1.1 knows; 0: it starts none. */
static size_t utf8_len(uint8_t first)
{
	return first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 :
	       first < 0xf0 ? 3 : first < 0xf8 ? 4 : first < 0xfc ? 5 :
	       first < 0xfe ? 6 : 0;
}

/* utf8_ok is false for text that is well-formed, but holds what is no
 * Unicode. What is not well-formed no version parses: it stays as it is. */
static bool utf8_ok(struct kf_bytes b)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000,
					  0x200000, 0x4000000 };
	bool all = true;

	for (size_t i = 0; i < b.len;) {
		size_t len = utf8_len(b.data[i]);
		uint32_t value = len > 1 ? b.data[i] & (0x7fu >> len)
					 : b.data[i];

		if (len == 0 || len > b.len - i)
			return true;
		for (size_t j = 1; j < len; j++) {
			if ((b.data[i + j] & 0xc0) != 0x80)
				return true;
			value = value << 6 | (b.data[i + j] & 0x3f);
		}
		if (value < least[len])
			return true;
		all = all && is_unicode(value);
		i += len;
	}
	return all;
}

static bool value_ok(uint8_t tag, struct kf_bytes value)
{
	switch (tag) {
	case TAG_ENUMERATED:
		return false;
	case TAG_UTF8:
		return utf8_ok(value);
	case TAG_UNIVERSAL:
		return wide_ok(value, 4);
	case TAG_BMP:
		return wide_ok(value, 2);
	default:
		return true;
	}
}

bool kf_openssl_lenient_names(uint8_t *der, size_t len)
{
	struct kf_bytes all = kf_view(der, len);
	bool after_oid = false, changed = false;
	size_t i = 0;

	while (i + 2 <= len) {
		uint8_t tag = der[i];
		size_t at = i + 2, n = der[i + 1];
		unsigned more = n > 0x80 ? n & 0x7f : 0;

		if (more > 3)
			break;
		for (n = more || n == 0x80 ? 0 : n; more && at < len; more--)
			n = n << 8 | der[at++];
		if (n > len - at)
			break;
		if (after_oid && !value_ok(tag, kf_part_of(all, at, n))) {
			der[i] = TAG_NUMERIC;
			changed = true;
		}
		after_oid = tag == TAG_OID;
		i = tag & 0x20 ? at : at + n;
	}
	return changed;
}
