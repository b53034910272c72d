/* Keys without a certificate around them: what their public half is, and what
 * it verifies.
 */
#include "key.h"

#include "crypto_openssl.h"

#include "core/der.h"

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <limits.h>
#include <string.h>

enum {
	DER_HEAD_MAX = 5,
	RSA_DER_MAX = 4096,	/* two numbers of 16384 bits fit */
};

/* der_head writes a tag and a length below 64 KiB. Returns their length. */
static size_t der_head(uint8_t *out, uint8_t tag, size_t len)
{
	size_t at = 0;

	out[at++] = tag;
	if (len > 0xff)
		out[at++] = 0x82;
	else if (len > 0x7f)
		out[at++] = 0x81;
	if (len > 0xff)
		out[at++] = (uint8_t)(len >> 8);
	out[at++] = (uint8_t)len;
	return at;
}

/* no_passphrase: none is asked for, and none is known. */
static int no_passphrase(char *out, size_t size, size_t *len,
			 const OSSL_PARAM params[], void *self)
{
	(void)out;
	(void)size;
	(void)params;
	(void)self;
	*len = 0;
	return 0;
}

/* decode_as reads a key of one type and structure, NULL: whichever, and with
 * one of OpenSSL's selections, 0: whatever there is of it. */
static EVP_PKEY *decode_as(const struct kf_openssl *openssl,
			   struct kf_bytes key, const char *type,
			   const char *structure, int selection)
{
	EVP_PKEY *pkey = NULL;
	const unsigned char *data = key.data;
	size_t len = key.len;
	OSSL_DECODER_CTX *decoder;

	decoder = OSSL_DECODER_CTX_new_for_pkey(&pkey, NULL, structure, type,
						selection, openssl->context,
						NULL);
	if (!decoder)
		return NULL;
	OSSL_DECODER_CTX_set_passphrase_cb(decoder, no_passphrase, NULL);
	if (!OSSL_DECODER_from_data(decoder, &data, &len)) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	OSSL_DECODER_CTX_free(decoder);
	return pkey;
}

/* decode reads a key. Two numbers by themselves are an RSA key, though they
 * could be a prime and a generator of Diffie and Hellman. */
static EVP_PKEY *decode(const struct kf_openssl *openssl, struct kf_bytes key)
{
	EVP_PKEY *pkey = decode_as(openssl, key, "RSA", "type-specific", 0);

	return pkey ? pkey : decode_as(openssl, key, NULL, NULL, 0);
}

EVP_PKEY *kf_openssl_key_private(const struct kf_openssl *openssl,
				 struct kf_bytes key)
{
	return decode_as(openssl, key, NULL, NULL, EVP_PKEY_KEYPAIR);
}

/* is_usual has a key of an elliptic curve encoded as nearly all are: a point
 * that is not compressed, and the curve by its name. Otherwise one key had
 * several digests, and who holds it could be taken for several people.
 * Fails: false, the curve has no name. */
static bool is_usual(EVP_PKEY *pkey)
{
	char curve[64];

	if (!EVP_PKEY_is_a(pkey, "EC"))
		return true;
	return EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), NULL) > 0 &&
	       EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING,
			OSSL_PKEY_EC_ENCODING_GROUP) > 0 &&
	       EVP_PKEY_set_utf8_string_param(pkey,
			OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
			OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) > 0;
}

enum kf_status kf_openssl_key_digest(struct kf_digest *out,
				     const struct kf_crypto *crypto,
				     struct kf_bytes key)
{
	const struct kf_openssl *openssl = crypto->self;
	unsigned char *spki = NULL;
	OSSL_LIB_CTX *before;
	EVP_PKEY *pkey;
	int len = 0;

	memset(out, 0, sizeof(*out));
	before = OSSL_LIB_CTX_set0_default(openssl->context);
	ERR_set_mark();
	pkey = decode(openssl, key);
	if (pkey && is_usual(pkey))
		len = i2d_PUBKEY(pkey, &spki);
	EVP_PKEY_free(pkey);
	if (len > 0)
		kf_digest_of(out, crypto, KF_SHA256,
			     kf_view(spki, (size_t)len));
	OPENSSL_free(spki);
	OSSL_LIB_CTX_set0_default(before);
	return kf_openssl_fault();
}

