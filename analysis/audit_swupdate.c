/* SWUpdate's keys and files: certificates that a signature brings, keys that
 * are not secret, devices that verify nothing or take what is old.
 *
 * Source: as of the rules in core/rules/swupdate.
 */
#include "audit.h"
#include "keys.h"

#include "core/reasons.h"
#include "core/swu.h"

/* look looks at one certificate. */
static void look(struct kf_audit *a, struct kf_bytes der,
		 const struct kf_audit_place *place)
{
	size_t used = a->env->arena->used;
	struct kf_certificate c;

	if (kf_audit_key_of(a, &c, der, place))
		kf_audit_end(a, &c, place);
	a->env->arena->used = used;
}

/* certificates looks at all that a CMS brings. */
static void certificates(struct kf_audit *a, struct kf_cms *cms, uint64_t at,
			 uint64_t len)
{
	const struct kf_audit_place place = {
		.where = { .kind = KF_EV_SIGNATURE, .name = "signature",
			   .signature = 1, .at = at, .len = len },
		.role = "certificate",
	};
	const struct kf_crypto *crypto = a->env->crypto;
	struct kf_arena *arena = a->env->arena;
	struct kf_cms_facts facts;

	a->status = crypto->cms_facts(cms, &facts, arena);
	for (size_t i = 0; a->status == KF_OK && i < facts.num_certificates;
	     i++) {
		size_t used = arena->used;
		struct kf_bytes der;

		a->status = crypto->cms_certificate(cms, i, &der, arena);
		if (a->status == KF_OK)
			look(a, der, &place);
		arena->used = used;
	}
}

void kf_audit_cms(struct kf_audit *a, struct kf_bytes der, uint64_t at)
{
	const struct kf_crypto *crypto = a->env->crypto;
	struct kf_cms *cms = NULL;

	a->status = crypto->cms_read(crypto->self, &cms, der);
	if (cms)
		certificates(a, cms, at, der.len);
	crypto->cms_close(cms);
}

void kf_audit_swu(struct kf_audit *a, const struct kf_source *source)
{
	struct kf_swu swu;

	a->status = kf_swu_read(&swu, source, a->env);
	if (a->status != KF_OK)
		return;
	if (swu.signature.len == 0) {
		a->unread(a->self, "the signature of sw-description",
			  "is not there, or too large");
		return;
	}
	kf_audit_cms(a, swu.signature, swu.file[1].data_at);
}

static void take_key(void *self, const struct kf_key_found *key)
{
	struct kf_audit *a = self;
	const struct kf_audit_place place = {
		.where = { .kind = KF_EV_STORE_PART, .name = "key",
			   .at = key->at, .len = key->len },
		.role = "certificate",
	};
	struct kf_key public;

	if (key->kind == KF_KEY_CERTIFICATE && key->der.len) {
		look(a, key->der, &place);
		return;
	}
	if (key->kind != KF_KEY_PUBLIC ||
	    a->env->crypto->key_read(a->env->crypto->self, &public,
				     key->bytes, a->env->arena) != KF_OK)
		return;
	kf_audit_key(a, kf_view(public.sha256.bytes, public.sha256.len),
		     key->at, key->len);
}

void kf_audit_swupdate(struct kf_audit *a, const struct kf_store *store)
{
	const struct kf_part *key = kf_store_part(store, "key");
	struct kf_bytes bytes;
	struct kf_source source;

	if (!key || key->presence == KF_ABSENT)
		kf_audit_part(a, KF_REASON_KEY_MISSING, "key",
			      "SWUpdate does not start without");
	if (!kf_store_setting(store, "no-downgrading"))
		kf_audit_part(a, KF_REASON_DOWNGRADE_ALLOWED, "key",
			      "no-downgrading is not set");
	if (!key || key->presence != KF_PRESENT)
		return;
	bytes = key->bytes;
	source = kf_bytes_source(&bytes);
	a->status = kf_keys_find(&source, a->env, take_key, a);
}
