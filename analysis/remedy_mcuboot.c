/* What would let an image of MCUboot start: an entry left out that no signature
 * covers, a signature by a key that the device has, a higher version or
 * counter, more room.
 *
 * A device's keys change with its bootloader alone, and its counter never goes
 * down: neither is offered.
 *
 * Source: as of the rules in core/rules/mcuboot; mcu-tools/mcuboot
 * scripts/imgtool/image.py (what imgtool writes).
 */
#include "remedy_try.h"

#include "core/der.h"
#include "core/mcuboot.h"
#include "core/setting.h"

#include <string.h>

enum {
	ENTRIES_TRIED = 12,
	KEYS_TRIED = 16,
	PLAIN_MAX = 1200,
	ENCRYPTED = KF_MCUBOOT_AES128 | KF_MCUBOOT_AES256,
};

/* places is where the areas of an image are. */
struct places {
	struct kf_mcuboot header;
	struct kf_bytes protected_area;	/* entries alone; empty: none */
	struct kf_bytes plain;
	uint64_t plain_at;		/* of the area, its header too */
	uint64_t end;			/* of the area */
};

/* find finds them. Fails: false, where they do not add up, or are too long to
 * be rewritten. */
static bool find(struct places *out, struct kf_attempt *a)
{
	const struct kf_source *source = a->artifact->source;
	const uint64_t head = KF_MCUBOOT_AREA_LEN;
	struct kf_bytes bytes;
	struct kf_cursor c;
	uint64_t at;
	uint16_t len;

	if (source->size < KF_MCUBOOT_HEADER_LEN)
		return false;
	a->status = kf_source_keep(&bytes, source, a->env, 0,
				   KF_MCUBOOT_HEADER_LEN);
	if (a->status != KF_OK)
		return false;
	kf_mcuboot_header(&out->header, bytes);
	at = kf_mcuboot_areas_at(&out->header);
	out->plain_at = at + out->header.protected_len;
	if (out->plain_at + head > source->size)
		return false;
	a->status = kf_source_keep(&bytes, source, a->env, at,
				   out->header.protected_len + head);
	if (a->status != KF_OK)
		return false;
	if (out->header.protected_len > head)
		out->protected_area = kf_part_of(bytes, head,
				out->header.protected_len - head);
	c = kf_cursor_over(bytes, at);
	kf_skip(&c, out->header.protected_len, "it_magic");
	if (kf_u16le(&c, "it_magic") != KF_MCUBOOT_PLAIN)
		return false;
	len = kf_u16le(&c, "it_tlv_tot");
	if (len < head || len > source->size - out->plain_at)
		return false;
	out->end = out->plain_at + len;
	a->status = kf_source_keep(&out->plain, source, a->env,
				   out->plain_at + head, len - head);
	return a->status == KF_OK;
}

static bool put16(struct kf_patch *patch, unsigned a, unsigned b)
{
	uint8_t bytes[] = { (uint8_t)a, (uint8_t)(a >> 8), (uint8_t)b,
			    (uint8_t)(b >> 8) };

	return kf_patch_bytes(patch, kf_view(bytes, sizeof(bytes)));
}

/* without makes the file without some bytes of its plain area. */
static bool without(struct kf_patch *patch, const struct kf_attempt *a,
		    const struct places *p, uint64_t at, uint64_t len)
{
	const struct kf_source *source = a->artifact->source;
	uint64_t entries = p->plain_at + KF_MCUBOOT_AREA_LEN;

	kf_patch_open(patch, source);
	return kf_patch_slice(patch, 0, p->plain_at) &&
	       put16(patch, KF_MCUBOOT_PLAIN,
		     (unsigned)(p->end - p->plain_at - len)) &&
	       kf_patch_slice(patch, entries, at - entries) &&
	       kf_patch_slice(patch, at + len, source->size - at - len);
}

/* leave_out offers to take some bytes out, if that helps. */
static bool leave_out(struct kf_attempt *a, const struct places *p,
		      uint64_t at, uint64_t len, const char *what)
{
	struct kf_remedy *r;

	if (a->num == a->max || a->status != KF_OK)
		return true;
	r = kf_offer(a, KF_LEAVE_OUT);
	r->at = at;
	r->len = len;
	r->entry = what ? what : "an entry without a name";
	if (without(&r->patch, a, p, at, len) &&
	    kf_try_file(a, kf_patch_source(&r->patch), NULL, 0))
		return true;
	a->num--;
	return false;
}