bool kf_openssl_key_is_private(const struct kf_crypto *crypto,
			       struct kf_bytes key, const char *algorithm)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(crypto->self);
	EVP_PKEY *pkey;
	bool yes;

	ERR_set_mark();
	pkey = kf_openssl_key_private(crypto->self, key);
	yes = pkey && EVP_PKEY_is_a(pkey, algorithm);
	EVP_PKEY_free(pkey);
	(void)kf_openssl_fault();
	kf_openssl_leave(before);
	return yes;
}

/* keep_der keeps what OpenSSL encoded, and releases it. */
static bool keep_der(struct kf_bytes *out, unsigned char *der, int len,
		     struct kf_arena *arena)
{
	bool kept = len > 0 &&
		    kf_arena_keep(arena, out, kf_view(der, (size_t)len));

	OPENSSL_free(der);
	return kept;
}

/* rsa_numbers takes an RSA key apart: an INTEGER each, in DER. Returns their
 * length together; 0: it has none, or they are out of bounds. */
static size_t rsa_numbers(uint8_t *out, size_t room, EVP_PKEY *pkey)
{
	static const char *const names[] = { OSSL_PKEY_PARAM_RSA_N,
					     OSSL_PKEY_PARAM_RSA_E };
	size_t used = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		BIGNUM *number = NULL;
		size_t len;

		if (!EVP_PKEY_get_bn_param(pkey, names[i], &number))
			return 0;
		len = (size_t)BN_num_bits(number) / 8 + 1;
		if (len + DER_HEAD_MAX > room - used) {
			BN_free(number);
			return 0;
		}
		used += der_head(out + used, 0x02, len);
		BN_bn2binpad(number, out + used, (int)len);
		used += len;
		BN_free(number);
	}
	return used;
}

/* write_rsa writes an RSA key's two forms: an RSAPublicKey, and a
 * SubjectPublicKeyInfo around it. OpenSSL's encoders give the same bytes, and
 * take a third of a short answer's time to be gathered.
 * Source: RFC 8017, A.1.1; RFC 3279, 2.3.1.
 * Fails: false, no memory, or numbers that are too large for it. */
static bool write_rsa(struct kf_key *out, EVP_PKEY *pkey,
		      struct kf_arena *arena)
{
	static const uint8_t algorithm[] = {
		0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
		0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
	};
	uint8_t room[RSA_DER_MAX], head[2 * DER_HEAD_MAX];
	size_t len = rsa_numbers(room, sizeof(room), pkey);
	size_t own = der_head(head, 0x30, len) + len;
	size_t bits = der_head(head, 0x03, own + 1) + own + 1;
	size_t at = der_head(head, 0x30, sizeof(algorithm) + bits);
	uint8_t *p = kf_arena_take(arena, at + sizeof(algorithm) + bits);

	if (!len || !p)
		return false;
	out->spki = kf_view(p, at + sizeof(algorithm) + bits);
	memcpy(p, head, at);
	memcpy(p + at, algorithm, sizeof(algorithm));
	at += sizeof(algorithm);
	at += der_head(p + at, 0x03, own + 1);
	p[at++] = 0;
	out->own = kf_view(p + at, own);
	at += der_head(p + at, 0x30, len);
	memcpy(p + at, room, len);
	return true;
}

