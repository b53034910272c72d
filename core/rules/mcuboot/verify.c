/* One signature and one key. MCUBOOT-17, MCUBOOT-18, MCUBOOT-19.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/image_rsa.c:bootutil_cmp_rsasig,
 * image_ecdsa.c, image_ed25519.c:bootutil_verify_sig; boot/bootutil/include/
 * bootutil/crypto/ecdsa.h:bootutil_ecdsa_verify.
 */
#include "mcuboot.h"

enum { ASSUMED = 0x80 };

unsigned mcuboot_hash_kind(struct mcuboot_case *k)
{
	if (mcuboot_is(k, MCUBOOT_Q_SHA512))
		return 2;
	return mcuboot_ask(k, MCUBOOT_Q_SIGNATURE, MCUBOOT_NUM_SIGNATURES) ==
	       MCUBOOT_EC384;
}

/* fits tells whether a key is of the kind that the build takes. */
static bool fits(enum mcuboot_signature s, const struct kf_key *key)
{
	static const uint8_t p256[] = {
		0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
		0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
		0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
	};
	static const uint8_t p384[] = {
		0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
		0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22,
		0x03, 0x62, 0x00, 0x04,
	};
	struct kf_bytes start = s == MCUBOOT_EC256
		? kf_view(p256, sizeof(p256)) : kf_view(p384, sizeof(p384));

	if (s == MCUBOOT_ED25519)
		return key->kind == KF_KEY_ED25519;
	if (s == MCUBOOT_RSA2048 || s == MCUBOOT_RSA3072)
		return key->kind == KF_KEY_RSA &&
		       key->bits == (s == MCUBOOT_RSA2048 ? 2048 : 3072);
	return kf_equal(start, kf_part_of(key->spki, 0, start.len));
}

/* backend_of is whose reading of a signature counts. */
static enum mcuboot_backend backend_of(const struct mcuboot_case *k,
				       enum mcuboot_signature s)
{
	if (s == MCUBOOT_EC384)
		return MCUBOOT_PSA;
	return k->device->backend < 0 ? MCUBOOT_MBED_TLS
	       : (enum mcuboot_backend)k->device->backend;
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

/* reading is a signature, as it is to be verified. */
struct reading {
	struct kf_scheme scheme;
	struct kf_bytes signature;
	uint8_t der[MCUBOOT_BUFFER];
	bool by_memory;		/* it depends on what stood there before */
};

/* read takes a signature as the build's library does. Fails: false, when it
 * is none to it. */
static bool read(struct reading *out, struct mcuboot_case *k,
		 enum mcuboot_signature s, const struct kf_mcuboot_entry *e,
		 const struct mcuboot_checks *c)
{
	enum mcuboot_backend backend = backend_of(k, s);
	bool unsure;

	out->scheme.kind = s == MCUBOOT_RSA2048 || s == MCUBOOT_RSA3072
			   ? KF_SCHEME_RSA_PSS
			   : s == MCUBOOT_ED25519 ? KF_SCHEME_ED25519
			   : KF_SCHEME_ECDSA;
	out->scheme.digest = KF_SHA256;
	out->scheme.salt_len = 32;
	out->signature = e->value;
	out->by_memory = false;
	/* PSS is over SHA-256 alone. */
	if (out->scheme.kind != KF_SCHEME_ECDSA)
		return out->scheme.kind == KF_SCHEME_ED25519 || c->hash == 0;
	out->by_memory = backend == MCUBOOT_PSA;
	out->signature = kf_view(out->der,
				 mcuboot_ecdsa(out->der, c->buffer, c->known,
					       e->len,
					       s == MCUBOOT_EC384 ? 48 : 32,
					       backend, &unsure));
	k->run.unpredictable |= unsure;
	return out->signature.len != 0;
}

bool mcuboot_verify(struct mcuboot_case *k, const struct mcuboot_checks *c,
		    const struct mcuboot_key *key,
		    const struct kf_mcuboot_entry *e)
{
	const struct mcuboot_image *m = c->slot->image;
	struct mcuboot_memo *before, memo = {
		.image = m, .at = e->at, .key = c->hw_key ? -1 : c->key,
		.scheme = (uint8_t)c->signature,
		.hash = (uint8_t)(c->hash | (k->assumed.len ? ASSUMED : 0)),
	};
	struct kf_bytes content = content_of(k, m, c->signature, c->hash);
	struct reading r;

	if (!fits(c->signature, &key->key) || !content.len ||
	    !read(&r, k, c->signature, e, c))
		return false;
	memo.pure = c->pure;
	before = r.by_memory ? NULL : remembered(k, &memo);
	if (before)
		return before->answer == KF_YES;
	memo.answer = work_out(k, key, &r.scheme, content, r.signature);
	if (k->num_memo < MCUBOOT_MEMO_MAX)
		k->memo[k->num_memo++] = memo;
	return memo.answer == KF_YES;
}
