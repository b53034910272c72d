/* A CMS by itself, over the file: what `openssl cms -verify` takes with the
 * file as -content, in DER or PEM.
 */
#include "cms.h"

#include "core/base64.h"

static const char begin[] = "-----BEGIN CMS-----\n";
static const char end[] = "-----END CMS-----\n";

/* id-aa-timeStampToken. Source: RFC 3161, appendix A. */
static const uint8_t stamp[] = {
	0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02,
	0x0e,
};

/* armour writes PEM. Source: RFC 7468, 2 and 9. */
static bool armour(struct kf_making *m, struct kf_bytes der)
{
	enum { ROW = 48 };
	size_t rows = (der.len + ROW - 1) / ROW, at = 0;
	char *out = kf_arena_take(m->env->arena, der.len / 3 * 4 + 4 + rows);

	if (!out)
		return false;
	for (size_t from = 0; from < der.len; from += 3) {
		size_t some = der.len - from < 3 ? der.len - from : 3;

		kf_base64_four(out + at, kf_view(der.data + from, some));
		at += 4;
		if ((from + 3) % ROW == 0 || from + 3 >= der.len)
			out[at++] = '\n';
	}
	return kf_patch_view(&m->patch, kf_text(begin)) &&
	       kf_patch_view(&m->patch, kf_view(out, at)) &&
	       kf_patch_view(&m->patch, kf_text(end));
}

static enum kf_status make(struct kf_making *m, struct kf_fault *why)
{
	struct kf_cms_wish wish = { .stamp = kf_view(stamp, sizeof(stamp)) };
	struct kf_bytes der;
	enum kf_status status = kf_making_digest(m, 0, m->source->size);

	wish.digest = m->covered;
	if (status == KF_OK)
		status = kf_cms_make(&der, m, &wish, why);
	if (status != KF_OK)
		return status;
	return kf_making_done(m->ask.pem ? armour(m, der)
					 : kf_patch_view(&m->patch, der));
}

const struct kf_maker kf_maker_cms = {
	.name = "cms",
	.title = "a CMS by itself, over the file (RFC 5652)",
	.schemes = KF_CMS_SCHEMES,
	.digests = KF_CMS_DIGESTS,
	.refuses = "OpenSSL 3.0 neither makes nor verifies a CMS with Ed25519: what checks it would refuse it; use RSA or ECDSA, or --format raw",
	.needs_certificate = true,
	.takes_certificate = true,
	.takes_time = true,
	.takes_stamp = true,
	.takes_pem = true,
	.stands_alone = true,
	.make = make,
};
