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

#endif
