/* What a device trusts, and how it is set.
 *
 * Anchors are trusted by themselves: the signature on them is never looked at,
 * and may be of any kind. Lists of what is forbidden may hold any key.
 */
#include "audit.h"
#include "entries.h"
#include "mode.h"

#include "core/reasons.h"
#include "core/variables.h"

#include <string.h>

/* in_lists tells whether lists hold the certificate with this SHA-256. */
static bool in_lists(struct kf_audit *a, struct kf_bytes lists,
		     const char *sha256)
{
	struct kf_entries walk = kf_entries_of(lists);
	struct kf_digest digest;
	struct kf_entry entry;

	while (kf_entries_next(&walk, &entry)) {
		if (!kf_same(entry.type, "x509"))
			continue;
		kf_digest_of(&digest, a->env->crypto, KF_SHA256, entry.data);
		if (kf_hex_is(sha256, kf_view(digest.bytes, digest.len)))
			return true;
	}
	return false;
}

/* succeeded tells of an authority of this part whose successors are not there.
 * Returns whether it is one that has any. */
static bool succeeded(struct kf_audit *a, const struct kf_certificate *c,
		      const struct kf_audit_place *place,
		      struct kf_bytes lists)
{
	const struct kf_authority *next;
	bool any = false;

	for (size_t i = 0; (next = kf_authority_at(i)); i++) {
		struct kf_finding f;

		if (!kf_same(place->where.name, next->part) ||
		    !kf_hex_is(next->sha256, kf_view(c->sha256.bytes,
						     c->sha256.len)))
			continue;
		any = true;
		if (in_lists(a, lists, next->successor_sha256))
			continue;
		kf_audit_start(&f, KF_REASON_SUCCESSOR_MISSING, place, c->der);
		kf_prove(&f, KF_EV_MOMENT, "ends")->value =
			(uint64_t)c->not_after_s;
		kf_prove_text(&f, next->successor);
		kf_prove_text(&f, next->purpose);
		kf_audit_give(a, &f);
	}
	return any;
}

/* rsa2048 looks at a bare key of 2048 bits, whose exponent is 65537.
 * Source: UEFI 2.10, 32.4.1 (EFI_CERT_RSA2048_GUID); RFC 8017, A.1.1. */
static void rsa2048(struct kf_audit *a, struct kf_bytes modulus,
		    const struct kf_audit_place *place)
{
	enum { MODULUS_LEN = 256 };
	static const uint8_t head[] = {
		0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86,
		0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03,
		0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82,
		0x01, 0x01, 0x00,
	};
	static const uint8_t tail[] = { 0x02, 0x03, 0x01, 0x00, 0x01 };
	uint8_t spki[sizeof(head) + MODULUS_LEN + sizeof(tail)];
	struct kf_digest digest;

	if (modulus.len != MODULUS_LEN)
		return;
	memcpy(spki, head, sizeof(head));
	memcpy(spki + sizeof(head), modulus.data, MODULUS_LEN);
	memcpy(spki + sizeof(head) + MODULUS_LEN, tail, sizeof(tail));
	kf_digest_of(&digest, a->env->crypto, KF_SHA256,
		     kf_view(spki, sizeof(spki)));
	kf_audit_key(a, kf_view(digest.bytes, digest.len), place->where.at,
		     MODULUS_LEN);
}

static void look_at_entry(struct kf_audit *a, const struct kf_part *part,
			  const struct kf_entry *entry)
{
	struct kf_audit_place place = {
		.where = { .kind = KF_EV_STORE_ENTRY, .name = part->name,
			   .list = entry->list, .entry = entry->number,
			   .at = entry->at, .len = entry->data.len,
			   .bytes = entry->data },
		.role = part->name[0] ? part->name : "certificate",
	};
	struct kf_certificate c;

	if (kf_same(entry->type, "rsa2048"))
		rsa2048(a, entry->data, &place);
	if (!kf_same(entry->type, "x509") ||
	    !kf_audit_key_of(a, &c, entry->data, &place))
		return;
	/* A platform key that has ended works as before, and has no
	 * successor but by its own signature. */
	if (!succeeded(a, &c, &place, part->bytes) && !kf_same(part->name, "pk"))
		kf_audit_end(a, &c, &place);
}

static void look_at_lists(struct kf_audit *a, const struct kf_part *part)
{
	struct kf_entries walk = kf_entries_of(part->bytes);
	size_t used = a->env->arena->used;
	struct kf_entry entry;

	while (a->status == KF_OK && kf_entries_next(&walk, &entry)) {
		look_at_entry(a, part, &entry);
		a->env->arena->used = used;
	}
	if (walk.damage.field)
		a->unread(a->self, part->name[0] ? part->name : "the lists",
			  "is damaged: what comes behind was not looked at");
}

