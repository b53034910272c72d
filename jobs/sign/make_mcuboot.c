/* MCUboot's entries behind an image that has its header: digest, key id,
 * signature. The protected area, where there is one, is signed along.
 *
 * Source: mcu-tools/mcuboot, scripts/imgtool/image.py: Image.create;
 * what bootloaders take: MCUBOOT-8 to MCUBOOT-19.
 */
#include "make.h"

#include "core/mcuboot.h"

#include <string.h>

enum { AREA_MAX = 4096, VALUE_MAX = 1024 };

static enum kf_status unfit(struct kf_fault *why, const char *what,
			    const char *hint)
{
	kf_fault_say(why, hint, "%s", what);
	return KF_WRONG_USE;
}

/* type_of is the signature's type; 0: none that MCUboot has (MCUBOOT-16). */
static uint16_t type_of(const struct kf_key *key)
{
	if (key->kind == KF_KEY_ED25519)
		return KF_MCUBOOT_ED25519;
	if (key->kind == KF_KEY_EC && (kf_mcuboot_p256(key->spki) ||
				       kf_mcuboot_p384(key->spki)))
		return KF_MCUBOOT_ECDSA;
	if (key->kind == KF_KEY_RSA && key->bits == 2048)
		return KF_MCUBOOT_RSA2048;
	if (key->kind == KF_KEY_RSA && key->bits == 3072)
		return KF_MCUBOOT_RSA3072;
	return 0;
}

static enum kf_status suits(const struct kf_making *m, struct kf_fault *why)
{
	const struct kf_key *key = &m->key->key;
	enum kf_digest_kind digest = m->scheme.digest;

	if (!type_of(key))
		return unfit(why, "MCUboot takes RSA-2048, RSA-3072, P-256, P-384 and Ed25519 alone (MCUBOOT-16)", NULL);
	if (key->kind == KF_KEY_RSA && digest != KF_SHA256)
		return unfit(why, "MCUboot's RSA signatures are over SHA-256 (MCUBOOT-17)", NULL);
	if (key->kind == KF_KEY_EC &&
	    digest != (key->bits == 384 ? KF_SHA384 : KF_SHA256))
		return unfit(why, "MCUboot has SHA-256 with P-256 and SHA-384 with P-384 (MCUBOOT-9)", NULL);
	if (key->kind == KF_KEY_ED25519 && digest == KF_SHA384)
		return unfit(why, "MCUboot has SHA-384 with P-384 alone (MCUBOOT-9)", NULL);
	return KF_OK;
}

/* check_behind: behind what is signed there may be a plain area of an earlier
 * signature, and nothing else. */
static enum kf_status check_behind(const struct kf_making *m, uint64_t end,
				   struct kf_fault *why)
{
	struct kf_bytes area;
	struct kf_cursor c;
	struct kf_mcuboot_entry e;
	enum kf_status status;

	if (end == m->source->size)
		return KF_OK;
	if (m->source->size - end > KF_MCUBOOT_AREA_MAX)
		return unfit(why, "has more behind the image than an area of entries", "sign it before it is padded to its slot");
	status = kf_source_keep(&area, m->source, m->env, end,
				m->source->size - end);
	if (status != KF_OK)
		return status;
	c = kf_cursor_over(area, end);
	if (kf_u16le(&c, "magic") != KF_MCUBOOT_PLAIN ||
	    kf_u16le(&c, "size") != area.len)
		return unfit(why, "has something behind the image that is no area of entries", "sign it before it is padded to its slot");
	while (kf_mcuboot_next(&e, &c))
		/* Others would be lost. */
		if (!kf_mcuboot_is_signing(e.type))
			return unfit(why, "has entries in its plain area that signing would lose",
				     "sign the image as it was before: encrypted and pure ones are imgtool's");
	return c.damage.field ? unfit(why, "has a damaged area of entries",
				      NULL) : KF_OK;
}

/* check_protected: the protected area is what the header says. */
static enum kf_status check_protected(const struct kf_making *m, uint64_t at,
				      uint16_t len, struct kf_fault *why)
{
	uint8_t head[KF_MCUBOOT_AREA_LEN];

	if (!len)
		return KF_OK;
	if (len < sizeof(head) || len > m->source->size - at)
		return unfit(why, "has no protected area of the size that its header says", NULL);
	if (!m->source->read_at(m->source->self, at, head, sizeof(head)))
		return KF_CANNOT_READ;
	if ((head[0] | head[1] << 8) != KF_MCUBOOT_PROTECTED ||
	    (head[2] | head[3] << 8) != len)
		return unfit(why, "has no protected area of the size that its header says", NULL);
	return KF_OK;
}

