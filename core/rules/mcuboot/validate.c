/* What bootutil asks of one image: digest, key ids, signatures, counter, in
 * one walk through its entries. MCUBOOT-9, MCUBOOT-10, MCUBOOT-19,
 * MCUBOOT-21, MCUBOOT-23, MCUBOOT-24, MCUBOOT-33.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/image_validate.c:
 * bootutil_img_validate, bootutil_check_for_pure, allowed_unprot_tlvs.
 */
#include "mcuboot.h"

#include <string.h>

enum { AREA_RANK = 3, ENTRY_RANK = 5, DIGEST_RANK = 7, COUNTER_RANK = 30 };

static const uint16_t hash_types[MCUBOOT_HASHES] = {
	KF_MCUBOOT_SHA256, KF_MCUBOOT_SHA384, KF_MCUBOOT_SHA512,
};

static const uint8_t hash_lens[MCUBOOT_HASHES] = { 32, 48, 64 };

static bool malformed(struct mcuboot_case *k, const char *rule,
		      const char *field, uint64_t at)
{
	if (k->run.why.reason)
		return false;
	mcuboot_refuse(k, KF_REASON_IMAGE_MALFORMED, rule, AREA_RANK);
	kf_prove_field(&k->run.why, field, at, 0);
	return false;
}

/* is_pure: the first entry that says so, and what it says. MCUBOOT-19. */
static bool is_pure(struct mcuboot_case *k, const struct mcuboot_image *m)
{
	struct mcuboot_walk w;

	if (mcuboot_walk_start(&w, m, false) &&
	    mcuboot_walk_find(&w, KF_MCUBOOT_SIG_PURE) == MCUBOOT_ENTRY &&
	    w.entry.len == 1 && w.entry.value.len && w.entry.value.data[0] == 1)
		return true;
	if (!k->run.why.reason)
		mcuboot_refuse(k, KF_REASON_SIGNATURE_NOT_PURE, "MCUBOOT-19",
			       ENTRY_RANK);
	return false;
}

/* is_allowed tells whether an entry may stand outside the protected area of a
 * build that has a list of those. MCUBOOT-21. */
