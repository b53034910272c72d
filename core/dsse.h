/* Envelopes of signed content (DSSE): what is signed, and the JSON that holds
 * it with its signatures.
 *
 * Source: secure-systems-lab/dsse, protocol.md and envelope.md, v1.0.2, commit
 * eebf7b59.
 */
#ifndef KEYFIT_CORE_DSSE_H
#define KEYFIT_CORE_DSSE_H

#include <keyfit/crypto.h>

/* What an envelope with an in-toto Statement says it holds, and what that says
 * it is. Source: in-toto/attestation, spec/v1/envelope.md and statement.md. */
#define KF_STATEMENT_PAYLOAD "application/vnd.in-toto+json"
#define KF_STATEMENT_TYPE "https://in-toto.io/Statement/v1"

enum {
	KF_DSSE_SIGNATURES_MAX = 32,
	KF_DSSE_SCHEMES = 2,
};

/* kf_dsse_signature is one; `keyid` is a hint, and nobody's word. */
struct kf_dsse_signature {
	struct kf_bytes keyid;
	struct kf_bytes sig;
};

struct kf_dsse {
	struct kf_bytes type;		/* of the payload */
	struct kf_bytes payload;
	struct kf_dsse_signature signature[KF_DSSE_SIGNATURES_MAX];
	size_t num;
};

/* kf_dsse_read reads an envelope; what it holds lives in the arena. Members of
 * other names are passed over; one that comes twice is refused.
 * Fails: KF_WRONG_USE, it is none, and `*what` says why; KF_NO_MEMORY;
 * KF_TOO_MUCH. */
KF_MUST enum kf_status kf_dsse_read(struct kf_dsse *out, const char **what,
				    struct kf_bytes text, struct kf_env *env);

/* kf_dsse_write writes one, always the same way. A type and key ids of printing
 * ASCII alone, without quotes and backslashes. Fails: empty, they are not so,
 * or the arena is full. */
struct kf_bytes kf_dsse_write(const struct kf_dsse *envelope,
			      struct kf_arena *arena);

/* kf_dsse_signed is what is signed of a payload (PAE). Fails: empty, the arena
 * is full. */
struct kf_bytes kf_dsse_signed(struct kf_bytes type, struct kf_bytes payload,
			       struct kf_arena *arena);

/* kf_dsse_schemes are those in which a key signs envelopes, the one to sign
 * with first: RSA in PSS or PKCS #1 with SHA-256; ECDSA with the digest of its
 * curve's length; Ed25519. Returns how many there are. */
size_t kf_dsse_schemes(struct kf_scheme out[KF_DSSE_SCHEMES],
		       const struct kf_key *key);

/* kf_dsse_content is what a scheme signs: a digest, in `digest`, or all of it.
 * Fails: empty. */
struct kf_bytes kf_dsse_content(struct kf_digest *digest,
				const struct kf_scheme *scheme,
				struct kf_bytes to_sign,
				const struct kf_crypto *crypto);

/* kf_dsse_ask asks whether one of the signatures is a key's. ECDSA may be in
 * DER, or its two numbers one behind the other.
 * Fails: KF_NO_MEMORY, KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_dsse_ask(enum kf_answer3 *out,
				   const struct kf_dsse *envelope,
				   const struct kf_key *key,
				   struct kf_env *env);

#endif
