/* FIT-6, FIT-7, FIT-13: which signatures are required, and by whose keys.
 *
 * Source: U-Boot 2023.01, boot/image-fit-sig.c:
 * fit_config_verify_required_keys, fit_config_verify_key,
 * fit_image_verify_required_sigs, fit_image_verify_sig;
 * lib/rsa/rsa-verify.c: rsa_verify_hash.
 */
#include "u_boot_fit.h"

/* usable tells whether a signature can be held against a key at all; `why`
 * says why not. */
static bool usable(struct fit_case *k, const struct fit_signature *s,
		   struct kf_finding *why)
{
	*why = s->unfit;
	if (s->unfit.reason)
		return false;
	if (!s->pss || k->trust->pss || k->profile->late_padding)
		return true;
	kf_find(why, KF_REASON_KEY_ALGORITHM_UNSUPPORTED, "FIT-8");
	kf_prove_signature(why, s->number, s->value_at, s->value.len);
	kf_prove_text(why, "this U-Boot was built without the padding pss");
	return false;
}

/* tell words why a signature is not by a key. */
static void tell(struct fit_case *k, struct kf_finding *why,
		 enum kf_reason_id reason, const char *rule, uint32_t node,
		 const struct fit_trusted *key)
{
	struct kf_evidence *e;

	kf_find(why, reason, rule);
	fit_prove_node(why, &k->file->fdt, node);
	kf_prove_text(why, (const char *)key->key->name.data);
	e = kf_prove(why, KF_EV_STORE_PART, "dtb");
	e->at = k->trust->fdt.node[key->key->node].at;
	if (reason == KF_REASON_KEY_UNUSABLE && key->unfit)
		kf_prove(why, KF_EV_SETTING, "key")->text = key->unfit;
}

static const char *rule_of(enum kf_reason_id reason)
{
	return reason == KF_REASON_REQUIRED_SIGNATURE_INVALID ? "FIT-12"
							      : "FIT-11";
}

/* by_key looks for a signature by one key. */
static bool by_key(struct fit_case *k, const struct fit_signature *list,
		   uint32_t num, const struct fit_trusted *key,
		   uint32_t node, struct kf_finding *why)
{
	enum kf_reason_id reason;

	if (num == 0)
		tell(k, why, KF_REASON_REQUIRED_SIGNATURE_MISSING, "FIT-7",
		     node, key);
	for (uint32_t i = 0; k->status == KF_OK && i < num; i++) {
		if (!usable(k, &list[i], why))
			continue;
		if (fit_key_verifies(k, &list[i], key, &reason)) {
			k->by = &list[i];
			k->cut |= list[i].cut;
			k->key = key;
			return true;
		}
		tell(k, why, reason, rule_of(reason), node, key);
	}
	return false;
}

static bool wanted(const struct fit_case *k, const struct fit_trusted *key,
		   const char *what)
{
	return k->every || kf_equal(key->key->required, kf_text(what));
}

/* no_key: asked what a device would say that requires a signature, one that
 * has no key says no. */
static bool no_key(struct fit_case *k)
{
	return fit_refuse(k, KF_REASON_NO_KEY, "FIT-22",
			  k->configuration->node,
			  k->trust->keys.has_signature
			  ? "its /signature has no key"
			  : "it has no /signature");
}

bool fit_require_configuration(struct fit_case *k)
{
	const struct fit_configuration *c = k->configuration;
	bool any = k->trust->any || k->every;
	struct kf_finding why = { 0 };
	uint32_t required = 0, good = 0;

	for (uint32_t i = 0; i < k->trust->keys.num_keys &&
	     good == required * !any; i++) {
		const struct fit_trusted *key = &k->trust->trusted[i];

		if (!wanted(k, key, "conf"))
			continue;
		required++;
		good += by_key(k, c->signature, c->num_signatures, key,
			       c->node, &why);
	}
	if (k->status != KF_OK)
		return false;
	if (required == 0)
		return !k->every || no_key(k);
	if (any ? good : good == required)
		return true;
	k->out->answer = KF_REJECT;
	k->out->why = why;
	return false;
}

/* by_any looks for a signature by any key of the device, the required ones or
 * not. */
static bool by_any(struct fit_case *k, const struct fit_image *image,
		   const struct fit_trusted *key, struct kf_finding *why)
{
	enum kf_reason_id reason;

	if (image->num_signatures == 0)
		tell(k, why, KF_REASON_REQUIRED_SIGNATURE_MISSING, "FIT-13",
		     image->node, key);
	for (uint32_t i = 0; i < image->num_signatures; i++) {
		const struct fit_signature *s = &image->signature[i];

		if (!usable(k, s, why))
			continue;
		for (uint32_t n = 0; n < k->trust->keys.num_keys; n++)
			if (fit_key_verifies(k, s, &k->trust->trusted[n],
					     &reason))
				return true;
		tell(k, why, KF_REASON_REQUIRED_SIGNATURE_INVALID, "FIT-13",
		     image->node, key);
	}
	return false;
}

bool fit_require_image(struct fit_case *k, const struct fit_image *image)
{
	struct kf_finding why = { 0 };

	for (uint32_t i = 0; !k->every && i < k->trust->keys.num_keys; i++) {
		const struct fit_trusted *key = &k->trust->trusted[i];

		if (!wanted(k, key, "image"))
			continue;
		if (k->status == KF_OK && by_any(k, image, key, &why))
			continue;
		k->out->answer = KF_REJECT;
		k->out->why = why;
		return false;
	}
	return k->status == KF_OK;
}
