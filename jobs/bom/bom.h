/* Bills of keys in CycloneDX 1.6 and 1.7: written from what stands in files,
 * read from whoever wrote them, compared, and held against an approved one.
 *
 * Source: CycloneDX specification 1.6 and 1.7, schema/bom-1.6.schema.json,
 * bom-1.7.schema.json; in-toto/attestation, spec/v1/statement.md and
 * spec/predicates/cyclonedx.md.
 */
#ifndef KEYFIT_JOBS_BOM_BOM_H
#define KEYFIT_JOBS_BOM_BOM_H

#include "analysis/bill.h"
#include "host/json_write.h"

#include <jansson.h>

enum {
	KF_BOM_LEN_MAX = 32 << 20,
	KF_BOM_DEPTH_MAX = 64,
	KF_BOM_ITEMS_MAX = 1 << 14,
};

enum kf_bom_spec {
	KF_BOM_1_6 = 6,
	KF_BOM_1_7 = 7,
};

/* kf_bom_state is what an owner says of a key. The zero value: nothing. */
enum kf_bom_state {
	KF_BOM_UNSAID = 0,
	KF_BOM_PRE_ACTIVATION,
	KF_BOM_ACTIVE,
	KF_BOM_SUSPENDED,
	KF_BOM_DEACTIVATED,
	KF_BOM_COMPROMISED,
	KF_BOM_DESTROYED,
	KF_BOM_REVOKED,		/* of certificates */
	KF_NUM_BOM_STATES,
};

/* kf_bom_said is one thing that the owner says of a key or certificate, by the
 * SHA-256 that it goes by. */
enum kf_bom_say {
	KF_BOM_SAY_STATE = 1,
	KF_BOM_SAY_REPLACED,	/* `value` is the other's SHA-256 */
	KF_BOM_SAY_PLACE,	/* `value` is where the private half lies */
	KF_BOM_SAY_EXPIRES,
};

struct kf_bom_said {
	enum kf_bom_say what;
	char id[65];		/* hex */
	enum kf_bom_state state;
	int64_t at_s;
	const char *value;
	bool used;		/* the bill has such a key */
};

struct kf_bom_ask {
	enum kf_bom_spec spec;
	bool has_time;
	int64_t at_s;
	const char *name, *version;	/* of the product; NULL: not told */
	struct kf_bom_said *said;
	size_t num_said;
	const char *keyfit;		/* its version */
};

/* kf_bom_write writes the bill as one line: the same input gives the same
 * bytes. Its serial number is made of what it says. Fails: KF_NO_MEMORY,
 * KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_bom_write(struct kf_output *out,
				    const struct kf_bill *bill,
				    const struct kf_bom_ask *ask);

/* kf_bom_statement wraps a bill, as it was written, in an in-toto Statement
 * about the files of which it is. Fails: KF_WRONG_USE, where one of them is no
 * file; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_bom_statement(struct kf_output *out,
					const struct kf_bill *bill,
					struct kf_bytes bom,
					struct kf_fault *why);

enum kf_bom_kind {
	KF_BOM_KEY = 1,
	KF_BOM_CERTIFICATE,
	KF_BOM_ALGORITHM,
	KF_BOM_SIGNATURE,
};

/* kf_bom_item is one component of a bill. Texts live as long as the bill. */
struct kf_bom_item {
	enum kf_bom_kind kind;
	const char *ref;	/* NULL: it has none */
	const char *name;
	const char *id;		/* hex of the SHA-256 it goes by, of an
				 * algorithm its name; NULL: none */
	const char *also;	/* another digest that files call it by */
	const char *size;	/* "RSA-2048", as far as it is told */
	const char *key_ref;	/* of a certificate */
	enum kf_bom_state state;
	const char *replaced_by;	/* NULL: it is not */
	bool has_end;
	int64_t end_s;		/* from which day on it no longer counts */
	bool forbidden;		/* listed as that, and for nothing else */
	bool wanted;		/* listed for something else */
	bool unsigned_by;	/* a signature whose key is not told */
	const char *called_by;	/* of a key that is not there */
};

