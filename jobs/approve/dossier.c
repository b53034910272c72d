/* A policy, a request and approvals, read and asked who signed them.
 */
#include "dossier.h"

#include <string.h>

/* keep writes an envelope as a record has it. */
static enum kf_status keep(struct kf_bytes *out,
			   const struct kf_sealed *sealed, struct kf_env *env,
			   struct kf_fault *why)
{
	*out = kf_dsse_write(&sealed->dsse, env->arena);
	if (out->len)
		return KF_OK;
	kf_fault_say(why, NULL, "holds a key id that is no plain text, or is too large");
	return KF_WRONG_USE;
}

enum kf_status kf_dossier_policy(struct kf_dossier *d, struct kf_bytes text,
				 struct kf_env *env, struct kf_fault *why)
{
	struct kf_sealed sealed;
	enum kf_ruling ruling = KF_RULED_NONE;
	uint64_t signers;
	enum kf_status status = kf_policy_open(&d->policy, &sealed, &signers,
					       text, env, why);

	if (status != KF_OK)
		return status;
	ruling = kf_policy_own(&d->policy, signers);
	if (ruling != KF_RULED_ALLOWED) {
		kf_fault_say(why, "keyfit approve signs it", "the policy holds not yet: %s",
			     kf_ruling_words(ruling));
		return KF_WRONG_USE;
	}
	return keep(&d->policy_text, &sealed, env, why);
}

static enum kf_status who(size_t *out, const struct kf_sealed *sealed,
			  const struct kf_policy *policy, struct kf_env *env)
{
	uint64_t signers = 0;
	enum kf_status status = kf_sealed_signers(&signers, sealed, policy,
						  env);

	*out = signers ? kf_sealed_signer(signers) : KF_NOBODY;
	return status;
}

enum kf_status kf_dossier_request(struct kf_dossier *d, struct kf_bytes text,
				  struct kf_env *env, struct kf_fault *why)
{
	struct kf_sealed sealed;
	enum kf_status status = kf_sealed_read(&sealed, text,
					       KF_STATEMENT_PAYLOAD, env, why);

	if (status == KF_OK)
		status = kf_request_read(&d->request, &sealed, env, why);
	if (status == KF_OK)
		status = who(&d->request.signer, &sealed, &d->policy, env);
	return status == KF_OK ? keep(&d->request_text, &sealed, env, why)
			       : status;
}

/* malformed_or passes over what is no statement of its kind: that is ruled on.
 */
static enum kf_status malformed_or(enum kf_status status, struct kf_fault *why)
{
	if (status == KF_OK || status == KF_WRONG_USE)
		return KF_OK;
	kf_fault_say(why, NULL, "cannot be read: %s", status == KF_NO_MEMORY
		     ? "out of memory" : "it is too much");
	return status;
}

enum kf_status kf_dossier_approval(struct kf_dossier *d, struct kf_bytes text,
				   struct kf_env *env, struct kf_fault *why)
{
	struct kf_sealed sealed;
	struct kf_fault unread = { 0 };
	struct kf_approval *a;
	struct kf_bytes *kept;
	enum kf_status status;

	if (d->num_approvals == KF_APPROVALS_MAX) {
		kf_fault_say(why, NULL, "is one more than %d approvals",
			     KF_APPROVALS_MAX);
		return KF_WRONG_USE;
	}
	a = &d->approval[d->num_approvals];
	kept = &d->approval_text[d->num_approvals++];
	memset(a, 0, sizeof(*a));
	memset(kept, 0, sizeof(*kept));
	status = kf_sealed_read(&sealed, text, KF_STATEMENT_PAYLOAD, env,
				&unread);
	if (status == KF_OK)
		status = kf_approval_read(a, &sealed, env, &unread);
	if (status == KF_OK)
		status = who(&a->signer, &sealed, &d->policy, env);
	if (status == KF_OK)
		status = keep(kept, &sealed, env, &unread);
	a->malformed = status == KF_WRONG_USE;
	if (a->malformed)
		a->signer = KF_NOBODY;
	return malformed_or(status, why);
}

enum kf_status kf_dossier_rebuild(struct kf_dossier *d, struct kf_bytes text,
				  struct kf_env *env, struct kf_fault *why)
{
	struct kf_sealed sealed;
	struct kf_fault unread = { 0 };
	struct kf_rebuild *b;
	struct kf_bytes *kept;
	enum kf_status status;

	if (d->num_rebuilds == KF_REBUILDS_MAX) {
		kf_fault_say(why, NULL, "is one more than %d rebuilds",
			     KF_REBUILDS_MAX);
		return KF_WRONG_USE;
	}
	b = &d->rebuild[d->num_rebuilds];
	kept = &d->rebuild_text[d->num_rebuilds++];
	memset(b, 0, sizeof(*b));
	memset(kept, 0, sizeof(*kept));
	status = kf_sealed_read(&sealed, text, KF_STATEMENT_PAYLOAD, env,
				&unread);
	if (status == KF_OK)
		status = kf_rebuild_read(b, &sealed, env, &unread);
	if (status == KF_OK)
		status = who(&b->signer, &sealed, &d->policy, env);
	if (status == KF_OK)
		status = keep(kept, &sealed, env, &unread);
	b->malformed = status == KF_WRONG_USE ||
		       kept->len > KF_REBUILD_LEN_MAX;
	if (b->malformed)
		b->signer = KF_NOBODY;
	return malformed_or(status, why);
}

enum kf_status kf_dossier_files(struct kf_dossier *d, const char **path,
				const struct kf_papers *papers,
				struct kf_env *env, struct kf_fault *why)
{
	struct kf_bytes text = kf_view(NULL, 0);
	enum kf_status status;

	*path = papers->policy;
	status = kf_sealed_file(&text, *path, env, why);
	if (status == KF_OK)
		status = kf_dossier_policy(d, text, env, why);
	if (status != KF_OK || !papers->request)
		return status;
	*path = papers->request;
	status = kf_sealed_file(&text, *path, env, why);
	if (status == KF_OK)
		status = kf_dossier_request(d, text, env, why);
	for (size_t i = 0; i < papers->num_approvals && status == KF_OK; i++) {
		*path = papers->approval[i];
		status = kf_sealed_file(&text, *path, env, why);
		if (status == KF_OK)
			status = kf_dossier_approval(d, text, env, why);
	}
	for (size_t i = 0; i < papers->num_rebuilds && status == KF_OK; i++) {
		*path = papers->rebuild[i];
		status = kf_sealed_file(&text, *path, env, why);
		if (status == KF_OK)
			status = kf_dossier_rebuild(d, text, env, why);
	}
	return status;
}
