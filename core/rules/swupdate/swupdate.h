/* What the steps of SWUpdate's decision share.
 *
 * An update is its archive and its description; a device is its key, what it
 * is, and what it is told to take. The steps stand in the order in which
 * SWUpdate takes them: the first that fails is the answer.
 */
#ifndef KEYFIT_CORE_RULES_SWUPDATE_H
#define KEYFIT_CORE_RULES_SWUPDATE_H

#include "core/config.h"
#include "core/reasons.h"
#include "core/swu.h"

#include <keyfit/unpack.h>

enum {
	SWUPDATE_NODES_MAX = 20,	/* of a path, as SWUpdate has it */
	SWUPDATE_TEXT_MAX = 255,
	SWUPDATE_REVISIONS_MAX = 64,
	SWUPDATE_STEPS = 64,		/* a look at one more thing */
	SWUPDATE_ANCHORS_MAX = 64,
};

/* swupdate_scheme is how a build verifies sw-description. */
enum swupdate_scheme {
	SWUPDATE_RAW = 1,	/* RSA as PKCS#1, or ECDSA */
	SWUPDATE_PSS,
	SWUPDATE_CMS,
};

/* What may be of a type, and which builds have it. */
enum {
	SWUPDATE_IMAGE = 1,
	SWUPDATE_FILE = 2,
	SWUPDATE_SCRIPT = 4,
	SWUPDATE_BOOT = 8,
	SWUPDATE_PARTITION = 16,
	SWUPDATE_NO_DATA = 32,
};

enum {
	SWUPDATE_IN_SMALL = 1,	/* builds that have no flash and no network */
	SWUPDATE_IN_DEBIAN_12 = 2,
	SWUPDATE_IN_DEBIAN_13 = 4,
};

/* swupdate_profile is one build. */
struct swupdate_profile {
	enum swupdate_scheme scheme;
	unsigned builds;	/* SWUPDATE_IN_... */
	bool later;		/* 2024.12, with libconfig 1.7 */
	bool any_signer;	/* CMS_SKIP_UNKNOWN_SIGNERS */
	bool own_certificates;	/* CMS_IGNORE_ADDITIONAL_CERTS: those inside
				 * lead nowhere */
	bool any_time;		/* CMS_IGNORE_EXPIRED_CERTIFICATE */
	bool any_purpose;	/* CMS_IGNORE_CERTIFICATE_PURPOSE */
	bool wolf;		/* SSL_IMPL_WOLFSSL */
};

/* swupdate_certificate is what wolfSSL goes by. Views of its bytes. */
struct swupdate_certificate {
	struct kf_bytes der;	/* empty: it cannot be read */
	struct kf_bytes version, issuer, subject, key;
	struct kf_bytes key_id, authority;	/* values of identifiers */
	bool has_authority;
	bool signs;		/* certificates, by its key usage */
	bool has_limit;		/* so many CAs may stand below it, */
	bool none_below;	/* and that many are none */
	bool odd;		/* the libraries may read it otherwise */
	bool foreign;		/* a critical extension that none knows */
};

/* swupdate_anchor is one certificate of the device's file. */
struct swupdate_anchor {
	struct kf_bytes pem;
	struct kf_certificate facts;
	struct swupdate_certificate own;
};

/* swupdate_unpacked is what came of a packed file. */
struct swupdate_unpacked {
	enum kf_unpack_said said;	/* KF_UNPACK_GOES_ON: not tried */
	uint64_t used;		/* by the library */
	uint64_t read;		/* by SWUpdate, which hashes no more */
	uint64_t made, limit;	/* bytes that came out, and that may */
	struct kf_digest sha256;	/* of that */
};

/* swupdate_digest is what one file of the archive turned out to be. */
struct swupdate_digest {
	struct kf_digest sha256;
	uint32_t sum;
	struct swupdate_unpacked unpacked[2];	/* by zlib, by libzstd */
};

