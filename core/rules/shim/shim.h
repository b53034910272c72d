/* What the steps of shim's verification share.
 *
 * The steps are files, in the order in which shim takes them: enforce, level,
 * parse, digest, denylist, allowlist, table, signature, sbat, layout; judge
 * puts them together, lists is how shim walks through signature lists, settle
 * weighs what is unknown. Rule numbers are those of docs/rules/uefi.md.
 */
#ifndef KEYFIT_CORE_RULES_SHIM_H
#define KEYFIT_CORE_RULES_SHIM_H

#include "core/pe.h"
#include "core/pkcs7.h"
#include "core/reasons.h"
#include "core/shim.h"

enum {
	SHIM_BLOB_MAX = 1 << 20,	/* bytes of one signature */
	SHIM_BLOBS_MAX = 4 << 20,	/* of all that are kept */
	SHIM_SBAT_MAX = 1 << 20,	/* bytes of one .sbat section */
	SHIM_KNOW_STEPS = 4096,	/* what it costs to take a certificate apart */
};

/* shim_profile is one version of shim. */
struct shim_profile {
	uint32_t cms;		/* KF_CMS_*: what its OpenSSL can do */
	bool sums_checked;	/* UEFI-6: sums cannot wrap; since 15.8 */
	bool end_excluded;	/* UEFI-6: no address is at the very end of what
				 * it points into; since 15.8 */
	bool table_summed;	/* UEFI-15: the table's place counts, not its
				 * size alone; since 15.8 */
	bool sbat_last;		/* UEFI-61: SBAT is looked at behind the
				 * signatures; since 15.8 */
	bool carries_levels;	/* UEFI-68: .sbatlevel; since 15.7 */
	bool tries_level;	/* UEFI-68: a level is tried on shim itself
				 * before it is written; since 15.8 */
	bool mirrors_vendor;	/* UEFI-63: the vendor's own stands in the
				 * list of MOKs; since 15.7 */
	bool tail_hashed;	/* UEFI-8: since 16.1 */
	bool detached_checked;	/* UEFI-17: since 15.8 */
	bool entry_by_memory;	/* UEFI-70: since 15.7 */
	bool reloc_loose;	/* UEFI-70: since 15.8 */
	bool forces_nx;		/* UEFI-69: since 16.1 */
	bool keeps_digests;	/* UEFI-70: of each section; since 16.1 */
};

/* shim_signature is one entry of the certificate table. */
struct shim_signature {
	uint32_t number;	/* from 1; entries that shim skips count too */
	uint64_t at;
	uint64_t len;
	struct kf_finding skipped;	/* why shim passes over it */
	struct kf_bytes blob;
	struct kf_signed_data *data;	/* as AuthenticodeVerify parses it */
	struct kf_signed_data *wrapped;	/* as Pkcs7Verify does; may be `data` */
	struct kf_bytes content;	/* what the signature has to cover */
	struct kf_finding content_fault;	/* UEFI-17, UEFI-18 */
	bool content_stops;	/* shim stops over it, once it tries a
				 * certificate */
	enum kf_answer3 verified;	/* by its own signers */
	struct kf_why verified_why;
	struct kf_pkcs7_link link[KF_PKCS7_LINKS_MAX];
	struct kf_signature_result shown;
};

/* shim_row is one row of SBAT, of an image or of a level. */
struct shim_row {
	struct kf_bytes name;
	struct kf_bytes number;	/* as it is written */
	uint16_t generation;
	uint64_t at;		/* in its text */
};

/* shim_rows is what shim makes of one such text. */
struct shim_rows {
	bool malformed;
	uint64_t malformed_at;	/* the row that is not complete */
	struct shim_row *row;
	size_t num;
};

/* shim_image is what is worked out about an artifact, once. */
struct shim_image {
	const struct kf_source *source;
	struct kf_pe pe;
	bool hypothetical;	/* there is no file, or not its signature */
	struct kf_finding gate;		/* UEFI-6; reason NULL: passed */
	struct kf_finding unhashable;	/* UEFI-6, UEFI-7 */
	struct kf_finding beyond;	/* keyfit's own limits are passed */
	bool is_signed;
	struct kf_digest digest[KF_NUM_DIGESTS];	/* SHA-1, SHA-256 */
	struct shim_signature *signature[KF_SIGNATURES_MAX];
	size_t num_signatures;
	uint64_t blobs_len;		/* bytes kept of all signatures */
	struct kf_finding table;	/* UEFI-15; what ends the walk */
	struct kf_finding sbat_fault;	/* UEFI-64: the section itself */
	bool has_sbat;
	uint64_t sbat_at;
	struct shim_rows sbat;
	struct kf_finding load[2];	/* UEFI-70; [1]: with NX required */
};

