/* Private keys of files, and signatures made with them.
 *
 * None is written anywhere, and a passphrase is the caller's to wipe.
 */
#include "key.h"

#include "crypto_openssl.h"

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <stdlib.h>
#include <string.h>

struct kf_private {
	struct kf_openssl *openssl;
	EVP_PKEY *pkey;
};

/* asking is a passphrase for whoever asks. */
struct asking {
	struct kf_bytes passphrase;
	bool there;
	bool asked;
};

static int answer(char *out, size_t size, size_t *len,
		  const OSSL_PARAM params[], void *self)
{
	struct asking *asking = self;

	(void)params;
	asking->asked = true;
	*len = 0;
	if (!asking->there || asking->passphrase.len > size)
		return 0;
	memcpy(out, asking->passphrase.data, asking->passphrase.len);
	*len = asking->passphrase.len;
	return 1;
}

static EVP_PKEY *decode(const struct kf_openssl *openssl, struct kf_bytes key,
			struct asking *asking)
{
	EVP_PKEY *pkey = NULL;
	const unsigned char *data = key.data;
	size_t len = key.len;
	OSSL_DECODER_CTX *decoder;

	decoder = OSSL_DECODER_CTX_new_for_pkey(&pkey, NULL, NULL, NULL,
						EVP_PKEY_KEYPAIR,
						openssl->context, NULL);
	if (!decoder)
		return NULL;
	OSSL_DECODER_CTX_set_passphrase_cb(decoder, answer, asking);
	if (!OSSL_DECODER_from_data(decoder, &data, &len)) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	OSSL_DECODER_CTX_free(decoder);
	return pkey;
}

enum kf_status kf_openssl_private_open(struct kf_private **out, bool *asked,
				       const struct kf_crypto *crypto,
				       struct kf_bytes key,
				       struct kf_bytes passphrase,
				       bool has_passphrase)
{
	struct asking asking = { passphrase, has_passphrase, false };
	struct kf_private *private = calloc(1, sizeof(*private));
	enum kf_status status;
	OSSL_LIB_CTX *before;

	*out = NULL;
	*asked = false;
	if (!private)
		return KF_NO_MEMORY;
	private->openssl = crypto->self;
	before = kf_openssl_enter(private->openssl);
	ERR_set_mark();
	private->pkey = decode(private->openssl, key, &asking);
	status = kf_openssl_fault();
	kf_openssl_leave(before);
	*asked = asking.asked;
	if (status == KF_OK && !private->pkey)
		status = KF_WRONG_USE;
	if (status != KF_OK) {
		kf_openssl_private_close(private);
		return status;
	}
	*out = private;
	return KF_OK;
}

void kf_openssl_private_close(struct kf_private *key)
{
	if (key)
		EVP_PKEY_free(key->pkey);
	free(key);
}

enum kf_status kf_openssl_private_public(struct kf_key *out,
					 const struct kf_private *key,
					 struct kf_arena *arena)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(key->openssl);
	unsigned char *spki = NULL;
	int len;
	enum kf_status status;

	ERR_set_mark();
	len = i2d_PUBKEY(key->pkey, &spki);
	status = kf_openssl_fault();
	if (status == KF_OK)
		status = len > 0 ? key->openssl->table.key_read(
				key->openssl, out,
				kf_view(spki, (size_t)len), arena)
				 : KF_WRONG_USE;
	OPENSSL_free(spki);
	kf_openssl_leave(before);
	return status;
}

static bool sign_digest(const struct kf_private *key, uint8_t *out,
			size_t *len, const struct kf_scheme *scheme,
			struct kf_bytes digest)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(key->openssl->context,
						     key->pkey, NULL);
	bool yes = c && EVP_PKEY_sign_init(c) > 0 &&
		   kf_openssl_set_scheme(key->openssl, c, scheme,
					 RSA_PSS_SALTLEN_DIGEST) &&
		   EVP_PKEY_sign(c, out, len, digest.data, digest.len) > 0;

	EVP_PKEY_CTX_free(c);
	return yes;
}

static bool sign_message(const struct kf_private *key, uint8_t *out,
			 size_t *len, struct kf_bytes message)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool yes = c && EVP_DigestSignInit_ex(c, NULL, NULL,
					      key->openssl->context, NULL,
					      key->pkey, NULL) > 0 &&
		   EVP_DigestSign(c, out, len, message.data,
				  message.len) > 0;

	EVP_MD_CTX_free(c);
	return yes;
}

enum kf_status kf_openssl_private_sign(uint8_t *out, size_t *len,
				       const struct kf_private *key,
				       const struct kf_scheme *scheme,
				       struct kf_bytes content)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(key->openssl);
	enum kf_status status;
	bool yes;

	ERR_set_mark();
	yes = scheme->kind == KF_SCHEME_ED25519
		? sign_message(key, out, len, content)
		: sign_digest(key, out, len, scheme, content);
	status = kf_openssl_fault();
	kf_openssl_leave(before);
	if (status == KF_OK && !yes)
		status = KF_NO_CRYPTO;
	return status;
}
