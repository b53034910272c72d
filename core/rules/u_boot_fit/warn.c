/* FIT-22: what rides on a verdict, and what became of each signature.
 *
 * Source: as of the steps that found it.
 */
#include "u_boot_fit.h"

/* by_some tells whether a signature is by a key of the device. */
static bool by_some(struct fit_case *k, const struct fit_signature *s)
{
	enum kf_reason_id why;

	for (uint32_t i = 0; i < k->trust->keys.num_keys; i++)
		if (fit_key_verifies(k, s, &k->trust->trusted[i], &why))
			return true;
	return false;
}

/* list_one tells of one signature of the configuration. */
static void list_one(struct fit_case *k, const struct fit_signature *s)
{
	struct kf_signature_result *r;

	if (k->out->num_signatures == KF_SIGNATURES_MAX)
		return;
	r = &k->out->signature[k->out->num_signatures++];
	r->number = s->number;
	r->at = s->value_at;
	r->len = s->value.len;
	r->digest = s->digest.len ? kf_digest_name(s->kind) : NULL;
	r->algorithm = s->pss ? "RSA-PSS" : "RSA";
	r->revocation_known = r->looked_at = true;
	r->trust_known = k->trust->presence != KF_UNKNOWN;
	r->reason = s->unfit.reason;
	r->rule = s->unfit.rule;
	if (s->unfit.reason || !r->trust_known || (s->pss && !k->trust->pss))
		return;
	r->trusted = by_some(k, s);
	if (r->trusted)
		return;
	r->reason = &kf_reasons[KF_REASON_REQUIRED_SIGNATURE_INVALID];
	r->rule = "FIT-12";
}

/* fit_prove_accept tells which key stands behind an accept. */
void fit_prove_accept(struct fit_case *k)
{
	struct kf_finding *why = &k->out->why;
	struct kf_evidence *e;

	if (k->out->answer != KF_ACCEPT || !k->key || k->out->not_enforced)
		return;
	why->rule = "FIT-7";
	fit_prove_node(why, &k->file->fdt, k->by->node);
	kf_prove_signature(why, k->by->number, k->by->value_at,
			   k->by->value.len);
	e = kf_prove(why, KF_EV_STORE_PART, "dtb");
	e->at = k->trust->fdt.node[k->key->key->node].at;
	kf_prove_text(why, (const char *)k->key->key->name.data);
}

void fit_list_signatures(struct fit_case *k)
{
	const struct fit_configuration *c = k->configuration;

	for (uint32_t i = 0; c && k->status == KF_OK && i < c->num_signatures;
	     i++)
		list_one(k, &c->signature[i]);
}

static void warn_weak(struct fit_case *k)
{
	struct kf_finding *w = kf_warn(k->out, KF_REASON_WEAK_IMAGE_HASH,
				       "FIT-15");

	if (!w)
		return;
	fit_prove_node(w, &k->file->fdt, k->weak->node);
	kf_prove_text(w, "md5, sha1 or a checksum");
}

/* not_run: nobody held these rules against the U-Boot of this device. */
static void not_run(struct fit_case *k)
{
	struct kf_finding *w = k->trust->not_run
		? kf_warn(k->out, KF_REASON_VERIFIER_NOT_RUN, NULL) : NULL;

	if (w)
		kf_prove_text(w, k->trust->not_run);
}

void fit_warn(struct fit_case *k)
{
	struct kf_finding *w;

	not_run(k);
	if (k->out->answer != KF_ACCEPT)
		return;
	if (!k->out->not_enforced && k->trust->num_conf == 0 &&
	    k->trust->num_image) {
		w = kf_warn(k->out, KF_REASON_CONFIGURATION_FREE, "FIT-13");
		if (w)
			kf_prove(w, KF_EV_STORE_PART, "dtb");
	}
	if (k->weak && !k->out->not_enforced)
		warn_weak(k);
}
