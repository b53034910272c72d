/* What older versions of OpenSSL parse and this machine's may not.
 *
 * 1.1.1 keeps names with code points that Unicode does not have, and with the
 * type ENUMERATED; 3.0 and later refuse the whole signature for one such name
 * in any of its certificates. Where a firmware carries 1.1.1, such values are
 * given another string type, of the same length, in a copy: the name then
 * parses. The certificate's own signature no longer verifies, so a chain
 * through it counts as none; the rest is judged as the firmware judges it.
 *
 * Source: openssl/openssl, crypto/asn1/a_mbstr.c:out_utf8, cpy_utf8, at 1.1.1n
 * and 3.0.22; crypto/asn1/tasn_dec.c:tag2bit.
 */
#include "crypto_openssl.h"

enum {
	TAG_OID = 0x06,
	TAG_ENUMERATED = 0x0a,
	TAG_UTF8 = 0x0c,
	TAG_IA5 = 0x16,
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

/* utf8_ok looks for code points that are well-formed, but not Unicode's. */
static bool utf8_ok(struct kf_bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		if (b.data[i] == 0xed && i + 1 < b.len && b.data[i + 1] >= 0xa0)
			return false;
		if (b.data[i] > 0xf4 ||
		    (b.data[i] == 0xf4 && i + 1 < b.len &&
		     b.data[i + 1] >= 0x90))
			return false;
	}
	return true;
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
			der[i] = TAG_IA5;
			changed = true;
		}
		after_oid = tag == TAG_OID;
		i = tag & 0x20 ? at : at + n;
	}
	return changed;
}