/* entries tries all entries of the plain area, each by itself, and signatures
 * with the key id in front of them. The first that helps is enough. */
static void entries(struct kf_attempt *a, const struct places *p)
{
	struct kf_cursor c = kf_cursor_over(p->plain, p->plain_at +
					    KF_MCUBOOT_AREA_LEN);
	struct kf_mcuboot_entry e, before = { .type = 0 };

	for (int tried = 0; tried < ENTRIES_TRIED && a->status == KF_OK &&
	     kf_mcuboot_next(&e, &c); tried++) {
		uint64_t from = before.type == KF_MCUBOOT_KEYHASH ||
				before.type == KF_MCUBOOT_PUBKEY
			? before.at : e.at;
		uint64_t len = e.at + e.len - from + KF_MCUBOOT_ENTRY_LEN;

		if (leave_out(a, p, from - KF_MCUBOOT_ENTRY_LEN, len,
			      kf_mcuboot_type_name(e.type)))
			return;
		before = e;
	}
}

/* has_option tells whether a build has an option, without a number. */
static bool has_option(const struct kf_attempt *a, const char *name)
{
	const char *text = kf_store_setting(a->store, "options");
	struct kf_bytes prefix = kf_text("MCUBOOT_"), word;

	for (; text && *text; text += *text == ',') {
		size_t len = 0;

		while (text[len] && text[len] != ',')
			len++;
		word = kf_view(text, len);
		if (kf_equal(kf_part_of(word, 0, prefix.len), prefix))
			word = kf_part_of(word, prefix.len, len - prefix.len);
		if (kf_equal(word, kf_text(name)))
			return true;
		text += len;
	}
	return false;
}

/* signing is how an image is signed anew. */
struct signing {
	const struct places *places;
	struct kf_key key;
	struct kf_bytes own;		/* as bootloaders keep it */
	enum kf_digest_kind digest;
	uint16_t digest_type, signature_type, signature_len;
	const struct kf_mcuboot_version *version;	/* NULL: as it is */
	const char *counter;				/* NULL: as it is */
};

/* add puts an entry behind others. Nothing here is longer than its room. */
static size_t add(uint8_t *out, unsigned type, struct kf_bytes value)
{
	out[0] = (uint8_t)type;
	out[1] = (uint8_t)(type >> 8);
	out[2] = (uint8_t)value.len;
	out[3] = (uint8_t)(value.len >> 8);
	if (value.len)
		memcpy(out + KF_MCUBOOT_ENTRY_LEN, value.data, value.len);
	return KF_MCUBOOT_ENTRY_LEN + value.len;
}

/* protect writes the protected area anew: with another counter in place of all
 * that it has. Empty: there is none; NULL in `data`, no room. */
static size_t protect(uint8_t *out, const struct signing *s)
{
	struct kf_cursor c = kf_cursor_over(s->places->protected_area, 0);
	size_t len = KF_MCUBOOT_AREA_LEN;
	struct kf_mcuboot_entry e;
	uint32_t counter;
	uint8_t value[4];

	while (kf_mcuboot_next(&e, &c))
		if (!s->counter || e.type != KF_MCUBOOT_SEC_CNT)
			len += add(out + len, e.type, e.value);
	if (s->counter && kf_setting_number(&counter, s->counter)) {
		for (int i = 0; i < 4; i++)
			value[i] = (uint8_t)(counter >> 8 * i);
		len += add(out + len, KF_MCUBOOT_SEC_CNT, kf_view(value, 4));
	}
	if (len == KF_MCUBOOT_AREA_LEN)
		return 0;
	out[0] = KF_MCUBOOT_PROTECTED & 0xff;
	out[1] = KF_MCUBOOT_PROTECTED >> 8;
	out[2] = (uint8_t)len;
	out[3] = (uint8_t)(len >> 8);
	return len;
}

/* head writes the header anew: the length of the protected area, the version,
 * and no flag that keeps it from being started. */