static bool is_allowed(struct mcuboot_case *k, uint16_t type)
{
	static const uint16_t types[] = {
		KF_MCUBOOT_KEYHASH, KF_MCUBOOT_PUBKEY, KF_MCUBOOT_SHA256,
		KF_MCUBOOT_SHA384, KF_MCUBOOT_SHA512, KF_MCUBOOT_RSA2048,
		KF_MCUBOOT_ECDSA224, KF_MCUBOOT_ECDSA, KF_MCUBOOT_RSA3072,
		KF_MCUBOOT_ED25519, KF_MCUBOOT_ENC_RSA2048,
		KF_MCUBOOT_ENC_KW, KF_MCUBOOT_ENC_EC256,
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (type == types[i])
			return true;
	if (type == KF_MCUBOOT_SIG_PURE)
		return mcuboot_pure(k);
	return type == (k->device->hmac_sha512 ? KF_MCUBOOT_ENC_X25519_SHA512
					       : KF_MCUBOOT_ENC_X25519);
}

static bool listed(struct mcuboot_case *k, const struct mcuboot_walk *w)
{
	const char *name = kf_mcuboot_type_name(w->entry.type);

	if (w->entry.at < w->protected_end ||
	    is_allowed(k, w->entry.type) ||
	    !mcuboot_is(k, MCUBOOT_Q_ALLOW_LIST))
		return true;
	if (k->run.why.reason)
		return false;
	mcuboot_refuse(k, KF_REASON_ENTRY_NOT_ALLOWED, "MCUBOOT-21",
		       ENTRY_RANK);
	kf_prove_field(&k->run.why, name ? name : "entry",
		       w->entry.at, w->entry.len);
	kf_prove_value(&k->run.why, w->entry.type, 0);
	return false;
}

/* is_decrypted tells whether what counts is what the device decrypts.
 * MCUBOOT-33. */
static bool is_decrypted(const struct mcuboot_case *k,
			 const struct mcuboot_checks *c)
{
	return c->slot->secondary && mcuboot_is_encrypted(c->slot->image) &&
	       k->run.decrypts;
}

/* take_plain finds what counts as the digest of what comes out: it is computed,
 * or taken from what the image says of itself. That may be wrong. */
static void take_plain(struct mcuboot_case *k, const struct mcuboot_checks *c)
{
	const unsigned hash = mcuboot_hash_kind(k);
	struct mcuboot_walk w;

	if (k->device->has_private == KF_PRESENT) {
		k->assumed = k->plain[hash];
		return;
	}
	if (!mcuboot_walk_start(&w, c->slot->image, false) ||
	    mcuboot_walk_find(&w, hash_types[hash]) != MCUBOOT_ENTRY ||
	    w.entry.len != hash_lens[hash] ||
	    w.entry.value.len != w.entry.len ||
	    mcuboot_is(k, MCUBOOT_Q_PLAIN))
		return;
	memcpy(k->assumed.bytes, w.entry.value.data, w.entry.len);
	k->assumed.len = w.entry.len;
	k->run.assumed_digest = true;
}

/* take_digest holds a digest against the image's own. MCUBOOT-10. */
static bool take_digest(struct mcuboot_case *k, struct mcuboot_checks *c,
			const struct kf_mcuboot_entry *e)
{
	const size_t len = hash_lens[mcuboot_hash_kind(k)];
	const struct kf_digest *d = is_decrypted(k, c)
		? &k->assumed : &c->slot->image->hash[mcuboot_hash_kind(k)];

	if (e->len == len && kf_equal(e->value, kf_view(d->bytes, d->len))) {
		if (!MCUBOOT_ONE_BUILD)
			memcpy(c->buffer, d->bytes, d->len);
		c->known = d->len > c->known ? d->len : c->known;
		c->digest_seen = true;
		return true;
	}
	if (k->run.why.reason)
		return false;
	mcuboot_refuse(k, KF_REASON_PAYLOAD_CHANGED, "MCUBOOT-10",
		       DIGEST_RANK);
	kf_prove_field(&k->run.why, kf_mcuboot_type_name(e->type), e->at,
		       e->len);
	if (e->len != len)
		kf_prove_value(&k->run.why, e->len, len);
	else if (d->len)
		kf_prove(&k->run.why, KF_EV_DIGEST, "computed")->bytes =
			kf_view(d->bytes, d->len);
	return false;
}

/* take_counter: every one has to be high enough. MCUBOOT-24. */
static bool take_counter(struct mcuboot_case *k, struct mcuboot_checks *c,
			 const struct kf_mcuboot_entry *e)
{
	struct kf_cursor cursor = kf_cursor_over(e->value, e->at);
	const struct mcuboot_number *own = &k->device->counter;
	uint32_t value = kf_u32le(&cursor, "SEC_CNT");
	bool low;

	if (!mcuboot_is(k, MCUBOOT_Q_ROLLBACK))
		return true;
	if (e->len != 4)
		return malformed(k, "MCUBOOT-24", "SEC_CNT", e->at);
	low = own->told ? value < own->value
			: mcuboot_is(k, MCUBOOT_Q_COUNTER);
	c->counter_seen = true;
	if (!low)
		return true;
	if (k->run.why.reason)
		return false;
	mcuboot_refuse(k, KF_REASON_COUNTER_LOW, "MCUBOOT-24", ENTRY_RANK);
	kf_prove_field(&k->run.why, "SEC_CNT", e->at, e->len);
	kf_prove_value(&k->run.why, value, own->value);
	return false;
}

/* take_signed takes key ids and signatures. */
static bool take_signed(struct mcuboot_case *k, struct mcuboot_checks *c,
			const struct kf_mcuboot_entry *e)
{
	if (e->type == (mcuboot_hw_key(k) ? KF_MCUBOOT_PUBKEY
					  : KF_MCUBOOT_KEYHASH))
		return mcuboot_builtin(k) || mcuboot_take_key(k, c, e);
	if (e->type >= KF_MCUBOOT_RSA2048 && e->type <= KF_MCUBOOT_ED25519)
		return mcuboot_take_signature(k, c, e);
	return true;
}

static bool take_entry(struct mcuboot_case *k, struct mcuboot_checks *c,
		       const struct mcuboot_walk *w)
{
	const struct kf_mcuboot_entry *e = &w->entry;

	if (!listed(k, w))
		return false;
	if (e->type == hash_types[mcuboot_hash_kind(k)] && !mcuboot_pure(k))
		return take_digest(k, c, e);
	if (e->type == KF_MCUBOOT_SEC_CNT)
		return take_counter(k, c, e);
	return mcuboot_signature_of(k) == MCUBOOT_NONE || take_signed(k, c, e);
}

static bool walk(struct mcuboot_case *k, struct mcuboot_checks *c)
{
	const struct mcuboot_image *m = c->slot->image;
	enum mcuboot_step step;
	struct mcuboot_walk w;

	if (!mcuboot_walk_start(&w, m, false))
		return malformed(k, "MCUBOOT-3", "it_magic", m->areas_at);
	if (!mcuboot_within(k, w.end, c->slot))
		return false;
	while ((step = mcuboot_walk_next(&w)) == MCUBOOT_ENTRY) {
		if (!kf_spend(k->env, 1 + w.entry.len))
			k->status = KF_TOO_MUCH;
		if (k->status != KF_OK || !take_entry(k, c, &w))
			return false;
	}
	return step == MCUBOOT_END ||
	       malformed(k, "MCUBOOT-4", "it_len", w.at);
}

static void start(struct mcuboot_case *k, struct mcuboot_checks *c,
		  const struct mcuboot_slot *s)
{
	memset(c, 0, sizeof(*c));
	memset(&k->assumed, 0, sizeof(k->assumed));
	c->slot = s;
	c->key = -1;
	if (s->image == k->image)
		k->run.num_signatures = 0;
	if (mcuboot_signature_of(k) == MCUBOOT_NONE)
		return;
	/* All are asked here, so that what is not told is tried in one
	 * order. */
	(void)mcuboot_pure(k);
	(void)mcuboot_bypass(k);
	if (mcuboot_builtin(k))
		c->key = k->device->image;
}

/* begin starts a walk, and finds what counts as the image's digest. */
static void begin(struct mcuboot_case *k, struct mcuboot_checks *c,
		  const struct mcuboot_slot *s)
{
	start(k, c, s);
	if (!mcuboot_pure(k) && is_decrypted(k, c))
		take_plain(k, c);
}

static bool no_digest(struct mcuboot_case *k)
{
	if (k->run.why.reason)
		return false;
	mcuboot_refuse(k, KF_REASON_DIGEST_MISSING, "MCUBOOT-9", DIGEST_RANK);
	kf_prove_text(&k->run.why, kf_mcuboot_type_name(
			hash_types[mcuboot_hash_kind(k)]));
	return false;
}

static bool no_counter(struct mcuboot_case *k)
{
	if (k->run.why.reason)
		return false;
	mcuboot_refuse(k, KF_REASON_COUNTER_MISSING, "MCUBOOT-24",
		       COUNTER_RANK);
	kf_prove_text(&k->run.why, "it has none");
	return false;
}

bool mcuboot_validate(struct mcuboot_case *k, const struct mcuboot_slot *s)
{
	struct mcuboot_checks c;

	begin(k, &c, s);
	if ((mcuboot_pure(k) && !is_pure(k, s->image)) || !walk(k, &c))
		return false;
	if (!mcuboot_pure(k) && !c.digest_seen)
		return no_digest(k);
	if (mcuboot_signature_of(k) != MCUBOOT_NONE &&
	    !mcuboot_signature_verdict(k, &c))
		return false;
	if (c.counter_seen || !mcuboot_is(k, MCUBOOT_Q_ROLLBACK))
		return true;
	return no_counter(k);
}
