/* A SignedData of one signer, written out element by element: the same bytes
 * for the same things that are signed.
 */
#ifndef KEYFIT_JOBS_SIGN_CMS_H
#define KEYFIT_JOBS_SIGN_CMS_H

#include "make.h"

/* Every scheme that a SignerInfo of OpenSSL 3.0 is read with. */
#define KF_CMS_SCHEMES \
	(KF_SIGNS(KF_SCHEME_RSA_PKCS1) | KF_SIGNS(KF_SCHEME_RSA_PSS) | \
	 KF_SIGNS(KF_SCHEME_ECDSA))
#define KF_CMS_DIGESTS (1u << KF_SHA256 | 1u << KF_SHA384 | 1u << KF_SHA512)

/* kf_cms_wish is what it is about.
 * `type`: the content's type, a whole OBJECT IDENTIFIER; empty: id-data.
 * `content`: goes in, a whole element; empty: the CMS is detached.
 * `stamp`: the type of the attribute that a time stamp over the signature is
 * put into, a whole OBJECT IDENTIFIER; a maker that has none takes no stamps.
 * `bare`: without signed attributes; what is signed is the content's digest.
 * `inner`: the SignedData alone, without ContentInfo. */
struct kf_cms_wish {
	struct kf_bytes type;
	struct kf_bytes content;
	struct kf_digest digest;	/* of the content's value */
	struct kf_bytes stamp;
	bool bare;
	bool inner;
};

/* kf_cms_make signs, and writes the SignedData in DER into the arena.
 * Fails: KF_WRONG_USE, the certificate is none; KF_NO_MEMORY; as kf_sign. */
KF_MUST enum kf_status kf_cms_make(struct kf_bytes *out, struct kf_making *m,
				   const struct kf_cms_wish *wish,
				   struct kf_fault *why);

/* kf_cms_element writes an element around pieces, kf_cms_oid an OBJECT
 * IDENTIFIER of its value's bytes. Where the arena is full, `*full` is set. */
struct kf_bytes kf_cms_element(struct kf_env *env, bool *full, uint8_t tag,
			       const struct kf_bytes *piece, size_t num);

#define KF_CMS_ELEMENT(env, full, tag, ...) \
	kf_cms_element(env, full, tag, \
		       (const struct kf_bytes[]){ __VA_ARGS__ }, \
		       sizeof((const struct kf_bytes[]){ __VA_ARGS__ }) / \
		       sizeof(struct kf_bytes))

/* kf_cms_digest_algorithm is an AlgorithmIdentifier, with NULL as its
 * parameters. */
struct kf_bytes kf_cms_digest_algorithm(enum kf_digest_kind kind);

#endif
