/* Fuzzes one kind of trust store: NAME is its line in stores.def.
 *
 * The input is a file (world_unfold). It is recognised, read and described,
 * and a verifier weighs it: a file that holds one part stands for all of its
 * parts.
 */
#include "world.h"

#include "core/siglist.h"

static const struct kf_store_kind *kind(void)
{
	const struct kf_store_kind *k;

	for (size_t i = 0; (k = kf_store_kind_at(i)); i++)
		if (kf_equal(kf_text(k->name), kf_text(NAME)))
			return k;
	abort();
}

/* spread gives the one part of a nameless file to every name. */
static void spread(struct kf_store *store, const struct kf_rules *rules)
{
	struct kf_part part = store->part[0];

	for (const char *const *name = rules->verifier->parts; *name; name++) {
		part.name = *name;
		HOLDS(kf_store_put(store, &part));
	}
}

/* judge asks one verifier about a file that cannot be read as anything. */
static void judge(const struct kf_rules *rules, struct kf_bytes input)
{
	struct kf_env *env = world_env(input.len);
	struct kf_bytes nothing = kf_view(NULL, 0);
	struct kf_source source = world_source(&nothing);
	static struct kf_verdict v;
	static struct kf_store store;
	struct kf_artifact artifact;

	kf_store_read(&store, kind(), input, env);
	if (!kind()->whole && store.num_parts == 1)
		spread(&store, rules);
	kf_store_prepare(&store, rules, env);
	kf_artifact_read(&artifact, NULL, &source, env);
	kf_artifact_prepare(&artifact, rules, env);
	if (kf_check(&v, &artifact, &store, rules, env) == KF_OK)
		world_verdict(&v);
	kf_artifact_close(&artifact, env);
}

/* enclose takes the input for certificates, and makes lists of them. */
static void enclose(struct kf_bytes input)
{
	enum { AROUND = KF_SIGLIST_HEADER_LEN + KF_SIGLIST_OWNER_LEN };
	struct kf_env *env = world_env(input.len);
	struct kf_bytes all[] = { input, kf_view(NULL, 0), input };
	struct kf_bytes list;

	if (kf_siglist_of_certificates(&list, all, 3, env->arena) != KF_OK)
		return;
	HOLDS(kf_siglist_likely(list));
	HOLDS(list.len == 3 * AROUND + 2 * input.len);
	HOLDS(kf_equal(kf_part_of(list, AROUND, input.len), input));
}

static void take_file(struct kf_bytes input)
{
	struct kf_env *env = world_env(input.len);
	static struct kf_store store;
	struct kf_sink sink;
	int depth = 0;

	sink = world_sink(&depth);
	(void)kind()->recognise(input);
	kf_store_read(&store, kind(), input, env);
	for (size_t i = 0; i < store.num_parts; i++)
		HOLDS(store.part[i].bytes.len == 0 ||
		      store.part[i].bytes.data);
	if (store.status == KF_OK)
		kind()->describe(&store, input, env, &sink);
	HOLDS(depth == 0);
	enclose(input);
	if (world_may_judge(input))
		judge(world_rules(input), input);
}

void fuzz(struct kf_bytes input)
{
	uint8_t *memory;

	take_file(world_unfold(input, &memory));
	free(memory);
}
