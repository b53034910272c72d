/* All that is decided on, as it was handed in: a policy, a request, approvals;
 * read, asked who signed them, and put together as a case.
 */
#ifndef KEYFIT_JOBS_APPROVE_DOSSIER_H
#define KEYFIT_JOBS_APPROVE_DOSSIER_H

#include "policy.h"
#include "provenance.h"
#include "statement.h"

struct kf_dossier {
	struct kf_policy policy;
	struct kf_request request;
	struct kf_approval approval[KF_APPROVALS_MAX];
	size_t num_approvals;
	struct kf_rebuild rebuild[KF_REBUILDS_MAX];
	size_t num_rebuilds;
	/* As they stand in a record: envelopes, always written the same way;
	 * empty where they are none. */
	struct kf_bytes policy_text, request_text;
	struct kf_bytes approval_text[KF_APPROVALS_MAX];
	struct kf_bytes rebuild_text[KF_REBUILDS_MAX];
};

/* kf_dossier_policy takes a policy that enough of its own custodians signed.
 * kf_dossier_request and kf_dossier_approval come behind it. A request that is
 * none fails; an approval and a rebuild that is none is malformed.
 * Fails: KF_WRONG_USE, KF_NO_MEMORY, KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_dossier_policy(struct kf_dossier *d,
					 struct kf_bytes text,
					 struct kf_env *env,
					 struct kf_fault *why);
KF_MUST enum kf_status kf_dossier_request(struct kf_dossier *d,
					  struct kf_bytes text,
					  struct kf_env *env,
					  struct kf_fault *why);
KF_MUST enum kf_status kf_dossier_approval(struct kf_dossier *d,
					   struct kf_bytes text,
					   struct kf_env *env,
					   struct kf_fault *why);

KF_MUST enum kf_status kf_dossier_rebuild(struct kf_dossier *d,
					  struct kf_bytes text,
					  struct kf_env *env,
					  struct kf_fault *why);

/* kf_papers are their files. kf_dossier_files reads all of them; `*path` is the
 * one that is wrong. */
struct kf_papers {
	const char *policy, *request;
	const char *const *approval;
	size_t num_approvals;
	const char *const *rebuild;
	size_t num_rebuilds;
};

KF_MUST enum kf_status kf_dossier_files(struct kf_dossier *d,
					const char **path,
					const struct kf_papers *papers,
					struct kf_env *env,
					struct kf_fault *why);

#endif
