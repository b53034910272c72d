/* Keys and certificates that lie in a file: PEM blocks wherever they stand,
 * and files that are one key in DER or PKCS#12; private ones in other forms too
 * (keys_forms.h).
 *
 * They are known by their content, never by a file's name. Nothing is opened
 * with a passphrase, and nothing is kept.
 */
#ifndef KEYFIT_ANALYSIS_KEYS_H
#define KEYFIT_ANALYSIS_KEYS_H

#include <keyfit/artifact.h>

enum kf_key_kind {
	KF_KEY_CERTIFICATE = 1,
	KF_KEY_PUBLIC,
	KF_KEY_PRIVATE,
};

/* kf_key_found is one of them. */
struct kf_key_found {
	enum kf_key_kind kind;
	const char *form;	/* "PKCS#8, PEM" */
	bool encrypted;
	uint64_t at, len;	/* in the file */
	struct kf_bytes bytes;	/* as they stand there */
	struct kf_bytes der;	/* empty: they could not be decoded */
};

/* kf_keys_find hands on all that there is in a source, in its order; behind
 * these, what kf_keys_forms knows, of which there are no bytes. What it
 * hands on lives as long as the call. Fails: KF_CANNOT_READ, KF_NO_MEMORY,
 * KF_TOO_MUCH. */
KF_MUST enum kf_status
kf_keys_find(const struct kf_source *source, struct kf_env *env,
	     void (*found)(void *self, const struct kf_key_found *key),
	     void *self);

#endif
