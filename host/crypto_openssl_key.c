/* What a key's public part is, by which the key is known.
 */
#include "key.h"

#include "crypto_openssl.h"

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

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

static EVP_PKEY *decode(const struct kf_openssl *openssl, struct kf_bytes key)
{
	EVP_PKEY *pkey = NULL;
	const unsigned char *data = key.data;
	size_t len = key.len;
	OSSL_DECODER_CTX *decoder;

	decoder = OSSL_DECODER_CTX_new_for_pkey(&pkey, NULL, NULL, NULL, 0,
						openssl->context, NULL);
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
	if (pkey)
		len = i2d_PUBKEY(pkey, &spki);
	EVP_PKEY_free(pkey);
	if (len > 0)
		kf_digest_of(out, crypto, KF_SHA256,
			     kf_view(spki, (size_t)len));
	OPENSSL_free(spki);
	OSSL_LIB_CTX_set0_default(before);
	return kf_openssl_fault();
}
