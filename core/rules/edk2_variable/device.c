/* The device: which variable is asked about, what it holds now, who may
 * change it, and whether signatures are asked for. UEFI-40, UEFI-52.
 *
 * Source: edk2 SecurityPkg/Library/AuthVariableLib/AuthVariableLib.c:
 * AuthVariableLibInitialize (the mode is told by PK alone), AuthService.c:
 * InCustomMode; OvmfPkg/Library/PlatformSecureLib/PlatformSecureLib.c:
 * UserPhysicalPresent.
 */
#include "edk2_variable.h"

#include "core/setting.h"

enum { KEY_STEPS = 4096 };	/* what it costs to use a certificate */

/* target_of finds a variable by its name, or by that of its part. */
static int target_of(const char *name)
{
	for (int i = 0; i < EDK2_VARIABLE_TARGETS; i++)
		if (kf_same(name, kf_variables[i].name) ||
		    kf_same(name, kf_variables[i].part))
			return i;
	return -1;
}

static void take_part(struct edk2_variable_part *out, const char *name,
		      const struct kf_store *store)
{
	const struct kf_part *part = kf_store_part(store, name);

	out->name = name;
	out->presence = kf_store_presence(store, name);
	if (!part || out->presence != KF_PRESENT)
		return;
	out->bytes = part->bytes;
	out->attributes = part->attributes;
	out->timed = part->timed;
	out->time = part->time;
}

/* take_settings takes what the user says besides. What cannot be read counts
 * as not said. */
static void take_settings(struct edk2_variable_device *d,
			  const struct kf_store *store,
			  const struct edk2_variable_profile *profile)
{
	const char *attributes = kf_store_setting(store, "attributes");
	const char *time = kf_store_setting(store, "time");

	d->has_attributes = attributes &&
			    kf_setting_number(&d->attributes, attributes);
	if (time && kf_setting_moment(&d->old.time, time))
		d->old.timed = true;
	d->custom = profile->present_user &&
		    kf_same(kf_store_setting(store, "custom-mode"), "on");
}

/* take_mode: without a PK the firmware is in setup mode. A store that says
 * nothing of it counts as one with a PK that is not known. */
static void take_mode(struct edk2_variable_device *d,
		      const struct kf_store *store)
{
	const struct kf_part *setup = kf_store_part(store, "setup-mode");

	if (!kf_store_part(store, "pk") &&
	    kf_same(kf_store_setting(store, "secure-boot"), "on"))
		d->pk.presence = KF_UNKNOWN;
	d->setup = d->pk.presence == KF_ABSENT;
	if (d->pk.presence != KF_UNKNOWN || !kf_store_part(store, "pk"))
		return;
	d->unsure = !setup || setup->presence != KF_PRESENT ||
		    setup->bytes.len == 0;
	d->setup = !d->unsure && setup->bytes.data[0] == 1;
}

/* know works out the digests of all certificates in KEK. */
static enum kf_status know(struct edk2_variable_device *d, struct kf_env *env)
{
	struct edk2_variable_keys keys = edk2_variable_keys(d->kek.bytes);
	struct edk2_variable_entry entry;
	size_t num = 0, i = 0;

	while (edk2_variable_next_key(&keys, &entry)) {
		if (!kf_spend(env, entry.len + KEY_STEPS))
			return KF_TOO_MUCH;
		num++;
	}
	d->kek_id = kf_arena_take(env->arena, (num + 1) * sizeof(*d->kek_id));
	if (!d->kek_id)
		return KF_NO_MEMORY;
	keys = edk2_variable_keys(d->kek.bytes);
	while (edk2_variable_next_key(&keys, &entry)) {
		kf_digest_of(&d->kek_id[i], env->crypto, KF_SHA256,
			     entry.data);
		if (d->kek_id[i++].len == 0)
			return KF_NO_CRYPTO;
	}
	return KF_OK;
}

void *edk2_variable_device(struct kf_store *store,
			   const struct kf_rules *rules, struct kf_env *env)
{
	struct edk2_variable_device *d = kf_arena_take(env->arena, sizeof(*d));

	if (!d) {
		store->status = KF_NO_MEMORY;
		return NULL;
	}
	d->target = target_of(kf_store_setting(store, "variable"));
	take_part(&d->pk, "pk", store);
	take_part(&d->kek, "kek", store);
	if (d->target >= 0)
		take_part(&d->old, kf_variables[d->target].part, store);
	take_settings(d, store, rules->profile);
	take_mode(d, store);
	if (store->num_damage) {
		kf_find(&d->malformed, KF_REASON_STORE_MALFORMED, "UEFI-121");
		kf_prove_field(&d->malformed, store->damage[0].field,
			       store->damage[0].at, 0);
	}
	store->status = know(d, env);
	return d;
}
