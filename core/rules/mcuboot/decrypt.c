/* Encrypted images: the key that an entry holds, and the digest of what comes
 * out. MCUBOOT-33, MCUBOOT-37, MCUBOOT-38.
 *
 * Where the device's own key was given, all of it is done as the device does
 * it. Where it was not, whether the device can open the image, and what comes
 * out of it, are two questions.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/encrypted.c: boot_enc_load,
 * boot_decrypt_key, hkdf, boot_enc_decrypt; loader.c:boot_status_reset (bytes
 * that a short key leaves), boot_copy_region; boot/bootutil/include/bootutil/
 * enc_key_public.h; RFC 5869, RFC 2104.
 */
#include "mcuboot.h"

#include <string.h>

enum { RANK = 4, COPY_RANK = 37, SHARED_LEN = 32, BLOCK_MAX = 128, MAC_MAX = 64,
       PIECE = 1024 };

static const char info[] = "MCUBoot_ECIES_v1";

/* how is what stands in an entry of a type. */
static const struct how {
	uint16_t type;
	enum kf_opening_kind kind;
	uint8_t point_len;	/* 0: nobody agrees on anything */
	enum kf_digest_kind digest;
} hows[] = {
	{ KF_MCUBOOT_ENC_RSA2048, KF_OPEN_RSA_OAEP, 0, KF_SHA256 },
	{ KF_MCUBOOT_ENC_KW, KF_OPEN_AES_WRAP, 0, KF_SHA256 },
	{ KF_MCUBOOT_ENC_EC256, KF_OPEN_P256, 65, KF_SHA256 },
	{ KF_MCUBOOT_ENC_X25519, KF_OPEN_X25519, 32, KF_SHA256 },
	{ KF_MCUBOOT_ENC_X25519_SHA512, KF_OPEN_X25519, 32, KF_SHA512 },
};

static size_t mac_len(const struct how *h)
{
	return h->digest == KF_SHA512 ? 64 : 32;
}

/* sealed_len is how long an entry is, with a key of a length in it. */
static size_t sealed_len(const struct how *h, size_t key_len)
{
	if (h->kind == KF_OPEN_RSA_OAEP)
		return 256;
	return h->point_len ? h->point_len + mac_len(h) + key_len
			    : key_len + 8;
}

/* key_len_of is how long the key in an entry is; 0: it is none of this
 * build's. */
static size_t key_len_of(const struct mcuboot_device *d, const struct how *h,
			 const struct kf_mcuboot_entry *e)
{
	size_t own = d->aes256 ? 32 : 16;

	if (e->len == sealed_len(h, own))
		return own;
	return !d->encryption_type && e->len == sealed_len(h, 48 - own)
	       ? 48 - own : 0;
}

/* find finds the entry that a build of this type reads: the first of its
 * type. */
static bool find(struct kf_mcuboot_entry *out, const struct mcuboot_device *d,
		 const struct mcuboot_image *m, const struct how *h)
{
	uint16_t wanted = d->encryption_type;
	struct mcuboot_walk w;

	if (wanted == KF_MCUBOOT_ENC_X25519 && d->hmac_sha512)
		wanted = KF_MCUBOOT_ENC_X25519_SHA512;
	if ((wanted && wanted != h->type) ||
	    !mcuboot_walk_start(&w, m, false) ||
	    mcuboot_walk_find(&w, h->type) != MCUBOOT_ENTRY)
		return false;
	*out = w.entry;
	return key_len_of(d, h, out) && out->value.len == out->len;
}

/* keyed is one of the two digests of RFC 2104: over the key, with a byte added
 * to each of its block, and what follows. Fails: false, the crypto library
 * did. */
static bool keyed(struct kf_digest *out, const struct kf_crypto *c,
		  enum kf_digest_kind kind, struct kf_bytes key, uint8_t byte,
		  const struct kf_bytes after[2])
{
	uint8_t pad[BLOCK_MAX];
	void *d = c->digest_begin(c->self, kind);

	if (!d)
		return false;
	memset(pad, byte, sizeof(pad));
	for (size_t i = 0; i < key.len; i++)
		pad[i] ^= key.data[i];
	c->digest_add(d, kf_view(pad, kind == KF_SHA512 ? 128 : 64));
	c->digest_add(d, after[0]);
	c->digest_add(d, after[1]);
	c->digest_end(d, out);
	return out->len;
}