/* swupdate_update is an update, prepared. */
struct swupdate_update {
	const struct kf_source *source;	/* NULL: there is none */
	struct kf_swu swu;
	struct swupdate_digest *file;	/* as many as swu.num_files */
	struct kf_config_text libconfig, json;
	struct kf_cms *cms;	/* NULL: it is none */
	struct kf_cms_facts facts;
	struct kf_cms_result content;	/* do its signatures hold? */
};

/* swupdate_compression is how a file is packed. */
enum swupdate_compression {
	SWUPDATE_PLAIN = 0,
	SWUPDATE_GZIP,
	SWUPDATE_ZSTD,
};

/* swupdate_item is one image, file, script or partition of a description. */
struct swupdate_item {
	struct swupdate_item *next;
	struct kf_bytes filename, type, name, version;
	uint8_t sha256[32];
	bool has_hash;
	uint64_t size;		/* 0: not told */
	bool direct;		/* installed while it is read */
	bool encrypted;
	enum swupdate_compression packed;
	bool is_script, is_partition;
	bool if_different, if_higher;	/* than what is installed */
	bool provided;
};

/* swupdate_plan is what a description says to one device. */
struct swupdate_plan {
	const struct kf_config *root;
	bool json;
	struct kf_bytes version;
	struct kf_bytes revision[SWUPDATE_REVISIONS_MAX];
	size_t num_revisions;
	struct swupdate_item *images, *scripts, *boot_scripts;
	bool variables;		/* of the bootloader */
};

/* swupdate_known is whether something of the device is told. */
enum swupdate_known {
	SWUPDATE_UNTOLD = 0,
	SWUPDATE_NONE,
	SWUPDATE_TOLD,
};

/* swupdate_device is the device's side. */
struct swupdate_device {
	enum kf_presence key;
	struct kf_bytes key_file;
	struct kf_key public_key;	/* of raw signatures; `kind` 0: none */
	const char *key_fault;		/* why there is none */
	const char *key_beyond;		/* why that cannot be told */
	struct swupdate_anchor *anchor;	/* of builds with wolfSSL */
	size_t num_anchors;
	enum swupdate_known hardware;
	struct kf_bytes board, revision;
	struct kf_bytes set, mode;	/* --set select */
	enum kf_presence versions;
	struct kf_bytes versions_file;
	const char *minimum, *maximum, *installed;
	const char *signer, *purpose, *types, *decryption;
};

/* swupdate_guess is what items that need an unknown part do. */
enum swupdate_guess {
	SWUPDATE_INSTALLS = 0,
	SWUPDATE_SKIPS,
};

/* swupdate_case is one question. A step that ends it returns false, with the
 * answer in `out`, or with `status`. */
struct swupdate_case {
	struct kf_verdict *out;
	const struct swupdate_update *update;
	const struct swupdate_device *device;
	const struct swupdate_profile *profile;
	struct swupdate_plan plan;
	enum swupdate_guess guess;
	bool guessed;		/* an answer rests on `guess` */
	struct kf_cms_result chain;	/* of the signer that counts */
	bool unsigned_yet;	/* the key is not known: nothing was verified */
	bool sealed;		/* a file is encrypted, and it is not known
				 * whether the device's key opens it */
	struct kf_env *env;
	enum kf_status status;
};

/* swupdate.c */
/* swupdate_refuse gives the answer no: `text` is joined of up to three pieces,
 * NULL ends. Returns false, as steps do. */
bool swupdate_refuse(struct swupdate_case *k, enum kf_reason_id id,
		     const char *rule, const char *a, struct kf_bytes b,
		     const char *c);
/* swupdate_word takes the next word between blanks; empty: there is none. */
struct kf_bytes swupdate_word(struct kf_bytes file, size_t *at);
/* swupdate_words joins such pieces as evidence of a finding. */
void swupdate_words(struct swupdate_case *k, struct kf_finding *f,
		    const char *a, struct kf_bytes b, const char *c);
