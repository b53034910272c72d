/* MCUboot's images: the header, and the areas of entries behind the payload.
 *
 * It says what stands where. What a bootloader makes of it depends on how that
 * was built, and is for its rules.
 *
 * Source: mcu-tools/mcuboot, boot/bootutil/include/bootutil/image.h.
 */
#ifndef KEYFIT_CORE_MCUBOOT_H
#define KEYFIT_CORE_MCUBOOT_H

#include <keyfit/artifact.h>

#define KF_MCUBOOT_MAGIC UINT32_C(0x96f3b83d)
#define KF_MCUBOOT_PLAIN 0x6907		/* starts an area */
#define KF_MCUBOOT_PROTECTED 0x6908	/* starts one that is hashed too */

enum {
	KF_MCUBOOT_HEADER_LEN = 32,
	KF_MCUBOOT_AREA_LEN = 4,	/* of an area's own header */
	KF_MCUBOOT_ENTRY_LEN = 4,	/* of an entry's own header */
	KF_MCUBOOT_AREA_MAX = 0xffff,
};

enum kf_mcuboot_flag {
	KF_MCUBOOT_AES128 = 0x4,
	KF_MCUBOOT_AES256 = 0x8,
	KF_MCUBOOT_NON_BOOTABLE = 0x10,
	KF_MCUBOOT_RAM_LOAD = 0x20,
	KF_MCUBOOT_ROM_FIXED = 0x100,
	KF_MCUBOOT_COMPRESSED = 0xe00,
};

enum kf_mcuboot_type {
	KF_MCUBOOT_KEYHASH = 0x01,
	KF_MCUBOOT_PUBKEY = 0x02,
	KF_MCUBOOT_SHA256 = 0x10,
	KF_MCUBOOT_SHA384 = 0x11,
	KF_MCUBOOT_SHA512 = 0x12,
	KF_MCUBOOT_RSA2048 = 0x20,
	KF_MCUBOOT_ECDSA224 = 0x21,
	KF_MCUBOOT_ECDSA = 0x22,
	KF_MCUBOOT_RSA3072 = 0x23,
	KF_MCUBOOT_ED25519 = 0x24,
	KF_MCUBOOT_SIG_PURE = 0x25,
	KF_MCUBOOT_ENC_RSA2048 = 0x30,
	KF_MCUBOOT_ENC_KW = 0x31,
	KF_MCUBOOT_ENC_EC256 = 0x32,
	KF_MCUBOOT_ENC_X25519 = 0x33,
	KF_MCUBOOT_ENC_X25519_SHA512 = 0x34,
	KF_MCUBOOT_DEPENDENCY = 0x40,
	KF_MCUBOOT_SEC_CNT = 0x50,
	KF_MCUBOOT_UUID_VID = 0x74,
	KF_MCUBOOT_UUID_CID = 0x75,
};

struct kf_mcuboot_version {
	uint8_t major, minor;
	uint16_t revision;
	uint32_t build;
};

/* kf_mcuboot is the header. */
struct kf_mcuboot {
	uint32_t magic;
	uint32_t load_at;
	uint16_t header_len;	/* with the room behind these 32 bytes */
	uint16_t protected_len;	/* of the protected area, its header too */
	uint32_t image_len;
	uint32_t flags;
	struct kf_mcuboot_version version;
	struct kf_damage damage;
};

/* kf_mcuboot_entry is one entry of an area. */
struct kf_mcuboot_entry {
	uint16_t type;
	uint16_t len;
	uint64_t at;		/* of its value */
	struct kf_bytes value;
};

/* kf_mcuboot_header reads the header; what is missing is damage, and zero. */
void kf_mcuboot_header(struct kf_mcuboot *out, struct kf_bytes head);

/* kf_mcuboot_next reads the entry at the cursor, which is inside an area.
 * Fails: false at its end, or the cursor is damaged. */
KF_MUST bool kf_mcuboot_next(struct kf_mcuboot_entry *out,
			     struct kf_cursor *c);

/* kf_mcuboot_areas_at is where the areas start. */
uint64_t kf_mcuboot_areas_at(const struct kf_mcuboot *m);

/* kf_mcuboot_keep_areas keeps the bytes in which the areas of an image are, and
 * `*at`, where they stand in it. Empty: the image ends in front of them.
 * Fails: as kf_source_keep. */
KF_MUST enum kf_status kf_mcuboot_keep_areas(struct kf_bytes *out,
					     uint64_t *at,
					     const struct kf_source *source,
					     struct kf_env *env);

/* kf_mcuboot_area takes the area in front of `areas`, which stand at `at`: its
 * entries, as far as they are there, are what kf_mcuboot_next reads from `out`.
 * `areas` is then what may be another area: behind a protected one alone.
 * Fails: false, none starts there. */
KF_MUST bool kf_mcuboot_area(struct kf_cursor *out, struct kf_bytes *areas,
			     uint64_t *at);

/* kf_mcuboot_p256, kf_mcuboot_p384: is a SubjectPublicKeyInfo of this curve, as
 * MCUboot reads keys: named, and with a point that is not compressed? */
bool kf_mcuboot_p256(struct kf_bytes spki);
bool kf_mcuboot_p384(struct kf_bytes spki);

/* kf_mcuboot_is_signing tells whether an entry is one that signing makes anew:
 * a digest, a key or its id, a signature. */
bool kf_mcuboot_is_signing(uint16_t type);

/* kf_mcuboot_type_name is what an entry is called; NULL: it has no name. */
const char *kf_mcuboot_type_name(uint16_t type);

/* kf_mcuboot_version_text spells a version, "1.2.3+4", in `out` of at least
 * KF_MCUBOOT_VERSION_MAX bytes, and returns its length. */
enum { KF_MCUBOOT_VERSION_MAX = 32 };
size_t kf_mcuboot_version_text(char *out,
			       const struct kf_mcuboot_version *version);

/* kf_mcuboot_known is a key that everybody has, by what an image calls it: the
 * SHA-256 or the SHA-384 of what bootloaders keep of it. NULL: not known. */
const char *kf_mcuboot_known(struct kf_bytes key_hash);

/* kf_mcuboot_embedded finds the next key in a bootloader, as its linker put it
 * there, from `*at` on, and steps over it. Empty: no more. What looks like a
 * key may be none. */
struct kf_bytes kf_mcuboot_embedded(struct kf_bytes bootloader, size_t *at);

#endif
