/* Two bills: what differs; and whether every key of one is approved by the
 * other.
 */
#include "bom.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* is_called tells whether a file calls a key by this digest: of RSA it is
 * `also`, of others the id. */
static bool is_called(const struct kf_bom_item *key, const char *digest)
{
	return digest && (key->also ? same(key->also, digest)
				    : same(key->id, digest));
}

/* is_same tells whether two things are one: they go by the same digest, or one
 * of them stands for a file that calls the other by it. */
static bool is_same(const struct kf_bom_item *a, const struct kf_bom_item *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->id || b->id || a->kind != KF_BOM_KEY)
		return same(a->id, b->id) ||
		       (a->called_by && is_called(b, a->also)) ||
		       (b->called_by && is_called(a, b->also));
	return a->also || b->also ? same(a->also, b->also)
		: a->called_by && b->called_by && same(a->name, b->name);
}

/* find looks for a thing in another bill; NULL: it is not there. */
static const struct kf_bom_item *find(const struct kf_bom *in,
				      const struct kf_bom_item *what)
{
	for (size_t i = 0; i < in->num; i++)
		if (is_same(&in->item[i], what))
			return &in->item[i];
	return NULL;
}

struct telling {
	void (*tell)(void *self, const struct kf_bom_change *change);
	void *self;
	size_t num;
};

static void tell(struct telling *t, const struct kf_bom_change *change)
{
	t->num++;
	t->tell(t->self, change);
}

static void changed(struct telling *t, const struct kf_bom_item *old,
		    const struct kf_bom_item *new, const char *what,
		    const char *was, const char *is)
{
	const struct kf_bom_change change = {
		.turn = KF_BOM_CHANGED, .old = old, .new = new, .what = what,
		.was = was ? was : "", .is = is ? is : "",
	};

	if (strcmp(change.was, change.is) != 0)
		tell(t, &change);
}

/* kind_differs tells what differs among things of one kind. */
static void kind_differs(struct telling *t, enum kf_bom_kind kind,
			 const struct kf_bom *old, const struct kf_bom *new)
{
	for (size_t i = 0; i < old->num; i++) {
		const struct kf_bom_item *was = &old->item[i];

		if (was->kind == kind && !find(new, was))
			tell(t, &(struct kf_bom_change){
				.turn = KF_BOM_WENT, .old = was });
	}
	for (size_t i = 0; i < new->num; i++) {
		const struct kf_bom_item *is = &new->item[i];
		const struct kf_bom_item *was;

		if (is->kind != kind)
			continue;
		was = find(old, is);
		if (!was) {
			tell(t, &(struct kf_bom_change){
				.turn = KF_BOM_CAME, .new = is });
			continue;
		}
		changed(t, was, is, "state", kf_bom_state_name(was->state),
			kf_bom_state_name(is->state));
		changed(t, was, is, "replaced by", was->replaced_by,
			is->replaced_by);
		changed(t, was, is, "use", was->forbidden ? "forbidden"
			: "used", is->forbidden ? "forbidden" : "used");
	}
}

size_t kf_bom_diff(const struct kf_bom *old, const struct kf_bom *new,
		   void (*tell_one)(void *self,
				    const struct kf_bom_change *change),
		   void *self)
{
	struct telling t = { .tell = tell_one, .self = self };

	kind_differs(&t, KF_BOM_KEY, old, new);
	kind_differs(&t, KF_BOM_CERTIFICATE, old, new);
	kind_differs(&t, KF_BOM_ALGORITHM, old, new);
	return t.num;
}

