/* Key ids and signatures, in the order in which they stand. MCUBOOT-11 to
 * MCUBOOT-16, MCUBOOT-22.
 *
 * A key id selects a key, the next signature uses it up. A signature without a
 * selected key is passed over. Whatever the last one that was looked at says
 * is the answer.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/image_validate.c:
 * bootutil_img_validate; bootutil_find_key.c:bootutil_find_key.
 */
#include "mcuboot.h"

#include <string.h>

enum { KEY_RANK = 10, SIGNATURE_RANK = 20, MALFORMED_RANK = 8 };

uint16_t mcuboot_signature_type(enum mcuboot_signature s)
{
	static const uint16_t types[MCUBOOT_NUM_SIGNATURES] = {
		[MCUBOOT_EC256] = KF_MCUBOOT_ECDSA,
		[MCUBOOT_EC384] = KF_MCUBOOT_ECDSA,
		[MCUBOOT_RSA2048] = KF_MCUBOOT_RSA2048,
		[MCUBOOT_RSA3072] = KF_MCUBOOT_RSA3072,
		[MCUBOOT_ED25519] = KF_MCUBOOT_ED25519,
	};

	return types[s];
}

const char *mcuboot_signature_name(enum mcuboot_signature s)
{
	static const char *const names[MCUBOOT_NUM_SIGNATURES] = {
		[MCUBOOT_EC256] = "ECDSA with P-256",
		[MCUBOOT_EC384] = "ECDSA with P-384",
		[MCUBOOT_RSA2048] = "RSA-2048-PSS",
		[MCUBOOT_RSA3072] = "RSA-3072-PSS",
		[MCUBOOT_ED25519] = "Ed25519",
		[MCUBOOT_NONE] = "none",
	};

	return names[s];
}

/* room is how long a signature may be; of RSA and Ed25519 it has to be. */
static size_t room(enum mcuboot_signature s)
{
	return s == MCUBOOT_RSA2048 ? 256 : s == MCUBOOT_RSA3072 ? 384
	       : s == MCUBOOT_ED25519 ? 64 : MCUBOOT_BUFFER;
}

/* load puts a value where bootutil does: what was there before stays behind
 * it. */
static void load(struct mcuboot_checks *c, const struct kf_mcuboot_entry *e)
{
	size_t len = e->len < MCUBOOT_BUFFER ? e->len : MCUBOOT_BUFFER;

	if (e->value.len < len)
		len = e->value.len;
	if (MCUBOOT_ONE_BUILD)
		return;
	if (len)
		memcpy(c->buffer, e->value.data, len);
	if (len > c->known)
		c->known = len;
}

/* in_table finds the first key whose digest starts with the id. */
static int in_table(const struct mcuboot_device *d, struct kf_bytes id,
		    unsigned hash)
{
	for (size_t i = 0; i < d->num_keys; i++)
		if (kf_equal(id, kf_view(d->key[i].hash[hash].bytes, id.len)))
			return (int)i;
	return -1;
}

/* fused asks whether a key that the image carries is the one that the device
 * knows by its hash. */
static int fused(struct mcuboot_case *k, struct kf_bytes key)
{
	static const enum kf_digest_kind kinds[MCUBOOT_HASHES] = {
		KF_SHA256, KF_SHA384, KF_SHA512,
	};
	struct kf_bytes wanted = k->device->key_hash;
	const unsigned hash = mcuboot_hash_kind(k);
	struct kf_digest digest;

	if (!wanted.len && k->device->num_keys)
		wanted = kf_view(k->device->key[0].hash[hash].bytes,
				 k->device->key[0].hash[hash].len);
	if (!wanted.len)
		return mcuboot_is(k, MCUBOOT_Q_KEY_HASH) ? -1 : 0;
	kf_digest_of(&digest, k->env->crypto, kinds[hash], key);
	if (digest.len == 0)
		k->status = KF_NO_CRYPTO;
	/* As many bytes as the device keeps. */
	return wanted.len <= digest.len &&
	       kf_equal(wanted, kf_view(digest.bytes, wanted.len)) ? 0 : -1;
}

