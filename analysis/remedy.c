/* Tries remedies in the model, and keeps those that turn the verdict.
 */
#include "remedy_try.h"

#include <string.h>

static const char *const names[KF_NUM_REMEDY_KINDS] = {
	[KF_KEEP_SIGNATURE] = "keep-signature",
	[KF_REPAIR_TABLE] = "repair-certificate-table",
	[KF_ENROL_CERTIFICATE] = "enrol-certificate",
	[KF_ENROL_DIGEST] = "enrol-digest",
	[KF_SIGN_UNDER] = "sign-under",
	[KF_WRITE_OTHERWISE] = "write-otherwise",
	[KF_TAKE_PUBLISHED] = "take-published",
	[KF_ASK_OTHERWISE] = "ask-otherwise",
	[KF_SIGN_CONFIGURATION] = "sign-configuration",
	[KF_SIGN_ANEW] = "sign-anew",
	[KF_CONFIGURE] = "configure-verifier",
	[KF_SET_CLOCK] = "set-clock",
	[KF_BUILD_OTHERWISE] = "build-otherwise",
	[KF_BRING_ALONG] = "bring-along",
	[KF_SIGN_IMAGE] = "sign-image",
	[KF_LEAVE_OUT] = "leave-out",
	[KF_CHANGE_DEVICE] = "change-device",
};

const char *kf_remedy_name(enum kf_remedy_kind kind)
{
	return kind > 0 && kind < KF_NUM_REMEDY_KINDS ? names[kind] : "none";
}

/* accepts asks the verifier again. */
static bool accepts(struct kf_attempt *a, struct kf_artifact *artifact,
		    struct kf_store *store)
{
	struct kf_verdict *v = kf_arena_take(a->env->arena, sizeof(*v));
	enum kf_status status = KF_NO_MEMORY;

	if (!v) {
		a->status = status;
		return false;
	}
	kf_artifact_prepare(artifact, a->rules, a->env);
	kf_store_prepare(store, a->rules, a->env);
	status = kf_check(v, artifact, store, a->rules, a->env);
	if (status != KF_OK)
		a->status = status;
	return status == KF_OK && v->answer == KF_ACCEPT;
}

bool kf_try(struct kf_attempt *a, const struct kf_trial *trial)
{
	const struct kf_source *source = trial->source ? trial->source
						       : a->artifact->source;
	struct kf_part part = { .name = trial->part, .presence = KF_PRESENT,
				.bytes = trial->bytes };
	size_t used = a->env->arena->used;
	int64_t now_s = a->env->now_s;
	struct kf_store store = *a->store;
	struct kf_artifact artifact;
	bool yes = false;

	if (trial->part)
		store.num_prepared = 0;
	if (trial->now_s)
		a->env->now_s = *trial->now_s;
	kf_artifact_read(&artifact, a->artifact->format, source, a->env);
	artifact.suppose = trial->suppose;
	artifact.num_suppose = trial->num_suppose;
	if (!trial->part || kf_store_put(&store, &part))
		yes = accepts(a, &artifact, &store);
	kf_artifact_close(&artifact, a->env);
	a->env->now_s = now_s;
	a->env->arena->used = used;
	return yes;
}

bool kf_try_file(struct kf_attempt *a, const struct kf_source *source,
		 const struct kf_bytes *suppose, size_t num_suppose)
{
	const struct kf_trial trial = { .source = source, .suppose = suppose,
					.num_suppose = num_suppose };

	return kf_try(a, &trial);
}

bool kf_try_list(struct kf_attempt *a, const char *part, struct kf_bytes list)
{
	size_t used = a->env->arena->used;
	const struct kf_part *old = kf_store_part(a->store, part);
	struct kf_part grown = { .name = part, .presence = KF_PRESENT };
	struct kf_bytes before = old && old->presence == KF_PRESENT
		? old->bytes : kf_view(NULL, 0);
	struct kf_artifact artifact = *a->artifact;
	struct kf_store store = *a->store;
	uint8_t *joined = kf_arena_take(a->env->arena,
					before.len + list.len);
	bool yes = false;

	if (!joined) {
		a->status = KF_NO_MEMORY;
		return false;
	}
	if (before.len)
		memcpy(joined, before.data, before.len);
	memcpy(joined + before.len, list.data, list.len);
	grown.bytes = kf_view(joined, before.len + list.len);
	store.num_prepared = 0;
	if (kf_store_put(&store, &grown))
		yes = accepts(a, &artifact, &store);
	a->env->arena->used = used;
	return yes;
}

bool kf_try_setting(struct kf_attempt *a, const char *name, const char *value)
{
	size_t used = a->env->arena->used;
	struct kf_artifact artifact = *a->artifact;
	struct kf_store store = *a->store;
	bool yes = false;

	store.num_prepared = 0;
	if (kf_store_set(&store, name, value))
		yes = accepts(a, &artifact, &store);
	a->env->arena->used = used;
	return yes;
}

struct kf_remedy *kf_offer(struct kf_attempt *a, enum kf_remedy_kind kind)
{
	struct kf_remedy *r = &a->out[a->num++];

	memset(r, 0, sizeof(*r));
	r->kind = kind;
	return r;
}

bool kf_is_why(const struct kf_attempt *a, const char *slug)
{
	return kf_equal(kf_text(a->verdict->why.reason->slug), kf_text(slug));
}

/* The table of those who look for remedies. */
#define REMEDIES(verifier, function) { verifier, function },
static const struct {
	const char *verifier;
	void (*find)(struct kf_attempt *a);
} finders[] = {
#include "remedies.def"
};
#undef REMEDIES

enum kf_status kf_remedies(struct kf_remedy *out, size_t max, size_t *num,
			   const struct kf_artifact *artifact,
			   const struct kf_store *store,
			   const struct kf_rules *rules,
			   const struct kf_verdict *verdict,
			   struct kf_env *env)
{
	struct kf_attempt a = { artifact, store, rules, verdict, env, out, max,
			     0, KF_OK };

	*num = 0;
	if (verdict->answer != KF_REJECT || !artifact->source ||
	    artifact->num_suppose)
		return KF_OK;
	for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++)
		if (kf_same(finders[i].verifier, rules->verifier->name))
			finders[i].find(&a);
	*num = a.num;
	return a.status;
}
