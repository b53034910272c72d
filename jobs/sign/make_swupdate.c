/* SWUpdate's raw signature over sw-description, put behind it into the archive.
 * With --pss it is for builds for RSA-PSS, else for those for raw RSA.
 */
#include "swu_put.h"

static enum kf_status make(struct kf_making *m, struct kf_fault *why)
{
	struct kf_swu_places places;
	enum kf_status status = kf_swu_places_read(&places, m, why);

	if (status == KF_OK)
		status = kf_making_sign(m, kf_view(m->covered.bytes,
						   m->covered.len), why);
	return status == KF_OK
		? kf_swu_put(m, &places, kf_view(m->signature.bytes,
						 m->signature.len)) : status;
}

const struct kf_maker kf_maker_swupdate = {
	.name = "swupdate",
	.title = "SWUpdate's raw signature, in an archive of cpio",
	.schemes = KF_SIGNS(KF_SCHEME_RSA_PKCS1) |
		   KF_SIGNS(KF_SCHEME_RSA_PSS) | KF_SIGNS(KF_SCHEME_ECDSA),
	.digests = 1u << KF_SHA256,
	.refuses = "SWUpdate's raw signatures are by RSA or ECDSA over SHA-256; an Ed25519 key verifies nothing (SWUPDATE-3)",
	.make = make,
};