/* How a walk through signature lists can end. */
enum shim_end {
	SHIM_END,		/* where shim stops reading */
	SHIM_DIVIDE,		/* shim divides by zero */
	SHIM_HANG,		/* shim loops for ever */
	SHIM_PAST,		/* shim reads on behind the list */
	SHIM_NULL,		/* no walk at all: UEFI-17 */
};

/* shim_entry is one entry that was found. */
struct shim_entry {
	uint32_t list, entry;	/* from 1; list 0: none */
	uint64_t at;		/* of the entry, its owner first */
	uint64_t len;
	struct kf_bytes data;	/* without the owner */
};

/* shim_certificate is the first entry of a list of certificates. */
struct shim_certificate {
	struct shim_entry entry;
	bool odd;		/* UEFI-23: not as shim wants its DER */
	bool for_modules;	/* UEFI-24 */
	uint8_t id[32];		/* SHA-256 */
	int64_t not_after_s;	/* 0: it cannot be read */
};

/* shim_list is a part of the store, or of shim itself, as shim walks it. */
struct shim_list {
	const char *name;	/* of the part: "db" */
	bool open;		/* it may hold more than is known here */
	struct kf_bytes bytes;
	uint64_t own_len;	/* so many bytes in front are shim's own */
	struct shim_certificate *certificate;
	size_t num_certificates;
	enum shim_end end;	/* of the walk through certificates */
	uint64_t stuck_at;
	bool unreachable;	/* a list holds a second certificate */
};

/* The lists, in the order in which shim looks at them. */
enum shim_list_id {
	SHIM_VENDOR_DBX,
	SHIM_DBX,
	SHIM_MOKX,
	SHIM_DB,
	SHIM_VENDOR_DB,
	SHIM_MOK,
	SHIM_NUM_LISTS,
};

/* What may be unknown of a store: one bit each. A set bit takes the unknown
 * for its worst; of the policy, for "latest". */
enum shim_doubt {
	SHIM_DOUBT_SHIM,
	SHIM_DOUBT_DBX,
	SHIM_DOUBT_MOKX,
	SHIM_DOUBT_LEVEL,
	SHIM_DOUBT_DB_STATE,
	SHIM_DOUBT_NX,
	SHIM_DOUBT_DB,
	SHIM_DOUBT_MOK,
	SHIM_DOUBT_POLICY,
	SHIM_NUM_DOUBTS,
};

enum shim_mode {
	SHIM_ENFORCED,
	SHIM_UNSURE,		/* what says so was there, and not read */
	SHIM_SETUP_MODE,
	SHIM_SECURE_BOOT_OFF,
	SHIM_VALIDATION_OFF,	/* MokSBState */
};

/* shim_level is the SBAT level under one policy. */
struct shim_level {
	bool open;		/* it may be another one */
	bool kept;		/* SbatLevel stays; else shim writes its own */
	struct kf_bytes text;
	struct shim_rows rows;
	struct kf_finding stops;	/* UEFI-60: the machine goes off */
};

enum { SHIM_AUTOMATIC, SHIM_LATEST, SHIM_NUM_LEVELS };

/* shim_trust is what is worked out about a store, once. */
struct shim_trust {
	enum shim_mode mode;
	const char *waits;	/* the part that tells the mode; NULL: known */
	unsigned doubts;	/* bits: what is not known */
	struct kf_finding malformed;	/* reason NULL: the store is sound */
	struct kf_shim shim;
	bool has_shim;
	struct shim_certificate vendor;	/* entry.list 0: none */
	struct shim_list list[SHIM_NUM_LISTS];
	bool ignores_db;
	bool by_protocol;
	bool needs_nx;
	unsigned policy;	/* where it is known */
	struct shim_level level[SHIM_NUM_LEVELS];
};

/* What a look at a list said. */
enum shim_look {
	SHIM_NOTHING,
	SHIM_HIT,
	SHIM_STOPPED,	/* shim does not come back, or the work could not be
			 * done */
};

/* shim_case is one decision while it is being made. */
struct shim_case {
	struct shim_image *image;
	const struct shim_trust *trust;
	const struct shim_profile *profile;
	bool judged;		/* as kf_rules says */
	struct kf_env *env;
	struct kf_verdict *out;
	unsigned worst;		/* bits: doubts taken for their worst */
	enum kf_status status;
	struct shim_entry allowed_by;	/* list 0: by nothing that is known */
	const char *allowed_part;
	const struct shim_certificate *allowed_anchor;	/* NULL: a digest */
	const struct shim_signature *allowed;
	enum kf_digest_kind digest_kind;
	enum shim_end fault;
	const struct shim_signature *fault_signature;
	const char *fault_part;
	uint64_t fault_at;
};

