/* Reading MCUboot's images.
 */
#include "mcuboot.h"

#include <string.h>

uint64_t kf_mcuboot_areas_at(const struct kf_mcuboot *m)
{
	return (uint64_t)m->header_len + m->image_len;
}

void kf_mcuboot_header(struct kf_mcuboot *out, struct kf_bytes head)
{
	struct kf_cursor c = kf_cursor_over(head, 0);

	out->magic = kf_u32le(&c, "ih_magic");
	out->load_at = kf_u32le(&c, "ih_load_addr");
	out->header_len = kf_u16le(&c, "ih_hdr_size");
	out->protected_len = kf_u16le(&c, "ih_protect_tlv_size");
	out->image_len = kf_u32le(&c, "ih_img_size");
	out->flags = kf_u32le(&c, "ih_flags");
	out->version.major = kf_u8(&c, "iv_major");
	out->version.minor = kf_u8(&c, "iv_minor");
	out->version.revision = kf_u16le(&c, "iv_revision");
	out->version.build = kf_u32le(&c, "iv_build_num");
	kf_skip(&c, 4, "_pad1");
	out->damage = c.damage;
}

bool kf_mcuboot_next(struct kf_mcuboot_entry *out, struct kf_cursor *c)
{
	if (!kf_more(c))
		return false;
	out->type = kf_u16le(c, "it_type");
	out->len = kf_u16le(c, "it_len");
	out->at = kf_at(c);
	out->value = kf_take(c, out->len, "it_len");
	return !c->damage.field;
}

enum kf_status kf_mcuboot_keep_areas(struct kf_bytes *out, uint64_t *at,
				     const struct kf_source *source,
				     struct kf_env *env)
{
	struct kf_mcuboot header;
	struct kf_bytes head;
	enum kf_status status;
	uint64_t left;

	*out = kf_view(NULL, 0);
	status = kf_source_keep(&head, source, env, 0, KF_MCUBOOT_HEADER_LEN);
	if (status != KF_OK)
		return status;
	kf_mcuboot_header(&header, head);
	*at = kf_mcuboot_areas_at(&header);
	if (*at >= source->size)
		return KF_OK;
	left = source->size - *at;
	if (left > 2 * KF_MCUBOOT_AREA_MAX)
		left = 2 * KF_MCUBOOT_AREA_MAX;
	return kf_source_keep(out, source, env, *at, left);
}

bool kf_mcuboot_area(struct kf_cursor *out, struct kf_bytes *areas,
		     uint64_t *at)
{
	struct kf_cursor c = kf_cursor_over(*areas, *at);
	uint16_t magic = kf_u16le(&c, "it_magic");
	uint16_t len = kf_u16le(&c, "it_tlv_tot");
	size_t end = len < areas->len ? len : areas->len;

	if (c.damage.field || len < KF_MCUBOOT_AREA_LEN ||
	    (magic != KF_MCUBOOT_PLAIN && magic != KF_MCUBOOT_PROTECTED))
		return false;
	c.bytes = kf_part_of(*areas, 0, end);
	*out = c;
	if (magic == KF_MCUBOOT_PLAIN)
		end = areas->len;
	*areas = kf_part_of(*areas, end, areas->len - end);
	*at += end;
	return true;
}

static bool starts_with(struct kf_bytes bytes, struct kf_bytes start)
{
	return kf_equal(kf_part_of(bytes, 0, start.len), start);
}

bool kf_mcuboot_p256(struct kf_bytes spki)
{
	static const uint8_t start[] = {
		0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
		0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
		0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
	};

	return starts_with(spki, kf_view(start, sizeof(start)));
}

bool kf_mcuboot_p384(struct kf_bytes spki)
{
	static const uint8_t start[] = {
		0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
		0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22,
		0x03, 0x62, 0x00, 0x04,
	};

	return starts_with(spki, kf_view(start, sizeof(start)));
}

bool kf_mcuboot_is_signing(uint16_t type)
{
	switch (type) {
	case KF_MCUBOOT_KEYHASH:
	case KF_MCUBOOT_PUBKEY:
	case KF_MCUBOOT_SHA256:
	case KF_MCUBOOT_SHA384:
	case KF_MCUBOOT_SHA512:
	case KF_MCUBOOT_RSA2048:
	case KF_MCUBOOT_RSA3072:
	case KF_MCUBOOT_ECDSA:
	case KF_MCUBOOT_ED25519:
		return true;
	default:
		return false;
	}
}