void kf_audit_lists(struct kf_audit *a, struct kf_bytes lists)
{
	const struct kf_part part = { .name = "", .bytes = lists };

	look_at_lists(a, &part);
}

static void setting(struct kf_audit *a, const struct kf_mode *mode)
{
	struct kf_finding f = { .reason = mode->reason };

	kf_prove(&f, KF_EV_SETTING, mode->name)->text = mode->value;
	kf_audit_give(a, &f);
}

/* on tells of a variable that is 1. */
static void on(struct kf_audit *a, const struct kf_store *store,
	       const char *part, enum kf_reason_id reason, const char *name)
{
	const struct kf_mode mode = { &kf_reasons[reason], name, "1" };

	if (kf_mode_set(store, part, 1))
		setting(a, &mode);
}

static void modes(struct kf_audit *a, const struct kf_store *store)
{
	const struct kf_mode mode = kf_mode_of(store);

	if (mode.reason)
		setting(a, &mode);
	on(a, store, "custom-mode", KF_REASON_CUSTOM_MODE, "CustomMode");
	on(a, store, "mok-sb-state", KF_REASON_MOK_VALIDATION_OFF,
	   "MokSBState");
	on(a, store, "mok-db-state", KF_REASON_DB_IGNORED, "MokDBState");
}

/* lists_trust tells whether a part lists what is trusted. */
static bool lists_trust(const char *name)
{
	static const char *const names[] = { "pk", "kek", "db", "dbt", "mok",
					     "mok-rt" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (kf_same(name, names[i]))
			return true;
	return false;
}

static bool was_seen(const struct kf_store *seen, const struct kf_part *part)
{
	const struct kf_part *old = seen ? kf_store_part(seen, part->name)
					 : NULL;

	return old && old->presence == part->presence &&
	       kf_equal(old->bytes, part->bytes);
}

/* not_known: in a store that is whole, what is hidden could not be there. */
static void not_known(struct kf_audit *a, const struct kf_store *store,
		      const char *name)
{
	const struct kf_variable *variable = kf_variable_of(name);

	if (store->complete && variable && variable->hidden)
		a->untold(a->self, name);
	else
		a->unread(a->self, name, "is not known");
}

/* own: verifiers whose stores have a file of their own to look at them. */
static const struct {
	const char *name;
	void (*look)(struct kf_audit *a, const struct kf_store *store);
} own[] = {
	{ "fwupd", kf_audit_fwupd },
	{ "mcuboot", kf_audit_mcuboot },
	{ "rauc", kf_audit_rauc },
	{ "swupdate", kf_audit_swupdate },
};

/* is_firmware tells whether a store is of UEFI firmware, which has modes and
 * dbx. */
static bool is_firmware(const struct kf_store *store,
			const struct kf_verifier *verifier)
{
	return verifier ? kf_same(verifier->family, "UEFI")
			: !kf_store_part(store, "dtb") &&
			  !kf_store_part(store, "key");
}

/* look_at_part looks at a part that is there, by its name. */
static void look_at_part(struct kf_audit *a, const struct kf_part *part)
{
	if (lists_trust(part->name))
		look_at_lists(a, part);
	else if (kf_same(part->name, "dtb"))
		kf_audit_fit_keys(a, part->bytes);
	else if (kf_same(part->name, "key"))
		kf_audit_mcuboot_keys(a, part->bytes);
}

void kf_audit_store(struct kf_audit *a, const struct kf_store *store,
		    const struct kf_verifier *verifier,
		    const struct kf_store *seen)
{
	for (size_t i = 0; verifier && i < sizeof(own) / sizeof(own[0]); i++)
		if (kf_same(own[i].name, verifier->name)) {
			own[i].look(a, store);
			return;
		}
	for (size_t i = 0; i < store->num_parts && a->status == KF_OK; i++) {
		const struct kf_part *part = &store->part[i];

		if (was_seen(seen, part))
			continue;
		if (part->presence == KF_UNKNOWN)
			not_known(a, store, part->name);
		else if (part->presence == KF_PRESENT)
			look_at_part(a, part);
	}
	if (a->status != KF_OK || seen || !is_firmware(store, verifier))
		return;
	modes(a, store);
	if (a->status == KF_OK)
		kf_audit_old(a, store);
}
