/* Asks another verifier of the file as it is and as a remedy makes it.
 */
#include "elsewhere.h"

bool kf_remedy_is_file(const struct kf_remedy *remedy)
{
	return remedy->kind == KF_KEEP_SIGNATURE ||
	       remedy->kind == KF_REPAIR_TABLE ||
	       remedy->kind == KF_LEAVE_OUT ||
	       remedy->kind == KF_SIGN_IMAGE ||
	       (remedy->kind == KF_SIGN_UNDER && !remedy->part);
}

static enum kf_status ask(struct kf_verdict *v, struct kf_artifact *artifact,
			  const struct kf_elsewhere *other, struct kf_env *env)
{
	kf_artifact_prepare(artifact, other->rules, env);
	return kf_check(v, artifact, other->store, other->rules, env);
}

/* ask_remedied judges what the remedy makes: another file, or the same with
 * another signature. */
static enum kf_status ask_remedied(struct kf_verdict *v,
				   struct kf_remedy *remedy,
				   const struct kf_elsewhere *other,
				   struct kf_env *env)
{
	bool sign = remedy->kind == KF_SIGN_UNDER;
	struct kf_artifact artifact;
	enum kf_status status;

	kf_artifact_read(&artifact, other->artifact->format,
			 sign ? other->artifact->source
			      : kf_patch_source(&remedy->patch), env);
	if (sign || remedy->kind == KF_SIGN_IMAGE) {
		artifact.suppose = sign ? &remedy->certificate
					: &remedy->sign.key;
		artifact.num_suppose = 1;
	}
	status = ask(v, &artifact, other, env);
	kf_artifact_close(&artifact, env);
	return status;
}

static void add(struct kf_harms *out, const struct kf_verdict *v,
		const struct kf_elsewhere *other)
{
	struct kf_harm harm = { other->device, other->rules, v->answer,
				v->why.reason, v->why.rule };

	out->more |= out->num == KF_HARMS_MAX;
	if (out->num < KF_HARMS_MAX)
		out->harm[out->num++] = harm;
}

enum kf_status kf_harms_look(struct kf_harms *out, struct kf_remedy *remedy,
			     const struct kf_elsewhere *other,
			     struct kf_env *env)
{
	struct kf_verdict *v;
	enum kf_status status;
	size_t used;

	/* What is prepared of the file itself stays. */
	kf_artifact_prepare(other->artifact, other->rules, env);
	used = env->arena->used;
	v = kf_arena_take(env->arena, sizeof(*v));
	status = v ? ask(v, other->artifact, other, env) : KF_NO_MEMORY;
	if (status == KF_OK && v->answer == KF_ACCEPT) {
		status = ask_remedied(v, remedy, other, env);
		if (status == KF_OK && v->answer != KF_ACCEPT)
			add(out, v, other);
	}
	out->looked = true;
	env->arena->used = used;
	return status;
}
