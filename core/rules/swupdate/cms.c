/* What builds with CMS ask of sw-description.sig: the name of its signer first,
 * then what OpenSSL's CMS_verify says. SWUPDATE-5 to SWUPDATE-8.
 *
 * Builds that are content with one good signer, or that let nothing inside the
 * CMS lead to an anchor, have CMS_verify leave the chains alone, and ask for
 * each of them afterwards.
 *
 * Source: sbabic/swupdate, corelib/swupdate_cms_verify.c
 * (swupdate_verify_file, check_signer_name, check_verified_signer), tag
 * 2022.12; crypto/swupdate_cms_verify_openssl.c (verify_signer_certs),
 * e66c5640.
 */
#include "swupdate.h"

#include "core/cms_verdict.h"

#include <string.h>

/* trusted is what the device's file makes of OpenSSL's store. */
static struct kf_cms_trust trusted(const struct swupdate_device *d,
				   const struct swupdate_profile *profile,
				   int64_t now_s)
{
	struct kf_cms_trust trust = {
		.has_file = true,
		.file = d->key_file,
		.purpose = kf_same(d->purpose, "codeSigning")
			? KF_PURPOSE_CODE_ALONE : "smimesign",
		.any_purpose = profile->any_purpose,
		.any_date = profile->any_time,
		.front_alone = true,
		.now_s = now_s,
		.as_mail = true,
		.nothing_inside = profile->own_certificates,
	};

	return trust;
}

static bool refuse(struct swupdate_case *k, const struct kf_cms_result *r,
		   const struct kf_cms_trust *trust, const char *rule)
{
	if (r->step == KF_CMS_STORE)
		return swupdate_refuse(k, KF_REASON_KEY_UNREADABLE,
				       "SWUPDATE-2",
				       "its first certificate cannot be read",
				       kf_view(NULL, 0), NULL);
	k->out->answer = KF_REJECT;
	kf_cms_find(&k->out->why, r, trust, "key", rule);
	return false;
}

static bool malformed(struct swupdate_case *k)
{
	const struct kf_cpio_file *f = &k->update->swu.file[1];

	k->out->answer = KF_REJECT;
	kf_find(&k->out->why, KF_REASON_SIGNATURE_MALFORMED, "SWUPDATE-5");
	kf_prove_signature(&k->out->why, 1, f->data_at, f->size);
	kf_prove_text(&k->out->why, "it is no CMS in DER");
	return false;
}

/* named holds the last signer's names against the one that is asked for. Of
 * signers before it nobody asks. SWUPDATE-8. */
static bool named(struct swupdate_case *k)
{
	const struct swupdate_update *u = k->update;
	const struct kf_crypto *crypto = k->env->crypto;
	struct kf_cms_signer signer;
	enum kf_status status;

	if (!k->device->signer)
		return true;
	memset(&signer, 0, sizeof(signer));
	for (size_t i = u->facts.num_signers; i-- > 0 &&
					      signer.certificate.len == 0;) {
		status = crypto->cms_signer(u->cms, i, &signer,
					    k->env->arena);
		if (status != KF_OK)
			return swupdate_fail(k, status);
	}
	switch (swupdate_names(signer.certificate,
			       kf_text(k->device->signer))) {
	case SWUPDATE_MATCH:
		return true;
	case SWUPDATE_MATCH_BEYOND:
		return swupdate_beyond(k, "a signer's name in letters that keyfit does not compare");
	default:
		break;
	}
	k->out->answer = KF_REJECT;
	kf_find(&k->out->why, KF_REASON_SIGNER_NAME_FORBIDDEN, "SWUPDATE-8");
	if (signer.certificate.len)
		kf_prove_certificate(&k->out->why, "signer",
				     signer.certificate);
	kf_prove(&k->out->why, KF_EV_SETTING, "forced-signer-name")->text =
		k->device->signer;
	return false;
}

/* content: do all signatures hold over sw-description? */
static bool content(struct swupdate_case *k, const struct kf_cms_trust *trust)
{
	const struct kf_cms_result *r = &k->update->content;

	return r->answer == KF_YES ? true : refuse(k, r, trust, NULL);
}

/* any wants one signer whose chain holds. What is said is of the first that
 * has none. */
static bool any(struct swupdate_case *k, struct kf_cms_trust *trust)
{
	const struct swupdate_update *u = k->update;
	struct kf_cms_result first, r;

	memset(&first, 0, sizeof(first));
	for (size_t i = 0; i < u->facts.num_signers; i++) {
		enum kf_status status;

		trust->signer = i;
		status = k->env->crypto->cms_signer_chain(u->cms, trust, &r,
							  k->env->arena);
		if (status != KF_OK)
			return swupdate_fail(k, status);
		if (r.answer == KF_YES) {
			k->chain = r;
			return true;
		}
		if (i == 0)
			first = r;
	}
	return refuse(k, &first, trust, k->profile->own_certificates &&
		      first.error == KF_CHAIN_NO_ISSUER ? "SWUPDATE-7" : NULL);
}

/* all wants the chains of all signers to hold, as CMS_verify does. */
static bool all(struct swupdate_case *k, struct kf_cms_trust *trust)
{
	struct kf_cms_result r;
	enum kf_status status;

	status = k->env->crypto->cms_chain(k->update->cms, trust, &r,
					   k->env->arena);
	if (status != KF_OK)
		return swupdate_fail(k, status);
	if (r.answer != KF_YES)
		return refuse(k, &r, trust, NULL);
	status = k->env->crypto->cms_signer_chain(k->update->cms, trust, &r,
						  k->env->arena);
	if (status != KF_OK)
		return swupdate_fail(k, status);
	k->chain = r;
	return true;
}

bool swupdate_cms(struct swupdate_case *k)
{
	struct kf_cms_trust trust = trusted(k->device, k->profile,
					    k->env->now_s);
	const struct swupdate_update *u = k->update;

	if (!u->cms)
		return malformed(k);
	if (!named(k))
		return false;
	if (k->profile->any_signer)
		return content(k, &trust) && any(k, &trust);
	/* What is no SignedData has no chains that could be asked about. */
	if (u->content.answer != KF_YES && u->content.step == KF_CMS_TYPE)
		return content(k, &trust);
	return all(k, &trust) && content(k, &trust);
}
