/* What the steps of edk2's image verification share.
 *
 * The steps are files, in the order in which edk2 takes them: mode, gate,
 * digest, table, signature, lists, unsigned, image, load; then doubt and
 * warn. Rule numbers are those of docs/rules/uefi.md.
 */
#ifndef KEYFIT_CORE_RULES_EDK2_H
#define KEYFIT_CORE_RULES_EDK2_H

#include "core/pe.h"
#include "core/pkcs7.h"
#include "core/reasons.h"

enum {
	EDK2_SIGNERS_MAX = 8,
	EDK2_BLOB_MAX = 1 << 20,	/* bytes of one signature */
	EDK2_BLOBS_MAX = 4 << 20,	/* of all that are kept */
	KNOW_STEPS = 4096,	/* what it costs to take a certificate apart */
};

/* edk2_profile is one version and build of edk2. */
struct edk2_profile {
	uint32_t cms;		/* KF_CMS_*: what its OpenSSL can do */
	uint16_t machine;	/* KF_PE_MACHINE_*; 0: not told */
	bool byte_code;		/* UEFI-110: it runs EBC images too */
	bool all_digests;	/* UEFI-27: an unsigned image is looked up by
				 * every digest, not by SHA-256 alone */
	bool debug_goes_on;	/* UEFI-106: the debug directory is read on
				 * after its CodeView entry */
	bool post_quantum;	/* UEFI-22: it has ML-DSA and SLH-DSA, which
				 * keyfit does not weigh */
	bool strict_tbs;	/* UEFI-38: a certificate of indefinite length
				 * has no TBSCertificate */
};

/* edk2_signature is one entry of the certificate table that edk2 looks at. */
struct edk2_signature {
	uint32_t number;	/* from 1; entries that it skips count too */
	uint64_t at;
	uint64_t len;
	struct kf_finding skipped;	/* why edk2 passes over it */
	enum kf_digest_kind kind;	/* UEFI-16 */
	struct kf_bytes blob;
	struct kf_signed_data *data;	/* as AuthenticodeVerify parses it */
	struct kf_signed_data *wrapped;	/* as Pkcs7Verify does; may be `data` */
	struct kf_bytes content;	/* what the signature has to cover */
	struct kf_finding content_fault;	/* UEFI-17 refuses it */
	bool content_stops;	/* edk2 stops over it, once it tries a
				 * certificate */
	enum kf_answer3 verified;	/* by its own signers */
	struct kf_why verified_why;
	struct kf_bytes signer[EDK2_SIGNERS_MAX];	/* DER */
	struct kf_digest tbs[EDK2_SIGNERS_MAX][KF_NUM_DIGESTS];
	size_t num_signers;
	struct kf_pkcs7_link link[KF_PKCS7_LINKS_MAX];
	struct kf_signature_result shown;
};

/* edk2_image is what is worked out about an artifact, once. */
struct edk2_image {
	const struct kf_source *source;
	struct kf_pe pe;
	bool hypothetical;	/* there is no file, or not its signature */
	struct kf_finding gate;		/* UEFI-1..3, reason NULL: passed */
	struct kf_finding beyond;	/* keyfit's own limits are passed */
	bool is_signed;
	bool hashed;		/* `digest` holds; else hashing fails or
				 * there is nothing to hash */
	struct kf_digest digest[KF_NUM_DIGESTS];
	struct edk2_signature *signature[KF_SIGNATURES_MAX];
	size_t num_signatures;
	uint64_t blobs_len;		/* bytes kept of all signatures */
	struct kf_finding table;	/* UEFI-13, reason NULL: exact */
	bool laid_out;			/* `load` was worked out */
	struct kf_finding load;		/* UEFI-110.., reason NULL: loads */
};

/* How a walk through signature lists can end. */
enum edk2_end {
	EDK2_END,		/* at the last byte */
	EDK2_CUT,		/* at a list larger than what is left */
	EDK2_DIVIDE,		/* the firmware divides by zero */
	EDK2_HANG,		/* the firmware loops for ever */
	EDK2_PAST,		/* the firmware reads on behind the part */
	EDK2_NULL,		/* no walk at all: UEFI-17 */
};

