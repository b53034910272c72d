/* The parts and settings of a trust store.
 */
#include <keyfit/store.h>

#include <string.h>

void kf_store_read(struct kf_store *out, const struct kf_store_kind *kind,
		   struct kf_bytes file, struct kf_env *env)
{
	memset(out, 0, sizeof(*out));
	out->kind = kind;
	out->complete = kind->whole;
	kind->read(out, file, env);
}

const struct kf_part *kf_store_part(const struct kf_store *store,
				    const char *name)
{
	for (size_t i = 0; i < store->num_parts; i++)
		if (kf_same(store->part[i].name, name))
			return &store->part[i];
	return NULL;
}

enum kf_presence kf_store_presence(const struct kf_store *store,
				   const char *name)
{
	const struct kf_part *part = kf_store_part(store, name);

	if (part)
		return part->presence;
	return store->complete ? KF_ABSENT : KF_UNKNOWN;
}

bool kf_store_put(struct kf_store *store, const struct kf_part *part)
{
	for (size_t i = 0; i < store->num_parts; i++) {
		if (!kf_same(store->part[i].name, part->name))
			continue;
		store->part[i] = *part;
		return true;
	}
	if (store->num_parts == KF_PARTS_MAX)
		return false;
	store->part[store->num_parts++] = *part;
	return true;
}

bool kf_store_set(struct kf_store *store, const char *name, const char *value)
{
	struct kf_setting line = { name, value };

	for (size_t i = 0; i < store->num_settings; i++) {
		if (!kf_same(store->setting[i].name, name))
			continue;
		store->setting[i] = line;
		return true;
	}
	if (store->num_settings == KF_SETTINGS_MAX)
		return false;
	store->setting[store->num_settings++] = line;
	return true;
}

const char *kf_store_setting(const struct kf_store *store, const char *name)
{
	for (size_t i = 0; i < store->num_settings; i++)
		if (kf_same(store->setting[i].name, name))
			return store->setting[i].value;
	return NULL;
}