/* shim_nearest is what came nearest to allowing a signature. */
struct shim_nearest {
	enum kf_reason_id reason;
	const char *rule;
	struct kf_why why;
	const char *part;
	struct shim_entry anchor;	/* list 0: none came near */
};

/* shim.c: notes that keyfit's own limits are passed; the first note stays. */
void shim_beyond(struct shim_image *image, const char *what);
void shim_reject(struct shim_case *k, enum kf_reason_id reason,
		 const char *rule);
bool shim_inside(const struct shim_profile *profile, uint64_t address,
		 uint64_t size);
bool shim_takes_worst(const struct shim_case *k, enum shim_doubt doubt);

/* enforce.c: the mode, and what the one-byte variables and settings say. */
void shim_enforce(struct shim_trust *trust, const struct kf_store *store,
		  const struct shim_profile *profile);
const struct kf_part *shim_kept_part(const struct kf_store *store,
				     const char *name);

/* level.c */
enum kf_status shim_levels(struct shim_trust *trust,
			   const struct kf_store *store,
			   const struct shim_profile *profile,
			   struct kf_env *env);

/* parse.c */
void shim_parse(struct shim_image *image, const struct shim_profile *profile,
		struct kf_artifact *artifact, struct kf_env *env);

/* digest.c */
void shim_digests(struct shim_image *image, const struct shim_profile *profile,
		  struct kf_artifact *artifact, struct kf_env *env);

/* lists.c */
enum kf_status shim_list_read(struct shim_list *out, struct kf_env *env);
enum kf_status shim_certificate_read(struct shim_certificate *out,
				     struct kf_bytes der,
				     struct kf_env *env);
enum shim_end shim_find_digest(struct kf_bytes bytes, enum kf_digest_kind kind,
			       const struct kf_digest *digest,
			       struct shim_entry *out);
void shim_prove_entry(struct kf_finding *finding, const struct shim_list *list,
		      const struct shim_entry *entry);
bool shim_walked(struct shim_case *k, enum shim_end end, const char *part,
		 uint64_t at);
enum shim_look shim_look_for_digest(struct shim_case *k,
				    enum shim_list_id id,
				    enum kf_digest_kind kind,
				    struct shim_entry *entry);

/* denylist.c, allowlist.c: `s` NULL asks for the image's digests alone. */
enum shim_look shim_denied(struct shim_case *k, struct shim_signature *s,
			   struct kf_finding *why);
enum shim_look shim_allowed(struct shim_case *k, struct shim_signature *s,
			    struct shim_nearest *nearest);

/* table.c */
void shim_table(struct shim_image *image, const struct shim_profile *profile,
		struct kf_artifact *artifact, struct kf_env *env);

/* signature.c */
void shim_signature_prepare(struct shim_signature *s,
			    struct shim_image *image,
			    const struct shim_profile *profile,
			    struct kf_artifact *artifact, struct kf_env *env);
void shim_signature_suppose(struct shim_signature *s,
			    const struct shim_profile *profile,
			    struct kf_artifact *artifact, struct kf_env *env);
bool shim_authenticode(struct shim_case *k, struct shim_signature *s,
		       const struct shim_certificate *anchor,
		       struct kf_why *why);

/* sbat.c */
enum kf_status shim_rows_read(struct shim_rows *out, struct kf_bytes text,
			      size_t columns, size_t required,
			      struct kf_env *env);
const struct shim_row *shim_revoked_row(const struct shim_rows *image,
					const struct shim_rows *level,
					const struct shim_row **by);
void shim_sbat_find(struct shim_image *image, struct kf_artifact *artifact,
		    struct kf_env *env);
bool shim_sbat_passes(struct shim_case *k);

/* layout.c */
void shim_layout(struct shim_image *image, const struct shim_profile *profile,
		 struct kf_artifact *artifact, struct kf_env *env);

/* judge.c: decides with verification on; and with it off, where an image is
 * parsed, measured and laid out all the same. */
void shim_judge(struct shim_case *k);
void shim_judge_off(struct shim_case *k);

/* settle.c: the verdict over all that the unknown may be, with its warnings. */
enum kf_status shim_settle(struct shim_case *k);

#endif