/* kf_bom is a bill that was read. */
struct kf_bom {
	json_t *root;
	struct kf_bom_item *item;
	size_t num;
	struct kf_bom_item **ref;	/* what is referred to, sorted */
	size_t num_refs;
	/* What it is about. NULL: not told. */
	const char *name, *version, *sha256, *counter, *serial;
	bool damaged;		/* its maker could not read all */
};

/* kf_bom_read reads one. It is strict about what it uses, and passes over what
 * it does not. Owns: `out`, until kf_bom_close, which takes a zeroed one too.
 * Fails: KF_WRONG_USE, it is none; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_bom_read(struct kf_bom *out, struct kf_bytes file,
				   struct kf_fault *why);
void kf_bom_close(struct kf_bom *bom);

/* kf_bom_by_ref finds what is referred to; NULL: nothing. */
struct kf_bom_item *kf_bom_by_ref(const struct kf_bom *bom, const char *ref);

/* kf_bom_unwrap finds a bill in a Statement. `out` is the text that is handed
 * in, where it is none. Owns: `*memory`, until free.
 * Fails: KF_WRONG_USE, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_bom_unwrap(struct kf_bytes *out, void **memory,
				     struct kf_bytes file,
				     struct kf_fault *why);

/* kf_bom_too_deep tells whether text is nested deeper than it may be. */
bool kf_bom_too_deep(struct kf_bytes text);

/* kf_bom_change is one difference between two bills. */
enum kf_bom_turn {
	KF_BOM_CAME = 1,
	KF_BOM_WENT,
	KF_BOM_CHANGED,
};

struct kf_bom_change {
	enum kf_bom_turn turn;
	const struct kf_bom_item *old, *new;
	const char *what;	/* that changed: "state" */
	const char *was, *is;
};

/* kf_bom_diff hands on what differs: first keys, then certificates, then
 * algorithms. Returns how much it was. */
size_t kf_bom_diff(const struct kf_bom *old, const struct kf_bom *new,
		   void (*tell)(void *self,
				const struct kf_bom_change *change),
		   void *self);

/* kf_bom_verdict is what an approved bill says of one key of a release. */
enum kf_bom_verdict {
	KF_BOM_APPROVED = 1,
	KF_BOM_NOT_LISTED,
	KF_BOM_CERTIFICATE_NOT_LISTED,	/* its key is on the bill */
	KF_BOM_NOT_YET,
	KF_BOM_IS_SUSPENDED,
	KF_BOM_IS_DEACTIVATED,
	KF_BOM_IS_COMPROMISED,
	KF_BOM_IS_DESTROYED,
	KF_BOM_IS_REVOKED,
	KF_BOM_IS_REPLACED,
	KF_BOM_HAS_ENDED,
	KF_BOM_NOT_TOLD,	/* whose signature it is: cannot be decided */
	KF_NUM_BOM_VERDICTS,
};

struct kf_bom_checked {
	const struct kf_bom_item *item;		/* of the release */
	const struct kf_bom_item *approved;	/* NULL: none */
	enum kf_bom_verdict verdict;
};

/* kf_bom_check holds every key and certificate of a release against the
 * approved bill, at a time. Returns how many there were. */
size_t kf_bom_check(const struct kf_bom *release,
		    const struct kf_bom *approved, int64_t at_s,
		    void (*tell)(void *self,
				 const struct kf_bom_checked *checked),
		    void *self);

/* kf_bom_slug is a verdict's word, kf_bom_state_name a state's; kf_bom_state_of
 * finds a state by its name: KF_NUM_BOM_STATES: there is none. */
const char *kf_bom_slug(enum kf_bom_verdict verdict);
const char *kf_bom_state_name(enum kf_bom_state state);
enum kf_bom_state kf_bom_state_of(const char *name);

