/* A signature by itself: of the file's digest; with Ed25519, of the file. That
 * is what `openssl dgst -verify` and `openssl pkeyutl -verify` take.
 */
#include "make.h"

static enum kf_status make(struct kf_making *m, struct kf_fault *why)
{
	struct kf_bytes content = { NULL, 0 };
	enum kf_status status = kf_making_digest(m, 0, m->source->size);

	if (status == KF_OK && m->scheme.kind == KF_SCHEME_ED25519)
		status = kf_source_keep(&content, m->source, m->env, 0,
					m->source->size);
	else
		content = kf_view(m->covered.bytes, m->covered.len);
	if (status == KF_NO_MEMORY) {
		kf_fault_say(why, "Ed25519 signs all of a file at once: sign a file of its digests",
			     "is too long for Ed25519");
		return KF_WRONG_USE;
	}
	if (status == KF_OK)
		status = kf_making_sign(m, content, why);
	return status == KF_OK ? kf_making_done(kf_patch_view(&m->patch,
			kf_view(m->signature.bytes, m->signature.len)))
			       : status;
}

const struct kf_maker kf_maker_raw = {
	.name = "raw",
	.title = "a signature by itself, over the file",
	.schemes = KF_SIGNS(KF_SCHEME_RSA_PKCS1) |
		   KF_SIGNS(KF_SCHEME_RSA_PSS) | KF_SIGNS(KF_SCHEME_ECDSA) |
		   KF_SIGNS(KF_SCHEME_ED25519),
	.digests = 1u << KF_SHA256 | 1u << KF_SHA384 | 1u << KF_SHA512,
	.stands_alone = true,
	.make = make,
};
