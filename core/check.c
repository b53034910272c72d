/* The waist of the house: one artifact, one trust store, one set of rules in;
 * one verdict out.
 */
#include <keyfit/check.h>

#include <string.h>

/* sign notes on each finding who found it. */
static void sign(struct kf_verdict *out, const char *verifier)
{
	out->why.verifier = out->enforced.verifier = verifier;
	for (size_t i = 0; i < out->num_warnings; i++)
		out->warning[i].verifier = verifier;
}

enum kf_status kf_check(struct kf_verdict *out,
			const struct kf_artifact *artifact,
			const struct kf_store *store,
			const struct kf_rules *rules, struct kf_env *env)
{
	void *state = kf_artifact_state(artifact, rules);
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	out->outcome = "unknown";
	if (artifact->status != KF_OK)
		return artifact->status;
	if (store->status != KF_OK)
		return store->status;
	if (!state || !kf_store_state(store, rules))
		return KF_WRONG_USE;
	status = rules->verifier->decide(out, state, store, rules, env);
	sign(out, rules->verifier->name);
	return status;
}
