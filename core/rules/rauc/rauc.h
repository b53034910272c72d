/* What the steps of RAUC's rules share.
 *
 * The steps are RAUC's own: its configuration, the bundle's layout, the CMS,
 * the manifest, the payload, and what comes before an installation.
 */
#ifndef KEYFIT_CORE_RULES_RAUC_RAUC_H
#define KEYFIT_CORE_RULES_RAUC_RAUC_H

#include "core/cms_verdict.h"
#include "core/keyfile.h"
#include "core/rauc.h"
#include "core/reasons.h"

/* Versions as numbers: 1.8 is 108. */
enum { RAUC_1_8 = 108, RAUC_1_13 = 113, RAUC_1_16 = 116 };

struct rauc_profile {
	unsigned version;
	const char *told;	/* what RAUC itself says that it is */
	/* The length of a plain bundle's payload goes through 31 bits, and
	 * what is signed is only what is left of it. RAUC-23 */
	bool short_content;
	bool strict_texts;	/* of its GLib: see core/keyfile.h */
	/* Of its OpenSSL: see kf_cms_trust. Among the versions 3.0 some do,
	 * and others do not: KF_NOT_ASKED. */
	enum kf_answer3 past_unreadable;
};

enum rauc_format { RAUC_PLAIN = 1, RAUC_VERITY = 2, RAUC_CRYPT = 4 };
enum rauc_stage { RAUC_INFO = 1, RAUC_EXTRACT, RAUC_INSTALL };

enum { RAUC_SLOTS_MAX = 64, RAUC_IMAGES_MAX = 64 };

struct rauc_slot {
	struct kf_bytes name;	/* "rootfs.0" */
	struct kf_bytes class;	/* "rootfs" */
	struct kf_bytes parent, bootname;
	struct kf_bytes type;	/* empty: raw */
	bool has_parent, has_bootname;
};

/* rauc_config is system.conf. `bad`: RAUC does not start with it. */
struct rauc_config {
	struct kf_finding bad;
	struct kf_bytes compatible;
	struct kf_bytes keyring_path, keyring_directory;
	struct kf_bytes purpose;
	struct kf_bytes min_version;
	struct kf_bytes encryption_key, encryption_cert;
	struct kf_bytes *signer_names;
	size_t num_signer_names;
	bool limits_signers;
	bool check_crl, partial_chain, signing_time, pre_check;
	unsigned formats;		/* of enum rauc_format */
	uint64_t cms_max;
	struct rauc_slot slot[RAUC_SLOTS_MAX];
	size_t num_slots;
};

struct rauc_image {
	struct kf_bytes class;
	struct kf_bytes file;	/* empty: none */
	struct kf_bytes type;	/* since 1.14; of older ones the name tells */
	uint64_t size;
	bool has_size;
	bool installs;		/* by a hook of its own */
	bool varies;		/* for one variant of the device */
	bool is_artifact;
};

/* rauc_manifest is what a manifest says. */
struct rauc_manifest {
	struct kf_finding bad;		/* it cannot be loaded */
	struct kf_finding bad_bundled;	/* it is refused later, before
					 * anything is unpacked */
	enum rauc_format format;
	struct kf_bytes compatible, version;
	bool has_version;
	struct kf_bytes hash, salt, crypt_key;	/* decoded by whoever asks */
	bool has_hash, has_salt, has_crypt_key;
	uint64_t hash_tree_len;
	bool install_check;
	bool beyond_plain;	/* it uses what no plain bundle may */
	struct rauc_image image[RAUC_IMAGES_MAX];
	size_t num_images;
};

/* rauc_trust is what a device trusts. */
struct rauc_trust {
	enum kf_presence config_presence;
	struct rauc_config config;
	enum kf_presence keyring, folder, key, certificate;
	struct kf_bytes keyring_bytes, key_bytes, certificate_bytes;
	struct kf_cms_file *hashed;
	size_t num_hashed;
	unsigned num_folders;
	enum rauc_stage stage;
	const char *install_check;	/* "accepts", "rejects"; NULL */
	const char *version;	/* of the RAUC that the device has; NULL: that
				 * of the profile */
};