static void head(uint8_t out[KF_MCUBOOT_HEADER_LEN], const struct signing *s,
		 size_t protected_len)
{
	const struct kf_mcuboot *h = &s->places->header;
	uint32_t flags = h->flags & ~(uint32_t)KF_MCUBOOT_NON_BOOTABLE;
	const struct kf_mcuboot_version *v = s->version ? s->version
							: &h->version;

	out[10] = (uint8_t)protected_len;
	out[11] = (uint8_t)(protected_len >> 8);
	for (int i = 0; i < 4; i++) {
		out[16 + i] = (uint8_t)(flags >> 8 * i);
		out[24 + i] = (uint8_t)(v->build >> 8 * i);
	}
	out[20] = v->major;
	out[21] = v->minor;
	out[22] = (uint8_t)v->revision;
	out[23] = (uint8_t)(v->revision >> 8);
}

/* digest_of computes what the new signature has to cover. */
static bool digest_of(struct kf_digest *out, struct kf_attempt *a,
		      const struct kf_source *source, enum kf_digest_kind kind)
{
	const struct kf_crypto *crypto = a->env->crypto;
	void *d = crypto->digest_begin(crypto->self, kind);
	uint64_t at = 0;

	while (d && at < source->size) {
		size_t len = source->size - at < a->env->window_len
			? (size_t)(source->size - at) : a->env->window_len;

		if (!kf_spend(a->env, len) ||
		    !source->read_at(source->self, at, a->env->window, len)) {
			crypto->digest_drop(d);
			return false;
		}
		crypto->digest_add(d, kf_view(a->env->window, len));
		at += len;
	}
	if (d)
		crypto->digest_end(d, out);
	return d && out->len;
}

/* plain_of writes the plain area as imgtool does, with a signature of zeros:
 * that counts as the supposed key's. */
static size_t plain_of(uint8_t *out, const struct kf_attempt *a,
		       const struct signing *s, const struct kf_digest *digest)
{
	static const uint8_t zeros[384], yes = 1;
	const struct kf_crypto *crypto = a->env->crypto;
	size_t len = KF_MCUBOOT_AREA_LEN;
	struct kf_digest id;

	len += add(out + len, s->digest_type,
		   kf_view(digest->bytes, digest->len));
	kf_digest_of(&id, crypto, s->digest, s->own);
	if (has_option(a, "SIGN_PURE"))
		len += add(out + len, KF_MCUBOOT_SIG_PURE, kf_view(&yes, 1));
	if (has_option(a, "HW_KEY"))
		len += add(out + len, KF_MCUBOOT_PUBKEY, s->own);
	else
		len += add(out + len, KF_MCUBOOT_KEYHASH,
			   kf_view(id.bytes, id.len));
	len += add(out + len, s->signature_type,
		   kf_view(zeros, s->signature_len));
	out[0] = KF_MCUBOOT_PLAIN & 0xff;
	out[1] = KF_MCUBOOT_PLAIN >> 8;
	out[2] = (uint8_t)len;
	out[3] = (uint8_t)(len >> 8);
	return len;
}

/* signed_file makes the whole file, without what stood behind its areas: the
 * mark of a pending update is put there anew. Fails: false, no room, or no
 * digest. */
static bool signed_file(struct kf_patch *patch, struct kf_attempt *a,
			const struct signing *s)
{
	const struct places *p = s->places;
	const struct kf_source *source = a->artifact->source;
	const uint64_t head_len = KF_MCUBOOT_HEADER_LEN;
	uint8_t *top = kf_arena_take(a->env->arena, head_len);
	uint8_t *area = kf_arena_take(a->env->arena,
				      p->protected_area.len + 16);
	uint8_t *plain = kf_arena_take(a->env->arena, PLAIN_MAX);
	struct kf_digest digest;
	size_t area_len;

	if (!top || !area || !plain) {
		a->status = KF_NO_MEMORY;
		return false;
	}
	if (p->header.header_len < head_len ||
	    !source->read_at(source->self, 0, top, head_len))
		return false;
	area_len = protect(area, s);
	head(top, s, area_len);
	kf_patch_open(patch, source);
	return kf_patch_view(patch, kf_view(top, head_len)) &&
	       kf_patch_slice(patch, head_len,
			      kf_mcuboot_areas_at(&p->header) - head_len) &&
	       (!area_len || kf_patch_view(patch, kf_view(area, area_len))) &&
	       digest_of(&digest, a, kf_patch_source(patch), s->digest) &&
	       kf_patch_view(patch, kf_view(plain, plain_of(plain, a, s,
							    &digest)));
}

