/* What people sign: a payload in an envelope, whose digest is its name.
 *
 * Signatures are those of envelopes (core/dsse.h); or OpenSSH's over the same
 * bytes, which stand in the envelope without their armour.
 */
#ifndef KEYFIT_JOBS_APPROVE_SEALED_H
#define KEYFIT_JOBS_APPROVE_SEALED_H

#include "decide.h"

enum { KF_SEALED_MAX = 60000 };

#define KF_TYPE_POLICY "application/vnd.keyfit.policy+json"
#define KF_KIND_REQUEST "urn:keyfit:request:v1"
#define KF_KIND_APPROVAL "urn:keyfit:approval:v1"

/* kf_sealed is an envelope that was read. */
struct kf_sealed {
	struct kf_dsse dsse;
	struct kf_hash sha256;		/* of the payload */
};

/* kf_sealed_file reads a file into the arena. Fails: as kf_text_file_read. */
KF_MUST enum kf_status kf_sealed_file(struct kf_bytes *out, const char *path,
				      struct kf_env *env,
				      struct kf_fault *why);

/* kf_sealed_read reads an envelope of a type. Fails: KF_WRONG_USE. */
KF_MUST enum kf_status kf_sealed_read(struct kf_sealed *out,
				      struct kf_bytes text, const char *type,
				      struct kf_env *env,
				      struct kf_fault *why);

/* kf_sealed_ask tells whether a key has signed it. Memory is given back.
 * Fails: KF_NO_MEMORY, KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_sealed_ask(bool *out, const struct kf_sealed *sealed,
				     const struct kf_key *key,
				     struct kf_env *env);

/* kf_sealed_signers are the people one of whose keys has signed it, one bit
 * each; kf_sealed_signer is the only one of these, else KF_NOBODY. */
KF_MUST enum kf_status kf_sealed_signers(uint64_t *out,
					 const struct kf_sealed *sealed,
					 const struct kf_policy *policy,
					 struct kf_env *env);
size_t kf_sealed_signer(uint64_t signers);

/* kf_sealed_sign adds a signature. Fails: as kf_sign; KF_TOO_MUCH, there are as
 * many as there can be. */
KF_MUST enum kf_status kf_sealed_sign(struct kf_sealed *sealed,
				      struct kf_signing_key *key,
				      struct kf_env *env,
				      struct kf_fault *why);

/* kf_sealed_add adds one that was made elsewhere, with its bytes kept in the
 * arena. */
KF_MUST enum kf_status kf_sealed_add(struct kf_sealed *sealed,
				     struct kf_bytes signature,
				     struct kf_env *env,
				     struct kf_fault *why);

/* kf_hash_of is the SHA-256 of some bytes. */
KF_MUST enum kf_status kf_hash_of(struct kf_hash *out, struct kf_bytes bytes,
				  const struct kf_crypto *crypto);

#endif