/* tell fills `out` from a key, which it releases; NULL is none. */
static enum kf_status tell(struct kf_openssl *openssl, struct kf_key *out,
			   EVP_PKEY *pkey, struct kf_arena *arena)
{
	unsigned char *der = NULL;
	int len;
	bool kept;

	memset(out, 0, sizeof(*out));
	if (!pkey)
		return kf_openssl_fault() == KF_NO_MEMORY ? KF_NO_MEMORY
							  : KF_WRONG_USE;
	if (EVP_PKEY_is_a(pkey, "RSA"))
		out->kind = KF_KEY_RSA;
	else if (EVP_PKEY_is_a(pkey, "EC") && is_usual(pkey))
		out->kind = KF_KEY_EC;
	else if (EVP_PKEY_is_a(pkey, "ED25519"))
		out->kind = KF_KEY_ED25519;
	out->name = kf_openssl_key_name(pkey, arena);
	out->bits = (unsigned)EVP_PKEY_get_bits(pkey);
	kept = out->kind == KF_KEY_RSA && write_rsa(out, pkey, arena);
	if (!kept) {
		len = i2d_PUBKEY(pkey, &der);
		kept = keep_der(&out->spki, der, len, arena);
	}
	if (kept && out->kind == KF_KEY_RSA && !out->own.len) {
		der = NULL;
		len = i2d_PublicKey(pkey, &der);
		kept = keep_der(&out->own, der, len, arena);
	}
	EVP_PKEY_free(pkey);
	kf_digest_of(&out->sha256, &openssl->table, KF_SHA256, out->spki);
	(void)kf_openssl_fault();
	return kept && out->name ? KF_OK : KF_NO_MEMORY;
}

enum kf_status kf_openssl_key_read(void *self, struct kf_key *out,
				   struct kf_bytes key,
				   struct kf_arena *arena)
{
	ERR_set_mark();
	return tell(self, out, decode(self, key), arena);
}

/* build makes a key of a type out of its parameters, which it releases. */
static EVP_PKEY *build(const struct kf_openssl *openssl, const char *type,
		       OSSL_PARAM *params)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(openssl->context, type,
						     NULL);
	EVP_PKEY *pkey = NULL;

	if (c && params && EVP_PKEY_fromdata_init(c) > 0 &&
	    EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		pkey = NULL;
	EVP_PKEY_CTX_free(c);
	OSSL_PARAM_free(params);
	return pkey;
}

/* build_rsa makes a key out of its two numbers; NULL: they are none. */
static EVP_PKEY *build_rsa(const struct kf_openssl *openssl,
			   struct kf_bytes modulus, struct kf_bytes exponent)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	BIGNUM *n = NULL, *e = NULL;
	EVP_PKEY *pkey;

	if (modulus.len <= INT_MAX && exponent.len <= INT_MAX) {
		n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
		e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
	}
	if (bld && n && e && !BN_is_zero(n) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e))
		params = OSSL_PARAM_BLD_to_param(bld);
	pkey = build(openssl, "RSA", params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(n);
	BN_free(e);
	return pkey;
}

enum kf_status kf_openssl_key_rsa(void *self, struct kf_key *out,
				  struct kf_bytes modulus,
				  struct kf_bytes exponent,
				  struct kf_arena *arena)
{
	ERR_set_mark();
	return tell(self, out, build_rsa(self, modulus, exponent), arena);
}

enum kf_status kf_openssl_key_ec(void *self, struct kf_key *out,
				 const char *curve, struct kf_bytes x,
				 struct kf_bytes y, struct kf_arena *arena)
{
	enum { COORDINATE_MAX = 66 };
	uint8_t point[1 + 2 * COORDINATE_MAX] = { 4 };	/* uncompressed */
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey;

	ERR_set_mark();
	if (x.len && x.len <= COORDINATE_MAX && y.len == x.len) {
		memcpy(point + 1, x.data, x.len);
		memcpy(point + 1 + x.len, y.data, y.len);
		if (bld &&
		    OSSL_PARAM_BLD_push_utf8_string(bld,
				OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) &&
		    OSSL_PARAM_BLD_push_octet_string(bld,
				OSSL_PKEY_PARAM_PUB_KEY, point,
				1 + 2 * x.len))
			params = OSSL_PARAM_BLD_to_param(bld);
	}
	pkey = build(self, "EC", params);
	OSSL_PARAM_BLD_free(bld);
	return tell(self, out, pkey, arena);
}