/* shape tells how a key's images are signed. Fails: false, MCUboot has none
 * such. */
static bool shape(struct signing *s, const struct kf_attempt *a)
{
	bool p384 = s->key.kind == KF_KEY_EC && s->key.bits == 384;

	s->own = s->key.kind == KF_KEY_RSA ? s->key.own : s->key.spki;
	s->digest = has_option(a, "SHA512") ? KF_SHA512
		  : p384 ? KF_SHA384 : KF_SHA256;
	s->digest_type = s->digest == KF_SHA512 ? KF_MCUBOOT_SHA512
		       : p384 ? KF_MCUBOOT_SHA384 : KF_MCUBOOT_SHA256;
	switch (s->key.kind) {
	case KF_KEY_RSA:
		s->signature_type = s->key.bits == 2048 ? KF_MCUBOOT_RSA2048
							: KF_MCUBOOT_RSA3072;
		s->signature_len = (uint16_t)(s->key.bits / 8);
		return s->key.bits == 2048 || s->key.bits == 3072;
	case KF_KEY_EC:
		s->signature_type = KF_MCUBOOT_ECDSA;
		s->signature_len = 64;
		return true;
	case KF_KEY_ED25519:
		s->signature_type = KF_MCUBOOT_ED25519;
		s->signature_len = 64;
		return true;
	default:
		return false;
	}
}

static const char *version_text(struct kf_attempt *a,
				const struct kf_mcuboot_version *v)
{
	char *text = kf_arena_take(a->env->arena, KF_MCUBOOT_VERSION_MAX);

	if (text)
		kf_mcuboot_version_text(text, v);
	return text;
}

/* try_signing offers one way to sign, if it helps. */
static bool try_signing(struct kf_attempt *a, const struct signing *s,
			uint32_t entry)
{
	struct kf_remedy *r = kf_offer(a, KF_SIGN_IMAGE);

	r->sign.key = s->key.spki;
	r->sign.entry = entry;
	r->sign.counter = s->counter;
	r->sign.digest = s->digest == KF_SHA512 ? "512"
		       : s->digest == KF_SHA384 ? "384" : "256";
	r->sign.form = has_option(a, "HW_KEY") ? "full" : "hash";
	r->sign.pure = has_option(a, "SIGN_PURE");
	r->sign.header_len = s->places->header.header_len;
	r->sign.slot_size = kf_store_setting(a->store, "slot-size");
	r->sign.raised = s->version;
	r->sign.version = version_text(a, s->version ? s->version
					: &s->places->header.version);
	if (kf_is_why(a, "payload-changed"))
		r->caution = "what it holds now is not what was signed";
	if (kf_is_why(a, "key-not-trusted"))
		r->caution = "a device gets other keys with another bootloader alone";
	if (signed_file(&r->patch, a, s) &&
	    kf_try_file(a, kf_patch_source(&r->patch), &s->key.spki, 1))
		return true;
	a->num--;
	return false;
}

/* higher is the installed version, and the next one. Fails: false, nothing is
 * told of it. */
static bool higher(struct kf_mcuboot_version out[2],
		   const struct kf_attempt *a)
{
	const struct kf_part *old = kf_store_part(a->store, "installed");
	struct kf_mcuboot header;

	if (!old || old->presence != KF_PRESENT)
		return false;
	kf_mcuboot_header(&header, old->bytes);
	out[0] = out[1] = header.version;
	out[1].revision++;
	return header.magic == KF_MCUBOOT_MAGIC && out[1].revision;
}

/* with_key tries one key: as the image is, then with a higher counter, and a
 * higher version. */
static bool with_key(struct kf_attempt *a, struct signing *s, uint32_t entry)
{
	const char *counter = kf_store_setting(a->store, "security-counter");
	struct kf_mcuboot_version *versions =
		kf_arena_take(a->env->arena, 2 * sizeof(*versions));
	int num = 1;

	if (!versions) {
		a->status = KF_NO_MEMORY;
		return false;
	}
	if (higher(versions, a))
		num = 3;
	for (int i = 0; i < 2 * num && a->status == KF_OK; i++) {
		s->version = i < 2 ? NULL : &versions[i / 2 - 1];
		s->counter = i % 2 ? counter ? counter : "0" : NULL;
		if (try_signing(a, s, entry))
			return true;
	}
	return false;
}

