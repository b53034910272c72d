/* What is allowed: by digest, or by a certificate that a signature leads to.
 * UEFI-63.
 *
 * First the firmware's db, unless MokDBState says to ignore it; then the lists
 * of the vendor; then the owner's MokList, in front of which shim puts the
 * vendor's own since 15.7; at last the vendor's certificate by itself.
 *
 * Source: rhboot/shim, verify.c (shim.c before 16.0):check_allowlist,
 * verify_one_signature; mok.c:mirror_one_mok_variable.
 */
#include "shim.h"

static const struct {
	enum shim_list_id list;
	bool sha1;
	enum shim_doubt doubt;
} steps[] = {
	{ SHIM_DB, true, SHIM_DOUBT_DB },
	{ SHIM_VENDOR_DB, false, SHIM_DOUBT_SHIM },
	{ SHIM_MOK, false, SHIM_DOUBT_MOK },
};

static void allow(struct shim_case *k, const struct shim_list *list,
		  const struct shim_entry *entry,
		  const struct shim_certificate *anchor,
		  const struct shim_signature *s)
{
	if (k->allowed_part)
		return;
	k->allowed_part = list->name;
	k->allowed_by = *entry;
	k->allowed_anchor = anchor;
	k->allowed = s;
}

static enum shim_look digest_allowed(struct shim_case *k,
				     enum shim_list_id id,
				     enum kf_digest_kind kind)
{
	struct shim_entry entry;
	enum shim_look look = shim_look_for_digest(k, id, kind, &entry);

	if (look == SHIM_HIT && !k->allowed_part)
		k->digest_kind = kind;
	if (look == SHIM_HIT)
		allow(k, &k->trust->list[id], &entry, NULL, NULL);
	return look;
}

/* learn keeps what came nearest: which certificate, and what it lacked. */
static void learn(struct shim_nearest *n, const struct kf_why *why,
		  const struct shim_certificate *c, const char *part)
{
	if (why->kind <= n->why.kind || why->kind == KF_WHY_UNREADABLE)
		return;
	n->reason = kf_pkcs7_reason(why->kind, &n->rule);
	n->why = *why;
	if (why->kind == KF_WHY_NO_PATH)
		return;
	n->anchor = c->entry;
	n->part = part;
}

static enum shim_look certificate_allowed(struct shim_case *k,
					  const struct shim_list *list,
					  struct shim_signature *s,
					  struct shim_nearest *n)
{
	struct kf_why why;

	for (size_t i = 0; i < list->num_certificates; i++) {
		const struct shim_certificate *c = &list->certificate[i];

		if (shim_authenticode(k, s, c, &why)) {
			allow(k, list, &c->entry, c, s);
			return SHIM_HIT;
		}
		if (k->status != KF_OK || k->fault != SHIM_END)
			return SHIM_STOPPED;
		learn(n, &why, c, list->name);
	}
	return shim_walked(k, list->end, list->name, list->stuck_at)
		? SHIM_NOTHING : SHIM_STOPPED;
}

/* ignored: is this list passed over? What is not known of that counts as its
 * worst, or as its best. */
static bool ignored(const struct shim_case *k, enum shim_list_id id)
{
	if (id != SHIM_DB)
		return false;
	return k->trust->doubts & 1u << SHIM_DOUBT_DB_STATE
		? shim_takes_worst(k, SHIM_DOUBT_DB_STATE)
		: k->trust->ignores_db;
}

static enum shim_look allowed_by(struct shim_case *k, size_t step,
				 struct shim_signature *s,
				 struct shim_nearest *n)
{
	enum shim_list_id id = steps[step].list;
	const struct shim_list *list = &k->trust->list[id];
	enum shim_look look;

	if (ignored(k, id))
		return SHIM_NOTHING;
	look = digest_allowed(k, id, KF_SHA256);
	if (look == SHIM_NOTHING && steps[step].sha1)
		look = digest_allowed(k, id, KF_SHA1);
	if (look == SHIM_NOTHING && s)
		look = certificate_allowed(k, list, s, n);
	if (look == SHIM_NOTHING && list->open &&
	    !shim_takes_worst(k, steps[step].doubt))
		return SHIM_HIT;
	return look;
}

/* vendor_allowed: the vendor's certificate, as it stands in shim. */
static enum shim_look vendor_allowed(struct shim_case *k,
				     struct shim_signature *s,
				     struct shim_nearest *n)
{
	const struct shim_certificate *c = &k->trust->vendor;
	static const struct shim_list own = { .name = "shim" };
	struct kf_why why;

	if (!c->entry.list)
		return SHIM_NOTHING;
	if (shim_authenticode(k, s, c, &why)) {
		allow(k, &own, &c->entry, c, s);
		return SHIM_HIT;
	}
	if (k->status != KF_OK || k->fault != SHIM_END)
		return SHIM_STOPPED;
	learn(n, &why, c, own.name);
	return SHIM_NOTHING;
}

enum shim_look shim_allowed(struct shim_case *k, struct shim_signature *s,
			    struct shim_nearest *n)
{
	enum shim_look look = SHIM_NOTHING;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (look == SHIM_NOTHING)
			look = allowed_by(k, i, s, n);
	if (look == SHIM_NOTHING && s)
		look = vendor_allowed(k, s, n);
	return look;
}
