/* The keys in a U-Boot control device tree.
 */
#include "fitkey.h"

#include <string.h>

static bool text(struct kf_bytes *out, bool *has, struct kf_fdt *fdt,
		 uint32_t node, const char *name, struct kf_env *env)
{
	const struct kf_fdt_prop *prop = kf_fdt_find(fdt, node, name);

	*out = kf_view(NULL, 0);
	if (has)
		*has = prop;
	return !prop || kf_fdt_text(out, fdt, prop, env);
}

/* number takes `len` bytes from a property on, however long that is: U-Boot
 * does not look at its length. */
static bool number(struct kf_bytes *out, struct kf_fdt *fdt, uint32_t node,
		   const char *name, uint32_t len, struct kf_env *env)
{
	const struct kf_fdt_prop *prop = kf_fdt_find(fdt, node, name);
	uint8_t *copy;

	*out = kf_view(NULL, 0);
	if (!prop || len == 0)
		return true;
	copy = kf_arena_take(env->arena, len);
	if (!copy) {
		fdt->status = KF_NO_MEMORY;
		return false;
	}
	*out = kf_view(copy, len);
	return kf_fdt_get(fdt, prop->at, copy, len);
}

/* cell is a property's number, where it has four bytes at least. */
static uint32_t cell(struct kf_fdt *fdt, uint32_t node, const char *name)
{
	const struct kf_fdt_prop *prop = kf_fdt_find(fdt, node, name);

	return prop && prop->len >= 4 ? kf_fdt_number(fdt, prop, 0) : 0;
}

static bool read_rsa(struct kf_fit_key *key, struct kf_fdt *fdt,
		     struct kf_env *env)
{
	static const uint8_t usual[8] = { 0, 0, 0, 0, 0, 1, 0, 1 };
	const struct kf_fdt_prop *exponent = kf_fdt_find(fdt, key->node,
							 "rsa,exponent");
	uint32_t len;

	key->num_bits = cell(fdt, key->node, "rsa,num-bits");
	key->n0_inverse = cell(fdt, key->node, "rsa,n0-inverse");
	len = key->num_bits <= KF_FIT_RSA_BITS_MAX ? key->num_bits / 32 * 4
						   : 0;
	memcpy(key->exponent, usual, sizeof(usual));
	if (exponent && exponent->len >= sizeof(usual) &&
	    !kf_fdt_get(fdt, exponent->at, key->exponent, sizeof(usual)))
		return false;
	return number(&key->modulus, fdt, key->node, "rsa,modulus", len,
		      env) &&
	       number(&key->r_squared, fdt, key->node, "rsa,r-squared", len,
		      env);
}

/* point takes one half of a point of a curve. */
static bool point(struct kf_bytes *out, struct kf_fdt *fdt, uint32_t node,
		  const char *name, struct kf_env *env)
{
	enum { POINT_MAX = 66 };
	const struct kf_fdt_prop *prop = kf_fdt_find(fdt, node, name);

	*out = kf_view(NULL, 0);
	return !prop || kf_fdt_value(out, fdt, prop, POINT_MAX, env);
}

static bool read_key(struct kf_fit_key *key, struct kf_fdt *fdt,
		     uint32_t node, struct kf_env *env)
{
	key->node = node;
	key->name = fdt->node[node].name;
	return text(&key->algo, &key->has_algo, fdt, node, "algo", env) &&
	       text(&key->required, &key->has_required, fdt, node, "required",
		    env) &&
	       text(&key->hint, NULL, fdt, node, "key-name-hint", env) &&
	       text(&key->curve, NULL, fdt, node, "ecdsa,curve", env) &&
	       point(&key->x, fdt, node, "ecdsa,x-point", env) &&
	       point(&key->y, fdt, node, "ecdsa,y-point", env) &&
	       read_rsa(key, fdt, env);
}

enum kf_status kf_fit_keys_read(struct kf_fit_keys *out, struct kf_fdt *fdt,
				struct kf_env *env)
{
	uint32_t signature = kf_fdt_child(fdt, 0, kf_text("signature"));
	uint32_t num = 0;

	memset(out, 0, sizeof(*out));
	if (signature == KF_FDT_NONE)
		return fdt->status;
	out->has_signature = true;
	if (!text(&out->mode, &out->has_mode, fdt, signature,
		  "required-mode", env))
		return fdt->status;
	out->key = kf_arena_take(env->arena,
				 KF_FIT_KEYS_MAX * sizeof(*out->key));
	if (!out->key)
		return KF_NO_MEMORY;
	for (uint32_t i = fdt->node[signature].child; i != KF_FDT_NONE;
	     i = fdt->node[i].next) {
		if (num == KF_FIT_KEYS_MAX) {
			out->too_many = true;
			break;
		}
		if (!read_key(&out->key[num++], fdt, i, env))
			break;
	}
	out->num_keys = num;
	return fdt->status;
}

enum kf_status kf_fit_key_public(struct kf_key *out,
				 const struct kf_fit_key *key,
				 struct kf_env *env)
{
	static const struct { const char *ours, *curve; } curves[] = {
		{ "prime256v1", "P-256" }, { "secp384r1", "P-384" },
		{ "secp521r1", "P-521" },
	};
	const struct kf_crypto *crypto = env->crypto;

	memset(out, 0, sizeof(*out));
	if (key->modulus.len)
		return crypto->key_rsa(crypto->self, out, key->modulus,
				       kf_view(key->exponent,
					       sizeof(key->exponent)),
				       env->arena);
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (kf_equal(key->curve, kf_text(curves[i].ours)))
			return crypto->key_ec(crypto->self, out,
					      curves[i].curve, key->x, key->y,
					      env->arena);
	return KF_WRONG_USE;
}