static int select_key(struct mcuboot_case *k, const struct kf_mcuboot_entry *e)
{
	if (mcuboot_hw_key(k))
		return fused(k, e->value);
	if (k->device->keys == KF_UNKNOWN)
		return mcuboot_is(k, MCUBOOT_Q_KEY) ? -1 : 0;
	if (mcuboot_bypass(k))
		return k->device->num_keys ? 0 : -1;
	/* In 8 bits: no length that gets here needs more. */
	return in_table(k->device, e->value, mcuboot_hash_kind(k));
}

bool mcuboot_take_key(struct mcuboot_case *k, struct mcuboot_checks *c,
		      const struct kf_mcuboot_entry *e)
{
	static const uint8_t hash_len[MCUBOOT_HASHES] = { 32, 48, 64 };
	const bool whole = mcuboot_hw_key(k);
	size_t most = whole ? room(mcuboot_signature_of(k)) + 24
			    : hash_len[mcuboot_hash_kind(k)];

	if (e->len > most) {
		if (k->run.why.reason)
			return false;
		mcuboot_refuse(k, KF_REASON_KEY_ID_MALFORMED, "MCUBOOT-11",
			       MALFORMED_RANK);
		kf_prove_field(&k->run.why, whole ? "PUBKEY" : "KEYHASH",
			       e->at, e->len);
		kf_prove_value(&k->run.why, e->len, most);
		return false;
	}
	if (!whole)
		load(c, e);
	c->has_id = true;
	c->key_id = e->value;
	c->key = select_key(k, e);
	if (c->key < 0)
		c->unknown_id = e->value;
	k->run.short_id |= c->key >= 0 && !whole && !mcuboot_bypass(k) &&
			   e->len < most;
	return k->status == KF_OK;
}

/* carried reads the key that the image carries. */
static const struct mcuboot_key *carried(struct mcuboot_case *k,
					 const struct mcuboot_checks *c)
{
	enum kf_status status;

	if (kf_equal(k->carried_from, c->key_id) && k->carried)
		return k->carried_ok ? k->carried : NULL;
	k->carried_from = c->key_id;
	if (!k->carried)
		k->carried = kf_arena_take(k->env->arena,
					   sizeof(*k->carried));
	if (!k->carried) {
		k->status = KF_NO_MEMORY;
		return NULL;
	}
	status = mcuboot_key_read(k->carried, c->key_id, k->env);
	k->carried_ok = status == KF_OK;
	if (status != KF_OK && status != KF_WRONG_USE)
		k->status = status;
	return k->carried_ok ? k->carried : NULL;
}

/* try verifies with the key that was selected. */
static bool try(struct mcuboot_case *k, struct mcuboot_checks *c,
		const struct kf_mcuboot_entry *e)
{
	const struct mcuboot_key *key = mcuboot_hw_key(k) ? carried(k, c)
		: c->key < (int)k->device->num_keys ? &k->device->key[c->key]
		: NULL;

	/* The key is not told: that it is the right one was asked for. */
	if (!mcuboot_hw_key(k) && k->device->keys == KF_UNKNOWN)
		return true;
	return key && mcuboot_verify(k, c, key, e);
}

/* note adds a signature to those that are shown. */
static struct mcuboot_signature_seen *
note(struct mcuboot_case *k, const struct mcuboot_checks *c,
     const struct kf_mcuboot_entry *e)
{
	struct mcuboot_result *r = &k->run;
	struct mcuboot_signature_seen *s;

	if (MCUBOOT_ONE_BUILD)
		return &r->signature[0];
	if (r->num_signatures == KF_SIGNATURES_MAX) {
		k->status = KF_TOO_MUCH;
		return &r->signature[0];
	}
	s = &r->signature[r->num_signatures++];
	memset(s, 0, sizeof(*s));
	s->number = (uint32_t)r->num_signatures;
	s->at = e->at;
	s->len = e->len;
	s->type = e->type;
	s->key = c->key;
	if (c->has_id)
		s->key_id = c->key_id;
	return s;
}