/* rauc_hashes is whether a hash tree holds. */
enum rauc_hashes {
	RAUC_HASHES_UNKNOWN = 0,
	RAUC_HASHES_HOLD,
	RAUC_HASHES_BLOCK,	/* a block is not the one that was hashed */
	RAUC_HASHES_SPARE,	/* only bytes that nobody hashes are wrong */
	RAUC_HASHES_ROOT,
	RAUC_HASHES_SHORT,	/* the tree goes beyond the payload */
};

/* rauc_bundle is an artifact, worked out as far as no device matters. */
struct rauc_bundle {
	const struct kf_source *source;
	const struct rauc_profile *profile;
	struct kf_rauc layout;
	struct kf_bytes cms_der;
	struct kf_cms *cms;		/* NULL: it is none */
	struct kf_cms_facts facts;
	struct kf_cms_result content;	/* its signatures, devices apart */
	bool content_asked;
	struct kf_finding beyond;	/* what keyfit does not weigh */
	struct rauc_manifest *manifest;	/* the signed one; NULL: in the
					 * squashfs, or encrypted */
	struct rauc_manifest *inner;	/* of a plain bundle */
	struct kf_finding no_inner;	/* why there is none */
	bool looked_inside;
	enum rauc_hashes hashes;
	uint64_t hashes_at;		/* of the first bad block */
	bool hashes_asked;
	bool is_squashfs;
	uint64_t signed_at, signed_len;	/* where its signature is */
	/* Who is supposed to have signed it, in place of who has. */
	const struct kf_bytes *suppose;
	size_t num_suppose;
};

/* rauc_case is one question. */
struct rauc_case {
	struct rauc_bundle *bundle;
	const struct rauc_trust *trust;
	const struct rauc_profile *profile;
	struct kf_env *env;
	struct kf_verdict *out;
	enum kf_status status;
	struct kf_cms *cms;		/* the signed one */
	struct kf_cms_facts facts;
	struct kf_cms *decrypted;	/* of this device; to be closed */
	struct kf_cms_trust keyring;
	struct kf_cms_result chain;	/* the verified one */
	struct rauc_manifest *manifest;
	bool past_unreadable;
	bool was_encrypted;
	bool plain;
	/* The images in the squashfs; NULL: nobody looked. */
	struct kf_looked *looked;
	size_t num_looked;
	bool no_squashfs;
};

/* config.c: reads system.conf as a version does. */
KF_MUST enum kf_status rauc_config_read(struct rauc_config *out,
					struct kf_bytes file,
					const struct rauc_profile *profile,
					struct kf_env *env);

/* keys.c: rauc_keys says which keys a group may have. */
enum rauc_kind {
	RAUC_TEXT = 1,	/* must not be empty */
	RAUC_MAYBE,	/* empty is as if it were not there */
	RAUC_TRUTH,
	RAUC_SIZE,	/* a number, and not 0 */
	RAUC_ANY_SIZE,
	RAUC_COUNT,	/* an integer */
	RAUC_LIST,
	RAUC_LAX_LIST,	/* its value is not looked at */
};

struct rauc_key {
	const char *key;
	enum rauc_kind kind;
	unsigned since;
};

struct rauc_read {
	const struct kf_keyfile *file;
	size_t group;
	const struct rauc_profile *profile;
	struct kf_finding *bad;
	enum kf_reason_id reason;
	const char *rule;
	struct kf_env *env;
	enum kf_status status;
};

/* rauc_refuse says that a key, or with NULL its group, is not taken. */
void rauc_refuse(struct rauc_read *r, const struct kf_keyfile_entry *e,
		 const char *text);
/* rauc_text, _truth, _size, _count take a key, if it is there. Each tells
 * whether it is. */
bool rauc_text(struct kf_bytes *out, struct rauc_read *r, const char *key,
	       enum rauc_kind kind);
