/* What a person should know though the bundle is taken.
 *
 * Source: rauc/rauc, src/signature.c:contains_crl, setup_x509_store at v1.8.
 */
#include "rauc.h"

enum { MONTH_S = 30 * 24 * 60 * 60 };

/* soon warns of the certificate of the chain that ends first. */
static void soon(struct rauc_case *k)
{
	const struct kf_crypto *crypto = k->env->crypto;
	int64_t first = INT64_MAX;
	size_t which = 0;
	struct kf_finding *w;

	for (size_t i = 0; i < k->chain.num_chain; i++) {
		int64_t from, to;

		if (crypto->certificate_times(crypto->self, k->chain.chain[i],
					      &from, &to) && to < first) {
			first = to;
			which = i;
		}
	}
	if (first == INT64_MAX || first - k->env->now_s > MONTH_S)
		return;
	w = kf_warn(k->out, KF_REASON_CHAIN_ENDS_SOON, "OPENSSL-7");
	if (!w)
		return;
	kf_prove_certificate(w, which ? "issuer" : "signer",
			     k->chain.chain[which]);
	kf_prove(w, KF_EV_MOMENT, "not after")->value = (uint64_t)first;
}

/* revoked warns of a CRL that would refuse the bundle, if it were asked. */
static void revoked(struct rauc_case *k)
{
	struct kf_cms_trust strict = k->keyring;
	struct kf_cms_result result;
	struct kf_finding *w;

	strict.crls = true;
	k->status = k->env->crypto->cms_signer_chain(k->cms, &strict, &result,
						     k->env->arena);
	if (k->status != KF_OK || result.error != KF_CHAIN_REVOKED)
		return;
	w = kf_warn(k->out, KF_REASON_REVOCATION_IGNORED, "RAUC-6");
	if (w)
		kf_prove_certificate(w, "signer", result.certificate);
}

/* covers_little: the signature is over a part of the payload. RAUC-23 */
static void covers_little(struct rauc_case *k)
{
	struct kf_finding *w;

	if (!k->plain || !k->profile->short_content ||
	    k->bundle->layout.payload_len <= INT32_MAX)
		return;
	w = kf_warn(k->out, KF_REASON_PAYLOAD_NOT_COVERED, "RAUC-23");
	if (w)
		kf_prove_field(w, "length of the payload", 0,
			       k->bundle->layout.payload_len);
}

/* other_version: the device has a RAUC that was not run against these rules,
 * or it is not known which one it has. */
static void other_version(struct rauc_case *k)
{
	const char *version = k->trust->version;
	struct kf_bytes told = kf_text(k->profile->told), text;
	struct kf_finding *w;

	if (!version)
		return;
	text = kf_text(version);
	if (rauc_starts(text, k->profile->told) &&
	    (text.len == told.len || text.data[told.len] == '-'))
		return;
	w = kf_warn(k->out, KF_REASON_VERIFIER_NOT_RUN, NULL);
	if (w)
		kf_prove_text(w, text.len ? version
			      : "its version is not known");
}

void rauc_warn(struct rauc_case *k)
{
	other_version(k);
	if (k->out->answer != KF_ACCEPT)
		return;
	if (!k->trust->config.check_crl)
		revoked(k);
	if (k->trust->config.signing_time)
		(void)kf_warn(k->out, KF_REASON_SIGNING_TIME_TRUSTED,
			      "RAUC-9");
	else
		soon(k);
	if (k->manifest && k->manifest->install_check &&
	    k->trust->stage == RAUC_INSTALL)
		(void)kf_warn(k->out, KF_REASON_HOOK_DECIDES, "RAUC-17");
	if (k->trust->stage != RAUC_INSTALL)
		(void)kf_warn(k->out, KF_REASON_ONLY_LOOKED_AT, "RAUC-20");
	covers_little(k);
}