/* sign tries the device's keys, in their order. Of one with a key in its
 * fuses, the first one given is that. */
static void sign(struct kf_attempt *a, const struct places *p)
{
	const struct kf_part *keys = kf_store_part(a->store, "key");
	const struct kf_crypto *crypto = a->env->crypto;
	struct signing s = { .places = p };
	struct kf_cursor c;
	struct kf_der e;

	if (!keys || keys->presence != KF_PRESENT ||
	    (p->header.flags & ENCRYPTED))
		return;
	c = kf_cursor_over(keys->bytes, 0);
	for (uint32_t n = 1; n <= KEYS_TRIED && a->status == KF_OK &&
	     a->num < a->max && kf_der_next(&e, &c); n++) {
		enum kf_status status = crypto->key_read(crypto->self, &s.key,
							 e.whole,
							 a->env->arena);

		if (status != KF_OK && status != KF_WRONG_USE)
			a->status = status;
		if (status == KF_OK && shape(&s, a) && with_key(a, &s, n))
			return;
	}
}

/* spell writes a number. */
static const char *spell(struct kf_attempt *a, uint64_t value)
{
	char back[20], *text = kf_arena_take(a->env->arena, 24);
	size_t len = 0;

	do {
		back[len++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	for (size_t i = 0; text && i < len; i++)
		text[i] = back[len - 1 - i];
	return text;
}

/* change offers a device that is told otherwise, if it would take the file. */
static bool change(struct kf_attempt *a, const char *setting,
		   const char *value)
{
	struct kf_remedy *r;

	if (a->num == a->max || !value || a->status != KF_OK ||
	    !kf_try_setting(a, setting, value))
		return false;
	r = kf_offer(a, KF_CHANGE_DEVICE);
	r->setting = setting;
	r->value = value;
	return true;
}

/* more_room offers slots that are longer by a few sectors. */
static void more_room(struct kf_attempt *a)
{
	const char *slot = kf_store_setting(a->store, "slot-size");
	const char *step = kf_store_setting(a->store, "sector-size");
	uint32_t now = 0, sector = 0;
	uint64_t size = a->artifact->source->size;

	if (!slot || !kf_setting_number(&now, slot) || !step ||
	    !kf_setting_number(&sector, step) || !sector)
		return;
	if (size < now)
		size = now;
	size = (size + sector - 1) / sector * sector;
	for (int i = 0; i < 8 && size + sector <= UINT32_MAX; i++) {
		size += sector;
		if (change(a, "slot-size", spell(a, size)))
			return;
	}
}

/* other_image offers to bring the other image to what this one needs first. */
static void other_image(struct kf_attempt *a, const struct places *p)
{
	struct kf_cursor c = kf_cursor_over(p->protected_area, 0);
	struct kf_mcuboot_version v;
	struct kf_mcuboot_entry e;

	while (kf_mcuboot_next(&e, &c)) {
		struct kf_cursor d = kf_cursor_over(e.value, 0);

		if (e.type != KF_MCUBOOT_DEPENDENCY)
			continue;
		kf_skip(&d, 4, "image_id");
		v.major = kf_u8(&d, "iv_major");
		v.minor = kf_u8(&d, "iv_minor");
		v.revision = kf_u16le(&d, "iv_revision");
		v.build = kf_u32le(&d, "iv_build_num");
		if (!d.damage.field &&
		    change(a, "other-version", version_text(a, &v)))
			return;
	}
}

void kf_remedies_of_mcuboot(struct kf_attempt *a)
{
	static const char *const by_entry[] = {
		"signature-invalid", "signature-malformed", "key-id-malformed",
		"entry-not-allowed", "counter-low", "payload-changed",
	};
	struct places *p = kf_arena_take(a->env->arena, sizeof(*p));

	if (!p) {
		a->status = KF_NO_MEMORY;
		return;
	}
	if (!find(p, a))
		return;
	for (size_t i = 0; i < sizeof(by_entry) / sizeof(by_entry[0]); i++)
		if (kf_is_why(a, by_entry[i]))
			entries(a, p);
	if (kf_is_why(a, "image-too-large"))
		more_room(a);
	if (kf_is_why(a, "dependency-unmet"))
		other_image(a, p);
	if (a->status == KF_OK && a->num < a->max)
		sign(a, p);
}
