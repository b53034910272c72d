/* Authenticode, as UEFI firmware and shim take it: another entry at the end of
 * the certificate table of a PE file.
 *
 * Source: Microsoft, "Windows Authenticode Portable Executable Signature
 * Format", "Authenticode Signature in a PE"; which keys: UEFI-22.
 */
#include "cms.h"

#include "analysis/signatures.h"
#include "core/der.h"

#include <string.h>

enum { SEQUENCE = 0x30, OCTETS = 0x04 };

#define SPC 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01

/* SPC_INDIRECT_DATA_OBJID. */
static const uint8_t indirect[] = { 0x06, 0x0a, SPC, 0x04 };

/* What Authenticode calls the time stamp of RFC 3161.
 * Source: tianocore/edk2, CryptoPkg/Library/BaseCryptLib/Pk/CryptTs.c:
 * mSpcRFC3161OidValue. */
static const uint8_t stamp[] = {
	0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x03, 0x03, 0x01,
};

/* SPC_PE_IMAGE_DATAOBJ with SpcPeImageData: no flags, and a link to a file that
 * is called <<<Obsolete>>>, which all signers put there. */
static const uint8_t image_data[] = {
	0x30, 0x33, 0x06, 0x0a, SPC, 0x0f, 0x30, 0x25, 0x03, 0x01, 0x00, 0xa0,
	0x20, 0xa2, 0x1e, 0x80, 0x1c,
	0, '<', 0, '<', 0, '<', 0, 'O', 0, 'b', 0, 's', 0, 'o', 0, 'l',
	0, 'e', 0, 't', 0, 'e', 0, '>', 0, '>', 0, '>',
};

static enum kf_status unfit(struct kf_fault *why, const char *what,
			    const char *hint)
{
	kf_fault_say(why, hint, "%s", what);
	return KF_WRONG_USE;
}

/* check refuses what could not be signed, or not so that others see it. */
static enum kf_status check(const struct kf_signatures *f,
			    struct kf_fault *why)
{
	if (f->unfit == KF_UNFIT_NO_PE || f->unfit == KF_UNFIT_TE)
		return unfit(why, "is no PE file", NULL);
	if (f->unfit)
		return unfit(why, "is a PE file whose headers make no sense",
			     "keyfit show tells which field");
	if (!f->has_place)
		return unfit(why, "its headers have no place for a certificate table",
			     "build it with 16 data directories");
	if (f->broken.field || f->behind_len)
		return unfit(why, "its certificate table cannot be taken apart, or something stands behind it",
			     "keyfit strip --all takes the whole table off");
	if (f->too_many || f->num == KF_SIGNATURES_MAX)
		return unfit(why, "has as many signatures as keyfit weighs",
			     "keyfit strip takes some off");
	return KF_OK;
}

/* sign makes the PKCS#7: SpcIndirectDataContent and who signs it. */
static enum kf_status sign(struct kf_bytes *out, struct kf_making *m,
			   struct kf_fault *why)
{
	struct kf_cms_wish wish = {
		.type = kf_view(indirect, sizeof(indirect)),
		.stamp = kf_view(stamp, sizeof(stamp)),
	};
	struct kf_env *env = m->env;
	bool full = false;
	struct kf_bytes value, info;
	struct kf_cursor c;
	struct kf_der content;

	value = KF_CMS_ELEMENT(env, &full, OCTETS,
			       kf_view(m->covered.bytes, m->covered.len));
	info = KF_CMS_ELEMENT(env, &full, SEQUENCE,
			      kf_cms_digest_algorithm(m->scheme.digest),
			      value);
	wish.content = KF_CMS_ELEMENT(env, &full, SEQUENCE,
				      kf_view(image_data, sizeof(image_data)),
				      info);
	c = kf_cursor_over(wish.content, 0);
	if (full || !kf_der_next(&content, &c))
		return KF_NO_MEMORY;
	/* Without its tag and length. */
	kf_digest_of(&wish.digest, m->crypto, m->scheme.digest, content.value);
	return kf_cms_make(out, m, &wish, why);
}

/* fill puts zeros behind a signature, so that the length that its entry tells
 * is that of the whole entry, as in what Microsoft signs: osslsigncode before
 * 2.6 takes no other. Source: mtrojnar/osslsigncode 2.5, osslsigncode.c,
 * pe_verify_file. */
static enum kf_status fill(struct kf_bytes *blob, struct kf_env *env)
{
	size_t len = blob->len + (-blob->len & 7);
	uint8_t *whole = kf_arena_take(env->arena, len);

	if (!whole)
		return KF_NO_MEMORY;
	memcpy(whole, blob->data, blob->len);
	memset(whole + blob->len, 0, len - blob->len);
	*blob = kf_view(whole, len);
	return KF_OK;
}

static enum kf_status make(struct kf_making *m, struct kf_fault *why)
{
	struct kf_signatures *file = kf_arena_take(m->env->arena,
						   sizeof(*file));
	struct kf_wanted wanted[KF_SIGNATURES_MAX + 1];
	struct kf_digest digests[KF_NUM_DIGESTS];
	struct kf_image image;
	enum kf_status status;

	if (!file)
		return KF_NO_MEMORY;
	memset(wanted, 0, sizeof(wanted));
	status = kf_signatures_read(file, m->source, m->env);
	if (status == KF_OK)
		status = check(file, why);
	if (status != KF_OK)
		return status;
	image = kf_signatures_image(file);
	status = kf_image_digest(digests, &image, 1u << m->scheme.digest,
				 m->env);
	if (status != KF_OK)
		return status;
	m->covered = digests[m->scheme.digest];
	for (size_t i = 0; i < file->num; i++)
		wanted[i].number = (uint32_t)i + 1;
	status = sign(&wanted[file->num].blob, m, why);
	if (status == KF_OK)
		status = fill(&wanted[file->num].blob, m->env);
	if (status == KF_OK)
		status = kf_signatures_put(&m->patch, file, wanted,
					   file->num + 1, m->env);
	return status;
}

const struct kf_maker kf_maker_pe = {
	.name = "pe",
	.title = "Authenticode, at the end of a PE file",
	.schemes = KF_SIGNS(KF_SCHEME_RSA_PKCS1),
	.digests = KF_CMS_DIGESTS,
	.refuses = "edk2 verifies RSA alone, with PKCS#1 padding and SHA-2 (UEFI-22): sign with an RSA key",
	.needs_certificate = true,
	.takes_certificate = true,
	.takes_time = true,
	.takes_stamp = true,
	.supposes = KF_SUPPOSE_FILE,
	.make = make,
};
