/* Reading an artifact by its format, and keeping what verifiers prepare.
 */
#include <keyfit/check.h>

#include <string.h>

static void note(struct kf_damage *list, size_t *num, struct kf_damage damage)
{
	static const char more[] = "further damage";

	if (!damage.field)
		return;
	if (*num < KF_DAMAGE_MAX)
		list[(*num)++] = damage;
	else
		list[KF_DAMAGE_MAX - 1].field = more;
}

void kf_artifact_damage(struct kf_artifact *artifact, struct kf_damage damage)
{
	note(artifact->damage, &artifact->num_damage, damage);
}

void kf_store_damage(struct kf_store *store, struct kf_damage damage)
{
	note(store->damage, &store->num_damage, damage);
}

void kf_artifact_read(struct kf_artifact *out, const struct kf_format *format,
		      const struct kf_source *source, struct kf_env *env)
{
	memset(out, 0, sizeof(*out));
	out->format = format;
	out->source = source;
	if (format)
		format->read(out, env);
}

static void *state_of(const struct kf_prepared *list, size_t num,
		      const struct kf_rules *rules)
{
	for (size_t i = 0; i < num; i++)
		if (list[i].rules == rules)
			return list[i].state;
	return NULL;
}

void *kf_artifact_state(const struct kf_artifact *artifact,
			const struct kf_rules *rules)
{
	return state_of(artifact->prepared, artifact->num_prepared, rules);
}

const void *kf_store_state(const struct kf_store *store,
			   const struct kf_rules *rules)
{
	return state_of(store->prepared, store->num_prepared, rules);
}

/* keep files a state under its rules. Fails: false when the table is full. */
static bool keep(struct kf_prepared *list, size_t *num,
		 const struct kf_rules *rules, void *state)
{
	if (*num == KF_PREPARED_MAX)
		return false;
	list[*num].rules = rules;
	list[(*num)++].state = state;
	return true;
}

void kf_artifact_prepare(struct kf_artifact *artifact,
			 const struct kf_rules *rules, struct kf_env *env)
{
	void *state;

	if (artifact->status != KF_OK || kf_artifact_state(artifact, rules))
		return;
	state = rules->verifier->prepare(artifact, rules, env);
	if (!state)
		return;
	if (!keep(artifact->prepared, &artifact->num_prepared, rules, state)) {
		rules->verifier->release(state, env);
		artifact->status = KF_NO_MEMORY;
	}
}

void kf_store_prepare(struct kf_store *store, const struct kf_rules *rules,
		      struct kf_env *env)
{
	void *state;

	if (store->status != KF_OK || kf_store_state(store, rules))
		return;
	state = rules->verifier->prepare_store(store, rules, env);
	if (state && !keep(store->prepared, &store->num_prepared, rules, state))
		store->status = KF_NO_MEMORY;
}

void kf_artifact_close(struct kf_artifact *artifact, struct kf_env *env)
{
	for (size_t i = 0; i < artifact->num_prepared; i++) {
		const struct kf_prepared *p = &artifact->prepared[i];

		p->rules->verifier->release(p->state, env);
	}
	memset(artifact, 0, sizeof(*artifact));
}
