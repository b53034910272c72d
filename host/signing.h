/* A private key that signs, wherever it lies.
 *
 * What opens one (a file, a PKCS#11 token, a TPM) is jobs/sign; what asks for
 * signatures (firmware, approvals, checkpoints of a log) knows this alone. The
 * private half never comes here: only its public half does, and signatures.
 */
#ifndef KEYFIT_HOST_SIGNING_H
#define KEYFIT_HOST_SIGNING_H

#include <keyfit/host.h>

/* kf_signing_place is where a private key lies. */
enum kf_signing_place {
	KF_PLACE_FILE = 1,
	KF_PLACE_PKCS11,
	KF_PLACE_TPM,
};

enum {
	/* Of RSA-8192. */
	KF_SIGNATURE_MAX = 1024,
};

struct kf_signature {
	uint8_t bytes[KF_SIGNATURE_MAX];
	size_t len;
};

/* kf_signing_calls is what each place does in its own way.
 *
 * `sign` signs a digest, or with Ed25519 a message. ECDSA gives
 * Ecdsa-Sig-Value in DER, the others as kf_crypto's key_verify takes them. A
 * token that was lost meanwhile is opened again, once. Fails: KF_WRONG_USE
 * (the key has no such scheme; it may not be used so), KF_CANNOT_READ (the
 * token does not answer, refuses, or is gone), KF_NO_MEMORY.
 *
 * `can` tells beforehand whether it signs so. */
struct kf_signing_calls {
	enum kf_status (*sign)(void *self, struct kf_signature *out,
			       const struct kf_scheme *scheme,
			       struct kf_bytes content, struct kf_fault *why);
	bool (*can)(void *self, const struct kf_scheme *scheme);
	void (*close)(void *self);
};

/* kf_signing_key is one that was opened. Views live as long as it does. */
struct kf_signing_key {
	const struct kf_signing_calls *calls;
	void *self;
	enum kf_signing_place place;
	const char *name;	/* its path or URI, without any secret */
	struct kf_key key;	/* the public half */
	struct kf_bytes certificate;	/* beside it, DER; empty: none */

	/* Whether the private half can come out, and ever could: a token's
	 * own answers. A file says yes to both. */
	enum kf_answer3 extractable;
	enum kf_answer3 was_extractable;
	bool asks_each_time;	/* for its PIN, at each signature */
	struct kf_fault warning;	/* what is to be told all the same;
					 * `what` empty: nothing */
};

/* kf_sign signs, and verifies what came before anybody sees it: a token may be
 * broken, or be another one than it says. `content` as in `sign` above.
 * Fails: as `sign`; KF_CANNOT_READ too where the signature is wrong, and then
 * `out` is empty. */
KF_MUST enum kf_status kf_sign(struct kf_signature *out,
			       struct kf_signing_key *key,
			       const struct kf_scheme *scheme,
			       struct kf_bytes content,
			       const struct kf_crypto *crypto,
			       struct kf_fault *why);

/* kf_signing_key_close takes a zeroed one too. */
void kf_signing_key_close(struct kf_signing_key *key);

#endif