/* edk2_list is one EFI_SIGNATURE_LIST, as its header says. */
struct edk2_list {
	struct kf_bytes type;	/* GUID, 16 bytes */
	uint32_t number;	/* from 1 */
	uint64_t at;
	uint32_t len;
	uint32_t header_len;
	uint32_t entry_len;
	bool whole;		/* the 28 bytes of the header are there */
};

/* edk2_walk goes from list to list. */
struct edk2_walk {
	struct kf_bytes bytes;
	uint64_t at;
	uint32_t number;
	bool by_total;		/* UEFI-37: bounded by the whole, not by what
				 * is left */
	uint64_t stuck_at;
	enum edk2_end end;
};

/* edk2_known is what is worked out about one certificate of a store. */
struct edk2_known {
	struct kf_digest id;	/* SHA-256 of its bytes */
	int64_t not_after_s;	/* 0: it cannot be read */
	bool has_tbs;
	struct kf_digest tbs[KF_NUM_DIGESTS];
};

/* edk2_entry is one entry that was found. */
struct edk2_entry {
	uint32_t list, entry;	/* from 1 */
	uint64_t at;		/* of the entry, its owner first */
	uint64_t len;
	struct kf_bytes data;	/* without the owner */
	struct kf_moment revoked_at;	/* X509_SHA256 and the like */
	const struct edk2_known *known;	/* of a certificate */
};

/* edk2_certificates goes from X.509 entry to X.509 entry of one part. */
struct edk2_certificates {
	struct edk2_walk walk;
	struct edk2_list list;
	bool in_list;
	uint64_t index, count;
	const struct edk2_known *known;	/* of the next one */
};

/* edk2_part is one part of a store, with the digests of its certificates. Of
 * one that is not known, `bytes` are entries that it has among others: where
 * they stand is not known either. */
struct edk2_part {
	const char *name;
	enum kf_presence presence;
	struct kf_bytes bytes;
	struct edk2_known *known;	/* one for each certificate, in the
					 * order of the walk */
};

enum edk2_mode {
	EDK2_ENFORCED,
	EDK2_UNSURE,		/* what says so was there, and not read */
	EDK2_SETUP_MODE,
	EDK2_SECURE_BOOT_OFF,
};

/* edk2_trust is what is worked out about a store, once. */
struct edk2_trust {
	enum edk2_mode mode;
	uint16_t machine;
	struct kf_finding malformed;	/* reason NULL: the store is sound */
	const char *waits;	/* the part that tells the mode; NULL: known */
	struct edk2_part db, dbx, dbt;
};

/* What a part that is not known is taken for. */
enum edk2_guess {
	EDK2_WORST,
	EDK2_BEST,
};

/* edk2_case is one decision while it is being made. */
struct edk2_case {
	struct edk2_image *image;
	const struct edk2_trust *trust;
	const struct edk2_profile *profile;
	bool judged;		/* as kf_rules says */
	struct kf_env *env;
	struct kf_verdict *out;
	enum edk2_guess db, dbx, dbt;
	enum kf_status status;
	struct edk2_entry allowed_by;	/* list 0: by no certificate */
	const struct edk2_signature *allowed;	/* the one that it allows */
	struct edk2_entry allowed_digest;	/* list 0: by no digest */
	enum kf_digest_kind digest_kind;
	/* The firmware does not come back from a walk, or comes back with
	 * what it found behind the part. EDK2_END: neither happened. */
	enum edk2_end fault;
	const struct edk2_signature *fault_signature;	/* EDK2_NULL */
	const char *fault_part;
	uint64_t fault_at;
};

/* What a look at one part said of one signature or digest. */
enum edk2_look {
	EDK2_NOTHING,	/* the part says nothing of it */
	EDK2_HIT,
	EDK2_STOPPED,	/* the firmware does not come back, or the work could
			 * not be done */
};

/* edk2.c: notes that keyfit's own limits are passed; the first note stays. */
void edk2_beyond(struct edk2_image *image, const char *what);

/* mode.c */
enum edk2_mode edk2_mode(const struct kf_store *store);
uint16_t edk2_machine(const struct kf_store *store,
		      const struct edk2_profile *profile);

/* doubt.c: notes what cannot be known of a store; whether a reject hangs on
 * the mode, and is an accept until that is known; and the words for both. */
void edk2_doubts(struct edk2_trust *trust, const struct kf_store *store);
bool edk2_waits(struct edk2_case *k);
void edk2_doubt(struct edk2_case *k, bool waits);