static bool hmac(struct kf_digest *out, const struct kf_crypto *c,
		 enum kf_digest_kind kind, struct kf_bytes key,
		 struct kf_bytes a, struct kf_bytes b)
{
	struct kf_digest inner;
	struct kf_bytes both[2] = { a, b };

	if (!keyed(&inner, c, kind, key, 0x36, both))
		return false;
	both[0] = kf_view(inner.bytes, inner.len);
	both[1] = kf_view(NULL, 0);
	return keyed(out, c, kind, key, 0x5c, both);
}

/* expand is HKDF of RFC 5869, without a salt. */
static bool expand(uint8_t *out, size_t len, const struct kf_crypto *c,
		   enum kf_digest_kind kind, struct kf_bytes secret)
{
	static const uint8_t zeros[MAC_MAX];
	uint8_t tail[sizeof(info)];
	struct kf_digest key, t = { .len = 0 };

	if (!hmac(&key, c, kind, kf_view(zeros, kf_digest_len(kind)), secret,
		  kf_view(NULL, 0)))
		return false;
	memcpy(tail, info, sizeof(info) - 1);
	for (uint8_t n = 1; len; n++) {
		struct kf_digest next;
		size_t take;

		tail[sizeof(info) - 1] = n;
		if (!hmac(&next, c, kind, kf_view(key.bytes, key.len),
			  kf_view(t.bytes, t.len), kf_view(tail, sizeof(tail))))
			return false;
		t = next;
		take = len < t.len ? len : t.len;
		memcpy(out, t.bytes, take);
		out += take;
		len -= take;
	}
	return true;
}

/* by_shared opens what stands behind a point: a tag over the key, and the key
 * itself. */
static enum kf_answer3 by_shared(struct mcuboot_case *k, const struct how *h,
				 const struct kf_mcuboot_entry *e,
				 struct kf_bytes secret,
				 struct mcuboot_payload_key *out)
{
	static const uint8_t zeros[16];
	const struct kf_crypto *c = k->env->crypto;
	struct kf_bytes tag = kf_part_of(e->value, h->point_len, mac_len(h));
	struct kf_bytes sealed = kf_part_of(e->value, h->point_len + tag.len,
					    out->len);
	uint8_t keys[32 + MAC_MAX];
	struct kf_digest mac;

	if (!expand(keys, out->len + mac_len(h), c, h->digest, secret) ||
	    !hmac(&mac, c, h->digest, kf_view(keys + out->len, mac_len(h)),
		  sealed, kf_view(NULL, 0))) {
		k->status = KF_NO_CRYPTO;
		return KF_NO;
	}
	if (!kf_equal(tag, kf_view(mac.bytes, mac.len)))
		return KF_NO;
	memcpy(out->bytes, sealed.data, out->len);
	k->status = c->aes_ctr(c->self, kf_view(keys, out->len), zeros,
			       out->bytes, out->len);
	return KF_YES;
}

/* open_entry opens an entry with the device's key. */
static bool open_entry(struct mcuboot_case *k, const struct how *h,
		       const struct kf_mcuboot_entry *e,
		       struct mcuboot_payload_key *out)
{
	const struct kf_crypto *c = k->env->crypto;
	enum kf_answer3 answer = KF_NO;
	struct kf_bytes sealed = e->value;
	struct kf_secret secret;