bool kf_openssl_set_scheme(const struct kf_openssl *openssl, EVP_PKEY_CTX *c,
			   const struct kf_scheme *scheme, int any_salt)
{
	bool pss = scheme->kind == KF_SCHEME_RSA_PSS;

	if (scheme->kind == KF_SCHEME_ECDSA)
		return true;
	return EVP_PKEY_CTX_set_rsa_padding(c, pss ? RSA_PKCS1_PSS_PADDING
						   : RSA_PKCS1_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_signature_md(c,
			openssl->digest[scheme->digest]) > 0 &&
	       (!pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(c,
			scheme->salt_len == KF_SALT_ANY
			? any_salt : scheme->salt_len) > 0);
}

static bool of_digest(const struct kf_openssl *openssl, EVP_PKEY *pkey,
		      const struct kf_scheme *scheme, struct kf_bytes digest,
		      struct kf_bytes signature)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(openssl->context, pkey,
						     NULL);
	bool yes = c && EVP_PKEY_verify_init(c) > 0 &&
		   kf_openssl_set_scheme(openssl, c, scheme,
					 RSA_PSS_SALTLEN_AUTO) &&
		   EVP_PKEY_verify(c, signature.data, signature.len,
				   digest.data, digest.len) == 1;

	EVP_PKEY_CTX_free(c);
	return yes;
}

static bool of_message(const struct kf_openssl *openssl, EVP_PKEY *pkey,
		       struct kf_bytes message, struct kf_bytes signature)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool yes = c && EVP_DigestVerifyInit_ex(c, NULL, NULL,
						openssl->context, NULL, pkey,
						NULL) > 0 &&
		   EVP_DigestVerify(c, signature.data, signature.len,
				    message.data, message.len) == 1;

	EVP_MD_CTX_free(c);
	return yes;
}

/* open_key makes a key that was told ready to verify. An RSA key is put
 * together of its numbers: decoders would be gathered for any other way. */
static EVP_PKEY *open_key(const struct kf_openssl *openssl,
			  const struct kf_key *key)
{
	struct kf_cursor c = kf_cursor_over(key->own, 0);
	const unsigned char *p = key->spki.data;
	struct kf_der list, n, e;

	if (key->kind == KF_KEY_RSA && kf_der_next(&list, &c)) {
		c = kf_cursor_over(list.value, 0);
		if (kf_der_next(&n, &c) && kf_der_next(&e, &c))
			return build_rsa(openssl, n.value, e.value);
	}
	return d2i_PUBKEY_ex(NULL, &p, (long)key->spki.len, openssl->context,
			     NULL);
}

enum kf_status kf_openssl_key_verify(void *self, const struct kf_key *key,
				     const struct kf_scheme *scheme,
				     struct kf_bytes content,
				     struct kf_bytes signature,
				     enum kf_answer3 *out)
{
	static const enum kf_key_type wanted[] = {
		[KF_SCHEME_RSA_PKCS1] = KF_KEY_RSA,
		[KF_SCHEME_RSA_PSS] = KF_KEY_RSA,
		[KF_SCHEME_ECDSA] = KF_KEY_EC,
		[KF_SCHEME_ED25519] = KF_KEY_ED25519,
	};
	struct kf_openssl *openssl = self;
	EVP_PKEY *pkey;
	enum kf_status status;
	bool yes;

	*out = KF_NO;
	if (key->kind != wanted[scheme->kind])
		return KF_OK;
	*out = KF_NOT_ASKED;
	ERR_set_mark();
	pkey = open_key(openssl, key);
	if (!pkey)
		return kf_openssl_fault() == KF_NO_MEMORY ? KF_NO_MEMORY
							  : KF_WRONG_USE;
	if (openssl->supposed &&
	    kf_openssl_is_supposed(openssl, pkey, scheme, content, signature))
		yes = true;
	else if (scheme->kind == KF_SCHEME_ED25519)
		yes = of_message(openssl, pkey, content, signature);
	else
		yes = of_digest(openssl, pkey, scheme, content, signature);
	EVP_PKEY_free(pkey);
	status = kf_openssl_fault();
	if (status == KF_OK)
		*out = yes ? KF_YES : KF_NO;
	return status;
}
