/* The ledger: which key signed which version of what. Its entries are in-toto
 * Statements in DSSE envelopes, of docs/schema/key-use.schema.json or
 * release.schema.json, which name product, version, counter and signers alike,
 * in a log of host/tlog.h.
 *
 * Source: in-toto/attestation, spec/v1/statement.md and envelope.md.
 */
#ifndef KEYFIT_JOBS_LEDGER_H
#define KEYFIT_JOBS_LEDGER_H

#include "host/key_names.h"
#include "host/output.h"
#include "host/tlog.h"

#include <jansson.h>

#define KF_STATEMENT_KEY_USE "urn:keyfit:key-use:v1"
#define KF_STATEMENT_RELEASE "urn:keyfit:release:v1"

/* kf_key_use is what a statement is made of. */
struct kf_key_use {
	const char *product, *version;
	bool has_counter;
	uint64_t counter;		/* against rollback */
	int64_t made_s;
	const char *const *artifact;	/* paths */
	size_t num_artifacts;
	const struct kf_key_names *signer;	/* told, not found */
	size_t num_signers;
};

/* kf_key_use_write writes the statement: it reads the artifacts, and finds who
 * signed them. Fails: KF_WRONG_USE, KF_CANNOT_READ, KF_NO_MEMORY; `*path` is
 * the artifact that it was about. */
KF_MUST enum kf_status kf_key_use_write(struct kf_output *out,
					const char **path,
					const struct kf_key_use *use,
					struct kf_work *work,
					struct kf_fault *why);

/* kf_statement_sign makes the envelope around a statement. Fails: as kf_sign;
 * KF_WRONG_USE, the key signs none. The result lives in the arena. */
KF_MUST enum kf_status kf_statement_sign(struct kf_bytes *out,
					 struct kf_bytes statement,
					 struct kf_signing_key *key,
					 struct kf_env *env,
					 struct kf_fault *why);

/* kf_statement is an entry that was read. Texts are those of `json`; NULL, it
 * has none. */
struct kf_statement {
	json_t *json;
	const char *type;		/* of the predicate */
	const char *product, *version;
	bool has_counter;
	uint64_t counter;
	json_t *subjects, *signers;	/* arrays; NULL: none */
	struct kf_bytes payload;	/* in the arena */
	struct kf_dsse envelope;
};

/* kf_statement_read reads an entry; who signed it is not asked. Owns: `out`,
 * until kf_statement_close, which takes a zeroed one too. Fails: KF_WRONG_USE,
 * it is none, and `why` says why; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_statement_read(struct kf_statement *out,
					 struct kf_bytes entry,
					 struct kf_env *env,
					 struct kf_fault *why);
void kf_statement_close(struct kf_statement *s);

/* kf_statement_subject tells whether a SHA-256 is that of one of its subjects,
 * and which one is its name. */
bool kf_statement_subject(const struct kf_statement *s, const char **name,
			  const struct kf_digest *sha256);

/* kf_statement_signer tells whether a signer has one of these names. */
bool kf_statement_signer(const json_t *signer,
			 const struct kf_key_names *key);

/* kf_statement_same tells whether two entries say the same but for when it was
 * said, and by whose signature. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_statement_same(bool *same,
					 const struct kf_statement *a,
					 const struct kf_statement *b);

/* kf_watch_kind is what a monitor finds in entries. */
enum kf_watch_kind {
	KF_WATCH_UNREADABLE = 1,
	KF_WATCH_UNKNOWN_KEY,
	KF_WATCH_REVOKED_KEY,
	KF_WATCH_NO_SIGNER,
	KF_WATCH_TWO_DIGESTS,
	KF_WATCH_COUNTER_DOWN,
};

const char *kf_watch_slug(enum kf_watch_kind kind);

/* kf_watch looks at entries one after the other. `found` is told of each; keys
 * are those that are known (none: any is) and those that are revoked. */
struct kf_watch {
	const struct kf_key_names *known, *revoked;
	size_t num_known, num_revoked;
	const char *product;		/* the only one; NULL: all */
	void (*found)(void *self, enum kf_watch_kind kind, uint64_t index,
		      const struct kf_statement *s, const char *what);
	void *self;
	json_t *versions, *counters;	/* seen so far */
};

KF_MUST enum kf_status kf_watch_entry(struct kf_watch *w, uint64_t index,
				      struct kf_bytes entry,
				      struct kf_env *env);
void kf_watch_close(struct kf_watch *w);

#endif
