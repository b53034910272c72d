/* A signed update of an EFI variable (.auth, .bin).
 *
 * The file does not say which variable it is for, nor with which attributes
 * it has to be written: the signature covers both, and whoever judges it is
 * told them.
 *
 * Source: UEFI 2.10, 8.2.2 (EFI_VARIABLE_AUTHENTICATION_2).
 */
#include "core/facts.h"
#include "core/update.h"

static bool recognise(struct kf_bytes head,
		      const struct kf_source *source)
{
	(void)source;
	return kf_update_likely(head);
}

static void read(struct kf_artifact *out, struct kf_env *env)
{
	const struct kf_source *source = out->source;
	uint8_t head[KF_UPDATE_HEADER_LEN];
	size_t len = source->size < sizeof(head) ? (size_t)source->size
						 : sizeof(head);
	struct kf_update *u = kf_arena_take(env->arena, sizeof(*u));

	if (!u) {
		out->status = KF_NO_MEMORY;
		return;
	}
	if (len && !source->read_at(source->self, 0, head, len)) {
		out->status = KF_CANNOT_READ;
		return;
	}
	kf_update_read(u, kf_view(head, len), source->size);
	out->description = u;
	kf_artifact_damage(out, u->damage);
}

static void describe(const struct kf_artifact *artifact, struct kf_env *env,
		     const struct kf_sink *sink)
{
	const struct kf_update *u = artifact->description;
	struct kf_arena arena = *env->arena;
	struct kf_env local = *env;
	struct kf_bytes signature, value;
	enum kf_status status;

	local.arena = &arena;
	status = kf_source_keep(&signature, artifact->source, &local,
				u->signature_at, u->signature_len);
	if (status == KF_OK)
		status = kf_source_keep(&value, artifact->source, &local,
					u->value_at, u->value_len);
	if (status != KF_OK)
		kf_fact_fault(sink, status);
	else if (u->adds_up)
		kf_update_describe(u, signature, value, &local, sink);
	kf_fact_damage(sink, artifact->damage, artifact->num_damage);
}

const struct kf_format kf_format_auth = {
	.name = "auth",
	.title = "signed update of an EFI variable",
	.recognise = recognise,
	.read = read,
	.describe = describe,
};
