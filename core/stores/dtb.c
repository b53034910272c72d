/* A U-Boot control device tree: the keys that U-Boot trusts for FIT images.
 *
 * Source: U-Boot, doc/usage/fit/signature.rst ("Public Key Storage").
 */
#include "core/facts.h"
#include "core/fitkey.h"

#include <keyfit/store.h>

static bool recognise(struct kf_bytes file)
{
	struct kf_source source = kf_bytes_source(&file);

	return kf_fdt_likely(file) &&
	       !kf_fdt_has(&source, kf_text("images")) &&
	       !kf_fdt_has(&source, kf_text("configurations"));
}

static void read(struct kf_store *out, struct kf_bytes file,
		 struct kf_env *env)
{
	struct kf_part part = { .name = "dtb", .presence = KF_PRESENT,
				.bytes = file };
	struct kf_source source = kf_bytes_source(&part.bytes);
	struct kf_fdt fdt;

	out->status = kf_fdt_read(&fdt, &source, 0, env);
	kf_store_damage(out, fdt.damage);
	if (out->status == KF_OK && !kf_store_put(out, &part))
		out->status = KF_NO_MEMORY;
}

static void describe_key(const struct kf_fit_key *key, struct kf_env *env,
			 const struct kf_sink *sink)
{
	struct kf_key public;

	kf_fact_open(sink, NULL);
	kf_fact_text(sink, "name", key->name);
	if (key->has_algo)
		kf_fact_text(sink, "algo", key->algo);
	if (key->has_required)
		kf_fact_text(sink, "required", key->required);
	if (key->hint.len)
		kf_fact_text(sink, "key-name-hint", key->hint);
	if (kf_fit_key_public(&public, key, env) == KF_OK) {
		kf_fact_word(sink, "key", public.name);
		kf_fact_bytes(sink, "sha256",
			      kf_view(public.sha256.bytes,
				      public.sha256.len));
	} else {
		kf_fact_word(sink, "unreadable", "no RSA or EC key");
	}
	kf_fact_close(sink);
}

static void describe_keys(struct kf_fdt *fdt, struct kf_env *env,
			  const struct kf_sink *sink)
{
	struct kf_fit_keys keys;

	if (kf_fit_keys_read(&keys, fdt, env) != KF_OK) {
		kf_fact_fault(sink, fdt->status);
		return;
	}
	kf_fact_yes_no(sink, "signature-node", keys.has_signature);
	if (!keys.has_signature)
		return;
	if (keys.has_mode)
		kf_fact_text(sink, "required-mode", keys.mode);
	kf_fact_open(sink, "keys");
	for (uint32_t i = 0; i < keys.num_keys; i++)
		describe_key(&keys.key[i], env, sink);
	kf_fact_close(sink);
}

static void describe(const struct kf_store *store, struct kf_bytes file,
		     struct kf_env *env, const struct kf_sink *sink)
{
	struct kf_arena arena = *env->arena;
	struct kf_env local = *env;
	struct kf_source source = kf_bytes_source(&file);
	const struct kf_fdt_prop *prop;
	struct kf_fdt fdt;
	struct kf_bytes text, list;

	local.arena = &arena;
	if (kf_fdt_read(&fdt, &source, 0, &local) != KF_OK) {
		kf_fact_fault(sink, fdt.status);
		return;
	}
	prop = kf_fdt_find(&fdt, 0, "compatible");
	if (prop && kf_fdt_value(&list, &fdt, prop, KF_FDT_TEXT_MAX, &local)) {
		kf_fact_open(sink, "compatible");
		for (size_t i = 0; kf_fdt_list_at(&text, list, i); i++)
			kf_fact_text(sink, NULL, text);
		kf_fact_close(sink);
	}
	describe_keys(&fdt, &local, sink);
	kf_fact_damage(sink, store->damage, store->num_damage);
}

const struct kf_store_kind kf_store_dtb = {
	.name = "dtb",
	.title = "U-Boot control device tree",
	.recognise = recognise,
	.read = read,
	.describe = describe,
};
