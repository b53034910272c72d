/* An image that MCUboot starts: header, payload, entries with digests, key
 * ids and signatures.
 *
 * An entry says of itself what it is, and a bootloader passes over all that it
 * was not built for: so all are shown, in their order, and which signature the
 * key id in front of it belongs to. A key that everybody has is named.
 *
 * Source: mcu-tools/mcuboot, boot/bootutil/include/bootutil/image.h.
 */
#include "core/facts.h"
#include "core/mcuboot.h"

#include <string.h>

enum { SHOWN_MAX = 64 };	/* bytes of a value */

/* areas is what is kept of a file to be shown. */
struct areas {
	struct kf_mcuboot header;
	struct kf_bytes bytes;	/* both areas */
	struct kf_bytes protected_area, plain;	/* entries alone */
	uint64_t protected_at, plain_at;
};

static bool recognise(struct kf_bytes head, const struct kf_source *source)
{
	static const uint8_t magic[] = { 0x3d, 0xb8, 0xf3, 0x96 };

	(void)source;
	return kf_equal(kf_part_of(head, 0, sizeof(magic)),
			kf_view(magic, sizeof(magic)));
}

/* area cuts one area out of those that are kept. Returns what it is long. */
static uint16_t area(struct kf_bytes *entries, struct kf_cursor *c,
		     uint16_t magic, const char *field)
{
	struct kf_bytes head = kf_part_of(c->bytes, c->pos, 2);
	uint16_t len;

	*entries = kf_view(NULL, 0);
	if (head.len < 2 || (head.data[0] | head.data[1] << 8) != magic) {
		kf_break(c, field);
		return 0;
	}
	kf_skip(c, 2, field);
	len = kf_u16le(c, "it_tlv_tot");
	if (len < KF_MCUBOOT_AREA_LEN)
		kf_break(c, "it_tlv_tot");
	else
		*entries = kf_take(c, len - KF_MCUBOOT_AREA_LEN, "it_tlv_tot");
	return c->damage.field ? 0 : len;
}

static void read_areas(struct areas *a, struct kf_artifact *out)
{
	struct kf_cursor c = kf_cursor_over(a->bytes,
					    kf_mcuboot_areas_at(&a->header));
	const uint16_t wanted = a->header.protected_len;

	a->protected_at = kf_at(&c) + KF_MCUBOOT_AREA_LEN;
	if (wanted && area(&a->protected_area, &c, KF_MCUBOOT_PROTECTED,
			   "it_magic") != wanted)
		kf_break(&c, "ih_protect_tlv_size");
	a->plain_at = kf_at(&c) + KF_MCUBOOT_AREA_LEN;
	area(&a->plain, &c, KF_MCUBOOT_PLAIN, "it_magic");
	kf_artifact_damage(out, c.damage);
}

static void read(struct kf_artifact *out, struct kf_env *env)
{
	const struct kf_source *source = out->source;
	struct areas *a = kf_arena_take(env->arena, sizeof(*a));
	uint8_t head[KF_MCUBOOT_HEADER_LEN];
	size_t len = source->size < sizeof(head) ? (size_t)source->size
						 : sizeof(head);
	uint64_t at, left;

	if (!a) {
		out->status = KF_NO_MEMORY;
		return;
	}
	if (len && !source->read_at(source->self, 0, head, len)) {
		out->status = KF_CANNOT_READ;
		return;
	}
	out->description = a;
	kf_mcuboot_header(&a->header, kf_view(head, len));
	kf_artifact_damage(out, a->header.damage);
	at = kf_mcuboot_areas_at(&a->header);
	if (at >= source->size) {
		kf_artifact_damage(out, (struct kf_damage){ "it_magic",
							    source->size });
		return;
	}
	left = source->size - at;
	if (left > 2 * KF_MCUBOOT_AREA_MAX)
		left = 2 * KF_MCUBOOT_AREA_MAX;
	out->status = kf_source_keep(&a->bytes, source, env, at, left);
	if (out->status == KF_OK)
		read_areas(a, out);
}

static void describe_flags(const struct kf_sink *sink, uint32_t flags)
{
	static const struct { uint32_t flag; const char *name; } names[] = {
		{ 0x1, "PIC" },
		{ KF_MCUBOOT_AES128, "ENCRYPTED_AES128" },
		{ KF_MCUBOOT_AES256, "ENCRYPTED_AES256" },
		{ KF_MCUBOOT_NON_BOOTABLE, "NON_BOOTABLE" },
		{ KF_MCUBOOT_RAM_LOAD, "RAM_LOAD" },
		{ KF_MCUBOOT_ROM_FIXED, "ROM_FIXED" },
		{ 0x200, "COMPRESSED_LZMA1" },
		{ 0x400, "COMPRESSED_LZMA2" },
		{ 0x800, "COMPRESSED_ARM_THUMB_FLT" },
	};

	kf_fact_hex(sink, "flags", flags);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].flag)
			kf_fact_word(sink, "flag", names[i].name);
}

static void describe_version(const struct kf_sink *sink, const char *name,
			     const struct kf_mcuboot_version *version)
{
	char text[KF_MCUBOOT_VERSION_MAX];

	kf_fact_text(sink, name,
		     kf_view(text, kf_mcuboot_version_text(text, version)));
}