bool mcuboot_take_signature(struct mcuboot_case *k, struct mcuboot_checks *c,
			    const struct kf_mcuboot_entry *e)
{
	size_t len = room(mcuboot_signature_of(k));
	bool exact = len != MCUBOOT_BUFFER;
	struct mcuboot_signature_seen *s;

	if (e->type != mcuboot_signature_type(mcuboot_signature_of(k))) {
		c->others++;
		c->other_type = e->type;
		return true;
	}
	s = note(k, c, e);
	if (c->key < 0) {
		*(c->has_id ? &c->skipped_unknown : &c->skipped_no_id) += 1;
		c->has_id = false;
		return true;
	}
	if (exact ? e->len != len : e->len > len) {
		if (k->run.why.reason)
			return false;
		mcuboot_refuse(k, KF_REASON_SIGNATURE_MALFORMED, "MCUBOOT-16",
			       MALFORMED_RANK);
		kf_prove_signature(&k->run.why, s->number, e->at, e->len);
		kf_prove_text(&k->run.why, "it has another length than this build's signatures");
		return false;
	}
	load(c, e);
	s->looked_at = c->evaluated = true;
	s->good = c->passed = try(k, c, e);
	k->run.last = (int)s->number - 1;
	c->key = -1;
	c->has_id = false;
	return k->status == KF_OK;
}

/* no_signature says why none was looked at. */
static void no_signature(struct mcuboot_case *k,
			 const struct mcuboot_checks *c)
{
	struct kf_finding *f = &k->run.why;

	if (c->skipped_unknown) {
		kf_find(f, KF_REASON_KEY_NOT_TRUSTED, "MCUBOOT-12");
		kf_prove_signature(f, k->run.signature[0].number,
				   k->run.signature[0].at,
				   k->run.signature[0].len);
		kf_prove(f, KF_EV_DIGEST, "key-hash")->bytes = c->unknown_id;
		k->run.rank = SIGNATURE_RANK - 1;
	} else if (c->skipped_no_id) {
		kf_find(f, KF_REASON_KEY_ID_MISSING, "MCUBOOT-14");
		kf_prove_signature(f, k->run.signature[0].number,
				   k->run.signature[0].at,
				   k->run.signature[0].len);
		kf_prove_text(f, mcuboot_hw_key(k) ? "PUBKEY" : "KEYHASH");
		k->run.rank = SIGNATURE_RANK - 2;
	} else {
		kf_find(f, KF_REASON_SIGNATURE_NOT_FOUND, "MCUBOOT-16");
		kf_prove_text(f, mcuboot_signature_name(
				mcuboot_signature_of(k)));
		k->run.rank = KEY_RANK + (c->others != 0);
	}
}

/* rule_of is the rule of a kind of arithmetic. */
static const char *rule_of(enum mcuboot_signature s)
{
	return s == MCUBOOT_ED25519 ? "MCUBOOT-19"
	       : s == MCUBOOT_EC256 || s == MCUBOOT_EC384 ? "MCUBOOT-18"
	       : "MCUBOOT-17";
}

bool mcuboot_signature_verdict(struct mcuboot_case *k,
			       const struct mcuboot_checks *c)
{
	struct kf_finding *f = &k->run.why;
	const struct mcuboot_signature_seen *last;
	bool good_before = false;

	if (c->passed || f->reason)
		return c->passed;
	k->run.answer = KF_REJECT;
	if (!c->evaluated) {
		no_signature(k, c);
		return false;
	}
	last = &k->run.signature[MCUBOOT_ONE_BUILD ? 0 : k->run.last];
	for (size_t i = 0; !MCUBOOT_ONE_BUILD && i < k->run.num_signatures; i++)
		good_before |= k->run.signature[i].good;
	mcuboot_refuse(k, KF_REASON_SIGNATURE_INVALID,
		       good_before ? "MCUBOOT-15" : rule_of(mcuboot_signature_of(k)),
		       SIGNATURE_RANK);
	kf_prove_signature(f, last->number, last->at, last->len);
	kf_prove_text(f, good_before
		      ? "it is the last one that the bootloader looks at, and that decides, though one before it is good"
		      : "the arithmetic says no, with the key that its key id selects");
	return false;
}
