/* What is forbidden: by digest, or by a certificate that a signature leads to.
 * UEFI-62.
 *
 * First what the vendor revoked, then the firmware's dbx, then the owner's
 * MokListX. Digests of certificates are not looked at, nor is dbt.
 *
 * Source: rhboot/shim, verify.c (shim.c before 16.0):check_denylist.
 */
#include "shim.h"

static const struct {
	enum shim_list_id list;
	bool sha1;
	enum shim_doubt doubt;
} steps[] = {
	{ SHIM_VENDOR_DBX, true, SHIM_DOUBT_SHIM },
	{ SHIM_DBX, true, SHIM_DOUBT_DBX },
	{ SHIM_MOKX, false, SHIM_DOUBT_MOKX },
};

/* digest_denied looks the image's digest up. */
static enum shim_look digest_denied(struct shim_case *k, enum shim_list_id id,
				    enum kf_digest_kind kind,
				    struct kf_finding *why)
{
	const struct kf_digest *d = &k->image->digest[kind];
	struct shim_entry entry;
	enum shim_look look = shim_look_for_digest(k, id, kind, &entry);

	if (look != SHIM_HIT)
		return look;
	kf_find(why, KF_REASON_IMAGE_HASH_REVOKED, "UEFI-62");
	kf_prove(why, KF_EV_DIGEST, kf_digest_name(kind))->bytes =
		kf_view(d->bytes, d->len);
	shim_prove_entry(why, &k->trust->list[id], &entry);
	return SHIM_HIT;
}

/* certificate_denied: does the signature lead to a certificate of the list? */
static enum shim_look certificate_denied(struct shim_case *k,
					 enum shim_list_id id,
					 struct shim_signature *s,
					 struct kf_finding *why)
{
	const struct shim_list *list = &k->trust->list[id];
	struct kf_why not_by;

	for (size_t i = 0; i < list->num_certificates; i++) {
		const struct shim_certificate *c = &list->certificate[i];

		if (shim_authenticode(k, s, c, &not_by)) {
			kf_find(why, KF_REASON_CERTIFICATE_REVOKED, "UEFI-62");
			kf_prove_signature(why, s->number, s->at, s->len);
			kf_prove_certificate(why, "revoked certificate",
					     c->entry.data);
			shim_prove_entry(why, list, &c->entry);
			return SHIM_HIT;
		}
		if (k->status != KF_OK || k->fault != SHIM_END)
			return SHIM_STOPPED;
	}
	return shim_walked(k, list->end, list->name, list->stuck_at)
		? SHIM_NOTHING : SHIM_STOPPED;
}

/* denied_by goes through one list. What is not known of it forbids the image
 * at worst. */
static enum shim_look denied_by(struct shim_case *k, size_t step,
				struct shim_signature *s,
				struct kf_finding *why)
{
	enum shim_list_id id = steps[step].list;
	enum shim_look look = digest_denied(k, id, KF_SHA256, why);

	if (look == SHIM_NOTHING && steps[step].sha1)
		look = digest_denied(k, id, KF_SHA1, why);
	if (look == SHIM_NOTHING && s)
		look = certificate_denied(k, id, s, why);
	if (look != SHIM_NOTHING || !k->trust->list[id].open ||
	    !shim_takes_worst(k, steps[step].doubt))
		return look;
	kf_find(why, KF_REASON_STORE_PART_UNKNOWN, NULL);
	return SHIM_HIT;
}

enum shim_look shim_denied(struct shim_case *k, struct shim_signature *s,
			   struct kf_finding *why)
{
	enum shim_look look = SHIM_NOTHING;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (look == SHIM_NOTHING)
			look = denied_by(k, i, s, why);
	return look;
}