/* gate.c */
void edk2_gate(struct edk2_image *image, const struct edk2_profile *profile,
	       struct kf_artifact *artifact, struct kf_env *env);

/* edk2_debug_at finds the file offset of the debug directory; 0: no section
 * holds it. Fails: false, see `artifact->status` and `image->gate`. */
bool edk2_debug_at(struct edk2_image *image, struct kf_artifact *artifact,
		   uint64_t *at);

/* digest.c: the digests whose bit is set in `wanted`. */
void edk2_digests(struct edk2_image *image, unsigned wanted,
		  struct kf_artifact *artifact, struct kf_env *env);
/* edk2_unhashable: the image has sizes that edk2's digest cannot be computed
 * over; edk2 then passes over every signature. UEFI-4. */
void edk2_unhashable(struct edk2_image *image);

/* table.c: returns the digests that its signatures ask for. */
unsigned edk2_table(struct edk2_image *image, struct kf_artifact *artifact,
		    struct kf_env *env);

/* signature.c */
void edk2_signature_prepare(struct edk2_signature *s, struct edk2_image *image,
			    const struct edk2_profile *profile,
			    struct kf_artifact *artifact,
			    struct kf_env *env);
void edk2_signature_suppose(struct edk2_signature *s, struct edk2_image *image,
			    const struct edk2_profile *profile,
			    struct kf_artifact *artifact,
			    struct kf_env *env);
/* Does the signature verify with this certificate as its only anchor? */
bool edk2_authenticode(struct edk2_case *k, struct edk2_signature *s,
		       const struct edk2_entry *anchor, struct kf_why *why);
bool edk2_stamped_before(struct edk2_case *k, struct edk2_signature *s,
			 const struct kf_moment *revoked_at);
bool edk2_tbs(struct kf_bytes *out, struct kf_bytes certificate,
	      const struct edk2_profile *profile);
/* Fails: KF_NO_CRYPTO. */
enum kf_status edk2_tbs_digests(struct kf_digest out[KF_NUM_DIGESTS],
				struct kf_bytes tbs,
				const struct kf_crypto *crypto);

/* lists.c */
struct edk2_walk edk2_walk(struct kf_bytes bytes, bool by_total);
bool edk2_walk_next(struct edk2_walk *w, struct edk2_list *out);
struct edk2_certificates edk2_certificates(const struct edk2_part *part);
bool edk2_certificates_next(struct edk2_certificates *c,
			    struct edk2_entry *out);
/* Both set `out->list` when they find something; else it is 0. */
enum edk2_end edk2_find_digest(struct kf_bytes bytes, enum kf_digest_kind kind,
			       const struct kf_digest *digest,
			       struct edk2_entry *out);
enum edk2_end edk2_find_tbs(struct kf_bytes bytes,
			    const struct kf_digest tbs[KF_NUM_DIGESTS],
			    struct edk2_entry *out);
/* edk2_any_tbs tells whether a part has a list of such digests. */
bool edk2_any_tbs(struct kf_bytes bytes);
void edk2_prove_entry(struct kf_finding *finding,
		      const struct edk2_part *part,
		      const struct edk2_entry *entry);

/* Takes note of how a walk ended. Returns true when it is no fault. */
bool edk2_walked(struct edk2_case *k, enum edk2_end end, const char *part,
		 uint64_t at);

/* unsigned.c */
void edk2_reject(struct edk2_case *k, enum kf_reason_id reason,
		 const char *rule);
enum edk2_look edk2_digest_in_dbx(struct edk2_case *k,
				  enum kf_digest_kind kind,
				  struct edk2_entry *entry);
enum edk2_look edk2_digest_in_db(struct edk2_case *k,
				 enum kf_digest_kind kind);
void edk2_prove_digest(struct edk2_case *k, enum kf_digest_kind kind,
		       const struct edk2_entry *entry);
void edk2_judge_unsigned(struct edk2_case *k);

/* image.c: decides, with Secure Boot on. */
void edk2_judge(struct edk2_case *k);

/* warn.c: what rides on the verdict. */
void edk2_warn(struct edk2_case *k);

/* load.c */
void edk2_load(struct edk2_image *image, const struct edk2_profile *profile,
	       struct kf_artifact *artifact, struct kf_env *env);

#endif
