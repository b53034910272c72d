/* The keys of firmware files and trust stores, each listed once: public keys,
 * certificates, signatures and their algorithms, and which of them belong
 * together.
 *
 * It tells what stands in the files. Nothing is judged but one thing: that one
 * certificate has issued another is said only where the signature on it holds.
 */
#ifndef KEYFIT_ANALYSIS_BILL_H
#define KEYFIT_ANALYSIS_BILL_H

#include "anchors.h"

enum {
	KF_BILL_SUBJECTS_MAX = 512,
	KF_BILL_KEYS_MAX = 4096,
	KF_BILL_CERTIFICATES_MAX = 2048,
	KF_BILL_SIGNATURES_MAX = 2048,
	KF_BILL_USES_MAX = 8192,
	KF_BILL_FACTS_MAX = 4096,
	/* Memory for one that is full. */
	KF_BILL_LEN = 24 << 20,
};

#define KF_BILL_NONE SIZE_MAX

/* kf_bill_algorithm is how a signature is made, as far as it is told. */
struct kf_bill_algorithm {
	enum kf_scheme_kind kind;	/* 0: another one, see `name` */
	bool has_digest;
	enum kf_digest_kind digest;
	const char *key;	/* "RSA-2048", "EC-P-256"; NULL: not told */
	const char *name;	/* as the file has it; NULL: nothing is told */
};

/* kf_bill_key is a public key; or one that a file only calls by a name or by a
 * digest of what its bootloader keeps. */
struct kf_bill_key {
	struct kf_digest id;	/* SHA-256 of SubjectPublicKeyInfo; `len` 0:
				 * the key itself is nowhere */
	struct kf_bytes spki;	/* itself; empty: it is of no kind that is
				 * verified with, or not told */
	struct kf_digest own;	/* SHA-256 of RSAPublicKey, of RSA alone */
	const char *called_by;	/* "key-hash", "key-name"; NULL: it is there */
	struct kf_bytes called;
	const char *kind;	/* "RSA-2048"; NULL: not told */
	const char *private_at;	/* where its private half lies; NULL: not
				 * told */
	size_t same;		/* the key that it turned out to be, else
				 * KF_BILL_NONE */
};

struct kf_bill_certificate {
	struct kf_certificate x509;
	size_t key;
	size_t issuer;		/* whose key made the signature on it, else
				 * KF_BILL_NONE */
	struct kf_bill_algorithm algorithm;
};

struct kf_bill_signature {
	size_t subject;
	uint32_t number;	/* from 1, in its file */
	const char *form;	/* "Authenticode" */
	const char *over;	/* what it signs of a file that has many such
				 * things; NULL: the file */
	struct kf_digest sha256;	/* of its bytes */
	size_t certificate, key;	/* whose it says it is; KF_BILL_NONE */
	struct kf_bill_algorithm algorithm;
	bool stamped;		/* with an RFC 3161 token */
};

/* kf_bill_role is what a file has a key for. */
enum kf_bill_role {
	KF_BILL_BRINGS = 1,	/* beside a signature */
	KF_BILL_LISTS,		/* what for depends on where it goes to */
	KF_BILL_TRUSTS,
	KF_BILL_FORBIDS,
	KF_BILL_HOLDS,		/* its private half */
};

struct kf_bill_use {
	size_t subject;
	enum kf_bill_role role;
	const char *part;	/* "db"; NULL: none */
	size_t certificate;	/* or KF_BILL_NONE, */
	size_t key;		/* and then a key */
};

/* kf_bill_subject is a file, or a device. */
struct kf_bill_subject {
	const char *name;
	const char *kind;	/* of formats.def or stores.def, "device",
				 * "keys" */
	bool is_store;
	struct kf_digest sha256;	/* `len` 0: it is no file */
	const char *version;	/* NULL: not told */
	bool many_versions;
	bool has_counter;
	uint64_t counter;
	uint64_t num_digests;	/* entries that are no keys */
	uint64_t num_unread;	/* that should be keys, and cannot be read */
	bool damaged;		/* not all of it could be read */
};

/* kf_bill_fact is more that a file says of itself. */
struct kf_bill_fact {
	size_t subject;
	const char *name, *value;
};

struct kf_bill {
	struct kf_bill_subject *subject;
	struct kf_bill_key *key;
	struct kf_bill_certificate *certificate;
	struct kf_bill_signature *signature;
	struct kf_bill_use *use;
	struct kf_bill_fact *fact;
	size_t num_subjects, num_keys, num_certificates, num_signatures;
	size_t num_uses, num_facts;
	struct kf_arena *keep;
	struct kf_env *env;
	enum kf_status status;	/* of the work; the first that fails stays */
	bool more;		/* than there is room for */
};

