/* One signature and one key. MCUBOOT-17, MCUBOOT-18, MCUBOOT-19.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/image_rsa.c:bootutil_cmp_rsasig,
 * image_ecdsa.c, image_ed25519.c:bootutil_verify_sig; boot/bootutil/include/
 * bootutil/crypto/ecdsa.h:bootutil_ecdsa_verify.
 */
#include "mcuboot.h"

#include <string.h>

enum { ASSUMED = 0x80 };

/* fits tells whether a key is of the kind that the build takes. */
static bool fits(enum mcuboot_signature s, const struct kf_key *key)
{
	if (s == MCUBOOT_ED25519)
		return key->kind == KF_KEY_ED25519;
	if (s == MCUBOOT_RSA2048 || s == MCUBOOT_RSA3072)
		return key->kind == KF_KEY_RSA &&
		       key->bits == (s == MCUBOOT_RSA2048 ? 2048 : 3072);
	return s == MCUBOOT_EC256 ? kf_mcuboot_p256(key->spki)
				  : kf_mcuboot_p384(key->spki);
}

/* backend_of is whose reading of a signature counts. */
static enum mcuboot_backend backend_of(const struct mcuboot_case *k,
				       enum mcuboot_signature s)
{
	if (s == MCUBOOT_EC384)
		return MCUBOOT_PSA;
	return (enum mcuboot_backend)k->device->backend;
}

/* remembered finds what was worked out before. */
static struct mcuboot_memo *remembered(struct mcuboot_case *k,
				       const struct mcuboot_memo *m)
{
	for (size_t i = 0; i < k->num_memo; i++) {
		struct mcuboot_memo *o = &k->memo[i];

		if (o->image == m->image && o->at == m->at &&
		    o->key == m->key && o->scheme == m->scheme &&
		    o->pure == m->pure && o->hash == m->hash)
			return o;
	}
	return NULL;
}

static enum kf_answer3 work_out(struct mcuboot_case *k,
				const struct mcuboot_key *key,
				const struct kf_scheme *scheme,
				struct kf_bytes content,
				struct kf_bytes signature)
{
	const struct kf_crypto *crypto = k->env->crypto;
	enum kf_answer3 answer = KF_NO;

	if (!kf_spend(k->env, MCUBOOT_VERIFY_STEPS + content.len)) {
		k->status = KF_TOO_MUCH;
		return KF_NO;
	}
	k->status = crypto->key_verify(crypto->self, &key->key, scheme,
				       content, signature, &answer);
	return answer;
}

/* content_of is what a build has a signature of this kind cover. */
static struct kf_bytes content_of(struct mcuboot_case *k,
				  const struct mcuboot_image *m,
				  enum mcuboot_signature s, unsigned hash)
{
	const struct kf_digest *d = k->assumed.len ? &k->assumed
						   : &m->hash[hash];

	if (s == MCUBOOT_ED25519 && mcuboot_is(k, MCUBOOT_Q_PURE))
		return m->content;
	/* Of a longer digest P-256 takes the first 32 bytes. */
	return kf_view(d->bytes, s == MCUBOOT_EC256 ? 32 : d->len);
}

/* question is one signature, one key, and what the one has to cover. */
struct question {
	const struct mcuboot_key *key;
	const struct mcuboot_checks *checks;
	const struct kf_mcuboot_entry *entry;
	struct kf_bytes content;
	struct kf_scheme scheme;
};

/* stale_byte tries all values of one byte that is not told. Returns whether
 * the answer hangs on it. */
static bool stale_byte(struct mcuboot_case *k, const struct question *q,
		       size_t at, size_t curve_len)
{
	uint8_t buffer[MCUBOOT_BUFFER], der[MCUBOOT_BUFFER];
	struct mcuboot_stale stale;

	memcpy(buffer, q->checks->buffer, sizeof(buffer));
	for (unsigned value = 0; value < 256 && k->status == KF_OK; value++) {
		size_t len;

		buffer[at] = (uint8_t)value;
		len = mcuboot_ecdsa(der, buffer, at + 1, q->entry->len,
				    curve_len, MCUBOOT_PSA, &stale);
		if (len && work_out(k, q->key, &q->scheme, q->content,
				    kf_view(der, len)) == KF_YES)
			return true;
	}
	return false;
}