/* describe_key names the key that an entry stands for. */
static void describe_key(const struct kf_sink *sink, struct kf_env *env,
			 const struct kf_mcuboot_entry *e)
{
	struct kf_arena arena = *env->arena;
	struct kf_bytes hash = e->value;
	struct kf_digest digest;
	struct kf_key key;

	if (e->type == KF_MCUBOOT_PUBKEY) {
		if (env->crypto->key_read(env->crypto->self, &key, e->value,
					  &arena) == KF_OK)
			kf_fact_word(sink, "key", key.name);
		kf_digest_of(&digest, env->crypto, KF_SHA256, e->value);
		hash = kf_view(digest.bytes, digest.len);
		kf_fact_bytes(sink, "key-hash", hash);
	}
	if (kf_mcuboot_known(hash))
		kf_fact_word(sink, "published-test-key",
			     kf_mcuboot_known(hash));
}

/* describe_value shows what an entry of a few types says. */
static void describe_value(const struct kf_sink *sink, struct kf_env *env,
			   const struct kf_mcuboot_entry *e)
{
	struct kf_cursor c = kf_cursor_over(e->value, e->at);
	struct kf_mcuboot_version version;

	if (e->type == KF_MCUBOOT_KEYHASH || e->type == KF_MCUBOOT_PUBKEY)
		describe_key(sink, env, e);
	if (e->type == KF_MCUBOOT_SEC_CNT && e->len == 4)
		kf_fact_number(sink, "counter", kf_u32le(&c, "counter"));
	if (e->type != KF_MCUBOOT_DEPENDENCY || e->len != 12)
		return;
	kf_fact_number(sink, "image", kf_u8(&c, "image_id"));
	kf_skip(&c, 3, "_pad1");
	version.major = kf_u8(&c, "iv_major");
	version.minor = kf_u8(&c, "iv_minor");
	version.revision = kf_u16le(&c, "iv_revision");
	version.build = kf_u32le(&c, "iv_build_num");
	describe_version(sink, "version-at-least", &version);
}

static void describe_entry(const struct kf_sink *sink, struct kf_env *env,
			   const struct kf_mcuboot_entry *e, bool hashed)
{
	const char *name = kf_mcuboot_type_name(e->type);

	kf_fact_open(sink, NULL);
	kf_fact_place(sink, e->at, e->len);
	if (name)
		kf_fact_word(sink, "type", name);
	else
		kf_fact_hex(sink, "type", e->type);
	kf_fact_yes_no(sink, "protected", hashed);
	describe_value(sink, env, e);
	if (e->len > SHOWN_MAX)
		kf_fact_bytes(sink, "starts-with",
			      kf_part_of(e->value, 0, SHOWN_MAX));
	else
		kf_fact_bytes(sink, "value", e->value);
	kf_fact_close(sink);
}

static void describe_area(const struct kf_sink *sink, struct kf_env *env,
			  struct kf_bytes entries, uint64_t at, bool hashed)
{
	struct kf_cursor c = kf_cursor_over(entries, at);
	struct kf_mcuboot_entry e;

	while (kf_mcuboot_next(&e, &c))
		describe_entry(sink, env, &e, hashed);
	kf_fact_damage(sink, &c.damage, c.damage.field != NULL);
}

static const char *algorithm(uint16_t type)
{
	switch (type) {
	case KF_MCUBOOT_RSA2048:
		return "RSA-2048-PSS";
	case KF_MCUBOOT_ECDSA224:
		return "ECDSA-P-224";
	case KF_MCUBOOT_ECDSA:
		return "ECDSA";
	case KF_MCUBOOT_RSA3072:
		return "RSA-3072-PSS";
	case KF_MCUBOOT_ED25519:
		return "Ed25519";
	default:
		return NULL;
	}
}

/* describe_signatures shows who signed: the key id that stands in front. */
static void describe_signatures(const struct kf_sink *sink,
				struct kf_env *env, const struct areas *a)
{
	struct kf_bytes area[] = { a->protected_area, a->plain };
	const uint64_t at[] = { a->protected_at, a->plain_at };
	struct kf_mcuboot_entry e, id = { .type = 0 };

	kf_fact_open(sink, "signatures");
	for (int i = 0; i < 2; i++) {
		struct kf_cursor c = kf_cursor_over(area[i], at[i]);

		while (kf_mcuboot_next(&e, &c)) {
			if (e.type == KF_MCUBOOT_KEYHASH ||
			    e.type == KF_MCUBOOT_PUBKEY)
				id = e;
			if (!algorithm(e.type))
				continue;
			kf_fact_open(sink, NULL);
			kf_fact_place(sink, e.at, e.len);
			kf_fact_word(sink, "algorithm", algorithm(e.type));
			if (id.type == KF_MCUBOOT_KEYHASH)
				kf_fact_bytes(sink, "key-hash", id.value);
			if (id.type)
				describe_key(sink, env, &id);
			kf_fact_close(sink);
			id.type = 0;
		}
	}
	kf_fact_close(sink);
}

static void describe(const struct kf_artifact *artifact, struct kf_env *env,
		     const struct kf_sink *sink)
{
	const struct areas *a = artifact->description;
	const struct kf_mcuboot *m = &a->header;

	describe_version(sink, "version", &m->version);
	kf_fact_hex(sink, "load-address", m->load_at);
	kf_fact_number(sink, "header-size", m->header_len);
	kf_fact_number(sink, "image-size", m->image_len);
	kf_fact_number(sink, "protected-size", m->protected_len);
	describe_flags(sink, m->flags);
	kf_fact_open(sink, "entries");
	describe_area(sink, env, a->protected_area, a->protected_at, true);
	describe_area(sink, env, a->plain, a->plain_at, false);
	kf_fact_close(sink);
	describe_signatures(sink, env, a);
	kf_fact_damage(sink, artifact->damage, artifact->num_damage);
}

const struct kf_format kf_format_mcuboot = {
	.name = "mcuboot",
	.title = "MCUboot image",
	.recognise = recognise,
	.read = read,
	.describe = describe,
};
