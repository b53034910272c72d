/* What would let an update of an EFI variable through: written otherwise, the
 * one that is published for this device, or an authority in kek.
 */
#include "remedy_try.h"

#include "change.h"
#include "known.h"

/* write_otherwise: as the signature wants it, where that was what is wrong. A
 * device that asks for no signature would take it for any variable. */
static void write_otherwise(struct kf_attempt *a)
{
	static const struct {
		const char *reason, *name, *value;
	} ways[] = {
		{ "update-attributes", "attributes", "0x67" },
		{ "update-attributes", "attributes", "0x27" },
		{ "update-attributes-not-signed", "attributes", "0x67" },
		{ "update-attributes-not-signed", "attributes", "0x27" },
		{ "update-other-variable", "variable", "db" },
		{ "update-other-variable", "variable", "dbx" },
		{ "update-other-variable", "variable", "dbt" },
		{ "update-other-variable", "variable", "KEK" },
		{ "update-other-variable", "variable", "PK" },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct kf_remedy *r;

		if (a->num == a->max || a->status != KF_OK)
			return;
		if (!kf_is_why(a, ways[i].reason))
			continue;
		r = kf_offer(a, KF_WRITE_OTHERWISE);
		r->setting = ways[i].name;
		r->value = ways[i].value;
		if (kf_try_setting(a, r->setting, r->value))
			return;
		a->num--;
	}
}

/* brings_new_kek tells whether an update is one of KEK that brings what all
 * the published ones do. */
static bool brings_new_kek(struct kf_attempt *a)
{
	const char *variable = kf_store_setting(a->store, "variable");
	const struct kf_variable *v = variable ? kf_change_target(variable)
					       : NULL;
	struct kf_store alone = { .complete = true };
	struct kf_change change;
	struct kf_bytes file;
	size_t used = a->env->arena->used;
	bool brings = false;

	if (!v || !kf_equal(kf_text(v->part), kf_text("kek")))
		return false;
	a->status = kf_source_keep(&file, a->artifact->source, a->env, 0,
				   a->artifact->source->size);
	if (a->status == KF_OK)
		a->status = kf_change_update(&change, file, a->env);
	if (a->status == KF_OK) {
		struct kf_part part = { .name = "kek",
					.presence = KF_PRESENT,
					.bytes = change.value };

		a->status = kf_store_put(&alone, &part)
			? kf_store_lists(&brings, &alone, "kek", KF_NEW_KEK,
					 a->env->crypto)
			: KF_NO_MEMORY;
	}
	a->env->arena->used = used;
	return brings;
}

/* by_platform_key: the same update, signed by this device's platform key. For
 * many of them it is published; else the key's holder has to sign it. */
static void by_platform_key(struct kf_attempt *a)
{
	struct kf_bytes pk = kf_store_pk(a->store);
	struct kf_digest sha1;
	struct kf_remedy *r;
	bool new_kek;

	if (pk.len == 0 || a->num == a->max)
		return;
	new_kek = brings_new_kek(a);
	kf_digest_of(&sha1, a->env->crypto, KF_SHA1, pk);
	if (sha1.len == 0)
		a->status = KF_NO_CRYPTO;
	r = kf_offer(a, KF_SIGN_UNDER);
	r->part = "pk";
	r->certificate = pk;
	r->kek_update = new_kek ? kf_published_kek(&sha1) : NULL;
	if (r->kek_update)
		r->kind = KF_TAKE_PUBLISHED;
	else if (new_kek)
		r->caution = "none is published for this platform key, as of 2026-07-15";
	if (a->status != KF_OK ||
	    !kf_try_file(a, a->artifact->source, &r->certificate, 1))
		a->num--;
	/* A PK that is no certificate signs nothing. */
	if (a->status == KF_WRONG_USE)
		a->status = KF_OK;
}

void kf_remedies_of_update(struct kf_attempt *a)
{
	write_otherwise(a);
	if (a->status == KF_OK && kf_is_why(a, "update-pk-not-identical"))
		by_platform_key(a);
	if (a->status != KF_OK || !kf_is_why(a, "update-not-authorized"))
		return;
	kf_remedy_enrol(a, "kek");
	if (a->num && !a->out[0].kek_update)
		a->out[0].caution = "the platform key has to sign that first, and PCR 7 is another one then: what is sealed to it asks for its recovery key";
}
