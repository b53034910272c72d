/* A catalogue of checksums and signatures (.jcat): of each file that is named
 * in it who signed it, with which key.
 *
 * Source: hughsie/libjcat, README.md and libjcat/jcat-file.c, tag 0.2.3.
 */
#include "core/facts.h"
#include "core/jcat.h"

static bool recognise(struct kf_bytes head, const struct kf_source *source)
{
	return kf_jcat_likely(head, source);
}

static void read(struct kf_artifact *out, struct kf_env *env)
{
	struct kf_jcat *jcat = kf_arena_take(env->arena, sizeof(*jcat));

	if (!jcat) {
		out->status = KF_NO_MEMORY;
		return;
	}
	out->status = kf_jcat_read(jcat, out->source, 0, out->source->size,
				   env);
	if (out->status != KF_OK)
		return;
	out->description = jcat;
	kf_artifact_damage(out, jcat->damage);
}

static void describe(const struct kf_artifact *artifact, struct kf_env *env,
		     const struct kf_sink *sink)
{
	const struct kf_jcat *jcat = artifact->description;

	kf_fact_number(sink, "version-major", (uint64_t)jcat->major);
	kf_fact_number(sink, "version-minor", (uint64_t)jcat->minor);
	kf_jcat_describe(jcat, env, sink);
	kf_fact_damage(sink, artifact->damage, artifact->num_damage);
}

const struct kf_format kf_format_jcat = {
	.name = "jcat",
	.title = "catalogue of signatures (.jcat)",
	.recognise = recognise,
	.read = read,
	.describe = describe,
};