bool rauc_truth(bool *out, struct rauc_read *r, const char *key);
bool rauc_size(uint64_t *out, struct rauc_read *r, const char *key,
	       enum rauc_kind kind);
bool rauc_count(int32_t *out, struct rauc_read *r, const char *key);
bool rauc_list(struct kf_bytes **out, size_t *num, struct rauc_read *r,
	       const char *key, enum rauc_kind kind);
/* rauc_take_all takes those of a table that this version knows. The table ends
 * with NULL. */
void rauc_take_all(struct rauc_read *r, const struct rauc_key *keys);
/* rauc_end refuses the first key that is left. */
void rauc_end(struct rauc_read *r);
bool rauc_starts(struct kf_bytes text, const char *start);
bool rauc_is(struct kf_bytes text, const char *word);
/* rauc_among tells whether a text is one of "a b c". */
bool rauc_among(struct kf_bytes text, const char *words);

/* slots.c: the sections of slots, logs and artifacts. */
void rauc_slots(struct rauc_config *out, struct rauc_read *r,
		struct kf_bytes bootloader, bool has_data);
void rauc_slots_check(struct rauc_config *out, struct rauc_read *r);

/* manifest.c */
KF_MUST enum kf_status rauc_manifest_read(struct rauc_manifest *out,
					  struct kf_bytes file,
					  const struct rauc_profile *profile,
					  struct kf_env *env);

/* version.c: rauc_version_compare is whether `a` <= `b`: KF_YES, KF_NO, or
 * KF_NOT_ASKED where one of them is no version. */
enum kf_answer3 rauc_version_within(struct kf_bytes a, struct kf_bytes b);

/* payload.c: the hash tree of a verity or crypt bundle. */
KF_MUST enum kf_status rauc_hashes(struct rauc_bundle *bundle,
				   const struct rauc_manifest *manifest,
				   struct kf_env *env);
bool rauc_hex(uint8_t out[32], struct kf_bytes text);
/* rauc_bad_blocks is a bit for each block of the data that the kernel does not
 * let through: it or a hash above it is not the one that was hashed. */
KF_MUST enum kf_status rauc_bad_blocks(const uint8_t **out,
				       const struct rauc_bundle *bundle,
				       const struct rauc_manifest *manifest,
				       struct kf_env *env);

/* image.c: rauc_survives tells whether an installation reads none of the blocks
 * that are bad; rauc_images whether the images are there. */
enum kf_answer3 rauc_survives(struct rauc_case *k);
bool rauc_images(struct rauc_case *k);

/* write.c: rauc_writes tells whether images can be written to their slots;
 * rauc_type_of, of which type a file is by its name, since 1.14. NULL: none. */
bool rauc_writes(struct rauc_case *k);
const char *rauc_type_of(struct kf_bytes name);

/* rauc.c: what refuses says so, and is false. */
bool rauc_reject(struct rauc_case *k, enum kf_reason_id reason,
		 const char *rule);
bool rauc_reject_with(struct rauc_case *k, const struct kf_finding *why);

/* signature.c: all of check_bundle. False: the verdict is there. _signer is
 * what it asks of the signer alone, where there is no file. */
bool rauc_signature(struct rauc_case *k);
bool rauc_signer(struct rauc_case *k);

/* suppose.c: rauc_sign_anew makes the CMS that a bundle's supposed signer would
 * make, over `content`, or with NULL over what stands elsewhere.
 * Fails: KF_WRONG_USE where it is not known how it would be signed. */
KF_MUST enum kf_status rauc_sign_anew(struct kf_cms **out,
				      struct kf_cms_facts *facts,
				      const struct rauc_bundle *bundle,
				      const struct kf_bytes *content,
				      struct kf_env *env);

/* content.c */
void rauc_content(struct rauc_bundle *bundle, struct kf_artifact *artifact,
		  struct kf_env *env);

/* install.c */
bool rauc_install(struct rauc_case *k);

/* warn.c */
void rauc_warn(struct rauc_case *k);

#endif
