/* Records of the audit log: JSON, one object an entry.
 */
#ifndef KEYFIT_JOBS_APPROVE_RECORD_H
#define KEYFIT_JOBS_APPROVE_RECORD_H

#include "sealed.h"

#include "host/output.h"

enum kf_record_kind {
	KF_RECORD_NONE = 0,
	KF_RECORD_POLICY,	/* one was adopted */
	KF_RECORD_INTENT,	/* a key is to be used */
	KF_RECORD_RESULT,	/* what came of it */
	KF_RECORD_REFUSAL,	/* it was not allowed */
};

/* kf_record is one. Texts and views live in the arena that it was read into. */
struct kf_record {
	enum kf_record_kind kind;
	uint64_t seq;			/* its own number in the log */
	int64_t time_s;
	const char *by;
	struct kf_bytes policy;		/* envelopes */
	struct kf_bytes request;
	struct kf_bytes approval[KF_APPROVALS_MAX];
	size_t num_approvals;
	struct kf_bytes rebuild[KF_REBUILDS_MAX];	/* that count */
	size_t num_rebuilds;
	uint64_t intent;		/* of a result */
	bool done;			/* something was signed, or stopped */
	const char *reason;		/* NULL: none */
	struct kf_hash made;		/* what was signed, as it came out;
					 * zeros: not told */
	struct kf_hash refused;		/* a request */
	const char *ruling;
};

extern const char *const kf_record_names[];

/* kf_record_write writes one; KF_WRONG_USE, it is too large for an entry. */
KF_MUST enum kf_status kf_record_write(struct kf_output *out,
				       const struct kf_record *record,
				       struct kf_fault *why);

/* kf_record_read reads one. Fails: KF_WRONG_USE, it is none; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_record_read(struct kf_record *out,
				      struct kf_bytes entry,
				      struct kf_env *env,
				      struct kf_fault *why);

#endif
