/* Keys by themselves, without a certificate around them.
 */
#ifndef KEYFIT_HOST_KEY_H
#define KEYFIT_HOST_KEY_H

#include <keyfit/host.h>

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

/* kf_private is a private key of a file, opened. */
struct kf_private;

/* kf_openssl_private_open opens a private key in DER or PEM; `passphrase` is
 * for one that is encrypted, and `has_passphrase` says whether there is one.
 * `*asked` tells whether it was wanted. Owns: `*out`, until
 * kf_openssl_private_close, which takes NULL too. Fails: KF_WRONG_USE, it is
 * none, or the passphrase does not open it; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_openssl_private_open(struct kf_private **out,
					       bool *asked,
					       const struct kf_crypto *crypto,
					       struct kf_bytes key,
					       struct kf_bytes passphrase,
					       bool has_passphrase);
void kf_openssl_private_close(struct kf_private *key);

/* kf_openssl_private_public gives its public half. Fails: KF_WRONG_USE, it has
 * none that kf_crypto tells; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_openssl_private_public(struct kf_key *out,
						 const struct kf_private *key,
						 struct kf_arena *arena);

/* kf_openssl_private_sign signs a digest, or with Ed25519 a message, into
 * `out`; `*len` is how much room there is, and how much was taken.
 * Fails: KF_NO_CRYPTO, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_openssl_private_sign(uint8_t *out, size_t *len,
					       const struct kf_private *key,
					       const struct kf_scheme *scheme,
					       struct kf_bytes content);

#endif
