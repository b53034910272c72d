/* The policy file: who may do what, and what each signing key is for. What it
 * says is in docs/man/keyfit-policy.5.scd.
 */
#ifndef KEYFIT_JOBS_APPROVE_POLICY_H
#define KEYFIT_JOBS_APPROVE_POLICY_H

#include "sealed.h"

enum { KF_POLICY_MAX = 32 << 10 };

/* kf_policy_read reads a policy by itself, without who signed it.
 * Fails: KF_WRONG_USE, it is none, or not sound; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_policy_read(struct kf_policy *out,
				      struct kf_bytes payload,
				      struct kf_env *env,
				      struct kf_fault *why);

/* kf_policy_open reads an envelope with one, and who of it has signed it; that
 * those are enough has to be asked (kf_policy_own, kf_policy_decide). */
KF_MUST enum kf_status kf_policy_open(struct kf_policy *out,
				      struct kf_sealed *sealed,
				      uint64_t *signers, struct kf_bytes text,
				      struct kf_env *env,
				      struct kf_fault *why);

#endif
