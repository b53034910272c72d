/* What was encrypted for the owner of a private key, and AES over what came
 * out of it.
 */
#include "crypto_openssl.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <limits.h>
#include <string.h>

/* public_of makes the other one's key, of the same group as ours. */
static EVP_PKEY *public_of(const struct kf_openssl *openssl, EVP_PKEY *own,
			   enum kf_opening_kind kind, struct kf_bytes point)
{
	EVP_PKEY *pkey;

	if (kind == KF_OPEN_X25519)
		return EVP_PKEY_new_raw_public_key_ex(openssl->context,
						      "X25519", NULL,
						      point.data, point.len);
	pkey = EVP_PKEY_new();
	if (pkey && (EVP_PKEY_copy_parameters(pkey, own) <= 0 ||
		     EVP_PKEY_set1_encoded_public_key(pkey, point.data,
						      point.len) <= 0)) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey;
}

/* agree computes the secret that two keys share. */
static bool agree(const struct kf_openssl *openssl, struct kf_secret *out,
		  EVP_PKEY *own, enum kf_opening_kind kind,
		  struct kf_bytes point)
{
	EVP_PKEY *other = public_of(openssl, own, kind, point);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(openssl->context, own,
						     NULL);
	bool yes = other && c && EVP_PKEY_derive_init(c) > 0 &&
		   EVP_PKEY_derive_set_peer(c, other) > 0 &&
		   EVP_PKEY_derive(c, out->bytes, &out->len) > 0;

	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(other);
	return yes;
}

static bool by_oaep(const struct kf_openssl *openssl, struct kf_secret *out,
		    EVP_PKEY *own, struct kf_bytes sealed)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(openssl->context, own,
						     NULL);
	const EVP_MD *md = openssl->digest[KF_SHA256];
	bool yes = c && EVP_PKEY_decrypt_init(c) > 0 &&
		   EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING) >
		   0 &&
		   EVP_PKEY_CTX_set_rsa_oaep_md(c, md) > 0 &&
		   EVP_PKEY_CTX_set_rsa_mgf1_md(c, md) > 0 &&
		   EVP_PKEY_decrypt(c, out->bytes, &out->len, sealed.data,
				    sealed.len) > 0;

	EVP_PKEY_CTX_free(c);
	return yes;
}

/* by_wrap undoes RFC 3394. */
static bool by_wrap(const struct kf_openssl *openssl, struct kf_secret *out,
		    struct kf_bytes key, struct kf_bytes sealed)
{
	const char *name = key.len == 16 ? "AES-128-WRAP"
			 : key.len == 32 ? "AES-256-WRAP" : NULL;
	EVP_CIPHER *cipher = name ? EVP_CIPHER_fetch(openssl->context, name,
						     NULL) : NULL;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int len = 0;
	bool yes = cipher && c && sealed.len <= sizeof(out->bytes) &&
		   EVP_DecryptInit_ex2(c, cipher, key.data, NULL, NULL) > 0 &&
		   EVP_DecryptUpdate(c, out->bytes, &len, sealed.data,
				     (int)sealed.len) > 0;

	out->len = yes ? (size_t)len : 0;
	EVP_CIPHER_CTX_free(c);
	EVP_CIPHER_free(cipher);
	return yes;
}

/* is_for tells whether a key is of the kind that an opening needs. */
static bool is_for(EVP_PKEY *key, enum kf_opening_kind kind)
{
	char group[32] = "";
	size_t len;

	if (kind == KF_OPEN_RSA_OAEP)
		return EVP_PKEY_is_a(key, "RSA");
	if (kind == KF_OPEN_X25519)
		return EVP_PKEY_is_a(key, "X25519");
	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
					      group, sizeof(group), &len) &&
	       strcmp(group, "prime256v1") == 0;
}

/* open_with opens in one of the ways. */
static bool open_with(struct kf_openssl *openssl, struct kf_secret *out,
		      enum kf_opening_kind kind, struct kf_bytes key,
		      struct kf_bytes sealed)
{
	EVP_PKEY *own;
	bool yes;

	if (kind == KF_OPEN_AES_WRAP)
		return by_wrap(openssl, out, key, sealed);
	own = kf_openssl_key_private(openssl, key);
	yes = own && is_for(own, kind) &&
	      (kind == KF_OPEN_RSA_OAEP
	       ? by_oaep(openssl, out, own, sealed)
	       : agree(openssl, out, own, kind, sealed));
	EVP_PKEY_free(own);
	return yes;
}

static enum kf_status key_open(void *self, struct kf_secret *out,
			       enum kf_opening_kind kind, struct kf_bytes key,
			       struct kf_bytes sealed, enum kf_answer3 *answer)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(self);
	enum kf_status status;
	bool yes;

	*answer = KF_NOT_ASKED;
	out->len = sizeof(out->bytes);
	ERR_set_mark();
	yes = open_with(self, out, kind, key, sealed);
	status = kf_openssl_fault();
	if (!yes)
		out->len = 0;
	if (status == KF_OK)
		*answer = yes ? KF_YES : KF_NO;
	kf_openssl_leave(before);
	return status;
}

/* count runs the cipher. */
static bool count(const struct kf_openssl *openssl, struct kf_bytes key,
		  const uint8_t counter[16], uint8_t *data, size_t len)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(openssl->context,
					      key.len == 32 ? "AES-256-CTR"
							    : "AES-128-CTR",
					      NULL);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int done = 0;
	bool yes = cipher && c && len <= INT_MAX &&
		   (key.len == 16 || key.len == 32) &&
		   EVP_DecryptInit_ex2(c, cipher, key.data, counter, NULL) >
		   0 &&
		   EVP_DecryptUpdate(c, data, &done, data, (int)len) > 0;

	EVP_CIPHER_CTX_free(c);
	EVP_CIPHER_free(cipher);
	return yes;
}

static enum kf_status aes_ctr(void *self, struct kf_bytes key,
			      const uint8_t counter[16], uint8_t *data,
			      size_t len)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(self);
	enum kf_status status;
	bool yes;

	ERR_set_mark();
	yes = count(self, key, counter, data, len);
	status = kf_openssl_fault();
	kf_openssl_leave(before);
	return status != KF_OK || yes ? status : KF_NO_CRYPTO;
}

void kf_openssl_open_table(struct kf_crypto *out)
{
	out->key_open = key_open;
	out->aes_ctr = aes_ctr;
}