/* What the files share. */

/* kf_bom_algorithm is an algorithm as CycloneDX has it. Texts are its own. */
struct kf_bom_algorithm {
	char name[64];
	char ref[72];
	const char *oid;
	const char *primitive;
	const char *family;	/* of 1.7; NULL: it has none */
	const char *curve;	/* of 1.6: "P-256" */
	const char *curve_17;	/* "nist/P-256" */
	const char *padding;
	const char *parameter;	/* "2048", "256" */
	char bits[8];
	unsigned classical;	/* bits; 0: not told */
	enum kf_digest_kind digest;
	bool has_digest, hashes;
	bool has_levels;
};

/* Each fails where nothing is told of it: false. */
bool kf_bom_of_scheme(struct kf_bom_algorithm *out,
		      const struct kf_bill_algorithm *a);
bool kf_bom_of_key(struct kf_bom_algorithm *out, const char *kind);
void kf_bom_of_digest(struct kf_bom_algorithm *out, enum kf_digest_kind kind);

/* kf_bom_ref spells what a thing of the bill is referred by. */
enum { KF_BOM_REF_MAX = 512 };
void kf_bom_ref_file(char out[KF_BOM_REF_MAX], const struct kf_bill *b,
		     size_t subject);
void kf_bom_ref_key(char out[KF_BOM_REF_MAX], const struct kf_bill *b,
		    size_t key);
void kf_bom_ref_private(char out[KF_BOM_REF_MAX], const struct kf_bill *b,
			size_t key);
void kf_bom_ref_certificate(char out[KF_BOM_REF_MAX], const struct kf_bill *b,
			    size_t certificate);
void kf_bom_ref_signature(char out[KF_BOM_REF_MAX], const struct kf_bill *b,
			  size_t signature);

/* kf_bom_is_told tells whether a key is one: a file may name none. */
bool kf_bom_is_told(const struct kf_bill *b, size_t key);

/* kf_bom_said_of finds what is said of a key or certificate; NULL: nothing. */
struct kf_bom_said *kf_bom_said_of(const struct kf_bom_ask *ask,
				   enum kf_bom_say what,
				   const struct kf_digest *id);

/* write_keys.c */
void kf_bom_write_key(struct kf_json *json, const struct kf_bill *b,
		      size_t key, const struct kf_bom_ask *ask);
void kf_bom_write_private(struct kf_json *json, const struct kf_bill *b,
			  size_t key, const struct kf_bom_ask *ask);
void kf_bom_write_certificate(struct kf_json *json, const struct kf_bill *b,
			      size_t certificate,
			      const struct kf_bom_ask *ask);
void kf_bom_write_signature(struct kf_json *json, const struct kf_bill *b,
			    size_t signature, const struct kf_bom_ask *ask);
void kf_bom_write_algorithm(struct kf_json *json,
			    const struct kf_bom_algorithm *a,
			    const struct kf_bom_ask *ask);
void kf_bom_property(struct kf_json *json, const char *name,
		     const char *value);
bool kf_bom_place(const struct kf_bill *b, size_t key,
		  const struct kf_bom_ask *ask, const char **place);

/* find.c: members of objects of a foreign file. Each is false, with `why`,
 * where the member is there and of another type than it has to be. */
struct kf_bom_from {
	struct kf_fault *why;
	const char *where;	/* for people */
};

KF_MUST bool kf_bom_text(const char **out, const json_t *object,
			 const char *name, const struct kf_bom_from *from);
KF_MUST bool kf_bom_object(const json_t **out, const json_t *object,
			   const char *name, const struct kf_bom_from *from);
KF_MUST bool kf_bom_list(const json_t **out, const json_t *object,
			 const char *name, const struct kf_bom_from *from);
KF_MUST bool kf_bom_hash(const char **out, const json_t *object,
			 const char *name, const struct kf_bom_from *from);
bool kf_bom_is_hex(const char *text, size_t len);

#endif
