/* What would have SWUpdate take an update that it refuses for its chain: a
 * certificate that the signature brings, added to those that the device trusts.
 *
 * Builds that let nothing inside the signature lead on need the intermediates
 * in their own file: there this changes nothing of what is trusted. Else it
 * does, and the words say so. Raw signatures name nobody: nothing is offered.
 *
 * Source: as of the rules in core/rules/swupdate.
 */
#include "remedy_try.h"

#include "core/swu.h"

/* try_one offers a certificate, if it helps. */
static void try_one(struct kf_attempt *a, struct kf_bytes der)
{
	struct kf_bytes text = kf_remedy_pem(a, der);
	struct kf_remedy *r;

	if (!text.len || a->num == a->max || !kf_try_list(a, "key", text))
		return;
	r = kf_offer(a, KF_ENROL_CERTIFICATE);
	r->part = "key";
	r->certificate = der;
	if (kf_is_why(a, "chain-root-not-trusted"))
		r->caution = "the device then takes whatever is signed under it";
}

/* try_all tries those that the signature brings: issuers before the signer,
 * since what they issued helps other updates too. */
static void try_all(struct kf_attempt *a, struct kf_cms *cms)
{
	const struct kf_crypto *crypto = a->env->crypto;
	struct kf_cms_facts facts;
	struct kf_cms_signer signer;

	a->status = crypto->cms_facts(cms, &facts, a->env->arena);
	if (a->status != KF_OK || facts.num_signers == 0)
		return;
	a->status = crypto->cms_signer(cms, 0, &signer, a->env->arena);
	for (size_t i = 0; a->status == KF_OK && i < facts.num_certificates;
	     i++) {
		struct kf_bytes der;

		a->status = crypto->cms_certificate(cms, i, &der,
						    a->env->arena);
		if (a->status == KF_OK && !kf_equal(der, signer.certificate))
			try_one(a, der);
	}
	if (a->status == KF_OK && a->num == 0 && signer.certificate.len)
		try_one(a, signer.certificate);
}

void kf_remedies_of_swupdate(struct kf_attempt *a)
{
	const struct kf_crypto *crypto = a->env->crypto;
	const struct kf_part *key = kf_store_part(a->store, "key");
	struct kf_cms *cms = NULL;
	struct kf_swu swu;

	if (!key || key->presence != KF_PRESENT ||
	    (!kf_is_why(a, "chain-issuer-missing") &&
	     !kf_is_why(a, "chain-root-not-trusted")))
		return;
	a->status = kf_swu_read(&swu, a->artifact->source, a->env);
	if (a->status != KF_OK || swu.signature.len == 0)
		return;
	a->status = crypto->cms_read(crypto->self, &cms, swu.signature);
	if (cms)
		try_all(a, cms);
	crypto->cms_close(cms);
}
