/* The verb, the verdict and its reasons.
 *
 * kf_check asks one question of one artifact, one trust store and one set of
 * rules: would this verifier take this artifact on this device? The answer is
 * accept, reject or unknown. Unknown is zero, so nothing is accepted by
 * forgetting.
 */
#ifndef KEYFIT_CHECK_H
#define KEYFIT_CHECK_H

#include <keyfit/rules.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

enum {
	KF_EVIDENCE_MAX = 8,
	KF_WARNINGS_MAX = 12,
	KF_SIGNATURES_MAX = 32,	/* signatures of one artifact; more is
				 * damage that rules answer with unknown */
	KF_CHAIN_MAX = 8,
};

enum kf_answer {
	KF_UNDECIDED = 0,
	KF_ACCEPT,
	KF_REJECT,
};

/* kf_reason is one line of reasons.def, the closed list. */
struct kf_reason {
	const char *slug;	/* "certificate-revoked" */
	const char *sentence;	/* with {places} that evidence fills */
	const char *advice;	/* what to do, in one line */
};

/* kf_evidence is one piece of proof. What does not apply is zero. */
enum kf_evidence_kind {
	KF_EV_FIELD = 1,	/* a field of the file, its value, its bound */
	KF_EV_SIGNATURE,	/* one signature: its number and bytes */
	KF_EV_CERTIFICATE,	/* a certificate (DER in `bytes`) */
	KF_EV_DIGEST,		/* a digest that was computed */
	KF_EV_STORE_ENTRY,	/* an entry of a part of the store */
	KF_EV_STORE_PART,	/* a part, for instance one that is missing */
	KF_EV_SETTING,
	KF_EV_MOMENT,		/* a time that decided */
	KF_EV_TEXT,
};

struct kf_evidence {
	enum kf_evidence_kind kind;
	const char *name;	/* the field, the role ("issuer"), the part */
	uint64_t at;		/* bytes of the file, or of the part */
	uint64_t len;
	uint64_t value;
	uint64_t bound;
	bool has_value;
	bool has_bound;
	uint32_t signature;	/* from 1 */
	uint32_t list;		/* from 1 */
	uint32_t entry;		/* from 1 */
	struct kf_bytes bytes;
	const char *text;
	struct kf_moment when;
};

/* kf_finding is a reason with the rule that gave it and its evidence. */
struct kf_finding {
	const struct kf_reason *reason;	/* NULL: none, as where it accepts;
					 * the rest then tells why it does */
	const char *rule;		/* "UEFI-29" */
	const char *verifier;		/* who found it: "shim"; NULL: none of
					 * them, it is our own */
	struct kf_evidence evidence[KF_EVIDENCE_MAX];
	size_t num_evidence;
};

/* kf_signature_result is what became of one signature. */
struct kf_signature_result {
	uint32_t number;	/* from 1, in the order of the file */
	uint64_t at;		/* its bytes in the file */
	uint64_t len;
	struct kf_bytes chain[KF_CHAIN_MAX];	/* DER, the signer's first */
	size_t num_chain;
	const char *digest;	/* "SHA-256" */
	const char *algorithm;	/* of the signature */
	bool trusted;		/* an anchor of the store verifies it */
	bool revoked;
	bool trust_known;	/* false: `trusted` is not to be told, since
				 * what the device trusts is not known */
	bool revocation_known;	/* so for `revoked` */
	bool looked_at;		/* false: the verifier stopped before it */
	const struct kf_reason *reason;	/* why it did not count; or NULL */
	const char *rule;
};

/* kf_verdict is the answer. Views in it live as long as the artifact, the
 * store and the arena do. */
struct kf_verdict {
	enum kf_answer answer;
	const char *outcome;	/* what the device does: "boots",
				 * "blocked-at-boot", "device-fault" ... */
	struct kf_finding why;
	/* Where the rules are not enforced: what they would have said. */
	bool not_enforced;
	enum kf_answer enforced_answer;
	struct kf_finding enforced;
	struct kf_finding warning[KF_WARNINGS_MAX];
	size_t num_warnings;
	struct kf_signature_result signature[KF_SIGNATURES_MAX];
	size_t num_signatures;
	/* The digest that the verifier would look up in its lists, SHA-256;
	 * `len` 0 where it computes none. */
	struct kf_digest image_digest;
};

/* kf_check fills `out`. Artifact and store must have been prepared for the
 * same rules. Fails: a status other than KF_OK, and then `out` is undecided;
 * a fault is never a verdict. */
KF_MUST enum kf_status kf_check(struct kf_verdict *out,
				const struct kf_artifact *artifact,
				const struct kf_store *store,
				const struct kf_rules *rules,
				struct kf_env *env);

/* kf_reason_find finds a reason by slug; NULL: there is none. */
const struct kf_reason *kf_reason_find(const char *slug);
const struct kf_reason *kf_reason_at(size_t index);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
