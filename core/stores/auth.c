/* A signed update of a variable (.auth) as a list of keys: the value in it is
 * the part. Who signed it is for those who weigh updates.
 *
 * Source: UEFI 2.10, 8.2.2 (EFI_VARIABLE_AUTHENTICATION_2).
 */
#include "core/facts.h"
#include "core/update.h"

#include <keyfit/store.h>

static void read(struct kf_store *out, struct kf_bytes file,
		 struct kf_env *env)
{
	struct kf_part part = { .name = "" };
	struct kf_update u;

	(void)env;
	kf_update_read(&u, file, file.len);
	kf_store_damage(out, u.damage);
	if (u.damage.field)
		return;
	/* An update without a value deletes the variable. */
	part.presence = u.value_len ? KF_PRESENT : KF_ABSENT;
	part.bytes = kf_part_of(file, u.value_at, u.value_len);
	part.at = u.value_at;
	part.time = u.time;
	if (!kf_store_put(out, &part))
		out->status = KF_NO_MEMORY;
}

static void describe(const struct kf_store *store, struct kf_bytes file,
		     struct kf_env *env, const struct kf_sink *sink)
{
	struct kf_update u;

	kf_update_read(&u, file, file.len);
	if (!u.damage.field)
		kf_update_describe(&u, kf_part_of(file, u.signature_at,
						  u.signature_len),
				   kf_part_of(file, u.value_at, u.value_len),
				   env, sink);
	kf_fact_damage(sink, store->damage, store->num_damage);
}

const struct kf_store_kind kf_store_auth = {
	.name = "auth",
	.title = "signed update of an EFI variable",
	.recognise = kf_update_likely,
	.read = read,
	.describe = describe,
};
