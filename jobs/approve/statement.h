/* Requests and approvals as in-toto Statements: written, and read again.
 *
 * Source: in-toto/attestation, spec/v1/statement.md, tag v1.1.0.
 */
#ifndef KEYFIT_JOBS_APPROVE_STATEMENT_H
#define KEYFIT_JOBS_APPROVE_STATEMENT_H

#include "sealed.h"

#include "host/json_write.h"

/* kf_request_write, kf_approval_write make the payload that is signed; it is
 * in the arena. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_request_write(struct kf_sealed *out,
					const struct kf_request *request,
					struct kf_env *env);
KF_MUST enum kf_status kf_approval_write(struct kf_sealed *out,
					 const struct kf_approval *approval,
					 struct kf_env *env);

/* kf_request_read, kf_approval_read read one, without who signed it.
 * Fails: KF_WRONG_USE, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_request_read(struct kf_request *out,
				       const struct kf_sealed *sealed,
				       struct kf_env *env,
				       struct kf_fault *why);
KF_MUST enum kf_status kf_approval_read(struct kf_approval *out,
					const struct kf_sealed *sealed,
					struct kf_env *env,
					struct kf_fault *why);

/* kf_statement_start writes what stands in front of a predicate, whose members
 * come next; kf_statement_finish makes an envelope of it, without signatures.
 * `payload` NULL: of the subject there is only the file's digest. */
#define KF_PAYLOAD_DIGEST "keyfit-payload-"

void kf_statement_start(struct kf_json *json, const char *kind,
			const char *name, const struct kf_hash *of,
			const struct kf_of_artifact *payload);
KF_MUST enum kf_status kf_statement_finish(struct kf_sealed *out,
					   struct kf_json *json,
					   struct kf_env *env);

/* kf_nonce is one that was never there. Fails: false. */
KF_MUST bool kf_nonce(struct kf_hash *out);

#endif
