/* OpenSSL's errors as reasons.
 *
 * Source: openssl/openssl, crypto/x509/x509_vfy.c and crypto/cms/cms_smime.c at
 * 3.0.17; docs/rules/openssl.md has each rule.
 */
#include "cms_verdict.h"

#include "reasons.h"

static const struct {
	enum kf_chain_error error;
	enum kf_reason_id reason;
	const char *rule;
} chain_errors[] = {
	{ KF_CHAIN_NO_ISSUER, KF_REASON_CHAIN_ISSUER_MISSING, "OPENSSL-6" },
	{ KF_CHAIN_NOT_ROOT, KF_REASON_CHAIN_NOT_TO_ROOT, "OPENSSL-4" },
	{ KF_CHAIN_OTHER_ROOT, KF_REASON_CHAIN_ROOT_NOT_TRUSTED,
	  "OPENSSL-4" },
	{ KF_CHAIN_SELF_SIGNED, KF_REASON_CHAIN_ROOT_NOT_TRUSTED,
	  "OPENSSL-4" },
	{ KF_CHAIN_EXPIRED, KF_REASON_CHAIN_EXPIRED, "OPENSSL-7" },
	{ KF_CHAIN_NOT_YET_VALID, KF_REASON_CHAIN_NOT_YET_VALID,
	  "OPENSSL-7" },
	{ KF_CHAIN_PURPOSE, KF_REASON_PURPOSE_NOT_ALLOWED, "OPENSSL-3" },
	{ KF_CHAIN_NOT_CA, KF_REASON_CHAIN_REFUSED, "OPENSSL-3" },
	{ KF_CHAIN_PATH_LENGTH, KF_REASON_CHAIN_REFUSED, "OPENSSL-3" },
	{ KF_CHAIN_REJECTED, KF_REASON_ANCHOR_REJECTS_USE, "OPENSSL-13" },
	{ KF_CHAIN_CRL_MISSING, KF_REASON_CRL_MISSING, "OPENSSL-11" },
	{ KF_CHAIN_CRL_EXPIRED, KF_REASON_CRL_EXPIRED, "OPENSSL-12" },
	{ KF_CHAIN_CRL_NOT_YET_VALID, KF_REASON_CRL_NOT_YET_VALID,
	  "OPENSSL-12" },
	{ KF_CHAIN_REVOKED, KF_REASON_REVOKED_BY_CRL, "OPENSSL-11" },
};

static const struct {
	enum kf_cms_step step;
	enum kf_reason_id reason;
	const char *rule;
	const char *text;
} steps[] = {
	{ KF_CMS_STORE, KF_REASON_KEYRING_UNREADABLE, "OPENSSL-14",
	  "it holds no certificate in PEM, or one that cannot be read" },
	{ KF_CMS_TYPE, KF_REASON_SIGNATURE_MALFORMED, "OPENSSL-15",
	  "it is no CMS of signed data" },
	{ KF_CMS_NO_SIGNER, KF_REASON_SIGNATURE_MALFORMED, "OPENSSL-15",
	  "nobody has signed it" },
	{ KF_CMS_NO_CERTIFICATE, KF_REASON_SIGNER_CERTIFICATE_MISSING,
	  "OPENSSL-1", NULL },
	{ KF_CMS_ATTRIBUTES, KF_REASON_SIGNATURE_INVALID, "OPENSSL-2",
	  "the signature over its attributes does not hold" },
	{ KF_CMS_DIGEST, KF_REASON_DIGEST_MISMATCH, "OPENSSL-2", NULL },
	{ KF_CMS_SIGNATURE, KF_REASON_SIGNATURE_INVALID, "OPENSSL-2",
	  "the signature over the content does not hold" },
	{ KF_CMS_ALGORITHM, KF_REASON_SIGNATURE_MALFORMED, "OPENSSL-10",
	  "it uses a digest that is not known" },
	{ KF_CMS_OTHER, KF_REASON_SIGNATURE_MALFORMED, "OPENSSL-15",
	  "it does not add up" },
};

/* prove_chain adds what was found of the chain, the failing one first. */
static void prove_chain(struct kf_finding *out,
			const struct kf_cms_result *result)
{
	const char *role = result->depth == 0 ? "signer" : "issuer";

	if (result->certificate.len)
		kf_prove_certificate(out, role, result->certificate);
	for (size_t i = 0; i < result->num_chain &&
			   out->num_evidence < KF_EVIDENCE_MAX - 3; i++)
		kf_prove_certificate(out, i ? "chain" : "signer",
				     result->chain[i]);
}

/* prove_moment adds the time that was held against the dates. */
static void prove_moment(struct kf_finding *out,
			 const struct kf_cms_result *result,
			 const struct kf_cms_trust *trust)
{
	struct kf_evidence *e;

	if (out->reason == &kf_reasons[KF_REASON_CRL_EXPIRED] ||
	    out->reason == &kf_reasons[KF_REASON_CRL_NOT_YET_VALID]) {
		e = kf_prove(out, KF_EV_MOMENT, "revocation list's date");
		e->value = (uint64_t)result->when_s;
		e->has_value = true;
	}
	if (out->reason != &kf_reasons[KF_REASON_CHAIN_EXPIRED] &&
	    out->reason != &kf_reasons[KF_REASON_ANCHOR_EXPIRED] &&
	    out->reason != &kf_reasons[KF_REASON_CHAIN_NOT_YET_VALID] &&
	    out->reason != &kf_reasons[KF_REASON_CRL_EXPIRED] &&
	    out->reason != &kf_reasons[KF_REASON_CRL_NOT_YET_VALID])
		return;
	e = kf_prove(out, KF_EV_MOMENT, "verified at");
	e->value = (uint64_t)trust->now_s;
	e->has_value = true;
}

static void find_chain(struct kf_finding *out,
		       const struct kf_cms_result *result,
		       const struct kf_cms_trust *trust, const char *rule)
{
	enum kf_reason_id reason = KF_REASON_CHAIN_REFUSED;
	const char *shared = "OPENSSL-16";

	for (size_t i = 0; i < sizeof(chain_errors) / sizeof(chain_errors[0]);
	     i++)
		if (chain_errors[i].error == result->error) {
			reason = chain_errors[i].reason;
			shared = chain_errors[i].rule;
		}
	/* Dates are looked at when the chain is whole: the last one is the
	 * device's own. */
	if (result->error == KF_CHAIN_EXPIRED &&
	    result->depth + 1 == result->num_chain)
		reason = KF_REASON_ANCHOR_EXPIRED;
	kf_find(out, reason, rule ? rule : shared);
	prove_chain(out, result);
	prove_moment(out, result, trust);
	if (result->text)
		kf_prove_text(out, result->text);
}

void kf_cms_find(struct kf_finding *out, const struct kf_cms_result *result,
		 const struct kf_cms_trust *trust, const char *keyring,
		 const char *rule)
{
	size_t i = 0;

	if (result->step == KF_CMS_CHAIN) {
		find_chain(out, result, trust, rule);
		kf_prove(out, KF_EV_STORE_PART, keyring);
		return;
	}
	while (i + 1 < sizeof(steps) / sizeof(steps[0]) &&
	       steps[i].step != result->step)
		i++;
	kf_find(out, steps[i].reason, rule ? rule : steps[i].rule);
	if (steps[i].step == KF_CMS_STORE)
		kf_prove(out, KF_EV_STORE_PART, keyring);
	else
		kf_prove_signature(out, (uint32_t)result->signer + 1, 0, 0);
	if (steps[i].text)
		kf_prove_text(out, steps[i].text);
}