	out->len = key_len_of(k->device, h, e);
	if (h->point_len)
		sealed = kf_part_of(e->value, 0, h->point_len);
	if (h->kind == KF_OPEN_P256 && sealed.data[0] != 4)
		return false;
	if (!kf_spend(k->env, MCUBOOT_VERIFY_STEPS)) {
		k->status = KF_TOO_MUCH;
		return false;
	}
	k->status = c->key_open(c->self, &secret, h->kind,
				k->device->private_key, sealed, &answer);
	if (k->status != KF_OK || answer != KF_YES)
		return false;
	if (h->point_len)
		return secret.len == SHARED_LEN &&
		       by_shared(k, h, e, kf_view(secret.bytes, secret.len),
				 out) == KF_YES;
	if (secret.len > out->len)
		return false;
	/* What a short key leaves of the buffer. */
	memset(out->bytes, 0xff, sizeof(out->bytes));
	memcpy(out->bytes, secret.bytes, secret.len);
	return true;
}

bool mcuboot_open(struct mcuboot_case *k, const struct mcuboot_image *m,
		  struct mcuboot_payload_key *out, bool *found)
{
	struct kf_mcuboot_entry e;
	bool open = false;

	*found = false;
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]) && !open; i++) {
		if (!find(&e, k->device, m, &hows[i]))
			continue;
		*found = true;
		open = k->device->has_private == KF_PRESENT &&
		       k->env->crypto->key_open &&
		       open_entry(k, &hows[i], &e, out);
	}
	return open && k->status == KF_OK;
}

/* hash_plain computes the digests of what comes out, once. */
static void hash_plain(struct mcuboot_case *k)
{
	const struct mcuboot_image *m = k->image;

	if (k->plain[0].len || !m->hash[0].len)
		return;
	k->status = mcuboot_hash(k->plain, m, &k->payload_key, k->env);
}

bool mcuboot_is_encrypted(const struct mcuboot_image *m)
{
	return m->header.flags & (KF_MCUBOOT_AES128 | KF_MCUBOOT_AES256);
}

bool mcuboot_decrypts(struct mcuboot_case *k)
{
	enum kf_presence own = k->device->has_private;
	bool found, open;

	if (!mcuboot_is_encrypted(k->image))
		return true;
	if (own == KF_PRESENT && !k->env->crypto->key_open)
		k->status = KF_NO_CRYPTO;
	open = mcuboot_open(k, k->image, &k->payload_key, &found);
	if (own == KF_UNKNOWN)
		open = found && !mcuboot_is(k, MCUBOOT_Q_DECRYPTS);
	k->run.decrypts = open;
	if (open && own == KF_PRESENT)
		hash_plain(k);
	if (open)
		return k->status == KF_OK;
	mcuboot_refuse(k, KF_REASON_DECRYPTION, "MCUBOOT-33", RANK);
	kf_prove_text(&k->run.why, found
		      ? "its key was encrypted for another device key"
		      : "it has no entry with its key that this build reads");
	return false;
}

/* is_torn: images are copied in pieces, and a piece that starts inside a block
 * of the cipher comes out wrong. */
static bool is_torn(const struct mcuboot_image *m, uint32_t piece)
{
	uint64_t first = m->header.header_len / piece + 1;

	return m->header.header_len % 16 && first * piece < m->areas_at;
}

bool mcuboot_copies_well(struct mcuboot_case *k)
{
	const struct mcuboot_device *d = k->device;

	if (!mcuboot_is_encrypted(k->image) ||
	    !is_torn(k->image, d->max_align > PIECE ? d->max_align : PIECE))
		return true;
	if (d->backend == MCUBOOT_PSA) {
		kf_find(&k->run.why, KF_REASON_BEYOND_LIMITS, NULL);
		kf_prove_text(&k->run.why, "an encrypted image whose header is not made of whole blocks, with PSA");
		k->run.answer = KF_UNDECIDED;
		return false;
	}
	mcuboot_refuse(k, KF_REASON_PAYLOAD_CHANGED, "MCUBOOT-38", COPY_RANK);
	kf_prove_field(&k->run.why, "ih_hdr_size", 8, 2);
	kf_prove_text(&k->run.why, "it is decrypted wrongly while it is copied, since its header is not made of whole blocks of 16 bytes");
	k->run.outcome = mcuboot_is(k, MCUBOOT_Q_VALIDATE) ? "device-fault"
							   : "blocked-at-boot";
	return false;
}
