/* What a builder says it has built: provenance of SLSA v1 in an in-toto
 * Statement, written and read.
 *
 * That of other programs is taken too: what keyfit has no use for is passed
 * over, as the specification asks of those who read it.
 *
 * Source: SLSA 1.0, Provenance (https://slsa.dev/spec/v1.0/provenance), Schema
 * and Parsing rules; in-toto/attestation, spec/v1/digest_set.md, version 1.1.
 */
#ifndef KEYFIT_JOBS_APPROVE_PROVENANCE_H
#define KEYFIT_JOBS_APPROVE_PROVENANCE_H

#include "statement.h"

#define KF_KIND_PROVENANCE "https://slsa.dev/provenance/v1"

enum {
	KF_SUBJECTS_MAX = 64,
	/* Of an envelope: the audit log has to hold several. */
	KF_REBUILD_LEN_MAX = 16000,
};

/* kf_built is one build. */
struct kf_built {
	const char *artifact_name;
	struct kf_hash artifact;
	struct kf_of_artifact payload;
	const char *builder;		/* by the policy */
	const char *source;		/* a URI; NULL: not told */
	const char *commit;		/* of git, in hex; NULL: not told */
	bool has_started, has_finished;
	int64_t started_s, finished_s;
};

/* kf_rebuild_write makes the payload that the builder signs; it is in the
 * arena. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_rebuild_write(struct kf_sealed *out,
					const struct kf_built *built,
					struct kf_env *env);

/* kf_rebuild_read reads one, without who signed it.
 * Fails: KF_WRONG_USE, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_rebuild_read(struct kf_rebuild *out,
				       const struct kf_sealed *sealed,
				       struct kf_env *env,
				       struct kf_fault *why);

#endif