const char *kf_mcuboot_type_name(uint16_t type)
{
	static const struct { uint16_t type; const char *name; } names[] = {
		{ KF_MCUBOOT_KEYHASH, "KEYHASH" },
		{ KF_MCUBOOT_PUBKEY, "PUBKEY" },
		{ KF_MCUBOOT_SHA256, "SHA256" },
		{ KF_MCUBOOT_SHA384, "SHA384" },
		{ KF_MCUBOOT_SHA512, "SHA512" },
		{ KF_MCUBOOT_RSA2048, "RSA2048_PSS" },
		{ KF_MCUBOOT_ECDSA224, "ECDSA224" },
		{ KF_MCUBOOT_ECDSA, "ECDSA_SIG" },
		{ KF_MCUBOOT_RSA3072, "RSA3072_PSS" },
		{ KF_MCUBOOT_ED25519, "ED25519" },
		{ KF_MCUBOOT_SIG_PURE, "SIG_PURE" },
		{ KF_MCUBOOT_ENC_RSA2048, "ENC_RSA2048" },
		{ KF_MCUBOOT_ENC_KW, "ENC_KW" },
		{ KF_MCUBOOT_ENC_EC256, "ENC_EC256" },
		{ KF_MCUBOOT_ENC_X25519, "ENC_X25519" },
		{ KF_MCUBOOT_ENC_X25519_SHA512, "ENC_X25519_SHA512" },
		{ KF_MCUBOOT_DEPENDENCY, "DEPENDENCY" },
		{ KF_MCUBOOT_SEC_CNT, "SEC_CNT" },
		{ 0x60, "BOOT_RECORD" },
		{ 0x70, "DECOMP_SIZE" },
		{ 0x71, "DECOMP_SHA" },
		{ 0x72, "DECOMP_SIGNATURE" },
		{ 0x73, "COMP_DEC_SIZE" },
		{ KF_MCUBOOT_UUID_VID, "UUID_VID" },
		{ KF_MCUBOOT_UUID_CID, "UUID_CID" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			return names[i].name;
	return NULL;
}

/* number spells a number. */
static size_t number(char *out, uint32_t value)
{
	char back[10];
	size_t len = 0;

	do {
		back[len++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	for (size_t i = 0; i < len; i++)
		out[i] = back[len - 1 - i];
	return len;
}

size_t kf_mcuboot_version_text(char *out,
			       const struct kf_mcuboot_version *version)
{
	size_t len = number(out, version->major);

	out[len++] = '.';
	len += number(out + len, version->minor);
	out[len++] = '.';
	len += number(out + len, version->revision);
	if (version->build) {
		out[len++] = '+';
		len += number(out + len, version->build);
	}
	out[len] = '\0';
	return len;
}

/* nibble is the value of a hex digit of a table, in lower case. */
static unsigned nibble(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static bool spells(const char *hex, struct kf_bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++, hex += 2)
		if (!hex[0] ||
		    (nibble(hex[0]) << 4 | nibble(hex[1])) != bytes.data[i])
			return false;
	return !hex[0];
}

const char *kf_mcuboot_known(struct kf_bytes key_hash)
{
#define KEY(name, sha256, sha384) { name, { sha256, sha384 } },
	static const struct { const char *name, *hash[2]; } keys[] = {
#include "mcuboot_keys.def"
	};
#undef KEY

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		for (int j = 0; j < 2; j++)
			if (key_hash.len && spells(keys[i].hash[j], key_hash))
				return keys[i].name;
	return NULL;
}

/* Keys start alike, each of its own kind and size.
 * Source: RFC 5480, 2; RFC 8410, 4; RFC 8017, A.1.1. */
struct kf_bytes kf_mcuboot_embedded(struct kf_bytes bootloader, size_t *at)
{
	static const struct { size_t len, start_len; uint8_t start[28]; }
	kinds[] = {
		{ 91, 27, { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
			    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
			    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03,
			    0x42, 0x00, 0x04 } },
		{ 120, 24, { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
			     0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
			     0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
			     0x04 } },
		{ 44, 12, { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65,
			    0x70, 0x03, 0x21, 0x00 } },
		{ 270, 9, { 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01,
			    0x00 } },
		{ 398, 9, { 0x30, 0x82, 0x01, 0x8a, 0x02, 0x82, 0x01, 0x81,
			    0x00 } },
	};

	for (; *at < bootloader.len; (*at)++) {
		const uint8_t *p = memchr(bootloader.data + *at, 0x30,
					  bootloader.len - *at);

		if (!p)
			break;
		*at = (size_t)(p - bootloader.data);
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			struct kf_bytes key = kf_part_of(bootloader, *at,
							 kinds[i].len);

			if (!key.len ||
			    memcmp(key.data, kinds[i].start,
				   kinds[i].start_len) != 0)
				continue;
			*at += key.len;
			return key;
		}
	}
	*at = bootloader.len;
	return kf_view(NULL, 0);
}
