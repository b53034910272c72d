/* The signature on a certificate: its algorithm, and whose it is.
 *
 * Source: RFC 5280, 4.1; RFC 4055 (RSA's algorithms); RFC 5758 (ECDSA with
 * SHA-2); RFC 3279, 2.2 (SHA-1, MD5); RFC 8410 (Ed25519).
 */
#include "bill.h"

#include "core/der.h"

#include <string.h>

/* An object identifier as it is encoded, without tag and length. */
static const struct {
	uint8_t oid[9];
	uint8_t len;
	enum kf_scheme_kind kind;
	enum kf_digest_kind digest;
} schemes[] = {
#define RSA(last) { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last }, 9
#define ECDSA(last) { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last }, 8
	{ RSA(0x04), KF_SCHEME_RSA_PKCS1, KF_MD5 },
	{ RSA(0x05), KF_SCHEME_RSA_PKCS1, KF_SHA1 },
	{ RSA(0x0b), KF_SCHEME_RSA_PKCS1, KF_SHA256 },
	{ RSA(0x0c), KF_SCHEME_RSA_PKCS1, KF_SHA384 },
	{ RSA(0x0d), KF_SCHEME_RSA_PKCS1, KF_SHA512 },
	{ RSA(0x0a), KF_SCHEME_RSA_PSS, KF_SHA1 },
	{ { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01 }, 7, KF_SCHEME_ECDSA,
	  KF_SHA1 },
	{ ECDSA(0x02), KF_SCHEME_ECDSA, KF_SHA256 },
	{ ECDSA(0x03), KF_SCHEME_ECDSA, KF_SHA384 },
	{ ECDSA(0x04), KF_SCHEME_ECDSA, KF_SHA512 },
	{ { 0x2b, 0x65, 0x70 }, 3, KF_SCHEME_ED25519, KF_SHA512 },
#undef RSA
#undef ECDSA
};

/* SHA-2 in its own arc: 2.16.840.1.101.3.4.2. */
static const uint8_t sha2[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
				0x02 };

enum { SEQUENCE = 0x30, HASH = 0xa0 };

/* parts are what a certificate is made of. */
struct parts {
	struct kf_der tbs, algorithm, signature;
};

static bool take_apart(struct parts *out, struct kf_bytes der)
{
	struct kf_cursor c = kf_cursor_over(der, 0);
	struct kf_der whole;

	if (!kf_der_next(&whole, &c))
		return false;
	c = kf_cursor_over(whole.value, 0);
	return kf_der_next(&out->tbs, &c) && kf_der_next(&out->algorithm, &c) &&
	       kf_der_next(&out->signature, &c) &&
	       out->signature.value.len > 1;
}

/* digest_of_pss reads the digest out of the parameters of PSS; SHA-1 where
 * they have none. */
static enum kf_digest_kind digest_of_pss(struct kf_bytes parameters)
{
	struct kf_cursor c = kf_cursor_over(parameters, 0);
	struct kf_der e;

	if (!kf_der_next(&e, &c) || e.tag != HASH)
		return KF_SHA1;
	c = kf_cursor_over(e.value, 0);
	if (!kf_der_next(&e, &c))
		return KF_SHA1;
	c = kf_cursor_over(e.value, 0);
	if (!kf_der_next(&e, &c) || e.value.len != sizeof(sha2) + 1 ||
	    memcmp(e.value.data, sha2, sizeof(sha2)) != 0)
		return KF_SHA1;
	switch (e.value.data[sizeof(sha2)]) {
	case 1:
		return KF_SHA256;
	case 2:
		return KF_SHA384;
	case 3:
		return KF_SHA512;
	default:
		return KF_SHA1;
	}
}

/* scheme_of finds the scheme of an AlgorithmIdentifier's value; false: it is
 * none that is known here. */
static bool scheme_of(struct kf_scheme *out, struct kf_bytes identifier)
{
	struct kf_cursor c = kf_cursor_over(identifier, 0);
	struct kf_der oid, rest;

	if (!kf_der_next(&oid, &c))
		return false;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!kf_equal(oid.value, kf_view(schemes[i].oid,
						 schemes[i].len)))
			continue;
		out->kind = schemes[i].kind;
		out->digest = schemes[i].digest;
		out->salt_len = KF_SALT_ANY;
		if (out->kind == KF_SCHEME_RSA_PSS && kf_der_next(&rest, &c) &&
		    rest.tag == SEQUENCE)
			out->digest = digest_of_pss(rest.value);
		return true;
	}
	return false;
}

/* size_of_rsa names a key by the length of a signature of it. */
static const char *size_of_rsa(size_t len, struct kf_arena *keep)
{
	char text[16] = "RSA-";
	size_t bits = len * 8, digits = 1, n;
	char *out;

	if (bits == 0 || bits > 65536)
		return NULL;
	for (n = bits; n >= 10; n /= 10)
		digits++;
	out = kf_arena_take(keep, 4 + digits + 1);
	if (!out)
		return NULL;
	memcpy(out, text, 4);
	for (n = bits; digits; n /= 10)
		out[3 + digits--] = (char)('0' + n % 10);
	return out;
}

void kf_bill_signed_with(struct kf_bill_algorithm *out,
			 const struct kf_certificate *x509,
			 struct kf_arena *keep)
{
	struct kf_scheme scheme;
	struct parts parts;

	*out = (struct kf_bill_algorithm){ .name = x509->algorithm };
	if (!take_apart(&parts, x509->der) ||
	    !scheme_of(&scheme, parts.algorithm.value))
		return;
	out->kind = scheme.kind;
	out->digest = scheme.digest;
	out->has_digest = scheme.kind != KF_SCHEME_ED25519;
	if (scheme.kind == KF_SCHEME_RSA_PKCS1 ||
	    scheme.kind == KF_SCHEME_RSA_PSS)
		out->key = size_of_rsa(parts.signature.value.len - 1, keep);
	if (scheme.kind == KF_SCHEME_ED25519)
		out->key = "Ed25519";
}

enum kf_status kf_bill_issued_by(enum kf_answer3 *out,
				 const struct kf_certificate *x509,
				 const struct kf_certificate *issuer,
				 struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	size_t used = env->arena->used;
	struct kf_bytes serial, spki, content;
	enum kf_status status;
	struct kf_scheme scheme;
	struct kf_digest digest;
	struct parts parts;
	struct kf_key key;

	*out = KF_NO;
	kf_known_parts(&serial, &spki, issuer->der);
	if (!spki.len || !take_apart(&parts, x509->der) ||
	    !scheme_of(&scheme, parts.algorithm.value))
		return KF_OK;
	content = parts.tbs.whole;
	if (scheme.kind != KF_SCHEME_ED25519) {
		kf_digest_of(&digest, crypto, scheme.digest, content);
		if (!digest.len)
			return KF_NO_CRYPTO;
		content = kf_view(digest.bytes, digest.len);
	}
	status = crypto->key_read(crypto->self, &key, spki, env->arena);
	if (status == KF_OK)
		status = crypto->key_verify(crypto->self, &key, &scheme,
			content, kf_part_of(parts.signature.value, 1,
					    parts.signature.value.len - 1),
			out);
	env->arena->used = used;
	return status == KF_WRONG_USE ? KF_OK : status;
}
