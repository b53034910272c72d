/* What stands between a request and a key: everything is checked again, from
 * files alone, and written down before the key is touched and after.
 *
 *   kf_approved(&out, &decision, ask, why)   out NULL: it is not allowed
 *   ... the signature ...
 *   kf_approved_end(&out, &outcome, why)
 *
 * Between the two nobody else writes to the log. Whoever dies there leaves an
 * intent without a result; the same request takes it up again, and no other.
 */
#ifndef KEYFIT_JOBS_APPROVE_APPROVED_H
#define KEYFIT_JOBS_APPROVE_APPROVED_H

#include "audit.h"

/* kf_audit_writer is an audit log that is open to be written. */
struct kf_audit_writer {
	struct kf_tlog_writer *writer;
	struct kf_audit audit;		/* what it holds already */
};

/* kf_audit_place is where it is, and who signs it. */
struct kf_audit_place {
	struct kf_tlog_place log;
	const struct kf_tlog_signer *signer;
	const struct kf_crypto *crypto;
	int64_t now_s;
};

/* kf_audit_open opens it, and reads it. Owns: `out`, until
 * kf_audit_close_writer, which takes a zeroed one too. Fails: as
 * kf_tlog_write_open; KF_WRONG_USE too, where its records do not hold
 * together: nothing is added to those. */
KF_MUST enum kf_status kf_audit_open(struct kf_audit_writer *out,
				     const struct kf_audit_place *place,
				     struct kf_fault *why);
void kf_audit_close_writer(struct kf_audit_writer *w);

/* kf_audit_adopt lets a policy count from now on, if it may take the place of
 * the one that counts. */
KF_MUST enum kf_status kf_audit_adopt(enum kf_ruling *ruling,
				      struct kf_audit_writer *w,
				      struct kf_bytes policy, const char *by,
				      const struct kf_audit_place *place,
				      struct kf_fault *why);

/* kf_outcome is what came of an intent. */
struct kf_outcome {
	bool done;
	const char *reason;		/* NULL: none */
	struct kf_hash made;		/* zeros: not told */
	const char *by;
};

/* kf_audit_result writes the result of an intent that has none.
 * Fails: KF_WRONG_USE, there is no such one; as kf_tlog_append. */
KF_MUST enum kf_status kf_audit_result(struct kf_audit_writer *w,
				       uint64_t intent,
				       const struct kf_outcome *outcome,
				       const struct kf_audit_place *place,
				       struct kf_fault *why);

/* kf_approved_ask is what is to be done, and on which papers. The dossier is
 * filled, in the memory of `env`. */
struct kf_approved_ask {
	struct kf_papers papers;
	struct kf_process process;
	struct kf_audit_place place;
	struct kf_dossier *dossier;
	struct kf_env *env;
};

struct kf_approved {
	struct kf_audit_writer w;
	struct kf_audit_place place;
	const char *by;
	uint64_t intent;		/* its number in the log */
	bool again;			/* it was there already, without a
					 * result */
};

/* kf_approved decides, and writes the intent; or the refusal, where it is not
 * allowed: then `*allowed` is false, and `decision` says why. Owns: `out`,
 * until kf_approved_end or kf_approved_drop. Fails: as kf_audit_open, as
 * kf_dossier_files (`*path` is the file), as kf_tlog_append; then no signature
 * may be made. */
KF_MUST enum kf_status kf_approved(struct kf_approved *out, bool *allowed,
				   struct kf_decision *decision,
				   const char **path,
				   const struct kf_approved_ask *ask,
				   struct kf_fault *why);

/* kf_approved_end writes the result. Where that fails, the intent stands
 * without one, for everybody to see: the same command ends it. */
KF_MUST enum kf_status kf_approved_end(struct kf_approved *approved,
				       const struct kf_outcome *outcome,
				       struct kf_fault *why);
void kf_approved_drop(struct kf_approved *approved);

#endif
