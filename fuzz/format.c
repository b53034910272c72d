/* Fuzzes one firmware format: NAME is its line in formats.def.
 *
 * The input is a file (world_unfold). It is recognised, read and described,
 * and judged by a verifier on a device that trusts nothing: none may accept
 * it, unless it verifies nothing at all on such a device.
 */
#include "world.h"

static const struct kf_format *format(void)
{
	const struct kf_format *f;

	for (size_t i = 0; (f = kf_format_at(i)); i++)
		if (kf_equal(kf_text(f->name), kf_text(NAME)))
			return f;
	abort();
}

/* judge asks one verifier with Secure Boot on and nothing to trust. */
static void judge(const struct kf_rules *rules, struct kf_bytes input)
{
	struct kf_env *env = world_env(input.len);
	struct kf_source source = world_source(&input);
	struct kf_store store = { .complete = true };
	static struct kf_verdict v;
	struct kf_artifact artifact;

	HOLDS(kf_store_set(&store, "secure-boot", "on"));
	HOLDS(kf_store_set(&store, "variable", "db"));
	kf_store_prepare(&store, rules, env);
	kf_artifact_read(&artifact, format(), &source, env);
	kf_artifact_prepare(&artifact, rules, env);
	if (kf_check(&v, &artifact, &store, rules, env) == KF_OK) {
		world_verdict(&v);
		HOLDS(v.answer != KF_ACCEPT || v.not_enforced);
	}
	kf_artifact_close(&artifact, env);
}

static void take_file(struct kf_bytes input)
{
	struct kf_bytes head = kf_part_of(input, 0, input.len < 4096 ? input.len
							      : 4096);
	struct kf_source source = world_source(&input);
	struct kf_env *env = world_env(input.len);
	struct kf_artifact artifact;
	struct kf_sink sink;
	int depth = 0;

	sink = world_sink(&depth);
	(void)format()->recognise(head, &source);
	kf_artifact_read(&artifact, format(), &source, env);
	if (artifact.status == KF_OK)
		format()->describe(&artifact, env, &sink);
	HOLDS(depth == 0);
	kf_artifact_close(&artifact, env);
	if (world_may_judge(input))
		judge(world_rules(input), input);
}

void fuzz(struct kf_bytes input)
{
	uint8_t *memory;

	take_file(world_unfold(input, &memory));
	free(memory);
}