const char *kf_bom_slug(enum kf_bom_verdict verdict)
{
	static const char *const slugs[KF_NUM_BOM_VERDICTS] = {
		[KF_BOM_APPROVED] = "approved",
		[KF_BOM_NOT_LISTED] = "not-on-bill",
		[KF_BOM_CERTIFICATE_NOT_LISTED] = "certificate-not-on-bill",
		[KF_BOM_NOT_YET] = "pre-activation",
		[KF_BOM_IS_SUSPENDED] = "suspended",
		[KF_BOM_IS_DEACTIVATED] = "deactivated",
		[KF_BOM_IS_COMPROMISED] = "compromised",
		[KF_BOM_IS_DESTROYED] = "destroyed",
		[KF_BOM_IS_REVOKED] = "revoked",
		[KF_BOM_IS_REPLACED] = "replaced",
		[KF_BOM_HAS_ENDED] = "ended",
		[KF_BOM_NOT_TOLD] = "signer-not-told",
	};

	return slugs[verdict];
}

/* standing is what a bill says of a thing that is on it. */
static enum kf_bom_verdict standing(const struct kf_bom_item *on, int64_t at_s)
{
	static const enum kf_bom_verdict verdicts[KF_NUM_BOM_STATES] = {
		[KF_BOM_UNSAID] = KF_BOM_APPROVED,
		[KF_BOM_PRE_ACTIVATION] = KF_BOM_NOT_YET,
		[KF_BOM_ACTIVE] = KF_BOM_APPROVED,
		[KF_BOM_SUSPENDED] = KF_BOM_IS_SUSPENDED,
		[KF_BOM_DEACTIVATED] = KF_BOM_IS_DEACTIVATED,
		[KF_BOM_COMPROMISED] = KF_BOM_IS_COMPROMISED,
		[KF_BOM_DESTROYED] = KF_BOM_IS_DESTROYED,
		[KF_BOM_REVOKED] = KF_BOM_IS_REVOKED,
	};

	if (on->forbidden)
		return KF_BOM_NOT_LISTED;
	if (verdicts[on->state] != KF_BOM_APPROVED)
		return verdicts[on->state];
	if (on->replaced_by)
		return KF_BOM_IS_REPLACED;
	return on->has_end && at_s >= on->end_s ? KF_BOM_HAS_ENDED
						: KF_BOM_APPROVED;
}

/* other_certificate: is its key on the bill, under another certificate or by
 * itself? */
static bool other_certificate(const struct kf_bom *release,
			      const struct kf_bom *approved,
			      const struct kf_bom_item *certificate)
{
	const struct kf_bom_item *key = kf_bom_by_ref(release,
							 certificate->key_ref);

	return key && key->kind == KF_BOM_KEY && find(approved, key);
}

/* hold holds one thing against the bill. */
static void hold(struct kf_bom_checked *out, const struct kf_bom *release,
		 const struct kf_bom *approved, const struct kf_bom_item *item,
		 int64_t at_s)
{
	*out = (struct kf_bom_checked){ .item = item };
	if (item->kind == KF_BOM_SIGNATURE) {
		out->verdict = KF_BOM_NOT_TOLD;
		return;
	}
	/* A name is nobody's word. */
	if (item->kind == KF_BOM_KEY && !item->id && !item->also) {
		out->verdict = KF_BOM_NOT_TOLD;
		return;
	}
	out->approved = item->id || item->also ? find(approved, item) : NULL;
	if (out->approved)
		out->verdict = standing(out->approved, at_s);
	else if (item->kind == KF_BOM_CERTIFICATE &&
		 other_certificate(release, approved, item))
		out->verdict = KF_BOM_CERTIFICATE_NOT_LISTED;
	else
		out->verdict = KF_BOM_NOT_LISTED;
}

size_t kf_bom_check(const struct kf_bom *release, const struct kf_bom *approved,
		    int64_t at_s,
		    void (*tell_one)(void *self,
				     const struct kf_bom_checked *checked),
		    void *self)
{
	struct kf_bom_checked checked;
	size_t num = 0;

	for (size_t i = 0; i < release->num; i++) {
		const struct kf_bom_item *item = &release->item[i];

		if (item->forbidden || !item->kind ||
		    item->kind == KF_BOM_ALGORITHM ||
		    (item->kind == KF_BOM_SIGNATURE && !item->unsigned_by))
			continue;
		hold(&checked, release, approved, item, at_s);
		num++;
		tell_one(self, &checked);
	}
	return num;
}