/* find_end reads the header, and tells where what is signed ends. */
static enum kf_status find_end(uint64_t *end, const struct kf_making *m,
			       struct kf_fault *why)
{
	static const char no_image[] = "does not start with MCUboot's header";
	static const char make_one[] = "imgtool sign without --key makes an image that has one; so does CONFIG_ROM_START_OFFSET with imgtool's --pad-header";
	uint8_t head[KF_MCUBOOT_HEADER_LEN];
	struct kf_mcuboot h;
	enum kf_status status;

	if (m->source->size < sizeof(head))
		return unfit(why, no_image, make_one);
	if (!m->source->read_at(m->source->self, 0, head, sizeof(head)))
		return KF_CANNOT_READ;
	kf_mcuboot_header(&h, kf_view(head, sizeof(head)));
	if (h.magic != KF_MCUBOOT_MAGIC)
		return unfit(why, no_image, make_one);
	if (h.flags & (KF_MCUBOOT_AES128 | KF_MCUBOOT_AES256))
		return unfit(why, "is encrypted: its digest is over what it was before", "sign it before, or with imgtool, which does both");
	*end = (uint64_t)h.header_len + h.image_len;
	if (h.header_len < sizeof(head) || *end > m->source->size)
		return unfit(why, "is shorter than its header says", NULL);
	status = check_protected(m, *end, h.protected_len, why);
	*end += h.protected_len;
	return status == KF_OK ? check_behind(m, *end, why) : status;
}

/* area is the plain area while it is written. */
struct area {
	uint8_t bytes[AREA_MAX];
	size_t len;
};

static void put16(struct area *a, size_t value)
{
	a->bytes[a->len++] = (uint8_t)value;
	a->bytes[a->len++] = (uint8_t)(value >> 8);
}

/* put writes an entry; all of them are shorter than VALUE_MAX. */
static void put(struct area *a, uint16_t type, struct kf_bytes value)
{
	put16(a, type);
	put16(a, value.len);
	memcpy(a->bytes + a->len, value.data, value.len);
	a->len += value.len;
}

static uint16_t digest_type(enum kf_digest_kind kind)
{
	return kind == KF_SHA512 ? KF_MCUBOOT_SHA512 :
	       kind == KF_SHA384 ? KF_MCUBOOT_SHA384 : KF_MCUBOOT_SHA256;
}

static enum kf_status make(struct kf_making *m, struct kf_fault *why)
{
	struct area *a = kf_arena_take(m->env->arena, sizeof(*a));
	const struct kf_key *key = &m->key->key;
	struct kf_digest id;
	struct kf_bytes covered;
	uint64_t end = 0;
	enum kf_status status = a ? find_end(&end, m, why) : KF_NO_MEMORY;

	if (status == KF_OK)
		status = kf_making_digest(m, 0, end);
	covered = kf_view(m->covered.bytes, m->covered.len);
	if (status == KF_OK)
		status = kf_making_sign(m, covered, why);
	if (status != KF_OK)
		return status;
	/* Of RSA RSAPublicKey, of others all of it (MCUBOOT-13). */
	kf_digest_of(&id, m->crypto, m->scheme.digest,
		     key->kind == KF_KEY_RSA ? key->own : key->spki);
	if (!id.len || m->signature.len > VALUE_MAX)
		return KF_NO_CRYPTO;
	put16(a, KF_MCUBOOT_PLAIN);
	put16(a, 0);
	put(a, digest_type(m->scheme.digest), covered);
	put(a, KF_MCUBOOT_KEYHASH, kf_view(id.bytes, id.len));
	put(a, type_of(key), kf_view(m->signature.bytes, m->signature.len));
	a->bytes[2] = (uint8_t)a->len;
	a->bytes[3] = (uint8_t)(a->len >> 8);
	return kf_making_done(kf_patch_slice(&m->patch, 0, end) &&
			      kf_patch_view(&m->patch,
					    kf_view(a->bytes, a->len)));
}

const struct kf_maker kf_maker_mcuboot = {
	.name = "mcuboot",
	.title = "MCUboot's entries, behind an image that has its header",
	.schemes = KF_SIGNS(KF_SCHEME_RSA_PSS) | KF_SIGNS(KF_SCHEME_ECDSA) |
		   KF_SIGNS(KF_SCHEME_ED25519),
	.digests = 1u << KF_SHA256 | 1u << KF_SHA384 | 1u << KF_SHA512,
	.refuses = "MCUboot takes RSASSA-PSS, ECDSA and Ed25519 (MCUBOOT-16 to MCUBOOT-19)",
	.suits = suits,
	.make = make,
};
