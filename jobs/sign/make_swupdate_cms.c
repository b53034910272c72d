/* SWUpdate's CMS over sw-description, put behind it into the archive.
 */
#include "swu_put.h"

#include "cms.h"

static enum kf_status make(struct kf_making *m, struct kf_fault *why)
{
	struct kf_cms_wish wish = { 0 };
	struct kf_swu_places places;
	struct kf_bytes cms;
	enum kf_status status = kf_swu_places_read(&places, m, why);

	wish.digest = m->covered;
	if (status == KF_OK)
		status = kf_cms_make(&cms, m, &wish, why);
	return status == KF_OK ? kf_swu_put(m, &places, cms) : status;
}

const struct kf_maker kf_maker_swupdate_cms = {
	.name = "swupdate-cms",
	.title = "SWUpdate's signature in CMS, in an archive of cpio",
	.schemes = KF_CMS_SCHEMES,
	.digests = KF_CMS_DIGESTS,
	.refuses = "SWUpdate verifies with OpenSSL's CMS_verify, which has no Ed25519 in OpenSSL 3.0: use RSA or ECDSA",
	.needs_certificate = true,
	.takes_certificate = true,
	.takes_time = true,
	.supposes = KF_SUPPOSE_SIGNER,
	.make = make,
};
