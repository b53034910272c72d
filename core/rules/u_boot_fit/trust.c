/* What the control device tree of a device says, and how its U-Boot was built.
 *
 * Source: U-Boot 2023.01, lib/fdtdec.c: fdtdec_prepare_fdt;
 * boot/image-fit-sig.c: fit_config_verify_required_keys,
 * fit_image_verify_required_sigs.
 */
#include "u_boot_fit.h"

#include "core/setting.h"

#include <string.h>

enum { COMPATIBLE_MAX = 4096 };

static bool is_on(const struct kf_store *store, const char *name, bool usual)
{
	const char *value = kf_store_setting(store, name);

	return value ? kf_same(value, "on") : usual;
}

static enum kf_status read_keys(struct fit_trust *out, struct kf_env *env)
{
	enum kf_status status = kf_fit_keys_read(&out->keys, &out->fdt, env);

	if (status != KF_OK || out->keys.num_keys == 0)
		return status;
	if (out->keys.too_many) {
		kf_find(&out->malformed, KF_REASON_BEYOND_LIMITS, NULL);
		kf_prove_text(&out->malformed,
			      "a control device tree with more than 64 keys");
	}
	out->any = out->keys.has_mode &&
		   kf_equal(out->keys.mode, kf_text("any"));
	out->trusted = kf_arena_take(env->arena, out->keys.num_keys *
						 sizeof(*out->trusted));
	if (!out->trusted)
		return KF_NO_MEMORY;
	for (uint32_t i = 0; status == KF_OK && i < out->keys.num_keys; i++) {
		const struct kf_fit_key *key = &out->keys.key[i];

		out->num_conf += kf_equal(key->required, kf_text("conf"));
		out->num_image += kf_equal(key->required, kf_text("image"));
		status = fit_key_prepare(&out->trusted[i], key, env);
	}
	return status;
}

/* read_tree reads the control device tree. */
static enum kf_status read_tree(struct fit_trust *out,
				const struct kf_part *part, struct kf_env *env)
{
	struct kf_bytes *bytes = kf_arena_take(env->arena, sizeof(*bytes));
	struct kf_source *source = kf_arena_take(env->arena, sizeof(*source));
	const struct kf_fdt_prop *prop;
	enum kf_status status;

	if (!bytes || !source)
		return KF_NO_MEMORY;
	*bytes = part->bytes;
	*source = kf_bytes_source(bytes);
	status = kf_fdt_read(&out->fdt, source, 0, env);
	if (status != KF_OK)
		return status;
	if (out->fdt.damage.field || out->fdt.trouble || out->fdt.cut) {
		kf_find(&out->malformed, KF_REASON_STORE_MALFORMED, NULL);
		kf_prove_field(&out->malformed, out->fdt.damage.field
			       ? out->fdt.damage.field : "totalsize",
			       out->fdt.damage.at, 0);
		return KF_OK;
	}
	prop = kf_fdt_find(&out->fdt, 0, "compatible");
	out->has_compatible = prop;
	if (prop && !kf_fdt_value(&out->compatible, &out->fdt, prop,
				  COMPATIBLE_MAX, env))
		return out->fdt.status;
	return read_keys(out, env);
}

/* words puts texts together. NULL: no memory. */
static const char *words(struct kf_env *env, const char *const *texts,
			 size_t num)
{
	size_t len = 0;
	char *out;

	for (size_t i = 0; i < num; i++)
		len += kf_text(texts[i]).len;
	out = kf_arena_take(env->arena, len + 1);
	if (!out)
		return NULL;
	len = 0;
	for (size_t i = 0; i < num; i++) {
		struct kf_bytes text = kf_text(texts[i]);

		if (text.len)
			memcpy(out + len, text.data, text.len);
		len += text.len;
	}
	return out;
}

/* compare_versions notes what the warning says, where the device's U-Boot is
 * not the one that was run. Fails: false, no memory. */
static bool compare_versions(struct fit_trust *out,
			     const struct kf_rules *rules, struct kf_env *env)
{
	const struct fit_profile *profile = rules->profile;
	const char *const texts[] = {
		"they are those of U-Boot ", profile->version,
		", and its own version is ",
		out->version ? out->version : "not told",
	};

	if (rules->judged &&
	    (!out->version || kf_same(out->version, profile->version)))
		return true;
	out->not_run = words(env, texts, sizeof(texts) / sizeof(texts[0]));
	return out->not_run;
}

enum kf_status fit_trust_read(struct fit_trust *out,
			      const struct kf_store *store,
			      const struct fit_profile *profile,
			      const struct kf_rules *rules,
			      struct kf_env *env)
{
	const struct kf_part *part = kf_store_part(store, "dtb");
	const char *room;

	out->presence = kf_store_presence(store, "dtb");
	out->configuration = kf_store_setting(store, "configuration");
	out->version = kf_store_setting(store, "version");
	out->verify = is_on(store, "verify", true);
	out->best_match = is_on(store, "best-match", profile->best_match);
	out->overlays = is_on(store, "overlays", profile->overlays);
	out->pss = is_on(store, "pss", profile->pss);
	out->unpacks = kf_store_setting(store, "unpacks");
	if (!out->unpacks)
		out->unpacks = profile->unpacks;
	room = kf_store_setting(store, "bootm-len");
	if (!room || !kf_setting_number(&out->room, room))
		out->room = profile->room;
	if (!compare_versions(out, rules, env))
		return KF_NO_MEMORY;
	if (out->presence != KF_PRESENT)
		return KF_OK;
	return read_tree(out, part, env);
}