/* by_ecdsa reads the signature as the build's library does. */
static enum kf_answer3 by_ecdsa(struct mcuboot_case *k,
				const struct question *q)
{
	enum mcuboot_signature s = mcuboot_signature_of(k);
	const size_t curve_len = s == MCUBOOT_EC384 ? 48 : 32;
	struct mcuboot_stale stale;
	uint8_t der[MCUBOOT_BUFFER];
	size_t len = mcuboot_ecdsa(der, q->checks->buffer, q->checks->known,
				   q->entry->len, curve_len,
				   backend_of(k, s), &stale);

	if (stale.num > 1 || (stale.num == 1 && stale.at < MCUBOOT_BUFFER &&
			      stale_byte(k, q, stale.at, curve_len)))
		k->run.unpredictable = true;
	return len ? work_out(k, q->key, &q->scheme, q->content,
			      kf_view(der, len)) : KF_NO;
}

static enum kf_answer3 answer_to(struct mcuboot_case *k, struct question *q)
{
	enum mcuboot_signature s = mcuboot_signature_of(k);

	q->scheme.digest = KF_SHA256;
	q->scheme.salt_len = 32;
	q->scheme.kind = KF_SCHEME_ECDSA;
	if (s == MCUBOOT_EC256 || s == MCUBOOT_EC384)
		return MCUBOOT_ONE_BUILD
			? work_out(k, q->key, &q->scheme, q->content,
				   q->entry->value) : by_ecdsa(k, q);
	q->scheme.kind = s == MCUBOOT_ED25519 ? KF_SCHEME_ED25519
					      : KF_SCHEME_RSA_PSS;
	/* PSS is over SHA-256 alone. */
	if (q->scheme.kind == KF_SCHEME_RSA_PSS && mcuboot_hash_kind(k) != 0)
		return KF_NO;
	return work_out(k, q->key, &q->scheme, q->content, q->entry->value);
}

/* is_supposed: a signature that is not there is good by one key, where a good
 * one could be. */
static bool is_supposed(struct mcuboot_case *k,
			const struct mcuboot_image *m,
			const struct mcuboot_key *key)
{
	return kf_equal(m->supposed, key->key.spki) &&
	       (key->key.kind != KF_KEY_RSA || mcuboot_hash_kind(k) == 0);
}

bool mcuboot_verify(struct mcuboot_case *k, const struct mcuboot_checks *c,
		    const struct mcuboot_key *key,
		    const struct kf_mcuboot_entry *e)
{
	const struct mcuboot_image *m = c->slot->image;
	const enum mcuboot_signature s = mcuboot_signature_of(k);
	const unsigned hash = mcuboot_hash_kind(k);
	struct mcuboot_memo *before, memo = {
		.image = m, .at = e->at, .key = mcuboot_hw_key(k) ? -1 : c->key,
		.scheme = (uint8_t)s, .pure = mcuboot_pure(k),
		.hash = (uint8_t)(hash | (k->assumed.len ? ASSUMED : 0)),
	};
	struct question q = {
		.key = key, .checks = c, .entry = e,
		.content = content_of(k, m, s, hash),
	};
	bool by_memory = backend_of(k, s) == MCUBOOT_PSA;

	if (!fits(s, &key->key) || !q.content.len)
		return false;
	if (m->supposed.len)
		return is_supposed(k, m, key);
	if (MCUBOOT_ONE_BUILD)
		return answer_to(k, &q) == KF_YES;
	before = by_memory ? NULL : remembered(k, &memo);
	if (before)
		return before->answer == KF_YES;
	memo.answer = answer_to(k, &q);
	if (k->num_memo < MCUBOOT_MEMO_MAX)
		k->memo[k->num_memo++] = memo;
	return memo.answer == KF_YES;
}
