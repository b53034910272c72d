/* Signs with OpenSSL.
 */
#include "signer.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <stdlib.h>
#include <string.h>

struct signer {
	EVP_PKEY *key;
	unsigned char spki[64];
};

static enum kf_status sign(void *self, struct kf_signature *out,
			   const struct kf_scheme *scheme,
			   struct kf_bytes content, struct kf_fault *why)
{
	struct signer *s = self;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	out->len = sizeof(out->bytes);
	good = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, s->key) == 1 &&
	       EVP_DigestSign(ctx, out->bytes, &out->len, content.data,
			      content.len) == 1;
	EVP_MD_CTX_free(ctx);
	return good ? KF_OK : KF_CANNOT_READ;
}

static bool can(void *self, const struct kf_scheme *scheme)
{
	return scheme->kind == KF_SCHEME_ED25519;
}

static void close_signer(void *self)
{
	struct signer *s = self;

	EVP_PKEY_free(s->key);
	free(s);
}

static const struct kf_signing_calls calls = { sign, can, close_signer };

bool signer_open(struct kf_signing_key *out, const char *phrase)
{
	struct signer *s = calloc(1, sizeof(*s));
	unsigned char seed[32], *p;
	int len;

	memset(out, 0, sizeof(*out));
	if (!s)
		return false;
	p = s->spki;
	EVP_Digest(phrase, strlen(phrase), seed, NULL, EVP_sha256(), NULL);
	s->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
					      sizeof(seed));
	len = s->key ? i2d_PUBKEY(s->key, &p) : 0;
	out->calls = &calls;
	out->self = s;
	out->place = KF_PLACE_FILE;
	out->name = "signer of the tests";
	out->key.kind = KF_KEY_ED25519;
	out->key.name = "Ed25519";
	out->key.spki = kf_view(s->spki, len > 0 ? (size_t)len : 0);
	return len > 0;
}
