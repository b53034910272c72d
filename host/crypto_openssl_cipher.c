/* Decryption of blocks, as device-mapper does it below a bundle.
 */
#include "crypto_openssl.h"

#include <openssl/evp.h>

#include <limits.h>

bool kf_openssl_aes_cbc_open(struct kf_openssl *openssl, uint8_t *out,
			     struct kf_bytes in, const uint8_t key[32],
			     const uint8_t iv[16])
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(openssl->context, "AES-256-CBC",
					      NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int len = 0;
	bool good = cipher && context && in.len <= INT_MAX &&
		    in.len % 16 == 0 &&
		    EVP_DecryptInit_ex2(context, cipher, key, iv, NULL) &&
		    EVP_CIPHER_CTX_set_padding(context, 0) &&
		    EVP_DecryptUpdate(context, out, &len, in.data,
				      (int)in.len) &&
		    (size_t)len == in.len;

	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	(void)kf_openssl_fault();
	return good;
}
