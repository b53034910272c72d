/* Keys by themselves, without a certificate around them.
 */
#ifndef KEYFIT_HOST_KEY_H
#define KEYFIT_HOST_KEY_H

#include <keyfit/crypto.h>

/* kf_openssl_key_digest computes the SHA-256 of the SubjectPublicKeyInfo of a
 * key, private or public, in DER or PEM and without a passphrase. `len` stays
 * 0 where it is none that OpenSSL reads. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_openssl_key_digest(struct kf_digest *out,
					     const struct kf_crypto *crypto,
					     struct kf_bytes key);

/* kf_openssl_key_is_private tells whether the bytes are a private key of an
 * algorithm, "RSA", "EC" or "X25519", in DER or PEM without a passphrase. */
bool kf_openssl_key_is_private(const struct kf_crypto *crypto,
			       struct kf_bytes key, const char *algorithm);

#endif