/* swupdate_beyond gives no answer, and says why. */
bool swupdate_beyond(struct swupdate_case *k, const char *what);
/* swupdate_untold waits for a setting. */
bool swupdate_untold(struct swupdate_case *k, const char *setting);
/* swupdate_fail ends it with a fault of ours. */
bool swupdate_fail(struct swupdate_case *k, enum kf_status status);

/* key.c */
enum kf_status swupdate_key(struct swupdate_device *out,
			    const struct swupdate_profile *profile,
			    struct kf_env *env);

/* archive.c: prepare reads and hashes; head holds the first two files against
 * what has to be there; signature verifies. */
enum kf_status swupdate_digests(struct swupdate_update *out,
				const struct kf_source *source,
				struct kf_env *env);
/* swupdate_digest_one reads a file once, for its digest and its sum; of one
 * that ends too early, what is there. */
enum kf_status swupdate_digest_one(struct swupdate_digest *out,
				   const struct kf_cpio_file *f,
				   const struct kf_source *source,
				   struct kf_env *env);
bool swupdate_head(struct swupdate_case *k);
bool swupdate_signature(struct swupdate_case *k);


/* tree.c: what a device finds in a description. */
struct swupdate_path {
	struct kf_bytes node[SWUPDATE_NODES_MAX + 1];
	size_t num;
	bool stale;	/* later versions have freed it */
};

const struct kf_config *swupdate_find(struct swupdate_path *path,
				      struct swupdate_case *k,
				      const char *field);
const struct kf_config *swupdate_root(struct swupdate_path *path,
				      struct swupdate_case *k);
bool swupdate_follow(struct swupdate_path *path, struct kf_bytes ref);
const struct kf_config *swupdate_field(const struct kf_config *element,
				       const char *name);
struct kf_bytes swupdate_text(const struct kf_config *element,
			      const char *name);

/* description.c, items.c */
bool swupdate_description(struct swupdate_case *k);
bool swupdate_items(struct swupdate_case *k);
bool swupdate_attributes(struct swupdate_item *out, struct swupdate_case *k,
			 const struct kf_config *element);

/* kinds.c: 0: the build has no such type. */
unsigned swupdate_kind(const struct swupdate_case *k,
			  struct kf_bytes type);
bool swupdate_kinds(struct swupdate_case *k);

/* version.c: negative, zero or positive; `beyond` is set where it cannot be
 * told. */
int swupdate_compare(struct kf_bytes a, struct kf_bytes b, bool *beyond);
bool swupdate_versions(struct swupdate_case *k);
/* swupdate_skips tells whether an item is left out, for what is installed. */
bool swupdate_skips(struct swupdate_case *k, const struct swupdate_item *item);

/* hardware.c, pattern.c */
bool swupdate_hardware(struct swupdate_case *k);

enum swupdate_match {
	SWUPDATE_NO_MATCH = 0,
	SWUPDATE_MATCH,
	SWUPDATE_MATCH_BEYOND,
};

enum swupdate_match swupdate_pattern(struct kf_bytes pattern,
				     struct kf_bytes text,
				     struct kf_env *env);

/* cms.c, names.c: have all common names of a certificate that very text? One
 * without any has not. */
bool swupdate_cms(struct swupdate_case *k);
enum swupdate_match swupdate_names(struct kf_bytes certificate,
				   struct kf_bytes wanted);

/* unpack.c: swupdate_unpack unpacks a file, where it is packed; `read` is how
 * much of it SWUpdate reads, and `hashed` the digest of that. */
bool swupdate_unpack(struct kf_digest *hashed, uint64_t *read,
		     struct swupdate_case *k, const struct swupdate_item *item,
		     size_t index);

/* certificate.c, anchors.c, wolf.c: `out` is zeroed before. */
void swupdate_certificate(struct swupdate_certificate *out,
			  struct kf_bytes der);
enum kf_status swupdate_anchors(struct swupdate_device *out,
				struct kf_env *env);
bool swupdate_wolf(struct swupdate_case *k);

/* files.c */
bool swupdate_files(struct swupdate_case *k);

/* warn.c */
void swupdate_warn(struct swupdate_case *k);

#endif
