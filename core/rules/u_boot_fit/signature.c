/* FIT-8: what a signature node says of itself, and whether this U-Boot can
 * make anything of it.
 *
 * Source: U-Boot 2023.01, boot/image-fit-sig.c: fit_image_setup_verify,
 * fit_image_check_sig; boot/image-sig.c: image_get_checksum_algo,
 * image_get_crypto_algo, image_get_padding_algo.
 */
#include "u_boot_fit.h"

#include <string.h>

static bool fail(struct fit_signature *s, enum kf_reason_id reason,
		 const char *text)
{
	if (s->unfit.reason)
		return true;
	kf_find(&s->unfit, reason, "FIT-8");
	kf_prove_signature(&s->unfit, s->number, s->value_at, s->value.len);
	kf_prove_text(&s->unfit, text);
	return true;
}

static bool get_text(struct kf_bytes *out, bool *has, struct fit_file *file,
		     uint32_t node, const char *name, struct kf_env *env)
{
	const struct kf_fdt_prop *prop = kf_fdt_find(&file->fdt, node, name);

	*out = kf_view(NULL, 0);
	*has = prop;
	return !prop || kf_fdt_text(out, &file->fdt, prop, env);
}

/* get_algorithm takes "sha256,rsa2048" apart. Returns false where it is none
 * that U-Boot has. */
static bool get_algorithm(struct fit_signature *s)
{
	static const struct { const char *name; enum kf_digest_kind kind; }
	digests[] = {
		{ "sha1,", KF_SHA1 }, { "sha256,", KF_SHA256 },
		{ "sha384,", KF_SHA384 }, { "sha512,", KF_SHA512 },
	};
	static const struct { const char *name; uint32_t len; } keys[] = {
		{ "rsa2048", 256 }, { "rsa3072", 384 }, { "rsa4096", 512 },
	};
	struct kf_bytes key = kf_view(NULL, 0);

	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		size_t len = kf_text(digests[i].name).len;

		if (!fit_begins(s->algo, digests[i].name))
			continue;
		s->kind = digests[i].kind;
		key = kf_part_of(s->algo, len, s->algo.len - len);
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (kf_equal(key, kf_text(keys[i].name)))
			s->key_len = keys[i].len;
	return s->key_len;
}

static bool get_padding(struct fit_signature *s, bool has)
{
	s->pss = has && kf_equal(s->padding, kf_text("pss"));
	return !has || s->pss || kf_equal(s->padding, kf_text("pkcs-1.5"));
}

/* get_value keeps the signature itself. One that is longer than any key is
 * kept as an empty one, which no key takes either. */
static bool get_value(struct fit_signature *s, struct fit_file *file,
		      struct kf_env *env)
{
	const struct kf_fdt_prop *prop = kf_fdt_find(&file->fdt, s->node,
						     "value");

	if (!prop)
		return fail(s, KF_REASON_SIGNATURE_MALFORMED,
			    "it has no value");
	s->value_at = prop->at;
	return kf_fdt_value(&s->value, &file->fdt, prop, FIT_VALUE_MAX, env);
}

static bool read_signature(struct fit_signature *s, struct fit_file *file,
			   struct kf_env *env)
{
	bool has_algo, has_padding;

	if (!get_text(&s->algo, &has_algo, file, s->node, "algo", env) ||
	    !get_text(&s->padding, &has_padding, file, s->node, "padding",
		      env) ||
	    !get_text(&s->hint, &s->has_hint, file, s->node, "key-name-hint",
		      env))
		return false;
	if (file->fdt.total_len > FIT_SIZE_MAX)
		return fail(s, KF_REASON_SIGNATURE_MALFORMED,
			    "the tree is larger than 256 MiB");
	if (!has_algo)
		return fail(s, KF_REASON_SIGNATURE_MALFORMED,
			    "it has no algo");
	s->no_padding = !get_padding(s, has_padding);
	if (!get_algorithm(s) ||
	    (s->no_padding && !file->profile->late_padding))
		fail(s, KF_REASON_KEY_ALGORITHM_UNSUPPORTED,
		     "its algo or padding is none that U-Boot has");
	return get_value(s, file, env);
}

enum kf_status fit_signatures(struct fit_signature **out, uint32_t *num,
			      struct fit_file *file, uint32_t node,
			      struct kf_env *env)
{
	struct kf_fdt *fdt = &file->fdt;
	uint32_t i, count = 0;

	*num = 0;
	for (i = fdt->node[node].child; i != KF_FDT_NONE;
	     i = fdt->node[i].next)
		count += fit_begins(fdt->node[i].name, "signature");
	if (count == 0)
		return KF_OK;
	if (count > FIT_CHECKS_MAX - file->num_signatures) {
		fit_beyond(file, "too many signatures");
		return KF_OK;
	}
	*out = kf_arena_take(env->arena, count * sizeof(**out));
	if (!*out)
		return KF_NO_MEMORY;
	for (i = fdt->node[node].child; i != KF_FDT_NONE;
	     i = fdt->node[i].next) {
		if (!fit_begins(fdt->node[i].name, "signature"))
			continue;
		(*out)[*num].node = i;
		(*out)[*num].number = ++file->num_signatures;
		if (!read_signature(&(*out)[(*num)++], file, env))
			break;
	}
	return fdt->status;
}
