/* The names that people have for a key: the SHA-256 of its
 * SubjectPublicKeyInfo, and of a certificate that has it.
 */
#ifndef KEYFIT_HOST_KEY_NAMES_H
#define KEYFIT_HOST_KEY_NAMES_H

#include <keyfit/host.h>

/* kf_key_names: a digest's `len` is 0 where it has none. */
struct kf_key_names {
	struct kf_digest spki;
	struct kf_digest certificate;
	struct kf_digest own;	/* of an RSA key, of RSAPublicKey */
	char key[32];		/* "RSA-2048" */
};

/* kf_key_names_read reads a certificate or a key, DER or PEM.
 * Fails: KF_WRONG_USE, it is none; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_key_names_read(struct kf_key_names *out,
					 struct kf_bytes bytes,
					 struct kf_env *env);

/* kf_key_names_hex reads 64 hex digits, which may be either name.
 * Fails: false. */
KF_MUST bool kf_key_names_hex(struct kf_key_names *out, const char *text);

#endif