/* kf_bill_open starts one. All that it keeps lives in `keep`, which has room
 * for KF_BILL_LEN; `env` is for the work, and its arena may be given back
 * between two calls. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_bill_open(struct kf_bill *out,
				    struct kf_arena *keep,
				    struct kf_env *env);

/* kf_bill_start starts a file: what comes next is in it. */
void kf_bill_start(struct kf_bill *bill, const char *name, const char *kind,
		   bool is_store);

/* What takes things in fails through `bill->status`. kf_bill_artifact takes a
 * firmware file, kf_bill_store a trust store that is a file and no whole
 * device, kf_bill_lists signature lists of a part, kf_bill_loose whatever keys
 * lie in a file, kf_bill_anchors what a verifier of a device trusts. */
void kf_bill_artifact(struct kf_bill *bill, const struct kf_artifact *a);
void kf_bill_store(struct kf_bill *bill, const struct kf_store *store,
		   struct kf_bytes file);
void kf_bill_lists(struct kf_bill *bill, struct kf_bytes lists,
		   enum kf_bill_role role, const char *part);
void kf_bill_loose(struct kf_bill *bill, const struct kf_source *source,
		   struct kf_bytes file);
void kf_bill_tree(struct kf_bill *bill, struct kf_bytes tree);
void kf_bill_anchors(struct kf_bill *bill, const struct kf_anchors *anchors);

/* kf_bill_finish finds out which certificate issued which, and which keys are
 * those that files call by a digest. */
void kf_bill_finish(struct kf_bill *bill);

/* kf_bill_key_at is a key, or the one that it turned out to be. */
size_t kf_bill_key_at(const struct kf_bill *bill, size_t key);

/* What the files of the bill share. Each returns an index, or KF_BILL_NONE
 * where it has failed, or what should be a key is none. */
size_t kf_bill_add_key(struct kf_bill *bill, const struct kf_key *key);
size_t kf_bill_add_bytes(struct kf_bill *bill, struct kf_bytes key);
size_t kf_bill_add_called(struct kf_bill *bill, const char *by,
			  struct kf_bytes called);
size_t kf_bill_add_certificate(struct kf_bill *bill, struct kf_bytes der);
void kf_bill_add_use(struct kf_bill *bill, enum kf_bill_role role,
		     const char *part, size_t certificate, size_t key);
struct kf_bill_signature *kf_bill_add_signature(struct kf_bill *bill,
						const char *form,
						struct kf_bytes bytes);
void kf_bill_add_fact(struct kf_bill *bill, const char *name,
		      struct kf_bytes value);
const char *kf_bill_keep(struct kf_bill *bill, struct kf_bytes text);

/* kf_bill_of_file is the file that was started last. */
struct kf_bill_subject *kf_bill_of_file(struct kf_bill *bill);

/* kf_bill_scheme works an algorithm out from names as OpenSSL has them. */
void kf_bill_scheme(struct kf_bill_algorithm *out, const char *digest,
		    const char *algorithm, const char *key);

/* bill_issuer.c: kf_bill_signed_with reads the algorithm of the signature on a
 * certificate, kf_bill_issued_by asks whether a key has made it. */
void kf_bill_signed_with(struct kf_bill_algorithm *out,
			 const struct kf_certificate *x509,
			 struct kf_arena *keep);
KF_MUST enum kf_status kf_bill_issued_by(enum kf_answer3 *out,
					 const struct kf_certificate *x509,
					 const struct kf_certificate *issuer,
					 struct kf_env *env);

/* bill_signed.c: the signatures of a PKCS#7 or CMS structure; false: it is
 * none. */
KF_MUST bool kf_bill_pkcs7(struct kf_bill *bill, const char *form,
			   const char *over, struct kf_bytes blob);
KF_MUST bool kf_bill_cms(struct kf_bill *bill, const char *form,
			 struct kf_bytes der);

/* bill_boards.c */
void kf_bill_fit(struct kf_bill *bill, const struct kf_source *source);
void kf_bill_mcuboot(struct kf_bill *bill, const struct kf_source *source);
void kf_bill_bootloader(struct kf_bill *bill, struct kf_bytes file);

/* bill_facts.c: version, counter and facts, as the format tells them. */
void kf_bill_facts(struct kf_bill *bill, const struct kf_artifact *a);

#endif
